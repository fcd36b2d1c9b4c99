"""The report card as a person reads it: one table, every system in it, and no figure that was not measured."""

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import pytest

from autocomplete.bundle import Thresholds
from autocomplete.evaluation.card import FEW_WORDS, Card, Shown, TypedFigures
from autocomplete.evaluation.perplexity import Stretch, TextScore
from autocomplete.evaluation.phrases import LENGTHS
from autocomplete.evaluation.statistics import Latency
from autocomplete.evaluation.typing import READERS, RULES, SHOWN, Rule
from autocomplete.interface.report import LEAST_WORDS, SYSTEMS, aligned, card_lines, told_lines

PERPLEXITY = dict(zip(SYSTEMS, [8.0, 9.0, 12.0, 16.0, 32.0, 1024.0], strict=True))
MAIN = Rule(shown=5, repeats=False, match_case=True)


def figures(**changes: Any) -> TypedFigures:
    """Of a system whose every figure is another number."""
    savings = {rule: 20.0 + place for place, rule in enumerate(RULES)}
    found = TypedFigures(
        words=1234,
        hits={shown: shown / 10 for shown in SHOWN},
        mean_reciprocal_rank=0.4321,
        reciprocal_rank_interval=(0.4, 0.5),
        savings={**savings, MAIN: 45.67},
        noticed={reader: 50.0 * reader.notices + reader.shown / 10 for reader in READERS},
        hits_interval=dict.fromkeys(SHOWN, (0.0, 1.0)),
        savings_interval=dict.fromkeys(RULES, (44.0, 47.0)),
        calibration_error=0.0567,
        next_shown=Shown(0.125, 0.5),
        completion_shown=Shown(0.75, 0.875),
        latency=Latency(1.26, 3.45, 6.78),
        phrases={1: 0.51, 2: 0.32, 3: 0.23, 5: math.nan},
        phrases_interval=dict.fromkeys(LENGTHS, (0.0, 1.0)),
        phrase_places=2345,
    )
    return dataclasses.replace(found, **changes)


def score(*systems: str, stretches: int = 50) -> TextScore:
    nats = {system: 100 * math.log(PERPLEXITY[system]) for system in systems}
    stretch = Stretch(document=0, tokens=100, unknown=2, characters=500, nats=nats, spelled_nats=nats)
    return TextScore([stretch] * stretches)


def card(*, untyped: tuple[str, ...] = (), threshold: float = 0.3, **changes: Any) -> Card:
    typed = {system: figures(**changes) for system in SYSTEMS if system not in untyped}
    return Card(score=score(*SYSTEMS), typed=typed, thresholds=Thresholds(threshold, 0.4, 0.7))


def card_lines_of(card: Card) -> list[str]:
    return card_lines(card.as_dict())


def row_of(lines: list[str], system: str) -> list[str]:
    """The cells of a system in the first table, behind its name."""
    row, *_ = [line for line in lines if line.startswith(SYSTEMS[system])]
    return re.split(r" {2,}", row.removeprefix(SYSTEMS[system]).strip())


def test_every_system_has_a_row_that_says_what_it_is_worth() -> None:
    lines = card_lines_of(card())
    for system, value in PERPLEXITY.items():
        bits = 100 * math.log2(value) / 500
        hits = ["10.0 %", "30.0 %", "50.0 %"]
        saved = [f"{figures().savings[MAIN._replace(shown=shown)]:.1f} %" for shown in SHOWN]
        expected = [f"{value:,.1f}", f"{bits:.3f}", *hits, "0.432", *saved, "0.057"]
        assert row_of(lines, system) == expected
    heads = lines[1].split()
    assert heads == [
        "perplexity", "bits/char", "hit@1", "hit@3", "hit@5", "MRR", "saved@1", "saved@3", "saved@5", "ECE",
    ]  # fmt: skip


def test_saved_keys_are_those_with_the_case_right_and_nothing_offered_again() -> None:
    wanted = {rule: float(rule.shown) for rule in RULES if rule.match_case and not rule.repeats}
    savings = {rule: wanted.get(rule, 99.0) for rule in RULES}
    assert row_of(card_lines_of(card(savings=savings)), "static")[6:9] == ["1.0 %", "3.0 %", "5.0 %"]


