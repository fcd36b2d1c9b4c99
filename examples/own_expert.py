"""An expert of one's own, mixed with those of a model.

    python -m examples.own_expert MODEL "best food in Las Vegas and best food in"

This one expects of every word that what followed it the last time follows it again.
"""

import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from autocomplete import Classing, Expert, Opinion, Sequences, Suggester

Written = Sequences[tuple[int, ...]]


class Again(Expert[Written]):
    """Remembers the last tokens of each sequence; its evidence is whether the last of them stood there before."""

    name = "again"
    classing = Classing(borders=(0.0,))  # two classes of evidence, 0 and 1, with a weight each

    def __init__(self, vocabulary_size: int) -> None:
        self.vocabulary_size = vocabulary_size

    def initial_state(self) -> Written:
        """Return the memory at the start of a sequence."""
        return Sequences([()])

    def step(self, state: Written, tokens: Sequence[int], _: npt.NDArray[np.float32], /) -> Written:
        """Read one token a sequence."""
        return Sequences((*past[-99:], token) for past, token in zip(state, self.known(tokens), strict=True))

    def forecast(self, state: Written, _: npt.NDArray[np.float32], /) -> Opinion:
        """Nine tenths for what followed the last time, and the rest for all tokens alike."""
        chances = np.full((len(state), self.vocabulary_size), 1.0 / self.vocabulary_size, np.float32)
        evidence = np.zeros(len(state))
        for row, past in enumerate(state):
            if past and past[-1] in past[:-1]:
                before = len(past) - 2 - past[-2::-1].index(past[-1])
                chances[row] *= np.float32(0.1)
                chances[row, past[before + 1]] += np.float32(0.9)
                evidence[row] = 1.0
        return Opinion(chances, evidence)


def suggester_with_again(model: str, *, share: float = 0.1) -> Suggester:
    """Open a model by name or folder, and give the expert a share of every prediction."""
    opened = Suggester.open(model)
    mixed = opened.model.with_expert(Again(opened.model.vocabulary.size), share=share)
    return Suggester(mixed, personal=opened.personal)


if __name__ == "__main__":
    for suggestion in suggester_with_again(sys.argv[1]).suggest(sys.argv[2], mode="next"):
        print(suggestion.text, {name: round(part, 2) for name, part in suggestion.experts.items()})
