"""Words that were hyphenated over a line's end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.config import Layout
from autocomplete.text.hyphenation import as_typed, respelled, spelled
from autocomplete.text.tokenizer import Tokenizer

LAYOUTS: list[Layout] = ["lines", "text"]
PIECES = st.sampled_from(
    ["experi", "ment", "Ab", "AB", "il", "und", "e\u0301te\u0301", "a", "1", "-", "\u2010", "\u00ad", "-\n", "\u00ad\n",
     "-\r\n", "\u2010 \n\t", " ", "\n", "\n\n", "/", "@", "."]
)  # fmt: skip
TEXTS = st.lists(PIECES).map("".join)


def words(text: str, layout: Layout = "text") -> str:
    return " ".join(token.text for token in Tokenizer("word", layout).spans(text) if token.text != "<eos>")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We de-\nscribe it.", "We describe it ."),
        ("We de-\nscribe the experi-\nment now", "We describe the experiment now"),
        ("(experi-\n  ment) \u201cexperi-\r\nment\u201d. No", "( experiment ) \u201c experiment \u201d . No"),
        ("experi- \nment a experi\u2010\nment b", "experiment a experiment b"),
        ("meas\u00ad\nure\u00ad\nment of", "measurement of"),
        ("brother-\nin-law brother-in-\nlaw all", "brother-in-law brother-in-law all"),
        ("EXPERI-\nMENT one", "EXPERIMENT one"),
        ("die Versuchs-\nanordnung und Schiff-\nfahrt war", "die Versuchsanordnung und Schifffahrt war"),
        ("Vor-\nund Nachteile, Ein-\noder Ausgang da", "Vor - und Nachteile , Ein - oder Ausgang da"),
        ("l\u2019expé-\nrience dé-\nveloppe tout", "l\u2019expérience développe tout"),
        ("dit-\nelle, celui-\nci, vous-\nmêmes, va-t-\nil là", "dit-elle , celui-ci , vous-mêmes , va-t-il là"),
        ("experi-\n\nment of", "experi - ment of"),
        ("a -\nment of", "a - ment of"),
        ("x-\nray I-\nbeam of", "x - ray I - beam of"),
        ("word--\nment of", "word -- ment of"),
        ("1990-\n1995 of", "1990 - 1995 of"),
        ("a/long-\npath joe@exam-\nple of", "a / long - path joe @ exam - ple of"),
        ("experi-\nme", "experi - me"),  # it may be half-typed
    ],
)
def test_a_word_over_a_lines_end_is_one_word(text: str, expected: str, layout: Layout) -> None:
    assert words(text, layout) == expected


def test_a_capital_goes_on_a_word_in_wrapped_prose_alone() -> None:
    assert words("in Baden-\nBaden of", "text") == "in Baden-Baden of"
    assert words("oh wait-\nWhat of", "lines") == "oh wait - What of"


def test_lines_that_a_word_goes_over_are_one() -> None:
    tokens = Tokenizer("word", "lines").spans("We de-\nscribe it\nnow ")
    assert [(token.text, token.start, token.stop) for token in tokens] == [
        ("We", 0, 2), ("describe", 3, 13), ("it", 14, 16), ("<eos>", 16, 17), ("now", 17, 20),
    ]  # fmt: skip


def test_text_between_spaces_stays_as_it_is() -> None:
    tokens = Tokenizer("word", "lines", pretokenized=True).spans("We de-\nscribe it")
    assert [token.text for token in tokens] == ["We", "de-", "<eos>", "scribe", "it"]


def test_the_rest_of_the_text_tells_whose_the_hyphen_is() -> None:
    counts = {"experiment": 3, "experi-ment": 1, "well-known": 2, "co-op": 2, "coop": 2}

    def count(word: str) -> int:
        return counts.get(word, 0)

    for token, expected in {
        "experi\u00adment": "experiment", "well\u00adknown": "well-known", "co\u00adop": "co-op",
        "new\u00adword": "newword", "va\u00adil": "va-il", "plain": "plain",
    }.items():  # fmt: skip
        assert spelled(token, count) == expected


def test_what_is_known_of_open_hyphens_goes_to_the_words() -> None:
    types = ["<eos>", "experi\u00adment", "a", "well\u00adknown", "well-known", "ex\u00adperiment", "ex-periment"]
    words, total = respelled(types, np.array([[1, 4, 9, 2, 3, 2, 1], [0, 1, 1, 1, 1, 1, 1]]))
    assert dict(zip(words, total.T.tolist(), strict=True)) == {
        "<eos>": [1, 0], "a": [9, 1], "well-known": [5, 2], "experiment": [6, 2], "ex-periment": [1, 1],
    }  # fmt: skip


HALVES = st.text("a", min_size=1, max_size=3)
TYPES = st.builds("{}{}{}".format, HALVES, st.sampled_from(["", "-", "\u00ad"]), HALVES)


@given(counts=st.dictionaries(TYPES, st.integers(1, 9), min_size=1))
def test_counts_are_those_of_the_words_as_the_vocabulary_settles_them(counts: dict[str, int]) -> None:
    types, sums = respelled(list(counts), np.array([[*counts.values()]]))
    known = dict(zip(types, sums[0].tolist(), strict=True))
    settled: dict[str, int] = {}
    for token, number in counts.items():
        word = spelled(token, lambda word: known.get(word, 0))
        settled[word] = settled.get(word, 0) + number
    assert settled == {word: number for word, number in known.items() if number}


@given(text=TEXTS, layout=st.sampled_from(LAYOUTS))
def test_bulk_text_and_typed_text_have_the_same_words(text: str, layout: Layout) -> None:
    for tokenizer in (Tokenizer("word", layout), Tokenizer("char", layout)):
        chunk = tokenizer.chunk(text)
        types = chunk.type_strings()
        assert [spelled(types[index]) for index in chunk.ids] == [token.text for token in tokenizer.spans(text)]
        assert chunk.characters == len(tokenizer.normal(text))


@given(text=TEXTS)
def test_a_text_as_it_is_typed_has_no_broken_word(text: str) -> None:
    typed = as_typed(text)
    assert "\u00ad" not in typed
    assert words(typed, "lines") == words(text, "lines")


def test_many_hyphens_take_linear_time() -> None:
    blanks = "a-" + " " * 100_000
    for text in ("-" * 100_000, "-\n" * 50_000, "ab-\n" * 10_000, "- " * 50_000, "\u00ad" * 100_000, blanks):
        Tokenizer("word", "lines").spans(text)
        Tokenizer("word", "text").chunk(text)
