"""Notes in Markdown, Obsidian's too, as lines of text, in time linear in their length and a paragraph at a time.

The marks that a person types at the beginning of a line stay: of headings, lists and tasks. What was wrapped is one
line again. Of emphasis, links and code within a line the words stay alone, for a mark in the middle of a line would be
the word that is expected there. Tables are rows of their cells' text. What is no language goes: what tools keep at the
head of a note, code, HTML's tags, comments, addresses behind links, pictures and embedded notes, the marks of callouts
and footnotes, names of blocks, formulas, and tags by themselves.
"""

import html
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from autocomplete.corpus.readers.html import BLOCKS, PARAGRAPHS, is_page, lines_of_html
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally
from autocomplete.text.hyphenation import unwrapped
from autocomplete.text.secrets import secret_kind

SECRET_ROW = Noun("row with what its column calls a secret", "rows with what their columns call secrets")
# A paragraph, or a block of HTML, of more characters is cut there.
_LONGEST_PARAGRAPH = 1 << 20
# Lines of what is passed over as a whole: what does not end within them is text.
_MOST_FRONT_MATTER, _MOST_SKIPPED = 400, 10_000

_FENCE = re.compile(r"\s*(`{3,}|~{3,})([^`]*)$|\s*(~{3,})")
_QUOTES = re.compile(r"(?: {0,3}>[ \t]?)+")
_CALLOUT = re.compile(r"\[!([\w\- ]{1,40})\][+\-]?[ \t]*")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])(?:[ \t]+|$)(\[[^\[\]]\][ \t]+)?")
_HEADING = re.compile(r"\s{0,3}(#{1,6})(?:[ \t]+|$)")
_RULE = re.compile(r"\s{0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-+)[ \t]*$")
_DELIMITERS = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL_END = re.compile(r"(?<!\\)\|")
_DEFINITION = re.compile(r"\s{0,3}\[(?!\^)[^\[\]]{1,1000}\]:[ \t]*(?:\S|$)")
_FOOTNOTE = re.compile(r"\s{0,3}\[\^[^\[\]\s]{1,200}\]:[ \t]*")
_BLOCK_NAME = re.compile(r"\^[A-Za-z0-9\-]+$")
_HTML_BLOCK = re.compile(r"\s{0,3}</?([A-Za-z][A-Za-z0-9]*)(?=[\s/>]|$)")
_DIVISION = re.compile(r"\s{0,3}:{3}")  # of Pandoc and Docusaurus: its marks, and what kind it is
_SPANS = {"<!--": "-->", "%%": "%%", "$$": "$$"}  # comments and formulas
_RAW = frozenset(("script", "style", "pre", "textarea"))
_KEY = re.compile(r"[A-Za-z_][\w\-. ]{0,60}:(?:\s|$)")
_LOWER_KEY = re.compile(r"[a-z_][\w\-]{0,60}:(?:\s|$)")
_TAG = re.compile(r"#(?=[\w/\-]*[^\W\d])[\w/\-]+$")


