"""A suggester of the tiny model."""

import pytest

from autocomplete.predict.suggester import Suggester


@pytest.fixture(scope="module")
def suggester(trained_model: str) -> Suggester:
    return Suggester.open(trained_model)
