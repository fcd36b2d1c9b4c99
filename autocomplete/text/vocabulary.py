"""Tokens and their ids, kept as plain lists: loading one must not cost `suggest` its start."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Self

import numpy as np

from autocomplete.arrays import BoolArray, Int32Array, Int64Array
from autocomplete.errors import Cure, ModelError, system_cause, system_cure
from autocomplete.text.scripts import is_spaceless
from autocomplete.text.syntax import OPERATOR_ENDS, QUOTES, Syntax
from autocomplete.text.unicode import holds_control

# The two tokens that are no text, with their fixed ids.
UNKNOWN_TOKEN = "<unk>"  # stands for every token outside the vocabulary
END_TOKEN = "<eos>"  # ends a line, a paragraph, a document
UNKNOWN = 0
END = 1


# What prose does where the corpus shows nothing, beside brackets, quotation marks and dashes.
_CLOSING = frozenset(".,;:!?%…‰°′″、。，．；：！？")
_OPENING = frozenset("@¿¡")
_QUOTES = frozenset("\"'`")
# What links two words stands alike on both sides: unless typed otherwise these close, others and most dashes apart.
_CLOSE_LINKS = frozenset("-‐‑—―/\\_")
_APART_LINKS = frozenset("&+=~")

# One mark for both ends of a quotation: what the majority does would be wrong at one of them. As a quote it joins
# on either side about half the time, some of it unseen at the ends of lines; as an inch mark, always on the left;
# in pre-tokenised text, never.
_QUOTE = '"'
_LEAST_QUOTE_EvidenceDENCE, _MOST_QUOTE_EVIDENCE = -0.5, 0.75  # per occurrence

_BLOCK_PAIRS = 1 << 16  # whose arrays fit the processor's cache

# Of each token, how often it joined its neighbour on one side, less how often it did not.
JoiningCounts = Int64Array


@dataclass(frozen=True, slots=True)
class Joining:
    """The ids of the tokens that stand close to a neighbour.

    Attributes:
        left: Those that join the token before them, such as a comma.
        right: Those that join the token after them, such as an opening bracket.
        quote: The straight double quote where it opens and closes quotations in turn, anew in every sequence.
    """

    left: frozenset[int] = frozenset()
    right: frozenset[int] = frozenset()
    quote: int | None = None

    @classmethod
    def learned(
        cls,
        tokens: Sequence[str],
        counts: Int64Array,
        *,
        left: JoiningCounts,
        right: JoiningCounts,
        syntax: Syntax = "prose",
    ) -> Self:
        """Decide by majority; tokens without evidence do as prose does, unless the text is pre-tokenised.

        Of commands only the operators are decided so, and an argument stands apart unless its form says otherwise.

        Args:
            tokens: The vocabulary in id order.
            counts: Occurrences of each.
            left: Per id, occurrences without a space before, less those with one.
            right: Per id, occurrences without a space behind, less those with one.
            syntax: How the corpus was cut.
        """
        if syntax == "pretokenized":
            return cls()
        if syntax == "commands":
            marks = np.array([number > END and not is_word(token, syntax) for number, token in enumerate(tokens)])
            return cls(_majority(tokens, left * marks, closes), _majority(tokens, right * marks, opens))
        quote = tokens.index(_QUOTE) if _QUOTE in tokens else None
        if quote is not None:
            shares = left[quote] / counts[quote], right[quote] / counts[quote]
            quote = quote if min(shares) >= _LEAST_QUOTE_EvidenceDENCE and max(shares) <= _MOST_QUOTE_EVIDENCE else None
        return cls(_majority(tokens, left, joins_left), _majority(tokens, right, joins_right), quote)

    def space_between(self, first: int, second: int, *, quoting: bool = False) -> bool:
        """Whether a space stands between two neighbours, given by id.

        Args:
            first: The token before.
            second: The token after.
            quoting: Whether a quotation is open between them.
        """
        joins_right = quoting if first == self.quote else first in self.right
        joins_left = quoting if second == self.quote else second in self.left
        return not (joins_right or joins_left)

    def space_after(self, before: Sequence[int], token: int, *, quoting: bool = False) -> bool:
        """Whether a space stands between the text so far, given by ids, and a token that follows it."""
        if not before or END in (before[-1], token):
            return False
        return self.space_between(before[-1], token, quoting=quoting)

    def quoting(self, ids: Sequence[int], spaced: Sequence[bool]) -> bool:
        """Whether a quotation is open at the end of a typed text.

        A quote opens where a space, or an opening mark, stands before it only, and closes where one, or a closing
        mark, stands behind it only; others open and close in turn. The end of a sequence closes all.

        Args:
            ids: The tokens.
            spaced: Whether white space precedes each of them, and last, whether it ends the text.
        """
        if self.quote is None or self.quote not in ids:
            return False
        is_open = False
        around = zip((END, *ids), ids, (*ids[1:], None), spaced, spaced[1:], strict=False)
        for before, token, behind, apart, apart_behind in around:
            if token == END:
                is_open = False
            elif token == self.quote:
                opens = apart or before == END or before in self.right
                closes = apart_behind or behind == END or behind in self.left
                is_open = not is_open if opens == closes else opens
        return is_open

    def detokenize(self, ids: Sequence[int], tokens: Sequence[str]) -> str:
        """Put the tokens, whose ids are `ids`, together as readable text; the end of a sequence is a line break."""
        parts: list[str] = []
        previous = END
        quoting = False
        for identity, token in zip(ids, tokens, strict=True):
            if END not in (identity, previous) and self.space_between(previous, identity, quoting=quoting):
                parts.append(" ")
            parts.append("\n" if identity == END else token)
            quoting = identity != END and quoting != (identity == self.quote)
            previous = identity
        return "".join(parts)


def joins_left(token: str) -> bool:
    """Whether a token that the corpus says nothing of is presumed to join the one before it."""
    closes = token[0] in _CLOSING | _CLOSE_LINKS or unicodedata.category(token[0]) in ("Pe", "Pf")
    return closes or is_spaceless(token)


def joins_right(token: str, *, joined: bool | None = None) -> bool:
    """Whether a token that the corpus says nothing of is presumed to join the one after it.

    What links two words, such as a dash, does behind it as before it; a currency sign or a straight quote, which may
    stand before a word or behind one, does the contrary.

    Args:
        token: The token.
        joined: Whether it joins the one before it; None where that is presumed too.
    """
    mark, category = token[0], unicodedata.category(token[0])
    if mark in _QUOTES:
        return joined is False
    joined = joins_left(token) if joined is None else joined
    if mark == "#" or category == "Sc":
        return not joined
    if mark in _CLOSE_LINKS | _APART_LINKS or category in ("Pd", "Pc"):
        return joined
    return mark in _OPENING or category in ("Ps", "Pi")


def is_word(token: str, syntax: Syntax) -> bool:
    """Whether a token is a word and no mark; of commands, all arguments are: no operator, and no quote by itself."""
    if syntax == "commands":
        return token[-1] not in OPERATOR_ENDS and token not in QUOTES
    return token[0].isalnum()


# No secret that a word can be is shorter, and none is without digits: words of a pass phrase are words like others.
_LEAST_SECRET = 6
_DIGITS = frozenset("0123456789")


def may_be_secret(text: str) -> bool:
    """Whether a closer look at a word, or several, is worth its time: for few it is."""
    return len(text) >= _LEAST_SECRET and not _DIGITS.isdisjoint(text)


def closes(token: str) -> bool:
    """Whether a command's token is presumed to stand close to the one before it, such as a closing quote."""
    return token in (")", ";") or token in QUOTES


