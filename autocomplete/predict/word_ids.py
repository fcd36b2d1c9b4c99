"""Ids of words as they are typed: one that the corpus has in another case, or with another apostrophe, is that."""

from collections.abc import Sequence

from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.prefixes import without_case
from autocomplete.predict.session import SessionWords


class WordIds:
    """Gives ids to finished words.

    Args:
        vocabulary: The words that the model knows.
        lexicon: Finds them whatever their case.
    """

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
        self._vocabulary = vocabulary
        self._lexicon = lexicon
        self._session = SessionWords(vocabulary)
        self._ids: dict[str, int] = {}  # of the words met so far

    def id(self, word: str) -> int:
        """The id of a word; where the corpus has it in another case only, that of the most frequent."""
        found = self._ids.get(word)
        if found is None:
            alike = self._alike(word)
            found = self._ids[word] = self._session.id(self._plain_apostrophe(word)) if alike is None else alike
        return found

    def known_id(self, word: str) -> int:
        """The same of a word that may be half-typed: one that has no id yet gets none, and is the unknown one."""
        found = self._ids.get(word)
        if found is None:
            alike = self._alike(word)
            found = self._session.known_id(self._plain_apostrophe(word)) if alike is None else alike
        return found

    def ids_of(self, words: Sequence[str]) -> list[int]:
        """What `id` gives for each, of many words at once."""
        for word in words:
            if word not in self._ids:
                plain = self._plain_apostrophe(word)
                alike = self._lexicon.first_alike.get(without_case(plain)) if self._may_be_alike(plain) else None
                self._ids[word] = self._session.id(plain) if alike is None else alike
        return [self._ids[word] for word in words]

    def text(self, token: int) -> str:
        """The word of an id."""
        return self._session.text(token)

    def _alike(self, word: str) -> int | None:
        """The id of the most frequent word that a word is in another case, or None."""
        plain = self._plain_apostrophe(word)
        return self._lexicon.alike(plain) if self._may_be_alike(plain) else None

    def _plain_apostrophe(self, word: str) -> str:
        """The word with the apostrophe that the corpus writes, where it has it with the other one only."""
        straight = word.replace("’", "'")
        return straight if straight in self._vocabulary and word not in self._vocabulary else word

    def _may_be_alike(self, word: str) -> bool:
        """Whether a word is none of the vocabulary's, but could be one in another case or with another apostrophe."""
        return word not in self._vocabulary and all(part.isalpha() for part in without_case(word).split("'"))
