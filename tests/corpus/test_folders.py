"""What of a folder is taken, and what is told of the rest."""

from pathlib import Path

import pytest

from autocomplete.corpus.folders import findable
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


def test_links_to_other_folders_are_told_and_not_followed(tmp_path: Path) -> None:
    file_of(tmp_path / "f" / "a.txt", "one\n")
    file_of(tmp_path / "f" / "sub" / "b.txt", "two\n")
    file_of(tmp_path / "other" / "c.txt", "three\n")
    (tmp_path / "f" / "again").symlink_to(tmp_path / "f" / "sub")  # which is read anyway
    (tmp_path / "f" / ".hidden").symlink_to(tmp_path / "other")
    (tmp_path / "f" / "round").symlink_to(tmp_path / "f" / "round")
    assert gathered(tmp_path / "f", work=tmp_path).account["remarks"] == []
    link = tmp_path / "f" / "sub" / "elsewhere"
    link.symlink_to(tmp_path / "other")
    sources = gathered(tmp_path / "f", work=tmp_path)
    assert texts_of(sources) == ["one\n", "two\n"]
    assert sources.account["remarks"] == [f"{link} is a link to a folder, and not followed: name it to have it read"]
    named = gathered(tmp_path / "f", link, work=tmp_path)
    assert (texts_of(named), named.account["remarks"]) == (["one\n", "two\n", "three\n"], [])
    (tmp_path / "f" / "up").symlink_to(tmp_path)
    (remark,) = gathered(tmp_path / "f", work=tmp_path).account["remarks"]
    assert remark == f"2 links to folders are not followed, such as {link}: name them to have them read"


def test_a_folder_of_links_to_folders_says_that_they_are_not_followed(tmp_path: Path) -> None:
    file_of(tmp_path / "other" / "a.txt", "one\n")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "link").symlink_to(tmp_path / "other")
    with pytest.raises(CorpusError) as refused:
        gathered(tmp_path / "f", work=tmp_path)
    assert "links to other folders alone" in refused.value.cause
    assert texts_of(gathered(tmp_path / "f" / "link", work=tmp_path)) == ["one\n"]


def test_a_path_is_findable_from_anywhere_as_it_was_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep" / "january").mkdir(parents=True)
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "current").symlink_to(tmp_path / "deep" / "january")
    monkeypatch.chdir(tmp_path / "f")
    for given, meant in {
        "a.txt": tmp_path / "f" / "a.txt",
        "./sub//a.txt": tmp_path / "f" / "sub" / "a.txt",
        "../b.txt": tmp_path / "b.txt",
        "current/a.txt": tmp_path / "f" / "current" / "a.txt",  # whatever that leads to when it is read again
        "current/../c.txt": tmp_path / "deep" / "c.txt",
        "../f/current/a.txt": tmp_path / "f" / "current" / "a.txt",
        "/": Path("/"),
    }.items():
        assert findable(Path(given)) == meant


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
