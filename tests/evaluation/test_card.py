"""The report card says what the measuring modules say, for every system, and is plain JSON."""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from autocomplete.bundle import Thresholds
from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.evaluation import card as card_module
from autocomplete.evaluation.card import BOOTSTRAP_SEED, FEW_WORDS, Card, CardProgress, FrequencyCompleter, report_card
from autocomplete.evaluation.perplexity import score_text
from autocomplete.evaluation.phrases import LENGTHS, PhraseMatches, phrase_offers
from autocomplete.evaluation.statistics import bootstrap_interval, calibration_error
from autocomplete.evaluation.typing import (
    RULES,
    SHOWN,
    Completer,
    KeystrokeSavings,
    NextWordHits,
    TopSuggestions,
    type_text,
)
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN_TOKEN, Joining, Vocabulary

DOCUMENTS = ("best food in Zwolle please\nun café crème?\nbest food in Zwolle now", "how to boil an egg\n")
SYSTEMS = {
    "word": {"mixture", "static", "network", "ngram", "trigram", "unigram"},
    "char": {"mixture", "network", "ngram", "trigram", "unigram"},
}


def texts(*documents: str) -> Callable[[], Iterator[TextChunk]]:
    return lambda: (TextChunk("", text, begins_document=True) for text in documents)


def last(steps: Iterator[CardProgress | Card]) -> Card:
    *before, card = steps
    assert isinstance(card, Card)
    assert all(isinstance(step, CardProgress) for step in before)
    return card


@pytest.fixture(scope="module")
def words(trained_model: str) -> Model:
    model = Model.open(trained_model)
    return dataclasses.replace(model, manifest=model.manifest.with_thresholds(Thresholds(0.2, 0.3, 0.4)))


@pytest.fixture(scope="module")
def word_card(words: Model) -> Card:
    return last(report_card(words, texts(*DOCUMENTS)))


@pytest.fixture(scope="module")
def character_card(trained_char_model: str) -> Card:
    return last(report_card(Model.open(trained_char_model), texts("best food in Zwolle\n"), limit_words=4))


@pytest.fixture(params=["word", "char"])
def card(request: pytest.FixtureRequest) -> Card:
    found: Card = request.getfixturevalue({"word": "word_card", "char": "character_card"}[request.param])
    return found


def test_all_systems_are_scored_and_typed(word_card: Card, character_card: Card) -> None:
    assert set(word_card.score.systems) == set(word_card.typed) == SYSTEMS["word"]
    assert set(character_card.score.systems) == SYSTEMS["char"]
    assert set(character_card.typed) == SYSTEMS["char"] - {"unigram"}  # characters have no frequent words
    for typed in (word_card.typed, character_card.typed):
        assert len({figures.words for figures in typed.values()}) == 1
    assert word_card.typed["mixture"].words == 18


def completer_of(system: str, model: Model) -> Completer:
    if system == "unigram":
        return FrequencyCompleter(model.vocabulary)
    mixture = model.mixture
    ngrams = mixture.find(NgramExpert)
    assert ngrams is not None
    alone = {
        "mixture": mixture,
        "static": mixture.only("network", "ngram"),
        "network": mixture.only("network"),
        "ngram": mixture.only("ngram"),
        "trigram": Mixture([ngrams.truncated(3)]),
    }[system]
    return Session(dataclasses.replace(model, mixture=alone))


