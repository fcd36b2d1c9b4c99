"""Text into a corpus store, in two passes over chunks: first the tokens and their counts, then the ids.

Memory depends on the size of a chunk and on the number of distinct tokens held, never on the size of the corpus.
"""

import shutil
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from autocomplete.arrays import Int32Array, Int64Array, UInt32Array
from autocomplete.config import CorpusSettings, Layout
from autocomplete.corpus.accounts import Account, format_text
from autocomplete.corpus.chunks import CHUNK_BYTES, Extent, chunks, detect_layout, hold_out, whole
from autocomplete.corpus.counting import COUNT, LEFT, RIGHT, RepeatedLines, TypeTable
from autocomplete.corpus.encoding import read_text, readable, tokenized
from autocomplete.corpus.readers.formats import FORMATS
from autocomplete.corpus.repeats import Seen, Stretch, copy_without, likely_repeats, repeats_in
from autocomplete.corpus.sources import FILES_READ, Source, Sources, gather
from autocomplete.corpus.store import (
    PARTS,
    REPORT_FILE,
    VALID_TEXT_FILE,
    VOCABULARY_FILE,
    CorpusReport,
    CorpusStore,
    Part,
    tokens_path,
)
from autocomplete.corpus.workers import available_cores, cluster, workers
from autocomplete.errors import CorpusError
from autocomplete.text.bulk import censored, forget_words
from autocomplete.text.hyphenation import respelled, spelled
from autocomplete.text.pieces import PieceTable
from autocomplete.text.scripts import is_spaceless, segmenter
from autocomplete.text.secret_rules import SecretKind
from autocomplete.text.secrets import is_secret_word
from autocomplete.text.syntax import Syntax
from autocomplete.text.tokenizer import Chunk, Tokenizer
from autocomplete.text.unicode import SOFT_HYPHEN
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN, UNKNOWN_TOKEN, Vocabulary

# No word is longer. Encoded data is, and could not be held in a table of bounded size.
_LONGEST_TYPE = 256


@dataclass(frozen=True, slots=True)
class Job:
    """One chunk on its way through both passes; its files in the work folder are named by `number`."""

    number: int
    part: Part
    extent: Extent


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """What the first pass found in a chunk.

    Attributes:
        tokens: Number of tokens.
        characters: Number of characters.
        words: Words as white space separates them.
        types: The distinct tokens in UTF-8, a line each.
        sums: Count, evidence of joining left and right of each, (3, types).
        line_checksums: CRC-32 of every line that is not blank.
        controls: Control characters that were read as spaces.
        secret_lines: Lines that were left out, by the kind of secret that they seemed to hold.
    """

    tokens: int
    characters: int
    words: int
    types: bytes
    sums: Int64Array
    line_checksums: UInt32Array
    controls: int
    secret_lines: Counter[SecretKind]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the ids of a job go: a file, and the byte in it."""

    number: int
    path: Path
    offset: int


def tokenize_chunk(job: Job, *, tokenizer: Tokenizer, work: Path, keep_secrets: bool) -> ChunkCounts:
    """Tokenise a chunk, keep its local ids and types in the work folder, and count them.

    The work folder also keeps the text of what is held out. Lines that look as if they held a secret are left out of
    both, unless they are to be kept.

    Raises:
        CorpusError: The chunk is not UTF-8.
    """
    stretch, strays = read_text(job.extent)
    left_out: Counter[SecretKind] = Counter()
    if not keep_secrets:  # before control characters go, for they tell a terminal's colours from what it shows
        found = censored(stretch.text, tokenizer.syntax, segments=tokenizer.segments)
        stretch, left_out = replace(stretch, text=found.text), found.left_out
    stretch, controls = readable(stretch) if strays else (stretch, 0)
    if job.part == "valid":
        (work / f"{job.number}.text").write_bytes(stretch.to_json())
    chunk = tokenized(stretch, tokenizer)
    ids = chunk.ids
    np.save(work / f"{job.number}.npy", ids)
    (work / f"{job.number}.types").write_bytes(chunk.types)
    types, sums = _counted_types(chunk, ids)
    whole = stretch.text.encode().split(b"\n")
    if not job.extent.ends_document:
        whole.pop()  # empty, or the beginning of a line that a later chunk ends
    checksums = np.fromiter(map(zlib.crc32, filter(bytes.strip, whole)), np.uint32)
    return ChunkCounts(ids.size, chunk.characters, chunk.words, types, sums, checksums, controls, left_out)


def move_text(job: Job, *, work: Path, output: BinaryIO) -> None:
    """Append the text of a chunk that is held out to a file, and remove it from the work folder."""
    path = work / f"{job.number}.text"
    output.write(path.read_bytes())
    path.unlink()


def number_chunk(placement: Placement, *, work: Path, vocabulary: Path) -> int:
    """Write a chunk's ids to their place, and return how many are unknown.

    The chunk's files stay: a cluster may run a job again whose result was lost with a worker.
    """
    types = _as_spelled((work / f"{placement.number}.types").read_bytes(), vocabulary)
    numbers = _table(vocabulary).find_lines(types)
    id_of = np.where(numbers == 0, UNKNOWN, numbers - 1)
    ids = np.take(id_of, np.load(work / f"{placement.number}.npy"))
    with placement.path.open("r+b") as file:
        file.seek(placement.offset)
        file.write(ids.data)
    return int(np.count_nonzero(ids == UNKNOWN))


def remove_numbered(job: Job, *, work: Path) -> None:
    """Remove what `tokenize_chunk` kept of a chunk that is numbered."""
    for kind in ("npy", "types"):
        (work / f"{job.number}.{kind}").unlink()


def _as_spelled(types: bytes, vocabulary: Path) -> bytes:
    """The same types, a line each, but without open hyphens, which the vocabulary settles."""
    if SOFT_HYPHEN.encode() not in types:
        return types
    count = _known(vocabulary).count
    lines = types.decode("utf-8", "surrogatepass").split("\n")
    return "\n".join([spelled(line, count) for line in lines]).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1)
def _known(vocabulary: Path) -> Vocabulary:
    """Load once a process, as the table below."""
    return Vocabulary.load(vocabulary)


@lru_cache(maxsize=1)
def _table(vocabulary: Path) -> PieceTable:
    """Load once a process, the path being that of one ingestion only; a token's number is one more than its id."""
    table = PieceTable()
    table.number_lines("\n".join(Vocabulary.load(vocabulary).tokens).encode("utf-8", "surrogatepass"))
    return table


