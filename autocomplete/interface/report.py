"""The report card in lines for a person; ECE is the expected calibration error of the first suggestion."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autocomplete.evaluation.card import FEW_WORDS
from autocomplete.interface.tables import aligned, or_dash, percent, perplexity_text

SYSTEMS = {
    "mixture": "this model, dynamic",
    "static": "the same, cache off",
    "lstm": "its network alone",
    "ngram": "its n-grams alone",
    "trigram": "n-grams of order 3",
    "unigram": "word frequencies",
}

_Figures = Mapping[str, Any]


# Why a model that was to have a network has none.
WITHHELD = {
    "diverged": "the loss diverged",
    "unigrams": "it predicted held-out text no better than the frequencies of single tokens do",
    "unread": "it had read less than a tenth of the text",
}


def card_lines(card: _Figures) -> list[str]:
    """A table of all systems, then what is said of the model alone.

    Args:
        card: As `Card.as_dict` gives it and a model's manifest keeps it; figures that could not be measured are null.
    """
    systems = {name: card["systems"][name] for name in SYSTEMS if name in card["systems"]}
    model = systems["mixture"]["typed"]
    rows = [["", "perplexity", "bits/char", *(_typed_heads(model) if model else [])]]
    for name, figures in systems.items():
        row = [SYSTEMS[name], perplexity_text(figures["perplexity"]), or_dash(figures["bits_per_character"], ".3f")]
        rows.append(row + (_typed_cells(model, figures["typed"]) if model else []))
    interval = _between(systems["mixture"]["perplexity_interval"], perplexity_text)
    lines = [
        f"{card['tokens']:,} tokens of held-out text, {100 * card['unknown_share']:.2f} % of them unknown words",
        *aligned(rows),
        f"perplexity of the model, 95 % interval: {interval}",
    ]
    if "dynamic_evaluation" in card:
        perplexity = card["dynamic_evaluation"]["perplexity"]
        parts = [f"{SYSTEMS[name]} {perplexity_text(perplexity[name])}" for name in systems if name in perplexity]
        lines.append(f"dynamic evaluation, the network learning from the text as it is scored: {'; '.join(parts)}")
    if model:
        lines += _typing_lines(card["threshold"], model)
        lines += _phrase_lines(systems)
    return lines


def comparison_lines(rows: Sequence[_Figures]) -> list[str]:
    """A table of models, a row each.

    Args:
        rows: The `models` of what `compare --json` prints; what was not measured is null.
    """
    systems = {"lstm": "network", "ngram": "n-grams", "static": "static", "mixture": "model"}
    table = [
        ["", "cell", "units", "softmax", "weights", "passes", "seconds", *systems.values(), "bits/char", "saved@5 %"]
    ]
    for row in rows:
        perplexity = row["perplexity"]
        table.append(
            [
                row["model"],
                row["cell"] or "no network",
                "-" if row["cell"] is None else f"{row['layers']} x {row['hidden_size']}, {row['embedding_size']}",
                row["output"] or "-",
                or_dash(row["parameters"], ","),
                or_dash(row["epochs"], "g"),
                or_dash(row["seconds"], ",.0f"),
                *(perplexity_text(perplexity.get(system)) for system in systems),
                or_dash(row["bits_per_character"], ".3f"),
                or_dash(row["keystrokes_saved"].get("5"), ".1f"),
            ]
        )
    what = "its network alone, its n-grams alone, both without the cache, and the model as it is"
    return [f"held-out perplexity of {what}", *aligned(table)]


def keystroke_savings(figures: _Figures, *, repeats: bool = False, match_case: bool = True) -> list[_Figures]:
    """Of what was typed, the keystrokes saved under one rule, for each number of candidates shown."""
    return [
        each for each in figures["keystroke_savings"] if (each["repeats"], each["match_case"]) == (repeats, match_case)
    ]


def _typed_heads(model: _Figures) -> list[str]:
    shown = list(model["hit"])
    return [*(f"hit@{each}" for each in shown), "MRR", *(f"saved@{each}" for each in shown), "ECE"]


def _typed_cells(model: _Figures, figures: _Figures | None) -> list[str]:
    if figures is None:
        return ["-"] * len(_typed_heads(model))
    return [
        *(percent(rate) for rate in figures["hit"].values()),
        or_dash(figures["mean_reciprocal_rank"], ".3f"),
        *(f"{each['percent']:.1f} %" for each in keystroke_savings(figures)),
        or_dash(figures["calibration_error"], ".3f"),
    ]


def _typing_lines(threshold: float, model: _Figures) -> list[str]:
    main = keystroke_savings(model)[-1]
    others = {
        "offered again": keystroke_savings(model, repeats=True)[-1],
        "case ignored": keystroke_savings(model, match_case=False)[-1],
    }
    parts = [f"{name} {each['percent']:.1f} %" for name, each in others.items()]
    saved = f"keystrokes saved with {main['shown']} suggestions over {model['words']:,} words typed"
    lines = [f"{saved}: {main['percent']:.1f} % ({_between(main['interval'])}); {', '.join(parts)}"]
    if model["words"] < FEW_WORDS:
        lines.append(f"all figures of typing rest on {model['words']:,} words, too few to rely on")
    if threshold < 1.0:
        places = {"before a word": model["next_shown"], "within words": model["completion_shown"]}
        parts = [f"{place} {_shown(figures)}" for place, figures in places.items()]
        lines.append(f"suggestions from the threshold of {threshold:.2f} on: {'; '.join(parts)}")
    latency = model["latency_ms"]
    lines.append(
        f"a key takes {latency['median_milliseconds']:.1f} ms (median), {latency['p95_milliseconds']:.1f} (p95),"
        f" {latency['p99_milliseconds']:.1f} (p99)"
    )
    return lines


def _phrase_lines(systems: Mapping[str, _Figures]) -> list[str]:
    """Exact match of phrases, a row a system that was asked for them; models of earlier versions were not."""
    found = {name: (figures["typed"] or {}).get("phrases") for name, figures in systems.items()}
    asked = {name: phrases for name, phrases in found.items() if phrases and phrases["places"]}
    if not asked:
        return []
    model = asked["mixture"]
    head = f"phrases wholly right, of the surest {100 * model['coverage']:.0f} % at {model['places']:,} places"
    rows = [[head, *(f"{words} word{'' if words == '1' else 's'}" for words in model["exact_match"])]]
    for name, figures in asked.items():
        rows.append([SYSTEMS[name], *(percent(rate) for rate in figures["exact_match"].values())])
    return aligned(rows)


def _shown(figures: _Figures) -> str:
    if not figures["coverage"]:  # or null: no such position was typed
        return "no position gets one"
    return f"{100 * figures['coverage']:.1f} % of positions get one, {100 * figures['precision']:.1f} % of them right"


def _between(interval: Sequence[float | None], text: Callable[[float], str] = "{:.1f}".format) -> str:
    low, high = interval
    if low is None or high is None:
        return "too little text for an interval"
    return f"{text(low)} to {text(high)}"
