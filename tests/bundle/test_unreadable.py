"""Laws of what the system refuses: the cause is named, and no cure costs anybody a file."""

import errno
import os
import re
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.errors import AutocompleteError
from autocomplete.interface.cli.app import run
from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.suggester import Suggester

DESTROYS = re.compile(r"--force|[Tt]rain|[Rr]emove|--wipe|anew|Start over|Delete|Move")
REFUSALS = {
    errno.EACCES: ("Permission denied", "permission"),
    errno.EMFILE: ("Too many open files", "ulimit"),
    errno.EIO: ("Input/output error", "disk"),
}
READERS = {
    "model.json": ["suggest", "--model", "gift", "best "],
    "vocabulary-*": ["suggest", "--model", "gift", "best "],
    "weights-*": ["suggest", "--model", "gift", "best "],
    "ngrams-*": ["suggest", "--model", "gift", "best "],
    "blocked.txt": ["forget", "--model", "gift", "--list"],
    "log.jsonl": ["info", "--model", "gift", "--plot", "curve.png"],
    "checkpoints/lock": ["models", "remove", "gift", "--yes"],
    "checkpoints/run.json": ["train", "--resume", "--model", "gift"],
    "characters/model.json": ["info", "--model", "gift"],
}


@contextmanager
def refused(path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the system refuse to open a file."""
    usual = os.open

    def opened(given: str | Path, flags: int, *mode: int, **named: int) -> int:
        if not named and Path(given).name == path.name and Path(given).parent.name == path.parent.name:
            raise OSError(number, os.strerror(number), str(given))
        return usual(given, flags, *mode, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        yield


@pytest.mark.parametrize("number", REFUSALS)
@pytest.mark.parametrize("name", READERS)
def test_a_file_that_cannot_be_read_is_named_with_the_cause_and_a_cure_that_destroys_nothing(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, number: int
) -> None:
    path = next(model.glob(name))
    before = sorted(model.rglob("*"))
    with refused(path, number, monkeypatch):
        assert run(READERS[name]) == 3
    cause, cure = capsys.readouterr().err.splitlines()[-2:]
    expected = REFUSALS[number]
    assert str(path) in cause
    assert expected[0] in cause
    assert expected[1] in cure
    assert not DESTROYS.search(cure)
    assert sorted(model.rglob("*")) == before


@pytest.mark.parametrize("number", REFUSALS)
@pytest.mark.parametrize("name", ["report.json", "vocabulary.json", "valid.text.jsonl"])
def test_a_corpus_that_cannot_be_read_is_named_likewise(
    model: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    from autocomplete.corpus.store import CorpusStore

    folder = model / "checkpoints" / "corpus"

    def refuse(usual: Callable[..., object]) -> Callable[..., object]:
        def read(path: Path, *given: object, **named: object) -> object:
            if path.name == name:
                raise OSError(number, os.strerror(number), str(path))
            return usual(path, *given, **named)

        return read

    for method in ("read_bytes", "open"):
        monkeypatch.setattr(Path, method, refuse(getattr(Path, method)))
    with pytest.raises(AutocompleteError, match=REFUSALS[number][0]) as raised:
        list(CorpusStore.open(folder).valid_texts())
    assert not DESTROYS.search(raised.value.cure)


def test_a_checkpoint_that_cannot_be_read_is_named_likewise(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model / "checkpoints" / "orbax"
    with refused(folder / "3" / "state" / "array", errno.EACCES, monkeypatch):
        with pytest.raises(AutocompleteError, match="Permission denied") as raised:
            bundle.require_readable(folder)
        assert not DESTROYS.search(raised.value.cure)


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let the system give no more descriptors to this process."""
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.open(os.devnull, os.O_RDONLY)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)


def test_a_database_that_sqlite_cannot_open_is_named_with_what_the_system_says(model: Path) -> None:
    suggester = Suggester.open(model)
    manifest = bundle.read_manifest(model)
    path = bundle.checked_file(model, manifest, "ngrams")
    digest = manifest.files["vocabulary"].sha256
    actions = (
        lambda: suggester.learn("more food"),
        lambda: NgramModel.open(path, vocabulary_size=9, vocabulary_digest=digest),
    )
    for action in actions:
        with no_descriptors(), pytest.raises(AutocompleteError, match="Too many open files") as raised:
            action()
        assert "ulimit" in raised.value.cure


def test_a_database_that_only_sqlite_cannot_open_is_no_damaged_one(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> sqlite3.Connection:
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(AutocompleteError, match="unable to open") as raised:
        Suggester.open(model)
    assert not DESTROYS.search(raised.value.cure)


def test_a_model_that_cannot_be_entered_is_listed_and_not_called_missing(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = Path.lstat

    def refuse(path: Path) -> os.stat_result:
        if path == model / "model.json":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return usual(path)

    monkeypatch.setattr(Path, "lstat", refuse)
    assert run(["models", "list"]) == 0
    assert capsys.readouterr().out == "gift\n"
    assert run(["suggest", "--model", "gift", "best "]) == 3
    assert "Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOSPC, errno.EACCES])
def test_what_cannot_be_written_is_named_with_a_cure_that_fits(
    text: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    with refused(home / "m" / "checkpoints" / "lock", number, monkeypatch):
        # The lock of a folder is looked for in `checkpoints`.
        assert run(["train", str(text), "--no-network", "--model", "m"]) == 1
    said = capsys.readouterr().err
    assert os.strerror(number) in said
    assert {errno.EMFILE: "ulimit", errno.ENOSPC: "room", errno.EACCES: "may write"}[number] in said


def test_a_damaged_model_is_still_to_be_trained_again(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(model.glob("vocabulary-*")).unlink()
    assert run(["suggest", "--model", "gift", "best "]) == 3
    assert "--force" in capsys.readouterr().err
    shutil.rmtree(model)
