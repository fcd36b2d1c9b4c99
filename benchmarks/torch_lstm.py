"""The same language model with `torch.nn.LSTM`, as its users write it; for comparison, where PyTorch is installed."""

import importlib
from collections.abc import Callable
from typing import Any

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.dataset import Window
from autocomplete.corpus.workers import available_cores


def torch_step(
    network: NetworkSettings, settings: TrainingSettings, *, vocabulary_size: int
) -> Callable[[Window], None]:
    """Return a function that trains on a window: tied embedding, dropout, truncated BPTT, clipping, Adam.

    With `bfloat16` the forward pass runs under `torch.autocast`, which keeps the weights in float32 as ours does.
    """
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(available_cores())
    model = _modules(torch, network, settings, vocabulary_size)
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=settings.learning_rate, fused=True)
    carry: Any = None

    def step(window: Window) -> None:
        nonlocal carry
        inputs, targets = (torch.from_numpy(ids.T.copy()).long() for ids in (window.inputs, window.targets))  # (T, B)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=settings.precision == "bfloat16"):
            values = model["input_dropout"](model["embedding"](inputs))  # (T, B, E)
            values, after = model["lstm"](values, carry)  # (T, B, H)
            values = model["output_dropout"](model["projection"](values))  # (T, B, E)
            logits = model["output"](values.flatten(0, 1))  # (T * B, V)
        loss = torch.nn.functional.cross_entropy(logits.float(), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, settings.effective_clip_norm)
        optimizer.step()
        carry = tuple(state.detach() for state in after)

    return step


def _modules(torch: Any, network: NetworkSettings, settings: TrainingSettings, vocabulary_size: int) -> Any:
    """Return the model's parts by name; the output layer shares the embedding's weights."""
    nn = torch.nn
    width, hidden, layers = network.embedding_size, network.hidden_size, network.layers
    between = settings.hidden_dropout if layers > 1 else 0.0
    embedding, output = nn.Embedding(vocabulary_size, width), nn.Linear(width, vocabulary_size)
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
