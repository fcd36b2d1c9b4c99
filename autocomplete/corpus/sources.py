"""Arguments into UTF-8 files that can be cut anywhere: paths, folders, compressed files, standard input."""

import codecs
import fnmatch
import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from autocomplete.config import CorpusSettings
from autocomplete.errors import CorpusError, Cure, UsageError, system_cause, system_cure
from autocomplete.text.unicode import count_binary

STANDARD_INPUT = "-"
_BLOCK_BYTES = 1 << 20

# Text has a NUL here and there, logs after a crash have many; of what is no text, NULs and other bytes that only binary
# files have are more than this share, and these are so many NULs at least. Programs and pictures have some in a hundred
# where they could be text at all.
_MOST_BINARY_SHARE, _LEAST_NULS = 0.01, 8
# UTF-16 has its NULs at every second byte; where the text is Latin, at nearly each of these, however short it is.
_MOST_ASTRAY_SHARE, _LEAST_WIDE_SHARE = 0.1, 0.8

# Longest first: the mark of UTF-32-LE begins with that of UTF-16-LE.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """UTF-8 text on disk.

    Attributes:
        name: What the user calls it.
        path: The file that holds the text, as any process finds it; a copy in the work folder where the original is
            not plain UTF-8.
        start: Where the text begins in that file, in bytes: behind a byte-order mark.
        stop: Where it ends.
        digest: SHA-256 of the text in UTF-8, so that a compressed or differently encoded copy counts as the same.
    """

    name: str
    path: Path
    start: int
    stop: int
    digest: str

    @property
    def size(self) -> int:
        """Bytes of text."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts of one command, each content once.

    Attributes:
        texts: In the order of the arguments, those of a folder sorted by path.
        duplicate_files: Files left out because an earlier one has the same content.
        empty_files: Files of folders left out because they hold nothing.
    """

    texts: tuple[Source, ...]
    duplicate_files: int = 0
    empty_files: int = 0


def gather(paths: Sequence[str | Path], *, settings: CorpusSettings, work: Path) -> Sources:
    """Find and check every text; copies that have to be made go to the folder `work`.

    Raises:
        UsageError: A path does not exist, or the encoding is not known.
        CorpusError: A file is unreadable, empty, binary or not in its encoding, or a folder holds no text.
    """
    encoding = _known_encoding(settings.encoding)
    texts: dict[str, Source] = {}
    duplicate_files = empty_files = 0
    for path, in_folder in _expanded(paths, settings.patterns):
        source = _source(path, encoding, work)
        if source.size == 0 and not in_folder:
            raise CorpusError(f"{source.name}: empty.", "Give a file that holds text.")
        empty_files += source.size == 0
        duplicate_files += source.digest in texts
        if source.size:
            texts.setdefault(source.digest, source)
    if paths and not texts:
        raise CorpusError(f"{', '.join(map(str, paths))}: every file is empty.", "Give files that hold text.")
    return Sources(tuple(texts.values()), duplicate_files, empty_files)


def _known_encoding(name: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)  # refuses codecs that are not for text, such as hex
    except (LookupError, UnicodeError) as error:
        raise UsageError(f"encoding '{name}' is not known.", "Use a name such as utf-8, cp1252 or utf-16.") from error
    known = codecs.lookup(name).name
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(known, known)


def _expanded(paths: Sequence[str | Path], patterns: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    """Each file, and whether it was found in a folder rather than named."""
    for given in paths:
        path = Path(given)
        if str(given) == STANDARD_INPUT:
            yield path, False
        elif path.is_dir():
            yield from ((file, True) for file in _files_of(path, patterns))
        elif path.exists():
            yield path.absolute() if str(path) == STANDARD_INPUT else path, False
        else:
            raise UsageError(f"{path}: no such file or folder.", "Check the path.")


def _files_of(folder: Path, patterns: Sequence[str]) -> list[Path]:
    def refuse(error: OSError) -> NoReturn:
        _refuse_unreadable(error.filename, error)

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".") and _matches(name, patterns)]
    found = sorted(file for file in found if file.is_file())
    if not found:
        raise CorpusError(
            f"{folder}: no file in this folder is named {' or '.join(patterns)}.", "Name the files one by one."
        )
    return found


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def _source(path: Path, encoding: str, work: Path) -> Source:
    name = "standard input" if str(path) == STANDARD_INPUT else str(path)
    try:
        stored = path.absolute() if str(path) != STANDARD_INPUT and path.is_file() else _kept_stream(path, work)
        compressed = path.suffix.lower() == ".gz"
        with _opened(stored, compressed=compressed) as file:
            mark, encoding = _byte_order_mark(file.read(4), encoding)
        if encoding == "utf-8" and not compressed:
            digest = _digest(stored, name, start=mark)
            return Source(name, stored, mark, max(mark, stored.stat().st_size), digest)
        with _opened(stored, compressed=compressed) as file:
            file.seek(mark)
            copy = _utf8_copy(file, encoding, name, work / f"text-{len(list(work.glob('text-*')))}")
        return Source(name, copy, 0, copy.stat().st_size, _digest(copy, name, start=0))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CorpusError(f"{name}: not a whole gzip file ({error}).", "Fetch or compress it again.") from error
    except OSError as error:
        _refuse_unreadable(name, error)


def _refuse_unreadable(name: object, error: OSError) -> NoReturn:
    raise CorpusError(f"{name}: cannot be read ({system_cause(error)}).", system_cure(error)) from error


def _opened(path: Path, *, compressed: bool) -> BinaryIO:
    return gzip.open(path) if compressed else path.open("rb")  # type: ignore[return-value]  # reads and seeks alike


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_BLOCK_BYTES), b"")


def _stream(path: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(path) == STANDARD_INPUT else path.open("rb")


def _kept_stream(path: Path, work: Path) -> Path:
    """A copy of what can be read only once: standard input, a pipe."""
    copy = work / f"stream-{len(list(work.glob('stream-*')))}"
    with _stream(path) as stream, copy.open("wb") as output:
        for block in _blocks(stream):
            output.write(block)
    return copy


def _byte_order_mark(head: bytes, encoding: str) -> tuple[int, str]:
    """Length of the byte-order mark, and the encoding it tells, or none and the presumed one."""
    for mark, marked in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return len(mark), marked
    return 0, encoding


def _digest(path: Path, name: str, *, start: int) -> str:
    """SHA-256 of a text in UTF-8 from a byte on; it is refused where its NUL bytes show that it is none."""
    digest = hashlib.sha256()
    nuls = _Nuls(name)
    done = start
    with path.open("rb") as file:
        file.seek(start)
        for block in _blocks(file):
            if b"\0" in block:
                nuls.see(block, first=done + block.index(b"\0"), place=done - start)
                if not _may_be_utf8(block):
                    nuls.refuse()
            digest.update(block)
            done += len(block)
    nuls.judge(done - start)
    return digest.hexdigest()


class _Nuls:
    """The NUL bytes of a file: some are stray, many say that it is no text, or none in this encoding."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: int | None = None
        self._binary = 0
        self._nuls = [0, 0]  # at even places and at odd ones

    def see(self, block: bytes, *, first: int, place: int) -> None:
        """Take note of a block that holds one.

        Args:
            block: A byte for each byte of the file, or for each character.
            first: Where the first of them stands in the file, in bytes.
            place: Where the block begins, as it is counted.
        """
        if self._first is None:
            self._first = first
        self._binary += count_binary(block)
        for parity in (0, 1):
            self._nuls[(place + parity) % 2] += block[parity::2].count(b"\0")

    def judge(self, size: int) -> None:
        """Refuse a file of so many bytes, or characters as they were counted, where they are too many."""
        is_binary = sum(self._nuls) >= _LEAST_NULS and self._binary > _MOST_BINARY_SHARE * size
        is_wide = size > 0 and 2 * max(self._nuls) >= _LEAST_WIDE_SHARE * size and self._are_at_every_second
        if is_binary or is_wide:
            self.refuse()

    @property
    def _are_at_every_second(self) -> bool:
        return min(self._nuls) <= _MOST_ASTRAY_SHARE * max(self._nuls)

    def refuse(self) -> NoReturn:
        may_be_text = self._are_at_every_second and max(self._nuls) > 1
        raise CorpusError(
            f"{self._name}: not text (a NUL at byte {self._first:,}).",
            Cure.LEAVE_OUT if may_be_text else "Leave the file out.",
        )


