"""Scoring many tokens at a time gives what asking the model before each token would give."""

import dataclasses
import math
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from autocomplete.corpus.encoding import EncodedChunk, TextChunk, encode
from autocomplete.evaluation import perplexity
from autocomplete.evaluation.perplexity import Spelling, TextScore, score_text
from autocomplete.predict.experts.mixture import Forecast, Mixture
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.model import Model
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN

FIRST = (
    "best food in Zwolle please\nhow to boil an egg\nun cafe\u0301 zzz\nbest food in Zwolle now\nxylo in Paris zzz\n"
    "flights from Zwolle to Boston?\n"
)
SECOND = "weather in Zwolle today\nbest food in Las Vegas for two"
PARTS = {
    "all": ("network", "ngram", "cache"), "static": ("network", "ngram"), "network with cache": ("network", "cache"),
    "n-grams with cache": ("ngram", "cache"), "n-grams": ("ngram",),
}  # fmt: skip


@pytest.fixture(scope="module")
def words(trained_model: str) -> Model:
    """A word model that knows one of the words that its vocabulary lacks as a rare one."""
    model = Model.open(trained_model)
    return dataclasses.replace(model, vocabulary=dataclasses.replace(model.vocabulary, rare=["xylo", "quartz"]))


@pytest.fixture(scope="module")
def characters(trained_char_model: str) -> Model:
    return Model.open(trained_char_model)


@pytest.fixture(params=[*PARTS, "characters"])
def model(request: pytest.FixtureRequest, words: Model, characters: Model) -> Model:
    if request.param == "characters":
        return characters
    return dataclasses.replace(words, mixture=words.mixture.only(*PARTS[request.param]))


def encoded(model: Model, *texts: str, joined: bool = False) -> Iterator[EncodedChunk]:
    """A document a text or, `joined`, one document."""
    for number, text in enumerate(texts):
        last = number == len(texts) - 1
        chunk = TextChunk("", text, begins_document=not (joined and number), ends_document=last or not joined)
        yield encode(chunk, model.tokenizer, model.vocabulary)


def scored(model: Model, chunks: Iterable[EncodedChunk], *, limit: int | None = None) -> TextScore:
    *_, score = score_text(model.mixture, model.vocabulary, chunks, limit=limit)
    return score


def tokens_of(model: Model, text: str) -> list[str]:
    """Token by token as typed; a document ends with the end of its last sequence."""
    tokens = [token.text for token in model.tokenizer.spans(text)]
    return tokens if tokens[-1] == END_TOKEN else [*tokens, END_TOKEN]


class ByHand:
    """Asks before each token; words that the vocabulary lacks are numbered as they come."""

    def __init__(self, model: Model) -> None:
        self.vocabulary = model.vocabulary
        self.spelling = Spelling(model.vocabulary)
        self.model = model
        self.systems = {"mixture": model.mixture}
        names = [expert.name for expert in model.mixture.experts]
        if names == ["network", "ngram", "cache"]:
            self.systems["static"] = model.mixture.only("network", "ngram")
        self.systems |= {name: model.mixture.only(name) for name in names if name != "cache"}
        ngrams = model.mixture.find(NgramExpert)
        if ngrams is not None:
            self.systems["trigram"] = Mixture([ngrams.truncated(3)])

    def nats(self, mixture: Mixture, *texts: str, spelled: bool = False) -> list[float]:
        """Of each token; an unknown word is `<unk>`, or is spelled."""
        numbers: dict[str, int] = {}
        found = []
        for text in texts:
            state = mixture.initial_state()
            for token in tokens_of(self.model, text):
                number = self.vocabulary.id(token)
                if number == UNKNOWN:
                    number = numbers.setdefault(token, self.vocabulary.size + len(numbers))
                found.append(-math.log(self.chance(mixture.explain(state), number, token, spelled=spelled)))
                state = mixture.step(state, [number])
        return found

    def chance(self, forecast: Forecast, number: int, word: str, *, spelled: bool) -> float:
        size = self.vocabulary.size
        if number < size:
            return float(forecast.probabilities[number])
        unknown = float(forecast.probabilities[UNKNOWN])
        if not spelled:
            return unknown + float(forecast.probabilities[size:].sum())
        again = float(forecast.probabilities[size:][forecast.further == number].sum())
        return again + unknown * math.exp(-self.spelling.nats(word))

    def unigram_nats(self, *texts: str, spelled: bool = False) -> list[float]:
        found, counts = [], self.vocabulary.counts
        for token in [token for text in texts for token in tokens_of(self.model, text)]:
            number = self.vocabulary.id(token)
            nats = -math.log((counts[number] + 1) / (sum(counts) + len(counts)))
            found.append(nats + (self.spelling.nats(token) if spelled and number == UNKNOWN else 0.0))
        return found


