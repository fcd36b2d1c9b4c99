"""What the prompt knows while someone types: events go in, the screen's content comes out. No terminal, no thread.

edited, accept, choose, ask, dismiss, …  ->  question()  ->  the worker  ->  answered()  ->  ghost, candidates
"""

import re
from collections.abc import Sequence

from autocomplete.interface.repl.answers import Answer, Candidate, Committed, Question, Tally
from autocomplete.interface.repl.line import Edit, Line, first_word
from autocomplete.predict.suggestion import Mode
from autocomplete.text.secrets import looks_secret

# The model remembers 1,024 words at most, some 6,000 characters. Lines are forgotten in blocks, because what the model
# has read must be read anew when the beginning changes; up to here, the longer text costs a key less than 0.5 ms.
CONTEXT_CHARACTERS = 24_000
KEPT_CHARACTERS = 6_000

_COMMAND = re.compile(r"/[a-z]*(?=\s|$)")


class Session:
    """The state of the prompt.

    Args:
        k: Most candidates.
        words: Most words of each.
        mode: Which readings are suggested.

    Attributes:
        line: The line being typed.
        lines: What was committed and may be remembered.
        tally: Keystrokes of the committed lines.
        committed: How many lines were committed.
        blocked: Words not suggested in this session.
        suggesting: Whether suggestions come unasked.
        off_the_record: Whether committed lines are forgotten at once.
        trouble: Why there are no suggestions; empty where there are.
    """

    def __init__(self, *, k: int = 5, words: int = 1, mode: Mode = "auto") -> None:
        self.k = k
        self.words = words
        self.mode = mode
        self.line = Line()
        self.lines: list[str] = []
        self.tally = Tally()
        self.committed = 0
        self.blocked: frozenset[str] = frozenset()
        self.suggesting = True
        self.off_the_record = False
        self.trouble = ""
        self._context: tuple[str, ...] = ()
        self._answer: Answer | None = None
        self._chosen: Candidate | None = None  # by the person, above or below the threshold
        self._kept: Candidate | None = None  # the ghost that was typed along, where nothing else is likely enough
        self._asked = False  # by the person, for what stands there now
        self._dismissed: str | None = None  # the text before the word at which suggestions were dismissed

    # What to ask, and what came back.

    def question(self) -> Question | None:
        """Return what to ask the model now; None where nothing is to be suggested."""
        before = self.line.before
        if not self._asked and (not self.suggesting or self._dismissed == _before_word(before)):
            return None
        if is_command(self.line.text):
            return None
        text, mode = before[len(self._prefix) :], self.mode
        if self.line.virtual_space and mode != "complete":
            # A mark may still follow the word, which is finished.
            text, mode = text[:-1], "next"
        return Question(text, self._context, mode, self.k, self.words, self.blocked)

    def answered(self, answer: Answer) -> None:
        """Show an answer, unless something else is asked by now."""
        if answer.question != self.question():
            return
        before, ghost = self.line.before, self.ghost
        # The ghost stays while it is typed along, though not when the line became shorter.
        along = self._answer is not None and before.startswith(self._prefix + self._answer.question.text)
        self._answer = answer
        self.trouble = ""
        fresh = {item.result: item for item in self.candidates}
        if self._chosen is not None:
            self._chosen = fresh.get(self._chosen.result, self._chosen)
        elif self._asked:
            self._choose_first()
        self._kept = fresh.get(ghost.result) if ghost is not None and along else None

    def failed(self, question: Question, cause: str) -> None:
        """Say calmly that there is no answer."""
        if question == self.question():
            self.trouble = cause
            self._answer = self._kept = None

    def forget_answers(self) -> None:
        """Ask anew: the model or the settings have changed."""
        self._answer = self._chosen = self._kept = None

    @property
    def settled(self) -> bool:
        """Whether what is shown is the answer to what stands there."""
        question = self.question()
        return question is None or (self._answer is not None and self._answer.question == question)

    # What is shown.

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """What may follow, most likely first; the last answer's until the next has come, so that nothing flickers."""
        question = self.question()
        if question is None or self._answer is None:
            return ()
        before, answer = self.line.before, self._answer
        fresh = answer.question == question
        candidates = []
        for item, confidence in zip(answer.suggestions, answer.confidences, strict=True):
            result = self._prefix + item.result
            ready = fresh or (result != before and result.startswith(before))
            candidates.append(Candidate(item, result, confidence >= answer.threshold, ready))
        return tuple(candidates)

    @property
    def ghost(self) -> Candidate | None:
        """The candidate drawn behind the cursor: what was chosen, or the likeliest that is likely enough."""
        candidates = self.candidates
        if not self.line.at_end or not candidates:
            return None
        before = self.line.before
        if self._chosen is not None:
            return self._chosen if self._chosen.rest(before) else None
        for item in candidates:
            if item.confident and item.ready and item.rest(before):
                return item
        return self._kept if self._kept is not None and self._kept.rest(before) else None

    @property
    def selected(self) -> Candidate | None:
        """What the accepting keys take: the one chosen, drawn or not, or the ghost."""
        return self.chosen or self.ghost

    @property
    def chosen(self) -> Candidate | None:
        """What the person chose among the candidates, or asked for."""
        return self._chosen if self.candidates else None

    @property
    def live_tally(self) -> Tally:
        """Keystrokes of the committed lines and of this one."""
        if is_command(self.line.text):
            return self.tally
        return self.tally.plus(len(self.line.finished), self.line.keys)

    # What the person does.

    def edited(self, text: str, cursor: int) -> None:
        """Take over the line as a key, a paste or an undo left it."""
        if (text, cursor) == (self.line.text, self.line.cursor):
            return
        self.line.edited(text, cursor)
        self._moved_on()

    def accept(self) -> Edit | None:
        """Take all of what is selected; None where nothing is."""
        selected = self.selected
        return None if selected is None else self._taken(selected.result)

    def accept_word(self) -> Edit | None:
        """Take the first word of what is selected; None where nothing is."""
        selected = self.selected
        if selected is None:
            return None
        before = self.line.before
        rest = selected.rest(before)
        return self._taken(before + first_word(rest) if rest else selected.result)

    def take(self, number: int) -> Edit | None:
        """Take the candidate of a number, from 1 on; None where there is none."""
        candidates = self.candidates
        if number > len(candidates) or not candidates[number - 1].ready:
            return None
        return self._taken(candidates[number - 1].result)

    def choose(self, step: int, *, among: int) -> None:
        """Go on to the next of the first candidates, or back by a negative step; past the last comes the first."""
        ready = [item for item in self.candidates[:among] if item.ready]
        if not ready:
            return
        self.line.keys += 1
        results = [item.result for item in ready]
        selected = self.selected
        if selected is not None and selected.result in results:
            self._chosen = ready[(results.index(selected.result) + step) % len(ready)]
        else:
            self._chosen = ready[0 if step > 0 else -1]

    def ask(self) -> None:
        """Suggest now, whatever the threshold, and though dismissed or switched off."""
        self.line.keys += 1
        self._asked = True
        self._dismissed = None
        if self.settled and self._chosen is None:
            self._choose_first()

    def dismiss(self) -> None:
        """Suggest nothing until the next word."""
        self.line.keys += 1
        self._asked = False
        self._chosen = self._kept = None
        self._dismissed = _before_word(self.line.before)

    def typed(self, mark: str) -> Edit:
        """Type a mark, a space or a line break, over the virtual space where there is one."""
        edit = self.line.typed(mark)
        self._moved_on()
        return edit

    def toggle_suggestions(self) -> None:
        """Switch suggestions on or off."""
        self.suggesting = not self.suggesting
        self._asked = False
        self._dismissed = self._chosen = None

    def clear(self) -> None:
        """Begin the line anew."""
        self.line = Line()
        self._asked = False
        self._dismissed = None
        self.forget_answers()

    def commit(self) -> Committed | None:
        """End the line and begin the next; None where nothing was written."""
        keys, text = self.line.keys, self.line.finished[len(self._prefix) :]
        self.clear()
        if not text.strip():
            return None
        secret = looks_secret(text)
        recorded = not secret and self._on_the_record(text)
        self.committed += 1
        self.tally = self.tally.plus(len(text), keys)
        if recorded:
            self.lines.append(text)
            self._context = _recent((*self._context, text))
        return Committed(text, keys, recorded=recorded, secret=secret)

    def remembers(self, text: str) -> bool:
        """Whether a line may be remembered: not off the record, no space at its beginning, and no secret."""
        return self._on_the_record(text) and not looks_secret(text)

    def _on_the_record(self, text: str) -> bool:
        return not (self.off_the_record or text[:1].isspace())

    @property
    def _prefix(self) -> str:
        """What stands before the text itself: a slash that makes another one literal."""
        return "/" if self.line.text.startswith("//") and self.line.cursor else ""

    def _taken(self, before: str) -> Edit:
        edit = self.line.apply(before)
        self._moved_on()
        return edit

    def _moved_on(self) -> None:
        """Drop what no longer fits the text before the cursor."""
        before = self.line.before
        if self._chosen is not None and not self._chosen.rest(before):
            self._chosen = None
        if self._kept is not None and not self._kept.rest(before):
            self._kept = None
        self._asked = self._asked and self._chosen is not None
        if self._dismissed is not None and self._dismissed != _before_word(before):
            self._dismissed = None

    def _choose_first(self) -> None:
        """Choose the first candidate that can be drawn, or else the first."""
        candidates, before = self.candidates, self.line.before
        drawn = [item for item in candidates if item.rest(before)]
        self._chosen = next(iter([*drawn, *candidates]), None)


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
