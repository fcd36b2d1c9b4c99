"""The options of `train`: their names are the settings', their defaults stand with the command."""

from functools import partial
from typing import Annotated

import typer

_corpus, _network, _training, _confidence, _processes = (
    partial(typer.Option, rich_help_panel=panel)
    for panel in ("Corpus", "Network", "Training", "Confidence", "Several processes")
)

Paths = Annotated[
    list[str] | None, typer.Argument(metavar="PATH…", help="Files, folders, .gz files, or '-' for standard input.")
]
Valid = Annotated[
    list[str] | None, typer.Option("--valid", metavar="PATH", help="Held-out text; else a part of the corpus.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing model.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a stopped run, as if it had not stopped.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read the corpus, report on it, and stop.")]
Level = Annotated[str, _corpus(help="'word' or 'char'.")]
Layout = Annotated[str, _corpus(help="'lines' (each its own), 'text' (wrapped prose) or 'auto'.")]
Pretokenized = Annotated[bool, _corpus("--pretokenized", help="Split at white space alone.")]
Encoding = Annotated[str, _corpus(help="Encoding of the files.")]
Pattern = Annotated[list[str] | None, _corpus(help="File names taken from folders, such as '*.txt'; repeat for more.")]
VocabSize = Annotated[int | None, _corpus(help="Most tokens kept (20,000 words).")]
MinCount = Annotated[int | None, _corpus(help="Rarer tokens become unknown (2).")]
ValidFraction = Annotated[float, _corpus(help="Share held out where no --valid is given.")]
Workers = Annotated[int | None, _corpus(help="Processes that tokenise (one a core).")]
Cluster = Annotated[
    str | None,
    _corpus(metavar="ADDRESS", help="Dask scheduler whose workers tokenise, such as tcp://127.0.0.1:8786."),
]
Order = Annotated[int | None, _corpus(help="Longest word sequence counted (5, or 8 characters).")]
KeepSecrets = Annotated[
    bool, _corpus("--keep-secrets", help="Keep lines that look as if they held a password, a key or the like.")
]
Characters = Annotated[
    bool,
    _network(
        "--characters",
        help="Learn the text's characters too, in a quarter of the time: for words that the vocabulary lacks.",
    ),
]
NoNetwork = Annotated[bool, _network("--no-network", help="Stop after the n-grams.")]
Size = Annotated[str, _network(help="auto, tiny, small, medium or large.")]
Cell = Annotated[str | None, _network(help="lstm (the default), gru, rnn or feedforward.")]
Activation = Annotated[str | None, _network(help="What squashes the cell 'rnn': tanh (the default) or relu.")]
Mogrifier = Annotated[int | None, _network(help="Rounds in which input and state gate each other, of an LSTM (0).")]
Window = Annotated[int | None, _network(help="Tokens that the cell 'feedforward' sees (5).")]
Layers = Annotated[int | None, _network(help="Stacked recurrent layers.")]
EmbeddingSize = Annotated[int | None, _network(help="Width of a token's vector.")]
HiddenSize = Annotated[int | None, _network(help="Width of a layer.")]
Output = Annotated[str, _network(help="auto, exact (a softmax over all words) or adaptive (over clusters).")]
Budget = Annotated[str | None, _training(help="Time to spend: 90s, 5m, 1h (5m).")]
Epochs = Annotated[int | None, _training(help="Passes over the text, whatever they take.")]
MaxEpochs = Annotated[int | None, _training(help="Most passes that a budget is spent on.")]
BatchSize = Annotated[int | None, _training(help="Rows of text read side by side.")]
Bptt = Annotated[int | None, _training(help="Steps that gradients flow back.")]
Accumulate = Annotated[int | None, _training(help="Parts that a step's rows are read in: less memory.")]
Optimizer = Annotated[str | None, _training(help="adam, rmsprop or sgd.")]
LearningRate = Annotated[float | None, _training(help="Peak of the learning rate.")]
Schedule = Annotated[str | None, _training(help="cosine, one-cycle, plateau (of sgd) or constant.")]
WarmupFraction = Annotated[float | None, _training(help="Share of steps that warm up.")]
ClipNorm = Annotated[float | None, _training(help="Most that a gradient's global norm may be.")]
ClipValue = Annotated[float | None, _training(help="Most that each part of a gradient may be.")]
WeightDecay = Annotated[float | None, _training(help="Taken off each weight, times the learning rate.")]
AverageDecay = Annotated[float | None, _training(help="Of the running mean of the weights; 0 for none.")]
InputDropout = Annotated[float | None, _training(help="Variational dropout of embedded tokens.")]
HiddenDropout = Annotated[float | None, _training(help="Variational dropout between layers.")]
OutputDropout = Annotated[float | None, _training(help="Variational dropout before the output.")]
EmbeddingDropout = Annotated[float | None, _training(help="Dropout of whole words.")]
WeightDrop = Annotated[float | None, _training(help="Dropout of recurrent weights.")]
ActivationPenalty = Annotated[float | None, _training("--ar", help="Activation regularisation.")]
TemporalPenalty = Annotated[float | None, _training("--tar", help="Temporal activation regularisation.")]
ValidationsPerEpoch = Annotated[int | None, _training(help="How often held-out text is scored.")]
Patience = Annotated[int | None, _training(help="Validations without gain that end training.")]
Precision = Annotated[str, _training(help="auto, float32 or bfloat16 products.")]
Seed = Annotated[int | None, _training(help="Of weights and dropout.")]
ShownRight = Annotated[
    float, _confidence(min=0.0, max=1.0, help="Share of the suggestions shown unasked that shall be right.")
]
Coordinator = Annotated[str | None, _processes(metavar="HOST:PORT", help="Where process 0 listens to the others.")]
Processes = Annotated[int | None, _processes(min=1, help="How many train together.")]
Process = Annotated[int | None, _processes(min=0, help="Which one this is, from 0 on.")]
