"""Ghost text in zsh, in a real terminal."""

import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from autocomplete.interface.shells import Wishes, init_text, source_text
from tests.interface.shells.conftest import Opener
from tests.interface.shells.server import PHRASES, WORDS, Server
from tests.interface.shells.terminal import Home, needs

pytestmark = needs("zsh")

TYPED = "best food in la"


def first_line(shown: str) -> str:
    return shown.splitlines()[0].rstrip()


def test_a_word_that_mends_what_is_written_is_shown_behind_an_arrow_and_taken_whole(
    opened: Opener, server: Server
) -> None:
    terminal = opened("zsh")
    terminal.type(TYPED)
    assert "la\x1b[38;5;245m → Las" in terminal.until("→", styled=True)
    terminal.press("Right")
    terminal.until("$ best food in Las Vegas tonight")
    assert server.asked("a")[0][1] == str(len(" → Las"))
    assert server.asked("s")[-1][:3] == ["shell", "best food in Las", "k=3"]


@pytest.mark.parametrize("key", ["Right", "End", "C-e"])
def test_a_key_takes_all(opened: Opener, server: Server, key: str) -> None:
    terminal = opened("zsh")
    terminal.type("best food in Las")
    terminal.until("Las Vegas tonight")
    terminal.press(key)
    terminal.type("!")
    terminal.until("$ best food in Las Vegas tonight!")


@pytest.mark.parametrize("key", ["M-f", "C-Right"])
def test_a_key_takes_a_word_and_moves_by_one_where_nothing_is_shown(opened: Opener, server: Server, key: str) -> None:
    terminal = opened("zsh")
    terminal.type("best food in Las")
    terminal.until("Las Vegas tonight")
    terminal.press(key)
    terminal.type("!")
    terminal.until(lambda shown: first_line(shown) == "$ best food in Las Vegas!")
    terminal.press("C-a", key)
    terminal.type("#")
    terminal.until(lambda shown: first_line(shown) in ("$ best #food in Las Vegas!", "$ best# food in Las Vegas!"))


def test_what_is_shown_stays_while_it_is_typed(opened: Opener, server: Server) -> None:
    terminal = opened("zsh")
    terminal.type("best food in Las")
    terminal.until("Las Vegas tonight")
    server.close()  # so that nothing new can be said
    terminal.type(" Veg")
    terminal.until(lambda shown: first_line(shown) == "$ best food in Las Vegas tonight")
    terminal.type("!")
    terminal.until(lambda shown: first_line(shown) == "$ best food in Las Veg!")


def test_keys_show_the_next_candidate_and_forget_one(opened: Opener, server: Server) -> None:
    terminal = opened("zsh")
    terminal.type(TYPED)
    terminal.until("→ Las")
    terminal.press("M-j")
    terminal.until("$ best food in large")
    server.phrases[TYPED] = [(2, "Las")]
    terminal.press("M-k")
    terminal.until("forgotten; to undo: autocomplete forget --undo -m shell large")
    terminal.until("→ Las")
    assert server.asked("f") == [["shell", "large"]]


def test_of_a_word_that_was_begun_all_is_forgotten(opened: Opener, server: Server) -> None:
    terminal = opened("zsh")
    for typed, word in WORDS.items():
        terminal.type(typed)
        terminal.until(PHRASES[typed][-1][1])
        terminal.press("M-k")
        terminal.until(f"-m shell {word[:8]}")  # a long one is broken at the edge
        terminal.press("C-u", "C-l")
    assert server.asked("f") == [["shell", word] for word in WORDS.values()]


def test_a_folder_that_somebody_else_may_have_made_is_not_entered(folder: Path) -> None:
    (folder / "others").mkdir()
    (folder / "ours").symlink_to("others")
    home = Home(folder / "ours", "zsh")
    home.write()
    with Server(home.socket) as server:
        terminal = home.open()
        try:
            terminal.type(TYPED)
            terminal.press("M-i")
            terminal.until("the server is not there")
        finally:
            terminal.close()
    assert server.heard == []


