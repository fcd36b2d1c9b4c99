"""Laws of optimisation and regularisation: what clips, averages, drops and accumulates does just that."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from autocomplete.config import NetworkSettings, RunSettings, TrainingSettings
from autocomplete.corpus.store import CorpusStore
from autocomplete.errors import AutocompleteError, Cure, UsageError
from autocomplete.interface.cli.app import run
from autocomplete.network import steps as steps_module
from autocomplete.network.cells import Feedforward, kept
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.events import Finished, Progress, StepReport, Validation
from autocomplete.network.model import Dropout, LanguageModel
from autocomplete.network.steps import flat_weights, learning_rates
from autocomplete.network.training import PLATEAU_FACTOR, Trainer
from autocomplete.runs import network as network_run_module
from autocomplete.runs.events import Planned
from autocomplete.runs.request import Request
from autocomplete.runs.train import training_run

SETTINGS = TrainingSettings(
    batch_size=4, bptt=6, learning_rate=0.1, patience=1000, optimizer="sgd", schedule="constant",
    input_dropout=0.0, hidden_dropout=0.0, output_dropout=0.0,
)  # fmt: skip
NETWORK = NetworkSettings(layers=2, embedding_size=12, hidden_size=16)
CELLS = [NETWORK, *(dataclasses.replace(NETWORK, cell=cell) for cell in ("gru", "rnn"))]


def trainer(network: NetworkSettings = NETWORK, **changes: Any) -> Trainer:
    """On a stream in which every token announces the next. What is asked for again is compiled already."""
    return compiled(network, dataclasses.replace(SETTINGS, **changes), steps_module.ANEW_CHANCE)


@functools.cache
def compiled(network: NetworkSettings, settings: TrainingSettings, anew_chance: float) -> Trainer:
    """The chance is a constant of the program."""
    assert anew_chance == steps_module.ANEW_CHANCE
    starts = np.random.default_rng(0).integers(2, 10, 120)
    stream = np.concatenate([[start, (start * 3) % 8 + 2, 1] for start in starts]).astype(np.int32)
    parts = SimpleNamespace(train=stream[:-90], valid=stream[-90:], vocabulary=SimpleNamespace(size=10))
    return Trainer(cast(CorpusStore, parts), network, settings)


def steps(running: Trainer, count: int) -> list[Any]:
    """The states before the first step and after each."""
    states = [jax.tree.map(np.array, running.steps.initial_state())]
    for number in range(count):
        state, _ = running.take_step(jax.tree.map(np.array, states[-1]), number, running.settings.learning_rate)
        states.append(jax.tree.map(np.array, state))
    return states


def change(before: Any, after: Any) -> dict[str, np.ndarray]:
    old, new = flat_weights(before.weights), flat_weights(after.weights)
    return {name: new[name] - old[name] for name in old}


def test_clipping_by_norm_bounds_the_update_exactly() -> None:
    before, after = steps(trainer(), 1)
    free = change(before, after)
    length = np.sqrt(sum(float((part.astype(np.float64) ** 2).sum()) for part in free.values())) / 0.1
    for limit in (length / 7, 2 * length):
        clipped = change(*steps(trainer(clip_norm=limit), 1))
        for name, part in clipped.items():
            np.testing.assert_allclose(part, free[name] * min(1.0, limit / length), atol=1e-7)


def test_clipping_by_value_bounds_each_element_exactly() -> None:
    free = change(*steps(trainer(clip_value=1e9), 1))
    limit = float(np.quantile(np.abs(np.concatenate([part.ravel() for part in free.values()])), 0.9)) / 0.1
    clipped = change(*steps(trainer(clip_value=limit), 1))
    for name, part in clipped.items():
        np.testing.assert_allclose(part, np.clip(free[name], -0.1 * limit, 0.1 * limit), atol=1e-7)


def test_the_norm_is_limited_unless_the_values_are() -> None:
    assert SETTINGS.effective_clip_norm == 1.0
    assert dataclasses.replace(SETTINGS, clip_value=0.5).effective_clip_norm == np.inf
    assert dataclasses.replace(SETTINGS, clip_value=0.5, clip_norm=2.0).effective_clip_norm == 2.0


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_an_optimiser_does_what_its_paper_says(optimizer: str) -> None:
    # A long step, so that little of the gradient is lost in the weights' digits.
    gradients = {name: part / -1e3 for name, part in change(*steps(trainer(learning_rate=1e3), 1)).items()}
    moved = change(*steps(trainer(optimizer=optimizer), 1))
    for name, part in moved.items():
        gradient = gradients[name]
        # The mean square starts at 0 and takes a tenth of the first one (Hinton 2012).
        expected = -0.1 * gradient / (1.0 if optimizer == "sgd" else np.sqrt(0.1 * gradient**2 + 1e-8))
        np.testing.assert_allclose(part, expected, rtol=2e-3, atol=1e-5)


def test_weight_decay_takes_its_share_whatever_the_gradient() -> None:
    states = steps(trainer(weight_decay=0.3), 1)
    free, decayed = change(*steps(trainer(), 1)), change(*states)
    for name, weight in flat_weights(states[0].weights).items():
        np.testing.assert_allclose(decayed[name], free[name] - 0.1 * 0.3 * weight, atol=1e-7)


@pytest.mark.parametrize("network", CELLS, ids=str)
@pytest.mark.parametrize("parts", [2, 4])
def test_rows_read_in_parts_make_the_same_step(
    network: NetworkSettings, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps_module, "ANEW_CHANCE", 0.3)
    whole, accumulated = steps(trainer(network), 5), steps(trainer(network, accumulate=parts), 5)
    for one, other in zip(whole, accumulated, strict=True):
        for name, weight in flat_weights(one.weights).items():
            np.testing.assert_allclose(flat_weights(other.weights)[name], weight, atol=1e-6)
        for carry, same in zip(jax.tree.leaves(one.carry), jax.tree.leaves(other.carry), strict=True):
            np.testing.assert_allclose(same, carry, atol=1e-6)


@pytest.mark.parametrize("network", CELLS, ids=str)
def test_some_rows_begin_with_an_empty_memory(network: NetworkSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < steps_module.ANEW_CHANCE < 0.1
    monkeypatch.setattr(steps_module, "ANEW_CHANCE", 0.5)
    running = trainer(network, batch_size=8)
    state, _ = running.take_step(running.steps.initial_state(), 0, 0.0)
    empty = running.steps.initial_carry()
    found = []
    for number in range(1, 5):
        ends = [
            jax.tree.leaves(running.steps.evaluate(state.weights, carry, *running.train_windows[number])[1])
            for carry in (state.carry, empty)
        ]
        state, _ = running.take_step(state, number, 0.0)
        for row in range(8):
            after, gone_on, begun = (
                np.concatenate([np.ravel(layer[row]) for layer in layers])
                for layers in (jax.tree.leaves(state.carry), *ends)
            )
            assert min(np.abs(after - gone_on).max(), np.abs(after - begun).max()) < 1e-6
            found.append(np.abs(after - begun).max() < np.abs(after - gone_on).max())
    assert 8 <= sum(found) <= 24
    assert len({tuple(found[start : start + 8]) for start in (0, 8, 16, 24)}) > 1


def test_the_average_is_the_mean_that_it_says() -> None:
    decay = 0.6
    states = steps(trainer(average_decay=decay), 12)
    mean = flat_weights(states[0].weights)
    for number, state in enumerate(states[1:]):
        share = min(decay, (1 + number) / (10 + number))
        weights = flat_weights(state.weights)
        mean = {name: share * mean[name] + (1 - share) * weights[name] for name in mean}
        for name, part in flat_weights(state.average).items():
            np.testing.assert_allclose(part, mean[name], atol=1e-6)
        assert state.trained is state.average
    assert any(not np.allclose(mean[name], weights[name], atol=1e-4) for name in mean)


def test_averaging_changes_no_step_and_is_what_is_kept() -> None:
    plain, averaged = steps(trainer(), 6), steps(trainer(average_decay=0.9), 6)
    for name, weight in flat_weights(plain[-1].weights).items():
        np.testing.assert_array_equal(flat_weights(averaged[-1].weights)[name], weight)
    assert plain[-1].trained is plain[-1].weights
    running = trainer(average_decay=0.9)
    events = list(running.fit(Progress(total_steps=len(running.train_windows))))
    [validation] = [event for event in events if isinstance(event, Validation)]
    last = steps(trainer(average_decay=0.9), len(running.train_windows))[-1]
    assert validation.weights is not None
    for name, part in flat_weights(last.average).items():
        np.testing.assert_allclose(validation.weights[name], part, atol=1e-6)
    assert validation.nats == pytest.approx(running.validate(last.average), abs=1e-6)


REGULAR = {
    "weight_drop": 0.5, "embedding_dropout": 0.3, "input_dropout": 0.2, "output_dropout": 0.2,
    "activation_penalty": 2.0, "temporal_penalty": 200.0,
}  # fmt: skip


@pytest.mark.parametrize("name", [*REGULAR, "hidden_dropout"])
def test_regularisation_changes_training_and_leaves_evaluation_untouched(name: str) -> None:
    changes: dict[str, Any] = {name: REGULAR.get(name, 0.4)}
    plain, regular = trainer(), trainer(**changes)
    state = plain.steps.initial_state()
    assert plain.validate(state.weights) == regular.validate(state.weights)
    moved, other = change(*steps(plain, 1)), change(*steps(regular, 1))
    assert any(not np.allclose(moved[part], other[part], atol=1e-6) for part in moved)


def test_the_loss_reported_is_the_likelihoods_alone() -> None:
    windows = trainer().train_windows[0]
    found = []
    penalties: list[dict[str, Any]] = [{}, {"activation_penalty": 5.0, "temporal_penalty": 5.0}]
    for changes in penalties:
        running = trainer(**changes)
        found.append(float(running.steps.train(running.steps.initial_state(), *windows, np.float32(0))[1].loss_nats))
    assert found[0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize(("name", "size"), [("activation_penalty", 3.0), ("temporal_penalty", 0.7)])
def test_a_penalty_is_the_mean_square_times_its_weight(name: str, size: float) -> None:
    plain = trainer()
    weights = plain.steps.initial_state().weights
    abstract = nnx.eval_shape(lambda: LanguageModel(10, NETWORK, rngs=nnx.Rngs(0)))
    inputs, _, counted = plain.train_windows[0]

    def penalty(weights: Any) -> jax.Array:
        outputs, _ = nnx.merge(nnx.graphdef(abstract), weights).read(inputs.T, abstract.initial_carry(4))
        squares = outputs**2 if name == "activation_penalty" else (outputs[1:] - outputs[:-1]) ** 2
        mean: jax.Array = size * squares.mean()
        return mean

    assert counted.all()
    gradients = flat_weights(jax.jit(jax.grad(penalty))(weights))
    with_it = change(*steps(trainer(clip_norm=1e9, **{name: size}), 1))  # type: ignore[arg-type]
    without = change(*steps(trainer(clip_norm=1e9), 1))
    for part, gradient in gradients.items():
        np.testing.assert_allclose(with_it[part] - without[part], -0.1 * gradient, atol=1e-6)


def model_of(network: NetworkSettings) -> LanguageModel:
    return LanguageModel(10, network, rngs=nnx.Rngs(2))


@pytest.mark.parametrize("network", CELLS, ids=str)
def test_dropped_recurrent_weights_are_the_same_at_all_time_steps(network: NetworkSettings) -> None:
    one_layer = dataclasses.replace(network, layers=1)
    model, masked = model_of(one_layer), model_of(one_layer)
    layer, other = model.layers[0], masked.layers[0]
    assert not isinstance(layer, Feedforward)
    assert not isinstance(other, Feedforward)
    key = jax.random.key(4)
    inputs = jax.random.normal(jax.random.key(5), (9, 2, 12))
    mask = kept(key, 0.5, layer.w_recurrent.shape)
    assert 0 < float((mask == 0).mean()) < 1
    other.w_recurrent[...] = other.w_recurrent[...] * mask
    dropped, _ = layer(inputs, layer.initial_carry(2), precision="float32", weight_drop=0.5, key=key)
    expected, _ = other(inputs, other.initial_carry(2), precision="float32")
    np.testing.assert_allclose(dropped, expected, atol=1e-6)


def test_a_silenced_word_reads_as_nothing_wherever_it_stands() -> None:
    network = dataclasses.replace(NETWORK, layers=1)
    model, masked = model_of(network), model_of(network)
    options: dict[str, Any] = {"dropout": Dropout(embedding=0.5), "key": jax.random.key(1)}

    def read(model: LanguageModel, tokens: jax.Array, **options: Any) -> jax.Array:
        return model.read(tokens, model.initial_carry(tokens.shape[1]), **options)[0]

    each = jnp.arange(10)[None]  # as rows of one token
    masked.output.embedding[...] = jnp.zeros_like(masked.output.embedding[...])
    found, nothing = np.asarray(read(model, each, **options))[0], np.asarray(read(masked, each))[0]  # (10, E)
    silent = np.abs(found - nothing).max(axis=1) < 1e-7
    assert 0 < silent.sum() < 10
    masked.output.embedding[...] = 2 * model.output.embedding[...] * ~silent[:, None]
    tokens = jax.random.randint(jax.random.key(2), (30, 3), 0, 10)
    np.testing.assert_allclose(read(model, tokens, **options), read(masked, tokens), atol=1e-6)


@pytest.mark.parametrize("rate", [0.01, 0.25, 0.5, 0.9])
def test_a_mask_silences_its_share_and_keeps_the_mean(rate: float) -> None:
    mask = np.asarray(kept(jax.random.key(3), rate, (400, 500)))
    share = round(256 * rate) / 256
    assert set(np.unique(mask).tolist()) == {0.0, np.float32(1 / (1 - share))}
    assert (mask == 0).mean() == pytest.approx(share, abs=0.005)
    assert mask.mean() == pytest.approx(1.0, abs=0.02)


def test_a_plateau_lowers_the_rate_by_a_quarter_each_time() -> None:
    running = trainer(schedule="plateau", learning_rate=40.0, clip_norm=10.0, validations_per_epoch=2)
    factor, rates = 1.0, []
    for event in running.fit(Progress(total_steps=120)):
        if isinstance(event, StepReport):
            rates.append((event.learning_rate, 40.0 * factor))
        elif isinstance(event, Validation) and event.weights is None:
            factor *= PLATEAU_FACTOR
        elif isinstance(event, Finished):
            assert event.progress.rate_factor == factor < 1.0
    assert rates
    for rate, expected in rates:
        assert rate == pytest.approx(expected)


@pytest.mark.parametrize(("optimizer", "schedule"), [("adam", "cosine"), ("rmsprop", "cosine"), ("sgd", "plateau")])
def test_each_optimiser_has_a_schedule_of_its_own(optimizer: Any, schedule: str) -> None:
    assert TrainingSettings(optimizer=optimizer).effective_schedule == schedule


def test_schedules_have_their_shapes() -> None:
    def rates(schedule: Any, count: int = 100) -> np.ndarray:
        return learning_rates(count, dataclasses.replace(SETTINGS, schedule=schedule))

    assert set(rates("constant").tolist()) == set(rates("plateau").tolist()) == {np.float32(0.1)}
    assert rates("one-cycle").argmax() == pytest.approx(30, abs=1)
    assert rates("one-cycle").max() == pytest.approx(0.1)
    assert rates("one-cycle")[[0, -1]].max() < 0.1 / 20
    for schedule in ("cosine", "one-cycle", "plateau", "constant"):
        for count in (1, 2, 3, 7):
            assert rates(schedule, count).shape == (count,)
            assert np.isfinite(rates(schedule, count)).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"average_decay": 0.9},
        {"optimizer": "rmsprop", "weight_drop": 0.3},
        {"schedule": "plateau", "learning_rate": 5.0},
    ],
)
def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path, changes: dict[str, Any]) -> None:
    whole = [event.nats for event in trainer(**changes).fit(Progress(total_steps=45)) if isinstance(event, Validation)]
    asked = iter(range(1000))
    with Checkpoints(tmp_path / "c") as checkpoints:
        list(
            trainer(**changes).fit(
                Progress(total_steps=45), checkpoints=checkpoints, should_stop=lambda: next(asked) > 20
            )
        )
    with Checkpoints(tmp_path / "c") as checkpoints:
        saved = checkpoints.progress()
        assert saved is not None
        events = list(trainer(**changes).fit(Progress(**saved), checkpoints=checkpoints))
    again = [event.nats for event in events if isinstance(event, Validation)]
    assert again
    assert again == whole[-len(again) :]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--accumulate", "3", "--batch-size", "8"], "cannot be read in 3 equal parts"),
        (["--cell", "feedforward", "--weight-drop", "0.2"], "has none"),
        (["--bptt", "100000"], "longer than the corpus"),
        (["--clip-value", "0"], "clip_value 0"),
        (["--weight-drop", "1"], "weight_drop 1"),
        (["--ar", "-1"], "activation_penalty -1"),
        (["--tar", "nan"], "temporal_penalty nan"),
        (["--average-decay", "1.5"], "average_decay 1.5"),
        (["--optimizer", "adma"], "Did you mean 'adam'"),
        (["--schedule", "cosin"], "Did you mean 'cosine'"),
        (["--output", "adaptiv"], "Did you mean 'adaptive'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: list[str], said: str, small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(small_corpus), "--model", str(tmp_path / "m"), "--epochs", "1", *options]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "m" / "model.json").exists()


def test_rows_are_chosen_so_that_they_can_be_read_in_parts(small_corpus: Path, tmp_path: Path) -> None:
    network = {"embedding_size": 8, "hidden_size": 8}
    training = {"epochs": 1, "accumulate": 3}
    tiny = RunSettings(size="tiny")
    request = Request(folder=tmp_path / "m", paths=[str(small_corpus)], run=tiny, network=network, training=training)
    events = training_run(request)
    plan = next(event.plan for event in events if isinstance(event, Planned))
    report = next(event for event in events if isinstance(event, StepReport | Validation))  # so it is read
    events.close()
    assert plan.settings.batch_size % 3 == 0
    assert report.step > 0


@pytest.mark.parametrize(
    "error",
    [
        MemoryError,
        lambda: jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes."),
    ],
)
def test_too_large_a_network_is_named_with_what_to_lower(
    error: Callable[[], Exception], small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error()

    monkeypatch.setattr(network_run_module, "make_plan", fail)
    request = Request(folder=tmp_path / "m", paths=[str(small_corpus)], run=RunSettings(size="tiny"))
    with pytest.raises(AutocompleteError, match="not enough memory") as caught:
        list(training_run(request))
    assert not isinstance(caught.value, UsageError)
    assert caught.value.cure == Cure.LESS_MEMORY


def test_another_failure_of_the_machine_is_not_taken_for_it(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")

    monkeypatch.setattr(network_run_module, "make_plan", fail)
    with pytest.raises(jax.errors.JaxRuntimeError):
        list(training_run(Request(folder=tmp_path / "m", paths=[str(small_corpus)], run=RunSettings(size="tiny"))))
