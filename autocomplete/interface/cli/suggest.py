"""`autocomplete suggest`: complete one text, or many."""

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autocomplete.engine.client import Found, LostError, find_engine
from autocomplete.engine.protocol import Document, Failure, Question
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli import suggest_options as given
from autocomplete.interface.cures import spelled
from autocomplete.interface.terminal import json_text, say, say_json
from autocomplete.places import DEFAULT_MODEL

if TYPE_CHECKING:
    from autocomplete.predict.suggester import Suggester
    from autocomplete.predict.suggestion import Suggestion

# Most words of a phrase that is to be as long as it is confident.
AUTO_WORDS = 10


def suggest(
    text: given.Text = None,
    model: options.Model = DEFAULT_MODEL,
    k: given.K = 5,
    mode: given.Mode = "auto",
    min_probability: given.MinProbability = "0",
    words: given.Words = "1",
    context: given.Context = None,
    block: given.Block = None,
    probabilities: given.Probabilities = False,
    explain: given.Explain = False,
    form: given.Form = "plain",
    as_json: options.Json = False,
    batch: given.Batch = False,
    sample: given.Sample = False,
    temperature: given.Temperature = 1.0,
    seed: given.Seed = 0,
) -> None:
    """Suggest how a text goes on: the next word, the rest of a half-typed one, or a phrase."""
    if batch and text is not None:
        raise UsageError("'--batch' completes the lines of standard input.", "Give no text beside it.")
    _refuse_contradictions(form, as_json=as_json, batch=batch, drawn=sample, temperature=temperature, seed=seed)
    blocked = options.blocked_words(block)
    question = Question(
        "",
        k=k,
        mode=mode,  # type: ignore[arg-type]
        words=_given_words(words),
        min_probability=_given_threshold(min_probability),
        context="" if context is None else _context(context),
        blocked=blocked,
        temperature=temperature if sample else None,
        seed=seed if sample else 0,
    )
    typed = "" if batch else typed_text(text)
    with closing(_Answers(model)) as answers:
        if batch:
            _answer_lines(answers, question)
            return
        found = answers.to(replace(question, text=typed))
        if as_json or form == "json":
            say_json(found.to_json())
        else:
            shown = probabilities or (form == "plain" and sys.stdout.isatty())
            say(*_lines(found.suggestions, form, probabilities=shown, explain=explain), exact=True)
        answers.warn()


def warned(suggester: "Suggester") -> bool:
    """Say where suggestions had to do without what was learned or pinned, and whether that was so."""
    return _told(suggester.faults)


def _told(faults: Sequence[AutocompleteError]) -> bool:
    for fault in faults:
        say(f"warning: {fault.cause} Suggestions do without it.", spelled(fault.cure), on_error=True)
    return bool(faults)


class _Answers:
    """Answers to questions: the engine's where one runs, else those of the model, opened here.

    What the engine does not answer is answered here, so that what is wrong is said in the same way. It knows of no
    other question than these: a connection has sessions of its own.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._engine = find_engine()
        self._suggester: Suggester | None = None
        self._faults: list[AutocompleteError] = []
        if self._engine is None:
            self._open()

    def to(self, question: Question) -> Document:
        """Answer a question; an AutocompleteError says why that cannot be done."""
        found = self._engines(question)
        if found is not None:
            self._faults = found.faults
            return found.document
        from autocomplete.engine.asking import suggested

        suggester = self._open()
        began = time.perf_counter()
        suggestions = tuple(suggested(question, suggester))
        milliseconds = 1000 * (time.perf_counter() - began)
        self._faults = suggester.faults
        return Document(question.text, question.mode, self._model, milliseconds, suggester.threshold, suggestions)

    def _engines(self, question: Question) -> Found | None:
        """The engine's answer, None where it has none."""
        try:
            return None if self._engine is None else self._engine.suggest(question, self._model)
        except LostError:
            self.close()
            self._engine = None
        except AutocompleteError:
            pass
        return None

    def failure(self, question: Question, error: Exception) -> Failure:
        """Say, in place of suggestions, why a text could not be completed."""
        cause = f"{type(error).__name__}: {error}"
        if isinstance(error, AutocompleteError):
            cause = f"{error.cause} {spelled(error.cure)}".rstrip()
        return Failure(question.text, question.mode, self._model, cause)

    def warn(self) -> bool:
        """Say where the last answer had to do without what was learned, and whether that was so."""
        return _told(self._faults)

    def close(self) -> None:
        """Leave the engine."""
        if self._engine is not None:
            self._engine.close()

    def _open(self) -> "Suggester":
        if self._suggester is None:
            from autocomplete.predict.suggester import Suggester

            self._suggester = Suggester.open(self._model)
        return self._suggester


