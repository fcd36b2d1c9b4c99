"""Laws of the lexicon: what counts as one slip of the finger, and what is found by it."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.predict.lexicon import (
    APOSTROPHE_SLIP,
    CASE_SLIP,
    FINGER_SLIP,
    FIRST_LETTER,
    LEAST_SLIPPED,
    MARK_SLIP,
    SWAP_SLIP,
    Lexicon,
    in_case_of,
    one_slip_apart,
    slip,
)
from autocomplete.predict.misspelling import spelled_by_ear
from autocomplete.text.prefixes import without_case
from autocomplete.text.unicode import Casing
from autocomplete.text.vocabulary import Joining, Vocabulary

LETTERS = "abc"
WORDS = ["Vegas", "vest", "café", "Cafeteria", "boil", "Boston", "today", "abcabc", "abab"]


def distance(one: str, other: str) -> int:
    """Letters wrong, missing, too many, or swapped with a neighbour (Damerau 1964), by the table."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, j in product(range(1, len(one) + 1), range(1, len(other) + 1)):
        table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (one[i - 1] != other[j - 1]))
        if i > 1 and j > 1 and (one[i - 1], one[i - 2]) == (other[j - 2], other[j - 1]):
            table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(one), len(other)]


@given(typed=st.text(LETTERS, min_size=1, max_size=7), word=st.text(LETTERS, min_size=1, max_size=8))
def test_one_slip_apart_is_one_edit_from_a_beginning(typed: str, word: str) -> None:
    nearest = min(distance(typed, word[:stop]) for stop in range(len(word) + 1))
    assert one_slip_apart(typed, word) == (nearest == 1)  # 0: the word begins just so


def test_one_slip_apart_holds_for_every_short_pair() -> None:
    texts = ["".join(letters) for length in range(1, 5) for letters in product("ab", repeat=length)]
    for typed, word in product(texts, texts):
        nearest = min(distance(typed, word[:stop]) for stop in range(len(word) + 1))
        assert one_slip_apart(typed, word) == (nearest == 1), (typed, word)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("2019", "2010"), ("19999", "1999"), ("1020", "1200"), ("200", "2050"), ("b2b", "bob"), ("b2ob", "bob"),
        ("bob", "b2ob"), ("15.4", "1.4"), ("7.30", "7.00"), ("1o0", "100"), ("10h", "100"), ("2nd", "n2d"),
        ("196070", "1960-70"), ("log_in", "logging"), ("log_in", "login"), ("don't", "donations"), ("it's", "its"),
        ("re-ceive", "receive"),
    ],
)  # fmt: skip
def test_a_digit_or_a_typed_mark_is_no_slip(typed: str, word: str) -> None:
    assert not one_slip_apart(typed, word)
    assert slip(typed, word) == 0.0


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("covd19", "covid19"), ("10ht", "10th"), ("10h", "10th"), ("dont", "don't"), ("do'nt", "don't"),
        ("don'd", "don't"), ("wellknown", "well-known"), ("हिंदू", "हिंदी"),
    ],
)  # fmt: skip
def test_letters_beside_digits_and_marks_slip_and_a_mark_may_be_missing(typed: str, word: str) -> None:
    assert one_slip_apart(typed, word)


def by_finger(typed: str, word: str) -> float:
    """How likely one slip of the finger is, if it is one."""
    if not one_slip_apart(typed, word):
        return 0.0
    if Counter(typed) == Counter(word[: len(typed)]):
        return SWAP_SLIP
    return FINGER_SLIP * (1.0 if word[0] == typed[0] else FIRST_LETTER)


