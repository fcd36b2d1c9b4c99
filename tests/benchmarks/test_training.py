"""Benchmarks of training, in a tiny form. Nothing here looks at a time that was measured."""

import argparse
import contextlib
import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import Windows
from autocomplete.network.allocation import ALLOCATION
from autocomplete.network.plan import weights_per_token
from autocomplete.network.steps import flat_weights, make_steps
from benchmarks import precision_quality, step_profile, time_to_quality, torch_lstm, train_shapes, train_throughput
from benchmarks.train_once import OURS, TORCH
from benchmarks.train_shapes import EXACT, OUTPUT_LAYERS, RECIPE_VOCABULARY, SHAPES, Shape
from benchmarks.train_throughput import Contender

TINY = "8x50x2x3"


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in (train_throughput, time_to_quality):
        monkeypatch.setattr(program, "torch_is_installed", lambda: False)


@pytest.mark.heavy
def test_train_throughput(result: Any, without_torch: None) -> None:
    found = result(train_throughput.main, ["--shapes", TINY, "--rounds", "1", "--steps", "1"])
    assert found["settings"] == {"shapes": [TINY], "rounds": 1, "steps": 1, "torch": False}
    assert [(row["program"], row["output"], row["precision"]) for row in found["rows"]] == [
        (OURS, output, precision) for output in OUTPUT_LAYERS for precision in ("float32", "bfloat16")
    ]
    for row in found["rows"]:
        shape = train_shapes.Shape.named(TINY).with_output(row["output"])
        network = NetworkSettings(layers=2, embedding_size=8, hidden_size=8)
        assert shape.network == (network if row["output"] == EXACT else dataclasses.replace(network, cutoffs=(10,)))
        weights = sum(np.prod(shape) for shape in shape.network.weight_shapes(50).values())
        assert row["multiplications_per_token"] == weights_per_token(shape.network, 50)
        if row["output"] == EXACT:
            assert row["multiplications_per_token"] == 8 * 50 + 2 * (8 + 8) * 4 * 8
        assert row["step_megabytes"] >= round(4 * weights / 1e6, 1)
        assert row["peak_resident_megabytes"] > 1
        assert row["logits_megabytes"] == round(4 * 2 * 3 * 50 / 1e6, 1)
        assert row["over_torch_float32"] is None


