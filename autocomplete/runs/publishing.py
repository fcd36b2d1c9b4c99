"""What a run puts into its model folder: the n-grams first, then each better network, and how it ended."""

import dataclasses
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autocomplete import bundle
from autocomplete.bundle import FileEntry
from autocomplete.config import NetworkSettings
from autocomplete.corpus.store import CorpusStore
from autocomplete.network.events import Finished, Plan, Validation
from autocomplete.ngrams.build import NgramReport, Pruning, build_ngrams
from autocomplete.runs.events import Counted, Published
from autocomplete.runs.workspace import Workspace

# A larger n-gram database is pruned to this size.
NGRAM_BYTES = 100 << 20


class Publisher:
    """Publishes what a run learns from a corpus.

    Args:
        space: Where the run works.
        store: The corpus.
    """

    def __init__(self, space: Workspace, store: CorpusStore) -> None:
        self.space = space
        self.folder = space.target
        self.store = store

    @property
    def replacing(self) -> bool:
        """Whether an old model stays in use until the new one is finished."""
        return self.folder != self.space.folder

    def count(self, order: int) -> Counted:
        """Build the n-gram database and publish it as the model, for now without a network."""
        vocabulary = bundle.write_vocabulary(self.folder, self.store.vocabulary)
        reports: list[NgramReport] = []

        def build(path: Path) -> None:
            reports.append(
                build_ngrams(
                    self.store.train,
                    vocabulary_size=self.store.vocabulary.size,
                    vocabulary_digest=vocabulary.sha256,
                    path=path,
                    order=order,
                    prune=Pruning(max_bytes=NGRAM_BYTES),
                )
            )

        files = {"vocabulary": vocabulary, "ngrams": bundle.write_ngrams(self.folder, build)}
        facts = dataclasses.asdict(reports[0].facts)
        card = {"created": _now(), "corpus": self.store.report.as_dict(), "ngrams": facts}
        self._publish(files, network=None, card=card)
        return Counted(folder=self.folder, report=reports[0])

    def publish(self, plan: Plan, validation: Validation) -> Published:
        """Put the weights of a validation beside the n-grams."""
        assert validation.weights is not None
        current = bundle.read_manifest(self.folder)
        files = {**current.files, "weights": bundle.write_weights(self.folder, validation.weights)}
        results = {
            "finished": False,
            "step": validation.step,
            "epochs": round(validation.epoch, 2),
            "validation_nats": validation.nats,
            "validation_perplexity": validation.perplexity,
            "seconds": round(validation.elapsed_seconds, 1),
        }
        card = {**current.card, "created": _now(), "plan": dataclasses.asdict(plan), "results": results}
        self._publish(files, network=plan.network, card=card)
        return Published(
            folder=self.folder,
            corpus=self.space.corpus,
            step=validation.step,
            perplexity=validation.perplexity,
        )

    def finish(self, finished: Finished | None) -> None:
        """Put the model in its place, with how training ended; a run without a network leaves what was there.

        Args:
            finished: The end of training; None where the n-grams are all that was wanted.
        """
        if finished is None:
            self.space.close()
        elif math.isfinite(finished.progress.best_nats):
            current = bundle.read_manifest(self.folder)
            results = {
                **current.card["results"],
                "finished": True,
                "reason": finished.reason,
                "seconds": round(finished.progress.elapsed_seconds, 1),
                "total_steps": finished.progress.step,
            }
            bundle.publish(self.folder, dataclasses.replace(current, card={**current.card, "results": results}))
            self.space.close()
        else:
            self.space.discard()

    def _publish(
        self, files: Mapping[str, FileEntry], *, network: NetworkSettings | None, card: Mapping[str, Any]
    ) -> None:
        report = self.store.report
        manifest = bundle.Manifest(
            level=report.level,
            layout=report.layout,
            pretokenized=report.pretokenized,
            network=network,
            files=dict(files),
            card=card,
        )
        bundle.publish(self.folder, manifest)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
