"""The plan fits the corpus, the budget and the machine."""

import dataclasses
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from autocomplete.config import NetworkSettings, RunSettings, TrainingSettings, require_suited
from autocomplete.errors import UsageError
from autocomplete.network import recipes
from autocomplete.network.events import Plan
from autocomplete.network.plan import (
    TRAINING_SHARE,
    Machine,
    batch_size_for,
    choose_size,
    make_plan,
    measure_machine,
    passes_within,
    seconds_to_train,
    weights_per_token,
)
from autocomplete.network.recipes import MANY_WORDS, RECIPES, SGD_RATE, TANH_RNN_RATE, adapted, cutoffs_for, with_recipe
from autocomplete.network.training import Speed, Trainer
from autocomplete.runs.events import Planned
from autocomplete.runs.request import Request
from autocomplete.runs.train import training_run

RATE = 1e12


def chosen(tokens: int, budget_seconds: float, rate: float = RATE) -> str:
    return choose_size(tokens=tokens, vocabulary_size=10_000, budget_seconds=budget_seconds, operations_per_second=rate)


def test_more_text_more_time_or_a_faster_machine_never_mean_a_smaller_network() -> None:
    order = list(RECIPES)
    for tokens in (10_000, 300_000, 1_000_000, 5_000_000):
        sizes = [order.index(chosen(tokens, budget)) for budget in (1, 60, 600, 3600, 36_000)]  # type: ignore[arg-type]
        assert sizes == sorted(sizes)
        rates = [order.index(chosen(tokens, 600, rate)) for rate in (1e10, 1e11, 1e12, 1e13)]  # type: ignore[arg-type]
        assert rates == sorted(rates)
    assert chosen(10_000, 1e9) == "tiny"
    assert chosen(5_000_000, 1e9) == "large"


def test_recipes_grow() -> None:
    weights = [weights_per_token(recipe.network, 10_000) for recipe in RECIPES.values()]
    assert weights == sorted(weights)


def test_a_small_corpus_still_gets_some_steps_an_epoch() -> None:
    assert batch_size_for(1_000, bptt=35) == 4
    assert batch_size_for(10_000_000, bptt=35) == 32


def test_bfloat16_is_used_where_it_is_clearly_faster() -> None:
    assert Machine(float32_rate=1.0, bfloat16_rate=3.0).precision == "bfloat16"
    assert Machine(float32_rate=1.0, bfloat16_rate=1.2).precision == "float32"


@pytest.mark.parametrize(("rows", "parts"), [(4, 3), (4, 5), (32, 7), (32, 8)])
def test_rows_can_be_read_in_the_parts_wanted(rows: int, parts: int) -> None:
    found = batch_size_for(1_000 if rows == 4 else 10_000_000, bptt=35, parts=parts)
    assert found % parts == 0
    assert 0 < found <= max(rows, parts)


def test_plain_sgd_takes_longer_steps() -> None:
    settings = TrainingSettings(optimizer="sgd")
    assert with_recipe(settings, RECIPES["small"], passes=5, tokens=10**6).learning_rate == SGD_RATE
    for optimizer in ("adam", "rmsprop"):
        found = with_recipe(
            dataclasses.replace(settings, optimizer=optimizer), RECIPES["small"], passes=12, tokens=10**8
        )
        assert found.learning_rate == RECIPES["small"].learning_rate


def test_many_passes_take_all_of_a_recipes_dropout_and_two_take_none() -> None:
    recipe = RECIPES["medium"]
    found = [with_recipe(TrainingSettings(), recipe, passes=passes, tokens=10**6) for passes in (0.5, 2, 5, 9, 12, 100)]
    for name in ("input_dropout", "output_dropout", "weight_drop", "embedding_dropout"):
        shares = [getattr(settings, name) / getattr(recipe, name) for settings in found]
        assert shares == sorted(shares)
        assert shares[:2] == pytest.approx([0.0, 0.0])
        assert 0.0 < shares[2] < shares[3] < 1.0
        assert shares[4:] == pytest.approx([1.0, 1.0])


