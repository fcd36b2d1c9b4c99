"""Speed and peak memory of reading a corpus, at sizes a thousandfold apart: memory must not grow with them.

    python -m benchmarks.ingestion --quick                 1 and 20 MB, under half a minute
    python -m benchmarks.ingestion                         1 MB, 100 MB and 1 GB, about ten minutes
    python -m benchmarks.ingestion --sizes 5 50 --layouts lines --workers 1
    python -m benchmarks.ingestion --texts FILE FILE       files of yours, in place of made-up text

Each size is ingested in a fresh process. The text is made up while it is written (see `generated_text`), into
a temporary folder that is removed afterwards; 1 GB of it needs 3 GB of disk. 1 MB is 1,000,000 bytes.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autocomplete.config import Layout
from benchmarks.generated_text import write_text
from benchmarks.memory import PeakMemory
from benchmarks.report import Column, Row, number, show

MEGABYTE = 1_000_000
SIZES_MB = (1.0, 100.0, 1000.0)
QUICK_SIZES_MB = (1.0, 20.0)
# Disk for each byte of text: 2.1 were seen at 60 MB, for the text and its tokens.
SCRATCH_FACTOR = 3

COLUMNS = (
    Column("text", "text"),
    Column("layout", "layout"),
    Column("megabytes", "size MB", ",.1f"),
    Column("seconds", "seconds", ",.2f"),
    Column("megabytes_per_second", "MB/s", ",.1f"),
    Column("megabytes_per_core_second", "MB/s a core", ",.1f"),
    Column("peak_resident_megabytes", "peak RSS MB", ",.0f"),
    Column("peak_unshared_megabytes", "peak USS MB", ",.0f"),
    Column("processes", "processes"),
    Column("tokens", "tokens", ","),
    Column("distinct_types", "distinct types", ","),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    sizes = options.sizes or (QUICK_SIZES_MB if options.quick else SIZES_MB)
    with tempfile.TemporaryDirectory(prefix="ingestion-", dir=options.scratch) as scratch:
        if options.texts:
            rows = [measured(Path(scratch), text, workers=options.workers) for text in options.texts]
        else:
            require_disk(Path(scratch), largest_bytes=round(max(sizes) * MEGABYTE))
            rows = [
                measured_made_up(Path(scratch), megabytes=size, layout=layout, workers=options.workers)
                for layout in options.layouts
                for size in sizes
            ]
    settings = {name: value for name, value in vars(options).items() if name not in ("scratch", "texts")}
    show("ingestion", rows, COLUMNS, settings={**settings, "sizes": None if options.texts else list(sizes)})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingestion", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1 and 20 MB only")
    parser.add_argument("--sizes", type=number(0.05, float), nargs="+", metavar="MB", help="sizes in megabytes")
    parser.add_argument(
        "--layouts", choices=("lines", "text"), nargs="+", default=["lines", "text"], help="a sentence a line, prose"
    )
    parser.add_argument("--texts", type=Path, nargs="+", metavar="FILE", help="your files, in place of made-up text")
    parser.add_argument("--workers", type=number(1), help="processes that tokenise (one a core)")
    parser.add_argument("--scratch", type=Path, help="folder on the disk to use (the system's temporary folder)")
    return parser


def require_disk(folder: Path, *, largest_bytes: int) -> None:
    """Exit with a message where the disk has no room for the largest text and its tokens."""
    needed, free = SCRATCH_FACTOR * largest_bytes, shutil.disk_usage(folder).free
    if free < needed:
        raise SystemExit(
            f"{folder.parent}: {free / MEGABYTE:,.0f} MB are free, and text of {largest_bytes / MEGABYTE:,.0f} MB "
            f"needs about {needed / MEGABYTE:,.0f} MB. Give smaller '--sizes', or another disk with '--scratch'."
        )


def measured_made_up(scratch: Path, *, megabytes: float, layout: Layout, workers: int | None) -> Row:
    """Write a text of this size, ingest it in a fresh process, and remove both."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        text = Path(folder) / "corpus.txt"
        write_text(text, size_bytes=round(megabytes * MEGABYTE), layout=layout)
        return {**measured(Path(folder), text, workers=workers), "text": "made up", "layout": layout}


def measured(scratch: Path, text: Path, *, workers: int | None) -> Row:
    """Ingest a text in a fresh process, and remove what that left."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        report, memory = ingested(text, Path(folder) / "store", workers=workers)
    size = report["bytes"] / MEGABYTE
    return {
        "text": f"{text.absolute().parent.name}/{text.name}",
        "layout": report["layout"],
        "detected_layout": report["layout"],
        "megabytes": round(size, 3),
        "seconds": round(report["seconds"], 3),
        "cpu_seconds": round(report["cpu_seconds"], 3),
        "megabytes_per_second": round(size / report["seconds"], 2),
        "megabytes_per_core_second": round(size / report["cpu_seconds"], 2),
        "peak_resident_megabytes": round(memory.resident_bytes / MEGABYTE, 1),
        "peak_unshared_megabytes": round(memory.unshared_bytes / MEGABYTE, 1),
        "processes": memory.processes,
        "memory_samples": memory.samples,
        "tokens": report["train_tokens"] + report["valid_tokens"],
        "distinct_types": report["distinct_types"],
        "types_pruned": report["types_pruned"],
        "vocabulary_size": report["vocabulary_size"],
    }


def ingested(text: Path, folder: Path, *, workers: int | None) -> tuple[dict[str, Any], PeakMemory]:
    """Ingest a text in a fresh process; return its report and the memory that it and its workers took."""
    command = [sys.executable, "-m", "benchmarks.ingest_once", str(text), str(folder)]
    if workers is not None:
        command.append(str(workers))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    with PeakMemory(process.pid) as memory:
        printed, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"Ingestion failed with exit code {process.returncode}; its message stands above.")
    report: dict[str, Any] = json.loads(printed)
    return report, memory


if __name__ == "__main__":
    sys.exit(main())
