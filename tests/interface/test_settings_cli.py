"""Settings reach a training run by any spelling, from the command line or the file, and what is none is refused."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from autocomplete import bundle
from autocomplete.config import CorpusSettings, NetworkSettings, TrainingSettings
from autocomplete.errors import UsageError
from autocomplete.interface.cli import settings
from autocomplete.interface.cli.app import run

OWN = {"--model", "--level", "--budget", "--set", "--keep-secrets", "--no-network"}


@pytest.mark.parametrize(
    ("arguments", "rewritten"),
    [
        (["a.txt", "--learning-rate", "0.1"], ["a.txt", "--set", "learning_rate=0.1"]),
        (["--learning_rate=0.1", "a.txt"], ["--set", "learning_rate=0.1", "a.txt"]),
        (["--pretokenized", "a.txt"], ["--set", "pretokenized=yes", "a.txt"]),
        (["--ar", "2", "--tar=1"], ["--set", "activation_penalty=2", "--set", "temporal_penalty=1"]),
        (["--level", "char", "--model", "m"], ["--level", "char", "--model", "m"]),
        (["--", "--learning-rate", "0.1"], ["--", "--learning-rate", "0.1"]),
        (["--nothing-like-it", "3"], ["--nothing-like-it", "3"]),
        (["--weight-decay", "-1"], ["--set", "weight_decay=-1"]),
        (["--tied", "no", "a.txt"], ["--set", "tied=no", "a.txt"]),
        (["--pretokenized", "True"], ["--set", "pretokenized=True"]),
        (["--no-tied", "a.txt"], ["--set", "tied=no", "a.txt"]),
        (["--no-tied", "no"], ["--set", "tied=no", "no"]),
        (["--keep-secrets", "no"], ["--set", "keep_secrets=no"]),
        (["--keep-secrets=no"], ["--set", "keep_secrets=no"]),
        (["--keep-secrets", "a.txt"], ["--keep-secrets", "a.txt"]),
        (["--no-keep-secrets"], ["--set", "keep_secrets=no"]),
        (["--no-network"], ["--no-network"]),
    ],
    ids=str,
)
def test_an_option_of_a_settings_name_is_a_spelling_of_set(arguments: list[str], rewritten: list[str]) -> None:
    assert settings.as_assignments(arguments, declared=OWN) == rewritten


@pytest.mark.parametrize("arguments", [["--bptt"], ["--bptt", "--model", "m"]], ids=str)
def test_a_setting_without_a_value_is_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="'--bptt' needs a value"):
        settings.as_assignments(arguments, declared=OWN)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--untied", "Did you mean '--no-tied'"),
        ("--no-tide", "Did you mean '--no-tied'"),
        ("--tide", "Did you mean '--tied'"),
        ("--no-tied=no", "takes no value"),
    ],
)
def test_a_misspelt_no_is_led_to_no(option: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        settings.as_assignments([option], declared=OWN)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("bptt=20", {"bptt": 20}),
        ("learning-rate = 1e-3", {"learning_rate": 0.001}),
        ("pretokenized=on", {"pretokenized": True}),
        ("pretokenized=no", {"pretokenized": False}),
        ("patterns=*.txt, *.md", {"patterns": ("*.txt", "*.md")}),
        ("optimizer=sgd", {"optimizer": "sgd"}),
        ("layout=auto", {"layout": "auto"}),
        ("budget=2m", {"budget": 120.0}),
        ("clip_norm=none", {"clip_norm": None}),
        ("schedule=none", {"schedule": None}),
        ("vocab_size=", {"vocab_size": None}),
        ("cluster=tcp://host:1?a=b", {"cluster": "tcp://host:1?a=b"}),
    ],
)
def test_a_value_is_of_the_fields_type(text: str, value: dict[str, Any]) -> None:
    assert settings.assigned([text]) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bptt", "is no NAME=VALUE"),
        ("btpt=3", "'btpt' is no setting"),
        ("btpt=3", "Did you mean 'bptt'"),
        ("bptt=many", "bptt 'many' is no whole number"),
        ("bptt=2.5", "bptt '2.5' is no whole number"),
        ("learning_rate=fast", "is no number"),
        ("pretokenized=perhaps", "is neither true nor false"),
        ("optimizer=adm", "Did you mean 'adam'"),
        ("cutoffs=3", "'cutoffs' is no setting"),
        ("layers=", "layers '' is no whole number. Give one, for example 1."),
        ("layers=none", "layers 'none' is no whole number"),
        ("patterns=", "patterns '' is no list of values. Give texts, by commas, for example *.txt"),
        ("budget=soon", "'soon' is not a duration"),
        ("budget_seconds=3", "'budget_seconds' is no setting"),
    ],
)
def test_what_is_no_setting_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        settings.assigned([text])
    assert said in str(refused.value)


def test_the_last_of_two_counts() -> None:
    assert settings.assigned(["bptt=20", "bptt=30"]) == {"bptt": 30}


def test_every_field_is_a_setting_with_a_description() -> None:
    known = {name: each for group in settings.known_settings().values() for name, each in group.items()}
    decided = {"cutoffs", "budget_seconds", "standing"}
    for kind in (CorpusSettings, NetworkSettings, TrainingSettings):
        assert {field.name for field in fields(kind)} - decided <= known.keys()
    assert all(each.about for each in known.values())
    reference = settings.reference()
    assert all(f"  {name}  (" in reference for name in known)
    assert "budget" in known
    assert not any(word in reference for word in ("None", "`"))


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_corpus: Path) -> Any:
    """Trains with some options, n-grams alone, and tells the card's n-grams and corpus."""
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))

    def train(*options: str) -> dict[str, Any]:
        assert run(["train", str(small_corpus), "--model", "m", "--force", "--no-network", *options]) == 0
        return dict(bundle.read_manifest(tmp_path / "m").card)

    return train


