"""Laws of blocked words: they never appear, and leave the rest of the list as it is."""

import shutil
import unicodedata
from pathlib import Path

import pytest

from autocomplete.errors import ModelError
from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester
from tests.predict.asking import with_threshold, words_in

BLOCKED = ["vegas", "VEGAS", "crème", "cre\u0300me", "Las", "?", "to", "now", "please", "weather"]


@pytest.mark.parametrize("word", BLOCKED, ids=ascii)
def test_a_blocked_word_never_appears(suggester: Suggester, word: str) -> None:
    form = unicodedata.normalize("NFC", word).casefold()
    asked = with_threshold(suggester, 0.0)
    for typed in ["best food in Las", "best food in Las VEG", "", "un café cr", "best food in ", "how ", "LA"]:
        for limit in (1, 2, 4):
            for item in asked.suggest(typed, k=5, words=limit, blocked=[word]):
                said = unicodedata.normalize("NFC", item.text).casefold()
                assert form not in (words_in(said) if form != "?" else said)


@pytest.mark.parametrize("blocked", [["vegas"], ["LAS", "Vegas", "?"], ["absent"], ["the", "a", "x"]])
@pytest.mark.parametrize("typed", ["best food in Las", "best ", "l", "V"])
def test_blocking_only_leaves_out(trained_model: str, blocked: list[str], typed: str) -> None:
    suggester = Suggester.open(trained_model)
    forms = {word.casefold() for word in blocked}
    every = suggester.suggest(typed, k=1000)
    expected = [item for item in every if item.text.casefold() not in forms]
    assert suggester.suggest(typed, k=5, blocked=blocked) == expected[:5]


def test_a_word_in_several_cases_is_blocked_without_making_the_list_shorter(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("go the way\ngo The way\ngo THE way\ngo on\ngo by\n" * 40, "utf-8")
    assert run(["train", str(corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    suggester = Suggester.open(tmp_path / "m")
    assert len({item.text for item in suggester.suggest("go ", k=9)} & {"the", "The", "THE"}) == 3
    assert [item.text for item in suggester.suggest("go ", k=2, blocked=["the"])] == ["by", "on"]


def test_possessives_are_blocked_with_their_word_without_making_the_list_shorter(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    forms = ["king", "King", "KING", "king's", "King's", "KING'S", "king’s", "King’s", "KING’S"]
    corpus.write_text("".join(f"see {form} now\n" for form in [*forms, "him", "it"]) * 40, "utf-8")
    assert run(["train", str(corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    suggester = Suggester.open(tmp_path / "m")
    assert {item.text for item in suggester.suggest("see ", k=20)} >= set(forms)
    assert [item.text for item in suggester.suggest("see ", k=2, blocked=["KING"])] == ["him", "it"]
    (tmp_path / "m" / "blocked.txt").write_text("king\n", "utf-8")
    suggester = Suggester.open(tmp_path / "m")
    assert [item.text for item in suggester.suggest("see ", k=2)] == ["him", "it"]
    for typed in ("", "see", "see ki", "see King", "see KING’"):
        for item in suggester.suggest(typed, k=20, words=3):
            assert "king" not in item.text.casefold()


@pytest.mark.parametrize("fixture", ["trained_model", "trained_char_model"])
def test_a_file_in_the_model_blocks_as_the_option_does(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(request.getfixturevalue(fixture), folder)
    free = Suggester.open(request.getfixturevalue(fixture))
    (folder / "blocked.txt").write_text("  VEGAS \n\n café\n", "utf-8")
    bound = Suggester.open(folder)
    for typed in ["best food in Las", "un caf", "best food in Las V"]:
        for limit in (1, 3):
            expected = free.suggest(typed, words=limit, blocked=["vegas", "Café"])
            assert bound.suggest(typed, words=limit) == expected
            assert bound.suggest(typed, words=limit) != free.suggest(typed, words=limit)
    assert bound.suggest("best ", blocked=["food"]) == free.suggest("best ", blocked=["food", "vegas", "café"])


@pytest.mark.parametrize("kind", ["folder", "latin"])
def test_a_list_of_blocked_words_that_cannot_be_read_is_named(trained_model: str, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "m"
    shutil.copytree(trained_model, folder)
    if kind == "folder":
        (folder / "blocked.txt").mkdir()
    else:
        (folder / "blocked.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(ModelError, match=r"blocked\.txt: cannot be read"):
        Suggester.open(folder)
