"""What ends `train` early: Ctrl-C, a request to terminate, a terminal that closes."""

import signal
import sys
from collections.abc import Iterator

import pytest

from autocomplete.interface.cli import train

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no terminal tells of its end there")


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Whatever a test leaves, signals are handled as before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_a_wish_to_stop(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with train._interruptible() as stopped:
        assert not stopped.is_set()
        signal.raise_signal(number)
        assert stopped.is_set()
    assert signal.getsignal(number) is before


def test_a_terminal_that_closes_may_say_so_twice() -> None:
    with train._interruptible() as stopped:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
        assert stopped.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_was_started_to_outlive_its_terminal_does() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with train._interruptible() as stopped:
        signal.raise_signal(signal.SIGHUP)
        assert not stopped.is_set()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_terminal_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def write(self, _: str) -> int:
            raise OSError(5, "Input/output error")

        def flush(self) -> None:
            raise OSError(5, "Input/output error")

    silenced: list[bool] = []
    monkeypatch.setattr(train, "_speak_to_nobody", lambda: silenced.append(True))
    with train._interruptible() as stopped:
        monkeypatch.setattr(sys, "stderr", Gone())
        signal.raise_signal(signal.SIGHUP)
        monkeypatch.undo()
    assert stopped.is_set()
    assert silenced == [True]