def _counted_types(chunk: Chunk, ids: Int32Array) -> tuple[bytes, Int64Array]:
    sums = np.stack([np.bincount(ids, minlength=chunk.left.size), chunk.left, chunk.right])
    codes = np.frombuffer(chunk.types + b"\n", np.uint8)
    characters = np.cumsum(codes & 0xC0 != 0x80, dtype=np.int32)  # not the bytes of UTF-8 that continue one
    lengths = np.diff(characters[codes == ord("\n")], prepend=0) - 1
    if lengths.max() <= _LONGEST_TYPE:
        return chunk.types, sums
    kept = np.flatnonzero(lengths <= _LONGEST_TYPE)
    types = chunk.types.split(b"\n")
    return b"\n".join([types[index] for index in kept.tolist()]), sums[:, kept]


# Starting processes takes about as long as tokenising this much.
_BYTES_WORTH_WORKERS = 8 << 20

_LEAST_TOKENS: dict[Part, int] = {"train": 50, "valid": 10}


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far ingestion is.

    Attributes:
        stage: `reading` the files, `tokenizing`, `numbering` the tokens, or `done`.
        done_bytes: Bytes of text that this stage is through with; while reading, of the files.
        total_bytes: Bytes in all; of the files while reading, 0 where that is not known.
        store: The finished store, when `done`.
    """

    stage: Literal["reading", "tokenizing", "numbering", "done"]
    done_bytes: int = 0
    total_bytes: int = 0
    store: CorpusStore | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is read, and how."""

    tokenizer: Tokenizer
    layout_reason: str
    jobs: list[Job]
    account: Account
    duplicate_files: int
    empty_files: int

    @property
    def total_bytes(self) -> int:
        return sum(job.extent.size for job in self.jobs)

    def sources(self, *parts: Part) -> list[Source]:
        """Sources of these parts, each once."""
        return list({job.extent.source: None for job in self.jobs if job.part in parts})


@dataclass(slots=True)
class _PartCounts:
    """Sums over the chunks of one part."""

    tokens: int = 0
    characters: int = 0
    words: int = 0
    unknown: int = 0


