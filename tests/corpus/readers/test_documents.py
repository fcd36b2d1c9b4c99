"""Documents, books and PDF become lines of text; what is made to do harm does none."""

import subprocess
import sys
import tomllib
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from autocomplete.config import FormatName, Layout
from autocomplete.corpus.readers.documents import CHAPTERS, MARGINS, PAGES
from autocomplete.errors import CorpusError
from tests.corpus.formats import gathered, texts_of
from tests.corpus.readers.reading import formats_of, passages_of
from tests.corpus.stores import stored

WORDS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def archive(path: Path, files: Mapping[str, str | bytes], *, stored: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content, zipfile.ZIP_STORED if name == stored else None)
    return path


def docx(path: Path, body: str, *, before: str = "") -> Path:
    document = f'<?xml version="1.0"?>{before}<w:document {WORDS}><w:body>{body}</w:body></w:document>'
    return archive(
        path, {"[Content_Types].xml": "<Types/>", "word/document.xml": document, "word/header1.xml": "<x>No</x>"}
    )


SPACES = {"office": "office", "text": "text", "table": "table", "draw": "drawing", "svg": "svg-compatible"}
ODF = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"' for name, space in SPACES.items())
ODF_TYPE = "application/vnd.oasis.opendocument."


def odt(path: Path, body: str, *, before: str = "", kind: str = "text", manifest: str = "<manifest/>") -> Path:
    within = f"<office:body><office:text>{body}</office:text></office:body>"
    document = f"<office:document-content {ODF}>{within}</office:document-content>"
    files = {
        "mimetype": f"{ODF_TYPE}{kind}",
        "content.xml": f'<?xml version="1.0"?>{before}{document}',
        "styles.xml": "<x>No</x>",
        "META-INF/manifest.xml": manifest,
    }
    return archive(path, files, stored="mimetype")


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def epub(path: Path, pages: Mapping[str, str | bytes], *, spine: str, manifest: str = "", container: str = "") -> Path:
    items = "".join(
        f'<item id="{name.partition(".")[0]}" href="text/{name}" media-type="application/xhtml+xml"/>' for name in pages
    )
    package = f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}{manifest}</manifest><spine>{spine}</spine></package>'
    container = container or '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    texts = {f"OEBPS/text/{name}": content for name, content in pages.items()}
    files = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
        **texts,
    }
    return archive(path, files, stored="mimetype")


def pdf(path: Path, pages: list[bytes], *, trailer: bytes = b"") -> Path:
    """A PDF whose pages have these contents."""
    numbers = range(3, 3 + 2 * len(pages), 2)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Count %d /Kids [%s]>>" % (len(pages), kids)]
    font = b"<</Font <</F1 <</Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding>>>>>>"
    for number, content in zip(numbers, pages, strict=True):
        packed = zlib.compress(content)
        objects += [
            b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources %s /Contents %d 0 R>>"
            % (font, number + 1),
            b"<</Length %d /Filter /FlateDecode>>\nstream\n%s\nendstream" % (len(packed), packed),
        ]
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer <</Size %d /Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n"
    path.write_bytes(content + end % (len(objects) + 1, table, len(objects) + 1, trailer, len(content)))
    return path


def typeset(*lines: str) -> bytes:
    """What draws lines on a page."""
    shown = "".join(f"({line.replace('(', '').replace(')', '')}) Tj T* " for line in lines)
    return f"BT /F1 10 Tf 12 TL 50 750 Td {shown}ET".encode("cp1252")


def lines_of(path: Path, key: FormatName) -> list[str]:
    return [passage.text for passage in passages_of(path, key)[0]]


def test_a_document_is_read_as_it_stands(tmp_path: Path) -> None:
    strong, tab = '<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">wea</w:t></w:r>', "<w:r><w:tab/></w:r>"
    body = f"""
    <w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr>{run("Rain &amp; wind")}</w:p>
    <w:p>{strong}{run("ther")}{tab}{run("  looks   good")}</w:p>
    <w:p><w:r><w:t>First</w:t><w:br/><w:t>second</w:t></w:r></w:p>
    <w:p>{run("It ")}
      <w:del><w:r><w:delText>never</w:delText></w:r></w:del><w:ins>{run("always")}</w:ins>
      {run(" rains.")}</w:p>
    <w:p><w:r><w:instrText>HYPERLINK "https://example.org"</w:instrText></w:r>
      <w:hyperlink>{run("A link")}</w:hyperlink><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>
      <w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> seen</w:t></w:r></w:p>
    <w:tbl><w:tr><w:tc><w:p>{run("basil")}</w:p></w:tc><w:tc><w:p>{run("daily")}</w:p></w:tc></w:tr>
      <w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>
    <w:p><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">
      <mc:Choice><w:p>{run("In a box")}</w:p></mc:Choice><mc:Fallback><w:p>{run("In a box")}</w:p></mc:Fallback>
      </mc:AlternateContent></w:p>
    <w:p>{run("مرحبا 🌧")}</w:p>"""
    path = docx(tmp_path / "a.bin", body)
    assert formats_of(path) == ["docx"]
    assert lines_of(path, "docx") == [
        "Rain & wind",
        "weather looks good",
        "First",
        "second",
        "It always rains.",
        "A link seen",
        "basil daily",
        "In a box",
        "مرحبا 🌧",
    ]


