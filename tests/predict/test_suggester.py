"""Laws of suggestions: the insert contract, the typed prefix respected, incremental equal to from scratch."""

import math
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autocomplete.errors import UsageError
from autocomplete.interface.cli.app import run
from autocomplete.predict.lexicon import slip
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.text.prefixes import PrefixIndex, without_marks
from tests.predict import asking

ODD_TEXTS = [
    "", " ", "\n", "best food in Las", "best food in Las ", "best food in La", "👩‍👩‍👧 ", "🇫🇷", "שלום עולם", "مرحبا",
    "\x00\x07", "e\u0301",
    "caf\u0065\u0301 ", "zzzqqq", "zzzq qq", "food,", "food ,", "don'", "VEG", "a" * 5000, "a " * 2000,
    "\ud800", "\u200b", "ß", "İ", "ﬁ", "line one\nline two", "...", "how  to   bo", "\ufeff", "١٢٣",
]  # fmt: skip
ANY_TEXT = st.text(max_size=40) | st.lists(st.sampled_from(["best", "food", "Las", "Veg", " ", "?", "\n", "é"])).map(
    "".join
)


@pytest.fixture(scope="module", params=["trained_model", "taught_model", "trained_char_model"])
def suggester(request: pytest.FixtureRequest) -> Suggester:
    return Suggester.open(request.getfixturevalue(request.param))


def check(typed: str, found: list[Suggestion]) -> None:
    """The contract, and completions that are at most one slip away from what was typed."""
    asking.check(typed, found)
    for item in found:
        if item.kind == "complete":
            assert slip(unicodedata.normalize("NFC", typed[len(typed) - item.replace :]), item.text) > 0.0


@pytest.mark.parametrize("typed", ODD_TEXTS, ids=ascii)
def test_odd_text_gets_an_answer_that_keeps_the_contract(suggester: Suggester, typed: str) -> None:
    check(typed, suggester.suggest(typed, k=8))


LETTERS_AND_MARKS = st.text(
    st.characters(categories=["L", "M"])
    | st.sampled_from("abestßİıſKÅéﬁǱΰᾳ'’-\u0301\u0308\u0323\u0324\u0344\u0345\u1100\u1161\u11a8 "),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typed=LETTERS_AND_MARKS,
    mode=st.sampled_from(["auto", "next", "complete"]),
    words=st.sampled_from([1, 3]),
    context=st.sampled_from(["", "best food in ", "e"]),
)
@example(typed="\u03b9\u0323\u0324", mode="auto", words=1, context="")
@example(typed="\u01f1\u0344", mode="complete", words=1, context="")
@example(typed="e\u0323\u0324\u0301", mode="auto", words=1, context="best ")
def test_any_letters_and_marks_get_an_answer_that_keeps_the_contract(
    suggester: Suggester, typed: str, mode: Mode, words: int, context: str
) -> None:
    asking.check(typed, suggester.suggest(typed, k=5, mode=mode, words=words, context=context), words=words)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=ANY_TEXT, mode=st.sampled_from(["auto", "next", "complete"]), k=st.integers(1, 8))
def test_any_text_gets_an_answer_that_keeps_the_contract(suggester: Suggester, typed: str, mode: Mode, k: int) -> None:
    found = suggester.suggest(typed, k=k, mode=mode)
    check(typed, found)
    assert len(found) <= k
    assert mode == "auto" or {item.kind for item in found} <= {mode}


def test_what_follows_is_learned(suggester: Suggester) -> None:
    after_space = suggester.suggest("best food in Las ", k=3)[0]
    assert (after_space.text, after_space.insert) == ("Vegas", "Vegas")
    finished = suggester.suggest("best food in Las", k=3)[0]
    assert (finished.text, finished.result) == ("Vegas", "best food in Las Vegas")
    half = suggester.suggest("best food in Las Veg", k=3)[0]
    assert (half.text, half.result, half.kind) == ("Vegas", "best food in Las Vegas", "complete")


def test_typing_gives_the_same_list_as_reading_all_at_once(
    suggester: Suggester,
) -> None:
    text = "how to boil an egg? best food"
    assert suggester.personal is not None
    folder = suggester.personal.path.parent
    for stop in range(len(text)):
        typed = suggester.suggest(text[:stop], k=4)
        asking.assert_same(typed, Suggester.open(folder).suggest(text[:stop], k=4))
    for stop in reversed(range(0, len(text), 3)):  # and backspacing
        asking.assert_same(suggester.suggest(text[:stop]), Suggester.open(folder).suggest(text[:stop]))


@pytest.mark.parametrize("word", ["7.77", "rock'a", "zqxv-a", "e.g.", "rock’a"])
def test_a_word_with_a_mark_inside_is_known_from_its_own_text_only(trained_model: str, word: str) -> None:
    suggester = Suggester.open(trained_model)
    begun = word[: 1 + min(word.index(mark) for mark in ".-'’" if mark in word)]
    alone = suggester.suggest(f"we see {begun}", k=4)
    twice = suggester.suggest(f"we see {word} and {begun}", k=4)
    assert word in {item.text for item in twice}
    assert suggester.suggest(f"we see {word} and {begun}", k=4) == twice
    assert suggester.suggest(begun, k=4, context=f"we see {word}\n")[0].text == word
    assert suggester.suggest(f"we see {begun}", k=4) == alone
    assert word not in {item.text for item in alone}


