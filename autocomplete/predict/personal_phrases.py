"""The phrases worth showing to the person who wrote them: frequent, whole, and no part of a longer one."""

from collections.abc import Iterable

from autocomplete.corpus.specials import END_TOKEN
from autocomplete.predict.personal import LearnedPhrase
from autocomplete.predict.suggestion import caseless

# What was written once is no phrase yet.
LEAST_TIMES = 2


def most_frequent(phrases: Iterable[LearnedPhrase], *, count: int) -> list[LearnedPhrase]:
    """Choose the most frequent phrases, and of those alike the longest.

    A phrase begins and ends with a word. One that was never written without the word before or behind it is left out
    where that longer one is there.
    """
    times: dict[tuple[str, ...], int] = {}
    shown: dict[tuple[str, ...], tuple[str, ...]] = {}
    for words, often in phrases:
        if END_TOKEN not in words:
            key = tuple(caseless(word) for word in words)
            times[key] = times.get(key, 0) + often
            shown.setdefault(key, words)
    whole = {key for key, often in times.items() if often >= LEAST_TIMES and _is_phrase(key)}
    parts = {part for key in whole for part in (key[:-1], key[1:]) if times.get(part) == times[key]}
    chosen = sorted(whole - parts, key=lambda key: (-times[key], -len(key), key))[:count]
    return [LearnedPhrase(shown[key], times[key]) for key in chosen]


def _is_phrase(words: tuple[str, ...]) -> bool:
    return words[0][0].isalnum() and words[-1][0].isalnum()
