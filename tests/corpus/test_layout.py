import random
import textwrap
from pathlib import Path

import pytest

from autocomplete.corpus.chunks import detect_layout
from autocomplete.corpus.sources import Source

WORDS = [letter * length for letter in "abcdefgh" for length in range(1, 9)]


def source(text: str, folder: Path) -> Source:
    path = folder / "text.txt"
    path.write_text(text)
    return Source("text.txt", path, 0, len(text), "")


def sentence(words: int, random_words: random.Random) -> str:
    return " ".join(random_words.choice(WORDS) for _ in range(words))


@pytest.mark.parametrize("margin", [40, 72, 100])
def test_wrapped_paragraphs_are_text(margin: int, tmp_path: Path) -> None:
    draw = random.Random(1)
    paragraphs = [textwrap.fill(sentence(draw.randint(5, 90), draw), margin) for _ in range(20)]
    layout, reason = detect_layout([source("\n\n".join(paragraphs), tmp_path)])
    assert layout == "text"
    assert "%" in reason


@pytest.mark.parametrize("words", [(1, 5), (3, 30), (20, 200)])
def test_lines_of_any_length_are_lines(words: tuple[int, int], tmp_path: Path) -> None:
    draw = random.Random(2)
    lines = [sentence(draw.randint(*words), draw) for _ in range(100)]
    assert detect_layout([source("\n".join(lines), tmp_path)])[0] == "lines"


def test_paragraphs_of_one_line_are_lines(tmp_path: Path) -> None:
    layout, reason = detect_layout([source("One long line.\n\nAnother.\n", tmp_path)])
    assert layout == "lines"
    assert "Of 2 sampled" in reason


def test_a_list_of_addresses_is_lines(tmp_path: Path) -> None:
    lines = [f"https://example.org/a/rather/long/address/{number:04}" for number in range(50)]
    assert detect_layout([source("\n".join(lines), tmp_path)])[0] == "lines"


def test_only_a_sample_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.corpus.chunks._SAMPLE_BYTES", 150)
    draw = random.Random(3)
    wrapped = textwrap.fill(sentence(300, draw), 60)
    assert "1 sampled" in detect_layout([source(wrapped, tmp_path)])[1]
