"""The shapes whose training is measured, and the random text that they are trained on. Loads no framework."""

import argparse
import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast, get_args

import numpy as np

from autocomplete.config import NetworkSettings, Output, TrainingSettings
from autocomplete.corpus.store import Window, Windows

Precision = Literal["float32", "bfloat16"]
RecipeName = Literal["tiny", "small", "medium", "large"]

# Hidden units x vocabulary x rows x time steps. The last has the vocabulary of WikiText-2, in whole vectors.
SHAPES = ("200x10000x20x35", "256x17152x32x35", "650x10000x20x35", "650x10000x64x35", "256x33280x32x35")
RECIPE_VOCABULARY = 10_000

EXACT = "exact softmax"
# How ours computes the loss, and what `train --output` calls it: a row each. The peers have the first alone.
OUTPUT_LAYERS: Mapping[str, Output] = MappingProxyType({EXACT: "exact", "adaptive softmax": "adaptive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A network and how it is trained.

    Attributes:
        name: What `named` made it of.
        network: The network.
        vocabulary: Tokens in the vocabulary.
        training: How it is trained, the precision left open.
    """

    name: str
    network: NetworkSettings
    vocabulary: int
    training: TrainingSettings

    @classmethod
    def named(cls, name: str) -> "Shape":
        """Return a recipe's shape, or that of `hidden x vocabulary x rows x time steps`, such as 200x10000x20x35.

        The latter has two tied layers, no dropout, and plain SGD with clipped gradients.

        Raises:
            ArgumentTypeError: The name is neither.
        """
        if name in get_args(RecipeName):
            return cls._of_recipe(cast(RecipeName, name))
        if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*){3}", name):
            raise argparse.ArgumentTypeError(f"{name} is no recipe, nor a shape as {SHAPES[0]}")
        hidden, vocabulary, rows, bptt = map(int, name.split("x"))
        return cls(
            name=name,
            network=NetworkSettings(layers=2, embedding_size=hidden, hidden_size=hidden),
            vocabulary=vocabulary,
            training=TrainingSettings(
                batch_size=rows,
                bptt=bptt,
                optimizer="sgd",
                learning_rate=1.0,
                clip_norm=0.25,
                input_dropout=0.0,
                hidden_dropout=0.0,
                output_dropout=0.0,
            ),
        )

    @classmethod
    def _of_recipe(cls, name: RecipeName) -> "Shape":
        from autocomplete.network.recipes import RECIPES, with_recipe

        training = with_recipe(TrainingSettings(batch_size=32, bptt=35), RECIPES[name], passes=1.0, tokens=1)
        # What `torch.nn.LSTM` does not offer is left out of both.
        training = dataclasses.replace(training, weight_drop=0.0, embedding_dropout=0.0, average_decay=0.0)
        return cls(name=name, network=RECIPES[name].network, vocabulary=RECIPE_VOCABULARY, training=training)

    def settings(self, precision: Precision) -> TrainingSettings:
        """Return all training settings."""
        return dataclasses.replace(self.training, precision=precision)

    def with_output(self, output: str) -> "Shape":
        """Return the shape with one of the `OUTPUT_LAYERS`.

        The exact one loads no part of ours, which would change how the C library hands out memory to a peer as well.
        """
        if output == EXACT:
            return self
        from autocomplete.network.recipes import cutoffs_for

        cutoffs = cutoffs_for(self.vocabulary, OUTPUT_LAYERS[output])
        return dataclasses.replace(self, network=dataclasses.replace(self.network, cutoffs=cutoffs))

    def tokens(self, windows: int) -> np.ndarray:
        """Return random tokens that fill so many windows, as frequent as Zipf's law says: tails are read by few."""
        count = windows * self.training.batch_size * self.training.bptt
        chances = 1.0 / np.arange(1, self.vocabulary + 1)
        drawn = np.random.default_rng(0).choice(self.vocabulary, count, p=chances / chances.sum())
        return drawn.astype(np.int32)

    def windows(self, count: int) -> Sequence[Window]:
        """Return so many windows of random text."""
        return list(Windows(self.tokens(count), batch_size=self.training.batch_size, length=self.training.bptt))
