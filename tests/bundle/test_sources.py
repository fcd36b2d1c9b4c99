"""What a model was made of is its owner's alone to know."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.bundle import SourceList, read_sources
from autocomplete.errors import ModelError, UsageError
from autocomplete.runs.evaluate import SeenTextError, evaluation_run
from autocomplete.runs.train import train

LINES = "best food in Las Vegas\nhow to boil an egg\nmy dog sleeps and the fox runs\n"


def made() -> SourceList:
    files = [{"name": name, "digest": name * 8, "bytes": 9, "format": "plain"} for name in "abc"]
    return SourceList.of(train=["a" * 8], valid=["b" * 8], files=files, reading={"paths": ["/notes"]})


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    made().save(tmp_path)
    first = read_sources(tmp_path)
    assert first is not None
    assert first.reading == {"paths": ["/notes"]}
    assert [each["name"] for each in first.files] == ["a", "b", "c"]
    assert first.trained_on() == {first.salted("a" * 8), first.salted("c" * 8)}
    assert stat.S_IMODE((tmp_path / bundle.SOURCES).stat().st_mode) == 0o600


def test_digests_of_two_models_tell_nothing_together() -> None:
    assert not set(made().train) & set(made().train)


def test_a_damaged_list_is_refused_and_a_missing_one_is_none(tmp_path: Path) -> None:
    assert read_sources(tmp_path) is None
    for content in ("", "[]", "{}", '{"salt": "x", "train": 3, "valid": [], "files": [], "reading": {}}', "[" * 9_999):
        (tmp_path / bundle.SOURCES).write_text(content)
        with pytest.raises(ModelError, match="damaged"):
            read_sources(tmp_path)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    notes = tmp_path / "notes.txt"
    notes.write_text(LINES * 30)
    return train(notes, model=tmp_path / "m", ngrams_only=True)


def test_a_manifest_tells_nothing_of_what_was_read(model: Path) -> None:
    assert read_sources(model) is not None
    manifest = (model / bundle.MANIFEST).read_text()
    assert "digests" not in manifest
    assert "notes" not in manifest
    assert str(model.parent) not in manifest


def test_text_that_was_trained_on_is_known_by_the_list_and_by_old_manifests(model: Path, tmp_path: Path) -> None:
    def refused() -> bool:
        try:
            list(evaluation_run(model, [str(tmp_path / "notes.txt")], limit_words=0))
        except SeenTextError:
            return True
        return False

    assert refused()
    (model / bundle.SOURCES).unlink()
    assert not refused()
    fields = json.loads((model / bundle.MANIFEST).read_text())
    import hashlib

    fields["card"]["corpus"]["train_digests"] = [hashlib.sha256((LINES * 30).encode()).hexdigest()]
    (model / bundle.MANIFEST).write_text(json.dumps(fields))
    assert refused()


def test_the_list_has_paths_as_they_can_be_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes" / "old").mkdir(parents=True)
    (tmp_path / "notes" / "a.txt").write_text(LINES * 30)
    monkeypatch.chdir(tmp_path / "notes" / "old")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_text, args=[LINES * 9])
    writing.start()
    model = train(["..", "../a.txt", "./../a.txt", str(pipe)], model=tmp_path / "m", ngrams_only=True)
    writing.join()
    sources = read_sources(model)
    assert sources is not None
    assert sources.reading["paths"] == [str(tmp_path / "notes"), str(tmp_path / "notes" / "a.txt")]
    assert sources.files[0]["name"] == str(tmp_path / "notes" / "a.txt")


def test_the_list_follows_the_model_that_replaces_another_and_goes_with_it(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(LINES * 40)
    with pytest.raises(UsageError):
        train(other, model=model, ngrams_only=True)
    train(other, model=model, ngrams_only=True, force=True, encoding="utf-8")
    sources = read_sources(model)
    assert sources is not None
    assert [each["name"] for each in sources.files] == [str(other)]
    assert sources.reading["paths"] == [str(other)]
    assert (sources.reading["encoding"], sources.reading["everyone"]) == ("utf-8", False)
    bundle.remove_model(model)
    assert not model.exists()
