"""Predict from the n-gram database: distributions, probabilities and scores. Needs NumPy and SQLite; changes nothing.

Interpolated modified Kneser-Ney (Chen & Goodman 1998); `autocomplete.ngrams.file` describes the file.
A context is given as the token stream would hold it: it reaches back to the last end token, which stands for the
start of the sequence, and no further. An empty context says nothing, not even that a sequence starts.
"""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autocomplete.arrays import BoolArray, Float32Array, Float64Array, Int8Array, Int32Array, Int64Array
from autocomplete.errors import ModelError
from autocomplete.files import open_file, status_of, unopened, unreadable
from autocomplete.ngrams.file import APPLICATION_ID, COUNT_DTYPES, FORMAT, Facts, shares_of, word_dtype
from autocomplete.text.vocabulary import END

CACHED_CONTEXTS = 4096
"""Contexts kept decoded. Most hold a handful of continuations: 2 MB in all on PTB."""

_RETRAIN = "Train the model again, or give the file that belongs to it."

_NO_ROW = (None, 1, b"", b"")
"""What a context that is not stored decodes from: all weight goes to shorter contexts."""

_BATCH = 1 << 16
"""Positions scored at a time."""

_ROUNDING = 1e-9
"""What rounding may take from a weight that is all but nothing."""


class _Context(NamedTuple):
    """A decoded row: how longer contexts name it, its continuations and their shares, the rest for shorter contexts."""

    node: int | None
    words: Int64Array
    shares: Float64Array
    weight: float


class _Level(NamedTuple):
    """Decoded rows of many contexts of one length, in the order asked for; C contexts, N continuations in all."""

    nodes: Int64Array  # (C,), -1 where no longer context is stored
    weights: Float64Array  # (C,)
    filled: BoolArray  # (C,), whether there are continuations
    continuations: Int64Array  # (N,), index of the context * vocabulary size + word, ascending
    shares: Float64Array  # (N,)


