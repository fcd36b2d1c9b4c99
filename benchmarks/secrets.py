"""Secrets found a kind, and lines wrongly taken for some, beside what others maintain.

    python -m benchmarks.secrets                          a few seconds
    python -m benchmarks.secrets --texts FILE FILE        prose of yours besides
    python -m benchmarks.secrets --missed                 what was missed and wrongly taken, line by line

The made-up secrets of `data/` were written apart from the rules and before them: kind, whether it is structured (`S`)
or not (`U`), the secret, and the line that holds it; `¦` stands inside so that no scanner takes them for real, and is
removed. Half of them were kept aside until the rules were done (`secrets-kept.tsv`). Later, of the kinds that were
found least, some were written before the rules were widened (`secrets-fresh.tsv`), and others after that
(`secrets-later.tsv`). The yardstick is detect-secrets,
where it is installed (`pip install detect-secrets`): its default settings, on a file of the lines.
"""

import argparse
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from autocomplete.text.secrets import looks_secret
from benchmarks.odd_commands import odd_commands
from benchmarks.report import Column, Row, Value, show
from benchmarks.shell_history import commands

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parents[1]
# Of the standard library's files, every so manieth line is judged.
_EVERY = 20
_COMMANDS = 3_000

# How many of some lines hold a secret.
Judge = Callable[[Sequence[str]], int]

COLUMNS = (
    Column("what", "what"),
    Column("lines", "lines", ","),
    Column("ours", "ours %", ".2f"),
    Column("ours_microseconds", "µs a line", ",.0f"),
    Column("detect_secrets", "detect-secrets %", ".2f"),
    Column("detect_secrets_microseconds", "µs a line", ",.0f"),
)


class Line(NamedTuple):
    """A made-up secret.

    Attributes:
        kind: Of secret.
        structured: Whether it has a form that tells it.
        text: The line that holds it.
    """

    kind: str
    structured: bool
    text: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.secrets", description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=Path, nargs="+", default=[], metavar="FILE", help="prose, a line each")
    parser.add_argument("--alone", action="store_true", help="without detect-secrets")
    parser.add_argument("--missed", action="store_true", help="print what was missed, and what was wrongly taken")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        peer = None if options.alone else _detect_secrets(stack)
        rows = [*_recalls(peer, missed=options.missed), *_false_alarms(options.texts, peer, taken=options.missed)]
    if peer is None and not options.alone:
        print("detect-secrets is not installed, and nothing is compared with it.", file=sys.stderr)
    show("secrets", rows, COLUMNS, settings={"texts": [path.name for path in options.texts]})
    return 0


def made_up_secrets() -> list[Line]:
    """Read the lines of all sets there are."""
    rows = [row.split("\t") for path in sorted(DATA.glob("secrets-*.tsv")) for row in _lines(path)]
    return [Line(kind, form == "S", text) for kind, form, _, text in rows]


def harmless() -> list[str]:
    """Read the lines that hold none, though they look a little like it."""
    return [line for path in sorted(DATA.glob("harmless-*.txt")) for line in _lines(path)]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").replace("¦", "").splitlines()


def _recalls(peer: Judge | None, *, missed: bool) -> list[Row]:
    secrets = made_up_secrets()
    groups = {
        kind: [line.text for line in secrets if line.kind == kind] for kind in dict.fromkeys(s.kind for s in secrets)
    }
    groups["all that are structured"] = [line.text for line in secrets if line.structured]
    groups["all others"] = [line.text for line in secrets if not line.structured]
    if missed:
        _print_lines("missed", (line.text for line in secrets if not looks_secret(line.text)))
    return [_row(f"found: {kind}", lines, peer) for kind, lines in groups.items()]


def _false_alarms(texts: Sequence[Path], peer: Judge | None, *, taken: bool) -> list[Row]:
    corpora = {f"{path.absolute().parent.name}/{path.name}": _lines(path) for path in texts}
    library = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    corpora |= {
        "harmless lines": harmless(),
        "odd commands": odd_commands(_COMMANDS),
        "a history of commands": list(islice(commands(), _COMMANDS)),
        "our code": [line for path in sorted(ROOT.glob("autocomplete/**/*.py")) for line in _lines(path)],
        "Python's library": [line for path in library for line in _lines(path)][::_EVERY],
    }
    if taken:
        for name, lines in corpora.items():
            _print_lines(f"wrongly taken, {name}", filter(looks_secret, lines))
    return [_row(f"wrongly taken: {name}", lines, peer) for name, lines in corpora.items()]


def _print_lines(title: str, lines: Iterable[str]) -> None:
    print(f"{title}:", *(f"    {line[:160]}" for line in lines), sep="\n", file=sys.stderr)


def _row(what: str, lines: Sequence[str], peer: Judge | None) -> Row:
    row: dict[str, Value] = {"what": what, "lines": len(lines)}
    for name, judge in (("ours", _ours), ("detect_secrets", peer)):
        began = time.process_time()
        found = None if judge is None else judge(lines)
        seconds = time.process_time() - began
        row[name] = None if found is None else round(100 * found / len(lines), 3)
        row[f"{name}_microseconds"] = None if found is None else round(1e6 * seconds / len(lines), 1)
    return row


def _ours(lines: Sequence[str]) -> int:
    return sum(map(looks_secret, lines))


def _detect_secrets(stack: ExitStack) -> Judge | None:
    """What detect-secrets says of a line, or None where it is not installed."""
    try:
        from detect_secrets.core.secrets_collection import SecretsCollection
        from detect_secrets.settings import default_settings
    except ImportError:
        return None
    stack.enter_context(default_settings())

    def judge(lines: Sequence[str]) -> int:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lines.txt"
            path.write_text("\n".join(line.replace("\r", " ") for line in lines), encoding="utf-8")
            collection = SecretsCollection()
            collection.scan_file(str(path))
            return len({secret.line_number for _, secret in collection})

    return judge


if __name__ == "__main__":
    sys.exit(main())
