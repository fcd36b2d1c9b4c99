"""`autocomplete compare`: several models in one table."""

import math
from typing import Annotated, Any

import typer

from autocomplete import bundle
from autocomplete.config import CorpusSettings
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli.evaluate import measured_card
from autocomplete.interface.terminal import say, say_document


def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL…",
            help="Names of models, or paths of their folders.",
            autocompletion=options.model_names,
        ),
    ],
    text: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH", help="Measure all on this text; repeat for more. Without: the cards written after training."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Score at most so many tokens.")] = None,
    words: Annotated[int, typer.Option(min=0, help="Type at most so many words, letter by letter.")] = 2000,
    encoding: options.Encoding = None,
    allow_train: Annotated[
        bool, typer.Option("--allow-train", help="Accept text that a model was trained on.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Show several models side by side: what they are, what training took, and how well they do."""
    from autocomplete.interface.report import comparison_lines

    if "-" in (text or []):
        raise UsageError("Each model reads the text, and standard input comes once.", "Save it to a file.")
    manifests = {model: bundle.read_manifest(bundle.existing_model(model)) for model in models}
    rows = []
    for model, manifest in manifests.items():
        if text:
            say(f"measuring {model}", on_error=True)
            reading = CorpusSettings(encoding=encoding)
            card = measured_card(text, model, limit=limit, words=words, reading=reading, allow_train=allow_train)
        else:
            card = manifest.card.get("report", {})
        rows.append(_row(model, manifest, card))
    if as_json:
        say_document({"text": text or None, "models": rows})
    else:
        say(*comparison_lines(rows))
    if not text and len({(*row["held_out"].values(), row["tokens"]) for row in rows}) > 1:
        say("The cards are of different held-out text: '--text PATH' measures all on the same.", on_error=True)
    if len({row["vocabulary_size"] for row in rows}) > 1:
        say("The vocabularies differ, and perplexity with them: bits a character compare.", on_error=True)


def _row(model: str, manifest: bundle.Manifest, card: Any) -> dict[str, Any]:
    """A model's figures; null for what it has not, or what was not measured."""
    from autocomplete.evaluation.perplexity import MIXTURE
    from autocomplete.interface.report import keystroke_savings

    network, folder = manifest.network, bundle.existing_model(model)
    vocabulary_size = bundle.read_vocabulary(folder, manifest).size
    results = manifest.card.get("results", {})
    systems, corpus = card.get("systems", {}), manifest.card.get("corpus", {})
    typed = systems.get(MIXTURE, {}).get("typed")
    return {
        "model": model,
        "path": str(folder),
        "level": manifest.level,
        "cell": None if network is None else network.title,
        "layers": None if network is None else network.layers,
        "hidden_size": None if network is None else network.hidden_size,
        "embedding_size": None if network is None else network.embedding_size,
        "output": None if network is None else "adaptive" if network.cutoffs else "exact",
        "vocabulary_size": vocabulary_size,
        "parameters": None if network is None else sum(map(math.prod, network.weight_shapes(vocabulary_size).values())),
        "epochs": results.get("epochs"),
        "seconds": results.get("seconds"),
        "held_out": {name: corpus.get(f"valid_{name}") for name in ("characters", "words")},
        "tokens": card.get("tokens"),
        "perplexity": {name: figures["perplexity"] for name, figures in systems.items()},
        "bits_per_character": systems.get(MIXTURE, {}).get("bits_per_character"),
        "keystrokes_saved": {
            str(each["shown"]): each["percent"] for each in (keystroke_savings(typed) if typed else ())
        },
    }
