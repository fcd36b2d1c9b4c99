"""The prompt itself: state, worker, keys and screen put together as a prompt_toolkit application."""

import asyncio
import contextvars
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyProcessor
from prompt_toolkit.layout import Layout
from prompt_toolkit.output import DummyOutput, Output
from prompt_toolkit.search import SearchDirection, start_search
from prompt_toolkit.utils import is_dumb_terminal

from autocomplete.engine.protocol import Answer, Question
from autocomplete.engine.worker import AskFailed, EngineEvent, Loaded, LoadFailed, NoModelError, Trouble, Warned, Worker
from autocomplete.errors import AutocompleteError
from autocomplete.interface.repl.commands import Commands, Later, completed, help_text
from autocomplete.interface.repl.keys import make_bindings
from autocomplete.interface.repl.line import Edit
from autocomplete.interface.repl.screen import Screen, make_style, savings
from autocomplete.interface.repl.settings import MOST_CANDIDATES, ReplSettings
from autocomplete.interface.repl.state import Committed, PromptState, is_command
from autocomplete.interface.repl.voice import DumbTerminal, Voice
from autocomplete.interface.terminal import hears_hangup, leave_lost_terminal, say

if TYPE_CHECKING:  # NumPy, which the prompt does not wait for
    from autocomplete.learned.store import PersonalStore, Removal
    from autocomplete.predict.suggester import Suggester

# How long Escape waits for what would make it another key. A terminal sends those together; people take longer.
ESCAPE_SECONDS = 0.05
# How long a key waits that begins a sequence of several, such as Ctrl-X Ctrl-U.
SEQUENCE_SECONDS = 1.0
_KEEP = (
    "Shall your lines be kept and learned, on this machine only? '/keep yes' does,\n"
    "'/keep session' forgets them at the end, '/keep never' too, and asks no more."
)


