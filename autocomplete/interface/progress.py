"""What training looks like: a live line on a terminal, plain lines elsewhere. Writes to standard error."""

import contextlib
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from autocomplete.corpus.accounts import Account, Unread, format_text
from autocomplete.corpus.authors import Words
from autocomplete.corpus.ingest import IngestProgress
from autocomplete.corpus.store import CorpusReport, CorpusStore
from autocomplete.evaluation.calibration import Calibration, Spoken
from autocomplete.evaluation.card import Card, CardProgress
from autocomplete.evaluation.mixing import MixtureFit
from autocomplete.interface.chart import curve_line
from autocomplete.interface.configuration import accessible
from autocomplete.interface.cures import spelled
from autocomplete.interface.report import WITHHELD, perplexity_text, thresholds_text, told_lines
from autocomplete.interface.terminal import folded, leave_reader
from autocomplete.network import events
from autocomplete.runs.events import (
    CharactersBegun,
    CharactersLeftOut,
    Counted,
    HeldOut,
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
# A short text is scored several times a second; a line at most this often.
VALIDATION_SECONDS = 1.0
# Sample completions cost a model load, and a reader's attention.
SAMPLE_SECONDS = 8.0
SAMPLES = 3
# Characters of the held-out text that a sample is asked with, and columns of them that are shown.
SAMPLE_CONTEXT, SAMPLE_COLUMNS = 400, 36
# Columns of a word in a sample.
SAMPLE_WORD = 12
# Columns of the learning curve, in a line of its own and beside the bar.
CURVE_COLUMNS, BAR_CURVE_COLUMNS = 24, 10


class TrainView:
    """Shows the events of a training run: what is said in lines, whatever the stream."""

    def __init__(self, console: "Console") -> None:
        self.console = console
        self.sampled_at = -math.inf
        self.held_out: HeldOut | None = None
        self.bits: list[float] = []
        self.validated_at = -math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def line(self, text: str) -> None:
        """Print a text in lines that fit; training goes on where nobody reads any more."""
        with contextlib.suppress(OSError):
            self.console.print("\n".join(folded(text)), markup=False, emoji=False)

    def show(self, event: RunEvent) -> None:
        """Show one event."""
        if isinstance(event, IngestProgress):
            self.reading(event)
        elif isinstance(event, CorpusReport):
            for text in report_lines(event):
                self.line(text)
        elif isinstance(event, MixtureFit | Calibration):
            pass  # the card says what has come of them
        elif isinstance(event, CardProgress):
            self.evaluating(event)
        elif isinstance(event, Card):
            for text in told_lines(event.as_dict()):
                self.line(text)
        else:
            self.show_training(event)

    def show_training(self, event: RunEvent) -> None:
        """Show what training does, and what it leaves in the folder."""
        match event:
            case CharactersBegun() | CharactersLeftOut():
                self.characters(event)
            case Counted():
                facts, size = event.report.facts, event.report.file_bytes / 1e6
                found, kept = sum(facts.ngrams), sum(facts.kept)
                rest = "" if kept == found else f", {kept:,} kept"
                self.line(
                    f"{found:,} n-grams up to order {facts.order}{rest}, {size:.1f} MB,"
                    f" {event.report.elapsed_seconds:.1f}s; 'suggest' works from now on"
                )
            case Planned():
                self.planned(event)
            case events.StepReport():
                self.step(event)
            case events.Validation():
                self.validated(event)
            case Published():
                self.samples(event)
            case Withheld():
                self.line(withheld_line(event))
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
        plan, self.held_out, self.bits, self.validated_at = event.plan, event.held_out, [], -math.inf
        self.line(
            f"network: {plan.size} {plan.network.summary}, {plan.settings.precision};"
            f" {plan.tokens_per_second:,.0f} tokens/s"
        )
        self.line(f"plan: {_passes(plan.epochs)} over the text in about {clock(plan.seconds)}")
        if event.longer:
            self.line("that is more time than the budget leaves, and the least that teaches a network anything")
        elif plan.epochs < 1:
            self.line("the budget allows less than one pass over the text; a larger one would help")
        if event.resumed_step:
            self.line(f"resumed at step {event.resumed_step} of {plan.total_steps}, with the settings it started with")

    def validated(self, event: events.Validation) -> None:
        """Show how well held-out text is foreseen by now."""
        if self.held_out is None:
            return
        self.bits.append(self.held_out.bits_per_character(event.nats))
        if event.elapsed_seconds - self.validated_at < VALIDATION_SECONDS:
            return
        self.validated_at = event.elapsed_seconds
        self.line(
            f"pass {event.epoch:5.2f}  {_bits_text(self.bits[-1])}  {self.curve(CURVE_COLUMNS)}"
            f"  {clock(event.elapsed_seconds)}{'  best' if event.weights is not None else ''}"
        )

    def curve(self, columns: int) -> str:
        """The learning curve in a line: bits a character on held-out text, after each validation."""
        return curve_line(self.bits, width=columns)

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
        if self.held_out is not None and math.isfinite(progress.best_nats):
            bits = self.held_out.bits_per_character(progress.best_nats)
            best = f"held-out text costs {_bits_text(bits)}, the fewer the better"
        self.line(f"training ended {why} after {clock(progress.elapsed_seconds)}; {best}")
        if len(self.bits) > 1:
            first, last = _bits(self.bits[0]), _bits_text(self.bits[-1])
            self.line(f"learning curve: {first} {self.curve(CURVE_COLUMNS)} {last}")

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
            self.line(f"pass {event.epoch:5.2f}  {event.tokens_per_second:,.0f} tokens/s  {_left(event)}")
            self.spoken_at = time.monotonic()


class _LiveView(TrainView):
    """One line that changes in place, below the lines that stay."""

    def __init__(self, console: "Console") -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        super().__init__(console)
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[detail]}"),
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
        curve = f"  {_bits_text(self.bits[-1])} {self.curve(BAR_CURVE_COLUMNS)}" if self.bits else ""
        detail = f"pass {event.epoch:.2f}{curve}  {_left(event)}"
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


