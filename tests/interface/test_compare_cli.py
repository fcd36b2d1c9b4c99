"""`autocomplete compare`: every model has a row, of its stored card or measured on the same text."""

import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocomplete import bundle
from autocomplete.interface.cli.app import run


@pytest.fixture(scope="module")
def bare_model(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of n-grams alone."""
    folder = tmp_path_factory.mktemp("models") / "bare"
    assert run(["train", str(small_corpus), "--model", str(folder), "--no-network"]) == 0
    return str(folder)


def compared(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["compare", *arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 2
    models: list[dict[str, Any]] = document["models"]
    return models


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[list[str]], str]:
    """The table's rows, heads first, and what was said beside it."""
    assert run(["compare", *arguments]) == 0
    out, err = capsys.readouterr()
    return [re.split(r" {2,}", line.strip()) for line in out.splitlines()[1:]], err


def test_rows_are_the_stored_cards(trained_model: str, bare_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, bare = compared(capsys, trained_model, bare_model)
    manifest = bundle.read_manifest(Path(trained_model))
    report, results = manifest.card["report"], manifest.card["results"]
    assert words["perplexity"] == {name: each["perplexity"] for name, each in report["systems"].items()}
    assert (words["epochs"], words["seconds"]) == (results["epochs"], results["seconds"])
    size = words["vocabulary_size"]
    assert words["parameters"] == size * 24 + size + 24 * 128 + 32 * 128 + 128 + 32 * 24
    assert math.prod((words["layers"], words["hidden_size"], words["embedding_size"])) == 32 * 24
    assert words["output"] == "exact"
    assert (bare["cell"], bare["output"], bare["parameters"], bare["epochs"]) == (None, None, None, None)
    assert "network" not in bare["perplexity"]
    assert bare["perplexity"]["ngram"] == pytest.approx(words["perplexity"]["ngram"], rel=0.01)


def test_the_table_is_the_document(trained_model: str, bare_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, bare = compared(capsys, trained_model, bare_model)
    (heads, first, second), _ = shown(capsys, trained_model, bare_model)
    assert heads[:6] == ["cell", "units", "softmax", "weights", "passes", "seconds"]
    assert heads[6:] == ["network", "n-grams", "static", "model", "bits/char", "saved@5 %"]
    perplexities = [f"{words['perplexity'][name]:,.1f}" for name in ("network", "ngram", "static", "mixture")]
    saved = f"{words['keystrokes_saved']['5']:.1f}"
    assert first == [
        trained_model, "LSTM", "1 x 32, 24", "exact", f"{words['parameters']:,}", f"{words['epochs']:g}",
        f"{words['seconds']:,.0f}", *perplexities, f"{words['bits_per_character']:.3f}", saved,
    ]  # fmt: skip
    assert second[1:7] == ["no network", *"-----"]
    assert second[7:9] == ["-", f"{bare['perplexity']['ngram']:,.1f}"]


def test_an_adaptive_softmax_is_named(
    trained_model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = bundle.read_manifest(Path(trained_model))
    assert manifest.network is not None
    adaptive = replace(manifest, network=replace(manifest.network, cutoffs=(20,)))
    monkeypatch.setattr(bundle, "read_manifest", lambda _: adaptive)
    (words,) = compared(capsys, trained_model)
    assert words["output"] == "adaptive"


def test_a_text_measures_all_models_on_the_same(
    trained_model: str, bare_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "other.txt"
    text.write_text("best food in Las Vegas please\nhow to boil an egg now\n" * 20, encoding="utf-8")
    given = [trained_model, bare_model, "--text", str(text), "--words", "10"]
    words, bare = compared(capsys, *given)
    assert words["tokens"] == bare["tokens"] > 200
    assert run(["eval", str(text), "--model", trained_model, "--words", "10", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert words["perplexity"] == {name: each["perplexity"] for name, each in alone["systems"].items()}
    _, err = shown(capsys, *given)
    assert "different held-out text" not in err


def test_training_text_and_standard_input_are_refused(
    trained_model: str, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", trained_model, "--text", str(small_corpus)]) == 2
    assert "was trained on this text" in capsys.readouterr().err
    assert run(["compare", trained_model, "--text", str(small_corpus), "--allow-train", "--words", "0"]) == 0
    assert run(["compare", trained_model, "--text", "-"]) == 2
    assert "standard input comes once" in capsys.readouterr().err


def test_cards_that_do_not_compare_are_told(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = shown(capsys, trained_model, trained_model)
    assert err == ""
    folder = Path(shutil.copytree(trained_model, tmp_path / "other"))
    fields = json.loads((folder / bundle.MANIFEST).read_text(encoding="utf-8"))
    fields["card"]["corpus"]["valid_characters"] += 1
    (folder / bundle.MANIFEST).write_text(json.dumps(fields), encoding="utf-8")
    _, err = shown(capsys, trained_model, str(folder))
    assert "different held-out text" in err
    assert "vocabularies differ" not in err


def test_perplexities_of_different_vocabularies_are_told(
    trained_model: str, trained_char_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = shown(capsys, trained_model, trained_char_model)
    assert "vocabularies differ" in err


def test_a_model_without_a_card_shows_what_it_has(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(trained_model, tmp_path / "unfinished"))
    fields = json.loads((folder / bundle.MANIFEST).read_text(encoding="utf-8"))
    del fields["card"]["report"]
    (folder / bundle.MANIFEST).write_text(json.dumps(fields), encoding="utf-8")
    (_, row), _ = shown(capsys, str(folder))
    assert row[1:4] == ["LSTM", "1 x 32, 24", "exact"]
    assert row[7:] == ["-"] * 6


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["no-such-model"], 3), (["FOLDER"], 3), (["FILE"], 3)])
def test_what_is_no_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    file = tmp_path / "text.txt"
    file.write_text("no model", encoding="utf-8")
    given = [{"FOLDER": str(tmp_path), "FILE": str(file)}.get(argument, argument) for argument in arguments]
    assert run(["compare", *given]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
