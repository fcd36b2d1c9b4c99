"""Trains one program on a corpus store until a perplexity is reached, and prints a JSON line for each validation.

    python -m benchmarks.quality_once PROGRAM STORE SETTINGS

Kept apart from `benchmarks.time_to_quality`, so that the two programs share neither memory nor threads.
"""

import dataclasses
import json
import math
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusStore, Windows
from benchmarks.train_once import OURS, TORCH

# The recipe of PyTorch's `word_language_model`, with an output layer that shares the embedding's weights.
TORCH_NETWORK = NetworkSettings(layers=2, embedding_size=200, hidden_size=200)
TORCH_TRAINING = TrainingSettings(
    batch_size=20,
    bptt=35,
    optimizer="sgd",
    learning_rate=20.0,
    clip_norm=0.25,
    input_dropout=0.2,
    hidden_dropout=0.2,
    output_dropout=0.2,
)
TORCH_PASSES = 40
TORCH_ANNEALING = 0.25


class Learner(Protocol):
    """A network in training.

    Attributes:
        pass_steps: Steps of a pass.
        total_steps: Steps planned.
        step_tokens: Tokens of a step.
    """

    pass_steps: int
    total_steps: int
    step_tokens: int

    def train(self, step: int) -> None:
        """Take the step after `step` others, or set about it."""

    def wait(self) -> None:
        """Return when all steps are done."""

    def validate(self, step: int) -> float:
        """Return nats a token on the held-out text after so many steps."""


class OurLearner:
    """A recipe of ours, its learning rate decaying over the passes planned."""

    def __init__(self, store: CorpusStore, recipe: Mapping[str, Any]) -> None:
        from autocomplete.network.recipes import RECIPES, adapted, cutoffs_for, with_recipe
        from autocomplete.network.steps import learning_rates
        from autocomplete.network.training import Trainer

        names = {each.name for each in dataclasses.fields(NetworkSettings)}
        changes = {**recipe["changes"], "cutoffs": cutoffs_for(store.vocabulary.size, recipe["output"])}
        chosen = adapted(RECIPES[recipe["size"]], {name: changes[name] for name in changes.keys() & names})
        settings = TrainingSettings(precision=recipe["precision"])
        # These come first: the recipe's learning rate depends on them.
        given = {name: changes[name] for name in changes.keys() & {"optimizer", "batch_size", "bptt"}}
        settings = dataclasses.replace(settings, **given)
        settings = with_recipe(settings, chosen, passes=recipe["epochs"], tokens=len(store.train))
        settings = dataclasses.replace(settings, **{name: changes[name] for name in changes.keys() - names})
        self.trainer = Trainer(store, chosen.network, settings)
        self.pass_steps = len(self.trainer.train_windows)
        self.total_steps = round(recipe["epochs"] * self.pass_steps)
        self.step_tokens = settings.batch_size * settings.bptt
        self.rates = learning_rates(self.total_steps, settings)
        self.state = self.trainer.steps.initial_state()

    def train(self, step: int) -> None:
        """Dispatch a step."""
        self.state, _ = self.trainer.take_step(self.state, step, float(self.rates[step]))

    def wait(self) -> None:
        """Wait for the last step."""
        self.state.step.block_until_ready()

    def validate(self, step: int) -> float:  # noqa: ARG002 - the schedule is planned beforehand
        """Score the held-out text."""
        return self.trainer.validate(self.state.trained)


class TorchLearner:
    """The plain PyTorch LSTM, its learning rate lowered after each pass that brings nothing better."""

    def __init__(self, store: CorpusStore, recipe: Mapping[str, Any]) -> None:  # noqa: ARG002 - it has its own
        from benchmarks.torch_lstm import TorchLSTM

        rows, length = TORCH_TRAINING.batch_size, TORCH_TRAINING.bptt
        self.train_windows = Windows(store.train, batch_size=rows, length=length)
        self.valid_windows = Windows(store.valid, batch_size=rows, length=length)
        self.pass_steps = len(self.train_windows)
        self.total_steps = TORCH_PASSES * self.pass_steps
        self.step_tokens = TORCH_TRAINING.batch_size * TORCH_TRAINING.bptt
        self.model = TorchLSTM(TORCH_NETWORK, TORCH_TRAINING, vocabulary_size=store.vocabulary.size)
        self.learning_rate = TORCH_TRAINING.learning_rate
        self.best_nats = math.inf

    def train(self, step: int) -> None:
        """Take a step."""
        window = step % self.pass_steps
        if window == 0:
            self.model.forget()
        self.model.train(self.train_windows[window], self.learning_rate)

    def wait(self) -> None:
        """Every step is waited for."""

    def validate(self, step: int) -> float:
        """Score the held-out text, and after a whole pass choose the learning rate."""
        nats = self.model.validate(self.valid_windows)
        if step % self.pass_steps == 0:
            if nats >= self.best_nats:
                self.learning_rate *= TORCH_ANNEALING
            self.best_nats = min(self.best_nats, nats)
        return nats


LEARNERS: Mapping[str, Any] = {OURS: OurLearner, TORCH: TorchLearner}


def main() -> None:
    """Train and print."""
    program, folder, settings = sys.argv[1:]
    for point in curve(program, CorpusStore.open(Path(folder)), json.loads(settings)):
        print(json.dumps(point), flush=True)


def curve(program: str, store: CorpusStore, settings: Mapping[str, Any]) -> Iterator[dict[str, float]]:
    """Train until the target perplexity, the budget or the last step, and yield every validation."""
    seconds, began = 0.0, time.perf_counter()
    learner: Learner = LEARNERS[program](store, settings)
    # Parts of a pass as equal as steps allow, and its end always one of them.
    ends = {
        round(learner.pass_steps * part / settings["validations"]) for part in range(1, settings["validations"] + 1)
    }
    for step in range(learner.total_steps):
        learner.train(step)
        if step % learner.pass_steps + 1 not in ends and step + 1 < learner.total_steps:
            continue
        learner.wait()
        seconds += time.perf_counter() - began
        perplexity = math.exp(min(learner.validate(step + 1), 700.0))
        yield {
            "seconds": seconds,
            "passes": (step + 1) / learner.pass_steps,
            "tokens": (step + 1) * learner.step_tokens,
            "perplexity": perplexity,
        }
        if perplexity <= settings["target"] or seconds >= settings["budget_seconds"]:
            return
        began = time.perf_counter()


if __name__ == "__main__":
    main()
