import errno
import gzip
import hashlib
import io
import os
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from autocomplete.config import CorpusSettings
from autocomplete.corpus.sources import FILES_READ, Source, Sources, gather
from autocomplete.errors import AutocompleteError, CorpusError, UsageError

TEXT = "Grüße an alle – 你好\nsecond line\n"


def found(*paths: str | Path, work: Path, settings: CorpusSettings | None = None) -> Sources:
    folder = work / "work"
    folder.mkdir(exist_ok=True)
    *_, last = gather(paths, settings=settings or CorpusSettings(), work=folder)
    assert last.sources is not None
    return last.sources


def text_of(source: Source) -> str:
    return source.path.read_bytes()[source.start : source.stop].decode()


def refused(path: str | Path, kind: type[AutocompleteError], work: Path, **settings: str) -> AutocompleteError:
    with pytest.raises(kind) as caught:
        found(path, work=work, settings=CorpusSettings(encoding=settings.get("encoding", "utf-8")))
    assert caught.value.cause.endswith(".")
    assert caught.value.cure.endswith(".")
    return caught.value


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-8"),
        ("\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"), "utf-8"),
        (TEXT.encode("utf-32"), "utf-8"),
        (TEXT.encode("utf-16-le"), "utf-16"),
        (TEXT.encode("gb18030"), "gb18030"),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_text_is_the_same_in_every_encoding(content: bytes, encoding: str, compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("file.txt.gz" if compressed else "file.txt")
    path.write_bytes(gzip.compress(content) if compressed else content)
    (source,) = found(path, work=tmp_path, settings=CorpusSettings(encoding=encoding)).texts
    assert text_of(source) == TEXT
    assert source.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert source.name == str(path)


def test_characters_cut_by_a_block_are_whole_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.corpus.encodings._BLOCK_BYTES", 3)
    path = tmp_path / "file.txt"
    path.write_text(TEXT, encoding="utf-16")
    (source,) = found(path, work=tmp_path).texts
    assert text_of(source) == TEXT


def test_plain_files_are_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text(TEXT, encoding="utf-8")
    (source,) = found(path, work=tmp_path).texts
    assert source.path == path
    assert [path.name for path in (tmp_path / "work").iterdir()] == [FILES_READ]


def test_a_dash_is_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode("utf-16"))))
    (source,) = found("-", work=tmp_path).texts
    assert (source.name, text_of(source)) == ("standard input", TEXT)


def test_a_folder_is_searched_in_order_without_hidden_entries(tmp_path: Path) -> None:
    for name in ("b/2.txt", "a/1.md", "b/.hidden.txt", ".git/x.txt", "c.py", "B.TXT", "empty.txt"):
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text("" if "empty" in name else f"text of {name}")
    sources = found(tmp_path / "folder", work=tmp_path)
    assert [Path(source.name).name for source in sources.texts] == ["B.TXT", "1.md", "2.txt"]
    assert sources.empty_files == 1


def test_the_same_content_is_used_once(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("same")
    sources = found(tmp_path / "b.txt", tmp_path / "a.txt", tmp_path / "b.txt", work=tmp_path)
    assert [source.name for source in sources.texts] == [str(tmp_path / "b.txt")]
    assert sources.duplicate_files == 2


def test_a_missing_path_is_wrong_usage(tmp_path: Path) -> None:
    assert "nowhere.txt" in refused(tmp_path / "nowhere.txt", UsageError, tmp_path).cause


def test_an_unknown_encoding_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    for encoding in ("klingon", "hex"):
        assert encoding in refused(tmp_path / "a.txt", UsageError, tmp_path, encoding=encoding).cause


def test_a_folder_without_text_names_the_patterns(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.py").write_text("text")
    assert "*.txt or *.md" in refused(tmp_path / "folder", CorpusError, tmp_path).cause


def test_empty_files_are_refused(tmp_path: Path) -> None:
    for name, content in (("a.txt", b""), ("mark.txt", b"\xef\xbb\xbf"), ("a.gz", gzip.compress(b""))):
        (tmp_path / name).write_bytes(content)
        assert f"{name}: empty" in refused(tmp_path / name, CorpusError, tmp_path).cause
    (tmp_path / "a.gz").unlink()
    assert "every file is empty" in refused(tmp_path, CorpusError, tmp_path).cause


@pytest.mark.parametrize("block_bytes", [4, 1 << 20])
@pytest.mark.parametrize(("encoding", "offset"), [("utf-8", 7), ("utf-16", 14)])
def test_binary_files_are_refused_with_the_place(
    encoding: str, offset: int, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autocomplete.corpus.encodings._BLOCK_BYTES", block_bytes)
    (tmp_path / "a.txt").write_text(
        "über a" + "\0" * 9 + "b", encoding=encoding
    )  # utf-16 begins with a mark of two bytes
    assert f"byte {offset})" in refused(tmp_path / "a.txt", CorpusError, tmp_path).cause


@pytest.mark.parametrize("block_bytes", [4, 1 << 20])
def test_undecodable_files_are_refused_with_the_place(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autocomplete.corpus.encodings._BLOCK_BYTES", block_bytes)
    (tmp_path / "a.txt").write_bytes(b"plain \xe9 text")
    error = refused(tmp_path / "a.txt", CorpusError, tmp_path, encoding="ascii")
    assert "ascii" in error.cause
    assert "byte 6)" in error.cause


def test_the_place_is_right_where_a_block_cuts_a_character(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.corpus.encodings._BLOCK_BYTES", 4)
    (tmp_path / "a.txt").write_bytes("a日本語".encode("euc-jp") + b"\xff")
    assert "byte 7)" in refused(tmp_path / "a.txt", CorpusError, tmp_path, encoding="euc-jp").cause


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    for number, cure in ((errno.EMFILE, "open more files"), (errno.EIO, "check the disk")):
        error = OSError(number, os.strerror(number))
        monkeypatch.setattr("autocomplete.corpus.sources.decoded", Mock(side_effect=error))
        caught = refused(path, CorpusError, tmp_path)
        assert os.strerror(number) in caught.cause
        assert cure in caught.cure


def test_damaged_gzip_files_are_refused(tmp_path: Path) -> None:
    whole = gzip.compress(TEXT.encode() * 100)
    for content in (b"no gzip", whole[:-20], whole[:30] + b"\xff\xff\xff" + whole[33:]):
        (tmp_path / "a.txt.gz").write_bytes(content)
        assert "not a whole gzip file" in refused(tmp_path / "a.txt.gz", CorpusError, tmp_path).cause


@pytest.mark.parametrize(
    ("content", "is_told"),
    [
        ('{"body": "what a fine day"}\n{"body": cut\n{"body": also cut\n', True),
        ('[\n  {\n    "body": "what a fine day",\n  },\n  }\n]\n', True),
        ("{sic} is what they wrote\nand so it is\nto this day\n", False),
        ("[10:30] anna came\n[10:31] ben went\n[10:32] all was quiet\n", False),
        ('"So it is," she said.\n"It is," he said.\n', False),
    ],
)
def test_text_that_should_have_been_json_is_told_of(content: str, is_told: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content, encoding="utf-8")
    remarks = found(path, work=tmp_path).account["remarks"]
    assert remarks == [f"{path}: looks like JSON that is damaged, and is read as it stands"] * is_told
