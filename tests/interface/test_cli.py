"""The commands as a user runs them: results on stdout, the rest on stderr, and the right exit code."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from autocomplete import bundle
from autocomplete.interface.cli.app import run
from autocomplete.interface.cli.options import seconds
from autocomplete.interface.report import card_lines

TINY = ["--size", "tiny", "--embedding-size", "16", "--hidden-size", "16", "--seed", "1", "--precision", "float32"]


def weights(folder: Path) -> dict[str, np.ndarray]:
    manifest = bundle.read_manifest(folder)
    return load_file(folder / manifest.files["weights"].name)


def spawn(*arguments: str) -> subprocess.Popen[str]:
    """Start a training run that saves its state after every step."""
    code = (
        "import sys, autocomplete.network.training as training; training.CHECKPOINT_SECONDS = 0.0;"
        "from autocomplete.interface.cli.app import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


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
    assert answer["schema"] == 1
    assert answer.keys() == {"schema", "input", "mode", "model", "ms", "threshold", "suggestions"}
    assert answer["threshold"] == 0.0
    assert len(answer["suggestions"]) == 5
    for item in answer["suggestions"]:
        assert item.keys() == {"text", "kind", "replace", "insert", "result", "probability", "experts"}
        assert item["experts"].keys() == {"lstm", "ngram", "cache"}
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
    bundle.publish(folder, dataclasses.replace(bundle.read_manifest(folder), threshold=threshold))
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
    least = 1.0 if threshold is None else threshold  # where none is known nothing is shown unasked
    assert (found["0"]["threshold"], found["auto"]["threshold"]) == (0.0, least)
    assert len(found["0"]["suggestions"]) == 20
    assert found["auto"]["suggestions"] == [item for item in found["0"]["suggestions"] if item["probability"] >= least]


def test_nothing_likely_enough_is_no_failure(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest", "--model", trained_model, "--min-prob", "1", "--explain", "best "]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_text_may_come_through_a_pipe(trained_model: str) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--model", trained_model, "-k", "1"]
    done = subprocess.run(command, input=b"best food in Las \n", capture_output=True, check=True)
    assert done.stdout == b"Vegas\n"


def test_bytes_that_are_no_text_come_back_as_they_were(trained_model: str) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--model", trained_model, "--json"]
    done = subprocess.run([*map(os.fsencode, command), b"caf\xe9 in Las"], capture_output=True, check=True)
    assert b"caf\xe9 in Las" in done.stdout
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
        (["train", "x", "--shown-right", "1.5"], 2, "--shown-right"),
        (["suggest", "--model", "nowhere", "x"], 3, "no model 'nowhere'"),
        (["info", "--model", "nowhere"], 3, "no model 'nowhere'"),
        (["train"], 2, "no text"),
        (["train", "missing.txt"], 2, "missing.txt"),
        (["train", "x", "--size", "smal"], 2, "Did you mean 'small'"),
        (["train", "x", "--budget", "soon"], 2, "'soon' is not a duration"),
        (["train", "x", "--epochs", "0"], 2, "--epochs 0"),
        (["train", "x", "--clip-norm", "0"], 2, "--clip-norm"),
        (["train", "x", "--layers", "0"], 2, "--layers 0"),
        (["train", "x", "--cell", "gnu"], 2, "Did you mean 'gru'"),
        (["train", "x", "--window", "4"], 2, "the cell is 'lstm'"),
        (["train", "x", "--dry-run", "--cell", "gru", "--window", "4"], 2, "the cell is 'gru'"),
        (
            ["train", "x", "--cell", "gru", "--activation", "relu"],
            2,
            "Drop it, or give '--cell rnn'",
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
        (["train", "x", "--epochs", "1", "--budget", "1m"], 2, "one of the two"),
        (["train", "x", "--learning-rate", "inf"], 2, "--learning-rate inf"),
        (["train", "x", "--order", "1"], 2, "--order 1"),
        (["suggest", "--model", "n" * 300, "x"], 1, "too long"),
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"one two three\n", "tokens"),
        (b"text \x00\x01 binary\n" * 50, "byte 5"),
        (b"good line\n" * 40 + b"caf\xe9\n" * 40, "byte 403"),
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


def test_a_model_is_never_replaced_unasked(
    trained_model: str, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = weights(Path(trained_model))
    assert run(["train", str(small_corpus), "--model", trained_model]) == 2
    assert "--force" in capsys.readouterr().err
    assert all(np.array_equal(before[name], tensor) for name, tensor in weights(Path(trained_model)).items())


def test_a_failed_replacement_keeps_the_old_model(
    tmp_path: Path, trained_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    assert run(["train", str(tmp_path / "empty.txt"), "--model", trained_model, "--force"]) == 4
    assert run(["suggest", "--model", trained_model, "-k", "1", "best food in Las "]) == 0
    assert capsys.readouterr().out == "Vegas\n"


def test_a_folder_of_other_things_is_not_written_into(
    tmp_path: Path, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert run(["train", str(small_corpus), "--model", str(tmp_path), "--force"]) == 2
    assert "no model" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_damaged_model_is_named(tmp_path: Path, trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained_model, folder)
    name = bundle.read_manifest(folder).files["weights"].name
    (folder / name).write_bytes(b"not weights")
    assert run(["suggest", "--model", str(folder), "x"]) == 3
    assert name in capsys.readouterr().err


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
    names = {entry.name for entry in manifest.files.values()} | {"model.json", "log.jsonl"}
    assert {path.name for path in Path(trained_model).iterdir()} == names
    assert manifest.card["results"]["finished"]


def test_interrupted_then_resumed_is_as_if_nothing_had_happened(small_corpus: Path, tmp_path: Path) -> None:
    options = [str(small_corpus), "--epochs", "40", *TINY, "--validations-per-epoch", "3"]
    assert run(["train", *options, "--model", str(tmp_path / "whole")]) == 0
    stopped = spawn("train", *options, "--model", str(tmp_path / "parts"))
    log = tmp_path / "parts" / "log.jsonl"
    deadline = time.monotonic() + 60
    while not (log.exists() and '"validation"' in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    _, err = stopped.communicate(timeout=60)
    assert stopped.returncode == 130, err
    assert "--resume" in err
    assert run(["suggest", "--model", str(tmp_path / "parts"), "best "]) == 0
    assert run(["train", "--resume", "--model", str(tmp_path / "parts")]) == 0
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


def test_killed_then_resumed_is_as_if_nothing_had_happened(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [str(small_corpus), "--epochs", "30", *TINY]
    assert run(["train", *options, "--model", str(tmp_path / "whole")]) == 0
    killed = spawn("train", *options, "--model", str(tmp_path / "parts"))
    log = tmp_path / "parts" / "log.jsonl"
    deadline = time.monotonic() + 60
    while not (log.exists() and '"validation"' in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.kill()
    killed.communicate(timeout=60)
    capsys.readouterr()
    assert run(["train", "--resume", "--model", str(tmp_path / "parts")]) == 0
    assert "resumed at step" in capsys.readouterr().err
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


def test_an_unfinished_run_is_not_lost_by_a_new_one(small_corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "lock").write_text(bundle.LOCK_TEXT)
    (tmp_path / "checkpoints" / "run.json").write_text("{}")
    assert run(["train", str(small_corpus), "--model", str(tmp_path)]) == 2
    assert (tmp_path / "checkpoints" / "run.json").read_text() == "{}"


def test_a_users_own_checkpoints_are_not_ours(small_corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "epoch9.pt").write_text("mine")
    (tmp_path / "model.json").write_text('{"modelTopology": 1}')
    (tmp_path / "vocabulary-french.json").write_text("mine")
    (tmp_path / "weights-final.safetensors").write_text("mine")
    for options in ([], ["--force"]):
        assert run(["train", str(small_corpus), "--model", str(tmp_path), *options]) == 2
    assert run(["models", "remove", str(tmp_path), "--yes"]) == 3
    assert (tmp_path / "checkpoints" / "epoch9.pt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 4


def test_a_crash_while_the_new_model_is_put_in_place_can_be_repeated(
    trained_model: str, small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(trained_model, folder)
    before = bundle.read_manifest(folder)
    publish = bundle.publish

    def crash(place: Path, manifest: bundle.Manifest) -> None:
        if place == folder:
            raise KeyboardInterrupt
        publish(place, manifest)

    monkeypatch.setattr(bundle, "publish", crash)
    options = [str(small_corpus), "--epochs", "2", *TINY]
    assert run(["train", *options, "--model", str(folder), "--force"]) == 130
    assert bundle.read_manifest(folder) == before
    assert run(["suggest", "--model", str(folder), "best "]) == 0
    monkeypatch.setattr(bundle, "publish", publish)
    assert run(["train", "--resume", "--model", str(folder)]) == 0
    assert bundle.read_manifest(folder) != before
    assert run(["suggest", "--model", str(folder), "best "]) == 0


def test_a_corpus_that_fails_harms_no_unfinished_run(small_corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "lock").write_text(bundle.LOCK_TEXT)
    (folder / "checkpoints" / "run.json").write_text("{}")
    assert run(["train", str(tmp_path / "missing.txt"), "--model", str(folder), "--force"]) == 2
    assert (folder / "checkpoints" / "run.json").read_text() == "{}"


def test_a_replaced_model_stays_until_the_new_one_is_finished(
    trained_model: str, small_corpus: Path, tmp_path: Path
) -> None:
    from autocomplete.network.job import Published, Request, train_model

    folder = tmp_path / "m"
    shutil.copytree(trained_model, folder)
    before = bundle.read_manifest(folder)
    request = Request(folder=folder, paths=[str(small_corpus)], size="tiny", training={"epochs": 2}, force=True)
    published = 0
    for event in train_model(request):
        if isinstance(event, Published):
            published += 1
            assert bundle.read_manifest(folder) == before
            assert bundle.is_model(event.folder)
    assert published
    after = bundle.read_manifest(folder)
    assert after != before
    names = {entry.name for entry in after.files.values()} | {"model.json", "log.jsonl"}
    assert {path.name for path in folder.iterdir()} == names


def test_two_runs_do_not_work_in_one_folder(small_corpus: Path, tmp_path: Path) -> None:
    from autocomplete.network.workspace import claimed

    with claimed(tmp_path / "m", force=False):
        assert run(["train", str(small_corpus), "--model", str(tmp_path / "m")]) == 2


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
    assert card.keys() == {"schema", "model", "tokens", "unknown_share", "threshold", "systems"}
    assert (card["schema"], card["model"], card["tokens"]) == (1, trained_model, 18)
    assert card["unknown_share"] == pytest.approx(2 / 18)
    assert card["threshold"] == bundle.read_manifest(Path(trained_model)).threshold
    assert card["systems"].keys() == {"mixture", "static", "lstm", "ngram", "trigram", "unigram"}
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
    assert shown["schema"] == 1


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
    assert (card["tokens"], card["systems"]["lstm"]["typed"]["words"]) == (7, 3)
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
    assert "typing, mixture: 1 of 2\n" in err
    json.loads(out)


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


def test_without_a_network_the_ngrams_are_mixed_with_the_cache(
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
        assert item["experts"].keys() == {"ngram", "cache"}
        assert sum(item["experts"].values()) == pytest.approx(1.0, abs=1e-5)


def test_training_ends_with_the_report_card_on_stderr(
    short_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(short_corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    said = ["the experts are mixed", "held-out words typed say", "this model, dynamic", "keystrokes saved", "Try it"]
    places = [err.find(part) for part in said]
    assert places == sorted(places)
    assert places[0] > 0


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
    assert len(manifest.mixture["weights"]) == 5
    # So little text is held out here that the prior towards the common weights still shows.
    assert found["mixture"] <= 1.03 * min(found["lstm"], found["ngram"], found["static"])


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


@pytest.mark.parametrize(
    ("cell", "title"),
    [
        (["lstm"], "LSTM"),
        (["gru", "--layers", "2"], "GRU"),
        (["rnn"], "tanh RNN"),
        (["rnn", "--activation", "relu"], "relu RNN"),
        (["feedforward", "--window", "3"], "feed-forward network over 3 tokens"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_every_cell_is_trained_named_scored_and_suggests(
    cell: list[str], title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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
    assert f"{title}, {2 if '--layers' in cell else 1} x 16 units" in capsys.readouterr().out
    assert bundle.read_manifest(tmp_path / "m").network.cell == cell[0]  # type: ignore[union-attr]
    assert run(["eval", str(held_out), *model, "--allow-train", "--json", "--limit", "60", "--words", "5"]) == 0
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert systems["lstm"]["perplexity"] < 0.8 * systems["unigram"]["perplexity"]


def test_durations() -> None:
    assert [seconds(text) for text in ("90", "90s", "5m", "1.5h", "2min")] == [90, 90, 300, 5400, 120]


def test_python_dash_m_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autocomplete", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("autocomplete ")


def test_an_unwritable_model_folder_is_named(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "model"
    assert run(["train", str(small_corpus), "--model", str(folder)]) == 1
    assert f"{folder}: cannot be written" in capsys.readouterr().err
