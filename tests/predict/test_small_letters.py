"""Who writes small letters is offered small ones where only the place gave a word its capital; names keep theirs."""

import random
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.small_letters import begins_something, writes_small
from autocomplete.predict.suggester import Suggester

LINES = [
    "The garden needs water.",
    "We saw the market with Anna.",
    "Please bring the hose to Berlin.",
    "Call Anna tomorrow.",
    "Anna was very busy in Berlin.",
    "Berlin is far. Then we rest.",
    "I think that I can.",
    "Many thanks from the team.",
]
SMALL, CAPITAL = "the garden needs water.\ncall me tomorrow.\n", "The garden needs water.\nCall me tomorrow.\n"


@pytest.fixture(scope="module")
def suggester(tmp_path_factory: pytest.TempPathFactory) -> Suggester:
    folder = tmp_path_factory.mktemp("small")
    draw = random.Random(4)
    (folder / "notes.txt").write_text("\n".join(draw.choice(LINES) for _ in range(200)), encoding="utf-8")
    assert run(["train", str(folder / "notes.txt"), "--model", str(folder / "m"), "--no-network"]) == 0
    return Suggester.open(folder / "m")


def first_words(suggester: Suggester, typed: str, **asked: str) -> list[str]:
    return [item.text for item in suggester.suggest(typed, k=8, **asked)]  # type: ignore[arg-type]


def test_a_session_whose_lines_begin_small_goes_on_small(suggester: Suggester) -> None:
    small, capital = first_words(suggester, SMALL), first_words(suggester, CAPITAL)
    assert {"we", "please", "call", "many"} < set(small)
    assert {"We", "Please", "Call", "Many"} < set(capital)
    assert first_words(suggester, "", context=SMALL) == small


def test_names_keep_their_capital_and_so_does_what_has_it_everywhere(suggester: Suggester) -> None:
    small = first_words(suggester, SMALL)
    assert {"Anna", "Berlin", "I"} < set(small)
    assert first_words(suggester, SMALL + "a")[0] == "Anna"
    assert suggester.suggest(SMALL + "we saw the market with ", k=1)[0].text == "Anna"


def test_within_a_line_a_sentence_begins_small_too(suggester: Suggester) -> None:
    small = first_words(suggester, SMALL + "the garden needs water. ")
    assert {"we", "please", "call"} < set(small)
    assert suggester.suggest(SMALL + "the garden needs water. p", k=1)[0].text == "please"


def test_who_types_a_capital_means_it(suggester: Suggester) -> None:
    assert suggester.suggest(SMALL + "P", k=1)[0].text == "Please"
    assert suggester.suggest(SMALL + "p", k=1)[0].text == "please"


def test_small_letters_are_those_of_the_language(tmp_path: Path) -> None:
    """Turkish writes `I` as `ı`, and `İ` as `i`."""
    lines = ["Işık odada kaldı.", "Irmak kıyısında durduk.", "İyi bir gündü.", "İlk kapı açıktı.", "Bu ışık iyi."]
    (tmp_path / "notlar.txt").write_text("\n".join(lines * 40), encoding="utf-8")
    assert run(["train", str(tmp_path / "notlar.txt"), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    found = first_words(Suggester.open(tmp_path / "m"), "bugün iyiydi.\nkapı kapalıydı.\n")
    assert {"ışık", "ırmak", "iyi", "ilk"} <= set(found)


def test_the_contract_holds_and_each_result_stands_once(suggester: Suggester) -> None:
    for typed in (SMALL, SMALL + "t", SMALL + "the garden needs water.", SMALL + "call me. w"):
        found = suggester.suggest(typed, k=8, words=3)
        for item in found:
            assert typed[: len(typed) - item.replace] + item.insert == item.result
        assert len({item.result for item in found}) == len(found)
        assert sum(item.probability for item in suggester.suggest(typed, k=8)) <= 1.0 + 1e-4


@pytest.mark.parametrize(
    ("text", "small"),
    [
        ("we went home.\nthey called\n", True),
        ("we went home. they called. ", True),
        ("we went home.\n", False),  # one line alone says little
        ("we went home.\nthey", False),  # the second is not finished
        ("We went home.\nthey called\n", False),
        ("We went.\n" + "they called\n" * 5, True),
        ("Anna\nBen\nwe went\nthey called\n", False),
        ("Anna\nBen\n" + "we went\n" * 4, True),  # who changes over is followed
        ("they called\n" * 9 + "We went.\nThey called.\n", False),
        ('"we went"\n(they called)\n', True),
        ("1. 2\n...\n", False),
        ("我们去。他们来。\n", False),
        ("", False),
    ],
)
def test_who_writes_small_is_known_by_beginnings(text: str, small: bool) -> None:
    assert writes_small(text) is small


@pytest.mark.parametrize(
    ("before", "begins"),
    [
        ("", True), ("  ", True), ("a line\n", True), ("a line\n\t", True), ("It is. ", True), ('"No." ', True),
        ("a ", False), ("a, ", False), ("3.", False), ("It is.", False), ("one.two", False),
    ],
)  # fmt: skip
def test_a_word_begins_a_line_or_a_sentence(before: str, begins: bool) -> None:
    assert begins_something(before) is begins


@pytest.mark.parametrize("text", ["." * 200_000, '."' * 100_000, '. "([' * 50_000, "\n \t" * 60_000, "a. " * 60_000])
def test_long_odd_texts_are_read_in_time(text: str) -> None:
    assert writes_small(text + " ") is text.startswith("a")  # where the square of its length was taken, never
    assert begins_something(text) is text.endswith(("\t", ". "))


@pytest.mark.parametrize("options", [("--level", "char"), ("--layout", "commands")])
def test_a_model_of_characters_and_one_of_commands_are_left_alone(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "history").write_text("git status\nls -la\ncd src\nmake test\n" * 20, encoding="utf-8")
    arguments = ["train", str(tmp_path / "history"), "--no-network", "--model", str(tmp_path / "m"), *options]
    assert run(arguments) == 0
    assert Suggester.open(tmp_path / "m").model.capitals is None
