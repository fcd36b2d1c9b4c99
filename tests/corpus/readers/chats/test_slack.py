import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus.readers.chats.message import (
    BOT,
    CODE,
    DELETED,
    EMPTY,
    LINK,
    NO_MESSAGES,
    QUOTE,
    SYSTEM,
    UNREADABLE,
)
from autocomplete.corpus.readers.protocol import Passage
from autocomplete.errors import CorpusError
from tests.corpus.formats import file_of, gathered, texts_of
from tests.corpus.readers.reading import formats_of, passages_of

USERS = [
    {
        "id": "U0000001",
        "team_id": "T1",
        "name": "anna",
        "profile": {"display_name": "Anna", "real_name": "Anna Example"},
    },
    {"id": "U0000002", "name": "ben", "real_name": "Ben Sample", "profile": {"display_name": ""}},
]


def sent(second: int, text: Any, user: str = "U0000001", **others: Any) -> dict[str, Any]:
    return {"user": user, "type": "message", "ts": f"{1_709_280_000 + second}.000100", "text": text, **others}


def exported(messages: Any, folder: Path, users: Any = USERS) -> Path:
    channel = folder / "general"
    channel.mkdir(exist_ok=True)
    if users is not None:
        (folder / "users.json").write_text(json.dumps(users), encoding="utf-8")
    path = channel / "2024-03-01.json"
    path.write_text(messages if isinstance(messages, str) else json.dumps(messages), encoding="utf-8")
    return path


def test_what_people_wrote_is_kept_and_nothing_else(tmp_path: Path) -> None:
    path = exported(
        [
            sent(0, "<@U0000001> has joined the channel", subtype="channel_join"),
            sent(1, "Hi <@U0000002>, is *that* in <#C01|general>? :wave: <!here>"),
            sent(2, "R&amp;D says 1 &lt; 2, see <https://example.org/a|the page> or <https://example.org>", "U0000002"),
            sent(3, "built", subtype="bot_message", bot_id="B01"),
            sent(4, "reminder", "USLACKBOT"),
            sent(5, "&gt; is that so\nit is at 10:30:45", "U0000002", edited={"user": "U0000002", "ts": "1.000000"}),
            sent(6, "run ```rm -r x``` or `ls`\n\nnow"),
            sent(7, "This message was deleted.", subtype="tombstone"),
            sent(8, "<https://example.org/only>"),
            sent(9, "", files=[{"id": "F1"}]),
            sent(10, ":tada::+1::skin-tone-2:"),
            sent(12, "second in time", "U0000009", user_profile={"real_name": "Cleo"}),
            sent(11, "first in time", "U0000008"),
            "damaged",
            sent(13, "write to <mailto:anna@example.org|anna@example.org>", subtype="thread_broadcast"),
        ],
        tmp_path,
    )
    passages, tally = passages_of(path, "slack")
    assert passages == [
        Passage("Hi @Ben Sample, is that in #general? @here", "Anna", None, True),
        Passage("R&D says 1 < 2, see the page or https://example.org", "Ben Sample", None, False),
        Passage("it is at 10:30:45", "Ben Sample", None, False),
        Passage("run\nor ls\nnow", "Anna", None, False),
        Passage("first in time", "U0000008", None, False),
        Passage("second in time", "Cleo", None, False),
        Passage("write to anna@example.org", "Anna", None, False),
    ]
    assert {noun: count for noun, count in tally.left_out.items() if count} == {
        SYSTEM: 1,
        BOT: 2,
        QUOTE: 1,
        CODE: 1,
        DELETED: 1,
        LINK: 1,
        EMPTY: 2,
        UNREADABLE: 1,
    }
    assert formats_of(path) == ["slack"]


def test_without_a_list_people_are_called_by_their_numbers(tmp_path: Path) -> None:
    passages, _ = passages_of(exported([sent(1, "hi <@U0000002>")], tmp_path, users=None), "slack")
    assert passages == [Passage("hi @U0000002", "U0000001", None, True)]


