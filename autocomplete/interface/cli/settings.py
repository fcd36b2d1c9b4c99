"""The settings of `train` and `diagnose`: the fields of the frozen dataclasses, each given by its name.

What a person decides has an option of its own. Everything else is given by `--set NAME=VALUE`, by `--NAME VALUE`, which
means the same, or in the table `[train]` of the configuration file. The command line wins, then the file.
"""

import difflib
import inspect
import re
import textwrap
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import typer

from autocomplete.config import CorpusSettings, Meeting, NetworkSettings, RunSettings, TrainingSettings
from autocomplete.errors import UsageError
from autocomplete.interface.cli.options import require_choice

# Of a name that two of them have, such as the precision, the run's is meant: it resolves the other.
KINDS: Mapping[str, type[Any]] = {
    "Run": RunSettings,
    "Corpus": CorpusSettings,
    "Network": NetworkSettings,
    "Training": TrainingSettings,
    "Several processes": Meeting,
}
# Decided by the program, or given in another form: `--budget 5m`.
_NOT_GIVEN = frozenset({"cutoffs", "budget_seconds"})
# What the size decides unless told otherwise.
_OF_SIZE = frozenset({"layers", "embedding_size", "hidden_size", "batch_size", "learning_rate", "average_decay"}) | {
    "input_dropout",
    "hidden_dropout",
    "output_dropout",
    "embedding_dropout",
    "weight_drop",
}
# Spellings of settings that are not their names.
_SHORT = {"ar": "activation_penalty", "tar": "temporal_penalty", "pattern": "patterns"}
_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class SettingsCommand(typer.core.TyperCommand):
    """A command that takes every setting as an option of its name, beside those that it declares."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read settings as `--set` says them, then the rest."""
        declared = {option for parameter in self.params for option in parameter.opts}
        return super().parse_args(ctx, as_assignments(args, declared=declared))


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a dataclass of settings.

    Attributes:
        name: The field's.
        kind: Its type, without None.
        default: Its default; None where one is chosen.
        about: What its docstring says.
    """

    name: str
    kind: Any
    default: object
    about: str

    @property
    def choices(self) -> tuple[str, ...]:
        """What it can be, where that is one of some words."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def shown_kind(self) -> str:
        """Its values, for people."""
        if self.choices:
            return "|".join(self.choices)
        names = {bool: "yes|no", int: "whole number", float: "number", str: "text"}
        return names.get(self.kind, "texts, by commas")

    def read(self, value: object) -> Any:
        """Return a value from its text, or from what TOML made of it; a UsageError where it is none."""
        if self.choices:
            require_choice(self.name, value, self.choices)
            return value
        found = _read_as(self.kind, value)
        if found is None:
            raise UsageError(f"{self.name} {value} is no {self.shown_kind}.", self.about)
        return found


@cache
def known_settings() -> dict[str, dict[str, Setting]]:
    """Every setting by group and name."""
    found: dict[str, dict[str, Setting]] = {}
    for group, kind in KINDS.items():
        hints, described = get_type_hints(kind), _described(kind)
        found[group] = {
            field.name: Setting(
                field.name,
                _without_none(hints[field.name]),
                None if field.default is MISSING else field.default,
                described[field.name],
            )
            for field in fields(kind)
            if field.name not in _NOT_GIVEN and not any(field.name in group for group in found.values())
        }
    return found


def setting(name: str) -> Setting:
    """Find a setting by its name, in either spelling; a UsageError names the nearest."""
    wanted = _SHORT.get(name, name.replace("-", "_"))
    if wanted not in _everything():
        near = difflib.get_close_matches(wanted, _everything(), n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"'{name}' is no setting.", f"{hint}'autocomplete train --help-all' lists them.")
    return _everything()[wanted]


@cache
def _everything() -> dict[str, Setting]:
    """Every setting by its name."""
    return {known.name: known for group in known_settings().values() for known in group.values()}


def assigned(assignments: Iterable[str]) -> dict[str, Any]:
    """Read `NAME=VALUE` texts into settings; of one that is given twice, the last counts."""
    found: dict[str, Any] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"'{text}' is no NAME=VALUE.", "Write something like '--set learning_rate=0.002'.")
        known = setting(name.strip())
        found[known.name] = known.read(value.strip())
    return found


def from_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """Read the settings of a table of the configuration file; `budget` is a duration such as "5m"."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if name == "budget":
            found[name] = str(value)
        else:
            known = setting(name)
            found[known.name] = known.read(value)
    return found


def chosen_of(group: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the chosen settings that a group's dataclass has."""
    names = {field.name for field in fields(KINDS[group])} - _NOT_GIVEN
    return {name: value for name, value in chosen.items() if name in names}


def as_assignments(arguments: Sequence[str], *, declared: Collection[str]) -> list[str]:
    """Rewrite every `--NAME VALUE` of a setting without an option of its own into `--set NAME=VALUE`.

    Args:
        arguments: Of the command line, behind the command.
        declared: The options that the command has, such as `--budget`.
    """
    rewritten: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*rewritten, argument, *rest]
        option, equals, value = argument.partition("=")
        known = None if option in declared or not option.startswith("--") else _setting_spelled(option, declared)
        if known is None:
            rewritten.append(argument)
            continue
        if not equals:
            value = "yes" if known.kind is bool else next(rest, "--")
            if value.startswith("--"):
                raise UsageError(f"'{option}' needs a value: {known.shown_kind}.", f"Write '{option} VALUE'.")
        rewritten += ["--set", f"{known.name}={value}"]
    return rewritten


def reference(width: int = 100) -> str:
    """All settings in lines for a person, by group."""
    lines = ["Settings: '--set NAME=VALUE', '--NAME VALUE', or in the table [train] of config.toml."]
    for group, known in known_settings().items():
        lines += ["", group]
        for each in known.values():
            default = "" if each.default is None else f", else {_shown(each.default)}"
            if each.name in _OF_SIZE:
                default = ", else as suits the size"
            lines.append(f"  {each.name}  ({each.shown_kind}{default})")
            lines += textwrap.wrap(each.about, width, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return "\n".join(lines)


def _setting_spelled(option: str, declared: Collection[str]) -> Setting | None:
    """The setting of an option's name; None where there is none and no other setting was meant."""
    name = option.removeprefix("--")
    wanted = _SHORT.get(name, name.replace("-", "_"))
    if wanted in _everything():
        return _everything()[wanted]
    spelled = [f"--{known.replace('_', '-')}" for known in _everything()]
    near = difflib.get_close_matches(option, [*spelled, *declared], n=1, cutoff=0.8)
    if near and near[0] not in declared:
        raise UsageError(f"No such option: {option}.", f"Did you mean '{near[0]}'?")
    return None


def _read_as(kind: Any, value: object) -> Any:
    """A value of a kind, or None where it is none."""
    if get_origin(kind) is tuple:
        texts = value.split(",") if isinstance(value, str) else value
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) and text for text in texts):
            return None
        return tuple(text.strip() for text in texts)
    if kind is bool:
        return value if isinstance(value, bool) else _TRUTHS.get(str(value).lower())
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return int(str(value)) if kind is int else kind(value)
    except ValueError:
        return None


def _without_none(hint: Any) -> Any:
    """A type without None; several sets of words are one."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    if len(kinds) == 1:
        return kinds[0]
    return Literal[tuple(word for kind in kinds for word in get_args(kind))]


def _described(kind: type[Any]) -> dict[str, str]:
    """What the docstring of a dataclass says of each attribute."""
    _, _, attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    described = re.findall(r"^    (\w+): (.*\n(?:      .*\n?)*)", attributes + "\n", re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in described}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
