"""What is said of a run whose network is left out."""

import json
import math

import pytest

from autocomplete.evaluation.dynamic import dynamic_figures
from autocomplete.evaluation.perplexity import Stretch, TextScore
from autocomplete.interface.cli.train import _cure
from autocomplete.interface.progress import withheld_line
from autocomplete.runs.events import Withheld
from autocomplete.runs.train import _divergence


def withheld(reason: str, *, replacing: bool = False) -> Withheld:
    return Withheld(reason=reason, perplexity=912.3, unigram_perplexity=640.0, replacing=replacing)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "said"),
    [("diverged", "the loss diverged"), ("unigrams", "(912.3 against 640.0)"), ("unread", "less than a tenth")],
)
def test_the_report_says_why_and_what_is_left(reason: str, said: str) -> None:
    line = withheld_line(withheld(reason))
    assert said in line
    assert line.endswith("; the model is its n-grams alone")


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (None, "the best network before that is kept."),
        (withheld("diverged"), "the model is its n-grams alone."),
        (withheld("diverged", replacing=True), "the old model stays in use."),
    ],
)
def test_divergence_is_one_sentence_of_cause_and_one_of_cure(left: Withheld | None, said: str) -> None:
    error = _divergence(23, left)
    assert error.exit_code == 1
    assert error.cause == f"The loss diverged after step 23; {said}"
    assert "lower learning rate" in error.cure
    assert "--learning-rate" in _cure(error, "")


def test_figures_that_could_not_be_measured_are_null_in_json() -> None:
    nats = dict.fromkeys(("mixture", "static", "lstm"), math.inf)
    stretch = Stretch(document=0, tokens=1, unknown=0, characters=1, nats=nats, spelled_nats=nats)
    figures = json.loads(json.dumps(dynamic_figures(TextScore([stretch])), allow_nan=False))
    assert figures["perplexity_interval"]["mixture"] == [None, None]
