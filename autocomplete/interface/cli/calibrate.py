"""`autocomplete calibrate`: finds anew when a model suggests unasked."""

import time
from typing import Annotated, cast

import typer

from autocomplete.config import CorpusSettings, FormatName
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options, reading_options
from autocomplete.interface.terminal import say, say_document

PROGRESS_SECONDS = 5.0


def calibrate(
    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=options.model_names)],
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT…]", help="Text that the model has not seen: files, folders, or '-'."),
    ] = None,
    shown_right: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of what is shown unasked that shall be right.")
    ] = 0.5,
    format_: reading_options.As = None,
    field: reading_options.Field = None,
    sender: reading_options.Sender = None,
    everyone: reading_options.Everyone = False,
    encoding: options.Encoding = None,
    as_json: options.Json = False,
) -> None:
    """Find anew how sure a model must be to suggest unasked, on text that it has not seen."""
    from autocomplete.evaluation.card import CardProgress
    from autocomplete.interface.progress import account_lines, calibration_lines
    from autocomplete.runs.calibrate import calibration_run
    from autocomplete.runs.evaluate import SeenTextError, TextRead

    reading = CorpusSettings(
        format=cast(FormatName | None, format_),
        field=field,
        sender=tuple(sender or ()),
        everyone=everyone,
        encoding=encoding,
    )
    spoke_at = time.monotonic()
    try:
        for event in calibration_run(model, paths or (), precision=shown_right, reading=reading):
            if isinstance(event, TextRead):
                say(*account_lines(event.account), on_error=True)
            elif not isinstance(event, CardProgress):
                found = event
            elif time.monotonic() - spoke_at >= PROGRESS_SECONDS:
                say(f"{event.stage}: {event.done:,}", on_error=True)
                spoke_at = time.monotonic()
    except SeenTextError as error:
        raise UsageError(error.cause, "Give other text.") from error
    if as_json:
        say_document({"model": model, **found.as_dict()})
    else:
        say(*calibration_lines(found))
