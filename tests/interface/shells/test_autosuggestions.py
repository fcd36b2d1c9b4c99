"""Beside zsh-autosuggestions: a strategy of its own, and no second ghost."""

from pathlib import Path

import pytest

from autocomplete.interface.shells import Wishes
from tests.interface.shells.conftest import Opener
from tests.interface.shells.server import Server
from tests.interface.shells.terminal import needs

PLUGIN = next(
    filter(
        Path.exists,
        [
            Path("/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh"),
            Path("/opt/homebrew/share/zsh-autosuggestions/zsh-autosuggestions.zsh"),
        ],
    ),
    None,
)
pytestmark = [*needs("zsh"), pytest.mark.skipif(PLUGIN is None, reason="zsh-autosuggestions is not installed")]


@pytest.fixture(params=["before, elsewhere", "behind, at once"])
def options(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where the plug-in is loaded, and whether it asks in another process."""
    place, _, way = request.param.partition(", ")
    setting = "unset ZSH_AUTOSUGGEST_USE_ASYNC" if way == "at once" else "ZSH_AUTOSUGGEST_USE_ASYNC=1"
    return {"before" if place == "before" else "after": f"source {PLUGIN}; {setting}"}


def test_what_mends_is_shown_behind_an_arrow_and_taken_whole(
    opened: Opener, server: Server, options: dict[str, str]
) -> None:
    terminal = opened("zsh", **options)
    terminal.type("best food in la")
    terminal.until("la → Las")
    terminal.press("Right")
    terminal.until("$ best food in Las Vegas tonight")
    terminal.press("Right")
    terminal.type("!")
    terminal.until(lambda shown: shown.splitlines()[0].rstrip() == "$ best food in Las Vegas tonight!")


def test_a_word_of_what_mends_is_all_of_it(opened: Opener, server: Server, options: dict[str, str]) -> None:
    terminal = opened("zsh", **options)
    terminal.type("best food in la")
    terminal.until("la → Las")
    terminal.press("M-f")
    terminal.until("$ best food in Las Vegas tonight")


def test_the_history_comes_first_and_other_text_behind_the_cursor_is_left_alone(
    opened: Opener, server: Server, options: dict[str, str]
) -> None:
    terminal = opened("zsh", **options)
    terminal.type("true best food in Las Cruces")
    terminal.press("Enter")
    server.phrases["true best food in Las"] = [(0, " Vegas")]
    terminal.type("true best food in Las")
    terminal.until(lambda shown: shown.count("Las Cruces") == 2)
    assert "Vegas" not in terminal.screen()


def test_a_server_that_is_not_there_is_started_by_the_first_key(
    opened: Opener, options: dict[str, str], folder: Path
) -> None:
    terminal = opened("zsh", Wishes(keys=False), starts=True, **options)
    terminal.type("best food in Las")
    terminal.until(lambda shown: (folder / "s").exists())

    def types_until_it_is_shown(shown: str) -> bool:
        terminal.press("BSpace")
        terminal.type("s")
        return "tonight" in shown

    terminal.until(types_until_it_is_shown)


def test_a_silent_server_is_left_alone_where_each_key_would_wait_for_it(opened: Opener, folder: Path) -> None:
    with Server(folder / "s", says=b"") as silent:
        terminal = opened("zsh", after=f"source {PLUGIN}; unset ZSH_AUTOSUGGEST_USE_ASYNC")
        terminal.press(*"echo")  # one after another, as nobody can wait for all
        terminal.type(" 'it' works")
        terminal.press("Enter")
        terminal.until("\nit works\n$")
        assert [fields[:2] for fields in silent.asked("s")] == [["shell", "e"]]
