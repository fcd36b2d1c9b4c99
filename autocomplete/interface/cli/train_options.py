"""The options of `train`: their names are the settings', their defaults stand with the command."""

from typing import Annotated

import typer

_CORPUS, _NETWORK, _TRAINING = "Corpus", "Network", "Training"

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH…", help="Files, folders, .gz files, or '-' for standard input."),
]
Valid = Annotated[
    list[str] | None, typer.Option("--valid", metavar="PATH", help="Held-out text; else a part of the corpus.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing model.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a stopped run, as if it had not stopped.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read the corpus, report on it, and stop.")]
Level = Annotated[str, typer.Option(help="'word' or 'char'.", rich_help_panel=_CORPUS)]
Layout = Annotated[
    str, typer.Option(help="'lines' (each its own), 'text' (wrapped prose) or 'auto'.", rich_help_panel=_CORPUS)
]
Pretokenized = Annotated[
    bool, typer.Option("--pretokenized", help="Split at white space alone.", rich_help_panel=_CORPUS)
]
Encoding = Annotated[str, typer.Option(help="Encoding of the files.", rich_help_panel=_CORPUS)]
Pattern = Annotated[
    list[str] | None,
    typer.Option(help="File names taken from folders, such as '*.txt'; repeat for more.", rich_help_panel=_CORPUS),
]
VocabSize = Annotated[int | None, typer.Option(help="Most tokens kept (20,000 words).", rich_help_panel=_CORPUS)]
MinCount = Annotated[int | None, typer.Option(help="Rarer tokens become unknown (2).", rich_help_panel=_CORPUS)]
ValidFraction = Annotated[
    float, typer.Option(help="Share held out where no --valid is given.", rich_help_panel=_CORPUS)
]
Workers = Annotated[int | None, typer.Option(help="Processes that tokenise (one a core).", rich_help_panel=_CORPUS)]
Order = Annotated[
    int | None, typer.Option(help="Longest word sequence counted (5, or 8 characters).", rich_help_panel=_CORPUS)
]
Characters = Annotated[
    bool,
    typer.Option(
        "--characters",
        help="Learn the text's characters too, in a quarter of the time: for words that the vocabulary lacks.",
        rich_help_panel=_NETWORK,
    ),
]
NoNetwork = Annotated[bool, typer.Option("--no-network", help="Stop after the n-grams.", rich_help_panel=_NETWORK)]
Size = Annotated[str, typer.Option(help="auto, tiny, small, medium or large.", rich_help_panel=_NETWORK)]
Cell = Annotated[
    str | None, typer.Option(help="lstm (the default), gru, rnn or feedforward.", rich_help_panel=_NETWORK)
]
Activation = Annotated[
    str | None, typer.Option(help="What squashes the cell 'rnn': tanh (the default) or relu.", rich_help_panel=_NETWORK)
]
Window = Annotated[
    int | None, typer.Option(help="Tokens that the cell 'feedforward' sees (5).", rich_help_panel=_NETWORK)
]
Layers = Annotated[int | None, typer.Option(help="Stacked recurrent layers.", rich_help_panel=_NETWORK)]
EmbeddingSize = Annotated[int | None, typer.Option(help="Width of a token's vector.", rich_help_panel=_NETWORK)]
HiddenSize = Annotated[int | None, typer.Option(help="Width of a layer.", rich_help_panel=_NETWORK)]
Budget = Annotated[str | None, typer.Option(help="Time to spend: 90s, 5m, 1h (5m).", rich_help_panel=_TRAINING)]
Epochs = Annotated[
    int | None, typer.Option(help="Passes over the text, whatever they take.", rich_help_panel=_TRAINING)
]
MaxEpochs = Annotated[
    int | None, typer.Option(help="Most passes that a budget is spent on.", rich_help_panel=_TRAINING)
]
BatchSize = Annotated[int | None, typer.Option(help="Rows of text read side by side.", rich_help_panel=_TRAINING)]
Bptt = Annotated[int | None, typer.Option(help="Steps that gradients flow back.", rich_help_panel=_TRAINING)]
Accumulate = Annotated[
    int | None, typer.Option(help="Parts that a step's rows are read in: less memory.", rich_help_panel=_TRAINING)
]
Optimizer = Annotated[str | None, typer.Option(help="adam, rmsprop or sgd.", rich_help_panel=_TRAINING)]
LearningRate = Annotated[float | None, typer.Option(help="Peak of the learning rate.", rich_help_panel=_TRAINING)]
Schedule = Annotated[
    str | None,
    typer.Option(help="cosine, one-cycle, plateau (of sgd) or constant.", rich_help_panel=_TRAINING),
]
WarmupFraction = Annotated[float | None, typer.Option(help="Share of steps that warm up.", rich_help_panel=_TRAINING)]
ClipNorm = Annotated[
    float | None, typer.Option(help="Most that a gradient's global norm may be.", rich_help_panel=_TRAINING)
]
ClipValue = Annotated[
    float | None, typer.Option(help="Most that each part of a gradient may be.", rich_help_panel=_TRAINING)
]
WeightDecay = Annotated[
    float | None, typer.Option(help="Taken off each weight, times the learning rate.", rich_help_panel=_TRAINING)
]
AverageDecay = Annotated[
    float | None, typer.Option(help="Of the running mean of the weights; 0 for none.", rich_help_panel=_TRAINING)
]
InputDropout = Annotated[
    float | None, typer.Option(help="Variational dropout of embedded tokens.", rich_help_panel=_TRAINING)
]
HiddenDropout = Annotated[
    float | None, typer.Option(help="Variational dropout between layers.", rich_help_panel=_TRAINING)
]
OutputDropout = Annotated[
    float | None, typer.Option(help="Variational dropout before the output.", rich_help_panel=_TRAINING)
]
EmbeddingDropout = Annotated[float | None, typer.Option(help="Dropout of whole words.", rich_help_panel=_TRAINING)]
WeightDrop = Annotated[float | None, typer.Option(help="Dropout of recurrent weights.", rich_help_panel=_TRAINING)]
ActivationPenalty = Annotated[
    float | None, typer.Option("--ar", help="Activation regularisation.", rich_help_panel=_TRAINING)
]
TemporalPenalty = Annotated[
    float | None, typer.Option("--tar", help="Temporal activation regularisation.", rich_help_panel=_TRAINING)
]
ValidationsPerEpoch = Annotated[
    int | None, typer.Option(help="How often held-out text is scored.", rich_help_panel=_TRAINING)
]
Patience = Annotated[
    int | None, typer.Option(help="Validations without gain that end training.", rich_help_panel=_TRAINING)
]
Precision = Annotated[str, typer.Option(help="auto, float32 or bfloat16 products.", rich_help_panel=_TRAINING)]
Seed = Annotated[int | None, typer.Option(help="Of weights and dropout.", rich_help_panel=_TRAINING)]
ShownRight = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=1.0,
        help="Share of the suggestions shown unasked that shall be right.",
        rich_help_panel="Confidence",
    ),
]
