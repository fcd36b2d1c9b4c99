"""The one thread that loads the model and asks it, so that typing never waits. The newest question wins."""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from autocomplete.bundle import Manifest
from autocomplete.errors import AutocompleteError
from autocomplete.interface.repl.answers import Answer, Committed, Question
from autocomplete.predict.suggestion import Mode, Suggestion

Result = TypeVar("Result")


class Store(Protocol):
    """What was learned from the person, beside the model; a `PersonalStore`."""

    @property
    def fault(self) -> AutocompleteError | None:
        """Why predictions do without it, if they do."""

    def learn(self, line: str) -> bool:
        """Keep the words of a line on the disk."""

    def forget(self, words: Iterable[str]) -> None:
        """Never suggest words again."""

    def count_line(self, *, characters: int, keys: int) -> None:
        """Add to the day's keystrokes."""

    def close(self) -> None:
        """Let the database go."""


class Completer(Protocol):
    """What the prompt needs of a `Suggester`. It is no thread's but the worker's."""

    @property
    def manifest(self) -> Manifest:
        """What the model is."""

    @property
    def threshold(self) -> float:
        """Suggestions at least so probable may be shown unasked."""

    @property
    def personal(self) -> Store | None:
        """What was learned, where the model is a folder's."""

    def suggest(
        self, text: str, *, k: int, mode: Mode, words: int, context: str, blocked: Collection[str]
    ) -> Sequence[Suggestion]:
        """Return up to `k` suggestions, most likely first."""

    def learn(self, line: str) -> bool:
        """Keep the words of a line on the disk."""

    def forget(self, words: Iterable[str]) -> None:
        """Never suggest words again."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model is ready.

    Attributes:
        name: As it was asked for.
        has_threshold: Whether it is ever sure enough to suggest unasked.
    """

    name: str
    has_threshold: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something failed.

    Attributes:
        cause: Why, in words.
        cure: What to do about it; possibly empty.
    """

    cause: str
    cure: str = ""

    @classmethod
    def of(cls, error: BaseException) -> "Trouble":
        """Say in words why something failed, and what to do about it where that is known."""
        if isinstance(error, AutocompleteError):
            return cls(error.cause, error.cure)
        return cls(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)

    def __str__(self) -> str:
        return f"{self.cause}\n{self.cure}".rstrip()


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model of a name cannot be used; the one before stays."""

    name: str
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class AskFailed:
    """A question could not be answered."""

    question: Question
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Warned:
    """Suggestions come, though something is wrong: what, in a few words, and why."""

    notice: str
    trouble: Trouble


Event = Loaded | LoadFailed | AskFailed | Warned | Answer


class Worker:
    """Answers questions one after another, each only while it is the newest, and does other work in between.

    What a person writes does not wait for a model that is still being read, for it may never be: until the first is
    there, lines are learned and words forgotten in its store alone, by a second thread.

    Args:
        deliver: Takes every event, in the worker's thread.
        open_store: Opens what was learned beside the model of a name.
    """

    def __init__(self, deliver: Callable[[Event], None], open_store: Callable[[str], Store]) -> None:
        self._deliver = deliver
        self._open_store = open_store
        self._name = ""  # of the model asked for last
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._before_model = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._completer: Completer | None = None
        self._newest: Question | None = None
        self._fault: AutocompleteError | None = None

    def open(self, name: str, load: Callable[[], Completer]) -> None:
        """Load a model and use it from then on."""
        self._name = name
        self._thread.submit(self._open, name, load)

    def ask(self, question: Question | None) -> None:
        """Answer a question, and none that was asked before."""
        self._newest = question
        if question is not None:
            self._thread.submit(self._answer, question)

    def do(self, work: Callable[[Completer], Result]) -> "Future[Result]":
        """Have something else done with the model, in the order it was asked for."""
        return self._thread.submit(self._with_model, work)

    def record(self, committed: Committed) -> "Future[None]":
        """Learn a committed line, and count its keystrokes."""
        if self._completer is None:
            return self._before_model.submit(self._with_store, self._name, lambda store: _keep(committed, store, store))
        return self.do(lambda completer: _keep(committed, completer, completer.personal))

    def forget(self, words: Sequence[str]) -> "Future[None]":
        """Never suggest words again, and learn them no more."""
        if self._completer is None:
            return self._before_model.submit(self._with_store, self._name, lambda store: store.forget(words))
        return self.do(lambda completer: completer.forget(words))

    def close(self) -> None:
        """End, once everything but questions has been done."""
        self._newest = None
        self._before_model.shutdown(wait=True)
        self._thread.submit(self._leave)
        self._thread.shutdown(wait=True)

    def _open(self, name: str, load: Callable[[], Completer]) -> None:
        try:
            completer = load()
        except Exception as error:
            self._deliver(LoadFailed(name, Trouble.of(error)))
            return
        self._leave()
        self._completer = completer
        self._deliver(Loaded(name, completer.manifest.threshold is not None))

    def _answer(self, question: Question) -> None:
        # Several keys may have been pressed since; what they asked for waits behind this.
        completer = self._completer
        if question is not self._newest or completer is None:
            return
        try:
            answer = _answered(question, completer)
        except Exception as error:
            self._deliver(AskFailed(question, Trouble.of(error)))
            return
        if question is self._newest:
            self._deliver(answer)
        fault = completer.personal.fault if completer.personal is not None else None
        if fault is not None and fault is not self._fault:
            self._fault = fault
            self._deliver(Warned("nothing learned is used", Trouble.of(fault)))

    def _with_model(self, work: Callable[[Completer], Result]) -> Result:
        if self._completer is None:
            raise AutocompleteError("No model has been read yet.", "Choose one that can be with '/model NAME'.")
        return work(self._completer)

    def _with_store(self, name: str, work: Callable[[Store], None]) -> None:
        store = self._open_store(name)
        try:
            work(store)
        finally:
            store.close()

    def _leave(self) -> None:
        if self._completer is not None and self._completer.personal is not None:
            self._completer.personal.close()
        self._completer = None


def _keep(committed: Committed, learner: Completer | Store, store: Store | None) -> None:
    learner.learn(committed.text)
    if store is not None:
        store.count_line(characters=len(committed.text), keys=committed.keys)


def _answered(question: Question, completer: Completer) -> Answer:
    ask = partial(
        completer.suggest,
        question.text,
        k=question.k,
        mode=question.mode,
        context=_context(question, completer.manifest),
        blocked=question.blocked,
    )
    words = ask(words=1)
    found = words if question.words == 1 else ask(words=question.words)
    confidences = tuple(_first_word(item, words).probability for item in found)
    return Answer(question, tuple(found), confidences, completer.threshold)


def _first_word(phrase: Suggestion, words: Sequence[Suggestion]) -> Suggestion:
    """Find the suggested word that a phrase begins with."""
    beginnings = (word for word in words if phrase.result.startswith(word.result))
    return max(beginnings, key=lambda word: len(word.result), default=phrase)


def _context(question: Question, manifest: Manifest) -> str:
    """Return the committed lines as the model's text has them: lines, or paragraphs with a blank line between."""
    end = "\n" if manifest.layout == "lines" else "\n\n"
    return "".join(line + end for line in question.lines)
