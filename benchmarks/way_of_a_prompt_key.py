"""The way of one key at the prompt: which files and functions of the package it enters, from the key to the screen.

    python -m benchmarks.way_of_a_prompt_key                        with the model of `make demo`
    python -m benchmarks.way_of_a_prompt_key --model MODEL --calls

The application that `autocomplete repl` runs gets a line key by key. The last key is profiled in every thread until its
suggestions are drawn, which are two drawings: the line as it is now, and what may follow. A change of file is a call
whose file is not that of the call before, as a reader meets it who follows along. This is about how the code reads, and
no time is measured.
"""

import argparse
import asyncio
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input

import autocomplete
from autocomplete.bundle import existing_model
from autocomplete.errors import AutocompleteError
from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.suggester import Suggester
from benchmarks.repl_session import Screen
from benchmarks.report import Column, Row, show

PACKAGE = str(Path(autocomplete.__file__).parent) + "/"
# The last letter makes a whole word, which all experts read: it may be finished.
LINE = "best food in Las"
COLUMNS = (Column("file", "file"), Column("functions", "functions", ","), Column("calls", "calls", ","))
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


class Profiler:
    """Writes down the calls within the package, in the order in which all threads make them.

    Attributes:
        calls: What was called while it was on.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._on = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within this, every thread that begins is profiled, and this one."""
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def begin(self) -> None:
        """Write down from now on."""
        self._on = True

    def end(self) -> None:
        """Write down no more."""
        self._on = False

    def _called(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if self._on and event == "call" and code.co_filename.startswith(PACKAGE) and code.co_name not in _LOOPS:
            self.calls.append(Call(code.co_filename.removeprefix(PACKAGE), code.co_qualname))


async def _followed(model: str, profiler: Profiler) -> None:
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
        for key in LINE[:-1]:
            await _press(key, prompt, pipe)
        await asyncio.sleep(0.1)  # until nothing is drawn any more
        profiler.begin()
        await _press(LINE[-1], prompt, pipe)
        profiler.end()
        prompt.app.exit(exception=EOFError())
        with redirect_stdout(StringIO()):
            await running


async def _press(key: str, prompt: Prompt, pipe: PipeInput) -> None:
    drawn = prompt.app.render_counter
    pipe.send_text(key)
    await _until(lambda: prompt.app.render_counter >= drawn + 2)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


def calls_of_a_key(model: str) -> list[Call]:
    """Return what one key calls within the package, from the key to its suggestions being drawn."""
    profiler = Profiler()
    with profiler.installed():
        asyncio.run(_followed(model, profiler))
    return profiler.calls


def main(arguments: Sequence[str] | None = None) -> int:
    """Follow one key and report; the result is the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.way_of_a_prompt_key", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--model", default="build/demo/queries", help="name or folder (build/demo/queries)")
    parser.add_argument("--calls", action="store_true", help="print every call in its order first")
    options = parser.parse_args(arguments)
    try:
        existing_model(options.model)
    except AutocompleteError as error:
        raise SystemExit(f"{error}\n'make demo' trains a model.") from error
    calls = calls_of_a_key(options.model)
    if options.calls:
        print("\n".join(f"{call.file:<32}  {call.function}" for call in calls))
    show("way_of_a_prompt_key", list(_rows(calls)), COLUMNS, settings=vars(options))
    return 0


def _rows(calls: Sequence[Call]) -> Iterator[Row]:
    for file in dict.fromkeys(call.file for call in calls):
        here = Counter(call.function for call in calls if call.file == file)
        yield {"file": file, "functions": len(here), "calls": here.total()}
    files, changes = len({call.file for call in calls}), sum(one.file != other.file for one, other in pairwise(calls))
    yield {
        "file": f"{files} files, {changes} changes of file",
        "functions": len(set(calls)),
        "calls": len(calls),
        "files": files,
        "changes_of_file": changes,
    }


if __name__ == "__main__":
    sys.exit(main())