def test_probabilities_do_not_depend_on_how_many_are_wanted(trained_model: str) -> None:
    suggester = Suggester.open(trained_model)
    for typed in ("b", "BO", "best food in l", "weather in Par", "ho"):
        many = {item.result: item.probability for item in suggester.suggest(typed, k=200)}
        for item in suggester.suggest(typed, k=2):
            assert math.isclose(item.probability, many[item.result], rel_tol=1e-6)


@pytest.mark.parametrize(
    ("context", "typed"),
    [("", typed) for typed in ("", "b", "BO", "best food in LAS", "un Café", "un cafe", "weather in Paris ", "zzz")]
    + [("best food in La", ""), ("best food in Las ", ""), ("how to boil (", " ")],
)
@pytest.mark.parametrize("blocked", [[], ["vegas"]])
def test_a_short_list_begins_the_longer_one(suggester: Suggester, context: str, typed: str, blocked: list[str]) -> None:
    every = [item.result for item in suggester.suggest(typed, k=100, context=context, blocked=blocked)]
    assert every
    for k in range(1, 6):
        found = suggester.suggest(typed, k=k, context=context, blocked=blocked)
        assert [item.result for item in found] == every[:k]


def test_nothing_below_the_wanted_probability(suggester: Suggester) -> None:
    every = suggester.suggest("best food ", k=10)
    likely = suggester.suggest("best food ", k=10, min_probability=0.3)
    assert likely == [item for item in every if item.probability >= 0.3]
    assert len(likely) < len(every)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"k": 0}, {"k": -1}, {"mode": "foo"}, {"words": 0}, {"blocked": ["New York"]}, {"blocked": [""]},
        {"min_probability": math.nan}, {"min_probability": 2.0},
    ],
    ids=str,
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(suggester: Suggester, nonsense: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        suggester.suggest("best food in ", **nonsense)


def test_what_was_typed_decomposed_is_replaced_whole(trained_model: str) -> None:
    typed = "un cafe\u0301 cre\u0300"  # each accent a character of its own
    found = Suggester.open(trained_model).suggest(typed, k=1, mode="complete")[0]
    assert (found.text, found.replace) == ("crème", 4)
    assert found.result == "un cafe\u0301 crème"


@pytest.mark.parametrize("tail", ["las", "LAS", "Las", "L", "l", "las v", "Las ve", "Las VEGAS"])
def test_all_suggestions_together_are_one_distribution(trained_model: str, tail: str) -> None:
    found = Suggester.open(trained_model).suggest(f"best food in {tail}", k=1000)
    assert 0.5 < sum(item.probability for item in found) <= 1.0 + 1e-4


def test_a_finished_word_in_another_case_is_understood(trained_model: str) -> None:
    assert Suggester.open(trained_model).suggest("best food in las ", k=1)[0].text == "Vegas"


def test_the_two_readings_share_one_scale(trained_model: str) -> None:
    suggester = Suggester.open(trained_model)
    everything = suggester.suggest("best food in L", k=1000)
    assert sum(item.probability for item in everything) <= 1.0 + 1e-4
    assert everything[0].text == "Las"
    assert everything[0].probability > 0.5


def test_a_name_typed_once_is_offered_afterwards(trained_model: str) -> None:
    suggester = Suggester.open(trained_model)
    before = "best food in Zwolle please\nhow to boil an egg\nbest food in "
    assert "Zwolle" in {item.text for item in suggester.suggest(before, k=5)}
    half = suggester.suggest(before + "Zw", k=3)[0]
    assert (half.text, half.insert, half.result) == ("Zwolle", "Zwolle", before + "Zwolle")
    assert half.experts["cache"] > 0.0
    assert "Zwolle" not in {item.text for item in suggester.suggest("best food in Zw", k=50)}


def test_each_expert_says_what_it_gave(trained_model: str) -> None:
    found = Suggester.open(trained_model).suggest("best food in Las Vegas\nbest food in Las", k=10)
    assert len(found) == 10
    for item in found:
        assert set(item.experts) == {"network", "ngram", "cache", "copy"}
        assert math.isclose(sum(item.experts.values()), 1.0, abs_tol=1e-5)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("best food in Las veg", "Vegas"),
        ("best food in Las VEG", "VEGAS"),
        ("best food in Las Veg", "Vegas"),
        ("Bo", "Boil"),
        ("bo", "boil"),
        ("BO", "BOIL"),
        ("weather in par", "Paris"),
    ],
)
def test_completions_take_the_case_of_what_was_typed(trained_model: str, typed: str, text: str) -> None:
    found = Suggester.open(trained_model).suggest(typed, k=10, mode="complete")
    assert text in {item.text for item in found}


