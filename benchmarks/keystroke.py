"""How long one keystroke takes: a list of five for what was typed so far, asked for at every key.

    python -m benchmarks.keystroke                                          10,000 and 33,000 words, a minute or two
    python -m benchmarks.keystroke --vocabularies 10000 --size large        another network
    python -m benchmarks.keystroke --vocabularies 300 --size tiny --keys 100 --megabytes 0.2    a few seconds

A text is typed letter by letter, and `Suggester.suggest(text, k=5)` called after each, in mode `auto`: after a letter
it ranks words that go on with it and words that follow it in one list. The text is made up, and so is what the n-gram
database, of order 5, is counted from; the network has random weights. The time depends little on either.

Before the cursor stand 900 tokens of the same text, read before the clock starts, so that the cache is full. After
6,144 characters the older half of them is forgotten, which happens while the text is typed: "max ms" has it.

letter         a key within a word: the words that begin so, and those after it where it may be finished.
word's end     the space after a word.
other          punctuation, the space after it, line breaks.

"CPU ms" is processor time: where other programs run as well, the clock counts the wait for them, and this does not.

All subsets of the experts type the same keys in turn, a hundred at a time, in one process with one thread for matrix
products, as `autocomplete suggest` does. Beside them stand the products that a network of this shape needs for one
token, in NumPy and nothing else. The budget is that of one keystroke with 10,000 words.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autocomplete import bundle
from autocomplete.bundle import Manifest
from autocomplete.config import CorpusSettings, NetworkSettings
from autocomplete.corpus.ingest import ingest
from autocomplete.evaluation.statistics import latency
from autocomplete.network.recipes import RECIPES
from autocomplete.ngrams.build import build_ngrams
from benchmarks.cold_start import random_weights
from benchmarks.generated_text import paragraphs, wrapped
from benchmarks.keystroke_once import PRODUCTS
from benchmarks.report import Column, Row, Value, number, show

ORDER = 5
MEGABYTE = 1_000_000
BUDGET_MILLISECONDS = 5.0
BUDGET_VOCABULARY = 10_000
ALL_EXPERTS, ALL_KEYS = "all", "all"
# Of the made-up text, the longest tokens that come in numbers have some ten characters; the session ends before.
_CHARACTERS_PER_TOKEN = 10

COLUMNS = (
    Column("vocabulary_size", "words", ","),
    Column("experts", "experts"),
    Column("keys", "keys"),
    Column("count", "count", ","),
    Column("median_milliseconds", "median ms", ".2f"),
    Column("p95_milliseconds", "p95 ms", ".2f"),
    Column("p99_milliseconds", "p99 ms", ".2f"),
    Column("budget_milliseconds", "p99 budget ms", ".1f"),
    Column("max_milliseconds", "max ms", ".1f"),
    Column("processor_p99_milliseconds", "p99 CPU ms", ".2f"),
    Column("processor_max_milliseconds", "max CPU ms", ".1f"),
    Column("median_over_products", "median / products", ".1f"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    rows: list[Row] = []
    for vocabulary_size in options.vocabularies:
        with tempfile.TemporaryDirectory(prefix="keystroke-") as scratch:
            model, text = Path(scratch) / "model", Path(scratch) / "typed.txt"
            most = _CHARACTERS_PER_TOKEN * options.session + options.keys
            train = write_texts(Path(scratch), text, size_bytes=round(options.megabytes * MEGABYTE), characters=most)
            network = RECIPES[options.size].network
            write_model(model, train, network, vocabulary_size=vocabulary_size)
            measured = typed("benchmarks.keystroke_once", model, text, session=options.session, keys=options.keys)
        rows += _rows(measured)
    show("keystroke", rows, COLUMNS, settings=vars(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keystroke", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--vocabularies", type=number(100), nargs="+", default=[BUDGET_VOCABULARY, 33_000], help="words (10000 33000)"
    )
    parser.add_argument("--size", choices=("tiny", "small", "medium", "large"), default="medium", help="its recipe")
    parser.add_argument("--keys", type=number(1), default=2000, help="keys measured (2000)")
    parser.add_argument("--session", type=number(1), default=900, help="tokens typed before (900)")
    parser.add_argument(
        "--megabytes", type=number(0.05, float), default=3.0, metavar="MB", help="of text in the n-gram database (3)"
    )
    return parser


def write_texts(folder: Path, text: Path, *, size_bytes: int, characters: int) -> Path:
    """Write the text to count, and as `text` at least so many characters of what would come next; the former's path."""
    endless = paragraphs()
    train = folder / "train.txt"
    written = 0
    with train.open("wb") as file:
        while written < size_bytes:
            written += file.write(f"{wrapped(next(endless))}\n".encode())
    typed = ""
    while len(typed) < characters:
        typed += f"{next(endless)}\n\n"
    text.write_text(typed, encoding="utf-8")
    return train


