"""What a model is asked and what it answers: values within a process, JSON between two."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, get_args

from autocomplete.errors import UsageError
from autocomplete.predict.passed_over import MOST_LISTS, NOTHING, List, PassedOver
from autocomplete.predict.suggestion import Mode, Suggestion

if TYPE_CHECKING:  # NumPy, which those who ask do not wait for
    from autocomplete.bundle import Thresholds

SCHEMA = 2
# Bytes of a line between a client and the engine; what is longer is no text that a person writes.
MOST_LINE = 1 << 20
# The least probability that the model found.
AUTO = "auto"

Reader = Callable[[str, object], Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked.

    Attributes:
        text: The text before the cursor; its last word may be half-typed.
        after: The text behind it.
        lines: Finished lines, which come before it.
        mode: Which readings.
        k: Most suggestions.
        words: Most words of each.
        blocked: Words not suggested.
        context: Text that comes before all of that, as `Session.suggest` takes it.
        min_probability: Suggestions less likely than this are left out; None for those that the model would not show
            unasked.
        temperature: Draw the suggestions, as `Sampling` says; None for the most likely.
        seed: Of the drawing.
        cwd: The folder in which a command is typed; empty where none is known.
        previous: The command before it.
        status: That one's exit status, None where it is not known.
        passed_over: What was shown while the last word was typed, by who shows lists.
        recall: The first suggestion, where it is of one word, goes on as the person did before: a line to its end.
    """

    text: str
    after: str = ""
    lines: tuple[str, ...] = ()
    mode: Mode = "auto"
    k: int = 5
    words: int = 1
    blocked: frozenset[str] = frozenset()
    context: str = ""
    min_probability: float | None = 0.0
    temperature: float | None = None
    seed: int = 0
    cwd: str = ""
    previous: str = ""
    status: int | None = None
    passed_over: PassedOver = NOTHING
    recall: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "text": self.text,
            "after": self.after,
            "lines": list(self.lines),
            "mode": self.mode,
            "k": self.k,
            "words": self.words,
            "blocked": sorted(self.blocked),
            "context": self.context,
            "min_probability": AUTO if self.min_probability is None else self.min_probability,
            "temperature": self.temperature,
            "seed": self.seed,
            "cwd": self.cwd,
            "previous": self.previous,
            "status": self.status,
            "passed_over": {
                "before": self.passed_over.before,
                "lists": [{"typed": each.typed, "words": list(each.words)} for each in self.passed_over.lists],
            },
            "recall": self.recall,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Question":
        """Read a question; what is left out is as it is by default. A UsageError names what makes no sense."""
        if "text" not in document:
            raise UsageError("A question without 'text' asks nothing.", "Give the text before the cursor.")
        return cls(**read_parts("a question", document, QUESTION_PARTS))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says to a question.

    Attributes:
        question: To which.
        suggestions: Surest first.
        confidences: Of each, the probability of its first word: of phrases, that counts.
        thresholds: Suggestions at least so confident may be shown unasked.
    """

    question: Question
    suggestions: tuple[Suggestion, ...]
    confidences: tuple[float, ...]
    thresholds: "Thresholds"


@dataclass(frozen=True, slots=True)
class Document:
    """An answer as programs read it, one JSON object.

    Attributes:
        input: The text that was to be completed.
        mode: Which readings.
        model: The model's name or folder, as it was asked for.
        ms: Milliseconds that the answer took.
        threshold: The model's own of next words, whatever was left out of the suggestions.
        suggestions: Most likely first.
    """

    input: str
    mode: Mode
    model: str
    ms: float
    threshold: float
    suggestions: tuple[Suggestion, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what is printed."""
        return {
            "schema": SCHEMA,
            "input": self.input,
            "mode": self.mode,
            "model": self.model,
            "ms": round(self.ms, 3),
            "threshold": self.threshold,
            "suggestions": [suggestion_to_json(item) for item in self.suggestions],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Document":
        """Read what `to_json` returned.

        Raises:
            UsageError: It is a `Failure`, which the error repeats; its schema is another, or something is missing.
        """
        if "error" in document:
            raise UsageError(f"The text could not be completed: {document['error']}", "Ask anew once that is mended.")
        if document.get("schema") != SCHEMA:
            raise UsageError(f"Schema {document.get('schema')!r} is not known.", f"This version reads schema {SCHEMA}.")
        parts = _parts(cls, document)
        return cls(**{**parts, "suggestions": tuple(suggestion_from_json(item) for item in parts["suggestions"])})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a text could not be completed, as programs read it, in the place of a `Document`.

    Attributes:
        input: The text that was to be completed.
        mode: Which readings.
        model: The model's name or folder, as it was asked for.
        error: Why, and what to do about it.
    """

    input: str
    mode: Mode
    model: str
    error: str

    def to_json(self) -> dict[str, Any]:
        """Return what is printed."""
        return {"schema": SCHEMA, "input": self.input, "mode": self.mode, "model": self.model, "error": self.error}


def suggestion_to_json(item: Suggestion) -> dict[str, Any]:
    """Return a suggestion as it stands in a document."""
    return {
        "text": item.text,
        "kind": item.kind,
        "replace": item.replace,
        "insert": item.insert,
        "result": item.result,
        "probability": item.probability,
        "experts": dict(item.experts),
    }


def suggestion_from_json(document: Mapping[str, Any]) -> Suggestion:
    """Read a suggestion of a document; a UsageError says what is missing."""
    return Suggestion(**_parts(Suggestion, document))


def _parts(kind: type[Document] | type[Suggestion], document: Mapping[str, Any]) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    if missing := [name for name in names if name not in document]:
        raise UsageError(f"The answer lacks '{missing[0]}'.", "It comes from another program or version.")
    return {name: document[name] for name in names}


def read_parts(whole: str, document: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read each value of a document; a UsageError names one that makes no sense, or is no part of the `whole`."""
    for key in document:
        if key not in readers:
            raise UsageError(f"'{key}' is no part of {whole}.", f"Its parts are {', '.join(readers)}.")
    return {key: readers[key](key, value) for key, value in document.items()}


def read_text(key: str, value: object) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise UsageError(f"'{key}' is {value!r} and not a text.", "Give a text.")
    return value


def read_texts(key: str, value: object) -> tuple[str, ...]:
    """Read a list of texts."""
    if not isinstance(value, list):
        raise UsageError(f"'{key}' is {value!r} and not a list of texts.", "Give a list.")
    return tuple(read_text(key, item) for item in value)


def read_flag(key: str, value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise UsageError(f"'{key}' is {value!r}, and neither true nor false.", "Give one of them.")
    return value


def read_count(key: str, value: object) -> int:
    """Read a whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"'{key}' is {value!r} and not a number from 1 on.", "Give such a number.")
    return value


def read_whole_number(key: str, value: object) -> int:
    """Read a whole number, below 0 too."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"'{key}' is {value!r} and not a whole number.", "Give such a number.")
    return value


def read_number(key: str, value: object) -> float:
    """Read a number; where it makes sense, those who use it say."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"'{key}' is {value!r} and not a number.", "Give a number.")
    return float(value)


def or_none(reader: Reader) -> Reader:
    """Return what reads the same, or None."""
    return lambda key, value: None if value is None else reader(key, value)


def _truth(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"'{key}' is {value!r} and neither true nor false.", "Give one of them.")
    return value


def _words(key: str, value: object) -> frozenset[str]:
    return frozenset(read_texts(key, value))


def _passed_over(key: str, value: object) -> PassedOver:
    match value:
        case {"before": str(before), "lists": list(lists)}:
            return PassedOver(before, tuple(_list(key, each) for each in lists[-MOST_LISTS:]))
    raise UsageError(f"'{key}' lacks 'before' or 'lists'.", "Give the text before the word, and what was shown.")


def _list(key: str, value: object) -> List:
    match value:
        case {"typed": str(typed), "words": words}:
            return List(typed, read_texts(key, words))
    raise UsageError(f"'{key}' has a list without 'typed' or 'words'.", "Give what was typed and what was shown.")


def _mode(key: str, value: object) -> str:
    if value not in get_args(Mode):
        raise UsageError(f"'{key}' is {value!r}, which is no mode.", f"Choose one of {', '.join(get_args(Mode))}.")
    return str(value)


def _least(key: str, value: object) -> float | None:
    return None if value == AUTO else read_number(key, value)


# How each part of a question is read.
QUESTION_PARTS: Mapping[str, Reader] = {
    "text": read_text,
    "after": read_text,
    "lines": read_texts,
    "mode": _mode,
    "k": read_count,
    "words": read_count,
    "blocked": _words,
    "context": read_text,
    "min_probability": _least,
    "temperature": or_none(read_number),
    "seed": read_whole_number,
    "cwd": read_text,
    "previous": read_text,
    "status": or_none(read_whole_number),
    "passed_over": _passed_over,
    "recall": _truth,
}
