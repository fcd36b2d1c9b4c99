"""A character model beside the word model spells words that are nowhere known, on the one scale of probabilities."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete import bundle
from autocomplete.errors import ModelError
from autocomplete.interface.cli.app import run
from autocomplete.predict.context import Before
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.predict.typed import SPELLING_CONTEXT
from autocomplete.predict.words import SPELLED_FROM, WordRanker

# More than there are: nothing is cut off that another list has.
MOST = 1_000
UNSEEN = ["best food in Lakaro", "un cafrom", "how to boppe", "mmmm", "weather in Parlu"]
ANY_TEXT = st.lists(st.sampled_from(["best", "food", "Las", "Bosto", "zq", " ", "?", "\n", "é"])).map("".join)


@pytest.fixture(scope="module")
def folder(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both models, of n-grams alone."""
    made = tmp_path_factory.mktemp("spelled") / "model"
    assert run(["train", str(small_corpus), "--model", str(made), "--no-network", "--characters"]) == 0
    return made


@pytest.fixture(scope="module")
def suggester(folder: Path) -> Suggester:
    return Suggester.open(folder)


@pytest.fixture(scope="module")
def alone(folder: Path) -> Suggester:
    """The word model without its character model."""
    return Suggester(replace(Model.open(folder), characters=None))


@pytest.mark.parametrize("typed", UNSEEN)
def test_an_unseen_word_is_completed_letter_by_letter(
    folder: Path, suggester: Suggester, alone: Suggester, typed: str
) -> None:
    vocabulary = Model.open(folder).vocabulary
    known = {*vocabulary.tokens, *vocabulary.rare}
    found = suggester.suggest(typed, k=60, mode="complete")
    spelled = [item for item in found if item.text not in known]
    assert spelled
    tail = typed.rsplit(maxsplit=1)[-1]
    for item in spelled:
        assert item.text.startswith(tail)
        assert item.text != tail
        assert item.result == typed[: -len(tail)] + item.text == typed + item.insert[item.replace :]
    assert all(item.text in known for item in alone.suggest(typed, k=60, mode="complete"))


@given(typed=ANY_TEXT, mode=st.sampled_from(["auto", "complete"]))
def test_it_only_adds_to_what_the_words_say(suggester: Suggester, alone: Suggester, typed: str, mode: Mode) -> None:
    found, before = suggester.suggest(typed, k=MOST, mode=mode), alone.suggest(typed, k=MOST, mode=mode)
    added = {item.result: item for item in found}
    for item in before:
        assert added.pop(item.result) == item
    assert all(not item.experts for item in added.values())
    assert sum(item.probability for item in found) <= 1.0 + 1e-6
    assert [item.probability for item in found] == sorted((item.probability for item in found), reverse=True)
    assert len({item.result for item in found}) == len(found)
    assert suggester.suggest(typed, k=MOST, mode=mode) == found


def test_it_is_asked_only_where_a_word_is_likelier_unseen(folder: Path) -> None:
    model = Model.open(folder)
    asked: list[str] = []

    class Speller:
        def candidates(self, before: Before, *, mode: Mode, count: int) -> Iterator[Suggestion]:
            asked.append(before.text)
            yield from ()

    loaded: list[Speller] = []

    def load() -> Speller:
        loaded.append(Speller())
        return loaded[-1]

    words = WordRanker(model.mixture, Lexicon(model.vocabulary), model.tokenizer, speller=load)
    for typed in ("best food in La", "best food in ", "", "how to boil a"):
        assert list(words.candidates(Before(typed), mode="auto", count=5))
    assert not loaded
    for typed in ("best food in zzz", "best food in zzzz"):
        list(words.candidates(Before(typed), mode="auto", count=5))
    assert asked == ["best food in zzz", "best food in zzzz"]
    assert len(loaded) == 1  # once, and kept
    list(words.candidates(Before("best food in zzz"), mode="next", count=5))
    assert len(asked) == 2
    assert 0.0 < SPELLED_FROM < 1.0