def opens(token: str) -> bool:
    """Whether a command's token stands close to the one after it, as `$(`, `--name=` and `NAME=` do."""
    return token[-1] == "(" or (token[-1] == "=" and (token[0] in "-_" or token[0].isalpha()))


def _majority(tokens: Sequence[str], evidence: JoiningCounts, presumed: Callable[[str], bool]) -> frozenset[int]:
    undecided = {identity for identity in np.flatnonzero(evidence == 0).tolist() if presumed(tokens[identity])}
    return frozenset(np.flatnonzero(evidence > 0).tolist()) | undecided


def joining_evidence(is_word: BoolArray, ids: Int32Array, spaced: BoolArray) -> tuple[JoiningCounts, JoiningCounts]:
    """Count, for every type, how often it joins its left and its right neighbour, less how often it does not.

    A pair speaks for its punctuation; for words only where both are words, lest `word,` make words joining. Of two
    marks, as in `?)`, the first says nothing: it is the second that joins, far more often than not.

    Args:
        is_word: Whether each type is a word and no mark; the first ends a sequence and has no neighbours.
        ids: The type of every token in order.
        spaced: Whether white space precedes the token.
    """
    left, right = np.zeros((2, is_word.size))
    for start in range(0, ids.size - 1, _BLOCK_PAIRS):
        block = ids[start : start + _BLOCK_PAIRS + 1]
        first, second = block[:-1], block[1:]
        word = np.take(is_word, block)
        neighbours = (first != 0) & (second != 0)
        sign = np.where(neighbours, 1.0 - 2.0 * spaced[start + 1 : start + block.size], 0.0)
        left += np.bincount(second, sign * (word[:-1] | ~word[1:]), is_word.size)
        right += np.bincount(first, sign * word[1:], is_word.size)
    return left.astype(np.int64), right.astype(np.int64)


RARE_WORDS = 20_000
"""Most words kept that are too rare for the vocabulary: 0.2 MB, and a millisecond of a cold start."""


