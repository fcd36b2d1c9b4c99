"""The report card in lines for a person; ECE is the expected calibration error of the first suggestion."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autocomplete.bundle import Thresholds
from autocomplete.corpus.perplexity import MOST_PERPLEXITY
from autocomplete.evaluation.card import FEW_WORDS
from autocomplete.evaluation.perplexity import MIXTURE, STATIC, TRIGRAM, TRIGRAM_ORDER, UNIGRAM
from autocomplete.interface.chart import MARKERS, chart
from autocomplete.interface.configuration import accessible
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.recurrent import RecurrentNetwork

# Perplexities from here on are written as powers of ten.
READABLE_PERPLEXITY = 1e7
# Of fewer words typed, nothing is told to a person.
LEAST_WORDS = 10


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells in columns, the first to the left, the others to the right; for who listens, a line each with its label."""
    if accessible():
        return _labelled(rows)
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _labelled(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows of a table below each other: the name of each, then its values, a line each behind the column's head."""
    (caption, *heads), *others = rows
    lines = [caption] if caption else []
    for name, *cells in others:
        lines += [name, *(f"{head}: {cell}" for head, cell in zip(heads, cells, strict=True))]
    return lines


def or_dash(value: float | None, form: str) -> str:
    """A figure in a form of `format`, or a dash where there is none."""
    return "-" if value is None else f"{value:{form}}"


def perplexity_text(value: float | None, *, decimals: int = 1) -> str:
    """A perplexity as a person reads it, whatever its size; a dash where there is none."""
    if value is None or math.isnan(value):
        return "-"
    if value >= MOST_PERPLEXITY:
        return f"over {MOST_PERPLEXITY:.0e}"
    return f"{value:,.{decimals}f}" if value < READABLE_PERPLEXITY else f"{value:.1e}"


def percent(share: float | None) -> str:
    """A share in percent, or a dash where there is none."""
    return "-" if share is None else f"{100 * share:.1f} %"


SYSTEMS = {
    MIXTURE: "this model, dynamic",
    STATIC: "the same, cache off",
    RecurrentNetwork.name: "its network alone",
    NgramExpert.name: "its n-grams alone",
    TRIGRAM: f"n-grams of order {TRIGRAM_ORDER}",
    UNIGRAM: "word frequencies",
}

_Figures = Mapping[str, Any]


# Why a model that was to have a network has none.
WITHHELD = {
    "diverged": "the loss diverged",
    "unigrams": "it predicted held-out text no better than the frequencies of single tokens do",
    "unread": "it had read less than a tenth of the text",
}


def title(system: str) -> str:
    """What a person reads for a system; an expert that has no title here is called by its name."""
    return SYSTEMS.get(system, f"its {system} alone")


def _in_order(systems: Iterable[str]) -> list[str]:
    """The known systems in the order of the table, and any others between the experts and the baselines."""
    places = {system: place for place, system in enumerate(SYSTEMS)}
    return sorted(systems, key=lambda system: places.get(system, places[TRIGRAM] - 0.5))


def card_lines(card: _Figures) -> list[str]:
    """A table of all systems, then what is said of the model alone.

    Args:
        card: As `Card.as_dict` gives it and a model's manifest keeps it; figures that could not be measured are null.
    """
    head, *text = card_text(card)
    return [head, *aligned(card_table(card)), *text, *aligned(phrase_table(card))]


def card_table(card: _Figures) -> list[list[str]]:
    """The figures of all systems: a row of heads, then a row a system."""
    systems = _systems(card)
    model = systems[MIXTURE]["typed"]
    rows = [["", "perplexity", "bits/char", *(_typed_heads(model) if model else [])]]
    for name, figures in systems.items():
        row = [title(name), perplexity_text(figures["perplexity"]), or_dash(figures["bits_per_character"], ".3f")]
        rows.append(row + (_typed_cells(model, figures["typed"]) if model else []))
    return rows


def card_text(card: _Figures) -> list[str]:
    """What is said beside the table: first of the text, then of the model."""
    systems = _systems(card)
    model = systems[MIXTURE]["typed"]
    interval = _between(systems[MIXTURE]["perplexity_interval"], perplexity_text)
    lines = [
        f"{card['tokens']:,} tokens of held-out text, {100 * card['unknown_share']:.2f} % of them unknown words",
        f"perplexity of the model, 95 % interval: {interval}",
    ]
    if "dynamic_evaluation" in card:
        perplexity = card["dynamic_evaluation"]["perplexity"]
        parts = [f"{title(name)} {perplexity_text(perplexity[name])}" for name in systems if name in perplexity]
        lines.append(f"dynamic evaluation, the network learning from the text as it is scored: {'; '.join(parts)}")
    if model:
        lines += _typing_lines(card, model)
    return lines


def _systems(card: _Figures) -> dict[str, _Figures]:
    """The figures of all systems, in the order of the table."""
    return {name: card["systems"][name] for name in _in_order(card["systems"])}


def told_lines(card: _Figures) -> list[str]:
    """A card in sentences for the person whose model it is: keys saved, the first word, and when it will speak.

    Args:
        card: As `card_lines` takes it.
    """
    model = card["systems"][MIXTURE]["typed"]
    words = model["words"] if model else 0
    typed = f"{words or 'no'} word{'' if words < 2 else 's'} of held-out text {'was' if words < 2 else 'were'} typed"
    if words < LEAST_WORDS:
        return [f"{typed}, too little to say how many keys it saves"]
    saved = keystroke_savings(model)[-1]
    lines = [
        f"of 100 keys it would have saved {_of_100(saved['percent'], 100)}, with {saved['shown']} words shown",
        f"its first word was right {_of_100(model['hit']['1'])} times of 100, before a letter was typed",
        _speaks(model["next_shown"], model["completion_shown"]),
    ]
    if words < FEW_WORDS:
        lines.append(f"{typed}, too few to rely on")
    return lines


def _speaks(before: _Figures, within: _Figures) -> str:
    """When a model will speak unasked, and how often it will be right then."""
    parts = []
    if before["coverage"]:
        right = _of_100(before["precision"])
        parts.append(f"before {_of_100(before['coverage'])} of 100 words (right {right} times of 100)")
    if within["coverage"]:
        right = _of_100(within["precision"])
        parts.append(f"within words at {_of_100(within['coverage'])} of 100 keys (right {right} times of 100)")
    return (
        f"it will speak unasked {' and '.join(parts)}"
        if parts
        else "it will not speak unasked: it was never sure enough"
    )


def _of_100(value: float | None, whole: float = 1.0) -> str:
    """A share of a whole as a number of 100, or a dash where there is none."""
    return "-" if value is None else f"{100 * value / whole:.0f}"


def comparison_lines(rows: Sequence[_Figures]) -> list[str]:
    """A table of models, a row each.

    Args:
        rows: The `models` of what `compare --json` prints; what was not measured is null.
    """
    systems = {RecurrentNetwork.name: "network", NgramExpert.name: "n-grams", STATIC: "static", MIXTURE: "model"}
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


def thresholds_text(found: Thresholds) -> str:
    """From which confidence on suggestions are shown unasked."""
    return (
        f"next words from a confidence of {100 * found.next:.0f} % on, completions from {100 * found.complete:.0f} %,"
        f" further words from {100 * found.phrase:.0f} %"
    )


def _typing_lines(card: _Figures, model: _Figures) -> list[str]:
    main = keystroke_savings(model)[-1]
    others = {
        "offered again": keystroke_savings(model, repeats=True)[-1],
        "case ignored": keystroke_savings(model, match_case=False)[-1],
    }
    parts = [f"{name} {each['percent']:.1f} %" for name, each in others.items()]
    saved = f"keystrokes saved with {main['shown']} suggestions over {model['words']:,} words typed"
    lines = [f"{saved}: {main['percent']:.1f} % ({_between(main['interval'])}); {', '.join(parts)}"]
    noticed = [each for each in model.get("keystrokes_noticed", ()) if each["shown"] == main["shown"]]
    if noticed:  # models of earlier versions have none
        first, *fewer = [f"{each['percent']:.1f} % of who notices {_of_100(each['notices'])}" for each in noticed]
        read = ", ".join([f"{first} lists of 100", *fewer])
        lines.append(f"at the prompt, which shows less of what was passed over: {read}")
    if model["words"] < FEW_WORDS:
        lines.append(f"all figures of typing rest on {model['words']:,} words, too few to rely on")
    if card["threshold"] < 1.0:
        places = {"before a word": model["next_shown"], "within words": model["completion_shown"]}
        parts = [f"{place} {_shown(figures)}" for place, figures in places.items()]
        lines.append(f"it speaks unasked where it is sure enough: {'; '.join(parts)}")
        if "thresholds" in card:  # models of earlier versions had one for all
            lines.append(f"that is {thresholds_text(Thresholds(**card['thresholds']))}")
    latency = model["latency_ms"]
    lines.append(
        f"a key takes {latency['median_milliseconds']:.1f} ms (median), {latency['p95_milliseconds']:.1f} (p95),"
        f" {latency['p99_milliseconds']:.1f} (p99)"
    )
    return lines


def phrase_table(card: _Figures) -> list[list[str]]:
    """Exact match of phrases: a row of heads, then one a system that was asked; models of earlier versions were not."""
    found = {name: (figures["typed"] or {}).get("phrases") for name, figures in _systems(card).items()}
    asked = {name: phrases for name, phrases in found.items() if phrases and phrases["places"]}
    if not asked:
        return []
    model = asked[MIXTURE]
    head = f"phrases wholly right, of the surest {100 * model['coverage']:.0f} % at {model['places']:,} places"
    rows = [[head, *(f"{words} word{'' if words == '1' else 's'}" for words in model["exact_match"])]]
    for name, figures in asked.items():
        rows.append([title(name), *(percent(rate) for rate in figures["exact_match"].values())])
    return rows


def _shown(figures: _Figures) -> str:
    if not figures["coverage"]:  # or null: no such position was typed
        return "no position gets one"
    return f"{100 * figures['coverage']:.1f} % of positions get one, {100 * figures['precision']:.1f} % of them right"


def _between(interval: Sequence[float | None], text: Callable[[float], str] = "{:.1f}".format) -> str:
    low, high = interval
    if low is None or high is None:
        return "too little text for an interval"
    return f"{text(low)} to {text(high)}"


MOMENTS = ("untrained", "trained")
# Tokens back that have a column, as far as gradients were followed.
AGES = (1, 2, 5, 10, 20, 50, 100, 200)


def diagnosis_lines(document: _Figures) -> list[str]:
    """Tables of gradients, of training and of gates, then the curves.

    Args:
        document: What `diagnose --json` prints; figures that are no numbers are null.
    """
    cells = document["cells"]
    parts = [
        *(_gradient_table(cells, moment, document["span"], document["steps"]) for moment in MOMENTS),
        _training_table(cells),
        _gate_table(cells),
        *(_charts(f"norm of the gradient by tokens back, {moment}", curves(cells, moment)) for moment in MOMENTS),
        _charts(
            "norm of the gradient before clipping, by step", {cell["title"]: cell["gradient_norms"] for cell in cells}
        ),
    ]
    return [line for part in parts if part for line in ("", *part)][1:]


def curves(cells: Sequence[_Figures], moment: str) -> dict[str, list[float | None]]:
    """The gradients at one moment by what they are taken with respect to, such as `LSTM, cell`."""
    return {f"{cell['title']}, {part}": norms for cell in cells for part, norms in cell[moment]["gradients"].items()}


def _gradient_table(cells: Sequence[_Figures], moment: str, span: int, steps: int) -> list[str]:
    ages = sorted({age for age in AGES if age < span} | {span})
    when = f"after {steps:,} steps" if moment == "trained" else moment
    rows = [[f"gradient of a token's loss, {when}", *(f"{age} back" for age in ages), "reach"]]
    for cell in cells:
        found = cell[moment]
        for part, norms in found["gradients"].items():
            at = [or_dash(norms[age - 1], ".1e") for age in ages]
            rows.append([f"{cell['title']}, {part}", *at, or_dash(found["reach"][part], "d")])
    return aligned(rows)


def _training_table(cells: Sequence[_Figures]) -> list[str]:
    heads = ["training", "perplexity", "after it", "norm, median", "highest", "after clipping", "steps clipped"]
    rows = [heads]
    for cell in cells:
        norms = sorted(norm for norm in cell["gradient_norms"] if norm is not None)
        clipped = [norm for norm in cell["clipped_norms"] if norm is not None]
        rows.append(
            [
                cell["title"],
                *(perplexity_text(cell[moment]["perplexity"]) for moment in MOMENTS),
                or_dash(norms[len(norms) // 2] if norms else None, ".2g"),
                or_dash(max(norms, default=None), ".2g"),
                or_dash(max(clipped, default=None), ".2g"),
                percent(cell["clipped_share"]),
            ]
        )
    lines = aligned(rows)
    for cell in cells:
        if cell["diverged_step"] is not None:
            lines.append(f"{cell['title']}: the loss is no number from step {cell['diverged_step']} on")
    return lines


def _gate_table(cells: Sequence[_Figures]) -> list[str]:
    rows = [["mean of a gate, 0 shut and 1 open", *MOMENTS]]
    for cell in cells:
        for gate in cell["untrained"]["gates"]:
            means = (or_dash(cell[moment]["gates"][gate], ".3f") for moment in MOMENTS)
            rows.append([f"{cell['title']}, {gate}", *means])
    return aligned(rows) if len(rows) > 1 else []


def _charts(title: str, drawn: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Curves as text, in as many charts as there are markers for."""
    names = list(drawn)
    lines = []
    for start in range(0, len(names), len(MARKERS)):
        lines += [title, *chart({name: drawn[name] for name in names[start : start + len(MARKERS)]})]
    return lines
