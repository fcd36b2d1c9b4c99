"""Arguments into UTF-8 files that can be cut anywhere: paths, folders, archives, standard input, in any format."""

import hashlib
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

from autocomplete.config import CorpusSettings, FormatName, Layout
from autocomplete.corpus.accounts import Account, FormatAccount, Refusal, Repeats, Unread, format_account, left_out_text
from autocomplete.corpus.archives import MOST_NESTED, Packing, decompress, packing_of, unzip
from autocomplete.corpus.authors import Choice, choices_of, remarks_of, words_of
from autocomplete.corpus.encodings import Decoded, LineBreaks, decoded, head_text, known_encoding
from autocomplete.corpus.folders import files_of, findable, leads_into, patterns_that_fit, refuse_unreadable
from autocomplete.corpus.passages import Conversation, Text, TextFile
from autocomplete.corpus.readers.documents import foreign_document
from autocomplete.corpus.readers.formats import FORMATS, recognised
from autocomplete.corpus.readers.protocol import SAMPLE_BYTES, Choices, Format, Material, Noun, Passage, Sample, Tally
from autocomplete.corpus.repeats import Seen
from autocomplete.errors import CorpusError, Cure, UsageError

STANDARD_INPUT = "-"
# In the work folder: each file that was read, as a line of JSON.
FILES_READ = "files.jsonl"
# Of a plain text so much is looked at to see whether it was meant to be JSON, and how lines of that begin.
_JSON_HEAD_BYTES = 1 << 12
_JSON_LINE = re.compile(rb'[{}\]"]|\[(?:$|["{\[])')
# How far a file is is told once in so many bytes.
_TOLD_BYTES = 1 << 20
# Of the files of folders that cannot be read, so many are told of.
_MOST_REFUSALS = 20

# Of these a file is one message, or a day of a channel: the files of a folder are one conversation.
_FOLDER_IS_ONE: tuple[FormatName, ...] = ("eml", "emlx", "slack")
# Their text is in a column, or under a key.
_WITH_FIELDS: frozenset[FormatName] = frozenset({"csv", "json", "jsonl"})
# ZIP archives that are one document, where the user says so.
_ZIPPED: tuple[FormatName, ...] = ("docx", "odt", "epub")


@dataclass(frozen=True, slots=True)
class Source:
    """UTF-8 text on disk.

    Attributes:
        name: What the user calls it.
        path: The file that holds the text, as any process finds it; a copy in the work folder where the original is
            not plain UTF-8.
        start: Where the text begins in that file, in bytes: behind a byte-order mark.
        stop: Where it ends.
        digest: SHA-256 of the file's text in UTF-8, so that a compressed or differently encoded copy counts as the
            same; of a format that is no text, of its bytes.
        layout: The layout of its passages; None for plain text, of which it is to be found.
        documents: The bytes at which groups of documents begin, where there are several.
        files: How many files it was made of.
    """

    name: str
    path: Path
    start: int
    stop: int
    digest: str
    layout: Layout | None = None
    documents: tuple[int, ...] = ()
    files: int = 1

    @property
    def size(self) -> int:
        """Bytes of text."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts of one command, each content once.

    Attributes:
        texts: In the order of the arguments, those of a folder sorted by path.
        held_out: The same of the text that was named to be held out; what is given for both is here.
        account: How files were read.
        duplicate_files: Files left out because an earlier one has the same content.
        empty_files: Files of folders left out because they hold nothing.
    """

    texts: tuple[Source, ...]
    held_out: tuple[Source, ...]
    account: Account
    duplicate_files: int = 0
    empty_files: int = 0


class Gathered(NamedTuple):
    """How far reading is.

    Attributes:
        done_bytes: Bytes of files that were read.
        total_bytes: Bytes of all of them, as far as that is known.
        sources: The texts, at the end.
    """

    done_bytes: int
    total_bytes: int
    sources: Sources | None = None


def gather(
    paths: Sequence[str | Path],
    held_out_paths: Sequence[str | Path] = (),
    *,
    settings: CorpusSettings,
    work: Path,
    seen: Seen | None = None,
) -> Iterator[Gathered]:
    """Find, check and convert every text; yields how far that is, and the texts in the last item.

    Args:
        paths: Files, folders, `-` for standard input.
        held_out_paths: The same for text to hold out.
        settings: How files are read.
        work: A folder for the copies that have to be made.
        seen: Where what is long is remembered, so that it counts once; plain text is not looked through here. None
            takes everything.

    Raises:
        UsageError: A path does not exist, the encoding is not known, or nobody has the sender's name.
        CorpusError: A file that was named is empty, binary, damaged or not in its encoding or format, or it is unclear
            what it is; the system does not let a file be read; a folder holds no text; or it is unclear whose words to
            take, and that is to be refused.
    """
    gathering = _Gathering(settings, work, seen)
    held_out = gathering.found(held_out_paths)
    given = gathering.found(paths)
    for part, files in (("held_out", held_out), ("texts", given)):
        for file in files:
            yield from gathering.read(file, part)
    yield gathering.finished(paths, held_out_paths)


