"""The corpus store, the work folder of a training run: tokens as memory-mapped arrays, and the text held out."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from autocomplete.config import Layout, Level
from autocomplete.corpus.encoding import TextChunk, kept_texts
from autocomplete.corpus.secrets import SecretKind
from autocomplete.corpus.tokenizer import Tokenizer
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.errors import CorpusError, ModelError, system_cause, system_cure

Part = Literal["train", "valid"]
PARTS: tuple[Part, Part] = ("train", "valid")

VOCABULARY_FILE = "vocabulary.json"
REPORT_FILE = "report.json"
VALID_TEXT_FILE = "valid.text.jsonl"  # a TextChunk a line


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusReport:
    """What was read and what became of it.

    Attributes:
        level: `word` or `char`.
        layout: `lines` or `text`.
        layout_reason: One sentence: what the layout rests on.
        pretokenized: Whether tokens were split at white space alone.
        files: Files that the tokens come from, validation files among them.
        duplicate_files: Files left out because another has the same content.
        empty_files: Files of folders left out because they hold nothing.
        bytes: Bytes of text in UTF-8, training and validation.
        lines: Lines of training text that are not blank.
        duplicate_line_share_estimate: Share of those seen before in the training text; exact for small corpora,
            from a sample of the distinct lines for larger ones.
        train_tokens: Tokens to train on, every `<eos>` included.
        valid_tokens: Tokens held out.
        train_characters: Characters of the training text, for bits per character.
        valid_characters: Characters of the text held out.
        train_words: Words of the training text, as white space separates them.
        valid_words: Words of the text held out.
        vocabulary_size: Tokens in the vocabulary, specials included.
        distinct_types: Distinct tokens of the training text before rare ones were cut.
        types_pruned: Whether so many were distinct that the rarest were forgotten while counting, so that
            `distinct_types` and the counts of rare tokens are lower bounds.
        train_unknown_share: Share of `<unk>` among the training tokens.
        valid_unknown_share: Share of `<unk>` among the tokens held out.
        controls: Stray control characters that were read as spaces.
        secret_lines: How many lines were left out because they look as if they held a secret, by its kind.
        seconds: How long it took.
        train_digests: SHA-256 of every file trained on.
        valid_digests: SHA-256 of every file held out, wholly or, where the same as above, in part.
    """

    level: Level
    layout: Layout
    layout_reason: str
    pretokenized: bool
    files: int
    duplicate_files: int
    empty_files: int
    bytes: int
    lines: int
    duplicate_line_share_estimate: float
    train_tokens: int
    valid_tokens: int
    train_characters: int
    valid_characters: int
    train_words: int
    valid_words: int
    vocabulary_size: int
    distinct_types: int
    types_pruned: bool
    train_unknown_share: float
    valid_unknown_share: float
    controls: int
    secret_lines: dict[SecretKind, int]
    seconds: float
    train_digests: tuple[str, ...]
    valid_digests: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return asdict(self)

    def save(self, folder: Path) -> None:
        """Write `report.json`."""
        (folder / REPORT_FILE).write_text(json.dumps(self.as_dict(), indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Self:
        """Rebuild from `as_dict`.

        Raises:
            ValueError: The values are not a report.
        """
        if value.keys() != {each.name for each in fields(cls)}:
            raise ValueError("not the fields of a corpus report")
        digests = {name: tuple(value[name]) for name in ("train_digests", "valid_digests")}
        return cls(**{**value, **digests})


@dataclass(frozen=True)
class CorpusStore:
    """A tokenised corpus on disk.

    Attributes:
        folder: Where it lies.
        vocabulary: The tokens and their ids.
        report: What was read.
    """

    folder: Path
    vocabulary: Vocabulary
    report: CorpusReport

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open what `ingest` left.

        Raises:
            CorpusError: The folder is no corpus store, or an unfinished one.
        """
        try:
            report = CorpusReport.from_dict(json.loads((folder / REPORT_FILE).read_bytes()))
            store = cls(folder, _vocabulary(folder / VOCABULARY_FILE), report)
            lengths = store.train.size, store.valid.size
            (folder / VALID_TEXT_FILE).stat()
        except (FileNotFoundError, ValueError, AttributeError, ModelError) as error:
            raise CorpusError(
                f"{folder}: not a finished corpus store ({error}).", "Start over with 'autocomplete train … --force'."
            ) from error
        except OSError as error:
            raise CorpusError(f"{error.filename or folder}: {system_cause(error)}.", system_cure(error)) from error
        if lengths != (report.train_tokens, report.valid_tokens):
            raise CorpusError(
                f"{folder}: its tokens and its report disagree.", "Start over with 'autocomplete train … --force'."
            )
        return store

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that made these tokens."""
        return Tokenizer(self.report.level, self.report.layout, self.report.pretokenized)

    @cached_property
    def train(self) -> npt.NDArray[np.int32]:
        """Ids of the training text, memory-mapped."""
        return _mapped(tokens_path(self.folder, "train"))

    @cached_property
    def valid(self) -> npt.NDArray[np.int32]:
        """Ids of the text held out, memory-mapped."""
        return _mapped(tokens_path(self.folder, "valid"))

    def valid_texts(self) -> Iterator[TextChunk]:
        """Yield the text held out, in order; `encode` makes of each chunk its stretch of `valid`.

        Raises:
            CorpusError: The file is missing or damaged.
        """
        path = self.folder / VALID_TEXT_FILE
        characters = 0
        try:
            for chunk in kept_texts(path):
                characters += len(unicodedata.normalize("NFC", chunk.text))
                yield chunk
        except (FileNotFoundError, ValueError) as error:
            raise CorpusError(
                f"{path}: not the text held out ({error}).", "Start over with 'autocomplete train … --force'."
            ) from error
        except OSError as error:
            raise CorpusError(f"{path}: {system_cause(error)}.", system_cure(error)) from error
        if characters != self.report.valid_characters:
            raise CorpusError(
                f"{path}: its text and the report disagree.", "Start over with 'autocomplete train … --force'."
            )


def tokens_path(folder: Path, part: Part) -> Path:
    """Name the file of ids of `train` or `valid`."""
    return folder / f"{part}.tokens.npy"


def _vocabulary(path: Path) -> Vocabulary:
    return Vocabulary.from_json(path.read_bytes(), source=path)


def _mapped(path: Path) -> npt.NDArray[Any]:
    mapped: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped
