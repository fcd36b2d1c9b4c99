"""Capitals are those of the corpus's language, and letters that were typed plainly are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text.prefixes import PrefixIndex, bare, without_case, without_marks
from autocomplete.text.unicode import Casing

TURKISH = Casing(dotted=True)
DUTCH = Casing(joined=True)


@pytest.mark.parametrize(
    ("words", "counts", "casing"),
    [
        (["için", "ışık", "ırmak", "ve"], [5, 3, 2, 20], TURKISH),
        (["the", "Kadıköy", "house"], [900, 1, 90], Casing()),  # a name
        (["IJsland", "ijs", "en"], [2, 3, 40], DUTCH),
        (["Ijsland", "IJsland", "Ijmuiden"], [2, 2, 2], Casing()),
        (["IJ", "IJK", "plane"], [5, 5, 5], Casing()),  # names of vectors
        ([], [], Casing()),
    ],
)
def test_a_language_is_told_by_its_words(words: list[str], counts: list[int], casing: Casing) -> None:
    assert Casing.of(words, counts) == casing


@pytest.mark.parametrize(
    ("casing", "word", "capitals", "capital"),
    [
        (TURKISH, "için", "İÇİN", "İçin"),
        (TURKISH, "ışık", "IŞIK", "Işık"),
        (TURKISH, "izin", "İZİN", "İzin"),
        (Casing(), "için", "IÇIN", "Için"),
        (DUTCH, "ijsje", "IJSJE", "IJsje"),
        (DUTCH, "idee", "IDEE", "Idee"),
        (Casing(), "ijsje", "IJSJE", "Ijsje"),
        (Casing(), "grüße", "GRÜSSE", "Grüße"),
        (Casing(), "οδός", "ΟΔΟΣ", "Οδός"),
        (Casing(), "άνεμος", "ΑΝΕΜΟΣ", "Άνεμος"),
        (Casing(), "été", "ÉTÉ", "Été"),
    ],
)
def test_capitals_are_a_languages_own(casing: Casing, word: str, capitals: str, capital: str) -> None:
    assert (casing.upper(word), casing.capital(word)) == (capitals, capital)


@pytest.mark.parametrize("word", ["için", "ışık", "ırmak", "izin", "şey"])
def test_small_letters_undo_capitals(word: str) -> None:
    assert TURKISH.lower(TURKISH.upper(word)) == word
    assert TURKISH.lower(TURKISH.capital(word)) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IŞIK", "ışık"),
        ("İZİN", "izin"),
        ("GRÜSSE", "Grüße"),
        ("STRAẞE", "Straße"),
        ("ΟΔΟΣ", "οδος"),
        ("CŒUR", "coeur"),
    ],
)
def test_case_folding_knows_them_all(one: str, other: str) -> None:
    assert without_case(one) == without_case(other)


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("źdźbło", "zdzblo"), ("smørbrød", "smorbrod"), ("đường", "duong"), ("cœur", "coeur"), ("ışık", "isik"),
        ("don’t", "dont"), ("l'été", "lete"), ("“", '"'),
    ],
)  # fmt: skip
def test_bare_letters_are_what_a_plain_keyboard_types(word: str, plain: str) -> None:
    assert bare(word) == plain
    assert PrefixIndex(["x", word], bare).equal_to(plain).tolist() == [1]


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=6)))
def test_many_words_are_folded_as_each_is(words: list[str]) -> None:
    for fold in (without_case, without_marks, bare):
        assert fold("\n".join(words)).split("\n") == [fold(word) for word in words] or not words
