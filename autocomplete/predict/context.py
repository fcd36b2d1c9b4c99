"""What stands before the cursor, as far as it is remembered, and the experts' memory after each of its tokens.

Older text is forgotten in blocks: what is remembered begins at the start of a line or a sentence, and at the same one
for as long as a block is written. So a key costs the same at the end of a book as at the end of a page, and a text that
is typed is remembered as one that is read at once.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import END

State = TypeVar("State")

# A block holds some 512 tokens: one to two of them are remembered, 500 to 1,000 words of prose.
_LARGEST_BLOCK = 3072
# Where text has fewer characters a token than that, as code and lists have, and Chinese, blocks have fewer characters.
_SMALLER_BLOCKS = ((2.0, 512), (3.5, 1536))
# The first characters of a largest block tell.
_SAMPLE = 512
# Of a block, the part at its beginning in which a line or a sentence may begin.
_SEARCHED = 4
# Memories kept, by where they begin: the present one, that of a block later, and that of a block before.
_MEMORIES = 3
# Places kept beside the text: what a half-typed word may become, and the words of phrases after it.
_BESIDE = 64
# Tokens that a place knows of those before it: more than any expert asks for by name.
_LAST = 8


class Before(NamedTuple):
    """The text before the cursor, as far as it is remembered.

    Attributes:
        text: That part of it.
        start: Where it begins in the whole, in characters: another text begins where another number stands.
        ahead: Where in `text` begins what will be remembered a block later; None where that is still open.
        due: How many more characters make it later.
        fixed: Its first characters that no suggestion may change.
    """

    text: str
    start: int = 0
    ahead: int | None = None
    due: int = 1
    fixed: int = 0


def remembered(context: str, text: str, tokenizer: Tokenizer) -> Before:
    """Cut the beginning off what was written.

    The time this takes does not depend on how much that is.

    Args:
        context: Text that no suggestion changes.
        text: What goes on from it.
        tokenizer: Tells how many characters make a token.
    """
    length = len(context) + len(text)
    block = _block(_part(context, text, _begin(length, _LARGEST_BLOCK), _SAMPLE), tokenizer)
    begin = _begin(length, block)
    tail = _part(context, text, begin, 2 * block)
    start = _first_start(tail, 0, block) if begin else 0
    ahead = _first_start(tail, block, block) - start if len(tail) >= block + block // _SEARCHED else None
    return Before(tail[start:], begin + start, ahead, begin + 2 * block - length, max(0, len(context) - begin - start))


def _begin(length: int, block: int) -> int:
    """Where the last block but one begins that was begun before the end of a text of some length."""
    return max(0, length // block - 1) * block


def _part(context: str, text: str, begin: int, length: int) -> str:
    """So many characters of two texts one after the other."""
    behind = max(0, begin - len(context))
    found = context[begin : begin + length]
    return found + text[behind : behind + length - len(found)]


@lru_cache(maxsize=64)
def _block(sample: str, tokenizer: Tokenizer) -> int:
    """Characters of a block where the text is like a sample."""
    each = len(sample) / max(1, len(tokenizer.spans(sample)))
    return next((block for most, block in _SMALLER_BLOCKS if each < most), _LARGEST_BLOCK)


def _first_start(text: str, place: int, block: int) -> int:
    """The first start of a line, of a sentence, or at least of a word, shortly after a place; else the place."""
    for pattern in _starts():
        found = pattern.search(text, place, place + block // _SEARCHED)
        if found is not None:
            return found.end()
    return place


@cache
def _starts() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(r"(?:\n|[。？！]|[.?!…][\"'”’»)\]]*(?=\s))\s*(?=\S)"), re.compile(r"\s+(?=\S)")


class Remembering(Protocol[State]):
    """What has a memory of the tokens that it read, such as the mixture of the experts."""

    def initial_state(self) -> State:
        """Return the memory at the start of a sequence."""
        ...

    def step(self, state: State, tokens: Sequence[int]) -> State:
        """Read one token and return the new memory."""
        ...

    def read_text(self, state: State, tokens: Sequence[int]) -> list[State]:
        """Read many tokens and return the memory after each."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Place(Generic[State]):
    """A place in a text, between two tokens; each is itself alone, so that what was found there can be kept by it.

    Attributes:
        state: The experts' memory of what stands before it.
        last: The last tokens before it, oldest first; fewer than eight only where no more stand there.
    """

    state: State
    last: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DoubtfulPlace(Place[State]):
    """A place before which the words stand for one thing or another: it has the likelier state, and knows both.

    Attributes:
        likelier: The place as it is where the words stand for what they most likely do.
        other: The place as it is where they stand for something else.
        doubt: How likely the other is, above 0 and at most a half.
    """

    likelier: Place[State]
    other: Place[State]
    doubt: float

    @classmethod
    def between(cls, likelier: Place[State], other: Place[State], doubt: float) -> Self:
        """The place that is one of two."""
        return cls(likelier.state, likelier.last, likelier=likelier, other=other, doubt=doubt)


