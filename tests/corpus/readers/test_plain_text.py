"""Plain text is no format: what people, and this house, wrote is taken as it stands."""

from pathlib import Path

import pytest

from tests.corpus.readers.reading import formats_of

HOUSE = Path(__file__).parents[3]
CORPORA = HOUSE.parent / "shared" / "corpora"
TEXTS = [
    *sorted((HOUSE / "data").glob("*.txt")),
    *sorted((HOUSE / "data" / "topics").glob("*.txt")),
    *sorted((HOUSE / "data").rglob("*.py")),
    *sorted((HOUSE / "autocomplete").glob("*.py")),
    *sorted((HOUSE / "autocomplete" / "corpus").rglob("*.py")),
    HOUSE / "Makefile",
    HOUSE / "pyproject.toml",
    HOUSE / "constraints.txt",
]


def test_what_this_house_holds_is_plain_text(tmp_path: Path) -> None:
    taken: list[tuple[Path, str]] = []
    for text in TEXTS:
        for name in (text.name, "history", ".zsh_history", "ConsoleHost_history.txt"):
            path = tmp_path / name
            path.write_bytes(text.read_bytes())
            if formats_of(path):
                taken.append((text, name))
    assert taken == []


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora of ../shared/corpora are not here")
def test_what_people_wrote_is_plain_text() -> None:
    assert {path: formats_of(path) for path in CORPORA.rglob("*.txt") if formats_of(path)} == {}
