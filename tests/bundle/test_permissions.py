"""Laws of permissions: a model is its owner's alone from the first byte, and what the user asks for is as usual."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester


@pytest.fixture(autouse=True)
def open_mask() -> Iterator[None]:
    """All that is not said otherwise is everybody's."""
    usual = os.umask(0)
    yield
    os.umask(usual)


def open_to_others(folder: Path) -> list[str]:
    """What in a folder, itself included, somebody else may read, write or enter."""
    return [
        f"{stat.S_IMODE(path.lstat().st_mode):o} {path}"
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


def test_a_run_never_shows_others_what_it_reads(text: Path, home: Path) -> None:
    from autocomplete.config import RunSettings
    from autocomplete.runs.request import Request
    from autocomplete.runs.train import training_run

    settings = {"epochs": 2, "seed": 1, "precision": "float32"}
    network = {"embedding_size": 8, "hidden_size": 8}
    request = Request(
        folder=home / "m", paths=[str(text)], run=RunSettings(size="tiny"), network=network, training=settings
    )
    seen: set[str] = set()
    for _ in training_run(request):
        assert open_to_others(home) == []
        seen |= {path.name for path in home.rglob("*")}
    assert {"train.tokens.npy", "valid.text.jsonl", "lock", "run.json", "orbax", "log.jsonl", "model.json"} <= seen
    assert open_to_others(home) == []
    assert os.umask(0) == 0


def test_a_folder_that_others_could_read_is_closed_by_the_next_run(model: Path, text: Path) -> None:
    expose(model)
    assert run(["train", str(text), "--no-network", "--force", "--model", "gift"]) == 0
    assert open_to_others(model) == []


@pytest.mark.parametrize("action", ["learn", "forget"])
def test_a_folder_that_others_could_read_is_closed_by_the_next_write(model: Path, action: str) -> None:
    suggester = Suggester.open(model)
    expose(model)
    suggester.learn("more food") if action == "learn" else suggester.forget(["food"])
    assert open_to_others(model) == []


def test_a_published_file_is_its_owners_alone_without_the_programs_help(model: Path) -> None:
    manifest = bundle.read_manifest(model)
    folder = model.parent / "new" / "m"
    bundle.write_vocabulary(folder, bundle.read_vocabulary(model, manifest))
    size = bundle.read_vocabulary(model, manifest).size
    bundle.write_weights(folder, bundle.read_weights(model, manifest, vocabulary_size=size))
    bundle.write_ngrams(folder, lambda path: path.write_bytes(b"database"))
    bundle.open_log(folder, fresh=True).close()
    bundle.publish(folder, manifest)
    assert open_to_others(model.parent / "new") == []


def test_an_ngram_database_is_its_owners_alone_from_the_first_byte(tmp_path: Path) -> None:
    from autocomplete.ngrams.file import NgramFileWriter

    with NgramFileWriter(tmp_path / "ngrams.sqlite", order=2):
        assert stat.S_IMODE((tmp_path / "ngrams.sqlite").stat().st_mode) == 0o600


def test_a_picture_has_the_usual_permissions(model: Path, tmp_path: Path) -> None:
    records = '{"event": "validation", "epoch": 1.0, "step": 1, "perplexity": 9.0, "nats": 2.0, "best": true}\n'
    (model / "log.jsonl").write_text(records, "utf-8")
    assert run(["info", "--model", "gift", "--plot", str(tmp_path / "curve.png")]) == 0
    assert stat.S_IMODE((tmp_path / "curve.png").stat().st_mode) == 0o666


def expose(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