class _Lines:
    """The lines of a note, of which some may be looked at before they are read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        return self._ahead.popleft() if self._ahead else next(self._lines)

    def put_back(self, lines: Iterable[str]) -> None:
        """Give lines back that were read and are to be read again."""
        self._ahead.extendleft(reversed(list(lines)))

    def skip_front_matter(self, mark: str, key: re.Pattern[str]) -> bool:
        """Pass over what tools keep in a note, up to the line that closes it; False where this is none."""
        read: list[str] = []
        is_any = False
        for line in self:
            read.append(line)
            text = line.strip()
            if text == mark or (mark == "---" and text == "..."):
                if is_any or len(read) == 1:
                    return True
                break
            is_key = key.match(line) is not None or (mark == "+++" and ("=" in line or text.startswith("[")))
            is_any = is_any or is_key
            goes_on = not text or line[0] in " \t#" or text.startswith(("- ", "]", "}")) or text == "-"
            if not (is_key or (is_any and goes_on)) or len(read) > _MOST_FRONT_MATTER:
                break
        self.put_back(read)
        return False


class _Note:
    """A note while it is read: what holds from one line to the next.

    Attributes:
        ready: Lines of text that are whole.
        secrets: Rows of tables that are left out, for what a column calls a secret is in them.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.ready: list[str] = []
        self.secrets = 0
        self._lines = _Lines(lines)
        self._parts: list[str] = []  # of the paragraph
        self._size = 0
        self._mark = ""  # before the paragraph
        self._quotes = 0  # within each other
        self._indent = 0  # of what belongs to the last list's item
        self._may_be_code = True  # behind a blank line, and behind code
        self._in_table = False
        self._columns: list[str] = []  # of the table, as its first row calls them
        self._absent: set[str] = set()  # marks that nothing ends with

    def read(self) -> Iterator[str]:
        """Yield the note's lines of text."""
        self._front_matter()
        for line in self._lines:
            self._line(line.replace("\x00", "").expandtabs(4) if "\t" in line or "\x00" in line else line)
            if self.ready:
                yield from self._taken()
        self._end()
        yield from self._taken()

    def _taken(self) -> list[str]:
        ready, self.ready = self.ready, []
        return ready

    def _front_matter(self) -> None:
        for line in self._lines:
            mark = line.rstrip()
            if not (mark in ("---", "+++") and self._lines.skip_front_matter(mark, _KEY)):
                self._lines.put_back([line])
            return

    def _line(self, line: str) -> None:
        line, quotes = _unquoted(line)
        if quotes != self._quotes:
            self._end()
            self._quotes = quotes
        if not line.strip():
            self._end()
            self._may_be_code = True
        elif not self._is_code(line):
            self._may_be_code = False
            if not (self._is_skipped(line) or self._is_block(line)):
                self._text(line)

    def _is_code(self, line: str) -> bool:
        """Whether a line is code by its indent; one that is not indented as the list's item is behind the list."""
        if not self._may_be_code or _ITEM.match(line):
            return False
        indent = len(line) - len(line.lstrip())
        if indent < self._indent:
            self._indent = 0
        return indent >= self._indent + 4

    def _is_skipped(self, line: str) -> bool:
        """Pass over what is no text, with the lines that belong to it."""
        item = _ITEM.match(line)
        body = line[item.end() :] if item else line
        if fence := _FENCE.match(body):
            self._end()
            self._skip_fenced(fence[1] or fence[3])
            return True
        stripped = body.strip()
        for opens, closes in _SPANS.items():
            if stripped.startswith(opens) and closes not in stripped[len(opens) :] and self._skip_to(closes):
                return True
        if not self._parts and _DEFINITION.match(line):
            return True
        if not (_RULE.match(line) or _DIVISION.match(line) or (self._parts and _UNDERLINE.match(line))):
            return False
        self._end()
        if stripped == "---":  # of a note that was put behind another
            self._lines.skip_front_matter("---", _LOWER_KEY)
        return True

    def _skip_fenced(self, mark: str) -> None:
        """Pass over code up to the fence that closes it, or the end of the quote that it stands in."""
        for line in self._lines:
            text, quotes = _unquoted(line) if self._quotes else (line, 0)
            if quotes < self._quotes:
                self._lines.put_back([line])
                return
            text = text.strip()
            if text.startswith(mark) and not text.strip(mark[0]):
                return

    def _skip_to(self, end: str) -> bool:
        """End the paragraph, pass over lines up to one with a mark and read on behind it; False where none has it.

        Once there was none it is not looked for again, for that could take long.
        """
        if end in self._absent:
            return False
        read: list[str] = []
        for line in self._lines:
            _, found, rest = line.partition(end)
            if found:
                self._end()
                self._lines.put_back([rest] if rest.strip() else [])
                return True
            read.append(line)
            if len(read) > _MOST_SKIPPED:
                break
        self._absent.add(end)
        self._lines.put_back(read)
        return False

    def _is_block(self, line: str) -> bool:
        """Read what begins in a line and is no paragraph."""
        if match := _HTML_BLOCK.match(line):
            name = match[1].lower()
            if name in _RAW and not line.lstrip().startswith("</"):
                self._lines.put_back([line[match.end() :]])
                if self._skip_to(f"</{name}>"):
                    return True
                next(self._lines)
            if name in BLOCKS and name != "br":
                self._end()
                self.ready += lines_of_html("\n".join([line, *self._until_blank()]))
                return True
        if match := _HEADING.match(line):
            self._end()
            title = _ATTRIBUTES.sub("", line[match.end() :]).rstrip()
            bare = title.rstrip("#")
            self._begin(f"{match[1]} ", bare if bare != title and (not bare or bare[-1] == " ") else title)
            self._end()
            return True
        return self._is_row(line)

    def _until_blank(self) -> Iterator[str]:
        size = 0
        for line in self._lines:
            size += len(line)
            if not line.strip() or size > _LONGEST_PARAGRAPH:
                return
            yield line

    def _is_row(self, line: str) -> bool:
        """Read a row of a table."""
        if "|" not in line:
            self._in_table = False
            return False
        if _DELIMITERS.match(line):
            if self._parts:  # the head of a table that has no bars at its sides
                self._columns = []
                self._row(self._parts.pop())
            self._in_table = True
            return True
        if not (self._in_table or line.lstrip().startswith("|")):
            return False
        if not self._in_table:
            self._columns = []
        self._end()
        self._in_table = True
        self._row(line)
        return True

    def _row(self, line: str) -> None:
        self._end()
        self._in_table = True
        cells = [cell.replace("\\|", "|") for cell in _CELL_END.split(_unbarred(line))]
        if not self._columns:
            self._columns = [cell.strip() for cell in cells]
        elif any(secret_kind(f"{name}: {cell.strip()}") for name, cell in zip(self._columns, cells, strict=False)):
            self.secrets += 1
            return
        self._parts += cells
        self._end()
        self._in_table = True

    def _text(self, line: str) -> None:
        """Add a line to its paragraph, or begin one."""
        if match := _CALLOUT.match(line.lstrip()) if self._quotes and not self._parts else None:
            self._begin("", line.lstrip()[match.end() :])
            self._end()
            return
        if match := _FOOTNOTE.match(line):
            self._begin("", line[match.end() :])
        elif match := _ITEM.match(line):
            self._indent = len(match[1]) + len(match[2]) + 1
            self._begin(f"{match[2]} {(match[3] or '').strip()}".strip() + " ", line[match.end() :])
        elif self._mark and line[0] != " " and not line[0].islower():  # nobody wraps a list's items so
            self._begin("", line)
        else:
            self._parts.append(line)
            self._size += len(line)
        if line.endswith(("  ", "\\")) or self._size > _LONGEST_PARAGRAPH:
            self._end()

    def _begin(self, mark: str, text: str) -> None:
        self._end()
        self._mark = mark
        self._parts.append(text)
        self._size = len(text)

    def _end(self) -> None:
        """End the paragraph."""
        if self._parts:
            parts = (_without_tags(part.rstrip().removesuffix("\\")) for part in self._parts)
            separator = " " if self._in_table else "\n"
            whole = unwrapped(separator.join(filter(None, parts)), typeset=False)
            for line in _plain(whole).split("\n"):
                if text := " ".join(line.split()):
                    self.ready.append(self._mark + text)
                    self._mark = ""
        self._parts.clear()
        self._size, self._mark, self._in_table = 0, "", False


