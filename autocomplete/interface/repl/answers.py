"""What the model is asked and answers, what of it can be taken, and what a line cost."""

from dataclasses import dataclass
from typing import NamedTuple

from autocomplete.predict.suggestion import Mode, Suggestion


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked.

    Attributes:
        text: The text before the cursor, without a virtual space.
        lines: Committed lines, which come before it.
        mode: Which readings.
        k: Most suggestions.
        words: Most words of each.
        blocked: Words not suggested in this session.
    """

    text: str
    lines: tuple[str, ...]
    mode: Mode
    k: int
    words: int
    blocked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says.

    Attributes:
        question: To which question.
        suggestions: Most likely first.
        confidences: Of each, the probability of its first word: of phrases, that counts.
        threshold: Suggestions at least so confident may be shown unasked.
    """

    question: Question
    suggestions: tuple[Suggestion, ...]
    confidences: tuple[float, ...]
    threshold: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A suggestion on the screen.

    Attributes:
        suggestion: What the model suggested.
        result: The text before the cursor once it is taken.
        confident: Whether it may be shown unasked.
        ready: Whether it goes on from what stands there now; while a new answer is awaited, some do not.
    """

    suggestion: Suggestion
    result: str
    confident: bool
    ready: bool

    def rest(self, before: str) -> str:
        """What taking it adds to a text; nothing where it would change letters already typed."""
        return self.result[len(before) :] if self.result.startswith(before) else ""


class Tally(NamedTuple):
    """Keystrokes: as many as there are characters without suggestions, and those pressed."""

    characters: int = 0
    keys: int = 0

    @property
    def saved(self) -> int:
        """Keystrokes that suggestions saved; negative where they cost more than they gave."""
        return self.characters - self.keys

    @property
    def share(self) -> float:
        """Of the characters, the share that was saved."""
        return self.saved / self.characters if self.characters else 0.0

    def plus(self, characters: int, keys: int) -> "Tally":
        """Return both together."""
        return Tally(self.characters + characters, self.keys + keys)


class Committed(NamedTuple):
    """A line that Enter ended.

    Attributes:
        text: What was written.
        keys: The keys it took.
        recorded: Whether it may be remembered: not off the record, no space at its beginning, and no secret.
        secret: Whether it looks as if it held a password, a key or the like.
    """

    text: str
    keys: int
    recorded: bool
    secret: bool
