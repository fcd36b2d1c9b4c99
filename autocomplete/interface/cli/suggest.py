"""`autocomplete suggest`: complete one text."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.interface.cli import options

if TYPE_CHECKING:
    from autocomplete.predict.suggestion import Suggestion

SCHEMA_VERSION = 1


def suggest(
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]", help="What was typed so far; read from standard input where it is a pipe."),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="Most suggestions shown.")] = 5,
    mode: Annotated[
        str, typer.Option(help="'next' words only, 'complete' the last word only, or 'auto' for both in one list.")
    ] = "auto",
    min_probability: Annotated[
        float, typer.Option("--min-prob", min=0.0, max=1.0, help="Leave out what is less likely than this.")
    ] = 0.0,
    probabilities: Annotated[bool, typer.Option("--probs", help="Print probabilities too.")] = False,
    as_json: options.Json = False,
) -> None:
    """Suggest how a text goes on: the next word, or the rest of a half-typed one."""
    options.choice("--mode", mode, ("auto", "next", "complete"))
    from autocomplete.predict.suggester import Suggester

    typed = _typed(text)
    suggester = Suggester.open(model)
    began = time.perf_counter()
    found = suggester.suggest(typed, k=k, mode=mode, min_probability=min_probability)  # type: ignore[arg-type]
    milliseconds = 1000 * (time.perf_counter() - began)
    if as_json:
        answer = {
            "schema": SCHEMA_VERSION,
            "input": typed,
            "mode": mode,
            "model": model,
            "ms": round(milliseconds, 3),
            "threshold": min_probability,
            "suggestions": [_as_dict(item) for item in found],
        }
        print(json.dumps(answer, ensure_ascii=False))
        return
    with_probabilities = probabilities or sys.stdout.isatty()
    width = max((len(item.text) for item in found), default=0)
    for item in found:
        print(f"{item.text:<{width}}  {100 * item.probability:5.1f} %" if with_probabilities else item.text)


def _typed(words: list[str] | None) -> str:
    """Return the text to complete: the arguments, or a piped standard input without its last line end."""
    if words is not None:
        return " ".join(words)
    return "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().removesuffix("\n")


def _as_dict(item: "Suggestion") -> dict[str, object]:
    return {
        "text": item.text,
        "kind": item.kind,
        "replace": item.replace,
        "insert": item.insert,
        "result": item.result,
        "probability": item.probability,
        "experts": dict(item.experts),
    }
