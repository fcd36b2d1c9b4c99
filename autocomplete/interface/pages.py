"""Pages for a browser: one file each, which loads nothing and runs nothing, in light and dark.

What a model, a text or a file name holds stands in a page only `shown`: it can be no part of its markup.
"""

import base64
import hashlib
import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from autocomplete import files
from autocomplete.corpus.perplexity import perplexity
from autocomplete.errors import UsageError
from autocomplete.interface.explanation import (
    SHADES,
    instead,
    percentage,
    shade_of,
    summary,
    word_shown,
)
from autocomplete.interface.report import card_table, card_text, perplexity_text, phrase_table
from autocomplete.interface.terminal import escaped
from autocomplete.learned.store import Day
from autocomplete.predict.explanation import Explanation, ForeseenWord, SurePhrase

# The one style of all pages: a browser takes no other, for its digest stands in the policy. A shade is a colour, and a
# line below the word that differs too; both have a contrast of 4.5 and more in light and dark.
STYLE = """
:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--faint:#5c5c5c;--rule:#c8c8c8;--line:#1f5fa8;--other:#9a4a00;
--s0:#9cc4f0;--s1:#c0daf6;--s2:#dcebfa;--s3:#f0f6fd}
@media(prefers-color-scheme:dark){:root{--ink:#ececec;--paper:#16181c;--faint:#a8a8a8;--rule:#4a4d52;--line:#7db4f0;
--other:#e5a35c;--s0:#1d5ea8;--s1:#1a4c85;--s2:#193b63;--s3:#1a2c44}}
body{margin:2rem auto;padding:0 1rem;max-width:62rem;font:1rem/1.6 system-ui,sans-serif;color:var(--ink);
background:var(--paper)}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}
.text{font-size:1.2rem;line-height:2.2;overflow-wrap:anywhere}
.s0,.s1,.s2,.s3,.s4{padding:.1rem .1rem 0;border-radius:2px 2px 0 0;border-bottom:0 solid var(--line)}
.s0{background:var(--s0);border-bottom-width:5px}.s1{background:var(--s1);border-bottom-width:2px}
.s2{background:var(--s2);border-bottom:2px dashed var(--line)}
.s3{background:var(--s3);border-bottom:2px dotted var(--line)}
.letters span{padding-inline:0;border-radius:0}
.key{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}
.wide{overflow-x:auto}.wide:focus-visible{outline:2px solid var(--line)}
table{border-collapse:collapse}caption{text-align:start;color:var(--faint);padding-bottom:.4rem}
th,td{text-align:start;vertical-align:top;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--rule)}
tbody th{font-weight:600;overflow-wrap:anywhere;min-width:5rem;max-width:24rem}
.n{text-align:end;white-space:nowrap;font-variant-numeric:tabular-nums}
.faint{color:var(--faint)}svg{display:block;max-width:100%;height:auto}td svg{margin-top:.2rem;max-width:none}
.n svg{margin-inline-start:auto}
svg text{fill:var(--faint);font-size:12px}.axis{stroke:var(--rule);fill:none}.bar{fill:var(--line)}
.held{stroke:var(--line);fill:none;stroke-width:2}.dot{fill:var(--line)}
.read{stroke:var(--other);fill:none;stroke-width:1.5;stroke-dasharray:4 3}
""".strip()

# Points of a curve at most, and the drawing's size and margins, in pixels.
_POINTS = 400
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 300, 60, 12, 44
_BAR = 90
# Passes, or nats a token, of which there are not more.
_HIGHEST = 1e6
# What an expert must have given to be named: half a percent.
_LEAST_PART = 0.005

# What an open gate does, by name.
_GATES = {
    "input": "lets what is read in",
    "forget": "keeps what was remembered",
    "output": "shows what is remembered",
    "reset": "lets what was remembered have a say in what is new",
    "update": "keeps what was remembered",
}
_GLOSSARY = (
    "Perplexity: among so many words, alike, the next one was sought. hit@N: how often the right word was among the N"
    " shown before its first letter. MRR: the mean of one by its place. saved@N: of all keys, those saved where N words"
    " are shown. ECE: how far off the first word’s probability is, on average."
)


def page_file(path: str) -> Path:
    """Return the path of a page to write, before anything is computed for it.

    Raises:
        UsageError: It does not end in .html, or its folder does not exist.
    """
    file = Path(path).expanduser()
    if file.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"'--html {path}' does not end in '.html'.", "Give the page such a name.")
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file}: cannot be a file.", "Give '--html' a name in a folder that exists.")
    return file


