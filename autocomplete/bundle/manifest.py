"""The manifest: what a model is and which files it consists of."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autocomplete.bundle.folder import MANIFEST
from autocomplete.config import Layout, Level, NetworkSettings
from autocomplete.errors import ModelError, UsageError
from autocomplete.files import read_file

FORMAT_VERSION = 2

RETRAIN = "Train it again with 'autocomplete train … --force', or restore the folder from a copy."


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file that a manifest names: its name in the folder, size in bytes and SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model is, which files it consists of and how it was made.

    Attributes:
        level: `word` or `char`.
        layout: How line breaks were read.
        pretokenized: Whether tokens were split on white space alone.
        network: The network's cell and shape, or None where the folder holds no network.
        files: The folder's files by role: `vocabulary`, `weights`, `ngrams`.
        mixture: The weights of the experts (`predict.mixture`), or None where none were fitted.
        threshold: Suggestions at least so probable are right often enough to be shown unasked; None where unknown.
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
    card: Mapping[str, Any] = field(default_factory=dict)
    format: int = FORMAT_VERSION

    def to_json(self) -> str:
        """Return the text of `model.json`."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, source: Path) -> "Manifest":
        """Read the text of `model.json`; `source` is named in errors."""
        try:
            fields = json.loads(text)
            version = fields["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{source}: not a model manifest ({error}).", RETRAIN) from error
        if version != FORMAT_VERSION:
            raise ModelError(
                f"{source}: the model has format {version}, and this program reads format {FORMAT_VERSION}.",
                "Use the version of autocomplete that made it, or train it again with '--force'.",
            )
        try:
            return cls(**_checked(fields))
        except (TypeError, KeyError, AttributeError, ValueError, UsageError) as error:
            raise ModelError(f"{source}: the manifest is damaged ({error}).", RETRAIN) from error


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a manifest as Python values; an exception where one is wrong."""
    fields["files"] = {role: FileEntry(**entry) for role, entry in fields["files"].items()}
    if any(entry.name in ("", "..") or Path(entry.name).name != entry.name for entry in fields["files"].values()):
        raise ValueError("a file outside the folder")
    if fields["level"] not in ("word", "char") or fields["layout"] not in ("lines", "text"):
        raise ValueError("an unknown level or layout")
    if not isinstance(fields["card"], dict):
        raise ValueError("the card is no object")
    if fields["network"] is not None:
        fields["network"] = NetworkSettings.from_dict(fields["network"])
    if not isinstance(fields["mixture"], dict | None):
        raise ValueError("the mixture is no object")
    if fields["threshold"] is not None and not 0.0 <= fields["threshold"] <= 1.0:
        raise ValueError("a threshold outside 0 to 1")
    return fields


def read_manifest(folder: Path) -> Manifest:
    """Read and check a model folder's manifest."""
    source = folder / MANIFEST
    try:
        return Manifest.from_json(read_file(source).decode("utf-8"), source=source)
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise ModelError(f"{source}: cannot be read ({error}).", RETRAIN) from error
