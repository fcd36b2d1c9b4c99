"""What the slash commands do and refuse."""

import stat
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from autocomplete.errors import AutocompleteError, ModelError, UsageError
from autocomplete.interface.repl.commands import COMMANDS, Later, completed, matching, run_command
from autocomplete.interface.repl.session import Session
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.interface.repl.situation import Situation


def done(value: Any = None, error: Exception | None = None) -> "Future[Any]":
    future: Future[Any] = Future()
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
    return future


class Recorder:
    """A model that writes down what commands want of it."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.forgotten: list[str] = []
        self.teachable = True

    def open(self, name: str) -> None:
        if name == "missing":
            raise ModelError("There is no model 'missing'.", "Train one.")
        self.opened.append(name)

    def forget(self, words: Sequence[str]) -> "Future[None]":
        self.forgotten += words
        return done()

    def can_learn(self) -> "Future[bool]":
        return done(False, None if self.teachable else UsageError("It cannot learn.", "Take another."))


def text(said: str | Later) -> str:
    """What is said at once."""
    assert isinstance(said, str)
    return said


@pytest.fixture
def model() -> Recorder:
    return Recorder()


@pytest.fixture
def situation(model: Recorder) -> Situation:
    return Situation(Session(), model, ReplSettings())


def test_numbers_and_modes_are_set(situation: Situation) -> None:
    session = situation.session
    assert run_command(situation, "/k 3") == "up to 3 candidates"
    assert run_command(situation, "/words  4 ") == "up to 4 words at once"
    assert run_command(situation, "/mode complete")
    assert (session.k, session.words, session.mode) == (3, 4, "complete")


def test_switches_switch(situation: Situation, model: Recorder) -> None:
    for line, switched in (("/explain", (True, False)), ("/explain", (False, False))):
        run_command(situation, line)
        assert (situation.explaining, situation.learning) == switched
    for line, switched in (("/learn on", (False, True)), ("/learn off", (False, False))):
        run_command(situation, line)
        assert (situation.explaining, situation.learning) == switched
    model.teachable = False
    asked = run_command(situation, "/learn on")
    assert isinstance(asked, Later)
    assert isinstance(asked.done.exception(), UsageError)
    asked.failed()
    assert not situation.learning


def test_quitting_ends(situation: Situation) -> None:
    run_command(situation, "/quit")
    assert situation.ended


def test_words_are_blocked_for_the_session_and_forgotten_for_good(situation: Situation, model: Recorder) -> None:
    run_command(situation, "/block Paris Rome")
    assert situation.session.blocked == {"Paris", "Rome"}
    assert model.forgotten == []
    run_command(situation, "/forget Vegas")
    assert model.forgotten == ["Vegas"]


def test_another_model_is_opened_or_refused(situation: Situation, model: Recorder) -> None:
    run_command(situation, "/model mine")
    assert model.opened == ["mine"]
    with pytest.raises(ModelError):
        run_command(situation, "/model missing")


def test_statistics_are_of_this_session(situation: Situation) -> None:
    session = situation.session
    session.edited("hello", 5)
    session.commit()
    situation.latencies += [0.002, 0.004, 0.1]
    said = text(run_command(situation, "/stats"))
    assert "lines        1" in said
    assert "saved        0 (0 %)" in said
    assert "4.0 ms (median)" in said


def test_lines_are_saved_for_their_owner_alone(situation: Situation, tmp_path: Path) -> None:
    for line in ("one", "zwei Äpfel"):
        situation.session.edited(line, len(line))
        situation.session.commit()
    path = tmp_path / "my lines.txt"
    assert "2 lines" in text(run_command(situation, f"/save {path}"))
    assert path.read_text(encoding="utf-8") == "one\nzwei Äpfel\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="exists"):
        run_command(situation, f"/save {path}")
    with pytest.raises(AutocompleteError, match="No such file"):
        run_command(situation, f"/save {tmp_path}/none/file")


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("/stat", "'/stats'"),
        ("/xyz", "/help"),
        ("/xyz", "'//xyz'"),
        ("/", "/help"),
        ("/k", "takes N"),
        ("/k 10", "from 1 to 9"),
        ("/k ²", "from 1 to 9"),
        ("/k -1", "from 1 to 9"),
        ("/words many", "from 1 to 10"),
        ("/mode netx", "'next'"),
        ("/learn maybe", "on, off"),
        ("/stats please", "takes nothing"),
        ("/forget", "takes WORD"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_cure(situation: Situation, line: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        run_command(situation, line)
    assert part in str(caught.value)
    assert caught.value.cure


def test_help_names_every_command_and_key(situation: Situation) -> None:
    said = text(run_command(situation, "/help"))
    assert all(f"/{name}" in said for name in COMMANDS)
    for key in ("right, ctrl-f", "tab", "alt-1 … alt-9", "ctrl-space", "escape", "ctrl-_", "f3", "alt-enter"):
        assert key in said


@pytest.mark.parametrize(
    ("line", "whole"),
    [("/sta", "/stats"), ("/f", "/forget "), ("/m", "/m"), ("/stats", "/stats"), ("/k 3", "/k 3"), ("/x", "/x")],
)
def test_the_name_of_a_command_is_completed(line: str, whole: str) -> None:
    assert completed(line) == whole


def test_a_beginning_shows_what_it_may_become() -> None:
    assert matching("/m") == "/mode auto|next|complete   /model NAME"
    assert matching("/k 3") == "/k N"
    assert matching("/x") == ""
