"""Whether a key costs more the longer the document is that it is typed into.

    python -m benchmarks.document_length                    30, 2,000 and 10,000 words before the cursor, a minute
    python -m benchmarks.document_length --size tiny --keys 50 --before 30 300      some seconds
    python -m benchmarks.document_length --beside ../other  beside the program of another checkout

A text is made up and typed letter by letter behind its beginning, with all experts: n-grams counted from 1 MB of such
text, a network of random weights, and the cache. Asked for are five suggestions, of one word and of up to three; of
three, none is ever too unsure to be followed, which is the most that a key can cost.

first ms       the first question, which reads the text before the cursor; a cursor that jumps costs as much.
median, p95    processor milliseconds of a key after that, which other programs disturb less than they do the clock.
x of shortest  the median, over that of the shortest text: what the length of the document costs. About 1 is wanted.

Programs take turns, length by length, each in a process of its own with one thread for matrix products.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autocomplete import bundle
from autocomplete.evaluation.statistics import latency
from autocomplete.network.recipes import RECIPES
from benchmarks.keystroke import MEGABYTE, write_model, write_texts
from benchmarks.report import Column, Row, number, show

WORDS = (1, 3)
# Letters of the made-up text that a word and the space behind it have, at most on average.
_CHARACTERS_PER_WORD = 9
ROOT = Path(__file__).parent.parent

COLUMNS = (
    Column("program", "program"),
    Column("words", "words of a suggestion"),
    Column("before", "words before", ","),
    Column("first_milliseconds", "first ms", ".0f"),
    Column("median_milliseconds", "median ms", ".2f"),
    Column("p95_milliseconds", "p95 ms", ".2f"),
    Column("mean_milliseconds", "mean ms", ".2f"),
    Column("of_shortest", "x of shortest", ".2f"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    programs = {"this": ROOT} if options.beside is None else {"this": ROOT, "beside": options.beside.resolve()}
    with tempfile.TemporaryDirectory(prefix="document-length-") as scratch:
        model, text = Path(scratch) / "model", Path(scratch) / "typed.txt"
        characters = _CHARACTERS_PER_WORD * max(options.before) + 10 * options.keys + 1000
        train = write_texts(Path(scratch), text, size_bytes=MEGABYTE, characters=characters)
        write_model(model, train, RECIPES[options.size].network, vocabulary_size=options.vocabulary)
        bundle.publish(model, replace(bundle.read_manifest(model), threshold=0.0))
        rows = list(measured(programs, model, text, before=sorted(options.before), keys=options.keys))
    show("document_length", rows, COLUMNS, settings=vars(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.document_length", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--before",
        type=number(1),
        nargs="+",
        default=[30, 2_000, 10_000],
        help="words before the cursor (30 2000 10000)",
    )
    parser.add_argument("--size", choices=("tiny", "small", "medium", "large"), default="small", help="its recipe")
    parser.add_argument("--vocabulary", type=number(100), default=10_000, help="words the model knows (10000)")
    parser.add_argument("--keys", type=number(1), default=100, help="keys measured (100)")
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="another checkout, measured in turn")
    return parser


def measured(
    programs: Mapping[str, Path], model: Path, text: Path, *, before: Sequence[int], keys: int
) -> Iterator[Row]:
    """Yield a row for each program, number of suggested words, and length of document, shortest first."""
    shortest: dict[tuple[str, int], float] = {}
    for words in WORDS:
        for length in before:
            for name, folder in programs.items():
                found = _typed(folder, model, text, length, words, keys)
                of_keys = latency([milliseconds / 1000 for milliseconds in found["milliseconds"]])
                median = of_keys.median_milliseconds
                yield {
                    "program": name,
                    "words": words,
                    "before": length,
                    "first_milliseconds": round(found["first_milliseconds"][0], 2),
                    "median_milliseconds": round(median, 3),
                    "p95_milliseconds": round(of_keys.p95_milliseconds, 3),
                    "mean_milliseconds": round(statistics.mean(found["milliseconds"]), 3),
                    "of_shortest": round(median / shortest.setdefault((name, words), median), 3),
                }


def _typed(folder: Path, model: Path, text: Path, before: int, words: int, keys: int) -> dict[str, list[float]]:
    """What `document_length_once` prints, with the `autocomplete` of a folder."""
    program = Path(__file__).with_name("document_length_once.py")
    command = [sys.executable, str(program), *map(str, (model, text, before, words, keys))]
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"Typing failed with exit code {done.returncode}; its message stands above.")
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
