"""An evaluation tells how far it is and ends with what it measured."""

from pathlib import Path

import pytest

from autocomplete import train
from autocomplete.errors import CorpusError, ModelError, UsageError
from autocomplete.evaluation.card import CardProgress
from autocomplete.runs.evaluate import Measured, SeenTextError, TextRead, evaluation_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of n-grams, `m`, the text that it was trained on and another."""
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / "seen.txt").write_text("best food in Las Vegas\nhow to boil an egg\n" * 40, encoding="utf-8")
    (folder / "other.txt").write_text("best food in Zwolle please\nhow to boil an egg\n", encoding="utf-8")
    train(folder / "seen.txt", model=folder / "m", budget=1, ngrams_only=True)
    return folder


def test_the_last_event_is_what_was_measured(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    read, *progress, measured = evaluation_run(folder / "m", [str(folder / "other.txt")])
    assert isinstance(read, TextRead)
    assert progress
    assert all(isinstance(event, CardProgress) for event in progress)
    assert isinstance(measured, Measured)
    assert measured.as_dict() == measured.card.as_dict()
    assert measured.card.score.tokens == 12
    assert capfd.readouterr() == ("", "")


def test_no_more_is_measured_than_wanted(folder: Path) -> None:
    *_, measured = evaluation_run(folder / "m", [str(folder / "other.txt")], limit_tokens=7, limit_words=3)
    assert isinstance(measured, Measured)
    assert (measured.card.score.tokens, measured.card.typed["mixture"].words) == (7, 3)


def test_text_that_was_trained_on_is_refused_unless_allowed(folder: Path) -> None:
    seen = [str(folder / "seen.txt")]
    with pytest.raises(SeenTextError):
        list(evaluation_run(folder / "m", seen))
    *_, measured = evaluation_run(folder / "m", seen, limit_words=2, allow_train=True)
    assert isinstance(measured, Measured)


def test_what_cannot_be_measured_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    with pytest.raises(CorpusError):
        list(evaluation_run(folder / "m", [str(tmp_path / "empty.txt")]))
    with pytest.raises(ModelError):
        list(evaluation_run(tmp_path, [str(folder / "other.txt")]))
    with pytest.raises(UsageError, match="no network that could learn"):
        list(evaluation_run(folder / "m", [str(folder / "other.txt")], limit_words=1, dynamic={}))
