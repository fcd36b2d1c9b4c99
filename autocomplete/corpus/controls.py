"""Control characters in text: they act on a terminal instead of being read, so they are white space, never a token's.

What is meant are the characters of Unicode's category Cc, and the overrides and isolates that turn the direction of
text. Joiners, non-joiners and variation selectors are none: Persian, Hindi and emoji are not written without them.
"""

import re
from functools import cache

from autocomplete.corpus.characters import CONTROL, STRAY

_STRAY_BYTES = bytes([*range(9), *range(14, 28), 127])
_STARTS = b"\xc2\xe2"  # of U+0080 to U+009F, and of the overrides and isolates, in UTF-8
_NEITHER = bytes(set(range(256)) - set(_STRAY_BYTES) - set(_STARTS))

# Each begins with one certain byte, which `re` finds fast.
_FOREIGN = (rb"\xc2[\x80-\x84\x86-\x9f]", rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])")

# What of them is no white space, in UTF-8: for cutting text where white space stands.
STRAY_IN_UTF8 = b"|".join([rb"[\x00-\x08\x0e-\x1b\x7f]", *_FOREIGN])


def holds_control(text: str) -> bool:
    """Whether a text holds a control character, line breaks and tabs among them."""
    return not text.isprintable() and _control().search(text) is not None


def without_controls(text: str) -> tuple[str, int]:
    """Return a text with a space in place of each stray control character, and how many there were."""
    return (text, 0) if text.isprintable() else _stray().subn(" ", text)


def may_hold_stray(content: bytes) -> bool:
    """Whether a text in UTF-8 may hold a stray control character; false for nearly all that do not.

    It takes half a nanosecond a byte, a fiftieth of what tokenising takes.
    """
    left = content.translate(None, _NEITHER)
    if not left:
        return False
    return bool(left.translate(None, _STARTS)) or any(pattern.search(content) for pattern in _foreign())


def count_stray(content: bytes) -> int:
    """How many bytes are control characters that no plain text has, in any encoding of which ASCII is a part."""
    return len(content) - len(content.translate(None, _STRAY_BYTES))


@cache
def _control() -> re.Pattern[str]:
    return re.compile(f"[{CONTROL}]")


@cache
def _stray() -> re.Pattern[str]:
    return re.compile(f"[{STRAY}]")


@cache
def _foreign() -> list[re.Pattern[bytes]]:
    return list(map(re.compile, _FOREIGN))
