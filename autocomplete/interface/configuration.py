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

[interface]
accessible = true

[engine]
idle_minutes = 30

[[route]]
type = ["markdown", "gitcommit"]
folder = "~/notes"
model = "notes"
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from autocomplete.config import EngineSettings, Route
from autocomplete.errors import UsageError, require_one_of

CONFIG = "config.toml"
_HEAD = re.compile(r"\s*\[\s*(\w+)\s*\]\s*(?:#.*)?$")
TABLES = ("train", "repl", "keys", "style", "interface", "engine")
# Tables of which there may be several.
_LISTS = ("route",)


def config_path() -> Path:
    """Return where the configuration file is: in `$AUTOCOMPLETE_HOME`, or the user's configuration folder."""
    home = os.environ.get("AUTOCOMPLETE_HOME")
    if home:
        return Path(home).expanduser() / CONFIG
    import platformdirs

    return platformdirs.user_config_path("autocomplete") / CONFIG


def accessible() -> bool:
    """Whether a person hears or feels what is shown: nothing is drawn anew, and tables are lines of label and value.

    `ACCESSIBLE=1` in the environment says so, or 0 that it is not so, else `accessible` in the table `[interface]`.

    Raises:
        UsageError: The configuration file makes no sense.
    """
    wanted = os.environ.get("ACCESSIBLE", "")
    if wanted:
        return wanted.lower() not in ("0", "false", "no")
    path = config_path()
    table = read_tables(path).get("interface", {})
    with named(path):
        for name, value in table.items():
            require_one_of("setting", name, ("accessible",))
            if not isinstance(value, bool):
                raise UsageError(f"'{name} = {value!r}' is neither true nor false.", "Write one of them.")
    return bool(table.get("accessible", False))


def engine_settings(path: Path) -> EngineSettings:
    """Read how the resident engine behaves, from the table `[engine]`.

    Raises:
        UsageError: The configuration file makes no sense.
    """
    table = read_tables(path).get("engine", {})
    known = [field.name for field in fields(EngineSettings)]
    with named(path):
        for name in table:
            require_one_of("setting", name, known)
        return EngineSettings(**table)


def routes(path: Path) -> tuple[Route, ...]:
    """Read which model is asked where, from the tables `[[route]]`, in their order.

    Raises:
        UsageError: The configuration file makes no sense.
    """
    tables = read_tables(path).get("route", ())
    known = [field.name for field in fields(Route)]
    with named(path):
        for table in tables:
            for name in table:
                require_one_of("setting", name, known)
        return tuple(Route(**_with_types(table)) for table in tables)


def _with_types(table: Mapping[str, Any]) -> dict[str, Any]:
    """A route's table with its file types as settings have them: one may stand without brackets."""
    types = table.get("type", ())
    types = [types] if isinstance(types, str) else types
    return {**table, "type": tuple(types) if isinstance(types, list) else types}


def read_tables(path: Path) -> dict[str, Any]:
    """Read the tables of a configuration file by name, some of them lists of tables; none without the file.

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
            require_one_of("table", name, TABLES + _LISTS)
            if name in _LISTS:
                if not isinstance(table, list) or not all(isinstance(each, dict) for each in table):
                    raise UsageError(f"'{name}' is no list of tables.", f"Write [[{name}]] on a line of its own.")
            elif not isinstance(table, dict):
                raise UsageError(f"'{name}' is no table.", f"Write [{name}] on a line of its own, and settings below.")
    return tables


def set_values(path: Path, table: str, values: Mapping[str, bool]) -> None:
    """Set values of one table in a configuration file, which stays as it is otherwise, comments too.

    Raises:
        UsageError: The file is no TOML, or written so that a line more would not set them.
        OSError: It cannot be written.
    """
    before = read_tables(path)
    written = {name: str(value).lower() for name, value in values.items()}
    lines = path.read_text(encoding="utf-8").splitlines() if before or path.exists() else []
    heads = [place for place, line in enumerate(lines) if line.lstrip().startswith("[")]
    start = next((place for place in heads if _named(lines[place]) == table), None)
    if start is None:
        lines += ["", f"[{table}]"] if lines else [f"[{table}]"]
        start = len(lines) - 1
    end = next((place for place in heads if place > start), len(lines))
    kept = [line for line in lines[start + 1 : end] if line.partition("=")[0].strip() not in written]
    lines[start + 1 : end] = [*(f"{name} = {value}" for name, value in written.items()), *kept]
    text = "\n".join(lines) + "\n"
    expected = {**before, table: {**before.get(table, {}), **values}}
    if not _says(text, expected):
        wanted = ", ".join(f"{name} = {value}" for name, value in written.items())
        raise UsageError(f"{path}: is written so that it was left as it is.", f"Write '{wanted}' under [{table}].")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path.resolve())


def _named(head: str) -> str:
    found = _HEAD.match(head)
    return found[1] if found else ""


def _says(text: str, expected: Mapping[str, Mapping[str, Any]]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Name the file in what is wrong with its settings."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{path}: {error.cause}", error.cure) from error
