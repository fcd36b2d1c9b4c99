"""How the prompt looks: its windows, with ghost, candidates and toolbar cut to the width of the terminal."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from textwrap import wrap

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, is_done, is_searching, vi_navigation_mode, vi_selection_mode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import BufferControl, ConditionalContainer, Dimension, FormattedTextControl, HSplit, Window
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth
from prompt_toolkit.widgets import SearchToolbar

from autocomplete.interface.repl.commands import help_text, matching
from autocomplete.interface.repl.direction import END, FIRST_STRONG, has_right_to_left, isolated
from autocomplete.interface.repl.settings import COLORS, SHADES, ReplSettings
from autocomplete.interface.repl.state import Candidate, Frame, PromptState, Tally

Fragments = StyleAndTextTuples

PROMPT = "> "
# Probabilities from which on a ghost counts as likely, and as sure.
LIKELY, SURE = 0.4, 0.7
# The zero-width non-joiner and joiner, and the tags behind some flags; variation selectors count as printable.
_SHAPING = frozenset(["\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))])
_APART = "   "
# Before words that take the place of what was typed.
_ARROW, _ARROW_LEFT = " → ", " ← "
_ELLIPSIS = "…"


class Screen:
    """The windows of the prompt: the line with its ghost, candidates and toolbar below it.

    Args:
        state: Its frame is drawn.
        buffer: prompt_toolkit's own line.
        models: Names the models that there are.
    """

    def __init__(self, state: PromptState, buffer: Buffer, *, models: Callable[[], Sequence[str]] = tuple) -> None:
        self._state = state
        self._buffer = buffer
        self._list_models = models
        self._models: Sequence[str] | None = None
        self._search = SearchToolbar()
        self._row_window = Window(
            FormattedTextControl(self._row),
            height=lambda: _at_most(state.frame.settings.k if state.frame.settings.list else 1),
            dont_extend_height=True,
        )

    @property
    def ghost(self) -> str:
        """The ghost as it is drawn: as much as fits in the row; behind an arrow where letters already typed change."""
        frame = self._state.frame
        if frame.ghost is None or frame.settings.plain or vi_navigation_mode():
            return ""
        line = frame.before.rpartition("\n")[2]
        if frame.rest:
            return visible_ghost(frame.rest, line, _columns() - len(PROMPT))
        # Of what changes, a letter is seen at least.
        arrow = _ARROW_LEFT if frame.leftward else _ARROW
        shown = visible_ghost(f"{arrow}{frame.change}", line, _columns() - len(PROMPT))
        return shown if width_of(shown) > width_of(f"{_ARROW}{_ELLIPSIS}") else ""

    @property
    def isolates(self) -> bool:
        """Whether right-to-left text is kept apart; not where nothing but the line is to be written."""
        settings = self._state.frame.settings
        return settings.bidi and not settings.plain

    @property
    def shows_selection(self) -> bool:
        """Whether what the accepting keys take can be seen at the cursor, or was read aloud."""
        frame = self._state.frame
        if frame.selected is None or vi_navigation_mode():
            return False
        if frame.settings.plain:
            return frame.chosen is not None and frame.at_end
        return bool(self.ghost)

    @property
    def shows_choice(self) -> bool:
        """Whether a chosen candidate can be seen below the line, or was read aloud, wherever the cursor stands."""
        frame = self._state.frame
        chosen = frame.chosen
        if chosen is None or vi_navigation_mode():
            return False
        shown = frame.candidates[: self.shown]
        return frame.settings.plain or any(item.result == chosen.result for item in shown)

    @property
    def shown(self) -> int:
        """How many candidates are drawn, from the first on; where nothing is drawn, how many were read aloud."""
        frame = self._state.frame
        if frame.settings.plain:
            return len(frame.candidates) if frame.heard else 0
        info = self._row_window.render_info
        if info is None or self._row_window not in get_app().layout.visible_windows:
            return 0  # the terminal is too low
        most = info.window_height if frame.settings.list else len(frame.candidates)
        return min(len(self._candidate_fragments()), most)

    @property
    def models(self) -> Sequence[str]:
        """The models that there are; asked for once."""
        if self._models is None:
            self._models = self._list_models()
        return self._models

    def windows(self) -> HSplit:
        """Line, candidates and toolbar. What is below the line has the same height whatever is typed: nothing jumps."""
        line = Window(
            BufferControl(
                self._buffer,
                input_processors=[_Ghost(self)],
                search_buffer_control=self._search.control,
                preview_search=True,
            ),
            get_line_prefix=lambda number, wraps: (
                [("class:prompt", PROMPT)] if number == wraps == 0 else " " * len(PROMPT)
            ),
            height=Dimension(min=1),
            wrap_lines=True,
            dont_extend_height=True,
        )
        state = self._state
        explanation = Window(FormattedTextControl(self._explanation), height=_at_most(1), dont_extend_height=True)
        toolbar = Window(FormattedTextControl(self._toolbar), height=_at_most(1), dont_extend_height=True)
        explained = Condition(lambda: state.frame.explaining and not state.frame.settings.list)
        below = HSplit([self._row_window, ConditionalContainer(explanation, explained), toolbar])
        pane = Window(FormattedTextControl(self._help), wrap_lines=False, dont_extend_height=True)
        drawn = ~is_done & Condition(lambda: not state.frame.settings.plain)
        helped = Condition(lambda: state.frame.helping)
        shown = [
            ConditionalContainer(pane, drawn & helped),
            ConditionalContainer(below, drawn & ~is_searching & ~helped),
        ]
        return HSplit([line, self._search, *shown])

    def ghost_fragments(self) -> Fragments:
        """The ghost in the shade of its probability."""
        ghost = self._state.frame.ghost
        text = "" if ghost is None or is_done() else self.ghost
        return [(ghost_style(ghost.suggestion.probability), text)] if ghost is not None and text else []

    def _row(self) -> Fragments:
        command = self._state.frame.command
        if vi_navigation_mode():
            return []
        if command:
            return [("class:row", cut(printable(self._matching(command)), _columns()))]
        return self._candidate_fragments()

    def _matching(self, command: str) -> str:
        return matching(command, self.models if command.startswith("/model ") else ())

    def _candidate_fragments(self) -> Fragments:
        frame = self._state.frame
        if frame.settings.list:
            return candidate_list(frame.candidates, frame.selected, _columns(), explaining=frame.explaining)
        return candidate_row(frame.candidates, frame.selected, _columns())

    def _explanation(self) -> Fragments:
        frame = self._state.frame
        selected = frame.selected or next(iter(frame.candidates), None)
        text = "" if selected is None else f"{selected.suggestion.text}: {shares(selected)}"
        return [("class:row", cut(printable(text), _columns()))]

    def _help(self) -> Fragments:
        lines = help_text(self._state.frame.settings.keys).splitlines()
        rows = [row for line in lines for row in wrap(line, max(1, _columns())) or [""]]
        return [("class:row", "\n".join(rows))]

    def _toolbar(self) -> Fragments:
        frame = self._state.frame
        normal = "vi: normal" if vi_navigation_mode() else "vi: visual" if vi_selection_mode() else "vi: insert"
        return toolbar(frame, _columns(), editing=normal if frame.settings.vi else "")


def _columns() -> int:
    """How wide the terminal is now."""
    return get_app().output.get_size().columns


def _at_most(rows: int) -> Dimension:
    """So many rows, or fewer where the terminal is low: the line goes first."""
    return Dimension(min=0, preferred=rows, max=rows)


class _Ghost(Processor):
    """Draws the ghost behind the cursor's line; where an isolate is needed, within the same one."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        document = transformation_input.document
        fragments = [*transformation_input.fragments]
        if transformation_input.lineno == document.cursor_position_row:
            fragments += self._screen.ghost_fragments()
        if not self._screen.isolates or not has_right_to_left("".join(text for _, text, *_ in fragments)):
            return Transformation(fragments)
        return Transformation(
            [("", FIRST_STRONG), *fragments, ("", END)],
            source_to_display=lambda place: place + 1,
            display_to_source=lambda place: max(0, place - 1),
        )


