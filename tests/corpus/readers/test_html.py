"""Pages become lines of what their readers read."""

from pathlib import Path

import pytest

from autocomplete.corpus.readers import html
from autocomplete.corpus.readers.html import UNREADABLE, lines_of_html, lines_of_mail
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of


def page(folder: Path, content: str | bytes, name: str = "page.html") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines_of(path: Path) -> list[str]:
    return [passage.text for passage in passages_of(path, "html")[0]]


NASTY = """\
<?xml version="1.0" encoding="utf-8"?>
<!-- a comment with <p>a paragraph</p> -->
<!DOCTYPE html>
<HTML lang=en><head><title>The title</title><style>p > b { color: red }</style>
<script>if (1 < 2) document.write("<p>no</p>")</script></head>
<body class="reference hidden" style="margin: 0">
<header><h1>Rain   &amp;
 wind</h1></header>
<nav><ul><li><a href=/>Home</a><li>About</ul></nav>
<p>The wea<b>the</b>r looks&nbsp;good, don&#39;t you &lt;think&gt;?<br/>AT&T &amp;amp; caf&eacute; &#x1F327;
<p hidden>Nobody sees this<p style="DISPLAY : None">nor this<p aria-hidden=true>nor this
<p>a < b and c > d<wbr>e <img src=x alt="a picture"> f<!-- cut -->g
<ul><li>First<li>Second <i>thing</i><ul><li>Inner</ul></ul>
<dl><dt>Term<dd>Meaning</dl>
<table><tr><th>plant<th>water<tr><td>basil<td>daily</table>
<table><tr><td><p>One</p><p>Two</p></td></tr></table>
<pre>Kept
  as   lines</pre><pre><code>x = 1
y = 2</code></pre><div class="highlight"><pre><span>import os</span></pre></div>
<form><label>Name</label><input value=v><p>Subscribe</p><button>Send</button></form>
<select><option>One<option>Two</select><textarea>typed <b>here</b></textarea>
<template><p>later</p></template><noscript>Enable scripts</noscript><iframe>old</iframe>
<svg><text>drawn</text></svg><math><mi>x</mi></math><button>Press</button><dialog>Cookies?</dialog>
<div class="highlight lang-en"><p>A <a class="reference internal" href=#>linked</a> word</p></div>
<p>Wikipedia says so<sup class="reference"><a href="#1">[1]</a></sup>, <del>never</del> always.
<blockquote>Somebody's words</blockquote>
<o:p>Word</o:p> of mouth</div></span> and on
<aside>Related</aside><footer>Imprint</footer>
</body></html>
<p>Afterwards
"""
NASTY_LINES = [
    "Rain & wind",
    "The weather looks good, don't you <think>?",
    "AT&T &amp; café 🌧",
    "a < b and c > de f" + "g",
    "First",
    "Second thing",
    "Inner",
    "Term: Meaning",
    "plant water",
    "basil daily",
    "One",
    "Two",
    "Kept",
    "as lines",
    "A linked word",
    "Wikipedia says so, always.",
    "Somebody's words",
    "Word of mouth and on",
    "Afterwards",
]


def test_a_page_is_read_as_it_shows(tmp_path: Path) -> None:
    path = page(tmp_path, NASTY)
    assert formats_of(path) == ["html"]
    passages, tally = passages_of(path, "html")
    assert [passage.text for passage in passages] == NASTY_LINES
    assert [passage.begins_document for passage in passages] == [True] + [False] * (len(NASTY_LINES) - 1)
    assert not tally.left_out
    assert list(lines_of_html(NASTY)) == NASTY_LINES


@pytest.mark.parametrize("size", [1, 7])
def test_where_a_page_is_cut_while_it_is_read_makes_no_difference(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(html, "_PIECE", size)
    assert list(lines_of_html(NASTY)) == NASTY_LINES


@pytest.mark.parametrize("size", [30, 100, 300])
def test_a_parser_that_is_replaced_knows_what_is_open(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(html, "_PIECE", size)
    monkeypatch.setattr(html, "_MOST_HELD", 1)
    assert list(lines_of_html(NASTY)) == NASTY_LINES
    hidden = "<p>a</p><!-- </p> " + "x" * size + "<p>no</p> --><p title='</b>" + "y" * size + "'>b</p>"
    assert list(lines_of_html(hidden)) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("<body><div>Menu menu menu</div><main><h1>Title</h1>Text</main><div>Imprint</div>", ["Title", "Text"]),
        (
            "<div>Menu</div><article>Long enough to be all of it</article><div>Imprint</div>",
            ["Long enough to be all of it"],
        ),
        (f"<p>{'The text itself. ' * 20}</p><article>Teaser</article>", [("The text itself. " * 20).strip(), "Teaser"]),
        ("<main><article>In<nav>menu</nav></article> and out</main> after", ["In", "and out"]),
        ("<script>'<main>'</script><!-- <main> --><p>No main text", ["No main text"]),
        ("<main></main><p>Drawn later", ["Drawn later"]),
        (
            "<form id=aspnetForm><input type=hidden value=x><p>The page itself.</p><select><option>1</select></form>",
            ["The page itself."],
        ),
        (f"<p>{'Text. ' * 9}</p><form>Search: <input></form>", [("Text. " * 9).strip()]),
    ],
)
def test_the_main_text_of_a_page_is_taken(tmp_path: Path, content: str, lines: list[str]) -> None:
    assert lines_of(page(tmp_path, content)) == lines


