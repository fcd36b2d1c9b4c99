import json
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus.readers.chats.message import BOT, CODE, EMPTY, FORWARDED, LINK, QUOTE, SYSTEM, UNREADABLE
from autocomplete.corpus.readers.protocol import LONGEST_LINE, Noun, Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of


def sent(who: str, content: str, *, day: int = 1, **others: Any) -> dict[str, Any]:
    author = {"id": "1", "name": who, "discriminator": "0000", "nickname": who.title(), "isBot": who == "helper"}
    stamp = f"2024-03-{day:02}T10:00:00+00:00"
    return {"id": "5", "type": "Default", "timestamp": stamp, "content": content, "author": author, **others}


def export(*messages: Any, kind: str = "GuildTextChat", name: str = "general") -> dict[str, Any]:
    return {
        "guild": {"id": "1", "name": "Garden", "iconUrl": ""},
        "channel": {"id": "2", "type": kind, "name": name, "topic": None},
        "dateRange": {"after": None, "before": None},
        "messages": [*messages],
        "messageCount": len(messages),
    }


def read(value: Any, folder: Path, name: str = "general.json") -> tuple[list[Passage], dict[Noun, int]]:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    passages, tally = passages_of(path, "discord")
    return passages, {noun: count for noun, count in tally.left_out.items() if count}


def test_of_an_export_what_people_wrote_is_kept_and_nothing_else(tmp_path: Path) -> None:
    mentions = [{"id": "77", "name": "cleo", "nickname": "Cleo"}]
    value = export(
        sent("anna", "", type="ChannelPinnedMessage"),
        sent("anna", "**really** _good_ ||secret|| ~~not~~ `ls` <:wave:123>", timestampEdited="2024-03-01T11:00:00"),
        sent("ben", "> really good\n> is it\nyes it is\n> and this", type="Reply"),
        sent("ben", "try this\n```py\nprint(1)\n```\nand then"),
        sent("ben", "<@77> <@!99> see <#12> at <t:1700000000:R>", mentions=mentions),
        sent("helper", "Welcome!"),
        sent("ben", "https://example.org/a <https://example.org/b>"),
        sent("ben", "[the page](https://example.org) is <https://example.org>", day=2),
        sent("ben", "<a:dance:55>", day=2),
        sent("ben", "passed on", reference={"type": "Forward"}, day=2),
        "damaged",
        sent("anna", "# Big\n🎉\n\nok", day=2),
    )
    assert read(value, tmp_path) == (
        [
            Passage("really good secret not ls", "anna", None, True),
            Passage("yes it is", "ben", None, False),
            Passage("try this\nand then", "ben", None, False),
            Passage("@Cleo see at", "ben", None, False),
            Passage("the page is https://example.org", "ben", None, True),
            Passage("Big\n🎉\nok", "anna", None, False),
        ],
        {SYSTEM: 1, QUOTE: 2, CODE: 1, BOT: 1, LINK: 1, EMPTY: 1, FORWARDED: 1, UNREADABLE: 1},
    )
    assert formats_of(tmp_path / "general.json") == ["discord"]


def test_in_a_chat_of_two_whose_name_it_has_is_not_the_person(tmp_path: Path) -> None:
    value = export(sent("ben", "hi"), sent("anna", "hello"), kind="DirectTextChat", name="Ben")
    passages, _ = read(value, tmp_path)
    assert [(each.author, each.own) for each in passages] == [("ben", False), ("anna", None)]


