r"""The patterns that find tokens. Each also matches `\n`, and takes along one white-space character before a token.

`re` alone: the `regex` package knows Unicode properties, but took 2.7 times as long over the same text.
"""

import re
import string
from functools import cache

from autocomplete.corpus.characters import CONTROL, INVISIBLE, MARK, SPACELESS

# A break by itself, or a token with the white space before it: one `findall` gives both.
_BREAK_OR_TOKEN = r"\n|[^\S\n]?(?:{})"

# Words of letters, digits and marks with single apostrophes, hyphens or joiners inside, and . , : / between digits.
_CONNECTORS = r"'’_\-\u2010\u2011\u00ad\u200c\u200d"
_INNER = rf"(?:[{_CONNECTORS}]|(?<=\d)[.,:/](?=\d))"
_WORD = rf"(?![{_CONNECTORS}.,:/])(?:{_INNER}?(?:[^\W_{SPACELESS}]+|{MARK}+)+)+"

# U.S., e.g.; not the last letters of a.b.com. The bound keeps a long row of them from being tried from every start.
_INITIALISM = r"(?:[A-Za-z\u00c0-\u024f\u0370-\u052f]\.){2,10}(?!\w)"

_IN_URL = rf"\s{CONTROL}<>\"“”«»\u3000-\u303f\uff00-\uffef"
_URL = rf"(?:[Hh][Tt][Tt][Pp][Ss]?://|[Ww][Ww][Ww]\.)[^{_IN_URL}]*[^{_IN_URL}.,;:!?)\]}}'’…*_]"
# 64 characters are the most that RFC 5321 allows before the @.
_EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"

# The two letters of a flag, a run of one punctuation mark (`...`, `--`, `!!`), or any other visible character
# (those of scripts without spaces among them), each with the marks, skin tones, tags and joined emoji behind it.
_RUN = "|".join(rf"{re.escape(mark)}{re.escape(mark)}*" for mark in string.punctuation + "…–—―·•¡¿。、！？")
_VISIBLE = rf"[^\s{INVISIBLE}]"
_SYMBOL = (
    rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|{_RUN}|{_VISIBLE})"
    rf"(?:{MARK}|[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|\u200d(?!\w){_VISIBLE})*"
)

# Most words are letters with a space or a common mark behind them: a short way round the alternatives below,
# which could add nothing to such a word.
_PLAIN_WORD = r"[A-Za-z]++(?![^\s.,;:!?\")\]]|[.:]\S)"

# A character of Han or kana is a token, and no mark or tone can follow where another or a stop does: another short way.
_HAN_OR_KANA = r"\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff"
_PLAIN_CHARACTER = rf"[{_HAN_OR_KANA}](?=[{_HAN_OR_KANA}\s、。，！？]|\Z)"

_TOKEN = f"{_PLAIN_WORD}|{_PLAIN_CHARACTER}|(?=[A-Za-z0-9])(?:{_URL}|{_EMAIL})|{_INITIALISM}|{_WORD}|{_SYMBOL}"


@cache
def word_pattern(*, pretokenized: bool) -> re.Pattern[str]:
    """Match a break, or a word-level token with at most one white-space character before it."""
    return re.compile(_BREAK_OR_TOKEN.format(rf"[^\s{CONTROL}]+" if pretokenized else _TOKEN))


@cache
def character_pattern() -> re.Pattern[str]:
    """Match a run of white space and control characters, or one other character."""
    return re.compile(rf"[\s{CONTROL}]+|[^\s{CONTROL}]")


@cache
def composition_pattern() -> re.Pattern[str]:
    """Match a character with all that Unicode normalisation may compose with it: marks, and the letters that do.

    These are the jamo of a syllable, and a vowel sign of Kirat Rai.

    White space composes with nothing.
    """
    return re.compile(rf"\s|(?s:.)(?:{MARK}|[\u1161-\u1175\u11a8-\u11c2\U00016d67])*")