def test_the_columns_stand_below_each_other() -> None:
    [heads, *rows] = card_lines_of(card(untyped=("trigram",)))[1 : 2 + len(SYSTEMS)]
    ends = [match.end() for match in re.finditer(r"\S+", heads)]
    for row in rows:
        assert all(row[end - 1] != " " and row[end : end + 1] in (" ", "") for end in ends)
        assert len(row) == len(heads)


def test_a_system_that_could_not_type_has_no_typed_figures() -> None:
    lines = card_lines_of(card(untyped=("unigram",)))
    assert row_of(lines, "unigram") == ["1,024.0", "2.000", *["-"] * 8]


def test_only_what_was_scored_has_a_row() -> None:
    found = Card(
        score=score("mixture", "ngram", "unigram"), typed={"mixture": figures()}, thresholds=Thresholds(1.0, 1.0, 1.0)
    )
    rows = card_lines_of(found)[2:5]
    assert [row.split("  ")[0] for row in rows] == [SYSTEMS[name] for name in ("mixture", "ngram", "unigram")]


def test_the_lines_below_are_of_the_model_itself() -> None:
    found = card()
    others = {system: figures(words=999, latency=Latency(9.9, 9.9, 9.9)) for system in found.typed}
    text = "\n".join(card_lines_of(dataclasses.replace(found, typed={**others, "mixture": figures()})))
    assert "5,000 tokens of held-out text, 2.00 % of them unknown words" in text
    assert "perplexity of the model, 95 % interval: 8.0 to 8.0" in text
    assert "5 suggestions over 1,234 words typed: 45.7 % (44.0 to 47.0)" in text
    assert f"offered again {figures().savings[MAIN._replace(repeats=True)]:.1f} %" in text
    assert f"case ignored {figures().savings[MAIN._replace(match_case=False)]:.1f} %" in text
    assert "where it is sure enough: before a word 12.5 % of positions get one, 50.0 % of them right" in text
    assert "next words from a confidence of 30 % on, completions from 40 %, further words from 70 %" in text
    assert "within words 75.0 % of positions get one, 87.5 % of them right" in text
    assert "a key takes 1.3 ms (median), 3.5 (p95), 6.8 (p99)" in text
    assert "999" not in text


@pytest.mark.parametrize(("words", "few"), [(1, True), (FEW_WORDS - 1, True), (FEW_WORDS, False)])
def test_figures_of_few_words_say_so(words: int, few: bool) -> None:
    typed = {"mixture": dataclasses.replace(figures(), words=words)}
    lines = card_lines_of(dataclasses.replace(card(threshold=0.3), typed=typed))
    assert any(f"rest on {words} words" in line for line in lines) == few


def test_without_a_threshold_nothing_is_said_of_it() -> None:
    assert not any("unasked" in line for line in card_lines_of(card(threshold=1.0)))


def test_a_card_of_an_earlier_version_had_one_threshold_for_all() -> None:
    found = card().as_dict()
    del found["thresholds"]
    lines = card_lines(found)
    assert any("sure enough: before a word 12.5 %" in line for line in lines)
    assert not any("from a confidence" in line for line in lines)


@pytest.mark.parametrize("nothing", [Shown(0.0, math.nan), Shown(math.nan, math.nan)])
def test_a_threshold_that_lets_nothing_through_says_so(nothing: Shown) -> None:
    [line] = [line for line in card_lines_of(card(next_shown=nothing)) if "sure enough" in line]
    assert "before a word no position gets one; within words 75.0 %" in line
    assert "nan" not in line


def test_readers_who_overlook_lists_have_figures_of_their_own() -> None:
    [line] = [line for line in card_lines_of(card()) if line.startswith("at the prompt")]
    assert line.endswith("50.5 % of who notices 100 lists of 100, 40.5 % of who notices 80, 35.5 % of who notices 70")
    earlier = card().as_dict()
    for system in earlier["systems"].values():
        del system["typed"]["keystrokes_noticed"]
    assert not any(line.startswith("at the prompt") for line in card_lines(earlier))


def test_too_little_text_has_no_interval() -> None:
    few = Card(
        score=score(*SYSTEMS, stretches=1),
        typed={"mixture": figures(savings_interval=dict.fromkeys(RULES, (math.nan, math.nan)))},
        thresholds=Thresholds(0.3, 0.4, 0.7),
    )
    lines = card_lines_of(few)
    assert sum("too little text for an interval" in line for line in lines) == 2
    assert "nan" not in "\n".join(lines)


