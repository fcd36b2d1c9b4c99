"""Types behind the beginning of a text and measures each key, in a process of its own; prints one JSON line.

    python benchmarks/document_length_once.py MODEL TEXT WORDS_BEFORE WORDS KEYS

WORDS_BEFORE words of the text stand there; they are read at once, some keys are typed to warm up, and then KEYS are
measured, each with suggestions of up to WORDS words. Called by `benchmarks.document_length`, which says what is
measured, and sets the number of threads and which `autocomplete` is imported.
"""

import json
import re
import sys
import time
from pathlib import Path

from autocomplete import Suggester

SHOWN = 5
# What is made at the first key of its kind is there after so many.
_KEYS_TO_WARM_UP = 40


def main() -> None:
    """Type what the command line names."""
    model, path, words_before, words, keys = sys.argv[1:]
    text = Path(path).read_text(encoding="utf-8")
    start = next(match.start() for number, match in enumerate(re.finditer(r"\S+", text)) if number == int(words_before))
    suggester = Suggester.open(model)
    suggester.suggest("a", k=SHOWN, words=int(words))  # the indexes of words are made
    times = []
    for stop in range(start, start + _KEYS_TO_WARM_UP + int(keys)):
        began = time.process_time()
        suggester.suggest(text[:stop], k=SHOWN, words=int(words))
        times.append(1000 * (time.process_time() - began))
    print(json.dumps({"first_milliseconds": times[:1], "milliseconds": times[_KEYS_TO_WARM_UP:]}))


if __name__ == "__main__":
    main()
