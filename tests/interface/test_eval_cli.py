"""`eval` as a user runs it: the card on stdout, of held-out text or as training wrote it."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.interface.cli.app import run
from autocomplete.interface.report import card_lines


def test_eval_refuses_the_training_text_unless_allowed(
    trained_model: str, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", "--model", trained_model, str(small_corpus)]) == 2
    assert "--allow-train" in capsys.readouterr().err
    few = ["--limit", "500", "--words", "5"]
    assert run(["eval", "--model", trained_model, str(small_corpus), "--allow-train", "--json", *few]) == 0
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert 1.0 < systems["mixture"]["perplexity"] < systems["unigram"]["perplexity"] / 3


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("held-out") / "new.txt"
    path.write_text("best food in Zwolle please\nhow to boil an egg\nbest food in Zwolle now\n", encoding="utf-8")
    return str(path)


def test_eval_writes_the_card_to_stdout_and_nothing_else(
    trained_model: str, held_out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", "--model", trained_model, held_out]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "18 tokens of held-out text, 11.11 % of them unknown words" in out
    for name in ("this model, dynamic", "the same, cache off", "its network alone", "its n-grams alone"):
        assert f"\n{name}  " in out
    assert "over 15 words typed" in out


def test_eval_as_json_says_the_same(trained_model: str, held_out: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", "--model", trained_model, held_out, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    card = json.loads(out)
    assert card.keys() == {"schema", "model", "tokens", "unknown_share", "threshold", "thresholds", "systems"}
    assert (card["schema"], card["model"], card["tokens"]) == (2, trained_model, 18)
    assert card["unknown_share"] == pytest.approx(2 / 18)
    assert card["threshold"] == bundle.read_manifest(Path(trained_model)).threshold
    assert card["systems"].keys() == {"mixture", "static", "network", "ngram", "trigram", "unigram"}
    for system in card["systems"].values():
        assert system["perplexity"] > 1.0
        assert system["bits_per_character"] > 0.0
        assert system["typed"]["words"] == 15
        assert len(system["typed"]["keystroke_savings"]) == 12


def test_eval_of_no_text_shows_the_card_that_training_wrote(
    trained_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", "--model", trained_model]) == 0
    out, err = capsys.readouterr()
    written = bundle.read_manifest(Path(trained_model)).card["report"]
    assert out.splitlines() == card_lines(written)
    assert err == ""
    assert run(["eval", "--model", trained_model, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {name: shown[name] for name in written} == written
    assert shown["schema"] == 2


@pytest.mark.parametrize("options", [["--limit", "5"], ["--words", "3"], ["--allow-train"]])
def test_of_no_text_nothing_can_be_measured(
    trained_model: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", "--model", trained_model, *options]) == 2
    assert "no text to measure the model on" in capsys.readouterr().err


def test_without_a_card_there_is_nothing_to_show(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    shutil.copytree(trained_model, model)
    manifest = bundle.read_manifest(model)
    card = {name: value for name, value in manifest.card.items() if name != "report"}
    bundle.publish(model, dataclasses.replace(manifest, card=card))
    assert run(["eval", "--model", str(model)]) == 2
    assert "before a report card was written" in capsys.readouterr().err


def test_eval_takes_no_more_than_wanted(trained_model: str, held_out: str, capsys: pytest.CaptureFixture[str]) -> None:
    question = ["eval", "--model", trained_model, held_out]
    assert run([*question, "--limit", "7", "--words", "3", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["tokens"], card["systems"]["network"]["typed"]["words"]) == (7, 3)
    assert run([*question, "--words", "0"]) == 0
    out = capsys.readouterr().out
    assert "perplexity" in out
    assert not any(word in out for word in ("nan", "saved", "typed"))


def test_eval_reads_standard_input_once(trained_model: str, held_out: str) -> None:
    """It is scored, and then typed by each system."""
    command = [sys.executable, "-m", "autocomplete", "eval", "--model", trained_model, "-", "--json"]
    piped = subprocess.run(command, input=Path(held_out).read_bytes(), capture_output=True, check=True)
    card = json.loads(piped.stdout)
    assert (card["tokens"], {system["typed"]["words"] for system in card["systems"].values()}) == (18, {15})


@pytest.mark.parametrize("content", ["", " \n\n"])
def test_eval_of_nothing_is_refused(
    content: str, trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_text(content)
    assert run(["eval", "--model", trained_model, str(tmp_path / "empty.txt")]) == 4
    assert capsys.readouterr().out == ""


def test_eval_says_now_and_then_how_far_it_is(
    trained_model: str, held_out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("autocomplete.interface.cli.evaluate.PROGRESS_SECONDS", 0.0)
    assert run(["eval", "--model", trained_model, held_out, "--words", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    assert "scoring: 18\n" in err
    assert "typing: 1 of 2\n" in err
    json.loads(out)
