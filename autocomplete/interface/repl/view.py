"""The windows of the prompt: the line with its ghost, candidates and toolbar below it."""

from collections.abc import Callable
from pathlib import Path

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, is_done, vi_navigation_mode
from prompt_toolkit.layout import BufferControl, ConditionalContainer, Dimension, FormattedTextControl, HSplit, Window
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from autocomplete.interface.repl import screen
from autocomplete.interface.repl.commands import matching
from autocomplete.interface.repl.screen import PROMPT, Fragments
from autocomplete.interface.repl.session import is_command
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.interface.repl.situation import Situation


class View:
    """Draws a situation.

    Args:
        situation: What is drawn.
        buffer: prompt_toolkit's own line.
        columns: Tells how wide the terminal is now.
    """

    def __init__(self, situation: Situation, buffer: Buffer, *, columns: Callable[[], int]) -> None:
        self._situation = situation
        self._buffer = buffer
        self._columns = columns
        self._row_window = Window(
            FormattedTextControl(self._row),
            height=lambda: _at_most(situation.session.k if situation.listing else 1),
            dont_extend_height=True,
        )

    @property
    def ghost(self) -> str:
        """The ghost as it is drawn: as much as fits in the row."""
        session = self._situation.session
        if session.ghost is None or self._situation.plain or vi_navigation_mode():
            return ""
        before = session.line.before
        line = before.rpartition("\n")[2]
        return screen.visible_ghost(session.ghost.rest(before), line, self._columns() - len(PROMPT))

    @property
    def shows_selection(self) -> bool:
        """Whether what the accepting keys take can be seen at the cursor, or was read aloud."""
        session = self._situation.session
        selected = session.selected
        if selected is None or vi_navigation_mode():
            return False
        if self._situation.plain:
            return session.chosen is not None and session.line.at_end
        drawn = bool(selected.rest(session.line.before))
        return not drawn or bool(self.ghost)

    @property
    def shows_choice(self) -> bool:
        """Whether a chosen candidate can be seen below the line, or was read aloud, wherever the cursor stands."""
        session = self._situation.session
        chosen = session.chosen
        if chosen is None or vi_navigation_mode():
            return False
        shown = session.candidates[: self.shown]
        return self._situation.plain or any(item.result == chosen.result for item in shown)

    @property
    def shown(self) -> int:
        """How many candidates are drawn, from the first on; where nothing is drawn, how many were read aloud."""
        situation, candidates = self._situation, self._situation.session.candidates
        if situation.plain:
            return len(candidates) if situation.read == tuple(item.result for item in candidates) else 0
        info = self._row_window.render_info
        if info is None or self._row_window not in get_app().layout.visible_windows:
            return 0  # the terminal is too low
        return min(len(self._candidate_fragments()), len(candidates) if not situation.listing else info.window_height)

    def windows(self) -> HSplit:
        """Line, candidates and toolbar. What is below the line has the same height whatever is typed: nothing jumps."""
        line = Window(
            BufferControl(self._buffer, input_processors=[_Ghost(self)]),
            get_line_prefix=lambda number, wraps: (
                [("class:prompt", PROMPT)] if number == wraps == 0 else " " * len(PROMPT)
            ),
            height=Dimension(min=1),
            wrap_lines=True,
            dont_extend_height=True,
        )
        situation = self._situation
        explanation = Window(FormattedTextControl(self._explanation), height=_at_most(1), dont_extend_height=True)
        toolbar = Window(FormattedTextControl(self._toolbar), height=_at_most(1), dont_extend_height=True)
        explained = Condition(lambda: situation.explaining and not situation.listing)
        below = HSplit([self._row_window, ConditionalContainer(explanation, explained), toolbar])
        return HSplit([line, ConditionalContainer(below, ~is_done & Condition(lambda: not situation.plain))])

    def ghost_fragments(self) -> Fragments:
        """The ghost in the shade of its probability."""
        ghost = self._situation.session.ghost
        text = "" if ghost is None or is_done() else self.ghost
        return [(screen.ghost_style(ghost.suggestion.probability), text)] if ghost is not None and text else []

    def _row(self) -> Fragments:
        session = self._situation.session
        if vi_navigation_mode():
            return []
        if is_command(session.line.text):
            return [("class:row", screen.cut(matching(session.line.text), self._columns()))]
        return self._candidate_fragments()

    def _candidate_fragments(self) -> Fragments:
        session = self._situation.session
        candidates, selected = session.candidates, session.selected
        if self._situation.listing:
            return screen.candidate_list(candidates, selected, self._columns(), explaining=self._situation.explaining)
        return screen.candidate_row(candidates, selected, self._columns())

    def _explanation(self) -> Fragments:
        session = self._situation.session
        selected = session.selected or next(iter(session.candidates), None)
        text = "" if selected is None else f"{selected.suggestion.text}: {screen.shares(selected)}"
        return [("class:row", screen.cut(screen.printable(text), self._columns()))]

    def _toolbar(self) -> Fragments:
        situation, session, tally = self._situation, self._situation.session, self._situation.session.live_tally
        trouble = "no suggestions" if session.trouble else situation.notice
        latency = f"{1000 * situation.latencies[-1]:6.1f} ms" if situation.latencies else ""
        help_key = situation.settings.keys["help"][:1]
        calm = "class:toolbar"
        parts = [
            (calm, trouble),
            ("class:toolbar.off-the-record", "off the record" if session.off_the_record else ""),
            (calm, "" if session.suggesting else "suggestions off"),
            (calm, Path(situation.model_name).name),
            (calm, "learning" if situation.learning else "not learning"),
            (calm, screen.savings(tally)),
            (calm, latency),
            (calm, f"{help_key[0].upper()} help" if help_key else "/help"),
        ]
        return screen.toolbar(parts, self._columns())


def _at_most(rows: int) -> Dimension:
    """So many rows, or fewer where the terminal is low: the line goes first."""
    return Dimension(min=0, preferred=rows, max=rows)


class _Ghost(Processor):
    """Draws the ghost behind the cursor's line."""

    def __init__(self, view: View) -> None:
        self._view = view

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        fragments = transformation_input.fragments
        if transformation_input.lineno != transformation_input.document.cursor_position_row:
            return Transformation(fragments)
        return Transformation([*fragments, *self._view.ghost_fragments()])


def make_style(depth: ColorDepth, settings: ReplSettings) -> Style:
    """Return the style of the screen: a person's own, and the rest as it is."""
    defaults = screen.SHADES if depth == ColorDepth.DEPTH_1_BIT else screen.COLORS
    rest = {
        name: form for name, form in defaults.items() if not any(name.startswith(f"{own}.") for own in settings.style)
    }
    return Style.from_dict({**rest, **settings.style})
