"""Types one text letter by letter and measures each key, in a process of its own; prints one JSON line.

    python -m benchmarks.keystroke_once MODEL TEXT SESSION KEYS

SESSION tokens of the text stand there; the end of them is typed to warm up, and then KEYS characters are measured.
Called by `benchmarks.keystroke`, which says what is measured and sets the number of threads.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete import bundle
from autocomplete.predict.experts.cache import Cache
from autocomplete.predict.experts.copy import Copy
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester

SHOWN = 5
SUBSETS = {
    "all": (RecurrentNetwork.name, NgramExpert.name, Cache.name, Copy.name),
    "without copy": (RecurrentNetwork.name, NgramExpert.name, Cache.name),
    "without cache": (RecurrentNetwork.name, NgramExpert.name),
    "n-grams and cache": (NgramExpert.name, Cache.name),
    "n-grams only": (NgramExpert.name,),
}
PRODUCTS = "matrix products of a token"
_KEYS_IN_TURN = 100
# What is made at the first key of its kind, such as the index of beginnings, is there after so many.
_KEYS_TO_WARM_UP = 50


class Times(NamedTuple):
    """How long each key took.

    Attributes:
        seconds: By the clock.
        processor_seconds: Without waiting for other programs.
    """

    seconds: list[float]
    processor_seconds: list[float]

    def add(self, answer: Callable[[], object]) -> None:
        """Measure one."""
        processor, began = time.process_time(), time.perf_counter()
        answer()
        ended, used = time.perf_counter(), time.process_time()
        self.seconds.append(ended - began)
        self.processor_seconds.append(used - processor)


def main() -> None:
    """Type what the command line names."""
    model, text, session, keys = sys.argv[1:]
    print(json.dumps(measured(Path(model), Path(text), session=int(session), keys=int(keys))))


def measured(model: Path, path: Path, *, session: int, keys: int) -> dict[str, Any]:
    """Return how long each key took with each subset of the experts, and what kind of key it is."""
    loaded = Model.open(model)
    text = path.read_text(encoding="utf-8")
    spans = loaded.tokenizer.spans(text)
    start = spans[min(session, len(spans) - 1)].start
    places = range(start, min(start + keys, len(text)))
    suggesters = {name: _only(loaded, experts) for name, experts in SUBSETS.items()}
    for suggester in suggesters.values():
        for place in range(max(0, start - _KEYS_TO_WARM_UP), start):
            suggester.suggest(text[: place + 1], k=SHOWN)
    products = _products(model, loaded)
    times = {name: Times([], []) for name in (*SUBSETS, PRODUCTS)}
    for first in range(0, len(places), _KEYS_IN_TURN):
        for name, suggester in suggesters.items():
            for place in places[first : first + _KEYS_IN_TURN]:
                times[name].add(partial(suggester.suggest, text[: place + 1], k=SHOWN))
        for _ in places[first : first + _KEYS_IN_TURN]:
            times[PRODUCTS].add(products)
    return {
        "vocabulary_size": loaded.vocabulary.size,
        "kinds": [_kind(text[:place], text[place]) for place in places],
        "times": {name: each._asdict() for name, each in times.items()},
    }


def _only(loaded: Model, experts: tuple[str, ...]) -> Suggester:
    return Suggester(replace(loaded, mixture=loaded.mixture.only(*experts)))


def _kind(before: str, key: str) -> str:
    if key.isalnum():
        return "letter"
    return "word's end" if key.isspace() and before[-1:].isalnum() else "other"


def _products(model: Path, loaded: Model) -> Callable[[], object]:
    """Return what multiplies each matrix of the network once with a vector."""
    weights = bundle.read_weights(model, loaded.manifest, vocabulary_size=loaded.vocabulary.size)
    # Embeddings, and what narrows for those of tails, come transposed, as output layer: rows are as wide as the input.
    matrices: list[npt.NDArray[np.float32]] = [
        matrix.T if name == "output/embedding" or name.startswith("output/tails/") else matrix
        for name, matrix in weights.items()
        if matrix.ndim == 2
    ]
    pairs = [(np.ones(matrix.shape[0], np.float32), matrix) for matrix in matrices]
    return lambda: [vector @ matrix for vector, matrix in pairs]


if __name__ == "__main__":
    main()
