"""What `autocomplete init` prints: the text that a shell runs, with what it needs to know filled in.

The texts lie beside this file, as their shells read them; `@@NAME@@` in them is filled in. Nothing of ours is imported
that takes time: every shell that is opened waits for this.
"""

import os
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

from autocomplete.errors import AutocompleteError, UsageError, require_one_of
from autocomplete.version import VERSION

_FILES = {"zsh": "zsh.zsh", "bash": "bash.bash", "fish": "fish.fish", "powershell": "powershell.ps1"}
SHELLS = tuple(_FILES)
# The model that shells ask, unless told otherwise: what a person writes there is no prose.
SHELL_MODEL = "shell"
# Says to a command which text its shell runs.
MARK_VARIABLE = "AUTOCOMPLETE_INIT_"
# Of each option, the wish that it is of.
_TEXT_OPTIONS = {"--model": "model", "-m": "model", "--color": "color"}
_TRUTH_OPTIONS = {"--keys": ("keys", True), "--no-keys": ("keys", False), "--learn": ("learn", True)}
_COLOR_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789=#,-ABCDEF")


class Wishes(NamedTuple):
    """What a person wants of a shell.

    Attributes:
        model: The model that is asked.
        keys: Bind keys.
        learn: Learn the commands that succeed.
        color: Of the ghost in zsh, as zsh writes it (`fg=245`) or a bare colour; empty for a grey.
    """

    model: str = SHELL_MODEL
    keys: bool = True
    learn: bool = False
    color: str = ""


def read_arguments(arguments: list[str]) -> tuple[str, Wishes] | None:
    """Read `init SHELL` and its options; None where they are wrong or ask for help, which others can tell better."""
    shell, texts, truths = "", dict[str, str](), dict[str, bool]()
    rest = iter(arguments)
    for argument in rest:
        name, sign, value = argument.partition("=")
        if name in _TEXT_OPTIONS and (sign or (value := next(rest, ""))):
            texts[_TEXT_OPTIONS[name]] = value
        elif argument in _TRUTH_OPTIONS:
            truths.update([_TRUTH_OPTIONS[argument]])
        elif argument in _FILES and not shell:
            shell = argument
        else:
            return None
    wishes = Wishes(**texts, **truths)  # type: ignore[arg-type]  # by name, of texts and truths
    return (shell, wishes) if shell else None


def print_text(arguments: list[str]) -> bool:
    """Print what `init` prints, fast; False where something is wrong, which the command of that name then says."""
    found = read_arguments(arguments)
    if found is None:
        return False
    from autocomplete.engine.address import engine_address

    try:
        text = init_text(*found, engine_address(make=True).socket)
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AutocompleteError, OSError):
        return False
    return True


def init_text(shell: str, wishes: Wishes, socket: Path) -> str:
    """Return the text for a shell.

    Args:
        shell: One of `SHELLS`.
        wishes: What a person wants of it.
        socket: Where the engine is reached.

    Raises:
        UsageError: There is no such shell, or a wish that makes no sense.
    """
    require_one_of("shell", shell, SHELLS)
    if not wishes.model or not wishes.model.isprintable():
        raise UsageError(f"{wishes.model!r} names no model.", "Give a model's name or the path of its folder.")
    if not _COLOR_CHARACTERS.issuperset(wishes.color):
        raise UsageError(
            f"{wishes.color!r} is no colour.", "Write one as zsh does, such as 245, '#808080' or 'fg=8,italic'."
        )
    quote = _quoted_for_fish if shell == "fish" else _quoted_for_powershell if shell == "powershell" else _quoted
    # Without `-P`, a folder called autocomplete in whatever place a person is in would be run.
    command = (sys.executable, "-P", "-m", "autocomplete", "serve", "--background")
    values = {
        "MARK": mark(shell),
        "SOCKET": quote(str(socket)),
        "PYTHON": quote(sys.executable),
        "CLIENT": quote(str(Path(__file__).with_name("ask.py"))),
        "COMMAND": " ".join(map(quote, command)),
        "MODEL": quote(_whole(wishes.model)),
        "COLOR": quote(_highlight(wishes.color)),
        "KEYS": str(int(wishes.keys)),
        "LEARN": str(int(wishes.learn)),
    }
    parts = source_text(shell).split("@@")
    text = "".join(values[part] if place % 2 else part for place, part in enumerate(parts))
    # zsh's options change how a text is read: this one, and the functions in it, always have the same.
    return f"emulate zsh -o extended_glob -o no_aliases -c {_quoted(text)}\n" if shell == "zsh" else text


def source_line(shell: str, wishes: Wishes) -> str:
    """Return the line by which a shell's configuration runs the text; nothing where the program has gone."""
    quote = _quoted_for_fish if shell == "fish" else _quoted
    installed = Path(sys.executable).with_name("autocomplete")
    program = [str(installed)] if installed.exists() else [sys.executable, "-P", "-m", "autocomplete"]
    options = [
        *(["--model", wishes.model] if wishes.model != SHELL_MODEL else []),
        *(["--learn"] if wishes.learn else []),
    ]
    command = " ".join([*map(quote, program), "init", shell, *map(quote, options)])
    if shell == "fish":
        return f"if test -x {quote(program[0])}; {command} | source; end"
    return f'if [ -x {quote(program[0])} ]; then eval "$({command})"; fi'


def mark(shell: str) -> str:
    """Return what tells a text from those of other versions, which ask elsewhere: the version, and a checksum."""
    return f"{VERSION}-{zlib.crc32(source_text(shell).encode()):08x}"


def source_text(shell: str) -> str:
    """Return a text as it lies beside this file, with nothing filled in."""
    return Path(__file__).with_name(_FILES[shell]).read_text(encoding="utf-8")


def _highlight(color: str) -> str:
    """A colour as zsh's `region_highlight` has it."""
    first = color.partition(",")[0]
    return color if not color or "=" in first or first in ("bold", "standout", "underline") else f"fg={color}"


def _whole(model: str) -> str:
    """A model's name as it is, and its path from the root: the engine works in another folder."""
    return os.path.abspath(Path(model).expanduser()) if os.sep in model or model[:1] in "~." else model  # noqa: PTH100


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _quoted_for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted_for_powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
