"""The configuration file: TOML in the user's configuration folder, a table for each thing that can be set.

[train]
budget = "10m"
size = "small"

[repl]
k = 5
vi = true

[keys]
accept = ["right", "ctrl-f"]
take-1 = ["alt-a"]

[style]
ghost = "#707070"
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autocomplete.errors import UsageError, require_one_of

CONFIG = "config.toml"
TABLES = ("train", "repl", "keys", "style")


def config_path() -> Path:
    """Return where the configuration file is: in `$AUTOCOMPLETE_HOME`, or the user's configuration folder."""
    home = os.environ.get("AUTOCOMPLETE_HOME")
    if home:
        return Path(home).expanduser() / CONFIG
    import platformdirs

    return platformdirs.user_config_path("autocomplete") / CONFIG


def read_tables(path: Path) -> dict[str, Mapping[str, Any]]:
    """Read the tables of a configuration file; none without the file.

    Raises:
        UsageError: The file is no TOML, or holds what is no table of ours.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is no TOML ({error}).", "Mend the file, or move it away.") from error
    with named(path):
        for name, table in tables.items():
            require_one_of("table", name, TABLES)
            if not isinstance(table, dict):
                raise UsageError(f"'{name}' is no table.", f"Write [{name}] on a line of its own, and settings below.")
    return tables


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Name the file in what is wrong with its settings."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{path}: {error.cause}", error.cure) from error
