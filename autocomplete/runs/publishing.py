"""What a run puts into its model folder: the n-grams first, then each better network, and how it ended."""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from autocomplete import bundle
from autocomplete.bundle import FileEntry
from autocomplete.config import CorpusSettings, NetworkSettings
from autocomplete.corpus.encoding import encode
from autocomplete.corpus.folders import findable
from autocomplete.corpus.perplexity import perplexity, unigram_nats
from autocomplete.corpus.sources import STANDARD_INPUT
from autocomplete.corpus.store import CorpusStore
from autocomplete.evaluation.perplexity import Spelling
from autocomplete.network.events import Finished, Plan, Validation
from autocomplete.ngrams.build import NgramReport, Pruning, build_ngrams
from autocomplete.runs.events import Counted, HeldOut, Published, Withheld
from autocomplete.runs.workspace import Workspace
from autocomplete.text.vocabulary import UNKNOWN

# A larger n-gram database is pruned to this size.
NGRAM_BYTES = 100 << 20
# How files were read: what reads more of them later does the same.
_READING = ("encoding", "format", "field", "sender", "everyone", "everyone_of", "patterns")


class Outcome(NamedTuple):
    """How the training of a network ended, and what had been planned."""

    plan: Plan
    finished: Finished


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
        card = {"created": _now(), "corpus": self.store.report.for_others(), "ngrams": facts}
        self._publish(files, network=None, card=card)
        return Counted(folder=self.folder, report=reports[0])

    def list_sources(self, paths: Sequence[str], settings: CorpusSettings) -> None:
        """Put beside the model what it was made of, which is its owner's alone to know."""
        reading = {name: getattr(settings, name) for name in _READING}
        report = self.store.report
        bundle.SourceList.of(
            train=report.train_digests,
            valid=report.valid_digests,
            files=self.store.files_read(),
            reading={"paths": _findable(paths), **reading},
        ).save(self.folder)

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

    @cached_property
    def unigram_nats(self) -> float:
        """What the held-out tokens cost by their frequencies alone, nats a token."""
        return unigram_nats(self.store.vocabulary, self.store.valid)

    @cached_property
    def held_out(self) -> HeldOut:
        """The held-out tokens, and what their losses lack of bits a character."""
        report, spelling = self.store.report, Spelling(self.store.vocabulary)
        spelling_nats = 0.0
        for chunk in self.store.valid_texts():
            encoded = encode(chunk, self.store.tokenizer, self.store.vocabulary)
            unknown = Counter(encoded.type_ids[encoded.ids == UNKNOWN].tolist())
            spelling_nats += sum(count * spelling.nats(encoded.types[number]) for number, count in unknown.items())
        return HeldOut(tokens=report.valid_tokens, characters=report.valid_characters, spelling_nats=spelling_nats)

    def is_worth(self, validation: Validation) -> bool:
        """Whether a network is the best so far and beats the unigrams."""
        return validation.weights is not None and validation.nats < self.unigram_nats

    def withheld(self, outcome: Outcome) -> Withheld | None:
        """Why a run that ended has no network; None where it has one."""
        if bundle.read_manifest(self.folder).network is not None:
            return None
        diverged, progress = outcome.finished.reason == "diverged", outcome.finished.progress
        best_nats = progress.best_nats if math.isfinite(progress.best_nats) else progress.lowest_nats
        reason: Literal["diverged", "unigrams", "unread"] = "unigrams" if best_nats >= self.unigram_nats else "unread"
        return Withheld(
            reason="diverged" if diverged else reason,
            perplexity=perplexity(best_nats) if math.isfinite(best_nats) else math.nan,
            unigram_perplexity=perplexity(self.unigram_nats),
            replacing=diverged and self.space.replaces,
        )

    def finish(self, outcome: Outcome | None, withheld: Withheld | None) -> None:
        """Put the model in its place, with how training ended; where nothing was learned, the old one stays.

        Args:
            outcome: How the network's training ended; None where the n-grams are all that was wanted.
            withheld: Why there is no network, where one was wanted.
        """
        if withheld is not None and withheld.replacing:
            self.space.discard()
            return
        if outcome is not None:
            self._publish_results(outcome, withheld)
        self.space.close()

    def _publish_results(self, outcome: Outcome, withheld: Withheld | None) -> None:
        plan, finished = outcome
        current = bundle.read_manifest(self.folder)
        results = {
            "epochs": round(plan.epochs * finished.progress.step / plan.total_steps, 2),  # one published says its own
            **current.card.get("results", {}),
            "finished": True,
            "reason": finished.reason,
            "withheld": None if withheld is None else withheld.reason,
            "seconds": round(finished.progress.elapsed_seconds, 1),
            "total_steps": finished.progress.step,
        }
        bundle.publish(self.folder, dataclasses.replace(current, card={**current.card, "results": results}))

    def _publish(
        self, files: Mapping[str, FileEntry], *, network: NetworkSettings | None, card: Mapping[str, Any]
    ) -> None:
        report = self.store.report
        manifest = bundle.Manifest(
            level=report.level,
            layout=report.layout,
            pretokenized=report.pretokenized,
            segmenter=report.segmenter,
            network=network,
            files=dict(files),
            card=card,
        )
        bundle.publish(self.folder, manifest)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _findable(paths: Sequence[str]) -> list[str]:
    """The files and folders among some paths, each once, as they can be found again; a stream cannot."""
    given = [Path(path) for path in paths if path != STANDARD_INPUT]
    return list(dict.fromkeys(str(findable(path)) for path in given if path.is_file() or path.is_dir()))
