"""What training looks like: a live line on a terminal, plain lines elsewhere. Writes to standard error."""

import contextlib
import math
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from autocomplete.corpus.accounts import Account, FormatAccount, Left
from autocomplete.corpus.authors import Words
from autocomplete.corpus.ingest import IngestProgress
from autocomplete.corpus.perplexity import perplexity
from autocomplete.corpus.store import CorpusReport
from autocomplete.evaluation.calibration import Calibration, Spoken
from autocomplete.evaluation.card import Card, CardProgress
from autocomplete.evaluation.mixing import MixtureFit
from autocomplete.interface.report import WITHHELD, card_lines, perplexity_text, thresholds_text
from autocomplete.interface.terminal import escaped, leave_reader
from autocomplete.network import events
from autocomplete.runs.events import (
    CharactersBegun,
    CharactersLeftOut,
    Counted,
    Planned,
    Published,
    RunEvent,
    Withheld,
)
from autocomplete.text.secret_rules import SecretKind

if TYPE_CHECKING:
    from rich.console import Console


# Where there is no terminal, a line at most this often.
PLAIN_SECONDS = 10.0
# Sample completions cost a model load, and a reader's attention.
SAMPLE_SECONDS = 8.0
SAMPLES = 3
SAMPLE_TOKENS = {"word": 9, "char": 50}


class TrainView:
    """Shows the events of a training run: what is said in lines, whatever the stream."""

    def __init__(self, console: "Console") -> None:
        self.console = console
        self.sampled_at = -math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def line(self, text: str) -> None:
        """Print one line; training goes on where nobody reads any more."""
        with contextlib.suppress(OSError):
            self.console.print(escaped(text), markup=False, emoji=False)

    def show(self, event: RunEvent) -> None:
        """Show one event."""
        if isinstance(event, IngestProgress):
            self.reading(event)
        elif isinstance(event, CorpusReport):
            for text in report_lines(event):
                self.line(text)
        elif isinstance(event, MixtureFit):
            self.line(f"the experts are mixed by what each knows, fitted on {event.tokens:,} held-out tokens")
        elif isinstance(event, Calibration):
            for text in calibration_lines(event):
                self.line(text)
        elif isinstance(event, CardProgress):
            self.evaluating(event)
        elif isinstance(event, Card):
            for text in card_lines(event.as_dict()):
                self.line(text)
            self.line("mixture and thresholds were fitted on this text: 'autocomplete eval' on other text is the judge")
        else:
            self.show_training(event)

    def show_training(self, event: RunEvent) -> None:
        """Show what training does, and what it leaves in the folder."""
        match event:
            case CharactersBegun() | CharactersLeftOut():
                self.characters(event)
            case Counted():
                facts, size = event.report.facts, event.report.file_bytes / 1e6
                self.line(
                    f"{sum(facts.ngrams):,} n-grams up to order {facts.order}, {sum(facts.kept):,} kept, {size:.1f} MB,"
                    f" {event.report.elapsed_seconds:.1f}s; 'suggest' works from now on"
                )
            case Planned():
                self.planned(event)
            case events.StepReport():
                self.step(event)
            case events.Validation():
                self.line(
                    f"epoch {event.epoch:5.2f}  held-out perplexity {perplexity_text(event.perplexity, decimals=2):>8}"
                    f"  {clock(event.elapsed_seconds)}{'  best' if event.weights is not None else ''}"
                )
            case Published():
                self.samples(event)
            case Withheld():
                self.line(withheld_line(event))
            case events.Replanned():
                self.line(f"at this speed {event.epochs:.1f} epochs fit the budget")
            case events.Finished():
                self.finished(event)

    def characters(self, event: CharactersBegun | CharactersLeftOut) -> None:
        """Say whether a model of characters follows."""
        if isinstance(event, CharactersBegun):
            self.line("")
            self.line("the characters of the same text:")
        else:
            self.line("no characters are learned beside the words: the text is commands, which are never spelled")

    def reading(self, event: IngestProgress) -> None:
        """Show how far ingestion is."""

    def step(self, event: events.StepReport) -> None:
        """Show how training goes."""

    def evaluating(self, event: CardProgress) -> None:
        """Show how far the report card is."""

    def planned(self, event: Planned) -> None:
        """Show what will be trained and how long it should take."""
        plan = event.plan
        self.line(
            f"plan: {plan.size} {plan.network.summary}, {plan.settings.precision}; {plan.epochs:.1f} epochs at"
            f" {plan.tokens_per_second:,.0f} tokens/s, about {clock(plan.seconds)}"
        )
        if plan.epochs < 1:
            self.line("the budget allows less than one pass over the text; a larger one would help")
        if event.resumed_step:
            self.line(f"resumed at step {event.resumed_step} of {plan.total_steps}, with the settings it started with")

    def finished(self, event: events.Finished) -> None:
        """Show how training ended."""
        why = {
            "complete": "as planned",
            "budget": "at the end of the budget",
            "patience": "because held-out text no longer improved",
            "diverged": "because the loss diverged",
            "interrupted": "because it was interrupted",
        }[event.reason]
        progress = event.progress
        best = "no network was scored yet"
        if event.reason == "diverged":
            best = "no network had learned by then"
        elif math.isfinite(progress.lowest_nats):
            best = "no network had read enough of the text by then"
        if math.isfinite(progress.best_nats):
            lowest = perplexity_text(perplexity(progress.best_nats), decimals=2)
            best = f"best held-out perplexity {lowest} at step {progress.best_step}"
        self.line(f"training ended {why} after {clock(progress.elapsed_seconds)}; {best}")

    def samples(self, event: Published) -> None:
        """Show how the model published now completes held-out text."""
        if time.monotonic() - self.sampled_at < SAMPLE_SECONDS:
            return
        for text in sample_lines(event):
            self.line(f"    {text}")
        self.sampled_at = time.monotonic()