class _Found(NamedTuple):
    """A file that was named or found.

    Attributes:
        path: Where it lies; of standard input, the word for it.
        name: What the user calls it.
        in_folder: Whether it was found in a folder or an archive rather than named.
        beside: The folder that it was found in; None for a stream.
        nested: How many archives it lies in.
    """

    path: Path
    name: str
    in_folder: bool
    beside: Path | None
    nested: int = 0


@dataclass(slots=True)
class _Reading:
    """What was read of one format so far."""

    format: Format
    files: int = 0
    passages: int = 0
    tally: Tally = field(default_factory=Tally)

    def account(self) -> FormatAccount:
        return format_account(self.format, self.files, self.passages, self.tally)


class _Gathering:
    """All files of a command on their way to text."""

    def __init__(self, settings: CorpusSettings, work: Path, seen: Seen | None) -> None:
        self._settings, self._work, self._seen = settings, work, seen
        self._encoding = None if settings.encoding is None else known_encoding(settings.encoding)
        # With white space alone between tokens, blank lines may count as sequences.
        counts_blank = settings.pretokenized and settings.layout != "text"
        self._line_end = "\n" if counts_blank else "\n\n"
        self._parts: dict[str, list[Source | Conversation]] = {"held_out": [], "texts": []}
        self._digests: dict[str, set[str]] = {"held_out": set(), "texts": set()}
        self._conversations: dict[tuple[str, str, Path | None], Conversation] = {}
        self._readings: dict[FormatName, _Reading] = {}
        self._left_out: Counter[str] = Counter()
        self._fitting: dict[str, None] = {}
        self._remarks: list[str] = []
        self._unread = Unread(files=0, refusals=[])
        self._repeats = Repeats(documents=0, paragraphs=0)
        self._duplicates = self._empty = self._refused = self._copies = 0
        self._was_held_out = False
        self._done = self._total = 0

    def found(self, paths: Sequence[str | Path]) -> list[_Found]:
        """Each file of the arguments."""
        files = list(self._expanded(paths))
        self._total += sum(file.path.stat().st_size for file in files if file.path.is_file())
        return files

    def _expanded(self, paths: Sequence[str | Path]) -> Iterator[_Found]:
        for given in paths:
            path = Path(given)
            if str(given) == STANDARD_INPUT:
                yield _Found(path, "standard input", in_folder=False, beside=None)
            elif path.is_dir():
                files, left_out, links = files_of(path, self._settings.patterns)
                self._left_out += left_out
                self._remarks += _links_remark(
                    [each for each in links if not any(map(partial(leads_into, each), paths))]
                )
                self._fitting |= dict.fromkeys(
                    patterns_that_fit([each.name for each in files], self._settings.patterns)
                )
                yield from (_Found(each, str(each), in_folder=True, beside=each.absolute().parent) for each in files)
            elif path.exists():
                path = path.absolute() if str(path) == STANDARD_INPUT else path
                beside = path.absolute().parent if path.is_file() else None
                yield _Found(path, str(path), in_folder=False, beside=beside)
            else:
                raise UsageError(f"{path}: no such file or folder.", "Check the path.")

    def read(self, file: _Found, part: str) -> Iterator[Gathered]:
        """Read a file, and those in it where it is an archive; one of a folder that is refused is passed over."""
        before, size = self._done, 0
        yield Gathered(self._done, self._total)
        try:
            is_stream = str(file.path) == STANDARD_INPUT or not file.path.is_file()
            stored = self._kept_stream(file.path) if is_stream else file.path.absolute()
            size = 0 if is_stream or file.nested else stored.stat().st_size
            yield from self._unpacked(file._replace(path=stored), part)
        except OSError as error:
            refuse_unreadable(file.name, error)
        except CorpusError as error:
            self._note_refusal(file, error)
        self._done = before + size

    def _note_refusal(self, file: _Found, error: CorpusError, *, passages: int = 0) -> None:
        """Remember why a file of a folder was not read, or not behind so many passages; one that was named is refused.

        Raises:
            CorpusError: It was named.
        """
        if not file.in_folder:
            raise error
        self._unread["files"] += 1
        if len(self._unread["refusals"]) < _MOST_REFUSALS:
            self._unread["refusals"].append(Refusal(cause=error.cause, cure=error.cure, is_partly_read=passages > 0))

    def _unpacked(self, file: _Found, part: str) -> Iterator[Gathered]:
        """Read a file that lies on disk, whatever it is packed in."""
        with file.path.open("rb") as opened:
            head = opened.read(SAMPLE_BYTES)
        packing = packing_of(head, file.path, file.name)
        format_ = self._format_of(file, head, packing)
        if packing is None or (packing == "zip" and format_ is not None and format_.takes == "bytes"):
            yield from self._read_as(format_, file, part)
            return
        if file.nested == MOST_NESTED:
            raise CorpusError(f"{file.name}: lies in archives within archives.", "Unpack it first.")
        for inner in self._inside(file, packing):
            yield from self.read(inner, part)

    def _inside(self, file: _Found, packing: Packing) -> list[_Found]:
        """The files in a packed one."""
        if packing != "zip":
            target = self._new("unpacked") / (file.path.stem or "text")
            target.parent.mkdir()
            decompress(file.path, packing, file.name, target=target)
            return [file._replace(path=target, nested=file.nested + 1)]
        folder = self._new("unpacked")
        folder.mkdir()
        unpacked = unzip(file.path, file.name, self._settings.patterns, folder=folder)
        self._left_out += unpacked.left_out
        names = [Path(name).name for _, name in unpacked.files]
        self._fitting |= dict.fromkeys(patterns_that_fit(names, self._settings.patterns))
        self._refused += unpacked.refused
        return [
            _Found(path, f"{file.name}/{name}", in_folder=True, beside=path.parent, nested=file.nested + 1)
            for path, name in unpacked.files
        ]

    def _format_of(self, file: _Found, head: bytes, packing: Packing | None) -> Format | None:
        """The format to read a file as; None for plain text."""
        asked = self._settings.format
        if asked == "plain" or (asked is not None and packing is not None and asked not in _ZIPPED):
            return None
        if asked is not None:
            if asked not in FORMATS:
                raise UsageError(f"The format '{asked}' cannot be read here.", "Choose another.")
            return FORMATS[asked]
        sample = self._sample(file, head, packing)
        found = [each for each in recognised(sample) if each.key != "code"]
        if len(found) > 1:
            known = " or ".join(f"{each.name} ({each.key})" for each in found)
            raise CorpusError(f"{file.name}: may be {known}.", Cure.FORMAT)
        if not found and (foreign := foreign_document(sample)):
            raise CorpusError(f"{file.name}: {foreign.what}, which is not read here.", foreign.cure)
        return found[0] if found else None

    def _sample(self, file: _Found, head: bytes, packing: Packing | None) -> Sample:
        text = "" if packing is not None else head_text(head, self._encoding)
        return Sample(file.path.name, file.path, head, text, is_whole=len(head) < SAMPLE_BYTES)

    def _read_as(self, format_: Format | None, file: _Found, part: str) -> Iterator[Gathered]:
        """Read a file as a format, or as plain text."""
        if format_ is not None and format_.takes == "bytes":
            text = Decoded(file.path, 0, file.path.stat().st_size, _digest(file.path))
        else:
            breaks: LineBreaks = "unified" if format_ else "kept" if self._settings.pretokenized else "mended"
            text = decoded(file.path, file.name, encoding=self._encoding, breaks=breaks, copy=self._new("text"))
        if self._is_new(text, file, part):
            self._remarks += text.remarks
            if format_ is None:
                if self._settings.format is None and _looks_like_json(text):
                    self._remarks.append(f"{file.name}: looks like JSON that is damaged, and is read as it stands")
                self._parts[part].append(Source(file.name, text.path, text.start, text.stop, text.digest))
            else:
                yield from self._convert(format_, file, text, part)
            self._list(file, text, "plain" if format_ is None else format_.key)

    def _list(self, file: _Found, text: Decoded, key: FormatName) -> None:
        """Write down what is read, so that it can be told later from what is new."""
        name = file.name if file.beside is None else str(findable(Path(file.name)))
        read = {"name": name, "digest": text.digest, "bytes": text.stop - text.start, "format": key}
        with (self._work / FILES_READ).open("a", encoding="utf-8") as files:
            files.write(json.dumps(read) + "\n")

    def _is_new(self, text: Decoded, file: _Found, part: str) -> bool:
        """Whether a text is to be read; what is empty or was seen before is counted."""
        if text.start == text.stop:
            if not file.in_folder:
                raise CorpusError(f"{file.name}: empty.", "Give a file that holds text.")
            self._empty += 1
            return False
        if part == "texts" and text.digest in self._digests["held_out"]:
            self._was_held_out = True
            return False
        self._duplicates += text.digest in self._digests[part]
        is_new = text.digest not in self._digests[part]
        self._digests[part].add(text.digest)
        return is_new

    def _convert(self, format_: Format, file: _Found, text: Decoded, part: str) -> Iterator[Gathered]:
        """Write what a reader gives of a file."""
        reading = self._readings.setdefault(format_.key, _Reading(format_))
        choices = Choices(self._settings.field, self._encoding)
        material = Material(file.name, text.path, file.beside)
        passages = self._sound(format_.read(material, choices, reading.tally), format_, file)
        before, unread = reading.passages, self._unread["files"]
        left_out = Counter(reading.tally.left_out)
        if format_.has_authors:
            conversation = self._conversation(format_, file, part)
            for size in conversation.add(passages):
                reading.passages += 1
                yield from self._on(size)
            conversation.digests.append(text.digest)
        else:
            with self._text_file(format_) as target:
                for passage in passages:
                    content = target.content(passage.text)
                    if content:
                        begins = passage.begins_document or reading.passages == before
                        target.add(content, begins_document=begins)
                        reading.passages += 1
                        yield from self._on(len(content))
            written = self._counted(target.written())
            if written.size:
                self._parts[part].append(_source(file.name, written, text.digest, format_))
        self._remarks += reading.tally.remarks
        reading.tally.remarks.clear()
        if reading.passages > before:
            reading.files += 1
        elif self._unread["files"] == unread:
            self._pass_over(format_, file, reading.tally.left_out - left_out)

    def _sound(self, passages: Iterator[Passage], format_: Format, file: _Found) -> Iterator[Passage]:
        """Yield the passages of a file up to where it is damaged."""
        number = 0
        try:
            for number, passage in enumerate(passages, 1):  # noqa: B007 - how far it came
                yield passage
        except CorpusError as error:
            if number == 0 and self._settings.format is not None and not self._fits(format_, file):
                what = error.cause.removeprefix(f"{file.name}: ")
                error = CorpusError(f"{file.name}: read as {format_.name}: {what}", Cure.OTHER_FORMAT)
            self._note_refusal(file, error, passages=number)

    def _fits(self, format_: Format, file: _Found) -> bool:
        """Whether a file looks as those of a format do."""
        with file.path.open("rb") as opened:
            head = opened.read(SAMPLE_BYTES)
        return format_.recognises(self._sample(file, head, packing_of(head, file.path, file.name)))

    def _pass_over(self, format_: Format, file: _Found, left_out: Counter[Noun]) -> None:
        """Count a file in which its format has nothing; one that was named is refused."""
        if not file.in_folder:
            nothing = f"no {format_.passage.one} in it{left_out_text(left_out)}"
            raise CorpusError(f"{file.name}: read as {format_.name}: {nothing}.", Cure.OTHER_FORMAT)
        self._empty += 1

    def _on(self, size: int) -> Iterator[Gathered]:
        """Say now and then how far a file is, as far as that is known from the text in it."""
        before = self._done
        self._done = min(self._total, before + size)
        if before // _TOLD_BYTES != self._done // _TOLD_BYTES:
            yield Gathered(self._done, self._total)

    def _conversation(self, format_: Format, file: _Found, part: str) -> Conversation:
        """Where the messages of a file go."""
        is_one = file.in_folder and format_.key in _FOLDER_IS_ONE
        key = (part, format_.key, _mailbox(file.beside) if is_one else Path(file.name))
        if key not in self._conversations:
            target = TextFile(self._new("text"), line_end=self._line_end)
            self._conversations[key] = Conversation(format_, file.name, target, self._new("index"))
            self._parts[part].append(self._conversations[key])
        return self._conversations[key]

    def _new(self, kind: str) -> Path:
        self._copies += 1
        path = self._work / f"{kind}-{self._copies}"
        return path if not path.exists() else self._new(kind)  # of another command in the same folder

    def _kept_stream(self, path: Path) -> Path:
        """A copy of what can be read only once: standard input, a pipe."""
        copy = self._new("stream")
        with _stream(path) as stream, copy.open("wb") as output:
            shutil.copyfileobj(stream, output)
        return copy

    def finished(self, paths: Sequence[str | Path], held_out_paths: Sequence[str | Path]) -> Gathered:
        """Return all that was read, with the words of those whose words are taken.

        Args:
            paths: Those of the arguments that are to be trained on, for errors.
            held_out_paths: The others.
        """
        conversations = list(self._conversations.values())
        choices = choices_of(conversations, self._settings)
        texts = {id(each): self._words(each, choice) for each, choice in zip(conversations, choices, strict=True)}
        parts = {part: self._sources_of(members, texts) for part, members in self._parts.items()}
        self._remarks += [*remarks_of(conversations, choices, self._settings), *self._idle_settings()]
        for part, given in (("held_out", held_out_paths), ("texts", paths)):
            if given and not parts[part]:
                self._refuse_nothing(part, given)
        account = Account(
            formats=[each.account() for each in self._readings.values() if each.files],
            left_out=dict(self._left_out.most_common()),
            patterns=list(self._fitting),
            refused=self._refused,
            words=words_of(conversations, choices, sum(each.passages for each in texts.values())),
            remarks=self._remarks,
            unread=self._unread,
            repeats=self._repeats,
        )
        sources = Sources(parts["texts"], parts["held_out"], account, self._duplicates, self._empty)
        return Gathered(self._total, self._total, sources)

    def _idle_settings(self) -> Iterator[str]:
        """What was asked for and made no difference."""
        is_standing = "field" in self._settings.standing
        if self._settings.field is not None and not is_standing and not self._readings.keys() & _WITH_FIELDS:
            yield "no file here has columns or keys: that one was named made no difference"

    def _words(self, conversation: Conversation, choice: Choice) -> Text:
        """The words of a conversation that are taken."""
        if choice.names is None and self._seen is None:
            return conversation.text.written()
        return self._counted(conversation.of(choice.wants, self._text_file(conversation.format)))

    def _text_file(self, format_: Format) -> TextFile:
        """A new file for passages; of commands how often they are given is to be learned."""
        seen = None if format_.layout == "commands" else self._seen
        return TextFile(self._new("text"), line_end=self._line_end, seen=seen)

    def _counted(self, text: Text) -> Text:
        """Count what of a text was left out."""
        self._repeats["documents"] += text.repeated_documents
        self._repeats["paragraphs"] += text.repeated_paragraphs
        return text

    def _sources_of(self, members: Sequence[Source | Conversation], texts: dict[int, Text]) -> tuple[Source, ...]:
        found = []
        for each in members:
            if isinstance(each, Source):
                found.append(each)
            elif (text := texts[id(each)]).size:
                files = len(each.digests)
                digest = each.digests[0] if files == 1 else hashlib.sha256("".join(each.digests).encode()).hexdigest()
                found.append(_source(each.name, text, digest, each.format, files=files))
        return tuple(found)

    def _refuse_nothing(self, part: str, paths: Sequence[str | Path]) -> NoReturn:
        """Tell why there is nothing to learn from."""
        if self._parts[part]:
            named = " or ".join(f"'{name}'" for name in self._settings.sender)
            whom = named or "the one whose words are to be learned"
            raise CorpusError(f"None of these messages are of {whom}.", Cure.SENDER)
        if part == "texts" and self._was_held_out:
            raise CorpusError("Every file to train on is held out for validation.", "Give other files to train on.")
        for refusal in self._unread["refusals"]:
            raise CorpusError(refusal["cause"], refusal["cure"])
        raise CorpusError(f"{', '.join(map(str, paths))}: every file is empty.", "Give files that hold text.")


