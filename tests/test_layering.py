"""Imports point downward only, never in a circle, and packages stay in their rooms: proved from the syntax trees."""

import ast
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "autocomplete"
# A room imports rooms of lower numbers only; those of one number do not know each other.
ROOMS = {
    "errors": 0,
    "version": 0,
    "config": 1,
    "files": 1,
    "places": 1,
    "arrays": 1,
    "text": 2,
    "corpus": 3,
    "ngrams": 4,
    "bundle": 5,
    "learned": 6,
    "predict/experts": 7,
    "predict": 8,
    "network/kernels": 7,
    "network": 8,
    "evaluation": 9,
    "runs": 10,
    "engine": 11,
    "engine/http": 12,
    "interface": 13,
    "interface/repl": 14,
    "interface/cli": 14,
    "__main__": 15,
    "__init__": 15,
}
# Downward by number, and yet strangers: training must not lean on the path that users get, which checks it.
STRANGERS = {("network", "predict"), ("evaluation", "network")}
# What a room may import that neither we nor Python brought; some of it only in one file.
PACKAGES: Mapping[str, Mapping[str, str]] = {
    "places": {"platformdirs": ""},
    "arrays": {"numpy": ""},
    "text": {"numpy": "", "icu4py": "scripts.py"},
    "corpus": {
        "numpy": "",
        "distributed": "workers.py",
        "charset_normalizer": "",
        "lxml": "",
        "pypdf": "documents.py",
        "zstandard": "",
    },
    "ngrams": {"numpy": ""},
    "bundle": {"numpy": "", "safetensors": ""},
    "learned": {"yaml": "importing.py"},
    "predict": {"numpy": ""},
    "network": {"numpy": "", "jax": "", "flax": "", "optax": "", "orbax": ""},
    "evaluation": {"numpy": ""},
    "runs": {},
    "engine": {"pygls": "lsp/server.py", "lsprotocol": "lsp/server.py"},
    "engine/http": {"starlette": "", "uvicorn": ""},
    "interface": {
        "rich": "progress.py",
        "matplotlib": "plot.py",
        "PIL": "plot.py",
        "platformdirs": "configuration.py",
    },
    "interface/repl": {"prompt_toolkit": ""},
    "interface/cli": {"typer": ""},
}
# What imports a module by a name that is made while the program runs.
IMPORTERS = {"importlib", "runpy", "pkgutil", "builtins", "__import__", "__builtins__"}
# Commands are imported by name, each when it is called; what networks need is looked for, and not imported.
BY_NAME = {"interface/cli/app.py", "network/__init__.py"}
# The one command that opens the prompt.
DOORS = {("interface/cli/repl.py", "interface/repl")}


def room_of(path: str) -> str:
    """The innermost room of a file, given relative to the package."""
    whole = path.removesuffix(".py")
    return max((room for room in ROOMS if whole == room or whole.startswith(room + "/")), key=len)


def imports(source: str) -> set[str]:
    """Every module that a source text imports, at any depth of the text, for types too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            found |= {
                name if is_module(name) else module for alias in node.names for name in [f"{module}.{alias.name}"]
            }
    return found


def is_module(name: str) -> bool:
    """Whether a dotted name is one of our modules or rooms."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    return name.startswith("autocomplete.") and (path.with_suffix(".py").is_file() or path.is_dir())


def may_import(path: str, other: str) -> bool:
    """Whether a file of the house may import another room."""
    own = room_of(path)
    if own == other or (path, other) in DOORS:
        return True
    strangers = any(own.startswith(here) and other.startswith(there) for here, there in STRANGERS)
    return ROOMS[other] < ROOMS[own] and not strangers


def may_use(path: str, package: str) -> bool:
    """Whether a file of the house may import a package that somebody else wrote."""
    own = room_of(path)
    while own not in PACKAGES and "/" in own:
        own = own.rpartition("/")[0]
    only = PACKAGES.get(own, {}).get(package)
    return only is not None and path.endswith(only)


def violations(path: str, source: str) -> list[str]:
    """Imports of one file (path relative to the package) that the house does not allow."""
    found = []
    for module in sorted(imports(source)):
        top, *rest = module.split(".")
        if top == "autocomplete":
            if rest and not may_import(path, room_of("/".join(rest))):
                found.append(f"{path} imports {module}")
            if not rest and room_of(path) not in ("__main__",):
                found.append(f"{path} imports the face for programs")
        elif top not in sys.stdlib_module_names and not may_use(path, top):
            found.append(f"{path} imports {top}")
    named = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    by_name = {module for module in imports(source) if module.split(".")[0] in IMPORTERS}
    if path not in BY_NAME and (IMPORTERS & named or by_name):
        found.append(f"{path} imports what it names while it runs")
    return found


