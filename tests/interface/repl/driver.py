"""Drives the real application through prompt_toolkit's pipe input, with a model of a few known phrases."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import ColorDepth, DummyOutput

from autocomplete.bundle import Manifest
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.interface.repl.answers import Candidate
from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.text.unicode import caseless

RIGHT, END, UP, DOWN, LEFT, HOME = "\x1b[C", "\x1b[F", "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[H"
TAB, ENTER, ESCAPE, BACKSPACE, CTRL_RIGHT = "\t", "\r", "\x1b", "\x7f", "\x1b[1;5C"
CTRL_C, CTRL_D, CTRL_E, CTRL_F, CTRL_N, CTRL_P, CTRL_SPACE, CTRL_UNDERSCORE, CTRL_Z = (
    "\x03", "\x04", "\x05", "\x06", "\x0e", "\x10", "\x00", "\x1f", "\x1a",
)  # fmt: skip
F1, F2, F3, F4 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS"
ALT_ENTER, ALT_F = "\x1b\r", "\x1bf"
THRESHOLD = 0.3
# What most scenarios type; `PHRASES` knows how it goes on.
TYPED = "best food in Las"

# Of a beginning, the ways to go on: what is added and how likely that is.
PHRASES = {
    "": [("best", 0.2)],
    "best f": [("ood", 0.6), ("ish", 0.1)],
    "best food in": [(" Las Vegas tonight", 0.8), (" Last", 0.1)],
    "best food in Las Vegas": [(",", 0.2)],
    "unsure": [(" perhaps", 0.2), (" maybe", 0.1)],
    "un café": [(" crème", 0.9)],
    "日本": [("語 です", 0.9)],
    "👍": [(" gut", 0.9)],
    "/etc": [("/hosts", 0.9)],
}


def manifest(*, level: Any = "word", threshold: float | None = THRESHOLD) -> Manifest:
    return Manifest(level=level, layout="lines", pretokenized=False, network=None, files={}, threshold=threshold)


class FakeStore:
    """Counts what a `PersonalStore` would write."""

    def __init__(self) -> None:
        self.counted: list[tuple[int, int]] = []
        self.closed = False
        self.fault: AutocompleteError | None = None

    def count_line(self, *, characters: int, keys: int) -> None:
        self.counted.append((characters, keys))

    def close(self) -> None:
        self.closed = True


class FakeCompleter:
    """Knows how `PHRASES` go on, and what was committed before; slow or broken on request.

    Attributes:
        seconds: How long an answer takes.
        error: What is raised instead of one.
        asked: Every text and context it was asked.
    """

    def __init__(self, **about: Any) -> None:
        self.manifest = manifest(**about)
        self.personal: FakeStore | None = FakeStore()
        self.seconds = 0.0
        self.error: Exception | None = None
        self.asked: list[tuple[str, str]] = []
        self.learned: list[str] = []
        self.forgotten: list[str] = []
        self.threads: set[int] = set()

    @property
    def threshold(self) -> float:
        return 1.0 if self.manifest.threshold is None else self.manifest.threshold

    def suggest(
        self, text: str, *, k: int, mode: Mode, words: int, context: str, blocked: Collection[str]
    ) -> Sequence[Suggestion]:
        self.threads.add(threading.get_ident())
        self.asked.append((text, context))
        time.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        forbidden = {caseless(word) for word in (*blocked, *self.forgotten)}
        found = [
            item
            for start, goings in PHRASES.items()
            for added, probability in goings
            if (item := _goes_on(text, start, added, probability, words)) is not None
            and caseless(item.text) not in forbidden
        ]
        if text.endswith("lsa"):  # a slip of the finger
            found.append(_applied(text, 3, "Las", "complete", 0.7))
        allowed = [item for item in found if mode in ("auto", item.kind)]
        return sorted(allowed, key=lambda item: -item.probability)[:k]

    def learn(self, line: str) -> bool:
        if self.manifest.level == "char":
            raise UsageError("This model predicts characters.", "Train a word model.")
        if line:
            self.learned.append(line)
        return bool(line)

    def forget(self, words: Iterable[str]) -> None:
        self.forgotten += words


def _goes_on(text: str, start: str, added: str, probability: float, words: int) -> Suggestion | None:
    whole = start + added
    if not (text.startswith(start) and whole.startswith(text) and text != whole):
        return None
    rest = whole[len(text) :]
    pieces = rest.split(" ")
    wanted = words + (pieces[0] == "")
    rest = " ".join(pieces[:wanted])
    half = "" if rest.startswith((" ", ",")) or text[-1:].isspace() else text.rpartition(" ")[2]
    return _applied(text, len(half), half + rest, "complete" if half else "next", probability)


def _applied(text: str, replace: int, insert: str, kind: Any, probability: float) -> Suggestion:
    return Suggestion.applied(
        text, text=insert.strip(), kind=kind, replace=replace, insert=insert, probability=probability,
        experts={"network": 0.75, "ngram": 0.25},
    )  # fmt: skip


class Sized(DummyOutput):
    """An output that draws nothing, of a size that can be changed."""

    def __init__(self) -> None:
        self.size = Size(rows=24, columns=80)

    def get_size(self) -> Size:
        return self.size

    def get_rows_below_cursor_position(self) -> int:
        return 1

    def get_default_color_depth(self) -> ColorDepth:
        return ColorDepth.DEPTH_8_BIT


class Driver:
    """Presses keys, and looks at the screen as it was drawn last."""

    def __init__(self, prompt: Prompt, pipe: PipeInput, output: Sized, completer: FakeCompleter) -> None:
        self.prompt, self.pipe, self.output, self.completer = prompt, pipe, output, completer
        self._drawn = 0
        prompt.app.after_render += self._count

    async def press(self, *keys: str, settle: bool = True) -> None:
        """Press keys, and wait for the answer after each."""
        for key in keys:
            drawn = self._drawn
            self.pipe.send_text(key)
            if not self.prompt.app.is_done:
                await self.until(partial(self._drawn_since, drawn))
            if settle:
                await self.until(lambda: self.prompt.session.settled or bool(self.prompt.session.trouble))
                await self.redrawn()

    async def redrawn(self) -> None:
        """Wait until what is known now has been drawn."""
        await self.until(lambda: self.prompt.app.is_running)
        drawn = self._drawn
        self.prompt.app.invalidate()
        await self.until(partial(self._drawn_since, drawn))

    def _drawn_since(self, count: int) -> bool:
        return self._drawn > count

    def _count(self, _: object) -> None:
        self._drawn += 1

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
        """Wait for something."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"in vain: {self.screen()}"
            await asyncio.sleep(0.005)

    @property
    def text(self) -> str:
        return self.prompt.buffer.text

    @property
    def ghost(self) -> str:
        """The ghost that was drawn."""
        return "".join(self._cells("ghost"))

    @property
    def lines(self) -> list[str]:
        return self.prompt.session.lines

    def candidates(self) -> Sequence[Candidate]:
        return self.prompt.session.candidates

    def screen(self) -> list[str]:
        """The rows of the screen."""
        drawn = self.prompt.app.renderer.last_rendered_screen
        if drawn is None:
            return []
        return [
            "".join(drawn.data_buffer[y][x].char for x in range(self.output.size.columns)).rstrip()
            for y in range(drawn.height)
        ]

    def styles(self, part: str) -> set[str]:
        """The styles in which a part was drawn."""
        drawn = self.prompt.app.renderer.last_rendered_screen
        assert drawn is not None
        cells = (drawn.data_buffer[y][x] for y in range(drawn.height) for x in range(self.output.size.columns))
        return {cell.style for cell in cells if f"class:{part}" in cell.style}

    def _cells(self, part: str) -> list[str]:
        drawn = self.prompt.app.renderer.last_rendered_screen
        assert drawn is not None
        return [
            drawn.data_buffer[y][x].char
            for y in range(drawn.height)
            for x in range(self.output.size.columns)
            if f"class:{part}" in drawn.data_buffer[y][x].style
        ]


def drive(
    scenario: Callable[[Driver], Awaitable[None]],
    *,
    completer: FakeCompleter | None = None,
    load: Callable[[str], Any] | None = None,
    find: Callable[[str], object] = str,
    output: Sized | None = None,
    **settings: Any,
) -> Driver:
    """Run a scenario at a prompt that ends with it."""

    async def run() -> Driver:
        model = completer or FakeCompleter()
        drawn = output or Sized()
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=drawn):
            prompt = Prompt(
                "fake",
                load=load or (lambda _: model),
                find=find,
                settings=ReplSettings(**settings),
                source=pipe,
                output=drawn,
            )
            driver = Driver(prompt, pipe, drawn, model)
            session = asyncio.create_task(prompt.run())
            await driver.until(lambda: prompt.app.renderer.last_rendered_screen is not None)
            if load is None:
                await driver.until(lambda: prompt.situation.model_name == "fake")
            await scenario(driver)
            if prompt.app.is_running:
                prompt.app.exit(exception=EOFError())
            await asyncio.wait_for(session, 10)
        return driver

    return asyncio.run(run())