class _PlainView(TrainView):
    """A line now and then."""

    spoken_at = -math.inf

    def step(self, event: events.StepReport) -> None:
        if time.monotonic() - self.spoken_at >= PLAIN_SECONDS:
            self.line(step_line(event))
            self.spoken_at = time.monotonic()


class _LiveView(TrainView):
    """One line that changes in place, below the lines that stay."""

    def __init__(self, console: "Console") -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        super().__init__(console)
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[detail]}"),
            console=console, transient=True,
        )  # fmt: skip
        self.task = self.progress.add_task("reading", total=1.0, detail="", visible=False)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.progress.stop()

    def reading(self, event: IngestProgress) -> None:
        detail = f"{event.done_bytes / 1e6:.1f} of {event.total_bytes / 1e6:.1f} MB" if event.total_bytes else ""
        self.progress.update(
            self.task, description=event.stage, total=max(event.total_bytes, 1), completed=event.done_bytes,
            detail=detail, visible=event.store is None,
        )  # fmt: skip

    def evaluating(self, event: CardProgress) -> None:
        detail = f"{event.done:,}" if event.total is None else f"{event.done:,} of {event.total:,}"
        self.progress.update(
            self.task, description=event.stage, total=event.total or None, completed=event.done, detail=detail,
            visible=True,
        )  # fmt: skip

    def step(self, event: events.StepReport) -> None:
        detail = (
            f"epoch {event.epoch:.2f}  loss {event.loss_nats:.3f}  {event.tokens_per_second:,.0f} tokens/s"
            f"  {clock(event.remaining_seconds)} left"
        )
        self.progress.update(
            self.task, description="training", total=event.total_steps, completed=event.step, detail=detail,
            visible=True,
        )  # fmt: skip


