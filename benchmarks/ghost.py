"""How long after a key zsh shows what follows, beside zsh-autosuggestions with its own history strategy.

    python -m benchmarks.ghost                     100 keys each; a minute
    python -m benchmarks.ghost --keys 10           some seconds

zsh runs in a terminal of ours. The first letter of a command is typed on an empty line, and the time is taken from the
key until the grey text arrives: all of the way, the shell's own drawing too.

zsh alone              until the letter itself is drawn.
ours                   the text of `autocomplete init zsh`, with an engine and a model of the same commands.
zsh-autosuggestions    its history strategy, which looks the letter up in a process of its own.
both                   zsh-autosuggestions with our strategy alone.
"""

import argparse
import os
import pty
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Column, Row, number, show

_PLUGIN = Path("/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh")
_GREY = b"\x1b[38;5;245m"
_COMMANDS = ("git checkout main", "make test", "cd ../notes", "ls -la", "docker compose up -d", "vim notes.txt")
_LINES = 2_000
# A letter with which no two commands begin.
_LETTERS = "gmdv"
_LONGEST_SECONDS = 10.0

COLUMNS = (
    Column("way", "way"),
    *(Column(which, f"{which} ms", ".2f") for which in ("median", "p95", "p99")),
    Column("ratio", "times zsh alone", ".1f"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    if shutil.which("zsh") is None:
        print("zsh is not installed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="ghost-", dir="/tmp", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        environment = _environment(folder)
        try:
            took = _measured(_ways(environment), folder, environment, keys=options.keys)
        finally:
            _program(environment, "serve", "--stop")
    alone = statistics.median(took["zsh alone"])
    rows: list[Row] = [
        {"way": way, **_figures(values), "ratio": statistics.median(values) / alone} for way, values in took.items()
    ]
    show("ghost", rows, COLUMNS, settings=vars(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ghost", description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=number(4), default=100, help="keys of each way")
    return parser


def _environment(folder: Path) -> dict[str, str]:
    """A home with a history, and a model and an engine for it."""
    history = "".join(f"{command}\n" for command in _COMMANDS * (_LINES // len(_COMMANDS)))
    (folder / ".zsh_history").write_text(history, encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        **dict.fromkeys(("HOME", "ZDOTDIR", "XDG_RUNTIME_DIR"), str(folder)),
        "AUTOCOMPLETE_HOME": f"{folder}/models",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OPENBLAS_NUM_THREADS": "1",
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }
    _program(environment, "train", f"{folder}/.zsh_history", "--as", "zsh", "--model", "shell", "--no-network")
    _program(environment, "serve", "--background")
    return environment


def _program(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-P", "-m", "autocomplete", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def _ways(environment: dict[str, str]) -> dict[str, str]:
    """Of each way, what the shell reads at its start."""
    ours = _program(environment, "init", "zsh", "--color", "245")
    history = "HISTFILE=~/.zsh_history HISTSIZE=5000 SAVEHIST=0\n"
    ways = {"zsh alone": history, "ours": history + ours}
    if _PLUGIN.exists():
        plugin = f"{history}ZSH_AUTOSUGGEST_HIGHLIGHT_STYLE=fg=245\nsource {_PLUGIN}\n"
        ways["zsh-autosuggestions"] = plugin
        ways["both"] = f"{plugin}{ours}\nZSH_AUTOSUGGEST_STRATEGY=(autocomplete)\n"
    return ways


def _measured(ways: dict[str, str], folder: Path, environment: dict[str, str], *, keys: int) -> dict[str, list[float]]:
    """Milliseconds from a key to what it shows, of each way in turn."""
    shells = {way: Shell(text, folder, environment) for way, text in ways.items()}
    took: dict[str, list[float]] = {way: [] for way in ways}
    try:
        for place in range(-len(_LETTERS), keys):
            letter = _LETTERS[place % len(_LETTERS)].encode()
            for way, shell in shells.items():
                milliseconds = shell.press(letter, letter if way == "zsh alone" else _GREY)
                if place >= 0:  # the first ones open the model
                    took[way].append(milliseconds)
    finally:
        for shell in shells.values():
            shell.close()
    return took


class Shell:
    """A zsh in a terminal.

    Args:
        text: What it reads at its start.
        folder: Its home.
        environment: Of its process.
    """

    def __init__(self, text: str, folder: Path, environment: dict[str, str]) -> None:
        (folder / ".zshrc").write_text(f"PS1='$ '\n{text}\n", encoding="utf-8")
        self._terminal, its_end = pty.openpty()
        self._process = subprocess.Popen(
            ["zsh", "-i"], stdin=its_end, stdout=its_end, stderr=its_end, env=environment, cwd=folder,
            start_new_session=True,
        )  # fmt: skip
        os.close(its_end)
        self._until(b"$ ")
        self._settle()

    def press(self, key: bytes, shown: bytes) -> float:
        """Press a key on an empty line; milliseconds until something is shown."""
        began = time.perf_counter()
        os.write(self._terminal, key)
        self._until(shown)
        took = 1000 * (time.perf_counter() - began)
        self._settle()
        os.write(self._terminal, b"\x15")
        self._settle()
        return took

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _until(self, shown: bytes) -> None:
        deadline, read = time.monotonic() + _LONGEST_SECONDS, b""
        while shown not in read:
            ready, _, _ = select.select([self._terminal], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise TimeoutError(f"{shown!r} was never shown; what was is {read!r}")
            read += os.read(self._terminal, 1 << 16)

    def _settle(self) -> None:
        """Wait until nothing more is drawn."""
        while select.select([self._terminal], [], [], 0.05)[0]:
            os.read(self._terminal, 1 << 16)


def _figures(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    places = {"p95": 0.95, "p99": 0.99}
    return {
        "median": statistics.median(ordered),
        **{name: ordered[min(int(share * len(ordered)), len(ordered) - 1)] for name, share in places.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
