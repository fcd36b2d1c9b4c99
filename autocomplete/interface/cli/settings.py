"""The settings of `train` and `diagnose`: the fields of the frozen dataclasses, each given by its name.

What a person decides has an option of its own. Everything else is given by `--set NAME=VALUE`, by `--NAME VALUE`, which
means the same, or in the table `[train]` of the configuration file. An option of its own wins, then `--set`, then the
file. `--no-NAME` says no; `none`, or nothing, leaves open what can be left open.
"""

import inspect
import re
import textwrap
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Annotated, Any

import typer

from autocomplete.config import KINDS, Kind, Meeting, kinds_of
from autocomplete.errors import UsageError, nearest
from autocomplete.interface.cli import options

# The dataclasses by the names that people read.
_GROUPS: Mapping[str, type[Any]] = {
    **{name.capitalize(): kind for name, kind in KINDS.items()},
    "Several processes": Meeting,
}
# Decided by the program, or given in another form: `--budget 5m`.
_NOT_GIVEN = frozenset({"cutoffs", "budget_seconds", "standing"})
# What the size decides unless told otherwise.
_OF_SIZE = frozenset({"layers", "embedding_size", "hidden_size", "batch_size", "learning_rate", "average_decay"}) | {
    "input_dropout",
    "hidden_dropout",
    "output_dropout",
    "embedding_dropout",
    "weight_drop",
}
# Spellings of settings that are not their names.
_SHORT = {"ar": "activation_penalty", "tar": "temporal_penalty", "pattern": "patterns", "as": "format"}
_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class SettingsCommand(typer.core.TyperCommand):
    """A command that takes every setting as an option of its name, beside those that it declares."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read settings as `--set` says them, then the rest; a shell that completes has half a line yet."""
        if not ctx.resilient_parsing:
            args = as_assignments(args, declared=self._declared())
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """The options that are declared, and for a shell that completes those of the settings too."""
        declared = super().get_params(ctx)
        if not ctx.resilient_parsing:
            return declared
        spelled = {_option_of(each): each for each in _everything().values()}
        return [*declared, *(_completed(spelled[option]) for option in spelled.keys() - self._declared())]

    def _declared(self) -> set[str]:
        return {option for parameter in self.params for option in parameter.opts}


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a dataclass of settings.

    Attributes:
        name: The field's.
        kind: What it can be.
        default: Its default; None where one is chosen.
        about: What its docstring says.
    """

    name: str
    kind: Kind
    default: object
    about: str

    @property
    def shown_kind(self) -> str:
        """Its values, for people."""
        if self.kind.words:
            return "|".join(self.kind.words) + (", several by commas" if self.kind.base is tuple else "")
        return {bool: "yes|no", int: "whole number", float: "number", str: "text"}.get(
            self.kind.base, "texts, by commas"
        )

    def read(self, value: object) -> Any:
        """Return a value from its text, or from what TOML made of it; a UsageError where it is none."""
        found = _read_as(self.kind, value)
        try:
            self.kind.require(self.name, found)
        except UsageError as error:
            raise UsageError(error.cause, error.cure if self.kind.words else self._cure) from error
        return found

    @property
    def _cure(self) -> str:
        if self.kind.base is bool:
            return "Give yes or no."
        example = _shown({int: 5, float: 0.5}.get(self.kind.base) if self.default is None else self.default)
        wanted = self.shown_kind if self.kind.base is tuple else "one"
        return f"Give {wanted}." if example == "None" else f"Give {wanted}, for example {example}."


class _Budget(Setting):
    """The time for all of a run, which people write as a duration."""

    __slots__ = ()

    @property
    def shown_kind(self) -> str:
        return "time such as 90s, 5m, 1h"

    def read(self, value: object) -> float:
        """Return the seconds of a duration."""
        return options.seconds(str(value))


class _Names(Setting):
    """Names of people, which may have commas in them: a text is one name."""

    __slots__ = ()

    @property
    def shown_kind(self) -> str:
        return "text, or a list of them in config.toml"

    def read(self, value: object) -> Any:
        """Return the names of a list, or of a text the one that it is."""
        if isinstance(value, str):
            return () if value.lower() in ("", "none") else (value,)
        return Setting.read(self, value)


@cache
def known_settings() -> dict[str, dict[str, Setting]]:
    """Every setting by group and name."""
    found: dict[str, dict[str, Setting]] = {}
    for group, kind in _GROUPS.items():
        kinds, described = kinds_of(kind), _described(kind)
        found[group] = {
            field.name: Setting(
                field.name,
                kinds[field.name],
                None if field.default in (MISSING, ()) else field.default,
                described[field.name],
            )
            for field in fields(kind)
            if field.name not in _NOT_GIVEN and not any(field.name in group for group in found.values())
        }
        if "budget_seconds" in kinds:
            found[group]["budget"] = _Budget("budget", Kind(float), "5m", described["budget_seconds"])
        if "sender" in kinds:
            found[group]["sender"] = _Names("sender", kinds["sender"], None, described["sender"])
    return found


def setting(name: str) -> Setting:
    """Find a setting by its name, in either spelling; a UsageError names the nearest."""
    known = _found(name)
    if known is None:
        near = nearest(name.replace("-", "_"), _everything())
        hint = f"Did you mean '{near}'? " if near else ""
        raise UsageError(f"'{name}' is no setting.", f"{hint}'autocomplete train --help-all' lists them.")
    return known


def _found(name: str) -> Setting | None:
    """The setting of a name, in either spelling."""
    return _everything().get(_SHORT.get(name, name.replace("-", "_")))


@cache
def _everything() -> dict[str, Setting]:
    """Every setting by its name."""
    return {known.name: known for group in known_settings().values() for known in group.values()}


def assigned(assignments: Iterable[str]) -> dict[str, Any]:
    """Read `NAME=VALUE` texts into settings; of one that is given twice, the last counts.

    What a command has an option of its own for, such as `--seed`, counts more than all of these; that is the command's
    to see to.
    """
    found: dict[str, Any] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"'{text}' is no NAME=VALUE.", "Write something like '--set learning_rate=0.002'.")
        known = setting(name.strip())
        found[known.name] = known.read(value.strip())
    return found


def from_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """Read the settings of a table of the configuration file; one that it gives in two spellings is refused."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        known = setting(name)
        if known.name in found:
            raise UsageError(f"'{known.name}' is given twice, in two spellings.", "Leave one of the two.")
        found[known.name] = known.read(value)
    return found


