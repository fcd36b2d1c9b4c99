"""`explain` and `info --html` as a user runs them."""

import json
import re
import shutil
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.interface.explanation import explanation_lines
from autocomplete.predict.explanation import Explanation, ForeseenWord
from autocomplete.predict.model import NextWord


def word(text: str, probability: float, *, rank: int | None = 2, known: bool = True, start: int = 0) -> ForeseenWord:
    """A word after which an LSTM of two layers had its say."""
    return ForeseenWord(
        text=text,
        start=start,
        stop=start + len(text),
        probability=probability,
        rank=rank,
        known=known,
        experts={"network": 0.25, "ngram": 0.75},
        first=(NextWord("Vegas", 0.6), NextWord("Palmas", 0.1)),
        gates=({"input": 0.2, "forget": 0.8}, {"input": 0.4, "forget": 1.0}),
    )


def test_a_row_says_how_surely_by_whom_and_what_instead() -> None:
    found = Explanation(
        "Las Ve\n", "word", (word("Las", 0.25), word("Vegas", 0.6, rank=1), word("Xy", 0.0002, known=False)), 0
    )
    assert explanation_lines(found) == [
        "1 of 3 words and marks stood first",
        "word                 foreseen      most by          stood first instead",
        "Las                  ▓▓▓   25.0 %  ngram 75 %       Vegas  60.0 %",
        "Vegas                ████  60.0 %  ngram 75 %       stood first",
        "Xy*                  ·    < 0.1 %  ngram 75 %       Vegas  60.0 %",
        "* is none of the model's words: its figure is that of all such words together",
        "",
        "how open the gates were   input  forget",
        "Las                        30 %    90 %",
        "Vegas                      30 %    90 %",
        "Xy*                        30 %    90 %",
    ]


@pytest.mark.parametrize("text", ["w" * 200, "汉" * 60, "a\x1b[31mb", "e\u0301" * 40, "\n", "שלום" * 20], ids=ascii)
def test_every_line_fits_eighty_columns(text: str) -> None:
    for line in explanation_lines(Explanation(text, "word", (word(text, 0.5, known=False),), 0)):
        assert sum(2 if "汉" in each else 0 if each == "\u0301" else 1 for each in line) <= 80
        assert line.isprintable()


def test_explain_shows_a_row_a_word(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--model", trained_model, "best food in Las Vegas"]) == 0
    out, err = capsys.readouterr()
    rows = out.splitlines()[2:7]
    assert [row.split()[0] for row in rows] == ["best", "food", "in", "Las", "Vegas"]
    assert rows[-1].endswith("stood first")
    assert "forget" in out
    assert err == ""


def test_explain_as_json_has_the_schema(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--model", trained_model, "--json", "--words", "2", "best", "food", "in"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document.keys() == {"schema", "model", "text", "level", "words", "left_out"}
    assert (document["schema"], document["text"], document["left_out"]) == (2, "best food", 1)
    assert "1 more" in err


def test_an_empty_text_is_told_and_is_no_words_for_a_program(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run(["explain", "--model", trained_model, "--html", str(page), "  "]) == 2
    assert "no word to explain" in capsys.readouterr().err
    assert not page.exists()
    assert run(["explain", "--model", trained_model, "--json", ""]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == []


@pytest.mark.parametrize("name", ["page.txt", "page", "missing/page.html"])
@pytest.mark.parametrize("command", [["explain", "best"], ["info"]], ids=["explain", "info"])
def test_a_page_must_have_the_name_of_one(
    name: str, command: list[str], trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--model", trained_model, "--html", str(tmp_path / name)]) == 2
    assert name in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_explain_writes_a_page_for_its_owner_alone(
    trained_char_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    page.write_text("an older one")
    assert run(["explain", "--model", trained_char_model, "--html", str(page), "best <b>food</b>"]) == 0
    assert f"wrote {page}" in capsys.readouterr().err
    text = page.read_text(encoding="utf-8")
    assert "<b>" not in text
    assert page.stat().st_mode & 0o777 == 0o600
    letters = re.findall(r'<span class="s\d" title="[^"]*">(.)</span>', text)
    assert "".join(letters[:4]) == "best"


def test_info_writes_one_page(taught_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a <model>"
    shutil.copytree(taught_model, folder)
    page = tmp_path / "page.html"
    assert run(["info", "--model", str(folder), "--html", str(page)]) == 0
    assert "word level" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert "<h1>The model a &lt;model&gt;</h1>" in text
    for head in ("How it learned", "How good it is", "What it is sure of", "Keys saved by day"):
        assert f"<h2>{head}</h2>" in text
    assert 'aria-label="Perplexity by passes' in text
    assert "keystrokes saved with 5" in text
    assert "<bdi>Vegas</bdi>" in text
    assert str(tmp_path) not in text
    assert run(["models", "info", str(folder), "--html", str(page)]) == 0
    assert page.read_text(encoding="utf-8") == text
