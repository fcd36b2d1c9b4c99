"""The model as the prompt's own thread sees it: asked from the event loop, and answering into it."""

import asyncio
import contextvars
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from autocomplete.interface.repl.answers import Answer, Committed, Question
from autocomplete.interface.repl.worker import Completer, Event, Store, Trouble, Warned, Worker


class ModelLink:
    """Hands questions to the worker, and its events to the event loop.

    Args:
        load: Opens a model, in the worker's thread.
        find: Fails at once where a name is no model's.
        open_store: Opens what was learned beside a model.
        received: Takes every event, in the event loop's thread.
    """

    def __init__(
        self,
        *,
        load: Callable[[str], Completer],
        find: Callable[[str], object],
        open_store: Callable[[str], Store],
        received: Callable[[Event], None],
    ) -> None:
        self._load, self._find, self._received = load, find, received
        self._worker = Worker(self._deliver, open_store)
        self._asked: Question | None = None
        self._asked_at = 0.0  # seconds
        self._due = False
        self._closing = False

    def start(self, model: str) -> None:
        """Begin in the running event loop, with a model."""
        # prompt_toolkit finds its application by a context variable, which the worker's thread lacks.
        self._call_soon = partial(asyncio.get_running_loop().call_soon_threadsafe, context=contextvars.copy_context())
        self._worker.open(model, lambda: self._load(model))

    def close(self) -> None:
        """End, once everything but questions has been done."""
        self._closing = True
        self._worker.close()

    def ask(self, question: Question | None) -> None:
        """Have a question ready to be sent, unless it was asked last."""
        if question != self._asked or question is None:
            self._asked = question
            self._asked_at = time.perf_counter()
            self._due = True

    def send(self) -> None:
        """Send the question, once the key has been drawn: drawing need not share the interpreter with the model."""
        if self._due:
            self._due = False
            self._worker.ask(self._asked)

    def ask_anew(self, question: Question | None) -> None:
        """Have a question ready, even if it was asked last: its answer has been dropped."""
        self._asked = None
        self.ask(question)

    def seconds_to(self, answer: Answer) -> float | None:
        """Seconds since the question was asked; None if something else was asked since."""
        return time.perf_counter() - self._asked_at if answer.question == self._asked else None

    def stood_still(self, seconds: float) -> None:
        """Leave out of what is measured that nothing went on for a time."""
        self._asked_at += seconds

    def open(self, name: str) -> None:
        """Read another model, and use it once it is there; a ModelError where there is none."""
        self._find(name)
        self._worker.open(name, lambda: self._load(name))

    def forget(self, words: Sequence[str]) -> "Future[None]":
        """Never suggest words again, and learn them no more."""
        return self._worker.forget(words)

    def can_learn(self) -> "Future[bool]":
        """Fail where the model cannot learn."""
        return self._worker.do(lambda completer: completer.learn(""))

    def warn_unless_it_learns(self) -> None:
        """Tell where the model cannot learn, unless the end has come before the model."""
        if not self._closing:
            self.when_done(self.can_learn(), self._warn)

    def record(self, committed: Committed) -> None:
        """Learn a committed line, and count its keystrokes."""
        self.when_done(self._worker.record(committed), self._warn)

    def when_done(self, done: "Future[Any]", tell: Callable[[BaseException | None], None]) -> None:
        """Tell in the event loop's thread why something failed, or None once it has been done."""
        done.add_done_callback(lambda done: self._call_soon(tell, done.exception()))

    def _warn(self, error: BaseException | None) -> None:
        if error is not None:
            self._received(Warned("not learned", Trouble.of(error)))

    def _deliver(self, event: Event) -> None:
        self._call_soon(self._received, event)
