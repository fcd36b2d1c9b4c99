"""Text into the ids of an existing vocabulary, chunk by chunk: what a model is evaluated on."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from autocomplete.config import CorpusSettings
from autocomplete.corpus.chunks import CHUNK_BYTES, chunks, whole
from autocomplete.corpus.passes import read_chunk
from autocomplete.corpus.sources import gather
from autocomplete.corpus.tokenizer import Tokenizer
from autocomplete.corpus.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class EncodedChunk:
    """Part of a text as ids.

    Attributes:
        digest: SHA-256 of the file it comes from.
        ids: The tokens; `<eos>` after every sequence.
        characters: Characters of the text.
        words: Words as white space separates them.
        begins_document: Whether a file begins here.
    """

    digest: str
    ids: npt.NDArray[np.int32]
    characters: int
    words: int
    begins_document: bool


def encode_texts(
    paths: Sequence[str | Path],
    *,
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    settings: CorpusSettings,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[EncodedChunk]:
    """Tokenise files and folders with a model's own tokenizer and vocabulary, in order.

    Raises:
        UsageError: A path does not exist, or the encoding is not known.
        CorpusError: A file is unreadable, empty, binary or not in its encoding.
    """
    with tempfile.TemporaryDirectory(prefix="encode-") as work:
        for document in whole(gather(paths, settings=settings, work=Path(work)).texts):
            for extent in chunks(document, tokenizer, chunk_bytes):
                chunk = read_chunk(extent, tokenizer)
                id_of = np.array(vocabulary.encode(chunk.types), np.int32)
                yield EncodedChunk(
                    extent.source.digest, id_of[chunk.ids], chunk.characters, chunk.words, extent.begins_document
                )
