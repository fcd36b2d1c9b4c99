"""Drives the real application through prompt_toolkit's pipe input, with a model of a few known phrases."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import ColorDepth, DummyOutput

from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.interface.repl.state import Candidate
from tests.engine.fakes import FakeSuggester

RIGHT, END, UP, DOWN, LEFT, HOME = "\x1b[C", "\x1b[F", "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[H"
TAB, ENTER, ESCAPE, BACKSPACE, CTRL_RIGHT = "\t", "\r", "\x1b", "\x7f", "\x1b[1;5C"
CTRL_C, CTRL_D, CTRL_E, CTRL_F, CTRL_N, CTRL_P, CTRL_R, CTRL_SPACE, CTRL_UNDERSCORE, CTRL_Z = (
    "\x03", "\x04", "\x05", "\x06", "\x0e", "\x10", "\x12", "\x00", "\x1f", "\x1a",
)  # fmt: skip
F1, F2, F3, F4 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS"
ALT_ENTER, ALT_F = "\x1b\r", "\x1bf"
# What most scenarios type; `PHRASES` knows how it goes on.
TYPED = "best food in Las"


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

    def __init__(self, prompt: Prompt, pipe: PipeInput, output: Sized, completer: FakeSuggester) -> None:
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
                await self.until(lambda: self.prompt.state.frame.settled or bool(self.prompt.state.trouble))
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
        return self.prompt.state.lines

    def candidates(self) -> Sequence[Candidate]:
        return self.prompt.state.frame.candidates

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
    completer: FakeSuggester | None = None,
    load: Callable[[str], Any] | None = None,
    find: Callable[[str], object] = str,
    open_store: Callable[[str], Any] | None = None,
    output: Sized | None = None,
    models: Sequence[str] = (),
    keep: Callable[[bool], None] | None = None,
    **settings: Any,
) -> Driver:
    """Run a scenario at a prompt that ends with it."""

    async def run() -> Driver:
        model = completer or FakeSuggester()
        drawn = output or Sized()
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=drawn):
            prompt = Prompt(
                "fake",
                load=load or (lambda _: model),
                find=find,
                open_store=open_store or (lambda _: model.personal),
                settings=ReplSettings(**settings),
                list_models=lambda: models,
                keep=keep,
                source=pipe,
                output=drawn,
            )
            driver = Driver(prompt, pipe, drawn, model)
            session = asyncio.create_task(prompt.run())
            await driver.until(lambda: prompt.app.renderer.last_rendered_screen is not None)
            if load is None:
                await driver.until(lambda: prompt.state.frame.model == "fake")
            await scenario(driver)
            if prompt.app.is_running:
                prompt.app.exit(exception=EOFError())
            await asyncio.wait_for(session, 10)
        return driver

    return asyncio.run(run())
