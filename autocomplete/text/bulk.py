"""Words of bulk text. What a piece between spaces consists of is found once, for all the texts of a process."""

import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from autocomplete.arrays import BoolArray, Int32Array
from autocomplete.text.pieces import Codes, GrowingArray, PieceTable, Places, distinct, stretches
from autocomplete.text.scripts import has_spaceless, segmented
from autocomplete.text.syntax import OPERATOR_ENDS, QUOTES, Syntax
from autocomplete.text.unicode import composed, composed_as_set, word_pattern
from autocomplete.text.vocabulary import END_TOKEN

if TYPE_CHECKING:
    from autocomplete.text.censoring import Censored, Suspects

# Bytes: enough for 200,000 distinct pieces of English.
_MOST_MEMORY = 16 << 20

_BLOCK_PIECES = 1 << 15  # whose arrays fit the processor's cache

_BREAK = ord("\n")
_VISIBLE = string.ascii_letters + string.digits + string.punctuation
# Of each syntax, the plain characters, of which a piece is one token, and the marks that are another behind those.
_PLAIN_AND_MARKS: Mapping[Syntax, tuple[str, str]] = {
    "prose": (string.ascii_letters, '.,:;?!")'),
    "pretokenized": (_VISIBLE, ""),
    "commands": ("".join(sorted({*_VISIBLE} - {*OPERATOR_ENDS, *QUOTES, *"\\="})), f"{QUOTES};)"),
}


def _are_among(characters: str) -> BoolArray:
    return np.isin(np.arange(256), [*map(ord, characters)])


_IS_ALPHANUMERIC = _are_among(string.ascii_letters + string.digits)

_ENDS_OPERATOR, _IS_QUOTE = _are_among(OPERATOR_ENDS), _are_among(QUOTES)

# By how tokens are found: the syntax, and `segments`.
_idle: dict[tuple[Syntax, bool], list["BulkWords"]] = {}


@dataclass(frozen=True, slots=True)
class WordSequence:
    """The tokens and line breaks of a text.

    Attributes:
        types: The distinct tokens in the order they appear in UTF-8, a line each, behind `<eos>`.
        is_word: Whether each type is a word and no mark.
        ids: Which type each token is, in order, 0 for line breaks.
        spaced: Whether white space precedes the token; never a line break.
        is_break: Whether it is a line break.
        characters: Characters of the text as it is read (see `composed`).
    """

    types: bytes
    is_word: BoolArray
    ids: Int32Array
    spaced: BoolArray
    is_break: BoolArray
    characters: int


def word_sequence(text: str, syntax: Syntax = "prose", *, segments: bool = False) -> WordSequence:
    """Find the tokens of a text. Those of earlier texts make it fast, and change nothing."""
    with _borrowed(syntax, segments=segments) as words:
        return words.sequence(text)


def censored(text: str, syntax: Syntax = "prose", *, segments: bool = False) -> "Censored":
    """Leave out the lines of a text that look as if they held a secret.

    Where the words of what is left are wanted next, little of the work is done twice.
    """
    with _borrowed(syntax, segments=segments) as words:
        return words.censored(text)


@contextmanager
def _borrowed(syntax: Syntax, *, segments: bool) -> "Iterator[BulkWords]":
    idle = _idle.setdefault((syntax, segments), [])
    try:
        words = idle.pop()
    except IndexError:  # the first text, or other threads have all there are
        words = BulkWords(syntax, segments=segments)
    yield words
    if words.memory <= _MOST_MEMORY:  # one that an exception left half-taught does not come here
        idle.append(words)


def forget_words() -> None:
    """Give back the memory that `word_sequence` keeps for the next text."""
    _idle.clear()


