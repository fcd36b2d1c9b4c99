"""Every benchmark runs in a tiny form and ends with one JSON line. Nothing here looks at a time."""

import json
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from autocomplete.config import NetworkSettings
from autocomplete.predict.suggester import Suggester
from benchmarks import cold_start, generated_text, ingestion, report, train_throughput

TRAIN = ["--recipes", "tiny", "--vocabularies", "50", "--batch-size", "2", "--bptt", "3", "--rounds", "1"]


@pytest.fixture
def result(capsys: pytest.CaptureFixture[str]) -> Callable[[Callable[[Sequence[str]], int], Sequence[str]], Any]:
    def run(main: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> Any:
        assert main(arguments) == 0
        *printed, last = capsys.readouterr().out.splitlines()
        found = json.loads(last)
        assert found.keys() == {"name", "machine", "date", "packages", "settings", "rows"}
        assert {"cpu", "cores", "python"} <= found["machine"].keys()
        assert {"numpy", "jax"} <= found["packages"].keys()
        assert sum(line.startswith("|") for line in printed) == 2 + len(found["rows"])
        return found

    return run


def test_cold_start(result: Any) -> None:
    found = result(cold_start.main, ["--rounds", "1", "--vocabulary", "200", "--size", "tiny"])
    assert [row["command"] for row in found["rows"]] == ["autocomplete suggest", "import numpy", "pass", "import jax"]
    keys = {"command", "median_ms", "minimum_ms", "median_over_numpy", "minimum_over_numpy"}
    assert all(row.keys() == keys for row in found["rows"])


def test_the_random_model_reads_the_last_word_both_ways(tmp_path: Path) -> None:
    cold_start.write_random_model(tmp_path / "m", NetworkSettings(embedding_size=8, hidden_size=8), vocabulary_size=150)
    kinds = {suggestion.kind for suggestion in Suggester.open(tmp_path / "m").suggest(cold_start.TEXT, k=50)}
    assert kinds == {"next", "complete"}


def test_ingestion(result: Any) -> None:
    found = result(ingestion.main, ["--sizes", "0.1", "0.2"])
    assert [(row["layout"], row["megabytes"]) for row in found["rows"]] == [
        (layout, pytest.approx(size, rel=0.02)) for layout in ("lines", "text") for size in (0.1, 0.2)
    ]
    for row in found["rows"]:
        assert row["detected_layout"] == row["layout"]
        assert row["peak_resident_megabytes"] > row["peak_unshared_megabytes"] > 1
        assert {"seconds", "megabytes_per_second", "megabytes_per_core_second", "tokens", "distinct_types"} < row.keys()


def test_ingestion_asks_for_disk_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="MB are free"):
        ingestion.main(["--sizes", "1e12", "--scratch", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


def test_train_throughput(result: Any) -> None:
    rows = result(train_throughput.main, [*TRAIN, "--steps", "1"])["rows"]
    assert [(row["program"], row["precision"]) for row in rows] == [
        ("autocomplete", "float32"),
        ("autocomplete", "bfloat16"),
    ]
    weights = NetworkSettings(layers=1, embedding_size=128, hidden_size=256).weights_per_token(50)
    assert all(row["multiplications_per_token"] == weights for row in rows)
    assert {"tokens_per_second", "gflop_per_second", "share_of_product_rate"} < rows[0].keys()


def test_a_missing_torch_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not train_throughput.torch_is_installed()
    assert "not installed" in capsys.readouterr().err


def test_generated_text_is_the_same_at_every_run_and_ends_with_a_line(tmp_path: Path) -> None:
    for name in ("one", "other"):
        generated_text.write_text(tmp_path / name, size_bytes=20_000, layout="text")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert (tmp_path / "one").read_bytes().endswith(b"\n")


def test_every_rank_has_its_own_word() -> None:
    assert len({generated_text.spelling(rank).lower() for rank in range(20_000)}) == 20_000


def test_wrapping_changes_only_where_lines_end() -> None:
    for paragraph in islice(generated_text.paragraphs(), 20):
        lines = generated_text.wrapped(paragraph).split("\n")
        assert " ".join(lines) == paragraph + " "
        assert max(map(len, lines)) <= 72


def test_a_table_is_aligned_and_shows_what_was_not_measured() -> None:
    columns = (report.Column("name", "name"), report.Column("speed", "MB/s", ",.1f"))
    rows: list[report.Row] = [{"name": "a", "speed": 1234.56}, {"name": "long", "speed": None}]
    assert report.table(rows, columns).splitlines() == [
        "| name |    MB/s |",
        "| ---- | ------: |",
        "| a    | 1,234.6 |",
        "| long |       - |",
    ]


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--rounds", "many"]])
def test_a_bad_number_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cold_start.main(arguments)
    assert arguments[1] in capsys.readouterr().err