@dataclass(slots=True)
class _Counts:
    """What the passes found so far."""

    parts: dict[Part, _PartCounts] = field(default_factory=lambda: {part: _PartCounts() for part in PARTS})
    starts: list[int] = field(default_factory=list)  # of each job, within its part
    types: TypeTable = field(default_factory=TypeTable)
    repeated: RepeatedLines = field(default_factory=RepeatedLines)
    controls: int = 0
    secret_lines: Counter[SecretKind] = field(default_factory=Counter)

    def add(self, job: Job, counted: ChunkCounts) -> None:
        part = self.parts[job.part]
        self.starts.append(part.tokens)
        part.tokens += counted.tokens
        part.characters += counted.characters
        part.words += counted.words
        self.controls += counted.controls
        self.secret_lines += counted.secret_lines
        if job.part == "train":
            self.types.add(counted.types, counted.sums)
            self.repeated.add(counted.line_checksums)

    def vocabulary(self, settings: CorpusSettings, syntax: Syntax) -> Vocabulary:
        types, sums = respelled(self.types.types(), self.types.sums())
        return Vocabulary.build(
            types,
            sums[COUNT],
            left=sums[LEFT],
            right=sums[RIGHT],
            total=self.parts["train"].tokens,
            max_size=settings.effective_vocab_size,
            min_count=settings.effective_min_count,
            syntax=syntax,
            is_secret=None if settings.keep_secrets else is_secret_word,
        )

    def require_enough(self, account: Account) -> None:
        """Refuse a text that is too short, and tell what was read.

        Raises:
            CorpusError: It is.
        """
        read = "; ".join(f"read as {format_text(each)}" for each in account["formats"])
        words = account["words"]
        if words is not None and words["taken"] < words["messages"]:
            read += f"; {words['taken']:,} of {words['messages']:,} messages are of the one whose words are learned"
        for part, least in _LEAST_TOKENS.items():
            tokens = self.parts[part].tokens
            if tokens < least:
                purpose = "train on" if part == "train" else "validate on"
                secret = sum(self.secret_lines.values())
                looks = f"{secret:,} lines that look like secrets" if secret > 1 else "line that looks like a secret"
                without = f" without the {looks}" if secret else ""
                text = f"The text ({read})" if read else "The text"
                raise CorpusError(
                    f"{text} leaves {tokens:,} tokens to {purpose}{without}, and {least} are needed.",
                    "Give more text.",
                )


def ingest(
    paths: Sequence[str | Path],
    *,
    valid_paths: Sequence[str | Path] = (),
    settings: CorpusSettings,
    folder: Path,
    chunk_bytes: int = CHUNK_BYTES,
    executor: Executor | None = None,
) -> Iterator[IngestProgress]:
    """Tokenise text into a corpus store in `folder`; the last item yielded carries it.

    Args:
        paths: Files, folders, or `-` for standard input.
        valid_paths: The same for validation; a file given for both is held out. Without them,
            `settings.valid_fraction` of the text is held out.
        settings: How text becomes tokens.
        folder: Where the store goes; made if missing.
        chunk_bytes: About how much text is tokenised at a time.
        executor: Where chunks are tokenised, else in processes of our own or by `settings.cluster`. Its workers read
            the text and write to `folder` themselves, under the same paths; it is not shut down.

    Raises:
        UsageError: A path does not exist, the encoding is not known, nobody has the sender's name, or the cluster
            cannot be used.
        CorpusError: A file is unreadable, empty, binary, damaged or not in its encoding or format, it is unclear what
            it is or whose words to take, or there is too little text.
        AutocompleteError: A worker was lost, or has no access to a file.
    """
    with ExitStack() as connection:
        if executor is None and settings.cluster is not None:
            executor, jobs_at_once = connection.enter_context(cluster(settings.cluster))
            settings = replace(settings, workers=settings.workers or jobs_at_once)
        yield from _ingested(paths, valid_paths, settings, folder.absolute(), chunk_bytes, executor)


