import json
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus.readers.chats.message import BOT, CODE, DELETED, EMPTY, LINK, QUOTE, SYSTEM, UNREADABLE
from autocomplete.corpus.readers.protocol import Passage
from autocomplete.errors import CorpusError
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