@given(words=st.lists(st.text(LETTERS, min_size=1, max_size=7), unique=True), typed=st.text(LETTERS + "d", min_size=3))
def test_a_slip_finds_every_word_that_is_one_apart_or_sounds_so_and_no_other(words: list[str], typed: str) -> None:
    vocabulary = Vocabulary(["<unk>", "<eos>", *words], [1] * (len(words) + 2), Joining(), [])
    found = Lexicon(vocabulary).beginning_with(typed)
    begun = [word for word in words if word.startswith(typed)]
    expected = begun or [word for word in words if one_slip_apart(typed, word) or spelled_by_ear(typed, word)]
    assert list(found.words) == expected
    assert [vocabulary.tokens[index] for index in found.ids.tolist()] == expected
    slipped = [max(spelled_by_ear(typed, word), by_finger(typed, word)) for word in expected]
    assert found.slips.tolist() == pytest.approx([1.0] * len(expected) if begun else slipped)


@pytest.mark.parametrize(
    ("typed", "word", "chance"),
    [
        ("Veg", "Vegas", 1.0),
        ("veg", "Vegas", CASE_SLIP),
        ("cafe", "café", MARK_SLIP),
        ("CAFE", "café", MARK_SLIP),
        ("Vegsa", "Vegas", SWAP_SLIP),
        ("eVgas", "Vegas", SWAP_SLIP * CASE_SLIP),
        ("evgas", "vegas", SWAP_SLIP),
        ("Veas", "Vegas", FINGER_SLIP),
        ("Vegbas", "Vegas", FINGER_SLIP),
        ("Vehas", "Vegas", FINGER_SLIP),
        ("vegsa", "Vegas", SWAP_SLIP * CASE_SLIP),
        ("Xvega", "Vegas", FINGER_SLIP * FIRST_LETTER),
        ("resumé", "résumé", MARK_SLIP),
        ("dont", "don't", APOSTROPHE_SLIP),
        ("Dont", "don’t", APOSTROPHE_SLIP * CASE_SLIP),
        ("don'r", "don't", FINGER_SLIP),
        ("Vègas", "Vegas", FINGER_SLIP),
        ("cafè", "café", FINGER_SLIP),
        ("vè", "Vegas", 0.0),
        ("Vegassss", "Vegas", 0.0),
        ("vg", "Vegas", 0.0),
        ("boston", "Vegas", 0.0),
    ],
)
def test_a_rarer_slip_is_less_likely(typed: str, word: str, chance: float) -> None:
    assert slip(typed, word) == chance
    assert len(typed) >= LEAST_SLIPPED or chance != FINGER_SLIP


def test_slips_are_ordered_by_how_often_they_happen() -> None:
    assert 1.0 > CASE_SLIP > MARK_SLIP > APOSTROPHE_SLIP > SWAP_SLIP > FINGER_SLIP > 0.0


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Caf", ["café", "Cafeteria"]),
        ("cafe", ["café", "Cafeteria"]),  # where some word has none, accents may have been left out all the same
        ("cafè", ["café", "Cafeteria"]),
        ("vegsa", ["Vegas"]),
        ("boi", ["boil"]),
        ("bst", ["Boston"]),
        ("vsg", ["Vegas"]),
        ("xve", ["Vegas", "vest"]),
        ("zz", []),
        ("zzzz", []),
    ],
)
def test_the_nearest_kind_of_likeness_is_what_is_found(typed: str, words: list[str]) -> None:
    vocabulary = Vocabulary(["<unk>", "<eos>", *WORDS], [1] * (len(WORDS) + 2), Joining(), [])
    assert list(Lexicon(vocabulary).beginning_with(typed).words) == words


@pytest.mark.parametrize(
    ("misspelt", "words"), [(1, ["receive", "recieve"]), (9, ["receive", "recieve"]), (10, ["recieve"])]
)
def test_only_a_rare_word_leaves_room_for_a_slip(misspelt: int, words: list[str]) -> None:
    counts = [0, 0, 10**6 - misspelt, misspelt]
    vocabulary = Vocabulary(["<unk>", "<eos>", "receive", "recieve"], counts, Joining(), [])
    assert list(Lexicon(vocabulary).beginning_with("recie").words) == words


