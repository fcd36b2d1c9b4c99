"""Text into tokens, typed or in bulk. Needs `re`, `unicodedata` and NumPy only, so that `suggest` starts fast."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import BoolArray, Int32Array
from autocomplete.config import Layout, Level
from autocomplete.text.bulk import word_sequence
from autocomplete.text.hyphenation import Joint, joints, spelled, unbroken
from autocomplete.text.scripts import Piece, has_spaceless, segmented
from autocomplete.text.syntax import Syntax
from autocomplete.text.unicode import (
    SOFT_HYPHEN,
    character_pattern,
    composed,
    composed_as_set,
    composition_pattern,
    holds_control,
    without_controls,
    word_pattern,
)
from autocomplete.text.vocabulary import END_TOKEN, JoiningCounts, joining_evidence

_CODE_POINTS = 0x110000
_LAST_SPACE = 0x3000  # the highest white-space character


@cache
def _is_space() -> BoolArray:
    return np.array([chr(code).isspace() or holds_control(chr(code)) for code in range(_LAST_SPACE + 2)])


class Token(NamedTuple):
    """One token of typed text.

    Attributes:
        text: The token as it is read (see `composed`), or `<eos>` for the end of a line or paragraph.
        start: Where it begins in the text as typed.
        stop: Where it ends in the text as typed.
        spaced: Whether white space precedes it.
    """

    text: str
    start: int
    stop: int
    spaced: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bulk text as numbers.

    Attributes:
        types: The distinct tokens in UTF-8, a line each; the first is `<eos>`, whether it occurs or not.
        ids: Line in `types` of every token, in order, from 0.
        left: Per type, occurrences without a space before, less those with one (see `joining_evidence`).
        right: The same for the space behind.
        characters: Characters of the normalised text, white space included.
        words: Runs of visible text between white space.
    """

    types: bytes
    ids: Int32Array
    left: JoiningCounts
    right: JoiningCounts
    characters: int
    words: int

    def type_strings(self) -> list[str]:
        """Return the distinct tokens."""
        return self.types.decode("utf-8", "surrogatepass").split("\n")


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """How text becomes tokens, and what ends a sequence. Control characters are white space.

    Line breaks before the first token end nothing, except in pre-tokenised lines, where every line break,
    also that of a blank line, is one `<eos>`.

    Attributes:
        level: `word` or `char`.
        layout: How line breaks are read.
        pretokenized: Whether tokens stand between white space.
        segments: Whether words of scripts without spaces are cut, by the library of `scripts`; else each letter is one.
    """

    level: Level
    layout: Layout
    pretokenized: bool = False
    segments: bool = False

    def of_words(self) -> "Tokenizer":
        """What cuts the same text into words; of characters, those of running text."""
        layout = "lines" if self.level == "char" and self.layout == "commands" else self.layout
        return replace(self, level="word", layout=layout)

    def spans(self, text: str, count: Callable[[str], int] | None = None) -> list[Token]:
        """Tokens of typed text, with their places in it.

        Args:
            text: What was typed.
            count: How often the training text has a word: of one that a line's end cuts, it tells whether the hyphen
                is its own.
        """
        joined = self._joints(text)
        normal = self._normal(text, joined)
        readable, _ = without_controls(normal)
        tokens = list(self._characters(readable) if self.level == "char" else self._words(readable))
        if joined:
            tokens = [token._replace(text=spelled(token.text, count)) for token in tokens]
        if normal == text:
            return tokens
        return _realigned(tokens, text, joined, composed_as_set if self._stays_as_set else composed)

    def normal(self, text: str) -> str:
        """A text as its tokens spell it, with a soft hyphen where it is open whether a line's end cut a word."""
        return self._normal(text, self._joints(text))

    def _normal(self, text: str, joined: Sequence[Joint]) -> str:
        if self._stays_as_set:
            return composed_as_set(text)
        whole = unbroken(text, joined) if joined or SOFT_HYPHEN in text else text
        return composed(whole, soft_hyphens=True)

    def chunk(self, text: str) -> Chunk:
        """Tokens of bulk text: the same that `spans` finds, but that open hyphens are soft ones."""
        return self._character_chunk(text) if self.level == "char" else self._word_chunk(text)

    def _joints(self, text: str) -> list[Joint]:
        """Where words go on over a line's end; characters cannot wait for what the rest of the text tells of them."""
        if self._stays_as_set or "\n" not in text:  # as a key has it
            return []
        return joints(text, prose=self.layout == "text", settled=self.level == "char")

    @property
    def syntax(self) -> Syntax:
        """How words are cut; characters are those of running text."""
        if self.pretokenized:
            return "pretokenized"
        return "commands" if self.level == "word" and self.layout == "commands" else "prose"

    @property
    def may_segment(self) -> bool:
        """Whether words of scripts without spaces can be cut: of running text, where characters are no tokens."""
        return self.level == "word" and self.syntax == "prose"

    @property
    def _stays_as_set(self) -> bool:
        """Whether typography is kept: somebody read pre-tokenised text before, and commands are meant exactly."""
        return self.syntax != "prose"

    @property
    def _breaks_to_end(self) -> int:
        """Line breaks in a row that make one `<eos>`."""
        return 2 if self.layout == "text" else 1

    @property
    def every_break_ends(self) -> bool:
        """Whether blank lines end a sequence too, as the reference counts of pre-tokenised corpora have it."""
        return self.pretokenized and self.layout == "lines"

    def _words(self, text: str) -> Iterator[Token]:
        begun = self.every_break_ends
        breaks = 0
        for piece, start, stop in self._pieces(text):
            if piece == "\n":
                breaks = 1 if self.every_break_ends else breaks + 1
                if begun and breaks == self._breaks_to_end:
                    yield Token(END_TOKEN, start, stop, spaced=False)
                continue
            token = piece.lstrip()
            yield Token(token, stop - len(token), stop, spaced=breaks > 0 or stop - start > len(token))
            begun, breaks = True, 0

    def _pieces(self, text: str) -> Iterable[Piece]:
        matches = word_pattern(self.syntax).finditer(text)
        if self.segments and has_spaceless(text):
            return segmented(matches)
        return (Piece(match[0], *match.span()) for match in matches)

    def _characters(self, text: str) -> Iterator[Token]:
        begun = False
        for match in character_pattern().finditer(text):
            token = match[0]
            if token.isspace():
                token = END_TOKEN if token.count("\n") >= self._breaks_to_end else " "
            if begun or not match[0].isspace():
                yield Token(token, *match.span(), spaced=False)
                begun = True

    def _word_chunk(self, text: str) -> Chunk:
        text = unbroken(text, self._joints(text))
        found = word_sequence(text, self.syntax, segments=self.segments)
        ids, spaced = found.ids, found.spaced
        words = int(np.count_nonzero(spaced))
        if not self.every_break_ends:
            kept = ~found.is_break | _ending_breaks(found.is_break, self._breaks_to_end)
            ids, spaced = ids[kept], spaced[kept]
        if self.pretokenized:  # every token stands between spaces
            left = right = np.zeros(found.is_word.size, np.int64)
        else:
            left, right = joining_evidence(found.is_word, ids, spaced)
        return Chunk(found.types, ids, left, right, found.characters, words)

    def _character_chunk(self, text: str) -> Chunk:
        text = self.normal(text)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        space = _is_space()[np.minimum(codes, _LAST_SPACE + 1)]
        after_space = np.concatenate([[True], space[:-1]])[: space.size]  # white space before the text is skipped
        run_starts = space & ~after_space
        run_of_break = np.cumsum(run_starts, dtype=np.int32)[codes == ord("\n")]
        breaks = np.bincount(run_of_break, minlength=int(np.count_nonzero(run_starts)) + 1)[1:]

        numbers = codes.astype(np.int32) + 1  # 0 is the end of a sequence
        numbers[run_starts] = np.where(breaks >= self._breaks_to_end, 0, ord(" ") + 1)
        numbers = numbers[~space | run_starts]
        present = np.zeros(_CODE_POINTS + 1, np.bool_)
        present[0] = True
        present[numbers] = True
        types = [END_TOKEN, *(chr(number - 1) for number in np.flatnonzero(present)[1:].tolist())]
        ids = (np.cumsum(present, dtype=np.int32) - 1)[numbers]
        joined = np.bincount(ids, minlength=len(types))
        lines = "\n".join(types).encode("utf-8", "surrogatepass")
        return Chunk(lines, ids, joined, joined, len(text), int(np.count_nonzero(~space & after_space)))


def _ending_breaks(is_break: BoolArray, needed: int) -> BoolArray:
    """Which line breaks are the `needed`-th of their row, rows before the first token left out."""
    before = np.concatenate([[True, True], is_break])  # as if a long row stood before the text
    last, earlier = before[1:-1], before[:-2]
    ending: BoolArray = is_break & (~last if needed == 1 else last & ~earlier)
    return ending


def _realigned(tokens: list[Token], text: str, joined: Sequence[Joint], compose: Callable[[str], str]) -> list[Token]:
    """Tokens of the normalised text with their places in the original; what normalisation changed is not cut."""
    starts: list[int] = []
    stops: list[int] = []
    place = 0
    for joint in (*joined, Joint(len(text), len(text), "")):
        for match in composition_pattern().finditer(text, place, joint.start):
            normal = compose(match[0])
            if normal == match[0]:
                starts += range(match.start(), match.end())
                stops += range(match.start() + 1, match.end() + 1)
            else:
                starts += [match.start()] * len(normal)
                stops += [match.end()] * len(normal)
        starts += [joint.start] * len(joint.mark)
        stops += [joint.stop] * len(joint.mark)
        place = joint.stop
    return [token._replace(start=starts[token.start], stop=stops[token.stop - 1]) for token in tokens]
