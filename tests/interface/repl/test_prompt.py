"""The prompt while someone types: slow, failing and missing models, and long pastes."""

import asyncio
import os
import pty
import termios
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input.vt100 import Vt100Input

from autocomplete.errors import AutocompleteError, ModelError
from autocomplete.interface.repl import state
from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.interface.repl.state import PromptState
from tests.engine.fakes import FakeSuggester
from tests.interface.repl.driver import ALT_ENTER, CTRL_D, CTRL_Z, ENTER, TYPED, Driver, Sized, drive


def test_typing_is_instant_while_the_model_is_slow() -> None:
    model = FakeSuggester()
    model.seconds = 1.0

    async def scenario(at: Driver) -> None:
        began = time.monotonic()
        for key in TYPED:
            await at.press(key, settle=False)
            assert at.screen()[0].endswith(at.text.rstrip())
        assert at.text == TYPED
        assert time.monotonic() - began < 1.0
        await at.press(ENTER, "next", ENTER, settle=False)
        assert at.lines == [TYPED, "next"]
        # What was asked while the model was busy was not even begun.
        assert len(at.completer.asked) <= 2

    drive(scenario, completer=model)


def test_typing_is_possible_while_the_model_is_read() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, settle=False)
        assert at.screen()[0] == f"> {TYPED}"
        assert "reading fake" in at.screen()[-1]
        await at.until(lambda: at.ghost == " Vegas")
        assert "reading" not in at.screen()[-1]

    def load(_: str) -> FakeSuggester:
        time.sleep(0.5)
        return FakeSuggester()

    drive(scenario, load=load)


def test_a_model_that_fails_leaves_the_prompt_alive_and_says_once_why(capsys: pytest.CaptureFixture[str]) -> None:
    model = FakeSuggester()
    model.error = AutocompleteError("weights.safetensors has vanished.", "Bring it back.")

    async def scenario(at: Driver) -> None:
        await at.press(*TYPED)
        await at.until(lambda: at.screen()[-1].startswith("no suggestions · "))
        assert (at.ghost, at.candidates()) == ("", ())
        model.error = None
        await at.press(" ")
        assert "no suggestions" not in at.screen()[-1]
        assert at.ghost == "Vegas"

    drive(scenario, completer=model)
    told = "no suggestions: weights.safetensors has vanished.\nBring it back.\n"
    assert capsys.readouterr().out.count(told) == 1


def test_a_model_that_cannot_be_read_leaves_the_prompt_alive(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.screen()[-1].startswith("no suggestions · "))
        await at.press(TYPED, ENTER)
        assert at.lines == [TYPED]
        assert "no suggestions" in at.screen()[-1]

    def load(_: str) -> FakeSuggester:
        raise ModelError("It is damaged.", "Train it again.")

    drive(scenario, load=load)
    assert "fake cannot be used: It is damaged.\nTrain it again.\n" in capsys.readouterr().out


def test_a_model_whose_thresholds_were_never_fitted_suggests_what_is_likely() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert at.ghost == " Vegas"

    drive(scenario, completer=FakeSuggester(threshold=None))


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_ten_thousand_characters_are_pasted_at_once(line_end: str) -> None:
    pasted = "\n".join(["the quick brown fox " * 5] * 100)
    assert len(pasted) > 10_000

    async def scenario(at: Driver) -> None:
        began = time.monotonic()
        await at.press(f"\x1b[200~{pasted.replace(chr(10), line_end)}\x1b[201~", "x")
        assert at.text == pasted + "x"
        assert time.monotonic() - began < 5.0
        await at.press(ENTER)
        assert at.lines == [pasted + "x"]
        assert at.prompt.state.tally.saved == 0

    drive(scenario)


def test_ten_thousand_characters_of_one_line_are_pasted_at_once() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(f"\x1b[200~{'word ' * 2000}\x1b[201~", "x", ALT_ENTER, TYPED)
        assert at.ghost == ""
        assert at.text.endswith(f"x\n{TYPED}")
        assert any(TYPED in row for row in at.screen())

    drive(scenario)


def test_between_two_lines_the_terminal_stays_raw() -> None:
    """What is typed while a command is done is not echoed, and Ctrl-C stays a key."""
    keyboard, terminal = pty.openpty()
    modes: list[int] = []

    def find(name: str) -> None:  # asked by `/model`, after its line has ended and before the next has begun
        if name == "other":
            modes.append(termios.tcgetattr(terminal)[3])

    async def run() -> None:
        with os.fdopen(terminal) as stdin, create_app_session(input=Vt100Input(stdin), output=Sized()) as session:
            prompt = Prompt(
                "fake", load=lambda _: FakeSuggester(), find=find,
                open_store=lambda _: FakeSuggester().personal, settings=ReplSettings(),
                source=session.input, output=session.output,
            )  # fmt: skip
            running = asyncio.create_task(prompt.run())
            while not prompt.app.is_running:
                await asyncio.sleep(0.01)
            os.write(keyboard, f"/model other{ENTER}".encode())
            while not modes:
                await asyncio.sleep(0.01)
            os.write(keyboard, CTRL_D.encode())
            await running

    asyncio.run(asyncio.wait_for(run(), 10))
    os.close(keyboard)
    assert modes[0] & (termios.ECHO | termios.ICANON | termios.ISIG) == 0


def test_time_in_the_background_is_no_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeSuggester()
    model.seconds = 0.2
    monkeypatch.setattr(os, "kill", lambda *_: time.sleep(1.0))  # until the shell brings it back

    async def scenario(at: Driver) -> None:
        await at.press("b", settle=False)
        await at.press(CTRL_Z)
        assert len(at.prompt.state.latencies) == 1
        assert 0.0 <= at.prompt.state.latencies[0] < 1.0

    drive(scenario, completer=model)


def test_a_key_that_is_drawn_twice_makes_two_frames_and_asks_for_its_question_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **named: Any) -> Any:
            made[name] += 1
            return function(*arguments, **named)

        return count

    monkeypatch.setattr(state, "Frame", counted("frame", state.Frame))
    monkeypatch.setattr(PromptState, "_question", counted("question", PromptState._question))

    async def scenario(at: Driver) -> None:
        await at.press(TYPED[:-1])
        made.clear()
        await at.press(TYPED[-1])
        assert at.ghost == " Vegas"
        assert made == {"frame": 2, "question": 1}  # a frame for the key, and one for its answer

    drive(scenario)