@pytest.mark.parametrize(
    ("typed", "words"), [("café", ["cafe"]), ("cafe", ["came", "cafe"]), ("cané", ["came", "cafe"])]
)
def test_letters_that_are_right_but_for_typed_accents_hold_no_slip(typed: str, words: list[str]) -> None:
    vocabulary = Vocabulary(["<unk>", "<eos>", "came", "cafe"], [0, 0, 10**6, 1], Joining(), [])
    assert list(Lexicon(vocabulary).beginning_with(typed).words) == words


@pytest.mark.parametrize(
    ("tail", "word", "written"),
    [
        ("veg", "Vegas", "Vegas"),
        ("VEG", "Vegas", "VEGAS"),
        ("Bo", "boil", "Boil"),
        ("B", "boil", "Boil"),
        ("Cafe", "café", "Café"),
        ("Cre", "crème", "Crème"),
        ("Etu", "étude", "Étude"),
        ("Biol", "boil", "Boil"),
        ("Viol", "boil", "Boil"),
        ("biol", "boil", "boil"),
        ("CAFE", "café", "CAFÉ"),
        ("Iph", "iPhone", "iPhone"),
        ("bO", "boil", "boil"),
    ],
)
def test_a_word_takes_the_case_of_what_was_typed(tail: str, word: str, written: str) -> None:
    assert in_case_of(tail, word) == written


@pytest.mark.parametrize(
    ("tail", "word", "written"),
    [
        ("IŞ", "ışık", "IŞIK"),
        ("İÇ", "için", "İÇİN"),
        ("IC", "için", "İÇİN"),
        ("I", "için", "İçin"),
        ("İ", "için", "İçin"),
        ("I", "ışık", "Işık"),
        ("Is", "ışık", "Işık"),
        ("i", "ışık", "ışık"),
        ("İST", "İstanbul", "İSTANBUL"),
    ],
)
def test_in_turkish_each_i_has_a_capital_of_its_own(tail: str, word: str, written: str) -> None:
    assert in_case_of(tail, word, casing=lambda: Casing(dotted=True)) == written


@pytest.mark.parametrize(
    ("tail", "word", "written"),
    [
        ("I", "ijsje", "IJsje"),
        ("IJ", "ijsje", "IJsje"),
        ("IJs", "ijsje", "IJsje"),
        ("IJS", "ijsje", "IJSJE"),
        ("Id", "idee", "Idee"),
    ],
)
def test_in_dutch_two_letters_are_one(tail: str, word: str, written: str) -> None:
    assert in_case_of(tail, word, casing=lambda: Casing(joined=True)) == written


@pytest.mark.parametrize(
    ("typed", "words", "shown"),
    [
        ("STRA", ["Straße"], "STRASSE"),
        ("GRÜẞ", ["Grüße"], "GRÜẞE"),
        ("FÜSS", ["Füße"], "FÜSSE"),
        ("ΟΔ", ["οδός"], "ΟΔΟΣ"),
        ("dont", ["don't"], "don't"),
        ("im", ["image", "I'm"], "I'm"),
        ("ete", ["éternel", "été", "eternal"], "été"),
    ],
)
def test_typed_letters_find_words_and_write_them(typed: str, words: list[str], shown: str) -> None:
    vocabulary = Vocabulary(["<unk>", "<eos>", *words], [0, 0, *[9] * len(words)], Joining(), [])
    assert shown in Lexicon(vocabulary).beginning_with(typed).shown


@pytest.mark.parametrize(
    ("typed", "word"), [("GRÜSSE", "Grüße"), ("grüsse", "Grüße"), ("COEUR", "cœur"), ("ISIK", "ışık")]
)
def test_a_word_that_has_other_letters_in_another_case_is_finished(typed: str, word: str) -> None:
    found = Lexicon(Vocabulary(["<unk>", "<eos>", word], [0, 0, 9], Joining(), [])).beginning_with(typed)
    assert found.whole == ((0,) if without_case(typed) == without_case(word) else ())
