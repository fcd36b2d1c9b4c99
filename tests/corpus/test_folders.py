"""What of a folder is taken, and what is told of the rest."""

from pathlib import Path

import pytest

from autocomplete.errors import CorpusError, Cure
from tests.corpus.formats import file_of, gathered, small_formats, texts_of

__all__ = ["small_formats"]
pytestmark = pytest.mark.usefixtures("small_formats")


def test_what_is_left_out_is_counted_by_ending_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("a.txt", "b.py", "sub/c.PY", "d.zip", "README", ".hidden.py", ".git/e.py", "sub/.f"):
        file_of(tmp_path / "f" / name, f"text of {name}\n")
    (tmp_path / "f" / "gone.py").symlink_to(tmp_path / "nowhere")
    account = gathered(tmp_path / "f", work=tmp_path).account
    assert account["left_out"] == {".py": 2, ".zip": 1, "": 1}
    assert next(iter(account["left_out"])) == ".py"
    assert account["patterns"] == ["*.txt"]


def test_a_folder_in_which_nothing_fits_names_the_patterns_that_would(tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.tex", "Makefile"):
        file_of(tmp_path / "f" / name, "text\n")
    with pytest.raises(CorpusError) as refused:
        gathered(tmp_path / "f", work=tmp_path)
    assert refused.value.cause.endswith("; '*.py' would take 2, '*.tex' would take 1.")
    assert refused.value.cure == Cure.PATTERN
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError) as refused:
        gathered(tmp_path / "empty", work=tmp_path)
    assert refused.value.cure == "Name another folder."


def test_a_maildir_is_taken_whole_with_its_folders(tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    for name in (
        "cur/1700000000.M1.host:2,S",
        "new/1700000001.M2.host",
        "tmp/1700000002.M3.host",
        ".Sent/cur/1700000003.M4.host:2,RS",
        ".Sent/new/.keep",
        ".Archive.2020/cur/1700000004.M5.host",
        ".Archive.2020/new/.keep",
        ".notmail/1700000005.M6.host",
        "dovecot-uidlist",
        "dovecot.index.log",
    ):
        file_of(mail / name, f"mail\nAnna\n{name}")
    sources = gathered(tmp_path, work=tmp_path, everyone=True)
    assert [text.strip() for text in texts_of(sources)] == [
        ".Archive.2020/cur/1700000004.M5.host",
        ".Sent/cur/1700000003.M4.host:2,RS",
        "cur/1700000000.M1.host:2,S\n\nnew/1700000001.M2.host",
    ]
    assert sources.account["left_out"] == {}
    assert sources.account["formats"][0]["files"] == 4


def test_the_messages_of_a_folder_are_one_text(tmp_path: Path) -> None:
    for number in range(300):
        file_of(tmp_path / "mail" / "cur" / f"{number:04}", f"mail\nAnna\nwords {number}")
    (tmp_path / "mail" / "new").mkdir()
    (source,) = gathered(tmp_path / "mail", work=tmp_path).texts
    assert source.path.read_text().split("\n\n")[:2] == ["words 0", "words 1"]
    assert 128 <= len(source.documents) <= 257
