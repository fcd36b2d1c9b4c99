"""What the prompt knows while someone types: events go in, a frame comes out. No terminal, no thread.

edited, accept, choose, ask, dismiss, …  ->  frame.question  ->  the worker  ->  answered  ->  frame.ghost, .candidates
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from autocomplete.engine.protocol import Answer, Question
from autocomplete.interface.repl.direction import goes_left
from autocomplete.interface.repl.line import Edit, Line, first_word
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.predict.passed_over import NOTHING
from autocomplete.predict.suggestion import Suggestion
from autocomplete.text.secrets import looks_secret
from autocomplete.text.syntax import Syntax
from autocomplete.text.unicode import caseless

# The model remembers the last 6,000 characters at most (`predict.context`). The prompt keeps more and cuts seldom, for
# where the beginning changes, all is read anew.
CONTEXT_CHARACTERS = 24_000
KEPT_CHARACTERS = 6_000

# Steps by which `/chatty` and `/quiet` go at most: the odds of a threshold change sixteenfold.
MOST_STEPS = 4

_COMMAND = re.compile(r"/[a-z]*(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A suggestion on the screen.

    Attributes:
        suggestion: What the model suggested.
        result: The text before the cursor once it is taken.
        confident: Whether it may be shown unasked.
        ready: Whether it goes on from what stands there now; while a new answer is awaited, some do not.
    """

    suggestion: Suggestion
    result: str
    confident: bool
    ready: bool

    def rest(self, before: str) -> str:
        """What taking it adds to a text; nothing where it would change letters already typed."""
        return self.result[len(before) :] if self.result.startswith(before) else ""

    def change(self, before: str) -> str:
        """What stands there once it is taken, from the first word that it changes on; nothing where it only adds."""
        if self.result.startswith(before):
            return ""
        pairs = enumerate(zip(before, self.result, strict=False))
        same = next((place for place, (old, new) in pairs if old != new), len(self.result))
        while same > 0 and not before[same - 1].isspace():
            same -= 1
        return self.result[same:]


class Tally(NamedTuple):
    """Keystrokes: as many as there are characters without suggestions, and those pressed."""

    characters: int = 0
    keys: int = 0

    @property
    def saved(self) -> int:
        """Keystrokes that suggestions saved; negative where they cost more than they gave."""
        return self.characters - self.keys

    @property
    def share(self) -> float:
        """Of the characters, the share that was saved."""
        return self.saved / self.characters if self.characters else 0.0

    def plus(self, characters: int, keys: int) -> "Tally":
        """Return both together."""
        return Tally(self.characters + characters, self.keys + keys)


