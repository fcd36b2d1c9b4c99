"""Keystrokes in scripts without spaces are counted in characters."""

import pytest

from autocomplete.evaluation import typing
from autocomplete.evaluation.card import FrequencyCompleter
from autocomplete.evaluation.typing import KeystrokeSavings, Rule, TypedWord, type_text, words_of
from autocomplete.text.vocabulary import Joining, Vocabulary
from tests.evaluation.completers import Nothing
from tests.text.scripts_of import ALL

FIRST = Rule(shown=1, repeats=True, match_case=True)


def words(text: str) -> list[str]:
    return [text[start:stop] for start, stop in words_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我们用Python写程序，don't!", "我们 用 Python 写 程序 don't"),
        ("ฉันไปตลาด กับเพื่อน ๑๒", "ฉัน ไป ตลาด กับ เพื่อน ๑๒"),
        ("3.5中a-b", "3.5 中 a-b"),
        ("x-中 a'中", "x 中 a 中"),
    ],
)
def test_words_are_cut_where_the_library_is(text: str, expected: str) -> None:
    pytest.importorskip("icu4py")
    assert words(text) == expected.split(" ")


def test_else_each_letter_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing, "segmenter", lambda: None)
    assert words("我们用Python写 นี่") == ["我", "们", "用", "Python", "写", "นี่"]


@pytest.mark.parametrize("text", ALL)
def test_a_text_costs_its_letters(text: str) -> None:
    pytest.importorskip("icu4py")
    savings = KeystrokeSavings()
    for word in type_text(Nothing(), text):
        savings.add(word)
    assert savings.characters == sum(map(len, words(text))) >= 0.9 * len(text)
    assert savings.rate(FIRST) == 0.0


def test_a_choice_is_a_key_and_no_space_is_saved() -> None:
    word = TypedWord("ตลาด", 0, ())
    assert (word.characters, TypedWord("food", 0, ()).characters) == (4, 5)


def test_what_knows_frequencies_completes_the_last_word() -> None:
    pytest.importorskip("icu4py")
    vocabulary = Vocabulary(["<unk>", "<eos>", "ตลาด", "เพื่อน", "food"], [0, 1, 3, 2, 1], Joining(frozenset({2, 3})))
    completer = FrequencyCompleter(vocabulary)
    assert [item.result for item in completer.suggest("ไปต", k=5, mode="complete")] == []  # it is cut as one word
    assert [item.result for item in completer.suggest("ฉันไปตล", k=5, mode="complete")] == ["ฉันไปตลาด"]
    assert [item.result for item in completer.suggest("ไป", k=2, mode="next")] == ["ไปตลาด", "ไปเพื่อน"]
