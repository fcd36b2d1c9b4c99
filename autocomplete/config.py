"""Frozen settings, checked when made. Needs the standard library only."""

import itertools
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from autocomplete.errors import UsageError, require_one_of

Level = Literal["word", "char"]
Layout = Literal["lines", "text", "commands"]
# Of files: how text is read that is not plain. What a person has comes from a shell, a mailbox, a chat, a page …
FormatName = Literal[
    "plain",
    "zsh",
    "bash",
    "fish",
    "powershell",
    "atuin",
    "mbox",
    "eml",
    "emlx",
    "whatsapp",
    "telegram",
    "discord",
    "slack",
    "messenger",
    "twitter",
    "irc",
    "html",
    "markdown",
    "rst",
    "latex",
    "jsonl",
    "json",
    "csv",
    "subtitles",
    "code",
    "docx",
    "odt",
    "epub",
    "pdf",
]
# Of what several people write, such as a mailbox or a chat of one program: in each a person may have another name.
SourceKind = Literal["mail", "whatsapp", "telegram", "discord", "slack", "messenger", "twitter", "irc"]
Cell = Literal["lstm", "gru", "rnn", "feedforward"]
Activation = Literal["tanh", "relu"]
Optimizer = Literal["adam", "rmsprop", "sgd"]
Schedule = Literal["cosine", "one-cycle", "plateau", "constant"]
Output = Literal["exact", "adaptive"]
Size = Literal["tiny", "small", "medium", "large"]

# Vocabulary of the word level unless told otherwise: covers 97-99 % of a person's own text,
# and keeps a warm keystroke to about a millisecond.
DEFAULT_WORD_VOCABULARY = 20_000
DEFAULT_MIN_COUNT = 2
# Values that a recurrent cell computes for each of its units: gates and candidates, each with weights of its own.
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
# Most rounds of a mogrifier; Melis 2020 found no gain beyond 5 or 6.
MOST_ROUNDS = 12
# Tokens that the feed-forward network sees: it predicts the sixth, as Bengio's on newspaper text did (2003, n = 6).
DEFAULT_WINDOW = 5
# Of the global norm of a gradient, unless told otherwise.
DEFAULT_CLIP_NORM = 1.0
# Least width of the vectors of an adaptive softmax: 16 float32 values make an AVX-512 register.
LEAST_WIDTH = 16
# What is taken from a folder.
DEFAULT_PATTERNS = ("*.txt", "*.md", "*.text", "*.rst", "*.org", "*.txt.gz")


