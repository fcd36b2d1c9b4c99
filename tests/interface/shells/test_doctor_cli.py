"""`autocomplete doctor` and `autocomplete pause`: whether it works, and why nothing is shown."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autocomplete.engine.address import engine_address
from autocomplete.engine.client import find_engine
from autocomplete.engine.pause import Pause
from autocomplete.interface.cli.app import run
from autocomplete.interface.shells import Wishes, init_text, mark


@pytest.fixture(autouse=True)
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (folder / "bin").mkdir()
    (folder / "bin" / "zsh").touch()
    (folder / "bin" / "zsh").chmod(0o755)
    values = {"HOME": folder, "SHELL": "/bin/zsh", "AUTOCOMPLETE_HOME": folder / "models", "XDG_RUNTIME_DIR": folder}
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    for name in (
        "ZDOTDIR",
        "AUTOCOMPLETE_PRIVATE",
        *(f"AUTOCOMPLETE_INIT_{shell}" for shell in ("ZSH", "BASH", "FISH")),
    ):
        monkeypatch.delenv(name, raising=False)
    yield folder
    client = find_engine()
    if client is not None:
        with client:
            client.stop()


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine is started: most findings have nothing to do with one."""
    monkeypatch.setattr("autocomplete.engine.client.start_engine", lambda *_: False)


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert run(["doctor", "--json"]) == 0
    return {finding["subject"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}


def test_all_that_is_well_is_said_with_how_fast_it_is(
    home: Path, trained_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained_model, home / "models" / "shell")
    (home / ".zshrc").write_text('eval "$(autocomplete init zsh)"\n')
    found = findings(capsys)
    assert {subject: finding["state"] for subject, finding in found.items()} == {
        "engine": "ok", "model": "ok", "speed": "ok", "zsh": "ok",
    }  # fmt: skip
    assert "was started in" in found["engine"]["said"]
    assert run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "ok  engine    version" in said
    assert max(map(len, said.splitlines())) <= 80 or str(home) in said


def test_how_fast_a_refusal_comes_is_not_told_as_that_of_answers(
    home: Path, trained_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = findings(capsys)
    assert found["models"]["state"] == "wrong"
    assert found["speed"]["said"].startswith("the socket alone")
    assert "answer" not in found["speed"]["said"]
    shutil.copytree(trained_model, home / "models" / "shell")
    assert "answer" in findings(capsys)["speed"]["said"]


@pytest.mark.usefixtures("asleep")
def test_what_is_missing_is_said_with_what_to_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = findings(capsys)
    assert found["engine"]["state"] == "wrong"
    assert "autocomplete serve" in found["engine"]["cure"]
    assert found["models"]["cure"] == "'autocomplete setup' learns one from your history."
    assert found["zsh"]["state"] == "note"


@pytest.mark.usefixtures("asleep")
def test_a_switched_off_engine_is_not_started(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "models").mkdir()
    (home / "models" / "config.toml").write_text("[engine]\nenabled = false\n")
    assert "switches it off" in findings(capsys)["engine"]["said"]


@pytest.mark.usefixtures("asleep")
def test_a_folder_that_others_may_enter_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "autocomplete").mkdir(mode=0o777)
    (home / "autocomplete").chmod(0o777)
    assert "others may enter it" in findings(capsys)["engine"]["said"]


@pytest.mark.usefixtures("asleep")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda corpus: corpus.pop("secret_lines"), "was trained before lines with secrets were left out"),
        (lambda corpus: corpus.update(secrets_kept=True), "with the lines that hold secrets, as was wished"),
    ],
)
def test_a_model_that_may_hold_secrets_is_told(
    home: Path, trained_model: str, capsys: pytest.CaptureFixture[str], change: Any, said: str
) -> None:
    model = shutil.copytree(trained_model, home / "models" / "shell")
    manifest = json.loads((model / "model.json").read_text())
    change(manifest["card"]["corpus"])
    (model / "model.json").write_text(json.dumps(manifest))
    assert said in findings(capsys)["model"]["said"]


@pytest.mark.usefixtures("asleep")
def test_a_damaged_model_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "models" / "shell").mkdir(parents=True)
    (home / "models" / "shell" / "model.json").write_text("{")
    assert findings(capsys)["model"]["state"] == "wrong"


@pytest.mark.usefixtures("asleep")
def test_an_old_text_is_told_wherever_it_is(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = init_text("zsh", Wishes(), home / "s")
    (home / ".zshrc").write_text(text)
    assert findings(capsys)["zsh"]["state"] == "ok"
    (home / ".zshrc").write_text(text.replace(mark("zsh"), "0-12345678"))
    assert "another version" in findings(capsys)["zsh"]["said"]
    (home / ".zshrc").write_text("")
    monkeypatch.setenv("AUTOCOMPLETE_INIT_ZSH", "0-12345678")
    monkeypatch.setenv("AUTOCOMPLETE_PRIVATE", "1")
    found = findings(capsys)
    assert found["zsh"]["said"] == "this shell runs the text of another version"
    assert found["private"]["state"] == "note"


@pytest.mark.usefixtures("asleep")
def test_a_pause_begins_is_told_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    left = Pause(engine_address(make=True).paused).seconds_left
    assert run(["pause", "30m"]) == 0
    assert "quiet for 30m" in capsys.readouterr().err
    assert 1700 < (left() or 0) <= 1800
    found = findings(capsys)["pause"]
    assert found["said"] == "everything is quiet for 30 minutes more"
    assert found["cure"] == "End it with 'autocomplete pause --off'."
    assert run(["pause", "30s"]) == 0
    assert findings(capsys)["pause"]["said"] == "everything is quiet for 1 minute more"
    assert run(["pause"]) == 0
    assert findings(capsys)["pause"]["said"] == "everything is quiet until it is ended"
    assert run(["pause", "--off"]) == 0
    assert left() is None
    assert "pause" not in findings(capsys)


@pytest.mark.parametrize("arguments", [["soon"], ["30m", "--off"], ["0"]])
def test_what_is_no_pause_is_refused(arguments: list[str]) -> None:
    assert run(["pause", *arguments]) == 2
