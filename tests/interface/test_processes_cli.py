"""Two processes on this machine train one model: stopped, killed and resumed, it is the model that one would train."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest

from autocomplete.interface.cli.app import run
from tests.interface.runs import TINY

PATIENCE = 300  # seconds; reached only where something hangs


class Pair:
    """Two processes of one run; leaving it ends what is left of them."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = folder / "log.jsonl"
        self.members = []
        for number in ("0", "1"):
            meeting = ["--coordinator", address, "--processes", "2", "--process", number]
            command = [sys.executable, "-m", "autocomplete", "train", *options, "--model", str(folder), *meeting]
            self.members.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self.members:
            with member:
                member.kill()

    def until_validations(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.validations() < count and time.monotonic() < deadline:
            time.sleep(0.02)

    def validations(self) -> int:
        return self.log.read_text().count('"validation"') if self.log.exists() else 0

    def ended(self, member: int) -> tuple[int, str]:
        """How a process ended, and what it said on standard error; on standard output it says nothing."""
        out, err = self.members[member].communicate(timeout=PATIENCE)
        assert out == ""
        return self.members[member].returncode, err


def scored(log: Path) -> dict[int, float]:
    """How held-out text was scored after which steps."""
    records = [json.loads(line) for line in log.read_text().splitlines()]
    return {record["step"]: record["nats"] for record in records if record["event"] == "validation"}


@pytest.mark.heavy
def test_two_processes_stopped_and_killed_end_clearly_and_resume_to_what_one_trains(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    regular = ["--weight-drop", "0.2", "--ar", "2", "--tar", "1", "--average-decay", "0.9", "--output", "adaptive"]
    options = [str(small_corpus), "--epochs", "30", "--batch-size", "8", "--valid-fraction", "0.02", *regular, *TINY]
    assert run(["train", *options, "--model", str(tmp_path / "one")]) == 0
    folder = tmp_path / "two"

    with Pair(folder, *options) as pair:
        pair.until_validations(2)
        pair.members[1].send_signal(signal.SIGINT)
        for member in (0, 1):
            status, err = pair.ended(member)
            assert status == 130, err
            assert "--resume" in err
        before = pair.validations()

    with Pair(folder, "--resume") as pair:
        pair.until_validations(before + 1)
        pair.members[0].kill()
        status, err = pair.ended(1)
    assert status == 1, err
    assert "has died" in err
    assert "--resume" in err

    assert run(["train", "--resume", "--model", str(folder)]) == 0
    assert "resumed at step" in capsys.readouterr().err
    one, two = scored(tmp_path / "one" / "log.jsonl"), scored(folder / "log.jsonl")
    assert one.keys() == two.keys()
    assert [two[step] for step in one] == pytest.approx(list(one.values()), rel=1e-4)


def test_what_several_processes_cannot_do_is_refused(small_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--characters", "--no-network", "--dry-run"):
        assert run(["train", str(small_corpus), option, "--processes", "2"]) == 2
        assert "Several processes train one network" in capsys.readouterr().err
