"""Networks with the regularisation and learning rates that suit them, by size; what they gave is in docs/results.md."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autocomplete.config import NetworkSettings, Output, Size, TrainingSettings

# The recipes' learning rates suit all cells but one: after 536 steps on 300,000 words of PTB (1 x 256 units, peak
# 0.005), an LSTM came to a held-out perplexity of 378; a GRU to 316, a feed-forward network to 310 and a ReLU RNN to
# 323, each better than at half the rate or less; a tanh RNN came to 490 there, to 470 at 0.4 of it and to 696 at 0.2.
TANH_RNN_RATE = 0.4
# Of plain SGD with a norm clipped at 1. On 300,000 words of PTB in 4 passes (1 x 256 units) it came to a held-out
# perplexity of 215, RMSprop at Adam's rate to 179 (at 0.6 of it 200, at 0.2 289), Adam to 155.
SGD_RATE = 4.0
# What a network sees twice it does not learn by heart: in two passes over PTB a small LSTM came to a held-out
# perplexity of 113 without dropout, and to 122 with half of its recipe's (both against words drawn for each step). In
# 4.5 passes a medium LSTM came to 89.5 with 0.58 of it, still falling; with 0.23 of it to 89.2 after three, and rose
# from there. At twelve held-out perplexity still fell with all of it.
PASSES = (2.0, 5.0, 12.0)
STRENGTHS = (0.0, 0.6, 1.0)
# What has few steps to learn in takes larger ones. After 560 steps on a third of PTB a small LSTM came to a held-out
# perplexity of 263 at its recipe's rate, 216 at twice, 209 at three times and 203 at four times that; a GRU to 213 and
# 186, a medium LSTM to 240 and 220 at twice; on the sample corpus a tiny LSTM in 870 steps to 23 and 16. In 10,000
# steps PTB was learned at the recipe's own. The cells without gates were not tried.
FEW_STEPS, MANY_STEPS = 2_000.0, 10_000.0
FEW_STEPS_RATE = 2.0
# Where the tails of an adaptive softmax begin: the head has a fifth of the words, up to so many.
MOST_IN_HEAD, SECOND_TAIL = 1_000, 10_000
# Words from which on a vocabulary gets one unless told otherwise.
MANY_WORDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A network with the regularisation and learning rate that suit it.

    Attributes:
        network: The network's shape.
        input_dropout: Variational dropout of the embedded tokens; of many passes over a text, as are the others.
        output_dropout: Variational dropout of what the output layer reads; between layers the same.
        weight_drop: Dropout of recurrent weights.
        embedding_dropout: Dropout of whole words.
        average_decay: Of the running mean of the weights.
        learning_rate: Peak rate of Adam, and of RMSprop, for an LSTM.
        least_tokens: Corpora with fewer tokens over-fit it.
    """

    network: NetworkSettings
    input_dropout: float
    output_dropout: float
    weight_drop: float = 0.0
    embedding_dropout: float = 0.0
    average_decay: float = 0.0
    learning_rate: float
    least_tokens: int


# One wide layer, projected to a narrow output: on PTB, in the same time on two cores, 1 x 768 units were far ahead
# of 2 x 640 (held-out perplexity 197 against 256 after the first pass, in 60 % of its time).
RECIPES: dict[Size, Recipe] = {
    "tiny": Recipe(
        network=NetworkSettings(layers=1, embedding_size=128, hidden_size=256),
        input_dropout=0.3,
        output_dropout=0.3,
        learning_rate=5e-3,
        least_tokens=0,
    ),
    "small": Recipe(
        network=NetworkSettings(layers=1, embedding_size=200, hidden_size=512),
        input_dropout=0.3,
        output_dropout=0.4,
        weight_drop=0.2,
        embedding_dropout=0.1,
        average_decay=0.998,
        learning_rate=4e-3,
        least_tokens=200_000,
    ),
    "medium": Recipe(
        network=NetworkSettings(layers=1, embedding_size=320, hidden_size=768),
        input_dropout=0.4,
        output_dropout=0.5,
        weight_drop=0.4,
        embedding_dropout=0.1,
        average_decay=0.999,
        learning_rate=3e-3,
        least_tokens=400_000,
    ),
    "large": Recipe(
        network=NetworkSettings(layers=1, embedding_size=400, hidden_size=1152),
        input_dropout=0.4,
        output_dropout=0.5,
        weight_drop=0.5,
        embedding_dropout=0.1,
        average_decay=0.999,
        learning_rate=2e-3,
        least_tokens=2_000_000,
    ),
}


def adapted(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """Return a recipe with some of its network's settings replaced, the rest fitted to the cell.

    A feed-forward network has one layer, whatever the recipe's had, and no recurrent weights to drop.
    """
    one_layer = {"layers": 1} if changes.get("cell") == "feedforward" else {}
    network = dataclasses.replace(recipe.network, **{**one_layer, **changes})
    squashed = network.cell == "rnn" and network.effective_activation == "tanh"
    return dataclasses.replace(
        recipe,
        network=network,
        learning_rate=TANH_RNN_RATE * recipe.learning_rate if squashed else recipe.learning_rate,
        weight_drop=0.0 if network.cell == "feedforward" else recipe.weight_drop,
    )


def cutoffs_for(vocabulary_size: int, output: Output | Literal["auto"]) -> tuple[int, ...]:
    """Return the cutoffs of an output layer over so many words: none of an exact one."""
    if output == "exact" or (output == "auto" and vocabulary_size < MANY_WORDS):
        return ()
    first = max(1, min(MOST_IN_HEAD, vocabulary_size // 5))
    return (first, SECOND_TAIL) if vocabulary_size >= 2 * SECOND_TAIL else (first,)


def with_recipe(settings: TrainingSettings, recipe: Recipe, *, passes: float, tokens: int) -> TrainingSettings:
    """Return settings with a recipe's regularisation, and its learning rate or that of plain SGD.

    Args:
        settings: The rest of them, rows and time steps a step included.
        recipe: The recipe, its network fitted.
        passes: About how often the text will be read: few passes take weaker dropout.
        tokens: Of the text: few steps take a higher rate.
    """
    strength = float(np.interp(passes, PASSES, STRENGTHS))
    gated = recipe.network.cell in {"lstm", "gru"}
    steps = passes * tokens / (settings.batch_size * settings.bptt)
    boost = float(np.interp(steps, (FEW_STEPS, MANY_STEPS), (FEW_STEPS_RATE, 1.0))) if gated else 1.0
    return dataclasses.replace(
        settings,
        input_dropout=strength * recipe.input_dropout,
        hidden_dropout=strength * recipe.output_dropout,
        output_dropout=strength * recipe.output_dropout,
        weight_drop=strength * recipe.weight_drop,
        embedding_dropout=strength * recipe.embedding_dropout,
        average_decay=recipe.average_decay,
        learning_rate=SGD_RATE if settings.optimizer == "sgd" else boost * recipe.learning_rate,
    )
