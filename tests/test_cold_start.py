"""`suggest` must not pay for what only training needs."""

import subprocess
import sys

import pytest

HEAVY = (
    *("jax", "flax", "optax", "orbax", "rich", "safetensors", "pydantic", "platformdirs", "prompt_toolkit", "tempfile"),
    "autocomplete.interface.cli.settings",
)
# What reads people's files, and may take a tenth of a second.
READING = (
    *("lxml", "email", "zstandard", "charset_normalizer", "pypdf", "docutils"),
    *("autocomplete.corpus.readers.formats", "autocomplete.corpus.sources"),
)


def loaded(statement: str, heavy: tuple[str, ...] = HEAVY + READING) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_suggest_loads_no_training_package(trained_model: str) -> None:
    run = f"from autocomplete.interface.cli.app import run; run(['suggest', '--model', {trained_model!r}, 'a b '])"
    assert loaded(run) == set()


@pytest.mark.parametrize("command", ["suggest", "train", "eval", "repl", "forget"])
def test_the_help_of_a_command_loads_no_reader(command: str) -> None:
    assert loaded(f"from autocomplete.interface.cli.app import run; run([{command!r}, '--help'])", READING) == set()


def test_the_tests_above_can_fail() -> None:
    assert loaded("import autocomplete.corpus.sources") >= {"email", "autocomplete.corpus.readers.formats"}
    assert loaded("import autocomplete.network.steps") >= {"jax", "flax", "optax"}
    everything = "from autocomplete.interface.cli.app import run; run(['--help'])"
    assert loaded(everything) >= {"rich", "autocomplete.interface.cli.settings"}
