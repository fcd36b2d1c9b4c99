"""Archives are told by their first bytes, and harm nobody."""

import bz2
import gzip
import io
import lzma
import shutil
import stat
import zipfile
from pathlib import Path
from unittest.mock import Mock

import pytest
import zstandard

from autocomplete.corpus import archives
from autocomplete.errors import CorpusError
from tests.corpus.formats import file_of, gathered, small_formats, texts_of

__all__ = ["small_formats"]
pytestmark = pytest.mark.usefixtures("small_formats")

TEXT = "some words of a text\n" * 30


def zipped(members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def refused(path: Path, work: Path) -> CorpusError:
    with pytest.raises(CorpusError) as caught:
        gathered(path, work=work)
    assert caught.value.cause.endswith(".")
    assert caught.value.cure.endswith(".")
    return caught.value


PACKED = {
    "gzip": gzip.compress(TEXT.encode()),
    "two gzip members": gzip.compress(TEXT[:60].encode()) + gzip.compress(TEXT[60:].encode()),
    "zstd": zstd(TEXT.encode()),
    "two zstd frames": zstd(TEXT[:60].encode()) + zstd(TEXT[60:].encode()),
    "zip": zipped({"whatever.name": TEXT}),
    "zip of bzip2": zipped({"a.txt": TEXT}, zipfile.ZIP_BZIP2),
    "gzip in zip": zipped({"a.bin": gzip.compress(TEXT.encode())}),
    "zip in zstd": zstd(zipped({"a.txt": TEXT})),
    "utf-16 in gzip": gzip.compress(TEXT.encode("utf-16")),
}


@pytest.mark.parametrize("kind", PACKED)
def test_text_is_the_same_however_it_is_packed_and_called(kind: str, tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "notes", PACKED[kind]), work=tmp_path)
    assert texts_of(sources) == [TEXT]
    assert sources.texts[0].digest == gathered(file_of(tmp_path / "plain", TEXT), work=tmp_path).texts[0].digest


def test_a_format_is_told_inside_an_archive(tmp_path: Path) -> None:
    content = zipped({"export/chat.txt": "chat\nA: one\n", "export/photo.jpg": b"\xff\xd8", "more.txt": "plain\n"})
    sources = gathered(file_of(tmp_path / "export.zip", content), work=tmp_path)
    assert texts_of(sources) == ["one\n\n", "plain\n"]
    assert [source.name for source in sources.texts] == [
        f"{tmp_path / 'export.zip'}/export/chat.txt",
        f"{tmp_path / 'export.zip'}/more.txt",
    ]
    assert sources.account["left_out"] == {".jpg": 1}


