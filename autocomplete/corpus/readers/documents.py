"""Documents of word processors (DOCX, ODT), electronic books (EPUB) and PDF, as lines of text.

DOCX, ODT and EPUB are archives of XML and of pages; they are read a piece at a time, no entity in them is replaced, and
what is packed too well is refused. PDF needs the package pypdf: it holds letters at places on a page, so that lines
have to be put together to paragraphs again, and what stands at the head and the foot of each page is left out.
"""

import logging
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from types import ModuleType
from typing import IO, Any, NamedTuple
from urllib.parse import unquote

from autocomplete.corpus.readers.html import PARAGRAPHS, lines_of_html
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally
from autocomplete.errors import CorpusError
from autocomplete.text.hyphenation import unwrapped

PAGES = Noun("page that cannot be read", "pages that cannot be read")
MARGINS = Noun("line at the head or foot of a page", "lines at the heads and feet of pages")
CHAPTERS = Noun("chapter that is missing", "chapters that are missing")

_AGAIN = "Open it in the program that made it, and save it anew."
_WITHOUT_PASSWORD = "Save it without a password first."
_BLOCK_BYTES = 1 << 16
# Text is packed to a tenth, very repetitive XML to a fiftieth.
_MOST_RATIO, _FREE_OF_RATIO_BYTES = 200, 16 << 20
_LONGEST_CHAPTER = 1 << 26  # bytes
_MOST_LISTED = 1 << 24  # bytes of a book's list of chapters
_ENCRYPTED = 1


# Archives


@contextmanager
def _archive(material: Material, kind: str) -> Iterator[zipfile.ZipFile]:
    """Open a document that is an archive; what is wrong with it is told by its name."""
    try:
        with zipfile.ZipFile(material.path) as archive:
            # No member gives more than it says.
            size = sum(member.file_size for member in archive.infolist())
            if size > max(_FREE_OF_RATIO_BYTES, _MOST_RATIO * material.path.stat().st_size):
                material.refuse(f"unpacks to over {_MOST_RATIO} times its size", "Leave the file out.")
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, RecursionError):
            raise
        raise CorpusError(f"{material.name}: not a whole {kind} file ({error}).", _AGAIN) from error


