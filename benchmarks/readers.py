"""Speed and peak memory of the readers of people's files, on made-up files of each format.

    python -m benchmarks.readers --quick                   2 MB each
    python -m benchmarks.readers                           50 MB each
    python -m benchmarks.readers --files "mailbox, 50 MB attachments" --megabytes 2000

Each file is read in a fresh process, and its passages are thrown away. 1 MB is 1,000,000 bytes of the file.
"""

import argparse
import base64
import json
import quopri
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from autocomplete.config import FormatName
from benchmarks import exports, pages
from benchmarks.generated_text import paragraphs, wrapped
from benchmarks.memory import PeakMemory
from benchmarks.report import Column, Row, number, show

MEGABYTE = 1_000_000
_USUAL_MB, _QUICK_MB = 50.0, 2.0

COLUMNS = (
    Column("file", "file"),
    Column("format", "format"),
    Column("megabytes", "size MB", ",.1f"),
    Column("seconds", "seconds", ",.2f"),
    Column("megabytes_per_core_second", "MB/s a core", ",.1f"),
    Column("text_megabytes_per_core_second", "text MB/s", ",.1f"),
    Column("peak_resident_megabytes", "peak RSS MB", ",.0f"),
    Column("passages", "passages", ","),
    Column("left_out", "left out", ","),
)


class MadeUp(NamedTuple):
    """A kind of file that is made up for this.

    Attributes:
        format: What reads it.
        pieces: Makes the pieces of an endless one, given endless paragraphs.
        end: What follows the last of them.
    """

    format: FormatName
    pieces: Callable[[Iterator[str]], Iterator[bytes]]
    end: bytes = b""


def plain_mailbox(text: Iterator[str]) -> Iterator[bytes]:
    """Yield mails in plain text, wrapped, each with the one that it answers quoted."""
    for numbered in _mails(text):
        yield numbered + wrapped(f"{next(text)} {next(text)}").encode() + b"\n" + _quoted(text)


def mailbox(text: Iterator[str]) -> Iterator[bytes]:
    """Yield mails as programs write them: plain and HTML beside it, HTML alone, some with a picture of 300 kB."""
    for kind, head in zip(cycle(range(5)), _mails(text), strict=False):
        words = wrapped(next(text)) + "\n" + _quoted(text).decode()
        page = "".join(f'<p style="margin:0"><span>{line}</span></p>\n' for line in words.splitlines())
        plain = _part("text/plain", "quoted-printable", quopri.encodestring(words.encode()))
        html = _part("text/html", "quoted-printable", quopri.encodestring(page.encode()))
        if kind == 0:
            yield head.replace(b"\n\n", b"\n", 1) + _part("text/html", "base64", base64.encodebytes(page.encode()))
        elif kind == 1:
            yield head.replace(b"\n\n", b"\n", 1) + _part("text/plain", "base64", base64.encodebytes(words.encode()))
        elif kind == 2:
            yield _multipart(head, plain, html, _attachment(300_000))
        else:
            yield _multipart(head, plain, html)


def html_mailbox(text: Iterator[str]) -> Iterator[bytes]:
    """Yield mails in HTML alone."""
    for head in _mails(text):
        page = "".join(f'<p style="margin:0"><span>{next(text)}</span></p>\n' for _ in range(5))
        yield head.replace(b"\n\n", b"\n", 1) + _part("text/html", "8bit", f"<html><body>{page}</html>\n\n".encode())


def heavy_mailbox(text: Iterator[str]) -> Iterator[bytes]:
    """Yield mails with 50 MB attached to each."""
    attached = _attachment(50 * MEGABYTE)
    for head in _mails(text):
        yield _multipart(head, _part("text/plain", "8bit", wrapped(next(text)).encode()), attached)


def _mails(text: Iterator[str]) -> Iterator[bytes]:
    """Yield the headers of endless mails, as long as they are after some servers."""
    trace = b"Received: from relay%d.example.net (relay [192.0.2.1]) by mx.example.org with ESMTPS id 4fT%07d;\n\tMon"
    for numbered, _ in enumerate(text):
        hops = b"".join(trace % (hop, numbered) + b", 5 Jan 2026 10:00:00 +0000 (UTC)\n" for hop in range(4))
        signature = base64.encodebytes(b"%0250d" % numbered).replace(b"\n", b"\n\t").strip()
        yield b"".join(
            (
                b"From someone@example.net Mon Jan  5 10:00:00 2026\nDelivered-To: anna@example.org\n",
                hops,
                b"DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=s1;\n\tb=%b\n" % signature,
                b"From: Person %d <person%d@example.net>\nTo: Anna <anna@example.org>\n"
                % (numbered % 99, numbered % 99),
                b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= %d\nMessage-ID: <%d@example.net>\nMIME-Version: 1.0\n\n"
                % (numbered, numbered),
            )
        )


