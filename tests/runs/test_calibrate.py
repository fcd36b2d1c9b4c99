"""A calibration changes when a model speaks, on text that it has not seen, and nothing else of it."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.bundle import Manifest
from autocomplete.errors import CorpusError, UsageError
from autocomplete.evaluation.calibration import Calibration
from autocomplete.evaluation.card import CardProgress
from autocomplete.runs.calibrate import calibration_run
from autocomplete.runs.evaluate import SeenTextError, TextRead
from autocomplete.runs.workspace import Workspace
from tests.corpus.stores import stored, text_file

TEXT = "how to boil an egg please\nweather in Paris now\nbest food in Las Vegas for two\n" * 20


@pytest.fixture
def model(trained_model: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained_model, tmp_path / "model"))


def without_thresholds(manifest: Manifest) -> Manifest:
    return dataclasses.replace(manifest, threshold=None, thresholds=None)


def calibrated(model: Path, *paths: Path, precision: float = 0.5) -> Calibration:
    *before, last = calibration_run(model, [str(path) for path in paths], precision=precision)
    assert [step for step in before if not isinstance(step, CardProgress)] == before[: bool(paths)]
    assert all(isinstance(step, TextRead) for step in before[: bool(paths)])
    assert isinstance(last, Calibration)
    return last


def test_thresholds_are_found_on_the_text_given_and_published(model: Path, tmp_path: Path) -> None:
    text = text_file(tmp_path / "text.txt", TEXT)
    before = bundle.read_manifest(model)
    strict = calibrated(model, text, precision=0.9)
    assert bundle.read_manifest(model).shown_from == strict.thresholds
    loose = calibrated(model, text, precision=0.1)
    assert loose.thresholds.next < strict.thresholds.next
    assert loose.next.shown > strict.next.shown
    assert without_thresholds(bundle.read_manifest(model)) == without_thresholds(before)


def test_without_text_what_the_run_holds_out_is_typed_as_long_as_it_is_there(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no longer there"):
        calibrated(model)
    text = text_file(tmp_path / "text.txt", TEXT * 10)
    stored(text, folder=Workspace(model, staged=False).corpus, min_count=1)
    assert calibrated(model).words > 30


def test_text_that_it_was_trained_on_is_refused(model: Path, small_corpus: Path) -> None:
    with pytest.raises(SeenTextError):
        calibrated(model, small_corpus)


def test_text_without_words_changes_nothing(model: Path, tmp_path: Path) -> None:
    before = bundle.read_manifest(model)
    with pytest.raises(CorpusError, match="no words"):
        calibrated(model, text_file(tmp_path / "marks.txt", "... ?\n"))
    assert bundle.read_manifest(model) == before


@pytest.mark.parametrize("precision", [-0.1, 1.5, float("nan")])
def test_a_precision_that_is_none_is_refused(precision: float, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no share"):
        calibrated(model, text_file(tmp_path / "text.txt", TEXT), precision=precision)
