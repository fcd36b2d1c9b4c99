"""A model of a few known phrases, slow or broken on request."""

import threading
import time
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from autocomplete.bundle import Manifest, Thresholds
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.learned.pinned import PinnedFile
from autocomplete.learned.store import PersonalStore, Removal
from autocomplete.predict.passed_over import NOTHING, PassedOver
from autocomplete.predict.ranking import Sampling
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.text.unicode import caseless

THRESHOLD = 0.3

# Of a beginning, the ways to go on: what is added and how likely that is.
PHRASES = {
    "": [("best", 0.2)],
    "best f": [("ood", 0.6), ("ish", 0.1)],
    "best food in": [(" Las Vegas tonight", 0.8), (" Last", 0.1)],
    "best food in Las Vegas": [(",", 0.2)],
    "unsure": [(" perhaps", 0.2), (" maybe", 0.1)],
    "un café": [(" crème", 0.9)],
    "日本": [("語 です", 0.9)],
    "👍": [(" gut", 0.9)],
    "/etc": [("/hosts", 0.9)],
}


def manifest(*, level: Any = "word", layout: Any = "lines", threshold: float | None = THRESHOLD) -> Manifest:
    found = Manifest(level=level, layout=layout, pretokenized=False, network=None, files={})
    return found if threshold is None else found.with_thresholds(Thresholds(*[threshold] * 3))


class FakeStore(PersonalStore):
    """Counts what a `PersonalStore` would write; learns and forgets as the model beside it does."""

    def __init__(self, suggester: "FakeSuggester") -> None:
        self._suggester = suggester
        self.counted: list[tuple[int, int]] = []
        self.kept: list[str] = []
        self.closed = False
        self.fault: AutocompleteError | None = None

    def learn(self, line: str, **_: object) -> bool:
        return self._suggester.learn(line)

    def forget(self, words: Iterable[str]) -> None:
        self._suggester.forget(words)

    def together(self) -> AbstractContextManager[object]:
        return nullcontext()

    def keep_line(self, line: str) -> bool:
        self.kept.append(line)
        return True

    def lines(self) -> list[str]:
        return list(self.kept)

    def count_line(self, *, characters: int, keys: int) -> None:
        self.counted.append((characters, keys))

    def close(self) -> None:
        self.closed = True


class FakeSuggester(Suggester):
    """Knows how `PHRASES` go on, and what was committed before; slow or broken on request.

    Attributes:
        seconds: How long an answer takes.
        error: What is raised instead of one.
        asked: Every text and context it was asked.
    """

    def __init__(self, **about: Any) -> None:
        self._manifest = manifest(**about)
        self.personal: FakeStore = FakeStore(self)
        self.pinned: PinnedFile | None = None
        self.seconds = 0.0
        self.error: Exception | None = None
        self.asked: list[tuple[str, str]] = []
        self.learned: list[str] = []
        self.forgotten: list[str] = []
        self.threads: set[int] = set()

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    @property
    def thresholds(self) -> Thresholds:
        return self.manifest.shown_from

    def suggest(
        self,
        text: str,
        *,
        k: int = 5,
        mode: Mode = "auto",
        min_probability: float | Thresholds = 0.0,
        words: int = 1,
        context: str = "",
        after: str = "",
        blocked: Collection[str] = (),
        sampling: Sampling | None = None,
        passed_over: PassedOver = NOTHING,
    ) -> list[Suggestion]:
        self.threads.add(threading.get_ident())
        self.asked.append((text, context))
        time.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        forbidden = {caseless(word) for word in (*blocked, *self.forgotten)}
        found = [
            item
            for start, goings in PHRASES.items()
            for added, probability in goings
            if (item := _goes_on(text, start, added, probability, words)) is not None
            and caseless(item.text) not in forbidden
        ]
        if text.endswith("lsa"):  # a slip of the finger
            found.append(_applied(text, 3, "Las", "complete", 0.7))
        allowed = [item for item in found if mode in ("auto", item.kind)]
        return sorted(allowed, key=lambda item: -item.probability)[:k]

    def recalled(
        self, suggestion: Suggestion, text: str, *, after: str = "", context: str = "", blocked: Collection[str] = ()
    ) -> Suggestion:
        return suggestion

    def learn(self, line: str) -> bool:
        if self.manifest.level == "char":
            raise UsageError("This model predicts characters.", "Train a word model.")
        if line:
            self.learned.append(line)
        return bool(line)

    def forget(self, words: Iterable[str]) -> None:
        self.forgotten += words

    def remove(self, text: str) -> Removal:
        if self.error is not None:
            raise self.error
        if len(text.split()) > 1:
            return Removal(text)
        self.forgotten.append(text)
        return Removal(text, blocked=True)

    def restore(self, removal: Removal) -> None:
        if removal.blocked:
            self.forgotten.remove(removal.text)


def _goes_on(text: str, start: str, added: str, probability: float, words: int) -> Suggestion | None:
    whole = start + added
    if not (text.startswith(start) and whole.startswith(text) and text != whole):
        return None
    rest = whole[len(text) :]
    pieces = rest.split(" ")
    wanted = words + (pieces[0] == "")
    rest = " ".join(pieces[:wanted])
    half = "" if rest.startswith((" ", ",")) or text[-1:].isspace() else text.rpartition(" ")[2]
    return _applied(text, len(half), half + rest, "complete" if half else "next", probability)


def _applied(text: str, replace: int, insert: str, kind: Any, probability: float) -> Suggestion:
    return Suggestion.applied(
        text, text=insert.strip(), kind=kind, replace=replace, insert=insert, probability=probability,
        experts={"network": 0.75, "ngram": 0.25},
    )  # fmt: skip