def test_an_archive_in_which_nothing_fits_is_called_one(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.zip", zipped({"a.xml": "<a/>", "b.xml": "<b/>"}))
    with pytest.raises(CorpusError, match=r"no file in this archive is named .*; '\*\.xml' would take 2\."):
        gathered(path, work=tmp_path)


def test_a_maildir_in_an_archive_is_taken_whole(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "box/cur/1": "mail\nBen\nmore",
        "box/new/": "",
        "box/.Sent/cur/2": "mail\nAnna\nwords",
        "box/.Sent/new/3": "mail\nAnna\nothers",
        "box/.Sent/.hidden": "mail\nAnna\nhidden",
        "box/.other/cur/4": "mail\nAnna\nno Maildir",
    }
    path = file_of(tmp_path / "box.zip", zipped(members))
    assert sorted(texts_of(gathered(path, work=tmp_path, everyone=True))) == ["more\n\n", "words\n\nothers\n\n"]
    # What lies beside a message tells that it was sent.
    assert texts_of(gathered(path, work=tmp_path)) == ["words\n\nothers\n\n"]


def test_a_document_that_is_a_zip_is_no_folder(tmp_path: Path) -> None:
    content = zipped({"word/document.xml": "<xml/>", "a.txt": "not this"})
    sources = gathered(file_of(tmp_path / "letter", content), work=tmp_path)
    assert texts_of(sources) == ["a document\n\nof two lines\n\n"]
    assert sources.account["formats"][0]["notes"] == ["the text is in column 'body'"]
    inside = gathered(file_of(tmp_path / "f.zip", zipped({"letter.docx": content})), work=tmp_path)
    assert texts_of(inside) == texts_of(sources)


def test_what_leads_out_of_an_archive_is_passed_over_and_counted(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("../out.txt", "a/../../out.txt", "/etc/out.txt", "C:/out.txt", "..\\out.txt", "fine.txt"):
            archive.writestr(name, f"text of {name}\n")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("fine.txt", "the same name again\n")
    sources = gathered(file_of(tmp_path / "in" / "a.zip", content.getvalue()), work=tmp_path)
    assert texts_of(sources) == ["text of fine.txt\n"]
    assert sources.account["refused"] == 7
    assert sorted(path.name for path in tmp_path.rglob("*.txt")) == ["fine.txt"]


def test_an_archive_within_two_others_is_refused(tmp_path: Path) -> None:
    twice = gzip.compress(gzip.compress(TEXT.encode()))
    assert texts_of(gathered(file_of(tmp_path / "a", twice), work=tmp_path)) == [TEXT]
    assert "archives within archives" in refused(file_of(tmp_path / "b", gzip.compress(twice)), tmp_path).cause


@pytest.mark.parametrize("pack", [gzip.compress, zstd, lambda content: zipped({"a.txt": content})])
def test_a_bomb_is_refused_early(pack: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_FREE_OF_RATIO_BYTES", 1 << 20)
    path = file_of(tmp_path / "a", pack(b"\n" * (40 << 20)))
    assert "over 200 times its size" in refused(path, tmp_path).cause
    written = [each.stat().st_size for each in (tmp_path / "work").rglob("*") if each.is_file()]
    assert max(written) <= 12 << 20


def test_what_the_disk_has_no_room_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", Mock(return_value=Mock(free=archives._SPARED_BYTES)))
    assert "no room" in refused(file_of(tmp_path / "a", PACKED["gzip"]), tmp_path).cause


def test_an_encrypted_archive_says_so(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.txt": TEXT}))
    content[6] |= 1  # of the local header, and of the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted ('a.txt')" in refused(file_of(tmp_path / "a.zip", bytes(content)), tmp_path).cause


@pytest.mark.parametrize("kind", ["gzip", "zstd", "zip", "two zstd frames", "zip of bzip2"])
def test_damaged_archives_are_refused(kind: str, tmp_path: Path) -> None:
    whole = PACKED[kind]
    middle = whole[: len(whole) // 2] + b"\xff\x00\xff" + whole[len(whole) // 2 + 3 :]
    for content in (whole[:-9], whole[: len(whole) // 2], middle):
        assert "not a whole" in refused(file_of(tmp_path / "a", content), tmp_path).cause


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("tar archive", b"notes.txt".ljust(257, b"\0") + b"ustar  ".ljust(255, b"\0") + b"words"),
        ("tar archive", gzip.compress(b"notes.txt".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0") + b"words")),
        ("7-Zip archive", b"7z\xbc\xaf\x27\x1c\0\4"),
        ("RAR archive", b"Rar!\x1a\x07\0"),
        ("xz file", lzma.compress(TEXT.encode())),
        ("bzip2 file", bz2.compress(TEXT.encode())),
    ],
    ids=["tar", "tar in gzip", "7-Zip", "RAR", "xz", "bzip2"],
)
def test_archives_of_other_kinds_are_named(kind: str, content: bytes, tmp_path: Path) -> None:
    error = refused(file_of(tmp_path / "a.txt", content), tmp_path)
    assert f"a.txt: a {kind}, which is not unpacked here" in error.cause
    assert error.cure == "Unpack it first."


def test_what_is_only_called_an_archive_is_refused(tmp_path: Path) -> None:
    for name in ("a.gz", "a.zip", "a.zst"):
        assert "not a whole" in refused(file_of(tmp_path / name, TEXT), tmp_path).cause


def test_a_zip_in_which_nothing_fits_names_the_pattern(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.zip", zipped({"a.py": "x", "b.py": "y", "c.json": "{}"}))
    assert "'*.py' would take 2, '*.json' would take 1" in refused(path, tmp_path).cause
    assert len(gathered(path, work=tmp_path, patterns=("*.py",)).texts) == 2
