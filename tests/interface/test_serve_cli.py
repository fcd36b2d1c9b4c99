"""`serve`, and the commands that ask the engine: what they print with it is what they print without."""

import configparser
import io
import json
import os
import plistlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester
from tests.engine.conftest import RunningEngine

Captured = pytest.CaptureFixture[str]


def printed(capsys: Captured, *arguments: str, given: str | None = None) -> tuple[int, Any, str]:
    """What a command ends with and prints; of JSON, without the time it took."""
    stdin = sys.stdin
    sys.stdin = io.StringIO(given) if given is not None else stdin
    try:
        status = run(arguments)
    finally:
        sys.stdin = stdin
    out, err = capsys.readouterr()
    lines: list[Any] = out.splitlines()
    if out.startswith("{"):
        lines = [{name: value for name, value in json.loads(line).items() if name != "ms"} for line in lines]
    return status, lines, err


@pytest.mark.parametrize(
    "options",
    [
        ["best food in La"],
        ["--json", "best food in La"],
        ["--format", "tsv", "--words", "3", "best food"],
        ["--format", "jsonl", "-k", "2", "how to "],
        ["--explain", "how to bo"],
        ["--min-prob", "auto", "weather in "],
        ["--min-prob", "0.5", "weather in "],
        ["--sample", "--seed", "3", "--temperature", "2", "best "],
        ["--block", "Las", "best food in "],
        ["--mode", "complete", "best food i"],
        ["--json", ""],
        ["--json", "--words", "auto", "flights from N"],
        ["--model", "./default", "--json", "best food in La"],
        ["--model", "missing", "best food in La"],
        ["--model", "defualt", "best food in La"],
        ["--model", "./missing/too", "best food in La"],
        ["--model", "", "best food in La"],
        ["--block", "two words", "best food in "],
        ["--json", "-k", "1000", "--words", "100", "best"],
        ["--json", "caf\udce9"],
    ],
    ids=" ".join,
)
def test_suggest_prints_the_same_with_an_engine_and_without(
    engine: RunningEngine,
    home: Path,
    options: Sequence[str],
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(home)
    with_it = printed(capsys, "suggest", *options)
    engine.stop()
    assert printed(capsys, "suggest", *options) == with_it


def test_a_batch_prints_the_same_with_an_engine_and_without(engine: RunningEngine, capsys: Captured) -> None:
    lines = "best food in La\n\nhow to \n\udcff\nbest food in Las\n"
    with_it = printed(capsys, "suggest", "--batch", "--words", "2", given=lines)
    assert len(with_it[1]) == 5
    assert engine.talk().ask(id=1, method="status")["questions"] == 5
    engine.stop()
    assert printed(capsys, "suggest", "--batch", "--words", "2", given=lines) == with_it


def test_a_batch_goes_on_without_the_engine_when_that_ends(
    engine: RunningEngine,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lines() -> Iterator[str]:
        yield "best food in La\n"
        engine.stop()
        yield "how to bo\n"

    monkeypatch.setattr(sys, "stdin", lines())
    assert run(["suggest", "--batch"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["suggestions"][0]["text"] for answer in answers] == ["Las", "boil"]


def test_a_pause_does_not_stop_what_is_asked_for_on_purpose(engine: RunningEngine, capsys: Captured) -> None:
    engine.talk().say("p\t1\t")
    assert printed(capsys, "suggest", "-k", "1", "best food in La") == (0, ["Las"], "")


def test_a_damaged_database_is_told_of_with_an_engine_and_without(
    engine: RunningEngine,
    home: Path,
    capsys: Captured,
) -> None:
    (home / "default" / "personal.sqlite").write_text("no database\n" * 100)
    with_it = printed(capsys, "suggest", "best food in La")
    assert with_it[2].startswith("warning: ")
    engine.stop()
    assert printed(capsys, "suggest", "best food in La") == with_it


def test_a_context_longer_than_a_message_is_read_all_the_same(
    engine: RunningEngine,
    tmp_path: Path,
    capsys: Captured,
) -> None:
    context = tmp_path / "context.txt"
    context.write_text("how to boil an egg\n" * 60_000 + "best food in")
    assert printed(capsys, "suggest", "--context", str(context), "-k", "1", "La") == (0, ["Las"], "")


@pytest.mark.parametrize(
    "words", [["Las"], ["Las", "LAS", "Vegas"], ["two words"], [" "], ["Las", "--model", "missing"]]
)
def test_forget_prints_the_same_with_an_engine_and_without(
    engine: RunningEngine,
    home: Path,
    words: list[str],
    capsys: Captured,
) -> None:
    blocked = home / "default" / "blocked.txt"
    with_it = printed(capsys, "forget", *words)
    listed = blocked.read_text() if blocked.exists() else ""
    blocked.unlink(missing_ok=True)
    engine.stop()
    assert printed(capsys, "forget", *words) == with_it
    assert (blocked.read_text() if blocked.exists() else "") == listed


def test_what_is_forgotten_is_gone_from_the_engine_at_once(engine: RunningEngine, capsys: Captured) -> None:
    talk = engine.talk()
    suggester = Suggester.open("default")
    suggester.learn("how to frobnicate an egg")
    assert suggester.personal is not None
    suggester.personal.close()
    assert "frobnicate" in talk.say("s\t1\t\thow to f\tk=9\tmin=0")
    printed(capsys, "forget", "frobnicate")
    assert "frobnicate" not in talk.say("s\t2\t\thow to f\tk=9\tmin=0")
    printed(capsys, "forget", "--undo", "egg", "frobnicate")
    assert "frobnicate" not in talk.say("s\t3\t\thow to f\tk=9\tmin=0")


# serve


def test_status_and_stop(engine: RunningEngine, capsys: Captured) -> None:
    status, lines, err = printed(capsys, "serve", "--status")
    assert (status, err) == (0, "")
    assert "paused               False" in lines
    assert printed(capsys, "serve", "--status", "--json")[1][0]["running"] is True
    assert printed(capsys, "serve", "--stop") == (0, [], "stopped\n")
    engine.wait()
    assert printed(capsys, "serve", "--stop") == (0, [], "no engine runs\n")
    assert printed(capsys, "serve", "--status") == (0, [], "no engine runs\n")
    assert printed(capsys, "serve", "--status", "--json") == (0, [{"schema": 2, "running": False}], "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--status", "--stop"], "four things"),
        (["--json"], "of '--status'"),
        (["--idle", "-1"], "--idle"),
        (["--memory", "nan"], "memory_megabytes"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(home: Path, options: list[str], said: str, capsys: Captured) -> None:
    status, lines, err = printed(capsys, "serve", *options)
    assert (status, lines) == (2, [])
    assert said in err


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("enabled = 3", "neither true nor false"),
        ("idle_minutes = -1", "less than 0"),
        ("idle_minutes = inf", "inf"),
        ("memory_megabytes = 'much'", "no number"),
        ("colour = 'red'", "colour"),
        ("enabled = false", "switched off"),
    ],
)
def test_settings_that_make_no_sense_are_refused(home: Path, table: str, said: str, capsys: Captured) -> None:
    (home / "config.toml").write_text(f"[engine]\n{table}\n")
    status, lines, err = printed(capsys, "serve")
    assert (status, lines) == (2, [])
    assert said in err


def test_a_second_engine_is_refused(engine: RunningEngine, capsys: Captured) -> None:
    status, lines, err = printed(capsys, "serve")
    assert (status, lines) == (1, [])
    assert "An engine serves already." in err


def test_systemd_finds_the_socket_in_its_units(
    home: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "executable", "/opt/my $python/100%/bin/python")
    _, lines, _ = printed(capsys, "serve", "--units")
    units = configparser.ConfigParser(interpolation=None, strict=False)
    units.optionxform = str  # type: ignore[assignment,method-assign]
    units.read_string("\n".join(lines))
    assert units["Socket"]["ListenStream"].startswith(os.environ["XDG_RUNTIME_DIR"] + "/autocomplete/")
    assert units["Socket"]["SocketMode"] == "0600"
    command = '"/opt/my $$python/100%%/bin/python" -P -m autocomplete serve'
    assert units["Service"]["ExecStart"] == command
    assert units["Service"]["Environment"] == f"AUTOCOMPLETE_HOME={home}"


def test_launchd_gets_an_agent(home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sys, "executable", "/opt/my <python>/bin/python")
    _, lines, _ = printed(capsys, "serve", "--units")
    agent = plistlib.loads("\n".join(lines).encode())
    assert agent["ProgramArguments"] == [
        "/opt/my <python>/bin/python", "-P", "-m", "autocomplete", "serve", "--idle", "0"
    ]  # fmt: skip
    assert agent["EnvironmentVariables"] == {"AUTOCOMPLETE_HOME": str(home)}
    assert agent["RunAtLoad"] is True
