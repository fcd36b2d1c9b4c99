"""Whether tokens stand apart, those of the session among them: a mark that the corpus lacks does as prose does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from autocomplete.corpus.joining import Joining, joins_left, joins_right
from autocomplete.corpus.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing(Joining):
    """How tokens of the vocabulary join, and marks of the session that it lacks.

    Attributes:
        size: Of the vocabulary: ids from here on are the session's.
        text_of: The token of an id.
        presumes: Whether marks that the vocabulary lacks join at all; not where all tokens stand between spaces.
    """

    size: int
    text_of: Callable[[int], str]
    presumes: bool

    @classmethod
    def of(cls, vocabulary: Vocabulary, text_of: Callable[[int], str], *, presumes: bool) -> Self:
        """Read further tokens as `text_of` tells."""
        known = vocabulary.joining
        return cls(
            left=known.left,
            right=known.right,
            quote=known.quote,
            size=vocabulary.size,
            text_of=text_of,
            presumes=presumes,
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
        if not (apart and self.presumes):
            return apart
        if token >= self.size and joins_left(self.text_of(token)):
            return False
        return not self.opens(before, typed=typed)

    def opens(self, before: Sequence[int], *, typed: str = "") -> bool:
        """Whether a text ends in a mark that the corpus lacks and that is presumed to join what follows.

        Args:
            before: The text.
            typed: The same as it was typed, if it was.
        """
        if not self.presumes or not before or before[-1] < self.size or typed[-1:].isspace():
            return False
        mark = self.text_of(before[-1])
        before_mark = typed[: len(typed) - len(mark)]
        return joins_right(mark, joined=None if not typed else before_mark[-1:].strip() != "")
