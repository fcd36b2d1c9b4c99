"""What training looks like on a terminal and elsewhere."""

import dataclasses
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import numpy as np
import pytest

from autocomplete.bundle import Thresholds
from autocomplete.config import NetworkSettings, RunSettings, TrainingSettings
from autocomplete.corpus.encoding import TextChunk
from autocomplete.corpus.ingest import IngestProgress
from autocomplete.corpus.store import CorpusReport, CorpusStore
from autocomplete.evaluation.calibration import Calibration, Spoken
from autocomplete.evaluation.card import Card, CardProgress
from autocomplete.evaluation.mixing import MixtureFit
from autocomplete.evaluation.perplexity import Stretch, TextScore
from autocomplete.interface import progress as view
from autocomplete.interface.report import told_lines
from autocomplete.interface.terminal import COLUMNS
from autocomplete.network.events import Finished, Plan, Progress, StepReport, Validation
from autocomplete.predict.experts.mixture import MixtureWeights
from autocomplete.runs.events import HeldOut, Planned, Published, Withheld
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
REPORT = CorpusReport(
    level="word", layout="lines", layout_reason="most of 1,234 sampled line breaks stand where a sentence ends.",
    pretokenized=False, files=1_234, duplicate_files=12, empty_files=0, bytes=10**9, lines=10**7,
    duplicate_line_share_estimate=0.5, train_tokens=10**8, valid_tokens=10**6, train_characters=10**9,
    valid_characters=10**7, train_words=10**8, valid_words=10**6, vocabulary_size=100_000, distinct_types=10**6,
    types_pruned=True, train_unknown_share=0.1, valid_unknown_share=0.1, controls=9,
    secret_lines={"tokens": 1, "passwords": 20, "private-keys": 300}, secrets_kept=False, segmenter=None, uncut=1_234,
    seconds=1.0, train_digests=(), valid_digests=(),
    account={
        "formats": [
            {
                "format": "zsh", "name": "zsh history", "files": 3, "notes": ["times of day were left out"],
                "passages": {"number": 12_345, "one": "command", "many": "commands"},
                "left_out": [{"number": 321, "one": "command that is too long", "many": "commands that are too long"}],
            }
        ],
        "left_out": {f".{letter * 5}": 10 for letter in "abcdefghijkl"}, "refused": 2,
        "unread": {"files": 0, "refusals": []}, "words": None,
        "repeats": {"documents": 3, "paragraphs": 4_567}, "remarks": ["two files were read as windows-1252"],
    },
)  # fmt: skip
THRESHOLDS = Thresholds(next=0.234, complete=0.312, phrase=0.612)
CALIBRATION = Calibration(words=321, thresholds=THRESHOLDS, next=Spoken(320, 64, 48), complete=Spoken(800, 0, 0))
CARD = Card(score=TextScore([STRETCH] * 3), typed={}, thresholds=THRESHOLDS)
# Two nats a token are so many bits a character.
HELD_OUT = HeldOut(tokens=100, characters=400, spelling_nats=200 * math.log(2))
EVENTS = [
    IngestProgress("tokenizing", 10, 20),
    Planned(plan=PLAN, held_out=HELD_OUT),
    STEP,
    Validation(step=10, epoch=0.25, nats=math.log(42.0), elapsed_seconds=4.0, weights={}),
    Finished(reason="complete", progress=Progress(step=30, total_steps=30, best_nats=math.log(42.0), best_step=10)),
    MixtureFit(weights=MixtureWeights({}, np.ones(0)), tokens=6_789, perplexity={"mixture": 41.0}),
    CALIBRATION,
    CardProgress("scoring", 1_024, None),
    CardProgress("typing", 7, 500),
    CARD,
]
SAID = (
    "tiny LSTM", "12,000 tokens/s", "2m 05s left", "pass  0.25  1.85 bits a character", "best", "as planned",
    *told_lines(CARD.as_dict()),
)  # fmt: skip


# What `calibrate` and `eval` say.
NOT_SAID = ("6,789 held-out", "321 held-out words typed", "confidence of")


