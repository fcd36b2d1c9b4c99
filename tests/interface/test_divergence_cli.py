"""A run that diverges, as a user sees it: told in two sentences, and the n-grams suggest."""

import json
from pathlib import Path

import jax.numpy as jnp
import pytest

from autocomplete import bundle
from autocomplete.interface.cli.app import run
from autocomplete.network.steps import StepMetrics
from autocomplete.network.training import Speed, Trainer
from tests.interface.runs import TINY


@pytest.fixture
def wild(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training whose steps are not taken, and whose network is worse than any that learned."""
    metrics = StepMetrics(*jnp.ones(4))
    monkeypatch.setattr(Trainer, "speed", lambda _: Speed(tokens_per_second=1000.0, validation_seconds=0.1))
    monkeypatch.setattr(Trainer, "take_step", lambda _, state, step, rate: (state, metrics))
    monkeypatch.setattr(Trainer, "validate", lambda _, weights: 2089.9)


@pytest.mark.usefixtures("wild")
def test_a_loss_that_diverged_is_told_and_the_ngrams_suggest(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, text = tmp_path / "m", tmp_path / "short.txt"
    text.write_text("".join(small_corpus.read_text("utf-8").splitlines(keepends=True)[:60]), encoding="utf-8")
    assert run(["train", str(text), "--model", str(folder), *TINY, "--epochs", "3"]) == 1
    err = capsys.readouterr().err
    assert err.splitlines()[-2].startswith("error: The loss diverged after step ")
    assert err.splitlines()[-2].endswith("; the model is its n-grams alone.")
    assert err.splitlines()[-1] == "Train again with a lower '--learning-rate' or '--clip-norm'."
    assert max(map(len, err.splitlines())) < 300
    assert bundle.read_manifest(folder).network is None
    assert run(["suggest", "--model", str(folder), "-k", "1", "best food in Las"]) == 0
    assert capsys.readouterr().out == "Vegas\n"
    assert run(["info", "--model", str(folder)]) == 0
    assert "none: the loss diverged" in capsys.readouterr().out
    assert json.loads((folder / "log.jsonl").read_text().splitlines()[-1])["reason"] == "diverged"
