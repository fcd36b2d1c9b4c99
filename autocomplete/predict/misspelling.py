"""How words are misspelt by ear: which letters sound alike, and how likely a word is spelled as it was typed.

Who does not know how a word is written writes what is heard: vowels are taken for each other, letters doubled or not,
silent ones left out, `ph` becomes `f`. Two words are compared only where their skeletons agree, the consonants as they
sound; then letter by letter, each confusion having its price. What a letter sounds like is known of the Latin,
Cyrillic and Greek alphabets; in others doubled letters are all that is heard alike.
"""

import math
import re
from functools import cache, lru_cache

from autocomplete.text.prefixes import without_marks

# How often a word is misspelt by ear in one certain way, before the price of that way. One cheap confusion, such as a
# vowel for another, is then thrice as frequent as one certain slip of the finger.
_BY_EAR = 0.0025
# Prices, in nats. Who spells by ear does so throughout: a second confusion is far likelier than a first one.
_VOWEL = 1.0  # for another
_VOWELS_SWAPPED = 0.8  # `ie`
_DOUBLED = 0.7  # or not
_APOSTROPHE = 0.3  # left out, as it is at every turn
_SILENT = 1.0  # letter left out, or written where none is
_LIKE_SOUND = 1.2  # consonant for another
_VOICED = 2.0  # consonant for one that differs by the voice
_VOWEL_MISSING = 2.0  # or too many
_SYLLABLE = 1.5  # written the other way round: `le` for `al`
_SWAPPED = 2.5  # neighbours
_FIRST_VOWEL = 1.2  # added where that is missing or wrong: it is heard best
_TOO_MANY = 1.5  # added where a letter stands that is none of the word's
_ANY = 3.5  # letter wrong, missing or too many, of which ear says nothing
# Highest price of a beginning, by its letters: of few letters little may be wrong, or they would be any word's.
_LETTER_WORTH = 0.5
_DEAREST = 5.0
# Longer words are compared by a slip of the finger alone.
_MOST_LETTERS = 40

# Words whose skeletons, and pairs whose likeness, are kept.
_COMPARED = 16_384

