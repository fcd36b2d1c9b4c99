"""The written part of a message by MIME: which parts are text, and in what encoding."""

import base64
import tracemalloc
from collections.abc import Iterator

import pytest

from autocomplete.corpus.readers.mail_mime import content_of, decoded, read_header


def content(message: bytes | str, *, is_escaped: bool = False) -> tuple[list[str], dict[str, int]]:
    """The texts of a message, and what was passed over."""
    raw = message.encode() if isinstance(message, str) else message
    lines = iter(raw.splitlines(keepends=True))
    header, first = read_header(lines)
    found = content_of(header, first, lines, is_escaped=is_escaped)
    return [each.text.strip() for each in found.written], {noun.many: n for noun, n in (+found.left_out).items()}


NESTED = """\
Content-Type: multipart/mixed; boundary="=_outer"

This is a message in MIME format.
--=_outer
Content-Type: multipart/related;
\tboundary==_middle

--=_middle
Content-Type: multipart/alternative; boundary="=_inner: x"

--=_inner: x
Content-Type: text/plain; charset=utf-8

The plain words.
--=_inner: x
Content-Type: text/html

<p>The words in HTML.</p>
--=_inner: x--
Epilogue that nobody sees.
--=_middle
Content-Type: image/png; name*=utf-8''bl%C3%BCte.png
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ
--=_middle--
--=_outer
Content-Type: text/plain; name="notes.txt"

What is attached is no mail.
--=_outer
Content-Type: text/plain
Content-Disposition: attachment;
 filename*0*=utf-8''no;
 filename*1=tes.txt

Nor is this.
--=_outer
Content-Type: message/rfc822

From: bert@example.net
Content-Type: multipart/mixed; boundary=other

--other

What somebody else wrote.
--other--
--=_outer
Content-Type: application/pgp-signature

-----BEGIN PGP SIGNATURE-----
--=_outer

Words behind the attachments.
--=_outer--
More that nobody sees.
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_of_a_tree_of_parts_the_written_ones_are_kept_in_order(ending: str) -> None:
    assert content(NESTED.replace("\n", ending)) == (
        ["The plain words.", "Words behind the attachments."],
        {"attachments": 3, "forwarded mails": 1},
    )


def test_html_is_kept_where_nothing_is_plain() -> None:
    for plain in ("", "--b\nContent-Type: text/plain\n\n \n\n"):
        message = (
            f"Content-Type: multipart/alternative; boundary=b\n\n{plain}--b\nContent-Type: text/html\n\n<p>x\n--b--\n"
        )
        assert content(message)[0][-1] == "<p>x"


@pytest.mark.parametrize("boundary", ['; boundary="wrong"', "", "; boundary="])
def test_a_wrong_boundary_is_found_by_the_parts_fields(boundary: str) -> None:
    message = f"Content-Type: multipart/mixed{boundary}\n\n--right\nContent-Type: text/plain\n\nText\n--right--\n"
    assert content(message) == (["Text"], {})


def test_an_empty_delimiter_is_none() -> None:
    message = "Content-Type: multipart/mixed; boundary=b\n\n--\nContent-Type: text/plain\n\nText\n"
    assert content(message) == ([], {"parts of mails that cannot be read": 1})


def test_a_multipart_without_parts_is_counted() -> None:
    message = "Content-Type: multipart/mixed; boundary=b\n\nThis is a message in MIME format.\n"
    assert content(message) == ([], {"parts of mails that cannot be read": 1})


def test_a_message_cut_in_the_middle_gives_what_is_there() -> None:
    assert content(NESTED.partition(" words.")[0]) == (["The plain"], {})


@pytest.mark.parametrize(
    "kind",
    ["multipart/encrypted; boundary=b", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"],
)
def test_encrypted_parts_are_counted(kind: str) -> None:
    assert content(f"Content-Type: {kind}\n\nMIAGCSqG\n") == ([], {"encrypted parts": 1})


def test_transfer_encodings_are_taken_back() -> None:
    quoted = "Content-Transfer-Encoding: Quoted-Printable\nContent-Type: text/plain; charset=iso-8859-1\n\n"
    assert content(f"{quoted}Gr=FC=DFe=\n, =3D\n")[0] == ["Grüße, ="]
    encoded = base64.encodebytes("Grüße 🌷".encode()).decode()
    field = "Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-8\n\n"
    assert content(field + encoded)[0] == ["Grüße 🌷"]
    assert content(field + encoded.rstrip("=\n") + "!\n")[0] == ["Grüße 🌷"]
    assert content(field + "A\n")[0] == [""]


def test_lines_that_begin_with_from_lose_their_mark_before_they_are_decoded() -> None:
    message = "Content-Transfer-Encoding: quoted-printable\n\n>From A to B=\n it is far.\n"
    assert content(message, is_escaped=True)[0] == ["From A to B it is far."]
    assert content(message, is_escaped=False)[0] == [">From A to B it is far."]


@pytest.mark.parametrize(
    ("raw", "charset", "text", "is_mended"),
    [
        ("Grüße".encode(), "utf-8", "Grüße", False),
        ("Grüße".encode(), None, "Grüße", False),
        ("Grüße".encode(), "iso-8859-1", "Grüße", True),
        ("Grüße".encode(), "us-ascii", "Grüße", True),
        ("Grüße".encode("cp1252"), "utf-8", "Grüße", True),
        ("Grüße".encode("cp1252"), "x-unknown", "Grüße", True),
        ("“so”".encode("cp1252"), "iso-8859-1", "“so”", False),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет", False),
        ("联通".encode("gb18030"), "gb2312", "联通", False),
        ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本", False),
        ("日本".encode("cp932"), "shift_jis", "日本", False),
        ("안녕".encode("cp949"), "ks_c_5601-1987", "안녕", False),
        ("Grü".encode("utf-7"), "unicode-1-1-utf-7", "Grü", False),
        ("schöne Grüße".encode() + b"\xc3", "utf-8", "schöne Grüße", True),
        (b"+2AA-plain", "utf-7", "plain", False),
        (b"\\ud800", "unicode_escape", "\\ud800", False),
        (b"plain", "base64", "plain", False),
        (b"plain", "\x00", "plain", False),
    ],
)
def test_text_is_decoded_as_it_is_whatever_is_said(raw: bytes, charset: str | None, text: str, is_mended: bool) -> None:
    if is_mended and raw.endswith(b"\xc3"):
        raw = raw[:-1] * 5 + b"\xc3"
        text *= 5
    assert decoded(raw, charset) == (text, is_mended)


def test_a_thousand_levels_are_passed_over_and_counted() -> None:
    depth = 1000
    begins = "".join(f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(depth))
    ends = "".join(f"--b{level}--\n" for level in reversed(range(depth)))
    assert content(f"{begins}\nText\n{ends}") == ([], {"parts nested too deep": 1})


def test_many_parts_and_false_boundaries_take_linear_time() -> None:
    wrong = "Content-Type: multipart/mixed; boundary=w\n\n--r\nContent-Type: text/plain\n\nx\n--r--\n--b\n"
    assert len(content("Content-Type: multipart/mixed; boundary=b\n\n--b\n" + wrong * 1000)[0]) == 1001
    assert content("Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n" * 10_000)[0] == [""] * 10_000


def test_an_attachment_is_not_held() -> None:
    def lines() -> Iterator[bytes]:
        yield b"Content-Type: multipart/mixed; boundary=b\n"
        yield b"\n--b\n\nText\n--b\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n"
        yield from [b"A" * 76 + b"\n"] * 80_000
        yield b"--b\nContent-Type: text/plain\n"
        yield b"\n"
        yield from [b"endless text, more than anybody writes\n"] * 80_000
        yield b"--b--\n"

    whole = (line for chunk in lines() for line in chunk.splitlines(keepends=True))
    header, first = read_header(whole)
    tracemalloc.start()
    found = content_of(header, first, whole, is_escaped=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [each.text for each in found.written] == ["Text\n"]
    assert {noun.many: count for noun, count in found.left_out.items()} == {
        "attachments": 1,
        "texts too long for mails": 1,
    }
    assert peak < 20 << 20


def test_no_field_makes_the_reading_long_or_fail() -> None:
    hostile = [
        '"\\;' * 50_000,
        "boundary*0*=" + "%" * 50_000,
        "a=" * 50_000,
        "boundary*99999999999999999999*=x",
        "; " * 50_000,
    ]
    for value in hostile:
        assert len(content(f"Content-Type: multipart/mixed; {value}\n\nx\n")[1]) == 1
        content(f"Content-Type: text/plain; charset*=x'y'{value}\nContent-Disposition: {value}\n\nx\n")
        content(f"Content-Type: {value}\nContent-Transfer-Encoding: {value}\n\nx\n")