def make_style(depth: ColorDepth, settings: ReplSettings) -> Style:
    """Return the style of the screen: a person's own, and the rest as it is."""
    defaults = SHADES if depth == ColorDepth.DEPTH_1_BIT else COLORS
    rest = {
        name: form for name, form in defaults.items() if not any(name.startswith(f"{own}.") for own in settings.style)
    }
    return Style.from_dict({**rest, **settings.style})


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
    end = END if FIRST_STRONG in kept and END not in kept else ""
    return kept + _ELLIPSIS + end if width > 0 else ""


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


@lru_cache(maxsize=1)  # one drawing asks several times, and the line may be long
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
    return f"saved {100 * tally.share:.0f} % ({tally.saved} key{'' if abs(tally.saved) == 1 else 's'})"


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
        f"{number}: {_label(item, spoken=True)}{f', {shares(item)}' if explaining else ''}"
        for number, item in enumerate(candidates, 1)
    ]
    return "\n".join(spoken) or "no suggestion"


def toolbar(frame: Frame, width: int, *, editing: str = "") -> Fragments:
    """What there is to say, most important first; `editing` is vi's mode."""
    help_key, timed = frame.settings.keys["help"][:1], frame.settings.latency or frame.explaining
    calm = "class:toolbar"
    parts = [
        (calm, editing),
        (calm, frame.notice),
        ("class:toolbar.off-the-record", "off the record" if frame.off_the_record else ""),
        (calm, "" if frame.suggesting else "suggestions off"),
        (calm, Path(frame.model).name),
        (calm, "learning" if frame.settings.learn else "not learning"),
        (calm, savings(frame.tally)),
        (calm, f"{1000 * frame.latency_seconds:6.1f} ms" if timed and frame.latency_seconds is not None else ""),
        (calm, f"{help_key[0].upper()} help" if help_key else "/help"),
    ]
    return side_by_side(parts, width)


def side_by_side(parts: Sequence[tuple[str, str]], width: int) -> Fragments:
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


def _label(item: Candidate, *, spoken: bool = False) -> str:
    name = printable(item.suggestion.text) if spoken else _name(item)
    return f"{name} {percent(item.suggestion.probability)}"


def _name(item: Candidate) -> str:
    shown = printable(item.suggestion.text)
    return shown if shown.isascii() else isolated(shown)


def _row_style(item: Candidate, selected: Candidate | None) -> str:
    if not item.ready:
        return "class:row.waiting"
    return "class:row.selected" if selected is not None and item.result == selected.result else "class:row"
