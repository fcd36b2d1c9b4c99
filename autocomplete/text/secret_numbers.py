"""Numbers that are secrets whatever they are called: those of cards, accounts and people, by their check digits."""

import re
from functools import cache
from typing import Literal

from autocomplete.text.check_digits import (
    begins_with_iban,
    is_brazilian_identity,
    is_chinese_identity,
    is_french_identity,
    passes_luhn,
)

NumberKind = Literal["cards", "accounts", "ids"]

# So many digits in one word, or a digit and one more behind a space, may be the number of something.
LEAST_NUMBER = 9


def kind_of_number(plain: str, low: str) -> NumberKind | None:
    """What the digits of a text may be.

    Args:
        plain: As it reads.
        low: The same in small letters.
    """
    if not _may_hold_number().search(plain):
        return None
    if any(_is_card(match[0]) for match in _cards().finditer(plain)):
        return "cards"
    if any(begins_with_iban(low[match.start() : match.start() + 80]) for match in _iban().finditer(low)):
        return "accounts"
    return "ids" if any(map(_is_known_identity, _identities().finditer(low))) else None


@cache
def _may_hold_number() -> re.Pattern[str]:
    """What each number has: nine digits in a word, or a digit and one more behind a space."""
    return re.compile(rf"[0-9](?:\s+[0-9]|(?:[^\s0-9]*+[0-9]){{{LEAST_NUMBER - 1}}})", re.ASCII)


@cache
def _cards() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\d.,])(?:[2-6]|9792)\d*(?:[ -]\d+)*(?!\d|[.,]\d)"
        r"|(?<![\d.])[3-6]\d{3}(?:\.\d{4}){3}(?![\d.]\d)|(?<![\d.])3\d{3}\.\d{6}\.\d{5}(?!\d)",
        re.ASCII,
    )


_CARD_DIGITS = range(13, 20)


def _is_card(number: str) -> bool:
    """Whether the first groups of a number are that of a card; what follows may be its date."""
    digits = ""
    for group in re.split("[ .-]", number[: 2 * _CARD_DIGITS[-1]]):
        digits += group
        if len(digits) in _CARD_DIGITS and passes_luhn(digits):
            return True
    return False


@cache
def _iban() -> re.Pattern[str]:
    return re.compile(r"(?<![a-z0-9])[a-z]{2}\d\d(?=[ -]?[a-z0-9]{4})", re.ASCII)


@cache
def _identities() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w.-])(?:(?P<us>(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4})"
        r"|(?P<china>[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dx])|(?P<brazil>\d{3}\.\d{3}\.\d{3}-\d\d)"
        r"|(?P<france>[12] ?\d\d ?[0-3]\d ?\d\d ?\d{3} ?\d{3} ?\d\d)"
        r"|(?P<italy>[a-z]{6}\d\d[abcdehlmprst][0-7]\d[a-z]\d{3}[a-z]))(?![\w-])",
        re.ASCII,
    )


def _is_known_identity(found: re.Match[str]) -> bool:
    text = re.sub(r"[ .-]", "", found[0])
    match found.lastgroup:
        case "china":
            return is_chinese_identity(text)
        case "france":
            return is_french_identity(text)
        case "brazil":
            return is_brazilian_identity(text)
        case _:
            return True
