"""Runs of `train` that are interrupted, killed, resumed or in each other's way: what was there stays."""

import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.config import RunSettings
from autocomplete.interface.cli.app import run
from autocomplete.runs.events import Published
from autocomplete.runs.request import Request
from autocomplete.runs.train import training_run
from autocomplete.runs.workspace import claimed
from tests.interface.runs import TINY, begun, weights


def same_weights(one: Path, other: Path) -> bool:
    """Whether two models have the same weights, bit for bit."""
    found, wanted = weights(one), weights(other)
    return all(np.array_equal(found[name], wanted[name]) for name in wanted)


@pytest.fixture
def model(trained_model: str, tmp_path: Path) -> Path:
    """A copy, to be replaced or not."""
    return Path(shutil.copytree(trained_model, tmp_path / "model"))


def test_a_model_is_never_replaced_unasked(
    model: Path, trained_model: str, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(small_corpus), "--model", str(model)]) == 2
    assert "--force" in capsys.readouterr().err
    assert same_weights(model, Path(trained_model))


def test_a_failed_replacement_keeps_the_old_model(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    assert run(["train", str(tmp_path / "empty.txt"), "--model", str(model), "--force"]) == 4
    assert run(["suggest", "--model", str(model), "-k", "1", "best food in Las "]) == 0
    assert capsys.readouterr().out == "Vegas\n"


def test_a_folder_of_other_things_is_not_written_into(
    tmp_path: Path, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert run(["train", str(small_corpus), "--model", str(tmp_path), "--force"]) == 2
    assert "no model" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.heavy
def test_interrupted_then_resumed_is_as_if_nothing_had_happened(small_corpus: Path, tmp_path: Path) -> None:
    options = [str(small_corpus), "--epochs", "40", *TINY, "--validations-per-epoch", "3"]
    assert run(["train", *options, "--model", str(tmp_path / "whole")]) == 0
    stopped = begun(tmp_path / "parts", *options)
    stopped.send_signal(signal.SIGINT)
    _, err = stopped.communicate(timeout=60)
    assert stopped.returncode == 130, err
    assert "--resume" in err
    assert run(["suggest", "--model", str(tmp_path / "parts"), "best "]) == 0
    assert run(["train", "--resume", "--model", str(tmp_path / "parts")]) == 0
    assert same_weights(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.heavy
def test_killed_then_resumed_is_as_if_nothing_had_happened(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [str(small_corpus), "--epochs", "30", *TINY, "--output", "adaptive"]
    assert run(["train", *options, "--model", str(tmp_path / "whole")]) == 0
    killed = begun(tmp_path / "parts", *options)
    killed.kill()
    killed.communicate(timeout=60)
    capsys.readouterr()
    assert run(["train", "--resume", "--model", str(tmp_path / "parts")]) == 0
    assert "resumed at step" in capsys.readouterr().err
    assert same_weights(tmp_path / "parts", tmp_path / "whole")


def test_an_unfinished_run_is_not_lost_by_a_new_one(small_corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "lock").write_text(bundle.LOCK_TEXT)
    (tmp_path / "checkpoints" / "run.json").write_text("{}")
    assert run(["train", str(small_corpus), "--model", str(tmp_path)]) == 2
    assert (tmp_path / "checkpoints" / "run.json").read_text() == "{}"


def test_a_users_own_checkpoints_are_not_ours(small_corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "epoch9.pt").write_text("mine")
    (tmp_path / "model.json").write_text('{"modelTopology": 1}')
    (tmp_path / "vocabulary-french.json").write_text("mine")
    (tmp_path / "weights-final.safetensors").write_text("mine")
    for options in ([], ["--force"]):
        assert run(["train", str(small_corpus), "--model", str(tmp_path), *options]) == 2
    assert run(["models", "remove", str(tmp_path), "--yes"]) == 3
    assert (tmp_path / "checkpoints" / "epoch9.pt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.slow
def test_a_crash_while_the_new_model_is_put_in_place_can_be_repeated(
    trained_model: str, small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(trained_model, folder)
    before = bundle.read_manifest(folder)
    publish = bundle.publish

    def crash(place: Path, manifest: bundle.Manifest) -> None:
        if place == folder:
            raise KeyboardInterrupt
        publish(place, manifest)

    monkeypatch.setattr(bundle.writing, "publish", crash)
    options = [str(small_corpus), "--epochs", "2", *TINY]
    assert run(["train", *options, "--model", str(folder), "--force"]) == 130
    assert bundle.read_manifest(folder) == before
    assert run(["suggest", "--model", str(folder), "best "]) == 0
    monkeypatch.setattr(bundle.writing, "publish", publish)
    assert run(["train", "--resume", "--model", str(folder)]) == 0
    assert bundle.read_manifest(folder) != before
    assert run(["suggest", "--model", str(folder), "best "]) == 0


def test_a_corpus_that_fails_harms_no_unfinished_run(small_corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "lock").write_text(bundle.LOCK_TEXT)
    (folder / "checkpoints" / "run.json").write_text("{}")
    assert run(["train", str(tmp_path / "missing.txt"), "--model", str(folder), "--force"]) == 2
    assert (folder / "checkpoints" / "run.json").read_text() == "{}"


@pytest.mark.slow
def test_a_replaced_model_stays_until_the_new_one_is_finished(
    trained_model: str, small_corpus: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(trained_model, folder)
    before = bundle.read_manifest(folder)
    tiny, training = RunSettings(size="tiny"), {"epochs": 2}
    request = Request(folder=folder, paths=[str(small_corpus)], run=tiny, training=training, force=True)
    published = 0
    for event in training_run(request):
        if isinstance(event, Published):
            published += 1
            assert bundle.read_manifest(folder) == before
            assert bundle.is_model(event.folder)
    assert published
    after = bundle.read_manifest(folder)
    assert after != before
    names = {entry.name for entry in after.files.values()} | {"model.json", "log.jsonl", "sources.json"}
    assert {path.name for path in folder.iterdir()} == names


def test_two_runs_do_not_work_in_one_folder(small_corpus: Path, tmp_path: Path) -> None:
    with claimed(tmp_path / "m", force=False):
        assert run(["train", str(small_corpus), "--model", str(tmp_path / "m")]) == 2
