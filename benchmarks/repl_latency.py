"""How long the prompt takes from a key to what is drawn, measured inside the application.

    python -m benchmarks.repl_latency                                     a made-up model of 10,000 words, a minute
    python -m benchmarks.repl_latency --model MODEL --text FILE           a trained model, and text that it has not seen
    python -m benchmarks.repl_latency --vocabulary 300 --size tiny --keys 100 --megabytes 0.2       a few seconds

The keys of a text go one after another through prompt_toolkit's input into the application that `autocomplete repl`
runs, with all experts, five candidates and both readings, and it draws into a terminal that nobody looks at. Each line
of the text is committed, so that it becomes context; the keys of the session before the measured ones fill the cache.

echo     from the key to the line that holds it: typing is never slower than this.
ghost    from the key to the ghost and the candidates that belong to it, which a thread of their own asks the model for.

The next key is pressed when the last one's answer is drawn. "CPU ms" is processor time of both threads: where other
programs run as well, the clock counts the wait for them, and this does not. The made-up model has random weights and
shows every ghost. The budget is that of a ghost at 10,000 words.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocomplete import bundle
from autocomplete.evaluation.statistics import latency
from autocomplete.network.recipes import RECIPES
from benchmarks.keystroke import MEGABYTE, typed, write_model, write_texts
from benchmarks.report import Column, Row, number, show

BUDGET_MILLISECONDS = 20.0
ECHO, GHOST = "echo", "ghost"
# Blank lines are not typed.
_CHARACTERS_LEFT_OUT = 1_000

COLUMNS = (
    Column("drawn", "drawn"),
    Column("count", "keys", ","),
    Column("median_milliseconds", "median ms", ".2f"),
    Column("p95_milliseconds", "p95 ms", ".2f"),
    Column("p99_milliseconds", "p99 ms", ".2f"),
    Column("budget_milliseconds", "p99 budget ms", ".0f"),
    Column("max_milliseconds", "max ms", ".1f"),
    Column("processor_p99_milliseconds", "p99 CPU ms", ".2f"),
    Column("ghosts", "with a ghost", ","),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.model is None) != (options.text is None):
        parser.error("'--model' and '--text' go together.")
    with tempfile.TemporaryDirectory(prefix="repl-") as scratch:
        model, text = options.model, options.text
        if model is None:
            model, text = _made_up(Path(scratch), options)
        measured = typed("benchmarks.repl_once", model, text, session=options.session, keys=options.keys)
    show(
        "repl_latency", list(_rows(measured)), COLUMNS, settings={**vars(options), "trained": options.model is not None}
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.repl_latency", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a trained model's folder")
    parser.add_argument("--text", type=Path, help="what is typed with it")
    parser.add_argument("--keys", type=number(1), default=2000, help="keys measured (2000)")
    parser.add_argument("--session", type=number(1), default=5000, help="keys typed before (5000)")
    parser.add_argument("--vocabulary", type=number(100), default=10_000, help="words of the made-up model (10000)")
    parser.add_argument("--size", choices=("tiny", "small", "medium", "large"), default="medium", help="its recipe")
    parser.add_argument("--megabytes", type=number(0.05, float), default=3.0, metavar="MB", help="of its text (3)")
    return parser


def _made_up(folder: Path, options: argparse.Namespace) -> tuple[Path, Path]:
    """Write a model of made-up text and more of that text; a network that was never trained is sure of nothing."""
    model, text = folder / "model", folder / "typed.txt"
    most = options.session + options.keys + _CHARACTERS_LEFT_OUT
    train = write_texts(folder, text, size_bytes=round(options.megabytes * MEGABYTE), characters=most)
    text.write_text(text.read_text(encoding="utf-8").replace(". ", ".\n"), encoding="utf-8")  # a sentence a line
    write_model(model, train, RECIPES[options.size].network, vocabulary_size=options.vocabulary)
    bundle.publish(model, replace(bundle.read_manifest(model), threshold=0.0))
    return model, text


def _rows(measured: Mapping[str, Any]) -> Iterator[Row]:
    for drawn in (ECHO, GHOST):
        seconds = measured[f"{drawn}_seconds"]
        row = {
            "drawn": drawn,
            "vocabulary_size": measured["vocabulary_size"],
            "count": len(seconds),
            **latency(seconds)._asdict(),
            "budget_milliseconds": BUDGET_MILLISECONDS if drawn == GHOST else None,
            "max_milliseconds": 1000 * max(seconds),
            "processor_p99_milliseconds": latency(measured[f"{drawn}_processor_seconds"]).p99_milliseconds,
            "ghosts": measured["ghosts"] if drawn == GHOST else None,
        }
        yield {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}


if __name__ == "__main__":
    sys.exit(main())
