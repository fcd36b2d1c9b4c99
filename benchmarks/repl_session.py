"""A session at the prompt as text, for its page in docs: keys go in, and what the screen shows comes out.

    python -m benchmarks.repl_session                        with the model of `make demo`
    python -m benchmarks.repl_session --model MODEL

The application is the one that `autocomplete repl` runs; nothing is arranged but the keys. `▏` is the cursor: what
stands behind it is the ghost, which a terminal shows dim.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from autocomplete.bundle import existing_model
from autocomplete.errors import AutocompleteError
from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.suggester import Suggester

COLUMNS = 80
CTRL_D = "\x04"
# What is pressed, as text for the terminal, and what to call it.
STEPS = (
    ("best food in L", "types: best food in L"),
    ("a", "types on: a"),
    ("\x1b[C", "Right takes the ghost"),
    ("\x1b[C", "Right again"),
    ("?", "? takes the place of the space that came with the word"),
    ("\r", "Enter"),
    ("/words 3\r", "/words 3: phrases of up to three words"),
    ("how to bo", "types: how to bo"),
    ("\t", "Tab takes a word of the ghost"),
    ("\x0e", "Ctrl-N chooses the next candidate"),
    ("\x1b[C", "Right takes it"),
    ("\x1f", "Ctrl-_ undoes that"),
    ("\x1b", "Escape: no suggestions until the next word"),
    ("an ", "types: an, and a space"),
    ("\x1b1", "Alt-1 takes the first candidate"),
    ("\r", "Enter"),
    ("/explain\r", "/explain: what each expert gave"),
    ("flihgts", "types, with a slip of the finger: flihgts"),
    ("\x1b1", "Alt-1"),
    ("\x03", "Ctrl-C begins the line anew"),
    ("/stats\r", "/stats"),
)
_PATIENCE_SECONDS = 60.0


class Screen(DummyOutput):
    """A terminal that nobody looks at."""

    def get_size(self) -> Size:
        """Say how large it is."""
        return Size(rows=24, columns=COLUMNS)

    def get_rows_below_cursor_position(self) -> int:
        """Say that the prompt begins in the last row."""
        return 1


class _Player:
    """Presses keys and says what is shown.

    Args:
        prompt: The application.
        pipe: Where its keys come from.
    """

    def __init__(self, prompt: Prompt, pipe: PipeInput) -> None:
        self._prompt, self._pipe = prompt, pipe
        self._drawn = 0
        prompt.app.after_render += self._count

    async def play(self) -> list[str]:
        """Press all the keys, and return the session."""
        running = asyncio.create_task(self._prompt.run())
        await self._until(lambda: bool(self._prompt.state.frame.model))
        shown: list[str] = []
        for keys, name in STEPS:
            with redirect_stdout(StringIO()) as said:
                await self._press(keys)
            shown += [f"── {name}", *said.getvalue().splitlines(), *self._lines()]
        with redirect_stdout(StringIO()) as said:
            self._pipe.send_text(CTRL_D)
            await running
        return [*shown, "── Ctrl-D ends the session", *said.getvalue().splitlines()]

    async def _press(self, keys: str) -> None:
        drawn = self._drawn
        self._pipe.send_text(keys)
        await self._until(lambda: self._drawn > drawn)
        # An Escape is known by the time that passes after it, an Enter by the line that begins then.
        await asyncio.sleep(0.2)
        await self._until(lambda: self._prompt.app.is_running and self._prompt.state.frame.settled)
        drawn = self._drawn
        self._prompt.app.invalidate()
        await self._until(lambda: self._drawn > drawn)

    def _lines(self) -> list[str]:
        screen = self._prompt.app.renderer.last_rendered_screen
        assert screen is not None
        lines = [
            "".join(screen.data_buffer[row][column].char for column in range(COLUMNS)).rstrip()
            for row in range(screen.height)
        ]
        before = len("> ") + self._prompt.buffer.cursor_position
        lines[0] = f"{lines[0][:before].ljust(before)}▏{lines[0][before:]}"
        return lines

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not condition():
                await asyncio.sleep(0.005)

    def _count(self, _: object) -> None:
        self._drawn += 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the session and print it; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.repl_session", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="build/demo/queries", help="name or folder (build/demo/queries)")
    options = parser.parse_args(arguments)
    try:
        existing_model(options.model)
    except AutocompleteError as error:
        raise SystemExit(f"{error}\n'make demo' trains the model of the page.") from error
    print("\n".join(asyncio.run(_played(options.model))))
    return 0


async def _played(model: str) -> list[str]:
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
        return await _Player(prompt, pipe).play()


if __name__ == "__main__":
    sys.exit(main())
