"""A model folder in which every file of the format lies."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.config import CorpusSettings, NetworkSettings
from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester

NETWORK = NetworkSettings(layers=1, embedding_size=4, hidden_size=4)
# What a run leaves; of Orbax's files only that they lie there matters.
WORK = ["next/text-0", "orbax/3/state/array", "orbax/3/progress/metadata"]


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "lines.txt"
    path.write_text("best food in Las Vegas\nhow to boil an egg\n" * 60, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def every_file(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder; the tests copy it."""
    folder = tmp_path_factory.mktemp("models") / "m"
    train = ["train", str(text), "--no-network", "--model"]
    assert run([*train, str(folder)]) == 0
    assert run([*train, str(folder / bundle.CHARACTERS), "--level", "char"]) == 0
    suggester = Suggester.open(folder)
    suggester.learn("best food in Zanzibar")
    suggester.forget(["boil"])
    manifest = bundle.read_manifest(folder)
    shapes = NETWORK.weight_shapes(bundle.read_vocabulary(folder, manifest).size)
    weights = bundle.write_weights(folder, {name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
    files = {**manifest.files, "weights": weights}
    bundle.publish(folder, dataclasses.replace(manifest, network=NETWORK, files=files, mixture=None))
    with bundle.open_log(folder, fresh=True) as log:
        log.write('{"event": "step"}\n')
    _unfinished_run(folder, text)
    return folder


def _unfinished_run(folder: Path, text: Path) -> None:
    from autocomplete.corpus.ingest import ingest

    work = folder / bundle.WORK_FOLDER
    with bundle.run_lock(folder):
        for _ in ingest([text], settings=CorpusSettings(), folder=work / "corpus"):
            pass
    bundle.write_file(work / "run.json", "{}")
    shutil.copytree(folder / bundle.CHARACTERS, work / "model")
    for name in WORK:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text("content", "utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models by name."""
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def model(every_file: Path, home: Path) -> Path:
    """A copy of the folder, named `gift`."""
    return Path(shutil.copytree(every_file, home / "gift"))