def test_the_exact_case_weighs_more_than_another(trained_model: str) -> None:
    """`Boston` and `boil` both begin with `bo` but for case: each gains where it is typed in its own."""
    suggester = Suggester.open(trained_model)
    odds = {}
    for tail, shown in [("bo", "boil"), ("Bo", "Boil")]:
        found = suggester.suggest(f"best {tail}", k=10, mode="complete")
        probability = {item.text: item.probability for item in found}
        odds[tail] = probability["Boston"] / probability[shown]
    assert odds["Bo"] > 100.0 * odds["bo"]


@pytest.mark.parametrize(
    ("typed", "text", "result"),
    [
        ("un caf", "café", "un café"),
        ("un cafe", "café", "un café"),
        ("un Cafe", "Café", "un Café"),
        ("un CAFE", "CAFÉ", "un CAFÉ"),
        ("un café crem", "crème", "un café crème"),
        ("best food in Las vegsa", "Vegas", "best food in Las Vegas"),
        ("best food in Las VEGSA", "VEGAS", "best food in Las VEGAS"),
        ("best food in Las Vehas", "Vegas", "best food in Las Vegas"),
        ("best food in Las xVeg", "Vegas", "best food in Las Vegas"),
        ("weather in Pars", "Paris", "weather in Paris"),
        ("how to bpil", "boil", "how to boil"),
    ],
)
def test_accents_and_slips_of_the_finger_are_forgiven(trained_model: str, typed: str, text: str, result: str) -> None:
    first = Suggester.open(trained_model).suggest(typed, k=3)[0]
    assert (first.text, first.result, first.kind) == (text, result, "complete")


def test_a_slip_is_forgiven_only_where_no_word_begins_so(trained_model: str) -> None:
    found = Suggester.open(trained_model).suggest("best food in Vega", k=50, mode="complete")
    assert {item.text for item in found} == {"Vegas"}


def test_a_space_that_was_typed_is_kept(trained_model: str) -> None:
    """The question mark joins the word before: after a space it is not offered, and the rest shares its chance."""
    suggester = Suggester.open(trained_model)
    joined = suggester.suggest("weather in Paris today", k=20, mode="next")
    assert ("?", "?") in {(item.text, item.insert) for item in joined}
    apart = suggester.suggest("weather in Paris today ", k=20)
    assert all(item.replace == 0 and not item.insert.startswith(" ") for item in apart)
    assert "?" not in {item.text for item in apart}
    probability = {item.text: item.probability for item in joined}
    assert all(item.probability >= probability.get(item.text, 0.0) for item in apart)


@pytest.mark.parametrize("space", ["\t", "\u00a0", "\u2009", " \t"], ids=ascii)
def test_any_space_that_was_typed_is_a_space(trained_model: str, space: str) -> None:
    suggester = Suggester.open(trained_model)
    typed = "weather in Paris today"
    found = [(item.insert, item.probability) for item in suggester.suggest(typed + space, k=8)]
    assert found == [(item.insert, item.probability) for item in suggester.suggest(typed + " ", k=8)]


def test_words_too_rare_for_the_vocabulary_are_completed(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("how to boil an egg\n" * 80 + "how to bake a xylophone\n" + "how to boil an egg\n" * 20, "utf-8")
    folder = str(tmp_path / "model")
    assert run(["train", str(corpus), "--model", folder, "--no-network", "--min-count", "2"]) == 0
    suggester = Suggester.open(folder)
    assert "xylophone" not in {item.text for item in suggester.suggest("how to bake a ", k=100)}
    assert [item.text for item in suggester.suggest("how to bake a xyl", k=5, mode="complete")] == ["xylophone"]


@given(words=st.lists(st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=6)), data=st.data())
def test_a_prefix_finds_the_words_that_begin_with_it(words: list[str], data: st.DataObject) -> None:
    prefix = data.draw(st.sampled_from(words))[:2] if words else "a"
    index = PrefixIndex(words)
    expected = [place for place, word in enumerate(words) if word.casefold().startswith(prefix.casefold())]
    assert index.beginning_with(prefix).tolist() == expected
    assert index.count(prefix) == len(expected)
    equal = [place for place, word in enumerate(words) if word.casefold() == prefix.casefold()]
    assert index.equal_to(prefix).tolist() == equal


def test_accents_need_not_be_typed(trained_model: str) -> None:
    found = Suggester.open(trained_model).suggest("un caf", k=3, mode="complete")
    assert found[0].text == "café"
    plain = Suggester.open(trained_model).suggest("un cafe", k=3, mode="complete")
    assert (plain[0].text, plain[0].result) == ("café", "un café")


@given(words=st.lists(st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=6)))
def test_folding_all_words_at_once_folds_each(words: list[str]) -> None:
    assert without_marks("\n".join(words)).split("\n") == [without_marks(word) for word in words] or not words
