"""`autocomplete repl` as a command: where it cannot run, what it takes, and what it does not load."""

import subprocess
import sys

import pytest

from autocomplete.interface.cli.app import run


def test_without_a_terminal_it_says_so_and_names_the_way_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["repl"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "needs a terminal" in err
    assert "suggest --batch" in err


@pytest.mark.parametrize("arguments", [["-k", "10"], ["--words", "0"], ["--mode"], ["text"]])
def test_wrong_usage_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["repl", *arguments]) == 2


def test_only_single_words_are_blocked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["repl", "--block", "New York"]) == 2
    assert "is not one word" in capsys.readouterr().err


def test_no_other_command_loads_what_the_prompt_needs() -> None:
    code = "import sys; import autocomplete.interface.cli.app; print('prompt_toolkit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
