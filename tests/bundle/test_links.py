"""Laws of links: nothing outside a model folder is read, written or deleted under a name of the format."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.bundle import writing
from autocomplete.bundle.folder import SOURCES
from autocomplete.errors import AutocompleteError, ModelError
from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester

# `*` stands for the hash of the content.
READ = ["model.json", "vocabulary-*", "weights-*", "ngrams-*", "blocked.txt", "characters", "characters/model.json"]
NAMES = [
    *READ,
    "log.jsonl",
    *("personal.sqlite", "personal.sqlite-journal", "personal.sqlite-wal", "personal.sqlite-shm"),
    *("characters/vocabulary-*", "characters/ngrams-*", "characters/blocked.txt", "characters/checkpoints"),
    *("checkpoints", "checkpoints/lock", "checkpoints/run.json", "checkpoints/run.new"),
    *("checkpoints/corpus", "checkpoints/corpus/report.json", "checkpoints/corpus/vocabulary.json"),
    *("checkpoints/corpus/train.tokens.npy", "checkpoints/corpus/valid.text.jsonl"),
    *("checkpoints/next", "checkpoints/next/text-0", "checkpoints/orbax", "checkpoints/orbax/3/state/array"),
    *("checkpoints/model", "checkpoints/model/model.json", "checkpoints/model/ngrams-*"),
]


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Modes and bytes of all that lies in a folder."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def link_out(folder: Path, outside: Path, name: str) -> Path:
    """Put a link to the same thing outside in the place of a name; what the model lacks is made outside."""
    found = next(folder.glob(name), folder / name)
    target = outside / found.relative_to(folder)
    if not target.exists():
        target.write_bytes(b"")
    if found.is_dir():
        shutil.rmtree(found)
    found.unlink(missing_ok=True)
    found.symlink_to(target)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_link_in_a_model_harms_nothing_outside(
    model: Path, every_file: Path, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    outside = Path(shutil.copytree(every_file, tmp_path / "outside"))
    for path in outside.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    link = link_out(model, outside, name)
    before = contents(outside)
    train = ["train", str(text), "--no-network", "--model", "gift"]
    for arguments in (
        ["suggest", "--model", "gift", "best food in Zanz"],
        ["learned", "--model", "gift"],
        ["forget", "--model", "gift", "Vegas"],
        ["info", "--model", "gift"],
        ["models", "list"],
        [*train, "--force"],
        ["train", "--resume", "--model", "gift"],
    ):
        status = run(arguments)
        said = capsys.readouterr().err
        if arguments[0] == "train" or (arguments[0] == "suggest" and name in READ):
            assert (status, f"{link.name}: is a link" in said) == (3, True), said
        assert contents(outside) == before
    status = run(["models", "remove", "gift", "--yes"])
    assert contents(outside) == before
    assert not model.exists() if status == 0 else "is a link" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_learning_writes_to_nothing_outside(model: Path, every_file: Path, tmp_path: Path, name: str) -> None:
    outside = Path(shutil.copytree(every_file, tmp_path / "outside"))
    suggester = Suggester.open(model)  # … and the link is put there while it is in use
    link_out(model, outside, name)
    before = contents(outside)
    for action in (lambda: suggester.learn("how to boil water"), lambda: suggester.forget(["water"])):
        with contextlib.suppress(AutocompleteError):
            action()
        assert contents(outside) == before


@pytest.mark.parametrize("name", ["checkpoints/model/vocabulary-*", "checkpoints/model/log.jsonl"])
def test_a_new_model_is_put_in_place_without_what_a_link_points_to(model: Path, tmp_path: Path, name: str) -> None:
    source = model / "checkpoints" / "model"
    (source / "log.jsonl").write_text("", "utf-8")
    link = next(model.glob(name))
    target = link.rename(tmp_path / "outside")
    link.symlink_to(target)
    with pytest.raises(ModelError, match="is a link"):
        bundle.copy_model(source, model)
    assert not any(path.samefile(target) for path in model.iterdir())


def test_a_model_that_is_put_in_place_has_its_own_sources_at_once(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = model / "checkpoints" / "model"
    (model / SOURCES).write_text("of the model before", "utf-8")
    (source / SOURCES).write_text("its own", "utf-8")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "publish", stop)
    with pytest.raises(KeyboardInterrupt):
        bundle.copy_model(source, model)
    assert (model / SOURCES).read_text("utf-8") == "its own"


def test_a_model_folder_may_itself_be_a_link(model: Path, text: Path, tmp_path: Path) -> None:
    real = model.rename(tmp_path / "real")
    shutil.rmtree(real / "checkpoints")
    model.symlink_to(real)
    assert run(["suggest", "--model", "gift", "best "]) == 0
    assert run(["forget", "--model", "gift", "Vegas"]) == 0
    assert run(["train", str(text), "--no-network", "--force", "--model", "gift"]) == 0
    assert model.is_symlink()
    assert bundle.read_manifest(real).network is None


def test_the_link_to_a_model_is_not_removed_for_it(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To delete the model would surprise who keeps it there, to delete the link who believes that the model is gone."""
    real = model.rename(tmp_path / "real")
    model.symlink_to(real)
    before = contents(real)
    assert run(["models", "remove", "gift", "--yes"]) == 3
    assert str(real) in capsys.readouterr().err
    assert model.is_symlink()
    assert contents(real) == before
    assert run(["models", "remove", str(real), "--yes"]) == 0
    assert not real.exists()


@pytest.mark.parametrize("name", ["model.json", "blocked.txt", "checkpoints/lock"])
def test_a_pipe_of_a_files_name_is_refused_and_not_waited_for(
    model: Path, text: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (model / name).unlink()
    os.mkfifo(model / name)
    assert run(["train", str(text), "--no-network", "--force", "--model", "gift"]) == 3
    assert "it is no file" in capsys.readouterr().err


def test_a_manifest_names_files_of_its_folder_only(model: Path) -> None:
    text = (model / "model.json").read_text("utf-8")
    vocabulary = bundle.read_manifest(model).files["vocabulary"].name
    for name in ("..", ".", "", "../m", "/etc/passwd", "characters/model.json"):
        (model / "model.json").write_text(text.replace(vocabulary, name), "utf-8")
        with pytest.raises(ModelError, match=r"model\.json"):
            bundle.read_manifest(model)
