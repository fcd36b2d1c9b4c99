"""The options of `suggest`: their names are the parameters', their defaults stand with the command."""

from typing import Annotated

import typer

from autocomplete.interface.cli.options import choice

_PHRASES, _OUTPUT, _SAMPLING = "Phrases and context", "Output", "Sampling"

Text = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TEXT]", help="What was typed so far; read from standard input where it is a pipe."),
]
K = Annotated[int, typer.Option("-k", min=1, max=1000, help="Most suggestions shown.")]
Mode = Annotated[
    str,
    typer.Option(
        **choice("auto", "next", "complete"),
        help="'next' words only, 'complete' the last word only, or 'auto' for both in one list.",
    ),
]
MinProbability = Annotated[
    str,
    typer.Option("--min-prob", metavar="P|auto", help="Leave out what is less likely; 'auto' is what the model found."),
]
Words = Annotated[
    str,
    typer.Option(
        metavar="N|auto",
        help="Suggest phrases of up to N words, or as long as they are confident.",
        rich_help_panel=_PHRASES,
    ),
]
Context = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Text that the input goes on from, its last word being finished; a line break at its end begins a line.",
        rich_help_panel=_PHRASES,
    ),
]
Block = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help="Never suggest this word; repeat for more.", rich_help_panel=_PHRASES),
]
Probabilities = Annotated[bool, typer.Option("--probs", help="Print probabilities too.", rich_help_panel=_OUTPUT)]
Explain = Annotated[bool, typer.Option("--explain", help="Show what each expert gave.", rich_help_panel=_OUTPUT)]
Form = Annotated[
    str,
    typer.Option(
        "--format",
        **choice("plain", "tsv", "json", "jsonl"),
        help="'plain'; 'tsv': text, probability, kind, replace, insert; 'json'; 'jsonl': one suggestion a line.",
        rich_help_panel=_OUTPUT,
    ),
]
Batch = Annotated[
    bool,
    typer.Option(
        "--batch", help="Complete every line of standard input: one JSON document a line.", rich_help_panel=_OUTPUT
    ),
]
Sample = Annotated[bool, typer.Option("--sample", help="Draw suggestions by chance.", rich_help_panel=_SAMPLING)]
Temperature = Annotated[
    float, typer.Option(min=0.01, max=100.0, help="Above 1: more surprises.", rich_help_panel=_SAMPLING)
]
Seed = Annotated[int, typer.Option(min=0, help="Of the drawing.", rich_help_panel=_SAMPLING)]
