"""Pages in HTML as lines of text: what a reader of the page reads, and none of what the page is made of.

They are parsed by lxml, piece by piece, as browsers cut text into tags (libxml2's tokenizer is that of HTML 5), so that
memory does not grow with a page. Parsers that build a tree do: of 1 GB theirs is many times that, and one of those
compared takes 26 s where 100,000 elements lie within each other, lxml 0.05 s. What it has read of a page it keeps until
the end, so that a parser is replaced now and then by one that has the same elements open.

What is dropped: scripts, styles, the head, menus, side columns, feet of pages, what forms are made of, pictures, what
is hidden, code, and marks of footnotes. A block is a line, a list's item and a table's row too; what is inline joins
what it stands in. `<pre>` keeps its lines where it holds no code, as mails in archives do.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntFlag
from pathlib import Path
from typing import TYPE_CHECKING

from autocomplete.corpus.encodings import guessed_encoding
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally

if TYPE_CHECKING:
    from lxml.etree import HTMLParser

PARAGRAPHS = Noun("paragraph", "paragraphs")
UNREADABLE = Noun("paragraph of damaged letters", "paragraphs of damaged letters")

_PIECE = 1 << 16  # characters, or bytes, that are parsed at a time
# Two end tags in a depth of so many elements take 10 microseconds, for each is compared with all that are open. Pages
# that never close what makes their letters bold have some hundreds.
_DEEPEST = 10_000
# Between two tags; what is held of a tag that does not end is six times that.
_MOST_UNREAD = 1 << 25
_MOST_HELD = 1 << 23  # characters that a parser has read
_ANY_END_TAG = re.compile(r"(.*)(</[A-Za-z][A-Za-z0-9]*>)", re.DOTALL)
_LONGEST_TEXT = 1 << 20  # characters; what is longer is cut there
# Of what a page says, where it has an `<article>`: less of it is one of many on the page, and no main text.
_LEAST_ARTICLE = 0.25
# Where a form holds so much of a page, as in those of ASP.NET, it is the page.
_FORM_IS_PAGE = 0.75
_REPLACEMENT = "\ufffd"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


BLOCKS = _names(
    """address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre search
    section summary table tbody tfoot thead tr ul"""
)
_CELLS = frozenset(("td", "th"))
# Behind these a term needs no colon.
_ENDS_TERM = (":", "：", "=", "?", "!", ".", "–", "—", "-")
# With space around them.
_SPACED = frozenset(("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"))
_DROPPED = _names(
    """applet area aside audio button canvas datalist del embed footer frame frameset head iframe img input label legend
    map math meter nav noembed noframes noscript object optgroup option progress rp rt script search select style svg
    template textarea title video"""
)
_CODE = frozenset(("code", "kbd", "samp"))
_HIDDEN_ROLES = frozenset(("navigation", "search", "menu", "menubar", "doc-noteref", "complementary"))
# As what colours code marks it; a page has other uses for some of them, so that they count around `<pre>` alone.
_CODE_CLASSES = re.compile(
    r"(?:^|\s)(?:highlight(?:er)?(?:-\S+)?|codehilite|sourceCode|code-block|prettyprint|syntaxhighlighter|lang(?:uage)?-\S+)"
    r"(?:\s|$)"
)
# Links beside headings, and what Wikipedia says to those who edit.
_DROPPED_CLASSES = re.compile(r"(?:^|\s)(?:mw-editsection|noprint|headerlink|anchor-link|footnote-ref)(?:\s|$)")
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
# As Yahoo, Proton and Thunderbird mark quotes and the line before them. Gmail's `gmail_quote` holds answers too, which
# stand beside its `<blockquote>`s.
_QUOTE_CLASSES = re.compile(r"(?:^|\s)(?:yahoo_quoted|protonmail_quote|moz-cite-prefix)")
# As Outlook marks where an answer ends.
_ENDS_ANSWER = frozenset(("divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container"))


class _Place(IntFlag):
    """What a line of a page stands in: its parts, a quote of a mail, behind a blank line."""

    NOWHERE = 0
    MAIN = 1
    ARTICLE = 2
    FORM = 4
    QUOTE = 8
    APART = 16


_PLACES = {"main": _Place.MAIN, "article": _Place.ARTICLE, "form": _Place.FORM}


class _BrokenPageError(ValueError):
    """A page that takes too much time or memory; the message says what is wrong with it."""


class _Page:
    """What lxml tells of a page, element by element, and what is made of it: lines, each with its place."""

    def __init__(self) -> None:
        self.lines: list[tuple[_Place, str]] = []
        self.unread = 0  # characters since lxml told something
        self.open: list[str] = []  # the elements that are
        self.has_ended = False  # an element, with the last of what lxml told
        self.is_deaf = False  # while a parser is replaced
        self._pieces: list[str] = []
        self._held = 0  # characters in the pieces
        self._depth = 0
        self._drops_from = 0  # the depth of what is being dropped
        self._pre = 0  # elements that keep their lines
        self._code_from = 0  # the depth of what is marked as code
        self._quote_from = 0  # the depth of what is quoted
        self._open: Counter[str] = Counter()
        self._has_answered = False
        self._is_apart = False
        self._in_term = False  # behind one that a `<dd>` may follow, on its line

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Enter an element."""
        if self.is_deaf:
            return
        self.unread = 0
        self.has_ended = False
        self.open.append(tag)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _BrokenPageError(f"over {_DEEPEST:,} elements within each other")
        if self._drops_from:
            return
        self._part(tag)
        if self._is_dropped(tag, attributes):
            self._drops_from = self._depth
        elif not self._quote_from and _is_quote(tag, attributes):
            self._quote_from = self._depth
        elif tag in _PLACES:
            self._open[tag] += 1
        elif tag == "pre":
            self._pre += 1

    def end(self, tag: str) -> None:
        """Leave an element."""
        if self.is_deaf:
            return
        self.unread = 0
        self.has_ended = True
        self.open.pop()
        self._depth -= 1
        if self._depth < self._code_from:
            self._code_from = 0
        if self._drops_from:
            if self._depth < self._drops_from:
                self._drops_from = 0
            return
        if tag == "dt":
            self._in_term = True
        elif tag in BLOCKS and tag != "br":
            self._end_block(tag)
        if self._depth < self._quote_from:
            self._quote_from = 0
        if tag in _PLACES:
            self._open[tag] -= 1
        elif tag == "pre":
            self._pre -= 1

    def data(self, text: str) -> None:
        """Read text."""
        self.unread = 0
        self.has_ended = False
        if self._drops_from:
            return
        if self._pre:
            first, *others = text.split("\n")
            self._pieces.append(first)
            for line in others:
                self._end_block("br")
                self._pieces.append(line)
        else:
            self._pieces.append(text)
        self._held += len(text)
        if self._held > _LONGEST_TEXT:
            self.end_line()

    def comment(self, _text: str) -> None:
        """Pass over a comment."""
        self.unread = 0

    def close(self) -> None:
        """End the page."""
        if not self.is_deaf:
            self.end_line()

    def end_line(self) -> bool:
        """End the line; whether there was text in it."""
        text = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        self._held = 0
        self._in_term = False
        if text:
            place = _Place.APART if self._is_apart else _Place.NOWHERE
            self._is_apart = False
            if self._quote_from or self._has_answered:
                place |= _Place.QUOTE
            for tag, each in _PLACES.items():
                if self._open[tag]:
                    place |= each
            self.lines.append((place, text))
        return bool(text)

    def _part(self, tag: str) -> None:
        """Part what an element begins from what was before."""
        if tag == "dd" and self._in_term:
            self._end_term()
        elif tag in BLOCKS:
            self._end_block(tag)
        elif tag in _CELLS:
            self._pieces.append(" ")

    def _end_term(self) -> None:
        """Begin what is said of a term, on its line as in a dictionary."""
        term = "".join(self._pieces).rstrip()
        self._pieces = [term, " " if not term or term.endswith(_ENDS_TERM) else ": "]
        self._in_term = False

    def _end_block(self, tag: str) -> None:
        """End the line where a block begins or ends."""
        has_text = self.end_line()
        if tag in _SPACED or (tag == "br" and not has_text):
            self._is_apart = True

    def taken(self) -> list[tuple[_Place, str]]:
        """Return the lines since the last call."""
        lines, self.lines = self.lines, []
        return lines

    def _is_dropped(self, tag: str, attributes: Mapping[str, str]) -> bool:
        if tag in _DROPPED or (tag == "dialog" and attributes.get("open") is None):
            return True
        classes = attributes.get("class") or ""
        if self._is_code(tag, classes) or (tag == "sup" and "reference" in classes):
            return True
        self._has_answered = self._has_answered or attributes.get("id") in _ENDS_ANSWER
        return tag != "body" and bool(attributes) and _is_hidden(attributes)

    def _is_code(self, tag: str, classes: str) -> bool:
        if self._pre and tag in _CODE:
            return True
        if not self._code_from and tag not in ("html", "body") and _CODE_CLASSES.search(classes):
            self._code_from = self._depth
        return tag == "pre" and self._code_from > 0


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    """Whether the attributes of an element say that nobody sees or reads it."""
    return (
        attributes.get("hidden") is not None
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in _HIDDEN_ROLES
        or _HIDING_STYLE.search(attributes.get("style") or "") is not None
        or _DROPPED_CLASSES.search(attributes.get("class") or "") is not None
    )


