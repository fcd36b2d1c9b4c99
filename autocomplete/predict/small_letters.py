"""Who writes small letters: lines that begin small, and the words that such a writer begins small too."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache

from autocomplete.predict.beginnings import SENTENCE_ENDS
from autocomplete.predict.suggestion import Suggestion

# Of the last so many lines and sentences so many have to begin small, one alone may be a slip, and hardly any with a
# capital: who changes over is followed.
_LAST, _LEAST_SMALL = 5, 2
_CAPITALS = 0.2
# What may stand between the end of a sentence, or of a line, and the first letter of the next.
_CLOSING, _OPENING = r"[\"'”’»)\]]*", r"[\"'“‘„«(\[¿¡]*"


def written_small(item: Suggestion, typed: str, *, small_form: Callable[[str], str | None]) -> Suggestion:
    """A suggestion as who writes small letters would have it: small where only its place gave it the capital.

    Args:
        item: For what was typed; in the case of its letters, where there are some.
        typed: The text before the cursor.
        small_form: A word without its capital; None where that is its own.
    """
    start = len(item.result) - len(item.text)
    capital = item.result[start:] == item.text and item.text[:1].isupper()
    begun = typed[start:] if typed.startswith(item.result[:start]) else ""
    if not capital or begun[:1].isupper() or not begins_something(item.result[:start]):
        return item
    small = small_form(item.text)
    if small is None:
        return item
    return replace(
        item,
        text=small,
        insert=item.insert.removesuffix(item.text) + small,
        result=item.result[:start] + small,
    )


def writes_small(text: str) -> bool:
    """Whether what somebody wrote begins small: most of its lines and sentences, but for the word at the end."""
    last = max(text.rfind(" "), text.rfind("\n"))
    return _writes_small(text[: last + 1])


@lru_cache(maxsize=16)
def _writes_small(text: str) -> bool:
    letters = [found[1] for found in _beginning().finditer(text)][-_LAST:]
    small = sum(map(str.islower, letters))
    capital = sum(map(str.isupper, letters))
    return small >= _LEAST_SMALL and capital <= _CAPITALS * (small + capital)


def begins_something(before: str) -> bool:
    """Whether a line or a sentence begins behind a text."""
    end = before[-_AROUND:].rstrip(" \t")
    return not end or end[-1] == "\n" or (end != before[-_AROUND:] and _ended().search(end) is not None)


# Characters before the cursor that tell whether something begins there.
_AROUND = 32


@cache
def _beginning() -> re.Pattern[str]:
    ends = "".join(map(re.escape, SENTENCE_ENDS))
    return re.compile(rf"(?:\A|\n|[{ends}]{_CLOSING}[^\S\n])[^\S\n]*{_OPENING}([^\W\d_])")


@cache
def _ended() -> re.Pattern[str]:
    ends = "".join(map(re.escape, SENTENCE_ENDS))
    return re.compile(rf"[{ends}]{_CLOSING}\Z")