@pytest.mark.parametrize("system", sorted(SYSTEMS["word"]))
def test_what_typing_showed_is_what_the_typing_module_counts(word_card: Card, words: Model, system: str) -> None:
    savings, hits = KeystrokeSavings(), NextWordHits()
    both, before, within = TopSuggestions(), TopSuggestions(), TopSuggestions()
    completer = completer_of(system, words)
    for number, text in enumerate(DOCUMENTS):
        for word in type_text(completer, text):
            savings.add(word, document=number)
            hits.add(word, document=number)
            both.add(word)
            before.add(dataclasses.replace(word, offers=word.offers[:1]))
            within.add(dataclasses.replace(word, offers=word.offers[1:]))
    figures = word_card.typed[system]
    assert figures.words == savings.words
    assert figures.savings == {rule: savings.rate(rule) for rule in RULES}
    assert figures.hits == {shown: hits.rate(shown) for shown in SHOWN}
    assert figures.mean_reciprocal_rank == hits.mean_reciprocal_rank
    assert figures.calibration_error == pytest.approx(calibration_error(both.probabilities, both.right))
    for found, top, least in ((figures.next_shown, before, 0.2), (figures.completion_shown, within, 0.3)):
        np.testing.assert_equal(tuple(found), (top.coverage(least), top.precision(least)))  # nan is nan
    for low, rate, high in [
        *((*figures.hits_interval[shown], figures.hits[shown]) for shown in SHOWN),
        *((*figures.savings_interval[rule], figures.savings[rule]) for rule in RULES),
    ]:
        assert low <= high <= rate or low <= rate <= high


@pytest.mark.parametrize("system", sorted(SYSTEMS["word"] - {"unigram"}))
def test_what_phrases_showed_is_what_the_phrase_module_counts(word_card: Card, words: Model, system: str) -> None:
    matches = PhraseMatches()
    completer = completer_of(system, words.however_unsure())
    assert isinstance(completer, Session)
    for number, text in enumerate(DOCUMENTS):
        for offers in phrase_offers(completer, text):
            matches.add(offers, document=number)
    figures = word_card.typed[system]
    assert figures.phrase_places == matches.places == 4
    np.testing.assert_equal(figures.phrases, {length: matches.rate(length) for length in LENGTHS})
    for length in LENGTHS:
        expected = bootstrap_interval(*matches.by_block(length), seed=BOOTSTRAP_SEED)
        np.testing.assert_equal(figures.phrases_interval[length], expected)


def test_word_frequencies_know_no_phrases(word_card: Card) -> None:
    assert word_card.typed["unigram"].phrase_places == 0


def test_intervals_are_of_whole_documents(words: Model) -> None:
    documents = ["how to " * (1 + number % 4) + f"boil z{number}" for number in range(25)]
    savings, hits = KeystrokeSavings(), NextWordHits()
    for number, text in enumerate(documents):
        for word in type_text(Suggester(words), text):
            savings.add(word, document=number)
            hits.add(word, document=number)
    assert len(savings.by_block(RULES[0])[0]) == 25
    found = last(report_card(words, texts(*documents))).typed["mixture"]
    for rule in RULES:
        expected = bootstrap_interval(*savings.by_block(rule), seed=BOOTSTRAP_SEED)
        assert found.savings_interval[rule] == pytest.approx([100 * end for end in expected])
    assert found.reciprocal_rank_interval == bootstrap_interval(*hits.reciprocals_by_block(), seed=BOOTSTRAP_SEED)
    assert found.reciprocal_rank_interval[0] <= hits.mean_reciprocal_rank <= found.reciprocal_rank_interval[1]
    ranks, counted = hits.reciprocals_by_block()
    assert ranks.sum() / counted.sum() == pytest.approx(hits.mean_reciprocal_rank)
    for shown in SHOWN:
        assert found.hits_interval[shown] == bootstrap_interval(*hits.by_block(shown), seed=BOOTSTRAP_SEED)


def test_what_scoring_showed_is_what_the_scoring_module_counts(word_card: Card, words: Model) -> None:
    chunks = (encode(chunk, words.tokenizer, words.vocabulary) for chunk in texts(*DOCUMENTS)())
    *_, score = score_text(words.mixture, words.vocabulary, chunks)
    assert word_card.score == score
    systems = word_card.as_dict()["systems"]
    assert set(systems) == SYSTEMS["word"]
    for system, found in systems.items():
        assert found["perplexity"] == score.perplexity(system)
        assert found["bits_per_character"] == score.bits_per_character(system)
        assert found["typed"]["words"] == 18