def test_a_long_text_before_the_word_is_not_read_again(folder: Path) -> None:
    model = Model.open(folder)
    lengths: list[int] = []

    class Speller:
        def candidates(self, before: Before, *, mode: Mode, count: int) -> Iterator[Suggestion]:
            lengths.append(len(before.text))
            yield from ()

    words = WordRanker(model.mixture, Lexicon(model.vocabulary), model.tokenizer, speller=Speller)
    for before in range(0, 4000, 37):
        list(words.candidates(Before("for two " * (before // 8) + "zzz"), mode="complete", count=5))
    assert len(lengths) == len(range(0, 4000, 37))
    assert max(lengths) <= 2 * SPELLING_CONTEXT + 10
    assert min(lengths[20:]) >= SPELLING_CONTEXT // 2
    list(words.candidates(Before("?" * 1000 + "zzz"), mode="complete", count=5))
    assert lengths[-1] == len("zzz")  # no space to begin behind


def test_blocked_words_are_not_spelled(suggester: Suggester) -> None:
    spelled = suggester.suggest("mmmm", mode="complete")[0].text
    assert spelled not in [item.text for item in suggester.suggest("mmmm", mode="complete", blocked=[spelled.upper()])]


def test_capitals_stay_capitals(suggester: Suggester) -> None:
    small, large = (suggester.suggest(typed, k=20, mode="complete") for typed in ("mmmm", "MMMM"))
    assert {item.text for item in large} == {item.text.upper() for item in small}
    assert all(item.result == item.text for item in large)


@pytest.mark.parametrize("typed", ["mmqm", "שלום", "http://www.best.food/mmmm", "mmm4mm", "best food in 3.1"])
def test_letters_that_no_text_taught_and_addresses_are_not_spelled_on(
    suggester: Suggester, alone: Suggester, typed: str
) -> None:
    assert suggester.suggest(typed, k=20) == alone.suggest(typed, k=20)


def test_it_goes_with_the_model_that_it_stands_beside(folder: Path, small_corpus: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    assert run(["train", str(small_corpus), "--model", str(model), "--no-network", "--force"]) == 0
    assert Model.open(model).characters is None
    assert not (model / bundle.CHARACTERS).exists()
    shutil.copytree(folder / bundle.CHARACTERS, model / bundle.CHARACTERS)
    assert Model.open(model).characters == model / bundle.CHARACTERS
    assert run(["models", "remove", str(model), "--yes"]) == 0
    assert not model.exists()


def test_a_folder_of_the_users_own_stays(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    shutil.rmtree(model / bundle.CHARACTERS)
    (model / bundle.CHARACTERS).mkdir()
    (model / bundle.CHARACTERS / "notes.txt").write_text("mine", encoding="utf-8")
    assert Suggester.open(model).suggest("zzz") == Suggester(Model.open(model)).suggest("zzz")
    assert run(["models", "remove", str(model), "--yes"]) == 0
    assert (model / bundle.CHARACTERS / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_model_of_words_in_its_place_is_named(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    shutil.rmtree(model / bundle.CHARACTERS)
    shutil.copytree(folder, model / bundle.CHARACTERS)
    with pytest.raises(ModelError, match="a model of words where one of characters belongs"):
        Suggester.open(model).suggest("zzz")


def test_info_names_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", "--model", str(folder)]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("unseen words")]
    assert "character model in characters/, " in line
    assert line.endswith(" bits a character on held-out text")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--level", "char"], "a model of words in running text"),
        (["--pretokenized"], "a model of words in running text"),
        (["--resume"], "goes on with the text and settings"),
        (["-"], "standard input comes once"),
    ],
)
def test_what_makes_no_sense_is_refused(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], what: str
) -> None:
    assert run(["train", str(small_corpus), "--model", str(tmp_path / "m"), "--characters", *options]) == 2
    assert what in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
