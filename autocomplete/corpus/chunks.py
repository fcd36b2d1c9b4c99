"""Plans the work: which bytes of which source are trained on, held out, and tokenised together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from autocomplete.config import Layout
from autocomplete.corpus.sources import Source
from autocomplete.text.hyphenation import ends_hyphenated
from autocomplete.text.secrets import looks_secret, may_be_label
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import STRAY_IN_UTF8

# Tells hard-wrapped prose from text in which every line stands for itself.

_SAMPLED_SOURCES = 16
_SAMPLE_BYTES = 1 << 16  # of each

_LEAST_MARGIN = 30  # characters; lists of words and short queries have shorter lines
_LEAST_WRAPPED = 3  # line breaks
_LEAST_WRAPPED_SHARE = 0.5  # hard-wrapped prose has 0.9 and more, lines of any length about 0.1
_MARGIN_QUANTILE = 0.9


def detect_layout(sources: Sequence[Source]) -> tuple[Layout, str]:
    """Return the layout, and in one sentence why.

    Where prose is hard-wrapped, nearly every line ends because the next word would have gone over the margin. What is
    no plain text tells its layout: a line of it is a sequence, and a blank one follows, which ends one everywhere.
    """
    told = {source.layout for source in sources} - {None}
    sources = [source for source in sources if source.layout is None]
    if not sources:
        if told == {"commands"}:
            return "commands", "All of it is commands."
        return "lines", "Every passage that was read has lines of its own."
    step = max(1, len(sources) // _SAMPLED_SOURCES)
    return _judged([_sampled_lines(source) for source in sources[::step][:_SAMPLED_SOURCES]])


def _sampled_lines(source: Source) -> list[str]:
    size = min(source.size, _SAMPLE_BYTES)
    with source.path.open("rb") as file:
        file.seek(source.start)
        lines = file.read(size).decode("utf-8", "replace").split("\n")
    return [line.rstrip() for line in (lines if size == source.size else lines[:-1])]


def _judged(samples: Sequence[Sequence[str]]) -> tuple[Layout, str]:
    pairs = [pair for lines in samples for pair in pairwise(lines) if all(pair)]
    if not pairs:
        lines = sum(map(bool, (line for sample in samples for line in sample)))
        return "lines", f"Of {lines:,} sampled lines none continues a paragraph."
    lengths = sorted(len(line) for line, _ in pairs)
    margin = lengths[int(_MARGIN_QUANTILE * (len(lengths) - 1))]
    wrapped = sum(_is_wrapped(line, following, margin) for line, following in pairs)
    share = wrapped / len(pairs)
    is_text = margin >= _LEAST_MARGIN and wrapped >= _LEAST_WRAPPED and share >= _LEAST_WRAPPED_SHARE
    reason = (
        f"{share:.0%} of {len(pairs):,} sampled line breaks stand where the next word would have passed a margin of "
        f"{margin} characters; in wrapped prose at least {_LEAST_WRAPPED_SHARE:.0%} do, and the margin is "
        f"{_LEAST_MARGIN} or more."
    )
    return ("text" if is_text else "lines"), reason


def _is_wrapped(line: str, following: str, margin: int) -> bool:
    """Whether the next line's first word had no room; a list of long addresses tells nothing."""
    word = following.split(maxsplit=1)[0]
    return len(word) <= margin // 2 and len(line) + 1 + len(word) > margin


CHUNK_BYTES = 2 << 20

# How far back from where a cut is due a good place is looked for.
_WINDOW_BYTES = 1 << 16
# Where a line is cut, so many bytes before and behind hold no secret: neither half would show one that is cut in two.
_GUARD_BYTES = 100
# A hyphen or a colon at a line's end, and blanks behind it.
_LONGEST_END = 16

# From so many documents on, whole ones are held out, evenly spread.
_ENOUGH_DOCUMENTS = 20

