"""What a user is told of a file that cannot be read as it is: what, where, and what to do next."""

import contextlib
import gzip
import io
import sqlite3
import zipfile
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from tests.corpus.formats import file_of
from tests.interface.runs import unfolded

Captured = pytest.CaptureFixture[str]
PROSE = "We walked along the river, and nobody said a word about the weather.\n" * 40
CHAT = "".join(
    f"05/01/2026, 10:{minute:02} - {('Anna Example', 'Ben Sample')[minute % 2]}: this is message {minute} of ours\n"
    for minute in range(60)
)
MEDIA = "05/01/2026, 10:00 - Anna: <Media omitted>\n05/01/2026, 10:01 - Ben: <Media omitted>\n"


def zipped(text: str, *, name: str = "a.txt", encrypted: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    content = bytearray(buffer.getvalue())
    if encrypted:  # as the flag says that is set in both headers
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


OTHERWISE = "Say what it is with '--as', such as '--as plain', or leave the file out."


@pytest.mark.parametrize(
    ("content", "options", "status", "cause", "cure"),
    [
        (PROSE, "--as telegram", 4, "read as Telegram chats: no JSON, at line 1.", OTHERWISE),
        (PROSE, "--as mbox", 4, "read as mailbox (mbox): no message begins in it", OTHERWISE),
        (PROSE, "--as atuin", 4, "read as atuin history: a database that cannot be read", OTHERWISE),
        (PROSE, "--as whatsapp", 4, "read as WhatsApp chat: no message of WhatsApp in it.", OTHERWISE),
        (PROSE, "--as fish", 4, "no command in it (40 lines that belong to no command left", OTHERWISE),
        (PROSE, "--as epub", 4, "read as EPUB: not a whole EPUB file", OTHERWISE),
        (MEDIA, "", 4, "no message in it (2 placeholders of media left out).", OTHERWISE),
        (PROSE, "--as zsh", 4, "(read as zsh history: 1 command, 39 repeats in a row left out) leaves 13", "Give more"),
        (CHAT[:700], "--sender Anna", 4, "messages are of the one whose words are learned) leaves", "Give more"),
        (MEDIA, "--sender Zoe", 4, "no message in it (2 placeholders of media left out).", OTHERWISE),
        (
            CHAT,
            "--sender BenSampel",
            2,
            "sender 'BenSampel' wrote nothing in these files.",
            "Did you mean 'Ben Sample'?",
        ),
        (CHAT, "--sender Zoe", 2, "sender 'Zoe' wrote nothing", "Choose one of 'Anna Example', 'Ben Sample'."),
        (CHAT, "--sender e", 2, "sender 'e' may be 'Anna Example', 'Ben Sample'.", "Give more of the name"),
        ("a,b\n" + "1,2\n" * 50, "--as csv", 4, "no column holds prose; there are a, b.", "'--field body'"),
        (
            "id,body\n" + "1,words of it\n" * 9,
            "--as csv --field text",
            4,
            "no text in a column 'text'",
            "'--field body'",
        ),
        ("[" * 100_000 + "]" * 100_000, "", 4, "JSON that is nested over 500 deep, at line 1.", "leave it out."),
        (zipped(PROSE, encrypted=True), "", 4, "is encrypted ('a.txt').", "Unpack it with its password"),
        (zipped(PROSE)[:-30], "", 4, "not a whole zip file", "Fetch or compress it again."),
        (gzip.compress(PROSE.encode())[:-9], "", 4, "not a whole gzip file", "Fetch or compress it again."),
        (b"a.txt".ljust(257, b"\0") + b"ustar\0" + bytes(500), "", 4, "a tar archive", "Unpack it first."),
        (b"%PDF-1.7\n" + bytes(range(256)) * 99, "", 4, "a damaged PDF", "save it anew."),
        (bytes(range(256)) * 99, "", 4, "not text (a NUL at byte 0).", "Leave the file out, or give '--encoding"),
        (PROSE, "--encoding klingon", 2, "encoding 'klingon' is not known.", "Use a name such as utf-8"),
        ("Käse und Brot\n".encode("cp1252") * 99, "--encoding utf-8", 4, "not utf-8 (at byte 1).", "with '--encoding'"),
    ],
    ids=lambda value: type(value).__name__,  # bytes of archives tell the time
)
def test_the_user_is_told_what_is_wrong_where_and_what_to_do(
    content: str | bytes, options: str, status: int, cause: str, cure: str, tmp_path: Path, capsys: Captured
) -> None:
    path = file_of(tmp_path / "notes.txt", content)
    assert run(["train", str(path), "--dry-run", *options.split()]) == status
    err = capsys.readouterr().err
    assert cause in err
    assert cure in err
    assert status == 2 or "leaves" in cause or f"{path}: " in err
    assert "Traceback" not in err


def test_a_database_that_a_program_has_locked_is_read(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "history.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(
            "create table history (id text primary key, timestamp integer, duration integer, exit integer,"
            " command text, cwd text, session text, hostname text, deleted_at integer)"
        )
        rows = [(str(number), 1_700_000_000 * 10**9 + number, f"git commit {number}") for number in range(100)]
        database.executemany("insert into history values (?, ?, 0, 0, ?, '/', '', '', null)", rows)
        database.commit()
        database.execute("begin exclusive")
        assert run(["train", str(path), "--dry-run"]) == 0
    assert "read as atuin history: 100 commands\n" in capsys.readouterr().err


def test_what_a_folder_holds_that_cannot_be_read_is_told_with_its_cure(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "f"
    file_of(folder / "a.txt", PROSE)
    file_of(folder / "b.csv", "a,b\n" + "1,2\n" * 50)
    file_of(folder / "c.json", '{"text": "The words before it was cut, which are some", "more": [')
    for number in range(7):
        file_of(folder / f"{number}.tar", b"a".ljust(257, b"\0") + b"ustar\0" + bytes(number))
    assert run(["train", str(folder), "--pattern", "*", "--dry-run"]) == 0
    err = unfolded(capsys.readouterr().err)
    assert f"not read: {folder / '0.tar'}: a tar archive, which is not unpacked here. Unpack it first." in err
    assert "4 other files not read" in err
    assert run(["train", str(folder), "--pattern", "*.csv", "--pattern", "*.txt", "--dry-run"]) == 0
    err = unfolded(capsys.readouterr().err)
    cure = "Name the column or key that holds the text, for example '--field body'."
    assert f"not read: {folder / 'b.csv'}: no column holds prose; there are a, b. {cure}" in err