def redraw(shown: view.TrainView) -> None:
    """Draw the live line now, where there is one; by itself it is drawn ten times a second."""
    if isinstance(shown, view._LiveView):
        shown.progress.refresh()


def seen(out: io.StringIO) -> str:
    """What was written, without what moves the cursor or colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())


LONG_WAY = [
    IngestProgress("tokenizing", 10**12, 2 * 10**12),
    REPORT,
    Planned(plan=PLAN, held_out=HELD_OUT, longer=True),
    dataclasses.replace(STEP, epoch=1234.5, tokens_per_second=123_456_789.0, remaining_seconds=10**6),
    *(
        Validation(step=each, epoch=each / 7, nats=60 / each, elapsed_seconds=10.0**6 + each, weights={})
        for each in range(1, 200)
    ),
    dataclasses.replace(STEP, epoch=1234.5, tokens_per_second=123_456_789.0, remaining_seconds=10**6),
    Withheld(reason="unigrams", perplexity=1e300, unigram_perplexity=123_456.7, replacing=True),
    CardProgress("typing, n-grams of order 3", 123_456, 1_234_567),
]


@pytest.mark.parametrize("stream", [io.StringIO, Terminal], ids=["pipe", "terminal"])
def test_whatever_is_told_fits_80_columns(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    out = stream()
    with view.make_train_view(out) as shown:
        for event in [*LONG_WAY, *EVENTS]:
            shown.show(cast(Any, event))
            redraw(shown)
    lines = re.split(r"[\r\n]", seen(out))
    assert [line for line in lines if len(line) > COLUMNS] == []
    assert max(map(len, lines)) > COLUMNS - 10


def test_no_headline_is_a_perplexity_and_none_shows_a_token_that_is_no_word() -> None:
    out = io.StringIO()
    with view.make_train_view(out) as shown:
        for event in EVENTS:
            shown.show(cast(Any, event))
        shown.show(REPORT)
    assert "perplexity" not in out.getvalue()
    assert "<" not in out.getvalue()


@pytest.mark.parametrize(("seconds", "lines"), [(1.0, 4), (0.5, 2), (0.1, 1)])
def test_the_curve_falls_as_held_out_text_is_foreseen_better(seconds: float, lines: int) -> None:
    out = io.StringIO()
    with view.make_train_view(out) as shown:
        shown.show(Planned(plan=PLAN, held_out=HELD_OUT))
        for step, nats in enumerate((6.0, 4.0, 3.0, 2.5), 1):
            shown.show(Validation(step=step, epoch=step, nats=nats, elapsed_seconds=seconds * step, weights=None))
        shown.show(Finished(reason="complete", progress=Progress(step=4, total_steps=4, best_nats=2.5)))
    *before, ended, better, curve = out.getvalue().splitlines()
    assert ended.startswith("training ended as planned")
    assert "costs 1.40 bits a character, the fewer the better" in f"{ended} {better.strip()}"
    assert curve == "learning curve: 2.66 █▄▂▁ 1.40 bits a character"
    told = [line for line in before if line.startswith("pass")]
    assert told[0] == f"pass  1.00  2.66 bits a character  █  {view.clock(seconds)}"
    assert len(told) == lines


def test_a_loss_of_any_size_has_bits_that_can_be_read() -> None:
    assert [view._bits(bits) for bits in (-0.004, 0.0, 1.234, 999.0, 1e300, math.inf)] == [
        "0.00", "0.00", "1.23", "999.00", "over 1,000", "over 1,000",
    ]  # fmt: skip
    assert view._bits(math.nan) == "over 1,000"


def test_a_floor_longer_than_the_budget_is_told() -> None:
    for longer in (False, True):
        out = io.StringIO()
        with view.make_train_view(out) as shown:
            shown.show(Planned(plan=PLAN, held_out=HELD_OUT, longer=longer))
        assert ("more time than the budget leaves" in out.getvalue()) == longer


@pytest.mark.parametrize("stream", [io.StringIO, Terminal], ids=["pipe", "terminal"])
def test_every_event_is_shown(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    out = stream()
    with view.make_train_view(out) as shown:
        for event in EVENTS:
            shown.show(cast(Any, event))
            redraw(shown)
    text = " ".join(seen(out).split())
    for part in SAID:
        assert " ".join(part.split()) in text, part
    assert not any(part in text for part in NOT_SAID)


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
    text = small_corpus.read_text()
    for context, word in re.findall(r'^    "…?(.*)" → .* \(was: (\S+?)…?\)$', out.getvalue(), re.MULTILINE):
        assert f"{context} {word}" in text


class HeldOutText(NamedTuple):
    """A store of nothing but held-out text."""

    texts: list[str]

    @property
    def report(self) -> SimpleNamespace:
        return SimpleNamespace(valid_characters=sum(map(len, self.texts)))

    def valid_texts(self) -> Iterator[TextChunk]:
        return (TextChunk("", text, begins_document=True) for text in self.texts)

    def cuts(self, number: int = 3) -> list[tuple[str, str]]:
        return list(view._cuts(cast(CorpusStore, self), number))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            ["one two three four five six seven eight"],
            [("one two three ", "four"), ("one two three four five ", "six")],
        ),
        (["one two three\n", "four five six\n", "seven\n"], [("one two ", "three"), ("four five ", "six")]),
        (
            ["das Café öffnet\nder Zwölfuhrzug kommt später\n"],
            [("das Café öffnet\nder ", "Zwölfuhrzug"), ("das Café öffnet\nder Zwölfuhrzug ", "kommt")],
        ),
        (["سلام دنیا خوب است و باز هم\n"], [("سلام دنیا ", "خوب"), ("سلام دنیا خوب است ", "و")]),
        (["lone\nwords\nhere\n"], [("lone\n", "words"), ("lone\nwords\n", "here")]),
        (["我们今天去公园散步然后"], [("我们今", "天去公园散步然后"), ("我们今天去公园", "散步然后")]),
    ],
    ids=["line", "documents", "accents", "right to left", "a word a line", "no spaces"],
)
def test_samples_are_cut_where_a_word_begins(texts: list[str], expected: list[tuple[str, str]]) -> None:
    assert HeldOutText(texts).cuts(2) == expected


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["\n\n\n"],
        ["lone\nwords\nhere\n"],
        ["我们今天去公园散步然后回家"],
        ["x" * 10**6],
        [" " * 10**6],
        ["a " * 10**6],
    ],
    ids=["none", "empty", "blank", "lone words", "no spaces", "long word", "spaces", "long line"],
)
def test_samples_of_odd_text_are_pieces_of_it(texts: list[str]) -> None:
    for before, word in HeldOutText(texts).cuts():
        assert before + word in "".join(texts)
        assert len(before) <= view.SAMPLE_CONTEXT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"), ("two\nlines it", "lines it"), ("a  b\tc", "a b c"), ("ends\n", "ends"),
        ("0123456789abc", "…456789abc"), ("我们今天去公园散步", "…公园散步"), ("", ""),
    ],
)  # fmt: skip
def test_a_sample_shows_the_end_of_its_context_in_few_columns(text: str, shown: str) -> None:
    assert view._end_of(text, 10) == shown


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.4, "59s"), (59.6, "1m 00s"), (185, "3m 05s"), (4800, "1h 20m")]
)
def test_durations_as_people_read_them(seconds: float, text: str) -> None:
    assert view.clock(seconds) == text


@pytest.mark.parametrize(
    ("word", "shown"), [("short", "short"), ("0123456789abc", "012345678…"), ("我们今天去公园", "我们今天…")]
)
def test_a_sample_shows_the_beginning_of_the_word_that_followed(word: str, shown: str) -> None:
    assert view._start_of(word, 10) == shown


@pytest.mark.parametrize("wanted", ["1", "yes"])
def test_who_listens_gets_finished_lines_on_a_terminal_too(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("ACCESSIBLE", wanted)
    out = Terminal()
    with view.make_train_view(out) as shown:
        shown.show(IngestProgress("reading", 1_000_000, 2_000_000))
        shown.show(STEP)
        shown.show(STEP)
    assert [line.split()[0] for line in out.getvalue().splitlines()] == ["pass"]
