"""Lines that look as if they held a secret are left out of bulk text, and no others; a fast look finds them all."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autocomplete.corpus import ingest as ingest_module
from autocomplete.corpus.store import CorpusStore
from autocomplete.errors import CorpusError
from autocomplete.text.bulk import BulkWords, censored
from autocomplete.text.censoring import LONGEST_LINE, Suspects
from autocomplete.text.pieces import PieceTable
from autocomplete.text.secrets import secret_kind
from tests.corpus.stores import prose, stored, text_file
from tests.text.test_secret_kinds import FOUND
from tests.text.test_secrets import HARMLESS, SECRETS, WRITTEN_OTHERWISE

PARTS = [
    "password", "Passwords", "PASSWD", "pass", "pw", "key", "api", "secret", "token", "--token", "--api", "the", "is",
    "was", "est", "é", ":", "=", "=>", "：", '"', "'", "”", "’", "hunter", "hunter2", "12", "1234", "pin", "PIN:",
    "#", "code", "-p", "-u", "ann:b", "mysql", "docker", "login", "sshpass", "redis-cli", "-a", "x", "://", "a:b@c",
    ".", "Authorization", "Bearer", "abcdefghijklmnop", "4111", "1111", "4111-1111", "-", "AKIA", "IOSFODNN7EXAMPLE",
    "/", "ghp_", "xoxb-1234567890", "eyJ", "abcdefgh.", "Tr0ub4dor&3", "пароль", "密码", "contraseña", "mot", "de",
    "passe", "-----BEGIN", "PRIVATE", "KEY-----", "\t:", "\u00a0=", "contrasen\u0303a", "ｐａｓｓｗｏｒｄ", "парОЛЬ",
    "pass\u200bword", "pın", "１２３４", "\x1b[0m", "\x1b[1m", "\x1b]0;a", "\x07", "**", "`", "__", "<password>",
    "<b>", "</b>", "</", "wifi", "WLAN", "Kontonummer", "hasło", "şifre", "İban", "code", "door", "4711#", "1234567",
    "DE89", "3704", "0044", "0532", "0130", "00", "078-05-1120", "seed", "oven", "patrol", "pony", "noodle", "juice",
    "inject", "grape", "oven patrol pony noodle mosquito lobster juice inject helmet grape", "oven\u00a0pony",
    "ｏｖｅｎ", "passphrase", "user", "login", "/", "security", "question:", "$6$", "a" * 24, "Tr0ub4dor&3x", "MII",
    "\\\\nas", "kod", "密码是", "は", "→", "–", "，",
]  # fmt: skip
GAPS = [
    "", "", " ", " ", "  ", "\t", "\u00a0", "\u2003", "\u3000", "\n", " \t", "\t ", " \u00a0", "\r", "\x0b", "\u200b",
    " \u200b ", "\x00", "\x1b[0 q",
]  # fmt: skip
TEXTS = st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(GAPS)), max_size=14).map(
    lambda pairs: "".join(part + gap for part, gap in pairs)
)


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=3))
@example(texts=["\n".join(SECRETS + HARMLESS)])
@example(texts=["\n".join(line for lines in FOUND.values() for line in lines)])
@example(texts=["password \t: sesamopen", "my secret \t= sesamopen", "пароль \t://"])
@example(texts=["token \t：x", "pass \t=>x", "парОЛЬ: x", "\x1b]0;a password: hunter\x07\nc"])
@example(texts=["a\n4111 1111 1111 1111", "pin\t1234\n"])
def test_just_the_lines_that_look_secret_are_left_out(texts: list[str]) -> None:
    words = BulkWords()
    for text in texts:
        kinds = list(map(secret_kind, text.split("\n")))
        found = words.censored(text)
        kept = [line for line, kind in zip(text.split("\n"), kinds, strict=True) if kind is None]
        assert found.text == "\n".join(kept)
        assert found.left_out == Counter(filter(None, kinds))
        sequence, anew = words.sequence(found.text), BulkWords().sequence(found.text)
        assert sequence.types == anew.types
        assert np.array_equal(sequence.ids, anew.ids)


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_is_found_wherever_it_stands(line: str) -> None:
    kept = "some words\n\nbefore it"
    for text in (f"{kept}\n{line}", f"{line}\n{kept}", f"some words\n\n{line}\nbefore it"):
        assert censored(text).text == kept


@pytest.mark.parametrize("line", WRITTEN_OTHERWISE, ids=ascii)
def test_training_and_what_a_line_teaches_agree_on_what_is_written_otherwise(line: str, tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.txt", f"{prose(60)}{line}\n{prose(20, seed=1)}")
    assert stored(path, folder=tmp_path / "store").report.secret_lines == {secret_kind(line): 1}


@pytest.mark.parametrize(
    "line", ["the insurance - of us all", "an account: that of a witness", "the door/gate is open"]
)
def test_names_of_numbers_are_no_suspects_without_a_digit_near(line: str) -> None:
    """Prose has them in every tenth line."""
    pieces = PieceTable()
    suspects = Suspects(pieces)
    assert not suspects.lines(pieces.number(line.encode()))
    assert list(suspects.lines(pieces.number(f"roses\n{line} 1234567".encode()))) == [1]


def test_the_number_under_a_long_label_is_found() -> None:
    text = "insurance no of me as i was in:\n\n\n1234567"
    assert censored(text).text.strip() == censored(text.replace("\n\n\n", " ")).text == ""


def test_of_a_very_long_line_only_the_part_around_a_secret_is_left_out() -> None:
    words = prose(900).replace("\n", " ")
    place = words.index(" ", len(words) // 2)
    found = censored(f"{words[:place]} password: hunter{words[place:]}\nend")
    assert found.left_out == {"passwords": 1}
    assert "hunter" not in found.text
    assert found.text.endswith("\nend")
    assert len(words) - len(found.text) < 2 * LONGEST_LINE


@pytest.mark.parametrize(
    "given", [{}, {"pretokenized": True}, {"level": "char"}, {"layout": "text"}, {"layout": "commands"}], ids=str
)
def test_the_store_is_that_of_the_text_without_them(given: dict[str, object], tmp_path: Path) -> None:
    draw = random.Random(3)
    lines = prose(300).split("\n")
    secret = draw.sample([line for line in SECRETS if "\n" not in line], 12)
    mixed = [*lines]
    for line in secret:
        mixed.insert(draw.randrange(len(mixed)), line)
    options: dict[str, Any] = {"layout": "lines", **given}
    valid = (text_file(tmp_path / "v.txt", prose(20, seed=1)),)
    mixed_valid = (text_file(tmp_path / "mv.txt", "my password: hunter\n" + prose(20, seed=1)),)
    clean = stored(text_file(tmp_path / "a.txt", "\n".join(lines)), valid=valid, folder=tmp_path / "a", **options)
    path = text_file(tmp_path / "b.txt", "\n".join(mixed))
    found = stored(path, valid=mixed_valid, folder=tmp_path / "b", chunk_bytes=2_000, **options)
    assert found.vocabulary.tokens == clean.vocabulary.tokens
    assert found.train.tolist() == clean.train.tolist()
    assert found.valid.tolist() == clean.valid.tolist()
    assert sum(found.report.secret_lines.values()) == 13
    assert "".join(chunk.text for chunk in found.valid_texts()) == prose(20, seed=1)
    everything = stored(path, valid=mixed_valid, folder=tmp_path / "c", keep_secrets=True, **options)
    assert everything.report.secret_lines == {}
    assert len(everything.train) > len(found.train)


def test_the_counts_of_several_workers_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(prose(30, seed=seed) + f"password: hunter{seed}\n\x01" for seed in range(8))
    path = text_file(tmp_path / "a.txt", text)
    alone = stored(path, folder=tmp_path / "alone", chunk_bytes=2_000).report
    monkeypatch.setattr(ingest_module, "_BYTES_WORTH_WORKERS", 0)
    several = stored(path, folder=tmp_path / "several", chunk_bytes=2_000, workers=2).report
    assert (alone.secret_lines, alone.controls) == (several.secret_lines, several.controls) == ({"passwords": 8}, 8)


def test_a_text_of_secrets_says_why_nothing_is_left(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.txt", "password: hunter\n" * 200)
    with pytest.raises(CorpusError, match="0 tokens to train on without the 200 lines that look like secrets"):
        stored(path, folder=tmp_path / "store")


def test_a_text_with_one_secret_says_so(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.txt", "password: hunter\nmy words\n")
    with pytest.raises(CorpusError, match="without the line that looks like a secret, and"):
        stored(path, folder=tmp_path / "store")


def test_the_report_keeps_its_counts(tmp_path: Path) -> None:
    text = prose(100) + "PIN: 1234\n4111 1111 1111 1111\n" + prose(30)
    store = stored(text_file(tmp_path / "a.txt", text), folder=tmp_path / "store")
    assert store.report.secret_lines == {"cards": 1, "codes": 1}
    assert CorpusStore.open(tmp_path / "store").report == store.report


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n\n\n", " \n"])
@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Passwort:", "bluecheese77"),
        ("My new password is:", "woodenspoon"),
        ("the mot de passe =", "fromage"),
        ("PIN:", "4711"),
        ("密码：", "bluecheese"),
    ],
)
def test_a_secret_under_the_line_that_calls_it_is_left_out_with_it(label: str, value: str, between: str) -> None:
    blank = "\n" * (between.count("\n") - 1)
    found = censored(f"some words\n{label}{between}{value}\nand more\nafter it")
    assert found.text == f"some words\n{blank}and more\nafter it"
    assert found.left_out.total() == 2
    assert censored(f"{label}{between}{value}").text == blank.removesuffix("\n")


@pytest.mark.parametrize(
    "text",
    [
        "She had one wish:\nbluecheese77",
        "Passwort:\n\n\n\nbluecheese77",
        "Password:\nI went to the sea today, and it was nice.",
        "I forgot the password\nbluecheese77",
        "Password:",
        "Password:\n",
        "PIN:\nUser name:\nthe next line",
    ],
)
def test_what_no_line_calls_a_secret_stays(text: str) -> None:
    assert censored(text).text == text


def test_labels_in_a_row_are_each_judged_once() -> None:
    assert censored("password:\n" * 3_000 + "end of it").left_out == {"passwords": 2}