def _is_quote(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element holds what a mail quotes, as programs mark it."""
    return tag == "blockquote" or _QUOTE_CLASSES.search(attributes.get("class") or "") is not None


def _placed_lines(pieces: Iterable[str]) -> Iterator[tuple[_Place, str]]:
    """Yield the lines of a page as it is read.

    Raises:
        _BrokenPageError: It would take too much time or memory.
    """
    page = _Page()
    parser = _parser(page)
    held = 0  # characters that the parser keeps
    try:
        for piece in pieces:
            page.unread += len(piece)
            held += len(piece)
            rest = 0
            if held > _MOST_HELD and (ends := _ANY_END_TAG.match(piece)):
                rest = ends.end()
                parser.feed(ends[1].encode("utf-8", "replace"))
                page.has_ended = False
                parser.feed(ends[2].encode())
                if page.has_ended:  # else it stands in a comment, say, which goes on
                    page.is_deaf = True
                    parser.close()  # gives back what it keeps
                    parser, held = _parser(page), 0
            parser.feed(piece[rest:].encode("utf-8", "replace"))
            if page.unread > _MOST_UNREAD:
                raise _BrokenPageError(f"a tag of over {_MOST_UNREAD >> 20} million characters")
            yield from page.taken()
        parser.close()
    except _BrokenPageError:
        yield from page.taken()
        raise
    yield from page.taken()


def _parser(page: _Page) -> "HTMLParser":
    """A parser that tells a page what it reads, in which the elements are open that are open on the page."""
    from lxml import etree  # only where a page is read

    parser = etree.HTMLParser(target=page, encoding="utf-8")  # type: ignore[arg-type]  # lxml tells it text, no bytes
    page.is_deaf = True
    parser.feed("".join(f"<{tag}>" for tag in page.open).encode())
    page.is_deaf = False
    return parser


def lines_of_html(html: str) -> Iterator[str]:
    """Yield the lines of text that a page, or a part of one, shows.

    A page that would take too much time or memory ends where that begins.

    Args:
        html: A whole page, or part of one, however broken.
    """
    return (line for _, line in _shown_lines(html))


def lines_of_mail(html: str) -> Iterator[str]:
    """Yield the lines of a mail in HTML as those of one in plain text: apart by blank ones, those of quotes behind `>`.

    Args:
        html: The mail's text, however broken.
    """
    for place, line in _shown_lines(html):
        if place & _Place.APART:
            yield ""
        yield f"> {line}" if place & _Place.QUOTE else line


def _shown_lines(html: str) -> Iterator[tuple[_Place, str]]:
    """Yield the lines outside forms, up to where a page takes too much time or memory."""
    pieces = (html[start : start + _PIECE] for start in range(0, len(html), _PIECE))
    try:
        for place, line in _placed_lines(pieces):
            if not place & _Place.FORM:
                yield place, line
    except _BrokenPageError:
        return


def _wanted(lines: Iterable[tuple[_Place, str]]) -> Callable[[_Place], bool]:
    """Look through a page for where its own text is: in `<main>`, in `<article>`, or anywhere but in forms."""
    sizes: Counter[_Place] = Counter()
    for place, line in lines:
        sizes[place] += len(line)
    whole = sum(sizes.values())
    in_forms = sum(size for place, size in sizes.items() if place & _Place.FORM)
    without = _Place.NOWHERE if in_forms > _FORM_IS_PAGE * whole else _Place.FORM

    def size(where: _Place) -> int:
        return sum(size for place, size in sizes.items() if place & where and not place & without)

    if size(_Place.MAIN):
        return lambda place: bool(place & _Place.MAIN) and not place & without
    if size(_Place.ARTICLE) > _LEAST_ARTICLE * whole:
        return lambda place: bool(place & _Place.ARTICLE) and not place & without
    return lambda place: not place & without


def _read(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    encoding, remark = _encoding_of(material.path, choices.encoding)
    if remark:
        tally.note(remark)
    begins = True
    try:
        wanted = _wanted(_placed_lines(_pieces(material.path, encoding)))
        for place, line in _placed_lines(_pieces(material.path, encoding)):
            if not wanted(place):
                continue
            if _REPLACEMENT in line:
                tally.left_out[UNREADABLE] += 1
                continue
            yield Passage(line, begins_document=begins)
            begins = False
    except _BrokenPageError as error:
        material.refuse(f"cannot be read as a page: {error}", "Leave the file out.")


def _pieces(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with path.open("rb") as file:
        while block := file.read(_PIECE):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Where browsers look for it, and a little more.
_HEAD_BYTES = 1 << 12
_DECLARED = re.compile(
    rb"""<(?:meta\s[^>]{0,200}?charset|\?xml\s[^>]{0,200}?encoding)\s*=\s*["']?\s*([\w:.\-]+)""", re.I
)
# What pages say, and what browsers take it for (WHATWG Encoding Standard).
_OF_PAGES = re.compile(
    r"ascii|utf-8|iso8859|cp\d|koi8|mac|gb|big5|euc|shift_jis|iso2022|hz|johab|tis-620|ptcp154|kz1048"
)
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}


