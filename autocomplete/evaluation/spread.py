"""Pieces of held-out text, spread evenly over all of it: what is measured on a part rests on every document."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from autocomplete.config import Level
from autocomplete.corpus.encoding import TextChunk

# Of a part of a text so many tokens are scored in a row, about so many characters each.
TOKENS_A_PIECE = 1_000
CHARACTERS_A_TOKEN: Mapping[Level, int] = {"word": 5, "char": 1}
# And so many words typed, of about so many characters together, after so many that are read: some 400 tokens, as far
# as the cache sees, and as many letters as a model of characters can read in a tenth of a second.
WORDS_A_PIECE = 30
CHARACTERS_TYPED = 200
CHARACTERS_BEFORE: Mapping[Level, int] = {"word": 2_000, "char": 300}
# Of more documents than pieces these are so many times as many at most, and as much smaller, down to so many
# characters.
MOST_SMALLER = 10
LEAST_CHARACTERS = 60
# Fewer documents than this are no units of their own: the words of a piece share more than those of a document.
LEAST_DOCUMENTS = 20
# A piece begins at the next line so near, in characters, else at the next word so near.
_LINE, _WORD = 400, 60


class Piece(NamedTuple):
    """Part of a held-out text.

    Attributes:
        chunk: It, and what stands before it in its document, as far as that is wanted.
        begins: Where in the chunk's text what is measured begins.
        unit: Number of what it shares most with: its document where there are many, else itself.
    """

    chunk: TextChunk
    begins: int
    unit: int


def spread(texts: Callable[[], Iterator[TextChunk]], *, pieces: int, characters: int, context: int = 0) -> list[Piece]:
    """Cut pieces out of a text at even distances; the first of them, however few, are spread as all are.

    No document is left out, unless there are too many for small pieces. A text with fewer characters than wanted is
    cut up as a whole.

    Args:
        texts: Gives the text, as often as asked.
        pieces: Most pieces, but for short documents.
        characters: Most characters of each, to the end of a line or a word.
        context: Characters of its document that stand before it.
    """
    lengths = [(len(chunk.text), chunk.begins_document) for chunk in texts()]
    total, documents = sum(length for length, _ in lengths), sum(begins for _, begins in lengths)
    if not pieces:
        return []
    if documents > pieces:
        several = min(documents, MOST_SMALLER * pieces)
        pieces, characters = several, max(LEAST_CHARACTERS, characters * pieces // several)
    step = total / pieces
    found: list[Piece] = []
    document, begin = -1, 0
    for chunk in texts():
        document += chunk.begins_document
        length = len(chunk.text)
        if step <= characters:
            places = list(range(0, length, characters))
        else:
            numbers = range(math.ceil(begin / step), math.ceil((begin + length) / step))
            places = [math.ceil(number * step) - begin for number in numbers]
            if chunk.begins_document and documents <= pieces and (not places or places[0] > step / 2):
                places.insert(0, 0)
        for place, following in zip(places, [*places[1:], length], strict=False):
            piece = _cut(chunk, place, following, characters, context)
            if piece is not None:
                found.append(piece._replace(unit=document if documents >= LEAST_DOCUMENTS else len(found)))
        begin += length
    return [found[place] for place in _evenly(len(found))]


def scored_pieces(level: Level, texts: Callable[[], Iterator[TextChunk]], tokens: int) -> Iterator[TextChunk]:
    """Text to score: about so many tokens from everywhere."""
    characters = TOKENS_A_PIECE * CHARACTERS_A_TOKEN[level]
    return (piece.chunk for piece in spread(texts, pieces=-(-tokens // TOKENS_A_PIECE), characters=characters))


def typed_pieces(level: Level, texts: Callable[[], Iterator[TextChunk]], words: int) -> list[Piece]:
    """Text to type: about so many words from everywhere."""
    return spread(
        texts, pieces=-(-words // WORDS_A_PIECE), characters=CHARACTERS_TYPED, context=CHARACTERS_BEFORE[level]
    )


def whole(texts: Iterator[TextChunk]) -> Iterator[Piece]:
    """All of a text as it is, in its order."""
    document = -1
    for chunk in texts:
        document += chunk.begins_document
        yield Piece(chunk, 0, document)


def _cut(chunk: TextChunk, place: int, following: int, characters: int, context: int) -> Piece | None:
    """The piece that begins at the next line or word behind a place; None where nothing is left of it.

    It ends so many characters later, or where the one at the `following` place begins.
    """
    start = _border(chunk.text, place)
    stop = min(_border(chunk.text, start + characters), _border(chunk.text, following))
    first = _border(chunk.text, max(0, start - context))
    if not chunk.text[start:stop].strip():
        return None
    first = min(first, start)
    ends = chunk.ends_document and stop == len(chunk.text)
    text = TextChunk(chunk.digest, chunk.text[first:stop], begins_document=True, ends_document=ends)
    return Piece(text, start - first, 0)


def _border(text: str, place: int) -> int:
    """The beginning of a line shortly behind a place, or else of a word, or else the place."""
    if place <= 0 or place >= len(text):
        return min(max(place, 0), len(text))
    for pattern, reach in ((_LINE_BREAK, _LINE), (_SPACE, _WORD)):
        found = pattern.search(text, place - 1, place + reach)
        if found is not None:
            return found.end()
    return place


_LINE_BREAK, _SPACE = re.compile(r"\n"), re.compile(r"\s")


def _evenly(count: int) -> list[int]:
    """The numbers up to a count in an order whose beginnings are spread evenly (van der Corput 1935)."""
    bits = max(1, (count - 1).bit_length())
    turned = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    return [number for number in turned if number < count]
