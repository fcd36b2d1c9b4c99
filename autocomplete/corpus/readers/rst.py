"""reStructuredText as lines of text, a paragraph at a time.

A paragraph, a heading, a list's item and a table's row are a line each; lists keep their marks. Notes and warnings are
text, other directives are not, nor are comments, literal blocks, sessions with an interpreter, targets, the fields at a
document's head, and marks within a line.
"""

import re
from collections.abc import Iterable, Iterator

from autocomplete.corpus.readers.html import PARAGRAPHS
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Passage, Sample, Tally
from autocomplete.text.hyphenation import unwrapped

_LONGEST_PARAGRAPH = 1 << 20  # characters; what is longer is cut there
_ANY_INDENT = 1 << 30  # of what goes on behind a directive's name

_ADORNMENT = re.compile(r"([=\-`:.'\"~^_*+#<>!$%&(),/;?@\[\\\]{|}])\1{2,}[ ]*$")
_EXPLICIT = re.compile(r"( *)\.\.(?: +|$)")
_DIRECTIVE = re.compile(r"([A-Za-z][\w:+.\-]{0,60}) ?::(?: +|$)")
_TEXT_DIRECTIVES = frozenset(
    ("admonition", "attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning", "seealso",
     "topic", "sidebar", "epigraph", "highlights", "pull-quote", "rubric", "deprecated", "versionadded",
     "versionchanged", "container", "compound", "glossary", "rst-class")
)  # fmt: skip
# What follows the name of these is a version or a class.
_NAMED = frozenset(("deprecated", "versionadded", "versionchanged", "container", "rst-class"))
_FOOTNOTE = re.compile(r"\[(?:\d+|#\w*|\*|[A-Za-z][\w.\-]*)\] +")
_OPTION = re.compile(r":[A-Za-z][\w \-]{0,60}:(?: |$)")
_ITEM = re.compile(r"([-*+•]|\(?(?:\d{1,4}|[A-Za-z]|#)[.)])(?: +|$)")
_GRID_RULE = re.compile(r"\+[-=+]+\+? *$")
_SIMPLE_RULE = re.compile(r"=+(?: +=+)+ *$")

_LITERAL = re.compile(r"``(.{1,4000}?)``")
_LINKED = re.compile(r"(?::[\w:+.\-]{1,60}:)?`~?([^`<]{1,2000}?) *(?:<[^<>`]{0,4000}>)?`(?:__?|:[\w:+.\-]{1,60}:)?")
_TARGET_ONLY = re.compile(r":[\w:+.\-]{1,60}:`<([^<>`]{1,2000})>`")
_STRONG = re.compile(r"(?<![\w*])\*{1,2}(?=[^\s*])([^*]{1,4000})(?<=\S)\*{1,2}(?![\w*])")
_NOTE = re.compile(r" ?\[(?:\d+|#\w*|\*|[A-Za-z][\w.\-]*)\]_(?!\w)")
_SUBSTITUTION = re.compile(r"(?<!\w)\|[^\s|][^|]{0,200}\|_{0,2}(?!\w)")
_REFERENCE = re.compile(r"(?<=\w)__?(?=[\s.,;:!?)]|$)")
_ESCAPED = re.compile(r"\\(\S)|\\\s")
_KEPT = re.compile(r"\x00(\d{1,7})\x00")
_GAP = re.compile(r"(?<! ) +(?=[.,;:!?)](?:\s|$))")


class _Text:
    """A document while it is read: what holds from one line to the next.

    Attributes:
        ready: Lines of text that are whole.
    """

    def __init__(self) -> None:
        self.ready: list[str] = []
        self._parts: list[str] = []
        self._size = 0
        self._mark = ""
        self._indent = 0  # of the line before
        self._skips_from = -1  # the indent from which lines are passed over; none where it is negative
        self._was_blank = True
        self._is_head = True  # nothing but a title stood before
        self._in_options = False
        self._in_table = False

    def line(self, line: str) -> None:
        """Read a line."""
        indent, text = len(line) - len(line.lstrip()), line.strip()
        if not text:
            self._blank()
            return
        if self._skips_from >= 0 and indent >= self._skips_from:
            return
        self._skips_from = -1
        if self._is_option(text) or self._is_mark(line, indent, text):
            self._was_blank = True
            return
        self._in_options = False
        if (self._was_blank or self._mark) and (item := _ITEM.match(text)):
            self._begin(item[1] + " ", text[item.end() :])
        else:
            if self._parts and not self._mark and indent > self._indent:
                self.end()  # what a definition's list defines
            self._parts.append(text)
            self._size += len(text)
        self._indent = indent
        self._was_blank = False
        if text.endswith("::") or self._size > _LONGEST_PARAGRAPH:
            self._literal(indent, text)

    def _blank(self) -> None:
        self.end()
        self._was_blank = True
        self._skips_from = self._skips_from or -1  # a session with an interpreter ends here
        self._in_options = self._in_table = False

    def _literal(self, indent: int, text: str) -> None:
        """End a paragraph that announces code, which is indented more than it."""
        self.end()
        if text.endswith("::"):
            self._skips_from = indent + 1

    def _is_option(self, text: str) -> bool:
        """Pass over what is said of a directive, and the fields at the head of a document."""
        if _OPTION.match(text) and (self._in_options or (self._was_blank and self._is_head)):
            self.end()
            self._in_options = True
            return True
        return False

    def _is_mark(self, line: str, indent: int, text: str) -> bool:
        """Read a line that is no text of a paragraph."""
        if match := _EXPLICIT.match(line):
            self.end()
            self._explicit(line[match.end() :].strip(), indent)
            return True
        if text.startswith(">>> ") or (text.startswith("__ ") and not self._parts):
            self.end()
            self._skips_from = 0 if text.startswith(">>>") else -1
            return True
        if _GRID_RULE.match(text) or _SIMPLE_RULE.match(text):
            self.end()
            self._in_table = True
            return True
        if self._in_table:
            self._row(text)
            return True
        if _ADORNMENT.match(text):
            self.end()
            return True
        return False

    def _explicit(self, text: str, indent: int) -> None:
        """Read what begins with two dots."""
        self._skips_from = indent + 1
        self._indent = _ANY_INDENT
        if match := _DIRECTIVE.match(text):
            name = match[1].lower()
            if name in _TEXT_DIRECTIVES:
                self._skips_from = -1
                self._in_options = True
                if name not in _NAMED:
                    self._parts.append(text[match.end() :])
        elif match := _FOOTNOTE.match(text):
            self._skips_from = -1
            self._parts.append(text[match.end() :])

    def _row(self, text: str) -> None:
        cells = text.strip("|").split("|") if text.startswith("|") else text.split("  ")
        self._parts = [cell.strip() for cell in cells if cell.strip()]
        self.end()

    def _begin(self, mark: str, text: str) -> None:
        self.end()
        self._mark = mark
        self._parts.append(text)
        self._size = len(text)

    def end(self) -> None:
        """End the paragraph."""
        separator = " " if self._in_table else "\n"
        text = _plain(unwrapped(separator.join(self._parts), typeset=False))
        if text:
            self.ready.append(self._mark + text)
            self._is_head = self._is_head and len(self.ready) < 2
        self._parts = []
        self._size, self._mark = 0, ""