def test_a_list_of_an_export_is_no_messages(tmp_path: Path) -> None:
    exported([sent(1, "hi")], tmp_path)
    assert formats_of(tmp_path / "users.json") == ["slack"]
    passages, tally = passages_of(tmp_path / "users.json", "slack")
    assert passages == []
    assert list(tally.notes) == ["a list of people or channels holds no messages"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dms.json", "[]"),
        ("canvases.json", '[{"title": "plans of the year"}]'),
        ("general/canvas_in_the_conversation.json", '{"title": "what we plan for the year"}'),
        ("general/2024-03-02.json", "[]"),
    ],
)
def test_whatever_else_an_export_has_holds_no_messages(name: str, text: str, tmp_path: Path) -> None:
    exported([sent(1, "hi")], tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert formats_of(tmp_path / name) == ["slack"]
    passages, tally = passages_of(tmp_path / name, "slack")
    assert (passages, list(tally.notes)) == ([], [NO_MESSAGES])


def test_without_its_lists_other_json_is_none_of_slack(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text('[{"name": "not of Slack"}]', encoding="utf-8")
    (tmp_path / "dms.json").write_text("[]", encoding="utf-8")
    (tmp_path / "notes.json").write_text('[{"title": "plans of the year"}]', encoding="utf-8")
    assert "slack" not in [*formats_of(tmp_path / "dms.json"), *formats_of(tmp_path / "notes.json")]


def test_a_changed_list_is_read_again(tmp_path: Path) -> None:
    path = exported([sent(1, "hi")], tmp_path)
    assert passages_of(path, "slack")[0][0].author == "Anna"
    exported([sent(1, "hi")], tmp_path, users=[{"id": "U0000001", "name": "somebody-else"}])
    assert passages_of(path, "slack")[0][0].author == "somebody-else"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('{"a": 1}', "no message of Slack"),
        ("[{", "no JSON|not whole"),
        ("[}", "no JSON|not whole"),
        ("[" * 100_000, "nested over 64 deep"),
    ],
)
def test_what_is_damaged_or_hostile_is_refused(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=cause):
        passages_of(exported(text, tmp_path), "slack")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "message", "ts": "1e999", "text": 5, "user": 7},
        {"type": "message", "ts": "-99999999999999.1", "text": ["x"]},
        {"type": "message", "ts": "nan", "text": None, "user_profile": "x"},
    ],
)
def test_values_of_the_wrong_kind_cost_no_more_than_their_message(message: Any, tmp_path: Path) -> None:
    passages, _ = passages_of(exported([message, sent(1, "still here")], tmp_path), "slack")
    assert [each.text for each in passages] == ["still here"]


@pytest.mark.parametrize("text", ['[{"type": "message", "text": "hi"}]', '{"ts": "1709280001.000100"}', "[]", ""])
def test_other_json_is_not_slack(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    assert "slack" not in formats_of(path)


SLACK = {
    "users.json": '[{"id": "U0000001", "name": "anna"}]',
    "channels.json": '[{"id": "C0000001", "name": "general"}]',
    "dms.json": "[]",
    "canvases.json": '[{"title": "plans"}]',
    "general/2024-03-01.json": '[{"user": "U0000001", "type": "message", "ts": "1709280000.000100", "text": "hi you"}]',
    "general/deeper/more.json": "[]",
    "notes.py": "x",
}


@pytest.mark.parametrize("prefix", ["", "export/"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_an_export_of_slack_is_taken_whole_without_a_pattern(prefix: str, *, is_packed: bool, tmp_path: Path) -> None:
    place = tmp_path / "f"
    if is_packed:
        place = tmp_path / "f.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for name, text in SLACK.items():
                archive.writestr(prefix + name, text)
    else:
        for name, text in SLACK.items():
            file_of(place / prefix / name, text)
    sources = gathered(place, work=tmp_path, everyone=True)
    assert [text.strip() for text in texts_of(sources)] == ["hi you"]
    assert sources.account["left_out"] == {".json": 1, ".py": 1}


@pytest.mark.parametrize("missing", ["users.json", "channels.json", "general/2024-03-01.json"])
def test_json_beside_one_list_is_no_export(missing: str, tmp_path: Path) -> None:
    for name, text in SLACK.items():
        if name != missing:
            file_of(tmp_path / "f" / name, text)
    with pytest.raises(CorpusError, match="no file in this folder"):
        gathered(tmp_path / "f", work=tmp_path)


def test_short_numbers_are_of_slack_too(tmp_path: Path) -> None:
    path = exported([sent(1, "hi", "U2") | {"ts": "1709280001.1"}], tmp_path, users=[{"id": "U2", "name": "ben"}])
    assert formats_of(path) == formats_of(tmp_path / "users.json") == ["slack"]
    assert passages_of(path, "slack")[0] == [Passage("hi", "ben", None, True)]
