"""Shared fixtures: strict JAX, a tiny corpus, and tiny models trained on it, once for all processes of a run."""

import fcntl
import hashlib
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.processor_time import ProcessorTime

# No engine that a person runs answers for what is tested, nor keeps a test's models open.
_runtime = tempfile.TemporaryDirectory(prefix="runtime-")
os.environ["XDG_RUNTIME_DIR"] = _runtime.name
# Before JAX starts: its warnings about missing accelerators are noise here.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# A process of tests a core: more threads would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Many tests build the same small network: each program is compiled once a run, by one of its processes for all. What
# counts compilations counts a function's traces, of which this spares none.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    _compiled = tempfile.TemporaryDirectory(prefix="compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
# Compiling is most of what the tests cost, and of it most is what LLVM optimises for longer runs than theirs. The same
# programs are compiled as a user's are where the variable is set, were it to nothing (make test-all).
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

# Laws that hold for any input: a few inputs a run by default, many with `--hypothesis-profile thorough`.
settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=150, deadline=None)
settings.load_profile("quick")


def _made_once(place: Path, make: Callable[[Path], object]) -> Path:
    """A file or folder that all processes of a run share: the first makes it, the others wait for it."""
    with place.with_name(place.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            unfinished = Path(tempfile.mkdtemp(dir=place.parent)) / place.name
            make(unfinished)
            unfinished.rename(place)
    return place


def _content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _left_alone(folder: Path) -> Iterator[str]:
    """A folder that others read too: a test that would change it copies it."""
    before = _content(folder)
    yield str(folder)
    assert _content(folder) == before, f"a test has changed {folder}"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run share."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def small_corpus(shared: Path) -> Path:
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
    text = "\n".join(lines) + "\n"
    return _made_once(shared / "lines.txt", lambda place: place.write_text(text, encoding="utf-8"))


def _train(corpus: Path, folder: Path, *options: str) -> None:
    from autocomplete.interface.cli.app import run

    arguments = ["train", str(corpus), "--model", str(folder), "--epochs", "6", "--size", "tiny", "--seed", "1"]
    assert run([*arguments, "--embedding-size", "24", "--hidden-size", "32", "--learning-rate", "0.02", *options]) == 0


@pytest.fixture(scope="session")
def trained_model(small_corpus: Path, shared: Path) -> Iterator[str]:
    """A word model's folder."""
    yield from _left_alone(_made_once(shared / "words", lambda folder: _train(small_corpus, folder)))


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
def trained_char_model(small_corpus: Path, shared: Path) -> Iterator[str]:
    """A character model's folder."""
    options = ["--level", "char", "--epochs", "13", "--learning-rate", "0.04", "--valid-fraction", "0.02"]
    yield from _left_alone(_made_once(shared / "characters", lambda folder: _train(small_corpus, folder, *options)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu-durations", type=int, metavar="N", help="report the N tests that took most processor time")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ProcessorTime(config.getoption("--cpu-durations")))
