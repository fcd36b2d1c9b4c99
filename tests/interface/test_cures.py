"""What an error says to do: in plain words below the interface, by the commands' options at the command line."""

import ast
import re
from pathlib import Path

import pytest

import autocomplete
from autocomplete.errors import Cure
from autocomplete.interface.cli.app import run
from autocomplete.interface.cures import spelled

PACKAGE = Path(autocomplete.__file__).parent
# An option or a command, as it is quoted in a sentence.
SPELLED = re.compile(r"'--[a-z]|'autocomplete [a-z]")


def sentences(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_nothing_below_the_interface_names_an_option_or_a_command() -> None:
    below = [path for path in PACKAGE.rglob("*.py") if "interface" not in path.relative_to(PACKAGE).parts]
    assert len(below) > 50
    named = {path.name: said for path in below for said in sentences(path) if SPELLED.search(said)}
    assert not named


@pytest.mark.parametrize("cure", Cure)
def test_every_cure_is_said_with_options_at_the_command_line(cure: Cure) -> None:
    assert not SPELLED.search(cure)
    assert SPELLED.search(spelled(cure))


def test_a_cure_in_words_stays_as_it_is() -> None:
    assert spelled("Make room on the disk.") == "Make room on the disk."
    assert spelled("") == ""


def test_a_missing_model_is_made_by_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    assert run(["suggest", "--model", "none", "best "]) == 3
    assert "'autocomplete train CORPUS'" in capsys.readouterr().err
