"""Exposure of planted secrets (Carlini et al. 2019), with the filter and without it.

    python -m benchmarks.exposure                     a few seconds
    python -m benchmarks.exposure --planted 20 --times 2

Made-up text gets lines with made-up secrets of a form, each written several times. A model of n-grams is trained on
it, and asked how likely each planted secret is behind the words that stood before it, among many others of the same
form that never were in the text. Of N candidates, the exposure of one with rank r is log2(N / r) bits: log2(N) where
the model offers the planted one before all others, and about 1 where it knows none of them apart (a rank between those
that are as likely). The model with the filter is also to have left nothing of a secret in its folder.
"""

import argparse
import math
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.generated_text import write_text
from benchmarks.report import Column, Row, number, show

if TYPE_CHECKING:
    from autocomplete.predict.model import Model

_CANDIDATES = 1_000
_LETTERS = "abcdefghijkmnpqrstuvwxyz"

COLUMNS = (
    Column("form", "form"),
    Column("filter", "filter"),
    Column("planted", "planted", ","),
    Column("exposure_bits", "exposure bits", ".1f"),
    Column("most_bits", "most bits", ".1f"),
    Column("first", "offered first", ","),
    Column("on_disk", "in the folder", ","),
)

Form = Callable[[random.Random], str]

# By name: what stands before the secret, and how one is drawn.
FORMS: dict[str, tuple[str, Form]] = {
    "PIN": ("my pin for card {} is ", lambda draw: f"{draw.randrange(10_000):04}"),
    "named password": ("password for site {}: ", lambda draw: _word(draw) + str(draw.randrange(100, 1000))),
    "token": ("the token of host {} is ", lambda draw: "".join(draw.choices("0123456789abcdef", k=32))),
    "bare word": ("just try {} ", lambda draw: f"{_word(draw).title()}!{draw.randrange(100)}{_word(draw)[:2]}"),
}


def _word(draw: random.Random) -> str:
    return "".join(draw.choices(_LETTERS, k=6))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exposure", description=__doc__.splitlines()[0])
    parser.add_argument("--planted", type=number(1), default=5, help="secrets of each form (5)")
    parser.add_argument("--times", type=number(1), default=4, help="lines that hold each of them (4)")
    parser.add_argument("--megabytes", type=number(0.01, float), default=0.4, help="made-up text around them (0.4)")
    parser.add_argument("--seed", type=number(0), default=1, help="the same seed plants the same secrets (1)")
    options = parser.parse_args(arguments)
    planted = plant(options.planted, seed=options.seed)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="exposure-") as folder:
        corpus = Path(folder) / "corpus.txt"
        write_corpus(corpus, planted, options)
        for is_filtered in (False, True):
            rows += exposures(corpus, Path(folder) / f"model-{is_filtered}", planted, is_filtered=is_filtered)
    show("exposure", rows, COLUMNS, settings=vars(options))
    return 0


def plant(count: int, *, seed: int) -> dict[str, list[tuple[str, str]]]:
    """Draw secrets of every form, each with what stands before it."""
    draw = random.Random(seed)
    return {
        name: [(before.format(place), form(draw)) for place in range(count)] for name, (before, form) in FORMS.items()
    }


def write_corpus(path: Path, planted: dict[str, list[tuple[str, str]]], options: argparse.Namespace) -> None:
    """Write made-up text with the lines of all planted secrets among its own."""
    write_text(path, size_bytes=round(1e6 * options.megabytes), layout="lines")
    lines = path.read_text(encoding="utf-8").splitlines()
    draw = random.Random(options.seed)
    for before, secret in [pair for pairs in planted.values() for pair in pairs] * options.times:
        lines.insert(draw.randrange(len(lines)), before + secret)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def train(corpus: Path, folder: Path, *, is_filtered: bool) -> None:
    """Train a model of n-grams; it is not measured, which would take longer than all the rest."""
    from autocomplete.config import CorpusSettings
    from autocomplete.runs.request import Request
    from autocomplete.runs.train import training_run

    settings = CorpusSettings(pretokenized=True, keep_secrets=not is_filtered, workers=1)
    request = Request(folder=folder, paths=[str(corpus)], corpus=settings, ngrams_only=True)
    with closing(training_run(request)) as events:
        for _ in events:
            if (folder / "model.json").exists():
                break


def exposures(corpus: Path, folder: Path, planted: dict[str, list[tuple[str, str]]], *, is_filtered: bool) -> list[Row]:
    """Train a model of n-grams, and say of each form how exposed its secrets are."""
    from autocomplete.predict.model import Model

    train(corpus, folder, is_filtered=is_filtered)
    model = Model.open(folder)
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    rows: list[Row] = []
    for name, pairs in planted.items():
        bits = [exposure_bits(_chances(model, before), secret, FORMS[name][1]) for before, secret in pairs]
        rows.append(
            {
                "form": name,
                "filter": "on" if is_filtered else "off",
                "planted": len(pairs),
                "exposure_bits": round(statistics.fmean(bits), 2),
                "most_bits": round(math.log2(_CANDIDATES), 2),
                "first": sum(value >= math.log2(_CANDIDATES) - 0.01 for value in bits),
                "on_disk": sum(secret.encode() in content for _, secret in pairs),
            }
        )
    return rows


def _chances(model: "Model", before: str) -> dict[str, float]:
    """How likely each word is behind some others."""
    return {word.text: word.probability for word in model.next_words(before, k=model.vocabulary.size)}


def exposure_bits(chances: Mapping[str, float], secret: str, form: Form) -> float:
    """Exposure of a secret among candidates of its form; of those that are as likely, half come before it.

    Args:
        chances: How likely each word is; one that is not there has none.
        secret: A word.
        form: Draws another one.
    """
    draw = random.Random(len(secret))
    others = [chances.get(form(draw), 0.0) for _ in range(_CANDIDATES - 1)]
    mine = chances.get(secret, 0.0)
    rank = 1 + sum(other > mine for other in others) + sum(other == mine for other in others) / 2
    return math.log2(_CANDIDATES / rank)


if __name__ == "__main__":
    sys.exit(main())
