"""What shell commands gain by being cut as commands: keystrokes saved beside those of layout `lines`, on one history.

    python -m benchmarks.command_layouts
    python -m benchmarks.command_layouts --history history.txt

The first nine tenths of a history, made up unless one is given, train a model of each layout, without a network. The
rest is typed: at every key the person sees three suggestions after the commands before, and takes the one that says
most of the rest of the line and nothing else. Every key counts, spaces and marks too, and a choice is one; Enter is
none. So the figures do not depend on what a layout takes for a word. `argument@1` and `@3` are how often, before an
argument's first letter, one of the first suggestions is that argument to its end.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from autocomplete.config import Layout
from autocomplete.predict.suggester import Suggester
from autocomplete.runs.train import train
from benchmarks.report import Column, Row, number, show
from benchmarks.shell_history import commands

LAYOUTS: tuple[Layout, ...] = ("commands", "lines")
SHOWN = 3
# Commands before that a person's shell would remember.
REMEMBERED = 30

COLUMNS = (
    Column("layout", "layout"),
    Column("saved", "keys saved", ".1%"),
    Column("first", "argument@1", ".1%"),
    Column("shown", "argument@3", ".1%"),
    Column("key_ms", "a key, ms", ".2f"),
    Column("vocabulary", "vocabulary", ","),
    Column("characters", "characters", ","),
)
PREFIXES = (
    "", "git ", "git commit -m ", "git commit -m 'fix ", "git checkout ", "docker compose up ", "docker compose logs ",
    "source .venv/", "python -m pytest ", "vim tests/", "cat todo.md ", "kubectl get pods -n ", "terraform apply ",
    "helm upgrade --", "gti",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", type=Path, help="commands, a line each; else made up")
    parser.add_argument("--lines", type=number(100), default=5_000, help="commands of a made-up history")
    parser.add_argument("--typed", type=number(1), default=200, help="commands that are typed")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up history")
    options = parser.parse_args(arguments)
    if options.history is None:
        lines = list(islice(commands(options.seed), int(options.lines)))
    else:
        lines = options.history.read_text(encoding="utf-8").splitlines()
    cut = len(lines) * 9 // 10
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder) / "history.txt"
        history.write_text("".join(f"{line}\n" for line in lines[:cut]), encoding="utf-8")
        models = {layout: trained(history, layout) for layout in LAYOUTS}
        rows = [typed(models[layout], layout, lines, cut, count=int(options.typed)) for layout in LAYOUTS]
        for prefix in PREFIXES:
            for layout, suggester in models.items():
                offered = ", ".join(f"{item.text!r}" for item in suggester.suggest(prefix, k=SHOWN))
                print(f"{prefix!r:24} {layout:9} {offered}")
    show("command layouts", rows, COLUMNS, settings=vars(options))
    return 0


def trained(history: Path, layout: Layout) -> Suggester:
    """A model of n-grams and what is written meanwhile."""
    folder = history.with_name(layout)
    train(history, model=folder, layout=layout, ngrams_only=True)
    return Suggester.open(folder)


def typed(suggester: Suggester, layout: Layout, lines: Sequence[str], cut: int, *, count: int) -> Row:
    """Type the lines behind the cut."""
    keys = characters = 0
    first, shown, seconds = [], [], []
    for place, line in islice(enumerate(lines[cut:], cut), count):
        context = "".join(f"{before}\n" for before in lines[place - REMEMBERED : place])
        found: list[tuple[str, list[str], float]] = list(keys_of(suggester, line, context))
        keys += len(found)
        characters += len(line)
        seconds += [took for _, _, took in found]
        for start in (0, *(index + 1 for index, letter in enumerate(line) if letter == " " and line[index + 1 :])):
            whole = {line[: line.find(" ", start)] if " " in line[start:] else line}
            results = [item.result for item in suggester.suggest(line[:start], context=context, k=SHOWN)]
            first.append(not whole.isdisjoint(results[:1]))
            shown.append(not whole.isdisjoint(results))
    return {
        "layout": layout,
        "saved": 1 - keys / characters,
        "first": statistics.mean(first),
        "shown": statistics.mean(shown),
        "key_ms": 1_000 * statistics.median(seconds),
        "vocabulary": suggester.model.vocabulary.size,
        "characters": characters,
    }


def keys_of(suggester: Suggester, line: str, context: str) -> Iterator[tuple[str, list[str], float]]:
    """Type a line; yields for each key the text before it, what was offered, and the seconds that took."""
    text = ""
    while text != line:
        began = time.perf_counter()
        results = [item.result for item in suggester.suggest(text, context=context, k=SHOWN)]
        seconds = time.perf_counter() - began
        yield text, results, seconds
        right = [result for result in results if line.startswith(result) and len(result) > len(text)]
        text = max([*right, line[: len(text) + 1]], key=len)


if __name__ == "__main__":
    sys.exit(main())
