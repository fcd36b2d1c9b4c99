"""The commands as a user runs them: results on stdout, the rest on stderr, and the right exit code."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autocomplete import bundle
from autocomplete.bundle.manifest import UNFITTED
from autocomplete.engine.protocol import SCHEMA
from autocomplete.interface.cli.app import run


def test_suggest_prints_bare_words_when_piped(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest", "--model", trained_model, "-k", "2", "best food in Las"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "Vegas"
    assert len(out.splitlines()) == 2
    assert err == ""


def test_words_without_quotes_are_one_text(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["suggest", "--model", trained_model, "--json", "best", "food"])
    assert json.loads(capsys.readouterr().out)["input"] == "best food"


def test_json_keeps_the_schema(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest", "--model", trained_model, "--json", "best food in Las"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == 2
    assert answer.keys() == {"schema", "input", "mode", "model", "ms", "threshold", "suggestions"}
    assert answer["threshold"] == bundle.read_manifest(Path(trained_model)).threshold
    assert len(answer["suggestions"]) == 5
    for item in answer["suggestions"]:
        assert item.keys() == {"text", "kind", "replace", "insert", "result", "probability", "experts"}
        assert item["experts"].keys() == {"network", "ngram", "cache"}
        assert sum(item["experts"].values()) == pytest.approx(1.0, abs=1e-5)
    first = answer["suggestions"][0]
    assert (first["text"], first["result"]) == ("Vegas", "best food in Las Vegas")


def test_explain_shows_what_each_expert_gave(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a suggestion: the word, its probability, what it is, and shares that fill 100 % but for rounding."""
    question = ["suggest", "--model", trained_model, "best food in Las Vegas\nbest food in Las"]
    assert run([*question, "--json"]) == 0
    items = json.loads(capsys.readouterr().out)["suggestions"]
    assert run([*question, "--explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(items) == 5
    for line, item in zip(lines, items, strict=True):
        word, probability, sign, kind, *experts = line.split()
        assert (word, kind) == (item["text"], item["kind"])
        assert (probability, sign) == (f"{100 * item['probability']:.1f}", "%")
        shares = {name: float(share) for name, share, _ in zip(experts[::3], experts[1::3], experts[2::3], strict=True)}
        assert shares == {name: round(100 * share) for name, share in item["experts"].items()}
        assert abs(sum(shares.values()) - 100) <= 1.5
    assert run([*question, "--probs"]) == 0
    with_probabilities = capsys.readouterr().out.splitlines()
    assert all(line.startswith(short) for line, short in zip(lines, with_probabilities, strict=True))


def test_of_characters_nothing_is_explained(trained_char_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest", "--model", trained_char_model, "--explain", "-k", "1", "best food in Las"]) == 0
    assert capsys.readouterr().out.split()[:1] == ["Vegas"]


def with_threshold(trained_model: str, folder: Path, threshold: float | None) -> str:
    """A copy of the model that is sure enough from there on."""
    shutil.copytree(trained_model, folder)
    bundle.publish(folder, dataclasses.replace(bundle.read_manifest(folder), threshold=threshold, thresholds=None))
    return str(folder)


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.5, 1.0, None])
def test_the_models_own_threshold_keeps_back_what_is_less_likely(
    threshold: float | None, trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = with_threshold(trained_model, tmp_path / "m", threshold)
    found = {}
    for wanted in ("0", "auto"):
        assert run(["suggest", "--model", model, "--json", "-k", "20", "--min-prob", wanted, "weather in "]) == 0
        found[wanted] = json.loads(capsys.readouterr().out)
    least = UNFITTED.next if threshold is None else threshold  # where none is known, the usual one
    assert found["0"]["threshold"] == found["auto"]["threshold"] == least
    assert len(found["0"]["suggestions"]) == 20
    assert found["auto"]["suggestions"] == [item for item in found["0"]["suggestions"] if item["probability"] >= least]


def test_completions_and_next_words_are_kept_back_apart(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(trained_model, folder)
    manifest = bundle.read_manifest(folder)
    for found, typed, shown in [
        (bundle.Thresholds(1.0, 0.0, 1.0), "weather in ", False),
        (bundle.Thresholds(1.0, 0.0, 1.0), "weather in Pa", True),
        (bundle.Thresholds(0.0, 1.0, 1.0), "weather in ", True),
        (bundle.Thresholds(0.0, 1.0, 1.0), "how to bo", False),
    ]:
        bundle.publish(folder, manifest.with_thresholds(found))
        assert run(["suggest", "--model", str(folder), "--min-prob", "auto", "-k", "1", typed]) == 0
        assert (capsys.readouterr().out != "") == shown


def test_nothing_likely_enough_is_no_failure(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest", "--model", trained_model, "--min-prob", "1", "--explain", "best "]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_text_may_come_through_a_pipe(trained_model: str) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--model", trained_model, "-k", "1"]
    done = subprocess.run(command, input=b"best food in Las \n", capture_output=True, check=True)
    assert done.stdout == b"Vegas\n"


def test_bytes_that_are_no_text_come_back_as_half_characters(trained_model: str) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--model", trained_model, "--json"]
    done = subprocess.run([*map(os.fsencode, command), b"caf\xe9 in Las"], capture_output=True, check=True)
    assert json.loads(done.stdout)["input"].encode("utf-8", "surrogateescape") == b"caf\xe9 in Las"
    assert done.stderr == b""


def test_a_reader_that_leaves_ends_it_quietly(trained_model: str) -> None:
    script = f"{sys.executable} -m autocomplete suggest --json --model {trained_model} -k 1000 'best ' | true"
    done = subprocess.run(["bash", "-c", script + "; exit ${PIPESTATUS[0]}"], capture_output=True, check=False)
    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["sugest"], 2, "Did you mean 'suggest'"),
        (["suggest", "--modle", "x"], 2, "--model"),
        (["suggest", "--mode", "nxt", "x"], 2, "none of auto, next, complete"),
        (["suggest", "-k", "0", "x"], 2, "-k"),
        (["suggest", "--min-prob", "2", "x"], 2, "'--min-prob 2' is no probability"),
        (["suggest", "--min-prob", "-0.1", "x"], 2, "'--min-prob -0.1' is no probability"),
        (["suggest", "--min-prob", "nan", "x"], 2, "'--min-prob nan' is no probability"),
        (["suggest", "--min-prob", "Auto", "x"], 2, "or 'auto'"),
        (["eval", "--model", "nowhere", "x"], 3, "no model 'nowhere'"),
        (["eval", "--words", "-1", "x"], 2, "--words"),
        (["eval", "--limit", "0", "x"], 2, "--limit"),
        (["train", "x", "--shown-right", "1.5"], 2, "shown_right 1.5"),
        (["suggest", "--model", "nowhere", "x"], 3, "no model 'nowhere'"),
        (["info", "--model", "nowhere"], 3, "no model 'nowhere'"),
        (["train"], 2, "no text"),
        (["train", "missing.txt"], 2, "missing.txt"),
        (["train", "x", "--size", "smal"], 2, "Did you mean 'small'"),
        (["train", "x", "--budget", "soon"], 2, "'soon' is not a duration"),
        (["train", "x", "--epochs", "0"], 2, "epochs 0"),
        (["train", "x", "--clip-norm", "0"], 2, "clip_norm 0"),
        (["train", "x", "--layers", "0"], 2, "layers 0"),
        (["train", "x", "--cell", "gnu"], 2, "Did you mean 'gru'"),
        (["train", "x", "--window", "4"], 2, "the cell is 'lstm'"),
        (["train", "x", "--dry-run", "--cell", "gru", "--window", "4"], 2, "the cell is 'gru'"),
        (
            ["train", "x", "--cell", "gru", "--activation", "relu"],
            2,
            "Drop it, or choose the cell 'rnn'",
        ),
        (["train", "x", "--cell", "rnn", "--activation", "sigmoid"], 2, "none of tanh, relu"),
        (["train", "x", "--cell", "feedforward", "--window", "1"], 2, "less than two tokens"),
        (["train", "x", "--cell", "feedforward", "--layers", "2"], 2, "one hidden layer"),
        (["train", "--resume", "--cell", "gru"], 2, "the text and settings"),
        (["train", "x", "--force", "--resume"], 2, "one of the two"),
        (["train", "--resume", "--model", "never"], 2, "no unfinished run"),
        (["train", "x", "--resume"], 2, "the text and settings"),
        (["train", "--resume", "--layers", "2"], 2, "the text and settings"),
        (["train", "--resume", "--level", "char"], 2, "the text and settings"),
        (["train", "--resume", "--seed", "0"], 2, "the text and settings"),
        (["train", "--resume", "--dry-run"], 2, "the text and settings"),
        (["train", "x", "--epochs", "1", "--budget", "1m"], 2, "one of the two"),
        (["train", "x", "--learning-rate", "inf"], 2, "learning_rate inf"),
        (["train", "x", "--order", "1"], 2, "order 1"),
        (["suggest", "--model", "n" * 300, "x"], 3, "There is no model"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    arguments: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "home").exists() or not any((tmp_path / "home").iterdir())


def test_a_damaged_model_is_named(tmp_path: Path, trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained_model, folder)
    name = bundle.read_manifest(folder).files["weights"].name
    (folder / name).write_bytes(b"not weights")
    assert run(["suggest", "--model", str(folder), "x"]) == 3
    assert name in capsys.readouterr().err


def test_a_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models"]) == 2
    out, err = capsys.readouterr()
    assert "compare" in out + err
    assert "error" not in out + err


def test_models_are_listed_found_and_removed(
    trained_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    shutil.copytree(trained_model, tmp_path / "mail")
    assert run(["models", "list"]) == 0
    assert capsys.readouterr().out == "mail\n"
    assert run(["models", "path", "mail"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'mail'}\n"
    assert run(["info", "--model", "mail"]) == 0
    assert "perplexity" in capsys.readouterr().out
    assert run(["models", "remove", "mail", "--yes"]) == 0
    assert not (tmp_path / "mail").exists()


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What `models list --json` says of each model."""
    assert run(["models", "list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == SCHEMA
    models: list[dict[str, Any]] = document["models"]
    return models


def test_a_list_says_what_each_model_is_and_which_is_the_default(
    trained_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    assert listed(capsys) == []
    for name in ("default", "mail"):
        shutil.copytree(trained_model, tmp_path / name)
    manifest = bundle.read_manifest(tmp_path / "mail")
    typed = manifest.card["report"]["systems"]["mixture"]["typed"]
    typed["words"] = 500
    for savings in typed["keystroke_savings"]:
        savings["percent"] = 12.5 if savings["repeats"] else 40.0 + savings["shown"]
    bundle.publish(
        tmp_path / "mail", dataclasses.replace(manifest, card={**manifest.card, "created": "2026-03-04T12:00:00+00:00"})
    )
    default, mail = listed(capsys)
    assert mail == {
        "name": "mail", "path": str(tmp_path / "mail"), "default": False, "created": "2026-03-04T12:00:00+00:00",
        "bytes": sum(entry.bytes for entry in manifest.files.values()), "keys_saved_percent": 45.0, "fault": None,
        "words": manifest.card["corpus"]["train_words"],
    }  # fmt: skip
    assert (default["name"], default["default"]) == ("default", True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(["models", "list"]) == 0
    head, first, second, legend = capsys.readouterr().out.splitlines()
    assert head.split() == ["size,", "MB", "made", "words", "keys", "saved", "of", "100"]
    assert first.split()[:2] == ["default", "*"]
    assert second.split()[0] == "mail"
    assert second.split()[2:] == ["2026-03-04", f"{mail['words']:,}", "45"]
    assert legend == "* is the default: commands use it unless '--model' names another"
    assert max(map(len, (head, first, second, legend))) <= 80


@pytest.mark.parametrize(
    "card",
    [
        {"created": 5}, {"created": "soon"}, {"corpus": []}, {"corpus": {"train_words": [1]}}, {"report": "good"},
        {"report": {"systems": {"mixture": {"typed": {"words": 99}}}}},
        {"report": {"systems": {"mixture": {"typed": {"words": 99, "keystroke_savings": []}}}}},
    ],
)  # fmt: skip
def test_a_list_names_a_card_that_cannot_be_read_and_goes_on(
    card: dict[str, Any], trained_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    for name in ("odd", "sound"):
        shutil.copytree(trained_model, tmp_path / name)
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "model.json").write_text("{")
    manifest = bundle.read_manifest(tmp_path / "odd")
    bundle.publish(tmp_path / "odd", dataclasses.replace(manifest, card=card))
    odd, sound, torn = listed(capsys)
    assert "its card cannot be read" in odd["fault"]
    assert "not a model manifest" in torn["fault"]
    assert sound["fault"] is None
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert "odd: its card cannot be read" in out
    assert f"torn: {tmp_path / 'torn' / 'model.json'}: not a model manifest" in out


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("- [ ] buy milk", "suggest -- '- [ ] buy milk'"),
        ("-5 degrees", "suggest -- '-5 degrees'"),
        ("--so it goes", "suggest -- '--so it goes'"),
        ("—no option", None),
        ("-q", None),
        ("--modle", None),
        ("--quiet=yes", None),
    ],
)
def test_a_text_that_looks_like_an_option_is_told_how_to_be_none(
    text: str, hint: str | None, trained_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(["suggest", "--model", trained_model, text])
    err = capsys.readouterr().err
    if hint is None:
        assert " -- " not in err
    else:
        assert status == 2
        assert f"error: {text!r} begins with '-', as options do.\nPut '--' before it: autocomplete {hint}\n" == err
    assert run(["suggest", "--model", trained_model, "--", text]) == 0


def test_info_shows_what_held_out_text_said(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(trained_model, folder)
    manifest = bundle.read_manifest(folder)
    typed = manifest.card["report"]["systems"]["mixture"]["typed"]
    for place, savings in enumerate(typed["keystroke_savings"]):  # each another number
        savings["percent"] = 10.25 + place
    bundle.publish(folder, manifest)
    main = {
        each["shown"]: f"{each['percent']:.1f} % with {each['shown']}"
        for each in typed["keystroke_savings"]
        if each["match_case"] and not each["repeats"]
    }
    assert run(["info", "--model", str(folder)]) == 0
    out = capsys.readouterr().out
    assert f"{', '.join(main[shown] for shown in (1, 3, 5))} suggestions, on {typed['words']} held-out words" in out
    assert f"{manifest.card['mixture']['perplexity']['mixture']:.1f}, all experts mixed" in out
    assert manifest.threshold is not None
    assert f"from a confidence of {100 * manifest.threshold:.0f} % on" in out
    assert run(["info", "--model", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["card"]["report"] == manifest.card["report"]


def test_python_dash_m_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autocomplete", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("autocomplete ")
