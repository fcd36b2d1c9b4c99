"""Next-word suggestions from a model folder. Needs NumPy only."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, get_args

import numpy as np

from autocomplete.bundle import Manifest, character_model, existing_model, read_blocked, read_manifest, read_vocabulary
from autocomplete.errors import ModelError, UsageError
from autocomplete.learned.store import PersonalStore, Trial, forms_of
from autocomplete.predict.experts.loading import load_mixture
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.suggestion import CASES, Mode, Suggestion
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import caseless
from autocomplete.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from autocomplete.predict.characters import CharacterSuggester

# Suggestions that a sample is drawn from.
SAMPLED_FROM = 200


class _Ranker(Protocol):
    def candidates(self, typed: str, *, mode: Mode, count: int, fixed: int) -> Iterator[Suggestion]: ...

    def extended(
        self, typed: str, suggestion: Suggestion, *, words: int, least: float, blocked: Collection[str]
    ) -> Suggestion: ...


@dataclass(frozen=True, slots=True)
class Sampling:
    """How suggestions are drawn.

    Attributes:
        temperature: Above 1 makes unlikely ones likelier, below 1 less likely; greater than 0.
        seed: The same seed, text and model give the same suggestions.
    """

    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0.0):
            raise UsageError(f"temperature {self.temperature} is not greater than 0.", "Give a number such as 0.7.")
        if self.seed < 0:
            raise UsageError(f"seed {self.seed} is negative.", "Give a whole number from 0 on.")

    def draw(self, items: Sequence[Suggestion], k: int) -> list[Suggestion]:
        """Draw `k` of them without replacement, each as likely as it says (Gumbel, 1954); likeliest first."""
        chances = np.array([max(item.probability, 1e-300) for item in items])
        noise = np.random.default_rng(self.seed).gumbel(size=len(items))
        order = np.argsort(-(np.log(chances) / self.temperature + noise), kind="stable")[:k]
        return _ranked(items[place] for place in order.tolist())


class LoadedModel(NamedTuple):
    """What a model folder holds, ready to predict.

    Attributes:
        manifest: What the model is.
        vocabulary: Its tokens.
        tokenizer: How text becomes tokens.
        predictor: The experts.
        blocked: Words that the user never wants suggested.
        characters: Folder of the character model beside it, or None; loaded when a word is typed that needs it.
    """

    manifest: Manifest
    vocabulary: Vocabulary
    tokenizer: Tokenizer
    predictor: Mixture
    blocked: tuple[str, ...] = ()
    characters: Path | None = None


def load_model(model: str | Path) -> LoadedModel:
    """Load a model by name or folder; a ModelError says what is wrong with it."""
    folder = existing_model(str(model))
    manifest = read_manifest(folder)
    try:
        return _loaded(folder, manifest)
    except ModelError:
        # Training may have published a newer model since the manifest was read.
        newer = read_manifest(folder)
        if newer == manifest:
            raise
        return _loaded(folder, newer)


def _loaded(folder: Path, manifest: Manifest) -> LoadedModel:
    vocabulary = read_vocabulary(folder, manifest)
    tokenizer = Tokenizer(manifest.level, manifest.layout, manifest.pretokenized)
    predictor = load_mixture(folder, manifest, vocabulary)
    return LoadedModel(
        manifest,
        vocabulary,
        tokenizer,
        predictor,
        read_blocked(folder),
        character_model(folder),
    )


class Suggester:
    """Completes text with one model; one thread at a time may use it.

    Example:
        >>> suggester = Suggester.open("default")
        >>> suggester.suggest("best food in Las", k=1)[0].result
        'best food in Las Vegas'

    Args:
        manifest: What the model is.
        ranker: Finds candidates at the model's level.
        blocked: Words that are never suggested.
        personal: What the person's own lines taught, and the words of the model's block list.
        judge: Tells what the personal expert is worth for a line that is about to be learned.

    Attributes:
        manifest: What the model is.
        personal: The same, or None.
    """

    def __init__(
        self,
        manifest: Manifest,
        ranker: _Ranker,
        *,
        blocked: Collection[str] = (),
        personal: PersonalStore | None = None,
        judge: Callable[[str], Mapping[int, Trial]] | None = None,
    ) -> None:
        self.manifest = manifest
        self.personal = personal
        self._ranker = ranker
        self._judge = judge
        self._blocked = forms_of(blocked)

    @classmethod
    def open(cls, model: str | Path = "default") -> "Suggester":
        """Load a model by name or folder, and what was learned beside it; a ModelError says what is wrong with it.

        What is wrong with the personal database stops nothing: `personal.fault` says it when it is found.
        """
        loaded = load_model(model)
        return cls.of(loaded, personal=PersonalStore(existing_model(str(model)), loaded.tokenizer))

    @classmethod
    def of(cls, model: LoadedModel, *, personal: PersonalStore | None = None) -> "Suggester":
        """Suggest with a loaded model, and with what was learned from a person's lines."""
        manifest, vocabulary, tokenizer, predictor, listed, characters = model
        blocked = listed if personal is None else ()  # the store has the list as it stands
        if manifest.level == "char":
            return cls(manifest, _character_suggester(model, mends=True), blocked=blocked, personal=personal)
        from autocomplete.predict.words import WordSuggester

        speller = None if characters is None else partial(_speller, characters)
        words = WordSuggester(predictor, vocabulary, tokenizer, speller=speller, personal=personal)
        return cls(manifest, words, blocked=blocked, personal=personal, judge=words.trials)

    def learn(self, line: str) -> bool:
        """Keep the words of a committed line, on the disk when this returns; suggestions use them from then on.

        Returns:
            Whether the line was kept (`PersonalStore.learn` says when not).

        Raises:
            UsageError: The model predicts characters, or was not opened from a folder.
            AutocompleteError: The database is damaged or cannot be written.
        """
        return self._store().learn(line, judge=self._judge)

    def forget(self, words: Iterable[str]) -> None:
        """Block words for good, here and in the model's folder, and delete what was learned of them."""
        self._store().forget(words)

    def _store(self) -> PersonalStore:
        if self.personal is None:
            raise UsageError("This model was not opened from a folder.", "Use 'Suggester.open'.")
        return self.personal

    @property
    def threshold(self) -> float:
        """Suggestions at least so probable are right often enough to be shown unasked; 1 where none are."""
        return 1.0 if self.manifest.threshold is None else self.manifest.threshold

    def suggest(
        self,
        text: str,
        *,
        k: int = 5,
        mode: Mode = "auto",
        min_probability: float = 0.0,
        words: int = 1,
        context: str = "",
        blocked: Collection[str] = (),
        sampling: Sampling | None = None,
    ) -> list[Suggestion]:
        """Return up to `k` suggestions, most likely first.

        Args:
            text: What was typed; the last word may be half-typed.
            k: Most suggestions returned.
            mode: `next` words only, `complete` the last word only, or `auto` for both in one list.
            min_probability: Suggestions less likely than this are left out; of phrases, the first word counts.
            words: Most words of each suggestion; marks do not count. A phrase ends where the sentence does, and before
                its confidence, the probability a word, falls under the model's threshold.
            context: Text that the input goes on from: read, never changed. A word at its end is finished, and a space
                between the two need not be written; a line break at its end begins a new line.
            blocked: Words that are never suggested, whatever their case, nor their possessives, beside those that the
                model blocks.
            sampling: Draw the suggestions instead of taking the most likely.

        Raises:
            UsageError: An argument makes no sense.
        """
        _refuse_nonsense(k=k, mode=mode, min_probability=min_probability, words=words, blocked=blocked)
        forbidden = self._blocked | forms_of(blocked)
        if self.personal is not None:
            forbidden |= self.personal.blocked.words()
        apart = context[-1:].isspace() or text[:1].isspace()
        before = context + " " if context and text and not apart else context
        count = (k if sampling is None else max(k, SAMPLED_FROM)) + CASES * len(forbidden)
        found: dict[str, Suggestion] = {}
        for candidate in self._ranker.candidates(before + text, mode=mode, count=count, fixed=len(before)):
            if caseless(candidate.text) in forbidden:
                continue
            known = found.get(candidate.result)
            found[candidate.result] = candidate if known is None else known.joined(candidate)
        ranked = [item for item in _ranked(found.values()) if item.probability >= min_probability]
        chosen = ranked[:k] if sampling is None else sampling.draw(ranked, k)
        if words > 1:
            least = max(self.threshold, min_probability)
            chosen = _ranked(
                self._ranker.extended(before + text, item, words=words, least=least, blocked=forbidden)
                for item in chosen
            )
        return [item.after(len(before)) for item in chosen]


