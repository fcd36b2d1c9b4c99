"""Log probabilities of a whole text, token by token, through the step that users get."""

import numpy as np
import numpy.typing as npt

from autocomplete.predict.recurrent import RecurrentNetwork, RecurrentState

# Rows of output scored at a time: one product over the output matrix serves them all.
ROWS = 256

FloatArray = npt.NDArray[np.float32]


def score_stream(
    network: RecurrentNetwork, state: RecurrentState, tokens: npt.NDArray[np.int32]
) -> tuple[FloatArray, RecurrentState]:
    """Score tokens as the continuation of `state`.

    Args:
        network: The recurrent network.
        state: The memory before the first token, of one sequence.
        tokens: (N,) ids.

    Returns:
        The log probability of each token in nats, (N,), and the memory after the last.
    """
    scores = np.empty(len(tokens), np.float32)
    for start in range(0, len(tokens), ROWS):
        block = tokens[start : start + ROWS]
        outputs = np.empty((len(block), network.embedding.shape[1]), np.float32)
        for row, token in enumerate(block):
            outputs[row] = state.output[0]
            state = network.step(state, [token])
        logs = network.log_probabilities(outputs)  # (rows, V)
        scores[start : start + len(block)] = logs[np.arange(len(block)), block]
    return scores, state
