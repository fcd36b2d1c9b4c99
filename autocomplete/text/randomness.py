"""Whether a piece of text without spaces looks like a password or a key that a machine, or somebody careful, made.

    passwords   8 to 19 visible characters of three kinds out of small letters, capitals, digits and marks, that
                change their kind at about every other step, as `Tr0ub4dor&3` does and `Report_2021-Final` does not;
                `/ . _ -` between the words of a path or a name are no change, and never a kind. Or of all four kinds,
                with a mark that words have none of inside, as `Winter!2` has.
    keys        20 and more letters and digits that change their kind often and hardly repeat themselves

What is written like code, an address or the number that names a thing (UUID) is none.
"""

import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise

LEAST_PASSWORD, LEAST_KEY = 8, 20
# Changes of kind a step, capitals before small letters not counted. Of letters and digits by chance it is 0.45, with
# all marks among them 0.6; the shorter a piece, the more often prose comes near, as `COVID-19's` with 0.44 does.
_SHORT_CHANGES, _LONG_CHANGES, _KEY_CHANGES = 0.5, 0.35, 0.3
_LONG_PASSWORD = 12
# Letters that make the marks beside them separators. Of passwords of 12 letters, digits and marks by chance 88 % are
# found so; 87 % with two letters, 90 % where no mark separates anything.
_LEAST_WORD = 3
# Digits or letters that stand out by their number, as in hexadecimal, count with fewer changes.
_KEY_DIGITS, _LEAST_KEY_CHANGES = 3, 5
_KEY_ENTROPY_BITS = 2.8  # a character; 32 hexadecimal digits by chance have 3.6
_MOST_JUDGED = 400  # characters of a piece


def looks_random(piece: str) -> bool:
    """Whether a piece of text without spaces looks like a password or a key that a machine made."""
    if not _telling().search(piece):
        return False
    value = bare(piece[:_MOST_JUDGED])
    if len(value) < LEAST_PASSWORD or _ordinary().search(value):
        return False
    if len(value) >= LEAST_KEY:
        return any(_is_key(run) for run in _between_marks().split(value) if len(run) >= LEAST_KEY)
    return not _code().search(value) and (_has_all_kinds(value) or _is_password(value))


def bare(piece: str) -> str:
    """A piece of text without the quotation marks, brackets and stops around it."""
    return piece.strip("\"'“”„‘’`«»()[]{}<>,.;:!?…、。")


def _has_all_kinds(value: str) -> bool:
    """Whether there are small letters, capitals, digits and, inside, a mark that no word has."""
    return _all_kinds().fullmatch(value) is not None


def _is_password(value: str) -> bool:
    short = _number().sub("0", _option().sub("", value))
    parts = [[_kind(character) for character in part] for part in _separator().split(short)]
    kinds = {kind for part in parts for kind in part}
    if len(short) < LEAST_PASSWORD or len(kinds) < 3 or not ("digit" in kinds or _rare_mark().search(value)):
        return False
    if not any(len(part) >= _LEAST_WORD and _changes(part) == 0 for part in parts):  # no words that they separate
        parts = [[_kind(character) for character in short]]
    least = _SHORT_CHANGES if len(short) < _LONG_PASSWORD else _LONG_CHANGES
    return sum(map(_changes, parts)) > (len(short) - 1) * least


@cache
def _ordinary() -> re.Pattern[str]:
    """Addresses, and what names things: UUIDs, digests that say so."""
    return re.compile(
        r"(?i)^[a-z][a-z0-9+.-]*://[^?@]*$|^www\.|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
        r"|\bsha-?(?:1|256|384|512)[:=-]|^[\w.+-]+@[\w-]+\.(?:[\w-]+\.)*(?-i:[a-z]{2,}|[A-Z]{2,})$|^(?:spotify|urn|doi|arxiv):|^0x[0-9a-f]{1,42}$"
    )


@cache
def _code() -> re.Pattern[str]:
    """What code, patterns and commands have: calls, subscripts, escapes, formats, quotation marks inside."""
    return re.compile(
        r"[\w)\]][(\[]|[)\]][\w(\[.,:]|[\"'`]|\\|[|<>=+*-]=|[\w)]=[\w({\[]|[;,]|[{}]|%[A-Za-z%]|::|->|&&|\$\d|^[a-z]{2}_[A-Z]{2}\b|^[\w.-]+:[~\w.-]*/|^[-$@%/~^<+|*]|^\#!|[*+?]\)|[*+?]$|\.\.|\w:\w*\W?\w*$"
    )


@cache
def _all_kinds() -> re.Pattern[str]:
    return re.compile(
        r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^0-9]*[0-9])(?=.*\w[!#$%&*?@^~+]+\w|.*\w[!#$%&*?^~]+$)[A-Za-z0-9!#$%&*?@^~+._-]{8,19}"
    )


@cache
def _option() -> re.Pattern[str]:
    return re.compile(r"^(?:--?[A-Za-z][\w-]*|[A-Z_]{2,})=")  # `-std=c++17` and `CC=gcc-12`: the value is judged


@cache
def _separator() -> re.Pattern[str]:
    return re.compile(r"[/._-]")  # of paths and names


@cache
def _between_marks() -> re.Pattern[str]:
    return re.compile(r"[^A-Za-z0-9+/_=-]+")  # none of base 64


@cache
def _number() -> re.Pattern[str]:
    return re.compile(r"[0-9]+(?:[.,:/-][0-9]+)*")  # 10,000 and 1-1/2 are no more than one digit


@cache
def _telling() -> re.Pattern[str]:
    return re.compile(rf"[0-9]|{_rare_mark().pattern}")  # words without any of these are no secret


@cache
def _rare_mark() -> re.Pattern[str]:
    return re.compile(r"[!#$%*+<=>?@^_|~\\{}\[\]]")  # where a word has one inside, it is hardly prose


def _is_key(run: str) -> bool:
    """Whether a run of letters, digits and the marks of base 64 is a key, or a path that holds one."""
    parts = [re.sub(r"[+_=-]", "", part) for part in run.split("/")]
    return _is_random("".join(parts), often=True) or any(_is_random(part, often=False) for part in parts)


def _is_random(text: str, *, often: bool) -> bool:
    """Whether letters and digits stand in no order; with `often` few digits will do where kinds change often."""
    digits = sum(character.isdigit() for character in text)
    if len(text) < LEAST_KEY or not 0 < digits < len(text) or _entropy_bits(text) < _KEY_ENTROPY_BITS:
        return False
    changes = _changes([_kind(character) for character in text])
    if often:
        return changes >= _KEY_CHANGES * (len(text) - 1)
    return digits >= _KEY_DIGITS and changes >= _LEAST_KEY_CHANGES


def _kind(character: str) -> str:
    if "0" <= character <= "9":
        return "digit"
    if character.isalpha():
        return "capital" if character.isupper() else "small"
    return "mark"


def _changes(kinds: list[str]) -> int:
    """How often neighbours are of different kinds; not where a capital begins small letters, as in `camelCase`."""
    return sum(one != other and (one, other) != ("capital", "small") for one, other in pairwise(kinds))


def _entropy_bits(text: str) -> float:
    """Entropy of the characters of a text, a character (Shannon 1948)."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
