import re
import subprocess
import sys
import tracemalloc
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autocomplete.config import Layout
from autocomplete.text.hyphenation import as_typed, spelled
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import MARK_RANGES, composed, composed_as_set, word_pattern

TOKENIZERS = [
    Tokenizer("word", "lines"),
    Tokenizer("word", "text"),
    Tokenizer("word", "lines", pretokenized=True),
    Tokenizer("word", "text", pretokenized=True),
    Tokenizer("char", "lines"),
    Tokenizer("char", "text"),
    Tokenizer("word", "commands"),
    Tokenizer("char", "commands"),
]
# Every kind of character that some rule speaks of, thrown together.
TEXT = st.lists(
    st.one_of(
        st.sampled_from("ab1 \n\t\r.,'’-_:/@&!\u00a0\u3000\u0301\u200d\ufe0f中かคᄀ\u1161👩🏽🇩🇪_<>www"),
        st.sampled_from("ﬁﬆ\u00ad\u2060\u2010\u2011ｆＦ１\uff76\uff9e\u0323"),
        st.sampled_from(["-\n", "\u00ad\r\n", "-\nab ", "ab-\n", "\u2010 \n\tcd", "\u0301\u0323" * 20]),
        st.characters(exclude_categories=["Cs"]),
    )
).map("".join)


def words(text: str, layout: Layout = "lines") -> list[str]:
    return [token.text for token in Tokenizer("word", layout).spans(text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't go, rock’n’roll fans!", "Don't go , rock’n’roll fans !"),
        ("a well-known mother-in-law -- yes", "a well-known mother-in-law -- yes"),
        ("3.14 1,000 10:30 1/2 2nd 5% $7.", "3.14 1,000 10:30 1/2 2nd 5 % $ 7 ."),
        ("see p.7 no:1", "see p . 7 no : 1"),
        ("in the U.S. e.g. here. B. Smith", "in the U.S. e.g. here . B . Smith"),
        ("(see https://a.org/b_(c)?d=1).", "( see https://a.org/b_(c)?d=1 ) ."),
        ("www.example.com, ok", "www.example.com , ok"),
        ("write to joe.b+x@mail.example.org.", "write to joe.b+x@mail.example.org ."),
        ("wait... what?! no!! -- a/b", "wait ... what ? ! no !! -- a / b"),
        ("snake_case __init__ C++ #tag", "snake_case __ init __ C ++ # tag"),
        ("<unk> <eos>", "< unk > < eos >"),
        ("AT&T's R&D, a Q&A: Tom&s!", "AT&T's R&D , a Q&A : Tom&s !"),
        ("C&A-Filiale H&M&Co é&à", "C&A-Filiale H&M&Co é&à"),
        ("salt & pepper AT& &c. a&&b 3&4 Q1&Q2", "salt & pepper AT & & c . a && b 3 & 4 Q1 & Q2"),
        ("fish&nbsp;chips &lt; R&D; 我&你 a&我", "fish & nbsp ; chips & lt ; R&D ; 我 & 你 a & 我"),
        ("我们用Python写", "我 们 用 Python 写"),
        ("カタカナ ひ", "カ タ カ ナ ひ"),
        ("ที่นี่ ๑๒", "ที่ นี่ ๑๒"),
        ("नमस्ते दुनिया।", "नमस्ते दुनिया ।"),
        ("שָׁלוֹם עולם مرحبا، می‌خواهم", "שָׁלוֹם עולם مرحبا ، می‌خواهم"),
        ("x\u0323\u0301y 1️⃣", "x\u0323\u0301y 1️⃣"),
        ("👩‍👩‍👧👍🏽🎉🎉 🇩🇪🇫🇷 ❤️‍🔥", "👩‍👩‍👧 👍🏽 🎉 🎉 🇩🇪 🇫🇷 ❤️‍🔥"),
    ],
)
def test_words_are_what_a_reader_calls_words(text: str, tokens: str) -> None:
    assert words(text) == [unicodedata.normalize("NFC", token) for token in tokens.split(" ")]


def test_a_line_ends_once_however_many_blank_lines_follow() -> None:
    assert words("\n\na b\n\n \nc\r\nd") == ["a", "b", "<eos>", "c", "<eos>", "d"]


def test_a_paragraph_ends_at_blank_lines_only() -> None:
    assert words("\n\na\nb\r\n\r\n\nc\n", "text") == ["a", "b", "<eos>", "c"]


def test_every_line_of_pretokenized_text_ends_even_a_blank_one() -> None:
    tokens = Tokenizer("word", "lines", pretokenized=True).spans("\n <unk> don't , \n\n U.S.A \n")
    assert [token.text for token in tokens] == ["<eos>", "<unk>", "don't", ",", "<eos>", "<eos>", "U.S.A", "<eos>"]