def _ingested(
    paths: Sequence[str | Path],
    valid_paths: Sequence[str | Path],
    settings: CorpusSettings,
    folder: Path,
    chunk_bytes: int,
    executor: Executor | None,
) -> Iterator[IngestProgress]:
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REPORT_FILE).unlink(missing_ok=True)  # a store without its report is unfinished
    # A job that cannot be cancelled any more may still write when an executor of others is left.
    with tempfile.TemporaryDirectory(prefix="ingest-", dir=folder, ignore_cleanup_errors=True) as temporary:
        # Whoever splits text at white space alone counts as others do, whose counts hold every line.
        seen = None if settings.pretokenized else Seen()
        for found in gather(paths, valid_paths, settings=settings, work=Path(temporary), seen=seen):
            yield IngestProgress("reading", found.done_bytes, found.total_bytes)
        assert found.sources is not None
        plan = _planned(found.sources, settings, chunk_bytes, seen, Path(temporary))
        counts = _Counts()
        yield from _passes(plan, counts, settings, folder, Path(temporary), executor)
    forget_words()
    vocabulary = Vocabulary.load(folder / VOCABULARY_FILE)
    report = _report(plan, counts, vocabulary, settings, time.perf_counter() - began)
    report.save(folder)
    yield IngestProgress("done", plan.total_bytes, plan.total_bytes, CorpusStore(folder, vocabulary, report))


def _planned(sources: Sources, settings: CorpusSettings, chunk_bytes: int, seen: Seen | None, work: Path) -> _Plan:
    layout, reason = _layout(sources.texts, settings)
    if settings.layout == "auto" and layout != "commands":
        sources.account["remarks"] += _cut_as_prose(sources.account)
    if seen is not None:
        sources = _without_repeats(sources, layout, seen, work)
    tokenizer = Tokenizer(settings.level, layout, settings.pretokenized)
    tokenizer = replace(tokenizer, segments=tokenizer.may_segment and segmenter() is not None)
    documents: dict[Part, list[Extent]] = {"train": whole(sources.texts), "valid": whole(sources.held_out)}
    if not sources.held_out:
        documents["train"], documents["valid"] = hold_out(sources.texts, settings.valid_fraction, tokenizer)
    extents = (
        (part, extent)
        for part in PARTS
        for document in documents[part]
        for extent in chunks(document, tokenizer, chunk_bytes)
    )
    return _Plan(
        tokenizer,
        reason,
        [Job(number, part, extent) for number, (part, extent) in enumerate(extents)],
        sources.account,
        sources.duplicate_files,
        sources.empty_files,
    )


def _without_repeats(sources: Sources, layout: Layout, seen: Seen, work: Path) -> Sources:
    """Leave out of plain texts the long paragraphs that were seen before; only what has some is copied."""
    plain = [source for source in (*sources.held_out, *sources.texts) if source.layout is None]
    if not plain:
        return sources
    # Where readers have left something in mind, any paragraph of plain text may be among it.
    likely = None if seen else likely_repeats(list(map(_stretch, plain)), layout=layout)
    likely_in = {} if likely is None else dict(zip(plain, likely, strict=True))
    found = 0

    def once(source: Source) -> Source:
        nonlocal found
        if source.layout is not None:
            return source
        text = _stretch(source)
        repeats = repeats_in(text, layout=layout, seen=seen, likely=likely_in.get(source))
        if not repeats:
            return source
        found += len(repeats) // 2
        path, start, stop = copy_without(text, repeats, work / f"once-{found}")
        return replace(source, path=path, start=start, stop=stop)

    held_out = tuple(map(once, sources.held_out))
    texts = tuple(map(once, sources.texts))
    counts = sources.account["repeats"]
    account: Account = {**sources.account, "repeats": {**counts, "paragraphs": counts["paragraphs"] + found}}
    return replace(sources, texts=texts, held_out=held_out, account=account)


def _stretch(source: Source) -> Stretch:
    return Stretch(source.path, source.start, source.stop)


def _layout(sources: Sequence[Source], settings: CorpusSettings) -> tuple[Layout, str]:
    if settings.layout != "auto":
        return settings.layout, "Set, not detected."
    if settings.pretokenized:
        return "lines", "Pre-tokenised text has one sequence a line."
    return detect_layout(sources)


def _cut_as_prose(account: Account) -> Iterator[str]:
    """What is to be said of commands that were given together with prose: one layout is everyone's."""
    number = sum(
        each["passages"]["number"] for each in account["formats"] if FORMATS[each["format"]].layout == "commands"
    )
    if number:
        were = "commands were" if number > 1 else "command was"
        yield f"{number:,} {were} cut as prose is: train commands by themselves"


