"""What ends `train` early: Ctrl-C, a request to terminate, a terminal that closes."""

import os
import pty
import signal
import subprocess
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


@pytest.mark.parametrize(("left", "status"), [(True, 0), (False, 1)])
def test_what_is_said_to_a_terminal_that_has_gone_ends_nothing_once_it_was_left(left: bool, status: int) -> None:
    code = (
        "import sys; from autocomplete.interface.terminal import leave_lost_terminal; sys.stdin.read();"
        f"{left} and leave_lost_terminal(); print('to nobody', file=sys.stderr, flush=True); print('to a pipe')"
    )
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=terminal
    )
    os.close(terminal)
    os.close(keyboard)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == status
    assert out == (b"to a pipe\n" if left else b"")
