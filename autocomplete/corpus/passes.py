"""What happens to one chunk, in whatever process: text into local types, then local types into ids."""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.chunks import Extent
from autocomplete.corpus.encoding import read_text, tokenized
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
        types: The distinct tokens.
        sums: Count, evidence of joining left and right of each, (3, types).
        line_checksums: CRC-32 of every line that is not blank.
    """

    tokens: int
    characters: int
    words: int
    types: list[str]
    sums: npt.NDArray[np.int64]
    line_checksums: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the ids of a job go: a file, and the byte in it."""

    number: int
    path: Path
    offset: int


def tokenize_chunk(job: Job, *, tokenizer: Tokenizer, work: Path) -> Counted:
    """Tokenise a chunk, keep its local ids and types in the work folder, and count them.

    The work folder also keeps the text of what is held out.

    Raises:
        CorpusError: The chunk is not UTF-8.
    """
    stretch = read_text(job.extent)
    if job.part == "valid":
        (work / f"{job.number}.text").write_bytes(stretch.to_json())
    chunk = tokenized(stretch, tokenizer)
    ids = chunk.ids
    np.save(work / f"{job.number}.npy", ids)
    (work / f"{job.number}.types").write_text("\n".join(chunk.types), encoding="utf-8", newline="\n")
    types, sums = _counted_types(chunk, ids)
    whole = stretch.text.encode().split(b"\n")
    if not job.extent.ends_document:
        whole.pop()  # empty, or the beginning of a line that a later chunk ends
    lines = [zlib.crc32(line) for line in whole if line.strip()]
    return Counted(ids.size, chunk.characters, chunk.words, types, sums, np.array(lines, np.uint32))


def move_text(job: Job, *, work: Path, output: BinaryIO) -> None:
    """Append the text of a chunk that is held out to a file, and remove it from the work folder."""
    path = work / f"{job.number}.text"
    output.write(path.read_bytes())
    path.unlink()


def number_chunk(placement: Placement, *, work: Path, vocabulary: Path) -> int:
    """Write a chunk's ids to their place, remove its files, and return how many are unknown."""
    local = work / f"{placement.number}.npy"
    types = work / f"{placement.number}.types"
    tokens = types.read_text(encoding="utf-8").split("\n")
    id_of = np.array(_vocabulary(vocabulary).encode(tokens), np.int32)
    ids = id_of[np.load(local)]
    with placement.path.open("r+b") as file:
        file.seek(placement.offset)
        file.write(ids.tobytes())
    local.unlink()
    types.unlink()
    return int(np.count_nonzero(ids == UNKNOWN))


@lru_cache(maxsize=1)
def _vocabulary(path: Path) -> Vocabulary:
    """Load once a process; the path is that of one ingestion only."""
    return Vocabulary.load(path)


def _counted_types(chunk: Chunk, ids: npt.NDArray[np.int32]) -> tuple[list[str], npt.NDArray[np.int64]]:
    counts = np.bincount(ids, minlength=len(chunk.types))
    sums = np.stack([counts, chunk.left, chunk.right])
    lengths = np.fromiter(map(len, chunk.types), np.int64, len(chunk.types))
    if lengths.max() <= _LONGEST_TYPE:
        return chunk.types, sums
    kept = np.flatnonzero(lengths <= _LONGEST_TYPE)
    return [chunk.types[index] for index in kept.tolist()], sums[:, kept]
