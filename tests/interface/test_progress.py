"""What training looks like on a terminal and elsewhere."""

import io
import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from autocomplete.bundle import Thresholds
from autocomplete.config import NetworkSettings, RunSettings, TrainingSettings
from autocomplete.corpus.ingest import IngestProgress
from autocomplete.evaluation.calibration import Calibration, Spoken
from autocomplete.evaluation.card import Card, CardProgress
from autocomplete.evaluation.mixing import MixtureFit
from autocomplete.evaluation.perplexity import Stretch, TextScore
from autocomplete.interface import progress as view
from autocomplete.interface.report import card_lines
from autocomplete.network.events import Finished, Plan, Progress, Replanned, StepReport, Validation
from autocomplete.predict.experts.mixture import MixtureWeights
from autocomplete.runs.events import Planned, Published
from autocomplete.runs.request import Request
from autocomplete.runs.train import training_run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


STEP = StepReport(
    step=10, total_steps=40, epoch=0.25, tokens_per_second=12_345.0, loss_nats=5.5, gradient_norm=1.0,
    learning_rate=0.001, elapsed_seconds=3.0, remaining_seconds=125.0,
)  # fmt: skip
PLAN = Plan(
    size="tiny", network=NetworkSettings(), settings=TrainingSettings(), total_steps=40, epochs=1.0,
    tokens_per_second=12_000.0, seconds=59.6,
)  # fmt: skip
STRETCH = Stretch(
    document=0, tokens=100, unknown=2, characters=500,
    nats=dict.fromkeys(("mixture", "unigram"), 300.0), spelled_nats=dict.fromkeys(("mixture", "unigram"), 350.0),
)  # fmt: skip
THRESHOLDS = Thresholds(next=0.234, complete=0.312, phrase=0.612)
CALIBRATION = Calibration(words=321, thresholds=THRESHOLDS, next=Spoken(320, 64, 48), complete=Spoken(800, 0, 0))
CARD = Card(score=TextScore([STRETCH] * 3), typed={}, thresholds=THRESHOLDS)
EVENTS = [
    IngestProgress("tokenizing", 10, 20),
    Planned(plan=PLAN),
    STEP,
    Validation(step=10, epoch=0.25, nats=math.log(42.0), elapsed_seconds=4.0, weights={}),
    Replanned(total_steps=30, epochs=0.75),
    Finished(reason="complete", progress=Progress(step=30, total_steps=30, best_nats=math.log(42.0), best_step=10)),
    MixtureFit(weights=MixtureWeights({}, np.ones(0)), tokens=6_789, perplexity={"mixture": 41.0}),
    CALIBRATION,
    CardProgress("scoring", 1_024, None),
    CardProgress("typing", 7, 500),
    CARD,
]
SAID = (
    "tiny LSTM", "12,345 tokens/s", "perplexity    42.00", "best", "fit the budget", "as planned", "6,789 held-out",
    "before 20 % of words (75 % of them right) and at none of 800 places within words, as 321 held-out words typed say",
    "next words from a confidence of 23 % on, completions from 31 %, further words from 61 %",
    *card_lines(CARD.as_dict()),
)  # fmt: skip


def redraw(shown: view.TrainView) -> None:
    """Draw the live line now, where there is one; by itself it is drawn ten times a second."""
    if isinstance(shown, view._LiveView):
        shown.progress.refresh()


@pytest.mark.parametrize("stream", [io.StringIO, Terminal], ids=["pipe", "terminal"])
def test_every_event_is_shown(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    out = stream()
    with view.make_train_view(out) as shown:
        for event in EVENTS:
            shown.show(cast(Any, event))
            redraw(shown)
    text = out.getvalue()
    for part in SAID:
        assert part in text, part


def test_a_pipe_gets_no_escape_codes() -> None:
    out = io.StringIO()
    with view.make_train_view(out) as shown:
        for event in EVENTS:
            shown.show(cast(Any, event))
    assert "\x1b" not in out.getvalue()
    assert "\r" not in out.getvalue()


def test_a_pipe_gets_few_lines() -> None:
    out = io.StringIO()
    with view.make_train_view(out) as shown:
        for _ in range(100):
            shown.show(STEP)
    assert len(out.getvalue().splitlines()) == 1


def test_a_terminal_shows_how_far_the_card_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    out = Terminal()
    with view.make_train_view(out) as shown:
        for event in (CardProgress("scoring", 1_024, None), CardProgress("typing", 7, 500)):
            shown.show(event)
            redraw(shown)
    text = out.getvalue()
    assert "scoring" in text
    assert "1,024" in text
    assert "typing" in text
    assert "7 of 500" in text


def test_a_pipe_is_spared_the_progress_of_the_card() -> None:
    out = io.StringIO()
    with view.make_train_view(out) as shown:
        shown.show(CardProgress("typing", 7, 500))
    assert out.getvalue() == ""


def test_samples_come_from_the_published_model(small_corpus: Path, tmp_path: Path) -> None:
    out = io.StringIO()
    published = 0
    settings = {"epochs": 2}
    request = Request(folder=tmp_path / "m", paths=[str(small_corpus)], run=RunSettings(size="tiny"), training=settings)
    with view.make_train_view(out) as shown:
        for event in training_run(request):
            shown.show(event)
            published += isinstance(event, Published)
    assert published >= 1
    assert out.getvalue().count("→") == view.SAMPLES


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.4, "59s"), (59.6, "1m 00s"), (185, "3m 05s"), (4800, "1h 20m")]
)
def test_durations_as_people_read_them(seconds: float, text: str) -> None:
    assert view.clock(seconds) == text
