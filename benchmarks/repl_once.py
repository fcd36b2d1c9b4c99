"""Types one text into the prompt and measures each key, in a process of its own; prints one JSON line.

    python -m benchmarks.repl_once MODEL TEXT SESSION KEYS

SESSION keys are typed before KEYS keys are measured. Called by
`benchmarks.repl_latency`, which says what is measured and sets the number of threads.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from autocomplete.interface.repl.prompt import Prompt
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester

ENTER = "\r"
# An answer that takes longer than this will never come.
_PATIENCE_SECONDS = 60.0
# The pages of the database and the index of beginnings are there after so many keys.
_KEYS_TO_WARM_UP = 50


@dataclass(slots=True)
class Keys:
    """Types into a prompt, key by key, and notes when what belongs to a key was drawn.

    Attributes:
        prompt: What is typed into.
        pipe: Where the keys go in.
        times: Lists of seconds, by the clock and by the processor, for the line's echo and the ghost.
        ghosts: Keys after which a ghost was drawn.
    """

    prompt: Prompt
    pipe: PipeInput
    times: dict[str, list[float]] = field(default_factory=dict)
    ghosts: int = 0
    _wanted: str = ""
    _began: tuple[float, float] = (0.0, 0.0)
    _passed: dict[str, tuple[float, float]] = field(default_factory=dict)
    _drawn: asyncio.Event = field(default_factory=asyncio.Event)

    async def press(self, key: str, line: str, *, measured: bool) -> None:
        """Press a key that makes the line what is given, and wait for what belongs to it."""
        self._wanted = line
        self._passed.clear()
        self._drawn.clear()
        self._began = _now()
        self.pipe.send_text(key)
        await asyncio.wait_for(self._drawn.wait(), _PATIENCE_SECONDS)
        if measured:
            for name, (seconds, processor) in self._passed.items():
                self.times.setdefault(f"{name}_seconds", []).append(seconds)
                self.times.setdefault(f"{name}_processor_seconds", []).append(processor)
            self.ghosts += bool(self.prompt.screen.ghost)

    def rendered(self, _: object) -> None:
        """Note what has been drawn."""
        if self.prompt.app.is_done or self.prompt.buffer.text != self._wanted or self._drawn.is_set():
            return
        now = _now()
        passed = (now[0] - self._began[0], now[1] - self._began[1])
        self._passed.setdefault("echo", passed)
        if self.prompt.state.frame.settled:
            self._passed["ghost"] = passed
            self._drawn.set()


def main() -> None:
    """Type what the command line names."""
    model, text, session, keys = sys.argv[1:]
    print(json.dumps(asyncio.run(_measured(Path(model), Path(text), session=int(session), keys=int(keys)))))


async def _measured(model: Path, path: Path, *, session: int, keys: int) -> dict[str, Any]:
    loaded = Model.open(model)
    text = path.read_text(encoding="utf-8")
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        create_pipe_input() as pipe,
    ):
        screen = Vt100_Output(
            nowhere,
            lambda: Size(rows=24, columns=80),
            term="xterm-256color",
            default_color_depth=ColorDepth.DEPTH_8_BIT,
        )
        with create_app_session(input=pipe, output=screen):
            prompt = Prompt(
                str(model),
                load=lambda _: Suggester(loaded),
                find=str,
                open_store=lambda _: PersonalStore.open(model),
                settings=ReplSettings(),
                source=pipe,
                output=screen,
            )
            typing = Keys(prompt, pipe)
            prompt.app.after_render += typing.rendered
            running = asyncio.create_task(prompt.run())
            while not (prompt.state.frame.model and prompt.state.frame.settled):
                await asyncio.sleep(0.01)
            for key, line, measured in _presses(text, session=session, keys=keys):
                await typing.press(key, line, measured=measured)
            prompt.app.exit(exception=EOFError())
            with redirect_stdout(nowhere):
                await running
    return {"vocabulary_size": loaded.vocabulary.size, "ghosts": typing.ghosts, **typing.times}


def _presses(text: str, *, session: int, keys: int) -> Iterator[tuple[str, str, bool]]:
    """Yield the keys of a text, the line after each, and whether it is measured."""
    line, place = "", -max(session, _KEYS_TO_WARM_UP)
    for key in text:
        if place == keys:
            break
        if key == "\n" and not line.strip():
            continue
        line = "" if key == "\n" else line + key
        yield (ENTER if key == "\n" else key), line, place >= 0
        place += 1


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
