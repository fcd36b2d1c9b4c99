"""Lines that were ended at the prompt: commands, what waits for the model, what is learned and what is refused."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from autocomplete.errors import ModelError
from tests.engine.fakes import FakeSuggester
from tests.interface.repl.driver import CTRL_C, ENTER, F3, RIGHT, TAB, TYPED, UP, Driver, drive


def test_commands_are_run_and_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async def scenario(at: Driver) -> None:
        await at.press("hello", ENTER, "/k 1", ENTER, TYPED)
        assert at.screen()[1] == "1 Vegas 80 %"
        await at.press(CTRL_C, "/kk", ENTER, "/block vegas", ENTER, TYPED)
        assert at.ghost == ""
        await at.press(CTRL_C, "/words 2", ENTER, TYPED)
        assert at.ghost == " Vegas tonight"
        await at.press(CTRL_C, "/explain", ENTER, "un café")
        assert at.screen()[2] == "crème: network 75 %, ngram 25 %"
        await at.press(CTRL_C, "//etc", RIGHT, ENTER, f"/save {tmp_path}/lines", ENTER, "/forget crème", ENTER)
        await at.press("un café")
        assert at.candidates() == ()
        await at.press(CTRL_C, "/quit", ENTER, settle=False)
        await at.until(lambda: at.prompt.state.ended)

    driver = drive(scenario)
    out, err = capsys.readouterr()
    assert "up to 1 candidates" in out
    assert err.startswith("error: There is no command '/kk'.\n")
    assert (tmp_path / "lines").read_text(encoding="utf-8") == "hello\n/etc/hosts\n"
    assert driver.completer.forgotten == ["crème"]
    assert driver.lines == ["hello", "/etc/hosts"]  # no command among them


def test_a_command_that_fails_leaves_the_prompt_alive(capsys: pytest.CaptureFixture[str]) -> None:
    class Failing(FakeSuggester):
        def forget(self, words: Any) -> None:
            raise OSError("disk full")

    async def scenario(at: Driver) -> None:
        await at.press("/forget x", ENTER, TYPED)
        assert at.ghost == " Vegas"

    drive(scenario, completer=Failing())
    assert "error: OSError: disk full" in capsys.readouterr().err


def test_a_command_waits_for_the_model_behind_the_next_line(capsys: pytest.CaptureFixture[str]) -> None:
    locked = threading.Event()

    class Locked(FakeSuggester):
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
    class Slow(FakeSuggester):
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


def test_another_model_is_used_and_the_choice_of_a_missing_one_refused(capsys: pytest.CaptureFixture[str]) -> None:
    loaded: list[str] = []

    def load(name: str) -> FakeSuggester:
        loaded.append(name)
        return FakeSuggester()

    def find(name: str) -> None:
        if name == "missing":
            raise ModelError("There is no model 'missing'.", "Train one.")

    async def scenario(at: Driver) -> None:
        await at.press("/model missing", ENTER, settle=False)
        await at.press("/model other", ENTER, settle=False)
        await at.until(lambda: at.prompt.state.frame.model == "other")
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
        assert at.prompt.state.frame.settings.learn
        await at.press("/learn on", ENTER)
        await at.until(lambda: not at.prompt.state.frame.settings.learn)

    drive(scenario, completer=FakeSuggester(level="char"), learn=True)
    out, err = capsys.readouterr()
    assert out == "not learned: This model predicts characters.\nTrain a word model.\n"
    assert err == "error: This model predicts characters.\nTrain a word model.\n"


def test_without_a_model_it_says_how_to_choose_one(capsys: pytest.CaptureFixture[str]) -> None:
    def load(_: str) -> FakeSuggester:
        raise ModelError("It is damaged.", "Train it again.")

    async def scenario(at: Driver) -> None:
        await at.until(lambda: at.screen()[-1].startswith("no suggestions · "))
        await at.press("/learn on", ENTER)
        await at.until(lambda: not at.prompt.state.frame.settings.learn)

    drive(scenario, load=load)
    assert capsys.readouterr().err == "error: No model has been read yet.\nChoose one that can be with '/model NAME'.\n"
