"""How the prompt looks: ghost, candidates and toolbar as styled text, cut to the width of the terminal."""

from collections.abc import Sequence

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.utils import get_cwidth

from autocomplete.interface.repl.answers import Candidate, Tally

Fragments = StyleAndTextTuples

PROMPT = "> "
# Mid-greys that can be read on dark and on light ground; what is likelier stands out more from the dark one.
COLORS = {
    "prompt": "bold",
    "ghost.sure": "#a8a8a8",
    "ghost.likely": "#8a8a8a",
    "ghost.unsure": "#6c6c6c",
    "row": "#8a8a8a",
    "row.selected": "bold",
    "row.waiting": "#6c6c6c",
    "toolbar": "#8a8a8a",
    "toolbar.off-the-record": "bold",
}
# The same without colours.
SHADES = {
    "prompt": "bold",
    "ghost.sure": "dim",
    "ghost.likely": "dim",
    "ghost.unsure": "dim italic",
    "row": "",
    "row.selected": "bold",
    "row.waiting": "dim",
    "toolbar": "dim",
    "toolbar.off-the-record": "bold",
}
# Probabilities from which on a ghost counts as likely, and as sure.
LIKELY, SURE = 0.4, 0.7
# The zero-width non-joiner and joiner, and the tags behind some flags; variation selectors count as printable.
_SHAPING = frozenset(["\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))])
_APART = "   "
_ELLIPSIS = "…"


def ghost_style(probability: float) -> str:
    """The shade that shows how likely a ghost is."""
    if probability >= SURE:
        return "class:ghost.sure"
    return "class:ghost.likely" if probability >= LIKELY else "class:ghost.unsure"


def width_of(text: str) -> int:
    """Columns that a text takes, as the terminal is told to draw it: character by character."""
    return sum(map(get_cwidth, text))


def cut(text: str, width: int) -> str:
    """Return a text in at most `width` columns, with an ellipsis where something was left out."""
    if width_of(text) <= width:
        return text
    room, kept = width - 1, ""
    for character in text:
        room -= get_cwidth(character)
        if room < 0:
            break
        kept += character
    return kept + _ELLIPSIS if width > 0 else ""


def printable(text: str) -> str:
    """Return a text in one line, without characters that control the terminal.

    Joiners and tags, which are not seen themselves, stay with the letters and emoji that they shape.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character in _SHAPING else "·" for character in text)


def column_after(text: str, width: int) -> int:
    """Return the column behind a text that wraps at `width` columns."""
    column = 0
    for character in text:
        columns = get_cwidth(character)
        column = columns if column + columns > width else column + columns
    return column


def visible_ghost(rest: str, line: str, width: int) -> str:
    """Return what can be drawn of a ghost in the last row of a line, so that it never makes the line a row longer.

    Args:
        rest: The whole ghost.
        line: The line before the cursor.
        width: Columns that a row has for text.
    """
    # One column stays free: the cursor goes there.
    return cut(printable(rest), width - column_after(line, width) - 1)


def percent(probability: float) -> str:
    """A probability for people."""
    return "<1 %" if 0.0 < probability < 0.005 else f"{100 * probability:.0f} %"


def savings(tally: Tally) -> str:
    """What suggestions saved."""
    return f"saved {100 * tally.share:.0f} % ({tally.saved} key{'' if tally.saved == 1 else 's'})"


def shares(candidate: Candidate) -> str:
    """What each expert gave to a candidate."""
    gave = [f"{name} {percent(share)}" for name, share in candidate.suggestion.experts.items()]
    return ", ".join(gave) or "found letter by letter"


def candidate_row(candidates: Sequence[Candidate], selected: Candidate | None, width: int) -> Fragments:
    """Numbered candidates side by side, as many as fit whole; the first is cut if it must be."""
    fragments: Fragments = []
    room = width
    for number, item in enumerate(candidates, 1):
        text = f"{number} {_label(item)}"
        if fragments:
            text = _APART + text
        elif width_of(text) > room:
            text = cut(text, room)
        room -= width_of(text)
        if room < 0:
            break
        fragments.append((_row_style(item, selected), text))
    return fragments


def candidate_list(
    candidates: Sequence[Candidate], selected: Candidate | None, width: int, *, explaining: bool
) -> Fragments:
    """Numbered candidates below each other."""
    longest = max((width_of(_name(item)) for item in candidates), default=0)
    fragments: Fragments = []
    for number, item in enumerate(candidates, 1):
        name = _name(item)
        text = f"{number} {name}{' ' * (longest - width_of(name))}  {percent(item.suggestion.probability):>5}"
        if explaining:
            text = f"{text}  {shares(item)}"
        fragments.append((_row_style(item, selected), cut(text, width) + "\n"))
    return fragments


def spoken_list(candidates: Sequence[Candidate], *, explaining: bool) -> str:
    """Candidates as lines that are read aloud."""
    spoken = [
        f"{number}: {_label(item)}{f', {shares(item)}' if explaining else ''}"
        for number, item in enumerate(candidates, 1)
    ]
    return "\n".join(spoken) or "no suggestion"


def toolbar(parts: Sequence[tuple[str, str]], width: int) -> Fragments:
    """Parts side by side, most important first; those that do not fit are left out, and the first is cut.

    Args:
        parts: Style and text of each; empty texts are left out.
        width: Columns of the terminal.
    """
    fragments: Fragments = []
    room = width
    for style, text in parts:
        if not text:
            continue
        apart = " · " if fragments else ""
        shown = printable(text) if fragments else cut(printable(text), room)
        if width_of(apart + shown) <= room:
            room -= width_of(apart + shown)
            fragments += [("class:toolbar", apart), (style, shown)]
    return fragments


def _label(item: Candidate) -> str:
    return f"{_name(item)} {percent(item.suggestion.probability)}"


def _name(item: Candidate) -> str:
    return printable(item.suggestion.text)


def _row_style(item: Candidate, selected: Candidate | None) -> str:
    if not item.ready:
        return "class:row.waiting"
    return "class:row.selected" if selected is not None and item.result == selected.result else "class:row"
