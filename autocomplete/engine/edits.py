"""A text that a client writes elsewhere, followed edit by edit: what stands before the cursor, and what behind it."""

from collections.abc import Sequence
from typing import NamedTuple

from autocomplete.errors import UsageError


class Edit(NamedTuple):
    """Some characters of a text, replaced by others.

    Attributes:
        start: The first that is replaced, counted in code points from 0.
        stop: The first behind it that is not.
        text: What comes in their place.
    """

    start: int
    stop: int
    text: str


class EditedText(NamedTuple):
    """A text and where the cursor stands in it.

    Attributes:
        text: All of it.
        cursor: So many characters stand before it.
    """

    text: str
    cursor: int

    @property
    def before(self) -> str:
        """What stands before the cursor."""
        return self.text[: self.cursor]

    @property
    def after(self) -> str:
        """What stands behind it."""
        return self.text[self.cursor :]

    def edited(self, edits: Sequence[Edit], cursor: int | None = None) -> "EditedText":
        """Return the text after some edits, each of the text that those before it made.

        Args:
            edits: In the order in which they were made.
            cursor: Where it stands then; None for behind what the last edit wrote.

        Raises:
            UsageError: An edit, or the cursor, lies outside the text.
        """
        text, place = self
        for edit in edits:
            if not 0 <= edit.start <= edit.stop <= len(text):
                raise UsageError(
                    f"Characters {edit.start} to {edit.stop} do not stand in a text of {len(text)}.",
                    "Send the whole text anew.",
                )
            text = text[: edit.start] + edit.text + text[edit.stop :]
            place = edit.start + len(edit.text)
        place = place if cursor is None else cursor
        if not 0 <= place <= len(text):
            raise UsageError(
                f"The cursor cannot stand at {place} in a text of {len(text)}.", "Send the whole text anew."
            )
        return EditedText(text, place)
