"""One training step and one evaluation step: pure functions, compiled once, state donated."""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network.cells import Carry
from autocomplete.network.devices import ALONE, ROWS, SPLIT, WHOLE, Devices
from autocomplete.network.model import Dropout, LanguageModel, Share

Weights = nnx.State[Any, Any]

# Makes of a step's key that for the rows that begin anew. Small numbers give the keys of the masks, for `split` makes
# those by `fold_in`, too.
_ANEW = 1 << 30
# Chance of a row to begin a step with an empty memory, as prompts and the rows of a validation do. A network that never
# learned to may fall from there into a memory that only grows. After one pass over the sample corpus (tiny, rate 0.01,
# two seeds) the held-out perplexity was 403 and 491 with 32 rows, 2,391 and 674 with 16, 2,055 and 343 with 8; with
# this chance 169 and 206, 105 and 111, 71 and 73. More often costs quality: after half a pass over PTB (small, scored
# against words drawn for each step) 209.5 with none, 214.1 with 0.005, 220.7 with 0.02.
ANEW_CHANCE = 0.005


class TrainState(NamedTuple):
    """All that a training step changes.

    Attributes:
        weights: The network's parameters, float32.
        optimizer: What the optimiser remembers, such as Adam's moments.
        average: Running mean of the weights; an empty tuple where none is kept.
        carry: State of every recurrent layer after the last window (truncated BPTT carries it on).
        step: Steps taken, int32; seeds all that a step draws.
    """

    weights: Weights
    optimizer: optax.OptState
    average: Weights | tuple[()]
    carry: tuple[Carry, ...]
    step: jax.Array

    @property
    def trained(self) -> Weights:
        """The weights to validate and keep: the mean, where there is one."""
        return self.average if isinstance(self.average, nnx.State) else self.weights


class StepMetrics(NamedTuple):
    """What a step reports: summed loss in nats, predicted tokens, gradient norm before clipping and after."""

    loss_nats: jax.Array
    tokens: jax.Array
    gradient_norm: jax.Array
    clipped_norm: jax.Array


class Steps(NamedTuple):
    """The compiled functions of one network and one set of settings."""

    initial_state: Callable[[], TrainState]
    train: Callable[[TrainState, np.ndarray, np.ndarray, np.ndarray, np.float32], tuple[TrainState, StepMetrics]]
    evaluate: Callable[
        [Weights, tuple[Carry, ...], np.ndarray, np.ndarray, np.ndarray], tuple[jax.Array, tuple[Carry, ...]]
    ]
    initial_carry: Callable[[], tuple[Carry, ...]]


def make_optimizer(settings: TrainingSettings) -> optax.GradientTransformation:
    """The optimiser after clipping, with decoupled weight decay; the learning rate is applied by the step."""
    parts = []
    if settings.clip_value is not None:
        parts.append(optax.clip(settings.clip_value))
    if settings.effective_clip_norm < math.inf:
        parts.append(optax.clip_by_global_norm(settings.effective_clip_norm))
    scaling = {"adam": optax.scale_by_adam, "rmsprop": optax.scale_by_rms, "sgd": optax.identity}
    parts.append(scaling[settings.optimizer]())
    if settings.weight_decay:
        parts.append(optax.add_decayed_weights(settings.weight_decay))
    return optax.chain(*parts)


def learning_rates(total_steps: int, settings: TrainingSettings) -> np.ndarray:
    """The learning rate of each step, (total_steps,) float32; `plateau` lowers it further as training goes."""
    peak = settings.learning_rate
    warmup_steps = min(max(1, round(settings.warmup_fraction * total_steps)), max(1, total_steps - 1))
    if settings.effective_schedule == "cosine":
        schedule = optax.warmup_cosine_decay_schedule(
            init_value=peak / 10,
            peak_value=peak,
            warmup_steps=warmup_steps,
            decay_steps=max(2, total_steps),
            end_value=peak / 100,
        )
    elif settings.effective_schedule == "one-cycle":
        # Four steps at least, for optax divides by the steps of each leg.
        schedule = optax.cosine_onecycle_schedule(max(4, total_steps), peak, pct_start=0.3)
    else:
        schedule = optax.constant_schedule(peak)
    # Compiled as one program: a plan that changes would else compile it anew, operation by operation.
    return np.asarray(jax.jit(jax.vmap(schedule))(np.arange(total_steps)), dtype=np.float32)


