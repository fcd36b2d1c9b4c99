"""The prompt itself: session, worker, keys and screen put together as a prompt_toolkit application."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding.key_processor import KeyProcessor
from prompt_toolkit.layout import Layout
from prompt_toolkit.output import DummyOutput, Output
from prompt_toolkit.utils import is_dumb_terminal

from autocomplete.errors import AutocompleteError
from autocomplete.interface.repl.answers import Answer, Committed
from autocomplete.interface.repl.commands import Later, command_names, completed, key_help, run_command
from autocomplete.interface.repl.keys import make_bindings
from autocomplete.interface.repl.line import Edit
from autocomplete.interface.repl.link import ModelLink
from autocomplete.interface.repl.screen import savings
from autocomplete.interface.repl.session import Session, is_command
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.interface.repl.situation import Situation
from autocomplete.interface.repl.typewriter import Typewriter
from autocomplete.interface.repl.view import View, make_style
from autocomplete.interface.repl.voice import Voice
from autocomplete.interface.repl.worker import AskFailed, Completer, Event, Loaded, LoadFailed, Store, Trouble, Warned
from autocomplete.interface.terminal import hears_hangup, leave_lost_terminal, say

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
        open_store: Opens what was learned beside a model.
        settings: How it looks and behaves.
        source: Where keys come from; the terminal unless told otherwise.
        output: Where it is drawn.

    Attributes:
        session: What it knows.
        buffer: prompt_toolkit's own line, which the session follows.
        app: prompt_toolkit's application.
        situation: What it is in beside the text.
        view: How it is drawn.
    """

    def __init__(
        self,
        model: str,
        *,
        load: Callable[[str], Completer],
        find: Callable[[str], object],
        open_store: Callable[[str], Store],
        settings: ReplSettings,
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.session = Session(k=settings.k, words=settings.words, mode=settings.mode)
        self._link = ModelLink(load=load, find=find, open_store=open_store, received=self._received)
        self._typewriter = Typewriter() if output is None and is_dumb_terminal() else None
        self.situation = Situation(
            self.session,
            self._link,
            settings,
            notice=f"reading {model}",
            plain=settings.plain or self._typewriter is not None,
            learning=settings.learn,
            listing=settings.list,
        )
        # A screen reader would read what comes unasked.
        self.session.suggesting = not self.situation.plain
        self._first_model = model
        self._terminated: signal.Signals | None = None  # by what
        self.buffer = Buffer(
            multiline=True,
            history=InMemoryHistory(),
            on_text_changed=self._edited,
            on_cursor_position_changed=self._edited,
        )
        self.view = View(self.situation, self.buffer, columns=lambda: self.app.output.get_size().columns)
        self.app: Application[None] = Application(
            layout=Layout(self.view.windows()),
            key_bindings=make_bindings(self, settings.keys),
            editing_mode=EditingMode.VI if settings.vi else EditingMode.EMACS,
            input=source,
            output=DummyOutput() if self._typewriter is not None else output,
        )
        self._voice = Voice(self.app, self.situation, self._typewriter)
        self.app.style = make_style(self.app.color_depth, settings)
        self.app.ttimeoutlen = ESCAPE_SECONDS
        self.app.key_processor.after_key_press += self._set_timeout
        self.app.after_render += self._rendered

    # Lines, one after another.

    async def run(self) -> None:
        """Prompt for lines until the end."""
        self._link.start(self._first_model)
        try:
            # Raw from line to line: what is typed between two is not echoed, and Ctrl-C stays a key.
            with _terminated_by(self._terminate), self.app.input.raw_mode():
                await self._prompt_for_lines()
        finally:
            try:
                # The event loop goes on: what was asked for last may still fail, and that is told.
                await asyncio.to_thread(self._link.close)
            finally:
                if self.session.tally.characters:
                    say(savings(self.session.tally))
        if self._terminated:
            sys.stdout.flush()
            signal.raise_signal(self._terminated)

    async def _prompt_for_lines(self) -> None:
        while not self.situation.ended:
            if self._terminated is not None:
                # Lines that were typed ahead are still ended, but none is waited for.
                asyncio.get_running_loop().call_soon(self._leave_line)
            self._begin_line()
            try:
                await self.app.run_async()
            except EOFError:
                if self._typewriter is not None:
                    self._typewriter.end()
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
        self._link.ask_anew(self.session.question())
        if self._typewriter is not None:
            self._typewriter.begin()

    def _end_line(self) -> None:
        if self._typewriter is not None:
            self._typewriter.end()
        self.situation.notice = ""
        text = self.session.line.text
        if not is_command(text):
            committed = self.session.commit()
            if committed is not None and committed.recorded:
                self._record(committed)
            elif committed is not None and committed.secret:
                self._voice.notify("not remembered: that looks like a secret")
            return
        self.session.clear()
        try:
            said = run_command(self.situation, text)
        except AutocompleteError as error:
            self._voice.refuse(Trouble.of(error))
            # What was meant as text, or mistyped, comes back with the key for the line before.
            if self.session.remembers(text):
                self.buffer.history.append_string(text)
        else:
            if isinstance(said, Later):
                self._link.when_done(said.done, partial(self._done, said))
            elif said:
                self._voice.say(said)

    def _done(self, asked: Later, error: BaseException | None) -> None:
        if error is None:
            self._voice.say(asked.said)
        else:
            asked.failed()
            self._voice.refuse(Trouble.of(error))
        self.app.invalidate()

    def _record(self, committed: Committed) -> None:
        self.buffer.history.append_string(committed.text)
        if self.situation.learning:
            self._link.record(committed)

    # What the worker says.

    def _received(self, event: Event) -> None:
        if isinstance(event, Answer):
            self._answered(event)
        elif isinstance(event, AskFailed):
            self.session.failed(event.question, event.trouble.cause)
            if self.session.trouble:
                self._voice.warn("no suggestions", event.trouble)
        elif isinstance(event, Warned):
            self.situation.notice = event.notice
            self._voice.warn(event.notice, event.trouble)
        elif isinstance(event, LoadFailed):
            self.situation.notice = f"{event.name} cannot be used"
            self._voice.warn(self.situation.notice, event.trouble, again=True)  # for it was asked for
            if not self.situation.model_name:
                self.session.trouble = event.trouble.cause
        elif isinstance(event, Loaded):
            self.situation.model_name = event.name
            self.situation.notice = "" if event.has_threshold else "this model suggests nothing unasked"
            if self.situation.learning:
                self._link.warn_unless_it_learns()
            self.session.trouble = ""
            self.session.forget_answers()
            self._link.ask_anew(self.session.question())
        self.app.invalidate()

    def _answered(self, answer: Answer) -> None:
        self.session.answered(answer)
        seconds = self._link.seconds_to(answer)
        if seconds is not None:
            self.situation.latencies.append(seconds)
            if self._voice.awaited:
                self._voice.read_candidates()

    def _ask(self) -> None:
        self._link.ask(self.session.question())

    def _rendered(self, _: object) -> None:
        if not self.app.is_done:
            self._link.send()

    # What the keys do.

    def _edited(self, _: Buffer) -> None:
        self._voice.awaited = False
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
        """Take a word of what is shown or was chosen, or the name of a command; show something where nothing is."""
        if is_command(self.buffer.text):
            self.buffer.save_to_undo_stack()
            text = completed(self.buffer.text)
            self.buffer.document = Document(text, len(text))
        elif self.view.shows_selection or self.view.shows_choice:
            self._apply(self.session.accept_word())
        else:
            self.ask()

    def take(self, number: int) -> None:
        """Take a candidate by its number, where it was shown."""
        if number <= self.view.shown:
            self._apply(self.session.take(number))

    def choose(self, step: int) -> None:
        """Choose the next candidate, or the one before."""
        plain = self.situation.plain
        self.session.choose(step, among=len(self.session.candidates) if plain else self.view.shown)
        if plain:
            self._voice.read_choice()

    def ask(self) -> None:
        """Suggest now, whatever the threshold."""
        self.session.ask()
        self._ask()
        if self.situation.plain and self.session.settled:
            self._voice.read_candidates()
        else:
            self._voice.awaited = self.situation.plain

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
        if self._typewriter is None:
            self.buffer.document = Document(edit.text, edit.cursor)
        self.app.exit()

    def type_mark(self, mark: str) -> None:
        """Type a mark, a space or a line break over a virtual space."""
        self._apply(self.session.typed(mark))

    def help(self) -> None:
        """Show keys and commands."""
        self._voice.say(f"{key_help(self.situation.settings.keys)}\n\n{command_names()}")

    def toggle_list(self) -> None:
        """Show candidates below each other, or in a row."""
        if self.situation.plain:
            self._voice.say("candidates are listed when you ask for them")
        else:
            self.situation.listing = not self.situation.listing

    def toggle_record(self) -> None:
        """Forget what is committed at once, or remember it."""
        self.session.off_the_record = not self.session.off_the_record
        if self.situation.plain:  # elsewhere the toolbar shows it
            self._voice.say("off the record" if self.session.off_the_record else "on the record")

    def toggle_suggestions(self) -> None:
        """Switch suggestions on or off."""
        self.session.toggle_suggestions()
        self._ask()
        if self.situation.plain:
            self._voice.say("suggestions on: choose among them" if self.session.suggesting else "suggestions off")

    def clear(self) -> None:
        """Begin the line anew."""
        if not self.buffer.text:
            end_key = self.situation.settings.keys["end"][:1]
            self._voice.notify(f"{end_key[0]} ends" if end_key else "/quit ends")
        self.session.clear()
        self.buffer.save_to_undo_stack()
        self.buffer.document = Document()
        self._link.ask_anew(self.session.question())

    def end(self) -> None:
        """End the session."""
        self.app.exit(exception=EOFError())

    def suspend(self) -> None:
        """Give the terminal back to the shell, until it brings us to the foreground again."""
        if sys.platform != "win32":  # where no shell brings a program back
            run_in_terminal(self._stand_still)

    def _stand_still(self) -> None:
        began = time.perf_counter()
        os.kill(0, signal.SIGTSTP)  # the whole pipeline; back once the shell lets it go on
        self._link.stood_still(time.perf_counter() - began)

    def _set_timeout(self, keys: KeyProcessor) -> None:
        escape = [press.key for press in keys.key_buffer] == ["escape"]
        self.app.timeoutlen = ESCAPE_SECONDS if escape else SEQUENCE_SECONDS


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
