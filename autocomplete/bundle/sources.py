"""What a model was made of, for its owner alone: which files were read, and how.

Whoever is given a model without this file cannot tell whether a certain text was read, and its digests are salted, so
that those of two models tell nothing together.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from autocomplete.bundle.folder import SOURCES
from autocomplete.errors import ModelError
from autocomplete.files import read_file, write_file

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceList:
    """The texts that a model was made of.

    Attributes:
        salt: Put before a digest, in hexadecimal digits.
        train: Salted digests of the texts trained on.
        valid: Of those held out, wholly or, where the same as above, in part.
        files: Each file's name, salted digest, bytes and format.
        reading: The paths and settings by which they were read.
    """

    salt: str
    train: tuple[str, ...]
    valid: tuple[str, ...]
    files: tuple[Mapping[str, Any], ...]
    reading: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        *,
        train: Iterable[str],
        valid: Iterable[str],
        files: Iterable[Mapping[str, Any]],
        reading: Mapping[str, Any],
    ) -> Self:
        """Make one of digests as they are, with a new salt."""
        import secrets  # 5 ms that `suggest` need not pay

        salt = secrets.token_hex(_SALT_BYTES)
        return cls(
            salt=salt,
            train=tuple(_salted(salt, each) for each in train),
            valid=tuple(_salted(salt, each) for each in valid),
            files=tuple({**each, "digest": _salted(salt, each["digest"])} for each in files),
            reading=reading,
        )

    def trained_on(self) -> frozenset[str]:
        """Return the salted digests of all that was trained on: of texts, and of files that are part of one."""
        return frozenset(self.train) | (frozenset(each["digest"] for each in self.files) - frozenset(self.valid))

    def salted(self, digest: str) -> str:
        """Return a digest as it stands here."""
        return _salted(self.salt, digest)

    def save(self, folder: Path) -> None:
        """Write the list into a model folder."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        write_file(folder / SOURCES, json.dumps(fields, ensure_ascii=False, indent=1) + "\n")


def read_sources(folder: Path) -> SourceList | None:
    """Return what a model was made of; None where its folder does not tell.

    Raises:
        ModelError: The file is damaged, a link or unreadable.
    """
    path = folder / SOURCES
    try:
        fields = json.loads(read_file(path))
        names = ("train", "valid", "files")
        return SourceList(
            salt=str(fields["salt"]), reading=dict(fields["reading"]), **{name: tuple(fields[name]) for name in names}
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(f"{path}: damaged ({error}).", "Remove the file; the model works without it.") from error


def _salted(salt: str, digest: str) -> str:
    return hashlib.sha256(f"{salt}{digest}".encode()).hexdigest()
