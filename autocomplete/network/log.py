"""The log of a training run: one JSON record an event."""

import dataclasses
import math
from typing import Any

from autocomplete.network.events import Event, Finished, Replanned, StepReport, Validation


def log_record(event: Event) -> dict[str, Any]:
    """One line of the log: the event's kind and numbers; what is not a finite number becomes null."""
    match event:
        case StepReport():
            record = {"event": "step", **dataclasses.asdict(event)}
        case Validation():
            record = {"event": "validation", **dataclasses.asdict(dataclasses.replace(event, weights=None))}
            record |= {"perplexity": event.perplexity, "best": event.weights is not None}
            del record["weights"]
        case Replanned():
            record = {"event": "replanned", **dataclasses.asdict(event)}
        case Finished():
            record = {"event": "finished", **dataclasses.asdict(event.progress), "reason": event.reason}
    return {name: None if _not_a_number(value) else value for name, value in record.items()}


def _not_a_number(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
