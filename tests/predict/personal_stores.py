"""Personal databases to test."""

from pathlib import Path

from autocomplete.config import Level
from autocomplete.corpus.tokenizer import Tokenizer
from autocomplete.predict.personal import PersonalStore


def opened(folder: Path, level: Level = "word") -> PersonalStore:
    return PersonalStore(folder, Tokenizer(level, "lines"))
