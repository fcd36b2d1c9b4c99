"""Every command that the README shows runs as printed, and begins its answer as printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def transcripts(text: str) -> list[tuple[str, list[str]]]:
    """Commands of the console blocks, each with the lines printed under it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {**os.environ, "AUTOCOMPLETE_HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.mark.heavy  # it trains for a minute
def test_every_command_runs_as_printed(environment: dict[str, str]) -> None:
    shown = transcripts(README)
    assert len(shown) > 5
    for command, expected in shown:
        words = shlex.split(command)
        assert words[0] == "autocomplete"
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        if expected:
            assert done.stdout.splitlines()[: len(expected)] == expected, command


def test_the_python_examples_run_as_printed(trained_model: str) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert len(examples) == 2
    for example in examples:
        code = example.replace('"default"', repr(trained_model))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.startswith("Vegas")