_BLANK_LINE = re.compile(rb"\n[ \t\r]*\n")
# What is read as white space, in UTF-8: by `str.isspace`, and the control characters that are stray.
_WHITE_SPACE = re.compile(
    rb"(?:[\t-\r\x1c-\x20]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80|"
    + STRAY_IN_UTF8
    + rb")*"
)


@dataclass(frozen=True, slots=True)
class Extent:
    """A stretch of a source, in bytes: a document, or a chunk of one.

    Attributes:
        source: Where it lies.
        start: First byte.
        stop: Behind the last byte.
        begins_document: Whether the document begins here.
        ends_document: Whether the document ends here, so that `<eos>` must follow.
    """

    source: Source
    start: int
    stop: int
    begins_document: bool = True
    ends_document: bool = True

    @property
    def size(self) -> int:
        """Bytes."""
        return self.stop - self.start


def whole(sources: Sequence[Source]) -> list[Extent]:
    """Return each source as a document."""
    return [Extent(source, source.start, source.stop) for source in sources]


def hold_out(sources: Sequence[Source], fraction: float, tokenizer: Tokenizer) -> tuple[list[Extent], list[Extent]]:
    """Divide the sources into documents to train on and documents to validate on.

    Of a source with many documents some are held out whole, evenly spread, and likewise of many sources with few
    documents each; of what is left, the end of each source. No document is cut but one that is a source's only one.
    """
    held: set[Extent] = set()
    few: list[Source] = []
    for source in sources:
        documents = _documents(source)
        if len(documents) >= _ENOUGH_DOCUMENTS:
            held |= _spread(documents, fraction) or {documents[-1]}
        else:
            few.append(source)
    documents = [each for source in sorted(few, key=lambda source: source.name) for each in _documents(source)]
    spread = _spread(documents, fraction) if len(documents) >= _ENOUGH_DOCUMENTS else set()
    held |= spread or {end for source in few for end in _end(source, fraction, tokenizer)}
    train_parts: list[Extent] = []
    valid_parts: list[Extent] = []
    for source in sources:
        mine = sorted((each for each in held if each.source is source), key=lambda extent: extent.start)
        valid_parts += _joined(mine)
        train_parts += _between(source, mine)
    return train_parts, valid_parts


def _documents(source: Source) -> list[Extent]:
    """The groups of documents of a source."""
    starts = [place for place in source.documents if source.start < place < source.stop]
    return [Extent(source, *places) for places in pairwise((source.start, *starts, source.stop))]


def _spread(documents: Sequence[Extent], fraction: float) -> set[Extent]:
    """Hold out a document as soon as half of it is owed: evenly spread, and `fraction` of the bytes in sum."""
    held: set[Extent] = set()
    owed_bytes = 0.0
    for document in documents:
        owed_bytes += fraction * document.size
        if owed_bytes >= document.size / 2:
            owed_bytes -= document.size
            held.add(document)
    return held


def _end(source: Source, fraction: float, tokenizer: Tokenizer) -> list[Extent]:
    """The end of a source, as much of it as is to be held out: whole documents where there are several."""
    wanted = round(source.size * fraction)
    documents = _documents(source)
    if len(documents) > 1:
        ends = [documents[place:] for place in range(1, len(documents))]
        end = min(ends, key=lambda end: abs(sum(each.size for each in end) - wanted))
        if 2 * sum(each.size for each in end) > source.size:
            return [min(documents, key=lambda document: document.size)]
        return end
    with source.path.open("rb") as file:
        cut = _cut(file, source.start, source.stop - wanted, source.stop, tokenizer)
    return [Extent(source, cut, source.stop)] if source.start < cut < source.stop else []


def _joined(extents: Sequence[Extent]) -> list[Extent]:
    """Extents of one source, those that follow one another as one."""
    joined: list[Extent] = []
    for extent in extents:
        if joined and joined[-1].stop == extent.start:
            joined[-1] = Extent(extent.source, joined[-1].start, extent.stop)
        else:
            joined.append(extent)
    return joined


