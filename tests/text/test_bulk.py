import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text import bulk
from autocomplete.text.bulk import BulkWords, WordSequence, forget_words, word_sequence
from autocomplete.text.syntax import Syntax
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import is_word

SYNTAXES: tuple[Syntax, ...] = get_args(Syntax)
TOKENIZERS = {
    "prose": Tokenizer("word", "lines"),
    "pretokenized": Tokenizer("word", "lines", pretokenized=True),
    "commands": Tokenizer("word", "commands"),
}
# Words with marks on either side, alone and together, and what normalisation changes or no token is.
WORDS = [
    "the",
    "The",
    "I",
    "a1",
    "don't",
    "R&D",
    "U.S",
    "www",
    "é",
    "e\u0301",
    "我们",
    "\u0301",
    "<eos>",
    "\x01",
    "\u00a0",
    "--x=",
    "2>&1",
    "'a;",
]
PIECES = st.builds(
    "".join,
    st.tuples(st.sampled_from(["", "(", '"', "\\", "$("]), st.sampled_from(WORDS), st.text('.,:;?!")', max_size=3)),
)
TEXTS = st.builds("".join, st.lists(st.one_of(PIECES, st.sampled_from([" ", "  ", "\n", "\t"]))))


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_idle", {})


@given(texts=st.lists(TEXTS, min_size=1), syntax=st.sampled_from(SYNTAXES))
def test_what_is_known_of_other_texts_changes_nothing(texts: list[str], syntax: Syntax) -> None:
    known = BulkWords(syntax)
    for text in texts:
        sequence = known.sequence(text)
        assert_same(sequence, BulkWords(syntax).sequence(text))
        types = sequence.types.decode().split("\n")
        assert [types[index] for index in sequence.ids[~sequence.is_break]] == [
            token.text for token in TOKENIZERS[syntax].spans(text.replace("\n", " "))
        ]
        assert types == list(dict.fromkeys(["<eos>", *(types[index] for index in sequence.ids)]))
        assert sequence.is_word.tolist() == [is_word(each, syntax) for each in types]
        assert sequence.characters == len(unicodedata.normalize("NFC", text))


def test_long_texts_are_laid_out_in_blocks() -> None:
    text = "\n".join(f"{number}, word{number % 7}" for number in range(30_000))
    sequence = word_sequence(text)
    types = sequence.types.decode().split("\n")
    rows = zip(sequence.ids.tolist(), sequence.spaced.tolist(), sequence.is_break.tolist(), strict=True)
    parts = ["\n" if is_break else " " * spaced + types[index] for index, spaced, is_break in rows]
    assert "".join(parts).replace("\n ", "\n") == f" {text}"


@pytest.mark.parametrize("text", [" ".join(map(str, range(1_000))), "x" * 30_000 + " y", ",;" * 10_000, "é-" * 20_000])
def test_one_that_knows_too_much_is_dropped(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = BulkWords()
    few.sequence("few words")
    monkeypatch.setattr(bulk, "_MOST_MEMORY", few.memory + 10_000)
    word_sequence("few words")
    assert len(bulk._idle["prose", False]) == 1
    word_sequence(text)
    assert not any(bulk._idle.values())


def test_what_is_known_can_be_forgotten() -> None:
    word_sequence("some words", "pretokenized")
    forget_words()
    assert not any(bulk._idle.values())


def test_one_that_was_interrupted_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    word_sequence("some words")
    (first,) = bulk._idle["prose", False]
    monkeypatch.setattr(first, "_learn", interrupted)
    with pytest.raises(InterruptedError):
        word_sequence("other words")
    assert not any(bulk._idle.values())


def interrupted(_: object) -> None:
    raise InterruptedError


def test_threads_have_one_each() -> None:
    texts = [" ".join(f"{word}{number % (part + 3)}" for number in range(20_000)) for part, word in enumerate("abcdef")]
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(word_sequence, texts * 3))
    for text, sequence in zip(texts * 3, found, strict=True):
        assert_same(sequence, BulkWords().sequence(text))
    assert len(set(map(id, bulk._idle["prose", False]))) == len(bulk._idle["prose", False])


def assert_same(first: WordSequence, second: WordSequence) -> None:
    assert (first.types, first.characters) == (second.types, second.characters)
    for name in ("is_word", "ids", "spaced", "is_break"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
