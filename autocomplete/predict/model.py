"""A model that was opened to predict: what training left in a folder, shared by all who write."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from autocomplete.bundle import (
    Manifest,
    Thresholds,
    character_model,
    existing_model,
    read_blocked,
    read_manifest,
    read_vocabulary,
)
from autocomplete.errors import ModelError, UsageError
from autocomplete.learned.store import PersonalStore, Trial
from autocomplete.predict.capitals import Capitals
from autocomplete.predict.context import Before, remembered
from autocomplete.predict.experts.loading import load_mixture
from autocomplete.predict.experts.mixture import Mixture
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.protocol import Expert
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.ranking import ranked
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.predict.word_ids import OpenVocabulary
from autocomplete.text.scripts import require_segmenter
from autocomplete.text.tokenizer import Token, Tokenizer
from autocomplete.text.unicode import caseless
from autocomplete.text.vocabulary import END_TOKEN, Vocabulary

if TYPE_CHECKING:
    from autocomplete.predict.characters import CharacterRanker
    from autocomplete.predict.letters import LetterReader

# Tokens scored at a time.
_STRIDE = 4096


class Ranker(Protocol):
    """Ranks what one writer may mean, at the level of a model; one thread at a time may use it."""

    def candidates(self, before: Before, *, mode: Mode, count: int) -> list[Suggestion]:
        """At least the `count` most likely suggestions of one word, in no order."""
        ...

    def extended(
        self,
        before: Before,
        suggestion: Suggestion,
        *,
        words: int,
        least: Thresholds,
        blocked: Collection[str],
        above: float = 0.0,
    ) -> Suggestion:
        """Go on after a suggestion as far as is confident, by at most so many words in all.

        A phrase of all the words that is less probable than what is wanted `above` need not be looked for.
        """
        ...

    def recalled(self, before: Before, suggestion: Suggestion, *, blocked: Collection[str]) -> Suggestion:
        """Go on after a suggestion as the writer did before, to the end of a line or a name."""
        ...

    def hearing(self, mixture: Mixture) -> "Ranker":
        """Return one of the same text that hears other experts: some of these, or others that remember alike."""
        ...

    def trials(self, line: str, /) -> Mapping[int, Trial]:
        """What the personal expert is worth for a line that it is about to learn, by the kind of evidence."""
        ...

    @property
    def mixture(self) -> Mixture:
        """The experts that are asked, the person's own among them."""
        ...

    def reading(self, text: str) -> tuple[list[Token], list[int]]:
        """The tokens of a text whose last word is finished, and their ids."""
        ...

    def texts(self, tokens: Sequence[int]) -> list[str]:
        """What some ids stand for."""
        ...


class NextWord(NamedTuple):
    """A word, or a mark, that may follow a text, and how likely it does: 0 to 1."""

    text: str
    probability: float


class ScoredWord(NamedTuple):
    """A word of a text and the natural logarithm of its probability after all words before it.

    Marks are words too, the end of a line or paragraph is a line break, and a model of characters has them for words.
    """

    text: str
    log_probability: float


@dataclass(frozen=True, slots=True)
class Score:
    """How likely a text is.

    Attributes:
        words: Its words in order.
    """

    words: tuple[ScoredWord, ...]

    @property
    def log_probability(self) -> float:
        """Natural logarithm of the probability of all of them, one after the other; 0 of none."""
        return sum(word.log_probability for word in self.words)


