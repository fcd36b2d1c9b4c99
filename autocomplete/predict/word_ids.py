"""Ids of words as they are typed, those among them that the vocabulary lacks, and how such words and marks join."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from autocomplete.predict.lexicon import Lexicon
from autocomplete.text.prefixes import without_case
from autocomplete.text.syntax import Syntax
from autocomplete.text.vocabulary import UNKNOWN, Joining, Vocabulary, closes, joins_left, joins_right, opens


class OpenVocabulary:
    """Gives ids to words: the vocabulary's, or from its size on one for each further word.

    The experts read a further word as the unknown one; the cache tells them apart.

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

    def encode(self, words: Iterable[str]) -> list[int]:
        """Ids of words."""
        return [self.id(word) for word in words]

    @property
    def size(self) -> int:
        """How many ids there are: those of the vocabulary and of the further words."""
        return self.vocabulary.size + len(self._further)

    def text(self, token: int) -> str:
        """The word of an id."""
        size = self.vocabulary.size
        return self.vocabulary.tokens[token] if token < size else self._further[token - size]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing(Joining):
    """How tokens of the vocabulary join, and marks that it lacks: those do as prose does.

    Attributes:
        size: Of the vocabulary: ids from here on are of further words.
        text_of: The token of an id.
        syntax: How the text is cut: in pre-tokenised text no mark that the vocabulary lacks joins.
    """

    size: int
    text_of: Callable[[int], str]
    syntax: Syntax

    @classmethod
    def of(cls, vocabulary: Vocabulary, text_of: Callable[[int], str], *, syntax: Syntax) -> Self:
        """Read further tokens as `text_of` tells."""
        known = vocabulary.joining
        return cls(
            left=known.left,
            right=known.right,
            quote=known.quote,
            size=vocabulary.size,
            text_of=text_of,
            syntax=syntax,
        )

    def space_after(self, before: Sequence[int], token: int, *, quoting: bool = False, typed: str = "") -> bool:
        """Whether a space stands between the text so far, given by ids, and a token that follows it.

        Args:
            before: The text so far.
            token: What follows.
            quoting: Whether a quotation is open between them.
            typed: The text as it was typed, if it was: a space at its end stays behind a mark that the corpus lacks.
        """
        apart = Joining.space_after(self, before, token, quoting=quoting)
        if not apart or self.syntax == "pretokenized":
            return apart
        if token >= self.size and (closes if self.syntax == "commands" else joins_left)(self.text_of(token)):
            return False
        return not self.opens(before, typed=typed)

    def opens(self, before: Sequence[int], *, typed: str = "") -> bool:
        """Whether a text ends in a mark that the corpus lacks and that is presumed to join what follows.

        Args:
            before: The text.
            typed: The same as it was typed, if it was.
        """
        if self.syntax == "pretokenized" or not before or before[-1] < self.size or typed[-1:].isspace():
            return False
        mark = self.text_of(before[-1])
        if self.syntax == "commands":
            return opens(mark)
        before_mark = typed[: len(typed) - len(mark)]
        return joins_right(mark, joined=None if not typed else before_mark[-1:].strip() != "")


class WordIds:
    """Gives ids to words as they are typed.

    One that the corpus has in another case only, or with another apostrophe, is that.

    Args:
        lexicon: Finds the words of the vocabulary whatever their case.

    Attributes:
        vocabulary: The words that the model knows.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.vocabulary = lexicon.vocabulary
        self._open = OpenVocabulary(lexicon.vocabulary)
        self._ids: dict[str, int] = {}  # of the words met so far

    def id(self, word: str) -> int:
        """The id of a finished word; where the corpus has it in another case only, that of the most frequent."""
        found = self._ids.get(word)
        if found is None:
            alike = self._alike(word)
            found = self._ids[word] = self._open.id(self.as_written(word)) if alike is None else alike
        return found

    def known_id(self, word: str) -> int:
        """The same of a word that may be half-typed: one that has no id yet gets none, and is the unknown one."""
        found = self._ids.get(word)
        if found is None:
            alike = self._alike(word)
            found = self._open.known_id(self.as_written(word)) if alike is None else alike
        return found

    def ids_of(self, words: Sequence[str]) -> list[int]:
        """What `id` gives for each, of many words at once."""
        for word in words:
            if word not in self._ids:
                plain = self.as_written(word)
                folded = self._lexicon.matching.fold(plain)
                alike = self._lexicon.first_alike.get(folded) if self._may_be_alike(plain) else None
                self._ids[word] = self._open.id(plain) if alike is None else alike
        return [self._ids[word] for word in words]

    def text(self, token: int) -> str:
        """The word of an id."""
        return self._open.text(token)

    def texts(self, tokens: Sequence[int]) -> list[str]:
        """The words of some ids."""
        known = self.vocabulary.tokens
        return [known[token] if token < len(known) else self._open.text(token) for token in tokens]

    def _alike(self, word: str) -> int | None:
        """The id of the most frequent word that a word is in another case, or None."""
        plain = self.as_written(word)
        return self._lexicon.alike(plain) if self._may_be_alike(plain) else None

    def as_written(self, word: str) -> str:
        """The word with the apostrophe that the corpus writes, where it has it with the other one only."""
        if "’" not in word or word in self.vocabulary:
            return word
        straight = word.replace("’", "'")
        return straight if straight in self.vocabulary or self._lexicon.alike(straight) is not None else word

    def _may_be_alike(self, word: str) -> bool:
        """Whether a word is none of the vocabulary's, but could be one in another case or with another apostrophe."""
        return word not in self.vocabulary and all(part.isalpha() for part in without_case(word).split("'"))
