"""Plain mode and dumb terminals: nothing comes unasked, and what is read aloud is all that is taken."""

import asyncio

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input

from autocomplete.errors import AutocompleteError
from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from tests.engine.fakes import FakeSuggester
from tests.interface.repl.driver import (
    CTRL_C,
    CTRL_N,
    CTRL_SPACE,
    ENTER,
    ESCAPE,
    F2,
    F3,
    F4,
    LEFT,
    RIGHT,
    TAB,
    TYPED,
    Driver,
    drive,
)


def test_plain_shows_nothing_unasked_and_lists_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert at.screen() == [f"> {TYPED}"]
        assert at.completer.asked == []
        await at.press(CTRL_SPACE)
        assert capsys.readouterr().out == "1: Vegas 80 %\n2: Last 10 %\n"
        await at.press(CTRL_N)
        assert "Last 10 %" in capsys.readouterr().out
        await at.press(CTRL_SPACE, f"{ESCAPE}2")
        assert at.text == "best food in Last "
        assert at.screen() == ["> best food in Last"]
        await at.press("zzz", TAB)
        assert capsys.readouterr().out.endswith("no suggestion\n")
        await at.press(F2, CTRL_C, TYPED, TAB, RIGHT)
        assert at.text == "best food in Las Vegas "

    drive(scenario, plain=True)


def test_plain_takes_only_what_was_asked_for_and_read(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(F4, F2)
        assert capsys.readouterr().out.splitlines() == [
            "suggestions on: choose among them", "candidates are listed when you ask for them",
        ]  # fmt: skip
        await at.press(TYPED)
        assert [item.suggestion.text for item in at.candidates()] == ["Vegas", "Last"]
        await at.press(RIGHT, f"{ESCAPE}1")
        assert at.text == TYPED
        await at.press(CTRL_SPACE, "t", f"{ESCAPE}1")  # which was 'Vegas' when it was read
        assert at.text == f"{TYPED}t"
        await at.press(CTRL_C, TYPED, CTRL_N)
        assert capsys.readouterr().out.endswith("\nLast 10 %\n")
        await at.press(RIGHT)
        assert at.text == "best food in Last "

    drive(scenario, plain=True)


def test_plain_explains_where_that_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(at: Driver) -> None:
        await at.press("/explain", ENTER, TYPED, CTRL_SPACE)
        assert "1: Vegas 80 %, network 75 %, ngram 25 %\n" in capsys.readouterr().out

    drive(scenario, plain=True)


def test_tab_takes_what_was_chosen_within_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for plain in (False, True):

        async def scenario(at: Driver, plain: bool = plain) -> None:
            await at.press(f"{TYPED} x", LEFT, LEFT, *([CTRL_SPACE] if plain else []), CTRL_N)
            assert at.ghost == ""
            await at.press(RIGHT)
            assert at.text == f"{TYPED} x"
            await at.press(LEFT, *([CTRL_SPACE] if plain else []), CTRL_N, TAB)
            assert at.text in ("best food in Las Vegas x", "best food in Last x")

        drive(scenario, plain=plain)


def test_plain_says_what_a_toolbar_would_show(capsys: pytest.CaptureFixture[str]) -> None:
    model = FakeSuggester(level="char")
    model.error = AutocompleteError("The file is gone.", "Bring it back.")

    async def scenario(at: Driver) -> None:
        said = ""

        async def says(text: str) -> None:
            nonlocal said
            while text not in said:
                said += capsys.readouterr().out
                await asyncio.sleep(0.01)

        await asyncio.wait_for(says("not learned: This model predicts characters."), 10)
        await at.press(CTRL_C)
        await asyncio.wait_for(says("ctrl-d ends"), 10)
        await at.press(TYPED, CTRL_SPACE)
        await asyncio.wait_for(says("no suggestions: The file is gone."), 10)
        await at.press(F3)
        await asyncio.wait_for(says("off the record"), 10)
        await at.press(F3)
        await asyncio.wait_for(says("on the record"), 10)

    drive(scenario, completer=model, plain=True, learn=True)


def test_a_dumb_terminal_gets_what_was_added(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")

    async def run() -> None:
        with create_pipe_input() as pipe, create_app_session(input=pipe):
            prompt = Prompt(
                "fake", load=lambda _: FakeSuggester(), find=str, open_store=lambda _: FakeSuggester().personal,
                settings=ReplSettings(), source=pipe,
            )  # fmt: skip
            session = asyncio.create_task(prompt.run())
            for keys, said in (
                (TYPED, TYPED),
                (CTRL_SPACE, "2: Last 10 %"),
                (f"{ESCAPE}1", "Vegas"),
                ("\x7f\x7f", "> best food in Las Vega"),
                (ENTER, "> "),
                ("/k 2" + ENTER, "up to 2 candidates"),
                ("un café" + CTRL_SPACE, "1: crème 90 %"),
                (f"{ESCAPE}1", " crème "),
                (ENTER, "\r\n> "),
            ):
                pipe.send_text(keys)
                shown = ""
                for _ in range(1000):
                    await asyncio.sleep(0.01)
                    shown += capsys.readouterr().out
                    if said in shown:
                        break
                assert said in shown
                assert "\x1b" not in shown
                assert keys != ENTER or "crème" not in shown  # nothing is said twice
            pipe.send_text("\x04")
            await asyncio.wait_for(session, 10)
            assert prompt.state.lines == ["best food in Las Vega", "un café crème"]

    asyncio.run(run())
