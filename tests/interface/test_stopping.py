"""What ends `train` early: Ctrl-C, a request to terminate, a terminal that closes; and that a lost reader does not."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.corpus.ingest import IngestProgress
from autocomplete.interface.cli import train
from autocomplete.interface.cli.app import run
from autocomplete.interface.progress import make_train_view
from autocomplete.runs import train as runs
from autocomplete.runs.events import Planned
from tests.interface.runs import TINY, begun
from tests.interface.test_progress import HELD_OUT, PLAN

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no terminal tells of its end there")


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Whatever a test leaves, signals are handled as before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def unread() -> Iterator[int]:
    """The end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_wish_to_stop_needs_nobody_to_read_the_answer(
    unread: int, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    with os.fdopen(os.dup(unread), "w", buffering=1) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with train._interruptible() as stopped:
            signal.raise_signal(number)
            assert stopped.is_set()


@pytest.mark.parametrize("terminal", [False, True])
def test_the_view_goes_on_where_nobody_reads(unread: int, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    with os.fdopen(os.dup(unread), "w", buffering=1) as stream:
        monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
        with make_train_view(stream) as view:
            for _ in range(3):
                view.show(IngestProgress("tokenizing", 10, 20))
                view.show(Planned(plan=PLAN, held_out=HELD_OUT))


def test_a_pipe_that_breaks_within_training_is_no_success(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> Iterator[None]:
        yield None
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(runs, "training_run", broken)
    assert run(["train", str(small_corpus), "--model", str(tmp_path / "m")]) == 1
    assert "Broken pipe" in capsys.readouterr().err


@pytest.mark.heavy
def test_training_that_nobody_reads_is_finished(unread: int, small_corpus: Path, tmp_path: Path) -> None:
    process = begun(tmp_path / "m", str(small_corpus), "--epochs", "2", *TINY, stderr=unread)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert bundle.read_manifest(tmp_path / "m").card["results"]["finished"]
    assert not (tmp_path / "m" / "checkpoints").exists()


@pytest.mark.heavy
def test_training_that_nobody_reads_is_stopped_and_goes_on(unread: int, small_corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    process = begun(folder, str(small_corpus), "--epochs", "40", *TINY, stderr=unread)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert any((folder / "checkpoints" / "orbax").iterdir())
    assert run(["train", "--resume", "--model", str(folder)]) == 0
    assert bundle.read_manifest(folder).card["results"]["finished"]
