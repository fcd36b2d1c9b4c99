"""Every benchmark runs in a tiny form and ends with one JSON line. Nothing here looks at a time."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from autocomplete.config import NetworkSettings
from autocomplete.interface.cli.app import run
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from benchmarks import (
    cold_start,
    command_layouts,
    document_length,
    engine,
    exposure,
    generated_text,
    ingestion,
    keystroke,
    lsp,
    misspellings,
    readers,
    readings,
    repl_latency,
    repl_session,
    report,
    secrets,
    session_memory,
    shell_history,
    sloppy_once,
    sloppy_typing,
    thresholds,
    way_of_a_key,
)
from tests.corpus.readers.reading import formats_of


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


def test_ingestion_of_given_texts(result: Any, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    paths = [tmp_path / "notes" / name for name in ("a.txt", "b.txt")]
    for path in paths:
        path.write_text("Some words, some more.\n" * 1000, encoding="utf-8")
    found = result(ingestion.main, ["--texts", *map(str, paths), "--workers", "1"])
    assert [(row["text"], row["layout"], row["megabytes"]) for row in found["rows"]] == [
        ("notes/a.txt", "lines", 0.023),
        ("notes/b.txt", "lines", 0.023),
    ]
    assert str(tmp_path) not in json.dumps(found)


def test_thresholds(result: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes" / "a.txt"
    path.parent.mkdir()
    path.write_text("best food in Las Vegas\nhow to boil an egg\nflights from New York to Boston\n" * 60, "utf-8")
    options = ["--texts", str(path), "--kilobytes", "2", "9", "--words", "5"]
    found = result(thresholds.main, options)
    sizes = [(row["text"], round(row["kilobytes"]), row["budget"]) for row in found["rows"]]
    assert sizes == [("notes/a.txt", size, budget) for size in (2, 4) for budget in thresholds.BUDGETS]
    for row in found["rows"]:
        assert row["fitted"] > 1
        assert row["words"] >= 5
        assert 0 < row["next_from"] < 1
        assert row["next_shown"] > 0
        assert row["complete_shown"] > 0
    assert str(tmp_path) not in json.dumps(found)


def test_texts_for_thresholds_are_made_up_the_same_every_time() -> None:
    texts = list(thresholds.made_up(20))
    assert texts == list(thresholds.made_up(20))
    assert [text.name for text in texts] == ["commands", "German", "French", "Spanish", "Italian"]
    assert [text.content.count("\n") for text in texts] == [20] * 5
    assert not any("{" in text.content for text in texts[1:])


def test_readers(result: Any) -> None:
    names = ["mailbox, plain", "mailbox, all kinds"]
    found = result(readers.main, ["--megabytes", "0.02", "--files", *names])
    assert [(row["file"], row["format"]) for row in found["rows"]] == [(name, "mbox") for name in names]
    for row in found["rows"]:
        assert row["megabytes"] >= 0.02
        assert row["passages"] > 1
        assert {"megabytes_per_core_second", "text_megabytes_per_core_second", "peak_resident_megabytes"} < row.keys()


def test_every_reader_understands_what_is_made_up_for_it(tmp_path: Path) -> None:
    for name, made_up in readers.FILES.items():
        path, pieces = tmp_path / "file", made_up.pieces(generated_text.paragraphs())
        with path.open("wb") as file:
            while file.tell() < 20_000:
                file.write(next(pieces))
        assert (name, formats_of(path)) == (name, [made_up.format])


def test_secrets_are_found_as_often_as_is_promised(result: Any) -> None:
    rows = {row["what"]: row for row in result(secrets.main, ["--alone"])["rows"]}
    assert rows["found: all that are structured"]["ours"] >= 95
    assert rows["found: all others"]["ours"] >= 60
    assert rows["wrongly taken: odd commands"]["ours"] <= 0.1
    assert rows["wrongly taken: a history of commands"]["ours"] <= 0.1
    assert rows["wrongly taken: Python's library"]["ours"] <= 0.3
    assert rows["wrongly taken: harmless lines"]["ours"] <= 5


def test_planted_secrets_are_exposed_without_the_filter_and_not_with_it(result: Any) -> None:
    for row in result(exposure.main, ["--planted", "2", "--megabytes", "0.02"])["rows"]:
        assert (row["exposure_bits"] > 6) == (row["filter"] == "off"), row


def test_ingestion_asks_for_disk_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="MB are free"):
        ingestion.main(["--sizes", "1e12", "--scratch", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


def test_keystroke(result: Any) -> None:
    arguments = ["--vocabularies", "150", "200", "--size", "tiny", "--megabytes", "0.05"]
    found = result(keystroke.main, [*arguments, "--keys", "60", "--session", "20"])
    for size in (150, 200):
        rows = {(row["experts"], row["keys"]): row for row in found["rows"] if row["vocabulary_size"] == size}
        for experts in ("all", "without copy", "without cache", "n-grams and cache", "n-grams only"):
            kinds = [rows[experts, kind]["count"] for kind in ("letter", "word's end", "other")]
            assert rows[experts, "all"]["count"] == sum(kinds) == 60
        assert rows["matrix products of a token", "-"]["median_over_products"] == 1
        assert [key for key, row in rows.items() if row["budget_milliseconds"]] == [("all", "all")]
    assert all(
        row["median_milliseconds"] <= row["p99_milliseconds"] <= row["max_milliseconds"] for row in found["rows"]
    )


MADE_UP = ["--vocabulary", "150", "--size", "tiny", "--megabytes", "0.05"]


def test_repl_latency(result: Any) -> None:
    echo, ghost = result(repl_latency.main, [*MADE_UP, "--keys", "40", "--session", "100"])["rows"]
    assert [(row["drawn"], row["count"]) for row in (echo, ghost)] == [("echo", 40), ("ghost", 40)]
    assert 0 < echo["median_milliseconds"] <= ghost["median_milliseconds"] <= ghost["max_milliseconds"]
    assert 0 < ghost["ghosts"] <= 40
    assert (echo["budget_milliseconds"], ghost["budget_milliseconds"]) == (None, 20)


def test_repl_latency_of_a_trained_model(result: Any, trained_model: str, tmp_path: Path) -> None:
    text = tmp_path / "typed.txt"
    text.write_text("best food in Las Vegas\nhow to boil an egg\n" * 9, encoding="utf-8")
    arguments = ["--model", trained_model, "--text", str(text), "--session", "30", "--keys", "40"]
    _, ghost = result(repl_latency.main, arguments)["rows"]
    assert ghost["ghosts"] > 20
    with pytest.raises(SystemExit, match="2"):
        repl_latency.main(["--model", trained_model])


def test_a_session_is_played_as_the_page_shows_it(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert repl_session.main(["--model", trained_model]) == 0
    shown = capsys.readouterr().out
    assert shown.count("── ") == len(repl_session.STEPS) + 1
    page = (Path(__file__).parents[2] / "docs" / "prompt.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("── ")] == [
        line for line in shown.splitlines() if line.startswith("── ")
    ]
    assert "> best food in Las ▏Vegas" in shown
    assert "> best food in Las Vegas?▏" in shown
    with pytest.raises(SystemExit, match="make demo"):
        repl_session.main(["--model", "build/no/such/model"])


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


def test_command_layouts(result: Any) -> None:
    found = result(command_layouts.main, ["--lines", "300", "--typed", "4"])
    commands, lines = found["rows"]
    assert (commands["layout"], lines["layout"]) == ("commands", "lines")
    assert commands["characters"] == lines["characters"]
    assert all(0 < row["saved"] < 1 and 0 <= row["first"] <= row["shown"] <= 1 for row in found["rows"])


def test_a_made_up_history_is_the_same_at_every_run() -> None:
    first, second = (list(islice(shell_history.commands(seed=3), 50)) for _ in range(2))
    assert first == second != list(islice(shell_history.commands(seed=4), 50))
    assert not any("\n" in line or "{odd}" in line for line in first)


def test_session_memory(result: Any, trained_model: str, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("please ask Ulfert for the blue folder\nbest food in Las Vegas\n" * 4)
    rows = result(session_memory.main, ["--model", trained_model, "--texts", str(text), "--words", "12"])["rows"]
    found = {row["experts"]: row for row in rows}
    assert found.keys() == {"all", "without copy", "without memory"}
    assert found["all"]["perplexity"] < found["without copy"]["perplexity"] < found["without memory"]["perplexity"]
    assert found["all"]["lines_again"] == 6
    assert found["all"]["lines_whole"] > found["without memory"]["lines_whole"]


def test_readings(result: Any, trained_model: str, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("best food in Las Vegas please\nhow to boil an egg now\nflights from New York to Boston\n" * 3)
    rows = result(readings.main, ["--model", trained_model, "--text", str(text), "--cuts", "80"])["rows"]
    found = {row["way"]: row for row in rows}
    assert found.keys() == {"auto", "oracle", "complete", "next"}
    assert found["complete"]["inside"] == found["oracle"]["inside"] > found["next"]["inside"] == 0.0
    assert found["next"]["at_end"] == found["oracle"]["at_end"] > found["complete"]["at_end"] == 0.0
    assert found["oracle"]["of_oracle"] == 1.0
    assert 0.5 < found["auto"]["of_oracle"] <= 1.0
    assert 0 < found["auto"]["cuts_at_end"] < found["auto"]["cuts"]


def test_misspellings(result: Any, tmp_path: Path) -> None:
    text = "the weather was fine and my friend came because it was necessary\nwe believe that they receive a letter\n"
    (tmp_path / "said.txt").write_text(text * 60, encoding="utf-8")
    assert run(["train", str(tmp_path / "said.txt"), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    rows = result(misspellings.main, ["--model", str(tmp_path / "m"), "--missed"])["rows"]
    assert [row["half"] for row in rows] == ["dev", "kept"]
    assert all(row["words"] >= 3 and row["whole"] == 1.0 for row in rows)
    assert all(row["after_4"] <= row["itself_4"] <= row["itself_5"] <= 1.0 for row in rows)
    assert len({pair.typed for half in misspellings.HALVES for pair in misspellings.misspellings(half)}) > 300


def test_a_cut_at_the_end_of_a_word_asks_for_what_the_text_has_next(trained_model: str) -> None:
    text = "best food, please. how to"
    for cut in readings.cuts(Model.open(trained_model), text, count=200, seed=3):
        assert text.startswith(cut.right)
        assert cut.right.startswith(cut.typed)
        added = cut.right[len(cut.typed) :]
        assert added in {" food", ",", ".", " to", " please", " how"} if cut.finished else added.isalpha()


def test_document_length(result: Any) -> None:
    options = ["--before", "5", "40", "--size", "tiny", "--vocabulary", "200", "--keys", "3"]
    found = result(document_length.main, options)
    assert [(row["words"], row["before"]) for row in found["rows"]] == [(1, 5), (1, 40), (3, 5), (3, 40)]
    for row in found["rows"]:
        assert row["program"] == "this"
        assert row["first_milliseconds"] > 0
        assert 0 < row["median_milliseconds"] <= row["p95_milliseconds"]
    assert [row["of_shortest"] for row in found["rows"] if row["before"] == 5] == [1.0, 1.0]


def test_sloppy_typing(result: Any, tmp_path: Path) -> None:
    train, text = tmp_path / "train.txt", tmp_path / "text.txt"
    train.write_text(
        "I don't know.\nThe café in Las Vegas is open.\nWe fly from Boston to Las Vegas.\n" * 20, encoding="utf-8"
    )
    text.write_text("I don't know. The café in Boston is open.", encoding="utf-8")
    found = result(sloppy_typing.main, ["--train", str(train), "--text", str(text), "--seed", "2"])
    clean, sloppy = found["rows"]
    assert (clean["program"], clean["typist"], clean["lost_1"], clean["sloppy"]) == ("this", "clean", 0.0, 0.0)
    assert (sloppy["typist"], sloppy["words"]) == ("sloppy", clean["words"])
    assert sloppy["sloppy"] > 0
    assert 0 < clean["ksr_1"] <= clean["ksr_5"] < 100


def test_a_sloppy_typist_leaves_out_what_takes_a_key_of_its_own() -> None:
    words = ["don't", "Café", "Ångström", "über", "a", "É"] * 100
    typist = sloppy_once.sloppy(0)
    typed = [typist(word) for word in words]
    assert {"dont", "don't", "cafe", "Cafe", "Café", "uber", "über", "e", "É"} <= set(typed)
    assert all(typed)
    assert 0.2 < sum(word.startswith("u") for word in typed) / 100 < 0.4


def test_a_key_has_a_short_way(result: Any, trained_model: str, tmp_path: Path) -> None:
    """The last was 32 files and 410 changes of file before there were sessions, and one frozen frame an event.

    What was found since to read and to offer has a file each: readings, capitals, elision, misspellings, beginnings,
    what was passed over or pinned, and the copy.
    """
    text = tmp_path / "text.txt"
    text.write_text("best food in Las Vegas and how to boil an egg " * 10, encoding="utf-8")
    *of_words, of_phrases, prompt = result(way_of_a_key.main, ["--model", trained_model, "--text", str(text)])["rows"]
    assert max(row["files"] for row in of_words) <= 32
    assert max(row["changes"] for row in of_words) <= 200
    assert of_phrases["files"] <= 35
    way = prompt["way"].split(", ")
    assert way[0] == "interface/repl/prompt.py"
    assert {"interface/repl/screen.py", "engine/worker.py", "predict/suggester.py"} < set(way)
    assert prompt["files"] == len(way) <= 41
    assert prompt["changes"] <= 310


def test_a_way_is_that_of_the_call_alone() -> None:
    from autocomplete.text.unicode import composed

    way = way_of_a_key.way_of(lambda: composed("Vegas"))
    assert way.files == ["text/unicode.py"]
    assert way.changes == 0
    assert len(way.functions) == len(way.calls) == 1


def test_lsp(result: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTOCOMPLETE_HOME", "XDG_RUNTIME_DIR", "OPENBLAS_NUM_THREADS"):  # set anew, and as they were after
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(lsp, "_WARM_UP", 1)
    found = result(lsp.main, ["--size", "tiny", "--vocabulary", "200", "--keys", "2", "--before", "5"])
    (row,) = found["rows"]
    assert {"before", "cpu", "bare_median", "list_p95", "inline_p99"} < row.keys()


def test_engine(result: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTOCOMPLETE_HOME", "XDG_RUNTIME_DIR", "OPENBLAS_NUM_THREADS"):  # set anew, and as they were after
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(engine, "_IDLE_SECONDS", 0.1)
    options = ["--size", "tiny", "--vocabulary", "200", "--keys", "2", "--before", "5", "--clients", "1", "2"]
    found = result(engine.main, [*options, "--questions", "8"])
    assert [(row["sent"], row["before"], row["clients"]) for row in found["rows"]] == [
        (sent, 5, clients) for sent in ("text", "edits", "http") for clients in (1, 2)
    ]
    for row in found["rows"]:
        assert {"echo_median", "trip_p95", "answer_p99", "besides_median"} < row.keys()
    assert list(found["settings"]["megabytes_after_questions"]) == ["0", "2", "4", "6", "8"]
