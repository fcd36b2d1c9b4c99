"""Words that were shown while a word is typed, and typed past: who types on has said no.

Not always, for nobody looks at every list. A word that was shown is therefore as unlikely as it is to have been
overlooked, and stays in the list only where it is far surer than the rest. On the news that saves 4.2, 2.4 and 1.4
points of keystrokes with one word shown, for readers who notice every list, four of five, and seven of ten; with five
shown 0.7, 0.2 and -0.1. Never to show a word again would save the first of them 4.8 and 1.0 points, and cost the
second 1.8 and 7.5.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from autocomplete.predict.suggestion import Suggestion

# How often a list is looked at, and what is meant found in it. From 0.8 to 0.95 the savings differ by half a point.
NOTICED = 0.9
# Another form of a word that was passed over, as `accidents` is of `accident`, is so much likelier than it was.
OTHER_FORM = 2.0
# Lists kept: words of more letters are rare, and their first lists say nothing by then.
MOST_LISTS = 16
# Letters of the longest word that another one is looked for as a form of.
_LONGEST = 64


class List(NamedTuple):
    """What was shown at a key.

    Attributes:
        typed: What stood there of the word.
        words: What would have stood there with each that was shown; empty where that is another word.
    """

    typed: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """The lists that were shown while a word was typed. A plain value: who shows lists keeps it, and hands it on.

    Attributes:
        before: The text before the word.
        lists: Oldest first, each for the beginning of what the next was for.
    """

    before: str = ""
    lists: tuple[List, ...] = ()

    def shown(self, typed: str, results: Iterable[str]) -> "PassedOver":
        """Return what is known once a list was shown for a text.

        What was shown for a longer text is forgotten with all before it: it comes back for who deletes a letter.

        Args:
            typed: The text before the cursor.
            results: What each of the words shown makes of it.
        """
        before, begun = _parted(typed)
        earlier = self.at(typed).lists
        start = len(before)
        words = (_first_word(result[start:]) if result.startswith(before) else "" for result in results)
        # What may follow the finished word is shown behind it, and not in its place.
        listed = List(begun, tuple("" if word == begun else word for word in words))
        return PassedOver(before, (*earlier, listed)[-MOST_LISTS:])

    def at(self, typed: str) -> "PassedOver":
        """Those that were passed over by who typed on to a text, without what was shown for just this text."""
        before, begun = _parted(typed)
        if not self.lists or self.before != before or not begun.startswith(self.lists[-1].typed):
            return NOTHING
        lists = self.lists[:-1] if self.lists[-1].typed == begun else self.lists
        return PassedOver(before, lists) if lists else NOTHING

    def weighed(self, items: Sequence[Suggestion], typed: str) -> list[Suggestion]:
        """Suggestions as likely as they are now, in no order.

        Args:
            items: What may follow.
            typed: The text that was typed on to.
        """
        if not self.lists:
            return list(items)
        start, whole = len(self.before), len(typed)
        kept = [whole - item.replace for item in items]
        # What follows the word is no other in its place: `accident.` is no other form of `accident`.
        words = [
            typed[start:stop] + item.insert if stop >= start and item.kind == "complete" else ""
            for stop, item in zip(kept, items, strict=True)
        ]
        chances = likely_now(words, [item.probability for item in items], self.times())
        return [replace(item, probability=chance) for item, chance in zip(items, chances, strict=True)]

    def times(self) -> Mapping[str, int]:
        """How many lists each word was in."""
        return Counter(word for each in self.lists for word in {*each.words} - {""})

    def seated(self, results: Sequence[str]) -> list[int]:
        """The order in which to show a list: the likeliest first, and what was shown at the key before in its place.

        Args:
            results: What each suggestion makes of the text, likeliest first.
        """
        free = dict.fromkeys(range(len(results)))
        seats: dict[int, int] = {}  # by place in the list
        last = self.lists[-1].words if self.lists else ()
        start = len(self.before)
        for number, result in enumerate(results):
            word = _first_word(result[start:])
            place = 0 if number == 0 else last.index(word) if word in last and word else -1
            if place in free:
                seats[place] = number
                del free[place]
        others = [number for number in range(len(results)) if number not in seats.values()]
        seats |= zip(free, others, strict=True)
        return [seats[place] for place in range(len(results))]


NOTHING = PassedOver()


def likely_now(words: Sequence[str], chances: Sequence[float], times: Mapping[str, int]) -> list[float]:
    """How likely words are once some were passed over; what is missing to 1 is of all others.

    Args:
        words: What each would make of what was typed of a word.
        chances: How likely each was.
        times: How many lists a word was in.
    """
    seen = tuple(times)
    # Mostly a word neither was shown nor begins as one that was.
    weights = [_weight(word, times) if word.startswith(seen) else 1.0 for word in words]
    weighed = [chance * weight for chance, weight in zip(chances, weights, strict=True)]
    total = sum(weighed) + max(0.0, 1.0 - sum(chances))
    return [min(1.0, chance / total) for chance in weighed] if total > 0.0 else list(chances)


def _weight(word: str, times: Mapping[str, int]) -> float:
    """What a word's probability is multiplied by."""
    overlooked = float((1.0 - NOTICED) ** times.get(word, 0))
    # Shorter beginnings than a word's are looked up, not all words that were shown compared.
    other = any(word[:stop] in times for stop in range(1, min(len(word), _LONGEST)))
    return overlooked * (OTHER_FORM if other and not any(map(str.isspace, word)) else 1.0)


def _first_word(text: str) -> str:
    """Of a phrase, the word that it begins with."""
    return text.split(maxsplit=1)[0] if text.strip() else ""


def _parted(typed: str) -> tuple[str, str]:
    """A text before its last word, and what stands there of that, which is nothing behind white space."""
    last = typed.rsplit(maxsplit=1)[-1] if typed[-1:].strip() else ""
    return typed[: len(typed) - len(last)], last
