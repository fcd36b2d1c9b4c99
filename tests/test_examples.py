"""The programs of `examples/` do what they say, here in less time."""

import subprocess
import sys
from pathlib import Path

import pytest

import autocomplete

ROOT = Path(__file__).parent.parent


def run_example(name: str, *changes: tuple[str, str]) -> list[str]:
    """Run a program with changes; return what it prints."""
    code = (ROOT / "examples" / name).read_text(encoding="utf-8")
    for written, instead in changes:
        assert written in code
        code = code.replace(written, instead)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_training_from_python_says_how_it_goes_and_completes(small_corpus: Path, tmp_path: Path) -> None:
    text, model = ('"data/queries.txt"', repr(str(small_corpus))), ('"build/example"', repr(str(tmp_path / "m")))
    lines = run_example("train.py", text, model, ("budget=60", 'epochs=2, size="tiny"'))
    assert lines[0].endswith("n-grams: the model can be used")
    assert any(line.startswith("training: ") for line in lines)
    assert any(line.startswith("epoch ") for line in lines)
    assert lines[-1] == "Vegas"


def test_every_public_name_is_there() -> None:
    assert all(hasattr(autocomplete, name) for name in autocomplete.__all__)
    with pytest.raises(autocomplete.AutocompleteError, match="no whole number"):
        autocomplete.train("notes.txt", layers=2.5)
