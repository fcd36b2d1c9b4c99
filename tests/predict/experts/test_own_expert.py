"""An expert of one's own is one of the others: it is mixed, explained, scored, fitted and reported by its name."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest

from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.errors import UsageError
from autocomplete.evaluation.card import Card, report_card
from autocomplete.evaluation.mixing import fit_mixture, score_within
from autocomplete.evaluation.perplexity import score_text
from autocomplete.interface.report import card_lines
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from examples.own_expert import Again, suggester_with_again
from tests.evaluation.steps import result_of

TYPED = "best food in Paris now best food in "
TEXT = "best food in Paris to boil Vegas\n" * 8


@pytest.fixture
def model(trained_model: str) -> Model:
    """With the expert as one more."""
    loaded = Model.open(trained_model)
    again = Again(loaded.vocabulary.size)
    return loaded.with_expert(again, share=0.1)


def chunk() -> TextChunk:
    return TextChunk("", TEXT, begins_document=True, ends_document=True)


def test_it_has_its_part_in_suggestions_and_says_so(trained_model: str) -> None:
    names = ("network", "ngram", "cache", "again")  # what is weighed apart takes its part of all of them
    asked = [Suggester(Model.open(trained_model)), suggester_with_again(trained_model)]
    asked = [Suggester(dataclasses.replace(each.model, mixture=each.model.mixture.only(*names))) for each in asked]
    before, after = ({item.text: item for item in each.suggest(TYPED, k=20)} for each in asked)
    assert set(after["Paris"].experts) == set(names)
    assert after["Paris"].experts["again"] > 0.1
    assert math.isclose(sum(after["Paris"].experts.values()), 1.0, abs_tol=1e-5)
    assert after["Paris"].probability == pytest.approx(0.9 * before["Paris"].probability + 0.09, abs=0.005)


def test_its_share_is_taken_from_all_alike(model: Model) -> None:
    every = model.mixture.only("network", "ngram", "cache", "again")
    others = every.only("network", "ngram", "cache")
    state, other = every.initial_state(), others.initial_state()
    for token in model.vocabulary.encode(TYPED.split()):
        state, other = every.step(state, [token]), others.step(other, [token])
    weights, without = every.explain(state).weights, others.explain(other).weights
    assert weights.pop("again") == pytest.approx(0.1)
    np.testing.assert_allclose(list(weights.values()), [0.9 * each for each in without.values()])


def test_it_is_a_system_of_the_report_by_its_name(model: Model) -> None:
    *_, card = report_card(model, lambda: iter([chunk()]), limit_words=2)
    assert isinstance(card, Card)
    assert set(card.score.systems) == {"mixture", "static", "network", "ngram", "again", "trigram", "unigram"}
    lines = card_lines(card.as_dict())
    assert [line.split("  ")[0] for line in lines[2:9]][2:5] == [
        "its network alone", "its n-grams alone", "its again alone",
    ]  # fmt: skip


def test_its_weight_is_fitted_with_the_others(model: Model) -> None:
    chunks = [encode(chunk(), model.tokenizer, model.vocabulary)]
    scores = result_of(score_within(model.mixture, model.vocabulary, chunks))
    fit = fit_mixture(model.mixture, scores)
    assert fit.weights.experts == ("network", "ngram", "cache", "again")
    assert fit.weights.classes["again"].size == 2
    mixture = model.mixture.with_weights(fit.weights)
    *_, fitted = score_text(mixture, model.vocabulary, chunks)
    *_, given = score_text(model.mixture, model.vocabulary, chunks)
    assert fitted.perplexity() < given.perplexity()
    assert fit.perplexity["mixture"] == pytest.approx(fitted.perplexity())


def test_alone_it_is_a_model_of_its_own(model: Model) -> None:
    alone = Mixture([Again(model.vocabulary.size)])
    found = Suggester(dataclasses.replace(model, mixture=alone)).suggest(TYPED, k=1)[0]
    assert (found.text, found.experts) == ("Paris", {"again": 1.0})


def test_the_example_runs_as_it_says(trained_model: str) -> None:
    command = [sys.executable, "-m", "examples.own_expert", trained_model, TYPED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "'again': " in done.stdout


def test_one_of_another_vocabulary_is_refused(model: Model) -> None:
    with pytest.raises(UsageError, match="'again' knows 3 tokens"):
        model.with_expert(Again(3), share=0.1)
