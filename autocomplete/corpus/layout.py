"""Tells hard-wrapped prose from text in which every line stands for itself."""

from collections.abc import Sequence
from itertools import pairwise

from autocomplete.config import Layout
from autocomplete.corpus.sources import Source

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
