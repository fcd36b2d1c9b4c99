r"""What clients and the engine say to each other, a line each: JSON for programs, fields between tabs for shells.

    {"schema":2,"id":7,"method":"suggest","model":"default","text":"best food in La"}
    s<TAB>7<TAB>default<TAB>best food in La

docs/protocol.md has every message in both forms. Reading one takes time and memory in proportion to its line.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from autocomplete.engine.edits import Edit
from autocomplete.engine.protocol import (
    AUTO,
    QUESTION_PARTS,
    SCHEMA,
    Question,
    Reader,
    or_none,
    read_flag,
    read_number,
    read_parts,
    read_text,
    read_texts,
    read_whole_number,
)
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.places import DEFAULT_MODEL
from autocomplete.predict.suggestion import Suggestion
from autocomplete.text.unicode import holds_control

Form = Literal["json", "tabs"]
Id = str | int | None
Code = Literal["usage", "model", "paused", "cancelled", "large", "failed"]

# More at once are a text that is sent anew: each edit may have to copy all of it.
MOST_EDITS = 100
# Suggestions times words of one question: what is more takes seconds, and others wait for the same model.
MOST_WORDS = 1000
# Where HTTP is answered unless another place is named.
LOOPBACK = "127.0.0.1"
# What of a text that makes no sense is said again.
_SHOWN = 60


class Message(NamedTuple):
    """What a client said.

    Attributes:
        form: How it was written, and how it is answered.
        id: The client's own; None where it wants no answer.
        method: What it wants.
        parts: What belongs to that, by name, not yet read.
    """

    form: Form
    id: Id
    method: str
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question of a client, and the document in which it writes.

    Attributes:
        question: What; of a document that is edited, without its text.
        model: Which is asked, by name or by its folder's path.
        document: The client's name for it.
        edits: What changed in it since; None where the question has the text.
        cursor: Where the cursor stands after the edits; None for behind the last one.
    """

    question: Question
    model: str = DEFAULT_MODEL
    document: str = ""
    edits: tuple[Edit, ...] | None = None
    cursor: int | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a model suggests.

    Attributes:
        suggestions: Most likely first.
        milliseconds: That it took, without waiting for others.
        threshold: The model's own of next words.
        warnings: What it had to do without, such as what was learned, and why.
    """

    suggestions: tuple[Suggestion, ...]
    milliseconds: float
    threshold: float
    warnings: tuple[AutocompleteError, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What was wanted was done; what there is to say of it, by name."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """What was wanted was not done: why, in a word and in a sentence, and what to do."""

    code: Code
    cause: str
    cure: str = ""


Answer = Suggested | Done | Refused


def read_message(line: bytes) -> Message:
    """Read a line.

    Raises:
        UsageError: It is no message at all.
    """
    text = line.decode("utf-8", "surrogateescape")
    return _read_json(text) if text.lstrip().startswith("{") else _read_tabs(text)


def write_answer(form: Form, id: Id, answer: Answer) -> bytes:  # noqa: A002 - the protocol's own word
    """Write an answer as a line."""
    return (_json_answer(id, answer) if form == "json" else _tabs_answer(id, answer)) + b"\n"


def asking_of(message: Message) -> Asking:
    """Read the parts of `suggest`; a UsageError names what makes no sense."""
    parts = read_parts("this message", message.parts, _SUGGEST)
    about = {name: parts.pop(name) for name in ("model", "document", "edits", "cursor") if name in parts}
    if about.get("edits") is None and "text" not in parts:
        raise UsageError("A question without 'text' or 'edits' asks nothing.", "Give the text before the cursor.")
    if about.get("edits") is not None and ("text" in parts or "after" in parts):
        raise UsageError("A question has 'edits' or a text of its own.", "Give one of them.")
    question = Question(parts.pop("text", ""), **parts)
    if question.k * question.words > MOST_WORDS:
        raise UsageError(f"{question.k} suggestions of {question.words} words are too many.", "Ask for fewer.")
    return Asking(question=question, **about)


def parts_of(message: Message) -> dict[str, Any]:
    """Read the parts of any other message; a UsageError names what makes no sense."""
    readers, defaults = _METHODS[message.method]
    parts = {**defaults, **read_parts("this message", message.parts, readers)}
    if missing := [name for name in readers if name not in parts]:
        raise UsageError(f"'{message.method}' lacks '{missing[0]}'.", "Give it.")
    return parts


def escape(text: str) -> str:
    r"""Write a text as a field between tabs: `\t`, `\n`, `\r` and `\\` stand for what would end it."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], text)


