"""What a run is resumed from: saved whole, and refused unharmed where another version began the run."""

import json
from pathlib import Path

import pytest

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.errors import ModelError
from autocomplete.network.events import Plan
from autocomplete.runs.workspace import RUN_FORMAT, SavedRun, Workspace, claimed

PLAN = Plan(
    size="tiny", network=NetworkSettings(cutoffs=(3, 9)), settings=TrainingSettings(seed=4), total_steps=7, epochs=0.5,
    tokens_per_second=9.0, seconds=2.0,
)  # fmt: skip


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    with claimed(tmp_path / "m", force=False) as space:
        return space


@pytest.mark.parametrize("deadline", [None, 12.5])
def test_what_was_saved_is_what_is_loaded(space: Workspace, deadline: float | None) -> None:
    saved = SavedRun(plan=PLAN, deadline_seconds=deadline, shown_right=0.25)
    saved.save(space)
    assert SavedRun.load(space) == saved
    assert json.loads(space.plan.read_text())["format"] == RUN_FORMAT


@pytest.mark.parametrize(("found", "whose"), [(None, "older"), (1, "older"), (RUN_FORMAT + 1, "newer")])
def test_the_run_of_another_version_is_refused_and_kept(space: Workspace, found: int | None, whose: str) -> None:
    SavedRun(plan=PLAN, deadline_seconds=None, shown_right=0.5).save(space)
    fields = json.loads(space.plan.read_text())
    fields.pop("format")
    written = json.dumps(fields if found is None else {**fields, "format": found, "plan": {"of": "another shape"}})
    space.plan.write_text(written)
    with pytest.raises(ModelError) as caught:
        SavedRun.load(space)
    assert f"{whose} version" in caught.value.cause
    assert str(space.folder) in caught.value.cause
    assert "force" not in caught.value.cure
    assert "under another name" in caught.value.cure
    assert space.plan.read_text() == written


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"format": 2}', '{"format": "2"}', '{"format": 2, "plan": []}'])
def test_a_damaged_run_is_named(space: Workspace, damage: str) -> None:
    space.plan.write_text(damage)
    with pytest.raises(ModelError, match=str(space.folder)):
        SavedRun.load(space)
