"""Ingestion behind any executor: the same store, and a clear end where a worker fails."""

import contextlib
import dataclasses
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus import workers as cluster_module
from autocomplete.corpus.store import REPORT_FILE, CorpusStore
from autocomplete.corpus.workers import cluster, workers
from autocomplete.errors import AutocompleteError, CorpusError
from autocomplete.interface.cli.app import run
from tests.corpus.stores import prose, stored, text_file


class Failing(Executor):
    """Answers every job with the same error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(self.error)
        return future


class Elsewhere(Executor):
    """Runs every job in another folder, as a worker that knows nothing of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with contextlib.chdir(self.folder):
            future.set_result(pickle.loads(pickle.dumps(fn))(*pickle.loads(pickle.dumps(args)), **kwargs))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        raise AssertionError("it is not ours to shut down")


def same(store: CorpusStore, other: CorpusStore) -> bool:
    """Whether two stores hold the same, byte for byte; they may have taken different times."""
    names = {path.name for path in store.folder.iterdir()}
    assert names == {path.name for path in other.folder.iterdir()}
    return dataclasses.replace(store.report, seconds=0.0) == dataclasses.replace(other.report, seconds=0.0) and all(
        (store.folder / name).read_bytes() == (other.folder / name).read_bytes() for name in names - {REPORT_FILE}
    )


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two texts, and the store of both that one process makes."""
    folder = tmp_path_factory.mktemp("texts")
    paths = [text_file(folder / f"{seed}.txt", prose(150, seed=seed)) for seed in (0, 1)]
    stored(*paths, folder=folder / "store", chunk_bytes=700)
    return folder


def test_any_executor_makes_the_same_store_and_is_left_running(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(texts)
    store = stored(Path("0.txt"), Path("1.txt"), folder=Path("far"), chunk_bytes=700, executor=Elsewhere(tmp_path))
    assert same(store, CorpusStore.open(texts / "store"))


def test_few_jobs_wait_however_many_there_are() -> None:
    with ThreadPoolExecutor(2) as executor, workers(2, executor) as in_order:
        begun: list[int] = []

        def negative(job: int) -> int:
            begun.append(job)
            return -job

        results = in_order(negative, iter(range(100)))
        assert [next(results), next(results)] == [0, -1]
        assert len(begun) <= 2 + 3
        assert list(results) == list(range(-2, -100, -1))


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (BrokenExecutor("gone"), AutocompleteError, "lost"),
        (CancelledError(), AutocompleteError, "lost"),
        (
            FileNotFoundError(2, "No such file or directory", "/far/text.txt"),
            AutocompleteError,
            "/far/text.txt: a worker",
        ),
        (CorpusError("bad.txt: not utf-8.", ""), CorpusError, "bad.txt"),
    ],
)
def test_what_failed_elsewhere_is_named_and_leaves_nothing(
    error: BaseException, kind: type[Exception], said: str, texts: Path, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=said):
        stored(texts / "0.txt", folder=tmp_path / "store", chunk_bytes=700, executor=Failing(error))
    assert not list((tmp_path / "store").iterdir())


def test_a_cluster_of_two_processes_makes_the_same_store(texts: Path, tmp_path: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as local:
        given = {"cluster": local.scheduler_address, "workers": None}
        store = stored(texts / "0.txt", texts / "1.txt", folder=tmp_path / "store", chunk_bytes=700, **given)
        with cluster(local.scheduler_address) as (executor, jobs_at_once):
            assert jobs_at_once == 2
            with pytest.raises(AutocompleteError, match=r"/nowhere: a worker has no access"):
                _read_elsewhere(executor)
    assert same(store, CorpusStore.open(texts / "store"))


def _read_elsewhere(executor: Executor) -> None:
    with workers(1, executor) as in_order:
        list(in_order(Path.read_bytes, [Path("/nowhere")]))


def test_a_cluster_that_cannot_be_used_is_wrong_usage(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(texts / "0.txt"), "--model", str(tmp_path / "m"), "--cluster"]
    monkeypatch.setattr(cluster_module, "_PATIENCE_SECONDS", 0.2)
    assert run([*command, "tcp://127.0.0.1:1"]) == 2
    assert "no Dask scheduler answers" in capsys.readouterr().err
    assert run([*command, "no address"]) == 2
    assert "no Dask scheduler answers" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert run([*command, "tcp://127.0.0.1:1"]) == 2
    assert 'pip install "autocomplete-lm[cluster]"' in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
