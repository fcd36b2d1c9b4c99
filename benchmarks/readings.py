"""How well one ranking does that is not told whether the last word is finished or half-typed.

    python -m benchmarks.readings --model notes --text held-out.txt

The text, which the model shall not have been trained on, is cut at random characters of its words, seeded: inside a
word or at its end. Inside, the rest of the word is right; at its end, the next token, joined to it or not as the text
has it. Four ways to answer see the same cuts:

- `auto`, both readings in one list, which does not know where a word ends;
- `oracle`, told whether to complete or to go on;
- `complete` and `next`, which always take the one reading.

MRR is the mean of 1 / rank in a list of 60, 0 where the right one is missing.
"""

import argparse
import random
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from autocomplete.errors import AutocompleteError
from autocomplete.evaluation.typing import words_of
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode
from benchmarks.report import Column, Row, number, show

LIST = 60
# What stands before a cut is read from the beginning of a line about so far back: every cut reads its own anew.
CONTEXT_CHARACTERS = 600
WAYS = ("auto", "oracle", "complete", "next")

COLUMNS = (
    Column("way", "way"),
    Column("mean_reciprocal_rank", "MRR", ".4f"),
    Column("of_oracle", "of the oracle's", ".1%"),
    Column("inside", "inside words", ".4f"),
    Column("at_end", "at their ends", ".4f"),
    Column("cuts", "cuts", ","),
    Column("cuts_at_end", "at ends", ","),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="name or folder of a word model")
    parser.add_argument("--text", type=Path, required=True, help="held-out text")
    parser.add_argument("--cuts", type=number(1), default=500, help="places where the text is cut")
    parser.add_argument("--seed", type=int, default=1, help="of the places")
    options = parser.parse_args(arguments)
    try:
        model = Model.open(options.model)
        text = unicodedata.normalize("NFC", options.text.read_text(encoding="utf-8"))
    except (AutocompleteError, OSError) as error:
        parser.error(str(error))
    places = list(cuts(model, text, count=int(options.cuts), seed=options.seed))
    suggester = Suggester(model)
    ranks = {way: [reciprocal_rank(suggester, place, way) for place in places] for way in WAYS}
    show("readings", rows(places, ranks), COLUMNS, settings=vars(options))
    return 0


class Cut(NamedTuple):
    """A place where the text is cut.

    Attributes:
        typed: What stands before it.
        right: That and what is right.
        finished: Whether it is the end of a word.
    """

    typed: str
    right: str
    finished: bool


def cuts(model: Model, text: str, *, count: int, seed: int) -> Iterator[Cut]:
    """Cut a text at random characters of random words; the last word, which nothing follows, is left alone."""
    words = list(words_of(text))[:-1]
    draw = random.Random(seed)
    for start, stop in sorted(draw.choices(words, k=count)) if words else ():
        place = draw.randint(start + 1, stop)
        begin = text.rfind("\n", 0, max(0, start - CONTEXT_CHARACTERS)) + 1
        end = stop
        if place == stop:
            following = model.tokenizer.spans(text[begin : stop + 200])
            end = next((begin + token.stop for token in following if begin + token.start >= stop), stop)
            if "\n" in text[stop:end] or end == stop:
                continue  # the end of the sequence is never suggested
        yield Cut(text[begin:place], text[begin:end], finished=place == stop)


def reciprocal_rank(suggester: Suggester, cut: Cut, way: str) -> float:
    """1 / rank of what is right, 0 where it is missing."""
    mode: Mode = "auto"
    if way in ("complete", "next"):
        mode = "complete" if way == "complete" else "next"
    elif way == "oracle":
        mode = "next" if cut.finished else "complete"
    found = suggester.suggest(cut.typed, k=LIST, mode=mode)
    return next((1 / rank for rank, item in enumerate(found, 1) if item.result == cut.right), 0.0)


def rows(places: Sequence[Cut], ranks: dict[str, list[float]]) -> list[Row]:
    """A row for each way."""
    at_end = sum(cut.finished for cut in places)
    made: list[Row] = []
    for way, found in ranks.items():
        inside = [rank for rank, cut in zip(found, places, strict=True) if not cut.finished]
        finished = [rank for rank, cut in zip(found, places, strict=True) if cut.finished]
        made.append(
            {
                "way": way,
                "mean_reciprocal_rank": _mean(found),
                "of_oracle": _mean(found) / _mean(ranks["oracle"]) if any(ranks["oracle"]) else None,
                "inside": _mean(inside),
                "at_end": _mean(finished),
                "cuts": len(places),
                "cuts_at_end": at_end,
            }
        )
    return made


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
