"""Tokens and their ids, kept as plain lists: loading one must not cost `suggest` its start."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.controls import holds_control
from autocomplete.corpus.joining import Evidence, Joining
from autocomplete.corpus.specials import END_TOKEN, UNKNOWN, UNKNOWN_TOKEN
from autocomplete.errors import ModelError, system_cause, system_cure

RARE_WORDS = 20_000
"""Most words kept that are too rare for the vocabulary: 0.2 MB, and a millisecond of a cold start."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens a model knows: `<unk>` is 0, `<eos>` is 1, then by falling count, ties by code point.

    Attributes:
        tokens: Every token, in id order.
        counts: How often each occurs in the training text; `<unk>` counts all that are outside the vocabulary.
        joining: Which tokens stand close to their neighbours.
        rare: Words of the training text that are outside the vocabulary, most frequent first: to the experts they are
            `<unk>`, but half-typed they can be completed.
    """

    tokens: list[str]
    counts: list[int]
    joining: Joining
    rare: list[str] = field(default_factory=list)
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", dict(zip(self.tokens, range(len(self.tokens)), strict=True)))

    @classmethod
    def build(
        cls,
        types: Sequence[str],
        counts: npt.NDArray[np.int64],
        *,
        left: Evidence,
        right: Evidence,
        total: int,
        max_size: int | None,
        min_count: int,
        pretokenized: bool,
    ) -> Self:
        """Keep the most frequent tokens.

        Args:
            types: Distinct tokens of the training text, specials among them or not, in any order.
            counts: Occurrences of each.
            left: Evidence that each joins the token before it (see `joining_evidence`).
            right: Evidence that each joins the token after it.
            total: Tokens of the training text, at least the sum of `counts`.
            max_size: Most tokens kept, specials included; None keeps all.
            min_count: Least count of a token that is kept.
            pretokenized: Whether every token of the text stands between spaces.
        """
        order, rest = _ranked(types, counts, max_size, min_count)
        end = [index for index, token in enumerate(types) if token == END_TOKEN]
        kept_counts = [int(counts[end].sum()), *counts[order].tolist()]

        def of_ids(evidence: Evidence) -> Evidence:
            kept = evidence[order]
            unknown = evidence.sum() - kept.sum() - evidence[end].sum()
            return np.concatenate([[unknown, 0], kept])

        tokens = [UNKNOWN_TOKEN, END_TOKEN, *(types[index] for index in order)]
        all_counts = [total - sum(kept_counts), *kept_counts]
        joining = Joining.learned(
            tokens, np.array(all_counts), left=of_ids(left), right=of_ids(right), pretokenized=pretokenized
        )
        rare = islice(
            (types[index] for index in rest if len(types[index]) > 1 and types[index][0].isalnum()), RARE_WORDS
        )
        return cls(tokens, all_counts, joining, list(rare))

    @property
    def size(self) -> int:
        """Number of tokens, specials included."""
        return len(self.tokens)

    def id(self, token: str) -> int:
        """Return the token's id, that of `<unk>` where it is not in the vocabulary."""
        return self._ids.get(token, UNKNOWN)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Ids of tokens."""
        return list(map(self._ids.get, tokens, repeat(UNKNOWN)))

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Tokens of ids."""
        tokens = self.tokens
        return [tokens[identity] for identity in ids]

    def detokenize(self, ids: Sequence[int]) -> str:
        """Ids as readable text, spaced as the corpus was; `<eos>` becomes a line break."""
        return self.joining.detokenize(ids, self.decode(ids))

    def as_dict(self) -> dict[str, Any]:
        """Return the vocabulary as plain JSON values."""
        return {
            "tokens": self.tokens,
            "counts": self.counts,
            "joins_left": sorted(self.joining.left),
            "joins_right": sorted(self.joining.right),
            "quote": self.joining.quote,
            "rare": self.rare,
        }

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Rebuild from `as_dict`.

        Raises:
            ValueError: The values are not a vocabulary.
        """
        if not isinstance(value, dict) or value.keys() != {
            "tokens",
            "counts",
            "joins_left",
            "joins_right",
            "quote",
            "rare",
        }:
            raise ValueError("not the fields of a vocabulary")
        tokens, counts, rare = value["tokens"], value["counts"], value["rare"]
        if not (_all_are(str, tokens) and _all_are(str, rare) and _all_are(int, counts)) or len(tokens) != len(counts):
            raise ValueError("not one token and one count for each id")
        if holds_control("".join(tokens)) or holds_control("".join(rare)):
            raise ValueError("a token holds a control character")
        left, right, quote = value["joins_left"], value["joins_right"], value["quote"]
        quotes = [] if quote is None else [quote]
        if not all(_all_are(int, ids) and all(0 <= i < len(tokens) for i in ids) for ids in (left, right, quotes)):
            raise ValueError("it says how tokens join that do not exist")
        vocabulary = cls(tokens, counts, Joining(frozenset(left), frozenset(right), quote), rare)
        if tokens[:2] != [UNKNOWN_TOKEN, END_TOKEN] or len(vocabulary._ids) != len(tokens):
            raise ValueError("the special tokens are missing, or a token stands twice")
        return vocabulary

    def save(self, path: Path) -> None:
        """Write `vocabulary.json`."""
        path.write_text(json.dumps(self.as_dict(), ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `vocabulary.json`.

        Raises:
            ModelError: The file is missing or damaged.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing.", "Train the model again with 'autocomplete train'.") from error
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({system_cause(error)}).", system_cure(error)) from error
        return cls.from_json(content, source=path)

    @classmethod
    def from_json(cls, content: bytes, *, source: Path) -> Self:
        """Read the content of `vocabulary.json`; `source` is named in errors.

        Raises:
            ModelError: It is damaged.
        """
        try:
            return cls.from_dict(json.loads(content))
        except ValueError as error:  # among them JSONDecodeError and UnicodeDecodeError
            raise ModelError(
                f"{source}: damaged vocabulary ({error}).", "Train the model again with 'autocomplete train'."
            ) from error


def _all_are(kind: type, values: object) -> bool:
    return isinstance(values, list) and set(map(type, values)) <= {kind}


def _ranked(
    types: Sequence[str], counts: npt.NDArray[np.int64], max_size: int | None, min_count: int
) -> tuple[list[int], list[int]]:
    """Places in `types` of the tokens that are kept, in id order, and of the most frequent others; no specials."""
    room = len(types) if max_size is None else max_size - 2
    most = room + 2 + 2 * RARE_WORDS  # not all of the rest are words
    places = np.arange(len(types))
    if most < places.size:  # the least frequent matter to nobody: spare them the sorting
        least = np.partition(counts, -most)[-most]
        places = places[counts >= least]
    words = (index for index in places.tolist() if types[index] not in (UNKNOWN_TOKEN, END_TOKEN))
    spelled = np.array(sorted(words, key=types.__getitem__), np.intp)
    ordered = spelled[np.argsort(-counts[spelled], kind="stable")]
    kept = min(room, int(np.count_nonzero(counts[spelled] >= min_count)))
    return ordered[:kept].tolist(), ordered[kept:].tolist()