def _between(source: Source, held: Sequence[Extent]) -> list[Extent]:
    """What of a source is not held out."""
    places = [source.start, *(place for each in held for place in (each.start, each.stop)), source.stop]
    return [Extent(source, start, stop) for start, stop in zip(places[::2], places[1::2], strict=True) if start < stop]


def chunks(document: Extent, tokenizer: Tokenizer, chunk_bytes: int) -> Iterator[Extent]:
    """Cut a document into chunks that can be tokenised apart from one another."""
    start = document.start
    with document.source.path.open("rb") as file:
        while document.stop - start > chunk_bytes:
            cut = _cut(file, start, start + chunk_bytes, document.stop, tokenizer)
            if not start < cut < document.stop:
                break
            yield Extent(document.source, start, cut, start == document.start, ends_document=False)
            start = cut
    yield Extent(document.source, start, document.stop, start == document.start)


def _cut(file: BinaryIO, start: int, target: int, stop: int, tokenizer: Tokenizer) -> int:
    """Find the best place to cut before `target`: a paragraph's end, a line's, a word's, a character's."""
    window_start = max(target - _WINDOW_BYTES, (start + target) // 2)
    file.seek(window_start)
    window = file.read(min(target + _GUARD_BYTES, stop) - window_start)
    cut = window_start + _best_place(window, target - window_start, paragraphs=tokenizer.layout == "text")
    # A row of line breaks stays in one piece, or its second half would pass for another <eos>.
    return cut if tokenizer.every_break_ends else _behind_white_space(file, cut, stop)


def _best_place(window: bytes, target: int, *, paragraphs: bool) -> int:
    """The best place to cut a window up to a target; what is behind it only tells whether a secret would be cut."""
    head = window[:target]
    if paragraphs:
        ends = [blank.end() for blank in _BLANK_LINE.finditer(head) if not _ends_in_label(head, blank.end())]
        if ends:
            return ends[-1]
    place = _behind_line(head) or _between_words(window, target)
    if not place:
        place = len(head) - 1
        while place > 0 and head[place] & 0xC0 == 0x80:  # inside a character
            place -= 1
    return place


def _behind_line(head: bytes) -> int:
    """The last place behind a line that cuts no word, and calls nothing that the next one holds; 0 without any."""
    stop = head.rfind(b"\n")
    while stop >= 0 and (
        ends_hyphenated(head[max(0, stop - _LONGEST_END) : stop].decode("utf-8", "ignore"))
        or _ends_in_label(head, stop)
    ):
        stop = head.rfind(b"\n", 0, stop)
    return stop + 1


def _ends_in_label(head: bytes, stop: int) -> bool:
    """Whether what stands before a place, and few blanks, may call what stands behind: a password below its name."""
    return may_be_label(head[max(0, stop - _LONGEST_END) : stop].decode("utf-8", "ignore"))


def _between_words(window: bytes, target: int) -> int:
    """The last place behind a space where no secret is cut; behind the last space where there is none, 0 without any.

    Args:
        window: Part of a line.
        target: What may be cut ends here.
    """
    last = place = _behind_space(window, target)
    while place and looks_secret(window[max(0, place - _GUARD_BYTES) : place + _GUARD_BYTES].decode("utf-8", "ignore")):
        place = _behind_space(window, place - 1)
    return place or last


def _behind_space(window: bytes, stop: int) -> int:
    return max(window.rfind(b" ", 0, stop), window.rfind(b"\t", 0, stop)) + 1


def _behind_white_space(file: BinaryIO, place: int, stop: int) -> int:
    while place < stop:
        file.seek(place)
        blank = _WHITE_SPACE.match(file.read(min(_WINDOW_BYTES, stop - place)))
        if not blank or blank.end() == 0:
            break
        place += blank.end()
    return place