def write_page(path: Path, page: str) -> None:
    """Write a page, its owner's alone: it holds text."""
    files.write_file(path, page)


def shown(text: str) -> str:
    """A text as a page may hold it, in an attribute too: nothing in it is markup, or acts on what shows it."""
    return html.escape(escaped(text), quote=True)


def _page(title: str, *parts: str) -> str:
    """A whole page; the parts are markup."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{shown(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>",
            f"<h1>{shown(title)}</h1>",
            *filter(None, parts),
            "</main>\n</body>\n</html>\n",
        ]
    )


class Table(NamedTuple):
    """A table: the first cell of each row is its head. Cells are markup.

    Attributes:
        caption: What it is.
        heads: Of the columns.
        rows: The cells.
        numbers: Which columns hold numbers.
        total: A last row that is the sum; empty where there is none.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    total: Sequence[str] = ()

    def markup(self) -> str:
        """The table, in a region of its own that scrolls where it is wider than the page."""
        head = "".join(f'<th scope="col"{self._form(place)}>{cell}</th>' for place, cell in enumerate(self.heads))
        body = "\n".join(map(self._row, self.rows))
        foot = f"<tfoot>{self._row(self.total)}</tfoot>" if self.total else ""
        return (
            f'<div class="wide" role="region" aria-label="{self.caption}" tabindex="0"><table>'
            f"<caption>{self.caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>{foot}"
            "</table></div>"
        )

    def _row(self, cells: Sequence[str]) -> str:
        first, *others = cells
        data = "".join(f"<td{self._form(place)}>{cell}</td>" for place, cell in enumerate(others, 1))
        return f'<tr><th scope="row">{first}</th>{data}</tr>'

    def _form(self, place: int) -> str:
        return ' class="n"' if place in self.numbers else ""


def _isolated(text: str) -> str:
    """A text whose direction is its own, beside others of another direction."""
    return f"<bdi>{shown(text)}</bdi>"