def _refuse_nonsense(*, k: int, mode: str, min_probability: float, words: int, blocked: Collection[str]) -> None:
    if k < 1:
        raise UsageError(f"{k} suggestions are none.", "Ask for 1 or more.")
    if mode not in get_args(Mode):
        raise UsageError(f"'{mode}' is no mode.", f"Choose one of {', '.join(get_args(Mode))}.")
    if not 0.0 <= min_probability <= 1.0:
        raise UsageError(f"{min_probability} is no probability.", "Give a number from 0 to 1.")
    if words < 1:
        raise UsageError(f"Suggestions of {words} words are none.", "Ask for 1 or more.")
    if phrases := [word for word in blocked if len(word.split()) != 1]:
        raise UsageError(f"'{phrases[0]}' is not one word, and words are blocked.", "Block its words one by one.")


def _character_suggester(model: LoadedModel, *, mends: bool) -> "CharacterSuggester":
    from autocomplete.predict.characters import CharacterSuggester

    return CharacterSuggester(model.predictor, model.vocabulary, model.tokenizer, mends=mends)


def _speller(folder: Path) -> "CharacterSuggester":
    """Load the character model beside a model of words."""
    model = load_model(folder)
    if model.manifest.level != "char":
        raise ModelError(f"{folder}: a model of words where one of characters belongs.", "Remove that folder.")
    return _character_suggester(model, mends=False)  # the words' own suggester mends


def _ranked(items: Iterable[Suggestion]) -> list[Suggestion]:
    return sorted(items, key=lambda item: (-item.probability, item.text, item.result))