def _encoding_of(path: Path, given: str | None) -> tuple[str, str]:
    """The encoding of a page, and a remark where it had to be presumed.

    A byte-order mark counts most, then what is given; what is UTF-8 is that, whatever the page says of itself.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, ""
    if given is not None:
        return given, ""
    if wide := _wide_encoding(head):
        return wide, ""
    if _is_utf8(path):
        return "utf-8", ""
    declared = _DECLARED.search(head)
    if declared and (known := _known(declared[1].decode("ascii", "replace"))):
        return known, ""
    guessed = guessed_encoding(path) or "utf-8"  # in which what is damaged is told from what is not
    return guessed, f"{path.name} does not say its encoding, and was read as {guessed}"


def _wide_encoding(head: bytes) -> str:
    """UTF-16 without a mark, by the NULs beside the letters of tags."""
    for encoding, odd, even in (("utf-16-le", head[1:200:2], head[:200:2]), ("utf-16-be", head[:200:2], head[1:200:2])):
        if len(odd) >= 8 and not odd.strip(b"\0") and b"\0" not in even:
            return encoding
    return ""


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(_PIECE):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _known(label: str) -> str:
    """Python's codec for what a page calls its encoding; empty where there is none, or no page has it."""
    try:
        "".encode(label)  # refuses codecs that are not for text, such as hex
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(name, name) if _OF_PAGES.match(name) else ""


