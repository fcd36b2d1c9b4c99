"""A calibration: when a model that is there suggests unasked, found anew on text that it has not seen."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from autocomplete import bundle
from autocomplete.config import CorpusSettings
from autocomplete.corpus.encoding import TextChunk, keep_texts, kept_texts, read_sources, texts_of
from autocomplete.corpus.store import CorpusStore
from autocomplete.errors import CorpusError, UsageError
from autocomplete.evaluation.calibration import Calibration
from autocomplete.evaluation.card import CardProgress
from autocomplete.predict.model import Model
from autocomplete.runs.closing import calibrated
from autocomplete.runs.evaluate import TextRead, held_out
from autocomplete.runs.workspace import Workspace


def calibration_run(
    model: str | Path,
    paths: Sequence[str] = (),
    *,
    precision: float = 0.5,
    reading: CorpusSettings | None = None,
) -> Iterator[TextRead | CardProgress | Calibration]:
    """Find the thresholds of a model anew and publish them.

    Yields `TextRead` where text is given, how far that is, and `Calibration` last.

    Args:
        model: The model's name, or its folder.
        paths: Text that it has not seen: files, folders, `-`. Without any, what the model's training holds out, as long
            as that is kept: until a run that can be resumed is finished.
        precision: Share of suggestions above a threshold that shall be right.
        reading: How the files are read; None for the usual.

    Raises:
        UsageError: There is no text, or a precision that is none.
        SeenTextError: The model was trained on the text.
        CorpusError: The text cannot be used.
        ModelError: The model cannot.
        AutocompleteError: The folder cannot be written.
    """
    if not 0.0 <= precision <= 1.0:
        raise UsageError(f"{precision} is no share.", "Give a number from 0 to 1.")
    opened, folder = Model.open(model), bundle.existing_model(str(model))
    with ExitStack() as stack:
        texts = _held_out_of(folder) if not paths else None
        if texts is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="calibrate-")))
            sources = read_sources(paths, tokenizer=opened.tokenizer, settings=reading or CorpusSettings(), work=work)
            yield TextRead(account=sources.account)
            found = texts_of(sources, opened.tokenizer)
            kept = work / "texts.jsonl"
            keep_texts(kept, held_out(found, opened.manifest, bundle.read_sources(folder)))

            def texts() -> Iterator[TextChunk]:
                return kept_texts(kept)

        steps = calibrated(opened, texts, precision=precision)
        while True:
            try:
                yield CardProgress("typing held-out text", next(steps), None)
            except StopIteration as finished:
                calibration: Calibration = finished.value
                break
    if not calibration.words:
        raise CorpusError("The text holds no words.", "Give text with words in it.")
    # What was published since the model was opened, such as its card, stays.
    bundle.publish(folder, bundle.read_manifest(folder).with_thresholds(calibration.thresholds))
    yield calibration


def _held_out_of(folder: Path) -> Callable[[], Iterator[TextChunk]]:
    """The text that a run in the model's folder holds out."""
    store = Workspace(folder, staged=False).corpus
    if not store.is_dir():
        raise UsageError(
            f"{folder}: the text that was held out in training is no longer there.",
            "Name text that the model has not seen: files or folders.",
        )
    return CorpusStore.open(store).valid_texts