@contextmanager
def _member(material: Material, archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """Open a file in an archive."""
    info = archive.getinfo(name)
    if info.flag_bits & _ENCRYPTED:
        material.refuse("protected by a password", _WITHOUT_PASSWORD)
    with archive.open(info) as file:
        yield file


def _whole(material: Material, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return all of a file in an archive, which has at most so many bytes."""
    with _member(material, archive, name) as file:
        content = file.read(most + 1)
    if len(content) > most:
        material.refuse(f"holds a part of over {most >> 20} MB", "Leave the file out.")
    return content


def _names_in(sample: Sample) -> frozenset[str]:
    """The names of the files in an archive; none where it is none that can be listed."""
    if not sample.head.startswith(b"PK\x03\x04"):
        return frozenset()
    try:
        with zipfile.ZipFile(sample.path) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return frozenset()


# Word processors

_WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_WORDS = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
# Text that Word repeats for programs that cannot draw a shape; what was deleted is in an element of another name.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DOCUMENT = re.compile(r"word/document\d{0,3}\.xml")


class _EndlessDrawingError(Exception):
    """A PDF whose pages repeat parts of them in parts, and so on."""


class _Document:
    """A document of Word, told by lxml element by element."""

    kind = "DOCX"

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._pieces: list[str] = []
        self._row: list[str] = []  # the cells' text
        self._rows = self._skipped = 0
        self._is_text = self._is_hidden = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        space, _, name = tag.rpartition("}")
        if tag == _FALLBACK:
            self._skipped += 1
        if f"{space}}}" not in (_WORDS, _STRICT_WORDS):
            return
        if name == "t":
            self._is_text = True
        elif name == "r":
            self._is_hidden = False
        elif name == "vanish":
            self._is_hidden = attributes.get(f"{space}}}val") not in ("0", "false", "off")
        elif name == "tr":
            self._rows += 1
        elif name in ("tab", "ptab"):
            self._add(" ")
        elif name == "noBreakHyphen":
            self._add("-")
        elif name in ("br", "cr"):
            self._end_line()

    def end(self, tag: str) -> None:
        """Leave an element."""
        space, _, name = tag.rpartition("}")
        if tag == _FALLBACK:
            self._skipped -= 1
        if f"{space}}}" not in (_WORDS, _STRICT_WORDS):
            return
        if name == "t":
            self._is_text = False
        elif name == "p":
            self._end_line()
        elif name == "tr":
            self._rows -= 1
            if not self._rows and self._row:
                self.lines.append(" ".join(self._row))
                self._row.clear()

    def data(self, text: str) -> None:
        """Read text."""
        if self._is_text:
            self._add(text)

    def close(self) -> None:
        """End the document."""
        self._end_line()

    def _add(self, text: str) -> None:
        if not (self._skipped or self._is_hidden):
            self._pieces.append(text)

    def _end_line(self) -> None:
        text = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        if text:
            (self._row if self._rows else self.lines).append(text)


def _read_docx(material: Material, _choices: Choices, _tally: Tally) -> Iterator[Passage]:
    with _archive(material, "DOCX") as archive:
        names = [name for name in archive.namelist() if _DOCUMENT.fullmatch(name)]
        if not names:
            material.refuse(f"not a DOCX file ({_instead(archive) or 'no document in it'})", _AGAIN)
        yield from _told(material, archive, names[0], _Document())


def _told(
    material: Material, archive: zipfile.ZipFile, name: str, document: "_Document | _OpenDocument"
) -> Iterator[Passage]:
    """Yield the lines that a document makes of a file of XML, as they come."""
    from lxml import etree  # only where a document is read

    parser = etree.XMLParser(
        target=document,  # type: ignore[arg-type]  # lxml tells it text, no bytes, and no comments
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    begins = True
    try:
        with _member(material, archive, name) as file:
            while block := file.read(_BLOCK_BYTES):
                parser.feed(block)
                for line in document.lines:
                    yield Passage(line, begins_document=begins)
                    begins = False
                document.lines.clear()
            parser.close()
    except etree.XMLSyntaxError as error:
        raise CorpusError(f"{material.name}: a damaged {document.kind} file ({error.msg}).", _AGAIN) from error


def _is_docx(sample: Sample) -> bool:
    return any(map(_DOCUMENT.fullmatch, _names_in(sample)))


# Documents of LibreOffice and its like

_OFFICE, _TEXT = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "text"))
_TABLE, _DRAWING = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("table", "drawing"))
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_CONTENT, _ODF_TYPE = "content.xml", "application/vnd.oasis.opendocument."
_ODT_TYPE = f"{_ODF_TYPE}text"
# What was deleted, what others remarked, marks of footnotes, lists of what is where, and what pictures are called.
_ASIDE = frozenset(
    {f"{_OFFICE}{name}" for name in ("annotation", "forms", "scripts")}
    | {f"{_TEXT}{name}" for name in ("tracked-changes", "note-citation", "ruby-text", "hidden-text")}
    | {f"{_TEXT}{name}" for name in ("table-of-content", "alphabetical-index", "illustration-index", "table-index")}
    | {f"{_TEXT}user-index", f"{_TEXT}object-index", f"{_TEXT}bibliography"}
    | {f"{_DRAWING}object", f"{_DRAWING}object-ole", f"{_SVG}title", f"{_SVG}desc"}
)
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_MOST_BLANKS = 100
# One of the document, which no XML can hold; those of the file are white space.
_LINE_BREAK = "\v"


class _OpenDocument:
    """A document in ODF, told by lxml element by element; a footnote is a line behind the paragraph that it is in."""

    kind = "ODT"

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._open: list[list[str]] = []  # of each paragraph that is, what it holds so far
        self._within: list[str] = []  # lines of paragraphs within one
        self._row: list[str] = []  # the cells' text
        self._rows = self._skipped = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        if tag in _ASIDE or self._skipped:
            self._skipped += 1
        elif tag in _PARAGRAPHS:
            self._open.append([])
        elif tag == f"{_TABLE}table-row":
            self._rows += 1
        elif tag == f"{_TEXT}s":
            count = attributes.get(f"{_TEXT}c", "1")
            self.data(" " * (min(int(count), _MOST_BLANKS) if count.isdecimal() and len(count) < 9 else 1))
        elif tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            self.data(" " if tag.endswith("tab") else _LINE_BREAK)

    def end(self, tag: str) -> None:
        """Leave an element."""
        if self._skipped:
            self._skipped -= 1
        elif tag in _PARAGRAPHS:
            self._end_paragraph()
        elif tag == f"{_TABLE}table-row":
            self._rows -= 1
            if not self._rows and self._row:
                self.lines.append(" ".join(self._row))
                self._row.clear()

    def data(self, text: str) -> None:
        """Read text; outside of paragraphs there is white space alone."""
        if self._open and not self._skipped:
            self._open[-1].append(text)

    def close(self) -> None:
        """End the document."""

    def _end_paragraph(self) -> None:
        lines = (" ".join(line.split()) for line in "".join(self._open.pop()).split(_LINE_BREAK))
        found = [line for line in lines if line]
        if self._open:
            self._within += found
        else:
            (self._row if self._rows else self.lines).extend(found + self._within)
            self._within.clear()


def _read_odt(material: Material, _choices: Choices, _tally: Tally) -> Iterator[Passage]:
    with _archive(material, "ODT") as archive:
        names = frozenset(archive.namelist())
        if "encrypted-package" in names or _is_encrypted(material, archive):
            material.refuse("protected by a password", _WITHOUT_PASSWORD)
        if _CONTENT not in names:
            material.refuse(f"not an ODT file ({_instead(archive) or 'no text in it'})", _AGAIN)
        yield from _told(material, archive, _CONTENT, _OpenDocument())


def _is_encrypted(material: Material, archive: zipfile.ZipFile) -> bool:
    """Whether the list of what is in a document says that it is encrypted; the files themselves do not."""
    manifest = "META-INF/manifest.xml"
    if manifest not in archive.namelist():
        return False
    return b"encryption-data" in _whole(material, archive, manifest, _MOST_LISTED)


def _is_odt(sample: Sample) -> bool:
    return _CONTENT in _names_in(sample) and _type_of(sample).startswith(_ODT_TYPE)


def _type_of(sample: Sample) -> str:
    """What a document in ODF says that it is, in a file of its own; empty where none does."""
    try:
        with zipfile.ZipFile(sample.path) as archive, archive.open("mimetype") as file:
            return file.read(100).decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, RuntimeError, NotImplementedError):
        return ""


# What is no text, though it may be called a document

_INSTEAD = {
    "xl/": "an Excel workbook",
    "ppt/": "a PowerPoint presentation",
    "visio/": "a Visio drawing",
    "Index/Document.iwa": "a document of Apple's Pages, Numbers or Keynote",
}
_ODF_INSTEAD = {"spreadsheet": "a workbook", "presentation": "a presentation", "graphics": "a drawing"}
_SAVE_ANEW = "Save it as DOCX or plain text, or a table as CSV."


class Foreign(NamedTuple):
    """A file of people's text that is not read here.

    Attributes:
        what: What it is.
        cure: How its text can be read nevertheless.
    """

    what: str
    cure: str = _SAVE_ANEW


_FOREIGN = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Foreign("a document of an older Office, or one with a password"),
    b"{\\rtf": Foreign("a document in RTF"),
    b"SQLite format 3\0": Foreign(
        "a database of another program than atuin",
        "Let that program export what is text in it, or save a table as CSV.",
    ),
    b"!BDN": Foreign("a mailbox of Outlook (.pst, .ost)", "Save its mails as .eml files, or as a mailbox (mbox)."),
}


def foreign_document(sample: Sample) -> Foreign | None:
    """Return what a file is that holds people's text and is not read here; None where it is none."""
    for magic, foreign in _FOREIGN.items():
        if sample.head.startswith(magic):
            return foreign
    names = _names_in(sample)
    kind = _type_of(sample).removeprefix(_ODF_TYPE).partition("-")[0] if _CONTENT in names else ""
    what = _ODF_INSTEAD.get(kind, "") or _instead_of(names)
    return Foreign(what) if what else None


def _instead(archive: zipfile.ZipFile) -> str:
    return _instead_of(archive.namelist())


def _instead_of(names: Collection[str]) -> str:
    """What an archive of these files is, where it is a document of another kind."""
    is_office = "[Content_Types].xml" in names
    return next(
        (
            kind
            for begin, kind in _INSTEAD.items()
            if (is_office or begin.startswith("Index")) and any(name.startswith(begin) for name in names)
        ),
        "",
    )


# Electronic books

_CONTAINER = "META-INF/container.xml"
_PAGE_TYPES = ("application/xhtml+xml", "text/html")


def _xml(material: Material, archive: zipfile.ZipFile, name: str) -> Any:
    """The root of a small XML file of a book, without entities."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.fromstring(_whole(material, archive, name, _MOST_LISTED), parser)
    except KeyError as error:
        raise CorpusError(f"{material.name}: not a whole book (no {name}).", _AGAIN) from error
    except etree.XMLSyntaxError as error:
        raise CorpusError(f"{material.name}: a damaged book ({name}: {error.msg}).", _AGAIN) from error


def _chapters(material: Material, archive: zipfile.ZipFile) -> list[str]:
    """The names of a book's pages, as they are read one after another."""
    roots = _xml(material, archive, _CONTAINER).xpath("//*[local-name()='rootfile']/@full-path")
    if not roots:
        material.refuse("not a whole book (it names no list of its pages)", _AGAIN)
    package = _xml(material, archive, str(roots[0]))
    folder = str(roots[0]).rpartition("/")[0]
    pages = {}
    for item in package.xpath("//*[local-name()='manifest']/*[local-name()='item']"):
        if item.get("media-type") in _PAGE_TYPES and "nav" not in (item.get("properties") or "").split():
            pages[item.get("id")] = _resolved(folder, unquote((item.get("href") or "").partition("#")[0]))
    order = package.xpath("//*[local-name()='spine']/*[local-name()='itemref'][not(@linear='no')]/@idref")
    return list(dict.fromkeys(pages[each] for each in map(str, order) if each in pages))


def _resolved(folder: str, path: str) -> str:
    """The name in the archive of a path that is relative to a folder in it."""
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _read_epub(material: Material, _choices: Choices, tally: Tally) -> Iterator[Passage]:
    with _archive(material, "EPUB") as archive:
        if "META-INF/rights.xml" in archive.namelist():
            material.refuse("protected against copying", "Leave the file out.")
        begins, names = True, frozenset(archive.namelist())
        for name in _chapters(material, archive):
            if name not in names:
                tally.left_out[CHAPTERS] += 1
                continue
            content = _whole(material, archive, name, _LONGEST_CHAPTER)
            encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
            for line in lines_of_html(content.decode(encoding, "replace")):
                yield Passage(line, begins_document=begins)
                begins = False


def _is_epub(sample: Sample) -> bool:
    # The first file in the archive, and not packed.
    return b"mimetypeapplication/epub+zip" in sample.head[:100] or (
        _CONTAINER in (names := _names_in(sample)) and any(name.lower().endswith(".opf") for name in names)
    )


# PDF

# What a page is drawn by, unpacked: so much takes ten seconds and 600 MB. The steps of all pages and what they repeat.
_LONGEST_PAGE, _MOST_OPERATIONS = 8_000_000, 20_000_000
_MOST_CHARACTERS = 200_000_000
_LEAST_PAGES = 3  # that a line has to stand on to be at the head or foot of each
_MARGIN_LINES = 2
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
# Its key is a number, for any number is `#` there.
_PAGE_NUMBER = re.compile(r"\W*(?:page|seite|pagina|página|p)?\W*#\W*(?:(?:of|von|sur|de|di)\W*#\W*)?$")
_ENDS_SENTENCE = re.compile(r"[.!?:…。！？]['\"”’»)\]]*$")
_BEGINS_ITEM = re.compile(r"(?:[-*•·‣–—▪]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s")
_HYPHENATED = re.compile(r"\w[-\u00ad\u2010]$")
# Of the longest line that a page commonly has: what is shorter ends a paragraph where a sentence may end.
_FULL = 0.8


def _read_pdf(material: Material, _choices: Choices, tally: Tally) -> Iterator[Passage]:
    try:
        import pypdf
    except ImportError as error:
        raise CorpusError(
            f"{material.name}: PDF is read by pypdf, which is not installed.",
            'pip install "autocomplete-lm[formats]"',
        ) from error
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would write to the terminal what it mends
    with material.path.open("rb") as file:
        pages = list(_pages(material, file, pypdf, tally))
    if not any(pages):
        material.refuse("no text in it; its pages may be pictures", "Have the letters in it recognised (OCR) first.")
    begins = True
    for paragraph in _paragraphs(_without_margins(pages, tally)):
        yield Passage(paragraph, begins_document=begins)
        begins = False


def _pages(material: Material, file: IO[bytes], pypdf: ModuleType, tally: Tally) -> Iterator[list[str]]:
    """Yield the lines of each page; one that cannot be read is counted."""
    with _pdf_errors(material):
        reader = pypdf.PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            material.refuse("protected by a password", _WITHOUT_PASSWORD)
        count = len(reader.pages)
    operations = characters = 0

    def limit(*_: object) -> None:
        nonlocal operations
        operations += 1
        if operations > _MOST_OPERATIONS:
            raise _EndlessDrawingError

    for number in range(count):
        try:
            with pypdf.apply_configuration(
                zlib_maximum_output_length=_LONGEST_PAGE, array_based_stream_maximum_output_length=_LONGEST_PAGE
            ):
                text = reader.pages[number].extract_text(visitor_operand_before=limit)
        except _EndlessDrawingError:
            material.refuse(f"over {_MOST_OPERATIONS:,} steps to draw it", "Leave the file out.")
        except Exception:  # pypdf meets damage in many places, and raises whatever goes wrong there
            tally.left_out[PAGES] += 1
        else:
            characters += len(text)
            if characters > _MOST_CHARACTERS:
                material.refuse(f"over {_MOST_CHARACTERS:,} characters", "Leave the file out.")
            yield [line for line in (" ".join(line.split()) for line in text.splitlines()) if line]


@contextmanager
def _pdf_errors(material: Material) -> Iterator[None]:
    """Tell what is wrong with a PDF as a whole."""
    from pypdf.errors import DependencyError

    try:
        yield
    except (CorpusError, MemoryError):
        raise
    except DependencyError as error:  # of what deciphers; without a password, too
        raise CorpusError(f"{material.name}: protected.", _WITHOUT_PASSWORD) from error
    except Exception as error:  # as for a page
        raise CorpusError(f"{material.name}: a damaged PDF ({error or type(error).__name__}).", _AGAIN) from error


def _without_margins(pages: list[list[str]], tally: Tally) -> list[list[str]]:
    """Pages without the lines at their heads and feet that stand on several of them, but for their numbers."""
    seen = Counter(key for page in pages for key in {_margin_key(page, place) for place in _margins(page)})
    kept = []
    for page in pages:
        drops = {place for place in _margins(page) if _is_margin(_margin_key(page, place), seen, len(pages))}
        tally.left_out[MARGINS] += len(drops)
        kept.append([line for place, line in enumerate(page) if place not in drops])
    if not tally.left_out[MARGINS]:
        del tally.left_out[MARGINS]
    return kept


def _margins(page: list[str]) -> set[int]:
    """The places of a page's first and last lines."""
    count = len(page)
    return {place for place in (*range(_MARGIN_LINES), *range(count - _MARGIN_LINES, count)) if 0 <= place < count}


def _margin_key(page: list[str], place: int) -> str:
    return _NUMBER.sub("#", page[place].lower())


def _is_margin(key: str, seen: Counter[str], pages: int) -> bool:
    """Whether a line is a page's number, or stands on at least every fourth page: left and right ones may differ."""
    least = 2 if _PAGE_NUMBER.match(key) else max(_LEAST_PAGES, pages // 4)
    return seen[key] >= least


def _paragraphs(pages: Sequence[list[str]]) -> Iterator[str]:
    """Put lines together that were wrapped."""
    held: list[str] = []
    is_full = True  # the line before
    full = _FULL * median([max(map(len, page)) for page in pages if page] or [0])
    for page in pages:
        for line in page:
            if held and (_BEGINS_ITEM.match(line) or (not is_full and _is_between(held[-1], line))):
                yield unwrapped("\n".join(held), typeset=True)
                held = []
            held.append(line)
            is_full = len(line) >= full
    if held:
        yield unwrapped("\n".join(held), typeset=True)


def _is_between(before: str, behind: str) -> bool:
    """Whether a paragraph may end between two lines, of which the first is not full."""
    return _ENDS_SENTENCE.search(before[-8:]) is not None or not (behind[0].islower() or _HYPHENATED.search(before))


def _is_pdf(sample: Sample) -> bool:
    return b"%PDF-" in sample.head[:1024]


FORMATS: tuple[Format, ...] = (
    Format(key="docx", name="DOCX", passage=PARAGRAPHS, recognises=_is_docx, read=_read_docx, takes="bytes"),
    Format(key="odt", name="ODT", passage=PARAGRAPHS, recognises=_is_odt, read=_read_odt, takes="bytes"),
    Format(key="epub", name="EPUB", passage=PARAGRAPHS, recognises=_is_epub, read=_read_epub, takes="bytes"),
    Format(key="pdf", name="PDF", passage=PARAGRAPHS, recognises=_is_pdf, read=_read_pdf, takes="bytes"),
)
