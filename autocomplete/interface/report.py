"""The report card in lines for a person; ECE is the expected calibration error of the first suggestion."""

import math
from collections.abc import Sequence

from autocomplete.evaluation.card import Card, Shown, TypedFigures
from autocomplete.evaluation.phrases import COVERAGE, LENGTHS
from autocomplete.evaluation.typing import SHOWN, Rule

SYSTEMS = {
    "mixture": "this model, dynamic",
    "static": "the same, cache off",
    "lstm": "its network alone",
    "ngram": "its n-grams alone",
    "trigram": "n-grams of three words",
    "unigram": "word frequencies",
}


def card_lines(card: Card) -> list[str]:
    """A table of all systems, then what is said of the model alone."""
    score = card.score
    typing = "mixture" in card.typed
    heads = ["", "perplexity", "bits/char"]
    if typing:
        heads += [*(f"hit@{shown}" for shown in SHOWN), "MRR", *(f"saved@{shown}" for shown in SHOWN), "ECE"]
    rows = [heads]
    for system in (name for name in SYSTEMS if name in score.systems):
        row = [SYSTEMS[system], f"{score.perplexity(system):,.1f}", f"{score.bits_per_character(system):.3f}"]
        if typing:
            row += _typed_cells(card.typed.get(system))
        rows.append(row)
    low, high = score.perplexity_interval()
    lines = [
        f"{score.tokens:,} tokens of held-out text, {100 * score.unknown_share:.2f} % of them unknown words",
        *_aligned(rows),
        f"perplexity of the model, 95 % interval: {_between(low, high, '.1f')}",
    ]
    if typing:
        lines += _typing_lines(card, card.typed["mixture"])
        lines += _phrase_lines(card)
    return lines


def _phrase_lines(card: Card) -> list[str]:
    """Exact match of phrases, a row a system that was asked for them."""
    asked = {name: card.typed[name] for name in SYSTEMS if name in card.typed and card.typed[name].phrase_places}
    if not asked:
        return []
    places = asked["mixture"].phrase_places
    head = f"phrases wholly right, of the surest {100 * COVERAGE:.0f} % at {places:,} places"
    rows = [[head, "1 word", *(f"{words} words" for words in LENGTHS[1:])]]
    for name, figures in asked.items():
        rates = (figures.phrases[words] for words in LENGTHS)
        rows.append([SYSTEMS[name], *("-" if math.isnan(rate) else f"{100 * rate:.1f} %" for rate in rates)])
    return _aligned(rows)


def _typed_cells(figures: TypedFigures | None) -> list[str]:
    if figures is None:
        return ["-"] * 8
    saved = [f"{figures.savings[Rule(shown, repeats=False, match_case=True)]:.1f} %" for shown in SHOWN]
    hits = [f"{100 * figures.hits[shown]:.1f} %" for shown in SHOWN]
    return [*hits, f"{figures.mean_reciprocal_rank:.3f}", *saved, _or_dash(figures.calibration_error)]


def _or_dash(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _typing_lines(card: Card, model: TypedFigures) -> list[str]:
    shown = SHOWN[-1]
    main = Rule(shown, repeats=False, match_case=True)
    others = {
        "offered again": main._replace(repeats=True),
        "case ignored": main._replace(match_case=False),
    }
    low, high = model.savings_interval[main]
    parts = [f"{name} {model.savings[rule]:.1f} %" for name, rule in others.items()]
    saved = f"keystrokes saved with {shown} suggestions over {model.words:,} words typed: {model.savings[main]:.1f} %"
    lines = [f"{saved} ({_between(low, high, '.1f')}); {', '.join(parts)}"]
    if card.threshold < 1.0:
        places = {"before a word": model.next_shown, "within words": model.completion_shown}
        parts = [f"{place} {_shown(figures)}" for place, figures in places.items()]
        lines.append(f"suggestions from the threshold of {card.threshold:.2f} on: {'; '.join(parts)}")
    latency = model.latency
    lines.append(
        f"a key takes {latency.median_milliseconds:.1f} ms (median), {latency.p95_milliseconds:.1f} (p95),"
        f" {latency.p99_milliseconds:.1f} (p99)"
    )
    return lines


def _shown(figures: Shown) -> str:
    if not figures.coverage > 0.0:  # or nan: no such position was typed
        return "no position gets one"
    return f"{100 * figures.coverage:.1f} % of positions get one, {100 * figures.precision:.1f} % of them right"


def _between(low: float, high: float, form: str) -> str:
    if math.isnan(low):
        return "too little text for an interval"
    return f"{low:{form}} to {high:{form}}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells in columns: the first to the left, the others to the right."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
