"""Mailboxes and single mails: which messages there are, whose they are, and which are nobody's words."""

import unicodedata
from pathlib import Path

import pytest

from autocomplete.config import FormatName
from autocomplete.corpus.readers.protocol import Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

ANNA = "Anna Example <anna@example.org>"
PLAIN = """\
From: Anna Example <anna@example.org>
To: bert@example.net
Subject: A walk
Date: Mon, 5 Jan 2026 10:00:00 +0100
Message-ID: <1@example.org>

Shall we go for a walk?
"""
RECEIVED = """\
Return-Path: <bert@example.net>
Delivered-To: anna@example.org
Received: from mail.example.net by mail.example.org; Mon, 5 Jan 2026 11:00:00 +0100
From: "Bert Beispiel" <Bert@Example.net>
To: Anna Example <anna@example.org>
Subject: Re: A walk
Date: Mon, 5 Jan 2026 11:00:00 +0100

Gladly.
"""
MBOX_LINE = "From anna@example.org Mon Jan  5 10:00:00 2026\n"


def written(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def mbox(*messages: str, line: str = MBOX_LINE) -> str:
    return "".join(f"{line}{message}\n" for message in messages)


def read(path: Path, key: FormatName = "mbox") -> tuple[list[Passage], dict[str, int]]:
    passages, tally = passages_of(path, key)
    return passages, {noun.many: count for noun, count in tally.left_out.items()}


def texts(path: Path, key: FormatName = "mbox") -> list[str]:
    return [passage.text for passage in read(path, key)[0]]


def test_a_mailbox_gives_each_message_with_its_author_and_nothing_of_its_header(tmp_path: Path) -> None:
    path = written(tmp_path / "all", mbox(PLAIN, RECEIVED))
    assert formats_of(path) == ["mbox"]
    assert read(path) == (
        [
            Passage("Shall we go for a walk?", ANNA, own=True),
            Passage("Gladly.", "Bert Beispiel <bert@example.net>", own=False),
        ],
        {},
    )


@pytest.mark.parametrize(
    "line",
    [
        MBOX_LINE,
        "From - Mon Jan 05 10:00:00 2026\n",
        "From 1850000000000000001@xxx Mon Jan 05 10:00:00 +0000 2026\n",
        "From MAILER-DAEMON Mon Jan  5 10:00:00 MET 2026\n",
        'From "anna b"@example.org Mon Jan  5 10:00 2026\n',
        "From anna@example.org\n",
    ],
)
def test_messages_begin_at_all_common_forms_of_their_first_line(tmp_path: Path, line: str) -> None:
    for ending in ("\n", "\r\n"):
        path = written(tmp_path / "box", mbox(PLAIN, RECEIVED, PLAIN, line=line).replace("\n", ending))
        assert formats_of(path) == ["mbox"]
        assert texts(path) == ["Shall we go for a walk?", "Gladly.", "Shall we go for a walk?"]


def test_prose_that_begins_with_from_is_no_new_message_escaped_or_not(tmp_path: Path) -> None:
    path = written(
        tmp_path / "box",
        mbox(
            PLAIN + "\nFrom here on it gets steep.\n\nFrom 10:00 on it rains.\n",
            PLAIN + "\n>From here on it gets steep.\n\n>From afar we saw the sea.\n",
            PLAIN + "\n> We went.\n>From here on it got steep.\n> We rested.\n",
        ),
    )
    assert read(path) == (
        [
            Passage("Shall we go for a walk?\nFrom here on it gets steep.\nFrom 10:00 on it rains.", ANNA),
            Passage("Shall we go for a walk?\nFrom here on it gets steep.\nFrom afar we saw the sea.", ANNA),
            Passage("Shall we go for a walk?", ANNA),
        ],
        {"quoted lines": 3},
    )


def test_two_messages_with_the_same_text_are_two(tmp_path: Path) -> None:
    assert texts(written(tmp_path / "box", mbox(PLAIN, PLAIN))) == ["Shall we go for a walk?"] * 2


def test_a_message_without_a_body_is_counted(tmp_path: Path) -> None:
    header = PLAIN.partition("\n\n")[0] + "\n"
    path = written(tmp_path / "box", mbox(PLAIN, header, header + "\n", PLAIN))
    assert read(path)[1] == {"mails with no words of their authors": 2}
    assert len(texts(path)) == 2


def test_a_single_mail_is_told_by_its_header(tmp_path: Path) -> None:
    assert formats_of(written(tmp_path / "1767603600.M1P1.host:2,S", PLAIN)) == ["eml"]
    assert formats_of(written(tmp_path / "a.txt", PLAIN.replace("\n", "\r\n"))) == ["eml"]
    assert formats_of(written(tmp_path / "b", RECEIVED)) == ["eml"]
    assert texts(written(tmp_path / "a.eml", PLAIN), "eml") == ["Shall we go for a walk?"]


def test_a_mail_behind_a_byte_order_mark_is_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.eml", "\ufeff" + PLAIN)
    assert formats_of(path) == ["eml"]
    assert texts(path, "eml") == ["Shall we go for a walk?"]


@pytest.mark.parametrize("text", ["Dear all,\n\nyours\n", mbox(PLAIN), ""])
def test_what_has_no_header_is_no_mail(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"a\.txt: no mail"):
        read(written(tmp_path / "a.txt", text), "eml")


@pytest.mark.parametrize(
    "text",
    [
        "From here to there it is far.\nDate: nobody knows.\n",
        "From: the cellar\nTo: the roof\nWe climbed all day.\n",
        "from: Ulm\nto: Bonn\ndate: today\n",
        "---\ntitle: Mail\nfrom: me\n---\n\nText\n",
        "Dear all,\n\nFrom: is a field of every mail.\n",
        "GET / HTTP/1.1\nHost: example.org\nFrom: a@example.org\n\n",
        "",
        "42\n",
    ],
)
def test_plain_text_is_no_mail(tmp_path: Path, text: str) -> None:
    assert formats_of(written(tmp_path / "mail.eml", text)) == []


def plist(flags: int) -> str:
    return f'<?xml version="1.0"?>\n<plist><dict><key>flags</key>\n\t<integer>{flags}</integer></dict></plist>\n'


def test_apple_mail_wraps_a_message_in_its_length_and_a_list(tmp_path: Path) -> None:
    size = len(PLAIN.encode())
    path = written(tmp_path / "1.emlx", f"{size}      \n{PLAIN}{plist(1)}")
    assert formats_of(path) == ["emlx"]
    assert read(path, "emlx") == ([Passage("Shall we go for a walk?", ANNA, own=None)], {})
    draft = written(tmp_path / "2.emlx", f"{size}\n{PLAIN}{plist(1 | 1 << 6)}")
    assert read(draft, "emlx")[0][0].own is True
    for flag in (1 << 1, 1 << 24):
        gone = written(tmp_path / "3.emlx", f"{size}\n{PLAIN}{plist(flag)}")
        assert read(gone, "emlx") == ([], {"mails among junk or trash": 1})


def test_apple_mail_without_its_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"a\.emlx"):
        read(written(tmp_path / "a.emlx", PLAIN), "emlx")


