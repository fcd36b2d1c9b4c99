"""What a person sees who types into small models of many languages: a line of a table each, first, second, third."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from autocomplete import Suggester, Suggestion
from autocomplete.interface.cli.app import run

GOLDEN = Path(__file__).parent / "golden"
# A person's notes hold what they write often more than once, and some of it is held out.
REPEATED = 3


class Row(NamedTuple):
    """A line of the table: what is right in a place may be one of several."""

    language: str
    kind: str
    typed: str
    wanted: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return f"{self.language}, {self.kind}: {self.typed}"


def rows() -> list[Row]:
    lines = (GOLDEN / "table.tsv").read_text(encoding="utf-8").splitlines()
    return [
        Row(language, kind, typed, tuple(tuple(cell.split("/")) for cell in wanted))
        for language, kind, typed, *wanted in (line.split("\t") for line in lines if not line.startswith("#"))
    ]


@cache
def suggester(language: str) -> Suggester:
    """Of words alone, without a network: what is right here follows from counts."""
    with TemporaryDirectory() as folder:
        corpus, model = Path(folder) / f"{language}.txt", Path(folder) / "model"
        corpus.write_text((GOLDEN / f"{language}.txt").read_text(encoding="utf-8") * REPEATED, encoding="utf-8")
        assert run(["train", str(corpus), "--model", str(model), "--no-network", "--epochs", "1"]) == 0
        return Suggester.open(model)


def shown(found: list[Suggestion]) -> list[str]:
    return [item.text for item in found]


def test_the_table_is_large_and_of_many_languages() -> None:
    table = rows()
    assert len(table) >= 150
    assert len({row.language for row in table}) >= 8
    assert len({(row.language, row.typed) for row in table}) == len(table)


@pytest.mark.parametrize("row", rows(), ids=str)
def test_what_is_wanted_comes_first_second_third(row: Row) -> None:
    found = shown(suggester(row.language).suggest(row.typed, k=5))
    first = found[: len(row.wanted)]
    assert len(first) == len(row.wanted), found
    assert all(text in wanted for text, wanted in zip(first, row.wanted, strict=True)), found


@pytest.mark.parametrize("row", rows(), ids=str)
def test_no_word_stands_twice_but_for_its_case(row: Row) -> None:
    found = suggester(row.language).suggest(row.typed, k=10)
    assert len({(item.kind, item.text.casefold()) for item in found}) == len(found), shown(found)
