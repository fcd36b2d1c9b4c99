"""Words of scripts without spaces."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text import scripts
from autocomplete.text.hyphenation import spelled
from autocomplete.text.scripts import WINDOW, cut
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import joins_left
from tests.text.scripts_of import ALL

pytest.importorskip("icu4py")
WORDS = Tokenizer("word", "lines", segments=True)
TEXTS = st.lists(
    st.sampled_from([*ALL, "Python ", " ", "，", "\n", "\u200b", "ﾞ", "ｶﾞ", "๑๒", "\u0301", "中\u200d\ud800", "a", "́"])
    | st.text("我们中图书館かなカナーเมื่อวาນຂ້ອຍខ្ញុំကျွန်。 ", max_size=9)
).map("".join)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("他明天要去北京，看朋友。", "他 明天 要 去 北京 ， 看 朋友 。"),
        ("我們明天坐火車去台北", "我們 明天 坐 火車 去 台北"),
        ("我们用Python写程序", "我们 用 Python 写 程序"),
        ("昨日は図書館で歴史の本を", "昨日 は 図書館 で 歴史 の 本 を"),
        ("ｺｰﾋｰを", "コーヒー を"),
        ("ฉันไปตลาด กับเพื่อน ๑๒", "ฉัน ไป ตลาด กับ เพื่อน ๑๒"),
        ("ຂ້ອຍໄປຕະຫຼາດ", "ຂ້ອຍ ໄປ ຕະຫຼາດ"),
        ("ខ្ញុំទៅផ្សារ", "ខ្ញុំ ទៅ ផ្សារ"),
        ("ฉัน\u200bไป", "ฉัน ไป"),
        ("သစ်သီးဝယ်ခဲ့တယ်", "သစ်သီး ဝယ် ခဲ့ တယ်"),
        ("no such letter", "no such letter"),
    ],
)
def test_words_are_those_of_the_dictionaries(text: str, words: str) -> None:
    assert [token.text for token in WORDS.spans(text)] == words.split(" ")


def test_words_have_their_places_and_spaces() -> None:
    assert [tuple(token) for token in WORDS.spans("a ไปตลาด ไป")] == [
        ("a", 0, 1, False), ("ไป", 2, 4, True), ("ตลาด", 4, 8, False), ("ไป", 9, 11, True),
    ]  # fmt: skip


@given(text=TEXTS, level=st.sampled_from(["lines", "text"]))
def test_bulk_text_and_typed_text_are_cut_alike(text: str, level: str) -> None:
    tokenizer = Tokenizer("word", "lines" if level == "lines" else "text", segments=True)
    chunk = tokenizer.chunk(text)
    types = chunk.type_strings()
    tokens = tokenizer.spans(text)
    assert [spelled(types[index]) for index in chunk.ids] == [token.text for token in tokens]
    assert all(token.start < token.stop <= len(text) for token in tokens)
    assert "".join(token.text for token in tokens) == "".join(
        token.text for token in Tokenizer("word", tokenizer.layout).spans(text)
    )


@given(pieces=st.lists(st.sampled_from(ALL).map(lambda text: text.split()[0].split("，")[0]), min_size=1, max_size=12))
def test_a_run_is_cut_anew_at_its_end_only(pieces: list[str]) -> None:
    run = "".join(pieces)
    words = cut(run)
    assert "".join(words) == run
    for stop in range(1, len(run)):
        settled, place = [], 0
        for word in words:
            if place + len(word) > stop - WINDOW:
                break
            settled.append(word)
            place += len(word)
        assert cut(run[:stop])[: len(settled)] == settled


def test_a_long_run_takes_linear_time() -> None:
    for text in ("我" * 40_000, "ก" * 40_000, "ไปตลาด" * 8_000, "ກ" + "\u0eb1" * 40_000):
        WORDS.spans(text)
        WORDS.chunk(text)


def test_words_join_where_the_text_shows_nothing() -> None:
    assert joins_left("ตลาด")
    assert not joins_left("market")


def test_nothing_is_loaded_for_other_text() -> None:
    program = (
        "import sys; from autocomplete.text.tokenizer import Tokenizer; "
        "Tokenizer('word', 'lines', segments=True).spans('plain text, été'); print('icu4py' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "False\n"


def test_the_library_is_named_with_its_version() -> None:
    name = scripts.segmenter()
    assert name is not None
    assert name.startswith("ICU ")