def _unbroken(text: str) -> str:
    """A text that stays in one line on a narrow page."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _bar(share: float, label: str) -> str:
    """A number, and below it a bar as long as its share; who does not see the bar loses nothing."""
    width = _BAR * min(max(share, 0.0), 1.0)
    return (
        f'{label}<svg aria-hidden="true" width="{_BAR}" height="6"><rect class="bar" width="{width:.1f}" height="6"/>'
        f'<rect class="axis" x=".5" y=".5" width="{_BAR - 1}" height="5"/></svg>'
    )


def explanation_page(found: Explanation, *, model: str) -> str:
    """A page on how surely a model foresaw each word of a text.

    Args:
        found: What it foresaw.
        model: Its name.
    """
    parts = [
        f"<p>Model {_isolated(model)}: {summary(found)}.</p>",
        _shaded_text(found),
        "<p>Each letter has a shade of its own.</p>" if found.level == "char" else "",
        _key(),
        "<h2>Word by word</h2>",
        _word_table(found),
    ]
    if not all(word.known for word in found.words):
        parts.append("<p>* is none of the model’s words: its figure is that of all such words together.</p>")
    if found.words and found.words[0].gates:
        parts += ["<h2>What the gates did while reading</h2>", _gate_table(found)]
    if found.left_out:
        parts.append(f"<p>{found.left_out:,} more words and marks were left out.</p>")
    return _page("How surely each word was foreseen", *parts)


def _shaded_text(found: Explanation) -> str:
    """The text, each word, or letter, in its shade."""
    spans, place = [], 0
    for word in found.words:
        spans.append(_between(found.text[place : word.start]))
        spans.append(_shaded_letters(word) if word.letters else _shaded(word))
        place = word.stop
    return f'<p class="text" dir="auto">{"".join(spans)}</p>'


def _shaded_letters(word: ForeseenWord) -> str:
    """A word of letters that are shaded apart, and stand as close as in any word."""
    return f'<span class="letters">{"".join(map(_shaded, word.letters))}</span>'


def _between(text: str) -> str:
    """What stands between two words: mostly a space."""
    return shown(re.sub(r"\s+", " ", text))


def _shaded(word: ForeseenWord) -> str:
    if word.text == "\n":
        return "<br>"
    shade = shade_of(word.probability)
    title = f"{percentage(word.probability)}, {shade.name}"
    return f'<span class="s{SHADES.index(shade)}" title="{title}">{shown(word.text)}</span>'


def _key() -> str:
    """What the shades mean."""
    items = []
    for place, shade in enumerate(SHADES):
        least = f"{100 * shade.least:g} % and more" if shade.least else "less"
        items.append(f'<li><span class="s{place}">{shade.name}</span> {least}</li>')
    return f'<ul class="key" aria-label="The shades: how surely a word was foreseen">{"".join(items)}</ul>'


def _word_table(found: Explanation) -> str:
    rows = []
    for number, word in enumerate(found.words, 1):
        parts = [each for each in word.experts.items() if each[1] >= _LEAST_PART]
        experts = "<br>".join(_unbroken(f"{shown(name)} {100 * share:.0f} %") for name, share in parts)
        first = "<br>".join(
            _isolated(word_shown(each.text)) + _unbroken(f" {percentage(each.probability)}") for each in word.first
        )
        rows.append(
            [
                _isolated(word_shown(word.text)) + ("" if word.known else "*"),
                str(number),
                _bar(word.probability, percentage(word.probability)),
                shade_of(word.probability).name,
                "first" if word.rank == 1 else "" if word.rank is None else f"{word.rank:,}.",
                experts,
                first if word.rank != 1 or first else shown(instead(word)),
            ]
        )
    heads = ("Word", "No.", "Foreseen", "That is", "Its place", "Experts’ parts", "Likeliest there")
    return Table("Each word, in the order of the text", heads, rows, frozenset({1, 2, 4})).markup()


def _gate_table(found: Explanation) -> str:
    """How open each gate of each layer was, a row a word."""
    layers = found.words[0].gates
    many = len(layers) > 1
    heads = [f"{gate}, layer {layer}" if many else gate for layer, gates in enumerate(layers, 1) for gate in gates]
    rows = [
        [
            _isolated(word_shown(word.text)),
            *(_bar(share, f"{100 * share:.0f} %") for gates in word.gates for share in gates.values()),
        ]
        for word in found.words
    ]
    caption = "How open the gates were while each word was read, means over their units: 0 % is shut, 100 % open"
    meant = "; ".join(f"{gate} {_GATES[gate]}" for gate in layers[0])
    table = Table(caption, ["Word", *heads], rows, frozenset(range(1, 1 + len(heads)))).markup()
    return f'<p class="faint">Open, each does this: {meant}.</p>{table}'


def model_page(
    *,
    name: str,
    facts: Iterable[tuple[str, str]],
    card: Mapping[str, Any] | None,
    log: Sequence[Mapping[str, Any]],
    sure: Sequence[SurePhrase],
    days: Sequence[Day],
) -> str:
    """A page on a model.

    Args:
        name: The model's.
        facts: What it is, as `info` prints it.
        card: Its report card, as `Card.as_dict` gives it; None where none was written.
        log: The records of its `log.jsonl`.
        sure: What it is sure of.
        days: Keys saved by day.
    """
    return _page(
        f"The model {name}",
        Table("What it is", ("Fact", "Value"), [[shown(fact), shown(value)] for fact, value in facts]).markup(),
        "<h2>How it learned</h2>",
        learning_curve(log),
        "<h2>How good it is</h2>",
        _card(card),
        "<h2>What it is sure of</h2>",
        _sure(sure),
        "<h2>Keys saved by day</h2>",
        _days(days),
    )


def _card(card: Mapping[str, Any] | None) -> str:
    if card is None:
        return "<p>Training ended before a report card was written.</p>"
    parts = [_figures("On held-out text", card_table(card)), f'<p class="faint">{_GLOSSARY}</p>']
    parts += [f"<p>{shown(line)}</p>" for line in card_text(card)]
    phrases = phrase_table(card)
    if phrases:
        head, *_ = phrases[0]
        parts.append(_figures(shown(head), phrases))
    return "".join(parts)


def _figures(caption: str, rows: Sequence[Sequence[str]]) -> str:
    """A table of systems, a row each behind a row of heads."""
    heads, *others = [[shown(cell) for cell in row] for row in rows]
    return Table(caption, ["System", *heads[1:]], others, frozenset(range(1, len(heads)))).markup()


def _sure(sure: Sequence[SurePhrase]) -> str:
    if not sure:
        return "<p>Nothing is known of a model that reads characters, or that has no words.</p>"
    rows = [
        [_isolated(each.before), _isolated(each.text), _bar(each.probability, percentage(each.probability))]
        for each in sure
    ]
    caption = "What follows a frequent word at the beginning of a line, surest first"
    return Table(caption, ("After", "comes", "Foreseen"), rows, frozenset({2})).markup()


def _days(days: Sequence[Day]) -> str:
    if not days:
        return "<p>Nothing was counted yet: the prompt counts keys while it learns.</p>"
    total = Day("total", sum(day.characters for day in days), sum(day.keys for day in days))
    *rows, last = ([shown(day.day), f"{day.characters:,}", f"{day.keys:,}", _saved(day)] for day in [*days, total])
    heads = ("Day", "Characters", "Keys pressed", "Saved")
    return Table("Characters written, and keys pressed for them", heads, rows, frozenset({1, 2, 3}), last).markup()


def _saved(day: Day) -> str:
    return "" if day.saved is None else _bar(day.saved, f"{100 * day.saved:.1f} %")


class _Curve(NamedTuple):
    """Points of passes over the text and nats a token, oldest first."""

    points: list[tuple[float, float]]

    @classmethod
    def of(cls, log: Sequence[Mapping[str, Any]], event: str, field: str) -> "_Curve":
        """The points of one kind of record that are numbers, thinned out where there are many; the last one stays."""
        pairs = [(record.get("epoch"), record.get(field)) for record in log if record.get("event") == event]
        found = [(x, y) for x, y in pairs if _is_number(x) and _is_number(y)]
        every = -(-len(found) // _POINTS) or 1
        return cls(found[::-1][::every][::-1])


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and 0 <= value <= _HIGHEST


def learning_curve(log: Sequence[Mapping[str, Any]]) -> str:
    """The perplexity of the text read and of held-out text by passes, drawn, and as a table for who does not see it."""
    read, held = _Curve.of(log, "step", "loss_nats"), _Curve.of(log, "validation", "nats")
    if not held.points:
        return "<p>No network was trained and logged.</p>"
    everything = [*read.points, *held.points]
    low, high = min(y for _, y in everything), max(y for _, y in everything)
    frame = _Frame(max(x for x, _ in everything) or 1.0, low, max(high, low + 0.1))
    label = (
        "Perplexity by passes over the text, on a logarithmic scale, lower is better: of held-out text"
        f" {perplexity_text(perplexity(held.points[0][1]))} at first and"
        f" {perplexity_text(perplexity(held.points[-1][1]))} at last"
    )
    dots = "".join(f'<circle class="dot" r="3" cx="{x:.1f}" cy="{y:.1f}"/>' for x, y in map(frame.at, held.points))
    drawing = (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
        f"{frame.axes()}{frame.path('read', read)}{frame.path('held', held)}{dots}</svg>"
    )
    rows = [[f"{x:.2f}", perplexity_text(perplexity(y))] for x, y in held.points]
    table = Table("Held-out text", ("Passes", "Perplexity"), rows, frozenset({1})).markup()
    legend = '<p class="faint">Solid, with dots: held-out text. Dashed: the text read, as it was read.</p>'
    return f"{drawing}\n{legend}\n<details><summary>The same in figures</summary>{table}</details>"


class _Frame(NamedTuple):
    """Where points stand in a drawing: passes to the right, nats a token, which are logarithms, upward."""

    passes: float
    low: float
    high: float

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Pixels of a point."""
        x, y = point
        across, down = _WIDTH - _LEFT - 12, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + across * x / self.passes, _TOP + down * (self.high - y) / (self.high - self.low)

    def path(self, name: str, curve: _Curve) -> str:
        """A curve as a line."""
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.at, curve.points))
        return f'<polyline class="{name}" points="{points}"/>'

    def axes(self) -> str:
        """The two axes, their numbers and what they count."""
        (left, bottom), (right, top) = self.at((0.0, self.low)), self.at((self.passes, self.high))
        parts = [f'<path class="axis" d="M{left:.1f},{top:.1f}V{bottom:.1f}H{right:.1f}"/>']
        for passes in _round_numbers(self.passes):
            x, _ = self.at((passes, self.low))
            parts.append(f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">{passes:.6g}</text>')
        for number in range(5):
            nats = self.low + (self.high - self.low) * number / 4
            _, y = self.at((0.0, nats))
            middle = f'x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end"'
            parts.append(f"<text {middle}>{perplexity_text(perplexity(nats), decimals=0)}</text>")
        parts.append(f'<text x="{(left + right) / 2:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">passes</text>')
        return "".join(parts)


def _round_numbers(most: float) -> list[float]:
    """From 0 to a number in steps that a person counts in: 1, 2 or 5 times a power of ten; at most ten of them."""
    power = 10.0 ** math.floor(math.log10(max(most, 1e-6)))
    step = next(power * each for each in (0.1, 0.2, 0.5, 1.0) if most / (power * each) <= 10)
    return [step * number for number in range(int(most / step + 1e-9) + 1)]