def test_knowing_more_saves_more(word_card: Card) -> None:
    saved = {system: figures.savings[RULES[2]] for system, figures in word_card.typed.items()}
    assert saved["mixture"] > 1.2 * saved["unigram"] > 0.0
    assert word_card.typed["mixture"].hits[5] > word_card.typed["unigram"].hits[5]


def test_the_thresholds_are_the_models_own(words: Model, word_card: Card) -> None:
    assert word_card.thresholds == Suggester(words).thresholds == Thresholds(0.2, 0.3, 0.4)
    assert word_card.as_dict()["threshold"] == 0.2
    unfitted = dataclasses.replace(words, manifest=words.manifest.with_thresholds(None))
    assert last(report_card(unfitted, texts(*DOCUMENTS), limit_words=2)).thresholds == unfitted.thresholds


def plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str for key in value) and all(map(plain, value.values()))
    if isinstance(value, list):
        return all(map(plain, value))
    return value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value))


def test_a_card_is_plain_json(card: Card) -> None:
    assert plain(card.as_dict())
    assert json.loads(json.dumps(card.as_dict(), allow_nan=False)) == card.as_dict()


def test_what_is_no_number_is_null(words: Model) -> None:
    """Of one word there is no interval, and of one letter nothing within it."""
    found = last(report_card(words, texts("a\n"))).as_dict()
    assert plain(found)
    typed = found["systems"]["mixture"]["typed"]
    assert typed["hit_interval"]["1"] == [None, None]
    assert typed["completion_shown"] == {"coverage": None, "precision": None}


@pytest.mark.parametrize("documents", [(), ("",), (" \n\n",)])
def test_no_text_has_no_figures(words: Model, documents: tuple[str, ...]) -> None:
    found = last(report_card(words, texts(*documents)))
    assert (found.score.tokens, found.typed) == (0, {})
    assert plain(found.as_dict())
    assert found.as_dict()["systems"] == {}


@pytest.mark.parametrize("text", ["?!\n", "best food"])
def test_where_no_word_is_typed_there_are_scores_alone(words: Model, text: str) -> None:
    found = last(report_card(words, texts(text), limit_words=0))
    assert found.score.tokens > 0
    assert found.typed == {}
    assert {each["typed"] for each in found.as_dict()["systems"].values()} == {None}


def test_limits_are_kept(words: Model) -> None:
    steps = list(report_card(words, texts(*DOCUMENTS), limit_tokens=7, limit_words=5))
    found = last(iter(steps))
    assert found.score.tokens == 7
    assert {figures.words for figures in found.typed.values()} == {5}
    for step in steps[:-1]:
        assert isinstance(step, CardProgress)
        assert step.total == {"scoring": 7, "typing": 5, "phrases": 1}[step.stage]
        assert 0 < step.done <= step.total
    stages = [step.stage for step in steps[:-1] if isinstance(step, CardProgress) and step.stage != "scoring"]
    assert stages == ["typing"] * 5 + ["phrases"]
    assert next(iter(found.typed)) == "mixture"