def _left(event: events.StepReport) -> str:
    return f"{clock(event.remaining_seconds)} left"


def _bits_text(bits: float) -> str:
    return f"{_bits(bits)} bits a character"


def _bits(bits: float) -> str:
    """Bits as a person reads them; a loss that diverges may be of any size, and rounding take one below zero."""
    return f"{max(bits, 0.0):.2f}" if bits < 1000 else "over 1,000"


def _passes(epochs: float) -> str:
    return "1 pass" if epochs == 1 else f"{epochs:.1f} passes"


def make_train_view(stream: TextIO) -> TrainView:
    """Return the view that suits a stream: live on a terminal, plain lines otherwise, and for who listens to them."""
    from rich.console import Console

    class Unread(Console):
        """Rich would end the program where nobody reads any more; training goes on."""

        def on_broken_pipe(self) -> None:
            self.quiet = True
            leave_reader(stream)

    console = Unread(file=stream, highlight=False, soft_wrap=True)
    live = console.is_terminal and not console.is_dumb_terminal and not accessible()
    return _LiveView(console) if live else _PlainView(console)


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
    vocabulary = f"{report.distinct_types:,} distinct, vocabulary {report.vocabulary_size:,}"
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
# Of files that cannot be read, so many.
_REFUSALS_TOLD = 5


def account_lines(account: Account) -> list[str]:
    """How files were read, in lines for a person."""
    lines = ["; ".join([f"read as {format_text(each)}", *each["notes"]]) for each in account["formats"]]
    words = account["words"]
    if words is not None:
        lines += _words_lines(words)
    lines += account["remarks"]
    repeats = account["repeats"]
    parts = [counted(repeats[noun], noun.removesuffix("s")) for noun in ("documents", "paragraphs") if repeats[noun]]
    if parts:
        lines.append(f"{' and '.join(parts)} seen before left out")
    if account["left_out"]:
        lines.append(_left_out_line(account["left_out"], account.get("patterns", [])))
    lines += _unread_lines(account["unread"])
    if account["refused"]:
        lines.append(f"{counted(account['refused'], 'member')} of archives passed over: links, or names that lead out")
    return lines


def _unread_lines(unread: Unread) -> list[str]:
    """Which files of folders could not be read, and why."""
    told = unread["refusals"][:_REFUSALS_TOLD]
    lines = [
        f"{'read in part' if each['is_partly_read'] else 'not read'}: {each['cause']} {spelled(each['cure'])}".strip()
        for each in told
    ]
    rest = unread["files"] - len(told)
    return [*lines, f"{counted(rest, 'other file')} not read"] if rest else lines


