"""A misspelling that was written once neither comes before common words nor keeps its word from being mended."""

import shutil
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.learned.store import LEAST_SIGHTS, MOST_DOUBTED
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.predict.suggester import Suggester

SAID = [
    "we came late because the train was full",
    "they become friends because they share a garden",
    "did you receive the record of the recent meeting",
    "the weather was fine and the whole street was out",
    "tell me whether the weather will hold",
    "this is definitely the best recipe for soup",
    "my friend was there before the others came",
    "their house has a necessary second door",
    "wir haben wahrscheinlich morgen Zeit für den Garten",
]
TYPOS = [
    ("becuase", "because"), ("recieve", "receive"), ("definately", "definitely"), ("freind", "friend"),
    ("thier", "their"), ("neccesary", "necessary"), ("warscheinlich", "wahrscheinlich"),
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of just these lines, said again and again."""
    folder = tmp_path_factory.mktemp("misspelt")
    corpus = folder / "said.txt"
    corpus.write_text("".join(f"{line}\n" for line in SAID * 40), encoding="utf-8")
    assert run(["train", str(corpus), "--model", str(folder / "model"), "--no-network", "--budget", "20s"]) == 0
    return folder / "model"


@pytest.fixture
def suggester(trained: Path, tmp_path: Path) -> Suggester:
    return Suggester.open(Path(shutil.copytree(trained, tmp_path / "model")))


def words(suggester: Suggester, typed: str, *, context: str = "") -> list[str]:
    return [item.text for item in suggester.suggest(typed, k=5, context=context)]


@pytest.mark.parametrize(("typo", "meant"), TYPOS)
@pytest.mark.parametrize("before", ["", "my ", "the last "])
def test_a_misspelling_learned_once_stays_behind_its_word_and_is_mended(
    suggester: Suggester, typo: str, meant: str, before: str
) -> None:
    begun, whole = words(suggester, before + typo[:3]), suggester.suggest(before + typo)[0]
    assert suggester.learn(f"my {typo} note")
    assert words(suggester, before + typo[:3])[:1] == begun[:1]
    assert typo not in words(suggester, before + typo[:3])
    mended = suggester.suggest(before + typo)[0]
    assert mended.text == whole.text == meant
    assert mended.probability > 0.9 * whole.probability


@pytest.mark.parametrize(("typo", "meant"), TYPOS)
def test_a_misspelling_that_stands_in_the_text_is_mended_again(suggester: Suggester, typo: str, meant: str) -> None:
    context = f"my {typo} note\n"
    first, second = suggester.suggest(typo, context=context, k=2)
    assert first.text.startswith(meant)
    assert first.probability > 2 * second.probability or second.text.startswith(meant)
    assert words(suggester, f"the {typo[:4]}", context=context)[0] != typo


@pytest.mark.parametrize(("typo", "meant"), TYPOS)
def test_what_leads_to_a_misspelling_is_learned_of_its_word(suggester: Suggester, typo: str, meant: str) -> None:
    suggester.learn(f"quite {typo} indeed")
    assert words(suggester, "quite ")[0] == meant


def test_a_word_that_is_left_as_it_was_typed_again_and_again_is_one(suggester: Suggester) -> None:
    for time in range(LEAST_SIGHTS):
        assert ("freind" in words(suggester, "my fre")) == (time >= LEAST_SIGHTS)
        suggester.learn("my freind came")
    assert "freind" in words(suggester, "my fre")


@pytest.mark.parametrize("name", ["Zanzibolt", "Okonkwo", "Ruzafa", "frobnicator", "Thessaly", "Bexley"])
def test_a_new_name_is_a_word_at_once(suggester: Suggester, name: str) -> None:
    suggester.learn(f"we met {name} there")
    assert name in words(suggester, f"and {name[:4]}")
    assert words(suggester, "we met ")[0] == name


def test_where_many_words_are_new_few_are_looked_at(suggester: Suggester, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(_: Lexicon, word: str) -> tuple[int, ...]:
        asked.append(word)
        return ()

    monkeypatch.setattr(Lexicon, "_taken_for", noted)
    model = Model.open(suggester.personal.path.parent)  # type: ignore[union-attr]
    session = Session(model, personal=suggester.personal)
    for number in range(3 * MOST_DOUBTED):
        session.learn(f"we met bec{'abcdefghijklmnopqrstuvwxyz'[number]}")
    for typed in ("we met ", "we met bec", "bec"):
        asked.clear()
        assert session.suggest(typed)
        assert len(asked) <= 4 * MOST_DOUBTED  # of each length of context
        assert len({word for word in asked if word.startswith("bec")}) <= MOST_DOUBTED


@pytest.mark.parametrize(("word", "typed"), [("weather", "the wea"), ("Weather", "Wea"), ("WEATHER", "WEA")])
def test_a_word_of_the_model_that_is_removed_is_not_suggested_in_any_case(
    suggester: Suggester, word: str, typed: str
) -> None:
    suggester.learn("the weather again")  # then it is a learned one too
    assert word in words(suggester, typed)
    removal = suggester.remove(word)
    assert word not in words(suggester, typed)
    suggester.restore(removal)
    assert word in words(suggester, typed)
