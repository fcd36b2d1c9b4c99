"""Laws of the spaces around marks that the corpus lacks: they do as prose does, unless all tokens stand apart."""

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.word_ids import Spacing
from autocomplete.text.syntax import Syntax
from autocomplete.text.vocabulary import Vocabulary

LINES = "best food in Las Vegas , they say\nhow to boil an egg\nfood in Paris.\n" * 30


@pytest.fixture(scope="module", params=[[], ["--pretokenized"]], ids=["prose", "pretokenized"])
def suggester(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Suggester:
    folder = tmp_path_factory.mktemp("spacing")
    (folder / "lines.txt").write_text(LINES, encoding="utf-8")
    command = ["train", str(folder / "lines.txt"), "--no-network", "--budget", "1s", "--model", str(folder / "model")]
    assert run([*command, *request.param]) == 0
    return Suggester.open(folder / "model")


@pytest.mark.parametrize(
    ("typed", "space"),
    [
        ("(", ""), ("food (", ""), ("“", ""), ("say «", ""), ("food)", " "), ("food”", " "), ("food;", " "),
        ("5 %", " "),
        ("food—", ""), ("food —", " "), ("3–", ""), ("food --", " "), ("$", ""), ("in €", ""), ("5€", " "), ("#", ""),
        ('say "', ""), ('say "food"', " "), ("food 😀", " "), ("food & ", ""), ("a & ", ""), ("( ", ""),
    ],
)  # fmt: skip
def test_what_follows_an_unseen_mark_stands_as_in_prose(suggester: Suggester, typed: str, space: str) -> None:
    found = suggester.suggest(typed, k=8, mode="next")
    words = [item for item in found if item.text[0].isalnum()]
    assert words
    if suggester.manifest.pretokenized:
        space = "" if typed[-1].isspace() else " "
    assert {item.result for item in words} == {typed + space + item.text for item in words}


@pytest.mark.parametrize(
    ("typed", "follows"),
    [
        ("food (", False), ("it is £", False), ("say “", False), ("food—", False), ('say "', False), ("(", False),
        ("food)", True), ("5€", True), ('"food"', True), ("food 😀", True),
    ],
)  # fmt: skip
def test_no_full_stop_follows_what_is_presumed_to_open(suggester: Suggester, typed: str, follows: bool) -> None:
    texts = {item.text for item in suggester.suggest(typed, k=50)}
    assert ("." in texts) == (follows and not suggester.manifest.pretokenized)


def test_an_unseen_mark_of_the_session_is_offered_where_it_belongs() -> None:
    vocabulary = Vocabulary.from_dict(
        {
            "tokens": ["<unk>", "<eos>", "food"], "counts": [0, 1, 1], "rare": [],
            "joins_left": [], "joins_right": [], "quote": None,
        }
    )  # fmt: skip
    further = {3: ")", 4: "(", 5: "zwx"}
    joins: list[tuple[Syntax, list[bool]]] = [
        ("prose", [False, True, True]), ("commands", [False, True, True]), ("pretokenized", [True, True, True])
    ]  # fmt: skip
    for syntax, spaces in joins:
        spacing = Spacing.of(vocabulary, further.__getitem__, syntax=syntax)
        assert [spacing.space_after([2], token) for token in further] == spaces
        assert spacing.space_after([4], 2) == (syntax == "pretokenized")
        assert not spacing.space_after([], 2)