def make_steps(
    vocabulary_size: int,
    network: NetworkSettings,
    settings: TrainingSettings,
    devices: Devices = ALONE,
) -> Steps:
    """Build the functions that train and score one network.

    Inputs and targets are (B, T) int32, weights (B, T) float32 with 0 for padding. Of several devices each reads its
    own rows, with the dropout masks that one device would give them; all have the weights and update them alike. A few
    rows of each training step begin with an empty memory.
    """
    abstract = nnx.eval_shape(lambda: LanguageModel(vocabulary_size, network, rngs=nnx.Rngs(0)))
    loss = _Loss(nnx.graphdef(abstract), settings, devices.count)
    optimizer = make_optimizer(settings)
    mask_key = jax.random.key(settings.seed + 1)
    whole, split = devices.sharding(WHOLE), devices.sharding(SPLIT)
    places = TrainState._make((whole, whole, whole, split, whole)) if devices.mesh else None

    initial_carry = functools.partial(abstract.initial_carry, settings.batch_size)

    @functools.partial(jax.jit, out_shardings=places)
    def initial_state() -> TrainState:
        model = LanguageModel(vocabulary_size, network, rngs=nnx.Rngs(settings.seed))
        weights = nnx.state(model, nnx.Param)
        average = jax.tree.map(jnp.copy, weights) if settings.average_decay else ()
        return TrainState(weights, optimizer.init(weights), average, initial_carry(), jnp.zeros((), jnp.int32))

    @functools.partial(jax.jit, donate_argnums=0, out_shardings=(places, whole) if devices.mesh else None)
    def train(
        state: TrainState, inputs: jax.Array, targets: jax.Array, counted: jax.Array, learning_rate: jax.Array
    ) -> tuple[TrainState, StepMetrics]:
        tokens = counted.sum()
        key = jax.random.fold_in(mask_key, state.step)
        differentiate = devices.over_rows(loss.differentiated)
        before = _some_begun_anew(state.carry, initial_carry(), jax.random.fold_in(key, _ANEW))
        (gradients, nats), carry = differentiate(state.weights, before, (inputs, targets, counted), key)
        gradients = jax.tree.map(lambda gradient: gradient / jnp.maximum(tokens, 1.0), gradients)
        updates, optimizer_state = optimizer.update(gradients, state.optimizer, state.weights)
        weights = jax.tree.map(lambda weight, update: weight - learning_rate * update, state.weights, updates)
        average = _averaged(state, weights, settings.average_decay)
        after = TrainState(weights, optimizer_state, average, carry, state.step + 1)
        return after, _metrics(nats, tokens, gradients, settings)

    @jax.jit
    def evaluate(
        weights: Weights, carry: tuple[Carry, ...], inputs: jax.Array, targets: jax.Array, counted: jax.Array
    ) -> tuple[jax.Array, tuple[Carry, ...]]:
        nats, after = devices.over_rows(loss.scored)(weights, carry, (inputs, targets, counted), None)
        return nats, after

    return Steps(
        initial_state, train, evaluate, jax.jit(initial_carry, out_shardings=split) if devices.mesh else initial_carry
    )


