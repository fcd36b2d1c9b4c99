"""The manifest: what a model is and which files it consists of."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, get_args

from autocomplete.bundle.folder import MANIFEST
from autocomplete.config import Cell, Layout, Level, NetworkSettings
from autocomplete.errors import Cure, ModelError, UsageError
from autocomplete.files import read_file
from autocomplete.text.unicode import holds_control

FORMAT_VERSION = 3
# Before it, experts had other names, and the weights did not say whose they are.
OLDEST_FORMAT = 2


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file that a manifest names: its name in the folder, size in bytes and SHA-256."""

    name: str
    bytes: int
    sha256: str

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "FileEntry":
        """Rebuild from a manifest; what a later version may have added is left out."""
        return cls(fields["name"], fields["bytes"], fields["sha256"])


class Thresholds(NamedTuple):
    """From which probability on suggestions are shown unasked; the first two are called as the kinds of those are.

    Attributes:
        next: Of a next word, alone or as the first of a phrase.
        complete: Of the rest of a half-typed word, likewise.
        phrase: Of each word of a phrase, on average.
    """

    next: float
    complete: float
    phrase: float


# What stands in for thresholds that were not fitted. Fitted on fifteen texts of 9 kB to 3.9 MB so that half of what is
# shown is right, those of next words were 0.25 to 0.45, of completions mostly the least allowed, 0.25, and of phrases
# 0.42 to 0.74 (benchmarks/experiments.md).
UNFITTED = Thresholds(next=0.35, complete=0.35, phrase=0.7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model is, which files it consists of and how it was made.

    Attributes:
        level: `word` or `char`.
        layout: How line breaks were read.
        pretokenized: Whether tokens were split on white space alone.
        segmenter: What cut the words of scripts without spaces, its version included; None where nothing did.
        network: The network's cell and shape, or None where the folder holds no network.
        files: The folder's files by role: `vocabulary`, `weights`, `ngrams`.
        mixture: The weights of the experts (`predict.experts.mixture`), or None where none were fitted.
        threshold: Next words at least so probable are right often enough to be shown unasked; None where unknown.
        thresholds: The same of completions within a word, `complete`, and of phrases, `phrase`; None where unknown, as
            in models of earlier versions.
        card: The training card: corpus, settings, results, for people and for `info`.
        format: Version of the folder's format.
    """

    level: Level
    layout: Layout
    pretokenized: bool
    network: NetworkSettings | None
    files: Mapping[str, FileEntry]
    mixture: Mapping[str, Any] | None = None
    threshold: float | None = None
    thresholds: Mapping[str, float] | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    segmenter: str | None = None
    format: int = FORMAT_VERSION

    @property
    def shown_from(self) -> Thresholds:
        """From which probability on suggestions are shown unasked; what was not fitted is as usual."""
        if self.threshold is None:
            return UNFITTED
        fitted = self.thresholds or {}
        return Thresholds(
            next=self.threshold,
            complete=fitted.get("complete", UNFITTED.complete),
            phrase=fitted.get("phrase", self.threshold),  # as long as there was one threshold for all
        )

    def with_thresholds(self, found: Thresholds | None) -> "Manifest":
        """Return the same with other thresholds; None forgets them."""
        if found is None:
            return dataclasses.replace(self, threshold=None, thresholds=None)
        return dataclasses.replace(
            self, threshold=found.next, thresholds={"complete": found.complete, "phrase": found.phrase}
        )

    def to_json(self) -> str:
        """Return the text of `model.json`."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, source: Path) -> "Manifest":
        """Read the text of `model.json`, of this format or an older one; `source` is named in errors.

        Fields that a later version may have added are left out.
        """
        try:
            fields = json.loads(text)
            if not isinstance(fields, dict):
                raise TypeError("it holds no object")
            version = fields["format"]
            if type(version) is not int:
                raise TypeError("its format is no number")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelError(f"{source}: not a model manifest ({error}).", Cure.TRAIN_AGAIN) from error
        if version > FORMAT_VERSION:
            raise _newer(source, f"format {version}, and this program reads up to format {FORMAT_VERSION}")
        if version < OLDEST_FORMAT:
            raise ModelError(
                f"{source}: the model has format {version}, and this program reads format {OLDEST_FORMAT} and later.",
                Cure.OLD_PROGRAM,
            )
        try:
            fields = _as_now(fields) if version < FORMAT_VERSION else fields
            if (unknown := _unknown_shape(fields["network"])) is not None:
                raise _newer(source, f"a network that this program does not know ({unknown})")
            return cls(**_checked(fields))
        except (TypeError, KeyError, AttributeError, ValueError, RecursionError, UsageError) as error:
            raise ModelError(f"{source}: the manifest is damaged ({error}).", Cure.TRAIN_AGAIN) from error


def _newer(source: Path, what: str) -> ModelError:
    return ModelError(f"{source}: the model is of a newer format: it has {what}.", "Update autocomplete.")


def _unknown_shape(network: Any) -> str | None:
    """What a later version says of a network and this one does not understand, or None."""
    if not isinstance(network, dict):
        return None
    cell = network.get("cell")
    if isinstance(cell, str) and cell not in get_args(Cell):
        return f"the cell '{cell}'"
    added = network.keys() - {each.name for each in dataclasses.fields(NetworkSettings)}
    return f"its '{min(added)}'" if added else None


def _as_now(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a manifest of format 2 as this format has them.

    The network's expert was called after its first cell, and the classes of weights stood in another order.
    """
    mixture = fields["mixture"]
    if mixture is not None:
        by_match = mixture["weights"]  # by length of match, entropy, evidence and expert
        mixture = {
            "experts": ["network", "ngram", "cache"],
            "classes": [
                {"borders": mixture["entropy_edges"], "floor": None},
                {"borders": list(range(len(by_match) - 1)), "floor": None},
                {"borders": mixture["evidence_edges"], "floor": mixture["evidence_floor"]},
            ],
            "weights": [list(of_matches) for of_matches in zip(*by_match, strict=True)],
            "temperature": mixture.get("temperature", 1.0),
        }
    return {**fields, "mixture": mixture, "card": _renamed(fields["card"]), "format": FORMAT_VERSION}


def _renamed(value: Any) -> Any:
    """Figures of experts by the names that these have now."""
    if isinstance(value, dict):
        return {"network" if name == "lstm" else name: _renamed(each) for name, each in value.items()}
    return [_renamed(each) for each in value] if isinstance(value, list) else value


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the known fields of a manifest as Python values; an exception where one is wrong."""
    fields = {name: fields[name] for name in fields.keys() & {each.name for each in dataclasses.fields(Manifest)}}
    fields["files"] = {role: FileEntry.from_dict(entry) for role, entry in fields["files"].items()}
    if any(entry.name in ("", "..") or Path(entry.name).name != entry.name for entry in fields["files"].values()):
        raise ValueError("a file outside the folder")
    if fields["level"] not in get_args(Level) or fields["layout"] not in get_args(Layout):
        raise ValueError("an unknown level or layout")
    if not isinstance(fields["card"], dict):
        raise ValueError("the card is no object")
    if fields["network"] is not None:
        fields["network"] = NetworkSettings.from_dict(fields["network"])
    if not isinstance(fields["mixture"], dict | None):
        raise ValueError("the mixture is no object")
    if not isinstance(fields.get("segmenter"), str | None) or holds_control(fields.get("segmenter") or ""):
        raise ValueError("what cuts words is no readable text")
    if fields["threshold"] is not None and not 0.0 <= fields["threshold"] <= 1.0:
        raise ValueError("a threshold outside 0 to 1")
    others = fields.get("thresholds")
    if others is not None and not all(0.0 <= others[name] <= 1.0 for name in ("complete", "phrase")):
        raise ValueError("a threshold outside 0 to 1")
    return fields


def read_manifest(folder: Path) -> Manifest:
    """Read and check a model folder's manifest."""
    source = folder / MANIFEST
    try:
        return Manifest.from_json(read_file(source).decode("utf-8"), source=source)
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise ModelError(f"{source}: cannot be read ({error}).", Cure.TRAIN_AGAIN) from error
