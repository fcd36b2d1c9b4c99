"""The prompt itself: session, worker, keys and screen put together as a prompt_toolkit application."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, is_done, vi_navigation_mode
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding.key_processor import KeyProcessor
from prompt_toolkit.layout import BufferControl, ConditionalContainer, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.output import ColorDepth, DummyOutput, Output
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import is_dumb_terminal

from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.interface.repl import commands, screen
from autocomplete.interface.repl.commands import Situation, run_command
from autocomplete.interface.repl.keys import make_bindings
from autocomplete.interface.repl.line import Edit
from autocomplete.interface.repl.screen import Fragments
from autocomplete.interface.repl.session import Answer, Committed, Session, is_command
from autocomplete.interface.repl.settings import ReplSettings, one_of
from autocomplete.interface.repl.worker import (
    AskFailed,
    Completer,
    Event,
    Loaded,
    LoadFailed,
    Warned,
    Worker,
    cause_of,
)

# How long Escape waits for what would make it another key. A terminal sends those together; people take longer.
ESCAPE_SECONDS = 0.05
# How long a key waits that begins a sequence of several, such as Ctrl-X Ctrl-U.
SEQUENCE_SECONDS = 1.0


class Prompt:
    """Runs the session at a terminal.

    Args:
        model: The model to begin with, by name or path.
        load: Opens a model, in the worker's thread.
        find: Fails at once where a name is no model's.
        settings: How it looks and behaves.
        source: Where keys come from; the terminal unless told otherwise.
        output: Where it is drawn.

    Attributes:
        session: What it knows.
        buffer: prompt_toolkit's own line, which the session follows.
        app: prompt_toolkit's application.
    """

    def __init__(
        self,
        model: str,
        *,
        load: Callable[[str], Completer],
        find: Callable[[str], object],
        settings: ReplSettings,
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.session = Session(k=settings.k, words=settings.words, mode=settings.mode)
        self._load, self._find = load, find
        self._worker = Worker(self._deliver)
        self._situation = Situation(self.session, self, settings.keys, learning=settings.learn)
        self._settings = settings
        self._typewriter = Typewriter() if output is None and is_dumb_terminal() else None
        self._plain = settings.plain or self._typewriter is not None
        # A screen reader would read what comes unasked.
        self.session.suggesting = not self._plain
        self._listing = settings.list
        self._first_model, self._model = model, ""
        self._notice = f"reading {model}"
        self._asked: object = None
        self._asked_at = time.perf_counter()
        self._latency_seconds: float | None = None
        self._speaking = False  # once the answer has come
        self._loop: asyncio.AbstractEventLoop | None = None
        self.buffer = Buffer(
            multiline=True,
            history=InMemoryHistory(),
            on_text_changed=self._edited,
            on_cursor_position_changed=self._edited,
        )
        self.app: Application[None] = Application(
            layout=Layout(self._windows()),
            key_bindings=make_bindings(self, settings.keys),
            editing_mode=EditingMode.VI if settings.vi else EditingMode.EMACS,
            input=source,
            output=DummyOutput() if self._typewriter is not None else output,
        )
        self.app.style = _style(self.app.color_depth, settings)
        self.app.ttimeoutlen = ESCAPE_SECONDS
        self.app.key_processor.after_key_press += self._set_timeout

    # Lines, one after another.

    async def run(self) -> None:
        """Prompt for lines until the end."""
        self._loop = asyncio.get_running_loop()
        self._open(self._first_model)
        try:
            while not self._situation.ended:
                self._begin_line()
                try:
                    await self.app.run_async()
                except EOFError:
                    break
                self._end_line()
        finally:
            self._worker.close()

    def _begin_line(self) -> None:
        self.buffer.reset()
        self._ask()
        if self._typewriter is not None:
            self._typewriter.begin()

    def _end_line(self) -> None:
        if self._typewriter is not None:
            self._typewriter.end()
        self._notice = ""
        text = self.session.line.text
        if not is_command(text):
            committed = self.session.commit()
            if committed is not None and committed.recorded:
                self._record(committed)
            return
        self.session.clear()
        try:
            said = run_command(self._situation, text)
        except AutocompleteError as error:
            print(f"error: {error.cause}", error.cure, sep="\n", file=sys.stderr)
        except Exception as error:
            print(f"error: {cause_of(error)}", file=sys.stderr)
        else:
            if said:
                print(said)

    def _record(self, committed: Committed) -> None:
        self.buffer.history.append_string(committed.text)
        if self._situation.learning:
            for work in (_learning(committed), _counting(committed)):
                self._worker.do(work).add_done_callback(self._deliver_trouble)

    # What commands do with the model.

    def open(self, name: str) -> None:
        """Read another model, and use it once it is there."""
        self._find(name)
        self._open(name)

    def forget(self, words: Sequence[str]) -> "Future[None]":
        """Never suggest words again, and learn them no more."""
        return self._worker.do(lambda completer: completer.forget(words))

    def can_learn(self) -> "Future[bool]":
        """Fail where the model cannot learn."""
        return self._worker.do(lambda completer: completer.learn(""))

    def _open(self, name: str) -> None:
        self._notice = f"reading {name}"
        self._worker.open(name, lambda: self._load(name))

    # What the worker says.

    def _deliver(self, event: Event) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._received, event)

    def _deliver_trouble(self, done: "Future[Any]") -> None:
        error = done.exception()
        if error is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._notify, f"not learned: {cause_of(error)}")

    def _received(self, event: Event) -> None:
        if isinstance(event, Answer):
            self._answered(event)
        elif isinstance(event, AskFailed):
            self.session.failed(event.question, event.cause)
        elif isinstance(event, Warned):
            self._notice = event.cause
        elif isinstance(event, LoadFailed):
            self._notice = f"{event.name} cannot be used: {event.cause}"
            if not self._model:
                self.session.trouble = event.cause
        elif isinstance(event, Loaded):
            self._model = event.name
            self._notice = "" if event.has_threshold else "this model suggests nothing unasked"
            if self._situation.learning:
                self.can_learn().add_done_callback(self._deliver_trouble)
            self.session.trouble = ""
            self.session.forget_answers()
            self._asked = None
            self._ask()
        self.app.invalidate()

    def _answered(self, answer: Answer) -> None:
        self.session.answered(answer)
        if self.session.settled and self._asked == answer.question:
            self._latency_seconds = time.perf_counter() - self._asked_at
            self._situation.latencies.append(self._latency_seconds)
            if self._speaking:
                self._speaking = False
                self._say(screen.spoken_list(self.session.candidates))

    def _notify(self, notice: str) -> None:
        self._notice = notice
        self.app.invalidate()

    def _ask(self) -> None:
        question = self.session.question()
        if question != self._asked or question is None:
            self._asked = question
            self._asked_at = time.perf_counter()
            self._worker.ask(question)

    # What the keys do.

    def _edited(self, _: Buffer) -> None:
        self._speaking = False
        self.session.edited(self.buffer.text, self.buffer.cursor_position)
        self._ask()
        if self._typewriter is not None:
            self._typewriter.show(self.buffer.text)

    def _apply(self, edit: Edit | None) -> None:
        if edit is not None:
            self.buffer.save_to_undo_stack()
            self.buffer.document = Document(edit.text, edit.cursor)
            self._ask()  # a space typed over a virtual one changes no text

    def accept(self) -> None:
        """Take the whole suggestion."""
        self._apply(self.session.accept())

    def accept_word(self) -> None:
        """Take a word of what is shown; show something where nothing is."""
        if self.selection_visible:
            self._apply(self.session.accept_word())
        else:
            self.ask()

    def take(self, number: int) -> None:
        """Take a candidate by its number."""
        self._apply(self.session.take(number))

    def choose(self, step: int) -> None:
        """Choose the next candidate, or the one before."""
        self.session.choose(step)
        if self._plain and self.session.selected is not None:
            self._say(screen.spoken_list([self.session.selected]).removeprefix("1: "))

    def ask(self) -> None:
        """Suggest now, whatever the threshold."""
        self.session.ask()
        self._ask()
        if self._plain and self.session.settled:
            self._say(screen.spoken_list(self.session.candidates))
        else:
            self._speaking = self._plain

    def dismiss(self) -> None:
        """Suggest nothing until the next word."""
        self.session.dismiss()
        self._ask()

    def undo(self) -> None:
        """Undo the last edit, or what was taken last."""
        self.buffer.undo()

    def recall_older(self) -> None:
        """Go to the line before."""
        self._recall(self.buffer.auto_up)

    def recall_newer(self) -> None:
        """Go to the line after."""
        self._recall(self.buffer.auto_down)

    def _recall(self, move: Callable[[], None]) -> None:
        text = self.buffer.text
        move()
        if self.buffer.text != text:
            self.session.line.recalled()

    def commit(self) -> None:
        """End the line."""
        edit = self.session.line.finish()
        self.buffer.document = Document(edit.text, edit.cursor)
        self.app.exit()

    def type_mark(self, mark: str) -> None:
        """Type a mark, a space or a line break over a virtual space."""
        self._apply(self.session.typed(mark))

    def help(self) -> None:
        """Show keys and commands."""
        self._say(f"{commands.key_help(self._settings.keys)}\n\n{commands.command_help()}")

    def toggle_list(self) -> None:
        """Show candidates below each other, or in a row."""
        self._listing = not self._listing

    def toggle_record(self) -> None:
        """Forget what is committed at once, or remember it."""
        self.session.off_the_record = not self.session.off_the_record

    def toggle_suggestions(self) -> None:
        """Switch suggestions on or off."""
        self.session.toggle_suggestions()
        self._ask()

    def clear(self) -> None:
        """Begin the line anew."""
        if not self.buffer.text:
            self._notice = f"{self._settings.keys['end'][0]} ends" if self._settings.keys["end"] else "/quit ends"
        self.session.clear()
        self.buffer.save_to_undo_stack()
        self.buffer.document = Document()
        self._ask()

    def end(self) -> None:
        """End the session."""
        self.app.exit(exception=EOFError())

    def suspend(self) -> None:
        """Give the terminal back to the shell, until it brings us to the foreground again."""
        self.app.suspend_to_background()

    # What is drawn.

    @property
    def selection_visible(self) -> bool:
        """Whether what would be taken can be seen, or was read aloud."""
        selected = self.session.selected
        if selected is None or vi_navigation_mode():
            return False
        return self._plain or not selected.rest(self.session.line.before) or bool(self._ghost())

    def _ghost(self) -> str:
        """The ghost as it is drawn."""
        ghost, before = self.session.ghost, self.session.line.before
        if ghost is None or self._plain or vi_navigation_mode():
            return ""
        line = before.rpartition("\n")[2]
        return screen.visible_ghost(ghost.rest(before), line, self._columns() - len(screen.PROMPT))

    def _columns(self) -> int:
        return self.app.output.get_size().columns

    def ghost_fragments(self) -> Fragments:
        """The ghost in the shade of its probability."""
        ghost = self.session.ghost
        text = "" if is_done() else self._ghost()
        return [] if ghost is None or not text else [(screen.ghost_style(ghost.suggestion.probability), text)]

    def _windows(self) -> HSplit:
        line = Window(
            BufferControl(self.buffer, input_processors=[_Ghost(self)]),
            get_line_prefix=lambda number, wraps: (
                [("class:prompt", screen.PROMPT)] if number == wraps == 0 else " " * len(screen.PROMPT)
            ),
            wrap_lines=True,
            dont_extend_height=True,
        )
        row = Window(FormattedTextControl(self._row), height=self._row_height, dont_extend_height=True)
        explanation = Window(FormattedTextControl(self._explanation), height=1, dont_extend_height=True)
        toolbar = Window(FormattedTextControl(self._toolbar), height=1, dont_extend_height=True)
        below = [
            row,
            ConditionalContainer(explanation, Condition(lambda: self._situation.explaining and not self._listing)),
            toolbar,
        ]
        return HSplit([line, ConditionalContainer(HSplit(below), ~is_done & Condition(lambda: not self._plain))])

    def _row_height(self) -> int:
        return self.session.k if self._listing else 1

    def _row(self) -> Fragments:
        if vi_navigation_mode():
            return []
        text = self.session.line.text
        if is_command(text):
            return [("class:row", screen.cut(commands.matching(text), self._columns()))]
        candidates, selected = self.session.candidates, self.session.selected
        if self._listing:
            return screen.candidate_list(candidates, selected, self._columns(), explaining=self._situation.explaining)
        return screen.candidate_row(candidates, selected, self._columns())

    def _explanation(self) -> Fragments:
        selected = self.session.selected or next(iter(self.session.candidates), None)
        text = "" if selected is None else f"{selected.suggestion.text}: {screen.shares(selected)}"
        return [("class:row", screen.cut(screen.printable(text), self._columns()))]

    def _toolbar(self) -> Fragments:
        session, tally = self.session, self.session.live_tally
        trouble = f"no suggestions: {session.trouble}" if session.trouble else self._notice
        latency = "" if self._latency_seconds is None else f"{1000 * self._latency_seconds:6.1f} ms"
        help_key = self._settings.keys["help"][:1]
        calm = "class:toolbar"
        parts = [
            (calm, trouble),
            ("class:toolbar.off-the-record", "off the record" if session.off_the_record else ""),
            (calm, "" if session.suggesting else "suggestions off"),
            (calm, self._model),
            (calm, f"saved {100 * tally.share:.0f} % ({tally.saved} keys)"),
            (calm, latency),
            (calm, "learning" if self._situation.learning else "not learning"),
            (calm, f"{help_key[0].upper()} help" if help_key else "/help"),
        ]
        return screen.toolbar(parts, self._columns())

    def _say(self, text: str) -> None:
        """Print above the line."""
        if self._typewriter is not None:
            self._typewriter.interrupt(text)
        else:
            run_in_terminal(lambda: print(text))

    def _set_timeout(self, keys: KeyProcessor) -> None:
        escape = [press.key for press in keys.key_buffer] == ["escape"]
        self.app.timeoutlen = ESCAPE_SECONDS if escape else SEQUENCE_SECONDS


class Typewriter:
    """Shows the line on a terminal that can only append: what was added, or else the line again."""

    def __init__(self) -> None:
        self._shown = ""

    def begin(self) -> None:
        """Begin an empty line."""
        self._shown = ""
        self._write(screen.PROMPT)

    def show(self, text: str) -> None:
        """Show what the line is now."""
        if text.startswith(self._shown):
            self._write(text[len(self._shown) :])
        else:
            self._write(f"\n{screen.PROMPT}{text}")
        self._shown = text

    def interrupt(self, text: str) -> None:
        """Say something else, and show the line again."""
        self._write(f"\n{text}\n{screen.PROMPT}{self._shown}")

    def end(self) -> None:
        """End the line."""
        self._write("\n")

    def _write(self, text: str) -> None:
        # The terminal is in raw mode, where a line feed does not go back to the first column.
        sys.stdout.write(text.replace("\n", "\r\n"))
        sys.stdout.flush()


class _Ghost(Processor):
    """Draws the ghost behind the cursor's line."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        fragments = transformation_input.fragments
        if transformation_input.lineno != transformation_input.document.cursor_position_row:
            return Transformation(fragments)
        return Transformation([*fragments, *self._prompt.ghost_fragments()])


def _learning(committed: Committed) -> Callable[[Completer], object]:
    return lambda completer: completer.learn(committed.text)


def _counting(committed: Committed) -> Callable[[Completer], object]:
    def count(completer: Completer) -> None:
        if completer.personal is not None:
            completer.personal.count_session(characters=len(committed.text), keys=committed.keys)

    return count


def _style(depth: ColorDepth, settings: ReplSettings) -> Style:
    """The style of the screen: a person's own, and the rest as it is."""
    defaults = screen.SHADES if depth == ColorDepth.DEPTH_1_BIT else screen.COLORS
    names = {*defaults, *(name.partition(".")[0] for name in defaults)}
    for name in settings.style:
        one_of("style", name, names)
    rest = {
        name: form for name, form in defaults.items() if not any(name.startswith(f"{own}.") for own in settings.style)
    }
    try:
        return Style.from_dict({**rest, **settings.style})
    except ValueError as error:
        raise UsageError(f"style: {error}.", 'Write something like "#707070 italic".') from error
