"""What an editor is answered, whatever protocol it speaks: its documents, and the questions that they make.

One question at a time is asked of the engine, in the order in which the editor asked. One whose document was changed
meanwhile is asked no more.
"""

import asyncio
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from autocomplete.config import EngineSettings, Route
from autocomplete.engine.client import RefusedError, whole_name
from autocomplete.engine.lsp.client import AsyncClient
from autocomplete.engine.lsp.document import Document, Range
from autocomplete.engine.lsp.lines import Encoding, Point
from autocomplete.engine.lsp.routes import model_at
from autocomplete.engine.protocol import Question
from autocomplete.errors import AutocompleteError
from autocomplete.places import DEFAULT_MODEL
from autocomplete.predict.suggestion import Suggestion
from autocomplete.text.scripts import has_spaceless
from autocomplete.text.unicode import holds_control

# Letters of a half-typed word from which on a list is shown unasked.
LEAST_LETTERS = 3
# Ways to go on that are offered at once: more are not read while one types.
OFFERED = 3
# The least probability of what is listed: what is rarer than one in a hundred is noise beside what is not.
LEAST_LISTED = 0.01
# Most words of the text that is shown at the cursor.
PHRASE = 3
# What may stand behind the cursor, up to the line's end, where text is shown there unasked.
_CLOSING = " \t)]}>\"'”’»›.,;:!?*_`"
# Requests in a row that each follow a typed letter: nobody presses a key so often, the editor asks by itself.
_BY_ITSELF = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorSettings:
    """How editors are answered.

    Attributes:
        model: Asked where no route leads.
        routes: Which model is asked where.
        learn: Learn from the lines that are finished in an editor.
        engine: How the engine behaves.
    """

    model: str = DEFAULT_MODEL
    routes: tuple[Route, ...] = ()
    learn: bool = False
    engine: EngineSettings = field(default_factory=EngineSettings)


class Cursor(NamedTuple):
    """Where an editor asks.

    Attributes:
        uri: The document.
        line: From 0 on.
        units: Its column, in units of the editor's encoding.
    """

    uri: str
    line: int
    units: int


class Completion(NamedTuple):
    """One way to go on, as an editor applies it: a part of the cursor's line that is replaced.

    Attributes:
        first_units: Where that begins, in units of the editor's encoding; it ends at the cursor.
        typed: What stands there.
        text: What comes in its place.
        suggestion: What the model said.
    """

    first_units: int
    typed: str
    text: str
    suggestion: Suggestion


class Editor:
    """One editor, and all that is open in it.

    Args:
        settings: How it is answered.
        tell: Shows a sentence to the person who writes.
    """

    def __init__(self, settings: EditorSettings, tell: Callable[[str], None]) -> None:
        self.client = AsyncClient(settings.engine)
        self._settings = settings
        self._show = tell
        self._told: set[str] = set()
        self._switched = ""  # the model that is asked instead of all others
        self._documents: dict[str, Document] = {}
        self._turn = asyncio.Lock()
        self._requests = _Requests()
        self._sent: set[asyncio.Task[None]] = set()  # what nobody waits for

    async def begin(self) -> None:
        """Reach the engine, so that the first question need not wait for that."""
        with suppress(AutocompleteError):  # whoever asks is told
            await self.client.connect()

    def open(self, uri: str, file_type: str, text: str, encoding: Encoding) -> None:
        """Follow a document from here on, if anything is to be suggested in it."""
        model = model_at(self._settings.routes, file_type=file_type, uri=uri, model=self._settings.model)
        if model is not None:
            self._documents[uri] = Document(file_type, text, encoding, model)

    def change(self, uri: str, where: Range | None, text: str) -> None:
        """Follow what was changed in it: a range, or all of it."""
        document = self._documents.get(uri)
        if document is not None:
            self._learn(document, document.change(where, text))

    def close(self, uri: str) -> None:
        """Follow a document no more."""
        document = self._documents.pop(uri, None)
        if document is not None:
            self._learn(document, document.leave())
            self._send("close", document=uri)

    async def leave(self) -> None:
        """Learn what was written last, and end the conversation with the engine."""
        for document in self._documents.values():
            self._learn(document, document.leave())
        await asyncio.gather(*self._sent)
        await self.client.close()

    async def completions(self, cursor: Cursor, *, invoked: bool) -> list[Completion] | None:
        """Return what to list at the cursor: on request, or from the third letter of a word on.

        Args:
            cursor: Where.
            invoked: Whether the editor says that it was requested, as some do of every letter.

        Returns:
            The likeliest first; None where nothing is ever suggested.
        """
        document = self._documents.get(cursor.uri)
        if document is None:
            return None
        requested = self._requests.is_a_persons(document, invoked)
        point = document.point(cursor.line, cursor.units)
        if not requested and (document.quiet or _letters(document.lines.before(point)) < LEAST_LETTERS):
            return []
        found = list(await self._ask(cursor.uri, document, point, Question("", k=OFFERED), requested))
        likely = [each for each in found if each.suggestion.probability >= LEAST_LISTED]
        return _of_one_range(likely or (found if requested else []), document, point)

    async def inline(self, cursor: Cursor, *, requested: bool) -> list[Completion] | None:
        """Return what may be shown at the cursor as if it stood there; None where nothing is ever suggested."""
        document = self._documents.get(cursor.uri)
        if document is None:
            return None
        point = document.point(cursor.line, cursor.units)
        if not requested and (document.quiet or _rest(document, point).strip(_CLOSING)):
            return []
        question = Question("", k=OFFERED, words=PHRASE, min_probability=0.0 if requested else None)
        return list(await self._ask(cursor.uri, document, point, question, requested))

    async def forget(self, words: Sequence[str]) -> None:
        """Never suggest words again, in any model that is asked here."""
        models = {self._model(document) for document in self._documents.values()}
        for model in models or {self._switched or self._settings.model}:
            await self.client.request("forget", model=whole_name(model), words=list(words))

    async def pause(self, seconds: float | None) -> None:
        """Be quiet, here and everywhere, for so many seconds; None is for as long as nobody ends it by 0."""
        await self.client.request("pause", seconds=seconds)

    async def switch(self, model: str) -> None:
        """Ask another model in all documents, or without a name those of before; a ModelError where there is none."""
        if model:
            await self.client.suggest(Question("", k=1), model, "")
        self._switched = model

    def _model(self, document: Document) -> str:
        return self._switched or document.model

    async def _ask(
        self, uri: str, document: Document, point: Point, question: Question, requested: bool
    ) -> Iterator[Completion]:
        """What the engine says to a question at a place; nothing where the document is another by then."""
        before, after = document.lines.before(point), document.lines.after(point)
        if _joins(before[-1:]) and _joins(after[:1]):  # within a word, which nothing but itself fits into
            return iter(())
        changes = document.changes
        question = replace(question, text=before, after=after)
        async with self._turn:
            try:
                if document.changes != changes:
                    return iter(())
                found = await self.client.suggest(question, self._model(document), uri)
            except AutocompleteError as error:
                self._tell(error, requested=requested)
                return iter(())
        for fault in found.faults:
            self._tell(fault)
        if document.changes != changes:
            return iter(())
        blank = " " if _joins(after[:1]) else ""
        # Next words stand behind every word that is finished: unasked, where the model is as sure as it is to be.
        least = 0.0 if requested else found.document.threshold
        shown = [item for item in found.document.suggestions if item.kind == "complete" or item.probability >= least]
        return _completions(shown, document, point, blank)

    def _learn(self, document: Document, line: str | None) -> None:
        if line is not None and self._settings.learn:
            self._send("learn", model=whole_name(self._model(document)), line=line)

    def _send(self, method: str, **values: Any) -> None:
        """Have something done that nobody waits for, after all that was sent before."""
        task = asyncio.create_task(self._done(method, values))
        self._sent.add(task)
        task.add_done_callback(self._sent.discard)

    async def _done(self, method: str, values: dict[str, Any]) -> None:
        try:
            await self.client.request(method, **values)
        except AutocompleteError as error:
            self._tell(error)

    def _tell(self, error: AutocompleteError, *, requested: bool = False) -> None:
        """Say why nothing is shown: to whoever asks, and else once; that all is paused, its person knows."""
        paused = isinstance(error, RefusedError) and error.code == "paused"
        if requested or not (paused or str(error) in self._told):
            self._told.add(str(error))
            self._show(str(error))


