"""The whole prompt: slow and failing models, pasting, wide characters, narrow terminals, commands, plain terminals."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import ColorDepth

from autocomplete.errors import AutocompleteError, ModelError, UsageError
from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from tests.interface.repl.driver import (
    ALT_ENTER,
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
    UP,
    Driver,
    FakeCompleter,
    Sized,
    drive,
)

TYPED = "best food in Las"


def test_typing_is_instant_while_the_model_is_slow() -> None:
    model = FakeCompleter()
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

    def load(_: str) -> FakeCompleter:
        time.sleep(0.5)
        return FakeCompleter()

    drive(scenario, load=load)


def test_a_model_that_fails_leaves_the_prompt_alive_and_says_once_why(capsys: pytest.CaptureFixture[str]) -> None:
    model = FakeCompleter()
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

    def load(_: str) -> FakeCompleter:
        raise ModelError("It is damaged.", "Train it again.")

    drive(scenario, load=load)
    assert "fake cannot be used: It is damaged.\nTrain it again.\n" in capsys.readouterr().out


def test_a_model_without_a_threshold_says_so_and_suggests_when_asked() -> None:
    async def scenario(at: Driver) -> None:
        await at.redrawn()
        assert at.screen()[-1].startswith("this model suggests nothing unasked")
        await at.press(TYPED)
        assert at.ghost == ""
        await at.press(CTRL_SPACE)
        assert at.ghost == " Vegas"

    drive(scenario, completer=FakeCompleter(threshold=None))


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
        assert at.prompt.session.tally.saved == 0

    drive(scenario)


def test_ten_thousand_characters_of_one_line_are_pasted_at_once() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(f"\x1b[200~{'word ' * 2000}\x1b[201~", "x", ALT_ENTER, TYPED)
        assert at.ghost == ""
        assert at.text.endswith(f"x\n{TYPED}")
        assert any(TYPED in row for row in at.screen())

    drive(scenario)


@pytest.mark.parametrize(("typed", "ghost", "row"), [("日本", "語", "1 日本語 90 %"), ("👍", " gut", "1 gut 90 %")])
def test_wide_characters_are_drawn_as_wide_as_they_are(typed: str, ghost: str, row: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(typed)
        assert at.ghost.replace("\0", "") == ghost
        assert at.screen()[1].replace("\0", "") == row
        await at.press(RIGHT)
        assert at.text.rstrip() == typed + ghost.rstrip()
        await at.press(LEFT, "x")
        assert "x" in at.text

    drive(scenario)


@pytest.mark.parametrize("columns", [4, 8, 18, 19, 20, 21, 22, 40])
def test_narrow_terminals_show_what_fits_on_rows_of_their_own(columns: int) -> None:
    output = Sized()
    output.size = Size(rows=24, columns=columns)

    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        rows = -(-(len(TYPED) + 1) // (columns - 2))  # and room for the cursor
        assert "".join(row[2:] for row in at.screen()[:rows]).replace(" ", "").startswith(TYPED.replace(" ", ""))
        assert at.screen()[rows].startswith("1"[:columns])
        assert len(at.screen()) == rows + 2
        if at.ghost:
            await at.press(RIGHT)
            assert at.text == "best food in Las Vegas "
        else:  # what cannot be seen is not taken
            await at.press(RIGHT)
            assert at.text == TYPED

    drive(scenario, output=output)


def test_a_resize_draws_anew() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert at.screen()[1] == "1 Vegas 80 %   2 Last 10 %"
        at.output.size = Size(rows=24, columns=22)
        await at.redrawn()
        assert at.screen()[:2] == [f"> {TYPED} V…", "1 Vegas 80 %"]
        at.output.size = Size(rows=24, columns=80)
        await at.redrawn()
        assert at.screen()[:2] == [f"> {TYPED} Vegas", "1 Vegas 80 %   2 Last 10 %"]

    drive(scenario)


def test_what_is_below_the_line_never_jumps() -> None:
    async def scenario(at: Driver) -> None:
        for key in [*TYPED, TAB, "x", CTRL_C, *"unsure", CTRL_SPACE, CTRL_N, "/", "k", CTRL_C]:
            await at.press(key, settle=False)
            assert len(at.screen()) == 3
            assert at.screen()[2].count("fake") == 1

    drive(scenario)


def test_colours_are_shades_without_colour() -> None:
    class Colourless(Sized):
        def get_default_color_depth(self) -> ColorDepth:
            return ColorDepth.DEPTH_1_BIT

    for output, shade in ((Sized(), "a8a8a8"), (Colourless(), "")):

        async def scenario(at: Driver, shade: str = shade) -> None:
            await at.press(TYPED)
            attributes = at.prompt.app.renderer._attrs_for_style
            assert attributes is not None
            (style,) = at.styles("ghost.sure")
            assert attributes[style].color == shade
            assert attributes[style].dim is (shade == "")

        drive(scenario, output=output)


def test_a_style_of_ones_own_wins_and_a_wrong_one_is_refused() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        (style,) = at.styles("ghost.sure")
        attributes = at.prompt.app.renderer._attrs_for_style
        assert attributes is not None
        assert attributes[style].color == "123456"

    drive(scenario, style={"ghost": "#123456"})
    for wrong in ({"gost": "bold"}, {"ghost": "#12"}):
        with pytest.raises(UsageError):
            drive(scenario, style=wrong)


def test_commands_are_run_and_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async def scenario(at: Driver) -> None:
        await at.press("hello", ENTER, "/k 1", ENTER, TYPED)
        assert at.screen()[1] == "1 Vegas 80 %"
        await at.press(CTRL_C, "/kk", ENTER, "/block vegas", ENTER, TYPED)
        assert at.ghost == ""
        await at.press(CTRL_C, "/words 2", ENTER, TYPED)
        assert at.ghost == " Vegas tonight"
        await at.press(CTRL_C, "/explain", ENTER, "un café")
        assert at.screen()[2] == "crème: lstm 75 %, ngram 25 %"
        await at.press(CTRL_C, "//etc", RIGHT, ENTER, f"/save {tmp_path}/lines", ENTER, "/forget crème", ENTER)
        await at.press("un café")
        assert at.candidates() == ()
        await at.press(CTRL_C, "/quit", ENTER, settle=False)
        await at.until(lambda: at.prompt.situation.ended)

    driver = drive(scenario)
    out, err = capsys.readouterr()
    assert "up to 1 candidates" in out
    assert err.startswith("error: There is no command '/kk'.\n")
    assert (tmp_path / "lines").read_text(encoding="utf-8") == "hello\n/etc/hosts\n"
    assert driver.completer.forgotten == ["crème"]
    assert driver.lines == ["hello", "/etc/hosts"]  # no command among them


def test_a_command_that_fails_leaves_the_prompt_alive(capsys: pytest.CaptureFixture[str]) -> None:
    class Failing(FakeCompleter):
        def forget(self, words: Any) -> None:
            raise OSError("disk full")

    async def scenario(at: Driver) -> None:
        await at.press("/forget x", ENTER, TYPED)
        assert at.ghost == " Vegas"

    drive(scenario, completer=Failing())
    assert "error: OSError: disk full" in capsys.readouterr().err


def test_a_command_waits_for_the_model_behind_the_next_line(capsys: pytest.CaptureFixture[str]) -> None:
    locked = threading.Event()

    class Locked(FakeCompleter):
        def forget(self, words: Any) -> None:
            locked.wait(10)
            super().forget(words)

    async def scenario(at: Driver) -> None:
        await at.press("/forget x", ENTER, "hello", settle=False)
        await at.until(lambda: at.screen()[:1] == ["> hello"])
        assert "never suggested again" not in capsys.readouterr().out
        locked.set()
        await at.until(lambda: at.completer.forgotten == ["x"])

    drive(scenario, completer=Locked())
    assert "never suggested again: x;" in capsys.readouterr().out


def test_what_the_last_line_met_is_told_before_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    class Slow(FakeCompleter):
        def learn(self, line: str) -> bool:
            if line:
                time.sleep(0.3)
                raise OSError("disk full")
            return False

    async def scenario(at: Driver) -> None:
        await at.press("hello", ENTER, settle=False)

    drive(scenario, completer=Slow(), learn=True)
    assert capsys.readouterr().out == "not learned: OSError: disk full\nsaved 0 % (0 keys)\n"


def test_a_line_that_is_refused_comes_back_unless_it_is_off_the_record() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("/etc is a folder I like", ENTER)
        await at.press(F3, "/etc is off the record", ENTER)
        await at.press(UP)
        assert at.text == "/etc is a folder I like"

    assert drive(scenario).lines == []


def test_tab_writes_the_name_of_a_command() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("/forg", TAB, "x")
        assert at.text == "/forget x"
        await at.press(TAB)
        assert at.text == "/forget x"

    drive(scenario)


def test_the_row_shows_what_a_command_takes() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("/m")
        assert at.screen()[1] == "/mode auto|next|complete   /model NAME"

    drive(scenario)


def test_another_model_is_used_and_the_choice_of_a_missing_one_refused(capsys: pytest.CaptureFixture[str]) -> None:
    loaded: list[str] = []

    def load(name: str) -> FakeCompleter:
        loaded.append(name)
        return FakeCompleter()

    def find(name: str) -> None:
        if name == "missing":
            raise ModelError("There is no model 'missing'.", "Train one.")

    async def scenario(at: Driver) -> None:
        await at.press("/model missing", ENTER, settle=False)
        await at.press("/model other", ENTER, settle=False)
        await at.until(lambda: at.prompt.situation.model_name == "other")
        await at.press(TYPED)
        assert at.ghost == " Vegas"
        assert "other" in at.screen()[-1]

    drive(scenario, load=load, find=find)
    assert loaded == ["fake", "other"]
    assert "no model 'missing'" in capsys.readouterr().err


def test_learning_keeps_lines_and_keystrokes_and_only_when_it_is_on() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("before", ENTER, "/learn on", ENTER, TYPED, TAB, ENTER)
        assert "learning" in at.screen()[-1]
        await at.press("/learn off", ENTER, "after", ENTER)
        assert "not learning" in at.screen()[-1]

    driver = drive(scenario)
    assert driver.completer.learned == ["best food in Las Vegas"]
    assert driver.completer.personal is not None
    assert driver.completer.personal.counted == [(22, 17)]


def test_what_looks_like_a_secret_is_not_remembered_and_that_is_said() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("password: hunter2!xQ9", ENTER)
        assert at.screen()[-1].startswith("not remembered: that looks like a secret")
        await at.press("something else", ENTER, "x")
        assert at.lines == ["something else"]
        assert all("hunter2" not in context for _, context in at.completer.asked)

    assert drive(scenario, learn=True).completer.learned == ["something else"]


def test_a_model_that_cannot_learn_says_so_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.screen()[-1].startswith("not learned · "))
        assert at.prompt.situation.learning
        await at.press("/learn on", ENTER)
        await at.until(lambda: not at.prompt.situation.learning)

    drive(scenario, completer=FakeCompleter(level="char"), learn=True)
    out, err = capsys.readouterr()
    assert out == "not learned: This model predicts characters.\nTrain a word model.\n"
    assert err == "error: This model predicts characters.\nTrain a word model.\n"


def test_the_toolbar_counts_what_is_saved() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert "saved 0 % (0 keys)" in at.screen()[-1]
        await at.press(TAB)
        assert "saved 23 % (5 keys)" in at.screen()[-1]
        await at.press(ENTER)
        assert "saved 23 % (5 keys)" in at.screen()[-1]
        assert at.screen()[-1].startswith("fake · not learning · saved")
        at.output.size = Size(rows=24, columns=40)
        await at.redrawn()
        assert "not learning" in at.screen()[-1]

    drive(scenario)


def test_a_ghost_is_drawn_at_the_end_of_its_line_in_a_longer_text() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("x", ALT_ENTER, "y", "\x1b[A")
        assert at.ghost == ""
        await at.press(CTRL_C, "un café", ALT_ENTER, "y", "\x1b[A", "\x05")
        assert at.screen()[0] == "> un café crème"
        await at.press(RIGHT)
        assert at.text == "un café crème \ny"

    drive(scenario)


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
        assert "1: Vegas 80 %, lstm 75 %, ngram 25 %\n" in capsys.readouterr().out

    drive(scenario, plain=True)


def test_candidates_that_are_not_drawn_are_neither_taken_nor_chosen() -> None:
    output = Sized()
    output.size = Size(rows=24, columns=20)

    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert len(at.candidates()) == 2
        assert at.screen()[-2] == "1 Vegas 80 %"
        await at.press(f"{ESCAPE}2")
        assert at.text == TYPED
        await at.press(CTRL_N, CTRL_N)
        assert at.prompt.session.selected == at.candidates()[0]
        await at.press(F2, f"{ESCAPE}2")
        assert at.text == "best food in Last "

    drive(scenario, output=output)


@pytest.mark.parametrize(("rows", "below"), [(1, 0), (2, 1), (3, 2), (5, 4), (12, 10)])
def test_low_terminals_keep_the_line(rows: int, below: int) -> None:
    output = Sized()
    output.size = Size(rows=rows, columns=80)

    async def scenario(at: Driver) -> None:
        await at.press(F2, TYPED)
        assert at.screen()[0] == f"> {TYPED} Vegas"
        assert len(at.screen()) == 1 + below
        await at.press(f"{ESCAPE}2")
        assert (at.text == TYPED) == (rows <= 3)

    drive(scenario, output=output, k=9)


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
    model = FakeCompleter(level="char")
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
            prompt = Prompt("fake", load=lambda _: FakeCompleter(), find=str, settings=ReplSettings(), source=pipe)
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
            assert prompt.session.lines == ["best food in Las Vega", "un café crème"]

    asyncio.run(run())