def calibration_lines(found: Calibration) -> list[str]:
    """How often a model will suggest unasked, and how sure it must be for that."""
    before, within = _often(found.next, "words"), _often(found.complete, "places within words")
    return [
        f"it will suggest unasked before {before} and at {within}, as {found.words:,} held-out words typed say:",
        thresholds_text(found.thresholds),
    ]


def _often(found: Spoken, places: str) -> str:
    """How often something is shown, and how often that is right."""
    if not found.shown:
        return f"none of {found.places:,} {places}"
    share, right = 100 * found.shown / found.places, 100 * found.right / found.shown
    return f"{share:.0f} % of {places} ({right:.0f} % of them right)"


def step_line(event: events.StepReport) -> str:
    """Training's state in one line."""
    return (
        f"epoch {event.epoch:5.2f}  step {event.step}/{event.total_steps}  loss {event.loss_nats:.3f}"
        f"  {event.tokens_per_second:,.0f} tokens/s  {clock(event.remaining_seconds)} left"
    )


def make_train_view(stream: TextIO) -> TrainView:
    """Return the view that suits a stream: live on a terminal, plain lines otherwise."""
    from rich.console import Console

    class Unread(Console):
        """Rich would end the program where nobody reads any more; training goes on."""

        def on_broken_pipe(self) -> None:
            self.quiet = True
            leave_reader(stream)

    console = Unread(file=stream, highlight=False, soft_wrap=True)
    return _LiveView(console) if console.is_terminal and not console.is_dumb_terminal else _PlainView(console)


_SECRETS: dict[SecretKind, str] = {
    "private-keys": "private key",
    "tokens": "token",
    "passwords": "password",
    "hashes": "password hash",
    "cards": "card number",
    "accounts": "account number",
    "ids": "identity number",
    "codes": "code",
    "phrases": "pass phrase",
    "answers": "security answer",
}


def report_lines(report: CorpusReport) -> list[str]:
    """What the ingester found, in lines for a person."""
    duplicates = f", {report.duplicate_files} duplicate file(s) left out" if report.duplicate_files else ""
    read = f"{report.files} file(s){duplicates}, {report.bytes / 1e6:.2f} MB, {report.lines:,} lines"
    tokens = f"{report.train_tokens:,} training tokens, {report.valid_tokens:,} held out"
    vocabulary = f"{report.distinct_types:,} distinct, vocabulary {report.vocabulary_size:,} with <unk> and <eos>"
    lines = [
        f"corpus: {read} ({100 * report.duplicate_line_share_estimate:.1f} % seen before)",
        f"layout '{report.layout}': {report.layout_reason}",
        f"{tokens}; {vocabulary}; {100 * report.valid_unknown_share:.2f} % of held-out tokens unknown",
    ]
    if report.account is not None:
        lines += account_lines(report.account)
    if report.segmenter is not None:
        lines.append(f"words of scripts without spaces were cut by {report.segmenter}")
    if report.uncut:
        cut = "with 'pip install \"autocomplete-lm[scripts]\"' they are cut into words"
        lines.append(f"{counted(report.uncut, 'letter')} of scripts without spaces are words each; {cut}")
    if report.controls:
        lines.append(f"{counted(report.controls, 'control character')} read as spaces")
    secret = sum(report.secret_lines.values())
    if secret:
        keep = "'--keep-secrets' keeps them" if secret > 1 else "'--keep-secrets' keeps it"
        looks = "look like secrets" if secret > 1 else "looks like a secret"
        kinds = ", ".join(counted(number, _SECRETS.get(kind, "secret")) for kind, number in report.secret_lines.items())
        lines.append(f"left out {counted(secret, 'line')} that {looks} ({kinds}); {keep}")
    if report.types_pruned:
        lines.append("so many distinct tokens that the rarest were forgotten while counting")
    return lines


# Of the endings of files that are left out, so many are named.
_ENDINGS_TOLD = 10


