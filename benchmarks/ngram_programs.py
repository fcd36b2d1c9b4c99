"""The programs that `benchmarks.ngram_database` compares, each measured in processes of its own.

Every program counts the same text and answers questions about the same text held out. KenLM does not tokenise: it is
given our tokens, a sequence a line, so that it counts the very n-grams that we count. presage tokenises by itself,
and its words are lower-case, without punctuation, and never rare.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.store import CorpusStore
from autocomplete.text.vocabulary import END, UNKNOWN
from benchmarks import presage
from benchmarks.memory import PeakMemory
from benchmarks.ngram_once import START_OR_END
from benchmarks.report import Value

MEGABYTE = 1_000_000
OURS, PRESAGE, KENLM = "autocomplete", "presage", "KenLM"
ONE_SELECT = "presage, one SELECT"
PRESAGE_ORDER = 3

_KENLM_PROGRAMS = ("lmplz", "build_binary", "query")
# KenLM reserves <unk> for words that the text does not have.
_RARE = "<rare>"
_PRESAGE_WORD = re.compile(r"[^\W_]+")
_TOKENS_AT_ONCE = 1 << 20
# KenLM scores millions of tokens a second: with fewer, the time of loading the model would drown that of scoring.
_LEAST_TOKENS_SCORED = 500_000

Measured = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What every program is given.

    Attributes:
        train: The text to count.
        held_out: The text to ask about.
        store: Both as our tokens.
        sequences: The text to count as our tokens, for KenLM.
        held_out_sequences: The same of the text to ask about, over and over, for KenLM to score.
        questions: Contexts with the word that follows, one JSON object.
    """

    train: Path
    held_out: Path
    store: Path
    sequences: Path
    held_out_sequences: Path
    questions: Path

    @classmethod
    def under(cls, folder: Path) -> "Texts":
        """Name the files in a folder."""
        names = ("train", "held_out", "store", "sequences", "held_out_sequences", "questions")
        return cls(**{name: folder / name for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A process that ended well.

    Attributes:
        printed: Its standard output.
        said: Its standard error.
        seconds: From its start to its end.
        megabytes: Peak of its resident memory and that of all that it started; None if it was too short to be seen.
    """

    printed: str
    said: str
    seconds: float
    megabytes: float | None


def finished(command: Sequence[str | Path], *, stdin: Path | None = None) -> Finished:
    """Run a process to its end, and look at its memory meanwhile.

    Raises:
        SystemExit: It failed; with the end of what it said.
    """
    # Without byte code every start of Python would compile the program again, which nobody's does but the first.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (stdin or Path(os.devnull)).open("rb") as source:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        with PeakMemory(process.pid) as memory:
            printed, said = process.communicate()
            seconds = time.perf_counter() - began
    if process.returncode != 0:
        end = "\n".join(said.splitlines()[-5:])
        raise SystemExit(f"{Path(command[0]).name} failed with exit code {process.returncode}:\n{end}")
    seen = memory.resident_bytes / MEGABYTE
    return Finished(printed=printed, said=said, seconds=seconds, megabytes=seen or None)


def _once(step: str, *arguments: str | Path | int) -> tuple[dict[str, Any], Finished]:
    process = finished([sys.executable, "-m", "benchmarks.ngram_once", step, *map(str, arguments)])
    found: dict[str, Any] = json.loads(process.printed)
    return found, process


def read_by_us(texts: Texts) -> Measured:
    """Tokenise both texts; the time and the memory that it takes."""
    shutil.rmtree(texts.store, ignore_errors=True)
    found, process = _once("read", texts.train, texts.held_out, texts.store)
    return {
        "read_seconds": process.seconds,
        "peak_read_megabytes": process.megabytes,
        "tokens": found["tokens"],
        "vocabulary_size": found["vocabulary_size"],
    }


def write_for_others(texts: Texts, *, order: int, questions: int) -> None:
    """Write our tokens for KenLM, and the questions for everybody. The store must be there.

    Args:
        texts: Where.
        order: The longest n-gram that is asked about.
        questions: How many, evenly spread over the text held out; fewer where it is short.
    """
    corpus = CorpusStore.open(texts.store)
    spelled = [START_OR_END if token == END else word for token, word in enumerate(corpus.vocabulary.tokens)]
    spelled[UNKNOWN] = _RARE
    _write_sequences(texts.sequences, corpus.train, spelled)
    _write_sequences(
        texts.held_out_sequences, corpus.valid, spelled, times=-(-_LEAST_TOKENS_SCORED // len(corpus.valid))
    )
    asked = list(_contexts(corpus.valid, order=order, most=questions))
    words = _PRESAGE_WORD.findall(texts.held_out.read_text(encoding="utf-8", errors="replace").lower())
    prepared = {
        "ids": asked,
        "tokens": [[spelled[token] for token in ids] for ids in asked],
        "words": [words[place - 2 : place + 1] for place in _spread(2, len(words), questions)],
        "vocabulary": spelled,
    }
    texts.questions.write_text(json.dumps(prepared), encoding="utf-8")


def _write_sequences(path: Path, ids: npt.NDArray[np.int32], spelled: Sequence[str], *, times: int = 1) -> None:
    with path.open("w", encoding="utf-8") as file:
        for start in [*range(0, len(ids), _TOKENS_AT_ONCE)] * times:
            words = (spelled[token] for token in ids[start : start + _TOKENS_AT_ONCE].tolist())
            file.writelines(word if word == START_OR_END else f"{word} " for word in words)


def _spread(start: int, stop: int, most: int) -> list[int]:
    places: list[int] = np.unique(np.linspace(start, stop - 1, most, dtype=np.int64)).tolist()
    return places


def _contexts(ids: npt.NDArray[np.int32], *, order: int, most: int) -> Iterator[list[int]]:
    """Yield contexts with the token that follows: back to the start of the sequence, at most `order` tokens in all."""
    ids = np.concatenate([np.array([END], dtype=np.int32), ids])  # the stream starts with a sequence
    for place in _spread(1, len(ids), most):
        window = ids[max(0, place - order + 1) : place + 1].tolist()
        ends = [index for index, token in enumerate(window[:-1]) if token == END]
        yield window[ends[-1] :] if ends else window


def autocomplete(texts: Texts, folder: Path, *, order: int) -> Measured:
    """Build our database from the store, and ask it."""
    database = folder / "ngrams.sqlite"
    built, process = _once("build", texts.store, order, database)
    answers, asking = _once("ask", texts.store, database, texts.questions)
    return {
        **_built(process.seconds, process.megabytes, database, built["ngrams_by_order"]),
        "build_seconds_without_python": built["seconds_without_python"],
        "peak_query_megabytes": asking.megabytes,
        **answers,
    }


def presage_rows(texts: Texts, folder: Path, *, program: str) -> tuple[Measured, Measured]:
    """Build presage's database, and ask it: whole predictions, and the SELECTs that they begin with."""
    database = folder / "presage.db"
    runs = counted_by_presage(program, texts.train, database)
    seconds, megabytes = sum(run.seconds for run in runs), _largest(run.megabytes for run in runs)
    answers, asking = _once("ask-presage", database, texts.questions)
    prefix = "one_select_"
    whole = {name: value for name, value in answers.items() if not name.startswith(prefix)}
    single = {name.removeprefix(prefix): value for name, value in answers.items() if name.startswith(prefix)}
    built = _built(seconds, megabytes, database, presage.ngrams_by_order(database))
    return {**built, "peak_query_megabytes": asking.megabytes, **whole}, single


def counted_by_presage(program: str, text: Path, database: Path) -> list[Finished]:
    """Let `text2ngram` count a text: one run for each length, into the same file."""
    # -l makes everything lower-case, as presage's own data is.
    return [
        finished([program, "-n", str(n), "-l", "-f", "sqlite", "-o", database, text])
        for n in range(1, PRESAGE_ORDER + 1)
    ]


def kenlm(texts: Texts, folder: Path, *, order: int, programs: Mapping[str, str], memory: str) -> Measured:
    """Estimate a model with KenLM, make it binary, and ask it."""
    arpa, binary = folder / "model.arpa", folder / "model.binary"
    estimate = ["-o", str(order), "-S", memory, "-T", f"{folder}/", "--discount_fallback"]
    estimating = finished([programs["lmplz"], *estimate, "--text", texts.sequences, "--arpa", arpa])
    packing = finished([programs["build_binary"], arpa, binary])
    with arpa.open(encoding="utf-8") as file:
        counts = [int(line.partition("=")[2]) for line in _until_blank(file) if line.startswith("ngram ")]
    answers, asking = _once("ask-kenlm", binary, order, texts.questions)
    return {
        **_built(
            estimating.seconds + packing.seconds, _largest([estimating.megabytes, packing.megabytes]), binary, counts
        ),
        "lmplz_seconds": estimating.seconds,
        "build_binary_seconds": packing.seconds,
        "arpa_megabytes": arpa.stat().st_size / MEGABYTE,
        "peak_query_megabytes": asking.megabytes,
        **_scored(programs["query"], binary, texts.held_out_sequences),
        **answers,
    }


def _until_blank(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip():
            return
        yield line


def _scored(query: str, binary: Path, sequences: Path) -> Measured:
    """Let KenLM's `query` score a text; its speed by its own account of processor time, less that of loading."""
    loading = finished([query, "-v", "summary", binary])
    scoring = finished([query, "-v", "summary", binary], stdin=sequences)
    summary = dict(line.split(":") for line in scoring.printed.splitlines() if line.count(":") == 1)
    seconds = _processor_seconds(scoring) - _processor_seconds(loading)
    return {
        "scored_tokens_per_second": int(summary["Tokens"]) / seconds if seconds > 0 else None,
        "perplexity": float(summary["Perplexity including OOVs"]),
    }


def _processor_seconds(query: Finished) -> float:
    found = re.search(r"CPU:([0-9.e-]+)", query.said)
    if found is None:
        raise SystemExit(f"KenLM's query does not say how long it took:\n{query.said}")
    return float(found[1])


def _built(seconds: float, megabytes: float | None, file: Path, ngrams: Sequence[int]) -> Measured:
    return {
        "build_seconds": seconds,
        "peak_build_megabytes": megabytes,
        "file_megabytes": file.stat().st_size / MEGABYTE,
        "ngrams": sum(ngrams),
        **{f"ngrams_{length}": count for length, count in enumerate(ngrams, start=1)},
    }


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def text2ngram_program() -> str | None:
    """Return presage's program on the PATH, None where it is not installed."""
    return shutil.which("text2ngram")


def kenlm_programs(folder: Path | None) -> dict[str, str | None]:
    """Return KenLM's programs, of this folder or else on the PATH, None where one is not installed."""
    path = None if folder is None else str(folder)
    return {name: shutil.which(name, path=path) for name in _KENLM_PROGRAMS}
