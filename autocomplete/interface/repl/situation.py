"""What the prompt is in beside the text: its model, and what was switched on or off."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from autocomplete.interface.repl.session import Session
from autocomplete.interface.repl.settings import ReplSettings


class Model(Protocol):
    """What commands do with the model. What it promises is done in the worker's thread."""

    def open(self, name: str) -> None:
        """Read another model, and use it once it is there; a ModelError where there is none."""

    def forget(self, words: Sequence[str]) -> "Future[None]":
        """Never suggest words again, and learn them no more."""

    def can_learn(self) -> "Future[bool]":
        """Fail where the model cannot learn."""


@dataclass(slots=True)
class Situation:
    """What commands and screen share.

    Attributes:
        session: What is typed, and what may follow.
        model: The model behind it.
        settings: What was chosen beforehand.
        model_name: The model in use; empty before one is.
        plain: Whether nothing is drawn but the line.
        learning: Whether committed lines are learned.
        explaining: Whether the experts' shares are shown.
        listing: Whether candidates stand below each other.
        notice: Something to say in the toolbar; empty for nothing.
        read: Of the candidates that were read aloud last, the text before the cursor once they are taken.
        latencies: Seconds from key to answer.
        ended: Whether the prompt ends.
    """

    session: Session
    model: Model
    settings: ReplSettings
    model_name: str = ""
    plain: bool = False
    learning: bool = False
    explaining: bool = False
    listing: bool = False
    notice: str = ""
    read: tuple[str, ...] = ()
    latencies: list[float] = field(default_factory=list)
    ended: bool = False