def test_a_book_is_read_in_its_order(tmp_path: Path) -> None:
    pages: dict[str, str | bytes] = {
        "b.xhtml": "<html><head><title>B</title></head><h1>Two</h1><p>Second&nbsp;chapter<br/>here</p></html>",
        "a b.xhtml": "<?xml version='1.0' encoding='utf-8'?><html><body><p>First ch<i>ap</i>ter</p></body></html>",
        "c.xhtml": "<p>Cut off</p>",
        "w.xhtml": "\ufeff<p>Wide</p>".encode("utf-16-le"),
    }
    spine = "".join(f'<itemref idref="{each}"/>' for each in ("a b", "b", "toc", "gone", "w", "b"))
    more = (
        '<item id="toc" href="toc.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="gone" href="../gone.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="css" href="x.css" media-type="text/css"/>'
    )
    path = epub(tmp_path / "book", pages, spine=f'{spine}<itemref idref="c" linear="no"/>', manifest=more)
    assert formats_of(path) == ["epub"]
    passages, tally = passages_of(path, "epub")
    assert [passage.text for passage in passages] == ["First chapter", "Two", "Second chapter", "here", "Wide"]
    assert [passage.begins_document for passage in passages] == [True, False, False, False, False]
    assert tally.left_out == {CHAPTERS: 1}


def test_a_pdf_becomes_paragraphs(tmp_path: Path) -> None:
    """A head and a foot, a word hyphenated over a line's end, a list, a heading, a paragraph over two pages."""
    pages = [
        ["A heading", "The rain in the north is often so heavy", "that the rivers rise in an hour, an ex-",
         "periment has shown.", "A new paragraph begins here, with words", "and then goes on, to be continued on"],
        ["the next page, whatever it is.", "- an item of a list, which is wrapped in", "the middle",
         "2. another item"],
        ["Über alles: über 5 %."],
        ["The end", "of it"],
    ]  # fmt: skip
    contents = [
        typeset("Notes on rain", f"Chapter {chapter}", *lines, f"- {number} -")
        for number, (lines, chapter) in enumerate(zip(pages, "iiij", strict=True), 7)
    ]
    path = pdf(tmp_path / "paper", contents)
    assert formats_of(path) == ["pdf"]
    passages, tally = passages_of(path, "pdf")
    assert [passage.text for passage in passages] == [
        "A heading",
        "The rain in the north is often so heavy that the rivers rise in an hour, an ex-\nperiment has shown.",
        "A new paragraph begins here, with words and then goes on, to be continued on the next page, whatever it is.",
        "- an item of a list, which is wrapped in the middle",
        "2. another item",
        "Über alles: über 5 %.",
        "Chapter j",
        "The end of it",
    ]
    assert tally.left_out == {MARGINS: 11}


def test_words_that_a_pdf_cuts_at_line_ends_are_whole_or_wait(tmp_path: Path) -> None:
    lines = ["They play at Baden-", "Baden, and the Vor-", "und Nachteile of a brother-in-", "law are told in an af-",
             "ternoon; see a/b-", "cd or EXPERI-", "MENT in the year 1990-", "2000, and the end-"]  # fmt: skip
    text = " ".join(lines)
    for cut, whole in [
        ("n- Baden", "n-Baden"), ("in- law", "in-law"), ("af- ternoon", "af-\nternoon"), ("EXPERI- M", "EXPERI-\nM"),
    ]:  # fmt: skip
        text = text.replace(cut, whole)
    assert lines_of(pdf(tmp_path / "a.pdf", [typeset(*lines)]), "pdf") == [text]


