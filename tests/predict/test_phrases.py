"""Laws of phrases: begun by a suggestion of one word, as likely as their words, ended where the sentence is."""

import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.bundle import Thresholds
from autocomplete.interface.cli.app import run
from autocomplete.predict.context import Place
from autocomplete.predict.experts.mixture import Forecast
from autocomplete.predict.model import Model
from autocomplete.predict.phrases import Phrase, PhraseSearch
from autocomplete.predict.session import Session
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.predict.words import WordRanker
from autocomplete.text.vocabulary import END, UNKNOWN, Joining
from tests.predict.asking import ANY_TEXT, MODES, STARTS, assert_same, check, several, with_threshold, words_in

ODD_STARTS = ["zzzq ", "😀", "best food in vegsa", "un Cafe", "LAS", "best,", "(", "now?", "a\n\n"]


@pytest.fixture(scope="module")
def words_of(trained_model: str) -> WordRanker:
    """The ranker beneath a word model's suggester."""
    ranker = Model.open(trained_model).ranker()
    assert isinstance(ranker, WordRanker)
    return ranker


@several
@given(typed=ANY_TEXT, context=ANY_TEXT, mode=MODES, words=st.integers(1, 5), threshold=st.sampled_from([None, 0.2, 0]))
def test_any_input_gets_an_answer_that_keeps_the_contract(
    suggester: Suggester, typed: str, context: str, mode: Mode, words: int, threshold: float | None
) -> None:
    found = with_threshold(suggester, threshold).suggest(typed, k=4, mode=mode, words=words, context=context)
    check(typed, found, words=words)
    assert len(found) <= 4
    assert mode == "auto" or {item.kind for item in found} <= {mode}


@pytest.mark.parametrize("typed", STARTS + ODD_STARTS)
@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.3])
def test_a_phrase_begins_with_a_suggestion_of_one_word(suggester: Suggester, typed: str, threshold: float) -> None:
    asked = with_threshold(suggester, threshold)
    single = {item.result: item for item in asked.suggest(typed, k=4)}
    for limit in (1, 2, 3, 6):
        phrases = asked.suggest(typed, k=4, words=limit)
        assert len(phrases) == len(single)
        begun = set()
        for phrase in phrases:
            first = max((result for result in single if phrase.result.startswith(result)), key=len)
            one = single[first]
            begun.add(first)
            assert (phrase.kind, phrase.replace) == (one.kind, one.replace)
            assert phrase.probability <= one.probability + 1e-9
            further = words_in(phrase.result[len(first) :])
            assert len(further) <= limit - 1
            if further:  # neither the phrase nor a step of it is a guess
                assert phrase.probability ** (1 / (1 + len(further))) >= threshold - 1e-6
        assert begun == single.keys()


@pytest.mark.parametrize("typed", [*STARTS, "best food in vegsa", "now? "])
@pytest.mark.parametrize("threshold", [0.0, 0.1])
def test_a_phrase_is_as_likely_as_its_words_one_after_another(
    trained_model: str, words_of: WordRanker, typed: str, threshold: float
) -> None:
    model = Model.open(trained_model)
    asked = with_threshold(Suggester(model), threshold)
    single = {item.result: item for item in asked.suggest(typed, k=4)}
    for phrase in asked.suggest(typed, k=4, words=5):
        first = max((result for result in single if phrase.result.startswith(result)), key=len)
        said = [token.text for token in model.tokenizer.spans(phrase.result)]
        whole = model.vocabulary.encode(said)
        known = len(model.tokenizer.spans(first))
        expected = single[first].probability
        for place in range(known, len(whole)):
            chance = float(words_of.forecast(words_of.place(said[:place])).probabilities[whole[place]])
            assert chance >= threshold
            expected *= chance
        assert UNKNOWN not in whole[known:]
        assert END not in whole[known:]
        # What an unknown word stands for is settled in a phrase; typed, it is itself again three words later.
        assert math.isclose(phrase.probability, expected, rel_tol=0.02 if UNKNOWN in whole[:known] else 1e-4)
        # Written as the corpus writes it.
        assert model.vocabulary.detokenize(whole[known - 1 :]).endswith(phrase.result[len(first) :])


def test_a_phrase_of_all_lengths_is_the_best_that_brute_force_finds(trained_model: str, words_of: WordRanker) -> None:
    """Of two words behind a suggestion, none is likelier than the one found: the beam loses nothing here."""
    asked = with_threshold(Suggester.open(trained_model), 0.0)
    vocabulary = Model.open(trained_model).vocabulary
    typed = "flights from "
    for phrase in asked.suggest(typed, k=2, words=2):
        first = phrase.text.split(" ")[0].rstrip("?")
        after = words_of.forecast(words_of.place(["flights", "from", first])).probabilities.copy()
        after[[UNKNOWN, END]] = 0.0
        assert phrase.text == f"{first} {vocabulary.tokens[int(after.argmax())]}"


@pytest.mark.parametrize(
    ("typed", "limit", "texts"),
    [
        ("best food in ", 2, {"Las Vegas"}),
        ("flights from ", 4, {"New York to Boston"}),
        ("how to bo", 3, {"boil an egg"}),
        ("best fo", 2, {"food in"}),
        ("best fo", 1, {"food"}),
    ],
)
def test_what_is_learned_goes_on(suggester: Suggester, typed: str, limit: int, texts: set[str]) -> None:
    assert {item.text for item in with_threshold(suggester, 0.2).suggest(typed, k=1, words=limit)} == texts