@dataclass(frozen=True, eq=False)
class Model:
    """What a model folder holds, ready to predict. It never changes, and any number of threads may use it.

    Whoever writes has a `Session` on it, which is cheap and which one thread at a time may use.

    Example:
        >>> model = Model.open("default")
        >>> model.next_words("best food in Las", k=1)[0].text
        'Vegas'

    Attributes:
        manifest: What the model is.
        vocabulary: Its tokens.
        tokenizer: How text becomes tokens.
        mixture: The experts.
        blocked: Words that are never suggested, as the folder had them when it was opened.
        characters: Folder of the character model beside it, or None; opened when a word is typed that needs it.
    """

    manifest: Manifest
    vocabulary: Vocabulary
    tokenizer: Tokenizer
    mixture: Mixture
    blocked: tuple[str, ...] = ()
    characters: Path | None = None

    @classmethod
    def open(cls, model: str | Path = "default") -> "Model":
        """Open a model by name or folder; a ModelError says what is wrong with it."""
        folder = existing_model(model)
        manifest = read_manifest(folder)
        try:
            return cls._read(folder, manifest)
        except ModelError:
            # Training may have published a newer model since the manifest was read.
            newer = read_manifest(folder)
            if newer == manifest:
                raise
            return cls._read(folder, newer)

    @classmethod
    def _read(cls, folder: Path, manifest: Manifest) -> "Model":
        vocabulary = read_vocabulary(folder, manifest)
        if manifest.segmenter is not None:
            require_segmenter(manifest.segmenter)
        return cls(
            manifest,
            vocabulary,
            Tokenizer(manifest.level, manifest.layout, manifest.pretokenized, manifest.segmenter is not None),
            load_mixture(folder, manifest, vocabulary),
            read_blocked(folder),
            character_model(folder),
        )

    def with_expert(self, expert: Expert[Any], *, share: float | None = None) -> "Model":
        """Return the same with one more expert, or with another one in the place of that of its name.

        Args:
            expert: Which.
            share: Its share of every prediction, 0 to 1, taken from all others alike, and of which those have their
                part that are weighed apart; as fitted, or as it weighs itself, where none is given.

        Raises:
            UsageError: It is of another vocabulary.
        """
        if expert.vocabulary_size != self.vocabulary.size:
            raise UsageError(
                f"'{expert.name}' knows {expert.vocabulary_size} tokens, and the model {self.vocabulary.size}.",
                "Make it with 'model.vocabulary.size'.",
            )
        return replace(self, mixture=self.mixture.with_expert(expert, share=share))

    @cached_property
    def thresholds(self) -> Thresholds:
        """Suggestions at least so probable are right often enough to be shown unasked."""
        return self.manifest.shown_from

    @property
    def threshold(self) -> float:
        """That of next words."""
        return self.thresholds.next

    @cached_property
    def keeps_secrets(self) -> bool:
        """Whether what looks like a secret was trained on because that was wanted."""
        return bool(self.manifest.card.get("corpus", {}).get("secrets_kept"))

    @cached_property
    def secret_words(self) -> frozenset[str]:
        """The words, `caseless`, that look like secrets by themselves and are therefore never suggested.

        Training finds them. In a model of an earlier version they are found when they are first asked for, in a tenth
        of a second.
        """
        vocabulary = self.vocabulary
        if vocabulary.secrets is not None:
            return frozenset(map(caseless, vocabulary.decode(vocabulary.secrets)))
        if self.keeps_secrets:
            return frozenset()
        from autocomplete.text.secrets import is_secret_word  # the rules take longer to load than an answer may

        return frozenset(caseless(word) for word in (*vocabulary.tokens, *vocabulary.rare) if is_secret_word(word))

    def however_unsure(self) -> "Model":
        """Return the same, which shows everything: phrases go on for as many words as are wanted."""
        return replace(self, manifest=self.manifest.with_thresholds(Thresholds(0.0, 0.0, 0.0)))

    def next_words(self, context: str, k: int = 5) -> list[NextWord]:
        """The `k` words, or marks, that most likely follow a text, most likely first; fewer where no more are known.

        The last word of the text is taken for finished. Behind a space at its end only what may follow a space is
        considered. Nothing is left out because it is blocked, and nothing that a person taught is known.

        Raises:
            UsageError: `k` is less than 1.
        """
        if k < 1:
            raise UsageError(f"{k} words are none.", "Ask for 1 or more.")
        before = remembered("", context, self.tokenizer)
        chances: dict[str, float] = {}
        for item in ranked(self.ranker().candidates(before, mode="next", count=k)):
            chances[item.text] = chances.get(item.text, 0.0) + item.probability
        found = sorted(chances.items(), key=lambda pair: (-pair[1], pair[0]))
        return [NextWord(text, min(1.0, probability)) for text, probability in found[:k]]

    def score(self, text: str) -> Score:
        """How likely a text is, word by word, after the beginning of a line; its end is not counted.

        A word that the vocabulary lacks is as likely as all such words together.
        """
        tokens = self.tokenizer.spans(text, self.vocabulary.count)
        words = OpenVocabulary(self.vocabulary)
        ids = np.array([words.id(token.text) for token in tokens], np.int64)
        state = self.mixture.initial_state()
        logs: list[float] = []
        for start in range(0, len(ids), _STRIDE):
            scores, state = self.mixture.score(state, ids[start : start + _STRIDE])
            logs += scores.log_probabilities.tolist()
        shown = ("\n" if token.text == END_TOKEN else token.text for token in tokens)
        return Score(tuple(map(ScoredWord, shown, logs)))

    def knows(self, word: str) -> bool:
        """Whether the vocabulary has a word, whatever its case."""
        return self._lexicon.alike(word) is not None

    @property
    def capitals(self) -> Capitals | None:
        """Which capitals belong to a word; None where that is no matter of words."""
        if self.manifest.level == "char" or self.tokenizer.syntax == "commands":
            return None
        ngrams = self.mixture.find(NgramExpert)
        return self._lexicon.capitals(None if ngrams is None else ngrams.model)

    def ranker(self, personal: PersonalStore | None = None) -> Ranker:
        """What ranks for one more writer, who taught what `personal` holds."""
        if self.manifest.level == "char":
            return _character_ranker(self._letters, self.tokenizer)
        from autocomplete.predict.words import WordRanker

        speller = None if self.characters is None else self._speller
        return WordRanker(self.mixture, self._lexicon, self.tokenizer, speller=speller, personal=personal)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.vocabulary, self.tokenizer.syntax)

    @cached_property
    def _letters(self) -> "LetterReader":
        from autocomplete.predict.letters import LetterReader

        return LetterReader(self.mixture, self.vocabulary, mends=True)

    def _speller(self) -> "CharacterRanker":
        """What spells words for one more writer, by the character model beside this one."""
        letters, tokenizer = self._beside
        return _character_ranker(letters, tokenizer)

    @cached_property
    def _beside(self) -> "tuple[LetterReader, Tokenizer]":
        """What reads letters by the character model beside this one."""
        from autocomplete.predict.letters import LetterReader

        assert self.characters is not None
        model = Model.open(self.characters)
        if model.manifest.level != "char":
            raise ModelError(
                f"{self.characters}: a model of words where one of characters belongs.", "Remove that folder."
            )
        return LetterReader(model.mixture, model.vocabulary, mends=False), model.tokenizer  # words are mended here


def _character_ranker(letters: "LetterReader", tokenizer: Tokenizer) -> "CharacterRanker":
    from autocomplete.predict.characters import CharacterRanker

    return CharacterRanker(letters, tokenizer)
