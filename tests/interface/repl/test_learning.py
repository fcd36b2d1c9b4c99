"""Learning at the prompt with a real model: kept only when wanted, offered by the next session, forgotten for good."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from autocomplete.errors import AutocompleteError
from autocomplete.predict.suggester import Suggester
from tests.engine.fakes import FakeSuggester
from tests.interface.repl.driver import CTRL_C, CTRL_UNDERSCORE, ENTER, F3, UP, Driver, drive

PHRASE = "zarquon bunyip gorgles"
SHIFT_DELETE, CTRL_X_CTRL_D = "\x1b[3;2~", "\x18\x04"


@pytest.fixture
def model(trained_model: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained_model, tmp_path / "model"))


def offered(at: Driver) -> list[str]:
    return [item.suggestion.text for item in at.candidates()]


def session(model: Path, *presses: str, learn: bool = False) -> list[list[str]]:
    """What is offered after each press, in a session of its own."""
    shown: list[list[str]] = []

    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.prompt.state.frame.model != "")
        for press in presses:
            await at.press(press)
            shown.append(offered(at))

    drive(scenario, load=lambda _: Suggester.open(model), learn=learn)
    return shown


def test_what_was_learned_is_offered_by_the_next_session_until_it_is_forgotten(model: Path) -> None:
    session(model, *[PHRASE, ENTER] * 3, learn=True)
    assert "bunyip gorgles" in session(model, "zarquon ")[0]  # as far as the line goes
    first, *_, last = session(model, "zarquon bun", CTRL_C, "/forget bunyip", ENTER, "zarquon bun")
    assert "bunyip gorgles" in first
    assert "bunyip" not in " ".join(last)
    assert all("bunyip" not in " ".join(shown) for shown in session(model, "zarquon ", "bun"))


def test_without_learning_nothing_is_written_and_the_session_alone_remembers(model: Path) -> None:
    before = {path.name for path in model.iterdir()}
    *_, last = session(model, PHRASE, ENTER, "zarquon bun")
    assert "bunyip gorgles" in last
    assert {path.name for path in model.iterdir()} == before
    assert "bunyip" not in " ".join(session(model, "zarquon bun")[0])


def test_off_the_record_and_after_a_space_nothing_is_learned(model: Path) -> None:
    session(model, F3, PHRASE, ENTER, F3, f" {PHRASE}", ENTER, learn=True)
    assert "bunyip" not in " ".join(session(model, "zarquon bun")[0])


def recalled(completer: FakeSuggester, *, presses: int = 3, **settings: Any) -> list[str]:
    """What Up brings, press by press, in a session of its own."""
    found: list[str] = []

    async def scenario(at: Driver) -> None:
        kept = settings.get("learn", False) or settings.get("history", False)
        if kept and completer.personal.kept:
            await at.until(lambda: completer.personal.kept[-1] in at.prompt.buffer.history.get_strings())
        for _ in range(presses):
            await at.press(UP)
            found.append(at.text)

    drive(scenario, completer=completer, **settings)
    return found


def test_lines_of_earlier_sessions_are_found_where_they_are_kept() -> None:
    model = FakeSuggester()

    async def scenario(at: Driver) -> None:
        await at.press("water the roses", ENTER, F3, "off it", ENTER, F3, " with a space", ENTER, "call", ENTER)

    ways: list[tuple[dict[str, Any], int]] = [({"learn": True}, 2), ({"history": True}, 0)]
    for settings, learned in ways:
        model.personal.kept.clear()
        model.learned.clear()
        drive(scenario, completer=model, **settings)
        assert model.personal.kept == ["water the roses", "call"]
        assert (len(model.learned), len(model.personal.counted)) == (learned, learned and 2)
        model.personal.counted.clear()
        assert recalled(model, **settings) == ["call", "water the roses", "water the roses"]
    assert recalled(model) == ["", "", ""]
    model.personal.kept.clear()
    drive(scenario, completer=model, learn=True, history=False)
    assert (model.personal.kept, model.learned) == ([], ["water the roses", "call"])


def test_at_the_first_line_one_question_is_asked_and_each_answer_kept(capsys: pytest.CaptureFixture[str]) -> None:
    for answer, told, kept, learned in (
        ("yes", [True], ["one", "two", "three"], ["three"]),
        ("never", [False], [], []),
        ("session", [], [], []),
    ):
        model, answers = FakeSuggester(), list[bool]()

        async def scenario(at: Driver, answer: str = answer) -> None:
            await at.press("one", ENTER, "two", ENTER, f"/keep {answer}", ENTER, "three", ENTER)

        drive(scenario, completer=model, keep=answers.append)
        assert capsys.readouterr().out.count("'/keep yes'") == 1
        assert (answers, model.personal.kept, model.learned) == (told, kept, learned)


@pytest.mark.parametrize("settings", [{"learn": True}, {"history": False}, {"history": True}])
def test_who_has_answered_is_not_asked(settings: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(at: Driver) -> None:
        await at.press("one", ENTER)

    drive(scenario, keep=lambda _: None, **settings)
    assert "/keep" not in capsys.readouterr().out


def test_an_answer_that_cannot_be_kept_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: bool) -> None:
        raise AutocompleteError("config.toml: cannot be written.", "Look at its folder.")

    async def scenario(at: Driver) -> None:
        await at.press("one", ENTER, "/keep yes", ENTER)
        assert not at.prompt.state.frame.settings.learn

    drive(scenario, keep=fails)
    assert "cannot be written" in capsys.readouterr().err


def test_a_forgotten_word_takes_its_lines_out_of_the_history_at_once(model: Path) -> None:
    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.prompt.state.frame.model != "")
        await at.press("ask bunyip first", ENTER, "best food", ENTER, "/forget bunyip", ENTER)
        await at.until(lambda: at.prompt.buffer.history.get_strings() == ["best food"])
        await at.press(UP, UP)
        assert at.text == "best food"

    drive(scenario, load=lambda _: Suggester.open(model), learn=True)


def test_who_begins_to_learn_finds_the_lines_of_earlier_days() -> None:
    model = FakeSuggester()
    model.personal.kept.append("of yesterday")

    async def scenario(at: Driver) -> None:
        await at.press("/learn on", ENTER)
        await at.until(lambda: at.prompt.buffer.history.get_strings() == ["of yesterday"])

    drive(scenario, completer=model)


@pytest.mark.parametrize("key", [SHIFT_DELETE, CTRL_X_CTRL_D])
def test_a_key_removes_the_word_that_is_shown_and_undo_brings_it_back(model: Path, key: str) -> None:
    session(model, *[PHRASE, ENTER] * 3, learn=True)

    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.prompt.state.frame.model != "")
        await at.press("zarquon bunyip gor")
        assert offered(at)[0] == "gorgles"
        await at.press(key)
        await at.until(lambda: "'gorgles' is suggested no more: ctrl-_ takes that back" in at.screen()[-1])
        await at.until(lambda: at.prompt.state.frame.settled and "gorgles" not in offered(at))
        assert "gorgles" not in Suggester.open(model).personal.words()  # type: ignore[union-attr]
        await at.press(CTRL_UNDERSCORE)
        await at.until(lambda: "gorgles" in offered(at))
        assert at.text == "zarquon bunyip gor"
        assert "'gorgles' is suggested again" in at.screen()[-1]
        assert Suggester.open(model).personal.words()["gorgles"] == 3  # type: ignore[union-attr]

    drive(scenario, load=lambda _: Suggester.open(model))


def test_a_word_of_the_model_is_blocked_and_undo_after_a_key_undoes_that_key(model: Path) -> None:
    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.prompt.state.frame.model != "")
        await at.press("best food in Las Veg")
        assert offered(at)[0] == "Vegas"
        await at.press(SHIFT_DELETE)
        await at.until(lambda: "no more" in at.screen()[-1])
        await at.press("x", CTRL_UNDERSCORE, settle=False)
        await at.until(lambda: at.text == "best food in Las Veg")

    drive(scenario, load=lambda _: Suggester.open(model))
    assert (model / "blocked.txt").read_text(encoding="utf-8").split() == ["Vegas"]
    assert "Vegas" not in session(model, "best food in Las Veg")[0]


def test_where_no_word_is_shown_nothing_is_removed(model: Path) -> None:
    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.prompt.state.frame.model != "")
        await at.press("/he", SHIFT_DELETE)
        assert "nothing is shown" in at.screen()[-1]
        assert at.text == "/he"

    drive(scenario, load=lambda _: Suggester.open(model))
    assert not (model / "blocked.txt").exists()


def test_a_removal_that_fails_is_told_and_the_word_stays() -> None:
    model = FakeSuggester()

    async def scenario(at: Driver) -> None:
        await at.press("best f")
        model.error = AutocompleteError("blocked.txt cannot be written.", "Make room.")
        await at.press(SHIFT_DELETE, settle=False)
        await at.until(lambda: not at.prompt.state._blocked)
        model.error = None
        await at.press("o")
        assert "food" in offered(at)

    drive(scenario, completer=model)


def test_several_words_are_hidden_for_the_session_until_undo() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("best food in Las ")
        assert offered(at)[0] == "Vegas tonight"
        await at.press(SHIFT_DELETE)
        await at.until(lambda: "'Vegas tonight' is suggested no more in this session" in at.screen()[-1])
        assert "Vegas tonight" not in offered(at)
        await at.press(CTRL_UNDERSCORE)
        await at.until(lambda: offered(at)[:1] == ["Vegas tonight"])
        assert not at.completer.forgotten

    drive(scenario, words=3)
