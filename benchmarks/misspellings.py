"""How many misspelt words a model understands, letter by letter.

    python -m benchmarks.misspellings --model MODEL            a few seconds
    python -m benchmarks.misspellings --model MODEL --missed   what was not found, word by word

Common misspellings, phonetic and transposed ones, were written into `data/` before the rules that mend them, in two
halves: rules were chosen on one (`misspellings-dev.tsv`: language, misspelling, word), and the other
(`misspellings-kept.tsv`) was kept aside until they were done. Of the words that the model knows, how many are among the
first three suggestions behind `and `: after four letters of the misspelling, after five, and once it is typed whole;
and, as a yardstick, after as many letters of the word itself.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from autocomplete.errors import AutocompleteError
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.text.unicode import caseless
from benchmarks.report import Column, Row, show

DATA = Path(__file__).parent / "data"
HALVES = ("dev", "kept")
BEFORE = "and "
SHOWN = 3
LETTERS = (4, 5)

COLUMNS = (
    Column("half", "half"),
    Column("words", "known words", ","),
    *(
        Column(f"{name}_{letters}", f"{letters} letters{title}", ".1%")
        for letters in LETTERS
        for name, title in (("after", ""), ("itself", ", spelled right"))
    ),
    Column("whole", "typed whole", ".1%"),
)


class Misspelling(NamedTuple):
    """A word as it is often misspelt."""

    language: str
    typed: str
    meant: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="name or folder of a word model")
    parser.add_argument("--halves", nargs="+", choices=HALVES, default=HALVES, help="of the table")
    parser.add_argument("--missed", action="store_true", help="print what was not found once it was typed whole")
    options = parser.parse_args(arguments)
    try:
        model = Model.open(options.model)
    except AutocompleteError as error:
        parser.error(str(error))
    show(
        "misspellings", [measured(model, half, missed=options.missed) for half in options.halves], COLUMNS, settings={}
    )
    return 0


def misspellings(half: str) -> list[Misspelling]:
    """One half of the table."""
    lines = (DATA / f"misspellings-{half}.tsv").read_text(encoding="utf-8").splitlines()
    return [Misspelling(*line.split("\t")) for line in lines]


def measured(model: Model, half: str, *, missed: bool) -> Row:
    """How many of the words that a model knows were found."""
    session = Session(model)
    known = {caseless(token) for token in model.vocabulary.tokens}
    asked = [pair for pair in misspellings(half) if caseless(pair.meant) in known]
    whole = [is_found(session, pair, letters=len(pair.typed)) for pair in asked]
    if missed:
        lost = (f"{pair.typed} for {pair.meant}" for pair, right in zip(asked, whole, strict=True) if not right)
        print(f"{half}:", ", ".join(lost), file=sys.stderr)
    count = max(1, len(asked))
    shares: dict[str, float] = {}
    for letters in LETTERS:
        shares[f"after_{letters}"] = sum(is_found(session, pair, letters=letters) for pair in asked) / count
        right = (pair._replace(typed=pair.meant) for pair in asked)
        shares[f"itself_{letters}"] = sum(is_found(session, pair, letters=letters) for pair in right) / count
    return {"half": half, "words": len(asked), **shares, "whole": sum(whole) / count}


def is_found(session: Session, pair: Misspelling, *, letters: int) -> bool:
    """Whether the word that is meant is among the first suggestions once some letters are typed, or was typed."""
    typed = pair.typed[:letters]
    found = session.suggest(BEFORE + typed, k=SHOWN, mode="complete")
    return caseless(pair.meant) in {caseless(typed), *(caseless(item.text) for item in found)}


if __name__ == "__main__":
    sys.exit(main())