def test_the_command_line_wins_then_the_file_then_the_default(trained: Any, tmp_path: Path) -> None:
    assert trained("--budget", "1s")["ngrams"]["order"] == 5
    (tmp_path / "config.toml").write_text('[train]\norder = 3\nbudget = "1s"\n', encoding="utf-8")
    assert trained()["ngrams"]["order"] == 3
    assert trained("--set", "order=4")["ngrams"]["order"] == 4
    assert trained("--order", "2")["ngrams"]["order"] == 2


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("ordr = 3", "Did you mean 'order'"),
        ('order = "three"', "order 'three' is no whole number"),
        ("order = 99", "order 99 is not from 2 to 12"),
        ("pretokenized = 1", "pretokenized 1 is neither true nor false"),
        ('budget = "soon"', "'soon' is not a duration"),
    ],
)
def test_a_wrong_table_is_named(
    table: str,
    said: str,
    tmp_path: Path,
    small_corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text(f"[train]\n{table}\n", encoding="utf-8")
    assert run(["train", str(small_corpus), "--no-network"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "options", "begins", "ends"),
    [
        ("layers = -1", [], "FILE: layers -1", "positive number."),
        ('epochs = 2\nbudget = "1m"', [], "FILE: A number of epochs", "one of the two."),
        ('order = "x"', [], "FILE: order 'x'", "example 5."),
        ("learning-rate = 1.0\nlearning_rate = 2.0", [], "FILE: 'learning_rate' is given twice", "one of the two."),
        ('cell = "feedforward"\nwindow = 3', ["--cell", "lstm"], "window 3", "Some settings are from FILE."),
        ("processes = 2", [], "Several processes train one", "Some settings are from FILE."),
        ("order = 3", ["--layers", "-1"], "layers -1", "positive number."),
        ("order = 3", ["--characters", "--valid", "-"], "Words and characters", "Save it to a file."),
    ],
)
def test_an_error_names_the_file_where_its_settings_have_to_do_with_it(
    table: str, options: list[str], begins: str, ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text(f"[train]\n{table}\n", encoding="utf-8")
    assert run(["train", "a.txt", "--no-network", *options]) == 2
    said = capsys.readouterr().err.replace(str(tmp_path / "config.toml"), "FILE").strip()
    assert said.startswith(f"error: {begins}")
    assert said.endswith(ends)


def test_a_wrong_table_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text("[trian]\n", encoding="utf-8")
    assert run(["train", "a.txt"]) == 2
    said = capsys.readouterr().err
    assert said.count("config.toml") == 1
    assert "Did you mean 'train'" in said


def test_what_the_file_sets_is_left_open_by_none(trained: Any, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[train]\norder = 3\n", encoding="utf-8")
    assert trained("--order", "none")["ngrams"]["order"] == 5


@pytest.mark.parametrize(
    "assignment", ["cell=gru", "size=tiny", "shown_right=0.2", "epochs=3", "patience=2", "budget=5m", "processes=2"]
)
def test_diagnose_refuses_what_would_change_nothing(assignment: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "a.txt", "--set", assignment]) == 2
    assert f"'{assignment.partition('=')[0]}' is no setting of a diagnosis" in capsys.readouterr().err


def test_diagnose_takes_settings_too(small_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--cells", "rnn", "--steps", "1", "--span", "2", "--hidden-size", "4", "--embedding-size", "4"]
    assert run(["diagnose", str(small_corpus), *few, "--bptt", "4", "--set", "batch_size=2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 1
    assert run(["diagnose", str(small_corpus), "--bptt", "0"]) == 2
    assert "bptt 0 is not a positive number" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "suggest", "repl", "eval", "diagnose", "models", "learned", "forget"])
def test_a_help_page_ends_with_two_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    _, _, examples = capsys.readouterr().out.partition("Examples:")
    assert [line.strip().split()[:2] for line in examples.splitlines() if line.strip()] == [
        ["autocomplete", command]
    ] * 2


def test_the_help_shows_what_is_wanted_every_day_and_the_old_spellings_still_run(
    trained_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    listed = [line.split()[1] for line in shown.splitlines() if line.startswith("│ ") and line[2].isalpha()]
    assert listed == [
        "train", "suggest", "repl", "eval", "explain", "diagnose",
        "learn", "learned", "forget", "models", "setup", "doctor",
    ]  # fmt: skip
    for old, new in ((["info", "--model"], ["models", "info"]), (["compare"], ["models", "compare"])):
        assert run([*old, trained_model]) == 0
        before = capsys.readouterr().out
        assert run([*new, trained_model]) == 0
        assert capsys.readouterr().out == before


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("suggest --mode c", ["complete"]),
        ("suggest --model m", ["mail"]),
        ("train --size t", ["tiny"]),
        ("train --optimizer a", ["adam"]),
        ("train --set learning", ["learning_rate="]),
        ("diagnose --level w", ["word"]),
        ("diagnose --cells lstm,g", ["lstm,gru"]),
        ("repl --mode c", ["complete"]),
        ("compare m", ["mail"]),
        ("models compare n", ["notes"]),
    ],
)
def test_choices_and_model_names_are_completed(line: str, completed: list[str], tmp_path: Path) -> None:
    for name in ("mail", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").touch()
    words = f"autocomplete {line}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_AUTOCOMPLETE_COMPLETE": "complete_bash"}
    environment = {**os.environ, **asked, "AUTOCOMPLETE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "autocomplete"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == completed
