"""Options as settings: most options of `train` and `diagnose` bear the name of the setting that they give."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from autocomplete.config import (
    Cell,
    CorpusSettings,
    Layout,
    Level,
    NetworkSettings,
    Optimizer,
    Schedule,
    TrainingSettings,
)
from autocomplete.interface.cli.options import choice, seconds

Options = Mapping[str, Any]  # the values of a command's options by their names


def corpus_settings(options: Options) -> CorpusSettings:
    """How text becomes tokens."""
    choice("--level", options["level"], get_args(Level))
    choice("--layout", options["layout"], ("auto", *get_args(Layout)))
    given = _given(CorpusSettings, options)
    if options["layout"] == "auto":
        del given["layout"]
    if options.get("pattern"):
        given["patterns"] = tuple(options["pattern"])
    return CorpusSettings(**given)


def network_settings(options: Options) -> dict[str, Any]:
    """The settings of the network that were given, checked before anything is read."""
    given = _given(NetworkSettings, options)
    if "cell" in given:
        choice("--cell", given["cell"], get_args(Cell))
    NetworkSettings(**given)
    return given


def training_settings(options: Options) -> dict[str, Any]:
    """The settings of training that were given, checked before anything is read; without the precision."""
    given = _given(TrainingSettings, options)
    for name, allowed in (("optimizer", Optimizer), ("schedule", Schedule)):
        if name in given:
            choice(f"--{name}", given[name], get_args(allowed))
    if options.get("budget") is not None:
        given["budget_seconds"] = seconds(options["budget"])
    given.pop("precision", None)  # 'auto' is none
    TrainingSettings(**given)
    return given


def _given(kind: type[Any], options: Options) -> dict[str, Any]:
    """The settings of a kind that options give."""
    names = (field.name for field in fields(kind))
    return {name: options[name] for name in names if options.get(name) is not None}
