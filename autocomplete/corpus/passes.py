"""What happens to one chunk, in whatever process: text into local types, then local types into ids."""

import zlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.bulk import censored
from autocomplete.corpus.chunks import Extent
from autocomplete.corpus.encoding import read_text, tokenized
from autocomplete.corpus.pieces import PieceTable
from autocomplete.corpus.secrets import SecretKind
from autocomplete.corpus.specials import UNKNOWN
from autocomplete.corpus.store import Part
from autocomplete.corpus.tokenizer import Chunk, Tokenizer
from autocomplete.corpus.vocabulary import Vocabulary

# No word is longer. Encoded data is, and could not be held in a table of bounded size.
_LONGEST_TYPE = 256


@dataclass(frozen=True, slots=True)
class Job:
    """One chunk on its way through both passes; its files in the work folder are named by `number`."""

    number: int
    part: Part
    extent: Extent


@dataclass(frozen=True, slots=True)
class Counted:
    """What the first pass found in a chunk.

    Attributes:
        tokens: Number of tokens.
        characters: Number of characters.
        words: Words as white space separates them.
        types: The distinct tokens in UTF-8, a line each.
        sums: Count, evidence of joining left and right of each, (3, types).
        line_checksums: CRC-32 of every line that is not blank.
        controls: Control characters that were read as spaces.
        secret_lines: Lines that were left out, by the kind of secret that they seemed to hold.
    """

    tokens: int
    characters: int
    words: int
    types: bytes
    sums: npt.NDArray[np.int64]
    line_checksums: npt.NDArray[np.uint32]
    controls: int
    secret_lines: Counter[SecretKind]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the ids of a job go: a file, and the byte in it."""

    number: int
    path: Path
    offset: int


def tokenize_chunk(job: Job, *, tokenizer: Tokenizer, work: Path, keep_secrets: bool) -> Counted:
    """Tokenise a chunk, keep its local ids and types in the work folder, and count them.

    The work folder also keeps the text of what is held out. Lines that look as if they held a secret are left out of
    both, unless they are to be kept.

    Raises:
        CorpusError: The chunk is not UTF-8.
    """
    stretch, controls = read_text(job.extent)
    left_out: Counter[SecretKind] = Counter()
    if not keep_secrets:
        found = censored(stretch.text, pretokenized=tokenizer.pretokenized)
        stretch, left_out = replace(stretch, text=found.text), found.left_out
    if job.part == "valid":
        (work / f"{job.number}.text").write_bytes(stretch.to_json())
    chunk = tokenized(stretch, tokenizer)
    ids = chunk.ids
    np.save(work / f"{job.number}.npy", ids)
    (work / f"{job.number}.types").write_bytes(chunk.types)
    types, sums = _counted_types(chunk, ids)
    whole = stretch.text.encode().split(b"\n")
    if not job.extent.ends_document:
        whole.pop()  # empty, or the beginning of a line that a later chunk ends
    checksums = np.fromiter(map(zlib.crc32, filter(bytes.strip, whole)), np.uint32)
    return Counted(ids.size, chunk.characters, chunk.words, types, sums, checksums, controls, left_out)


def move_text(job: Job, *, work: Path, output: BinaryIO) -> None:
    """Append the text of a chunk that is held out to a file, and remove it from the work folder."""
    path = work / f"{job.number}.text"
    output.write(path.read_bytes())
    path.unlink()


def number_chunk(placement: Placement, *, work: Path, vocabulary: Path) -> int:
    """Write a chunk's ids to their place, and return how many are unknown.

    The chunk's files stay: a cluster may run a job again whose result was lost with a worker.
    """
    numbers = _table(vocabulary).find_lines((work / f"{placement.number}.types").read_bytes())
    id_of = np.where(numbers == 0, UNKNOWN, numbers - 1)
    ids = np.take(id_of, np.load(work / f"{placement.number}.npy"))
    with placement.path.open("r+b") as file:
        file.seek(placement.offset)
        file.write(ids.data)
    return int(np.count_nonzero(ids == UNKNOWN))


def remove_numbered(job: Job, *, work: Path) -> None:
    """Remove what `tokenize_chunk` kept of a chunk that is numbered."""
    for kind in ("npy", "types"):
        (work / f"{job.number}.{kind}").unlink()


@lru_cache(maxsize=1)
def _table(vocabulary: Path) -> PieceTable:
    """Load once a process, the path being that of one ingestion only; a token's number is one more than its id."""
    table = PieceTable()
    table.number_lines("\n".join(Vocabulary.load(vocabulary).tokens).encode("utf-8", "surrogatepass"))
    return table


def _counted_types(chunk: Chunk, ids: npt.NDArray[np.int32]) -> tuple[bytes, npt.NDArray[np.int64]]:
    sums = np.stack([np.bincount(ids, minlength=chunk.left.size), chunk.left, chunk.right])
    codes = np.frombuffer(chunk.types + b"\n", np.uint8)
    characters = np.cumsum(codes & 0xC0 != 0x80, dtype=np.int32)  # not the bytes of UTF-8 that continue one
    lengths = np.diff(characters[codes == ord("\n")], prepend=0) - 1
    if lengths.max() <= _LONGEST_TYPE:
        return chunk.types, sums
    kept = np.flatnonzero(lengths <= _LONGEST_TYPE)
    types = chunk.types.split(b"\n")
    return b"\n".join([types[index] for index in kept.tolist()]), sums[:, kept]
