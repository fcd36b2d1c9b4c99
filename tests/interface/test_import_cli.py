"""`learned --import` as a user runs it: what it says, what is suggested then, and how it is taken back."""

from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.learned.pinned import pinned_path
from autocomplete.predict.suggester import Suggester


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("import") / "said.txt"
    path.write_text("we met there and went to the market\nthe market was full of people\n" * 60, encoding="utf-8")
    return path


@pytest.fixture
def model(corpus: Path, tmp_path: Path) -> str:
    folder = str(tmp_path / "model")
    assert run(["train", str(corpus), "--model", folder, "--no-network", "--budget", "20s"]) == 0
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capsys.readouterr()
    assert run(list(arguments)) == status
    return capsys.readouterr().err


def offered(model: str, typed: str) -> list[str]:
    return [item.text for item in Suggester.open(model).suggest(typed, k=5)]


def test_imported_words_are_suggested_at_once_until_they_are_taken_out(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "words.txt"
    listed.write_text("Zanzibolt\nmarkett\nmarket\non my way\tomw\n" + "x" * 400 + "\n", encoding="utf-8")
    told = said(capsys, "learned", "--import", str(listed), "--model", model)
    assert told.splitlines() == [
        f"{listed}: a list of words; taken in: 5 words, 3 phrases, 1 short form",
        "      1  known to the model already",
        "      1  left out: no words, or too long",
        f"short forms stand in {pinned_path()}, where they can be changed by hand",
    ]
    assert said(capsys, "learned", "--import", str(listed), "--model", model) == told
    assert offered(model, "we met Zan")[0] == "Zanzibolt"
    assert offered(model, "on my ")[0] == "way"
    assert offered(model, "see you, omw")[0] == "on my way"
    assert "markett" in offered(model, "the mark")  # a person's own word, whatever it is near to
    said(capsys, "forget", "Zanzibolt", "--model", model)
    assert "Zanzibolt" not in offered(model, "we met Zan")
    said(capsys, "learned", "--wipe", "--yes", "--model", model)
    assert "markett" not in offered(model, "the mark")


@pytest.mark.parametrize("arguments", [["--wipe"], ["--json"], ["--export", "-"]])
def test_importing_is_one_thing(model: str, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert "four things" in said(capsys, "learned", "--import", "x", *arguments, "--model", model, status=2)


def test_what_cannot_be_imported_is_told(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no file" in said(capsys, "learned", "--import", str(tmp_path), "--model", model, status=2)
    text = tmp_path / "text.txt"
    text.write_text("This is a whole sentence, and no word.\n" * 5, encoding="utf-8")
    assert "no list of words" in said(capsys, "learned", "--import", str(text), "--model", model, status=4)
    assert not (Path(model) / "personal.sqlite").exists()
