"""Laws of what marks hold together: addresses, paths and initialisms end in what is known of them, not in any word."""

import shutil
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.typed import held_together
from autocomplete.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer("word", "lines")
LINES = [
    "cakes, e.g. scones, are good",
    "write to john@gmail.com today",
    "it could cost 3.5 dollars",
    "we don't know his well-known uncle",
    "cats and/or dogs are theirs",
    "they came home. The others stayed",
    "open the file today",
    "use the text of the local group and see more",
    "an old user could grow apples",
    "a ship from the U.S. came",
    "a ship from the U.S, they say",
    "old S. is old",
    "a ship - the old one - came",
    "bring R&D notes",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("endings")
    for name, times in (("corpus", 20), ("valid", 1)):
        (folder / name).write_text("\n".join(LINES * times) + "\n", encoding="utf-8")
    command = ["train", str(folder / "corpus"), "--valid", str(folder / "valid"), "--no-network", "--budget", "1s"]
    assert run([*command, "--model", str(folder / "model")]) == 0
    return folder / "model"


@pytest.fixture(scope="module")
def suggester(model: Path) -> Suggester:
    return Suggester.open(model)


@pytest.mark.parametrize(
    "typed",
    [
        "write to mary@gmail.c", "mary@t", "i.e", "see i.e", "file.t", "/usr/lo", "C:\\us", "U.S.A", "key=th", "a&t",
        "text:t", "the file/o", "~/th", "./th", "../th", "../../th", "see ..\\th",
    ],
)  # fmt: skip
def test_a_word_of_its_own_is_no_end_of_a_longer_one(suggester: Suggester, typed: str) -> None:
    found = suggester.suggest(typed, k=20)
    assert found  # something may follow
    assert {item.kind for item in found} == {"next"}
    assert all(item.result.startswith(typed) for item in found)


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("cakes, e.g", "cakes, e.g."),
        ("write to john@", "write to john@gmail.com"),
        ("write to john@gm", "write to john@gmail.com"),
        ("write to john@gmail.c", "write to john@gmail.com"),
        ("it could cost 3.", "it could cost 3.5"),
        ("we don'", "we don't"),
        ("we do", "we don't"),
        ("bring R", "bring R&D"),
        ("bring R&", "bring R&D"),
        ("bring r&", "bring R&D"),
        ("bring R&D", "bring R&D notes"),
        ("his well-", "his well-known"),
        ("his well-kn", "his well-known"),
        ("cats and/o", "cats and/or"),
        ("cats and/", "cats and/or"),
        ("cats and/or", "cats and/or dogs"),
        ("Cats And/o", "Cats And/or"),
    ],
)
def test_what_the_corpus_holds_together_is_completed(suggester: Suggester, typed: str, result: str) -> None:
    assert suggester.suggest(typed, k=1)[0].result == result


@pytest.mark.parametrize(("begun", "word"), [("src/", "file"), ("mary@", "user"), ("ham.", "apples")])
def test_what_the_session_held_together_is_completed(suggester: Suggester, begun: str, word: str) -> None:
    typed = f"see {begun}{word[:2]}"
    assert suggester.suggest(typed, k=1, context=f"open {begun}{word} now\n")[0].result == f"see {begun}{word}"
    found = suggester.suggest(typed, k=20, context=f"open {begun} {word} now\n")
    assert {item.kind for item in found} == {"next"}


def test_what_a_persons_lines_hold_together_is_completed(model: Path, tmp_path: Path) -> None:
    suggester = Suggester.open(shutil.copytree(model, tmp_path / "model"))
    assert "theirs/today" not in {item.result for item in suggester.suggest("theirs/to", k=20)}
    suggester.learn("it is theirs/today only")
    assert suggester.suggest("theirs/to", k=1)[0].result == "theirs/today"


@pytest.mark.parametrize("typed", ["they came home.Th", "we see apples.T", "write today,th", "apples!Th", "(th"])
def test_a_space_that_was_forgotten_behind_a_sentence_leaves_the_words(suggester: Suggester, typed: str) -> None:
    assert any(item.kind == "complete" and item.text.lower() == "the" for item in suggester.suggest(typed, k=5))


@pytest.mark.parametrize("typed", ["mary@", "src/", "C:\\", "key=", "home-", "ship-", "the file‐", "~/", "../"])
def test_no_word_of_its_own_follows_a_mark_that_joins(suggester: Suggester, typed: str) -> None:
    assert not suggester.suggest(typed, k=8)
    assert suggester.suggest(f"{typed} ", k=8)


@pytest.mark.parametrize("typed", ["a ship from the U.S", "U.S", "cakes, e.g", "an old user", "wr", "and/"])
def test_a_short_list_begins_the_longer_one(suggester: Suggester, typed: str) -> None:
    every = suggester.suggest(typed, k=100)
    for k in range(1, 9):
        found = suggester.suggest(typed, k=k)
        assert [item.result for item in found] == [item.result for item in every[:k]]
        assert [item.probability for item in found] == pytest.approx([item.probability for item in every[:k]])


def test_what_follows_does_not_read_the_pieces(suggester: Suggester) -> None:
    whole, pieces = (suggester.suggest(typed, k=8, mode="next") for typed in ("cats zwx", "cats home.th"))
    assert [item.text for item in pieces] == [item.text for item in whole]


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("to john@gmail.c", "john @ gmail ."), ("e.g", "e ."), ("U.S.A", "U . S ."), ("/usr/lo", "usr /"),
        ("C:\\Us", "C : \\"), ("a. b", ""), ("so...th", ""), ("@jo", ""), ("so--th", ""), ("one,tw", ""), ("(x", ""),
        ("\nx", ""), ("~/th", "~ /"), ("a ../../th", ".. / .. /"), ("~/.th", "~ / ."), ("~th", ""), ("/th", ""),
        (".../th", ""),
    ],
)  # fmt: skip
def test_marks_hold_letters_on_both_sides_together(typed: str, held: str) -> None:
    *before, tail = TOKENIZER.spans(typed)
    assert " ".join(token.text for token in held_together(before, tail.start)) == held


def test_followers_are_what_the_corpus_has_behind_a_context(suggester: Suggester) -> None:
    vocabulary, expert = suggester.model.vocabulary, suggester.model.mixture.find(NgramExpert)
    assert expert is not None
    ngrams = expert.model
    assert ngrams is not None
    for context, expected in (
        (["cats", "and"], {"/"}),
        (["of"], {"the"}),
        (["S"], {".", ","}),
        (["dogs", "cats"], set()),
    ):
        assert set(vocabulary.decode(ngrams.followers(vocabulary.encode(context)).tolist())) == expected
