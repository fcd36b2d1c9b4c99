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
    """A shell, and what it has on this machine.

    Attributes:
        name: As `init` has it.
        rc: The file that it reads whenever it is opened; possibly not there yet.
        histories: Its histories, such as are there.
    """

    name: str
    rc: Path
    histories: tuple[Path, ...]


def known_shells(environment: Mapping[str, str], home: Path) -> list[FoundShell]:
    """Return every shell that can be set up, installed or not, the person's own first."""
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
    shells = [
        FoundShell(name, rc, tuple(dict.fromkeys(each for each in histories if _has_text(each))))
        for name, (rc, histories) in places.items()
    ]
    return sorted(shells, key=lambda shell: shell.name != _own_shell(environment))


def find_shells(environment: Mapping[str, str], home: Path) -> list[FoundShell]:
    """Return the shells that are installed and used, the person's own first: every system brings bash along."""
    path = environment.get("PATH", "")
    return [
        shell
        for shell in known_shells(environment, home)
        if shutil.which(shell.name, path=path)
        and (shell.name == _own_shell(environment) or shell.histories or shell.rc.exists())
    ]


def _own_shell(environment: Mapping[str, str]) -> str:
    return Path(environment.get("SHELL", "")).name


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
