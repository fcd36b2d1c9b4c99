"""An unfinished run of another version is refused, and stays as it is."""

import json
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.errors import ModelError
from autocomplete.interface.cli.app import run
from autocomplete.runs.train import Request, train_model


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=[None, bundle.FORMAT_VERSION + 1])
def unfinished(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A run of a version that named no format, or of a later one."""
    work = tmp_path / "model" / bundle.WORK_FOLDER
    (work / "orbax").mkdir(parents=True)
    (work / "orbax" / "state").write_bytes(b"hours of work")
    (work / bundle.LOCK).write_text(bundle.LOCK_TEXT)
    version = {} if request.param is None else {"format": request.param}
    (work / "run.json").write_text(json.dumps({**version, "plan": {"size": "tiny"}, "shown_right": 0.5}))
    return tmp_path / "model"


def test_it_is_refused_with_a_cure_that_destroys_nothing(unfinished: Path) -> None:
    before = files_of(unfinished)
    with pytest.raises(ModelError, match="another version") as refused:
        list(train_model(Request(folder=unfinished, resume=True)))
    assert "force" not in refused.value.cure
    assert "Finish it with that version" in refused.value.cure
    assert files_of(unfinished) == before


def test_nor_is_it_replaced_unasked(unfinished: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("tea and cake\n" * 50)
    before = files_of(unfinished)
    assert run(["train", str(tmp_path / "lines.txt"), "--no-network", "--model", str(unfinished)]) == 2
    assert files_of(unfinished) == before
