"""The one thread that loads a model and asks it, so that nobody who types waits. The newest question wins."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from autocomplete.engine.asking import context_of
from autocomplete.engine.protocol import Answer, Question
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.text.syntax import Syntax

if TYPE_CHECKING:  # NumPy, which those who ask do not wait for
    from autocomplete.learned.store import PersonalStore, Removal
    from autocomplete.predict.suggester import Suggester
    from autocomplete.predict.suggestion import Suggestion

Result = TypeVar("Result")


class NoModelError(AutocompleteError):
    """There is no model yet with which to do what was asked."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model is ready.

    Attributes:
        name: As it was asked for.
        syntax: How it cuts what is written.
    """

    name: str
    syntax: Syntax = "prose"


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


EngineEvent = Loaded | LoadFailed | AskFailed | Warned | Answer


class Worker:
    """Answers questions one after another, each only while it is the newest, and does other work in between.

    Any thread may ask, but only one at a time. What a person writes does not wait for a model that is still being
    read, for it may never be: until the first is there, lines are learned and words forgotten in its store alone, by a
    second thread.

    Args:
        deliver: Takes every event, in the worker's thread.
        load: Opens a model, in the worker's thread.
        find: Fails with a ModelError where a name is no model's; called in the thread that asks.
        open_store: Opens what was learned beside the model of a name.
    """

    def __init__(
        self,
        deliver: Callable[[EngineEvent], None],
        *,
        load: "Callable[[str], Suggester]",
        find: Callable[[str], object],
        open_store: "Callable[[str], PersonalStore]",
    ) -> None:
        self._deliver = deliver
        self._load, self._find, self._open_store = load, find, open_store
        self._name = ""  # of the model asked for last
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._before_model = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._suggester: Suggester | None = None
        self._newest: Question | None = None
        self._told: list[AutocompleteError] = []  # what was delivered as a warning

    def open(self, name: str) -> None:
        """Load a model and use it once it is there; a ModelError at once where there is none of that name."""
        self._find(name)
        self._name = name
        self._thread.submit(self._open, name)

    def ask(self, question: Question | None) -> None:
        """Answer a question, and none that was asked before."""
        self._newest = question
        if question is not None:
            self._thread.submit(self._answer, question)

    def do(self, work: "Callable[[Suggester], Result]") -> "Future[Result]":
        """Have something else done with the model, in the order it was asked for."""
        return self._thread.submit(self._with_model, work)

    def forget(self, words: Sequence[str]) -> "Future[None]":
        """Never suggest words again, and learn them no more."""
        if self._suggester is None:
            return self._before_model.submit(self._with_store, self._name, lambda store: store.forget(words))
        return self.do(lambda suggester: suggester.forget(words))

    def remove(self, text: str) -> "Future[Removal]":
        """Have a word that was suggested be suggested no more: what was learned of it goes, else it is blocked."""
        return self.do(lambda suggester: suggester.remove(text))

    def restore(self, removal: "Future[Removal]") -> "Future[None]":
        """Take a removal back that was asked for before."""
        return self.do(lambda suggester: suggester.restore(removal.result()))

    def can_learn(self) -> "Future[bool]":
        """Fail where the model cannot learn."""
        return self.do(lambda suggester: suggester.learn(""))

    def record(self, line: str, *, keys: int, learn: bool = True, keep: bool = False) -> "Future[None]":
        """Learn a line that was ended and count the keys that it took, keep it for the history, or both."""
        record = partial(_record, line, keys, learn=learn, keep=keep)
        if self._suggester is None:
            return self._before_model.submit(self._with_store, self._name, lambda store: record(store, store))
        return self.do(lambda suggester: record(suggester, suggester.personal))

    def history(self) -> "Future[list[str]]":
        """The lines that were kept of earlier sessions, oldest first."""
        return self.do(lambda suggester: [] if suggester.personal is None else suggester.personal.lines())

    def close(self) -> None:
        """End, once everything but questions has been done."""
        self._newest = None
        self._before_model.shutdown(wait=True)
        self._thread.submit(self._leave)
        self._thread.shutdown(wait=True)

    def _open(self, name: str) -> None:
        try:
            suggester = self._load(name)
        except Exception as error:
            self._deliver(LoadFailed(name, Trouble.of(error)))
            return
        from autocomplete.text.tokenizer import Tokenizer

        self._leave()
        self._suggester = suggester
        manifest = suggester.manifest
        tokenizer = Tokenizer(manifest.level, manifest.layout, manifest.pretokenized)
        self._deliver(Loaded(name, tokenizer.syntax))

    def _answer(self, question: Question) -> None:
        # Several keys may have been pressed since; what they asked for waits behind this.
        suggester = self._suggester
        if question is not self._newest or suggester is None:
            return
        try:
            answer = _answered(question, suggester)
        except Exception as error:
            self._deliver(AskFailed(question, Trouble.of(error)))
            return
        if question is self._newest:
            self._deliver(answer)
        for fault in suggester.faults:
            if fault not in self._told:
                self._told.append(fault)
                learned = suggester.personal is not None and fault is suggester.personal.fault
                notice = "nothing learned is used" if learned else "not all that you pinned is used"
                self._deliver(Warned(notice, Trouble.of(fault)))

    def _with_model(self, work: "Callable[[Suggester], Result]") -> Result:
        if self._suggester is None:
            raise NoModelError("No model has been read yet.", "Choose one that can be.")
        return work(self._suggester)

    def _with_store(self, name: str, work: "Callable[[PersonalStore], None]") -> None:
        store = self._open_store(name)
        try:
            work(store)
        finally:
            store.close()

    def _leave(self) -> None:
        if self._suggester is not None and self._suggester.personal is not None:
            self._suggester.personal.close()
        self._suggester = None


def _record(
    line: str,
    keys: int,
    learner: "Suggester | PersonalStore",
    store: "PersonalStore | None",
    *,
    learn: bool,
    keep: bool,
) -> None:
    unable: UsageError | None = None
    with nullcontext() if store is None else store.together():  # one wait for the disk
        if keep and store is not None:
            store.keep_line(line)
        try:
            if learn:
                learner.learn(line)
                if store is not None:
                    store.count_line(characters=len(line), keys=keys)
        except UsageError as error:  # a model of characters learns nothing; the line is kept all the same
            unable = error
    if unable is not None:
        raise unable


def _answered(question: Question, suggester: "Suggester") -> Answer:
    context = context_of(question, suggester.manifest)
    after, blocked = question.after, question.blocked
    ask = partial(
        suggester.suggest,
        question.text,
        after=after,
        k=question.k,
        mode=question.mode,
        context=context,
        blocked=blocked,
        passed_over=question.passed_over,
    )
    words = ask(words=1)
    found = words if question.words == 1 else ask(words=question.words)
    if found and found[0] in words:  # what is taken first comes back whole where it was written before
        whole = suggester.recalled(found[0], question.text, after=after, context=context, blocked=blocked)
        found = [whole, *found[1:]]
    # By their first words: a phrase that goes far must not stand behind a word that is less sure, and never be shown.
    sure = sorted(((_first_word(item, words).probability, item) for item in found), key=lambda pair: -pair[0])
    return Answer(question, tuple(item for _, item in sure), tuple(chance for chance, _ in sure), suggester.thresholds)


def _first_word(phrase: "Suggestion", words: "Sequence[Suggestion]") -> "Suggestion":
    """Find the suggested word that a phrase begins with."""
    beginnings = (word for word in words if phrase.result.startswith(word.result))
    return max(beginnings, key=lambda word: len(word.result), default=phrase)
