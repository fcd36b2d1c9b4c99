"""`forget`, `learned` and `stats` as a user runs them, and what training and removing do to what was learned."""

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from autocomplete import bundle
from autocomplete.interface.cli.app import run
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.suggester import Suggester

LINES = ["the frobnicator of Zanzibolt"] * 3 + ["best food in Las Vegas , please"] * 2


@pytest.fixture
def model(trained_model: str, tmp_path: Path) -> str:
    """A model of one's own, with lines learned."""
    folder = shutil.copytree(trained_model, tmp_path / "model")
    store = PersonalStore.open(folder)
    for line in LINES:
        assert store.learn(line)
    store.count_line(characters=100, keys=58)
    store.close()
    return str(folder)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert run(list(arguments)) == status
    out, err = capsys.readouterr()
    return out, err


def suggested(capsys: pytest.CaptureFixture[str], model: str, typed: str) -> list[str]:
    return said(capsys, "suggest", "--model", model, "-k", "50", typed)[0].splitlines()


def test_forget_list_and_undo(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert suggested(capsys, model, "the frobnicator of ")[0] == "Zanzibolt"
    assert said(capsys, "forget", "--model", model, "zanzibolt", "VEGAS", "vegas") == (
        "",
        "forgotten: zanzibolt, VEGAS\n",
    )
    assert said(capsys, "forget", "--model", model, "--list") == ("zanzibolt\nVEGAS\n", "")
    assert "Zanzibolt" not in suggested(capsys, model, "the frobnicator of ")
    assert "Vegas" not in suggested(capsys, model, "best food in Las ")
    assert b"anzibolt" not in (Path(model) / bundle.PERSONAL).read_bytes()
    out, err = said(capsys, "forget", "--model", model, "--undo", "Zanzibolt", "vegas", "paris")
    assert (out, err) == ("", "suggested again: zanzibolt, VEGAS\nnot among the forgotten: paris\n")
    assert said(capsys, "forget", "--model", model, "--list") == ("", "")
    assert "Vegas" in suggested(capsys, model, "best food in Las ")
    assert "Zanzibolt" not in suggested(capsys, model, "the frobnicator of ")


@pytest.mark.parametrize("fixture", ["trained_model", "trained_char_model"])
def test_forgetting_needs_nothing_learned(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(shutil.copytree(request.getfixturevalue(fixture), tmp_path / "model"))
    said(capsys, "forget", "--model", folder, "Vegas")
    assert "Vegas" not in suggested(capsys, folder, "best food in Las ")
    assert not (Path(folder) / bundle.PERSONAL).exists()


def test_lines_of_the_users_own_list_stay(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(model) / "blocked.txt"
    path.write_text("\ufeff Paris \n\ncafé\n", "utf-8")
    said(capsys, "forget", "--model", model, "vegas", "CAFÉ", "PARIS")
    assert path.read_text("utf-8").split() == ["Paris", "café", "vegas"]


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ([], "No word was given"),
        (["--undo"], "No word was given"),
        (["--list", "word"], "lists all"),
        (["--list", "--undo"], "lists all"),
        (["two words"], "'two words' is no single word"),
        (["C3PO++"], "'C3PO++' is no single word"),
        ([""], "'' is no single word"),
    ],
)
def test_what_cannot_be_forgotten_is_refused(
    model: str, arguments: list[str], cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = said(capsys, "forget", "--model", model, *arguments, status=2)
    assert out == ""
    assert cause in err
    assert not (Path(model) / "blocked.txt").exists()


def test_learned_shows_new_words_and_phrases(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, "learned", "--model", model)
    assert f"26 words, 11 different ones, in {model}" in err
    assert out.splitlines() == [
        "words new to the model:",
        "     3  Zanzibolt",
        "     3  frobnicator",
        "     3  of",
        "     3  the",
        "phrases:",
        "     3  the frobnicator of Zanzibolt",
        "     2  best food in Las Vegas",
        "     2  in Las Vegas , please",
    ]


def test_learned_as_json(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, "learned", "--model", model, "--json", "-k", "1")
    assert err == ""
    assert json.loads(out) == {
        "schema": 2,
        "path": str(Path(model) / bundle.PERSONAL),
        "lines": 0,
        "words": 11,
        "written": 26,
        "new_words": [{"text": "Zanzibolt", "times": 3}],
        "phrases": [{"text": "the frobnicator of Zanzibolt", "times": 3}],
    }


def test_lines_of_the_history_are_counted_exported_forgotten_and_wiped(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = PersonalStore.open(Path(model))
    for line in ["ask the frobnicator", "two\nlines"]:
        assert store.keep_line(line)
    store.close()
    assert said(capsys, "learned", "--model", model)[1].startswith("2 lines kept for the history\n")
    exported = said(capsys, "learned", "--model", model, "--export", "-")[0].splitlines()
    assert [row["text"] for row in map(json.loads, exported) if row["kind"] == "line"] == [
        "ask the frobnicator", "two\nlines",
    ]  # fmt: skip
    said(capsys, "forget", "--model", model, "frobnicator")
    assert store.lines() == ["two\nlines"]
    said(capsys, "learned", "--model", model, "--wipe", "--yes")
    assert store.lines() == []


def test_all_that_was_learned_can_be_exported(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "learned", "--model", model, "--export", "-")
    rows: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    store = PersonalStore.open(Path(model))
    assert {row["text"]: row["times"] for row in rows if row["kind"] == "word"} == store.words()
    phrases = {(tuple(row["words"]), row["times"]) for row in rows if row["kind"] == "phrase"}
    assert phrases == set(store.phrases())
    assert [row for row in rows if row["kind"] == "day"] == [{"kind": "day", **day._asdict()} for day in store.days()]
    target = tmp_path / "export.jsonl"
    said(capsys, "learned", "--model", model, "--export", str(target))
    assert target.read_text("utf-8") == out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "exists already" in said(capsys, "learned", "--model", model, "--export", str(target), status=2)[1]


def test_wiping_asks_and_removes_everything(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'--yes'" in said(capsys, "learned", "--model", model, "--wipe", status=2)[1]
    assert (Path(model) / bundle.PERSONAL).exists()
    assert said(capsys, "learned", "--model", model, "--wipe", "--yes")[1].startswith("removed ")
    assert not (Path(model) / bundle.PERSONAL).exists()
    assert "nothing to delete" in said(capsys, "learned", "--model", model, "--wipe", "--yes")[1]
    assert "Nothing was learned yet" in said(capsys, "learned", "--model", model)[1]
    assert said(capsys, "learned", "--model", model, "--json")[0].startswith("{")
    assert "Zanzibolt" not in suggested(capsys, model, "the frobnicator of ")


def test_one_thing_at_a_time(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "four things" in said(capsys, "learned", "--model", model, "--wipe", "--yes", "--json", status=2)[1]
    assert (Path(model) / bundle.PERSONAL).exists()


def test_stats_by_day(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    day = PersonalStore.open(Path(model)).days()[0].day
    assert said(capsys, "stats", "--model", model)[0].splitlines() == [
        "day         characters        keys       saved",
        f"{day}         100          58      42.0 %",
        "total              100          58      42.0 %",
    ]
    found = json.loads(said(capsys, "stats", "--model", model, "--json")[0])
    assert found["days"] == [{"day": day, "characters": 100, "keys": 58, "saved": pytest.approx(0.42)}]
    assert found["total"] == {"characters": 100, "keys": 58, "saved": pytest.approx(0.42)}


def test_stats_of_nothing(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, "stats", "--model", trained_model)
    assert out == ""
    assert err.startswith("Nothing was counted yet: 'autocomplete repl --learn' counts")  # without, nothing is
    assert json.loads(said(capsys, "stats", "--model", trained_model, "--json")[0])["days"] == []


def test_a_damaged_database_stops_no_suggestion(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (Path(model) / bundle.PERSONAL).write_bytes(b"no database" * 999)
    out, err = said(capsys, "suggest", "--model", model, "best food in Las")
    assert out.splitlines()[0] == "Vegas"
    assert err.count("warning") == 1
    assert "personal.sqlite" in err
    assert "learned --wipe" in err
    monkeypatch.setattr("sys.stdin", iter(["best food in Las\n", "how to \n", "weather \n"]))
    out, err = said(capsys, "suggest", "--model", model, "--batch")
    assert len(out.splitlines()) == 3
    assert err.count("warning") == 1
    for command in ("learned", "stats"):
        assert "damaged" in said(capsys, command, "--model", model, status=3)[1]


def test_training_again_keeps_what_was_learned(
    model: str, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "forget", "--model", model, "Paris")
    before = bundle.read_manifest(Path(model))
    said(capsys, "train", str(small_corpus), "--model", model, "--no-network", "--force")
    assert bundle.read_manifest(Path(model)) != before
    assert suggested(capsys, model, "the frobnicator of ")[0] == "Zanzibolt"
    assert "Paris" not in suggested(capsys, model, "weather in ")


def test_removing_a_model_removes_what_was_learned(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(model) / f"{bundle.PERSONAL}-journal").write_bytes(b"left by a crash")
    said(capsys, "models", "remove", "--yes", model)
    assert not Path(model).exists()


def test_explain_names_the_personal_expert(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "suggest", "--model", model, "-k", "1", "--explain", "the frobnicator of ")
    assert out.startswith("Zanzibolt")
    assert "personal 100 %" in out
    found = json.loads(said(capsys, "suggest", "--model", model, "-k", "1", "--json", "the frobnicator of ")[0])
    assert found["suggestions"][0]["experts"]["personal"] == pytest.approx(1.0, abs=0.01)


def test_forgotten_words_stand_once_whoever_adds_them_at_the_same_time(model: str) -> None:
    one, other = Suggester.open(model), Suggester.open(model)
    for word in ["alpha", "beta", "ALPHA"]:
        one.forget([word])
        other.forget([word.upper()])
    assert bundle.read_blocked(Path(model)) == ("alpha", "beta")