def _unquoted(line: str) -> tuple[str, int]:
    """A line without the marks of quotes before it, and how many there are."""
    if match := _QUOTES.match(line):
        return line[match.end() :], match[0].count(">")
    return line, 0


def _unbarred(line: str) -> str:
    """A row of a table without the bars at its sides."""
    text = line.strip().removeprefix("|")
    return text[:-1] if text.endswith("|") and not text.endswith("\\|") else text


def _without_tags(line: str) -> str:
    """A line without tags that are no part of a sentence, and without the name of its block."""
    words = line.split()
    if "#" not in line and "^" not in line:
        return " ".join(words)
    if words and _BLOCK_NAME.match(words[-1]):
        words.pop()
    tags = 0
    while tags < len(words) and _TAG.match(words[-1 - tags]):
        tags += 1
    kept = words[: len(words) - tags]
    if tags == 1 and kept and kept[-1][-1] not in ".!?:…":
        kept = words
    return " ".join(word[1:] if _TAG.match(word.rstrip(".,;:!?)")) else word for word in kept)


# Within a line
_RUN = re.compile(r"`+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_KEPT = re.compile(r"\x00(\d+)\x00")
_EMBEDDED = re.compile(r"!\[\[[^\[\]]{0,1000}\]\]")
_WIKI = re.compile(r"\[\[([^\[\]|]{0,1000})(?:\|([^\[\]]{0,1000}))?\]\]")
_LINK = re.compile(
    r"(!?)\[([^\[\]]*)\]\([ \t]*(?:<[^<>]{0,4000}>|[^\s()<]{0,4000}(?:\([^\s()]{0,1000}\)[^\s()]{0,1000}){0,4})"
    r"(?:[ \t]+(?:\"[^\"]{0,1000}\"|'[^']{0,1000}'|\([^()]{0,1000}\)))?[ \t]*\)"
)
_REFERENCE = re.compile(r"(!?)\[([^\[\]]+)\] ?\[[^\[\]]{0,1000}\]")
_NOTE = re.compile(r"[ \t]?\[\^[^\[\]\s]{1,200}\]")
_ADDRESS = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]{0,4000}|[^\s<>@]{1,100}@[^\s<>@]{1,200})>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9\-]*(?:\s[^<>]{0,4000})?/?>")
_FORMULA = re.compile(r"(?<![\w$\\])\$(?=[^\s$])[^$]{0,500}(?<=[^\s\\])\$(?![\w$])")
_EMPHASIS = re.compile(r"\*+|_+|~~+|==+")
_ATTRIBUTES = re.compile(r"[ \t]?\{[ \t]*[#.:][^{}]{0,400}\}")
_GAP = re.compile(r"(?<![ \t])[ \t]+(?=[.,;:!?)](?:\s|$))")


