"""Next-word suggestions from a model folder. Needs NumPy only."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from autocomplete.bundle import Manifest, existing_model, read_manifest, read_vocabulary
from autocomplete.corpus.tokenizer import Tokenizer
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.errors import ModelError
from autocomplete.predict.predictor import Predictor
from autocomplete.predict.suggestion import Mode, Suggestion


class _Ranker(Protocol):
    def candidates(self, typed: str, *, mode: Mode, count: int) -> Iterator[Suggestion]: ...


class LoadedModel(NamedTuple):
    """What a model folder holds, ready to predict."""

    manifest: Manifest
    vocabulary: Vocabulary
    tokenizer: Tokenizer
    predictor: Predictor


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
    return LoadedModel(manifest, vocabulary, tokenizer, Predictor.load(folder, manifest, vocabulary))


class Suggester:
    """Completes text with one model.

    Example:
        >>> suggester = Suggester.open("default")
        >>> suggester.suggest("best food in Las", k=1)[0].result
        'best food in Las Vegas'

    Args:
        manifest: What the model is.
        ranker: Finds candidates at the model's level.
    """

    def __init__(self, manifest: Manifest, ranker: _Ranker) -> None:
        self.manifest = manifest
        self._ranker = ranker

    @classmethod
    def open(cls, model: str | Path = "default") -> "Suggester":
        """Load a model by name or folder; a ModelError says what is wrong with it."""
        return cls.of(load_model(model))

    @classmethod
    def of(cls, model: LoadedModel) -> "Suggester":
        """Suggest with a loaded model."""
        manifest, vocabulary, tokenizer, predictor = model
        if manifest.level == "char":
            from autocomplete.predict.characters import CharacterSuggester

            return cls(manifest, CharacterSuggester(predictor, vocabulary, tokenizer))
        from autocomplete.predict.words import WordSuggester

        return cls(manifest, WordSuggester(predictor, vocabulary, tokenizer))

    @property
    def threshold(self) -> float:
        """Suggestions at least so probable are right often enough to be shown unasked; 1 where none are."""
        return 1.0 if self.manifest.threshold is None else self.manifest.threshold

    def suggest(self, text: str, *, k: int = 5, mode: Mode = "auto", min_probability: float = 0.0) -> list[Suggestion]:
        """Return up to `k` suggestions, most likely first.

        Args:
            text: What was typed; the last word may be half-typed.
            k: Most suggestions returned.
            mode: `next` words only, `complete` the last word only, or `auto` for both in one list.
            min_probability: Suggestions less likely than this are left out.
        """
        found: dict[str, Suggestion] = {}
        for candidate in self._ranker.candidates(text, mode=mode, count=k):
            known = found.get(candidate.result)
            if candidate.result != text:
                found[candidate.result] = candidate if known is None else known.joined(candidate)
        ranked = sorted(found.values(), key=lambda item: (-item.probability, item.result))
        return [item for item in ranked[:k] if item.probability >= min_probability]
