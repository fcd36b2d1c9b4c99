"""Fixtures of the room: a suggester of either level, and an empty personal store."""

from pathlib import Path

import pytest

from autocomplete.predict.personal import PersonalStore
from autocomplete.predict.suggester import Suggester
from tests.predict.personal_stores import opened


@pytest.fixture(scope="module", params=["trained_model", "trained_char_model"])
def suggester(request: pytest.FixtureRequest) -> Suggester:
    """One of words, then one of characters."""
    return Suggester.open(request.getfixturevalue(request.param))


@pytest.fixture
def store(tmp_path: Path) -> PersonalStore:
    """An empty one."""
    return opened(tmp_path)
