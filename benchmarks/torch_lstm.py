"""The same language model with `torch.nn.LSTM`, as its users write it; for comparison, where PyTorch is installed."""

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from typing import Any

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import Window
from autocomplete.corpus.workers import available_cores

# What `cross_entropy` of PyTorch leaves out of the mean.
_PADDING = -100


def torch_is_installed() -> bool:
    """Tell whether PyTorch can be measured, and say so on standard error where not."""
    found = importlib.util.find_spec("torch") is not None
    if not found:
        print("torch is not installed: it is left out. 'pip install torch' adds it.", file=sys.stderr)
    return found


class TorchLSTM:
    """A network in training: tied embedding, dropout, truncated BPTT, clipping, and plain SGD or Adam on all cores.

    With `bfloat16` the forward pass runs under `torch.autocast`, which keeps the weights in float32 as ours does.
    """

    def __init__(self, network: NetworkSettings, settings: TrainingSettings, *, vocabulary_size: int) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(available_cores())
        self.torch.manual_seed(settings.seed)
        self.settings = settings
        self.model = _modules(self.torch, network, settings, vocabulary_size)
        kinds = {"sgd": self.torch.optim.SGD, "adam": self.torch.optim.Adam}
        self.optimizer = kinds[settings.optimizer](self.model.parameters(), lr=settings.learning_rate, fused=True)
        self.carry: Any = None

    def forget(self) -> None:
        """Begin a text: the next window is read without memory."""
        self.carry = None

    def train(self, window: Window, learning_rate: float) -> None:
        """Take one step."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        loss = self._loss(window, reduction="mean")
        self.optimizer.zero_grad()
        loss.backward()
        self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.effective_clip_norm)
        self.optimizer.step()

    def validate(self, windows: Iterable[Window]) -> float:
        """Return nats a token on a text; the state of training stays as it is."""
        self.model.eval()
        before, self.carry = self.carry, None
        total, tokens = 0.0, 0.0
        with self.torch.no_grad():
            for window in windows:
                total += float(self._loss(window, reduction="sum"))
                tokens += float(window.weights.sum())
        self.carry = before
        return total / tokens

    def _loss(self, window: Window, *, reduction: str) -> Any:
        """Read a window and return the loss of its tokens, padding left out; the carry goes on."""
        torch, model = self.torch, self.model
        inputs, targets, counted = (torch.from_numpy(part.T.copy()) for part in window)  # (T, B)
        targets = targets.long().masked_fill(counted == 0, _PADDING)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.settings.precision == "bfloat16"):
            values = model["input_dropout"](model["embedding"](inputs.long()))  # (T, B, E)
            values, after = model["lstm"](values, self.carry)  # (T, B, H)
            values = model["output_dropout"](model["projection"](values))  # (T, B, E)
            logits = model["output"](values.flatten(0, 1))  # (T * B, V)
        self.carry = tuple(state.detach() for state in after)
        return torch.nn.functional.cross_entropy(
            logits.float(), targets.flatten(), ignore_index=_PADDING, reduction=reduction
        )


def _modules(torch: Any, network: NetworkSettings, settings: TrainingSettings, vocabulary_size: int) -> Any:
    """Return the model's parts by name; the output layer shares the embedding's weights."""
    nn = torch.nn
    width, hidden, layers = network.embedding_size, network.hidden_size, network.layers
    between = settings.hidden_dropout if layers > 1 else 0.0
    embedding, output = nn.Embedding(vocabulary_size, width), nn.Linear(width, vocabulary_size)
    nn.init.uniform_(embedding.weight, -0.1, 0.1)
    nn.init.zeros_(output.bias)
    output.weight = embedding.weight
    return nn.ModuleDict(
        {
            "embedding": embedding,
            "input_dropout": nn.Dropout(settings.input_dropout),
            "lstm": nn.LSTM(width, hidden, num_layers=layers, dropout=between),
            "projection": nn.Identity() if hidden == width else nn.Linear(hidden, width, bias=False),
            "output_dropout": nn.Dropout(settings.output_dropout),
            "output": output,
        }
    )
