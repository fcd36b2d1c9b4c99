"""Types a text twice against a model of another, once as it stands and once sloppily, and prints what was saved.

    python benchmarks/sloppy_once.py TRAIN TEXT CHARACTERS SEED

Run by `benchmarks.sloppy_typing` with the `autocomplete` of one checkout after another: it uses only what all have.
"""

import json
import math
import random
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from autocomplete import Suggester
from autocomplete.evaluation.typing import (
    CONTEXT_CHARACTERS,
    LIST,
    KeystrokeSavings,
    Offer,
    Rule,
    TypedWord,
    cut_before,
    words_of,
)
from autocomplete.interface.cli.app import run

SHOWN = (1, 3, 5)
# Of the places with an accent, an apostrophe, a capital, and of the words.
LEFT_OUT = 0.3
MISTYPED = 0.03
# Shorter words are mistyped too, but nobody could tell into what.
LEAST_MISTYPED = 4
# Keys beside each other, a row each.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

Typist = Callable[[str], str]


def sloppy(seed: int) -> Typist:
    """What somebody types who means a word."""
    chance = random.Random(seed)

    def typed(word: str) -> str:
        letters = "".join(_plain(letter) if chance.random() < LEFT_OUT else letter for letter in word)
        mistyped = chance.random() < MISTYPED and len(letters) >= LEAST_MISTYPED
        return _mistyped(letters, chance) if mistyped else letters or word

    return typed


def _plain(letter: str) -> str:
    """A letter without its accent and small; nothing for an apostrophe."""
    if letter in "'’":
        return ""
    bare = "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))
    return bare.lower()


def _mistyped(word: str, chance: random.Random) -> str:
    """A word with one letter wrong, missing, doubled or swapped with the next; never the first."""
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    wrong = {"wrong": _neighbour(letter, chance), "missing": "", "doubled": letter * 2, "swapped": after[:1] + letter}
    how = chance.choice(sorted(wrong))
    return before + wrong[how] + (after[1:] if how == "swapped" else after)


def _neighbour(letter: str, chance: random.Random) -> str:
    for row in _ROWS:
        if letter.lower() in row:
            place = row.index(letter.lower())
            return chance.choice([row[near] for near in (place - 1, place + 1) if 0 <= near < len(row)])
    return letter


def type_as(typist: Typist, suggester: Suggester, text: str, *, shown: int) -> Iterator[TypedWord]:
    """Type a text whose words a typist types as they do, taking what is right from lists of `shown`.

    What a word of the text was typed as is the `word` of what is yielded; right is the word as it stands in the text.
    """
    rule = Rule(shown, repeats=False, match_case=True)
    written, read = "", 0
    for start, stop in words_of(text):
        written += text[read:start]
        read, word = stop, text[start:stop]
        letters = typist(word)
        before = written[cut_before(written, len(written), CONTEXT_CHARACTERS) :]
        offers = tuple(_offers(suggester, before, letters, word, shown))
        typed = TypedWord(letters, start, offers)
        yield typed
        written += word if _is_taken(typed, rule) else letters


def _is_taken(word: TypedWord, rule: Rule) -> bool:
    savings = KeystrokeSavings()
    savings.add(word)
    return savings.keys(rule) < word.characters


def _offers(suggester: Suggester, before: str, letters: str, wanted: str, shown: int) -> Iterator[Offer]:
    """The lists before a word and behind each of its letters, until what is wanted was among the first of one."""
    for count in range(len(letters)):
        number = min(LIST, shown * (count + 1))
        found = suggester.suggest(before + letters[:count], k=number, mode="complete" if count else "next")
        results = [item.result for item in found]
        rank = results.index(before + wanted) + 1 if before + wanted in results else None
        texts = tuple(result[len(before) :] if result.startswith(before) else "\b" + result for result in results)
        yield Offer(texts, rank, rank, tuple(item.probability for item in found), math.nan)
        if rank is not None and rank <= shown:
            return


def saved(typist: Callable[[], Typist], suggester: Suggester, text: str) -> dict[str, object]:
    """Keys saved in a hundred by the number of candidates shown, words, and how many were typed otherwise."""
    found: dict[str, float] = {}
    for shown in SHOWN:
        savings, otherwise = KeystrokeSavings(), 0
        words = [text[start:stop] for start, stop in words_of(text)]
        for word, typed in zip(words, type_as(typist(), suggester, text, shown=shown), strict=True):
            savings.add(typed)
            otherwise += typed.word != word
        found[str(shown)] = savings.rate(Rule(shown, repeats=False, match_case=True))
    return {"saved": found, "words": savings.words, "sloppy": otherwise}


def main() -> None:
    """Train, type twice, print."""
    train, text, characters, seed = sys.argv[1:]
    typed = unicodedata.normalize("NFC", " ".join(Path(text).read_text(encoding="utf-8").splitlines()))
    with tempfile.TemporaryDirectory(prefix="sloppy-typing-") as folder:
        model = Path(folder) / "model"
        if code := run(["train", train, "--model", str(model), "--no-network", "--epochs", "1"]):
            raise SystemExit(code)
        suggester = Suggester.open(model)
        text = typed[: int(characters)]
        rows = [saved(lambda: str, suggester, text), saved(lambda: sloppy(int(seed)), suggester, text)]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