def _plain(text: str) -> str:
    """Return a paragraph without the marks in it; line breaks are those of `<br>`."""
    kept: list[str] = []

    def keep(literal: str) -> str:
        kept.append(literal)
        return f"\x00{len(kept) - 1}\x00"

    text = _with_code_kept(text, keep) if "`" in text else text
    if "\\" in text:
        text = _ESCAPED.sub(lambda match: keep(match[1]), text)
    for opens, closes in _SPANS.items():
        text = _without_spans(text, opens, closes) if opens in text else text
    has_gaps = any(mark in text for mark in ("$", "[^", "<"))
    text = _FORMULA.sub("", text) if "$" in text else text
    text = _without_links(text) if "[" in text else text
    if "<" in text:
        text = _INLINE_TAG.sub("", _ADDRESS.sub("", _BREAK.sub("\n", text)))
    text = _ATTRIBUTES.sub("", text) if "{" in text else text
    text = _without_emphasis(text)
    text = _GAP.sub("", text) if has_gaps else text
    return _KEPT.sub(lambda match: kept[int(match[1])], html.unescape(text) if "&" in text else text)


def _with_code_kept(text: str, keep: Callable[[str], str]) -> str:
    """Set code within a line apart, without its marks."""
    runs = [match.span() for match in _RUN.finditer(text)]
    following: dict[int, int] = {}
    partner = [-1] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        start, stop = runs[number]
        partner[number] = following.get(stop - start, -1)
        following[stop - start] = number
    parts, place, number = [], 0, 0
    while number < len(runs):
        start, stop = runs[number]
        if (other := partner[number]) >= 0:
            parts += [text[place:start], keep(text[stop : runs[other][0]].strip())]
            place, number = runs[other][1], other
        number += 1
    return "".join([*parts, text[place:]])


def _without_spans(text: str, opens: str, closes: str) -> str:
    """A text without what stands between two marks; a mark that nothing closes stays."""
    parts, place = [], 0
    while (start := text.find(opens, place)) >= 0:
        stop = text.find(closes, start + len(opens))
        if stop < 0:
            break
        parts.append(text[place:start])
        place = stop + len(closes)
    return "".join([*parts, text[place:]])


def _without_links(text: str) -> str:
    """A text with what links show in their place, and without pictures and marks of notes."""
    text = _WIKI.sub(lambda match: match[2] or _shown_target(match[1]), _EMBEDDED.sub("", text))
    text = _NOTE.sub("", text)
    for _ in range(3):  # pictures in links
        for pattern in (_LINK, _REFERENCE):
            text = pattern.sub(lambda match: "" if match[1] else match[2], text)
    return text


def _shown_target(target: str) -> str:
    """What a link to a note shows: the note's name, or of a link within the same note the heading's."""
    note, _, heading = target.partition("#")
    return note.rpartition("/")[2].removesuffix(".md").strip() or heading.strip().lstrip("^")


def _without_emphasis(text: str) -> str:
    """A text without marks of emphasis that have a partner (CommonMark's rules, simplified)."""
    open_runs: dict[str, list[list[int]]] = {}
    cuts: list[tuple[int, int]] = []
    for match in _EMPHASIS.finditer(text):
        start, stop = match.span()
        before, behind = text[start - 1 : start] or " ", text[stop : stop + 1] or " "
        mark = match[0][0]
        is_within = before.isalnum() and behind.isalnum()
        if is_within and (mark == "_" or (mark in "*=" and stop - start < 2)):
            continue
        runs = open_runs.setdefault(mark, [])
        while not before.isspace() and runs and start < stop:
            opened, end = runs.pop()
            length = min(end - opened, stop - start)
            cuts += [(end - length, end), (start, start + length)]
            start += length
            if end - length > opened:
                runs.append([opened, end - length])
        if start < stop and not behind.isspace():
            runs.append([start, stop])
    parts, place = [], 0
    for start, stop in sorted(cuts):
        parts.append(text[place:start])
        place = stop
    return "".join([*parts, text[place:]])