def _plain(text: str) -> str:
    """A paragraph without the marks in it."""
    text = text.removesuffix(":") if text.endswith("::") else text
    if "\\" in text:
        text = _ESCAPED.sub(_kept, text)
    if "`" in text:
        text = _LINKED.sub(r"\1", _TARGET_ONLY.sub(r"\1", _LITERAL.sub(r"\1", text)))
    if "*" in text:
        text = _STRONG.sub(r"\1", text)
    if "|" in text:
        text = _SUBSTITUTION.sub("", text)
    if "_" in text:
        text = _REFERENCE.sub("", _NOTE.sub("", text))
    text = _KEPT.sub(lambda match: chr(int(match[1])), text) if "\x00" in text else text
    text = " ".join(_GAP.sub("", text).split())
    return "" if text == ":" else text


def _kept(match: re.Match[str]) -> str:
    """A character behind a backslash, out of reach of what looks for marks; white space there is nothing."""
    return f"\x00{ord(match[1])}\x00" if match[1] else ""


def _lines(lines: Iterable[str]) -> Iterator[str]:
    text = _Text()
    for line in lines:
        text.line(line.replace("\x00", "").expandtabs(8) if "\t" in line or "\x00" in line else line)
        yield from text.ready
        if text.ready:
            text.ready = []
    text.end()
    yield from text.ready


def _read(material: Material, _choices: Choices, _tally: Tally) -> Iterator[Passage]:
    begins = True
    for line in _lines(material.lines()):
        yield Passage(line, begins_document=begins)
        begins = False


_SIGNS = (
    re.compile(r"^\.\. [A-Za-z][\w:\-]{0,60}::(?:\s|$)", re.MULTILINE),  # a directive
    re.compile(r"^\.\. _[^:\n]{1,200}:(?:\s|$)", re.MULTILINE),  # a target
    re.compile(r"^[^\s`][^\n]{1,120}\n([=\-~^\"'*+#])\1{3,}[ ]*$", re.MULTILINE),  # a heading
    re.compile(r"(?<!\w):[a-z][\w:\-]{0,60}:`[^`\n]{1,200}`"),  # a role
    re.compile(r"(?<![\w`])`[^`<\n]{1,200} <[^<>\n]{1,400}>`__?(?!\w)"),  # a link
    re.compile(r"^\S[^\n]{0,400}::\n\n[ \t]+\S", re.MULTILINE),  # code
    re.compile(r"(?<![\w`])``[^`\n]{1,200}``(?![\w`])"),
)
_NAMES = (".rst", ".rest")
_OTHER_NAMES = (".md", ".markdown", ".mdown", ".mkd", ".tex", ".py", ".pyi")
_PARTICULAR = 2  # of the signs, that nothing else has


def _recognises(sample: Sample) -> bool:
    name = sample.name.lower()
    if name.endswith(_OTHER_NAMES):
        return False
    text = "\n".join(sample.lines())
    particular = [pattern.search(text) is not None for pattern in _SIGNS[:_PARTICULAR]]
    if not (any(particular) or name.endswith(_NAMES)):
        return False
    found = [*particular, *(pattern.search(text) is not None for pattern in _SIGNS[_PARTICULAR:])]
    return any(found) if name.endswith(_NAMES) else sum(found) > 1


FORMATS: tuple[Format, ...] = (
    Format(key="rst", name="reStructuredText", passage=PARAGRAPHS, recognises=_recognises, read=_read, rank=1),
)