def test_few_steps_are_larger_where_gates_allow_them() -> None:
    step_tokens = TrainingSettings().batch_size * TrainingSettings().bptt
    counts = (10, 2_000, 6_000, 10_000, 10**6)

    def rates(cell: str) -> list[float]:
        recipe = adapted(RECIPES["small"], {"cell": cell})
        texts = [steps * step_tokens // 2 for steps in counts]
        return [with_recipe(TrainingSettings(), recipe, passes=2, tokens=tokens).learning_rate for tokens in texts]

    for cell in ("lstm", "gru"):
        first, second, third, *others = rates(cell)
        assert first == second > third > others[0] == others[1] == RECIPES["small"].learning_rate
    assert len(set(rates("feedforward"))) == 1


def test_only_the_number_of_steps_makes_them_few() -> None:
    def rate(rows: int, bptt: int, tokens: int) -> float:
        return with_recipe(
            TrainingSettings(batch_size=rows, bptt=bptt), RECIPES["small"], passes=3, tokens=tokens
        ).learning_rate

    assert rate(16, 35, 10**6) == rate(32, 35, 2 * 10**6) == rate(16, 70, 2 * 10**6)
    assert rate(16, 35, 10**6) < rate(32, 35, 10**6)


def test_every_recipe_can_be_trained_with_every_cell() -> None:
    for recipe in RECIPES.values():
        for cell in ("lstm", "gru", "rnn", "feedforward"):
            fitted = adapted(recipe, {"cell": cell})
            require_suited(fitted.network, with_recipe(TrainingSettings(), fitted, passes=20, tokens=10**6))


def test_passes_grow_with_time_and_fall_with_the_text() -> None:
    def passes(seconds: float, tokens: int) -> float:
        network = RECIPES["small"].network
        return passes_within(seconds, network, tokens=tokens, vocabulary_size=10_000, operations_per_second=RATE)

    assert passes(600, 10_000) == pytest.approx(2 * passes(300, 10_000)) == pytest.approx(passes(1200, 20_000))


def test_what_comes_before_and_after_training_leaves_it_its_share() -> None:
    assert seconds_to_train(100, spent_seconds=10, closing_seconds=15) == 75
    for spent_seconds in (50, 90, 1_000):  # a machine that was busy
        assert seconds_to_train(100, spent_seconds=spent_seconds, closing_seconds=15) == 100 * TRAINING_SHARE


@pytest.mark.parametrize(
    ("seconds", "steps"), [(0.0, 100), (97.0, 100), (200.0, 184), (1e6, 800)], ids=["none", "less", "enough", "most"]
)
def test_a_plan_is_within_the_least_and_the_most(seconds: float, steps: int) -> None:
    settings = TrainingSettings(batch_size=10, bptt=10)
    fields = {
        "settings": settings, "network": NetworkSettings(), "train_windows": range(20), "least_steps": 100,
        "most_steps": 800, "speed": lambda: Speed(100.0, 0.9),
    }  # fmt: skip
    plan = make_plan(cast(Trainer, SimpleNamespace(**fields)), size="tiny", remaining_seconds=seconds)
    assert plan.total_steps == steps
    assert plan.epochs == plan.total_steps / 20


def test_the_machine_is_measured() -> None:
    machine = measure_machine(width=64, repeats=2)
    assert machine.float32_rate > 1e6
    assert machine.bfloat16_rate > 1e6


@pytest.mark.parametrize("hidden", [320, 768])
def test_multiplications_of_a_step_are_counted(hidden: int) -> None:
    settings = NetworkSettings(layers=1, embedding_size=320, hidden_size=hidden)
    output = 320 * 1000 + (hidden * 320 if hidden != 320 else 0)
    assert weights_per_token(settings, 1000) == 4 * hidden * (320 + hidden) + output
    others = {
        "gru": 3 * hidden * (320 + hidden),
        "rnn": hidden * (320 + hidden),
        "feedforward": 5 * 320 * hidden,
    }
    for cell, expected in others.items():
        changed = dataclasses.replace(settings, cell=cell)  # type: ignore[arg-type]
        assert weights_per_token(changed, 1000) == expected + output


def test_only_large_vocabularies_are_cut_unless_asked_for() -> None:
    assert [cutoffs_for(size, "auto") for size in (30, MANY_WORDS - 1)] == [(), ()]
    assert cutoffs_for(MANY_WORDS, "auto") == cutoffs_for(MANY_WORDS, "adaptive") != ()
    assert [cutoffs_for(size, "exact") for size in (30, MANY_WORDS, 100_000)] == [(), (), ()]
    for size in (3, 4, 30, 1_000, 9_999, 10_001, 20_000, 33_278, 500_000):
        settings = NetworkSettings(cutoffs=cutoffs_for(size, "adaptive"))
        borders = [0, *settings.cutoffs, size]
        assert borders == sorted(set(borders)), size
        assert [tail.start for tail in settings.tails(size)] == list(settings.cutoffs)
        assert settings.tails(size)[-1].stop == size


def test_a_run_chooses_for_itself_only_what_it_was_not_told(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "MANY_WORDS", 28)  # as many as the text has

    def planned(name: str, training: dict[str, Any], output: Any = "auto", **asked: Any) -> Plan:
        events = training_run(
            Request(
                folder=tmp_path / name,
                paths=[str(small_corpus)],
                run=RunSettings(size="tiny", output=output),
                training={"epochs": 1, **training},
                **asked,
            )
        )
        plan = next(event.plan for event in events if isinstance(event, Planned))
        events.close()
        return plan

    plan = planned("chosen", {"bptt": 7})
    assert (plan.size, plan.network.cutoffs) == ("tiny", (5,))
    plan = planned("told", {"batch_size": 3}, network={"hidden_size": 8}, output="exact")
    assert (plan.size, plan.network.cutoffs, plan.settings.batch_size) == ("tiny, changed", (), 3)


def test_a_tail_costs_the_rows_that_read_it() -> None:
    plain = NetworkSettings(embedding_size=320, hidden_size=320)
    cut = dataclasses.replace(plain, cutoffs=(100, 400))
    # The head and its two tails; the ways to their widths; and the words, as often as Zipf's law says.
    tails = 320 * 80 + 320 * 20 + 300 * 80 * math.log(4) / math.log(1000) + 600 * 20 * math.log(2.5) / math.log(1000)
    layer = weights_per_token(plain, 1000) - 1000 * 320
    assert weights_per_token(cut, 1000) == pytest.approx(layer + 102 * 320 + tails, abs=1)


def test_a_cheaper_cell_may_have_a_larger_network() -> None:
    order = list(RECIPES)
    for budget in (60, 200, 600, 3600):
        sizes = [
            order.index(
                choose_size(
                    tokens=5_000_000,
                    vocabulary_size=10_000,
                    budget_seconds=budget,
                    operations_per_second=RATE,
                    changes={"cell": cell},
                )
            )
            for cell in ("lstm", "gru", "rnn")
        ]
        assert sizes == sorted(sizes)


def test_a_feed_forward_network_has_one_layer_unless_the_user_says_otherwise() -> None:
    recipe = dataclasses.replace(RECIPES["tiny"], network=NetworkSettings(layers=2))
    assert adapted(recipe, {"cell": "feedforward", "window": 3}).network.layers == 1
    assert adapted(recipe, {"cell": "gru"}).network.layers == 2
    with pytest.raises(UsageError, match="layers 2"):
        adapted(recipe, {"cell": "feedforward", "layers": 2})


def test_only_a_tanh_rnn_is_trained_more_slowly() -> None:
    recipe = RECIPES["tiny"]
    rates = {
        "tanh": adapted(recipe, {"cell": "rnn"}),
        "relu": adapted(recipe, {"cell": "rnn", "activation": "relu"}),
        "gru": adapted(recipe, {"cell": "gru"}),
        "none": adapted(recipe, {}),
    }
    assert rates["none"] == recipe
    assert {name: each.learning_rate / recipe.learning_rate for name, each in rates.items()} == {
        "tanh": TANH_RNN_RATE,
        "relu": 1.0,
        "gru": 1.0,
        "none": 1.0,
    }
