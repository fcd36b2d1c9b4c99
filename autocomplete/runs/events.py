"""What happens in a training run, and what ends one early. Plain values, without JAX.

A run begins with `IngestProgress` and the `CorpusReport`. `Counted` follows: the n-grams are a model already. Where a
network is trained, `Planned` and the events of training follow, with `Published` after each that was the best so far,
or `Withheld` at the end where no network was worth it.
`MixtureFit`, `Calibration`, `CardProgress` and `Card` end each model, and `ModelReady` the run.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autocomplete.corpus.ingest import IngestProgress
from autocomplete.corpus.store import CorpusReport
from autocomplete.errors import AutocompleteError, TrainingInterrupted
from autocomplete.network.events import Event, Plan
from autocomplete.ngrams.build import NgramReport
from autocomplete.runs.closing import Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The n-grams are in the model folder: it can be used, while the network is still to be trained."""

    folder: Path
    report: NgramReport


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The text that a network is scored on, as what its losses mean in bits a character depends on it.

    Attributes:
        tokens: Tokens scored.
        characters: Characters of the text.
        spelling_nats: What the letters of its unknown words cost: to a network they are all one word.
    """

    tokens: int
    characters: int
    spelling_nats: float

    def bits_per_character(self, nats: float) -> float:
        """Bits a character at a loss in nats a token, unknown words spelled."""
        return (nats * self.tokens + self.spelling_nats) / math.log(2) / max(self.characters, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan, before training starts.

    Attributes:
        plan: What will be trained.
        held_out: What it is scored on.
        longer: Whether the least that a network must read takes longer than the budget leaves.
        resumed_step: Steps that the run had taken when it stopped.
    """

    plan: Plan
    held_out: HeldOut
    longer: bool = False
    resumed_step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A better model is in `folder` and can be used; `corpus` is the store it is trained on."""

    folder: Path
    corpus: Path
    step: int
    perplexity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The run ended without a network to publish.

    Attributes:
        reason: `diverged`; `unigrams` where none predicted held-out text better than frequencies of single tokens;
            `unread` where none that did had read enough of the text.
        perplexity: Of the best network on held-out text; nan where none was scored.
        unigram_perplexity: Of the frequencies.
        replacing: Whether an old model stays; else the n-grams are the model.
    """

    reason: Literal["diverged", "unigrams", "unread"]
    perplexity: float
    unigram_perplexity: float
    replacing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CharactersBegun:
    """The words are learned; the characters of the same text follow, a model of their own in `folder`."""

    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CharactersLeftOut:
    """The characters that were wanted beside the words are not learned: the text is commands, and none is spelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReady:
    """The model in `folder` is finished: the last event of a run."""

    folder: Path


RunEvent = (
    IngestProgress
    | CorpusReport
    | Counted
    | Planned
    | Published
    | Withheld
    | Event
    | Closing
    | CharactersBegun
    | CharactersLeftOut
    | ModelReady
)


class RunStopped(TrainingInterrupted):
    """Stopped on request while a network was trained: the run can be resumed."""


class CardMissing(TrainingInterrupted):
    """Stopped on request when the model was in place, before its report card was written."""


class DivergenceError(AutocompleteError):
    """The loss diverged: the best network before that is kept, or else the n-grams, or the old model."""