def test_perplexity_is_what_asking_before_each_token_gives(model: Model) -> None:
    score, by_hand = scored(model, encoded(model, FIRST, SECOND)), ByHand(model)
    assert set(score.systems) == {*by_hand.systems, "unigram"}
    for system, mixture in by_hand.systems.items():
        expected = math.exp(np.mean(by_hand.nats(mixture, FIRST, SECOND)))
        assert score.perplexity(system) == pytest.approx(expected, rel=1e-4), system
    assert score.perplexity("unigram") == pytest.approx(math.exp(np.mean(by_hand.unigram_nats(FIRST, SECOND))))
    tokens = [token for text in (FIRST, SECOND) for token in tokens_of(model, text)]
    assert score.tokens == len(tokens)
    assert score.unknown_share == sum(model.vocabulary.id(token) == UNKNOWN for token in tokens) / len(tokens) > 0


def test_bits_a_character_pay_for_the_letters_of_unknown_words(model: Model) -> None:
    """But what the session has written before it may say again without spelling."""
    score, by_hand = scored(model, encoded(model, FIRST, SECOND)), ByHand(model)
    bits = math.log(2) * (len(FIRST) - 1 + len(SECOND))  # e and its accent are one character
    for system, mixture in by_hand.systems.items():
        nats = by_hand.nats(mixture, FIRST, SECOND, spelled=True)
        assert score.bits_per_character(system) == pytest.approx(sum(nats) / bits, rel=1e-4), system
    unigram = by_hand.unigram_nats(FIRST, SECOND, spelled=True)
    assert score.bits_per_character("unigram") == pytest.approx(sum(unigram) / bits)


def test_where_every_word_is_known_bits_are_those_of_the_perplexity(model: Model) -> None:
    text = "best food in Las Vegas\nhow to boil an egg"
    score = scored(model, encoded(model, text))
    assert score.unknown_share == 0.0
    for system in score.systems:
        bits = math.log2(score.perplexity(system)) * score.tokens / len(text)
        assert score.bits_per_character(system) == pytest.approx(bits)


def test_words_known_again_save_bits_and_cost_no_perplexity(words: Model) -> None:
    """The second time a name is not spelled."""
    one = scored(words, encoded(words, "best food in Zwolle\nbest food in Zwolle\n"))
    other = scored(words, encoded(words, "best food in Zwolle\nbest food in Hwoxxe\n"))
    assert one.bits_per_character() < other.bits_per_character() - 0.1


@pytest.mark.parametrize("limit", [1, 5, 12, 40, 10_000])
def test_a_limit_scores_the_first_tokens(words: Model, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perplexity, "STRIDE", 6)
    nats = ByHand(words).nats(words.mixture, FIRST, SECOND)
    score = scored(words, encoded(words, FIRST, SECOND), limit=limit)
    assert score.tokens == min(limit, len(nats))
    assert score.perplexity() == pytest.approx(math.exp(np.mean(nats[:limit])), rel=1e-4)


def test_what_is_behind_the_limit_is_not_even_read(words: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perplexity, "STRIDE", 6)

    def chunks() -> Iterator[EncodedChunk]:
        yield from encoded(words, FIRST)
        pytest.fail("read on")

    steps = [step.tokens for step in score_text(words.mixture, words.vocabulary, chunks(), limit=12)]
    assert steps == [6, 12]