_VOWELS = frozenset("aeiouyаеиоуыэюяαεηιουω")
_LIQUIDS = frozenset("lr")
# Heard neither before a consonant nor behind one.
_FAINT = frozenset("hw'-ьъй")
_SILENT_BEFORE = frozenset({"kn", "gn", "pn", "ps", "pt", "wr", "ck", "cq", "dg", "dj", "tc", "gh", "bt", "sc", "dn"})
_SILENT_BEHIND = frozenset({"mb", "mn", "sc", "st", "cs", "xc", "хг"})
# Letters of one sound, and letters that become one at the end of a syllable; the first of a group stands for all.
_ONE_SOUND = ("ckqszx", "jg", "сц", "шщ")
_WITHOUT_VOICE = ("td", "pb", "fv", "сз", "тд", "пб", "фв", "кг", "шж")
_SOUNDS = {ord(letter): group[0] for group in (*_ONE_SOUND, *_WITHOUT_VOICE) for letter in group}
# Two letters and what they sound like, as that is in a skeleton.
_PAIRS = {"ph": "f", "gh": "f", "ch": "c", "qu": "c", "dg": "j"}
_HISSED = frozenset({"ti", "si", "ci"})  # before a vowel


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What makes a skeleton of folded words, a line each."""
    vowels, faint = "".join(sorted(_VOWELS)), "".join(map(re.escape, sorted(_FAINT)))
    return (
        (re.compile(r"^(?:[kgp](?=n)|p(?=s)|w(?=r))", re.MULTILINE), ""),
        (re.compile("ph"), "f"),
        (re.compile("(?<=.)gh"), ""),
        (re.compile("dg(?=[eiy])"), "j"),
        (re.compile("t(?=ch)|(?<=s)t(?=l|en)|d(?=nes)"), ""),
        (re.compile("t(?=i[aou])"), "s"),
        (re.compile("^[" + vowels + "]", re.MULTILINE), "a"),
        (re.compile("(?<=.)[" + vowels + faint + "]+"), ""),
    )


_TWICE = re.compile(r"(.)\1+")


def skeleton(text: str) -> str:
    """What is heard of a word, or of words a line each: how it begins, and its consonants, each once."""
    text = without_marks(text)
    for pattern, sound in _rules():
        text = pattern.sub(sound, text)
    return _TWICE.sub(r"\1", text.translate(_SOUNDS))


# What a person types is compared with the same words again and again, letter by letter.
_skeleton_of = lru_cache(maxsize=_COMPARED)(skeleton)


@lru_cache(maxsize=_COMPARED)
def spelled_by_ear(typed: str, word: str) -> float:
    """How likely somebody who means a word spells its beginning so by ear; 0 if it does not even sound alike.

    Digits and marks are no sounds: they were meant as they were typed.

    Args:
        typed: Without case and accents; with a line break at its end, and at the word's, that is the whole word.
        word: The same.
    """
    letters = typed.rstrip("\n")
    if (
        len(letters) > _MOST_LETTERS
        or not letters.isalpha()
        or not _skeleton_of(word.rstrip("\n")).startswith(_skeleton_of(typed.rstrip("\n")))
    ):
        return 0.0
    dearest = min(_DEAREST, _LETTER_WORTH * len(typed))
    price = price_of(typed, word, dearest)
    return _BY_EAR * math.exp(-price) if 0.0 < price <= dearest else 0.0


def price_of(typed: str, word: str, dearest: float) -> float:
    """The least price, in nats, of spelling a beginning of a word so; infinite where it is over the dearest.

    Letters that are the same stand for each other: only where they differ, ways part.
    """
    best = math.inf
    seen: dict[tuple[int, int], float] = {}
    ways = [(0, 0, 0.0)]
    while ways:
        i, j, price = ways.pop()
        while i < len(typed) and j < len(word) and typed[i] == word[j]:
            i, j = i + 1, j + 1
        if i == len(typed):
            best = min(best, price)
            continue
        if price >= seen.get((i, j), math.inf):
            continue
        seen[i, j] = price
        for more_typed, more_meant, more in _confusions(typed, i, word, j):
            if price + more < min(best, dearest + 1e-9):
                ways.append((i + more_typed, j + more_meant, price + more))
    return best


def _confusions(typed: str, i: int, word: str, j: int) -> list[tuple[int, int, float]]:
    """The ways on where two letters differ: letters typed, letters meant, and the price."""
    here, meant = typed[i], word[j : j + 1]
    if here == "\n" and not meant.strip():
        return []
    found = []
    heard = _FIRST_VOWEL if j == 1 and meant in _VOWELS else 0.0
    if meant.strip():
        found.append((0, 1, _price_of_one(word, j) + heard))
    if here != "\n":
        found.append((1, 0, _price_of_one(typed, i) + _TOO_MANY))
    if meant.strip() and here != "\n":
        found.append((1, 1, _price_for_another(here, meant) + heard))
        if typed[i : i + 2] == word[j : j + 2][::-1]:
            vowels = here in _VOWELS and meant in _VOWELS
            found.append((2, 2, _VOWELS_SWAPPED if vowels else _SWAPPED))
        elif _is_turned(typed[i : i + 2], word[j : j + 2]) or _is_turned(word[j : j + 2], typed[i : i + 2]):
            found.append((2, 2, _SYLLABLE))
        if _pair_at(word, j) == here.translate(_SOUNDS):
            found.append((1, 2, _LIKE_SOUND))
        if _pair_at(typed, i) == meant.translate(_SOUNDS):
            found.append((2, 1, _LIKE_SOUND))
    return found


def _pair_at(text: str, place: int) -> str | None:
    """What two letters sound like, where they are one sound."""
    pair = text[place : place + 2]
    if pair in _HISSED and text[place + 2 : place + 3] in ("a", "o", "u"):
        return "c"
    return _PAIRS.get(pair)


def _is_turned(one: str, other: str) -> bool:
    """Whether a syllable is written with its vowel at the other end, be it another one."""
    return one[:1] in _LIQUIDS and one[:1] == other[1:] and one[1:] in _VOWELS and other[:1] in _VOWELS


def _price_for_another(typed: str, meant: str) -> float:
    """Of one letter for another."""
    if (typed in _VOWELS and meant in _VOWELS) or (typed, meant) == ("w", "u"):
        return _VOWEL
    if not meant.isalpha():
        return math.inf
    if typed.translate(_SOUNDS) != meant.translate(_SOUNDS):
        return _ANY
    return _LIKE_SOUND if any(typed in group and meant in group for group in _ONE_SOUND) else _VOICED


def _price_of_one(text: str, place: int) -> float:
    """Of a letter that stands in one spelling alone."""
    letter, before, behind = text[place], text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    if letter in (before, behind):
        return _DOUBLED
    if letter == "'":
        return _APOSTROPHE
    if letter in _FAINT or letter + behind in _SILENT_BEFORE or before + letter in _SILENT_BEHIND:
        return _SILENT
    if not letter.isalpha():
        return math.inf
    return _VOWEL_MISSING if letter in _VOWELS else _ANY
