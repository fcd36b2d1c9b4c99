"""The formats that can be read, and which of them a file has."""

from collections.abc import Mapping

from autocomplete.config import FormatName
from autocomplete.corpus.readers import (
    chats,
    code,
    documents,
    histories,
    html,
    latex,
    mail,
    markdown,
    rst,
    subtitles,
    tables,
)
from autocomplete.corpus.readers.protocol import Format, Sample

_FORMATS: tuple[Format, ...] = (
    *histories.FORMATS,
    *mail.FORMATS,
    *chats.FORMATS,
    *tables.FORMATS,
    *subtitles.FORMATS,
    *html.FORMATS,
    *markdown.FORMATS,
    *rst.FORMATS,
    *latex.FORMATS,
    *documents.FORMATS,
    *code.FORMATS,
)
FORMATS: Mapping[FormatName, Format] = {each.key: each for each in _FORMATS}


def recognised(sample: Sample) -> list[Format]:
    """Return the formats that a file's beginning has: none for plain text, several where that is not clear."""
    found = [each for each in FORMATS.values() if each.recognises(sample)]
    highest = max((each.rank for each in found), default=0)
    return [each for each in found if each.rank == highest]