def write_model(folder: Path, train: Path, network: NetworkSettings, *, vocabulary_size: int) -> None:
    """Write a word model of a text's most frequent words, its n-grams, and a network that was never trained."""
    settings = CorpusSettings(layout="text", vocab_size=vocabulary_size, min_count=1, workers=1)
    *_, last = ingest([train], settings=settings, folder=folder.with_name("store"))
    store = last.store
    assert store is not None
    words = bundle.write_vocabulary(folder, store.vocabulary)

    def build(path: Path) -> None:
        build_ngrams(
            store.train, vocabulary_size=store.vocabulary.size, vocabulary_digest=words.sha256, path=path, order=ORDER
        )

    files = {
        "vocabulary": words,
        "weights": bundle.write_weights(folder, random_weights(network, store.vocabulary.size)),
        "ngrams": bundle.write_ngrams(folder, build),
    }
    manifest = Manifest(level="word", layout="text", pretokenized=False, network=network, files=files)
    bundle.publish(folder, manifest)


def typed(program: str, model: Path, text: Path, *, session: int, keys: int) -> dict[str, Any]:
    """Have a program, such as `benchmarks.keystroke_once`, type a text in a process of its own; what it prints."""
    command = [sys.executable, "-m", program, str(model), str(text), str(session), str(keys)]
    # As `autocomplete suggest` and `repl` have it: one prediction is too small to share among threads.
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    process = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment, check=False
    )
    if process.returncode != 0:
        raise SystemExit(f"Typing failed with exit code {process.returncode}; its message stands above.")
    found: dict[str, Any] = json.loads(process.stdout)
    return found


def _rows(measured: Mapping[str, Any]) -> Iterator[Row]:
    size: int = measured["vocabulary_size"]
    kinds: Sequence[str] = measured["kinds"]
    yardstick = latency(measured["times"][PRODUCTS]["seconds"]).median_milliseconds
    for experts, times in measured["times"].items():
        for keys in (ALL_KEYS,) if experts == PRODUCTS else (ALL_KEYS, *dict.fromkeys(kinds)):
            chosen = [place for place, kind in enumerate(kinds) if keys in (ALL_KEYS, kind)]
            clock, processor = ([times[name][place] for place in chosen] for name in ("seconds", "processor_seconds"))
            budgeted = experts == ALL_EXPERTS and keys == ALL_KEYS and size <= BUDGET_VOCABULARY
            found = latency(clock)
            row: dict[str, Value] = {
                "vocabulary_size": size,
                "experts": experts,
                "keys": "-" if experts == PRODUCTS else keys,
                "count": len(chosen),
                **found._asdict(),
                "budget_milliseconds": BUDGET_MILLISECONDS if budgeted else None,
                "max_milliseconds": 1000 * max(clock),
                "processor_p99_milliseconds": latency(processor).p99_milliseconds,
                "processor_max_milliseconds": 1000 * max(processor),
                "median_over_products": found.median_milliseconds / yardstick,
            }
            yield {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}


if __name__ == "__main__":
    sys.exit(main())
