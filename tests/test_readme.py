"""Every command that README and docs show runs as printed, and begins its answer as printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import _COMMANDS as COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs").glob("**/*.md"))


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


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "AUTOCOMPLETE_HOME": str(tmp_path / "home")}


def run_as_printed(text: str, environment: dict[str, str], *, least: int) -> None:
    shown = transcripts(text)
    assert len(shown) >= least
    for command, expected in shown:
        words = shlex.split(command)
        assert words[0] == "autocomplete"
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        if expected:
            assert done.stdout.splitlines()[: len(expected)] == expected, command


@pytest.mark.heavy  # it trains for a minute
def test_every_command_runs_as_printed(environment: dict[str, str]) -> None:
    run_as_printed(README, environment, least=6)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_runs_as_printed(page: Path, environment: dict[str, str]) -> None:
    run_as_printed(page.read_text(encoding="utf-8"), environment, least=1)


def anchors(text: str) -> set[str]:
    """What a link may name behind '#': headings in small letters, hyphens for blanks, without marks."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> set[tuple[Path, str]]:
    """Files that a page leads to, each with the heading, which may be empty."""
    found = re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)", page.read_text(encoding="utf-8"))
    return {((page.parent / target).resolve() if target else page, heading) for target, heading in found}


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("benchmarks/*.md"), *PAGES]:
        for target, heading in links(page):
            assert target.exists(), f"{page.name}: {target}"
            assert not heading or heading in anchors(target.read_text(encoding="utf-8")), f"{page.name}: #{heading}"


def test_the_readme_leads_to_every_page() -> None:
    assert {*PAGES} <= {target for target, _ in links(ROOT / "README.md")}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_names_every_command(name: str) -> None:
    assert re.search(rf"(?:`|autocomplete ){name}\b", README)


def test_the_files_of_the_house_are_there() -> None:
    house = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The house")[1]
    named = re.findall(r"\b\w+\.py\b", house)
    assert len(named) > 50
    assert {*named} <= {path.name for path in ROOT.glob("autocomplete/**/*.py")}


def test_the_python_examples_run_as_printed(trained_model: str) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert len(examples) == 2
    for example in examples:
        code = example.replace('"default"', repr(trained_model))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.startswith("Vegas")
