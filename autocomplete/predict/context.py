"""The network's memory of the text typed so far; one more token costs one step."""

from collections.abc import Sequence

from autocomplete.corpus.specials import END
from autocomplete.predict.recurrent import RecurrentNetwork, RecurrentState

# Older text is forgotten in blocks of this many tokens, so that at least one block is remembered, a long
# text costs a bounded number of steps, and typing gives the same memory as reading all at once.
BLOCK = 512


class ContextReader:
    """Reads tokens into the network's state and keeps the states of the last text read.

    Args:
        network: The recurrent network.
    """

    def __init__(self, network: RecurrentNetwork) -> None:
        self.network = network
        self._tokens: list[int] = []
        self._states: list[RecurrentState] = [network.initial_state()]

    def read(self, tokens: Sequence[int]) -> RecurrentState:
        """Return the state after `tokens`, as a new sequence: an end-of-sequence token comes first."""
        start = max(0, (len(tokens) - 1) // BLOCK - 1) * BLOCK
        path = [END, *tokens[start:]]
        known = 0
        for ours, theirs in zip(self._tokens, path, strict=False):
            if ours != theirs:
                break
            known += 1
        del self._tokens[known:], self._states[known + 1 :]
        for token in path[known:]:
            self._states.append(self.network.step(self._states[-1], [token]))
            self._tokens.append(token)
        return self._states[-1]
