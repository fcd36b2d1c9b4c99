"""A key in bash and fish, in a real terminal."""

import shlex
from pathlib import Path

import pytest

from autocomplete.interface.shells import Wishes
from tests.interface.shells.conftest import Opener
from tests.interface.shells.server import WORDS, Server
from tests.interface.shells.terminal import Home, needs

SHELLS = [pytest.param(shell, marks=needs(shell)) for shell in ("bash", "fish")]
each_shell = pytest.mark.parametrize("shell", SHELLS)


def line(shown: str) -> str:
    """The line that is being typed; empty while bash works for a key."""
    return ["", *(line for line in shown.splitlines() if line.startswith("$"))][-1].rstrip()


@each_shell
def test_a_key_puts_the_first_candidate_in_then_the_next_and_then_what_was_there(
    opened: Opener, server: Server, shell: str
) -> None:
    terminal = opened(shell)
    terminal.type("best food in la")
    terminal.until("in la")
    for expected in ("Las", "large", "la", "Las"):
        terminal.press("M-j")
        terminal.until(lambda shown, expected=expected: line(shown) == f"$ best food in {expected}")  # type: ignore[misc]
    terminal.type("!")
    terminal.until(lambda shown: line(shown) == "$ best food in Las!")
    assert server.asked("s") == [["shell", "best food in la", "k=5", server.asked("s")[0][3]]]


@each_shell
def test_what_stands_behind_the_cursor_stays(opened: Opener, server: Server, shell: str) -> None:
    terminal = opened(shell)
    terminal.type("un café à pa, s'il")
    terminal.press("Left", "Left", "Left", "Left", "Left", "Left")
    terminal.press("M-j", "M-j")
    terminal.until(lambda shown: line(shown) == "$ un café à Paris, s'il")
    terminal.type("!")
    terminal.until(lambda shown: line(shown) == "$ un café à Paris!, s'il")


@each_shell
def test_the_candidate_that_was_put_in_is_forgotten(opened: Opener, server: Server, shell: str) -> None:
    terminal = opened(shell)
    terminal.type("best food in la")
    terminal.press("M-j")
    terminal.until(lambda shown: line(shown) == "$ best food in Las")
    terminal.press("M-k")
    terminal.until(lambda shown: line(shown) == "$ best food in large" and "-m shell Las" in shown)
    assert server.asked("f") == [["shell", "Las"]]


@each_shell
def test_of_a_word_that_was_begun_all_is_forgotten(opened: Opener, server: Server, shell: str) -> None:
    terminal = opened(shell)
    for typed, word in WORDS.items():
        terminal.type(typed)
        terminal.press("M-j")
        terminal.until(word)
        terminal.press("M-k")
        terminal.until(f"-m shell {word[:8]}")  # a long one is broken at the edge
        terminal.press("C-u")
        terminal.press("C-l")
    assert server.asked("f") == [["shell", word] for word in WORDS.values()]


@each_shell
def test_a_folder_that_somebody_else_may_have_made_is_not_entered(folder: Path, shell: str) -> None:
    (folder / "others").mkdir()
    (folder / "ours").symlink_to("others")
    home = Home(folder / "ours", shell)
    home.write()
    with Server(home.socket) as server:
        terminal = home.open()
        try:
            terminal.type("best food in la")
            terminal.press("M-i")
            terminal.until("the server is not there")
        finally:
            terminal.close()
    assert server.heard == []


@each_shell
def test_what_takes_forgetting_back_is_a_command_whatever_the_word_is(
    opened: Opener, server: Server, shell: str
) -> None:
    terminal = opened(shell)
    terminal.type("echo q")
    terminal.press("M-j")
    terminal.until("uo'te;x")
    terminal.press("M-k")
    shown = terminal.until("to undo: ")
    assert shlex.split(shown.split("to undo: ")[1].splitlines()[0])[-1] == "quo'te;x"


@each_shell
def test_nothing_is_asked_of_a_line_with_a_leading_space_or_in_a_private_shell(
    opened: Opener, server: Server, shell: str
) -> None:
    terminal = opened(shell)
    terminal.type(" best food in la")
    terminal.press("M-j", "C-u")
    terminal.type("export AUTOCOMPLETE_PRIVATE=1")
    terminal.press("Enter")
    terminal.type("best food in la")
    terminal.press("M-j", "M-i")
    terminal.until("AUTOCOMPLETE_PRIVATE is set" if shell == "bash" else "this shell is private")
    assert server.heard == []


@each_shell
def test_why_nothing_is_put_in_is_told(opened: Opener, folder: Path, shell: str) -> None:
    with Server(folder / "s", refusal=("paused", "Paused until 15:30.", "End it.")):
        terminal = opened(shell)
        terminal.type("git")
        terminal.press("M-i")
        terminal.until("autocomplete: Paused until 15:30. End it.")
        assert line(terminal.screen()) == "$ git"


