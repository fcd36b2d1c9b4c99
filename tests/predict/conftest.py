"""Fixtures of the room: a suggester of either level, and an empty personal store."""

import pytest

from autocomplete.predict.suggester import Suggester
from tests.learned.conftest import store


@pytest.fixture(scope="module", params=["trained_model", "trained_char_model"])
def suggester(request: pytest.FixtureRequest) -> Suggester:
    """One of words, then one of characters."""
    return Suggester.open(request.getfixturevalue(request.param))


__all__ = ["store", "suggester"]
