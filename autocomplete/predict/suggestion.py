"""What a suggestion is, and how it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["next", "complete"]
Mode = Literal["auto", "next", "complete"]


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
        experts: What each expert gave, by name; empty where there is one only.
    """

    text: str
    kind: Kind
    replace: int
    insert: str
    result: str
    probability: float
    experts: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def applied(
        cls, typed: str, *, text: str, kind: Kind, replace: int, insert: str, probability: float
    ) -> "Suggestion":
        """Make a suggestion whose result follows from the input by the insert contract."""
        result = typed[: len(typed) - replace] + insert
        return cls(text, kind, replace, insert, result, min(1.0, probability))
