"""Lines that are ended while the model is still being read, or as the terminal closes: they are kept all the same."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.engine.worker import EngineEvent, Worker
from autocomplete.errors import ModelError
from autocomplete.interface.cli.app import run
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.suggester import Suggester
from tests.engine.fakes import FakeSuggester
from tests.interface.repl.driver import ENTER, F3, Driver, drive

WORDS = "zarquon bunyip gorgles"


@pytest.fixture(scope="module")
def ngrams(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without a network, which takes no time to make."""
    folder = tmp_path_factory.mktemp("models") / "ngrams"
    text = folder.with_suffix(".txt")
    text.write_text("".join(small_corpus.read_text("utf-8").splitlines(keepends=True)[:40]), encoding="utf-8")
    assert run(["train", str(text), "--model", str(folder), "--no-network"]) == 0
    return folder


@pytest.fixture
def model(ngrams: Path) -> Iterator[Path]:
    """The model, of which nothing is learned yet."""
    yield ngrams
    PersonalStore.open(ngrams).wipe()
    (ngrams / bundle.BLOCKED).unlink(missing_ok=True)


class Gate:
    """Reads a model once it is let through."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened = threading.Event()

    def load(self, _: str) -> Suggester:
        assert self._opened.wait(10)
        return Suggester.open(self._folder)

    def open(self) -> None:
        self._opened.set()


def session(model: Path, *presses: str, plain: bool = False) -> None:
    """A session that learns and has ended before its model was read."""
    gate = Gate(model)

    async def scenario(at: Driver) -> None:
        await at.press(*presses, settle=False)
        await at.redrawn()
        assert at.prompt.state.frame.model == ""
        asyncio.get_running_loop().call_later(0.1, gate.open)

    drive(scenario, load=gate.load, open_store=lambda _: PersonalStore.open(model), learn=True, plain=plain)


def learned(model: Path) -> dict[str, int]:
    return PersonalStore.open(model).words()


@pytest.mark.parametrize("plain", [False, True])
def test_lines_ended_while_the_model_is_read_are_kept(model: Path, plain: bool) -> None:
    session(model, *[WORDS, ENTER] * 5, plain=plain)
    assert learned(model) == dict.fromkeys(WORDS.split(), 5)
    (day,) = PersonalStore.open(model).days()
    assert (day.characters, day.keys) == (5 * len(WORDS), 5 * len(WORDS))


def test_they_are_on_the_disk_before_the_model_is_there(model: Path) -> None:
    gate = Gate(model)

    async def scenario(at: Driver) -> None:
        await at.press(WORDS, ENTER, settle=False)
        await at.until(lambda: bool(learned(model)))
        assert at.prompt.state.frame.model == ""
        await at.redrawn()
        gate.open()

    drive(scenario, load=gate.load, open_store=lambda _: PersonalStore.open(model), learn=True)
    assert learned(model) == dict.fromkeys(WORDS.split(), 1)


def test_of_them_secrets_and_what_is_off_the_record_are_not(model: Path) -> None:
    session(model, "password: hunter2!xQ9", ENTER, " zarquon", ENTER, F3, "bunyip", ENTER, F3, "gorgles", ENTER)
    assert learned(model) == {"gorgles": 1}


def test_what_is_forgotten_meanwhile_is_forgotten(model: Path) -> None:
    session(model, WORDS, ENTER, "/forget bunyip", ENTER, WORDS, ENTER)
    assert learned(model) == {"zarquon": 2, "gorgles": 2}
    assert bundle.read_blocked(model) == ("bunyip",)


def test_they_are_kept_though_the_model_cannot_be_read(model: Path) -> None:
    def load(_: str) -> Suggester:
        raise ModelError("It is damaged.", "Train it again.")

    async def scenario(at: Driver) -> None:
        await at.until(lambda: bool(at.prompt.state.trouble))
        await at.press(WORDS, ENTER, settle=False)
        await at.redrawn()

    drive(scenario, load=load, open_store=lambda _: PersonalStore.open(model), learn=True)
    assert learned(model) == dict.fromkeys(WORDS.split(), 1)


def test_the_store_alone_learns_until_the_model_is_there() -> None:
    """Then the model does, which judges what it learns."""
    gate, events = threading.Event(), list[EngineEvent]()
    model, beside = FakeSuggester(), FakeSuggester()

    def load(_: str) -> FakeSuggester:
        assert gate.wait(10)
        return model

    worker = Worker(events.append, load=load, find=str, open_store=lambda _: beside.personal)
    worker.open("fake")
    worker.record("first", keys=5).result(10)
    gate.set()
    worker.do(lambda _: None).result(10)
    worker.record("second", keys=6).result(10)
    worker.close()
    assert (beside.learned, model.learned) == (["first"], ["second"])
    assert (beside.personal.counted, model.personal.counted) == ([(5, 5)], [(6, 6)])
    assert beside.personal.closed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_lines_typed_ahead_of_the_end_are_kept(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[signal.Signals] = []
    monkeypatch.setattr(signal, "raise_signal", died.append)

    async def scenario(at: Driver) -> None:
        at.pipe.send_text(f"one{ENTER}two{ENTER}three{ENTER}half")
        os.kill(os.getpid(), number)
        await at.until(lambda: bool(died))

    driver = drive(scenario, learn=True)
    assert driver.completer.learned == ["one", "two", "three"]
    assert died == [number]


def test_a_prompt_that_was_to_outlive_its_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        async def scenario(at: Driver) -> None:
            os.kill(os.getpid(), signal.SIGHUP)
            await at.press("one", ENTER)
            await at.redrawn()
            assert at.lines == ["one"]

        drive(scenario)
    finally:
        signal.signal(signal.SIGHUP, usual)