class _Requests:
    """Tells requests of a person from those that an editor makes for every letter and calls by the same name."""

    def __init__(self) -> None:
        self._asked: tuple[Document | None, int] = (None, 0)
        self._in_a_row = 0

    def is_a_persons(self, document: Document, invoked: bool) -> bool:
        """Note a request; whether a person made it."""
        if not invoked:
            return False
        last, self._asked = self._asked, (document, document.changes)
        if last == self._asked:  # nothing was typed since: a key was pressed
            return True
        if document.letter and last == (document, document.changes - 1):
            self._in_a_row = min(self._in_a_row + 1, _BY_ITSELF)
        elif self._in_a_row < _BY_ITSELF:
            self._in_a_row = 0
        return self._in_a_row < _BY_ITSELF


def _letters(text: str) -> int:
    """How many letters a text ends with: those of a half-typed word."""
    count = 0
    while count < min(len(text), LEAST_LETTERS) and _spells(text[-1 - count]):
        count += 1
    return count


def _spells(character: str) -> bool:
    """Whether a character is part of a word: a letter, a digit, or a mark on one."""
    return character.isalnum() or (character != "" and unicodedata.category(character).startswith("M"))


def _joins(character: str) -> bool:
    """Whether a character and such another side by side are of one word: they are not where no spaces are written."""
    return _spells(character) and not has_spaceless(character)


def _rest(document: Document, point: Point) -> str:
    return document.lines.line(point.line)[point.column :]


def _completions(found: Sequence[Suggestion], document: Document, point: Point, blank: str) -> Iterator[Completion]:
    line = document.lines.line(point.line)
    for item in found:
        first = point.column - item.replace
        if first >= 0 and not holds_control(item.insert):  # no edit crosses lines, nor is any hidden
            units = document.units(Point(point.line, first))
            yield Completion(units, line[first : point.column], item.insert + blank, item)


def _of_one_range(found: Sequence[Completion], document: Document, point: Point) -> list[Completion]:
    """The same completions, all of the range of the longest, or of the word before the cursor where that is longer.

    Some editors take the range of the first for all, and some show only what goes on from the word before the cursor.
    """
    line = document.lines.line(point.line)
    first = point.column
    while first and _joins(line[first - 1]):
        first -= 1
    first = min([first, *(point.column - len(each.typed) for each in found)])
    typed, units = line[first : point.column], document.units(Point(point.line, first))
    return [
        each._replace(first_units=units, typed=typed, text=typed[: len(typed) - len(each.typed)] + each.text)
        for each in found
    ]
