"""The corpus store, the work folder of a training run: tokens as memory-mapped arrays, and the text held out."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import Float32Array, Int32Array
from autocomplete.config import Layout, Level
from autocomplete.corpus.accounts import Account, without_names
from autocomplete.corpus.encoding import TextChunk, kept_texts
from autocomplete.corpus.sources import FILES_READ
from autocomplete.errors import CorpusError, Cure, ModelError, UsageError, system_cause, system_cure
from autocomplete.text.secret_rules import SecretKind
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import END, Vocabulary

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
        layout: `lines`, `text` or `commands`.
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
        segmenter: What cut words of scripts without spaces, its version included; None where there are none, or each of
            their letters is a word.
        uncut: Letters of such scripts that are words of the training text each, because nothing cuts them.
        controls: Stray control characters that were read as spaces.
        secret_lines: How many lines were left out because they look as if they held a secret, by its kind.
        secrets_kept: Whether such lines were kept, because that was wanted.
        seconds: How long it took.
        account: How files were read; None in what an older version wrote.
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
    segmenter: str | None
    uncut: int
    controls: int
    secret_lines: dict[SecretKind, int]
    secrets_kept: bool
    seconds: float
    train_digests: tuple[str, ...]
    valid_digests: tuple[str, ...]
    account: Account | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return asdict(self)

    def for_others(self) -> dict[str, Any]:
        """Return the same without what tells of people and files, for those who are given a model."""
        told = {name: value for name, value in self.as_dict().items() if name not in ("train_digests", "valid_digests")}
        return {**told, "account": None if self.account is None else without_names(self.account)}

    def save(self, folder: Path) -> None:
        """Write `report.json`."""
        (folder / REPORT_FILE).write_text(json.dumps(self.as_dict(), indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Self:
        """Rebuild from `as_dict`.

        Raises:
            ValueError: The values are not a report.
        """
        names = {each.name for each in fields(cls)}
        if not names - {"account"} <= value.keys() <= names:
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
            raise CorpusError(f"{folder}: not a finished corpus store ({error}).", Cure.START_OVER) from error
        except OSError as error:
            raise CorpusError(f"{error.filename or folder}: {system_cause(error)}.", system_cure(error)) from error
        if lengths != (report.train_tokens, report.valid_tokens):
            raise CorpusError(f"{folder}: its tokens and its report disagree.", Cure.START_OVER)
        return store

    def files_read(self) -> Iterator[dict[str, Any]]:
        """Yield each file that was read: its `name`, the `digest` of its text, its `bytes` and its `format`.

        Stores of older versions do not tell.
        """
        path = self.folder / FILES_READ
        if path.exists():
            with path.open(encoding="utf-8") as file:
                yield from map(json.loads, file)

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that made these tokens."""
        report = self.report
        return Tokenizer(report.level, report.layout, report.pretokenized, segments=report.segmenter is not None)

    @cached_property
    def train(self) -> Int32Array:
        """Ids of the training text, memory-mapped."""
        return _mapped(tokens_path(self.folder, "train"))

    @cached_property
    def valid(self) -> Int32Array:
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
                characters += len(self.tokenizer.normal(chunk.text))
                yield chunk
        except (FileNotFoundError, ValueError) as error:
            raise CorpusError(f"{path}: not the text held out ({error}).", Cure.START_OVER) from error
        except OSError as error:
            raise CorpusError(f"{path}: {system_cause(error)}.", system_cure(error)) from error
        if characters != self.report.valid_characters:
            raise CorpusError(f"{path}: its text and the report disagree.", Cure.START_OVER)


def tokens_path(folder: Path, part: Part) -> Path:
    """Name the file of ids of `train` or `valid`."""
    return folder / f"{part}.tokens.npy"


def _vocabulary(path: Path) -> Vocabulary:
    return Vocabulary.from_json(path.read_bytes(), source=path)


def _mapped(path: Path) -> npt.NDArray[Any]:
    mapped: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


class Window(NamedTuple):
    """One step of training, always of the same shape.

    Attributes:
        inputs: The tokens read, (B, T).
        targets: The token after each, (B, T).
        weights: 1.0 where the target counts, 0.0 where it is padding, (B, T).
    """

    inputs: Int32Array
    targets: Int32Array
    weights: Float32Array


class Windows:
    """The token stream as `batch_size` contiguous rows, read `length` tokens at a time.

    Row b of window k + 1 goes on where row b of window k stopped, so a recurrent state can be carried. Every
    token is a target with weight 1 exactly once; the first input of all is `<eos>`. Rows differ in
    length by at most one token. Reads only the tokens it hands out, so `tokens` may be memory-mapped.
    With `rows` it hands out those alone; windows are as many as those of all rows.
    """

    def __init__(self, tokens: Int32Array, *, batch_size: int, length: int, rows: slice = slice(None)) -> None:
        if batch_size < 1 or length < 1:
            raise UsageError(
                f"Windows of {batch_size} rows by {length} tokens hold nothing.", "Give at least 1 for both."
            )
        self.batch_size = batch_size
        self.length = length
        self.tokens = np.asarray(tokens)
        borders = np.arange(batch_size + 1, dtype=np.int64) * len(tokens) // batch_size
        self._starts, self._stops = borders[:-1][rows, None], borders[1:][rows, None]  # (B, 1)
        self._count = math.ceil(int(np.diff(borders).max()) / length)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Window:
        if not 0 <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        places = self._starts + index * self.length + np.arange(self.length)  # (B, T)
        counts = places < self._stops
        places = np.minimum(places, len(self.tokens) - 1)
        inputs = np.where(places > 0, self.tokens[places - 1], END)
        targets = self.tokens[places]
        return Window(
            inputs.astype(np.int32, copy=False), targets.astype(np.int32, copy=False), counts.astype(np.float32)
        )

    def __iter__(self) -> Iterator[Window]:
        return (self[index] for index in range(len(self)))
