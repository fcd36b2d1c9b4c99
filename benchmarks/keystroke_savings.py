"""How many keystrokes the suggestions save, beside presage typing the same text in the same run.

    python -m benchmarks.keystroke_savings --model notes --text held-out.txt
    python -m benchmarks.keystroke_savings --model notes --text held-out.txt --train notes.txt    presage as well

The text shall be one that the model was not trained on; `--train` is what it was trained on, and what presage gets.
The lines of the text are joined by a space, and its first 20,000 characters typed: a minute, and ten more for presage,
which types them anew for each of twelve rates.

Keystrokes are counted by presage's protocol, see `autocomplete.evaluation.typing`:

    KSR = (1 - (letters typed + choices) / characters) x 100

Only words cost keys. A word's list is looked at before its first letter and after each; a choice costs one key and
supplies the space, and without prediction a word costs its letters and one. A candidate that was passed over is not
shown again within the word, which is presage's default, or is ("repeats"). Our candidates come from `Suggester`, 60 at
a time; presage's from its own simulator, see `benchmarks.presage_typing`, which also says when its characters are not
ours: in ASCII they are the same.

hit@n is the share of words that are among the first n before their first letter, MRR the mean of 1 / rank in a list
of 60. "ms a list" is the mean time by the clock until a list is there, for presage from the time of the whole
process; `benchmarks.keystroke` measures ours with more care. Where a program is missing, its rows say so.
"""

import argparse
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

from autocomplete.errors import AutocompleteError
from autocomplete.evaluation.typing import KeystrokeSavings, NextWordHits, Rule, TypedWord, type_text, words_of
from autocomplete.predict.suggester import Suggester
from benchmarks.ngram_programs import OURS, PRESAGE, counted_by_presage, text2ngram_program
from benchmarks.presage_typing import PROGRAM, simulated, simulator_program
from benchmarks.report import Column, Row, Value, number, show

SHOWN = (1, 3, 5)
WAYS = tuple(product((False, True), (False, True)))
"""Whether case counts, and whether a candidate is shown again: a row for each."""

COLUMNS = (
    Column("program", "program"),
    Column("case", "case"),
    Column("repeats", "repeats"),
    *(Column(f"ksr_{shown}", f"KSR {shown}", ".2f") for shown in SHOWN),
    *(Column(f"hit_{shown}", f"hit@{shown}", ".1%") for shown in SHOWN),
    Column("mean_reciprocal_rank", "MRR", ".3f"),
    Column("words", "words", ","),
    Column("characters", "characters", ","),
    Column("list_milliseconds", "ms a list", ".2f"),
    Column("note", "note"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    text = beginning(options.text, characters=options.characters)
    if options.train is not None:
        _read(options.train, option="--train")
    try:
        suggester = Suggester.open(options.model)
    except AutocompleteError as error:
        raise SystemExit(str(error)) from error
    rows = [*_our_rows(suggester, text), *_presage_rows(text, options.train)]
    settings = {name: value for name, value in vars(options).items() if name != "model"}
    show("keystroke_savings", rows, COLUMNS, settings={**settings, "characters_of_text": len(text)})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keystroke_savings", description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="name or folder of a trained model")
    parser.add_argument("--text", type=Path, required=True, help="what is typed, in UTF-8")
    parser.add_argument("--train", type=Path, help="what the model was trained on, for presage")
    parser.add_argument("--characters", type=number(1), default=20_000, help="of the text (20000)")
    return parser


def beginning(path: Path, *, characters: int) -> str:
    """Return the first characters of a text in Unicode NFC, its lines joined by a space, up to the end of a word.

    What follows the last word costs no keys; presage would read a word without letters there.

    Raises:
        SystemExit: The file cannot be read, or there is no word in these characters.
    """
    text = unicodedata.normalize("NFC", " ".join(_read(path, option="--text").splitlines()))[:characters]
    *_, last = (None, *words_of(text))
    if last is None:
        raise SystemExit(f"{path}: there is no word. Give '--text' another file, or more '--characters'.")
    return text[: last.stop]


def _read(path: Path, *, option: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SystemExit(f"{path}: cannot be read ({why}). Give '{option}' a text file.") from error


def _our_rows(suggester: Suggester, text: str) -> Iterator[Row]:
    savings = KeystrokeSavings()
    hits = {match_case: NextWordHits() for match_case in (False, True)}
    seconds = lists = 0.0
    for word in type_text(suggester, text):
        savings.add(word)
        hits[True].add(word)
        hits[False].add(_ignoring_case(word))
        seconds += sum(offer.seconds for offer in word.offers)
        lists += len(word.offers)
    for match_case, repeats in WAYS:
        rules = {shown: Rule(shown, repeats, match_case) for shown in SHOWN}
        yield _row(
            OURS,
            match_case,
            repeats,
            {
                **{f"ksr_{shown}": savings.rate(rule) for shown, rule in rules.items()},
                **{f"keys_{shown}": savings.keys(rule) for shown, rule in rules.items()},
                **{f"hit_{shown}": hits[match_case].rate(shown) for shown in SHOWN},
                "mean_reciprocal_rank": hits[match_case].mean_reciprocal_rank,
                "words": savings.words,
                "characters": savings.characters,
                "list_milliseconds": 1000 * seconds / lists,
            },
        )


def _ignoring_case(word: TypedWord) -> TypedWord:
    """Return the word with the first list's rank as it is where case does not count."""
    first, *others = word.offers
    return replace(word, offers=(replace(first, rank=first.rank_ignoring_case), *others))


def _presage_rows(text: str, train: Path | None) -> Iterator[Row]:
    """Let presage count the text to train on and type the other; where that cannot be, the rows say why."""
    counting, typing = text2ngram_program(), simulator_program()
    if counting is None or typing is None or train is None:
        missing = [name for name, program in (("text2ngram", counting), (PROGRAM, typing)) if program is None]
        note = f"{', '.join(missing)} not installed" if missing else "not measured: no '--train'"
        yield from (_row(PRESAGE, match_case, repeats, {"note": note}) for match_case, repeats in WAYS)
        return
    with tempfile.TemporaryDirectory(prefix="keystroke-savings-") as scratch:
        folder = Path(scratch)
        typed, database = folder / "typed.txt", folder / "presage.db"
        typed.write_text(text, encoding="utf-8")
        counted_by_presage(counting, train, database)
        for match_case, repeats in WAYS:
            way = partial(simulated, typing, typed, database=database, folder=folder)
            found = {shown: way(shown=shown, repeats=repeats, match_case=match_case) for shown in SHOWN}
            seconds = sum(each.seconds for each in found.values())
            lists = sum(each.lists for each in found.values())
            longest = found[max(SHOWN)]
            yield _row(
                PRESAGE,
                match_case,
                repeats,
                {
                    **{f"ksr_{shown}": each.savings for shown, each in found.items()},
                    **{f"keys_{shown}": each.keys for shown, each in found.items()},
                    **{f"hit_{shown}": longest.hits(shown) for shown in SHOWN},
                    "words": len(longest.first_ranks),
                    "characters": longest.characters,
                    "list_milliseconds": 1000 * seconds / lists,
                },
            )


def _row(program: str, match_case: bool, repeats: bool, measured: Mapping[str, Value]) -> Row:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in measured.items()}
    return {
        **dict.fromkeys(column.key for column in COLUMNS),
        "program": program,
        "case": "counted" if match_case else "ignored",
        "repeats": "yes" if repeats else "no",
        **rounded,
    }


if __name__ == "__main__":
    sys.exit(main())
