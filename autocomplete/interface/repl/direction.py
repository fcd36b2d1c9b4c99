"""Text that is written from right to left: which that is, and how it is kept apart from the rest of a row.

The terminal orders what it draws (the bidirectional algorithm of Unicode, UAX 9); letters reach it as they are
written. An isolate keeps a word in its place among numbers and names that are written the other way, and what is
added behind right-to-left text within the same isolate stands on its left.
"""

import unicodedata

# First strong isolate, and the end of an isolate.
FIRST_STRONG, END = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
# Characters that are looked at for one with a direction.
_LOOKED_AT = 200


def has_right_to_left(text: str) -> bool:
    """Whether a text has letters that are written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def goes_left(before: str) -> bool:
    """Whether a text goes on to the left: the last of its characters that has a direction says so."""
    for character in reversed(before[-_LOOKED_AT:]):
        direction = unicodedata.bidirectional(character)
        if direction == "L" or direction in _RIGHT_TO_LEFT:
            return direction != "L"
    return False


def isolated(text: str) -> str:
    """A text that keeps its place in a row, where it has letters that are written from right to left."""
    return f"{FIRST_STRONG}{text}{END}" if has_right_to_left(text) else text