def test_a_peer_trains_without_our_way_with_memory() -> None:
    program = f"""
import sys
from benchmarks.train_shapes import EXACT, Shape
import benchmarks.train_once
shape = Shape.named({TINY!r}).with_output(EXACT)
shape.settings("float32"), shape.windows(1)
print("autocomplete.network" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_missing_torch_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not torch_lstm.torch_is_installed()
    assert "not installed" in capsys.readouterr().err


def test_programs_are_compared_round_by_round() -> None:
    nowhere: Any = None
    ours = Contender(program=OURS, precision="bfloat16", output="exact", process=nowhere, round_seconds=[1.0, 2.0, 4.0])
    peer = Contender(program=TORCH, precision="float32", output="exact", process=nowhere, round_seconds=[3.0, 8.0, 8.0])
    kept = dataclasses.replace(peer, program=train_throughput.TORCH_KEPT, round_seconds=[1.0, 1.0, 1.0])
    found = train_throughput.over_torch(ours, [ours, kept, peer])
    assert [found[f"over_torch_float32{which}"] for which in ("", "_least", "_most")] == [3.0, 2.0, 4.0]
    assert found["over_torch_bfloat16"] is None


def test_a_peer_with_its_memory_kept_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    started: list[tuple[list[str], Any]] = []

    def start(command: list[str], *, env: Any, **_: Any) -> Any:
        started.append((command[-3:], env and env["GLIBC_TUNABLES"]))
        return contextlib.nullcontext()

    monkeypatch.setattr(subprocess, "Popen", start)
    with train_throughput._contenders(Shape.named(TINY), with_torch=True) as contenders:
        peers = [(each.program, each.precision) for each in contenders[4:]]
    assert peers == [(name, each) for name in (TORCH, train_throughput.TORCH_KEPT) for each in ("float32", "bfloat16")]
    assert {(command[0], told is None) for command, told in started[:6]} == {(OURS, True), (TORCH, True)}
    assert [command for command, _ in started[6:]] == [[TORCH, each, EXACT] for each in ("float32", "bfloat16")]
    tunables = dict(pair.split("=") for pair in str(started[-1][1]).split(":"))
    assert tunables["glibc.malloc.arena_max"] == "1"
    assert len(tunables) == len(ALLOCATION)


def test_training_that_ends_early_is_said() -> None:
    command = [sys.executable, "-c", "pass"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.wait()
        contender = Contender(program=OURS, precision="float32", output="exact", process=process)
        with pytest.raises(SystemExit, match="autocomplete in float32 failed"):
            contender.train(1)


def test_a_shape_is_what_its_name_says() -> None:
    for name in SHAPES:
        shape = Shape.named(name)
        window = shape.windows(2)[1]
        sizes = shape.network.hidden_size, shape.vocabulary, *window.inputs.shape
        assert "x".join(map(str, sizes)) == shape.name == name
        assert window.weights.all()
        assert window.inputs.max() < shape.vocabulary
    for recipe in get_args(train_shapes.RecipeName):
        assert Shape.named(recipe).vocabulary == RECIPE_VOCABULARY


@pytest.mark.parametrize("name", ["huge", "8x50x2", "8x50x2x0", "8x50x2x3x4", "8x-50x2x3"])
def test_a_bad_shape_is_refused(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=name):
        Shape.named(name)


def test_step_profile(result: Any) -> None:
    found = result(step_profile.main, ["--shape", TINY, "--rounds", "1", "--steps", "2"])
    rows = {row["part"]: row for row in found["rows"]}
    whole = rows[step_profile.WHOLE]["milliseconds"]
    parts = [row for name, row in rows.items() if row["bound"] and not name.startswith("- of it")]
    rest = rows[step_profile.REST]["milliseconds"]
    assert sum(row["milliseconds"] for row in parts) + rest == pytest.approx(whole, abs=0.01)
    stall = rows[step_profile.STALL]["milliseconds"]
    assert rows[step_profile.LOOP]["milliseconds"] == pytest.approx(whole + stall, abs=0.01)
    # Three products a weight, two operations a multiplication.
    weights = weights_per_token(NetworkSettings(layers=2, embedding_size=8, hidden_size=8), 50)
    assert sum(row["gigaoperations"] for row in parts) == pytest.approx(6 * weights * 6 / 1e9, abs=5e-4)
    for row in parts:
        assert row["gap_milliseconds"] == pytest.approx(row["milliseconds"] - row["floor_milliseconds"], abs=1e-3)


@pytest.fixture
def text(small_corpus: Path, tmp_path: Path) -> list[str]:
    """Options that name a text to train on and one to score."""
    lines = small_corpus.read_text(encoding="utf-8").splitlines(keepends=True)
    for name, part in (("train", lines[60:]), ("valid", lines[:60])):
        (tmp_path / name).write_text("".join(part), encoding="utf-8")
    return ["--train", str(tmp_path / "train"), "--valid", str(tmp_path / "valid")]


TINY_RECIPE = ["--size", "tiny", "--epochs", "2", "--precision", "float32", "--set", "hidden_size=16", "batch_size=8"]


def test_time_to_quality(result: Any, without_torch: None, text: list[str]) -> None:
    options = [*TINY_RECIPE, "--validations", "2", "--targets", "1000", "1.01"]
    easy, impossible = result(time_to_quality.main, [*text, *options])["rows"]
    assert (easy["program"], easy["passes"], easy["over_torch"]) == (OURS, pytest.approx(0.5, abs=0.1), None)
    assert easy["seconds"] < easy["trained_seconds"]
    assert (impossible["perplexity"], impossible["seconds"], impossible["passes"]) == (1.01, None, None)
    assert 1.01 < impossible["best_perplexity"] < 1000


def test_each_recipe_is_trained_once_as_far_as_its_lowest_target(
    result: Any, text: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, int, float]] = []

    def trained(program: str, store: str, settings: dict[str, Any]) -> list[dict[str, float]]:
        asked.append((program, settings["size"], settings["epochs"], settings["target"]))
        return [{"seconds": 1.0 * len(asked), "passes": 1.0, "tokens": 1.0, "perplexity": settings["target"]}]

    monkeypatch.setattr(time_to_quality, "trained", trained)
    monkeypatch.setattr(time_to_quality, "torch_is_installed", lambda: True)
    targets = ["--targets", "100", "300", "200"]
    rows = result(time_to_quality.main, [*text, *targets, "--size", "tiny", "small", "--epochs", "2"])["rows"]
    assert asked == [(OURS, "tiny", 2, 200.0), (OURS, "small", 2, 100.0), (TORCH, "tiny", 2, 100.0)]
    assert [(row["perplexity"], row["program"], row["seconds"]) for row in rows] == [
        (300, OURS, 1), (300, TORCH, 3), (200, OURS, 1), (200, TORCH, 3), (100, OURS, 2), (100, TORCH, 3)
    ]  # fmt: skip


def test_precisions_are_compared_seed_by_seed(result: Any, text: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    ends = iter([100.0, 101.0, 50.0, 49.5])

    def trained(_: str, store: str, settings: dict[str, Any]) -> list[dict[str, float]]:
        asked.append((settings["changes"]["seed"], settings["precision"], settings["size"], settings["epochs"]))
        return [{"seconds": 1.0, "perplexity": 999.0}, {"seconds": 2.0, "perplexity": next(ends)}]

    monkeypatch.setattr(precision_quality, "trained", trained)
    *seeds, mean = result(precision_quality.main, [*text, "--seeds", "0", "1", "--epochs", "1.5"])["rows"]
    assert asked == [(seed, each, "tiny", 1.5) for seed in (0, 1) for each in ("float32", "bfloat16")]
    assert [row["difference_percent"] for row in seeds] == [1.0, -1.0]
    assert (mean["float32_perplexity"], mean["bfloat16_perplexity"]) == (75.0, 75.25)
    assert (mean["difference_percent"], mean["standard_error_percent"]) == (0.0, 1.0)


def test_precisions_train_to_the_end_of_the_plan(result: Any, text: list[str]) -> None:
    seed, mean = result(precision_quality.main, [*text, "--seeds", "0", "--epochs", "1"])["rows"]
    assert mean == {**seed, "seed": "mean"}
    assert 1 < seed["bfloat16_perplexity"] != seed["float32_perplexity"] > 1
    with pytest.raises(SystemExit, match="no such file"):
        precision_quality.main(["--train", "no/such/file", "--valid", "no/such/file"])


def test_time_to_quality_asks_for_files_and_settings_that_exist(text: list[str]) -> None:
    with pytest.raises(SystemExit, match="no such file"):
        time_to_quality.main(["--train", "no/such/file", "--valid", "no/such/file"])
    for change in ("no_setting=1", "hidden_size=many", "hidden_size"):
        with pytest.raises(SystemExit, match="2"):
            time_to_quality.main([*text, "--set", change])


def test_the_first_validation_at_the_target_counts() -> None:
    def curve(*perplexities: float, seconds: float) -> list[dict[str, float]]:
        return [
            {"seconds": seconds * place, "passes": place, "tokens": 70 * place, "perplexity": perplexity}
            for place, perplexity in enumerate(perplexities, 1)
        ]

    curves = {
        OURS: [curve(110, seconds=1.0), curve(125, 99, 98, 101, seconds=1.0)],
        TORCH: [curve(130, 119, 105, seconds=5.0)] * 2,
    }
    rows = {(row["perplexity"], row["program"]): row for row in time_to_quality.rows(curves, [120.0, 100.0])}
    assert list(rows) == [(120, OURS), (120, TORCH), (100, OURS), (100, TORCH)]
    assert [row["seconds"] for row in rows.values()] == [1.0, 10.0, 2.0, None]
    assert [row["over_torch"] for row in rows.values()] == [0.1, 1.0, None, None]
    assert rows[100, TORCH]["best_perplexity"] == 105


# With torch, where it is installed: it is no dependency.


def test_the_network_of_torch_is_ours() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    network = NetworkSettings(layers=2, embedding_size=6, hidden_size=10)
    settings = TrainingSettings(batch_size=3, bptt=4, optimizer="sgd")
    steps = make_steps(30, network, settings)
    state = steps.initial_state()
    model = torch_lstm.TorchLSTM(network, settings, vocabulary_size=30)
    names = {"embedding.weight": "output/embedding", "output.bias": "output/bias", "projection.weight": "projection"}
    for layer in range(2):
        for theirs, ours in (("weight_ih", "w_input"), ("weight_hh", "w_recurrent"), ("bias_ih", "bias")):
            names[f"lstm.{theirs}_l{layer}"] = f"layers/{layer}/{ours}"
    weights = flat_weights(state.weights)
    with torch.no_grad():
        for name, parameter in model.model.named_parameters():
            value = weights[names[name]] if name in names else np.zeros(parameter.shape)
            parameter.copy_(torch.tensor(np.array(value if name == "embedding.weight" else value.T)))
    tokens = np.random.default_rng(1).integers(0, 30, 50, dtype=np.int32)
    windows = Windows(tokens, batch_size=3, length=4)  # the last has padding
    total, carry = 0.0, steps.initial_carry()
    for window in windows:
        loss, carry = steps.evaluate(state.weights, carry, *window)
        total += float(loss)
    assert model.validate(windows) == pytest.approx(total / 50, rel=1e-5)


def test_torch_learns_and_is_compared(result: Any, text: list[str]) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    options = [*TINY_RECIPE, "--validations", "1", "--targets", "1e6", "--budget", "0"]
    ours, theirs = result(time_to_quality.main, [*text, *options])["rows"]
    assert (ours["program"], theirs["program"]) == (OURS, TORCH)
    assert theirs["over_torch"] == 1.0
    assert theirs["best_perplexity"] < 40  # it knew 20 words and guessed
