"""Personal databases to test."""

from pathlib import Path

from autocomplete.config import Level
from autocomplete.learned.store import PersonalStore
from autocomplete.text.tokenizer import Tokenizer


def opened(folder: Path, level: Level = "word") -> PersonalStore:
    return PersonalStore(folder, Tokenizer(level, "lines"))