@pytest.mark.parametrize(
    ("typed", "keys"),
    [(" best food in Las", []), ("best food in Las", ["Left"]), ("best food in Las", ["Escape", "Enter"])],
    ids=["a leading space", "the cursor within", "several lines"],
)
def test_nothing_is_asked_elsewhere(opened: Opener, server: Server, typed: str, keys: list[str]) -> None:
    terminal = opened("zsh")
    if keys == ["Left"]:
        terminal.type(typed[:-1])
        terminal.press("Left")
        terminal.type(typed[-1])
    else:
        terminal.press("M-Enter") if keys else None
        terminal.type(typed)
    terminal.type("!")
    terminal.until("!")
    assert [fields[1] for fields in server.asked("s") if fields[1].strip() == "best food in Las"] == []
    assert "Vegas" not in terminal.screen()


def test_a_path_that_does_not_exist_is_not_offered(opened: Opener, server: Server, folder: Path) -> None:
    (folder / "notes.txt").touch()
    terminal = opened("zsh")
    terminal.type("cat no")
    terminal.until("$ cat notes.txt")
    terminal.press("C-u")
    terminal.until(lambda shown: first_line(shown) == "$")
    terminal.type("cat /etc/no-s")
    terminal.press("M-i")
    terminal.until("not sure enough")
    terminal.press("C-u")
    terminal.type("git checkout fea")
    terminal.until("$ git checkout feature/ghost")


def test_characters_that_act_on_a_terminal_are_never_shown(opened: Opener, server: Server) -> None:
    terminal = opened("zsh")
    terminal.type("echo ba")
    assert "^[" not in terminal.until("$ echo back")


def test_accents_and_backslashes_come_whole(opened: Opener, server: Server) -> None:
    terminal = opened("zsh")
    terminal.type("un café à pa")
    terminal.until("$ un café à paris")
    terminal.press("M-j")
    terminal.until("→ Paris")
    terminal.press("Right")
    terminal.type("!")
    terminal.until("$ un café à Paris!")
    terminal.press("C-u")
    terminal.type(r"echo \\se")
    terminal.until(r"$ echo \\server\share")


def test_the_line_that_was_ended_shows_nothing_more(opened: Opener, server: Server) -> None:
    terminal = opened("zsh")
    terminal.type("true; best food in Las")
    server.phrases["true; best food in Las"] = [(0, " Vegas")]
    terminal.press("BSpace")
    terminal.type("s")
    terminal.until("Las Vegas")
    terminal.press("Enter")
    terminal.until("not found")
    assert first_line(terminal.screen()) == "$ true; best food in Las"


def test_the_first_key_starts_the_server_and_waits_for_nothing(opened: Opener) -> None:
    terminal = opened("zsh", starts=True)
    terminal.type("best food in Las")
    terminal.until("Las Vegas tonight")


def test_a_server_that_cannot_be_started_costs_nothing_and_says_nothing(opened: Opener) -> None:
    terminal = opened("zsh")
    terminal.type("echo 'it' works")
    terminal.press("M-i")
    terminal.until("the server is not there; autocomplete doctor says more")
    terminal.press("Enter")
    terminal.until("\nit works\n$")


def test_a_server_that_was_killed_is_started_anew_by_the_next_key(opened: Opener, server: Server) -> None:
    terminal = opened("zsh", starts=True)
    terminal.type("best food in Las")
    terminal.until("Las Vegas tonight")
    server.close()
    terminal.press("C-u")
    terminal.until(lambda shown: first_line(shown) == "$")
    time.sleep(0.2)  # for so long it is not asked again
    terminal.type("best food in Las")
    terminal.until("Las Vegas tonight")


