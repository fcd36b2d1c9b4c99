"""`suggest` must not pay for what only training needs."""

import subprocess
import sys

HEAVY = (
    *("jax", "flax", "optax", "orbax", "rich", "safetensors", "pydantic", "platformdirs", "prompt_toolkit", "tempfile"),
    "autocomplete.interface.cli.settings",
)


def loaded(statement: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_suggest_loads_no_training_package(trained_model: str) -> None:
    run = f"from autocomplete.interface.cli.app import run; run(['suggest', '--model', {trained_model!r}, 'a b '])"
    assert loaded(run) == set()


def test_the_test_above_can_fail() -> None:
    assert loaded("import autocomplete.network.steps") >= {"jax", "flax", "optax"}
    everything = "from autocomplete.interface.cli.app import run; run(['--help'])"
    assert loaded(everything) >= {"rich", "autocomplete.interface.cli.settings"}