def test_where_nothing_was_typed_the_scores_stand_alone() -> None:
    lines = card_lines_of(Card(score=score(*SYSTEMS), typed={}, thresholds=Thresholds(0.3, 0.4, 0.7)))
    assert len(lines) == 3 + len(SYSTEMS)
    assert lines[1].split() == ["perplexity", "bits/char"]
    assert not any(word in line for line in lines for word in ("saved", "key", "threshold", "nan"))


def test_phrases_have_a_table_of_their_own() -> None:
    made = card()
    typed = {**made.typed, "unigram": figures(phrase_places=0)}
    lines = card_lines_of(dataclasses.replace(made, typed=typed))
    [head] = [place for place, line in enumerate(lines) if "phrases" in line]
    assert re.split(r" {2,}", lines[head]) == [
        "phrases wholly right, of the surest 25 % at 2,345 places", "1 word", "2 words", "3 words", "5 words",
    ]  # fmt: skip
    rows = [re.split(r" {2,}", line) for line in lines[head + 1 :]]
    expected = [name for system, name in SYSTEMS.items() if system != "unigram"]
    assert rows == [[name, "51.0 %", "32.0 %", "23.0 %", "-"] for name in expected]


def test_without_phrases_nothing_is_said_of_them() -> None:
    assert not any("phrases" in line for line in card_lines_of(card(phrase_places=0)))


def test_a_card_of_a_version_without_phrases_is_still_shown() -> None:
    older = card().as_dict()
    for system in older["systems"].values():
        del system["typed"]["phrases"]
    assert card_lines(older) == card_lines_of(card(phrase_places=0))


def told(**changes: Any) -> list[str]:
    return told_lines(card(**changes).as_dict())


def test_three_things_are_told_in_words() -> None:
    assert told() == [
        "of 100 keys it would have saved 46, with 5 words shown",
        "its first word was right 10 times of 100, before a letter was typed",
        (
            "it will speak unasked before 12 of 100 words (right 50 times of 100) and within words at 75 of 100 keys"
            " (right 88 times of 100)"
        ),
    ]


@pytest.mark.parametrize(
    ("before", "within", "said"),
    [
        (Shown(0.0, math.nan), Shown(0.5, 1.0), "unasked within words at 50 of 100 keys (right 100 times of 100)"),
        (Shown(1.0, 0.0), Shown(0.0, math.nan), "unasked before 100 of 100 words (right 0 times of 100)"),
        (Shown(0.0, math.nan), Shown(0.0, math.nan), "it will not speak unasked: it was never sure enough"),
        (Shown(math.nan, math.nan), Shown(math.nan, math.nan), "it will not speak unasked: it was never sure enough"),
    ],
)
def test_when_it_will_speak_is_told_of_both_places(before: Shown, within: Shown, said: str) -> None:
    assert told(next_shown=before, completion_shown=within)[2].endswith(said)


def test_figures_of_few_words_are_told_with_a_warning_and_those_of_hardly_any_not_at_all() -> None:
    assert told(words=FEW_WORDS) == told()
    assert told(words=FEW_WORDS - 1)[:3] == told()
    assert told(words=FEW_WORDS - 1)[3:] == [f"{FEW_WORDS - 1} words of held-out text were typed, too few to rely on"]
    for words, said in (
        (LEAST_WORDS - 1, f"{LEAST_WORDS - 1} words of held-out text were"),
        (1, "1 word of held-out text was"),
    ):
        assert told(words=words) == [f"{said} typed, too little to say how many keys it saves"]
    assert told(untyped=tuple(SYSTEMS)) == [
        "no word of held-out text was typed, too little to say how many keys it saves"
    ]


def test_who_listens_gets_a_table_as_labels_and_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    captioned, bare = [["words", "one", "two"], ["model", "1", "-"]], [["", "one"], ["model", "1"], ["other", "2"]]
    drawn = [*aligned(captioned), *aligned(bare)]
    assert len(drawn) == 5
    told = ["words", "model", "one: 1", "two: -", "model", "one: 1", "other", "one: 2"]
    monkeypatch.setenv("ACCESSIBLE", "1")
    assert [*aligned(captioned), *aligned(bare)] == told
    monkeypatch.delenv("ACCESSIBLE")
    (tmp_path / "config.toml").write_text("[interface]\naccessible = true\n")
    assert [*aligned(captioned), *aligned(bare)] == told
    monkeypatch.setenv("ACCESSIBLE", "0")
    assert [*aligned(captioned), *aligned(bare)] == drawn