@pytest.mark.parametrize(
    "says",
    [b"no\tend", b"1\t-1\tx\n1\t99\tlong\t\t\n", b"\n\n\t\t\t\n\xff\xfe\n", b"x" * 100_000, b"1\t0\t\x1b[31mred\t1\n"],
    ids=["half a line", "numbers", "bytes", "endless", "escapes"],
)
def test_garbage_does_no_harm(opened: Opener, folder: Path, says: bytes) -> None:
    with Server(folder / "s", says=says):
        terminal = opened("zsh")
        terminal.type("echo 'it' works")
        terminal.press("Enter")
        terminal.until("\nit works\n$")
        assert "red" not in terminal.screen()


def test_a_silent_server_is_asked_once_and_then_left_alone(opened: Opener, folder: Path) -> None:
    with Server(folder / "s", says=b"") as silent:
        terminal = opened("zsh")
        terminal.press(*"echo")  # one after another, as nobody can wait for all
        terminal.type(" 'it' works")
        terminal.press("Enter")
        terminal.until("\nit works\n$")
        assert [fields[:2] for fields in silent.asked("s")] == [["shell", "e"]]


def test_why_nothing_is_shown_is_told(opened: Opener, folder: Path) -> None:
    with Server(folder / "s", refusal=("paused", "Paused until 15:30.", "End it with 'autocomplete pause --off'.")):
        terminal = opened("zsh")
        terminal.press("M-i")
        terminal.until("autocomplete: nothing is typed yet")
        terminal.type("git")
        terminal.press("M-i")
        terminal.until("autocomplete: Paused until 15:30. End it with")
        terminal.type(" x")
        terminal.press("Left", "M-i")
        terminal.until("autocomplete: the cursor is not at the end")


def test_a_private_shell_asks_nothing(opened: Opener, server: Server) -> None:
    terminal = opened("zsh", Wishes(learn=True), before="AUTOCOMPLETE_PRIVATE=1")
    terminal.type("true best food in Las")
    terminal.press("M-i")
    terminal.until("AUTOCOMPLETE_PRIVATE is set")
    terminal.press("Enter")
    terminal.until(lambda shown: shown.count("$ ") + shown.count("$\n") > 1)
    assert server.heard == []


@pytest.mark.parametrize("learn", [True, False])
def test_commands_that_succeed_are_learned_where_that_was_asked_for(
    opened: Opener, server: Server, learn: bool
) -> None:
    """And never those that failed, that begin with a space, or that the history leaves out."""
    terminal = opened(
        "zsh", Wishes(learn=learn), before="HISTORY_IGNORE='(true secret*|pwd)'; setopt hist_ignore_space"
    )
    for command in ["true one", "false two", " true three", "true secret four", "true five"]:
        terminal.type(command)
        terminal.press("Enter")
    terminal.type("echo the 'end'")
    terminal.press("Enter")
    terminal.until("\nthe end")
    terminal.type("echo")
    terminal.until(lambda shown: ["shell", "echo"] in [fields[:2] for fields in server.asked("s")])
    expected = [["shell", line, "status=0"] for line in ["true one", "true five", "echo the 'end'"]]
    assert server.asked("l") == (expected if learn else [])
    assert "three" not in str(server.heard)


def test_the_question_says_the_place_and_the_command_before(opened: Opener, server: Server, folder: Path) -> None:
    terminal = opened("zsh")
    terminal.type("false x")
    terminal.press("Enter")
    terminal.until("x\n$")
    terminal.type("git")
    terminal.until(lambda shown: "git" in [fields[1] for fields in server.asked("s")])
    assert server.asked("s")[-1] == ["shell", "git", "k=3", f"cwd={folder}", "previous=false x", "status=1"]


def test_what_takes_forgetting_back_is_a_command_whatever_the_word_is(opened: Opener, server: Server) -> None:
    terminal = opened("zsh")
    terminal.type("echo q")
    terminal.until("uo'te;x")
    terminal.press("M-k")
    shown = terminal.until("to undo: ")
    assert shlex.split(shown.split("to undo: ")[1].replace("\n", ""))[-1] == "quo'te;x"


