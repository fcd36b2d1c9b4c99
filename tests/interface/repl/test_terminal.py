"""`autocomplete repl` in a real terminal, from end to end: tmux presses the keys and shows the screen."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interface.repl.driver import TYPED
from tests.tmux import Tmux

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


class Terminal(Tmux):
    """A terminal that runs `autocomplete repl`.

    Args:
        folder: For the socket.
    """

    def __init__(self, folder: Path) -> None:
        places = {"TMUX_TMPDIR": str(folder), "AUTOCOMPLETE_HOME": str(folder)}
        super().__init__({**os.environ, **places, "TERM": "xterm"})

    def start(self, *arguments: str, columns: int = 80, **environment: str) -> None:
        """Run the command; its exit status is shown when it has ended."""
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
        command = shlex.join([sys.executable, "-m", "autocomplete", "repl", *arguments])
        place = shlex.quote(str(Path.cwd()))
        self.open(f"cd {place}; {settings} {command}; echo status $?; sleep 1000", columns=columns)

    def shell(self) -> None:
        """Run a shell, which lets programs be stopped."""
        self.open("sh -i")
        self.type(f"cd {shlex.quote(str(Path.cwd()))}; PS1='$ '")
        self.press("Enter")

    def run(self, *arguments: str) -> None:
        """Type the command at the shell."""
        self.type(shlex.join([sys.executable, "-m", "autocomplete", "repl", *arguments]))
        self.press("Enter")

    def ready(self, model: str) -> None:
        self.until(lambda shown: f"{model} · not learning" in shown and "1 " in shown)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.close()


@pytest.fixture
def model(trained_model: str, tmp_path: Path) -> str:
    """A copy of the small model, to be found by name."""
    shutil.copytree(trained_model, tmp_path / "mine")
    return "mine"


def test_a_person_types_takes_undoes_and_ends(terminal: Terminal, model: str) -> None:
    terminal.start("--no-learn", "--model", model)
    terminal.ready(model)
    terminal.type(TYPED)
    terminal.until("> best food in Las Vegas\n1 Vegas")
    styled = terminal.until("Las\x1b[", styled=True)
    assert " Vegas" in styled.split("Las", 1)[1].splitlines()[0]
    terminal.press("Right")
    terminal.until(lambda shown: "saved 23 % (5 keys)" in shown)
    terminal.press(",")
    terminal.until("> best food in Las Vegas,\n")
    terminal.press("C-_", "C-_")
    terminal.until("saved 0 % (0 keys)")
    terminal.press("M-1", "Enter")
    terminal.until("> best food in Las Vegas\n>")
    terminal.press("Up")
    terminal.until("> best food in Las Vegas\n> best food in Las Vegas")
    terminal.press("C-c")
    terminal.type("/stats")
    terminal.press("Enter")
    terminal.until("lines        1")
    terminal.press("C-d")
    terminal.until("status 0")


def test_function_keys_and_escape_reach_the_prompt(terminal: Terminal, model: str) -> None:
    terminal.start("--model", model)
    terminal.ready(model)
    terminal.type(TYPED)
    terminal.until("1 Vegas")
    terminal.press("F2")
    terminal.until(lambda shown: "\n2 " in shown)
    terminal.press("F2")
    terminal.press("Escape")
    terminal.until(lambda shown: "1 Vegas" not in shown)
    terminal.type(" ")
    terminal.until("1 Vegas")
    terminal.press("F3")
    terminal.until("off the record")
    terminal.press("F4")
    terminal.until("suggestions off")
    terminal.press("C-Space")
    terminal.until("> best food in Las Vegas")
    terminal.press("C-Right", "F1")
    terminal.until("take a candidate by its number")


def test_the_screen_follows_the_size_of_the_terminal(terminal: Terminal, model: str) -> None:
    terminal.start("--model", model)
    terminal.ready(model)
    terminal.type(TYPED)
    terminal.until("1 Vegas")
    terminal.tmux("resize-window", "-x", "22", "-y", "20")
    shown = terminal.until(f"> {TYPED} V…\n1 Vegas")
    assert all(len(line) <= 22 for line in shown.splitlines())
    terminal.tmux("resize-window", "-x", "100", "-y", "12")
    shown = terminal.until(lambda shown: "F1 help" in shown and f"> {TYPED} Vegas\n" in shown)
    assert shown.count(TYPED) == 1
    assert shown.count("F1 help") == 1


def test_wide_characters_and_long_pastes(terminal: Terminal, model: str, tmp_path: Path) -> None:
    terminal.start("--model", model)
    terminal.ready(model)
    terminal.type("日本 👍 un caf")
    terminal.until("> 日本 👍 un café")
    terminal.press("C-c")
    pasted = tmp_path / "pasted.txt"
    pasted.write_text(f"{'word ' * 1999}best food in Las", encoding="utf-8")
    terminal.tmux("load-buffer", str(pasted))
    terminal.tmux("paste-buffer", "-p")
    terminal.until(f"{TYPED} Vegas")
    terminal.press("Tab", "Enter")
    saved = tmp_path / "lines.txt"
    terminal.type(f"/save {saved}")
    terminal.press("Enter")
    terminal.until("1 line written")
    assert saved.read_text(encoding="utf-8") == f"{pasted.read_text(encoding='utf-8')} Vegas\n"


def test_vi_keys(terminal: Terminal, model: str) -> None:
    terminal.start("--no-learn", "--model", model, "--vi")
    terminal.ready(model)
    terminal.type(TYPED)
    terminal.until("1 Vegas")
    terminal.press("Escape")
    terminal.until(lambda shown: "1 Vegas" not in shown)
    terminal.press("A", "Right", "Enter")
    terminal.until("> best food in Las Vegas\n>")


def test_a_process_told_to_end_clears_the_screen_first(terminal: Terminal, model: str) -> None:
    terminal.start("--model", model)
    terminal.ready(model)
    terminal.type("best")
    terminal.until("> best")
    subprocess.run(["pkill", "-TERM", "-P", terminal.tmux("display-message", "-p", "#{pane_pid}").strip()], check=True)
    assert "F1 help" not in terminal.until("status 143")


def test_no_colour_where_none_is_wanted(terminal: Terminal, model: str) -> None:
    terminal.start("--model", model, NO_COLOR="1")
    terminal.ready(model)
    terminal.type(TYPED)
    terminal.until("1 Vegas")
    shown = terminal.screen(styled=True)
    assert "\x1b[2m" in shown  # dim
    assert "38;5" not in shown


def test_a_dumb_terminal_gets_no_escape_sequences(terminal: Terminal, model: str, tmp_path: Path) -> None:
    log = tmp_path / "bytes"
    terminal.start("--model", model, TERM="dumb")
    terminal.until(">")
    terminal.tmux("pipe-pane", f"cat > {shlex.quote(str(log))}")
    terminal.type(TYPED)
    terminal.press("C-Space")
    terminal.until("1: Vegas")
    terminal.press("M-1")
    terminal.until("> best food in Las Vegas")
    terminal.press("Enter", "C-d")
    terminal.until("status 0")
    assert b"\x1b" not in log.read_bytes()
    assert ">\nsaved 18 % (4 keys)\n" in terminal.screen()


def test_a_missing_model_is_told_before_the_prompt(terminal: Terminal) -> None:
    terminal.start("--model", "nothing")
    assert "error: " in terminal.until("status 3")


def test_a_word_that_would_change_is_seen_first(terminal: Terminal, model: str) -> None:
    terminal.start("--model", model)
    terminal.ready(model)
    terminal.type("best food in la")
    terminal.until("> best food in la → Las\n1 Las")
    terminal.press("Tab")
    terminal.until("> best food in Las Vegas\n1 Vegas")
    terminal.press("C-_")
    terminal.until("> best food in la → Las\n")


def test_nothing_is_written_into_what_stands_there(terminal: Terminal, model: str) -> None:
    terminal.start("--model", model)
    terminal.ready(model)
    terminal.type("flights from Las")
    terminal.press("Home", "M-f", "C-Right", "M-b", "M-f", "M-f")
    terminal.until("> flights from Las")
    terminal.press("Home", "Tab")
    terminal.until(lambda shown: "1 " in shown and "> flights from Las\n" in shown)
    terminal.press("Tab")
    shown = terminal.until(lambda shown: "> flights from Las\n" not in shown)
    assert " flights from Las\n" in shown


def test_a_stopped_prompt_comes_back_as_it_was(terminal: Terminal, model: str) -> None:
    terminal.shell()
    terminal.run("--words", "auto", "--model", model)
    terminal.ready(model)
    terminal.type(TYPED)
    terminal.until("1 Vegas")
    stopped = terminal.screen().partition(TYPED)[2].splitlines()[0]
    terminal.press("C-z")
    terminal.until(lambda shown: shown.rstrip().endswith("$"))
    terminal.type("echo in between; fg")
    terminal.press("Enter")
    terminal.until(f"> {TYPED}{stopped}\n1 Vegas")
    terminal.press("Right", "Enter")
    terminal.until(f"> {TYPED}{stopped}\n")


def test_lines_of_yesterday_are_found_and_the_question_is_asked_once(
    terminal: Terminal, model: str, tmp_path: Path
) -> None:
    terminal.shell()
    terminal.run("--model", model)
    terminal.ready(model)
    terminal.type("water the roses")
    terminal.press("Enter")
    terminal.until("'/keep yes'")
    terminal.type("/keep yes")
    terminal.press("Enter")
    terminal.until("· learning ·")
    terminal.type("call the garage")
    terminal.press("Enter", "C-d")
    terminal.until(lambda shown: shown.rstrip().endswith("$"))
    assert "history = true" in (tmp_path / "config.toml").read_text(encoding="utf-8")
    terminal.type("clear")
    terminal.press("Enter")
    terminal.run("--model", model)
    terminal.until(lambda shown: "\nmine · learning ·" in shown and "1 " in shown)
    terminal.type("wat")
    terminal.press("Up")
    terminal.until("> water the roses")
    terminal.press("C-c", "C-r")
    terminal.type("gar")
    terminal.until("> call the garage")
    terminal.press("Enter", "Enter", "C-d")
    shown = terminal.until(lambda shown: shown.rstrip().endswith("$"))
    assert "/keep" not in shown


def test_help_is_a_pane_that_closes(terminal: Terminal, model: str) -> None:
    terminal.start("--words", "1", "--model", model)
    terminal.ready(model)
    terminal.type(TYPED)
    terminal.press("F1")
    terminal.until("take a candidate by its number")
    terminal.press("Escape")
    terminal.until(lambda shown: "take a candidate" not in shown and f"> {TYPED} Vegas\n1 Vegas" in shown)


def test_who_listens_gets_a_plain_prompt(terminal: Terminal, model: str) -> None:
    terminal.start("--model", model, ACCESSIBLE="1")
    terminal.until(">")
    terminal.type(TYPED)
    terminal.press("C-Space")
    terminal.until("1: Vegas")
    assert "not learning" not in terminal.screen()