class ContextReader(Generic[State]):
    """Reads tokens into the experts' memory and keeps the places of the text; one token more costs one step.

    Args:
        experts: What remembers.
        breaks: Whether to the experts a line ends between the last tokens and another one; none unless told.
    """

    def __init__(
        self,
        experts: Remembering[State],
        *,
        breaks: Callable[[tuple[int, ...], int], bool] = lambda _last, _token: False,
    ) -> None:
        self._experts = experts
        self._breaks = breaks
        self._texts: dict[int, _Text[State]] = {}  # by where they begin, last used last
        self._beside: dict[tuple[Place[State], int], Place[State]] = {}

    def at(self, tokens: Sequence[int], *, start: int = 0) -> Place[State]:
        """The place after tokens.

        Args:
            tokens: What is remembered.
            start: Where that begins in the whole text.
        """
        text = self._text(start)
        known = _common(text.tokens, tokens)
        if known < len(tokens):
            self._read_on(text, tokens, known, len(tokens))
        return text.places[len(tokens)]

    def read_ahead(self, tokens: Sequence[int], *, start: int, due: int) -> None:
        """Read a little more of what will be remembered a block later, so that it is read when it is due.

        Args:
            tokens: Of what there is of it.
            start: Where that begins in the whole text.
            due: Keys until then.
        """
        text = self._text(start)
        known = _common(text.tokens, tokens)
        self._read_on(text, tokens, known, known + math.ceil((len(tokens) - known) / due))

    def after(self, place: Place[State], *tokens: int) -> Place[State]:
        """The place after some tokens more, which may be a guess."""
        for token in tokens:
            key = (place, token)
            found = self._beside.pop(key, None) or self._step(place, token)
            self._beside[key] = found
            if len(self._beside) > _BESIDE:
                del self._beside[next(iter(self._beside))]
            place = found
        return place

    def _text(self, start: int) -> "_Text[State]":
        found = self._texts.pop(start, None) or _Text([], [Place(self._experts.initial_state())])
        self._texts[start] = found
        if len(self._texts) > _MEMORIES:
            del self._texts[next(iter(self._texts))]
        return found

    def _read_on(self, text: "_Text[State]", tokens: Sequence[int], known: int, stop: int) -> None:
        """Read tokens up to `stop`; of what was read before, `known` ones are the same."""
        if known == len(tokens):
            return
        del text.tokens[known:], text.places[known + 1 :]
        guessed = self._beside.get((text.places[-1], tokens[known]))
        while guessed is not None and known < stop:
            text.places.append(guessed)
            known += 1
            guessed = self._beside.get((guessed, tokens[known])) if known < stop else None
        place, unread = text.places[-1], tokens[known:stop]
        read, behind = self._with_breaks(place.last, unread)
        states = self._experts.read_text(place.state, read) if read else []
        for token, number in zip(unread, behind, strict=True):
            place = Place(states[number], (*place.last, token)[-_LAST:])
            text.places.append(place)
        text.tokens.extend(tokens[len(text.tokens) : stop])

    def _with_breaks(self, last: tuple[int, ...], tokens: Sequence[int]) -> tuple[list[int], list[int]]:
        """Tokens as the experts read them, with the ends of lines between, and where each of them stands there."""
        read: list[int] = []
        behind: list[int] = []
        for token in tokens:
            if self._breaks(last, token):
                read.append(END)
            behind.append(len(read))
            read.append(token)
            last = (*last, token)[-_LAST:]
        return read, behind

    def _step(self, place: Place[State], token: int) -> Place[State]:
        before = self.after(place, END) if self._breaks(place.last, token) else place
        return Place(self._experts.step(before.state, [token]), (*place.last, token)[-_LAST:])


class _Text(NamedTuple, Generic[State]):
    """Tokens that were read, and the places before the first and after each."""

    tokens: list[int]
    places: list[Place[State]]


def _common(ours: Sequence[int], theirs: Sequence[int]) -> int:
    """How many tokens two texts begin with alike."""
    count = min(len(ours), len(theirs))
    if ours[:count] == theirs[:count]:  # mostly: at the speed of memory
        return count
    return next(place for place, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other)