# Of a vocabulary's file; `secrets` is the one that files of earlier versions lack.
_FIELDS = {"tokens", "counts", "joins_left", "joins_right", "quote", "rare"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens a model knows: `<unk>` is 0, `<eos>` is 1, then by falling count, ties by code point.

    Attributes:
        tokens: Every token, in id order.
        counts: How often each occurs in the training text; `<unk>` counts all that are outside the vocabulary.
        joining: Which tokens stand close to their neighbours.
        rare: Words of the training text that are outside the vocabulary, most frequent first: to the experts they are
            `<unk>`, but half-typed they can be completed.
        secrets: Ids of the tokens that look like secrets by themselves and are never suggested; None in files of
            earlier versions, which say nothing of it.
    """

    tokens: list[str]
    counts: list[int]
    joining: Joining
    rare: list[str] = field(default_factory=list)
    secrets: frozenset[int] | None = None
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", dict(zip(self.tokens, range(len(self.tokens)), strict=True)))

    @classmethod
    def build(
        cls,
        types: Sequence[str],
        counts: Int64Array,
        *,
        left: JoiningCounts,
        right: JoiningCounts,
        total: int,
        max_size: int | None,
        min_count: int,
        syntax: Syntax = "prose",
        is_secret: Callable[[str], bool] | None = None,
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
            syntax: How the text was cut. Of commands no rare word is kept: what was typed once, such as a commit or a
                port, is never shown.
            is_secret: Tells what looks like a secret by itself: a row that is never suggested, and no rare word. None
                where secrets are suggested as all else is.
        """
        order, rest = _ranked(types, counts, max_size, min_count)
        end = [index for index, token in enumerate(types) if token == END_TOKEN]
        kept_counts = [int(counts[end].sum()), *counts[order].tolist()]

        def of_ids(evidence: JoiningCounts) -> JoiningCounts:
            kept = evidence[order]
            unknown = evidence.sum() - kept.sum() - evidence[end].sum()
            return np.concatenate([[unknown, 0], kept])

        tokens = [UNKNOWN_TOKEN, END_TOKEN, *(types[index] for index in order)]
        all_counts = [total - sum(kept_counts), *kept_counts]
        joining = Joining.learned(tokens, np.array(all_counts), left=of_ids(left), right=of_ids(right), syntax=syntax)
        secrets = _judged(tokens, is_secret)
        if syntax == "commands":
            return cls(tokens, all_counts, joining, secrets=secrets)
        words = (types[index] for index in rest if len(types[index]) > 1 and types[index][0].isalnum())
        rare = list(islice(words, RARE_WORDS))
        hidden = _judged(rare, is_secret)
        rare = [word for place, word in enumerate(rare) if place not in hidden]
        return cls(tokens, all_counts, joining, rare, secrets)

    @property
    def size(self) -> int:
        """Number of tokens, specials included."""
        return len(self.tokens)

    def id(self, token: str) -> int:
        """Return the token's id, that of `<unk>` where it is not in the vocabulary."""
        return self._ids.get(token, UNKNOWN)

    def count(self, token: str) -> int:
        """How often the token occurs in the training text, 0 where it is not in the vocabulary."""
        identity = self._ids.get(token)
        return 0 if identity is None else self.counts[identity]

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
        judged = {} if self.secrets is None else {"secrets": sorted(self.secrets)}
        return {
            "tokens": self.tokens,
            "counts": self.counts,
            "joins_left": sorted(self.joining.left),
            "joins_right": sorted(self.joining.right),
            "quote": self.joining.quote,
            "rare": self.rare,
            **judged,
        }

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Rebuild from `as_dict`.

        Raises:
            ValueError: The values are not a vocabulary.
        """
        if not isinstance(value, dict) or value.keys() - {"secrets"} != _FIELDS:
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
        secrets = frozenset(value["secrets"]) if _all_are(int, value.get("secrets")) else None
        if "secrets" in value and not (secrets is not None and all(END < i < len(tokens) for i in secrets)):
            raise ValueError("it says of tokens that do not exist that they are secrets")
        joining = Joining(frozenset(left), frozenset(right), quote)
        vocabulary = cls(tokens, counts, joining, rare, secrets)
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
            raise ModelError(f"{path}: missing.", Cure.TRAIN_AGAIN) from error
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
            raise ModelError(f"{source}: damaged vocabulary ({error}).", Cure.TRAIN_AGAIN) from error


def _judged(words: Sequence[str], is_secret: Callable[[str], bool] | None) -> frozenset[int]:
    """Places of the words that look like secrets; those of letters alone, nearly all, are none."""
    if is_secret is None:
        return frozenset()
    return frozenset(place for place, word in enumerate(words) if not word.isalpha() and is_secret(word))


def _all_are(kind: type, values: object) -> bool:
    return isinstance(values, list) and set(map(type, values)) <= {kind}


def _ranked(
    types: Sequence[str], counts: Int64Array, max_size: int | None, min_count: int
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
