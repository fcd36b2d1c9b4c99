"""`autocomplete suggest`: complete one text."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import UsageError
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
        str,
        typer.Option(
            "--min-prob", metavar="P|auto", help="Leave out what is less likely; 'auto' is the model's own threshold."
        ),
    ] = "0",
    probabilities: Annotated[bool, typer.Option("--probs", help="Print probabilities too.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show what each expert gave.")] = False,
    as_json: options.Json = False,
) -> None:
    """Suggest how a text goes on: the next word, or the rest of a half-typed one."""
    options.choice("--mode", mode, ("auto", "next", "complete"))
    from autocomplete.predict.suggester import Suggester

    given = _given_threshold(min_probability)
    typed = _typed(text)
    suggester = Suggester.open(model)
    threshold = suggester.threshold if given is None else given
    began = time.perf_counter()
    found = suggester.suggest(typed, k=k, mode=mode, min_probability=threshold)  # type: ignore[arg-type]
    milliseconds = 1000 * (time.perf_counter() - began)
    if as_json:
        answer = {
            "schema": SCHEMA_VERSION,
            "input": typed,
            "mode": mode,
            "model": model,
            "ms": round(milliseconds, 3),
            "threshold": threshold,
            "suggestions": [_as_dict(item) for item in found],
        }
        print(json.dumps(answer, ensure_ascii=False))
        return
    width = max((len(item.text) for item in found), default=0)
    for item in found:
        line = item.text
        if probabilities or explain or sys.stdout.isatty():
            line = f"{item.text:<{width}}  {100 * item.probability:5.1f} %"
        print(f"{line}  {_explanation(item)}" if explain else line)


def _given_threshold(text: str) -> float | None:
    """Read `--min-prob`; None for `auto`."""
    if text == "auto":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise UsageError(f"'--min-prob {text}' is no probability.", "Give a number from 0 to 1, or 'auto'.")
    return value


def _explanation(item: "Suggestion") -> str:
    """What a suggestion is, and the share of its probability that each expert gave."""
    gave = ", ".join(f"{name} {100 * share:.0f} %" for name, share in item.experts.items())
    return f"{item.kind:<8}  {gave}"


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
