"""Next-word suggestions from a model folder, for a program that has one writer. Needs NumPy only."""

from collections.abc import Collection, Iterable
from pathlib import Path

from autocomplete.bundle import Manifest, Thresholds, existing_model
from autocomplete.errors import AutocompleteError
from autocomplete.learned.pinned import PinnedFile, pinned_path
from autocomplete.learned.store import PersonalStore, Removal
from autocomplete.predict.model import Model
from autocomplete.predict.passed_over import NOTHING, PassedOver
from autocomplete.predict.ranking import Sampling
from autocomplete.predict.session import Session
from autocomplete.predict.suggestion import Mode, Suggestion


class Suggester:
    """Completes text with one model, for one writer; one thread at a time may use it.

    For many writers, open a `Model` once and give each a `Session` on it.

    Example:
        >>> suggester = Suggester.open("default")
        >>> suggester.suggest("best food in Las", k=1)[0].result
        'best food in Las Vegas'

    Args:
        model: What suggests.
        personal: What the person's own lines taught, and the words of the model's block list.
        pinned: The person's abbreviations and phrases.

    Attributes:
        model: The same.
        personal: The same, or None.
        pinned: The same, or None.
    """

    def __init__(
        self, model: Model, *, personal: PersonalStore | None = None, pinned: PinnedFile | None = None
    ) -> None:
        self.model = model
        self.personal = personal
        self.pinned = pinned
        self._session = self.session()

    @classmethod
    def open(cls, model: str | Path = "default") -> "Suggester":
        """Load a model by name or folder, what was learned beside it, and what was pinned.

        What is wrong with the personal database, or the file of pinned phrases, stops nothing: `personal.fault` and
        `pinned.fault` say it when it is found.

        Raises:
            ModelError: There is no such model, or something is wrong with it.
        """
        opened = Model.open(model)
        personal = PersonalStore(existing_model(model), opened.tokenizer)
        return cls(opened, personal=personal, pinned=PinnedFile(pinned_path()))

    @property
    def faults(self) -> list[AutocompleteError]:
        """What suggestions do without by now, and why."""
        beside = (self.personal, self.pinned)
        return [each.fault for each in beside if each is not None and each.fault is not None]

    def session(self) -> Session:
        """Return a session for one more text of the same writer: what was learned is theirs in all of them."""
        return Session(self.model, personal=self.personal, pinned=self.pinned)

    @property
    def manifest(self) -> Manifest:
        """What the model is."""
        return self.model.manifest

    @property
    def thresholds(self) -> Thresholds:
        """Suggestions at least so probable are right often enough to be shown unasked."""
        return self.model.thresholds

    @property
    def threshold(self) -> float:
        """That of next words."""
        return self.model.threshold

    def learn(self, line: str) -> bool:
        """Keep the words of a committed line, on the disk when this returns; suggestions use them from then on.

        Returns:
            Whether the line was kept (`PersonalStore.learn` says when not).

        Raises:
            UsageError: The model predicts characters, or there is no `personal` to learn into.
            AutocompleteError: The database is damaged or cannot be written.
        """
        return self._session.learn(line)

    def forget(self, words: Iterable[str]) -> None:
        """Block words for good, here and in the model's folder, and delete what was learned of them."""
        self._session.forget(words)

    def remove(self, text: str) -> Removal:
        """Suggest a word no more: what was learned of it goes, else it is blocked; `restore` takes it back."""
        return self._session.remove(text)

    def restore(self, removal: Removal) -> None:
        """Take a removal back: the word is suggested again, and known as it was."""
        self._session.restore(removal)

    def recalled(
        self, suggestion: Suggestion, text: str, *, after: str = "", context: str = "", blocked: Collection[str] = ()
    ) -> Suggestion:
        """Go on after a suggestion as the person did before; `Session.recalled` says how."""
        return self._session.recalled(suggestion, text, after=after, context=context, blocked=blocked)

    def suggest(
        self,
        text: str,
        *,
        after: str = "",
        k: int = 5,
        mode: Mode = "auto",
        min_probability: float | Thresholds = 0.0,
        words: int = 1,
        context: str = "",
        blocked: Collection[str] = (),
        sampling: Sampling | None = None,
        passed_over: PassedOver = NOTHING,
    ) -> list[Suggestion]:
        """Return up to `k` suggestions, most likely first; `Session.suggest` says what the rest means."""
        return self._session.suggest(
            text,
            after=after,
            k=k,
            mode=mode,
            min_probability=min_probability,
            words=words,
            context=context,
            blocked=blocked,
            sampling=sampling,
            passed_over=passed_over,
        )