def _passes(
    plan: _Plan, counts: _Counts, settings: CorpusSettings, folder: Path, work: Path, executor: Executor | None
) -> Iterator[IngestProgress]:
    number = min(settings.workers or available_cores(), len(plan.jobs))
    if executor is None and plan.total_bytes < _BYTES_WORTH_WORKERS:
        number = 1
    with workers(number, executor) as run:
        done = 0
        first_pass = partial(tokenize_chunk, tokenizer=plan.tokenizer, work=work, keep_secrets=settings.keep_secrets)
        tokenized = run(first_pass, plan.jobs)
        with (work / VALID_TEXT_FILE).open("wb") as held_out:
            for job, counted in zip(plan.jobs, tokenized, strict=True):
                counts.add(job, counted)
                if job.part == "valid":
                    move_text(job, work=work, output=held_out)
                done += job.extent.size
                yield IngestProgress("tokenizing", done, plan.total_bytes)

        counts.require_enough(plan.account)
        vocabulary = work / VOCABULARY_FILE
        counts.vocabulary(settings, plan.tokenizer.syntax).save(vocabulary)
        done = 0
        numbered = run(partial(number_chunk, work=work, vocabulary=vocabulary), _placements(plan.jobs, counts, folder))
        for job, unknown in zip(plan.jobs, numbered, strict=True):
            counts.parts[job.part].unknown += unknown
            remove_numbered(job, work=work)
            done += job.extent.size
            yield IngestProgress("numbering", done, plan.total_bytes)
    for name in (VOCABULARY_FILE, VALID_TEXT_FILE, FILES_READ):
        shutil.move(work / name, folder / name)


def _placements(jobs: Sequence[Job], counts: _Counts, folder: Path) -> Iterator[Placement]:
    """Make the token files, and yield where in them each job's ids go."""
    headers: dict[Part, int] = {}
    for part in PARTS:
        array = np.lib.format.open_memmap(
            tokens_path(folder, part), mode="w+", dtype=np.int32, shape=(counts.parts[part].tokens,)
        )
        headers[part] = array.offset
    for job, start in zip(jobs, counts.starts, strict=True):
        offset = headers[job.part] + start * np.dtype(np.int32).itemsize
        yield Placement(job.number, tokens_path(folder, job.part), offset)


def _report(
    plan: _Plan, counts: _Counts, vocabulary: Vocabulary, settings: CorpusSettings, seconds: float
) -> CorpusReport:
    train, valid = counts.parts["train"], counts.parts["valid"]
    segments, spaceless = plan.tokenizer.segments, 0
    if plan.tokenizer.may_segment:
        known = zip(vocabulary.tokens, vocabulary.counts, strict=True)
        spaceless = sum(count for token, count in known if is_spaceless(token))
    return CorpusReport(
        level=plan.tokenizer.level,
        layout=plan.tokenizer.layout,
        layout_reason=plan.layout_reason,
        pretokenized=plan.tokenizer.pretokenized,
        files=sum(source.files for source in plan.sources(*PARTS)),
        duplicate_files=plan.duplicate_files,
        empty_files=plan.empty_files,
        bytes=plan.total_bytes,
        lines=counts.repeated.lines,
        duplicate_line_share_estimate=counts.repeated.share,
        train_tokens=train.tokens,
        valid_tokens=valid.tokens,
        train_characters=train.characters,
        valid_characters=valid.characters,
        train_words=train.words,
        valid_words=valid.words,
        vocabulary_size=vocabulary.size,
        distinct_types=len(counts.types) - sum(token in counts.types for token in (UNKNOWN_TOKEN, END_TOKEN)),
        types_pruned=counts.types.pruned,
        train_unknown_share=train.unknown / train.tokens,
        valid_unknown_share=valid.unknown / valid.tokens,
        segmenter=segmenter() if spaceless and segments else None,
        uncut=0 if segments else spaceless,
        controls=counts.controls,
        secret_lines=dict(sorted(counts.secret_lines.items())),
        secrets_kept=settings.keep_secrets,
        seconds=seconds,
        account=plan.account,
        train_digests=tuple(source.digest for source in plan.sources("train")),
        valid_digests=tuple(source.digest for source in plan.sources("valid")),
    )