class BulkWords:
    """Finds tokens by the distinct pieces they stand in, for they never cross a space.

    Only a piece that is new meets the pattern, and Unicode normalisation, which no space takes part in. A token goes
    by the number of the piece that it would be.
    """

    def __init__(self, syntax: Syntax = "prose", *, segments: bool = False) -> None:
        self._segments = segments
        self._compose = partial(composed, soft_hyphens=True) if syntax == "prose" else composed_as_set
        self._pattern = word_pattern(syntax)
        self._are_words = _are_arguments if syntax == "commands" else _are_words
        plain, marks = _PLAIN_AND_MARKS[syntax]
        self._is_plain, self._is_mark = _are_among(plain), _are_among(marks)
        self._pieces = PieceTable()
        self._suspects: Suspects | None = None  # until a text is censored
        self._numbered: tuple[str, Int32Array] | None = None  # a text that was just looked at, and its pieces
        self._mark_numbers = np.zeros(256, np.int32)
        self._mark_numbers[self._is_mark] = self._pieces.number_lines("\n".join(sorted(marks)).encode())
        end = self._pieces.number_lines(END_TOKEN.encode())
        self._end = int(end[0])
        # Of each piece, how many tokens it consists of, -1 where nobody asked; where they begin in the rows below; and
        # how many characters normalisation adds. The line break, which is piece 0, consists of the end of a sequence.
        self._lengths = GrowingArray(np.ones(1, np.int32))
        self._starts = GrowingArray(np.zeros(1, np.int32))
        self._added = GrowingArray(np.zeros(1, np.int32))
        # Whether each piece, were it a token, would be a word.
        self._is_word = GrowingArray(np.zeros(1, np.bool_))
        # Of each token of a piece, its number, and whether white space precedes it.
        self._tokens = GrowingArray(end)
        self._spaced = GrowingArray(np.zeros(1, np.bool_))

    @property
    def memory(self) -> int:
        """Bytes of memory that it takes, about."""
        rows = (self._lengths, self._starts, self._added, self._is_word, self._tokens, self._spaced)
        suspects = 0 if self._suspects is None else self._suspects.memory
        return self._pieces.memory + suspects + sum(each.nbytes for each in rows)

    def sequence(self, text: str) -> WordSequence:
        """Return the tokens of a text."""
        known, self._numbered = self._numbered, None
        pieces = (
            known[1]
            if known is not None and known[0] is text
            else self._pieces.number(text.encode("utf-8", "surrogatepass"))
        )
        self._learn(pieces)
        blocks = np.split(pieces, range(_BLOCK_PIECES, pieces.size, _BLOCK_PIECES))
        tokens, spaced, is_break = map(np.concatenate, zip(*map(self._expanded, blocks), strict=True))
        present, ids = _by_appearance(tokens, first=self._end, number=len(self._pieces))
        return WordSequence(
            types=self._pieces.lines(present),
            is_word=np.take(self._is_word.rows, present),
            ids=ids,
            spaced=spaced,
            is_break=is_break,
            characters=len(text) + int(np.take(self._added.rows, pieces).sum()),
        )

    def censored(self, text: str) -> "Censored":
        """Return a text without the lines that look as if they held a secret."""
        # The rules take longer to load than a prediction may, and predictions find words, too.
        from autocomplete.text.censoring import Censored, Suspects, without_secrets

        if self._suspects is None:
            self._suspects = Suspects(self._pieces)
        content = text.encode("utf-8", "surrogatepass")
        pieces = self._pieces.number(content)
        suspects = self._suspects.lines(pieces)
        found = without_secrets(text, content, suspects=suspects) if suspects else Censored(text, Counter(), [])
        self._numbered = None if found.parted else (found.text, _without_lines(pieces, found.lines))
        return found

    def _expanded(self, pieces: Int32Array) -> tuple[Int32Array, BoolArray, BoolArray]:
        """Of each token of pieces: its number, whether white space precedes it, and whether it is a line break."""
        places = stretches(np.take(self._starts.rows, pieces), np.take(self._lengths.rows, pieces))
        return np.take(self._tokens.rows, places), np.take(self._spaced.rows, places), places == 0

    def _learn(self, pieces: Int32Array) -> None:
        """Find the tokens of those pieces that nobody asked for before."""
        self._make_room()
        new = distinct(pieces[np.take(self._lengths.rows, pieces) < 0], below=len(self._pieces))
        if not new.size:
            return
        codes = np.frombuffer(self._pieces.lines(new) + b"\n", np.uint8)
        stops = np.flatnonzero(codes == _BREAK)
        others = np.diff(np.cumsum(~self._is_plain[codes])[stops], prepend=0) - 1  # without the line break
        marked = (others == 1) & self._is_mark[codes[stops - 1]] & (np.diff(stops, prepend=-1) > 2)
        self._keep_whole(new[others == 0])
        self._keep_marked(new[marked], codes[stops[marked] - 1])
        self._divide(new[(others > 0) & ~marked])

    def _keep_whole(self, pieces: Places) -> None:
        """Keep that pieces are tokens."""
        self._keep(pieces, np.ones(pieces.size, np.int32), pieces.astype(np.int32), np.ones(pieces.size, np.bool_))

    def _keep_marked(self, pieces: Places, marks: Codes) -> None:
        """Keep that pieces are words with a mark behind them."""
        codes = np.frombuffer(self._pieces.lines(pieces) + b"\n", np.uint8)
        words = self._pieces.number_lines(codes[:-1][codes[1:] != _BREAK].tobytes())
        self._make_room()
        tokens = np.stack([words, self._mark_numbers[marks]], axis=1)
        self._keep(pieces, np.full(pieces.size, 2, np.int32), tokens.ravel(), np.zeros(tokens.size, np.bool_))

    def _divide(self, pieces: Places) -> None:
        """Find the tokens of pieces that may hold several, or none."""
        if not pieces.size:
            return
        text = self._pieces.lines(pieces).decode("utf-8", "surrogatepass")
        normal = self._compose(text)
        if normal != text:
            self._added.rows[pieces] = _widths(normal.split("\n")) - _widths(text.split("\n"))
        if self._segments and has_spaceless(normal):
            found = [piece.text for piece in segmented(self._pattern.finditer(normal))]
        else:
            found = self._pattern.findall(normal)
        tokens = list(map(str.lstrip, found))
        widths = _widths(tokens)
        borders = np.append(np.flatnonzero(widths == 0), widths.size)  # the line breaks between two pieces
        lengths = (np.diff(borders, prepend=-1) - 1).astype(np.int32)
        spaced = (_widths(found) > widths)[widths > 0]
        numbers = self._pieces.number_lines("\n".join(filter(None, tokens)).encode("utf-8", "surrogatepass"))
        self._make_room()
        self._keep(pieces, lengths, numbers, spaced)

    def _keep(self, pieces: Places, lengths: Int32Array, tokens: Int32Array, spaced: BoolArray) -> None:
        """Keep what pieces consist of; white space precedes the first token of each, whatever is told of it."""
        begins = np.cumsum(lengths, dtype=np.int32) - lengths
        self._lengths.rows[pieces] = lengths
        self._starts.rows[pieces] = len(self._tokens) + begins
        self._tokens.add(tokens)
        spaced[begins[lengths > 0]] = True
        self._spaced.add(spaced)

    def _make_room(self) -> None:
        """Make rows for the pieces that have none yet."""
        new = np.arange(len(self._lengths), len(self._pieces))
        if new.size:
            self._lengths.add(np.full(new.size, -1, np.int32))
            self._starts.add(np.zeros(new.size, np.int32))
            self._added.add(np.zeros(new.size, np.int32))
            self._is_word.add(self._are_words(self._pieces.lines(new)))