class NgramModel:
    """An n-gram database opened for prediction. Get one by `NgramModel.open`; it may be used from several threads.

    Attributes:
        facts: What the database says of itself.
        unigrams: The distribution without context. (V,), float64, read-only.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, facts: Facts) -> None:
        self._path = path
        self._connection = connection
        self.facts = facts
        self._words = word_dtype(facts.vocabulary_size)
        # discount by adjusted count, 3 and more alike; (order, 4)
        self._discounts = np.array([(0.0, *discounts) for discounts in facts.discounts])
        self._select = [
            f"SELECT node, total, words, counts FROM contexts_{length} WHERE key = ?"
            for length in range(1, facts.order)
        ]
        self._context = lru_cache(maxsize=CACHED_CONTEXTS)(self._read_context)
        self.unigrams = self._read_unigrams()

    @classmethod
    def open(cls, path: Path, *, vocabulary_size: int, vocabulary_digest: str) -> "NgramModel":
        """Open a database for this vocabulary.

        Raises:
            ModelError: If the file is missing, damaged, of another format or of another vocabulary.
        """
        connection = _connect(path)
        try:
            facts = _read_facts(path, connection)
            if (facts.vocabulary_size, facts.vocabulary_digest) != (vocabulary_size, vocabulary_digest):
                raise ModelError(f"{path}: this n-gram database belongs to another vocabulary.", _RETRAIN)
            return cls(path, connection, facts)
        except BaseException:
            connection.close()
            raise

    @property
    def order(self) -> int:
        """The longest n-gram; contexts are one token shorter."""
        return self.facts.order

    def truncated(self, order: int) -> "NgramModel":
        """Return the same database read up to a shorter order: the distributions that longer contexts fall back on."""
        facts = replace(self.facts, order=order, discounts=self.facts.discounts[:order])
        return NgramModel(self._path, self._connection, facts)

    def close(self) -> None:
        """Close the file. The model cannot be used afterwards."""
        self._connection.close()

    def __enter__(self) -> "NgramModel":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def distribution(self, context: Sequence[int]) -> Float32Array:
        """P(next token | context) for every token; sums to 1. (V,), float32."""
        contexts = self._walk(context)
        weight = 1.0
        added = []
        for found in reversed(contexts):
            added.append((found.words, found.shares * weight))
            weight *= found.weight
        distribution = self.unigrams * weight
        for words, shares in added:
            distribution[words] += shares
        return distribution.astype(np.float32)

    def probability(self, context: Sequence[int], token: int) -> float:
        """P(token | context), as `distribution` gives it."""
        self._check((token,))
        probability = float(self.unigrams[token])
        for found in self._walk(context):
            probability *= found.weight
            place = int(found.words.searchsorted(token))
            if place < len(found.words) and found.words[place] == token:
                probability += float(found.shares[place])
        return probability

    def match_length(self, context: Sequence[int]) -> int:
        """Tokens of the longest end of the context that the database has continuations of, 0 to order - 1."""
        return max((length for length, found in enumerate(self._walk(context), start=1) if len(found.words)), default=0)

    def followers(self, context: Sequence[int]) -> Int64Array:
        """The tokens that the database has behind a context, or behind its last order - 1 tokens."""
        context = context[-(self.order - 1) :] if self.order > 1 else []
        found = self._walk(context)
        return found[-1].words if found and len(found) == len(context) else np.empty(0, np.int64)

    def score(self, tokens: Int32Array) -> Float64Array:
        """Natural log probability of each token of a stream that starts with a sequence. (T,)."""
        return self.scores_with_match(tokens)[0]

    def scores_with_match(self, tokens: Int32Array) -> tuple[Float64Array, Int8Array]:
        """`score` and, for each token, the `match_length` of the context before it. (T,), (T,)."""
        scores, matches = [np.empty(0)], [np.empty(0, dtype=np.int8)]
        for start in range(0, len(tokens), _BATCH):
            before = max(0, start - self.order + 1)
            stream = np.asarray(tokens[before : start + _BATCH], dtype=np.int64)
            self._check((int(stream.min()), int(stream.max())))
            missing = self.order - 1 - (start - before)
            stream = np.concatenate([np.full(missing, END, dtype=np.int64), stream])
            probabilities, lengths = self._score_batch(stream)
            scores.append(np.log(probabilities))
            matches.append(lengths)
        return np.concatenate(scores), np.concatenate(matches)

    def _score_batch(self, stream: Int64Array) -> tuple[Float64Array, Int8Array]:
        """Probabilities and match lengths of a stream's tokens from index order - 1 on."""
        size, vocabulary_size = len(stream) - self.order + 1, self.facts.vocabulary_size
        targets = stream[self.order - 1 :]
        probabilities = self.unigrams[targets]
        matches = np.zeros(size, dtype=np.int8)
        places = np.arange(size)  # positions whose context has been found so far
        parents = np.zeros(size, dtype=np.int64)
        for length in range(1, self.order):
            oldest = stream[places + self.order - 1 - length]
            keys, which = np.unique(parents * vocabulary_size + oldest, return_inverse=True)
            level = self._read_level(length, keys)
            probabilities[places] *= level.weights[which]
            # Each continuation as one number, ascending, so that all targets are found by one search.
            wanted = which * vocabulary_size + targets[places]
            at = np.searchsorted(level.continuations, wanted)
            at[at == len(level.continuations)] = 0
            if len(level.continuations):
                hit = level.continuations[at] == wanted
                probabilities[places[hit]] += level.shares[at[hit]]
            matches[places[level.filled[which]]] = length
            parents = level.nodes[which]
            onward = parents >= 0
            places, parents = places[onward], parents[onward]
        return probabilities, matches

    def _read_unigrams(self) -> Float64Array:
        """Read the unigrams, interpolated with the uniform distribution. (V,)."""
        row = self._fetch("SELECT counts FROM unigrams", ())
        if row is None or not isinstance(row[0], bytes) or len(row[0]) != 4 * self.facts.vocabulary_size:
            raise _damaged(self._path, "its unigrams are incomplete")
        counts = np.frombuffer(row[0], dtype="<u4").astype(np.int64)
        if not counts.any():
            raise _damaged(self._path, "its unigrams are empty")
        shares = shares_of(counts, int(counts.sum()), self.facts.discounts[0])
        unigrams: Float64Array = shares + (1 - shares.sum()) / len(shares)
        unigrams.setflags(write=False)
        return unigrams

    def _read_context(self, length: int, key: int) -> _Context | None:
        """Read the row of one context, None where there is none."""
        row = self._fetch(self._select[length - 1], (key,))
        if row is None:
            return None
        # What `_decode` does for many rows, in a fifth of the time for one.
        node, total, packed_words, packed_counts = row
        try:
            words = np.frombuffer(packed_words, dtype=self._words).astype(np.int64)
            dtype = COUNT_DTYPES[len(packed_counts) // len(words)] if len(words) else COUNT_DTYPES[1]
            counts = np.frombuffer(packed_counts, dtype=dtype)
            shares = (counts - self._discounts[length].take(np.minimum(counts, 3))) / max(1, total)
            weight = 1 - float(shares.sum())
            sound = (node is None or node >= 0) and weight > -_ROUNDING and total > 0 and len(words) == len(counts)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(self._path, f"a row of contexts_{length} cannot be read: {error}") from error
        if not sound or (len(words) and int(words.max()) >= self.facts.vocabulary_size):
            raise _damaged(self._path, f"a row of contexts_{length} makes no distribution")
        return _Context(node, words, shares, max(weight, 0.0))

    def _read_level(self, length: int, keys: Int64Array) -> _Level:
        """Read the rows of contexts of one length; `keys` ascending, so that neighbours share pages."""
        select = self._select[length - 1]
        return self._decode(length, [self._fetch(select, (key,)) or _NO_ROW for key in keys.tolist()])

    def _decode(self, length: int, rows: list[tuple[Any, ...]]) -> _Level:
        """Unpack rows (node, total, words, counts), refusing what no writer wrote."""
        try:
            nodes, totals, packed_words, packed_counts = zip(*rows, strict=True) if rows else ((), (), (), ())
            sizes = np.array([len(packed) for packed in packed_words], dtype=np.int64) // self._words.itemsize
            words = np.frombuffer(b"".join(packed_words), dtype=self._words).astype(np.int64)
            owners = np.repeat(np.arange(len(rows)), sizes)
            counts = np.zeros(len(words), dtype=np.int64)
            widths = np.array([len(packed) for packed in packed_counts], dtype=np.int64) // np.maximum(sizes, 1)
            for width, dtype in COUNT_DTYPES.items():
                chosen = widths == width
                packed = b"".join(packed for packed, use in zip(packed_counts, chosen.tolist(), strict=True) if use)
                counts[chosen[owners]] = np.frombuffer(packed, dtype=dtype)
            total = np.array(totals, dtype=np.int64)
            shares = shares_of(counts, np.maximum(total, 1)[owners], self.facts.discounts[length])
            weights = 1 - np.bincount(owners, weights=shares, minlength=len(rows))
            numbers = np.array([-1 if node is None else node for node in nodes], dtype=np.int64)
        except (TypeError, ValueError, OverflowError) as error:
            raise _damaged(self._path, f"a row of contexts_{length} cannot be read: {error}") from error
        continuations = owners * self.facts.vocabulary_size + words
        sound = (
            np.all(words < self.facts.vocabulary_size),
            np.all(np.diff(continuations) > 0),
            np.all(counts > 0),
            np.all(total > 0),
            np.all(weights > -_ROUNDING),
        )
        if not all(sound):
            raise _damaged(self._path, f"a row of contexts_{length} makes no distribution")
        return _Level(numbers, np.maximum(weights, 0.0), sizes > 0, continuations, shares)

    def _fetch(self, select: str, parameters: tuple[int, ...]) -> tuple[Any, ...] | None:
        """One row of the database."""
        try:
            row: tuple[Any, ...] | None = self._connection.execute(select, parameters).fetchone()
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error
        except OverflowError as error:
            raise _damaged(self._path, str(error)) from error
        return row

    def _check(self, tokens: tuple[int, ...]) -> None:
        for token in tokens:
            if not 0 <= token < self.facts.vocabulary_size:
                raise ValueError(f"token {token} is outside the vocabulary of {self.facts.vocabulary_size}")

    def _walk(self, context: Sequence[int]) -> list[_Context]:
        """Read the rows of ever longer ends of the context, as far as the database has them."""
        contexts: list[_Context] = []
        parent = 0
        for length in range(1, min(self.order - 1, len(context)) + 1):
            token = int(context[-length])
            self._check((token,))
            found = self._context(length, parent * self.facts.vocabulary_size + token)
            if found is None:
                break
            contexts.append(found)
            if found.node is None:
                break
            parent = found.node
        return contexts


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(f"{path}: this n-gram database is damaged ({why}).", _RETRAIN)


def _failed(path: Path, error: sqlite3.Error) -> ModelError:
    """The error of a database that SQLite does not read: the system's, or damage."""
    return unopened(path, error) or _damaged(path, str(error))


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file for reading only, without locks or side files, after a look at its header."""
    try:
        with open_file(path) as file:
            status = os.fstat(file.fileno())
            header = file.read(100)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: the n-gram database cannot be read ({error.strerror}).", _RETRAIN) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if header[:16] != b"SQLite format 3\0" or int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise ModelError(f"{path}: this is not an n-gram database.", _RETRAIN)
    version = int.from_bytes(header[60:64], "big")
    if version != FORMAT:
        raise ModelError(
            f"{path}: this n-gram database has format {version}, not {FORMAT}.",
            "Update autocomplete, or train the model again.",
        )
    page_bytes = int.from_bytes(header[16:18], "big")
    if status.st_size != page_bytes * int.from_bytes(header[28:32], "big"):
        raise _damaged(path, f"it has {status.st_size} bytes, not those of its header")
    # Published files are replaced, never changed, so that SQLite need not watch or lock this one.
    try:
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise _failed(path, error) from error
    now = status_of(path)
    if now is None or not os.path.samestat(now, status):  # SQLite opens by name
        connection.close()
        raise ModelError(f"{path}: another file took its place while it was opened.", "Try again.")
    return connection


def _read_facts(path: Path, connection: sqlite3.Connection) -> Facts:
    try:
        return Facts.from_meta(dict(connection.execute("SELECT name, value FROM meta")))
    except sqlite3.Error as error:
        raise _failed(path, error) from error
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"its facts cannot be read: {error}") from error


def perplexity(model: NgramModel, tokens: Int32Array) -> float:
    """exp(mean negative log probability) of a stream, end tokens included. What pruning costs is a ratio of two."""
    return float(np.exp(-model.score(tokens).mean()))