def test_the_package_holds_what_the_person_wrote_newest_first(tmp_path: Path) -> None:
    rows = [
        {"ID": 30, "Timestamp": "2024-03-02 10:00:00", "Contents": "third\nof two lines", "Attachments": ""},
        {
            "ID": 20,
            "Timestamp": "2024-03-01 11:00:00",
            "Contents": "second",
            "Attachments": "https://example.org/x.png",
        },
        {"ID": 10, "Timestamp": "2024-03-01 10:00:00", "Contents": "first, “quoted”", "Attachments": ""},
        {"ID": 9, "Timestamp": "2024-03-01 09:00:00", "Contents": "", "Attachments": "https://example.org/x.png"},
    ]
    passages = [
        Passage("third\nof two lines", None, True, True),
        Passage("first, “quoted”", None, True, True),
        Passage("second", None, True, False),
    ]
    assert read(rows, tmp_path, "messages.json") == (passages, {EMPTY: 1})
    assert formats_of(tmp_path / "messages.json") == ["discord"]
    table = "ID,Timestamp,Contents,Attachments\n" + "".join(
        f'{row["ID"]},{row["Timestamp"]},"{row["Contents"]}",{row["Attachments"]}\n' for row in rows
    )
    assert read(table, tmp_path, "messages.csv") == (passages, {EMPTY: 1})
    assert formats_of(tmp_path / "messages.csv") == ["discord"]


@pytest.mark.parametrize("quote", ['"', ""])
def test_an_export_as_a_table_has_authors(quote: str, tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return ",".join(f"{quote}{cell}{quote}" for cell in cells) + "\n"

    table = (
        row("AuthorID", "Author", "Date", "Content", "Attachments", "Reactions")
        + row("9", "ben", "2024-03-01T10:00:00.0000000+00:00", "**Hello** there my friend", "", "")
        + row("10", "anna#0001", "2024-03-01T10:01:00.0000000+00:00", "What a fine day", "", "👍 (2)")
        + row("10", "anna#0001", "2024-03-02T09:00:00.0000000+00:00", "", "https://example.org/x.png", "")
        + row("9", "ben", "2024-03-02T10:00:00.0000000+00:00", "and another <:wave:123>", "", "")
        + "cut\n"
    )
    passages = [
        Passage("Hello there my friend", "ben", None, True),
        Passage("What a fine day", "anna#0001", None, False),
        Passage("and another", "ben", None, True),
    ]
    assert read(table, tmp_path, "general.csv") == (passages, {EMPTY: 1, UNREADABLE: 1})
    assert formats_of(tmp_path / "general.csv") == ["discord"]


def test_another_table_with_authors_is_none_of_discord(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Author,Date,Content\n" + "ben,2024-03-01,what a fine day it was\n" * 5, encoding="utf-8")
    assert formats_of(path) == ["csv"]


def test_the_package_is_plain_of_marks_as_an_export_is(tmp_path: Path) -> None:
    rows = [{"ID": 1, "Timestamp": "2024-03-01 10:00:00", "Contents": "<@77> **yes** <:a:1>", "Attachments": ""}]
    assert read(rows, tmp_path)[0] == [Passage("yes", None, True, True)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("channel.json", '{"id": "123456789012345678", "type": "DM", "recipients": ["1", "2"]}'),
        ("index.json", '{"123456789012345678": "Direct Message with ben"}'),
    ],
)
def test_a_list_of_the_package_is_no_messages(name: str, text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path, name) == ([], {})
    assert formats_of(tmp_path / name) == ["discord"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("hello\n", "no message of Discord"),
        ("[1, 2]", "no message of Discord"),
        ('{"messages": [5]}', "no message of Discord"),
        ('{"guild": {}, "messages": [{', "no JSON|not whole"),
        ('[{"ID": 1, "Timestamp": ', "no JSON|not whole"),
        ('ID,Timestamp,Contents,Attachments\n1,2,"' + "x" * LONGEST_LINE, "a line of over 16 million characters"),
        ("[" * 100_000, "nested over 64 deep"),
    ],
)
def test_what_is_damaged_or_hostile_is_refused(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=cause):
        read(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "ID,Timestamp,Value\n1,2,3\n",
        '[{"ID": 1, "Name": "x"}]',
        '{"channel": {"id": 1}, "messages": []}',
        "",
        "Discord",
    ],
)
def test_other_tables_and_json_are_not_discord(text: str, tmp_path: Path) -> None:
    path = tmp_path / "messages.json"
    path.write_text(text, encoding="utf-8")
    assert "discord" not in formats_of(path)
