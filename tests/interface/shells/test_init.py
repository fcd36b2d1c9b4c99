"""What `autocomplete init` prints."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autocomplete.errors import UsageError
from autocomplete.interface.cli.app import run
from autocomplete.interface.shells import SHELLS, Wishes, init_text, mark, read_arguments, source_line

SOCKET = Path("/run/user/1000/autocomplete/it's.sock")


@pytest.fixture(autouse=True)
def places(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(folder / "models"))


@pytest.mark.parametrize("shell", SHELLS)
def test_a_text_says_which_it_is_and_leaves_nothing_open(shell: str) -> None:
    text = init_text(shell, Wishes(model="it's", learn=True, color="red"), SOCKET)
    assert mark(shell) in text
    assert "@@" not in text


@pytest.mark.parametrize("shell", SHELLS)
def test_the_fast_way_prints_what_the_command_prints(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = [shell, "--model", "mail", "--no-keys", "--learn"]
    assert run(["init", *command]) == 0
    slow = capsys.readouterr().out
    program = "import sys; from autocomplete.__main__ import main; main(); assert 'typer' not in sys.modules"
    code = f"import sys; sys.argv = ['autocomplete', 'init', *{command!r}]; {program}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == slow


def test_the_fast_way_loads_neither_numpy_nor_the_command_line() -> None:
    code = (
        "import sys; sys.argv = ['autocomplete', 'init', 'zsh']; from autocomplete.__main__ import main; main();"
        "print(*sorted({name.split('.')[0] for name in sys.modules} & {'numpy', 'typer', 'rich', 'json', 'asyncio'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["zsh"], ("zsh", Wishes())),
        (["--learn", "bash", "-m", "mail"], ("bash", Wishes(model="mail", learn=True))),
        (["zsh", "--model=a=b", "--color=#808080", "--no-keys"], ("zsh", Wishes("a=b", keys=False, color="#808080"))),
        ([], None),
        (["tcsh"], None),
        (["zsh", "bash"], None),
        (["zsh", "--help"], None),
        (["zsh", "--model"], None),
        (["zsh", "--colour", "8"], None),
    ],
)
def test_what_is_not_plain_is_left_to_the_command(given: list[str], expected: tuple[str, Wishes] | None) -> None:
    assert read_arguments(given) == expected


@pytest.mark.parametrize(
    "wrong", [Wishes(model=""), Wishes(model="a\nb"), Wishes(color="red; rm"), Wishes(color="$(x)")]
)
def test_what_makes_no_sense_is_refused(wrong: Wishes) -> None:
    with pytest.raises(UsageError):
        init_text("zsh", wrong, SOCKET)


def test_an_unknown_shell_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "bahs"]) == 2
    assert "Did you mean 'bash'?" in capsys.readouterr().err


@pytest.mark.parametrize("shell", [name for name in ("zsh", "bash", "fish") if shutil.which(name)])
@pytest.mark.parametrize("model", ["it's", 'a"b', "$(touch made)", "`touch made`", "a\\b", "@@MARK@@", "é x", "-e"])
def test_a_name_of_a_model_is_a_word_and_never_a_command(folder: Path, shell: str, model: str) -> None:
    text = init_text(shell, Wishes(model=model), folder / "s")
    tests = {
        "zsh": 'print -r -- "$_autocomplete_model"',
        "bash": """printf '%s\\n' "$_autocomplete_model" """,
        "fish": "printf '%s\\n' $_autocomplete_model",
    }
    interactive = (
        text.replace("[[ $- == *i*", "[[ 1").replace("status is-interactive", "true").replace("-o interactive", "1")
    )
    source = folder / "text"
    source.write_text(f"{interactive}\n{tests[shell]}\n", encoding="utf-8")
    options = {"zsh": ["-f"], "bash": ["--norc"], "fish": ["--no-config"]}[shell]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([shell, *options, str(source)], cwd=folder, env=environment, capture_output=True, check=False)
    assert done.stdout.decode().splitlines()[-1:] == [model]
    assert not (folder / "made").exists()


@pytest.mark.parametrize("shell", [name for name in ("zsh", "bash", "fish") if shutil.which(name)])
def test_the_line_of_a_configuration_says_nothing_where_the_program_has_gone(shell: str, folder: Path) -> None:
    line = source_line(shell, Wishes(model="it's"))
    gone = line.replace(str(Path(sys.executable).parent), str(folder / "gone"))
    assert gone != line
    done = subprocess.run([shell, "-c", f"{gone}\necho fine"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("fine\n", "")
