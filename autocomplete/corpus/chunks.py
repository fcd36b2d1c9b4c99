"""Plans the work: which bytes of which source are trained on, held out, and tokenised together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from autocomplete.config import Layout
from autocomplete.corpus.sources import Source
from autocomplete.text.hyphenation import ends_hyphenated
from autocomplete.text.secrets import looks_secret
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

    Where prose is hard-wrapped, nearly every line ends because the next word would have gone over the margin.
    """
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
# A hyphen at a line's end, and blanks behind it.
_LONGEST_END = 16

# From so many files on, whole files are held out.
_ENOUGH_FILES = 20

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

    Of many files some are held out whole, evenly spread over their sorted names; of few files the end of each.
    """
    if len(sources) >= _ENOUGH_FILES:
        train, valid = _hold_out_files(sources, fraction)
        if valid:
            return whole(train), whole(valid)
    train_parts: list[Extent] = []
    valid_parts: list[Extent] = []
    for source in sources:
        with source.path.open("rb") as file:
            cut = _cut(file, source.start, source.stop - round(source.size * fraction), source.stop, tokenizer)
        if source.start < cut < source.stop:
            train_parts.append(Extent(source, source.start, cut))
            valid_parts.append(Extent(source, cut, source.stop))
        else:
            train_parts += whole([source])
    return train_parts, valid_parts


def _hold_out_files(sources: Sequence[Source], fraction: float) -> tuple[list[Source], list[Source]]:
    """Hold a file out as soon as validation is owed half of it: evenly spread, and `fraction` of the bytes in sum."""
    valid: set[str] = set()
    owed_bytes = 0.0
    for source in sorted(sources, key=lambda source: source.name):
        owed_bytes += fraction * source.size
        if owed_bytes >= source.size / 2:
            owed_bytes -= source.size
            valid.add(source.digest)
    return [each for each in sources if each.digest not in valid], [each for each in sources if each.digest in valid]


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
        ends = [blank.end() for blank in _BLANK_LINE.finditer(head)]
        if ends:
            return ends[-1]
    place = _behind_line(head) or _between_words(window, target)
    if not place:
        place = len(head) - 1
        while place > 0 and head[place] & 0xC0 == 0x80:  # inside a character
            place -= 1
    return place


def _behind_line(head: bytes) -> int:
    """The last place behind a line that cuts no word; 0 where there is none."""
    stop = head.rfind(b"\n")
    while stop >= 0 and ends_hyphenated(head[max(0, stop - _LONGEST_END) : stop].decode("utf-8", "ignore")):
        stop = head.rfind(b"\n", 0, stop)
    return stop + 1


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
