"""The experts' memory of the text typed so far; one more token costs one step."""

from collections.abc import Sequence

from autocomplete.predict.predictor import Predictor, PredictorState

# Older text is forgotten in blocks of this many tokens, so that at least one block is remembered, a long
# text costs a bounded number of steps, and typing gives the same memory as reading all at once.
BLOCK = 512


class ContextReader:
    """Reads tokens into the predictor's memory and keeps the states of the last text read.

    Args:
        predictor: The experts.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._tokens: list[int] = []
        self._states: list[PredictorState] = [predictor.initial_state()]

    def read(self, tokens: Sequence[int]) -> PredictorState:
        """Return the memory after `tokens`, which begin a sequence."""
        start = max(0, (len(tokens) - 1) // BLOCK - 1) * BLOCK
        path = list(tokens[start:])
        known = 0
        for ours, theirs in zip(self._tokens, path, strict=False):
            if ours != theirs:
                break
            known += 1
        del self._tokens[known:], self._states[known + 1 :]
        for token in path[known:]:
            self._states.append(self._predictor.step(self._states[-1], [token]))
            self._tokens.append(token)
        return self._states[-1]
