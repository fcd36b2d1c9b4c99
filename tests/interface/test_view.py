"""What training looks like on a terminal and elsewhere."""

import io
import math
from pathlib import Path
from typing import Any, cast

import pytest

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.ingest import IngestProgress
from autocomplete.interface import view
from autocomplete.network.job import Planned, Published
from autocomplete.network.plan import Plan
from autocomplete.network.training import Finished, Progress, Replanned, StepReport, Validation


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
EVENTS = [
    IngestProgress("tokenizing", 10, 20),
    Planned(plan=PLAN),
    STEP,
    Validation(step=10, epoch=0.25, nats=math.log(42.0), elapsed_seconds=4.0, weights={}),
    Replanned(total_steps=30, epochs=0.75),
    Finished(reason="complete", progress=Progress(step=30, total_steps=30, best_nats=math.log(42.0), best_step=10)),
]


@pytest.mark.parametrize("stream", [io.StringIO, Terminal], ids=["pipe", "terminal"])
def test_every_event_is_shown(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    out = stream()
    with view.make_train_view(out) as shown:
        for event in EVENTS:
            shown.show(cast(Any, event))
    text = out.getvalue()
    for part in ("tiny LSTM", "12,345 tokens/s", "perplexity    42.00", "best", "fit the budget", "as planned"):
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


def test_samples_come_from_the_published_model(small_corpus: Path, tmp_path: Path) -> None:
    from autocomplete.network.job import Request, train_model

    out = io.StringIO()
    published = 0
    settings = {"epochs": 2}
    request = Request(folder=tmp_path / "m", paths=[str(small_corpus)], size="tiny", training=settings)
    with view.make_train_view(out) as shown:
        for event in train_model(request):
            shown.show(event)
            published += isinstance(event, Published)
    assert published >= 1
    assert out.getvalue().count("→") == view.SAMPLES


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.4, "59s"), (59.6, "1m 00s"), (185, "3m 05s"), (4800, "1h 20m")]
)
def test_durations_as_people_read_them(seconds: float, text: str) -> None:
    assert view.clock(seconds) == text