def _answer_lines(answers: _Answers, question: Question) -> None:
    """Answer every line of standard input with a document, one that fails with its error; a fault is told once."""
    said = False
    for line in map(_without_line_end, sys.stdin or ()):
        asked = replace(question, text=line)
        try:
            say_json(answers.to(asked).to_json())
        except Exception as error:  # the next line may be answered all the same
            say_json(answers.failure(asked, error).to_json())
        said = said or answers.warn()


def _refuse_contradictions(
    form: str, *, as_json: bool, batch: bool, drawn: bool, temperature: float, seed: int
) -> None:
    """Refuse options of which one would be ignored."""
    if form not in ("plain", "json") and (as_json or batch):
        raise UsageError(f"'--format {form}' and JSON are two formats.", "Leave out '--format'.")
    if not drawn and (temperature != 1.0 or seed != 0):
        raise UsageError("'--temperature' and '--seed' are of the drawing.", "Give '--sample' too.")


def _lines(found: "Sequence[Suggestion]", form: str, *, probabilities: bool, explain: bool) -> list[str]:
    """Suggestions as lines of a format."""
    if form == "jsonl":
        from autocomplete.engine.protocol import suggestion_to_json

        return [json_text(suggestion_to_json(item)) for item in found]
    if form == "tsv":
        return [
            "\t".join(
                [
                    _one_field(item.text),
                    f"{item.probability:.6g}",
                    item.kind,
                    str(item.replace),
                    _one_field(item.insert),
                ]
            )
            for item in found
        ]
    width = max((len(item.text) for item in found), default=0)
    lines = []
    for item in found:
        line = item.text
        if probabilities or explain:
            line = f"{item.text:<{width}}  {100 * item.probability:5.1f} %"
        lines.append(f"{line}  {_explanation(item)}" if explain else line)
    return lines


def _one_field(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ")


def _given_threshold(text: str) -> float | None:
    """Read `--min-prob`; None for `auto`."""
    if text == "auto":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise UsageError(f"'--min-prob {text}' is no probability.", "Give a number from 0 to 1, or 'auto'.")
    return value


def _given_words(text: str) -> int:
    """Read `--words`."""
    if text == "auto":
        return AUTO_WORDS
    if not (text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= 100):
        raise UsageError(f"'--words {text}' is no number of words.", "Give a number from 1 to 100, or 'auto'.")
    return int(text)


def _context(path: str) -> str:
    """Read the text that comes before the input; bytes that are no text are read as they come."""
    try:
        with Path(path).open(encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        why = "a folder" if isinstance(error, IsADirectoryError) else "no such file"
        raise UsageError(f"{path}: {why}.", "Name a file with the text that comes before.") from error


def _explanation(item: "Suggestion") -> str:
    """What a suggestion is, and the share of its probability that each expert gave."""
    gave = ", ".join(f"{name} {100 * share:.0f} %" for name, share in item.experts.items())
    return f"{item.kind:<8}  {gave}"


def typed_text(words: list[str] | None) -> str:
    """Return the text to complete: the arguments, or a piped standard input without its last line end."""
    if words is not None:
        return " ".join(words)
    return "" if sys.stdin is None or sys.stdin.isatty() else _without_line_end(sys.stdin.read())


def _without_line_end(text: str) -> str:
    """Take off the last line end, as Unix or as Windows writes it."""
    return text.removesuffix("\n").removesuffix("\r")
