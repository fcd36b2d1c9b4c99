"""One step of the n-gram benchmark, in a process of its own that nothing else weighs on; prints one JSON line.

    python -m benchmarks.ngram_once read TEXT HELD_OUT STORE
    python -m benchmarks.ngram_once build STORE ORDER DATABASE
    python -m benchmarks.ngram_once ask STORE DATABASE QUESTIONS
    python -m benchmarks.ngram_once ask-presage DATABASE QUESTIONS
    python -m benchmarks.ngram_once ask-kenlm MODEL ORDER QUESTIONS

Called by `benchmarks.ngram_programs`, which also says what is asked of presage, and why.
"""

import hashlib
import importlib
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.presage import continuations, opened, predicted, probability, trigram_count

Question = TypeVar("Question")

START_OR_END = "\n"
"""The sequence mark in the questions to KenLM; no token contains white space."""

# A whole distribution of KenLM is as many look-ups as there are words: a hundred take long enough to be timed.
_KENLM_DISTRIBUTIONS = 100


def main() -> None:
    """Take the step that the command line names."""
    step, *arguments = sys.argv[1:]
    print(json.dumps(STEPS[step](*arguments)))


def read(text: str, held_out: str, store: str) -> dict[str, Any]:
    """Tokenise a text into a corpus store, with the usual settings."""
    from autocomplete.config import CorpusSettings
    from autocomplete.corpus.ingest import ingest

    *_, last = ingest([text], valid_paths=[held_out], settings=CorpusSettings(), folder=Path(store))
    assert last.store is not None
    return {"tokens": last.store.report.train_tokens, "vocabulary_size": last.store.report.vocabulary_size}


def build(store: str, order: str, database: str) -> dict[str, Any]:
    """Count the tokens of a store and write the database; nothing is pruned."""
    from autocomplete.corpus.store import CorpusStore
    from autocomplete.ngrams.build import build_ngrams

    corpus = CorpusStore.open(Path(store))
    report = build_ngrams(
        corpus.train,
        vocabulary_size=corpus.vocabulary.size,
        vocabulary_digest=_digest(Path(store)),
        path=Path(database),
        order=int(order),
    )
    return {"ngrams_by_order": report.facts.kept, "seconds_without_python": report.elapsed_seconds}


def ask(store: str, database: str, questions: str) -> dict[str, Any]:
    """Ask our database, and let it score the whole text held out."""
    from autocomplete.corpus.store import CorpusStore
    from autocomplete.ngrams.model import NgramModel, perplexity

    corpus = CorpusStore.open(Path(store))
    asked: list[list[int]] = json.loads(Path(questions).read_bytes())["ids"]

    def opened_anew() -> NgramModel:
        return NgramModel.open(
            Path(database), vocabulary_size=corpus.vocabulary.size, vocabulary_digest=_digest(Path(store))
        )

    with opened_anew() as model:
        singles = timed(lambda ids: model.probability(ids[:-1], ids[-1]), asked)
    with opened_anew() as model:
        wholes = timed(lambda ids: model.distribution(ids[:-1]), asked)
    with opened_anew() as model:
        began = time.perf_counter()
        found = perplexity(model, corpus.valid)
        scored = len(corpus.valid) / (time.perf_counter() - began)
    return {
        **summary("probability", singles),
        **summary("distribution", wholes),
        "scored_tokens_per_second": scored,
        "perplexity": found,
    }


def ask_presage(database: str, questions: str) -> dict[str, Any]:
    """Ask a database of `text2ngram` what presage asks it."""
    asked: list[list[str]] = json.loads(Path(questions).read_bytes())["words"]
    kinds: dict[str, Callable[[sqlite3.Connection, Sequence[str]], object]] = {
        "probability": probability,
        "distribution": predicted,
        "one_select_probability": trigram_count,
        "one_select_distribution": continuations,
    }
    found: dict[str, Any] = {}
    for name, kind in kinds.items():
        with closing(opened(Path(database))) as connection:
            found |= summary(name, timed(partial(kind, connection), asked))
    return found


def ask_kenlm(path: str, order: str, questions: str) -> dict[str, Any]:
    """Ask a binary model of KenLM through its Python module; says that there is none where it cannot be imported."""
    try:
        kenlm = importlib.import_module("kenlm")
    except ImportError:
        return {"note": "single queries: Python module kenlm not installed"}
    prepared = json.loads(Path(questions).read_bytes())
    asked: list[list[str]] = [tokens[-int(order) :] for tokens in prepared["tokens"]]
    words = ["</s>" if token == START_OR_END else token for token in prepared["vocabulary"]]
    model = kenlm.Model(path)
    states = kenlm.State(), kenlm.State()

    def after(context: Sequence[str]) -> tuple[Any, Any]:
        """Return the state after a context, and one that may be written."""
        now, then = states
        begins = context[:1] == [START_OR_END]
        (model.BeginSentenceWrite if begins else model.NullContextWrite)(now)
        for token in context[begins:]:
            model.BaseScore(now, token, then)
            now, then = then, now
        return now, then

    def single(tokens: Sequence[str]) -> float:
        now, then = after(tokens[:-1])
        score: float = model.BaseScore(now, "</s>" if tokens[-1] == START_OR_END else tokens[-1], then)
        return score

    def whole(tokens: Sequence[str]) -> list[float]:
        now, then = after(tokens[:-1])
        score = model.BaseScore
        return [score(now, word, then) for word in words]

    some = asked[:: max(1, len(asked) // _KENLM_DISTRIBUTIONS)]
    return {**summary("probability", timed(single, asked)), **summary("distribution", timed(whole, some))}


def _digest(store: Path) -> str:
    from autocomplete.corpus.store import VOCABULARY_FILE

    return hashlib.sha256((store / VOCABULARY_FILE).read_bytes()).hexdigest()


def timed(answer: Callable[[Question], object], questions: Sequence[Question]) -> list[float]:
    """Return how many seconds each answer takes, each question asked once."""
    seconds = []
    for question in questions:
        began = time.perf_counter()
        answer(question)
        seconds.append(time.perf_counter() - began)
    return seconds


def summary(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Return how many answers a second, and the median and the 99th percentile of their times in microseconds."""
    percentiles = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        f"{name}_per_second": len(seconds) / sum(seconds),
        f"{name}_median_us": 1e6 * statistics.median(seconds),
        f"{name}_p99_us": 1e6 * percentiles[98],
    }


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "read": read,
    "build": build,
    "ask": ask,
    "ask-presage": ask_presage,
    "ask-kenlm": ask_kenlm,
}


if __name__ == "__main__":
    main()
