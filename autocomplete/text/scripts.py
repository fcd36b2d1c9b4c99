"""Words of scripts without spaces: Chinese, Japanese, Thai, Lao, Khmer and Burmese, cut by a library's dictionaries.

The library is icu4py, an optional part: ICU, which browsers and phones cut these scripts by, from wheels that hold it
whole (MIT, and the licence of Unicode). Of those compared on a sentence of each script, in December 2026, it alone has
dictionaries for all six, and it is the fastest: 7 to 18 million characters a second in one call, 4 to 9 million
sentence by sentence. PyICU, its elder, has no wheels; budoux (0.7 million) cuts phrases, of no Lao, Khmer or Burmese;
SudachiPy (1.4 million) cuts Japanese better, by a dictionary of 190 MB; PyThaiNLP (1.2 million) Thai about as well.

Where letters of such a script follow each other, with their marks, is a run. Its words do not depend on what stands
around it, and those further than 64 characters before its end do not depend on its end: of a text that is typed no
more than that is cut anew.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from autocomplete.errors import ModelError
from autocomplete.text.unicode import SPACELESS

# Characters that are cut at once.
WINDOW = 64
# Of a run that goes on behind a window, words that end nearer to its end may be cut otherwise with what follows.
_UNSETTLED = 16
# The first of all letters of these scripts; Latin, Cyrillic, Greek, Hebrew, Arabic and Indic ones stand before it.
_FIRST_LETTER = "\u0e01"
# Windows whose words are kept: those of a text's end are asked for with every key.
_WINDOWS = 512


class Piece(NamedTuple):
    """A token of a text, or a line break.

    Attributes:
        text: With the white space before it.
        start: Where that begins.
        stop: Where the token ends.
    """

    text: str
    start: int
    stop: int


@cache
def segmenter() -> str | None:
    """Name what cuts words, and its version, which is that of its dictionaries; None where it is not installed."""
    try:
        from icu4py import icu_version
    except ImportError:
        return None
    return f"ICU {icu_version} (icu4py)"


def require_segmenter(made_by: str) -> None:
    """Refuse to go on where words cannot be cut.

    Args:
        made_by: What cut the words of the training text. Another version cuts few words otherwise, and will do.

    Raises:
        ModelError: No library is installed.
    """
    if segmenter() is None:
        raise ModelError(
            f"The words of this model were cut by {made_by}, which is not installed.",
            'pip install "autocomplete-lm[scripts]"',
        )


def has_spaceless(text: str) -> bool:
    """Whether a text has a letter of a script without spaces."""
    return not text.isascii() and _spaceless().search(text) is not None


def is_spaceless(token: str) -> bool:
    """Whether a token begins with a letter of a script without spaces."""
    return token[:1] >= _FIRST_LETTER and _spaceless().match(token) is not None


def segmented(matches: Iterable[re.Match[str]]) -> Iterator[Piece]:
    """Yield what a pattern found, but words where it found letter after letter of scripts without spaces."""
    run: list[re.Match[str]] = []
    for match in matches:
        if run and not (match.start() == run[-1].end() and is_spaceless(match[0])):
            yield from _words_of(run)
            run = []
        if is_spaceless(match[0].lstrip()):
            run.append(match)
        else:
            yield Piece(match[0], *match.span())
    yield from _words_of(run)


def _words_of(run: Sequence[re.Match[str]]) -> Iterator[Piece]:
    """The words of letters that stand side by side, the first with the white space before it."""
    if not run:
        return
    text = "".join(match[0] for match in run)
    begin = start = run[0].start()
    stop = begin + len(text) - len(text.lstrip())
    for word in cut(text.lstrip()):
        stop += len(word)
        yield Piece(text[start - begin : stop - begin], start, stop)
        start = stop


def cut(run: str) -> list[str]:
    """Cut a run of letters into words.

    Raises:
        ModelError: The library is not installed.
    """
    words: list[str] = []
    place = 0
    while len(run) - place > WINDOW:
        found = _cut_at_once(run[place : place + WINDOW])
        ends = list(accumulate(map(len, found)))
        settled = max(1, sum(end <= WINDOW - _UNSETTLED for end in ends))
        words += found[:settled]
        place += ends[settled - 1]
    return words + _cut_at_once(run[place:])


@lru_cache(maxsize=_WINDOWS)
def _cut_at_once(letters: str) -> list[str]:
    breaker = _breaker()
    # A lone surrogate, which may be joined to a letter, is no text to the library.
    readable = letters.encode("utf-8", "replace").decode()
    return [letters[start:stop] for start, stop in breaker(readable, "root").segments()]


@cache
def _breaker() -> Callable[..., Any]:
    require_segmenter("ICU (icu4py)")
    from icu4py.breakers import WordBreaker

    return WordBreaker


@cache
def _spaceless() -> re.Pattern[str]:
    return re.compile(f"[{SPACELESS}]")