@pytest.mark.parametrize(
    "content",
    [
        "<p>Für <b>Käse</b>",
        "just text & no tags <3",
        "<td>cells</td> without a <tr>table",
        "<b>never <i>closed</b> properly</i> <p><div></p>here",
    ],
)
def test_broken_pages_lose_no_text(content: str) -> None:
    text = " ".join(lines_of_html(content))
    assert set(text.split()) >= {
        word for word in ("Für", "Käse", "just", "<3", "cells", "here", "never") if word in content
    }


def test_the_lines_of_a_mail_keep_its_quotes_marked_and_its_paragraphs_apart() -> None:
    mail = (
        "<div>Yes, gladly!</div><div>Really.</div><div><br></div><div class=gmail_quote><div>Ann wrote:</div>"
        "<blockquote>Will you come?<blockquote>Where?</blockquote>When?</blockquote>Today.</div><p>Ben</p>"
        "<div class='x moz-cite-prefix'>Am 1. schrieb Ann:</div><div class=yahoo_quoted><div>Old</div></div>End<br>"
        "<div id=appendonsend></div><p>From: Ann<br>To: Ben</p>Hello"
    )
    lines = [
        *(
            "Yes, gladly!",
            "Really.",
            "",
            "Ann wrote:",
            "",
            "> Will you come?",
            "",
            "> Where?",
            "",
            "> When?",
            "",
            "Today.",
        ),
        *("", "Ben", "", "> Am 1. schrieb Ann:", "> Old", "End", "", "> From: Ann", "> To: Ben", "", "> Hello"),
    ]
    assert list(lines_of_mail(mail)) == lines
    assert list(lines_of_html(mail)) == [line.removeprefix("> ") for line in lines if line]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<meta charset="iso-8859-1"><p>Käse “x”'.encode("cp1252"), "Käse “x”"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=koi8-r"><p>' + "чай".encode("koi8-r"), "чай"),
        (b"<meta charset=GB2312><p>" + "茶好".encode("gbk"), "茶好"),
        (b"<meta charset='shift_jis'><p>" + "①お茶".encode("cp932"), "①お茶"),
        (b"<meta charset=iso-8859-1><p>" + "Käse in UTF-8".encode(), "Käse in UTF-8"),
        (b"<meta charset=utf-16><p>Th\xe9", "Thé"),
        (b"<meta charset=nonsense><p>Th\xe9", "Thé"),
        ("<p>Tea, thé".encode("utf-16"), "Tea, thé"),
        ("<p>Tea for two, thé".encode("utf-16-be"), "Tea for two, thé"),
        (b"\xef\xbb\xbf<p>Th\xc3\xa9", "Thé"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_page_says_its_encoding(tmp_path: Path, content: bytes, text: str) -> None:
    assert lines_of(page(tmp_path, content)) == [text]


def test_an_encoding_that_had_to_be_presumed_is_told(tmp_path: Path) -> None:
    assert list(passages_of(page(tmp_path, b"<p>Th\xe9"), "html")[1].notes) == [
        "page.html does not say its encoding, and was read as cp1252"
    ]


def test_paragraphs_of_damaged_letters_are_counted(tmp_path: Path) -> None:
    passages, tally = passages_of(page(tmp_path, b"<meta charset=utf-8><p>Good<p>Th\xe9<p>\xff\xfe<p>Better"), "html")
    assert [passage.text for passage in passages] == ["Good", "Better"]
    assert tally.left_out == {UNREADABLE: 2}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "Best <3 of all: 1 < 2 and 3 > 2.\n"),
        ("a.txt", "I like <b>bold</b> claims.\nThey <i>are</i> fun.\n<p>\n"),
        ("a.txt", "<ann> hi\n<ben> hello\n<ann> bye\n"),
        ("a.py", '"""<p>x</p><p>y</p><p>z</p>"""\nprint("<html>")\n'),
        (
            "a.xml",
            '<?xml version="1.0"?>\n<rss><channel><title>x</title><title>y</title><title>z</title></channel></rss>',
        ),
        ("page.html", "Nothing of a page\n"),
        ("a.md", '<p align="center"><b>Tool</b></p>\n<p>x</p><p>y</p>\n\n# Use\n\nIt is *good*.\n'),
        ("a.eml", "From: a@example.org\nSubject: <html>\n\n<html><p>x</p></html>\n"),
    ],
)
def test_other_text_is_no_page(tmp_path: Path, name: str, content: str) -> None:
    assert "html" not in formats_of(page(tmp_path, content, name))


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE html><p>x",
        "\n <!-- saved from x --><!-- --> <html><body>x",
        "<div class='a'><p>One</p>\n<p>Two</p></div>\n\n<p>Three</p>\n",
    ],
)
def test_pages_are_known_by_what_they_hold(tmp_path: Path, content: str) -> None:
    assert formats_of(page(tmp_path, content, "note.txt")) == ["html"]


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote"])
def test_elements_within_each_other_end_what_is_read(tmp_path: Path, tag: str) -> None:
    content = "<p>Before<p>" + f"<{tag}>x" * 100_000 + "</span>" * 100_000
    assert next(lines_of_html(content)) == "Before"
    with pytest.raises(
        CorpusError, match=r"page\.html: cannot be read as a page: over 10,000 elements within each other"
    ):
        lines_of(page(tmp_path, content))


