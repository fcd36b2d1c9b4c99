"""Suggesting, the prompt, learning and n-grams need few packages, and what needs more says which."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_install import ROOT, small_packages


def test_it_suffices_for_all_but_networks() -> None:
    command = [sys.executable, "-m", "tests.small_install", "--hide"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_test_above_can_fail() -> None:
    code = "from tests import small_install; small_install.small_packages = lambda: {'numpy'};"
    code += "small_install.main(['--hide'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "No module named" in done.stderr


def test_its_versions_are_those_of_every_check() -> None:
    pins = {
        name: {line for line in (ROOT / name).read_text("utf-8").splitlines() if not line.startswith("#")}
        for name in ("constraints.txt", "constraints-small.txt")
    }
    assert pins["constraints-small.txt"] < pins["constraints.txt"]


@pytest.mark.parametrize("package", ["numpy", "platformdirs", "prompt_toolkit", "rich", "safetensors", "typer"])
def test_it_has_what_the_rooms_below_training_import(package: str) -> None:
    assert package in small_packages()
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert re.search(rf'^    "{package}>=', project, re.MULTILINE)


@pytest.mark.parametrize("package", ["flax", "jax", "optax", "orbax-checkpoint"])
def test_a_plain_install_trains_networks(package: str) -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    dependencies = project.partition("\ndependencies = [")[2].partition("\n]")[0]
    assert f'"{package}>=' in dependencies


def test_counting_ngrams_imports_nothing_that_trains_networks(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("best food in Las Vegas\n" * 60, encoding="utf-8")
    arguments = ["train", str(text), "--model", str(tmp_path / "m"), "--no-network", "--budget", "1s"]
    command = [sys.executable, "-X", "importtime", "-m", "autocomplete", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    times = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in times}
    assert "numpy" in imported
    assert not {"jax", "jaxlib", "flax", "optax", "orbax"} & imported
