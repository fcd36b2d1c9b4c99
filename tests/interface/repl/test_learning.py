"""Learning at the prompt with a real model: kept only when wanted, offered by the next session, forgotten for good."""

import shutil
from pathlib import Path

import pytest

from autocomplete.predict.suggester import Suggester
from tests.interface.repl.driver import CTRL_C, ENTER, F3, Driver, drive

PHRASE = "zarquon bunyip gorgles"


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
    assert "bunyip" in session(model, "zarquon ")[0]
    first, *_, last = session(model, "zarquon bun", CTRL_C, "/forget bunyip", ENTER, "zarquon bun")
    assert "bunyip" in first
    assert "bunyip" not in last
    assert all("bunyip" not in shown for shown in session(model, "zarquon ", "bun"))


def test_without_learning_nothing_is_written_and_the_session_alone_remembers(model: Path) -> None:
    before = {path.name for path in model.iterdir()}
    *_, last = session(model, PHRASE, ENTER, "zarquon bun")
    assert "bunyip" in last
    assert {path.name for path in model.iterdir()} == before
    assert "bunyip" not in session(model, "zarquon bun")[0]


def test_off_the_record_and_after_a_space_nothing_is_learned(model: Path) -> None:
    session(model, F3, PHRASE, ENTER, F3, f" {PHRASE}", ENTER, learn=True)
    assert "bunyip" not in session(model, "zarquon bun")[0]
