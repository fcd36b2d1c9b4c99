"""Shared fixtures: strict JAX, a tiny corpus, and a tiny model trained on it."""

import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest

# Before JAX starts: its warnings about missing accelerators are noise here.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Many tests build the same small network: each program is compiled once a session, by one of its processes for all.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _compiled = tempfile.TemporaryDirectory(prefix="compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some hundred lines that a tiny network learns in seconds."""
    draw = random.Random(5)
    starts = [
        "best food in Las Vegas",
        "how to boil an egg",
        "flights from New York to Boston",
        "weather in Paris today",
        "un café crème",
    ]
    ends = ["", " please", " for two", " now", "?"]
    lines = [draw.choice(starts) + draw.choice(ends) for _ in range(600)]
    path = tmp_path_factory.mktemp("corpus") / "lines.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _train(corpus: Path, folder: Path, *options: str) -> str:
    from autocomplete.interface.cli.app import run

    arguments = ["train", str(corpus), "--model", str(folder), "--epochs", "6", "--size", "tiny", "--seed", "1"]
    assert run([*arguments, "--embedding-size", "24", "--hidden-size", "32", "--learning-rate", "0.02", *options]) == 0
    return str(folder)


@pytest.fixture(scope="session")
def trained_model(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A word model's folder."""
    return _train(small_corpus, tmp_path_factory.mktemp("models") / "words")


@pytest.fixture(scope="session")
def taught_model(trained_model: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the word model's folder that has learned lines, with words that the vocabulary lacks."""
    from autocomplete.predict.suggester import Suggester

    folder = str(shutil.copytree(trained_model, tmp_path_factory.mktemp("models") / "taught"))
    suggester = Suggester.open(folder)
    for line in ["best food in Las Zanzibolt", "how to frobnicate an egg", "weather in Paris, Zanzibolt"] * 3:
        assert suggester.learn(line)
    return folder


@pytest.fixture(scope="session")
def trained_char_model(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A character model's folder."""
    return _train(
        small_corpus,
        tmp_path_factory.mktemp("models") / "characters",
        "--level",
        "char",
        "--epochs",
        "25",
        "--valid-fraction",
        "0.02",
    )