def _quoted(text: Iterator[str]) -> bytes:
    quote = "".join(f"> {line}\n" for line in wrapped(next(text)).splitlines())
    return f"On Mon, 5 Jan 2026 at 10:00, Bert <bert@example.net> wrote:\n{quote}\n".encode()


def _part(kind: str, encoding: str, content: bytes) -> bytes:
    return f"Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n".encode() + content


def _attachment(size: int) -> bytes:
    line = base64.b64encode(bytes(range(57))) + b"\n"
    fields = b'Content-Type: image/jpeg; name="a.jpg"\nContent-Transfer-Encoding: base64\n\n'
    return fields + line * (size // len(line))


def _multipart(head: bytes, *parts: bytes) -> bytes:
    kind = b"Content-Type: multipart/mixed; boundary=0000a1b2\n\n"
    if len(parts) > 1 and b"text/html" in parts[1]:
        both = b"--0000c3d4\n".join((b"", *parts[:2], b"")).removesuffix(b"\n") + b"--\n"
        parts = (b"Content-Type: multipart/alternative; boundary=0000c3d4\n\n" + both, *parts[2:])
    whole = b"--0000a1b2\n".join((b"", *parts, b"")).removesuffix(b"\n") + b"--\n\n"
    return head.replace(b"\n\n", b"\n", 1) + kind + whole


FILES: Mapping[str, MadeUp] = {
    "mailbox, plain": MadeUp("mbox", plain_mailbox),
    "mailbox, all kinds": MadeUp("mbox", mailbox),
    "mailbox, HTML alone": MadeUp("mbox", html_mailbox),
    "mailbox, 50 MB attachments": MadeUp("mbox", heavy_mailbox),
    "chat of WhatsApp": MadeUp("whatsapp", exports.whatsapp),
    "chat of Telegram": MadeUp("telegram", exports.telegram, b"]}"),
    "log of IRC": MadeUp("irc", exports.irc),
    "history of zsh": MadeUp("zsh", exports.zsh_history),
    "history of bash": MadeUp("bash", exports.bash_history),
    "table": MadeUp("csv", exports.table),
    "JSON lines": MadeUp("jsonl", exports.json_lines),
    "subtitles": MadeUp("subtitles", exports.subtitles),
    "page": MadeUp("html", pages.page),
    "notes": MadeUp("markdown", pages.note),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    megabytes = options.megabytes or (_QUICK_MB if options.quick else _USUAL_MB)
    with tempfile.TemporaryDirectory(prefix="readers-", dir=options.scratch) as scratch:
        rows = [measured(Path(scratch), name, size_bytes=round(megabytes * MEGABYTE)) for name in options.files]
    show("readers", rows, COLUMNS, settings={"files": options.files, "megabytes": megabytes})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readers", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="2 MB of each")
    parser.add_argument("--megabytes", type=number(0.01, float), metavar="MB", help="size of each file (50)")
    parser.add_argument("--files", choices=FILES, nargs="+", default=list(FILES), metavar="FILE", help="by their names")
    parser.add_argument("--scratch", type=Path, help="folder on the disk to use (the system's temporary folder)")
    return parser


def measured(scratch: Path, name: str, *, size_bytes: int) -> Row:
    """Make a file up, read it in a fresh process, and remove it."""
    path, made_up = scratch / "file", FILES[name]
    pieces = made_up.pieces(paragraphs())
    size = 0
    with path.open("wb") as file:
        while size < size_bytes:
            size += file.write(next(pieces))
        size += file.write(made_up.end)
    command = [sys.executable, "-m", "benchmarks.read_once", made_up.format, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    with PeakMemory(process.pid) as memory:
        printed, _ = process.communicate()
    path.unlink()
    if process.returncode != 0:
        raise SystemExit(f"Reading failed with exit code {process.returncode}; its message stands above.")
    report = json.loads(printed)
    return {
        "file": name,
        "format": made_up.format,
        "megabytes": round(size / MEGABYTE, 3),
        "megabytes_per_core_second": round(size / MEGABYTE / report["cpu_seconds"], 2),
        "text_megabytes_per_core_second": round(report["characters"] / MEGABYTE / report["cpu_seconds"], 2),
        "peak_resident_megabytes": round(memory.resident_bytes / MEGABYTE, 1),
        **report,
    }


if __name__ == "__main__":
    sys.exit(main())