def _mailbox(folder: Path | None) -> Path | None:
    """The folder that is one conversation: of a Maildir, the one around what was seen and what is new."""
    return folder.parent if folder is not None and folder.name in ("cur", "new") else folder


def _links_remark(links: Sequence[Path]) -> list[str]:
    """What is to be said of links in a folder to folders elsewhere."""
    if not links:
        return []
    if len(links) == 1:
        return [f"{links[0]} is a link to a folder, and not followed: name it to have it read"]
    return [f"{len(links):,} links to folders are not followed, such as {links[0]}: name them to have them read"]


def _source(name: str, text: Text, digest: str, format_: Format, *, files: int = 1) -> Source:
    return Source(name, text.path, 0, text.size, digest, format_.layout, text.documents, files)


def _looks_like_json(text: Decoded) -> bool:
    """Whether a text that is no format begins as JSON does, and so do most of its first lines."""
    with text.path.open("rb") as file:
        file.seek(text.start)
        head = file.read(_JSON_HEAD_BYTES)
    lines = [line.strip() for line in head.split(b"\n") if line.strip()]
    begins = lines[:1] and lines[0].startswith((b"{", b"["))
    return bool(begins) and 2 * sum(_JSON_LINE.match(line) is not None for line in lines) > len(lines)


def _stream(path: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(path) == STANDARD_INPUT else path.open("rb")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
