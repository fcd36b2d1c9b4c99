"""How long `autocomplete suggest` takes as a whole process, beside what Python alone takes.

    python -m benchmarks.cold_start                  15 rounds, under a minute
    python -m benchmarks.cold_start --rounds 51      for figures to publish

The commands are run in turn (A B C D A B C D ...), so that a machine that slows down slows all of them.
The model has random weights: the time does not depend on what they are.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice, product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from autocomplete import bundle
from autocomplete.bundle import Manifest
from autocomplete.config import NetworkSettings
from autocomplete.network.recipes import RECIPES
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN_TOKEN, Joining, Vocabulary
from benchmarks.report import Column, Row, number, show

TEXT = "best food in Las"
REFERENCE = "import numpy"

COLUMNS = (
    Column("command", "command"),
    Column("median_ms", "median ms", ".1f"),
    Column("minimum_ms", "minimum ms", ".1f"),
    Column("median_over_numpy", f"median / {REFERENCE}", ".2f"),
    Column("minimum_over_numpy", f"minimum / {REFERENCE}", ".2f"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="cold-start-") as folder:
        model = Path(folder) / "model"
        write_random_model(model, RECIPES[options.size].network, vocabulary_size=options.vocabulary)
        timed = milliseconds(_commands(model), rounds=options.rounds)
    rows = [_row(name, timed) for name in timed]
    show("cold_start", rows, COLUMNS, settings=vars(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=number(1), default=15, help="measured rounds, after one to warm up (15)")
    parser.add_argument("--vocabulary", type=number(100), default=10_000, help="words the model knows (10000)")
    parser.add_argument("--size", choices=("tiny", "small", "medium", "large"), default="medium", help="its recipe")
    return parser


def _commands(model: Path) -> dict[str, list[str]]:
    """Return the processes to measure, by name."""
    python = sys.executable
    return {
        "autocomplete suggest": [python, "-m", "autocomplete", "suggest", "--model", str(model), TEXT],
        REFERENCE: [python, "-c", "import numpy"],
        "pass": [python, "-c", "pass"],
        "import jax": [python, "-c", "import jax"],
    }


def milliseconds(commands: Mapping[str, Sequence[str]], *, rounds: int) -> dict[str, list[float]]:
    """Run every command once a round, and return the wall time of each process in milliseconds."""
    timed: dict[str, list[float]] = {name: [] for name in commands}
    # Without byte code every start would compile the program again, which nobody's does but the first.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for current in range(rounds + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
            ended = time.perf_counter()
            if current > 0:  # the first round fills the disk cache and writes the byte code
                timed[name].append(1000 * (ended - began))
    return timed


def _row(name: str, timed: Mapping[str, Sequence[float]]) -> Row:
    median, minimum = statistics.median(timed[name]), min(timed[name])
    return {
        "command": name,
        "median_ms": round(median, 2),
        "minimum_ms": round(minimum, 2),
        "median_over_numpy": round(median / statistics.median(timed[REFERENCE]), 3),
        "minimum_over_numpy": round(minimum / min(timed[REFERENCE]), 3),
    }


def write_random_model(folder: Path, network: NetworkSettings, *, vocabulary_size: int) -> None:
    """Write a word model that was never trained."""
    tokens = [UNKNOWN_TOKEN, END_TOKEN, *islice(_words(), vocabulary_size - 2)]
    counts = [1_000_000 // place for place in range(1, vocabulary_size + 1)]
    files = {
        "vocabulary": bundle.write_vocabulary(folder, Vocabulary(tokens, counts, Joining())),
        "weights": bundle.write_weights(folder, random_weights(network, vocabulary_size)),
    }
    manifest = Manifest(level="word", layout="lines", pretokenized=False, network=network, files=files)
    bundle.publish(folder, manifest)


def random_weights(network: NetworkSettings, vocabulary_size: int) -> dict[str, npt.NDArray[np.float32]]:
    """Return the tensors of a network that was never trained."""
    draw = np.random.default_rng(0)
    shapes = network.weight_shapes(vocabulary_size)
    return {name: draw.normal(scale=0.1, size=shape).astype(np.float32) for name, shape in shapes.items()}


def _words() -> Iterator[str]:
    """Yield ever longer words without repeating one: those of the measured text, then made-up ones."""
    known = [*TEXT.split(), "Vegas", "Last", "Lasagna"]
    yield from known
    syllables = [consonant + vowel for consonant, vowel in product("bdfgklmnprstvz", "aeiou")]
    for length in count(2):
        yield from ("".join(parts) for parts in product(syllables, repeat=length))


if __name__ == "__main__":
    sys.exit(main())