@pytest.mark.parametrize("typed", ["best food in Las ", "flights from New York ", "how to "])
def test_a_phrase_ends_where_the_sentence_does(suggester: Suggester, typed: str) -> None:
    """No line of the corpus goes on after `please`, `for two` or `now`."""
    found = with_threshold(suggester, 0.0).suggest(typed, k=1, words=30)[0]
    for end in ("please", "two", "now"):
        assert words_in(found.text).count(end) <= 1
        assert end not in words_in(found.text)[:-1]
    assert not {"how", "best", "weather", "flights"} & set(words_in(found.text))


def test_phrases_have_a_threshold_of_their_own(suggester: Suggester) -> None:
    """What is shown before a word and within one has no part in how long a phrase becomes."""

    def asked(found: Thresholds | None) -> list[Suggestion]:
        manifest = suggester.manifest.with_thresholds(found)
        return Suggester(dataclasses.replace(suggester.model, manifest=manifest)).suggest("best food in ", words=5)

    assert asked(Thresholds(0.0, 0.0, 1.0)) == suggester.suggest("best food in ")
    assert asked(Thresholds(1.0, 1.0, 0.1)) == asked(Thresholds(0.0, 0.0, 0.1)) != asked(Thresholds(0.0, 0.0, 1.0))
    assert any(" " in item.text for item in asked(None))  # never fitted, and not mute


def test_a_higher_wish_makes_shorter_phrases(suggester: Suggester) -> None:
    asked = with_threshold(suggester, 0.0)
    lengths = [
        len(asked.suggest("weather in Paris ", k=1, words=8, min_probability=least)[0].text)
        for least in (0.0, 0.05, 0.3, 0.6)
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[-1]


def test_a_likely_mark_never_makes_room_for_a_word_too_many(tmp_path: Path) -> None:
    """`a,` is more confident than `a b`, but what follows `a b` more than what follows `a,`."""
    corpus = tmp_path / "corpus.txt"
    lines = ["a b c c c"] * 3 + ["a, x y"] * 2 + ["a, u y"] * 2 + ["a, v y"] * 3
    corpus.write_text("\n".join(lines * 40) + "\n", "utf-8")
    assert run(["train", str(corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    asked = with_threshold(Suggester.open(tmp_path / "m"), 0.0)
    for limit in (2, 3):
        for item in asked.suggest("", k=3, words=limit):
            assert len(item.text.replace(",", " ").split()) <= limit


def test_marks_within_a_phrase_join_as_the_corpus_has_it(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("stop, look (and) listen\n" * 100, "utf-8")
    assert run(["train", str(corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    asked = with_threshold(Suggester.open(tmp_path / "m"), 0.0)
    assert asked.suggest("", k=1, words=4)[0].text == "stop, look (and) listen"


@pytest.mark.parametrize("mark", [".", "?", "!", "…", "...", "؟", "۔", "।"])
def test_no_phrase_runs_on_into_the_next_sentence(tmp_path: Path, mark: str) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text(f"stop, look here{mark} They go on\n" * 100, "utf-8")
    assert run(["train", str(corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    asked = with_threshold(Suggester.open(tmp_path / "m"), 0.0)
    assert asked.suggest("stop, ", k=1, words=5)[0].text == f"look here{mark}"
    assert asked.suggest("stop, look here", k=1, words=5)[0].text == mark
    assert asked.suggest("stop", k=1, words=2)[0].text == ", look here"  # a mark is no word


def test_a_phrase_of_all_its_words_asks_for_no_more() -> None:
    def forecast(place: Place[None]) -> Forecast:
        raise AssertionError(place)

    def after(place: Place[None], token: int) -> Place[None]:
        raise AssertionError(place, token)

    search = PhraseSearch(forecast=forecast, after=after, texts_of=list, joining=Joining())  # type: ignore[arg-type]
    full = Phrase(Place(None), token=3, text="3", quoting=False, added=" 3", log_probability=-1.0, words=2, needed=-9.0)
    assert search.most_confident(full, words=2, least=Thresholds(0.0, 0.0, 0.0), blocked=()) == full


def test_phrases_do_not_depend_on_what_was_asked_before(
    suggester: Suggester, request: pytest.FixtureRequest, trained_model: str, trained_char_model: str
) -> None:
    folder = trained_model if suggester.manifest.level == "word" else trained_char_model
    for typed in ["un caf", "best food in Las", "un caf", "best food in L", "", "un Cafe", "best food in Las Veg"]:
        for limit in (3, 6, 2):
            found = suggester.suggest(typed, k=4, words=limit)
            assert found == suggester.suggest(typed, k=4, words=limit)
            assert_same(found, Suggester.open(folder).suggest(typed, k=4, words=limit))


@pytest.mark.parametrize("typed", [*STARTS, "now? "])
@pytest.mark.parametrize("words", [2, 3, 5])
def test_a_suggestion_goes_on_by_itself_as_it_does_in_a_list(suggester: Suggester, typed: str, words: int) -> None:
    session = Session(with_threshold(suggester, 0.0).model)
    singly = [session.extended(first, typed, words=words) for first in session.suggest(typed, k=4)]
    assert singly == session.suggest(typed, k=4, words=words)


@pytest.mark.parametrize("typed", STARTS)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, 2.0])
def test_a_search_that_may_end_early_finds_every_phrase_that_is_likely_enough(
    suggester: Suggester, typed: str, share: float
) -> None:
    session = Session(with_threshold(suggester, 0.0).model)
    for first in session.suggest(typed, k=4):
        whole = session.extended(first, typed, words=3)
        found = session.extended(first, typed, words=3, above=min(1.0, share * whole.probability))
        assert found == whole or (share > 1.0 and whole.text.startswith(found.text))
