"""Next-word suggestions from a model folder, for a program that has one writer. Needs NumPy only."""

from collections.abc import Collection, Iterable
from pathlib import Path

from autocomplete.bundle import Manifest, Thresholds, existing_model
from autocomplete.errors import AutocompleteError
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.model import Model
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

    Attributes:
        model: The same.
        personal: The same, or None.
    """

    def __init__(self, model: Model, *, personal: PersonalStore | None = None) -> None:
        self.model = model
        self.personal = personal
        self._session = self.session()

    @classmethod
    def open(cls, model: str | Path = "default") -> "Suggester":
        """Load a model by name or folder, and what was learned beside it; a ModelError says what is wrong with it.

        What is wrong with the personal database stops nothing: `personal.fault` says it when it is found.
        """
        opened = Model.open(model)
        return cls(opened, personal=PersonalStore(existing_model(model), opened.tokenizer))

    def session(self) -> Session:
        """Return a session for one more text of the same writer: what was learned is theirs in all of them."""
        return Session(self.model, personal=self.personal)

    @property
    def faults(self) -> list[AutocompleteError]:
        """What suggestions do without by now, and why."""
        beside = (self.personal,)
        return [each.fault for each in beside if each is not None and each.fault is not None]

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
        )
