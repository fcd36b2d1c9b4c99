"""`autocomplete setup`: from nothing to suggestions, and back."""

from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.interface.shells import Wishes, source_line
from autocomplete.interface.shells.rc import BEGIN, END

HISTORY = "\n".join(["git checkout main", "git commit -m done", "make test", "cd ../notes"] * 40) + "\n"


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a person who uses zsh, has fish too, and a bash that came with the system."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("zsh", "bash", "fish", "hx"):
        (programs / name).touch()
        (programs / name).chmod(0o755)
    home = folder / "home"
    (home / ".config/fish").mkdir(parents=True)
    (home / ".config/fish/config.fish").write_text("set -x EDITOR hx\n")
    (home / ".zshrc").write_text("setopt autocd")
    (home / ".bash_history").write_text(HISTORY)
    values = {"HOME": home, "PATH": programs, "SHELL": "/bin/zsh", "AUTOCOMPLETE_HOME": folder / "models"}
    for name, value in {**values, "XDG_RUNTIME_DIR": folder}.items():
        monkeypatch.setenv(name, str(value))
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return home


def files(home: Path) -> dict[str, str]:
    return {str(path.relative_to(home)): path.read_text() for path in sorted(home.rglob("*")) if path.is_file()}


def block(shell: str, wishes: Wishes) -> str:
    return f"{BEGIN.decode()}\n{source_line(shell, wishes)}\n{END.decode()}\n"


def test_one_command_writes_the_lines_and_learns_the_history(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(home)
    assert run(["setup", "--yes", "--no-network"]) == 0
    wishes = Wishes()
    assert files(home) == {
        **before,
        ".zshrc": "setopt autocd\n" + block("zsh", wishes),
        ".bashrc": block("bash", wishes),
        ".config/fish/config.fish": before[".config/fish/config.fish"] + block("fish", wishes),
    }
    said = capsys.readouterr().err
    assert "shells: zsh, bash, fish" in said
    assert "editors: Helix" in said
    assert "'autocomplete lsp'" in said
    assert "exec zsh" in said
    assert run(["suggest", "--model", "shell", "-k", "1", "git chec"]) == 0
    assert capsys.readouterr().out == "checkout\n"


def test_a_second_time_changes_nothing_and_undo_takes_all_of_it_out(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(home)
    assert run(["setup", "--yes", "--no-network"]) == 0
    after = files(home)
    capsys.readouterr()
    assert run(["setup", "--yes", "--no-network"]) == 0
    assert files(home) == after
    assert "has the lines already" in capsys.readouterr().err
    assert run(["setup", "--undo"]) == 0
    assert files(home) == {**before, ".zshrc": before[".zshrc"] + "\n", ".bashrc": ""}
    assert run(["setup", "--undo"]) == 0
    assert "nothing to take out" in capsys.readouterr().err
    assert (folder / "models" / "shell").is_dir()


def test_undo_remembers_shells_that_were_removed_since(home: Path, folder: Path) -> None:
    assert run(["setup", "--yes", "--no-network"]) == 0
    (folder / "bin" / "fish").unlink()
    assert run(["setup", "--undo"]) == 0
    assert files(home)[".config/fish/config.fish"] == "set -x EDITOR hx\n"


def test_a_file_that_cannot_be_undone_hinders_no_other(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["setup", "--yes", "--no-network"]) == 0
    rc = home / ".zshrc"
    halved = rc.read_text(encoding="utf-8").rstrip().rsplit("\n", 1)[0] + "\n"  # one of the two marks is gone
    rc.write_text(halved, encoding="utf-8")
    capsys.readouterr()
    assert run(["setup", "--undo"]) == 2
    assert "without its other mark" in capsys.readouterr().err
    assert files(home)[".zshrc"] == halved
    assert files(home)[".config/fish/config.fish"] == "set -x EDITOR hx\n"
    assert files(home)[".bashrc"] == ""


def test_other_wishes_change_the_lines(home: Path) -> None:
    assert run(["setup", "--yes", "--no-network"]) == 0
    assert run(["setup", "--yes", "--no-network", "--learn"]) == 0
    assert files(home)[".zshrc"] == "setopt autocd\n" + block("zsh", Wishes(learn=True))


def test_the_lines_are_printed_and_nothing_is_changed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(home)
    assert run(["setup", "--print", "--model", "it's"]) == 0
    assert files(home) == before
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"# zsh: {home}/.zshrc", source_line("zsh", Wishes(model="it's"))]


def test_nobody_is_asked_where_nobody_can_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(home)
    assert run(["setup"]) == 2
    assert files(home) == before
    assert "'--yes'" in capsys.readouterr().err


def test_what_is_declined_is_not_done(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(home)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    answers = iter([True, False, False, False])
    monkeypatch.setattr("typer.confirm", lambda *_, **__: next(answers))
    assert run(["setup"]) == 0
    assert files(home) == {**before, ".zshrc": "setopt autocd\n" + block("zsh", Wishes())}
    assert not (folder / "models" / "shell").exists()


def test_too_short_a_history_is_told_and_the_lines_are_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".bash_history").write_text("ls\n")
    assert run(["setup", "--yes", "--no-network"]) == 0
    assert BEGIN.decode() in files(home)[".zshrc"]
    assert "Nothing could be learned" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told_with_the_line(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, text: bytes) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("autocomplete.interface.cli.setup.write_rc", refused)
    assert run(["setup", "--yes", "--no-network"]) == 1
    said = capsys.readouterr().err
    assert ".zshrc: cannot be written (Read-only file system)" in said
    assert f"Put this line there yourself: {source_line('zsh', Wishes())}" in said


def test_without_a_shell_that_is_said(home: Path, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    for program in (folder / "bin").iterdir():
        program.unlink()
    assert run(["setup", "--yes"]) == 2
    assert "No shell" in capsys.readouterr().err
