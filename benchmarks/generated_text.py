"""Made-up text of any size: words as frequent as in English, in sentences, the same bytes at every run.

How often a word occurs falls with its rank as in Zipf's law, and the tail has no end: a thousand times as much text
has a hundred times as many distinct words, about 20,000 in 1 MB and two million in 1 GB, somewhat more than English.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from autocomplete.config import Layout

# Ranks follow the density (1 + rank / _SHIFT) ** -(1 + _TAIL) (Zipf-Mandelbrot). As in English, the hundred most
# frequent words make up about half of the text and the thousand most frequent four fifths; distinct words grow
# with the 2/3rd power of the text.
_SHIFT = 40.0
_TAIL = 0.5
_MOST_RANKS = 1 << 40  # what is drawn above is folded back
_WORDS_AT_ONCE = 50_000
_SPELLED_BEFOREHAND = 1 << 16  # all but 3 % of what is drawn

# A syllable begins with one consonant, so a word is spelled in one way only. Short ones first; two are not ASCII.
_OPEN = [consonant + vowel for vowel in "ea" for consonant in "tnshrdlcmwfg"]
_CLOSED = [consonant + rhyme for rhyme in ("en", "at", "is", "or", "ul") for consonant in "tnshrdlcmwfg"]
_SYLLABLES = [*_OPEN, *_CLOSED, "bé", "vül"]
_SENTENCE_WORDS = (3, 24)
_PARAGRAPH_SENTENCES = 6
_MARGIN_CHARACTERS = 72


def write_text(path: Path, *, size_bytes: int, layout: Layout) -> None:
    """Write at least `size_bytes` of text, at most one sentence or paragraph more, and hold little of it in memory.

    Args:
        path: The file.
        size_bytes: Its size in UTF-8.
        layout: `lines` for a sentence a line, `text` for paragraphs wrapped at 72 characters.
    """
    pieces = sentences() if layout == "lines" else map(wrapped, paragraphs())
    written = 0
    with path.open("wb") as file:
        while written < size_bytes:
            written += file.write(f"{next(pieces)}\n".encode())


def paragraphs() -> Iterator[str]:
    """Yield endless paragraphs, each in one line."""
    endless = sentences()
    while True:
        yield " ".join(next(endless) for _ in range(_PARAGRAPH_SENTENCES))


def sentences() -> Iterator[str]:
    """Yield endless sentences with capitals, commas and a final mark."""
    draw = np.random.default_rng(0)
    spelled = [spelling(rank) for rank in range(_SPELLED_BEFOREHAND)]
    while True:
        ranks = np.minimum(_SHIFT * draw.pareto(_TAIL, _WORDS_AT_ONCE), 2.0**62).astype(np.int64) % _MOST_RANKS
        words = [spelled[rank] if rank < _SPELLED_BEFOREHAND else spelling(rank) for rank in ranks.tolist()]
        lengths = draw.integers(*_SENTENCE_WORDS, _WORDS_AT_ONCE // _SENTENCE_WORDS[1]).tolist()
        for number, (start, stop) in enumerate(pairwise(np.cumsum([0, *lengths]).tolist())):
            yield _sentence(words[start:stop], mark="?" if number % 12 == 0 else ".")


def spelling(rank: int) -> str:
    """Return the word of a rank: short for frequent ones, different for every rank."""
    name = rank % 11 == 7
    letters = ""
    rest = rank + 1
    while rest:
        rest, place = divmod(rest - 1, len(_SYLLABLES))
        letters += _SYLLABLES[place]
    return letters.capitalize() if name else letters


def _sentence(words: list[str], *, mark: Literal[".", "?"]) -> str:
    first = words[0]
    words[0] = first[0].upper() + first[1:]
    if len(words) > 8:
        words[len(words) // 2] += ","
    return " ".join(words) + mark


def wrapped(paragraph: str) -> str:
    """Break a paragraph into lines of at most 72 characters and add the blank line after it."""
    lines = []
    start = 0
    while len(paragraph) - start > _MARGIN_CHARACTERS:
        stop = paragraph.rindex(" ", start, start + _MARGIN_CHARACTERS + 1)
        lines.append(paragraph[start:stop])
        start = stop + 1
    return "\n".join([*lines, paragraph[start:], ""])
