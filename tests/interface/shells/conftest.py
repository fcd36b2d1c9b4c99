"""Fixtures of the tests of shells."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autocomplete.interface.shells import Wishes
from tests.interface.shells.server import Server
from tests.interface.shells.terminal import NO_WISHES, Home
from tests.tmux import Tmux


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short: a socket's has room for hundred characters."""
    with tempfile.TemporaryDirectory(prefix="shell-", ignore_cleanup_errors=True) as place:
        yield Path(place).resolve()


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(folder / "s") as made:
        yield made


Opener = Callable[..., Tmux]


@pytest.fixture
def opened(folder: Path) -> Iterator[Opener]:
    """Opens a terminal with a shell that has our text; closed in the end."""
    made = []

    def open_one(shell: str, wishes: Wishes = NO_WISHES, **options: str | bool) -> Tmux:
        home = Home(folder, shell)
        home.write(wishes, **options)  # type: ignore[arg-type]
        made.append(home.open())
        return made[-1]

    yield open_one
    for terminal in made:
        terminal.close()
