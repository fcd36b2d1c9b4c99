"""How many files and functions a key enters, and how often the way goes from one file to another.

    python -m benchmarks.way_of_a_key                     a model of made-up text, a few seconds
    python -m benchmarks.way_of_a_key --model MODEL       yours
    python -m benchmarks.way_of_a_key --calls             every call, in its order

A reader who follows a key with "go to definition" changes the file as often as the way does. The real thing is
profiled: `Suggester.suggest` once more after what stands there was asked for, and one key at the prompt, in all its
threads, until its suggestions are drawn, which are two drawings: the line as it is now, and what may follow. No time is
measured.

files, functions, calls    those of the package that were entered.
changes of file            calls whose file is not that of the call before.
"""

import argparse
import asyncio
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input

import autocomplete
from autocomplete.bundle import existing_model
from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.learned.store import PersonalStore
from autocomplete.network.recipes import RECIPES
from autocomplete.predict.suggester import Suggester
from benchmarks.keystroke import MEGABYTE, write_model, write_texts
from benchmarks.repl_session import Screen
from benchmarks.report import Column, Row, show

PACKAGE = str(Path(autocomplete.__file__).parent) + "/"
WORDS_BEFORE = 30

COLUMNS = (
    Column("key", "key"),
    Column("files", "files"),
    Column("functions", "functions"),
    Column("calls", "calls", ","),
    Column("changes", "changes of file", ","),
)
# What reads as a loop of the function around it.
_LOOPS = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")
_PATIENCE_SECONDS = 60.0


class Call(NamedTuple):
    """A function that was entered.

    Attributes:
        file: Relative to the package.
        function: Its qualified name.
    """

    file: str
    function: str


@dataclass
class Way:
    """What was called within the package, in the order in which all threads called it."""

    calls: list[Call] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """The files, in the order in which the way comes to them."""
        return list(dict.fromkeys(call.file for call in self.calls))

    @property
    def functions(self) -> set[Call]:
        """The different functions."""
        return set(self.calls)

    @property
    def changes(self) -> int:
        """How often the next call is in another file."""
        return sum(one.file != other.file for one, other in pairwise(self.calls))


class Profiler:
    """Follows this thread and those that begin within it, where it is told to."""

    def __init__(self) -> None:
        self._way: Way | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Threads that begin within this can be followed."""
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    @contextmanager
    def following(self) -> Iterator[Way]:
        """Write down what is called within this."""
        self._way = way = Way()
        try:
            yield way
        finally:
            self._way = None

    def _called(self, frame: FrameType, event: str, _argument: object) -> None:
        code, way = frame.f_code, self._way
        ours = code.co_filename.startswith(PACKAGE) and code.co_name not in _LOOPS
        if way is not None and event == "call" and ours:
            way.calls.append(Call(code.co_filename.removeprefix(PACKAGE), code.co_qualname))


def way_of(call: Callable[[], object]) -> Way:
    """Follow a call through the package, in this thread."""
    profiler = Profiler()
    with profiler.installed(), profiler.following() as way:
        call()
    return way


def ways_of_questions(suggester: Suggester, text: str) -> dict[str, Way]:
    """The way of `Suggester.suggest` after one key more, by the kind of key; what stands before it was asked for."""
    words = text.split(" ")[: WORDS_BEFORE + 1]
    finished, word = " ".join(words[:-1]), words[-1]
    suggester.suggest(finished)

    def asked(typed: str, words: int = 1) -> Way:
        return way_of(lambda: suggester.suggest(typed, words=words))

    return {
        "suggest: a space": asked(f"{finished} "),
        "suggest: a letter": asked(f"{finished} {word[:1]}"),
        "suggest: the next letter": asked(f"{finished} {word[:2]}"),
        "suggest: phrases of 3 words": asked(f"{finished} {word[:2]}", words=3),
    }


def way_at_the_prompt(model: str, line: str) -> Way:
    """The way of the last key of a line that is typed at the prompt, from the key to its suggestions being drawn."""
    profiler = Profiler()
    with profiler.installed():
        return asyncio.run(_typed(line, model, profiler))


async def _typed(line: str, model: str, profiler: Profiler) -> Way:
    screen = Screen()
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=screen):
        prompt = Prompt(
            model,
            load=Suggester.open,
            find=existing_model,
            open_store=lambda name: PersonalStore.open(existing_model(name)),
            settings=ReplSettings(),
            source=pipe,
            output=screen,
        )
        running = asyncio.create_task(prompt.run())
        await _until(lambda: bool(prompt.state.frame.model) and prompt.state.frame.settled)
        for key in line[:-1]:
            await _press(key, prompt, pipe)
        await asyncio.sleep(0.1)  # until nothing is drawn any more
        with profiler.following() as way:
            await _press(line[-1], prompt, pipe)
        prompt.app.exit(exception=EOFError())
        with redirect_stdout(StringIO()):
            await running
    return way


async def _press(key: str, prompt: Prompt, pipe: PipeInput) -> None:
    drawn = prompt.app.render_counter
    pipe.send_text(key)
    await _until(lambda: prompt.app.render_counter >= drawn + 2)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


def main(arguments: Sequence[str] | None = None) -> int:
    """Follow each key and report; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.way_of_a_key", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="name or folder of a word model; without it one is made up")
    parser.add_argument("--text", type=Path, help="what is typed into it; without it, made-up text")
    parser.add_argument("--calls", action="store_true", help="print every call of each way first")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="way-") as scratch:
        made_up = Path(scratch) / "typed.txt"
        train = write_texts(Path(scratch), made_up, size_bytes=MEGABYTE // 5, characters=10_000)
        model = options.model
        if model is None:
            model = str(Path(scratch) / "model")
            write_model(Path(model), train, RECIPES["tiny"].network, vocabulary_size=2_000)
        text = (options.text or made_up).read_text(encoding="utf-8")
        ways = ways_of_questions(Suggester.open(model), text)
        # The last letter makes a whole word, which all experts read: it may be finished.
        ways["a letter at the prompt"] = way_at_the_prompt(model, " ".join(text.split()[:4]))
    if options.calls:
        for key, way in ways.items():
            print(f"\n{key}")
            print("\n".join(f"    {call.file:<32}  {call.function}" for call in way.calls))
    show("way_of_a_key", [_row(key, way) for key, way in ways.items()], COLUMNS, settings=vars(options))
    return 0


def _row(key: str, way: Way) -> Row:
    return {
        "key": key, "files": len(way.files), "functions": len(way.functions), "calls": len(way.calls),
        "changes": way.changes, "way": ", ".join(way.files),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