def unescape(field: str) -> str:
    """Read such a field; a backslash before anything else is one."""
    return _ESCAPED.sub(lambda found: _CHARACTERS[found[0]], field)


_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_CHARACTERS = {escaped: character for character, escaped in _ESCAPES.items()}
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")
_ESCAPED = re.compile(r"\\[\\tnr]")


def _read_json(text: str) -> Message:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError("This line is no JSON object.", "Write one a line.") from error
    assert isinstance(document, dict)  # it begins with a brace
    schema, id_, method = (document.pop(name, None) for name in ("schema", "id", "method"))
    if schema not in (None, SCHEMA):
        raise UsageError(f"Schema {_shown(schema)} is not known.", f"This version speaks schema {SCHEMA}.")
    if isinstance(id_, bool) or not isinstance(id_, str | int | None):
        raise UsageError(f"'id' is {_shown(id_)}, neither a text nor a number.", "Give one of them.")
    if not isinstance(method, str) or (method != "suggest" and method not in _METHODS):
        raise UsageError(f"{_shown(method)} is no method.", f"They are suggest, {', '.join(_METHODS)}.")
    return Message("json", id_, method, document)


def _read_tabs(text: str) -> Message:
    letter, *fields = text.split("\t")
    if letter not in _LETTERS:
        raise UsageError(f"{_shown(letter)} begins no message.", f"They begin with {', '.join(_LETTERS)}, or are JSON.")
    method, names, rest = _LETTERS[letter]
    id_, *values = [unescape(field) for field in fields] or [""]
    if len(values) > len(names) and rest is None:
        raise UsageError(f"'{letter}' has too many fields.", f"They are {', '.join(names) or 'none'}.")
    parts: dict[str, Any] = dict(zip(names, values, strict=False))
    if not parts.get("model", True):  # an empty one is the default
        del parts["model"]
    more = values[len(names) :]
    try:
        parts = _TAB_PARTS.get(method, dict)({**parts, **(rest(more) if rest else {})})
    except ValueError as error:
        raise UsageError(f"A field of '{letter}' is no number.", "Give one.") from error
    return Message("tabs", id_ or None, method, parts)


def _options(fields: Sequence[str]) -> dict[str, Any]:
    """Fields such as `k=3`, as the parts that they stand for."""
    parts: dict[str, Any] = {}
    for field in fields:
        name, _, value = field.partition("=")
        if name not in _OPTIONS:
            raise UsageError(f"{_shown(name)} is no option.", f"They are {', '.join(_OPTIONS)}.")
        part, read = _OPTIONS[name]
        parts[part] = read(value)
    return parts


def _suggest_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    # What shells show stands there unasked, and a command that was given before comes back whole.
    return {"k": 1, "min_probability": AUTO, "recall": True, **parts}


def _forget_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {**parts, "words": [word for word in parts.get("words", ()) if word]}


def _accepted_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {**parts, "characters": int(parts.get("characters") or 0)}


def _pause_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    seconds = parts.get("seconds")
    return {"seconds": float(seconds) if seconds else None}


def _least(value: str) -> float | str:
    return value if value == AUTO else float(value)


# The options of `s` and `l`: which part each is, and how it is read.
_OPTIONS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "k": ("k", int),
    "words": ("words", int),
    "mode": ("mode", str),
    "min": ("min_probability", _least),
    "after": ("after", str),
    "cwd": ("cwd", str),
    "previous": ("previous", str),
    "status": ("status", int),
}

# Of each letter: the method, its fields after the id, and how those behind them are read.
_LETTERS: Mapping[str, tuple[str, tuple[str, ...], Callable[[Sequence[str]], dict[str, Any]] | None]] = {
    "h": ("hello", ("version",), None),
    "s": ("suggest", ("model", "text"), _options),
    "a": ("accepted", ("question", "characters"), None),
    "l": ("learn", ("model", "line"), _options),
    "f": ("forget", ("model",), lambda words: {"words": list(words)}),
    "p": ("pause", ("seconds",), None),
    "c": ("cancel", ("question",), None),
    "t": ("status", (), None),
    "q": ("stop", (), None),
}
_TAB_PARTS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "suggest": _suggest_parts,
    "forget": _forget_parts,
    "accepted": _accepted_parts,
    "pause": _pause_parts,
}


