"""Reads one file of a format, in a process of its own that nothing else weighs on, and prints one JSON line.

python -m benchmarks.read_once FORMAT FILE
"""

import json
import sys
import time
from pathlib import Path

from autocomplete.config import FormatName
from autocomplete.corpus.readers.formats import FORMATS
from autocomplete.corpus.readers.protocol import Choices, Material, Tally


def main() -> None:
    """Read the file, and keep nothing of it."""
    key: FormatName
    key, file = sys.argv[1:]  # type: ignore[assignment]
    path, tally = Path(file), Tally()
    passages = characters = 0
    began, began_cpu = time.perf_counter(), time.process_time()
    for passage in FORMATS[key].read(Material(path.name, path), Choices(), tally):
        passages += 1
        characters += len(passage.text)
    report = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - began_cpu,
        "passages": passages,
        "characters": characters,
        "left_out": sum(tally.left_out.values()),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
