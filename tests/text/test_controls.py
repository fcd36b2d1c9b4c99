"""Control characters are white space, counted, and never in a token."""

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.config import CorpusSettings
from autocomplete.corpus.encoding import read_texts
from autocomplete.errors import CorpusError, ModelError
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import holds_control, may_hold_stray, plain_text, without_controls
from autocomplete.text.vocabulary import Vocabulary
from tests.corpus.stores import TOKENIZERS, prose, stored, text_file

TURNING = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
CONTROLS = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cc"] + TURNING
STRAY = [character for character in CONTROLS if not character.isspace()]
# What Persian, Hindi and emoji are not written without.
SHAPING = ["می\u200cخواهم", "क\u094d\u200dष", "👩\u200d👩\u200d👧", "❤\ufe0f"]


def test_just_control_characters_and_those_that_turn_text_are_meant() -> None:
    found = [chr(code) for code in range(sys.maxunicode + 1) if holds_control(chr(code))]
    assert sorted(found) == sorted(CONTROLS)
    every = "".join(map(chr, range(0xD800)))
    spaced, count = without_controls(every)
    assert count == len([character for character in STRAY if character < "\ud800"])
    assert [old for old, new in zip(every, spaced, strict=True) if old != new] == sorted(STRAY)


@given(text=st.text(st.sampled_from([*"ab \n\té“€", *STRAY, "\x85"])))
def test_none_is_overlooked_among_bytes(text: str) -> None:
    assert may_hold_stray(text.encode()) or without_controls(text)[1] == 0
    assert not may_hold_stray("plain “text” €5\té\n".encode())


@given(text=st.text(st.sampled_from([*"ab1; m[]\té\x1b\x9b\x07\u200b\u0303ａ\u00b4"])))
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    plain = plain_text(text)
    assert plain_text(plain) == plain == unicodedata.normalize("NFC", plain)
    assert plain_text("n\u0303 \x1b[31mｒ\u200be\x1b[0md\x1b(B.") == "ñ red."


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=str)
@given(text=st.lists(st.sampled_from([*"ab. \n", *CONTROLS, "www.", "x@y.zz", *SHAPING])).map("".join))
def test_no_token_holds_one(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.spans(text)
    assert not any(holds_control(token.text) for token in tokens)
    assert [token.text for token in tokens] == [token.text for token in tokenizer.spans(without_controls(text)[0])]
    assert all(0 <= token.start < token.stop <= len(text) for token in tokens)
    assert not any(map(holds_control, tokenizer.chunk(text).type_strings()))


@pytest.mark.parametrize("shaping", SHAPING, ids=ascii)
def test_what_shapes_letters_and_emoji_stays(shaping: str) -> None:
    assert [token.text for token in Tokenizer("word", "lines").spans(f"a {shaping} b")] == ["a", shaping, "b"]


@pytest.mark.parametrize("given", [{}, {"pretokenized": True}, {"level": "char"}, {"layout": "text"}], ids=str)
def test_stray_ones_in_a_corpus_are_white_space_and_counted(given: dict[str, object], tmp_path: Path) -> None:
    attack = "visit www.x.com/\x1b]0;owned\x07 now\n a\u202eb \x9b31m\x00c\n\x00\n"
    clean = "visit www.x.com/ ]0;owned  now\n a b  31m c\n \n"
    options: dict[str, Any] = {"layout": "lines", "chunk_bytes": 700, **given}
    stores = []
    for number, each in enumerate((attack, clean)):
        file = text_file(tmp_path / f"{number}.txt", prose(60) + each)
        valid = text_file(tmp_path / f"valid-{number}.txt", each + prose(20, seed=1))
        stores.append(stored(file, valid=(valid,), folder=tmp_path / file.stem, **options))
    found, wanted = stores
    assert found.vocabulary.tokens == wanted.vocabulary.tokens
    assert found.train.tolist() == wanted.train.tolist()
    assert [chunk.text for chunk in found.valid_texts()] == [chunk.text for chunk in wanted.valid_texts()]
    assert (found.report.controls, wanted.report.controls) == (12, 0)
    assert not any(map(holds_control, [*found.vocabulary.tokens, *found.vocabulary.rare]))


def test_a_few_nuls_do_not_make_a_text_binary_and_many_do(tmp_path: Path) -> None:
    text = prose(400)
    store = stored(text_file(tmp_path / "a.txt", text + "a\0b\n" + text), folder=tmp_path / "store")
    assert store.report.controls == 1
    contents = {
        "b.txt": text.encode("utf-16-le"),  # without a mark
        "c.txt": "hi\n".encode("utf-16-be"),
        "d.txt": b"\x89PNG\r\n\x1a\n\0" + text.encode() + b"\xff\xfe",
        "e.txt": b"".join(bytes([0, 0, 0, code % 100]) + b"text" for code in range(400)),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CorpusError, match=rf"{name}: not text \(a NUL at byte") as refused:
            stored(tmp_path / name, folder=tmp_path / "other", encoding="utf-8")
        assert ("utf-16" in refused.value.cure) == (name in ("b.txt", "c.txt"))


@pytest.mark.parametrize(
    "content",
    [
        "".join(f"\x1b[32m{line}\x1b[0m\x08\x07\n" for line in prose(40).split("\n")) + "\0",
        "a note of twenty three.\0",
        prose(9_000) + "\0" * 4_096,
        prose(9_000) + "\0" * 4_096 + "\n" + prose(9_000, seed=1),
    ],
    ids=["coloured", "short", "end", "middle"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_an_ordinary_file_with_nuls_is_text(content: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(content.encode(encoding, "replace"))
    given = CorpusSettings(encoding=encoding)
    (chunk,) = read_texts([tmp_path / "a.txt"], tokenizer=TOKENIZERS[0], settings=given)
    assert not any(map(holds_control, chunk.text.split("\n")))


@pytest.mark.parametrize("token", ["a\nb", "a\r", "\x1b[31m", "\x9b", "a\u202e", "\x85"], ids=ascii)
@pytest.mark.parametrize("place", ["tokens", "rare"])
def test_a_vocabulary_with_one_in_a_token_is_refused(token: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    fields = stored(text_file(tmp_path / "a.txt", prose(60)), folder=tmp_path / "store").vocabulary.as_dict()
    fields[place] = [*fields[place][:-1], token]
    path.write_text(json.dumps(fields))
    with pytest.raises(ModelError, match=r"vocabulary\.json: damaged .*control character"):
        Vocabulary.load(path)