def complete_assignment(incomplete: str) -> list[str]:
    """Complete `NAME=VALUE` for the shell: the name, or one of the words that it can be."""
    name, equals, value = incomplete.partition("=")
    if not equals:
        return [f"{known}=" for known in _everything() if known.startswith(name.replace("-", "_"))]
    known = _found(name)
    return [] if known is None else [f"{name}={word}" for word in _words(known) if word.startswith(value)]


Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        autocompletion=complete_assignment,
        help="Any other setting; '--NAME VALUE' means the same. An option of its own wins.",
    ),
]


def _words(known: Setting) -> tuple[str, ...]:
    """The words that a setting can be; none where it is no such word."""
    return ("yes", "no") if known.kind.base is bool else known.kind.words


def _option_of(known: Setting) -> str:
    return f"--{known.name.replace('_', '-')}"


def _completed(known: Setting) -> Any:
    """A setting as an option that a shell can complete."""
    flag = known.kind.base is bool
    return typer.core.TyperOption(
        param_decls=[_option_of(known)],
        is_flag=flag,
        hidden=True,
        expose_value=False,
        default=False if flag else None,
        shell_complete=lambda _context, _option, incomplete: [
            word for word in _words(known) if word.startswith(incomplete)
        ],
    )


def as_assignments(arguments: Sequence[str], *, declared: Collection[str]) -> list[str]:
    """Rewrite every `--NAME VALUE` of a setting without an option of its own into `--set NAME=VALUE`.

    Args:
        arguments: Of the command line, behind the command.
        declared: The options that the command has, such as `--budget`.
    """
    rewritten: list[str] = []
    rest = deque(arguments)
    while rest:
        argument = rest.popleft()
        if argument == "--":
            return [*rewritten, argument, *rest]
        option, equals, value = argument.partition("=")
        known = _setting_spelled(option, declared)
        says_truth = bool(equals) or (bool(rest) and rest[0].lower() in _TRUTHS)
        if known is None or (option in declared and not (known.kind.base is bool and says_truth)):
            rewritten.append(argument)
            continue
        if _found(option.removeprefix("--")) is None:  # `--no-NAME`
            if equals:
                raise UsageError(f"'{option}' says no, and takes no value.", f"Write '{option}' alone.")
            value = "no"
        elif not equals:
            value = _value_behind(option, known, rest)
        rewritten += ["--set", f"{known.name}={value}"]
    return rewritten


def _value_behind(option: str, known: Setting, rest: deque[str]) -> str:
    """Take a setting's value from what follows its option; alone it says yes."""
    if known.kind.base is bool:
        return rest.popleft() if rest and rest[0].lower() in _TRUTHS else "yes"
    if not rest or rest[0].startswith("--"):
        raise UsageError(f"'{option}' needs a value: {known.shown_kind}.", f"Write '{option} VALUE'.")
    return rest.popleft()


def chosen_of(kind: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the chosen settings that a kind's dataclass has."""
    return {name: value for name, value in chosen.items() if name in kinds_of(KINDS[kind]).keys() - _NOT_GIVEN}


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
    """The setting of an option's name, or of `--no-NAME`; None where there is none and no other setting was meant."""
    name = option.removeprefix("--")
    if name == option:
        return None
    known = _found(name)
    opposite = _found(name.removeprefix("no-"))
    if known is not None or option in declared:
        return known
    if opposite is not None and opposite.kind.base is bool:
        return opposite
    meant = {spelled: spelled for spelled in map(_option_of, _everything().values())}
    for each in (each for each in _everything().values() if each.kind.base is bool):
        bare = _option_of(each).removeprefix("--")
        meant |= dict.fromkeys((f"--no-{bare}", f"--un{bare}"), f"--no-{bare}")
    near = nearest(option, [*meant, *declared], least=0.8)
    if near and near not in declared:
        raise UsageError(f"No such option: {option}.", f"Did you mean '{meant[near]}'?")
    return None


def _read_as(kind: Kind, value: object) -> Any:
    """A value of a kind from its text or from TOML; what is no such value, as it is."""
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, str):
        return value
    return None if kind.optional and value.lower() in ("", "none") else _from_text(kind, value)


def _from_text(kind: Kind, value: str) -> Any:
    if kind.base is tuple:
        texts = tuple(text.strip() for text in value.split(","))
        return texts if all(texts) else value
    if kind.base is bool:
        return _TRUTHS.get(value.lower(), value)
    try:
        return kind.base(value)
    except ValueError:
        return value


def _described(kind: type[Any]) -> dict[str, str]:
    """What the docstring of a dataclass says of each attribute, in words for people who do not program."""
    _, _, attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    described = re.findall(r"^    (\w+): (.*\n(?:      .*\n?)*)", attributes + "\n", re.MULTILINE)
    return {
        name: " ".join(text.split()).replace("`", "").replace("None: ", "Unless given: ") for name, text in described
    }


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