def account_lines(account: Account) -> list[str]:
    """How files were read, in lines for a person."""
    lines = [_format_line(each) for each in account["formats"]]
    words = account["words"]
    if words is not None:
        lines += _words_lines(words)
    lines += account["remarks"]
    repeats = account["repeats"]
    parts = [counted(repeats[noun], noun.removesuffix("s")) for noun in ("documents", "paragraphs") if repeats[noun]]
    if parts:
        lines.append(f"{' and '.join(parts)} seen before left out")
    if account["left_out"]:
        lines.append(_left_out_line(account["left_out"]))
    if account["refused"]:
        lines.append(f"{counted(account['refused'], 'member')} of archives passed over: links, or names that lead out")
    return lines


def _format_line(read: FormatAccount) -> str:
    """What was read of one format, and what was not."""
    files = "" if read["files"] == 1 else f"{counted(read['files'], 'file')}, "
    parts = [f"read as {read['name']}: {files}{_left_text(read['passages'])}"]
    parts += [f"{_left_text(left)} left out" for left in read["left_out"]]
    return "; ".join([", ".join(parts), *read["notes"]])


def _left_text(left: Left) -> str:
    return f"{left['number']:,} {left['one'] if left['number'] == 1 else left['many']}"


def _words_lines(words: Words) -> list[str]:
    """Whose words were taken, and how to take others'."""
    of = f"({words['taken']:,} of {counted(words['messages'], 'message')})"
    if not words["unclear"]:
        whose = " and ".join(words["names"])
        return [f"the words of {whose} {of}" if whose else f"everyone's words {of}"]
    who = ", ".join(f"{name} {number:,}" for name, number in words["authors"])
    return [f"everyone's words {of}, as it is unclear who you are: '--sender NAME' takes one person's ({who})"]


def _left_out_line(left_out: Mapping[str, int]) -> str:
    """Which files of folders were left out, and how they would be taken."""
    most = list(left_out.items())[:_ENDINGS_TOLD]
    kinds = [f"{number:,} {ending or 'without an ending'}" for ending, number in most]
    rest = sum(left_out.values()) - sum(number for _, number in most)
    others = [f"{rest:,} other{'s' if rest > 1 else ''}"] if rest else []
    pattern = next((ending for ending, _ in most if ending), "")
    cure = f": --pattern '*{pattern}'" if pattern else ""
    return f"{', '.join([*kinds, *others])} left out{cure}"


def withheld_line(event: Withheld) -> str:
    """What is left of a run without a network, and why."""
    why = WITHHELD[event.reason]
    if event.reason == "unigrams":
        why += f" ({perplexity_text(event.perplexity)} against {perplexity_text(event.unigram_perplexity)})"
    left = "the old model stays" if event.replacing else "the model is its n-grams alone"
    return f"the network is left out, because {why}; {left}"


def sample_lines(event: Published) -> list[str]:
    """Completions of a few held-out beginnings by the model just published."""
    from autocomplete.corpus.store import CorpusStore
    from autocomplete.predict.suggester import Suggester
    from autocomplete.text.vocabulary import END

    store = CorpusStore.open(event.corpus)
    suggester = Suggester.open(event.folder)
    lines = []
    for part in range(1, SAMPLES + 1):
        stop = part * len(store.valid) // (SAMPLES + 1)
        while stop and store.valid[stop - 1] == END:
            stop -= 1
        seen = store.valid[max(0, stop - SAMPLE_TOKENS[store.report.level]) : stop].tolist()
        context = store.vocabulary.detokenize(seen).split("\n")[-1].rpartition(" ")[0]
        found = suggester.suggest(context + " " if context else "", k=3, mode="next")
        words = ", ".join(f"{item.text} {100 * item.probability:.0f} %" for item in found)
        lines.append(f"{context!r} → {words}")
    return lines


def counted(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def clock(seconds: float) -> str:
    """A duration as people read it: 42s, 3m 05s, 1h 20m."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