@pytest.mark.parametrize("beginning", ['<p a="', "<p ", "<!--", "<!DOCTYPE ", "<![CDATA["])
def test_a_tag_without_end_takes_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beginning: str
) -> None:
    monkeypatch.setattr(html, "_MOST_UNREAD", 1 << 20)
    with pytest.raises(CorpusError, match="a tag of over 1 million characters"):
        lines_of(page(tmp_path, f"<p>Before</p>{beginning}" + "x y " * (1 << 19)))


@pytest.mark.parametrize(
    "content",
    [
        "<p>" + "word " * 500_000,
        "<" * 1_000_000,
        "&" * 1_000_000,
        "<!--" * 250_000,
        "<p " + "a=1 " * 250_000 + ">x",
        "<script>" + "</" * 500_000,
        "<p>x" * 100_000,
        " " * 1_000_000,
    ],
    ids=lambda content: content[:12],
)
def test_long_pages_are_read_in_linear_time(tmp_path: Path, content: str) -> None:
    path = page(tmp_path, content)
    formats_of(path)
    assert max(map(len, lines_of(path)), default=0) <= (1 << 20) + (1 << 16)


@pytest.mark.parametrize("beginning", ["<!-- -->", "<!--", "<?xml ", "<p "])
def test_a_beginning_of_many_comments_is_looked_at_once(tmp_path: Path, beginning: str) -> None:
    formats_of(page(tmp_path, beginning * 8_000))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>чай и чашка".encode("koi8-r"), "чай и чашка"),
        (b"<meta charset=cp1252><p>" + "чай".encode("koi8-r"), "чай"),
        (b"\xef\xbb\xbf<p>" + "чай".encode(), "чай"),
    ],
)
def test_an_encoding_that_is_given_counts_more_than_what_a_page_says(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(content)
    passages, tally = passages_of(path, "html", encoding="koi8-r")
    assert [passage.text for passage in passages] == [text]
    assert not tally.notes


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Мы идём домой по улице, а завтра будет дождь.", "koi8-r"),
        ("Wir gehen über die Brücke zum Bäcker.", "cp1252"),
        ("Idziemy przez most, a jutro będzie padał śnieg i dęby zżółkną.", "cp1250"),
    ],
)
def test_a_page_that_does_not_say_its_encoding_is_not_garbled(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(f"<html><body>{f'<p>{text}</p>' * 9}".encode(encoding))
    passages, tally = passages_of(path, "html")
    assert {passage.text for passage in passages} == {text}
    assert list(tally.notes) == [f"page.html does not say its encoding, and was read as {encoding}"]


def test_damaged_lines_of_a_page_in_utf8_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes("<html><body><p>Für alle</p>\n".encode() * 30 + b"<p>f\xfcr mich</p>")
    passages, tally = passages_of(path, "html")
    assert [passage.text for passage in passages] == ["Für alle"] * 30
    assert tally.left_out == {UNREADABLE: 1}


def test_a_term_and_what_is_said_of_it_are_one_line() -> None:
    page = """<dl><dt>PIN</dt><dd>4711</dd><dt>Why?
    </dt><dd>So.</dd><dt><b>Plum</b> <dt>Pear:<dd>A fruit<dd>A tree</dl><p>End"""
    assert list(lines_of_html(page)) == ["PIN: 4711", "Why? So.", "Plum", "Pear: A fruit", "A tree", "End"]