def _require(condition: bool, cause: str, cure: str) -> None:
    if not condition:
        raise UsageError(cause, cure)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting can be.

    Attributes:
        base: `bool`, `int`, `float`, `str` or `tuple`.
        choices: The words that it is one of; empty where it is no such word.
        optional: Whether it can be None.
        item: Of a tuple, what each of its values is.
    """

    base: type[Any]
    choices: tuple[str, ...] = ()
    optional: bool = False
    item: type[Any] | None = None

    @classmethod
    def of(cls, hint: Any) -> "Kind":
        """Return the kind that a field's type says; several sets of words are one."""
        united = get_origin(hint) in (Union, types.UnionType)
        parts = [part for part in (get_args(hint) if united else (hint,)) if part is not types.NoneType]
        optional = united and types.NoneType in get_args(hint)
        if all(get_origin(part) is Literal for part in parts):
            return cls(str, tuple(dict.fromkeys(word for part in parts for word in get_args(part))), optional)
        (part,) = parts
        if get_origin(part) is tuple:
            return cls(tuple, optional=optional, item=get_args(part)[0])
        return cls(part, optional=optional)

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it is one of, or that each of its values is."""
        return self.choices or (() if self.item is None else Kind.of(self.item).choices)

    def require(self, name: str, value: object) -> None:
        """Refuse what is no value of this kind with a UsageError."""
        if value is None and self.optional:
            return
        if self.choices:
            require_one_of(name, value, self.choices)
        elif not self._holds(value):
            cause, cure = _SAID[self.base]
            raise UsageError(f"{name} {value!r} {cause}.", cure)
        elif isinstance(value, tuple):
            for each in value:
                Kind.of(self.item or str).require(name, each)

    def _holds(self, value: object) -> bool:
        if self.base is tuple:
            return isinstance(value, tuple) and all(Kind.of(self.item or str)._holds(each) for each in value)
        if self.base is float:
            return isinstance(value, int | float) and not isinstance(value, bool)
        return isinstance(value, self.base) and (self.base is bool or not isinstance(value, bool))


# What is said of a value that is of another type, and what to do.
_SAID: Mapping[type[Any], tuple[str, str]] = {
    bool: ("is neither true nor false", "Give one of them."),
    int: ("is no whole number", "Give one, for example 5."),
    float: ("is no number", "Give one, for example 0.5."),
    str: ("is no text", "Give one."),
    tuple: ("is no list of values", "Give several, or one in a list."),
}


def kinds_of(settings: type[Any]) -> Mapping[str, Kind]:
    """Return what each field of a dataclass of settings can be."""
    return {field.name: Kind.of(field.type) for field in fields(settings)}


def _require_kinds(settings: Any) -> None:
    """Refuse settings of which one is of another type than its field says."""
    for name, kind in kinds_of(type(settings)).items():
        kind.require(name, getattr(settings, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSettings:
    """How text becomes tokens.

    Attributes:
        level: `word` or `char`.
        layout: `lines` (each line its own sequence), `text` (hard-wrapped prose), `commands` (a shell command a line,
            whose arguments are the words), or `auto` to detect it.
        pretokenized: Split on white space alone and keep the text's own `<unk>`.
        encoding: The encoding of the files; a byte-order mark overrides it. None: found for each file.
        format: What the files are, such as `zsh` or `plain`. None: found for each file.
        field: The column or key that holds the text of CSV or JSON. None: the one that holds prose.
        sender: Whose words are taken of mail and chats: names and addresses of one person, or parts that only one name
            has. Empty: the person whose files these are.
        everyone: Take everyone's words of mail and chats, not one person's.
        everyone_of: Of these kinds take everyone's words, whoever is the sender: `mail` or a chat's format.
        unclear_sender: What to do where it is unclear whose words to take: take those of `everyone`, or `refuse`.
        patterns: File-name patterns taken from folders.
        vocab_size: Most tokens kept, specials included. None: 20,000 words, or every token of a
            pre-tokenised or character-level corpus.
        min_count: Tokens seen less often become `<unk>`. None: 2, or 1 where `pretokenized`.
        valid_fraction: Share of the text held out for validation, where no validation files are given.
        workers: Processes that tokenise. None: one a core, or all that the cluster has.
        cluster: Address of the scheduler of a Dask cluster that tokenises instead of this machine.
        order: Longest sequence of consecutive tokens that is counted. None: 5 words or 8 characters.
        keep_secrets: Keep the lines that look as if they held a password, a key or the like.
        standing: Names of settings that stand for all that is ever read, as in a file of them; where these do not fit
            what is read now, that is no mistake.
    """

    level: Level = "word"
    layout: Literal["auto"] | Layout = "auto"
    pretokenized: bool = False
    encoding: str | None = None
    format: FormatName | None = None
    field: str | None = None
    sender: tuple[str, ...] = ()
    everyone: bool = False
    everyone_of: tuple[SourceKind, ...] = ()
    unclear_sender: Literal["everyone", "refuse"] = "everyone"
    patterns: tuple[str, ...] = DEFAULT_PATTERNS
    vocab_size: int | None = None
    min_count: int | None = None
    valid_fraction: float = 0.05
    workers: int | None = None
    cluster: str | None = None
    order: int | None = None
    keep_secrets: bool = False
    standing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require_kinds(self)
        _require(
            not (self.pretokenized and self.level == "char"),
            "'pretokenized' describes words, and the level is 'char'.",
            "Drop one of the two.",
        )
        _require(
            not (self.everyone and self.sender),
            f"sender '{', '.join(self.sender)}' is one person, and everyone's words are to be taken.",
            "Drop one of the two.",
        )
        _require(all(map(str.strip, self.sender)), "The sender has no name.", "Give a name or an address.")
        _require(
            not (self.pretokenized and self.layout == "commands"),
            "'pretokenized' cuts words at white space, and layout 'commands' as a shell does.",
            "Drop one of the two.",
        )
        _require(
            self.vocab_size is None or self.vocab_size >= 3,
            f"A vocabulary of {self.vocab_size} holds no word beside <unk> and <eos>.",
            "Give 3 or more.",
        )
        _require(
            self.min_count is None or self.min_count >= 1,
            f"min_count {self.min_count} is less than one.",
            "Give 1 to keep every token.",
        )
        _require(
            0.0 < self.valid_fraction < 0.5,
            f"A validation share of {self.valid_fraction} is not between 0 and 0.5.",
            "0.05 holds out a twentieth of the text.",
        )
        _require(
            self.workers is None or self.workers >= 1,
            f"workers {self.workers} is less than one.",
            "Give 1 to work in one process.",
        )
        _require(
            self.order is None or 2 <= self.order <= 12,
            f"order {self.order} is not from 2 to 12.",
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


class TailShape(NamedTuple):
    """Rare words of an adaptive softmax: ids from `start` to before `stop`, with vectors of `width`."""

    start: int
    stop: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The shape of the network: settings that make no sense together are refused.

    Attributes:
        cell: `lstm`, `gru` and `rnn` carry a state from token to token; `feedforward` sees a window of the last tokens.
        layers: Stacked recurrent layers.
        embedding_size: Width of a token's vector.
        hidden_size: Width of a layer; projected to `embedding_size` where they differ.
        activation: Of an `rnn`: `tanh` or `relu`. None: `tanh`; the other cells have their own.
        window: Tokens that a `feedforward` network sees. None: 5.
        mogrifier: Rounds in which an LSTM's input and hidden state scale each other before each step (Melis 2020).
        cutoffs: Ids, which go by falling frequency, where the tails of an adaptive softmax begin (Grave 2017); each has
            vectors a quarter as wide as those before, but of 16 at least. Empty: one output layer over all words.
        tied: Whether the vectors that tokens are read by are those that they are scored by (Press & Wolf 2017).
    """

    cell: Cell = "lstm"
    layers: int = 1
    embedding_size: int = 256
    hidden_size: int = 512
    activation: Activation | None = None
    window: int | None = None
    mogrifier: int = 0
    cutoffs: tuple[int, ...] = ()
    tied: bool = True

    def __post_init__(self) -> None:
        _require_kinds(self)
        for name in ("layers", "embedding_size", "hidden_size"):
            value = getattr(self, name)
            _require(value >= 1, f"{name} {value} is less than one.", "Give a positive number.")
        _require(
            self.activation is None or self.cell == "rnn",
            f"activation '{self.activation}' is a choice of the cell 'rnn', and the cell is '{self.cell}'.",
            "Drop it, or choose the cell 'rnn'.",
        )
        _require(
            self.window is None or self.cell == "feedforward",
            f"window {self.window} limits what a feed-forward network sees, and the cell is '{self.cell}'.",
            "Drop it, or choose the cell 'feedforward'.",
        )
        # With one token there is nothing to carry from token to token: the n-grams count such pairs already.
        _require(self.effective_window >= 2, f"window {self.window} is less than two tokens.", "5 suits words.")
        _require(
            self.layers == 1 or self.cell != "feedforward",
            f"layers {self.layers} stacks recurrent layers, and the feed-forward network has one hidden layer.",
            "Drop it, or widen the one by hidden_size.",
        )
        _require(
            0 <= self.mogrifier <= MOST_ROUNDS,
            f"mogrifier {self.mogrifier} is not from 0 to {MOST_ROUNDS} rounds.",
            "The paper has 5.",
        )
        _require(
            self.mogrifier == 0 or self.cell == "lstm",
            f"mogrifier {self.mogrifier} gates an LSTM, and the cell is '{self.cell}'.",
            "Drop it, or choose the cell 'lstm'.",
        )
        _require(
            all(before < after for before, after in itertools.pairwise((0, *self.cutoffs))),
            f"The cutoffs {self.cutoffs} do not rise from one on.",
            "Leave them to the program.",
        )

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "NetworkSettings":
        """Return the settings that `dataclasses.asdict` and JSON made `fields` of, older ones included."""
        return cls(**{**fields, "cutoffs": tuple(fields.get("cutoffs", ()))})

    @property
    def effective_window(self) -> int:
        """Tokens that a `feedforward` network sees, the default resolved."""
        return DEFAULT_WINDOW if self.window is None else self.window

    @property
    def effective_activation(self) -> Activation:
        """What squashes an `rnn`, the default resolved."""
        return self.activation or "tanh"

    @property
    def title(self) -> str:
        """The cell as people call it."""
        titles = {
            "lstm": f"mogrifier LSTM of {self.mogrifier} rounds" if self.mogrifier else "LSTM",
            "gru": "GRU",
            "rnn": f"{self.effective_activation} RNN",
            "feedforward": f"feed-forward network over {self.effective_window} tokens",
        }
        return titles[self.cell]

    def layer_shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every tensor of one layer; a cell's gates lie side by side."""
        width, hidden = self.embedding_size if layer == 0 else self.hidden_size, self.hidden_size
        if self.cell == "feedforward":
            return {"w_input": (self.effective_window * width, hidden), "bias": (hidden,)}
        columns = GATES[self.cell] * hidden
        rounds = {
            f"mogrifiers/{number}": (width, hidden) if number % 2 else (hidden, width)
            for number in range(self.mogrifier)
        }
        return {"w_input": (width, columns), "w_recurrent": (hidden, columns), "bias": (columns,), **rounds}

    @property
    def summary(self) -> str:
        """The network in a line."""
        shape = f"{self.title}, {self.layers} x {self.hidden_size} units, embedding {self.embedding_size}"
        return f"{shape}, adaptive softmax" if self.cutoffs else shape

    def tails(self, vocabulary_size: int) -> list[TailShape]:
        """Return the tails of an adaptive softmax over so many words, which must be more than the last cutoff."""
        return [
            TailShape(start, stop, min(self.embedding_size, max(LEAST_WIDTH, self.embedding_size // 4**narrower)))
            for narrower, (start, stop) in enumerate(itertools.pairwise((*self.cutoffs, vocabulary_size)), start=1)
        ]

    def weight_shapes(self, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every tensor: those of the network, of the model folder and of prediction.

        The rows of the embedding and of the bias behind the head's words stand for the tails.
        """
        tails = self.tails(vocabulary_size)
        rows = (*self.cutoffs, vocabulary_size)[0] + len(tails)
        shapes: dict[str, tuple[int, ...]] = {"output/embedding": (rows, self.embedding_size), "output/bias": (rows,)}
        if not self.tied:
            shapes["input/embedding"] = (vocabulary_size, self.embedding_size)
        for number, tail in enumerate(tails):
            words = tail.stop - tail.start
            shapes[f"output/tails/{number}/embedding"] = (words, tail.width)
            shapes[f"output/tails/{number}/projection"] = (tail.width, self.embedding_size)
            shapes[f"output/tails/{number}/bias"] = (words,)
        for layer in range(self.layers):
            shapes |= {f"layers/{layer}/{name}": shape for name, shape in self.layer_shapes(layer).items()}
        if self.hidden_size != self.embedding_size:
            shapes["projection"] = (self.hidden_size, self.embedding_size)
        return shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """How the network is trained.

    Attributes:
        epochs: Passes over the training text. None: as many as the budget allows, at most `max_epochs`.
        max_epochs: Most passes that a budget is spent on.
        budget_seconds: Wall-clock time for the whole command. Kept even where the machine turns out slower
            than measured, but for the least that a network must read of a text.
        batch_size: Rows of text read side by side.
        accumulate: Parts that the rows of a step are read in, one after another: the same step in less memory.
        bptt: Time steps through which gradients flow (truncated back-propagation through time).
        optimizer: `adam`, `rmsprop` or plain `sgd`.
        learning_rate: Peak of the learning rate.
        schedule: Of the learning rate: `cosine` (linear warm-up, then cosine decay), `one-cycle` (up for three tenths
            of the steps, then down), `plateau` (a quarter after each validation without improvement) or `constant`.
            None: `plateau` for `sgd`, else `cosine`.
        warmup_fraction: Share of all steps spent warming up.
        clip_norm: Most that the global norm of a step's gradient may be. None: 1, or no limit with a `clip_value`.
        clip_value: Most that each element of a gradient may be, before `clip_norm`. None: no limit.
        weight_decay: Share of each weight, times the learning rate, that is taken off at each step (Loshchilov 2019).
        average_decay: Of the running mean of the weights (Polyak & Juditsky 1992), which is validated and kept; 0 for
            the weights themselves. Early means are of fewer steps.
        input_dropout: Variational dropout of the embedded tokens.
        hidden_dropout: Variational dropout between recurrent layers.
        output_dropout: Variational dropout of what the output layer reads.
        embedding_dropout: Dropout of whole words: their vectors are zero for a step (Gal & Ghahramani 2016).
        weight_drop: Dropout of single recurrent weights, the same at all time steps (DropConnect, Merity 2018).
        activation_penalty: AR, times the mean square of what the output layer reads (Merity 2017).
        temporal_penalty: TAR, times the mean square of its change from token to token.
        validations_per_epoch: How often the held-out text is scored in one pass.
        patience: Validations without improvement after which training stops.
        precision: Operands of matrix products, resolved.
        seed: Of the initial weights and of all that training draws.
    """

    epochs: int | None = None
    max_epochs: int = 40
    budget_seconds: float = 300.0
    batch_size: int = 32
    accumulate: int = 1
    bptt: int = 35
    optimizer: Optimizer = "adam"
    learning_rate: float = 3e-3
    schedule: Schedule | None = None
    warmup_fraction: float = 0.05
    clip_norm: float | None = None
    clip_value: float | None = None
    weight_decay: float = 0.0
    average_decay: float = 0.0
    input_dropout: float = 0.3
    hidden_dropout: float = 0.3
    output_dropout: float = 0.3
    embedding_dropout: float = 0.0
    weight_drop: float = 0.0
    activation_penalty: float = 0.0
    temporal_penalty: float = 0.0
    validations_per_epoch: int = 1
    patience: int = 6
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        _require_kinds(self)
        positive = ("max_epochs", "budget_seconds", "batch_size", "bptt", "learning_rate", "patience")
        for name in (*positive, "accumulate", "validations_per_epoch", "clip_norm", "clip_value"):
            value = getattr(self, name)
            _require(
                value is None or 0 < value < math.inf,
                f"{name} {value} is not a positive number.",
                "Give a number above zero.",
            )
        _require(
            self.epochs is None or self.epochs >= 1,
            f"epochs {self.epochs} is less than one pass over the text.",
            "Give 1 or more.",
        )
        dropouts = ("input_dropout", "hidden_dropout", "output_dropout", "embedding_dropout", "weight_drop")
        for name in (*dropouts, "warmup_fraction", "average_decay"):
            value = getattr(self, name)
            _require(0.0 <= value < 1.0, f"{name} {value} is not a share.", "Give 0 up to 1.")
        for name in ("weight_decay", "activation_penalty", "temporal_penalty"):
            value = getattr(self, name)
            _require(0.0 <= value < math.inf, f"{name} {value} is not a number from 0 on.", "Give 0 for none.")

    @property
    def effective_schedule(self) -> Schedule:
        """The learning rate's schedule, the default resolved."""
        if self.schedule is not None:
            return self.schedule
        return "plateau" if self.optimizer == "sgd" else "cosine"

    @property
    def effective_clip_norm(self) -> float:
        """Most that a gradient's norm may be, the default resolved; infinite for no limit."""
        if self.clip_norm is not None:
            return self.clip_norm
        return DEFAULT_CLIP_NORM if self.clip_value is None else math.inf


def require_suited(network: NetworkSettings, training: TrainingSettings) -> None:
    """Refuse settings that make no sense together.

    Raises:
        UsageError: Weight drop without a recurrent matrix, or rows that cannot be read in equal parts.
    """
    _require(
        network.cell != "feedforward" or training.weight_drop == 0.0,
        f"weight_drop {training.weight_drop} silences recurrent weights, and a feed-forward network has none.",
        "Drop it.",
    )
    _require(
        training.batch_size % training.accumulate == 0,
        f"{training.batch_size} rows cannot be read in {training.accumulate} equal parts.",
        "Give an accumulate that divides batch_size.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What a training run chooses for the corpus, the budget and the machine.

    Attributes:
        size: A recipe's name, or `auto` for the largest network that the corpus can feed and the budget train.
        output: The output layer: `exact` (a softmax over all words), `adaptive` (over clusters of them), or `auto` for
            what suits the vocabulary.
        precision: Operands of matrix products, or `auto` for what this machine multiplies fastest; sums, weights and
            state are always float32.
        shown_right: Share of the suggestions shown unasked that shall be right.
    """

    size: Literal["auto"] | Size = "auto"
    output: Literal["auto"] | Output = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    shown_right: float = 0.5

    def __post_init__(self) -> None:
        _require_kinds(self)
        _require(0.0 <= self.shown_right <= 1.0, f"shown_right {self.shown_right} is not a share.", "Give 0 up to 1.")


# The settings that have a class of their own. Of a name that two of them have, such as the precision, the run's is
# meant: it resolves the other.
KINDS: Mapping[str, type[Any]] = {
    "run": RunSettings,
    "corpus": CorpusSettings,
    "network": NetworkSettings,
    "training": TrainingSettings,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Where the processes of a run meet. JAX knows some clusters and finds there what is None.

    Attributes:
        coordinator: Address and port at which process 0 listens to the others, `HOST:PORT`; also from
            `JAX_COORDINATOR_ADDRESS`.
        processes: How many train together.
        process: Which one this is, from 0 on.
    """

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None

    def __post_init__(self) -> None:
        _require_kinds(self)
        for name, least in (("processes", 1), ("process", 0)):
            value = getattr(self, name)
            _require(value is None or value >= least, f"{name} {value} is less than {least}.", "Count them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How the resident engine behaves.

    Attributes:
        enabled: Whether it may be started at all.
        idle_minutes: It ends after so many minutes without a question; 0 for never.
        memory_megabytes: The models that it keeps open take so much at most, but one is always kept.
    """

    enabled: bool = True
    idle_minutes: float = 30.0
    memory_megabytes: float = 512.0

    def __post_init__(self) -> None:
        _require_kinds(self)
        for name in ("idle_minutes", "memory_megabytes"):
            value = getattr(self, name)
            _require(math.isfinite(value) and value >= 0, f"{name} {value} is less than 0.", "Give 0 or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which model is asked at a place: in files of a type, in a folder, or in files of a type in a folder.

    Attributes:
        model: Its name, or its folder's path.
        type: Names of file types as editors have them, such as `markdown`. Empty: all in which prose is written.
        folder: In which the files lie, at any depth; `~` is the person's home. Empty: wherever they lie.
    """

    model: str = ""
    type: tuple[str, ...] = ()
    folder: str = ""

    def __post_init__(self) -> None:
        _require_kinds(self)
        _require(bool(self.model), "A route names no model.", "Give it a 'model'.")
        _require(bool(self.type or self.folder), "A route leads from nowhere.", "Give it a 'type', a 'folder' or both.")
