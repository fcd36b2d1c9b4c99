"""Compressed files and archives, told by their first bytes, and unpacked into the work folder with all due mistrust."""

import gzip
import shutil
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, NamedTuple, NoReturn

from autocomplete.corpus.folders import Exports, ending, matches, require_some
from autocomplete.errors import CorpusError

Packing = Literal["gzip", "zstd", "zip"]
# One archive within another is common, a third is not.
MOST_NESTED = 2

_MAGIC: dict[bytes, Packing] = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_SUFFIXES: dict[str, Packing] = {".gz": "gzip", ".zst": "zstd", ".zip": "zip"}
# What is no text either, and is not unpacked here.
_FOREIGN: dict[bytes, str] = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip archive",
    b"Rar!\x1a\x07": "RAR archive",
    b"\xfd7zXZ\x00": "xz file",
    **{b"BZh%d1AY&SY" % level: "bzip2 file" for level in range(1, 10)},
}
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
_BLOCK_BYTES = 1 << 20
# A few bytes of a block of Zstandard's may stand for 128 KiB.
_ZSTD_BLOCK_BYTES = 1 << 12
_LONGEST_ZSTD_WINDOW = 1 << 27
# Text is packed to a tenth, logs to a fiftieth; what is packed to less than this is a trap, or nothing to learn from.
_MOST_RATIO = 200
_FREE_OF_RATIO_BYTES = 100 << 20
# Left to everything else on the disk.
_SPARED_BYTES = 64 << 20
_MOST_MEMBERS = 200_000
_ENCRYPTED = 1
_AGAIN = "Fetch or compress it again."


class Unpacked(NamedTuple):
    """What came out of an archive that is a folder.

    Attributes:
        files: Where each file is now, and its path in the archive.
        left_out: How many others there are, by the ending of their names.
        refused: Members whose names lead out of the archive, and links.
    """

    files: list[tuple[Path, str]]
    left_out: Counter[str]
    refused: int


def packing_of(head: bytes, path: Path, name: str) -> Packing | None:
    """Return how a file is packed by its first bytes; None where it is not.

    Raises:
        CorpusError: It is called an archive, and is none; or it is one of a kind that is not unpacked.
    """
    if foreign := _foreign(head):
        raise CorpusError(f"{name}: a {foreign}, which is not unpacked here.", "Unpack it first.")
    for magic, packing in _MAGIC.items():
        if head.startswith(magic):
            return packing
    called = _SUFFIXES.get(path.suffix.lower())
    if called is not None and head:
        _refuse_broken(name, called, "it begins as none does")
    return None


def _foreign(head: bytes) -> str | None:
    """What kind of archive it is of those that are not unpacked; None for none of them."""
    if head.startswith(_TAR_MARK, _TAR_MARK_AT):
        return "tar archive"
    return next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic)), None)


def decompress(path: Path, packing: Packing, name: str, *, target: Path) -> None:
    """Write what a compressed file holds to another.

    Raises:
        CorpusError: It is damaged or cut, or holds too much.
    """
    limit = _Limit(path, name, target.parent)
    try:
        with path.open("rb") as packed, target.open("wb") as output:
            for block in _gzip_blocks(packed) if packing == "gzip" else _zstd_blocks(packed):
                limit.count(len(block))
                output.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        _refuse_broken(name, packing, error)


