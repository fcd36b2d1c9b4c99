"""Frozen settings, checked when made. Needs the standard library only."""

import math
from dataclasses import dataclass
from typing import Literal

from autocomplete.errors import UsageError

Level = Literal["word", "char"]
Layout = Literal["lines", "text"]

# Vocabulary of the word level unless told otherwise: covers 97-99 % of a person's own text,
# and keeps a warm keystroke to about a millisecond (one row of the output matrix a word).
DEFAULT_WORD_VOCABULARY = 20_000
DEFAULT_MIN_COUNT = 2
# What is taken from a folder.
DEFAULT_PATTERNS = ("*.txt", "*.md", "*.text", "*.rst", "*.org", "*.txt.gz")


def _require(condition: bool, cause: str, cure: str) -> None:
    if not condition:
        raise UsageError(cause, cure)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSettings:
    """How text becomes tokens.

    Attributes:
        level: `word` or `char`.
        layout: `lines` (each line its own sequence), `text` (hard-wrapped prose), or None to detect it.
        pretokenized: Split on white space alone and keep the text's own `<unk>`.
        encoding: The encoding of the files; a byte-order mark overrides it.
        patterns: File-name patterns taken from folders.
        vocab_size: Most tokens kept, specials included. None: 20,000 words, or every token of a
            pre-tokenised or character-level corpus.
        min_count: Tokens seen less often become `<unk>`. None: 2, or 1 where `pretokenized`.
        valid_fraction: Share of the text held out for validation, where no validation files are given.
        workers: Processes that tokenise. None: one a core.
        order: Longest sequence of consecutive tokens that is counted. None: 5 words or 8 characters.
    """

    level: Level = "word"
    layout: Layout | None = None
    pretokenized: bool = False
    encoding: str = "utf-8"
    patterns: tuple[str, ...] = DEFAULT_PATTERNS
    vocab_size: int | None = None
    min_count: int | None = None
    valid_fraction: float = 0.05
    workers: int | None = None
    order: int | None = None

    def __post_init__(self) -> None:
        _require(
            not (self.pretokenized and self.level == "char"),
            "'--pretokenized' describes words, and the level is 'char'.",
            "Drop one of the two.",
        )
        _require(
            self.vocab_size is None or self.vocab_size >= 3,
            f"A vocabulary of {self.vocab_size} holds no word beside <unk> and <eos>.",
            "Give '--vocab-size' 3 or more.",
        )
        _require(
            self.min_count is None or self.min_count >= 1,
            f"'--min-count {self.min_count}' is less than one.",
            "Give 1 to keep every token.",
        )
        _require(
            0.0 < self.valid_fraction < 0.5,
            f"A validation share of {self.valid_fraction} is not between 0 and 0.5.",
            "0.05 holds out a twentieth of the text.",
        )
        _require(
            self.workers is None or self.workers >= 1,
            f"'--workers {self.workers}' is less than one.",
            "Give 1 to work in one process.",
        )
        _require(
            self.order is None or 2 <= self.order <= 12,
            f"'--order {self.order}' is not from 2 to 12.",
            "5 suits words, 8 characters.",
        )

    @property
    def effective_order(self) -> int:
        """Longest n-gram, the default resolved."""
        if self.order is not None:
            return self.order
        return 5 if self.level == "word" else 8

    @property
    def effective_vocab_size(self) -> int | None:
        """Most tokens kept, defaults resolved; None is no limit."""
        if self.vocab_size is None and self.level == "word" and not self.pretokenized:
            return DEFAULT_WORD_VOCABULARY
        return self.vocab_size

    @property
    def effective_min_count(self) -> int:
        """Least count of a token that is kept, defaults resolved."""
        if self.min_count is not None:
            return self.min_count
        return 1 if self.pretokenized else DEFAULT_MIN_COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The shape of the recurrent network.

    Attributes:
        layers: Stacked recurrent layers.
        embedding_size: Width of a token's vector, shared by input and output.
        hidden_size: Width of a recurrent layer; projected to `embedding_size` where they differ.
    """

    layers: int = 1
    embedding_size: int = 256
    hidden_size: int = 512

    def __post_init__(self) -> None:
        for name in ("layers", "embedding_size", "hidden_size"):
            value = getattr(self, name)
            _require(value >= 1, f"'--{name.replace('_', '-')} {value}' is less than one.", "Give a positive number.")

    def weights_per_token(self, vocabulary_size: int) -> int:
        """Multiplications of one forward step, the output layer included."""
        recurrent = 0
        width = self.embedding_size
        for _ in range(self.layers):
            recurrent += 4 * self.hidden_size * (width + self.hidden_size)
            width = self.hidden_size
        if width != self.embedding_size:
            recurrent += width * self.embedding_size
        return recurrent + vocabulary_size * self.embedding_size


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """How the network is trained.

    Attributes:
        epochs: Passes over the training text. None: as many as the budget allows, at most `max_epochs`.
        max_epochs: Most passes that a budget is spent on.
        budget_seconds: Wall-clock time for the whole command. Kept even where the machine turns out slower
            than measured.
        batch_size: Rows of text read side by side.
        bptt: Time steps through which gradients flow (truncated back-propagation through time).
        learning_rate: Peak of Adam's learning rate: linear warm-up, then cosine decay.
        warmup_fraction: Share of all steps spent warming up.
        clip_norm: Most that the global norm of a step's gradient may be.
        input_dropout: Variational dropout of the embedded tokens.
        hidden_dropout: Variational dropout between recurrent layers.
        output_dropout: Variational dropout of what the output layer reads.
        validations_per_epoch: How often the held-out text is scored in one pass.
        patience: Validations without improvement after which training stops.
        precision: Operands of matrix products; sums, weights and state are always float32.
        seed: Of the initial weights and the dropout masks.
    """

    epochs: int | None = None
    max_epochs: int = 40
    budget_seconds: float = 300.0
    batch_size: int = 32
    bptt: int = 35
    learning_rate: float = 3e-3
    warmup_fraction: float = 0.05
    clip_norm: float = 1.0
    input_dropout: float = 0.3
    hidden_dropout: float = 0.3
    output_dropout: float = 0.3
    validations_per_epoch: int = 1
    patience: int = 6
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        positive = ("max_epochs", "budget_seconds", "batch_size", "bptt", "learning_rate", "clip_norm", "patience")
        for name in (*positive, "validations_per_epoch"):
            value = getattr(self, name)
            _require(
                0 < value < math.inf,
                f"'--{name.replace('_', '-')} {value}' is not a positive number.",
                "Give a number above zero.",
            )
        _require(
            self.epochs is None or self.epochs >= 1,
            f"'--epochs {self.epochs}' is less than one pass over the text.",
            "Give 1 or more.",
        )
        for name in ("input_dropout", "hidden_dropout", "output_dropout", "warmup_fraction"):
            value = getattr(self, name)
            _require(0.0 <= value < 1.0, f"'--{name.replace('_', '-')} {value}' is not a share.", "Give 0 up to 1.")
