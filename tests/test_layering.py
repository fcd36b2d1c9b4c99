"""Imports point downward only, and heavy packages stay in their rooms: proved from the syntax trees."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "autocomplete"
ROOMS = {
    "errors": 0,
    "config": 0,
    "arrays": 0,
    "text": 1,
    "corpus": 2,
    "ngrams": 3,
    "bundle": 4,
    "learned": 5,
    "predict": 7,
    "network": 7,
    "evaluation": 8,
    "runs": 9,
    "engine": 10,
    "interface": 11,
    "__main__": 12,
    "__init__": 12,
}
# Downward by number, and yet strangers: training must not lean on the path that users get, which checks it.
FORBIDDEN = {("network", "predict"), ("evaluation", "network")}
HOMES = {
    "jax": ("network/",),
    "flax": ("network/",),
    "optax": ("network/",),
    "orbax": ("network/",),
    "typer": ("interface/cli/",),
    "distributed": ("corpus/workers.py",),
    "rich": ("interface/progress.py",),
    "prompt_toolkit": ("interface/repl/",),
    "matplotlib": ("interface/plot.py",),
    "PIL": ("interface/plot.py",),
}


def imports(source: str) -> set[str]:
    """Every module that a source text imports, at any depth of the text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "autocomplete" else {module}
    return found


def room_of(path: str) -> str:
    return Path(path).parts[0].removesuffix(".py")


def violations(path: str, source: str) -> list[str]:
    """Imports of one file (path relative to the package) that the house does not allow."""
    own = room_of(path)
    found = []
    for module in sorted(imports(source)):
        top, *rest = module.split(".")
        if top in HOMES and not path.startswith(HOMES[top]):
            found.append(f"{path} imports {top}")
        if top != "autocomplete" or not rest:
            continue
        other = rest[0]
        if (
            other != own
            and not (own == "config" and other == "errors")
            and (ROOMS[other] >= ROOMS[own] or (own, other) in FORBIDDEN)
        ):
            found.append(f"{path} imports {module}")
    return found


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_downward(file: Path) -> None:
    assert violations(str(file.relative_to(PACKAGE)), file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("corpus/store.py", "from autocomplete.network import training"),
        ("network/training.py", "from autocomplete.predict.suggester import Suggester"),
        ("predict/words.py", "def late():\n    import jax.numpy as jnp"),
        ("bundle.py", "from autocomplete import interface"),
        ("runs/processes.py", "import jax"),
        ("corpus/ingest.py", "from distributed import Client"),
        ("interface/cli/train.py", "from rich.console import Console"),
        ("interface/cli/diagnose.py", "from matplotlib.figure import Figure"),
        ("network/diagnosis.py", "from autocomplete.interface import plot"),
    ],
)
def test_a_wrong_import_is_noticed(path: str, source: str) -> None:
    assert violations(path, source)