def _words_lines(words: Words) -> list[str]:
    """Whose words were taken, and how to take others'."""
    of = f"({words['taken']:,} of {counted(words['messages'], 'message')})"
    everyones = " and ".join(words["everyones"])
    named = " and ".join(filter(None, words["names"]))
    whose = f"the words of {named}" if named else "your own words"
    is_everyones = bool(everyones) and not words["names"]
    taken = "everyone's words" if is_everyones else f"{whose}, and everyone's in {everyones}" if everyones else whose
    taken = f"{taken} {of}"
    if not words["unclear"]:
        return [taken]
    who = ", ".join(f"{name} {number:,}" for name, number in words["authors"])
    there = "" if is_everyones else " there"
    return [f"{taken}, as it is unclear who you are{there}: '--sender NAME' takes one person's ({who})"]


def _left_out_line(left_out: Mapping[str, int], patterns: Sequence[str]) -> str:
    """Which files of folders were left out, and how they would be taken beside those that patterns took."""
    most = list(left_out.items())[:_ENDINGS_TOLD]
    kinds = [f"{number:,} {ending or 'without an ending'}" for ending, number in most]
    rest = sum(left_out.values()) - sum(number for _, number in most)
    others = [f"{rest:,} other{'s' if rest > 1 else ''}"] if rest else []
    pattern = next((ending for ending, _ in most if ending), "")
    others_too = "".join(f" --pattern '{each}'" for each in patterns)
    cure = f": --pattern '*{pattern}'{others_too}" if pattern else ""
    return f"{', '.join([*kinds, *others])} left out{cure}"


def withheld_line(event: Withheld) -> str:
    """What is left of a run without a network, and why."""
    why = WITHHELD[event.reason]
    if event.reason == "unigrams":
        why += f" ({perplexity_text(event.perplexity)} against {perplexity_text(event.unigram_perplexity)})"
    left = "the old model stays" if event.replacing else "the model is its n-grams alone"
    return f"the network is left out, because {why}; {left}"


def sample_lines(event: Published) -> list[str]:
    """How the model just published goes on where held-out text, as it stands, is cut; and how that went on."""
    from autocomplete.predict.suggester import Suggester

    suggester = Suggester.open(event.folder)
    lines = []
    for context, word in _cuts(CorpusStore.open(event.corpus), SAMPLES):
        found = suggester.suggest(context, k=3, mode="next")
        words = ", ".join(f"{_start_of(item.text, SAMPLE_WORD)} {100 * item.probability:.0f} %" for item in found)
        lines.append(
            f'"{_end_of(context, SAMPLE_COLUMNS)}" → {words or "nothing"} (was: {_start_of(word, SAMPLE_WORD)})'
        )
    return lines


def _cuts(store: CorpusStore, number: int) -> Iterator[tuple[str, str]]:
    """Yield so many places spread over the held-out text: some of the text before each, and the word behind it."""
    places = [part * store.report.valid_characters // (number + 1) for part in range(1, number + 1)]
    passed = 0
    for chunk in store.valid_texts():
        while places and places[0] < passed + len(chunk.text):
            cut = _between_words(chunk.text, places.pop(0) - passed)
            word = re.match(r"\S+", chunk.text[cut : cut + SAMPLE_CONTEXT])
            if word is not None:
                yield chunk.text[max(0, cut - SAMPLE_CONTEXT) : cut], word[0]
        passed += len(chunk.text)


def _between_words(text: str, place: int) -> int:
    """The place nearest to one, within reach, at which a word begins, if possible not the first of its line."""
    start = max(0, place - SAMPLE_CONTEXT)
    reach = text[start : place + SAMPLE_CONTEXT]
    for beginning in (r"(?<=\S)[^\S\n\r]+(?=\w)", r"(?<=\s)(?=\S)"):
        found = [start + match.end() for match in re.finditer(beginning, reach)]
        if found:
            return min(found, key=lambda each: abs(each - place))
    return place


def _end_of(text: str, columns: int) -> str:
    """The end of a text in one line of so many columns at most; wide letters take two."""
    from rich.cells import cell_len

    line = " ".join(text.rsplit("\n", maxsplit=1)[-1].split()) or " ".join(text.split())
    if cell_len(line) <= columns:
        return line
    while cell_len(line) >= columns:
        line = line[1 + (cell_len(line) - columns) // 2 :]
    return f"…{line}"


def _start_of(word: str, columns: int) -> str:
    """The beginning of a word in so many columns at most."""
    from rich.cells import cell_len, set_cell_size

    return word if cell_len(word) <= columns else f"{set_cell_size(word, columns - 1).rstrip()}…"


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