def test_characters_keep_one_space_and_end_lines() -> None:
    tokens = Tokenizer("char", "lines").spans(" ab \t c \n\n d ")
    assert [token.text for token in tokens] == ["a", "b", " ", "c", "<eos>", "d", " "]


@given(text=TEXT, tokenizer=st.sampled_from(TOKENIZERS))
@example(text="a\u00a0\n b", tokenizer=TOKENIZERS[0])
@example(text="a\u0301 a\u0301", tokenizer=TOKENIZERS[0])
@example(text="a \x01\n\n\nb", tokenizer=TOKENIZERS[1])
def test_bulk_text_and_typed_text_give_the_same_tokens(text: str, tokenizer: Tokenizer) -> None:
    chunk = tokenizer.chunk(text)
    types = chunk.type_strings()
    assert [spelled(types[index]) for index in chunk.ids] == [token.text for token in tokenizer.spans(text)]
    assert len(set(types)) == len(types)


@given(text=TEXT)
def test_no_visible_character_is_lost(text: str) -> None:
    visible = [c for c in as_typed(text) if is_visible(c)]
    assert [c for token in words(text) if token != "<eos>" for c in token if is_visible(c)] == visible


def is_visible(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf")


@given(text=TEXT, tokenizer=st.sampled_from(TOKENIZERS))
@example(text="e\u0301te\u0301 \u1100\u1161\u11a8", tokenizer=TOKENIZERS[0])
@example(text="aa\u2010 \n\tcd-a-\n", tokenizer=TOKENIZERS[0])
def test_spans_lie_in_the_text_as_typed(text: str, tokenizer: Tokenizer) -> None:
    tokens = tokenizer.spans(text)
    for token in tokens:
        if token.text not in ("<eos>", " "):
            place = text[token.start : token.stop]
            read = without_breaks(place) if tokenizer.syntax == "prose" else (composed_as_set(place),)
            assert any(token.text in each for each in read)
    starts = [token.start for token in tokens]
    assert starts == sorted(starts)
    assert all(token.start < token.stop <= len(text) for token in tokens)


def without_breaks(text: str) -> tuple[str, str]:
    """A text as it is read: without the line breaks that may stand inside a token, with their hyphens and without."""
    text = re.sub(r"[ \t\r]*\n[ \t]*", "\n", composed(text))
    return text.replace("\n", ""), text.replace("-\n", "").replace("\n", "")


def test_spans_tell_white_space() -> None:
    assert [(token.text, token.spaced) for token in Tokenizer("word", "text").spans("a,  b\nc")] == [
        ("a", False),
        (",", False),
        ("b", True),
        ("c", True),
    ]


def test_decomposed_and_composed_text_give_the_same_tokens() -> None:
    assert words("Cafe\u0301") == words("Caf\u00e9") == ["Caf\u00e9"]
    assert Tokenizer("word", "lines").spans("Cafe\u0301 x")[1].start == 6


def test_bulk_text_counts_characters_and_words() -> None:
    for tokenizer in (Tokenizer("word", "lines"), Tokenizer("char", "lines")):
        chunk = tokenizer.chunk("Hello, world!\n\nBye \t now.\n")
        assert (chunk.characters, chunk.words) == (26, 4)


def test_a_very_long_word_takes_linear_time() -> None:
    for text in ("a" * 300_000, "a-" * 150_000, "a." * 150_000, "ab." * 100_000, "www." * 100_000, " " * 300_000):
        Tokenizer("word", "lines").spans(text)


@pytest.mark.parametrize("piece", ["a-", "a_", "a'", "1.", "x&amp", "e\u0301\u00ad", "\u0301"])
def test_a_very_long_word_takes_no_more_memory_than_its_text(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    tracemalloc.start()
    try:
        words = sum(1 for _ in word_pattern().finditer(text))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert words < 100
    assert peak_bytes < 16 * len(text)


def test_the_table_of_marks_is_that_of_unicode() -> None:
    table = {code for first, last in MARK_RANGES for code in range(first, last + 1)}
    assigned = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) != "Cn"]
    assert [code for code in assigned if code in table] == [
        code for code in assigned if unicodedata.category(chr(code))[0] == "M"
    ]


def test_tokenizing_needs_nothing_slow_to_import() -> None:
    program = "import sys, autocomplete.text.vocabulary, autocomplete.text.tokenizer; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"jax", "regex", "multiprocessing", "concurrent.futures", "sqlite3", "hashlib"} & set(loaded)
