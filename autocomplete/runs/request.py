"""What is asked of a training run, checked before anything is read."""

import dataclasses
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from autocomplete import bundle
from autocomplete.config import (
    KINDS,
    CorpusSettings,
    Meeting,
    NetworkSettings,
    RunSettings,
    TrainingSettings,
    kinds_of,
    require_suited,
)
from autocomplete.errors import UsageError, nearest

# One path, or several: files, folders, `-` for standard input.
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

# Of the time for both, what a model of characters beside one of words gets.
CHARACTERS_SHARE = 0.25
# The settings of a training that suit any network.
_GENERAL = ("epochs", "max_epochs", "budget_seconds", "seed")
# What is called otherwise at the command line.
_OTHER_NAMES = {"no_network": "ngrams_only", "pattern": "patterns"}
# Of which one may stand alone.
_ONE_OR_SEVERAL = frozenset({"sender"})
# Yes or no, of the request itself.
_TRUTHS = ("ngrams_only", "characters", "force", "resume")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a training run; what makes no sense together is refused with a UsageError.

    Attributes:
        folder: The model folder to make.
        paths: The training text: files, folders, `-`.
        valid_paths: Text to hold out; empty takes a part of the training text.
        corpus: How text becomes tokens.
        network: Settings of the network that replace the recipe's.
        training: Settings of training that replace the recipe's.
        run: What is chosen for the corpus, the budget and the machine unless it is named here.
        ngrams_only: Whether the n-grams are all that is learned.
        characters: Whether a model of the same text's characters stands beside that of its words.
        force: Whether an existing model may be replaced.
        resume: Whether to go on with the folder's unfinished run, with the text and settings that it began with.
        meeting: Where the processes of the run meet; None trains in this one alone.
        share: Part of the budget that this model gets.
    """

    folder: Path
    paths: Sequence[str] = ()
    valid_paths: Sequence[str] = ()
    corpus: CorpusSettings = field(default_factory=CorpusSettings)
    network: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    run: RunSettings = field(default_factory=RunSettings)
    ngrams_only: bool = False
    characters: bool = False
    force: bool = False
    resume: bool = False
    meeting: Meeting | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        self._require_types()
        bundle.refuse_left_over(self.folder)
        _require(
            not (self.force and self.resume),
            "To replace a model is to start over, and to resume is to go on.",
            "Ask for one of the two.",
        )
        if self.resume:
            self._require_only_resumed()
        else:
            self._require_sense()
            self._require_settings()

    @classmethod
    def of(
        cls,
        paths: Paths,
        *,
        model: str | os.PathLike[str],
        valid: Paths = (),
        budget: float | None = None,
        **settings: Any,
    ) -> Self:
        """Return a request from settings by their names: those of the corpus, the network, training and the run.

        Args:
            paths: The training text.
            model: A model's name, or the path of its folder.
            valid: Text to hold out.
            budget: Seconds for the whole run.
            **settings: Fields of `CorpusSettings`, `NetworkSettings`, `TrainingSettings`, `RunSettings` and of this
                class; None leaves one as it is.

        Raises:
            UsageError: A setting has no such name or value.
        """
        given: dict[str, dict[str, Any]] = {kind: {} for kind in ("request", *KINDS)}
        for name, value in settings.items():
            kind = _kind_of(name)
            if value is not None:
                given[kind][name] = _checked(kind, name, value)
        if budget is not None:
            given["training"]["budget_seconds"] = _seconds(budget)
        return cls(
            folder=bundle.model_path(model),
            paths=_listed(paths),
            valid_paths=_listed(valid),
            corpus=CorpusSettings(**given["corpus"]),
            network=given["network"],
            training=given["training"],
            run=RunSettings(**given["run"]),
            **given["request"],
        )

    @property
    def budget_seconds(self) -> float:
        """The time that this model may take."""
        whole: float = self.training.get("budget_seconds", TrainingSettings().budget_seconds)
        return self.share * whole

    @property
    def training_within_share(self) -> dict[str, Any]:
        """The settings of training, with the time that this model may take."""
        return {**self.training, "budget_seconds": self.budget_seconds}

    def of_words(self) -> Self:
        """The request of the words, where characters are learned beside them."""
        return dataclasses.replace(self, characters=False, share=1.0 - CHARACTERS_SHARE)

    def of_characters(self) -> Self:
        """The request of the characters that are learned beside words."""
        corpus = dataclasses.replace(self.corpus, level="char", vocab_size=None, min_count=None, order=None)
        return dataclasses.replace(
            self,
            folder=bundle.inner_folder(self.folder, bundle.CHARACTERS),
            corpus=corpus,
            run=dataclasses.replace(self.run, size="auto", output="auto"),
            network={},
            training={name: self.training[name] for name in _GENERAL if name in self.training},
            characters=False,
            force=True,
            share=CHARACTERS_SHARE,
        )

    def _require_types(self) -> None:
        """Refuse what is of another type; the settings of a kind refuse it themselves."""
        for name in _TRUTHS:
            value = getattr(self, name)
            _require(isinstance(value, bool), f"{name} {value!r} is neither true nor false.", "Give one of them.")
        _require(
            self.meeting is None or isinstance(self.meeting, Meeting),
            f"meeting {self.meeting!r} does not say where processes meet.",
            "Give a Meeting.",
        )

    def _require_only_resumed(self) -> None:
        """Refuse whatever a run that goes on was begun with."""
        for each in dataclasses.fields(self):
            usual = each.default if each.default_factory is dataclasses.MISSING else each.default_factory()
            value = getattr(self, each.name)
            _require(
                each.name in {"folder", "resume", "meeting"} or value == usual or not (value or usual),
                "A run that is resumed goes on with the text and settings that it started with.",
                "Name nothing but the model beside it.",
            )

    def _require_sense(self) -> None:
        """Refuse what makes no sense together."""
        _require(bool(self.paths), "There is no text to learn from.", "Name files or folders.")
        _require(
            not {"epochs", "budget_seconds"} <= self.training.keys(),
            "A number of epochs and a budget both say how long to train.",
            "Give one of the two.",
        )
        _require(
            self.meeting is None or not (self.characters or self.ngrams_only),
            "Several processes train one network together.",
            "Train the characters, or n-grams without a network, in one process.",
        )
        _require(
            not self.characters
            or (self.corpus.level == "word" and not self.corpus.pretokenized and self.corpus.layout != "commands"),
            "Characters stand beside a model of words in running text.",
            "Leave them out where the level is 'char', or the text is split at white space alone or as commands.",
        )
        _require(
            not self.characters or "-" not in [*self.paths, *self.valid_paths],
            "Words and characters each read the text, and standard input comes once.",
            "Save it to a file.",
        )

    def _require_settings(self) -> None:
        """Refuse settings that are none."""
        # Rows that are not asked for are chosen so that they can be read in the parts wanted.
        rows = {"batch_size": self.training.get("accumulate", 1), **self.training}
        require_suited(NetworkSettings(**self.network), TrainingSettings(**rows))


def _kind_of(name: str) -> str:
    """Whose setting a name is: a kind of settings, or the request's own."""
    own = {each.name for each in dataclasses.fields(Request)} - {"folder", "paths", "valid_paths", "share", *KINDS}
    names = {kind: {each.name for each in dataclasses.fields(fields)} for kind, fields in KINDS.items()}
    names["training"] -= {"precision", "budget_seconds"}  # the run's, which may leave it open; and `budget`
    for kind, known in {"request": own, **names}.items():
        if name in known:
            return kind
    near = _OTHER_NAMES.get(name) or nearest(name, {"budget", "valid", *own, *set().union(*names.values())})
    raise UsageError(f"There is no setting '{name}'.", f"Did you mean '{near}'?" if near else "Leave it out.")


def _checked(kind: str, name: str, value: Any) -> Any:
    """A setting's value, a list or one of several made the tuple that several are; refused where it is none."""
    if kind not in KINDS:
        return value
    allowed = kinds_of(KINDS[kind])[name]
    if allowed.base is tuple and isinstance(value, list):
        value = tuple(value)
    if name in _ONE_OR_SEVERAL and isinstance(value, str):
        value = (value,)
    allowed.require(name, value)
    return value


def _seconds(budget: float) -> float:
    _require(
        isinstance(budget, int | float) and not isinstance(budget, bool) and 0 < budget < math.inf,
        f"A budget of {budget!r} is no number of seconds above zero.",
        "Give one, such as 300.",
    )
    return float(budget)


def _listed(paths: Paths) -> list[str]:
    """One path or several as a list of strings."""
    several = [paths] if isinstance(paths, str | os.PathLike) else paths
    return [os.fspath(path) for path in several]


def _require(condition: bool, cause: str, cure: str) -> None:
    if not condition:
        raise UsageError(cause, cure)
