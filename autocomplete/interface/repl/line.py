"""The line being typed: its text and cursor, the spaces that accepted words left behind, and the keys it took."""

import re
import unicodedata
from typing import NamedTuple

from autocomplete.text.syntax import Syntax
from autocomplete.text.unicode import SPACELESS, word_pattern

# Marks that stand at the end of a word: typed behind a virtual space, they take its place.
SWALLOWING = ".,;:!?)"
# Of those, what may end a command: `cd ..` keeps its space.
_SWALLOWING_IN_COMMANDS = ";)"
_FIRST_WORD = re.compile(r"\s*\S+")
_SPACELESS_LETTER = re.compile(f"[{SPACELESS}]")
# Marks before which a word that is put there wants a blank, as it does before another word.
_OPENING = "([{"
# Characters on either side of the cursor that tell whether it stands within a word.
_AROUND = 64


class Edit(NamedTuple):
    """What the line becomes: its text, and where the cursor stands then."""

    text: str
    cursor: int


class Line:
    """What was typed so far, key by key.

    A word that was accepted leaves a *virtual* space: it stands in the text, but a mark that follows takes its place,
    a space that is typed becomes it, and it is gone where the line ends with it.

    Args:
        syntax: How the model cuts what is written.

    Attributes:
        syntax: The same.
        text: The whole text.
        cursor: Characters of it that stand before the cursor.
        before: Those: what suggestions are for.
        after: The text behind the cursor.
        at_end: Whether the cursor stands at the end of its line, where a ghost can be drawn.
        virtual_space: Whether a virtual space stands before the cursor.
        keys: Keys it took. What was pasted or recalled counts as if it had been typed, so that only suggestions save;
            keys that only move the cursor count nothing, and what is undone costs what it cost before. What was typed
            and deleted, as without suggestions too, counts nothing; deleting what was taken does.
    """

    def __init__(self, syntax: Syntax = "prose") -> None:
        self.syntax = syntax
        self.keys = 0
        # By the text that ends with one, so that it is still known after an undo.
        self._virtual: set[str] = set()
        self._taken = ""  # the text as something was taken last: what is behind it was typed
        self._keys_of: dict[str, int] = {}  # what texts had cost in which something was taken, before and after
        self._place("", "")

    @property
    def word_rest(self) -> int:
        """How many characters behind the cursor belong to the word in which it stands; 0 where it stands in none."""
        return _rest_of_word(self.before, self.after, self.syntax)

    @property
    def finished(self) -> str:
        """The text without a virtual space at its end."""
        return self.text[:-1] if self.text in self._virtual else self.text

    def finish(self) -> Edit:
        """Drop the virtual space at the end; that is no key."""
        self._place(self.finished, "")
        return Edit(self.text, self.cursor)

    def edited(self, text: str, cursor: int) -> None:
        """Take over what a key made of the line."""
        before = text[:cursor]
        if before in self._virtual and before[:-1] + text[cursor:] == self.text:
            self._virtual.discard(before)  # where one was deleted, a space was typed
        if text != self.text:
            more = len(text) - len(self.text)
            only_typed = self.text.startswith(self._taken) and text.startswith(self._taken)
            self.keys = max(0, self.keys + more) if more < 0 and only_typed else self.keys + max(1, more)
        self._place(before, text[cursor:])

    def undone(self, text: str, cursor: int) -> None:
        """Take over what an undo left: it costs what it had cost by then, and takes back no keys that were saved."""
        saved = len(self.finished) - self.keys
        self._place(text[:cursor], text[cursor:])
        self.keys = self._keys_of.get(text, max(0, len(self.finished) - saved))

    def recalled(self) -> None:
        """Count a line from the history as if it had been typed."""
        self.keys, self._taken = len(self.text), ""

    def apply(self, before: str) -> Edit:
        """Put an accepted text before the cursor for one key, with a virtual space if it ends a word.

        It takes the place of the whole word in which the cursor stands, and a blank parts it from one that follows.
        """
        after = self.after[self.word_rest :]
        if _takes_space(before, self.syntax):
            if after[:1] in ("", "\n"):
                before += " "
                self._virtual.add(before)
            elif after[0] in _OPENING or _rest_of_word(before, after, self.syntax):
                before += " "
        edit = self._changed(before, after)
        self._taken = self.text
        return edit

    def typed(self, mark: str) -> Edit:
        """Type a character, over the virtual space where there is one."""
        if not self.virtual_space:
            return self._changed(self.before + mark, self.after)
        if mark == " ":  # now it has been typed
            self._virtual.discard(self.before)
            return self._changed(self.before, self.after)
        if self.syntax == "commands" and mark not in _SWALLOWING_IN_COMMANDS:
            return self._changed(self.before + mark, self.after)
        return self._changed(self.before[:-1] + mark, self.after)

    def _changed(self, before: str, after: str) -> Edit:
        self._keys_of[self.text] = self.keys
        self.keys += 1
        self._place(before, after)
        self._keys_of[self.text] = self.keys
        return Edit(self.text, self.cursor)

    def _place(self, before: str, after: str) -> None:
        self.text, self.cursor = before + after, len(before)
        self.before, self.after = before, after
        self.at_end = after[:1] in ("", "\n")
        self.virtual_space = before in self._virtual


def first_word(text: str) -> str:
    """Return the first word of a text, with the white space before it."""
    found = _FIRST_WORD.match(text)
    return text if found is None else found[0]


def _rest_of_word(before: str, after: str, syntax: Syntax) -> int:
    """How many characters of a text belong to one word with those before it; 0 where a word ends or begins there."""
    if not before or not after:
        return 0
    shown = before[-_AROUND:]
    place = len(shown)
    for word in word_pattern(syntax).finditer(shown + after[:_AROUND]):
        start = word.end() - len(word[0].lstrip())
        if start < place < word.end() and any(map(str.isalnum, word[0])):
            return word.end() - place
    return 0


def _takes_space(text: str, syntax: Syntax) -> bool:
    """Whether a space follows a text that ends so: after words, except in scripts that are written without spaces.

    In commands it does, except after what a value or a file's name follows.
    """
    last = text[-1:]
    if syntax == "commands":
        return last not in {*"=(/", ""}
    letters = text[-_AROUND:]
    while letters and unicodedata.category(letters[-1]).startswith("M"):  # vowel signs, as most Hindi words end in
        letters = letters[:-1]
    return letters[-1:].isalnum() and not _SPACELESS_LETTER.match(letters[-1])
