"""Laws of removal: a model is there as a whole or not at all, whatever ends who removes it."""

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.interface.cli.app import run
from autocomplete.runs.request import Request

# Remove copies of a model, each killed before one more change of the disk, and print what was left.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from autocomplete import bundle

every_file, home, name, foreign = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], len(sys.argv) > 4

def kill_at(point):
    left = [point]
    def counted(change):
        def changed(*arguments, **named):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return change(*arguments, **named)
        return changed
    for name in ("unlink", "rmdir", "rename", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))

killed, point = True, 0
while killed:
    folder = Path(shutil.copytree(every_file, home / name))
    if foreign:
        (folder / "notes.txt").write_text("mine")
    child = os.fork()
    if child == 0:
        kill_at(point)
        bundle.remove_model(folder)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) < 0
    if (folder / "model.json").exists():
        lost = {path.relative_to(every_file) for path in every_file.rglob("*")}
        lost -= {path.relative_to(folder) for path in folder.rglob("*")}
        print(point, "whole" if not lost else f"torn: {lost}")
    else:
        names = bundle.model_names()
        bundle.finish_removals(home)
        left = sorted(str(path.relative_to(home)).replace(name, "m") for path in home.rglob("*"))
        print(point, names, left)
    shutil.rmtree(folder, ignore_errors=True)
    point += 1