@pytest.mark.parametrize("limit", [1, 5, 12, 40])
def test_characters_are_counted_in_proportion(words: Model, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perplexity, "STRIDE", 3)
    score = scored(words, encoded(words, FIRST), limit=limit)
    share = min(1.0, limit / len(tokens_of(words, FIRST)))
    assert sum(stretch.characters for stretch in score.stretches) == round((len(FIRST) - 1) * share)


def test_memory_starts_anew_with_each_document(model: Model) -> None:
    apart = [scored(model, encoded(model, text)) for text in (FIRST, SECOND)]
    together = scored(model, encoded(model, FIRST, SECOND))
    assert [stretch.document for stretch in together.stretches] == [0, 1]
    for system in together.systems:
        nats = [sum(stretch.nats[system] for stretch in score.stretches) for score in [*apart, together]]
        assert nats[0] + nats[1] == pytest.approx(nats[2])


def test_where_no_document_begins_memory_goes_on(words: Model) -> None:
    """Wherever the chunks of a document are cut, and however many tokens are scored at a time."""
    whole = scored(words, encoded(words, FIRST + SECOND))
    in_chunks = scored(words, encoded(words, *FIRST.splitlines(keepends=True), SECOND, joined=True))
    assert len(in_chunks.stretches) > len(whole.stretches) == 1
    for system in whole.systems:
        assert in_chunks.perplexity(system) == pytest.approx(whole.perplexity(system), rel=1e-5)
        assert in_chunks.bits_per_character(system) == pytest.approx(whole.bits_per_character(system), rel=1e-5)
    anew = scored(words, encoded(words, FIRST, SECOND))
    assert anew.perplexity() != pytest.approx(whole.perplexity(), rel=1e-3)


@pytest.mark.parametrize("stride", [1, 7])
def test_how_many_tokens_are_scored_at_a_time_changes_nothing(
    model: Model, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scored(model, encoded(model, FIRST, SECOND))
    monkeypatch.setattr(perplexity, "STRIDE", stride)
    steps = [step.tokens for step in score_text(model.mixture, model.vocabulary, encoded(model, FIRST, SECOND))]
    assert steps == sorted(set(steps))  # one after another
    assert max(np.diff([0, *steps])) == stride
    in_stretches = scored(model, encoded(model, FIRST, SECOND))
    for system in whole.systems:
        assert in_stretches.perplexity(system) == pytest.approx(whole.perplexity(system), rel=1e-5)
        assert in_stretches.bits_per_character(system) == pytest.approx(whole.bits_per_character(system), rel=1e-5)


def test_the_interval_is_around_the_perplexity(words: Model) -> None:
    many = scored(words, encoded(words, *[FIRST, SECOND] * 15))
    fewest, most = many.bits_interval()
    assert fewest < many.bits_per_character() < most
    low, high = many.perplexity_interval()
    assert low < many.perplexity() < high
    assert all(map(math.isnan, scored(words, encoded(words, FIRST)).perplexity_interval()))  # one stretch


def test_before_the_first_token_there_is_nothing_to_say() -> None:
    score = TextScore()
    assert (score.tokens, score.systems, score.unknown_share) == (0, (), 0.0)
    assert math.isnan(score.perplexity())


def test_a_token_too_long_to_spell_costs_a_finite_number_of_bits(trained_model: str) -> None:
    """A base64 line, or a hundred Han characters without a space."""
    model = Model.open(trained_model)
    text = "best food in " + "Qx7" * 300 + "\n" + "漢字" * 80 + "\nhow to boil an egg\n"
    chunk = encode(TextChunk("d", text, begins_document=True), model.tokenizer, model.vocabulary)
    *_, score = score_text(model.mixture, model.vocabulary, [chunk])
    assert all(math.isfinite(score.bits_per_character(system)) for system in score.systems)