class Committed(NamedTuple):
    """A line that Enter ended.

    Attributes:
        text: What was written.
        keys: The keys it took.
        recorded: Whether it may be remembered: not off the record, no space at its beginning, and no secret.
        secret: Whether it looks as if it held a password, a key or the like.
    """

    text: str
    keys: int
    recorded: bool
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What an event made of the prompt: all that is asked, drawn and taken until the next.

    Attributes:
        before: The text before the cursor.
        at_end: Whether the cursor stands at the end of its line, where a ghost can be drawn.
        leftward: Whether the text before the cursor goes on to the left.
        virtual_space: Whether a virtual space stands before it.
        command: The line where it is a command; else empty.
        question: What to ask the model; None where nothing is to be suggested.
        settled: Whether the candidates are the answer to it.
        candidates: What may follow, the most likely first, and of the others those that were shown before where they
            were; the last answer's until the next has come, so that nothing flickers.
        chosen: What the person chose among the candidates, or asked for.
        ghost: The candidate drawn behind the cursor: what was chosen, or the first, where it is likely enough.
        selected: What the accepting keys take: the one chosen, drawn or not, or the ghost.
        rest: What taking that adds to the text before the cursor; empty where it would change letters already typed.
        change: Where it does, the words as they stand then; empty where it only adds.
        heard: Whether these candidates were read aloud.
        tally: Keystrokes of the committed lines and of this one.
        settings: How it looks and behaves by now.
        suggesting: Whether suggestions come unasked.
        off_the_record: Whether committed lines are forgotten at once.
        explaining: Whether the experts' shares are shown.
        helping: Whether what the keys do is shown.
        model: The model in use; empty before one is.
        notice: Something to say in the toolbar; empty for nothing.
        latency_seconds: From a key to the answer that came last; None before the first.
    """

    before: str
    at_end: bool
    leftward: bool
    virtual_space: bool
    command: str
    question: Question | None
    settled: bool
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    ghost: Candidate | None
    selected: Candidate | None
    rest: str
    change: str
    heard: bool
    tally: Tally
    settings: ReplSettings
    suggesting: bool
    off_the_record: bool
    explaining: bool
    helping: bool
    model: str
    notice: str
    latency_seconds: float | None


class PromptState:
    """The state of the prompt. Every event ends with a frame made anew, and begins from the one that was drawn.

    Args:
        settings: How it looks and behaves.

    Attributes:
        frame: What the last event made of it.
        line: The line being typed.
        lines: What was committed and may be remembered.
        tally: Keystrokes of the committed lines.
        committed: How many lines were committed.
        latencies: Seconds from key to answer.
        trouble: Why there are no suggestions; empty where there are.
        ended: Whether the prompt ends.
    """

    def __init__(self, settings: ReplSettings) -> None:
        self._syntax: Syntax = "prose"
        self.line = Line(self._syntax)
        self.lines: list[str] = []
        self.tally = Tally()
        self.committed = 0
        self.latencies: list[float] = []
        self.trouble = ""
        self.ended = False
        self._settings = settings
        self._blocked: frozenset[str] = frozenset()
        self._hidden: frozenset[str] = frozenset()  # `caseless`
        self._passed_over = NOTHING
        self._suggesting = not settings.plain  # a screen reader would read what comes unasked
        self._off_the_record = self._explaining = self._helping = False
        self._loudness = 0  # steps by which it suggests more often unasked than it would
        self._model = self._notice = ""
        self._context: tuple[str, ...] = ()
        self._answer: Answer | None = None
        self._chosen: Candidate | None = None  # by the person, above or below the threshold
        self._kept: Candidate | None = None  # the ghost that was typed along, where nothing else is likely enough
        self._heard: tuple[str, ...] = ()  # the results of the candidates that were read aloud last
        self._asked = False  # by the person, for what stands there now
        self._dismissed: str | None = None  # the text before the word at which suggestions were dismissed
        self._make_frame()

    # What the model says.

    def loaded(self, model: str, syntax: Syntax = "prose") -> None:
        """Ask another model from now on; lines are written as it cuts them."""
        self._model, self._notice = model, ""
        self._syntax = self.line.syntax = syntax
        self.trouble = ""
        self._forget_answers()
        self._make_frame()

    def not_loaded(self, notice: str, cause: str) -> None:
        """Say why a model is not there; the one before stays, where there is one."""
        self._notice = notice
        if not self._model:
            self.trouble = cause
        self._make_frame()

    def answered(self, answer: Answer, *, seconds: float) -> bool:
        """Show an answer that came after some seconds, and return whether it still is one to what is asked by now."""
        question, before, ghost = self.frame.question, self.frame.before, self.frame.ghost
        if question is None or answer.question != question:
            return False
        # The ghost stays while it is typed along, though not when the line became shorter.
        along = self._answer is not None and before.startswith(self._prefix + self._answer.question.text)
        self._answer = answer
        self.trouble = ""
        self.latencies.append(seconds)
        candidates = self._candidates(question)
        fresh = {item.result: item for item in candidates}
        if self._chosen is not None:
            self._chosen = fresh.get(self._chosen.result, self._chosen)
        elif self._asked:
            self._chosen = next(iter(candidates), None)
        # It may fall under the threshold, but not behind another: what is first is what is taken.
        first = next(iter(candidates), None)
        kept = along and ghost is not None and first is not None and ghost.result == first.result
        self._kept = first if kept else None
        self._make_frame_of(question, candidates)
        return True

    def failed(self, question: Question, cause: str) -> None:
        """Say calmly that there is no answer."""
        if question == self.frame.question:
            self.trouble = cause
            self._answer = self._kept = None
            self._make_frame()

    def drawn(self, count: int) -> None:
        """Remember that the first candidates were drawn: who types on passes them over."""
        frame = self.frame
        if frame.settled and frame.question is not None and frame.candidates[:count]:
            shown = (item.suggestion.result for item in frame.candidates[:count])
            self._passed_over = self._passed_over.shown(self._typed, shown)

    # What the person does with the line.

    def edited(self, text: str, cursor: int) -> None:
        """Take over the line as a key, a paste or an undo left it."""
        if (text, cursor) != (self.line.text, self.line.cursor):
            self.line.edited(text, cursor)
            self._moved_on()

    def undone(self, text: str, cursor: int) -> None:
        """Take over the line as an undo left it."""
        self.line.undone(text, cursor)
        self._moved_on()

    def accept(self) -> Edit | None:
        """Take all of what is selected; None where nothing is."""
        selected = self.frame.selected
        return None if selected is None else self._taken(selected.result)

    def accept_word(self) -> Edit | None:
        """Take the first word of what is selected; None where nothing is."""
        frame = self.frame
        if frame.selected is None:
            return None
        return self._taken(frame.before + first_word(frame.rest) if frame.rest else frame.selected.result)

    def take(self, number: int) -> Edit | None:
        """Take the candidate of a number, from 1 on; None where there is none."""
        candidates = self.frame.candidates
        if number > len(candidates) or not candidates[number - 1].ready:
            return None
        return self._taken(candidates[number - 1].result)

    def choose(self, step: int, *, among: int) -> None:
        """Go on to the next of the first candidates, or back by a negative step; past the last comes the first."""
        ready = [item for item in self.frame.candidates[:among] if item.ready]
        if not ready:
            return
        self.line.keys += 1
        results = [item.result for item in ready]
        selected = self.frame.selected
        if selected is not None and selected.result in results:
            self._chosen = ready[(results.index(selected.result) + step) % len(ready)]
        else:
            self._chosen = ready[0 if step > 0 else -1]
        self._make_frame()

    def ask(self) -> None:
        """Suggest now, whatever the threshold, and though dismissed or switched off."""
        self.line.keys += 1
        self._asked = True
        self._dismissed = None
        self._passed_over = NOTHING
        question = self._question()
        candidates = self._candidates(question)
        if self._chosen is None and self._answers(question):
            self._chosen = next(iter(candidates), None)
        self._make_frame_of(question, candidates)

    def dismiss(self) -> None:
        """Show the keys no longer, where they are shown; else suggest nothing until the next word."""
        if self._helping:
            self.toggle_help()
            return
        self.line.keys += 1
        self._asked = False
        self._chosen = self._kept = None
        self._dismissed = _before_word(self.line.before)
        self._make_frame()

    def typed(self, mark: str) -> Edit:
        """Type a mark, a space or a line break, over the virtual space where there is one."""
        edit = self.line.typed(mark)
        self._moved_on()
        return edit

    def recalled(self) -> None:
        """Count a line from the history as if it had been typed."""
        self.line.recalled()
        self._make_frame()

    def clear(self) -> None:
        """Begin the line anew."""
        self._begin_line()
        self._make_frame()

    def finish(self) -> Edit:
        """End the line, without a virtual space at its end."""
        edit = self.line.finish()
        self._make_frame()
        return edit

    def commit(self) -> Committed | None:
        """Count and remember the line, and begin the next; None where nothing was written."""
        keys, text = self.line.keys, self.line.finished[len(self._prefix) :]
        self._begin_line()
        committed = None
        if text.strip():
            secret = looks_secret(text)
            committed = Committed(text, keys, recorded=not secret and self._on_the_record(text), secret=secret)
            self.committed += 1
            self.tally = self.tally.plus(len(text), keys)
            if committed.recorded:
                self.lines.append(text)
                self._context = _recent((*self._context, text))
        self._make_frame()
        return committed

    def remembers(self, text: str) -> bool:
        """Whether a line may be remembered: not off the record, no space at its beginning, and no secret."""
        return self._on_the_record(text) and not looks_secret(text)

    # What the person changes beside it.

    def configure(self, **changes: Any) -> None:
        """Change settings; a UsageError says which value makes no sense."""
        self._settings = replace(self._settings, **changes)
        self._make_frame()

    def block(self, words: frozenset[str]) -> None:
        """Suggest some words no more until the prompt ends."""
        self._blocked |= words
        self._make_frame()

    def unblock(self, word: str) -> None:
        """Suggest a word again."""
        self._blocked -= {word}
        self._make_frame()

    def hide(self, phrase: str) -> None:
        """Show a suggestion of several words no more until the prompt ends."""
        self._hidden |= {caseless(phrase)}
        self._make_frame()

    def unhide(self, phrase: str) -> None:
        """Show it again."""
        self._hidden -= {caseless(phrase)}
        self._make_frame()

    def speak(self, steps: int) -> int:
        """Suggest unasked more often, by so many steps, or less often; returns how many steps that is in all."""
        self._loudness = max(-MOST_STEPS, min(MOST_STEPS, self._loudness + steps))
        self._make_frame()
        return self._loudness

    def notify(self, notice: str) -> None:
        """Say something in the toolbar, or nothing any more."""
        self._notice = notice
        self._make_frame()

    def heard(self) -> None:
        """Remember that the candidates have been read aloud."""
        self._heard = tuple(item.result for item in self.frame.candidates)
        self._make_frame()

    def toggle_suggestions(self) -> None:
        """Switch suggestions on or off."""
        self._suggesting = not self._suggesting
        self._asked = False
        self._dismissed = self._chosen = None
        self._make_frame()

    def toggle_record(self) -> None:
        """Forget what is committed at once, or remember it."""
        self._off_the_record = not self._off_the_record
        self._make_frame()

    def toggle_help(self) -> None:
        """Show what the keys do, or stop to."""
        self._helping = not self._helping
        self._make_frame()

    def toggle_explaining(self) -> None:
        """Show what each expert gave, or stop to."""
        self._explaining = not self._explaining
        self._make_frame()

    # The frame.

    def _make_frame(self) -> None:
        question = self._question()
        self._make_frame_of(question, self._candidates(question))

    def _make_frame_of(self, question: Question | None, candidates: tuple[Candidate, ...]) -> None:
        line, command = self.line, self.line.text if is_command(self.line.text) else ""
        results = tuple(item.result for item in candidates)
        chosen, ghost = self._chosen if candidates else None, self._ghost(candidates)
        selected = chosen or ghost
        self.frame = Frame(
            before=line.before,
            at_end=line.at_end,
            leftward=self._settings.bidi and goes_left(line.before),
            virtual_space=line.virtual_space,
            command=command,
            question=question,
            settled=question is None or self._answers(question),
            candidates=candidates,
            chosen=chosen,
            ghost=ghost,
            selected=selected,
            rest="" if selected is None else selected.rest(line.before),
            change="" if selected is None else selected.change(line.before),
            heard=self._heard == results,
            tally=self.tally if command else self.tally.plus(len(line.finished), line.keys),
            settings=self._settings,
            suggesting=self._suggesting,
            off_the_record=self._off_the_record,
            explaining=self._explaining,
            helping=self._helping,
            model=self._model,
            notice="no suggestions" if self.trouble else self._notice,
            latency_seconds=self.latencies[-1] if self.latencies else None,
        )

    def _question(self) -> Question | None:
        before, settings = self.line.before, self._settings
        within_word = self.line.word_rest > 0
        if not self._asked and (not self._suggesting or self._dismissed == _before_word(before)):
            return None
        if is_command(self.line.text) or (within_word and settings.mode == "next"):
            return None
        text, mode = self._typed, settings.mode
        # Behind a virtual space another word begins, though it is asked for without that.
        passed_over = NOTHING if settings.stable else self._passed_over.at(text)
        if self.line.virtual_space and mode != "complete":
            # A mark may still follow the word, which is finished.
            text, mode = text[:-1], "next"
        elif within_word:
            mode = "complete"  # what is taken takes the place of that word
        return Question(
            text,
            self.line.after,
            self._context,
            mode,
            settings.k,
            settings.most_words,
            self._blocked,
            passed_over=passed_over,
        )

    def _answers(self, question: Question | None) -> bool:
        """Whether the last answer is one to a question."""
        return question is not None and self._answer is not None and self._answer.question == question

    def _candidates(self, question: Question | None) -> tuple[Candidate, ...]:
        answer, before, prefix = self._answer, self.line.before, self._prefix
        if question is None or answer is None:
            return ()
        fresh = answer.question == question
        needed, chosen = answer.thresholds._asdict(), self._settings.min_prob
        candidates = []
        for number in answer.question.passed_over.seated([item.result for item in answer.suggestions]):
            item, confidence = answer.suggestions[number], answer.confidences[number]
            if self._hidden and caseless(item.text) in self._hidden:
                continue
            result = prefix + item.result
            ready = fresh or (answer.question.after == question.after and _goes_on(result, before))
            least = needed[item.kind] if chosen is None else chosen
            candidates.append(Candidate(item, result, confidence >= _louder(least, self._loudness), ready))
        return tuple(candidates)

    def _ghost(self, candidates: tuple[Candidate, ...]) -> Candidate | None:
        if not self.line.at_end or not candidates:
            return None
        if self._chosen is not None:
            return self._chosen
        first = next((item for item in candidates if item.ready), None)
        return first if first is not None and first.confident else self._kept

    @property
    def _typed(self) -> str:
        """What is before the cursor, a virtual space too, as the model reads it."""
        return self.line.before[len(self._prefix) :]

    @property
    def _prefix(self) -> str:
        """What stands before the text itself: a slash that makes another one literal."""
        return "/" if self.line.text.startswith("//") and self.line.cursor else ""

    # Parts of events.

    def _on_the_record(self, text: str) -> bool:
        return not (self._off_the_record or text[:1].isspace())

    def _begin_line(self) -> None:
        self.line = Line(self._syntax)
        self._asked = self._helping = False
        self._dismissed = None
        self._forget_answers()

    def _forget_answers(self) -> None:
        self._passed_over = NOTHING
        self._answer = self._chosen = self._kept = None

    def _taken(self, before: str) -> Edit:
        edit = self.line.apply(before)
        self._moved_on()
        return edit

    def _moved_on(self) -> None:
        """Drop what no longer fits the text before the cursor."""
        before = self.line.before
        if self._chosen is not None and not _goes_on(self._chosen.result, before):
            self._chosen = None
        if self._kept is not None and not _goes_on(self._kept.result, before):
            self._kept = None
        self._asked = self._asked and self._chosen is not None
        if self._dismissed is not None and self._dismissed != _before_word(before):
            self._dismissed = None
        self._make_frame()


def _goes_on(result: str, before: str) -> bool:
    """Whether a text is still a way to go on from one that may have been typed on, whatever the case of its letters."""
    if result.startswith(before):
        return result != before
    return caseless(result[: len(before)]) == caseless(before)


def _louder(threshold: float, steps: int) -> float:
    """A threshold at which suggestions come more often: its odds are halved at each step."""
    odds = 2.0**-steps
    return threshold * odds / (1.0 - threshold + threshold * odds)


def is_command(text: str) -> bool:
    """Whether a line is a slash command, or looks like one; `//` begins a literal slash."""
    return _COMMAND.match(text) is not None


def _before_word(text: str) -> str:
    """Return a text without its last, perhaps half-typed word."""
    # From the right: this is asked at every key, and the line may be a whole document that a terminal types.
    return text.removesuffix(text.rsplit(maxsplit=1)[-1]) if text[-1:].strip() else text


def _recent(lines: Sequence[str]) -> tuple[str, ...]:
    """Forget the oldest lines once there are too many characters."""
    if sum(map(len, lines)) <= CONTEXT_CHARACTERS:
        return tuple(lines)
    kept: list[str] = []
    room = KEPT_CHARACTERS
    for line in reversed(lines):
        room -= len(line)
        if room < 0:
            break
        kept.insert(0, line)
    return tuple(kept or [lines[-1][-KEPT_CHARACTERS:]])