def _read(material: Material, _choices: Choices, tally: Tally) -> Iterator[Passage]:
    begins = True
    note = _Note(material.lines())
    for line in note.read():
        yield Passage(line, begins_document=begins)
        begins = False
    if note.secrets:
        tally.left_out[SECRET_ROW] += note.secrets


# What only Markdown has, by the kind of mark; and what of it a text of no such name has by chance.
_SIGNS = {
    "fence": re.compile(r"^ {0,3}(?:```|~~~)[\w+\-]*[ \t]*$", re.MULTILINE),
    "link": re.compile(r"(?<!\w)\[[^\[\]\n]{1,200}\]\((?:[a-z]{2,8}:|[\w\-]{0,100}[./#])", re.MULTILINE),
    "note": re.compile(r"\[\[[^\[\]\n]{1,200}\]\]"),
    "task": re.compile(r"^ *[-*+] \[[ xX]\] ", re.MULTILINE),
    "table": re.compile(r"^ *\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*$", re.MULTILINE),
    "heading": re.compile(r"^#{1,6} [^\s#].*$", re.MULTILINE),
    "underline": re.compile(r"^[^\W\d_][^\n]{0,200}\n(?:={3,}|-{3,})[ \t]*$", re.MULTILINE),
    "callout": re.compile(r"^> ?\[!\w+\]", re.MULTILINE),
    "strong": re.compile(r"(?<![\w*])\*\*[^\s*][^*\n]{0,200}\*\*(?![\w*])"),
    "definition": re.compile(r"^ {0,3}\[[^\[\]\n]{1,200}\]: +(?:https?:|<|\.{0,2}/)", re.MULTILINE),
    "code": re.compile(r"(?<![\w`])`[^`\n]{1,200}`(?![\w`])"),
    "quote": re.compile(r"^> ?\S", re.MULTILINE),
    "item": re.compile(r"^ {0,6}(?:[-*+]|\d{1,3}\.) \S", re.MULTILINE),
}
_WEAK = frozenset(("heading", "underline", "strong", "code", "quote", "item", "note"))
_NAMES = (".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".qmd", ".rmd")
# Where the name says so, such marks are in what a program or another markup quotes.
_OTHER_NAMES = (
    ".rst",
    ".rest",
    ".tex",
    ".py",
    ".pyi",
    ".js",
    ".ts",
    ".c",
    ".h",
    ".go",
    ".rs",
    ".java",
    ".sh",
    ".ipynb",
)
_CODE_LINE = re.compile(
    r"^(?:\s*(?:import |from [\w.]+ import |def |class |return |fn |pub |use |let |const |var |function |#include|#!"
    r"|//|/\*|\*/|elif |else:|@\w+)|.*[;{}]\s*$|\s*\x22.*\x22,?\s*$|[\w\-]+:(?:\s|$)|\s*</?\w)",
    re.MULTILINE,
)
_MOST_CODE = 0.1
# Of two kinds of marks where the name does not say it.
_LEAST_KINDS, _LEAST_MARKS = 2, 3


def _recognises(sample: Sample) -> bool:
    text = "\n".join(sample.lines())
    if not text or is_page(text) or sample.name.lower().endswith(_OTHER_NAMES):
        return False
    if sample.name.lower().endswith(_NAMES):
        return any(pattern.search(text) for pattern in _SIGNS.values()) or text.startswith(("---\n", "+++\n"))
    if not any(pattern.search(text) for kind, pattern in _SIGNS.items() if kind not in _WEAK):
        return False
    counts = [sum(1 for _ in pattern.finditer(text)) for pattern in _SIGNS.values()]
    if sum(map(bool, counts)) < _LEAST_KINDS or sum(counts) < _LEAST_MARKS:
        return False
    prose = _without_fenced(text).split("\n")
    written = [line for line in prose if line.strip()]
    return sum(_CODE_LINE.match(line) is not None for line in written) <= _MOST_CODE * len(written)


def _without_fenced(text: str) -> str:
    """A text without code between fences."""
    return "".join(text.split("\n```")[::2])


FORMATS: tuple[Format, ...] = (
    Format(key="markdown", name="Markdown", passage=PARAGRAPHS, recognises=_recognises, read=_read, rank=1),
)