"""


@pytest.mark.parametrize("name", ["gift", "n" * 255], ids=["short", "long"])
@pytest.mark.parametrize("foreign", [False, True])
def test_a_removal_that_is_killed_leaves_the_whole_model_or_what_is_cleaned(
    every_file: Path, home: Path, foreign: bool, name: str
) -> None:
    home.mkdir()
    given = [str(every_file), str(home), name, *(["foreign"] if foreign else [])]
    done = subprocess.run([sys.executable, "-c", KILLED, *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    whole = [line for line in lines if line.endswith(" whole")]
    assert whole
    assert len(lines) > len(whole) + 10
    notes = ["m", "m/notes.txt"] if foreign else []
    # The last moments: the lock, with the name where that is too long, is left where the user's own file is.
    with_name = ["m", "m/checkpoints", "m/checkpoints/lock", "m/checkpoints/removed", "m/notes.txt"]
    with_lock = ["m", "m/checkpoints", "m/checkpoints/lock", "m/notes.txt"]
    with_work = ["m", "m/checkpoints", "m/notes.txt"]
    left = [line.partition(" ")[2] for line in lines[len(whole) :]]
    assert set(left) <= {f"[] {notes}"} | (
        {f"[] {kept}" for kept in (with_name, with_lock, with_work)} if foreign else set()
    )
    assert left[-1] == f"[] {notes}"


@pytest.mark.parametrize("command", ["list", "train", "remove", "again"])
def test_the_next_command_deletes_what_is_left_of_a_removed_model(
    model: Path,
    home: Path,
    text: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    shutil.copytree(model, home / "other")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        assert run(["models", "remove", "gift", "--yes"]) == 1
    assert "Input/output error" in capsys.readouterr().err
    assert not model.exists()
    assert bundle.model_names() == ["other"]
    assert [path.name for path in home.iterdir() if path.name != "other"] == [".removed-gift"]
    arguments = {
        "list": ["models", "list"],
        "train": ["train", str(text), "--no-network", "--model", "gift"],
        "remove": ["models", "remove", "other", "--yes"],
        "again": ["models", "remove", "gift", "--yes"],
    }
    assert run(arguments[command]) == 0
    left = {"list": {"other"}, "train": {"other", "gift"}, "remove": set(), "again": {"other"}}
    assert {path.name for path in home.iterdir()} == left[command]


def test_a_removed_models_name_is_free_while_it_is_deleted(
    model: Path, home: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = bundle.removal._delete

    def trained_meanwhile(aside: Path, folder: Path) -> None:
        assert run(["train", str(text), "--no-network", "--model", "gift"]) == 0
        assert run(["models", "list"]) == 0
        assert aside.exists()  # its lock is held: it is left to who deletes it
        delete(aside, folder)

    monkeypatch.setattr(bundle.removal, "_delete", trained_meanwhile)
    bundle.remove_model(model)
    assert [path.name for path in home.iterdir()] == ["gift"]
    assert bundle.read_manifest(model).network is None


@pytest.mark.parametrize("part", [".", "characters"])
def test_a_model_in_which_a_run_works_is_neither_removed_nor_replaced(
    model: Path, text: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    names = {path.relative_to(model) for path in model.rglob("*")}
    with bundle.run_lock(model / part):
        for arguments in (
            ["models", "remove", "gift", "--yes"],
            ["train", str(text), "--no-network", "--force", "--model", "gift"],
            ["train", "--resume", "--model", "gift"],
        ):
            assert run(arguments) == 2
            assert "another run is at work" in capsys.readouterr().err
        left = {path.relative_to(model) for path in model.rglob("*")}
    assert names <= left
    assert run(["models", "remove", "gift", "--yes"]) == 0
    assert not model.exists()


def test_a_lock_that_its_holder_removed_meanwhile_is_none(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    usual = fcntl.flock

    def removed_first(descriptor: int, operation: int) -> None:
        (model / "checkpoints" / "lock").unlink()
        usual(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", removed_first)
    with pytest.raises(UsageError, match="another run"), bundle.run_lock(model):
        pass


def test_what_is_not_a_models_own_stays(model: Path, home: Path) -> None:
    (model / "notes.txt").write_text("mine", "utf-8")
    (model / "characters" / "notes.txt").write_text("mine", "utf-8")
    (model / "link").symlink_to(home)
    bundle.remove_model(model)
    left = {str(path.relative_to(home)) for path in home.rglob("*")}
    assert left == {"gift", "gift/notes.txt", "gift/link", "gift/characters", "gift/characters/notes.txt"}


def test_a_folder_that_looks_like_a_left_over_and_is_none_stays(home: Path, model: Path) -> None:
    mine = home / ".removed-mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine", "utf-8")
    (home / ".removed-link").symlink_to(model)
    assert run(["models", "list"]) == 0
    assert (mine / "notes.txt").read_text("utf-8") == "mine"
    assert bundle.is_model(home / ".removed-link")


def test_what_lies_in_the_way_of_a_removal_is_left_alone(model: Path, home: Path) -> None:
    mine = home / ".removed-gift" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    (model / "own.txt").write_text("mine", "utf-8")
    assert run(["models", "remove", "gift", "--yes"]) == 0
    left = {str(path.relative_to(home)) for path in home.rglob("*")}
    assert left == {".removed-gift", ".removed-gift/notes.txt", "gift", "gift/own.txt"}


def test_a_removal_beside_what_lies_in_the_way_is_gone_on_with(
    model: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".removed-gift").mkdir()
    (home / ".removed-gift" / "notes.txt").write_text("mine", "utf-8")
    (model / "own.txt").write_text("mine", "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        assert run(["models", "remove", "gift", "--yes"]) == 1
    assert not model.exists()
    assert (home / ".removed-gift-2").exists()
    assert run(["models", "remove", "gift", "--yes"]) == 0
    assert {str(path.relative_to(home)) for path in home.glob("*/*")} == {".removed-gift/notes.txt", "gift/own.txt"}


@pytest.mark.parametrize("name", ["../elsewhere", "", "..", "a\0b"])
def test_a_left_over_that_somebody_else_made_puts_nothing_elsewhere(model: Path, home: Path, name: str) -> None:
    (home / "models").mkdir()
    aside = model.rename(home / "models" / ".removed-gift")
    (aside / "own.txt").write_text("mine", "utf-8")
    (aside / "checkpoints" / "removed").write_text(name, "utf-8")
    bundle.finish_removals(home / "models")
    assert {str(path.relative_to(home)) for path in home.rglob("*.txt")} == {"models/gift/own.txt"}


def test_a_name_of_any_length_that_can_be_trained_can_be_removed(text: Path, home: Path) -> None:
    for name in ("n" * 255, "é" * 127):
        assert run(["train", str(text), "--no-network", "--model", name]) == 0
        (home / name / "own.txt").write_text("mine", "utf-8")
        assert run(["models", "remove", name, "--yes"]) == 0
        assert [path.name for path in (home / name).iterdir()] == ["own.txt"]


def test_what_is_no_runs_in_a_work_folder_is_to_be_moved_before_removal(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "checkpoints" / "lock").unlink()
    assert run(["models", "remove", "gift", "--yes"]) == 2
    error = capsys.readouterr().err
    assert "then remove the model" in error
    assert "another name" not in error
    assert bundle.is_model(model)


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV])
def test_a_folder_that_cannot_be_moved_is_emptied_with_the_manifest_first(
    model: Path, home: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "cannot be moved")

    monkeypatch.setattr(Path, "rename", refuse)
    (model / "own.txt").write_text("mine", "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)  # all that comes after
        with pytest.raises(OSError, match="cannot be moved"):
            bundle.removal._delete(model, model)
    assert bundle.model_names() == []
    assert not (model / "checkpoints" / "run.json").exists()
    assert run(["models", "remove", "gift", "--yes"]) == 0
    assert {str(path.relative_to(home)) for path in home.rglob("*")} == {"gift", "gift/own.txt"}


@pytest.mark.parametrize("name", [".removed-x", "./.removed-x", "elsewhere/.removed-x/", "."])
def test_no_model_is_named_like_a_left_over(
    name: str, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / ".removed-here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(here))
    assert run(["train", str(text), "--no-network", "--model", name]) == 2
    assert "are kept for models that are being removed" in capsys.readouterr().err
    with pytest.raises(UsageError, match="being removed"):
        Request.of(text, model=here / ".removed-x")
    assert not any(here.iterdir())


def test_a_model_that_cannot_be_renamed_stays_whole(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(AutocompleteError, match="not removed"):
            bundle.remove_model(model)
    assert bundle.is_model(model)
    assert run(["models", "remove", "gift", "--yes"]) == 0


def test_a_model_is_removed_from_within_its_folder(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model)
    assert run(["models", "remove", ".", "--yes"]) == 0
    assert not model.exists()