def _may_be_utf8(block: bytes) -> bool:
    """Whether a block of a file may be text in UTF-8; characters may be cut at both its ends."""
    begun = 0
    while begun < min(3, len(block)) and block[begun] & 0xC0 == 0x80:
        begun += 1
    try:
        codecs.getincrementaldecoder("utf-8")().decode(block[begun:])
    except UnicodeDecodeError:
        return False
    return True


def _utf8_copy(file: BinaryIO, encoding: str, name: str, path: Path) -> Path:
    """Write the rest of the file as UTF-8, a block at a time."""
    decoder = codecs.getincrementaldecoder(encoding)()
    nuls, characters = _Nuls(name), 0
    with path.open("w", encoding="utf-8", newline="") as output:
        block = b" "
        while block:
            # The decoder keeps the first bytes of a character that the block cut.
            offset = file.tell() - len(decoder.getstate()[0])
            block = file.read(_BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                refuse_undecodable(name, encoding, offset + error.start)
            if "\0" in text:
                first = offset + len(text[: text.index("\0")].encode(encoding))
                nuls.see(text.encode("latin-1", "replace"), first=first, place=characters)
            characters += len(text)
            output.write(text)
    nuls.judge(characters)
    return path


def refuse_undecodable(name: str, encoding: str, offset: int) -> NoReturn:
    """Tell that a file is not in its encoding.

    Raises:
        CorpusError: Always.
    """
    raise CorpusError(
        f"{name}: not {encoding} (at byte {offset:,}).",
        Cure.ENCODING,
    )
