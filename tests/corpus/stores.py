"""Small texts, and corpus stores made of them."""

import random
from concurrent.futures import Executor
from pathlib import Path

from autocomplete.config import CorpusSettings, Layout
from autocomplete.corpus.ingest import ingest
from autocomplete.corpus.store import CorpusStore
from autocomplete.text.tokenizer import Tokenizer

LAYOUTS: tuple[Layout, Layout] = ("lines", "text")
TOKENIZERS = [
    *(Tokenizer("word", layout) for layout in LAYOUTS),
    *(Tokenizer("word", layout, pretokenized=True) for layout in LAYOUTS),
    *(Tokenizer("char", layout) for layout in LAYOUTS),
    Tokenizer("word", "commands"),
]


def prose(lines: int, *, seed: int = 0) -> str:
    draw = random.Random(seed)
    words = [f"word{number}" for number in range(50)] + ["don't", "Grüße", "你好", "U.S."]
    return "".join(" ".join(draw.choices(words, k=draw.randint(3, 9))) + ", end.\n" for _ in range(lines))


def text_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def stored(
    *paths: Path,
    folder: Path,
    valid: tuple[Path, ...] = (),
    chunk_bytes: int = 1 << 20,
    executor: Executor | None = None,
    **given: object,
) -> CorpusStore:
    """Ingest; every token is kept and one process works unless told otherwise."""
    corpus_settings = CorpusSettings(**{"workers": 1, "min_count": 1, **given})  # type: ignore[arg-type]
    *_, last = ingest(
        paths,
        valid_paths=valid,
        settings=corpus_settings,
        folder=folder,
        chunk_bytes=chunk_bytes,
        executor=executor,
    )
    assert last.store is not None
    return last.store
