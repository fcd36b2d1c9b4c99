"""Held-out text in chunks, and those chunks in the ids of an existing vocabulary: what a model is evaluated on."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from autocomplete.arrays import Int32Array
from autocomplete.config import CorpusSettings
from autocomplete.corpus.chunks import CHUNK_BYTES, Extent, chunks, whole
from autocomplete.corpus.encodings import refuse_undecodable
from autocomplete.corpus.sources import Sources, gather
from autocomplete.text.hyphenation import spelled
from autocomplete.text.tokenizer import Chunk, Tokenizer
from autocomplete.text.unicode import may_hold_stray, without_controls
from autocomplete.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class TextChunk:
    """Part of a text, cut where it can be tokenised apart from the rest.

    Attributes:
        digest: SHA-256 of the file it comes from.
        text: What the file holds there, decoded, with spaces for stray control characters once it is `readable`, and
            otherwise untouched: its line ends, not yet composed (NFC).
        begins_document: Whether a file, or the part of it that is held out, begins here.
        ends_document: Whether it ends here, so that `<eos>` must follow.
    """

    digest: str
    text: str
    begins_document: bool
    ends_document: bool = True

    def to_json(self) -> bytes:
        """Return the chunk as one line of JSON, its line break included."""
        return json.dumps(asdict(self), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> Self:
        """Rebuild from `to_json`.

        Raises:
            ValueError: The line is not such a chunk.
        """
        value = json.loads(line)
        kinds = {"digest": str, "text": str, "begins_document": bool, "ends_document": bool}
        if not isinstance(value, dict) or {name: type(each) for name, each in value.items()} != kinds:
            raise ValueError("not the fields of a chunk of text")
        return cls(**value)


@dataclass(frozen=True, slots=True)
class EncodedChunk:
    """Part of a text, as it stands and as numbers.

    Attributes:
        digest: SHA-256 of the file it comes from.
        text: The text as it stands (see `TextChunk`).
        types: The tokens as they are read, hardly any of them twice; the first is `<eos>`, whether it occurs or not.
        type_ids: Index into `types` of every token, in order; `<eos>` after every sequence.
        ids: The same tokens as ids of the vocabulary, the unknown as `UNKNOWN`.
        characters: Characters of the text as it is read, white space included.
        words: Words as white space separates them.
        begins_document: Whether a file begins here.
    """

    digest: str
    text: str
    types: list[str]
    type_ids: Int32Array
    ids: Int32Array
    characters: int
    words: int
    begins_document: bool


def read_texts(
    paths: Sequence[str | Path],
    *,
    tokenizer: Tokenizer,
    settings: CorpusSettings,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[TextChunk]:
    """Read files and folders, in order, in chunks of about `chunk_bytes` that `tokenizer` can take one by one.

    Raises:
        UsageError: A path does not exist, the encoding is not known, or nobody has the sender's name.
        CorpusError: A file is unreadable, empty, binary, or not in its encoding or format.
    """
    with tempfile.TemporaryDirectory(prefix="encode-") as work:
        sources = read_sources(paths, tokenizer=tokenizer, settings=settings, work=Path(work))
        yield from texts_of(sources, tokenizer, chunk_bytes=chunk_bytes)


def read_sources(paths: Sequence[str | Path], *, tokenizer: Tokenizer, settings: CorpusSettings, work: Path) -> Sources:
    """Find and convert texts as `tokenizer` takes them; raises as `read_texts` does.

    Args:
        paths: Files, folders, `-` for standard input.
        tokenizer: What takes the texts.
        settings: How files are read; level and layout are the tokenizer's.
        work: A folder for the copies that have to be made.
    """
    settings = replace(settings, pretokenized=tokenizer.pretokenized, layout=tokenizer.layout)
    *_, last = gather(paths, settings=settings, work=work)
    assert last.sources is not None
    return last.sources


def texts_of(sources: Sources, tokenizer: Tokenizer, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[TextChunk]:
    """Yield texts in order, in chunks of about `chunk_bytes` that `tokenizer` can take one by one."""
    for document in whole(sources.texts):
        for extent in chunks(document, tokenizer, chunk_bytes):
            text, strays = read_text(extent)
            yield readable(text)[0] if strays else text


def keep_texts(path: Path, texts: Iterable[TextChunk]) -> None:
    """Write chunks of text to a file, one JSON line each."""
    with path.open("wb") as file:
        file.writelines(text.to_json() for text in texts)


def kept_texts(path: Path) -> Iterator[TextChunk]:
    """Read chunks of text that were kept.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds something else.
    """
    with path.open("rb") as file:
        for line in file:
            yield TextChunk.from_json(line)


def encode(chunk: TextChunk, tokenizer: Tokenizer, vocabulary: Vocabulary) -> EncodedChunk:
    """Tokenise a chunk of text and look its tokens up."""
    tokens = tokenized(chunk, tokenizer)
    types = [spelled(token, vocabulary.count) for token in tokens.type_strings()]
    id_of = np.array(vocabulary.encode(types), np.int32)
    return EncodedChunk(
        digest=chunk.digest,
        text=chunk.text,
        types=types,
        type_ids=tokens.ids,
        ids=id_of[tokens.ids],
        characters=tokens.characters,
        words=tokens.words,
        begins_document=chunk.begins_document,
    )


def read_text(extent: Extent) -> tuple[TextChunk, bool]:
    """Read a stretch of a source as it stands, and say whether it may hold stray control characters.

    Raises:
        CorpusError: The stretch is not UTF-8.
    """
    with extent.source.path.open("rb") as file:
        file.seek(extent.start)
        content = file.read(extent.size)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        refuse_undecodable(extent.source.name, "utf-8", extent.start + error.start)
    chunk = TextChunk(extent.source.digest, text, extent.begins_document, extent.ends_document)
    return chunk, may_hold_stray(content)


def readable(chunk: TextChunk) -> tuple[TextChunk, int]:
    """Return a chunk with spaces in place of stray control characters, and how many there were."""
    text, controls = without_controls(chunk.text)
    return replace(chunk, text=text), controls


def tokenized(chunk: TextChunk, tokenizer: Tokenizer) -> Chunk:
    """Tokenise a chunk of text; `<eos>` follows where a document ends."""
    tokens = tokenizer.chunk(chunk.text)
    if chunk.ends_document and tokens.ids.size and tokens.ids[-1] != 0:
        return replace(tokens, ids=np.append(tokens.ids, np.int32(0)))
    return tokens
