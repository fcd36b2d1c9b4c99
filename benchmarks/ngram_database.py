"""Building the n-gram database and asking it, beside presage and KenLM: time, memory, size, queries a second.

    python -m benchmarks.ngram_database                                     4 MB of made-up text, two or three minutes
    python -m benchmarks.ngram_database --corpus notes.txt --rounds 5       a text of your own
    python -m benchmarks.ngram_database --kenlm kenlm/build/bin             KenLM where it was built
    python -m benchmarks.ngram_database --size 1 --rounds 1                 a quarter of a minute

The last 5 % of the text are held out, and asked about. Programs take turns, every step in a process of its own;
times are medians over the rounds, of whole processes from start to end, and peaks of memory the largest seen.

autocomplete   reads (tokenises) the text into a corpus store, builds the database from that, unpruned, and answers
               `NgramModel.probability` and `NgramModel.distribution`, over all words of the vocabulary.
presage        `text2ngram -l` reads and builds in one. A probability is the five SELECTs by which presage weighs one
               candidate, a distribution all SELECTs of a prediction after two words, for up to 60 candidates; the row
               "one SELECT" has the count of a trigram and the 60 most frequent continuations of two words alone.
               See `benchmarks.presage`. They are sent by Python's sqlite3, as ours are.
KenLM          `lmplz` and `build_binary` on our tokens, so it has nothing to read. A probability is scored from the
               words of its context by the `kenlm` module; a distribution takes one score a word of the vocabulary.

Each question is asked once, of a database just opened and in the disk cache. "scored" is the text held out, scored
from its start to its end, by us in batches, by KenLM's `query` from word to word: by its own clock, loading apart, and
over and over, as it is fast. The perplexity of that text tells whether two programs estimate the same. `time / ours`
compares like with like: presage with our reading and building, KenLM with our building. Where a program is missing,
its row says so.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.generated_text import write_text
from benchmarks.ngram_programs import (
    KENLM,
    MEGABYTE,
    ONE_SELECT,
    OURS,
    PRESAGE,
    PRESAGE_ORDER,
    Measured,
    Texts,
    autocomplete,
    kenlm,
    kenlm_programs,
    presage_rows,
    read_by_us,
    text2ngram_program,
    write_for_others,
)
from benchmarks.report import Column, Row, Value, number, show

HELD_OUT_SHARE = 0.05
NOT_INSTALLED = "not installed"

COLUMNS = (
    Column("program", "program"),
    Column("order", "order"),
    Column("read_seconds", "read s", ",.2f"),
    Column("build_seconds", "build s", ",.2f"),
    Column("over_autocomplete", "time / ours", ",.2f"),
    Column("peak_read_megabytes", "read RSS MB", ",.0f"),
    Column("peak_build_megabytes", "build RSS MB", ",.0f"),
    Column("file_megabytes", "file MB", ",.1f"),
    Column("arpa_megabytes", "ARPA MB", ",.1f"),
    Column("ngrams", "n-grams", ","),
    Column("perplexity", "perplexity", ",.2f"),
    Column("scored_tokens_per_second", "scored tokens/s", ",.0f"),
    Column("probability_per_second", "probabilities/s", ",.0f"),
    Column("probability_median_us", "median µs", ",.1f"),
    Column("probability_p99_us", "p99 µs", ",.1f"),
    Column("distribution_per_second", "distributions/s", ",.0f"),
    Column("distribution_median_us", "median µs", ",.1f"),
    Column("distribution_p99_us", "p99 µs", ",.1f"),
    Column("note", "note"),
)

Contender = tuple[str, int]
"""A program and its order: what a row is about."""

Found = TypeVar("Found")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ngram-database-", dir=options.scratch) as scratch:
        texts = Texts.under(Path(scratch))
        size = split(_corpus(options, Path(scratch)), texts)
        turns = [
            _turn(texts, options, orders=sorted({*options.orders}), write=turn == 0) for turn in range(options.rounds)
        ]
    rows = [_row(contender, turns) for contender in turns[0]]
    made_up = options.size if options.corpus is None else None
    show("ngram_database", rows, COLUMNS, settings={**vars(options), "size": made_up, "train_bytes": size})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ngram_database", description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--corpus", type=Path, help="a text in UTF-8 (made-up text)")
    source.add_argument("--size", type=number(0.05, float), default=4.0, metavar="MB", help="of made-up text (4)")
    parser.add_argument(
        "--orders", type=number(2), nargs="+", default=[3, 5], help="longest n-grams, ours, KenLM (3 5)"
    )
    parser.add_argument("--rounds", type=number(1), default=3, help="turns of each program (3)")
    parser.add_argument("--queries", type=number(2), default=2000, help="questions of each kind (2000)")
    parser.add_argument("--kenlm", type=Path, metavar="BIN_DIR", help="folder of KenLM's programs (the PATH)")
    parser.add_argument(
        "--kenlm-memory", default="256M", help="for lmplz: as much as ours gets (256M); its own default is 80%%"
    )
    parser.add_argument("--scratch", type=Path, help="folder on the disk to use (the system's temporary folder)")
    return parser


def _corpus(options: argparse.Namespace, folder: Path) -> Path:
    """Return the text to use, made up unless one is given."""
    if options.corpus is not None:
        given: Path = options.corpus
        return given
    path = folder / "corpus.txt"
    write_text(path, size_bytes=round(options.size * MEGABYTE), layout="lines")
    return path


def split(corpus: Path, texts: Texts) -> int:
    """Write the text to count and the text to hold out, parted where a line ends.

    Returns:
        Bytes to count.

    Raises:
        SystemExit: The file cannot be read, or has no line to hold out.
    """
    try:
        whole = corpus.read_bytes()
    except OSError as error:
        raise SystemExit(f"{corpus}: cannot be read ({error.strerror}). Give '--corpus' a text file.") from error
    cut = whole.find(b"\n", round((1 - HELD_OUT_SHARE) * len(whole))) + 1
    if not whole[cut:].strip() or cut == 0:
        raise SystemExit(f"{corpus}: no line begins in the last {HELD_OUT_SHARE:.0%}. Give '--corpus' a longer text.")
    texts.train.write_bytes(whole[:cut])
    texts.held_out.write_bytes(whole[cut:])
    return cut


def _turn(
    texts: Texts, options: argparse.Namespace, *, orders: Sequence[int], write: bool
) -> dict[Contender, Measured]:
    """Measure every program once; where one is missing, what is known of it is that."""
    reading = read_by_us(texts)
    if write:
        write_for_others(texts, order=max(orders), questions=options.queries)
    found: dict[Contender, Measured] = {}
    for order in orders:
        found[OURS, order] = reading | _in_a_folder(texts, partial(autocomplete, order=order))
    whole, one_select = (PRESAGE, PRESAGE_ORDER), (ONE_SELECT, PRESAGE_ORDER)
    if (text2ngram := text2ngram_program()) is None:
        found |= {contender: {"note": f"text2ngram {NOT_INSTALLED}"} for contender in (whole, one_select)}
    else:
        found[whole], found[one_select] = _in_a_folder(texts, partial(presage_rows, program=text2ngram))
    located = kenlm_programs(options.kenlm)
    programs = {name: path for name, path in located.items() if path is not None}
    missing = ", ".join(name for name in located if name not in programs)
    for order in orders:
        if missing:
            found[KENLM, order] = {"note": f"{missing} {NOT_INSTALLED}"}
        else:
            measured = partial(kenlm, order=order, programs=programs, memory=options.kenlm_memory)
            found[KENLM, order] = _in_a_folder(texts, measured)
    return found


def _in_a_folder(texts: Texts, measured: Callable[[Texts, Path], Found]) -> Found:
    """Measure with a folder for what is built, which is removed afterwards."""
    with tempfile.TemporaryDirectory(dir=texts.train.parent) as folder:
        return measured(texts, Path(folder))


def _row(contender: Contender, turns: Sequence[Mapping[Contender, Measured]]) -> Row:
    program, order = contender
    row: dict[str, Value] = {
        **dict.fromkeys(column.key for column in COLUMNS),
        "program": program,
        "order": order,
        **_combined([turn[contender] for turn in turns]),
    }
    if (OURS, order) in turns[0]:
        row["over_autocomplete"] = _over_ours(row, _combined([turn[OURS, order] for turn in turns]))
    return {key: _rounded(value) for key, value in row.items()}


def _combined(turns: Sequence[Measured]) -> Measured:
    """Return the largest peaks, the medians of other measurements, and what is the same at every turn."""
    return {key: _over_turns(key, [turn[key] for turn in turns if key in turn]) for key in turns[-1]}


def _over_turns(key: str, values: Sequence[Value]) -> Value:
    measured = [value for value in values if isinstance(value, float)]
    if not measured:
        return values[-1]
    return max(measured) if key.startswith("peak_") else statistics.median(measured)


def _over_ours(row: Mapping[str, Value], ours: Measured) -> float | None:
    """Return the time to build over ours; with the reading in ours for a program that reads by itself."""
    building, our_reading, our_building = row["build_seconds"], ours["read_seconds"], ours["build_seconds"]
    if not (isinstance(building, float) and isinstance(our_reading, float) and isinstance(our_building, float)):
        return None
    if row["program"] == OURS:
        return 1.0
    return building / (our_reading + our_building if row["program"] == PRESAGE else our_building)


def _rounded(value: Value) -> Value:
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
