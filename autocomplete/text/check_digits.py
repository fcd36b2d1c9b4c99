"""Numbers whose last digits follow from the others: cards, bank accounts, identities."""

import re
from functools import cache

# Characters of an IBAN by its country (ISO 13616, SWIFT's registry).
_IBAN_LENGTHS = {
    length: countries.split()
    for length, countries in {
        15: "no", 16: "be", 18: "dk fi fo gl nl", 19: "mk si", 20: "at ba ee kz lt lu xk", 21: "ch hr li lv",
        22: "bg bh cr de gb ge ie me rs va", 23: "ae il iq tl", 24: "ad cz dz es md pk ro sa se sk tn vg",
        25: "ly pt st", 26: "is tr", 27: "fr gr it mc mr sm", 28: "al az cy do gt hu lb pl sv by", 29: "br eg ps qa ua",
        30: "jo kw mu", 31: "mt sc", 32: "lc",
    }.items()
}  # fmt: skip


def passes_luhn(number: str) -> bool:
    """Whether the last digit of a number, maybe in groups, is the one that the others call for (Luhn 1960)."""
    digits = [int(character) for character in reversed(number) if character in "0123456789"]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


def begins_with_iban(text: str) -> bool:
    """Whether a text in small letters begins with an IBAN, maybe in groups (ISO 13616: modulo 97)."""
    length = _iban_length(text[:2])
    bare = re.sub(r"[ -]", "", text[: 2 * (length or 0)])[: length or 0]
    if length is None or len(bare) < length or not re.fullmatch("[a-z]{2}[0-9]{2}[a-z0-9]+", bare):
        return False
    return int("".join(str(int(character, 36)) for character in bare[4:] + bare[:4])) % 97 == 1


@cache
def _iban_length(country: str) -> int | None:
    return next((length for length, countries in _IBAN_LENGTHS.items() if country in countries), None)


def is_chinese_identity(text: str) -> bool:
    """Whether 17 digits are followed by their check digit or `x` (GB 11643: ISO 7064, modulo 11-2)."""
    rest = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17])) % 11
    return "10x98765432"[rest] == text[17]


def is_french_identity(digits: str) -> bool:
    """Whether 13 digits are followed by their key of two (INSEE: modulo 97)."""
    return int(digits[13:]) == 97 - int(digits[:13]) % 97


def is_brazilian_identity(digits: str) -> bool:
    """Whether 9 digits are followed by their two check digits (CPF: modulo 11, twice)."""
    return len(set(digits)) > 1 and all(
        int(digits[size])
        == sum(int(digit) * (size + 1 - place) for place, digit in enumerate(digits[:size])) * 10 % 11 % 10
        for size in (9, 10)
    )