@pytest.mark.parametrize("layout", ["lines", "text"])
def test_the_words_of_a_whole_corpus_tell_whose_a_hyphen_is(layout: Layout, tmp_path: Path) -> None:
    short = ["The harbour is a well-", "known place, and men mend the har-", "bour wall.", "Die Ma-", "schine steht."]
    for number in range(12):
        last = f"The number {number} is one of several in a row, and ends in a dot."
        pdf(tmp_path / f"{number}.pdf", [typeset(*short, last)])
    (tmp_path / "notes.txt").write_text("A well-known haven, a harbour and no hyphen at all.\n" * 40, encoding="utf-8")
    store = stored(tmp_path, folder=tmp_path / "store", layout=layout, patterns=("*",))
    words = set(store.vocabulary.tokens)
    assert {"well-known", "harbour", "Maschine"} <= words
    assert not {"well", "known", "har", "bour", "wellknown", "har-bour", "Ma", "schine"} & words


NASTY_ODT = """
<office:forms><x>No</x></office:forms>
<text:tracked-changes><text:changed-region><text:deletion><text:p>No</text:p></text:deletion></text:changed-region>
</text:tracked-changes>
<text:table-of-content><text:index-body><text:p>No</text:p></text:index-body></text:table-of-content>
<text:h text:outline-level="1">A   heading
of two lines</text:h>
<text:p>Some<text:s text:c="3"/>words<text:tab/>and <text:span>sli<text:span>ced</text:span></text:span> ones.</text:p>
<text:p/>
<text:p>Up to here<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>The first note.</text:p>
</text:note-body></text:note> and on<text:note><text:note-citation>2</text:note-citation><text:note-body><text:p>The
second.</text:p></text:note-body></text:note>.<text:line-break/>A new line &amp; <office:annotation><text:p>No</text:p>
</office:annotation>שלום 🌧️</text:p>
<text:list><text:list-item><text:p>An item</text:p></text:list-item></text:list>
<table:table><table:table-row><table:table-cell><text:p>one</text:p></table:table-cell><table:table-cell>
<text:p>two</text:p></table:table-cell></table:table-row></table:table>
<text:p><draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box><svg:title>No</svg:title>
</draw:frame></text:p>
<text:p><text:s text:c="99999999999"/>end<text:s text:c="x"/></text:p>
"""


def test_of_an_open_document_what_was_written_is_kept_and_nothing_else(tmp_path: Path) -> None:
    path = odt(tmp_path / "a.bin", NASTY_ODT)
    assert formats_of(path) == ["odt"]
    assert lines_of(path, "odt") == [
        "A heading of two lines",
        "Some words and sliced ones.",
        "Up to here and on.",
        "A new line & שלום 🌧️",
        "The first note.",
        "The second.",
        "An item",
        "one two",
        "In a box",
        "end",
    ]
    template = odt(tmp_path / "b.bin", "<text:p>words</text:p>", kind="text-template")
    assert (formats_of(template), lines_of(template, "odt")) == (["odt"], ["words"])


def test_an_open_document_that_is_hostile_is_refused(tmp_path: Path) -> None:
    outside = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    path = odt(tmp_path / "a", "<text:p>Before &file; after</text:p>", before=outside)
    assert lines_of(path, "odt") == ["Before after"]
    refused(odt(tmp_path / "b", "<text:p>&j;</text:p>", before=LAUGHS), "odt", "a damaged ODT file")
    refused(odt(tmp_path / "c", "<text:p>" * 100_000), "odt", "a damaged ODT file")
    refused(odt(tmp_path / "d", "x " * (9 << 20)), "odt", "unpacks to over 200 times its size")
    refused(odt(tmp_path / "e", "", manifest="<m:encryption-data/>"), "odt", "protected by a password")
    refused(flagged(odt(tmp_path / "f", "")), "odt", "protected by a password")
    encrypted = archive(tmp_path / "g", {"mimetype": f"{ODF_TYPE}text", "encrypted-package": b"x"})
    refused(encrypted, "odt", "protected by a password")


