"""Laws of an explanation: every word once and in order, with the probability that it had, and shares that sum to 1."""

import dataclasses
import json
import math
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.explanation import Explanation, ForeseenWord, explained, surest
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.predict.suggester import Suggester

TEXTS = [
    "best food in Las Vegas?",
    "how to boil an egg\nweather in Zwolle today, Zwolle",
    "  spaces\tand\n\n\nlines ",
    "u" + "n\u0303 cafe\u0301 cre\u0300me",  # not composed
    "أفضل طعام في Las Vegas",
    "👩‍👩‍👧 <script>alert(1)</script>",
    "\x1b[31mred\u202e",
]


@pytest.fixture(scope="module")
def plain_model(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A word model without a network."""
    folder = tmp_path_factory.mktemp("models") / "plain"
    assert run(["train", str(small_corpus), "--model", str(folder), "--no-network"]) == 0
    return str(folder)


@pytest.fixture(scope="module", params=["trained_model", "trained_char_model", "plain_model"])
def model(request: pytest.FixtureRequest) -> Model:
    return Model.open(request.getfixturevalue(request.param))


def everything(found: Explanation) -> list[ForeseenWord]:
    return [each for word in found.words for each in (word, *word.letters)]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_every_word_stands_once_and_in_order(model: Model, text: str) -> None:
    found = explained(model, text)
    tokens = model.tokenizer.of_words().spans(text)
    assert [(word.start, word.stop) for word in found.words] == [(token.start, token.stop) for token in tokens]
    assert [word.text for word in found.words] == [token.text.replace("<eos>", "\n") for token in tokens]
    assert found.left_out == 0
    if model.manifest.level == "char":
        for word, token in zip(found.words, tokens, strict=True):
            assert "".join(letter.text for letter in word.letters) == token.text.replace("<eos>", "\n")


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_shares_sum_to_one_and_all_else_is_a_probability(model: Model, text: str) -> None:
    for word in everything(explained(model, text)):
        assert 0.0 <= word.probability <= 1.0
        if word.probability > 1e-20:
            assert sum(word.experts.values()) == pytest.approx(1.0, abs=1e-4)
        assert all(0.0 <= share <= 1.0 for layer in word.gates for share in layer.values())
        chances = [guess.probability for guess in word.first]
        assert chances == sorted(chances, reverse=True)
        assert not {"<unk>", "<eos>", "\n"} & {guess.text for guess in word.first}
        if word.first and word.rank == 1 and not word.letters and word.text != "\n":
            assert word.probability >= word.first[0].probability


def test_a_word_has_the_probability_that_a_score_gives_it(trained_model: str) -> None:
    model = Model.open(trained_model)
    text = "best food in Las Vegas\nflights from New York to Paris?"
    for word, scored in zip(explained(model, text).words, model.score(text).words, strict=True):
        assert word.text == scored.text
        assert math.log(word.probability) == pytest.approx(scored.log_probability, abs=1e-4)


def test_what_stood_first_is_what_is_suggested(trained_model: str) -> None:
    model = Model.open(trained_model)
    *_, last = explained(model, "best food in Las Palmas").words
    suggested = Session(model).suggest("best food in Las ", mode="next", k=1)[0].text
    assert last.first[0].text == suggested == "Vegas"
    assert last.rank != 1
    *_, last = explained(model, "best food in Las Vegas").words
    assert (last.rank, last.known) == (1, True)
    assert last.experts.keys() <= {"network", "ngram", "cache"}
    assert last.gates[0].keys() == {"input", "forget", "output"}


def test_an_unknown_word_is_known_once_it_was_read(trained_model: str) -> None:
    first, _, second = explained(Model.open(trained_model), "Zwolle in Zwolle").words
    assert (first.known, first.rank) == (False, None)
    assert second.known


def test_letters_spell_a_word_and_what_stood_first(trained_char_model: str) -> None:
    *_, last = explained(Model.open(trained_char_model), "best food in Las Vegas").words
    assert last.rank == 1
    assert last.first[0].text == "Vegas"
    assert [letter.text for letter in last.letters] == list("Vegas")
    assert last.probability <= min(letter.probability for letter in last.letters)


def test_a_model_without_a_network_has_no_gates(plain_model: str) -> None:
    found = explained(Model.open(plain_model), "best food in Las Vegas")
    assert all(word.gates == () for word in found.words)
    assert all("network" not in word.experts for word in found.words)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200b"], ids=ascii)
def test_a_text_without_words_has_nothing_to_explain(model: Model, text: str) -> None:
    assert explained(model, text).words == ()


def test_a_long_text_is_explained_as_far_as_is_asked(model: Model) -> None:
    found = explained(model, "best food " * 5_000, most=30)
    assert len(found.words) == 30
    assert found.left_out == 9_970
    assert found.text == ("best food " * 15).rstrip()


@pytest.mark.parametrize(
    "text", ["e" * 100_000, " " * 100_000 + "food", "-" * 100_000], ids=["word", "spaces", "marks"]
)
def test_no_text_makes_the_work_grow(model: Model, text: str) -> None:
    found = explained(model, text, most=3)
    assert len(found.words) <= 3
    assert sum(len(word.letters) for word in found.words) <= 100


def test_a_blocked_word_is_never_shown_as_what_was_likely(model: Model) -> None:
    blocking = dataclasses.replace(model, blocked=("vegas",))
    guesses = {guess.text for word in explained(blocking, "best food in Las Palmas").words for guess in word.first}
    assert not guesses & {"Vegas", "vegas", "VEGAS"}
    assert all("Vegas" not in phrase for phrase in surest(blocking, count=100))


def test_what_a_person_taught_counts(taught_model: str) -> None:
    suggester = Suggester.open(taught_model)
    found = explained(suggester.model, "best food in Las Zanzibolt", personal=suggester.personal)
    assert found.words[-1].known
    assert found.words[-1].experts["personal"] > 0.5


def test_what_it_is_sure_of_comes_surest_first(trained_model: str) -> None:
    found = surest(Model.open(trained_model))
    assert found == sorted(found, key=lambda each: -each.probability)
    assert ("Las", "Vegas") in {each[:2] for each in found}


def test_of_characters_nothing_is_sure(trained_char_model: str) -> None:
    assert surest(Model.open(trained_char_model)) == []


def test_an_explanation_is_plain_json(model: Model) -> None:
    document = explained(model, "best food in Las Vegas").as_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["words"][0].keys() == {field.name for field in dataclasses.fields(ForeseenWord)}