@dataclass(frozen=True, slots=True)
class _Loss:
    """What training minimises, of one network and one set of settings.

    Attributes:
        graph: The network without its weights.
        settings: How it is trained.
        devices: How many share the rows.
    """

    graph: nnx.GraphDef[LanguageModel]
    settings: TrainingSettings
    devices: int

    def scored(
        self, weights: Weights, carry: tuple[Carry, ...], windows: tuple[jax.Array, ...], key: None
    ) -> tuple[jax.Array, tuple[Carry, ...]]:
        """The likelihood's part alone, nothing dropped out, and the carry after the windows."""
        inputs, targets, counted = windows
        return self._summed(weights, carry, inputs, targets, counted, key, Share(), None)[1]

    def differentiated(
        self, weights: Weights, carry: tuple[Carry, ...], windows: tuple[jax.Array, ...], key: jax.Array
    ) -> tuple[tuple[Weights, jax.Array], tuple[Carry, ...]]:
        """The gradients with the likelihood's part, and the carry after the windows."""
        differentiate = jax.grad(self._summed, has_aux=True)
        return _in_parts(differentiate, self.settings.accumulate, self.devices)(weights, carry, windows, key)

    def _summed(
        self, weights: Weights, carry: tuple[Carry, ...], inputs: jax.Array, targets: jax.Array, counted: jax.Array,
        key: jax.Array | None, share: Share, tokens: jax.Array | None,
    ) -> tuple[jax.Array, tuple[jax.Array, tuple[Carry, ...]]]:  # fmt: skip
        """What is minimised, and of it the likelihood's part and the carry after the windows.

        A share's penalty counts for `tokens`, where they are not those read here.
        """
        settings = self.settings
        model = nnx.merge(self.graph, weights)
        outputs, after = model.read(
            inputs.T, carry, precision=settings.precision, dropout=Dropout.of(settings), key=key, share=share
        )
        loss = model.output.loss(outputs, targets.T, counted.T, precision=settings.precision)
        penalty: jax.Array | float = 0.0
        if key is not None:
            penalty = _penalty(outputs, settings) * (counted.sum() if tokens is None else tokens)
        return loss + penalty, (loss, after)


_Gradients = Callable[
    [Weights, tuple[Carry, ...], tuple[jax.Array, ...], jax.Array],
    tuple[tuple[Weights, jax.Array], tuple[Carry, ...]],
]


def _in_parts(differentiate: Callable[..., Any], parts: int, devices: int) -> _Gradients:
    """Gradients of the summed loss, the loss itself, and the carry; the rows are read in so many parts.

    The first part of all rows is drawn one key for its masks, and so on: with several devices, a part of one
    device's rows is a share of such a part.
    """

    def whole(
        weights: Weights, carry: tuple[Carry, ...], windows: tuple[jax.Array, ...], key: jax.Array,
        place: jax.Array | None, tokens: jax.Array | None,
    ) -> tuple[tuple[Weights, jax.Array], tuple[Carry, ...]]:  # fmt: skip
        share = Share() if place is None else Share(place, devices)
        gradients, (loss, after) = differentiate(weights, carry, *windows, key, share, tokens)
        return (gradients, loss), after

    def at_once(
        weights: Weights, carry: tuple[Carry, ...], windows: tuple[jax.Array, ...], key: jax.Array
    ) -> tuple[tuple[Weights, jax.Array], tuple[Carry, ...]]:
        if devices == 1:
            return whole(weights, carry, windows, key, None, None)
        places, tokens = _shares(windows[-1], 1, devices)
        return whole(weights, carry, windows, key, places[0], tokens[0])

    def accumulated(
        weights: Weights, carry: tuple[Carry, ...], windows: tuple[jax.Array, ...], key: jax.Array
    ) -> tuple[tuple[Weights, jax.Array], tuple[Carry, ...]]:
        def part(total: Weights, now: tuple[Any, ...]) -> tuple[Weights, tuple[jax.Array, tuple[Carry, ...]]]:
            (gradients, loss), after = whole(weights, *now)
            return jax.tree.map(jnp.add, total, gradients), (loss, after)

        carry, rows = jax.tree.map(lambda x: x.reshape(parts, -1, *x.shape[1:]), (carry, windows))
        zeros = jax.tree.map(jnp.zeros_like, weights)
        keys = jax.random.split(key, parts)
        places = tokens = None
        if devices > 1:
            own, tokens = _shares(windows[-1], parts, devices)
            keys, places = keys[own // devices], own % devices
        gradients, (losses, after) = jax.lax.scan(part, zeros, (carry, rows, keys, places, tokens))
        return (gradients, losses.sum()), jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), after)

    return at_once if parts == 1 else accumulated