EXCEL = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>", "xl/worksheets/sheet1.xml": "<x/>"}
POINT = {"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<x/>"}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (EXCEL, "an Excel workbook"),
        (POINT, "a PowerPoint presentation"),
        ({"Index/Document.iwa": b"x", "preview.jpg": b"x"}, "a document of Apple's Pages, Numbers or Keynote"),
        ({"mimetype": f"{ODF_TYPE}spreadsheet", "content.xml": "<x/>"}, "a workbook"),
        ({"mimetype": f"{ODF_TYPE}presentation-template", "content.xml": "<x/>"}, "a presentation"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a document of an older Office, or one with a password"),
        (b"{\\rtf1\\ansi Some words that read well.\\par}", "a document in RTF"),
    ],
)
def test_a_document_that_is_not_read_is_called_what_it_is(
    content: dict[str, str] | bytes, what: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.docx"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        archive(path, content)
    with pytest.raises(CorpusError) as caught:
        gathered(path, work=tmp_path)
    assert caught.value.cause == f"{path}: {what}, which is not read here."
    assert caught.value.cure == "Save it as DOCX or plain text, or a table as CSV."


@pytest.mark.parametrize(
    ("content", "what", "cure"),
    [
        (b"SQLite format 3\0" + bytes(600), "a database of another program than atuin", "or save a table as CSV."),
        (b"!BDN" + bytes(600), "a mailbox of Outlook (.pst, .ost)", "or as a mailbox (mbox)."),
    ],
)
def test_what_a_program_keeps_for_itself_is_called_what_it_is(
    content: bytes, what: str, cure: str, tmp_path: Path
) -> None:
    path = tmp_path / "some file"
    path.write_bytes(content)
    with pytest.raises(CorpusError) as caught:
        gathered(path, work=tmp_path)
    assert caught.value.cause == f"{path}: {what}, which is not read here."
    assert caught.value.cure.endswith(cure)


def test_a_document_called_otherwise_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = odt(tmp_path / "a.docx", "<text:p>words</text:p>")
    assert texts_of(gathered(path, work=tmp_path)) == ["words\n\n"]
    refused(archive(tmp_path / "b.docx", EXCEL), "docx", "not a DOCX file (an Excel workbook)")
    refused(archive(tmp_path / "c.odt", {"notes.txt": "Words"}), "odt", "not an ODT file (no text in it)")
    notes = archive(tmp_path / "d.docx", {"notes.txt": "Words", "more.txt": "others"})
    assert texts_of(gathered(notes, work=tmp_path)) == ["others", "Words"]
    second = archive(tmp_path / "e", {"word/document2.xml": f"<w:p {WORDS}>{run('words')}</w:p>"})
    assert (formats_of(second), lines_of(second, "docx")) == (["docx"], ["words"])


def refused(path: Path, key: FormatName, cause: str) -> None:
    with pytest.raises(CorpusError) as caught:
        passages_of(path, key)
    assert f"{path.name}: {cause}" in caught.value.cause
    assert caught.value.cure
    assert "\n" not in str(caught.value)


BOMB = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
LAUGHS = f'<!DOCTYPE x [<!ENTITY a "{"ha" * 10}">{BOMB}]>'


def test_entities_are_not_replaced(tmp_path: Path) -> None:
    outside = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    document = docx(tmp_path / "a.docx", f"<w:p>{run('Before &file; after')}</w:p>", before=outside)
    assert lines_of(document, "docx") == ["Before after"]
    refused(docx(tmp_path / "b.docx", f"<w:p>{run('&j;')}</w:p>", before=LAUGHS), "docx", "a damaged DOCX file")
    book = epub(tmp_path / "a.epub", {"a.xhtml": f"{LAUGHS}<p>Before &j; after</p>"}, spine="<itemref idref='a'/>")
    assert lines_of(book, "epub")[-1] == "Before &j; after"
    container = f'{LAUGHS}<container><rootfile full-path="&j;"/></container>'
    refused(epub(tmp_path / "b.epub", {}, spine="", container=container), "epub", "")


def test_what_is_packed_too_well_is_refused(tmp_path: Path) -> None:
    document = docx(tmp_path / "a.docx", f"<w:p>{run('x ' * (9 << 20))}</w:p>")
    refused(document, "docx", "unpacks to over 200 times its size")
    book = epub(tmp_path / "a.epub", {"a.xhtml": "x " * (9 << 20)}, spine="<itemref idref='a'/>")
    refused(book, "epub", "unpacks to over 200 times its size")


def test_depth_is_bounded(tmp_path: Path) -> None:
    refused(docx(tmp_path / "a.docx", "<w:p>" * 100_000), "docx", "a damaged DOCX file")
    book = epub(tmp_path / "a.epub", {"a.xhtml": "<p>Before</p>" + "<div>" * 100_000}, spine="<itemref idref='a'/>")
    assert lines_of(book, "epub") == ["Before"]


def flagged(path: Path) -> Path:
    """The same archive, its files marked as enciphered."""
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(signature)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(signature, start + 1)
    path.write_bytes(content)
    return path


def test_what_is_protected_is_told(tmp_path: Path) -> None:
    refused(flagged(docx(tmp_path / "a.docx", f"<w:p>{run('x')}</w:p>")), "docx", "protected by a password")
    refused(flagged(epub(tmp_path / "a.epub", {}, spine="")), "epub", "protected by a password")
    locked = epub(tmp_path / "b.epub", {}, spine="")
    with zipfile.ZipFile(locked, "a") as target:
        target.writestr("META-INF/rights.xml", "<rights/>")
    refused(locked, "epub", "protected against copying")
    keys = b"/O <%s> /U <%s>" % (b"00" * 32, b"11" * 32)
    trailer = b" /ID [<00><00>] /Encrypt <</Filter /Standard /V 2 /R 3 /Length 128 /P -4 %s>>" % keys
    refused(pdf(tmp_path / "a.pdf", [typeset("x")], trailer=trailer), "pdf", "protected by a password")


@pytest.mark.parametrize("key", ["docx", "odt", "epub", "pdf"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04" + b"\x00" * 100,
        b"%PDF-1.7\n" + bytes(range(256)) * 20,
        b"not at all",
        b"\xd0\xcf\x11\xe0" * 9,
    ],
    ids=["empty", "archive", "pdf", "text", "ole"],
)
def test_garbage_is_refused(tmp_path: Path, key: FormatName, content: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(content)
    refused(path, key, "")


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    for key, path in {
        "docx": docx(tmp_path / "a", f"<w:p>{run('x')}</w:p>"),
        "epub": epub(tmp_path / "b", {"a.xhtml": "x"}, spine=""),
    }.items():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        refused(path, key, "not a whole")  # type: ignore[arg-type]  # keys of formats
    refused(docx(tmp_path / "c", "<w:p>"), "docx", "a damaged DOCX file")
    refused(archive(tmp_path / "d", {"xl/workbook.xml": "<x/>"}), "docx", "not a DOCX file")
    refused(archive(tmp_path / "e", {"xl/workbook.xml": "<x/>"}), "epub", "not a whole book")


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", f"<w:p>{run('some words that are packed ' * 50)}</w:p>")
    content = bytearray(path.read_bytes())
    place = content.find(b"word/document.xml") + 60
    content[place : place + 8] = b"\xff" * 8
    path.write_bytes(content)
    refused(path, "docx", "")


def test_pictures_of_pages_are_told(tmp_path: Path) -> None:
    refused(pdf(tmp_path / "scan.pdf", [b"q 600 0 0 800 0 0 cm /Im0 Do Q"] * 3), "pdf", "no text in it")
    refused(pdf(tmp_path / "empty.pdf", []), "pdf", "no text in it")


def test_a_page_that_cannot_be_read_is_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = pdf(tmp_path / "a.pdf", [typeset("One good page"), b"q Q " * 4_000_000, typeset("and another one.")])
    passages, tally = passages_of(path, "pdf")
    assert [passage.text for passage in passages] == ["One good page and another one."]
    assert tally.left_out == {PAGES: 1}
    assert capfd.readouterr() == ("", "")


def test_endless_drawing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.corpus.readers.documents._MOST_OPERATIONS", 1_000)
    refused(pdf(tmp_path / "a.pdf", [typeset("x") + b" q Q" * 300] * 9), "pdf", "over 1,000 steps to draw it")


@pytest.mark.parametrize("name", ["a.docx", "a.epub", "a.pdf", "a.txt"])
def test_names_are_no_evidence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Only words.\n", encoding="utf-8")
    assert formats_of(tmp_path / name) == []
    assert formats_of(archive(tmp_path / "other.docx", {"notes.txt": "Words", "a.xml": "<a/>"})) == []


def test_without_its_package_pdf_says_how_to_install_it(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [typeset("words")])
    code = f"""
import sys
sys.modules["pypdf"] = None
from pathlib import Path
from tests.corpus.readers.reading import passages_of
from autocomplete.errors import CorpusError
try:
    passages_of(Path({str(path)!r}), "pdf")
except CorpusError as error:
    print(error)
    sys.exit(error.exit_code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert done.stdout == (
        'a.pdf: PDF is read by pypdf, which is not installed. pip install "autocomplete-lm[formats]"\n'
    )


def test_the_extra_has_what_the_error_names_and_every_check_runs_with_it() -> None:
    root = Path(__file__).parents[3]
    extras = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(extras["formats"]) < set(extras["dev"])
    assert [each.partition(">")[0] for each in extras["formats"]] == ["pypdf"]
    assert "\npypdf==" in (root / "constraints.txt").read_text("utf-8")


def test_formats_are_known_without_the_packages_that_read_them() -> None:
    code = "import sys, autocomplete.corpus.readers.formats; print(sorted({'lxml', 'pypdf'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
