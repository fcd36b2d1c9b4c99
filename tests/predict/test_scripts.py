"""Suggestions in scripts without spaces: of words, whatever was cut of those that are half-typed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.errors import ModelError
from autocomplete.interface.cli.app import run
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from autocomplete.text import scripts
from tests.predict import asking
from tests.text.scripts_of import ALL

pytest.importorskip("icu4py")
LINES = "\n".join([*ALL, "the best market in town", "我们用Python写程序"]) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "lines.txt").write_text(LINES * 10, encoding="utf-8")
    assert run(["train", str(folder / "lines.txt"), "--model", str(folder / "model"), "--no-network"]) == 0
    return str(folder / "model")


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "icu4py", None)
    scripts.segmenter.cache_clear()
    yield
    scripts.segmenter.cache_clear()


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("我昨天在图", "图书"), ("他明天要去北", "北京"), ("今天天气很好，我们去爬", "爬山"), ("火", "火车"),
        ("昨日は図", "図書館"), ("昨日は図書", "図書館"), ("コーヒ", "コーヒー"), ("明日は友", "友達"),
        ("เมื่อวานนี้ฉันไปต", "ตลาด"), ("เมื่อวานนี้ฉันไปตล", "ตลาด"), ("เขาทำงานที่โรงพยา", "พยาบาล"), ("เพื่", "เพื่อน"),
        ("ມື້ວານນີ້ຂ້ອຍໄປຕະ", "ຕະຫຼາດ"), ("ມື້ອື່ນພວກເຮົາຈະໄປໂຮງຮ", "ໂຮງຮຽນ"),
        ("ម្សិលមិញខ្ញុំទៅផ្ស", "ផ្សារ"), ("ថ្ងៃស្អែកយើងនឹងទៅសាលា", "សាលារៀន"),
        ("အမေကဈေးကနေသစ်", "သစ်သီး"), ("သူကဆေး", "ဆေးရုံ"),
        ("the best mar", "market"), ("我们用Pyth", "Python"),
    ],
)  # fmt: skip
def test_a_word_is_completed_from_its_first_letters(folder: str, typed: str, word: str) -> None:
    found = Suggester.open(folder).suggest(typed, mode="complete")
    asking.check(typed, found)
    assert found[0].text == word
    assert found[0].result == typed[: len(typed) - found[0].replace] + word
    assert word.startswith(typed[len(typed) - found[0].replace :])


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("我昨天在", "我昨天在图书"),
        ("เมื่อวานนี้ฉันไป", "เมื่อวานนี้ฉันไปตลาด"),
        ("อากาศวันนี้ร้อนมาก ", "อากาศวันนี้ร้อนมาก เรา"),
        ("ຂ້ອຍໄປ", "ຂ້ອຍໄປຕະຫຼາດ"),
        ("我们用", "我们用Python"),
    ],
)
def test_the_next_word_follows_without_a_space(folder: str, typed: str, result: str) -> None:
    assert Suggester.open(folder).suggest(typed)[0].result == result


@given(
    text=st.lists(st.sampled_from([*ALL, " ", "，", "Python", "the best "]), max_size=2).map("".join),
    jump=st.integers(2, 5),
)
def test_typing_along_and_typing_at_once_agree(folder: str, text: str, jump: int) -> None:
    suggester, model = Suggester.open(folder), Model.open(folder)
    for stop in [*range(0, len(text), jump), len(text), max(0, len(text) - 3)]:
        typed = suggester.suggest(text[:stop], words=2)
        asking.check(text[:stop], typed, words=2)
        asking.assert_same(typed, Suggester(model).suggest(text[:stop], words=2))


@given(text=st.text("我们图书館かなカナーเมื่อวาນຂ້ອຍខ្ញុំကျွန်。 \u200b\u0e48a", max_size=20))
def test_any_text_gets_an_answer_that_keeps_the_contract(folder: str, text: str) -> None:
    for mode in ("auto", "next", "complete"):
        asking.check(text, Suggester.open(folder).suggest(text, mode=mode, words=2), words=2)


def test_a_model_knows_what_cut_its_words(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert Model.open(folder).manifest.segmenter == scripts.segmenter()
    assert run(["models", "info", folder]) == 0
    assert f"words cut by         {scripts.segmenter()}\n" in capsys.readouterr().out


@pytest.mark.usefixtures("no_library")
def test_a_model_that_needs_the_library_says_so(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match=r"were cut by ICU .* not installed\. pip install .*\[scripts\]"):
        Model.open(folder)
    assert run(["suggest", "--model", folder, "我"]) == 3
    assert 'pip install "autocomplete-lm[scripts]"' in capsys.readouterr().err


@pytest.mark.usefixtures("no_library")
def test_without_the_library_each_letter_is_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lines.txt").write_text(LINES * 4, encoding="utf-8")
    assert run(["train", str(tmp_path / "lines.txt"), "--model", str(tmp_path / "model"), "--no-network"]) == 0
    said = capsys.readouterr().err
    assert said.count("autocomplete-lm[scripts]") == 1
    assert "letters of scripts without spaces are words each" in said
    model = Model.open(tmp_path / "model")
    assert model.manifest.segmenter is None
    assert [item.text for item in Suggester(model).suggest("我昨天在图", k=1)] == ["书"]


def test_a_model_of_other_text_needs_nothing(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("the best market in town, été\n" * 60, encoding="utf-8")
    assert run(["train", str(tmp_path / "lines.txt"), "--model", str(tmp_path / "model"), "--no-network"]) == 0
    assert Model.open(tmp_path / "model").manifest.segmenter is None