def test_where_time_is_short_all_systems_type_the_same_few_words(words: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes whenever somebody looks at the clock: at the start, after a stretch, a word, a place."""
    monkeypatch.setattr(card_module, "time", SimpleNamespace(monotonic=count(step=1.0).__next__))
    found = last(report_card(words, texts("best food in Zwolle please\n" * 20), seconds=60.0))
    assert found.typed.keys() == SYSTEMS["word"]
    assert {figures.words for figures in found.typed.values()} == {42}  # after the one stretch
    assert [figures.phrase_places for figures in found.typed.values()] == [18, 18, 18, 18, 18, 0]
    hurried = last(report_card(words, texts(*DOCUMENTS), seconds=0.0))
    assert hurried.score.tokens == score_of_first(words)


def test_a_row_that_rests_on_a_word_is_not_shown(words: Model) -> None:
    """Where there is no time at all, the model itself is typed until its figures say something, and it alone."""
    found = last(report_card(words, texts("best food in Zwolle please\n" * 20), seconds=0.0))
    assert {system: figures.words for system, figures in found.typed.items()} == {"mixture": FEW_WORDS}
    assert found.as_dict()["systems"]["unigram"]["typed"] is None


def score_of_first(model: Model) -> int:
    """Tokens of the first document."""
    return len(encode(next(texts(*DOCUMENTS)()), model.tokenizer, model.vocabulary).ids)


@pytest.fixture(scope="module")
def frequent() -> FrequencyCompleter:
    tokens = [UNKNOWN_TOKEN, END_TOKEN, ",", "the", "to", "The", "then", "don't", "9", "tea", "don"]
    counts = [40, 30, 25, 20, 15, 9, 8, 7, 6, 5, 4]
    return FrequencyCompleter(Vocabulary(tokens, counts, Joining(frozenset(), frozenset(), None)))


@pytest.mark.parametrize(
    ("text", "mode", "found"),
    [
        ("", "next", ["the", "to", "The", "then", "don't", "9", "tea", "don"]),
        ("say t", "next", ["the", "to", "The", "then", "don't", "9", "tea", "don"]),
        ("say ", "complete", ["the", "to", "The", "then", "don't", "9", "tea", "don"]),
        ("say t", "complete", ["the", "to", "then", "tea"]),
        ("say t", "auto", ["the", "to", "then", "tea"]),
        ("say T", "complete", ["The"]),
        ("the", "complete", ["then"]),
        ("say 'don", "complete", ["don't"]),
        ("say don'", "complete", ["don't"]),
        ("say x", "complete", []),
        ("<", "complete", ["the", "to", "The", "then", "don't", "9", "tea", "don"]),
    ],
)
def test_frequent_words_come_first_and_begin_as_typed(
    frequent: FrequencyCompleter, text: str, mode: Mode, found: list[str]
) -> None:
    assert [item.text for item in frequent.suggest(text, k=60, mode=mode)] == found
    assert [item.text for item in frequent.suggest(text, k=2, mode=mode)] == found[:2]


@pytest.mark.parametrize(
    ("text", "mode", "found"),
    [
        ("docker ", "next", ["-d", "--name=", "./a.sh", "'*.py'"]),
        ("docker -", "complete", ["-d", "--name="]),
        ("find . -name '*", "complete", ["'*.py'"]),
        ("make CC=./", "complete", ["./a.sh"]),
        ("ls |", "complete", ["-d", "--name=", "./a.sh", "'*.py'"]),
        ("./A", "complete", []),
    ],
)
def test_frequent_arguments_come_first_and_begin_as_typed(text: str, mode: Mode, found: list[str]) -> None:
    tokens = [UNKNOWN_TOKEN, END_TOKEN, "|", "-d", "--name=", "./a.sh", "'*.py'", '"']
    vocabulary = Vocabulary(tokens, [*range(len(tokens), 0, -1)], Joining(frozenset(), frozenset(), None))
    completer = FrequencyCompleter(vocabulary, "commands")
    assert [item.text for item in completer.suggest(text, k=60, mode=mode)] == found


@pytest.mark.parametrize("text", ["", "the", "say ", "say t", "say 'do", "T"])
@pytest.mark.parametrize("mode", ["auto", "next", "complete"])
def test_what_the_baseline_says_is_a_distribution_and_can_be_applied(
    frequent: FrequencyCompleter, text: str, mode: Mode
) -> None:
    found = frequent.suggest(text, k=60, mode=mode)
    assert found
    assert sum(item.probability for item in found) <= 1.0
    assert all(one.probability >= other.probability for one, other in pairwise(found))
    for item in found:
        assert text[: len(text) - item.replace] + item.insert == item.result != text
        assert item.result.endswith(item.text)
        if item.kind == "next":
            assert item.result == " ".join([*text.split(), item.text])