_PAGE = re.compile(r"<(?:!doctype\s+html\b|html[\s>])", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"<(?:head|body|div|p|table|ul|ol|dl|h[1-6]|section|article|main|header|blockquote|meta|title|style|script)"
    r"(?:\s[^<>]{0,500})?>",
    re.IGNORECASE,
)
_END_TAG = re.compile(
    r"</(?:p|div|h[1-6]|li|td|tr|table|ul|ol|span|a|b|i|em|strong|body|section|article|title)>", re.IGNORECASE
)
_COMMENT_OPENS = re.compile(r"\s*(<!--|<\?xml\b)?")
_MARKDOWN_NAMES = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd")
_LEAST_END_TAGS = 3


def is_page(text: str) -> bool:
    """Whether a text begins as a whole page does."""
    return _PAGE.match(text, _preamble(text)) is not None


def _preamble(text: str) -> int:
    """Where a text begins behind white space, comments and what XML says first."""
    place = 0
    while match := _COMMENT_OPENS.match(text, place):
        place = match.end()
        if match[1]:
            end = "-->" if match[1] == "<!--" else "?>"
            found = text.find(end, place)
            if found < 0:
                return len(text)
            place = found + len(end)
        else:
            break
    return place


def _recognises(sample: Sample) -> bool:
    if is_page(sample.text):
        return True
    if sample.name.lower().endswith(_MARKDOWN_NAMES) or not _FRAGMENT.match(sample.text, _preamble(sample.text)):
        return False
    return len(_END_TAG.findall(sample.text)) >= _LEAST_END_TAGS and _is_all_tagged(sample)


def _is_all_tagged(sample: Sample) -> bool:
    """Whether blank lines stand only where no text does, as in a page and not in Markdown that begins with a tag."""
    blocks = [block.strip() for block in "\n".join(sample.lines()).split("\n\n") if block.strip()]
    return sum(block.startswith("<") for block in blocks) >= 0.9 * len(blocks)


FORMATS: tuple[Format, ...] = (
    Format(key="html", name="HTML", passage=PARAGRAPHS, recognises=_recognises, read=_read, takes="bytes", rank=1),
)
