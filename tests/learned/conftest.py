"""Fixtures of the room: an empty personal store."""

from pathlib import Path

import pytest

from autocomplete.learned.store import PersonalStore
from tests.learned.stores import opened


@pytest.fixture
def store(tmp_path: Path) -> PersonalStore:
    """An empty one."""
    return opened(tmp_path)
