"""Formats are named in the settings, which load no reader, and read here."""

from typing import get_args

from autocomplete.config import FormatName
from autocomplete.corpus.readers.formats import FORMATS


def test_every_format_that_can_be_named_is_read() -> None:
    assert {"plain", *FORMATS} == set(get_args(FormatName))
    assert all(each.key == key for key, each in FORMATS.items())