def test_without_keys_nothing_is_bound(opened: Opener, server: Server) -> None:
    terminal = opened("zsh", Wishes(keys=False, color="red,bold"))
    terminal.type("best food in Las")
    assert "\x1b[1m\x1b[31m Vegas" in terminal.until("tonight", styled=True)
    terminal.press("Right")
    terminal.type("!")
    terminal.until(lambda shown: first_line(shown) == "$ best food in Las!")


def test_a_key_does_what_it_did_before_where_nothing_is_shown(opened: Opener, server: Server) -> None:
    terminal = opened("zsh", before="own() { BUFFER=own }; zle -N own; bindkey '^E' own; bindkey -s '^[j' typed")
    terminal.press("C-e")
    terminal.until(lambda shown: first_line(shown) == "$ own")
    terminal.press("C-u", "M-j")
    terminal.until(lambda shown: first_line(shown) == "$ typed")


def test_in_vi_a_letter_behind_escape_is_a_command_and_control_x_begins_our_keys(
    opened: Opener, server: Server
) -> None:
    terminal = opened("zsh", before="bindkey -v")
    terminal.type(TYPED)
    terminal.until("→ Las")
    terminal.tmux("send-keys", "Escape", "k")
    terminal.until(lambda shown: first_line(shown) == f"$ {TYPED}")
    terminal.press("A", "C-x")
    terminal.type("j")
    terminal.until("$ best food in large")
    assert server.asked("f") == []


def test_no_command_inherits_the_connection(opened: Opener, server: Server, folder: Path) -> None:
    terminal = opened("zsh")
    terminal.type("best food in Las")
    terminal.until("Las Vegas tonight")
    terminal.press("C-u")
    terminal.type("ls -l /dev/fd/ | grep -c socket: ; echo the 'end'")
    terminal.press("Enter")
    assert "\n0\nthe end" in terminal.until("\nthe end")


def test_the_text_can_be_read_again(opened: Opener, server: Server) -> None:
    terminal = opened("zsh", after="typeset -i n; (( n++ )) || source $ZDOTDIR/.zshrc")
    terminal.type(TYPED)
    terminal.until("→ Las")
    terminal.press("Right", "End")
    terminal.type("!")
    terminal.until("Las Vegas tonight!")


def test_it_loads_beside_options_that_change_the_shell(opened: Opener, server: Server) -> None:
    options = (
        "setopt ksh_arrays sh_word_split no_unset err_return rc_quotes glob_subst ksh_glob null_glob warn_create_global"
    )
    terminal = opened("zsh", before=f"alias print=false; alias local=false; {options}")
    assert "zshrc" not in terminal.screen()
    terminal.type(TYPED)
    terminal.until("→ Las")
    terminal.press("Right")
    terminal.until("Las Vegas tonight")
    assert "autocomplete" not in terminal.screen()


def test_where_characters_are_bytes_nothing_but_ascii_is_asked_and_shown(opened: Opener, server: Server) -> None:
    server.phrases["un caf"] = [(0, "é")]
    terminal = opened("zsh", before="LC_ALL=C")
    terminal.type(TYPED)
    terminal.until("la -> Las")
    terminal.press("Right", "C-u")
    terminal.type("un caf")
    terminal.press("M-i")
    terminal.until("not sure enough")
    terminal.type("é à pa")
    terminal.press("BSpace")
    terminal.type("x")
    terminal.until("x")
    assert all(fields[1].isascii() for fields in server.asked("s"))


def test_no_key_starts_a_process() -> None:
    """One starts the server, and one tells what the keys do when the text is read."""
    text = "\n".join(line for line in source_text("zsh").splitlines() if not line.startswith("#"))
    assert re.findall(r"\$\((?!\().*?\)|<\(\w+", text) == ["<(exec", "$(bindkey -M $map)"]


def test_zsh_accepts_the_text_where_nobody_types(folder: Path) -> None:
    text = init_text("zsh", Wishes(), folder / "s")
    done = subprocess.run(["zsh", "-f"], input=f"{text}\necho fine", capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("fine\n", "")
