"""Laws of the copy: the longest context decides, what was written once comes back, others keep their weights."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocomplete import bundle
from autocomplete.errors import ModelError
from autocomplete.evaluation.mixing import PRIOR_TOKENS_APART, fit_mixture
from autocomplete.predict.experts.cache import Cache
from autocomplete.predict.experts.copy import (
    BLOCK,
    BLOCKS,
    CLASSES,
    LONGEST,
    Copy,
    CopyState,
    longest_match,
)
from autocomplete.predict.experts.loading import load_mixture
from autocomplete.predict.experts.mixture import Mixture, MixtureWeights
from autocomplete.predict.experts.protocol import Scores, Sequences, is_silent
from autocomplete.text.vocabulary import END
from tests.predict.experts.asking import VOCABULARY, counted, session

NOTHING = np.empty((1, 0), np.float32)


def read(tokens: list[int]) -> CopyState:
    state = CopyState()
    for token in tokens:
        state = state.after(token)
    return state


def followers(tokens: list[int]) -> dict[int, float]:
    found = longest_match(np.array(tokens, np.int64))
    return dict(zip(found.tokens.tolist(), found.shares.tolist(), strict=True))


def guess(tokens: list[int], *, seen: int = 0, size: int = 10_000) -> float:
    """What it counts at the end of a text, where the n-grams have seen so many of the last tokens together."""
    expert = Copy(size)
    evidence = expert.forecast(Sequences([read(tokens)]), NOTHING).evidence
    return (0.0, *Copy.classing.guesses)[int(expert.classes(evidence, {"ngram": np.array([seen])})[0])]


@pytest.mark.parametrize("tokens", [[], [3], [3, 4], [3, 4, 5]])
def test_where_the_last_token_is_new_it_is_silent(tokens: list[int]) -> None:
    assert followers(tokens) == {}
    assert guess(tokens) == 0.0


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ([1, 2, 3, 9, 2, 4, 1, 2], {3}),  # 1 2 stood there once, 2 oftener
        ([1, 2, 3, 1, 2, 4, 1, 2], {3, 4}),
        ([7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2], {3}),
        ([5, 5, 5], {5}),
        ([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3], {4}),
    ],
)
def test_the_longest_context_alone_decides(tokens: list[int], expected: set[int]) -> None:
    assert followers(tokens).keys() == expected
    assert sum(followers(tokens).values()) == pytest.approx(1.0)


def test_a_line_that_was_written_once_comes_back_to_its_end() -> None:
    line = [1, *range(40, 60), 1]
    state = read([*line, 30, 31, 1, *line[1:4]])
    for token in line[4:]:
        [found] = longest_match(state.tokens()).tokens
        assert found == token
        state = state.after(token)


def test_of_several_ways_the_last_counts_most() -> None:
    shares = followers([8, 20, 8, 21, 8, 22, 8])
    assert shares[20] < shares[21] < shares[22]


def test_a_longer_match_is_better_evidence_up_to_the_longest_compared() -> None:
    guesses = [guess([*range(700, 700 + length), 9, *range(700, 700 + length)]) for length in range(1, LONGEST + 5)]
    assert guesses == sorted(guesses)
    assert len(set(guesses)) == len(set(guesses[:6])) > 3


BEGUN = [END, 700, 701, 702, 703, 5, END, 700, 701, 702]


def test_what_the_ngrams_have_seen_as_well_counts_less() -> None:
    within = BEGUN[1:6] + BEGUN[7:]
    for text, known in ((within, 3), (BEGUN, 4)):
        guesses = [guess(text, seen=seen) for seen in range(6)]
        assert guesses == [guesses[0]] * known + [guesses[-1]] * (6 - known)
        assert guesses[0] > 2 * guesses[-1]


def test_to_the_ngrams_the_line_before_and_words_of_the_session_are_nothing_known() -> None:
    signed = [END, 40, 41, END, 42, 43, 7, END, 40, 41, END, 42]
    assert guess(signed, seen=2) == guess(signed, seen=9) < guess(signed, seen=1)
    own = [*BEGUN[:-1], 702, 9, *BEGUN[:-1], 702]
    assert guess(own, size=702, seen=4) == guess(own, size=10_000, seen=0)


def test_a_line_that_is_begun_again_is_better_evidence_than_words_within_one() -> None:
    assert guess(BEGUN) > guess([8, *BEGUN[1:6], 9, *BEGUN[7:]])


def test_evidence_tells_what_went_on_alike_from_what_was_written_once_and_both_from_several_ways() -> None:
    once, alike, differently = ([700, *middle, 700] for middle in ([5], [5, 700, 5], [5, 700, 6]))
    assert guess(alike) > guess(once) > guess(differently) > 0.0
    assert len(Copy.classing.guesses) == CLASSES


def test_what_was_read_longer_ago_is_forgotten() -> None:
    state = read([5001, 5002, *range(BLOCK * (BLOCKS + 1)), 5001])
    assert len(longest_match(state.tokens()).context) == 0
    assert state.size == len(state.tokens()) <= BLOCK * (BLOCKS + 1)


def test_a_state_is_not_changed_by_what_another_reads_after_it() -> None:
    common = read([1, 2, 3, *range(10, 10 + BLOCK - 5), 1])
    before = common.tokens().tolist()
    one, other = common.after(2), common.after(3)
    for token in range(BLOCK):
        one, other = one.after(70), other.after(80 + token)
    assert common.tokens().tolist() == before
    assert longest_match(common.tokens()).tokens.tolist() == [2]


def test_a_key_compares_no_more_however_long_the_text_is() -> None:
    state = read([5] * (40 * BLOCK * BLOCKS))
    assert state.size <= BLOCK * (BLOCKS + 1)
    assert followers(state.tokens().tolist()) == {5: pytest.approx(1.0)}


@pytest.fixture
def without(tmp_path: Path) -> Mixture:
    return Mixture([counted(tmp_path), Cache(VOCABULARY)])


def test_the_others_share_what_it_leaves_them_as_if_it_were_not_there(without: Mixture) -> None:
    mixture, heard = without.with_expert(Copy(VOCABULARY)), 0
    state, other = mixture.initial_state(), without.initial_state()
    for token in session(80, seed=5).tolist():
        found, expected = mixture.explain(state), without.explain(other)
        own = found.weights.get("copy", 0.0)
        assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        for name, weight in expected.weights.items():
            assert found.weights[name] == pytest.approx((1.0 - own) * weight)
        heard += own > 0.0
        state, other = mixture.step(state, [token]), without.step(other, [token])
    assert heard > 20


def test_its_weights_are_fitted_in_its_classes_and_the_others_as_without_it(without: Mixture) -> None:
    mixture, tokens = without.with_expert(Copy(VOCABULARY)), np.tile(session(300, seed=7), 5)
    scores, _ = mixture.score_apart(mixture.initial_state(), tokens)
    fit = fit_mixture(mixture, scores)
    alone = fit_mixture(without, {name: each for name, each in scores.items() if name != "copy"})
    np.testing.assert_array_equal(fit.weights.weights, alone.weights.weights)
    assert fit.perplexity["static"] == alone.perplexity["static"]
    assert fit.perplexity["mixture"] < alone.perplexity["mixture"]
    numbers = Copy(VOCABULARY).classes(scores["copy"].evidence, {"ngram": scores["ngram"].evidence})
    for number, (guess, weight) in enumerate(zip(Copy.classing.guesses, fit.weights.apart["copy"], strict=True), 1):
        times = int((numbers == number).sum())
        # The most that so many tokens can make of a guess.
        lowest = guess * PRIOR_TOKENS_APART / (times + PRIOR_TOKENS_APART)
        highest = lowest + times / (times + PRIOR_TOKENS_APART)
        assert lowest - 1e-9 <= weight <= highest + 1e-9
        assert times or weight == pytest.approx(guess)
    again = MixtureWeights.from_dict(json.loads(json.dumps(fit.weights.as_dict())))
    assert again.apart == fit.weights.apart


@pytest.mark.parametrize(("right", "grows"), [(1.0, True), (1e-9, False)])
def test_what_is_mostly_right_gets_more_than_the_guess(without: Mixture, right: float, grows: bool) -> None:
    count = 400
    evidence = np.array([(-np.inf, np.inf), (0.0, 1.0)] * (count // 2))  # silent, or a class that is new
    scores = {
        "ngram": Scores.of_classes(np.full(count, np.log(0.05)), np.zeros(count)),
        "cache": Scores.of_classes(np.full(count, np.log(0.05)), np.full(count, 9.0)),
        "copy": Scores.of_classes(np.full(count, np.log(right)), evidence),
    }
    weights = fit_mixture(without.with_expert(Copy(VOCABULARY)), scores).weights.apart["copy"]
    assert (weights[3] > Copy.classing.guesses[3]) is grows
    assert weights[4] == pytest.approx(Copy.classing.guesses[4])


def test_words_that_the_vocabulary_lacks_come_back_as_themselves() -> None:
    expert, state = Copy(VOCABULARY), Copy(VOCABULARY).initial_state()
    for token in (4, VOCABULARY + 2, VOCABULARY + 5, 3, 4):
        state = expert.step(state, [token], NOTHING)
    found = expert.forecast(state, NOTHING)
    assert found.further.tolist() == [VOCABULARY + 2]
    assert found.probabilities[0, VOCABULARY:].tolist() == [1.0]
    assert not is_silent(found.evidence).any()


def test_a_folder_that_was_made_before_it_uses_the_guesses(trained_model: str) -> None:
    folder = Path(trained_model)
    manifest = bundle.read_manifest(folder)
    vocabulary = bundle.read_vocabulary(folder, manifest)
    assert manifest.mixture is not None
    assert len(manifest.mixture["apart"]["copy"]) == CLASSES
    older = {key: value for key, value in manifest.mixture.items() if key != "apart"}
    mixture = load_mixture(folder, replace(manifest, mixture=older), vocabulary)
    state = mixture.initial_state()
    for token in (9, 3, 4, 8, 9):
        state = mixture.step(state, [token])
    weight = mixture.explain(state).weights["copy"]
    assert weight in Copy.classing.guesses


@pytest.mark.parametrize(
    "apart", [{"copy": [0.1]}, {"copy": [2.0] * CLASSES}, {"copy": ["a"] * CLASSES}, {"copy": 3}, 5]
)
def test_weights_that_are_none_are_refused(trained_model: str, apart: object) -> None:
    folder = Path(trained_model)
    manifest = bundle.read_manifest(folder)
    assert manifest.mixture is not None
    vocabulary = bundle.read_vocabulary(folder, manifest)
    with pytest.raises(ModelError, match="manifest is damaged"):
        load_mixture(folder, replace(manifest, mixture={**manifest.mixture, "apart": apart}), vocabulary)