def _shares(counted: jax.Array, parts: int, devices: int) -> tuple[jax.Array, jax.Array]:
    """Where the parts of this device's rows are among those of all devices, and how many tokens each counts for.

    Shares of one part count for equally many, though the last rows may end sooner than the first.
    """
    own = jax.lax.axis_index(ROWS) * parts + jnp.arange(parts)
    tokens = jax.lax.all_gather(counted.reshape(parts, -1).sum(axis=1), ROWS)
    return own, tokens.reshape(parts, devices).mean(axis=1)[own // devices]


def _some_begun_anew(carry: tuple[Carry, ...], empty: tuple[Carry, ...], key: jax.Array) -> tuple[Carry, ...]:
    """Let a few of the rows go on from an empty memory, in all layers."""
    anew = jax.random.bernoulli(key, ANEW_CHANCE, (len(jax.tree.leaves(carry)[0]),))

    def chosen(gone_on: jax.Array, begun: jax.Array) -> jax.Array:
        return jnp.where(anew.reshape(-1, *(1,) * (gone_on.ndim - 1)), begun, gone_on)

    rows: tuple[Carry, ...] = jax.tree.map(chosen, carry, empty)
    return rows


def _averaged(state: TrainState, weights: Weights, average_decay: float) -> Weights | tuple[()]:
    """The mean of the weights after a step that led to these; as they leave their first values behind, so does it."""
    if not average_decay:
        return ()
    decay = jnp.minimum(average_decay, (1.0 + state.step) / (10.0 + state.step))
    average: Weights = optax.incremental_update(weights, state.average, 1.0 - decay)
    return average


def _metrics(nats: jax.Array, tokens: jax.Array, gradients: Weights, settings: TrainingSettings) -> StepMetrics:
    """What a step reports; only a clip by value takes another look at the gradients for the norm that it leaves."""
    norm = clipped_norm = optax.tree.norm(gradients)
    limit = settings.clip_value
    if limit is not None:
        clipped_norm = optax.tree.norm(jax.tree.map(lambda gradient: jnp.clip(gradient, -limit, limit), gradients))
    return StepMetrics(nats, tokens, norm, jnp.minimum(clipped_norm, settings.effective_clip_norm))


def _penalty(outputs: jax.Array, settings: TrainingSettings) -> jax.Array | float:
    """Activation regularisation and its temporal kind (Merity 2017) of what the output layer reads, (T, B, E)."""
    penalty: jax.Array | float = 0.0
    if settings.activation_penalty:
        penalty += settings.activation_penalty * jnp.square(outputs).mean()
    if settings.temporal_penalty and len(outputs) > 1:
        penalty += settings.temporal_penalty * jnp.square(outputs[1:] - outputs[:-1]).mean()
    return penalty


def flat_weights(weights: Weights) -> dict[str, np.ndarray]:
    """Name every parameter as in the network, joined by `/`: `layers/0/w_input`."""
    return {"/".join(map(str, path)): np.asarray(leaf[...]) for path, leaf in nnx.to_flat_state(weights)}


def weights_from(tensors: Mapping[str, np.ndarray], model: LanguageModel) -> Weights:
    """Return the parameters of a network shaped as `model`, from tensors named as `flat_weights` names them."""
    state = nnx.state(model, nnx.Param)
    flat = {
        path: leaf.replace(jnp.asarray(tensors["/".join(map(str, path))])) for path, leaf in nnx.to_flat_state(state)
    }
    return nnx.from_flat_state(flat)
