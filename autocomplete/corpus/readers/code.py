"""Source code, read only where that is asked for: its lines, without licenses, data and what a program wrote.

Code is never recognised: somebody who gives a folder of notes with a program in it wants the notes.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice

from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Tally

LINE = Noun("line of code", "lines of code")
LICENSE = Noun("line of a license", "lines of licenses")
GENERATED = Noun("file that a program wrote", "files that programs wrote")
MINIFIED = Noun("line of over 400 characters", "lines of over 400 characters")
DATA = Noun("line of data", "lines of data")

# Lines in which a license stands, and those in which a program says that it wrote the file.
_HEAD_LINES, _NOTICE_LINES = 80, 12
_LONGEST_CODE = 400
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--|;|%|<!--|\"\"\"|'''|\(\*|\.\.|rem\b)", re.IGNORECASE)
_LICENSE = re.compile(
    r"copyright\b|\(c\)\s*\d{4}|©|licen[sc]ed? |\blicen[sc]e\b|spdx-|permission is hereby granted|all rights reserved"
    r"|redistributions? |without warranty|warranties",
    re.IGNORECASE,
)
_GENERATED = re.compile(
    r"@generated\b|\bauto-?\s?generated\b|\b(?:file|code|this) .{0,40}\bgenerated (?:by|from|automatically)\b"
    r"|\bdo not (?:edit|modify)\b|\bmachine.generated\b",
    re.IGNORECASE,
)
# A piece without a blank that no name is as long as, and rows of numbers, bytes and short strings.
_BLOB = re.compile(r"(?<![\w+/=\\-])[A-Za-z0-9+/=_\\-]{80,}")
_NUMBERS = re.compile(r"(?:[-+]?+0x[0-9a-f]++|\\x[0-9a-f]{2}|[-+\d.e]++|[\s,;:'\"()\[\]{}|]++)++", re.IGNORECASE)
_LEAST_NUMBERS = 6
# Different characters of data; a line that is drawn has one or two.
_LEAST_VARIETY = 10


def _read(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    del choices
    lines = material.lines()
    head = [line[: _LONGEST_CODE + 1] for line in islice(lines, _HEAD_LINES)]
    if any(_COMMENT.match(line) and _GENERATED.search(line) for line in head[:_NOTICE_LINES]):
        tally.left_out[GENERATED] += 1
        return
    code = _without_license(head)
    if len(code) < len(head):
        tally.left_out[LICENSE] += len(head) - len(code)
    begins = True
    for line in chain(code, lines):
        if not line.strip():
            continue
        if kind := _no_code(line):
            tally.left_out[kind] += 1
            continue
        yield Passage(line.rstrip(), begins_document=begins)
        begins = False


def _without_license(head: list[str]) -> list[str]:
    """A file's beginning without its first comment, if that speaks of a license."""
    first = next((n for n, line in enumerate(head) if line.strip() and not line.startswith("#!")), len(head))
    block = _first_comment(head[first:])
    return head[:first] + head[first + len(block) :] if any(map(_LICENSE.search, block)) else head


def _first_comment(lines: list[str]) -> list[str]:
    """The comment that lines begin with, up to the first line that is none; empty where they begin with code."""
    if not lines or not _COMMENT.match(lines[0]):
        return []
    opening = lines[0].lstrip()[:4]
    for begin, end in (("/*", "*/"), ("<!--", "-->"), ('"""', '"""'), ("'''", "'''"), ("(*", "*)")):
        if opening.startswith(begin):
            for number, line in enumerate(lines):
                if end in (line.lstrip()[len(begin) :] if number == 0 else line):
                    return lines[: number + 1]
            return []
    count = next((number for number, line in enumerate(lines) if not _COMMENT.match(line)), len(lines))
    return lines[:count]


def _no_code(line: str) -> Noun | None:
    """What a line is in place of code that a person wrote; None where it is that."""
    if len(line) > _LONGEST_CODE:
        return MINIFIED
    blob = _BLOB.search(line)
    if blob and len(set(blob[0])) >= _LEAST_VARIETY and "://" not in line:
        return DATA
    if _NUMBERS.fullmatch(line) and len(re.findall(r"[0-9a-fx.]+", line, re.IGNORECASE)) >= _LEAST_NUMBERS:
        return DATA
    return None


FORMATS: tuple[Format, ...] = (
    Format(key="code", name="source code", passage=LINE, recognises=lambda _: False, read=_read),
)
