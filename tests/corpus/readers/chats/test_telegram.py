import json
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus.readers.chats.message import BOT, CODE, EMPTY, FORM, FORWARDED, LINK, QUOTE, SYSTEM, UNREADABLE
from autocomplete.corpus.readers.protocol import LONGEST_LINE, Noun, Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

ANNA, BEN = "user11", "user22"


def sent(number: int, who: str, text: Any, *, day: int = 1, **others: Any) -> dict[str, Any]:
    name = {ANNA: "Anna", BEN: "Ben"}.get(who)
    date = {"date": f"2024-03-{day:02}T10:00:{number:02}", "date_unixtime": str(1_709_280_000 + 86_400 * day + number)}
    return {"id": number, "type": "message", **date, "from": name, "from_id": who, "text": text, **others}


MESSAGES: list[Any] = [
    {"id": 0, "type": "service", "date": "2024-03-01T10:00:00", "actor": "Ben", "action": "phone_call", "text": ""},
    sent(1, ANNA, "When do you come?\nAt six?"),
    sent(
        2,
        BEN,
        [
            "Hello ",
            {"type": "bold", "text": "you"},
            ", see ",
            {"type": "text_link", "text": "this page", "href": "https://example.org"},
            " and ask ",
            {"type": "mention_name", "text": "Cleo", "user_id": 3},
            {"type": "custom_emoji", "text": "🎂", "document_id": "x"},
        ],
        edited="2024-03-01T11:00:00",
        reply_to_message_id=1,
    ),
    sent(3, ANNA, "not mine", forwarded_from="Cleo"),
    sent(4, ANNA, "", photo="(File not included.)"),
    sent(5, ANNA, "what a view", photo="(File not included.)"),
    sent(6, BEN, "", poll={"question": "When?", "answers": []}),
    sent(7, BEN, "the weather", via_bot="@weatherbot"),
    sent(8, BEN, "/start"),
    sent(9, BEN, [{"type": "link", "text": "https://example.org/a"}]),
    sent(10, BEN, ["try\n", {"type": "pre", "text": "print(1)", "language": "python"}, "\nthen"], day=2),
    sent(11, ANNA, [{"type": "blockquote", "text": "At six?"}, "yes"], day=2),
    "damaged",
    sent(12, "user99", "who am I", day=2),
    sent(13, BEN, "🎂", day=2),
]
PASSAGES = [
    Passage("When do you come?\nAt six?", "Anna", True, True),
    Passage("Hello you, see this page and ask Cleo🎂", "Ben", False, False),
    Passage("what a view", "Anna", True, False),
    Passage("try\nthen", "Ben", False, True),
    Passage("yes", "Anna", True, False),
    Passage("who am I", "user99", True, False),
    Passage("🎂", "Ben", False, False),
]
LEFT_OUT = {SYSTEM: 2, FORWARDED: 1, EMPTY: 1, FORM: 1, BOT: 1, LINK: 1, CODE: 1, QUOTE: 1, UNREADABLE: 1}


def read(value: Any, folder: Path) -> tuple[list[Passage], dict[Noun, int]]:
    path = folder / "result.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1), encoding="utf-8")
    passages, tally = passages_of(path, "telegram")
    return passages, {noun: count for noun, count in tally.left_out.items() if count}


def test_of_a_chat_what_people_wrote_is_kept_and_nothing_else(tmp_path: Path) -> None:
    chat = {"name": "Ben", "type": "personal_chat", "id": 22, "messages": MESSAGES}
    assert read(chat, tmp_path) == (PASSAGES, LEFT_OUT)
    assert formats_of(tmp_path / "result.json") == ["telegram"]


def test_of_all_chats_each_is_documents_of_its_own(tmp_path: Path) -> None:
    export = {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 11, "first_name": "Anna", "phone_number": "+00"},
        "contacts": {"about": "…", "list": [{"first_name": "Ben"}]},
        "chats": {
            "about": "…",
            "list": [
                {"type": "saved_messages", "id": 11, "messages": [sent(1, ANNA, "buy milk")]},
                {"name": "Empty", "type": "private_group", "id": 4, "messages": []},
                {
                    "name": "Club",
                    "type": "private_group",
                    "id": 5,
                    "messages": [sent(2, BEN, "hi"), sent(3, ANNA, "hey")],
                },
            ],
        },
        "left_chats": {"about": "…", "list": [{"type": "private_group", "messages": [sent(4, BEN, "bye")]}]},
    }
    assert read(export, tmp_path) == (
        [
            Passage("buy milk", "Anna", True, True),
            Passage("hi", "Ben", False, True),
            Passage("hey", "Anna", True, False),
            Passage("bye", "Ben", False, True),
        ],
        {},
    )
    assert formats_of(tmp_path / "result.json") == ["telegram"]


def test_in_a_group_alone_nobody_is_known_to_be_the_person(tmp_path: Path) -> None:
    chat = {
        "name": "Club",
        "type": "private_supergroup",
        "id": 5,
        "messages": [sent(1, ANNA, "hi"), sent(2, BEN, "oh")],
    }
    passages, _ = read(chat, tmp_path)
    assert [each.own for each in passages] == [None, None]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('{"name": "Ben", "type": "personal_chat", "id": 1, "messages": [{"id": 1', "no JSON|not whole"),
        ('{"name": "Ben", "type": "personal_chat", "id": 1, "messages": [,]}', "no JSON|not whole"),
        ('{"messages": [' + "[" * 100_000, "nested over 64 deep"),
        ("[" * 100_000, "nested over 64 deep"),
        ('{"a":' * 100_000, "nested over 64 deep"),
        ('{"messages": [{"text": [' + "1," * 300_000, "a message of over 200,000 parts"),
        ('{"messages": [{"text": "' + "x" * LONGEST_LINE * 2, "a value of over 16 million characters"),
        ('{"messages": []}', "no message of Telegram"),
        ("17", "no message of Telegram"),
        ("", "no message of Telegram"),
    ],
)
def test_what_is_damaged_or_hostile_is_refused(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=cause):
        read(text, tmp_path)


@pytest.mark.parametrize(
    "value",
    [
        {"name": "x", "type": "personal_chat", "id": 1, "messages": [None, 5, [], {"type": "message"}]},
        {"messages": [{"type": "message", "text": {"a": 1}, "from": 5, "date": 7, "date_unixtime": "NaN"}]},
        {"messages": [{"type": "message", "text": ["a", 5, {"text": 7}], "from_id": [], "date_unixtime": "1e400"}]},
    ],
)
def test_values_of_the_wrong_kind_cost_no_more_than_their_message(value: Any, tmp_path: Path) -> None:
    passages, _ = read(value, tmp_path)
    assert [each.text for each in passages] in ([], ["a"])


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"id": 1, "role": "user", "content": "hi"}]},
        {"type": "personal_chat", "note": "no messages"},
        [{"type": "personal_chat", "messages": [{"id": 1}]}],
        {"chats": ["a", "b"]},
    ],
)
def test_other_json_is_not_telegram(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert "telegram" not in formats_of(path)