def unzip(path: Path, name: str, patterns: Sequence[str], *, folder: Path) -> Unpacked:
    """Unpack the members of a ZIP archive whose names fit, or its only one, into a folder, each under its path there.

    Raises:
        CorpusError: It is damaged, encrypted or holds too much, or no member fits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS:
                raise CorpusError(f"{name}: holds {len(members):,} files.", "Unpack what is text of it.")
            taken, left_out, refused = _chosen(members, patterns)
            require_some(name, taken, left_out, patterns, kind="archive")
            limit = _Limit(path, name, folder)
            files = [
                (_extracted(archive, member, name, folder=folder, limit=limit), member.filename) for member in taken
            ]
    except (zipfile.BadZipFile, EOFError, zlib.error, ValueError, NotImplementedError, struct.error) as error:
        _refuse_broken(name, "zip", error)
    except OSError as error:
        if error.errno is not None:
            raise
        _refuse_broken(name, "zip", error)  # what BZIP2 says of damage
    return Unpacked(files, left_out, refused)


def _refuse_broken(name: str, packing: Packing, why: object) -> NoReturn:
    raise CorpusError(f"{name}: not a whole {packing} file ({why}).", _AGAIN) from (
        why if isinstance(why, BaseException) else None
    )


class _Limit:
    """How much may come out of an archive."""

    def __init__(self, path: Path, name: str, folder: Path) -> None:
        self._packed_bytes, self._name, self._folder, self._bytes = path.stat().st_size, name, folder, 0

    def count(self, size: int) -> None:
        """Refuse the archive once so many bytes more are too many."""
        self._bytes += size
        if self._bytes > _FREE_OF_RATIO_BYTES and self._bytes > _MOST_RATIO * self._packed_bytes:
            raise CorpusError(
                f"{self._name}: unpacks to over {_MOST_RATIO} times its size ({self._bytes >> 20:,} MB so far).",
                "Unpack what is text of it, and look at it first.",
            )
        if shutil.disk_usage(self._folder).free < size + _SPARED_BYTES:
            raise CorpusError(
                f"{self._name}: the disk has no room for what is in it ({self._bytes >> 20:,} MB so far).",
                "Make room on the disk, and try again.",
            )


def _gzip_blocks(file: BinaryIO) -> Iterator[bytes]:
    with gzip.open(file) as packed:
        while block := packed.read(_BLOCK_BYTES):
            yield block


def _zstd_blocks(file: BinaryIO) -> Iterator[bytes]:
    import zstandard

    context = zstandard.ZstdDecompressor(max_window_size=_LONGEST_ZSTD_WINDOW)
    frame = context.decompressobj()
    try:
        while packed := file.read(_ZSTD_BLOCK_BYTES):
            while packed:
                if frame.eof:
                    frame = context.decompressobj()
                yield frame.decompress(packed)
                packed = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError as error:
        raise ValueError(error) from error
    if not frame.eof:
        raise EOFError("it ends too soon")


def _chosen(
    members: Sequence[zipfile.ZipInfo], patterns: Sequence[str]
) -> tuple[list[zipfile.ZipInfo], Counter[str], int]:
    """The members to take, how many others there are by ending, and how many are refused."""
    taken: list[zipfile.ZipInfo] = []
    others: list[zipfile.ZipInfo] = []
    maildirs = _maildirs(members)
    exports = Exports.among([_path_of(each) for each in members])
    seen: set[str] = set()
    refused = 0
    for member in members:
        path = _path_of(member)
        is_mail = path.parent.name in ("cur", "new") and path.parent.parent in maildirs
        is_hidden = any(part.startswith(".") and part != ".." for part in path.parts)
        if member.is_dir() or (is_hidden and (not is_mail or path.name.startswith("."))):
            continue
        if not _stays_inside(member) or member.filename in seen:
            refused += 1
            continue
        seen.add(member.filename)
        is_wanted = is_mail or exports.hold(path) or matches(path.name, patterns)
        if is_wanted or not exports.hold_beside(path):
            (taken if is_wanted else others).append(member)
    if not taken and len(others) == 1:
        taken, others = others, []
    return sorted(taken, key=lambda each: each.filename), Counter(ending(each.filename) for each in others), refused


def _maildirs(members: Sequence[zipfile.ZipInfo]) -> set[PurePosixPath]:
    """The folders in an archive that are Maildirs."""
    folders = {_path_of(each) if each.is_dir() else _path_of(each).parent for each in members}
    return {folder.parent for folder in folders if folder.name == "cur" and folder.parent / "new" in folders}


def _path_of(member: zipfile.ZipInfo) -> PurePosixPath:
    """A member's path; some programs write the separators of Windows."""
    return PurePosixPath(member.filename.replace("\\", "/"))


def _stays_inside(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a file under the archive's folder; links are none."""
    path = _path_of(member)
    mode = member.external_attr >> 16
    is_link = bool(mode) and stat.S_IFMT(mode) not in (0, stat.S_IFREG)
    return not (is_link or path.is_absolute() or ".." in path.parts or ":" in path.parts[0])


def _extracted(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, *, folder: Path, limit: _Limit) -> Path:
    """Write one member under its path, which stays inside the folder."""
    if member.flag_bits & _ENCRYPTED:
        raise CorpusError(
            f"{name}: is encrypted ('{member.filename}').", "Unpack it with its password, and give what is in it."
        )
    target = folder.joinpath(*_path_of(member).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("xb") as output:
        while block := packed.read(_BLOCK_BYTES):
            limit.count(len(block))
            output.write(block)
    return target