def _read_id(key: str, value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError(f"'{key}' is {_shown(value)}, which is no question's id.", "Give that of the question.")
    return value


def _read_edits(key: str, value: object) -> tuple[Edit, ...]:
    if not isinstance(value, list) or len(value) > MOST_EDITS:
        raise UsageError(f"'{key}' is no list of at most {MOST_EDITS} edits.", "Send the whole text anew.")
    edits = []
    for item in value:
        if not isinstance(item, list) or len(item) != 3:
            raise UsageError(f"'{key}' holds {_shown(item)}, which is no edit.", "Write [start, stop, text].")
        edits.append(Edit(read_whole_number(key, item[0]), read_whole_number(key, item[1]), read_text(key, item[2])))
    return tuple(edits)


_SUGGEST: Mapping[str, Reader] = {
    "model": read_text,
    **QUESTION_PARTS,
    "document": read_text,
    "edits": or_none(_read_edits),
    "cursor": or_none(read_whole_number),
}
# Of each other method: how its parts are read, and those that may be left out.
_METHODS: Mapping[str, tuple[Mapping[str, Reader], Mapping[str, Any]]] = {
    "hello": ({"version": read_text}, {}),
    "accepted": ({"question": _read_id, "characters": read_whole_number}, {}),
    "learn": (
        {"model": read_text, "line": read_text, "status": or_none(read_whole_number)},
        {"model": DEFAULT_MODEL, "status": None},
    ),
    "forget": ({"model": read_text, "words": read_texts}, {"model": DEFAULT_MODEL}),
    "pause": ({"seconds": or_none(read_number)}, {"seconds": None}),
    "cancel": ({"question": _read_id}, {}),
    "close": ({"document": read_text}, {}),
    "status": ({}, {}),
    "http": (
        {"host": read_text, "port": or_none(read_whole_number), "stay": read_flag},
        {"host": LOOPBACK, "port": None, "stay": False},
    ),
    "stop": ({}, {}),
}


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _json_answer(id_: Id, answer: Answer) -> bytes:
    document: dict[str, Any] = {"schema": SCHEMA, "id": id_}
    match answer:
        case Suggested():
            document["ms"] = round(answer.milliseconds, 3)
            document["threshold"] = answer.threshold
            document["suggestions"] = [_suggestion(item) for item in answer.suggestions]
            if answer.warnings:
                document["warnings"] = [{"cause": each.cause, "cure": str(each.cure)} for each in answer.warnings]
        case Done():
            document |= answer.values
        case Refused():
            document["error"] = {"code": answer.code, "cause": answer.cause, "cure": str(answer.cure)}
    return json.dumps(document, separators=(",", ":")).encode()


def _suggestion(item: Suggestion) -> dict[str, Any]:
    """A suggestion without the text that it makes: of a long one, that would be all of the answer."""
    return {
        "text": item.text,
        "kind": item.kind,
        "replace": item.replace,
        "insert": item.insert,
        "probability": item.probability,
        "experts": dict(item.experts),
    }


def _tabs_answer(id_: Id, answer: Answer) -> bytes:
    fields: list[str] = ["" if id_ is None else str(id_)]
    match answer:
        case Suggested():
            # Whatever a model may hold, a shell writes it to a terminal.
            for item in (item for item in answer.suggestions if not holds_control(item.insert)):
                fields += [str(item.replace), item.insert, f"{item.probability:.6g}"]
        case Done():
            fields += ["ok", *(_field(name, value) for name, value in answer.values.items())]
        case Refused(code="cancelled"):
            pass
        case Refused():
            fields += ["!", answer.code, answer.cause, str(answer.cure)]
    return "\t".join(map(escape, fields)).encode("utf-8", "surrogateescape")


def _field(name: str, value: object) -> str:
    if isinstance(value, bool):
        return f"{name}={int(value)}"
    return f"{name}={'' if value is None else value}"