def circles(sources: Mapping[str, str]) -> list[list[str]]:
    """Modules that import each other in a circle, by name; `sources` are texts by name."""
    edges = {name: sorted(imports(source) & sources.keys() - {name}) for name, source in sources.items()}
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> None:
        if name in way:
            found.append([*way[way.index(name) :], name])
        elif name not in done:
            for other in edges[name]:
                visit(other, [*way, name])
            done.add(name)

    for name in edges:
        visit(name, [])
    return found


def house() -> dict[str, str]:
    """Every module's text by its dotted name; a room's own is its `__init__`."""
    files = {file: file.relative_to(PACKAGE.parent).with_suffix("") for file in PACKAGE.rglob("*.py")}
    return {
        ".".join(part for part in path.parts if part != "__init__"): file.read_text(encoding="utf-8")
        for file, path in files.items()
    }


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_downward(file: Path) -> None:
    assert violations(str(file.relative_to(PACKAGE)), file.read_text(encoding="utf-8")) == []


def test_nothing_imports_in_a_circle() -> None:
    assert circles(house()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("corpus/store.py", "from autocomplete.network import training"),
        ("network/training.py", "from autocomplete.predict.suggester import Suggester"),
        ("network/training.py", "from autocomplete.predict.experts.cache import Cache"),
        ("evaluation/card.py", "from autocomplete.network.events import Progress"),
        ("learned/store.py", "from autocomplete.predict.suggestion import Mode"),
        ("predict/experts/cache.py", "from autocomplete.predict.words import WordSuggester"),
        ("network/kernels/products.py", "from autocomplete.network import steps"),
        ("interface/repl/prompt.py", "from autocomplete.interface.cli import options"),
        ("interface/cli/train.py", "from autocomplete.interface.repl.settings import ReplSettings"),
        ("engine/worker.py", "from autocomplete.interface.repl.prompt import Prompt"),
        ("text/vocabulary.py", "if TYPE_CHECKING:\n    from autocomplete.bundle import Manifest"),
        ("predict/words.py", "def late():\n    import jax.numpy as jnp"),
        ("runs/processes.py", "import jax"),
        ("engine/worker.py", "from prompt_toolkit import Application"),
        ("engine/server.py", "from autocomplete.engine.http.face import Face"),
        ("engine/worker.py", "from starlette.responses import Response"),
        ("engine/lsp/editor.py", "from lsprotocol import types"),
        ("bundle/folder.py", "from autocomplete import interface"),
        ("runs/train.py", "from autocomplete import Suggester"),
        ("corpus/ingest.py", "from distributed import Client"),
        ("interface/cli/train.py", "from rich.console import Console"),
        ("interface/cli/diagnose.py", "from matplotlib.figure import Figure"),
        ("interface/repl/screen.py", "import typer"),
        ("text/tokenizer.py", "import regex"),
        ("network/diagnosis.py", "from autocomplete.interface import plot"),
        ("predict/words.py", "from importlib import import_module"),
        ("predict/words.py", "module = __import__('jax')"),
        ("predict/words.py", "from importlib.util import module_from_spec"),
        ("predict/words.py", "import importlib.util as u"),
        ("predict/words.py", "import runpy"),
        ("predict/words.py", "from pkgutil import resolve_name"),
        ("predict/words.py", "import builtins\n\nbuiltins.__import__('jax')"),
    ],
)
def test_a_wrong_import_is_noticed(path: str, source: str) -> None:
    assert violations(path, source)


@pytest.mark.parametrize(
    "sources",
    [
        {
            "autocomplete.corpus.store": "from autocomplete.corpus import ingest",
            "autocomplete.corpus.ingest": "import autocomplete.corpus.store",
        },
        {
            "autocomplete.text.bulk": "from autocomplete.text.tokenizer import Token",
            "autocomplete.text.tokenizer": "if TYPE_CHECKING:\n    from autocomplete.text.unicode import ranges",
            "autocomplete.text.unicode": "def late():\n    from autocomplete.text.bulk import word_sequence",
        },
    ],
    ids=["two", "three, typed and late"],
)
def test_a_circle_is_noticed(sources: dict[str, str]) -> None:
    assert circles(sources)
