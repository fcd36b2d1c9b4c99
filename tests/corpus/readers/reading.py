"""Reads small files as a reader does, for its tests."""

from pathlib import Path

from autocomplete.config import FormatName
from autocomplete.corpus.readers.formats import FORMATS, recognised
from autocomplete.corpus.readers.protocol import SAMPLE_BYTES, Choices, Material, Passage, Sample, Tally


def passages_of(
    path: Path, key: FormatName, *, field: str | None = None, encoding: str | None = None
) -> tuple[list[Passage], Tally]:
    """What a format's reader gives of a file, and what it counted."""
    tally = Tally()
    material = Material(path.name, path, path.parent)
    return list(FORMATS[key].read(material, Choices(field, encoding), tally)), tally


def formats_of(path: Path) -> list[FormatName]:
    """The keys of the formats that a file in UTF-8 is recognised as."""
    head = path.read_bytes()[:SAMPLE_BYTES]
    text = head.decode("utf-8", "replace").replace("\r\n", "\n")
    sample = Sample(path.name, path, head, text, is_whole=path.stat().st_size <= SAMPLE_BYTES)
    return [each.key for each in recognised(sample)]