class Prompt:
    """Runs at a terminal, line after line.

    Args:
        model: The model to begin with, by name or path.
        load: Opens a model, in the worker's thread.
        find: Fails at once where a name is no model's.
        open_store: Opens what was learned beside a model.
        settings: How it looks and behaves.
        list_models: Names the models that there are.
        keep: Keeps for later sessions whether lines are kept and learned; None where that is not to be asked.
        blocked: Words that are never suggested.
        source: Where keys come from; the terminal unless told otherwise.
        output: Where it is drawn.

    Attributes:
        state: What it knows.
        buffer: prompt_toolkit's own line, which the state follows.
        app: prompt_toolkit's application.
        screen: How it is drawn.
    """

    def __init__(
        self,
        model: str,
        *,
        load: "Callable[[str], Suggester]",
        find: Callable[[str], object],
        open_store: "Callable[[str], PersonalStore]",
        settings: ReplSettings,
        list_models: Callable[[], Sequence[str]] = tuple,
        keep: Callable[[bool], None] | None = None,
        blocked: frozenset[str] = frozenset(),
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._dumb = DumbTerminal() if output is None and is_dumb_terminal() else None
        self.state = PromptState(replace(settings, plain=settings.plain or self._dumb is not None))
        self.state.block(blocked)
        self.state.notify(f"reading {model}")
        self._first_model = model
        self._worker = Worker(self._deliver, load=load, find=find, open_store=open_store)
        self._commands = Commands(self.state, self._worker, keep or (lambda _: None))
        self._asks_to_keep = keep is not None
        self._removed: _Removed | None = None  # what the key of undo brings back
        self._ended: list[str] = []  # what this session gave to the history
        self._terminated: signal.Signals | None = None  # by what
        self._closing = False
        self._asked: Question | None = None
        self._asked_at = 0.0  # seconds
        self._due = False  # whether what is asked has yet to be sent
        self.buffer = _LineBuffer(
            multiline=True,
            tempfile_suffix=".txt",
            enable_history_search=True,
            history=InMemoryHistory(),
            on_text_changed=self._edited,
            on_cursor_position_changed=self._edited,
        )
        self.screen = Screen(self.state, self.buffer, models=list_models)
        self.app: Application[None] = Application(
            layout=Layout(self.screen.windows()),
            key_bindings=self._bindings(settings),
            editing_mode=EditingMode.VI if settings.vi else EditingMode.EMACS,
            cursor=ModalCursorShapeConfig() if settings.vi and self._dumb is None else None,
            input=source,
            output=DummyOutput() if self._dumb is not None else output,
        )
        self._voice = Voice(self.app, self.state, self._dumb)
        self.app.style = make_style(self.app.color_depth, settings)
        self.app.ttimeoutlen = ESCAPE_SECONDS
        self.app.key_processor.after_key_press += self._set_timeout
        self.app.after_render += self._rendered

    def _bindings(self, settings: ReplSettings) -> KeyBindings:
        actions: dict[str, Callable[[], None]] = {
            "accept": self.accept,
            "accept-word": self.accept_word,
            "forward-word": self.forward_word,
            **{f"take-{number}": partial(self.take, number) for number in range(1, MOST_CANDIDATES + 1)},
            "next": partial(self.choose, 1),
            "previous": partial(self.choose, -1),
            "ask": self.ask,
            "dismiss": self.dismiss,
            "remove": self.remove,
            "undo": self.undo,
            "search": self.search,
            "edit": self.edit,
            "history-back": partial(self._recall, self.buffer.auto_up),
            "history-forward": partial(self._recall, self.buffer.auto_down),
            "commit": self.commit,
            "newline": partial(self.type_mark, "\n"),
            "help": self.help,
            "list": self.toggle_list,
            "off-the-record": self.toggle_record,
            "suggestions": self.toggle_suggestions,
            "clear": self.clear,
            "end": self.end,
            "suspend": self.suspend,
            "forward": self.forward,
            "backward": self.buffer.cursor_left,
            "backward-word": self.backward_word,
        }
        return make_bindings(
            settings.keys,
            actions,
            type_mark=self.type_mark,
            selected=lambda: self.screen.shows_selection,
            empty=lambda: not self.buffer.text,
            virtual_space=lambda: self.state.frame.virtual_space,
            leftward=lambda: self.state.frame.leftward,
            within_word=self._takes_digit,
        )

    # Lines, one after another.

    async def run(self) -> None:
        """Prompt for lines until the end."""
        # prompt_toolkit finds its application by a context variable, which the worker's thread lacks.
        self._call_soon = partial(asyncio.get_running_loop().call_soon_threadsafe, context=contextvars.copy_context())
        self._worker.open(self._first_model)
        try:
            # Raw from line to line: what is typed between two is not echoed, and Ctrl-C stays a key.
            with _terminated_by(self._terminate), self.app.input.raw_mode():
                await self._prompt_for_lines()
        finally:
            try:
                # The event loop goes on: what was asked for last may still fail, and that is told.
                self._closing = True
                await asyncio.to_thread(self._worker.close)
            finally:
                if self.state.tally.characters:
                    say(savings(self.state.tally))
        if self._terminated:
            sys.stdout.flush()
            signal.raise_signal(self._terminated)

    async def _prompt_for_lines(self) -> None:
        while not self.state.ended:
            if self._terminated is not None:
                # Lines that were typed ahead are still ended, but none is waited for.
                asyncio.get_running_loop().call_soon(self._leave_line)
            self._begin_line()
            try:
                await self.app.run_async()
            except EOFError:
                if self._dumb is not None:
                    self._dumb.end()
                return
            self._end_line()

    def _terminate(self, by: signal.Signals) -> None:
        """End as by the key for it, and die of the signal once the terminal is as it was."""
        self._terminated = by
        if self.app.is_running and not self.app.is_done:
            self.app.key_processor.feed_multiple(self.app.input.read_keys())
            self.app.key_processor.process_keys()
            self._leave_line()

    def _leave_line(self) -> None:
        if self.app.is_running and not self.app.is_done:
            self.app.exit(exception=EOFError())

    def _begin_line(self) -> None:
        self.buffer.reset()
        self._ask_anew()
        if self._dumb is not None:
            self._dumb.begin()

    def _end_line(self) -> None:
        if self._dumb is not None:
            self._dumb.end()
        self.state.notify("")
        text = self.state.line.text
        if is_command(text):
            self.state.clear()
            self._run_command(text)
            return
        committed = self.state.commit()
        if committed is not None and committed.recorded:
            self._record(committed)
        elif committed is not None and committed.secret:
            self._voice.notify("not remembered: that looks like a secret")

    def _record(self, committed: Committed) -> None:
        self._find_again(committed.text)
        settings = self.state.frame.settings
        if settings.learn or settings.keeps_lines:
            done = self._worker.record(
                committed.text, keys=committed.keys, learn=settings.learn, keep=settings.keeps_lines
            )
            self._when_done(done, self._not_learned)
        elif self._asks_to_keep and settings.history is None:
            self._asks_to_keep = False
            self._voice.say(_KEEP)

    def _find_again(self, line: str) -> None:
        self._ended.append(line)
        self.buffer.history.append_string(line)

    def _read_history(self) -> None:
        """Have the lines of earlier sessions before those of this one."""
        if self.state.frame.settings.keeps_lines:
            self._worker.history().add_done_callback(lambda done: self._call_soon(self._found_history, done))

    def _found_history(self, done: "Future[list[str]]") -> None:
        if done.exception() is not None:  # what is wrong with the database is told with the next answer
            return
        self.buffer.history = InMemoryHistory([*done.result(), *self._ended])
        self.buffer.reset(self.buffer.document)  # what has been written meanwhile stays
        self.app.invalidate()  # the next drawing reads them

    def _run_command(self, line: str) -> None:
        try:
            said = self._commands.run(line)
        except AutocompleteError as error:
            self._voice.refuse(Trouble.of(error))
            # What was meant as text, or mistyped, comes back with the key for the line before.
            if self.state.remembers(line):
                self._find_again(line)
            return
        if isinstance(said, Later):
            self._when_done(said.done, partial(self._done, said))
        elif said:
            self._voice.say(said)

    def _done(self, asked: Later, error: BaseException | None) -> None:
        if error is None:
            self._voice.say(asked.said)
            if asked.forgets and self.state.frame.settings.keeps_lines:
                self._ended.clear()  # what is left of them was kept too
            self._read_history()
        else:
            asked.failed()
            self._voice.refuse(_trouble(error))
        self.app.invalidate()

    # What the worker is asked and says.

    def _ask(self) -> None:
        """Have the question of the frame ready to be sent, unless it was asked last."""
        question = self.state.frame.question
        if question != self._asked or question is None:
            self._asked, self._asked_at, self._due = question, time.perf_counter(), True

    def _ask_anew(self) -> None:
        """Have it ready, even if it was asked last: its answer has been dropped."""
        self._asked = None
        self._ask()

    def _rendered(self, _: object) -> None:
        if not self.app.is_done:
            self.state.drawn(max(self.screen.shown, bool(self.screen.ghost)))
        # Once the key has been drawn: drawing need not share the interpreter with the model.
        if self._due and not self.app.is_done:
            self._due = False
            self._worker.ask(self._asked)

    def _deliver(self, event: EngineEvent) -> None:
        self._call_soon(self._received, event)

    def _when_done(self, done: "Future[Any]", tell: Callable[[BaseException | None], None]) -> None:
        """Tell in the event loop's thread why something failed, or None once it has been done."""
        done.add_done_callback(lambda done: self._call_soon(tell, done.exception()))

    def _received(self, event: EngineEvent) -> None:
        match event:
            case Answer():
                self._answered(event)
            case AskFailed(question, trouble):
                self.state.failed(question, trouble.cause)
                if self.state.trouble:
                    self._voice.warn("no suggestions", trouble)
            case Warned(notice, trouble):
                self.state.notify(notice)
                self._voice.warn(notice, trouble)
            case LoadFailed(name, trouble):
                notice = f"{name} cannot be used"
                self.state.not_loaded(notice, trouble.cause)
                self._voice.warn(notice, trouble, again=True)  # for it was asked for
            case Loaded(name, syntax):
                self.state.loaded(name, syntax)
                if self.state.frame.settings.learn and not self._closing:
                    self._when_done(self._worker.can_learn(), self._not_learned)
                if not self._closing:
                    self._read_history()
                self._ask_anew()
        self.app.invalidate()

    def _answered(self, answer: Answer) -> None:
        shown = self.state.answered(answer, seconds=time.perf_counter() - self._asked_at)
        if shown and self._voice.awaited:
            self._voice.read_candidates()

    def _not_learned(self, error: BaseException | None) -> None:
        if error is not None:
            self._received(Warned("not learned", _trouble(error)))

    # What the keys do.

    def _edited(self, _: Buffer) -> None:
        self._voice.awaited = False
        change = self.state.undone if self.buffer.undoing else self.state.edited
        change(self.buffer.text, self.buffer.cursor_position)
        self._ask()
        if self._dumb is not None:
            self._dumb.show(self.buffer.text)

    def _apply(self, edit: Edit | None) -> None:
        if edit is not None:
            self.buffer.save_to_undo_stack()
            self.buffer.document = Document(edit.text, edit.cursor)
            self._ask()  # a space typed over a virtual one changes no text

    def accept(self) -> None:
        """Take the whole suggestion."""
        self._apply(self.state.accept())

    def accept_word(self) -> None:
        """Take a word of what is shown or was chosen, or the name of a command; show something where nothing is."""
        if self.state.frame.command:
            self.buffer.save_to_undo_stack()
            text = completed(self.buffer.text, self.screen.models)
            self.buffer.document = Document(text, len(text))
        elif self.screen.shows_selection or self.screen.shows_choice:
            self._apply(self.state.accept_word())
        else:
            self.ask()

    def forward_word(self) -> None:
        """Take a word of the ghost; where there is none, go to the end of the next word."""
        if self.screen.shows_selection and not self.state.frame.command:
            self._apply(self.state.accept_word())
        else:
            self.buffer.cursor_position += self.buffer.document.find_next_word_ending() or 0

    def backward_word(self) -> None:
        """Go to the beginning of the word before."""
        self.buffer.cursor_position += self.buffer.document.find_previous_word_beginning() or 0

    def forward(self) -> None:
        """Take what is selected where it can be seen; else go on by a character."""
        if self.screen.shows_selection:
            self.accept()
        else:
            self.buffer.cursor_right()

    def take(self, number: int) -> None:
        """Take a candidate by its number, where it was shown."""
        if number <= self.screen.shown:
            self._apply(self.state.take(number))

    def _takes_digit(self, number: int) -> bool:
        """Whether a digit takes the candidate of that number: letters stand before it, and the candidate is shown."""
        frame = self.state.frame
        if not frame.before[-1:].isalpha() or number > self.screen.shown or not frame.settled:
            return False
        return frame.candidates[number - 1].suggestion.kind == "complete"

    def choose(self, step: int) -> None:
        """Choose the next candidate, or the one before."""
        frame = self.state.frame
        self.state.choose(step, among=len(frame.candidates) if frame.settings.plain else self.screen.shown)
        if frame.settings.plain:
            self._voice.read_choice()

    def ask(self) -> None:
        """Suggest now, whatever the threshold."""
        self.state.ask()
        self._ask()
        frame = self.state.frame
        if frame.settings.plain and frame.settled:
            self._voice.read_candidates()
        else:
            self._voice.awaited = frame.settings.plain

    def remove(self) -> None:
        """Suggest what is chosen, or shown first, no more: what was learned of it goes, or the word is blocked."""
        frame = self.state.frame
        shown = frame.selected or next(iter(frame.candidates[: self.screen.shown]), None)
        if shown is None or not shown.ready:
            self._voice.notify("nothing is shown that could be removed")
            return
        text = shown.suggestion.text
        if len(text.split()) == 1:
            self.state.block(frozenset([text]))  # it may stand in this session's lines too
        else:  # and each of several words may be wanted
            self.state.hide(text)
        done = self._worker.remove(text)
        self._removed = _Removed(text, self.buffer.text, done)
        self._when_done(done, partial(self._told_removed, self._removed))
        self._ask()

    def _told_removed(self, removed: "_Removed", error: BaseException | None) -> None:
        if error is None:
            undo = self.state.frame.settings.keys["undo"][:1]
            back = f": {undo[0]} takes that back" if undo else ""
            session = "" if removed.done.result().lasts else " in this session"
            self._voice.notify(f"'{removed.text}' is suggested no more{session}{back}")
        else:
            self._removed = None
            self.state.unblock(removed.text)
            self.state.unhide(removed.text)
            self._voice.refuse(_trouble(error))
        self._ask_anew()
        self.app.invalidate()

    def undo(self) -> None:
        """Undo the last change of the line; or the removal of a word, if nothing was written since."""
        removed, self._removed = self._removed, None
        if removed is None or removed.line != self.buffer.text:
            self.buffer.undo()
        else:
            self._when_done(self._worker.restore(removed.done), partial(self._told_restored, removed.text))

    def _told_restored(self, text: str, error: BaseException | None) -> None:
        if error is None:
            self.state.unblock(text)
            self.state.unhide(text)
            self._voice.notify(f"'{text}' is suggested again")
        else:
            self._voice.refuse(_trouble(error))
        self._ask_anew()
        self.app.invalidate()

    def dismiss(self) -> None:
        """Suggest nothing until the next word."""
        self.state.dismiss()
        self._ask()

    def _recall(self, move: Callable[[], None]) -> None:
        """Go to another line of the history."""
        text = self.buffer.text
        move()
        if self.buffer.text != text:
            self.state.recalled()

    def commit(self) -> None:
        """End the line."""
        edit = self.state.finish()
        if self._dumb is None:
            self.buffer.document = Document(edit.text, edit.cursor)
        self.app.exit()

    def type_mark(self, mark: str) -> None:
        """Type a mark, a space or a line break over a virtual space."""
        self._apply(self.state.typed(mark))

    def help(self) -> None:
        """Show keys and commands below the line, until the same key or Escape; above it where nothing is drawn."""
        settings = self.state.frame.settings
        if settings.plain:
            self._voice.say(help_text(settings.keys))
        else:
            self.state.toggle_help()

    def edit(self) -> None:
        """Have the line written in the person's editor."""
        self.buffer.open_in_editor()

    def search(self) -> None:
        """Look for a line that was ended before."""
        start_search(direction=SearchDirection.BACKWARD)

    def toggle_list(self) -> None:
        """Show candidates below each other, or in a row."""
        settings = self.state.frame.settings
        if settings.plain:
            self._voice.say("candidates are listed when you ask for them")
        else:
            self.state.configure(list=not settings.list)

    def toggle_record(self) -> None:
        """Forget what is committed at once, or remember it."""
        self.state.toggle_record()
        frame = self.state.frame
        if frame.settings.plain:  # elsewhere the toolbar shows it
            self._voice.say("off the record" if frame.off_the_record else "on the record")

    def toggle_suggestions(self) -> None:
        """Switch suggestions on or off."""
        self.state.toggle_suggestions()
        self._ask()
        frame = self.state.frame
        if frame.settings.plain:
            self._voice.say("suggestions on: choose among them" if frame.suggesting else "suggestions off")

    def clear(self) -> None:
        """Begin the line anew."""
        if self.buffer.text:
            self.state.notify("")
        else:
            end_key = self.state.frame.settings.keys["end"][:1]
            self._voice.notify(f"{end_key[0]} ends" if end_key else "/quit ends")
        self.state.clear()
        self.buffer.reset(self.buffer.document)  # behind the newest line of the history, wherever it was
        self.buffer.save_to_undo_stack()
        self.buffer.document = Document()
        self._ask_anew()

    def end(self) -> None:
        """End the prompt."""
        self.app.exit(exception=EOFError())

    def suspend(self) -> None:
        """Give the terminal back to the shell, until it brings us to the foreground again."""
        if sys.platform != "win32":  # where no shell brings a program back
            run_in_terminal(self._stand_still)

    def _stand_still(self) -> None:
        began = time.perf_counter()
        os.kill(0, signal.SIGTSTP)  # the whole pipeline; back once the shell lets it go on
        self._asked_at += time.perf_counter() - began  # nobody waited

    def _set_timeout(self, keys: KeyProcessor) -> None:
        escape = [press.key for press in keys.key_buffer] == ["escape"]
        self.app.timeoutlen = ESCAPE_SECONDS if escape else SEQUENCE_SECONDS


class _Removed(NamedTuple):
    """What a key removed.

    Attributes:
        text: As it was shown.
        line: The line at that time.
        done: What it takes to have it back.
    """

    text: str
    line: str
    done: "Future[Removal]"


class _LineBuffer(Buffer):
    """prompt_toolkit's line, which knows what is an undo: by whatever key, it is none that was pressed to write.

    Attributes:
        undoing: Whether it changes by one.
    """

    undoing = False

    def undo(self) -> None:
        """Undo the last change."""
        self.undoing = True
        try:
            super().undo()
        finally:
            self.undoing = False


def _trouble(error: BaseException) -> Trouble:
    """Say why the worker could not do what was asked for, and what helps at this prompt."""
    if isinstance(error, NoModelError):
        return Trouble(error.cause, "Choose one that can be with '/model NAME'.")
    return Trouble.of(error)


@contextmanager
def _terminated_by(end: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Within this, a request to terminate calls a function, as does a terminal that closes.

    On Windows, whose event loops take no signals, a request just ends the process.
    """
    if sys.platform == "win32":
        yield
        return
    loop = asyncio.get_running_loop()

    def hung_up(_number: int, _frame: FrameType | None) -> None:
        leave_lost_terminal()  # at once: what the event loop does next may be to draw
        loop.call_soon_threadsafe(end, signal.SIGHUP)

    loop.add_signal_handler(signal.SIGTERM, end, signal.SIGTERM)
    usual = signal.getsignal(signal.SIGHUP)
    if hears_hangup():
        signal.signal(signal.SIGHUP, hung_up)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGHUP, usual)
