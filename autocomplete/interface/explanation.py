"""An explanation as lines for a terminal of 80 columns, and the words and shades that its page has too."""

from collections.abc import Mapping
from typing import NamedTuple

from autocomplete.interface.terminal import fitted
from autocomplete.predict.explanation import Explanation, ForeseenWord

# Columns of a word, of the expert that gave most, and of what stood first instead.
_WORD, _EXPERT, _INSTEAD = 19, 15, 25


class Shade(NamedTuple):
    """How surely a word was foreseen, as a person sees it at once.

    Attributes:
        least: Probability from which on it holds.
        name: In a word.
        sign: The same as blocks of a terminal, more and darker the surer.
    """

    least: float
    name: str
    sign: str


SHADES = (
    Shade(0.5, "expected", "████"),
    Shade(0.1, "likely", "▓▓▓ "),
    Shade(0.01, "possible", "▒▒  "),
    Shade(0.001, "unlikely", "░   "),
    Shade(0.0, "surprising", "·   "),
)


def shade_of(probability: float) -> Shade:
    """How surely what had a probability was foreseen."""
    return next(shade for shade in SHADES if probability >= shade.least)


def percentage(probability: float) -> str:
    """A probability in percent, in seven columns at most."""
    if 0.0 < probability < 0.0005:
        return "< 0.1 %"
    return f"{100 * probability:.1f} %"


def word_shown(text: str) -> str:
    """A word, or the sign of one that cannot be seen."""
    return {"\n": "⏎", " ": "␣"}.get(text, text)


def first_expert(word: ForeseenWord) -> tuple[str, float] | None:
    """The expert that gave most, and its part; None where none gave any."""
    name, share = max(word.experts.items(), key=lambda each: each[1], default=("", 0.0))
    return (name, share) if share > 0.0 else None


def instead(word: ForeseenWord) -> str:
    """What stood first where it was another word."""
    if word.rank == 1:
        return "stood first"
    return f"{word_shown(word.first[0].text)}  {percentage(word.first[0].probability)}" if word.first else ""


def summary(found: Explanation) -> str:
    """How many words were foreseen, in one line."""
    first = sum(word.rank == 1 for word in found.words)
    return f"{first:,} of {len(found.words):,} words and marks stood first"


def gate_means(word: ForeseenWord) -> Mapping[str, float]:
    """How open each gate was, on average over the layers."""
    names = word.gates[0] if word.gates else {}
    return {name: sum(layer[name] for layer in word.gates) / len(word.gates) for name in names}


def explanation_lines(found: Explanation) -> list[str]:
    """A row a word: how surely it was foreseen, by whom, and what stood first; then what the gates did."""
    lines = [
        summary(found),
        f"{'word':<{_WORD}}  {'foreseen':<12}  {'most by':<{_EXPERT}}  stood first instead",
        *map(_row, found.words),
    ]
    if not all(word.known for word in found.words):
        lines.append("* is none of the model's words: its figure is that of all such words together")
    if found.words and found.words[0].gates:
        names = list(found.words[0].gates[0])
        head = "".join(f"{name:>8}" for name in names)
        lines += ["", f"{'how open the gates were':<{_WORD}}{head}"]
        for word in found.words:
            opened = "".join(f"{100 * mean:>6.0f} %" for mean in gate_means(word).values())
            lines.append(f"{_name(word)}{'':4}{opened}")
    return lines


def _name(word: ForeseenWord) -> str:
    shown = word_shown(word.text)
    return fitted(shown, _WORD) if word.known else fitted(fitted(shown, _WORD - 1).rstrip() + "*", _WORD)


def _row(word: ForeseenWord) -> str:
    expert = first_expert(word)
    by = "" if expert is None else f"{expert[0]} {100 * expert[1]:.0f} %"
    chance = f"{shade_of(word.probability).sign} {percentage(word.probability):>7}"
    return f"{_name(word)}  {chance}  {fitted(by, _EXPERT)}  {fitted(instead(word), _INSTEAD)}".rstrip()
