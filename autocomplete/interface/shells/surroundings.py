"""What a person has on this machine: shells, their configuration files and histories, editors."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_EDITORS = {
    "nvim": "Neovim",
    "vim": "Vim",
    "emacs": "Emacs",
    "hx": "Helix",
    "kate": "Kate",
    "code": "Visual Studio Code",
}


class FoundShell(NamedTuple):
    """A shell that is installed.

    Attributes:
        name: As `init` has it.
        rc: The file that it reads whenever it is opened; possibly not there yet.
        histories: Its histories, such as are there.
    """

    name: str
    rc: Path
    histories: tuple[Path, ...]


def find_shells(environment: Mapping[str, str], home: Path) -> list[FoundShell]:
    """Return the shells that are installed, the person's own first."""
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local/share")
    zsh = Path(environment.get("ZDOTDIR") or home)
    # Terminals on macOS open login shells, of which bash reads another file.
    bash_rc = home / (".bash_profile" if sys.platform == "darwin" else ".bashrc")
    places = {
        "zsh": (zsh / ".zshrc", [zsh / ".zsh_history", home / ".zsh_history", home / ".zhistory", home / ".histfile"]),
        "bash": (bash_rc, [home / ".bash_history"]),
        "fish": (config / "fish/config.fish", [data / "fish/fish_history"]),
    }
    own = Path(environment.get("SHELL", "")).name
    path = environment.get("PATH", "")
    found = []
    for name in sorted(places, key=lambda name: name != own):
        rc, histories = places[name]
        kept = tuple(dict.fromkeys(each for each in histories if _has_text(each)))
        # A system brings bash along, which not everybody uses.
        if shutil.which(name, path=path) and (name == own or kept or rc.exists()):
            found.append(FoundShell(name, rc, kept))
    return found


def find_histories(environment: Mapping[str, str], home: Path) -> list[Path]:
    """Return every history of commands: of the shells, and of atuin."""
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local/share")
    of_shells = [path for shell in find_shells(environment, home) for path in shell.histories]
    others = [data / "atuin/history.db", data / "powershell/PSReadLine/ConsoleHost_history.txt"]
    return [*dict.fromkeys(of_shells), *filter(_has_text, others)]


def find_editors(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the editors that are installed."""
    path = environment.get("PATH", "")
    return [name for program, name in _EDITORS.items() if shutil.which(program, path=path)]


def _has_text(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False
