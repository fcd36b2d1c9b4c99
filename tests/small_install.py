"""What works where nothing is installed that trains networks: `python -m tests.small_install [--hide]`.

With `--hide` whatever is installed beside the packages of `constraints-small.txt` is hidden from imports.
"""

import contextlib
import importlib.abc
import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent
# Packages that are imported under another name than they are installed by.
IMPORTED = {"markdown-it-py": "markdown_it", "pyyaml": "yaml"}
KEYS = (b"best food in Las\r", b"\x04")
LINES = "best food in Las Vegas\nhow to boil an egg\nflights from New York to Boston\n" * 30


def small_packages() -> set[str]:
    """The packages of the small install, as they are imported."""
    lines = (ROOT / "constraints-small.txt").read_text(encoding="utf-8").splitlines()
    names = [line.partition("==")[0] for line in lines if not line.startswith("#")]
    return {IMPORTED.get(name, name.replace("-", "_")) for name in names}


class Hiding(importlib.abc.MetaPathFinder):
    """A finder that finds nothing of what is neither Python's, ours nor of the small install."""

    def __init__(self, finder: Any) -> None:
        self._finder = finder
        self._shown = {*sys.stdlib_module_names, *small_packages(), "autocomplete", "tests"}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in self._shown:
            return None
        found: ModuleSpec | None = self._finder.find_spec(name, path, target)
        return found


def told(*arguments: str) -> tuple[int, str, str]:
    """Run a command; return its status and what it wrote to standard output and standard error."""
    from autocomplete.interface.cli.app import run

    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        status = run(arguments)
    return status, out.getvalue(), err.getvalue()


def at_a_prompt(command: Sequence[str]) -> int:
    """Run a command in a terminal, type a line and end the session; return its status."""
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        command, cwd=ROOT, stdin=its_end, stdout=its_end, stderr=its_end, env={**os.environ, "TERM": "dumb"}
    ) as program:
        os.close(its_end)
        shown = b""
        for keys in KEYS:
            while b"> " not in shown:
                shown += os.read(terminal, 4096)
            shown = b""
            os.write(terminal, keys)
        with contextlib.suppress(OSError):  # the terminal is gone with the program
            while os.read(terminal, 4096):
                pass
        status = program.wait()
    os.close(terminal)
    return status


def check(folder: Path, program: Sequence[str]) -> None:
    """Train, ask and teach a model in a folder; `program` is the command line to run."""
    text, model = folder / "text.txt", ["--model", str(folder / "model")]
    text.write_text(LINES, encoding="utf-8")
    status, out, err = told("train", str(text), *model, "--no-network", "--budget", "1s")
    assert (status, out) == (0, ""), err
    assert told("suggest", *model, "-k", "1", "best food in Las ") == (0, "Vegas\n", "")
    assert told("learned", *model)[0] == 0
    assert at_a_prompt([*program, "repl", *model, "--learn"]) == 0
    assert told("learned", *model)[0] == 0
    needs_network: tuple[list[str], ...] = (
        ["train", str(text), *model, "--force"],
        ["train", *model, "--resume"],
        ["eval", str(text), *model, "--allow-train", "--dynamic"],
        ["diagnose", str(text)],
    )
    for command in needs_network:
        status, out, err = told(*command)
        assert (status, out) == (1, ""), err
        cause, cure = err.splitlines()
        assert re.fullmatch(r"error: A network is trained with [\w, -]*jax[\w, -]*\.", cause), cause
        assert re.match(r"Run 'pip install [\w -]*jax[\w -]*'", cure), cure
    assert told("suggest", *model, "-k", "1", "best food in Las ") == (0, "Vegas\n", "")
    assert not {"jax", "flax", "optax", "orbax"} & sys.modules.keys()


def main(arguments: Sequence[str]) -> None:
    """Check, or run a command where packages are hidden."""
    program = [sys.executable, "-m", "autocomplete"]
    if arguments:
        sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
        program = [sys.executable, "-m", "tests.small_install", "--hide"]
    if arguments[1:]:
        from autocomplete.interface.cli.app import run

        sys.exit(run(arguments[1:]))
    with tempfile.TemporaryDirectory(prefix="small-") as folder:
        check(Path(folder), program)


if __name__ == "__main__":
    main(sys.argv[1:])
