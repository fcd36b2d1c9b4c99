"""What a suggestion is, and how it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["next", "complete"]
Mode = Literal["auto", "next", "complete"]


# A blocked word stands in the vocabulary in up to so many cases: `word`, `Word`, `WORD`.
CASES = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on, and how to apply it: delete `replace` characters at the end, append `insert`.

    Attributes:
        text: The suggested word.
        kind: `next` for a further word, `complete` for the rest of a half-typed one.
        replace: Characters to delete at the end of the input.
        insert: What to append then.
        result: The input with the suggestion applied.
        probability: How likely this continuation is, 0 to 1.
        experts: Each expert's part in the probability, by name; they sum to 1. Empty for words found letter by letter.
    """

    text: str
    kind: Kind
    replace: int
    insert: str
    result: str
    probability: float
    experts: Mapping[str, float]

    @classmethod
    def applied(
        cls,
        typed: str,
        *,
        text: str,
        kind: Kind,
        replace: int,
        insert: str,
        probability: float,
        experts: Mapping[str, float],
    ) -> "Suggestion":
        """Make a suggestion whose result follows from the input by the insert contract."""
        result = typed[: len(typed) - replace] + insert
        return cls(text, kind, replace, insert, result, min(1.0, probability), experts)

    def joined(self, other: "Suggestion") -> "Suggestion":
        """Return the more likely of two ways to the same result, with the probability of both."""
        likelier = max(self, other, key=lambda item: item.probability)
        total = max(self.probability + other.probability, 1e-300)
        experts = {
            name: sum(item.experts.get(name, 0.0) * item.probability for item in (self, other)) / total
            for name in {**self.experts, **other.experts}
        }
        return replace(likelier, probability=min(1.0, total), experts=experts)

    def longer(self, typed: str, added: str, *, probability: float) -> "Suggestion":
        """Return the same with more text behind it."""
        return Suggestion.applied(
            typed,
            text=self.text + added,
            kind=self.kind,
            replace=self.replace,
            insert=self.insert + added,
            probability=probability,
            experts=self.experts,
        )