@each_shell
def test_the_key_starts_the_server(opened: Opener, shell: str) -> None:
    terminal = opened(shell, starts=True)
    terminal.type("best food in la")
    terminal.press("M-j")
    terminal.until(lambda shown: line(shown) == "$ best food in Las")


@each_shell
def test_a_server_that_cannot_be_started_costs_nothing(opened: Opener, shell: str) -> None:
    terminal = opened(shell)
    terminal.type("echo 'it' works")
    terminal.press("M-j")
    terminal.press("Enter")
    terminal.until("\nit works\n$")


@each_shell
def test_paths_that_do_not_exist_and_controls_are_not_offered(
    opened: Opener, server: Server, folder: Path, shell: str
) -> None:
    (folder / "notes.txt").touch()
    terminal = opened(shell)
    for typed, expected in (("cat no", "cat notes.txt"), ("echo ba", "echo back")):
        terminal.type(typed)
        terminal.press("M-j")
        terminal.until(lambda shown, expected=expected: line(shown) == f"$ {expected}")  # type: ignore[misc]
        terminal.press("C-u")


@each_shell
@pytest.mark.parametrize("learn", [True, False])
def test_commands_that_succeed_are_learned_where_that_was_asked_for(
    opened: Opener, server: Server, shell: str, learn: bool
) -> None:
    terminal = opened(shell, Wishes(learn=learn), before="HISTIGNORE=pwd" if shell == "bash" else "")
    for command in ["true one", "false two", " true three", "true five"]:
        terminal.type(command)
        terminal.press("Enter")
    terminal.type("echo the 'end'")
    terminal.press("Enter")
    terminal.until("\nthe end")
    lines = ["true one", "true five", "echo the 'end'"] if learn else []
    terminal.until(lambda shown: len(server.asked("l")) >= len(lines))
    assert sorted(server.asked("l")) == sorted(["shell", each] for each in lines)


@each_shell
def test_without_keys_nothing_is_bound(opened: Opener, server: Server, shell: str) -> None:
    terminal = opened(shell, Wishes(keys=False))
    terminal.type("best food in la")
    terminal.press("M-j", "M-k", "M-i")
    terminal.type("!")
    terminal.until("!")
    assert server.heard == []


@pytest.mark.parametrize("shell", SHELLS[:1])
def test_the_prompts_own_command_keeps_the_status(opened: Opener, server: Server, shell: str) -> None:
    terminal = opened(shell, Wishes(learn=True), before="""PROMPT_COMMAND='last=$?; PS1="<$last> $ "'""")
    terminal.type("(exit 3)")
    terminal.press("Enter")
    terminal.until("<3> $")


@each_shell
def test_what_is_typed_stands_in_no_list_of_processes(opened: Opener, server: Server, folder: Path, shell: str) -> None:
    shim = folder / "shim"
    shim.write_text(f"""#!/bin/sh\nprintf '%s\\n' "$@" >> {folder}/words\nexec "$@"\n""")
    shim.chmod(0o755)
    before = {
        "bash": f'_autocomplete_client=({shim} "${{_autocomplete_client[@]}}")',
        "fish": f"set -p _autocomplete_client {shim}",
    }
    terminal = opened(shell, after=before[shell])
    terminal.type("best food in la")
    terminal.press("M-j")
    terminal.until(lambda shown: line(shown) == "$ best food in Las")
    words = (folder / "words").read_text().splitlines()
    assert "shell" in words
    assert not [word for word in words if "best" in word]


@pytest.mark.parametrize("shell", SHELLS[:1])
def test_in_vi_a_letter_behind_escape_is_a_command_and_control_x_begins_our_keys(
    opened: Opener, server: Server, shell: str
) -> None:
    """fish needs no such keys: it takes Escape for Alt only for 30 milliseconds."""
    terminal = opened(shell, before="set -o vi")
    terminal.type("best food in la")
    terminal.tmux("send-keys", "Escape", "k", "j", "i")
    terminal.press("C-c")
    terminal.until(lambda shown: line(shown) == "$")
    assert server.heard == []
    terminal.type("best food in la")
    terminal.press("C-x")
    terminal.type("j")
    terminal.until(lambda shown: line(shown) == "$ best food in Las")


@pytest.mark.parametrize("shell", SHELLS[1:])
def test_the_keys_work_in_vi(opened: Opener, server: Server, shell: str) -> None:
    terminal = opened(shell, before="fish_vi_key_bindings")
    terminal.type("best food in la")
    terminal.press("M-j")
    terminal.until(lambda shown: "best food in Las" in shown)
