"""`autocomplete learn`: lines from a file, or from another program."""

import io
import shutil
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.learned.store import PersonalStore


@pytest.fixture
def model(trained_model: str, tmp_path: Path) -> str:
    return str(shutil.copytree(trained_model, tmp_path / "model"))


def words(model: str) -> set[str]:
    store = PersonalStore.open(Path(model))
    try:
        return set(store.words())
    finally:
        store.close()


def test_lines_of_a_file_are_learned_but_those_that_are_private(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "password: " + "hunter2" + "Xq81!z"
    lines = tmp_path / "lines.txt"
    lines.write_bytes(f"weather in Zanzibolt\r\n\n a private Blunderbuss\n{secret}\nflights to Quuxville".encode())
    assert run(["learn", str(lines), "--model", model]) == 0
    assert {"Zanzibolt", "Quuxville"} <= words(model)
    assert not {"Blunderbuss", "password"} & words(model)
    assert "learned 2 of 4 lines; 2 left out" in capsys.readouterr().err


def test_lines_of_another_program_are_learned(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"weather in Zanzibolt\n"), encoding="utf-8"))
    assert run(["learn", "--model", model]) == 0
    assert "Zanzibolt" in words(model)


def test_a_file_that_is_not_there_and_a_model_that_cannot_learn_are_told(
    model: str, trained_char_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["learn", str(tmp_path / "gone"), "--model", model]) == 2
    assert "gone: No such file" in capsys.readouterr().err
    (tmp_path / "lines").write_text("a b\n")
    assert run(["learn", str(tmp_path / "lines"), "--model", trained_char_model]) != 0
    assert run(["learn", str(tmp_path / "lines"), "--model", str(tmp_path / "none")]) == 3
