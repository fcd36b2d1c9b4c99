"""The commands as a user runs them: results on stdout, the rest on stderr, and the right exit code."""

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
    first = answer["suggestions"][0]
    assert first.keys() == {"text", "kind", "replace", "insert", "result", "probability", "experts"}
    assert (first["text"], first["result"]) == ("Vegas", "best food in Las Vegas")


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
        (["suggest", "--min-prob", "2", "x"], 2, "--min-prob"),
        (["suggest", "--model", "nowhere", "x"], 3, "no model 'nowhere'"),
        (["info", "--model", "nowhere"], 3, "no model 'nowhere'"),
        (["train"], 2, "no text"),
        (["train", "missing.txt"], 2, "missing.txt"),
        (["train", "x", "--size", "smal"], 2, "Did you mean 'small'"),
        (["train", "x", "--budget", "soon"], 2, "'soon' is not a duration"),
        (["train", "x", "--epochs", "0"], 2, "--epochs 0"),
        (["train", "x", "--clip-norm", "0"], 2, "--clip-norm"),
        (["train", "x", "--layers", "0"], 2, "--layers 0"),
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
    assert run(["eval", "--model", trained_model, str(small_corpus), "--allow-train", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert 1.0 < result["perplexity"]["mixture"] < result["perplexity"]["unigram"] / 3


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


def test_without_a_network_the_ngrams_suggest(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for level in ("word", "char"):
        folder = tmp_path / level
        assert run(["train", str(small_corpus), "--model", str(folder), "--level", level, "--no-network"]) == 0
        capsys.readouterr()
        assert run(["suggest", "--model", str(folder), "-k", "1", "best food in Las"]) == 0
        assert capsys.readouterr().out == "Vegas\n"
        assert run(["info", "--model", str(folder)]) == 0
        assert {path.suffix for path in folder.iterdir()} == {".json", ".sqlite"}


def test_the_mixture_is_fitted_and_no_worse_than_its_parts(trained_model: str) -> None:
    manifest = bundle.read_manifest(Path(trained_model))
    fit = manifest.card["results"]["mixture"]
    assert manifest.mixture is not None
    assert len(manifest.mixture) == 5
    # So little text is held out here that the prior towards an even mix still shows.
    assert fit["mixed_perplexity"] <= 1.03 * min(fit["lstm_perplexity"], fit["ngram_perplexity"])


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
