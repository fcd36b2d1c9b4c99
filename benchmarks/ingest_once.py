"""Ingests one file, in a process of its own that nothing else weighs on, and prints one JSON line.

    python -m benchmarks.ingest_once TEXT FOLDER [WORKERS]

Kept apart from `benchmarks.ingestion`, because processes that tokenise load the main module again.
"""

import json
import resource
import sys
from pathlib import Path


def main() -> None:
    """Ingest the text into the folder."""
    from autocomplete.config import CorpusSettings
    from autocomplete.corpus.ingest import ingest

    text, folder, *workers = sys.argv[1:]
    settings = CorpusSettings(workers=int(workers[0]) if workers else None)
    before = cpu_seconds()
    *_, last = ingest([text], valid_paths=[], settings=settings, folder=Path(folder))
    used = cpu_seconds() - before
    assert last.store is not None
    print(json.dumps({"cpu_seconds": used, **last.store.report.as_dict()}))


def cpu_seconds() -> float:
    """Return the processor time of this process and of those that it started and that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
