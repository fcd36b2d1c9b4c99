"""`train` as a user runs it: what it refuses, what it leaves in the folder, and what it says."""

import json
import shutil
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.interface.cli.app import run
from autocomplete.interface.cli.options import seconds
from autocomplete.network import recipes
from tests.interface.runs import TINY, unfolded


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"one two three\n", "tokens"),
        (b"text \x00\x01 binary\n" * 50, "byte 5"),
    ],
)
def test_an_unusable_corpus_is_named_and_leaves_nothing(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_bytes(content)
    assert run(["train", str(corpus), "--model", str(tmp_path / "m")]) == 4
    assert said in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_a_file_that_is_not_in_the_encoding_named_is_refused_with_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_bytes(b"good line\n" * 40 + b"caf\xe9\n" * 40)
    assert run(["train", str(corpus), "--encoding", "utf-8", "--dry-run"]) == 4
    assert "byte 403" in capsys.readouterr().err
    assert run(["train", str(corpus), "--dry-run"]) == 0
    assert "corpus.txt was read as cp1252" in unfolded(capsys.readouterr().err)


COMMANDS = ["docker compose up -d", "source .venv/bin/activate", "git commit -m 'fix it'", "git status", "ls -la"]


def test_a_model_of_commands_is_trained_shown_and_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "history.txt"
    history.write_text("".join(f"{COMMANDS[number * 3 % 5]}\n" for number in range(300)), encoding="utf-8")
    model = str(tmp_path / "m")
    assert run(["train", str(history), "--layout", "commands", "--no-network", "--model", model]) == 0
    assert "layout 'commands'" in capsys.readouterr().err
    assert run(["suggest", "--model", model, "docker compose up "]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "-d"
    assert run(["suggest", "--model", model, "--json", "source .venv/"]) == 0
    first = json.loads(capsys.readouterr().out)["suggestions"][0]
    assert (first["insert"], first["replace"]) == ("bin/activate", 0)
    assert run(["eval", str(history), "--model", model, "--json", "--words", "30", "--allow-train"]) == 0
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert {figures["typed"]["words"] for figures in systems.values() if figures["typed"]} == {30}
    assert run(["info", "--model", model]) == 0
    assert "layout 'commands'" in capsys.readouterr().out


def test_dry_run_reports_and_makes_nothing(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    assert run(["train", str(small_corpus), "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "layout 'lines'" in err
    assert "vocabulary" in err
    assert list(tmp_path.iterdir()) == []


def test_the_log_is_one_json_record_a_line(trained_model: str) -> None:
    records = [json.loads(line) for line in (Path(trained_model) / "log.jsonl").read_text().splitlines()]
    kinds = {record["event"] for record in records}
    assert {"validation", "finished"} <= kinds
    assert records[-1]["reason"] == "complete"


def test_a_finished_run_leaves_only_the_model(trained_model: str) -> None:
    manifest = bundle.read_manifest(Path(trained_model))
    names = {entry.name for entry in manifest.files.values()} | {"model.json", "log.jsonl", "sources.json"}
    assert {path.name for path in Path(trained_model).iterdir()} == names
    assert manifest.card["results"]["finished"]


@pytest.fixture(scope="module")
def short_corpus(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So little that closing takes no time."""
    path = tmp_path_factory.mktemp("corpus") / "short.txt"
    path.write_text("".join(small_corpus.read_text("utf-8").splitlines(keepends=True)[:60]), encoding="utf-8")
    return path


@pytest.mark.parametrize("level", ["word", "char"])
def test_without_a_network_the_ngrams_suggest(
    level: str, short_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / level
    assert run(["train", str(short_corpus), "--model", str(folder), "--level", level, "--no-network"]) == 0
    capsys.readouterr()
    assert run(["suggest", "--model", str(folder), "-k", "1", "best food in Las"]) == 0
    assert capsys.readouterr().out == "Vegas\n"
    assert run(["info", "--model", str(folder)]) == 0
    assert "all experts mixed" in capsys.readouterr().out
    assert {path.suffix for path in folder.iterdir()} == {".json", ".sqlite"}


def test_without_a_network_the_ngrams_are_mixed_with_what_the_session_wrote(
    short_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "m"
    assert run(["train", str(short_corpus), "--model", str(folder), "--no-network"]) == 0
    manifest = bundle.read_manifest(folder)
    assert manifest.mixture is not None
    assert manifest.card["mixture"]["perplexity"].keys() == {"ngram", "static", "mixture"}
    assert manifest.card["report"]["systems"].keys() == {"mixture", "ngram", "trigram", "unigram"}
    capsys.readouterr()
    assert run(["suggest", "--model", str(folder), "--json", "best food in Las Vegas\nbest food in Las"]) == 0
    for item in json.loads(capsys.readouterr().out)["suggestions"]:
        assert item["experts"].keys() == {"ngram", "cache", "copy"}
        assert sum(item["experts"].values()) == pytest.approx(1.0, abs=1e-5)


def test_who_may_have_meant_the_folder_beside_is_told_how_to_write_it(
    short_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes").mkdir()
    shutil.copy(short_corpus, tmp_path / "notes" / "a.txt")
    named = ["train", "notes", "--no-network", "--model", "notes"]
    assert run(named) == 0
    assert "'./notes'" not in capsys.readouterr().err
    assert bundle.model_names() == ["notes"]
    assert [path.name for path in (tmp_path / "notes").iterdir()] == ["a.txt"]
    assert run(["train", "notes/a.txt", "--no-network", "--model", "./other"]) == 0
    capsys.readouterr()
    assert run(["suggest", "--model", "other", "best "]) == 3
    assert "Did you mean './other'?" in capsys.readouterr().err
    assert run(["train", "notes", "--no-network", "--model", "other"]) == 0
    said = "'other' is the name of a model in your data directory; './other' is the folder"
    assert said in unfolded(capsys.readouterr().err)
    assert bundle.model_names() == ["notes", "other"]


def test_training_ends_in_plain_words_and_what_to_do_next_on_stderr(
    short_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(short_corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    said = [
        "of 100 keys it would have saved", "its first word was right", "it will speak unasked",
        "autocomplete suggest --model", "autocomplete repl --model", "autocomplete eval --model",
    ]  # fmt: skip
    places = [err.find(part) for part in said]
    assert places == sorted(places)
    assert places[0] > 0
    assert [line for line in err.splitlines() if len(line) > 80 and str(tmp_path) not in line] == []
    assert "perplexity" not in err
    assert err.count("unasked") == 1


def test_who_wants_more_right_is_shown_less(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thresholds = []
    for share in ("0", "0.5", "1"):
        folder = tmp_path / share
        options = ["--model", str(folder), "--no-network", "--shown-right", share]
        assert run(["train", str(small_corpus), *options]) == 0
        threshold = bundle.read_manifest(folder).threshold
        thresholds.append(1.0 if threshold is None else threshold)
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1]


def test_the_mixture_is_fitted_and_no_worse_than_its_parts(trained_model: str) -> None:
    manifest = bundle.read_manifest(Path(trained_model))
    found = manifest.card["mixture"]["perplexity"]
    assert manifest.mixture is not None
    assert manifest.mixture["experts"] == ["network", "ngram", "cache"]
    # So little text is held out here that the prior towards the common weights still shows.
    assert found["mixture"] <= 1.03 * min(found["network"], found["ngram"], found["static"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "title"),
    [
        (["lstm"], "LSTM"),
        (["gru", "--layers", "2"], "GRU"),
        (["rnn"], "tanh RNN"),
        (["rnn", "--activation", "relu"], "relu RNN"),
        (["feedforward", "--window", "3"], "feed-forward network over 3 tokens"),
        (["lstm", "--output", "adaptive"], "LSTM"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_every_cell_is_trained_named_scored_and_suggests(
    cell: list[str], title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "SECOND_TAIL", 4)
    text, held_out = tmp_path / "text.txt", tmp_path / "held-out.txt"
    lines = "best food in Las Vegas\nhow to boil an egg\n"
    text.write_text(lines * 200, encoding="utf-8")
    held_out.write_text(lines * 5, encoding="utf-8")
    model = ["--model", str(tmp_path / "m")]
    training = ["--epochs", "1", "--learning-rate", "0.05", "--valid", str(held_out)]
    assert run(["train", str(text), *model, *TINY, *training, "--cell", *cell]) == 0
    assert f"{title}," in capsys.readouterr().err
    assert run(["suggest", *model, "-k", "1", "best food in Las "]) == 0
    assert capsys.readouterr().out == "Vegas\n"
    assert run(["suggest", *model, "--words", "3", "-k", "2", "how to"]) == 0  # a beam: states are selected by row
    assert capsys.readouterr().out.startswith("boil an egg\n")
    assert run(["info", *model]) == 0
    output = ", adaptive softmax" if "adaptive" in cell else ""
    assert f"{title}, {2 if '--layers' in cell else 1} x 16 units, embedding 16{output} (" in capsys.readouterr().out
    network = bundle.read_manifest(tmp_path / "m").network
    assert network is not None
    assert (network.cell, len(network.cutoffs)) == (cell[0], 2 if output else 0)
    scoring = ["--allow-train", "--json", "--limit", "60", "--words", "5", "--dynamic"]
    assert run(["eval", str(held_out), *model, *scoring]) == 0
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert systems["network"]["perplexity"] < 0.8 * systems["unigram"]["perplexity"]


def test_durations() -> None:
    assert [seconds(text) for text in ("90", "90s", "5m", "1.5h", "2min")] == [90, 90, 300, 5400, 120]


def test_an_unwritable_model_folder_is_named(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "model"
    assert run(["train", str(small_corpus), "--model", str(folder)]) == 1
    assert f"{folder}: cannot be written" in capsys.readouterr().err
