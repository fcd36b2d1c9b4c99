"""Pictures for files, drawn by matplotlib: an optional part, loaded only where a picture is asked for."""

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocomplete.corpus.perplexity import perplexity
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.interface.report import MOMENTS, curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches of a panel, and dots an inch.
PANEL, DOTS = (4.4, 3.6), 90
# Lines and letters need no more: a picture of three panels has 26 kB instead of 101.
COLOURS = 64


def require(path: str) -> Path:
    """Return the path of a picture to draw, before anything is measured for it.

    Raises:
        UsageError: It does not end in .png, or its folder does not exist.
        AutocompleteError: matplotlib is not installed.
    """
    file = Path(path).expanduser()
    if file.suffix.lower() != ".png":
        raise UsageError(f"'--plot {path}' does not end in '.png'.", "Pictures are PNG files: give such a name.")
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file}: cannot be a file.", "Give '--plot' a name in a folder that exists.")
    try:
        import matplotlib  # noqa: F401 - whether it is there
    except ImportError as error:
        raise AutocompleteError(
            "Pictures are drawn by matplotlib, which is not installed.", 'pip install "autocomplete-lm[plot]"'
        ) from error
    return file


def draw_diagnosis(document: Mapping[str, Any], path: Path) -> None:
    """Draw what `diagnose` found: gradients by tokens back, untrained and trained, and their norms over training.

    Args:
        document: What `diagnose --json` prints.
        path: The PNG file.
    """
    figure, panels = _figure(1 + len(MOMENTS))
    cells = document["cells"]
    for panel, moment in zip(panels, MOMENTS, strict=False):
        for place, cell in enumerate(cells):
            for name, norms in curves([cell], moment).items():
                ages, form = range(1, 1 + len(norms)), "--" if name.endswith(", cell") else "-"
                panel.plot(ages, _drawable(norms), form, color=f"C{place}", label=name)
        panel.set(xlabel="tokens back", ylabel="norm of the gradient of a token's loss", yscale="log", title=moment)
    panels[0].sharey(panels[1])
    panels[0].legend(fontsize="x-small")
    last = panels[-1]
    for cell in cells:
        last.plot(range(1, 1 + len(cell["gradient_norms"])), _drawable(cell["gradient_norms"]), label=cell["title"])
    limits = {cell["training"]["clip_norm"] for cell in cells} - {None}
    for limit in limits:
        last.axhline(limit, color="black", linewidth=0.8, linestyle=":")
    last.set(xlabel="step", ylabel="global norm before clipping", yscale="log", title="training; dotted: the clip")
    last.legend(fontsize="x-small")
    _save(figure, path)


def draw_learning_curve(log: Sequence[Mapping[str, Any]], path: Path, *, title: str) -> None:
    """Draw how a model learned: the perplexity of training as it went, and of held-out text.

    Args:
        log: The records of the model's `log.jsonl`.
        path: The PNG file.
        title: What the model is.
    """
    from matplotlib.ticker import LogFormatter

    figure, (panel,) = _figure(1)
    for event, field, form, name in (
        ("step", "loss_nats", "-", "training, as it went"),
        ("validation", "nats", "o-", "held-out text"),
    ):
        records = [record for record in log if record["event"] == event and record[field] is not None]
        perplexities = [perplexity(record[field]) for record in records]
        panel.plot([record["epoch"] for record in records], perplexities, form, markersize=3, label=name)
    panel.set(xlabel="passes over the text", ylabel="perplexity", yscale="log", title=title)
    panel.yaxis.set_major_formatter(LogFormatter())  # 200, not 2 x 10^2
    panel.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(2.0, 0.5)))
    panel.legend(fontsize="small")
    _save(figure, path)


def _figure(panels: int) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    width, height = PANEL
    figure = Figure(figsize=(panels * width, height), dpi=DOTS, layout="constrained")
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def _save(figure: "Figure", path: Path) -> None:
    from PIL import Image  # comes with matplotlib

    whole = io.BytesIO()
    figure.savefig(whole, format="png")
    Image.open(whole).convert("RGB").quantize(COLOURS).save(path, format="PNG", optimize=True)


def _drawable(values: Sequence[float | None]) -> list[float]:
    """Values as a logarithmic axis takes them: a gap where there is none above zero."""
    return [math.nan if value is None or value <= 0.0 else value for value in values]
