"""What careless typing costs: keystrokes saved for one who types every letter right and for one who does not.

    python -m benchmarks.sloppy_typing --train FILE --text FILE                     a minute or two
    python -m benchmarks.sloppy_typing --train FILE --text FILE --beside ../other   beside another checkout

A model without a network is trained on the one file, and the beginning of the other typed twice, see
`benchmarks.sloppy_once`. The clean typist types what stands there. The sloppy one leaves accents out, and apostrophes,
and capitals, each at 30 % of its places, and mistypes 3 % of the words by one letter: wrong, missing, doubled or
swapped. What is wanted is the clean word all the same. A word that is not taken from the list stays as it was typed,
and is part of what is read before the next; the typist never goes back.

KSR     keys saved, in a hundred that the same typist needs without a list; a candidate that was passed over is not
        shown again, and one in another case is wrong.
lost    KSR of the clean typist less that of this one, in points.

Programs take turns, each in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Column, Row, number, show

SHOWN = (1, 3, 5)
ROOT = Path(__file__).parent.parent

COLUMNS = (
    Column("program", "program"),
    Column("typist", "typist"),
    *(Column(f"ksr_{shown}", f"KSR {shown}", ".2f") for shown in SHOWN),
    *(Column(f"lost_{shown}", f"lost {shown}", ".2f") for shown in SHOWN),
    Column("words", "words", ","),
    Column("sloppy", "typed otherwise", ".1%"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    programs = {"this": ROOT} if options.beside is None else {"this": ROOT, "beside": options.beside.resolve()}
    show("sloppy_typing", list(measured(programs, options)), COLUMNS, settings=vars(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sloppy_typing", description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True, help="what the model is trained on, in UTF-8")
    parser.add_argument("--text", type=Path, required=True, help="what is typed, in UTF-8")
    parser.add_argument("--characters", type=number(1), default=20_000, help="of the text (20000)")
    parser.add_argument("--seed", type=number(0), default=0, help="of what is mistyped (0)")
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="another checkout, measured in turn")
    return parser


def measured(programs: Mapping[str, Path], options: argparse.Namespace) -> Iterator[Row]:
    """Yield a row for each program and typist, the clean one first."""
    for name, folder in programs.items():
        clean, sloppy = _typed(folder, options)
        for typist, found in (("clean", clean), ("sloppy", sloppy)):
            saved = {f"ksr_{shown}": round(found["saved"][str(shown)], 3) for shown in SHOWN}
            lost = {
                f"lost_{shown}": round(clean["saved"][str(shown)] - found["saved"][str(shown)], 3) for shown in SHOWN
            }
            share = found["sloppy"] / max(1, found["words"])
            yield {"program": name, "typist": typist, **saved, **lost, "words": found["words"], "sloppy": share}


def _typed(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """What `sloppy_once` prints, with the `autocomplete` of a folder."""
    program = Path(__file__).with_name("sloppy_once.py")
    command = [sys.executable, "-P", str(program), str(options.train), str(options.text)]
    command += [str(options.characters), str(options.seed)]
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{done.stderr}Typing failed with exit code {done.returncode}.")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