def test_a_file_without_a_message_is_no_mailbox(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no message"):
        read(written(tmp_path / "a.mbox", "Some text.\n" * 3))


@pytest.mark.parametrize(
    "place",
    [
        "Sent",
        "sent-mail",
        "Sent.mbox",
        "Sent-1",
        "Gesendet",
        "INBOX.Sent",
        "Sent Messages.mbox/mbox",
        "Envoy&AOk-s",
        ".Gel&APY-scht.Gesendete Objekte/cur/1:2,S",
        ".Sent/cur/1767603600.M1P1.host:2,S",
        "Отправленные",
        unicodedata.normalize("NFD", "Envoyés.mbox"),
        "Sent Messages.mbox/8A/Data/1/2/Messages/1.eml",
        "Drafts",
        ".Entw&APw-rfe/cur/1:2,D",
    ],
)
def test_what_lies_in_a_sent_folder_or_among_drafts_is_the_persons(tmp_path: Path, place: str) -> None:
    path = written(tmp_path / place, PLAIN)
    assert [passage.own for passage in read(path, "eml")[0]] == [True]
    assert [passage.own for passage in read(written(path, mbox(PLAIN, PLAIN)))[0]] == [True, True]


@pytest.mark.parametrize(
    "place", ["Inbox", "All mail Including Spam and Trash.mbox", "sent to Bert/mail/in.eml", "bin/mail.eml", "a/1:2,S"]
)
def test_other_places_say_nothing_of_whose_a_mail_is(tmp_path: Path, place: str) -> None:
    assert [passage.own for passage in read(written(tmp_path / place, PLAIN), "eml")[0]] == [None]


@pytest.mark.parametrize("place", ["Spam", ".Junk/cur/1:2,", "Papierkorb", "Corbeille.mbox", "Trash", "cur/1:2,ST"])
def test_junk_and_trash_are_left_out_and_counted(tmp_path: Path, place: str) -> None:
    assert read(written(tmp_path / place, PLAIN), "eml") == ([], {"mails among junk or trash": 1})


@pytest.mark.parametrize(
    ("labels", "own"),
    [
        ("Sent,Important", True),
        ("=?UTF-8?Q?Gesendet,Ge=C3=B6ffnet?=", True),
        ("=?UTF-8?B?0J7RgtC/0YDQsNCy0LvQtdC90L3Ri9C1?=", True),
        ("Inbox,Opened", False),
        ("Drafts", True),
    ],
)
def test_labels_of_an_export_tell_whose_a_mail_is(tmp_path: Path, labels: str, own: bool) -> None:
    path = written(tmp_path / "All mail.mbox", mbox(f"X-Gmail-Labels: {labels}\n{PLAIN}"))
    assert [passage.own for passage in read(path)[0]] == [own]


def test_a_draft_outside_its_folder_is_the_persons(tmp_path: Path) -> None:
    for mark in ("X-Unsent: 1\n", "X-Mozilla-Draft-Info: internal/draft; vcard=0\n"):
        assert [passage.own for passage in read(written(tmp_path / "a.eml", mark + PLAIN), "eml")[0]] == [True]


def test_labels_and_marks_tell_what_is_junk_or_deleted(tmp_path: Path) -> None:
    marks = ["X-Gmail-Labels: Spam,Unread\n", "X-Gmail-Labels: Papierkorb\n", "X-Mozilla-Status: 0009\n"]
    path = written(tmp_path / "box", mbox(*[mark + PLAIN for mark in marks], "X-Mozilla-Status: 0001\n" + PLAIN))
    assert len(read(path)[0]) == 1
    assert read(path)[1] == {"mails among junk or trash": 3}


def test_the_owner_of_a_mailbox_is_whom_its_mail_was_delivered_to(tmp_path: Path) -> None:
    to_alias = RECEIVED.replace("Delivered-To: anna@", "Delivered-To: a.example@")
    from_alias = PLAIN.replace("<anna@", "<A.Example@")
    path = written(tmp_path / "box", mbox(RECEIVED, RECEIVED, to_alias, PLAIN, from_alias))
    assert [passage.own for passage in read(path)[0]] == [False, False, False, True, True]


def test_where_nothing_says_what_was_delivered_most_received_mail_is_to_the_owner(tmp_path: Path) -> None:
    received = RECEIVED.replace("Delivered-To: anna@example.org\n", "")
    to_others = received.replace("To: Anna Example <anna@example.org>", "To: club@example.com")
    path = written(tmp_path / "box", mbox(received, received, to_others, PLAIN))
    assert [passage.own for passage in read(path)[0]] == [False, False, False, True]


def test_where_nothing_was_received_the_owner_is_a_party_to_all_mails(tmp_path: Path) -> None:
    bert, carla = (PLAIN.replace("anna@example.org", f"{who}@example.com") for who in ("bert", "carla"))
    to_anna = [each.replace("bert@example.net", "anna@example.org") for each in (bert, carla)]
    path = written(tmp_path / "box", mbox(PLAIN, *to_anna))
    assert [passage.own for passage in read(path)[0]] == [True, None, None]
    path = written(tmp_path / "box", mbox(*[PLAIN.replace("bert@", f"{who}@") for who in "abc"]))
    assert [passage.own for passage in read(path)[0]] == [None] * 3
    path = written(tmp_path / "box", mbox(PLAIN, bert, *to_anna))
    assert [passage.own for passage in read(path)[0]] == [None] * 4


@pytest.mark.parametrize(
    ("field", "author"),
    [
        ("Anna Example <anna@example.org>", ANNA),
        ('"Example, Anna" <anna@example.org>', "Example, Anna <anna@example.org>"),
        ("<ANNA@example.org>", "anna@example.org"),
        ("anna@example.org (Anna Example)", ANNA),
        ('"anna@example.org" <anna@example.org>', "anna@example.org"),
        (
            "=?utf-8?q?Zo=C3=AB_=F0=9F=8C=B7?=\n =?utf-8?q?_Muster?= <zoe@example.org>",
            "Zoë 🌷 Muster <zoe@example.org>",
        ),
        ("=?iso-8859-1?Q?J=FCrgen?= <j@example.org>", "Jürgen <j@example.org>"),
        ("=?utf-8?B?15DXoNeU?= <anna@example.org>", "אנה <anna@example.org>"),
        ("=?x-none?q?A=E9?= <a@example.org>", "Aé <a@example.org>"),
        ("=?utf-8?B?????= <a@example.org>", "a@example.org"),
        ("=?utf-8?B?QUJDR?= <a@example.org>", "=?utf-8?B?QUJDR?= <a@example.org>"),
        ("Zoë <zoe@example.org>", "Zoë <zoe@example.org>"),
        ("undisclosed", "undisclosed"),
        ("", None),
    ],
)
def test_an_author_is_named_as_people_know_them(tmp_path: Path, field: str, author: str | None) -> None:
    message = PLAIN.replace("Anna Example <anna@example.org>", field)
    assert [passage.author for passage in read(written(tmp_path / "a", mbox(message)))[0]] == [author]


def test_names_in_eight_bits_are_read(tmp_path: Path) -> None:
    message = PLAIN.replace("Anna Example", "Jürgen").encode("cp1252")
    assert read(written(tmp_path / "a", message), "eml")[0][0].author == "Jürgen <anna@example.org>"


def test_an_author_has_one_spelling_an_address(tmp_path: Path) -> None:
    other = PLAIN.replace("Anna Example <anna@", "A. E. <ANNA@")
    assert [passage.author for passage in read(written(tmp_path / "a", mbox(PLAIN, other)))[0]] == [ANNA, ANNA]


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "X-Autoreply: yes",
        "List-Unsubscribe: <mailto:off@example.org>",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    ],
)
def test_what_programs_send_is_left_out_and_counted(tmp_path: Path, field: str) -> None:
    assert read(written(tmp_path / "a", mbox(f"{field}\n{PLAIN}"))) == ([], {"automatic mails": 1})