def _without_lines(pieces: Int32Array, lines: Sequence[int]) -> Int32Array:
    """The numbers of a text's pieces and line breaks without those of some lines."""
    if not lines:
        return pieces
    ends = pieces == 0
    line_of = np.cumsum(ends) - ends  # a line break is the end of its line
    kept = np.ones(int(np.count_nonzero(ends)) + 1, np.bool_)
    kept[lines] = False
    left: Int32Array = pieces[kept[line_of]]
    return left if kept[-1] or not left.size else left[:-1]  # what ended the line before the last ends no line now


def _are_words(lines: bytes) -> BoolArray:
    """Whether each line begins with a letter or digit."""
    codes = np.frombuffer(lines, np.uint8)
    first = codes[np.append(0, np.flatnonzero(codes == _BREAK) + 1)]
    are_words: BoolArray = _IS_ALPHANUMERIC[first]
    foreign = np.flatnonzero(first >= 0x80).tolist()
    if foreign:
        strings = lines.decode("utf-8", "surrogatepass").split("\n")
        are_words[foreign] = [strings[line][0].isalnum() for line in foreign]
    return are_words


def _are_arguments(lines: bytes) -> BoolArray:
    """Whether each line, a token of a command, is no mark, as `is_word` says."""
    codes = np.frombuffer(lines + b"\n", np.uint8)
    stops = np.flatnonzero(codes == _BREAK)
    last, lengths = codes[stops - 1], np.diff(stops, prepend=-1) - 1
    are_arguments: BoolArray = ~(_ENDS_OPERATOR[last] | (_IS_QUOTE[last] & (lengths == 1)))
    return are_arguments


def _by_appearance(tokens: Int32Array, *, first: int, number: int) -> tuple[Places, Int32Array]:
    """The distinct tokens in the order they appear behind the first, and the place of every token among them.

    Args:
        tokens: By number.
        first: The number of the first, whether it appears or not.
        number: More than any of the numbers.
    """
    places = np.full(number, tokens.size, np.int32)
    places[tokens[::-1]] = np.arange(tokens.size - 1, -1, -1, dtype=np.int32)  # what is written last is kept
    places[first] = -1
    present = np.flatnonzero(places < tokens.size)
    present = present[np.argsort(places[present])]
    places[present] = np.arange(present.size, dtype=np.int32)
    return present, np.take(places, tokens)


def _widths(strings: Sequence[str]) -> Int32Array:
    return np.fromiter(map(len, strings), np.int32, len(strings))
