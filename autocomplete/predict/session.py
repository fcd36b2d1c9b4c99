"""Words of the session that the vocabulary lacks: each gets an id of its own, behind the vocabulary's."""

from collections.abc import Iterable

from autocomplete.corpus.specials import UNKNOWN
from autocomplete.corpus.vocabulary import Vocabulary


class SessionWords:
    """Gives ids to words: the vocabulary's, or from its size on one for each further word.

    The experts read such a word as the unknown one; the cache tells them apart.

    Args:
        vocabulary: The words that the model knows.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._further: list[str] = []
        self._ids: dict[str, int] = {}

    def id(self, word: str) -> int:
        """The word's id; a new one where it has none."""
        found = self.known_id(word)
        if found == UNKNOWN and word not in self.vocabulary:
            found = self._ids[word] = self.size
            self._further.append(word)
        return found

    def known_id(self, word: str) -> int:
        """The word's id; that of the unknown one where it has none."""
        return self._ids.get(word) or self.vocabulary.id(word)

    @property
    def size(self) -> int:
        """How many ids there are: those of the vocabulary and of the further words."""
        return self.vocabulary.size + len(self._further)

    def encode(self, words: Iterable[str]) -> list[int]:
        """Ids of words."""
        return [self.id(word) for word in words]

    def text(self, token: int) -> str:
        """The word of an id."""
        size = self.vocabulary.size
        return self.vocabulary.tokens[token] if token < size else self._further[token - size]
