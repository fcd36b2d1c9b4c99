"""What was typed so far, as tokens and as the experts' memory of them; one more key costs a bounded number of steps."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

State = TypeVar("State")

# Older text is forgotten in blocks of this many tokens, so that at least one block is remembered, a long
# text costs a bounded number of steps, and typing gives the same memory as reading all at once.
BLOCK = 512
# Steps a reading may spend on the memory that begins a block later: a few a key have it ready when it is due.
STEPS_AHEAD = 2


class Remembering(Protocol[State]):
    """What has a memory of the tokens that it read, such as `Mixture`."""

    def initial_state(self) -> State:
        """Return the memory at the start of a sequence."""
        ...

    def step(self, state: State, tokens: Sequence[int]) -> State:
        """Read one token and return the new memory."""
        ...


class ContextReader(Generic[State]):
    """Reads tokens into the predictor's memory and keeps the states of the last text read.

    Args:
        predictor: The experts, or what reads for them.
    """

    def __init__(self, predictor: Remembering[State]) -> None:
        self._predictor = predictor
        self._now = _Chain(predictor, 0)
        self._next = _Chain(predictor, BLOCK)

    def read(self, tokens: Sequence[int]) -> State:
        """Return the memory after `tokens`, which begin a sequence; a token more costs a step, or three at most."""
        start = max(0, (len(tokens) - 1) // BLOCK - 1) * BLOCK
        if start != self._now.start:
            self._now = self._next if start == self._next.start else _Chain(self._predictor, start)
            self._next = _Chain(self._predictor, start + BLOCK)
        # The last token may be a guess: the memory to come does not read it yet.
        self._next.read(tokens[:-1], most_steps=STEPS_AHEAD)
        return self._now.read(tokens)


class _Chain(Generic[State]):
    """The states after each token of a text from some place on."""

    def __init__(self, predictor: Remembering[State], start: int) -> None:
        self.start = start
        self._predictor = predictor
        self._tokens: list[int] = []
        self._states: list[State] = [predictor.initial_state()]

    def read(self, tokens: Sequence[int], *, most_steps: int | None = None) -> State:
        """Return the memory after the tokens from the chain's start on, or after fewer where steps are limited."""
        path = list(tokens[self.start :])
        known = 0
        for ours, theirs in zip(self._tokens, path, strict=False):
            if ours != theirs:
                break
            known += 1
        del self._tokens[known:], self._states[known + 1 :]
        for token in path[known : None if most_steps is None else known + most_steps]:
            self._states.append(self._predictor.step(self._states[-1], [token]))
            self._tokens.append(token)
        return self._states[-1]