def test_the_answer_of_a_calendar_is_left_out_and_an_invitation_is_read(tmp_path: Path) -> None:
    def invitation(method: str) -> str:
        return PLAIN.replace("\n\n", "\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n", 1) + (
            f"--b\nContent-Type: text/calendar; method={method}\n\nBEGIN:VCALENDAR\n--b--\n"
        )

    path = written(tmp_path / "a", mbox(invitation("REPLY"), invitation("REQUEST")))
    assert texts(path) == ["Shall we go for a walk?"]
    assert read(path)[1] == {"automatic mails": 1, "calendar entries": 1}


def test_mail_to_a_list_that_a_person_wrote_is_read(tmp_path: Path) -> None:
    fields = "List-Post: <mailto:l@example.org>\nList-Unsubscribe: <mailto:off@example.org>\nPrecedence: list\n"
    assert texts(written(tmp_path / "a", mbox(fields + PLAIN))) == ["Shall we go for a walk?"]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("From: " + '"(<@' * 30_000 + "\nX-Gmail-Labels: " + "=?a?q?" * 30_000 + "\n\nText\n", 1),
        ("A:b\n" * 50_000 + "\n" + "From " * 100_000 + "\n", 1),
        (PLAIN + "From \n" * 20_000, 1),
        (PLAIN + "\nFrom a@example.org Mon Jan  5 10:00:00 2026\n" * 5_000, 1),
        (f"{PLAIN}\n{MBOX_LINE}" * 500 + PLAIN, 501),
    ],
    ids=["fields", "many fields", "short", "dated", "many"],
)
def test_mailboxes_made_to_be_slow_are_read(tmp_path: Path, text: str, messages: int) -> None:
    assert len(read(written(tmp_path / "a", MBOX_LINE + text))[0]) == messages


def test_a_line_without_end_is_no_mail_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a", mbox(PLAIN + "x" * 3_000_000, PLAIN))
    assert texts(path) == ["Shall we go for a walk?"]
    assert read(path)[1] == {"texts too long for mails": 1, "mails with no words of their authors": 1}
