"""What the slash commands do and refuse."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autocomplete.engine.worker import Worker
from autocomplete.errors import AutocompleteError, ModelError, UsageError
from autocomplete.interface.repl.commands import COMMANDS, Commands, Later, completed, matching
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.interface.repl.state import PromptState
from tests.engine.fakes import FakeSuggester


def text(said: str | Later) -> str:
    """What is said at once."""
    assert isinstance(said, str)
    return said


@pytest.fixture
def model() -> FakeSuggester:
    return FakeSuggester()


@pytest.fixture
def state() -> PromptState:
    return PromptState(ReplSettings())


@contextmanager
def commands_with(model: FakeSuggester, state: PromptState) -> Iterator[Commands]:
    """Commands at a prompt whose model has been asked for."""

    def find(name: str) -> None:
        if name == "missing":
            raise ModelError("There is no model 'missing'.", "Train one.")

    worker = Worker(lambda _: None, load=lambda _: model, find=find, open_store=lambda _: model.personal)
    worker.open("first")
    yield Commands(state, worker)
    worker.close()


@pytest.fixture
def commands(state: PromptState, model: FakeSuggester) -> Iterator[Commands]:
    with commands_with(model, state) as commands:
        yield commands


def test_numbers_and_modes_are_set(commands: Commands, state: PromptState) -> None:
    assert commands.run("/k 3") == "up to 3 candidates"
    assert commands.run("/words  4 ") == "up to 4 words at once"
    assert commands.run("/words auto") == "as many words at once as the model is sure of"
    assert state.frame.settings.most_words == 10
    assert commands.run("/words 4") == "up to 4 words at once"
    assert commands.run("/mode complete")
    settings = state.frame.settings
    assert (settings.k, settings.words, settings.mode) == (3, 4, "complete")


def test_switches_switch(commands: Commands, state: PromptState, model: FakeSuggester) -> None:
    for line, switched in (("/explain", (True, False)), ("/explain", (False, False))):
        commands.run(line)
        assert (state.frame.explaining, state.frame.settings.learn) == switched
    for line, switched in (("/learn on", (False, True)), ("/learn off", (False, False))):
        commands.run(line)
        assert (state.frame.explaining, state.frame.settings.learn) == switched


def test_learning_is_off_again_where_the_model_cannot_learn(state: PromptState) -> None:
    with commands_with(FakeSuggester(level="char"), state) as commands:
        asked = commands.run("/learn on")
        assert state.frame.settings.learn  # for lines that end before the model has answered
        assert isinstance(asked, Later)
        assert isinstance(asked.done.exception(10), UsageError)
    asked.failed()
    assert not state.frame.settings.learn


def test_quitting_ends(commands: Commands, state: PromptState) -> None:
    commands.run("/quit")
    assert state.ended


def test_phrases_are_pinned_in_a_file_that_is_named(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    path = tmp_path / "phrases.txt"
    assert text(commands.run("/pin omw = on my way")) == f"pinned: omw = on my way; edit or delete it in {path}"
    commands.run("/pin Kind regards, Ada Example")
    assert text(commands.run("/pin omw = on my way")).startswith("pinned before: omw")
    assert path.read_text("utf-8") == "omw = on my way\nKind regards, Ada Example\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="one word"):
        commands.run("/pin two words = one")


def test_words_are_blocked_until_the_end_and_forgotten_for_good(
    commands: Commands, state: PromptState, model: FakeSuggester
) -> None:
    commands.run("/block Paris Rome")
    assert state.frame.question is not None
    assert state.frame.question.blocked == {"Paris", "Rome"}
    assert model.forgotten == []
    asked = commands.run("/forget Vegas")
    assert isinstance(asked, Later)
    asked.done.result(10)
    assert model.forgotten == ["Vegas"]


def test_another_model_is_opened_or_refused(commands: Commands, state: PromptState) -> None:
    commands.run("/model mine")
    assert state.frame.notice == "reading mine"
    with pytest.raises(ModelError):
        commands.run("/model missing")


def test_statistics_are_of_this_session(commands: Commands, state: PromptState) -> None:
    state.edited("hello", 5)
    state.commit()
    state.latencies += [0.002, 0.004, 0.1]
    said = text(commands.run("/stats"))
    assert "lines        1" in said
    assert "saved        0 (0 %)" in said
    assert "4.0 ms (median)" in said


def test_lines_are_saved_for_their_owner_alone(commands: Commands, state: PromptState, tmp_path: Path) -> None:
    for line in ("one", "zwei Äpfel"):
        state.edited(line, len(line))
        state.commit()
    path = tmp_path / "my lines.txt"
    assert "2 lines" in text(commands.run(f"/save {path}"))
    assert path.read_text(encoding="utf-8") == "one\nzwei Äpfel\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="exists"):
        commands.run(f"/save {path}")
    with pytest.raises(AutocompleteError, match="No such file"):
        commands.run(f"/save {tmp_path}/none/file")


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
def test_what_makes_no_sense_is_refused_with_a_cure(
    commands: Commands, state: PromptState, line: str, part: str
) -> None:
    with pytest.raises(UsageError) as caught:
        commands.run(line)
    assert part in str(caught.value)
    assert caught.value.cure


def test_help_names_every_command_and_key(commands: Commands, state: PromptState) -> None:
    said = text(commands.run("/help"))
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
