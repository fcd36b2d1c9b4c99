"""What is set differently and read alike: ligatures, wide and narrow letters, special spaces, too many marks."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text.bulk import censored
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import caseless, composed, plain_text, stream_safe

WORDS = Tokenizer("word", "lines")


@pytest.mark.parametrize(
    ("set_", "typed"),
    [
        ("oﬃce staﬀ ﬁled a ﬂat ﬄorin ﬅone ﬆamp", "office staff filed a flat fflorin stone stamp"),
        ("meas\u00adure\u00adment", "measurement"),
        ("word\u2060join\ufeffer", "wordjoiner"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ　２０２６", "Full width 2026"),
        ("ﾊﾝｶｸ ｶﾞｷﾞﾊﾟ｡", "ハンカク ガギパ。"),
        ("well\u2010known well\u2011known", "well-known well-known"),
        ("10\u00a0km 5\u202f% a\u2009b c\u3000d", "10 km 5 % a b c d"),
        ("ﬁ\u0301 ｅ\u0301 e\u00ad\u0301", "fí é é"),
    ],
)
def test_typography_is_read_as_it_is_typed(set_: str, typed: str) -> None:
    tokens = WORDS.spans(set_)
    assert [(token.text, token.spaced) for token in tokens] == [(t.text, t.spaced) for t in WORDS.spans(typed)]


def test_text_between_spaces_stays_as_it_was_set() -> None:
    for text in ("24 \u2011 hour", "ﬁ \ufeff x\u2060y ｆ"):
        tokens = Tokenizer("word", "lines", pretokenized=True).spans(text)
        assert [token.text for token in tokens] == text.split(" ")


@pytest.mark.parametrize("text", ["x² + ½", "™", "№ 5", "①", "Ⅳ", "ß", "，！？「」", "ſ", "µm", "K", "ª", "…"])
def test_what_is_read_otherwise_stays(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)


@given(text=st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("ﬁ\u00adｆ１\uff76\uff9e\u0301\u0323")))
def test_what_is_read_is_read_the_same_again(text: str) -> None:
    assert composed(composed(text)) == composed(text)
    assert composed(text, soft_hyphens=True).replace("\u00ad", "") == composed(text.replace("\u00ad", ""))


def test_no_letter_bears_more_than_thirty_marks() -> None:
    assert stream_safe("a" + "\u0301" * 31 + "b\u0301") == "a" + "\u0301" * 30 + "b\u0301"
    assert stream_safe("a" + "\u0301" * 30) == "a" + "\u0301" * 30
    assert stream_safe("a" + "\U0001e000\u0301" * 40) == "a" + "\U0001e000\u0301" * 15
    assert stream_safe("👩" * 40 + "a") == "👩" * 40 + "a"
    assert composed("ｶ" + "ﾞ" * 40) == "ガ" + "\u3099" * 29


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0323\u0301", "\u0344\u0345\u0323", "\u0323\u00ad\u0301", "ﾞﾟ"])
@pytest.mark.parametrize(
    "read",
    [
        WORDS.spans, WORDS.chunk, Tokenizer("char", "lines").spans, Tokenizer("char", "text").chunk, caseless,
        plain_text, censored,
    ],
    ids=["spans", "chunk", "characters", "characters in bulk", "blocked", "secrets", "lines"],
)  # fmt: skip
def test_marks_in_no_order_take_linear_time(read: Callable[[str], object], marks: str) -> None:
    read("a" + marks * (300_000 // len(marks)))  # minutes where the time grows with the square
