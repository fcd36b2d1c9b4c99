import json
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus.readers.chats.message import DELETED, EMPTY, LINK, MEDIA, SYSTEM, UNREADABLE
from autocomplete.corpus.readers.protocol import Noun, Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

DAY_MS = 86_400_000


def garbled(text: str) -> str:
    return text.encode().decode("latin-1")


def sent(moment: int, who: str, content: str | None, **others: Any) -> dict[str, Any]:
    said = {} if content is None else {"content": garbled(content)}
    return {"sender_name": garbled(who), "timestamp_ms": 1_709_280_000_000 + moment, **said, **others}


def chat(*messages: Any, people: tuple[str, ...] = ("José", "Anna"), title: str = "José") -> dict[str, Any]:
    return {
        "participants": [{"name": garbled(name)} for name in people],
        "messages": [*messages],
        "title": garbled(title),
        "is_still_participant": True,
        "thread_path": "inbox/jose_1",
    }


def read(value: Any, folder: Path) -> tuple[list[Passage], dict[Noun, int]]:
    path = folder / "message_1.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=2), encoding="utf-8")
    passages, tally = passages_of(path, "messenger")
    return passages, {noun: count for noun, count in tally.left_out.items() if count}


def test_what_people_wrote_is_kept_mended_and_in_order(tmp_path: Path) -> None:
    value = chat(
        sent(DAY_MS, "José", "mañana 🎂"),
        sent(900, "Anna", "José, it’s late\n\nisn’t it?", reactions=[{"reaction": garbled("👍"), "actor": "x"}]),
        sent(800, "José", "Reacted 👍 to your message "),
        sent(700, "José", "José sent a photo.", photos=[{"uri": "x"}]),
        sent(600, "José", None, sticker={"uri": "x"}),
        sent(500, "José", "look at that", photos=[{"uri": "x"}]),
        sent(400, "Anna", "Anna missed your video call.", call_duration=0),
        sent(300, "Anna", "You named the group Garden."),
        sent(200, "José", None, is_unsent=True),
        sent(100, "José", "https://example.org/x"),
        sent(50, "José", None),
        "damaged",
        sent(1, "José", "hola"),
    )
    assert read(value, tmp_path) == (
        [
            Passage("mañana 🎂", "José", False, True),
            Passage("hola", "José", False, True),
            Passage("look at that", "José", False, False),
            Passage("José, it’s late\nisn’t it?", "Anna", True, False),
        ],
        {SYSTEM: 3, MEDIA: 2, DELETED: 1, LINK: 1, EMPTY: 1, UNREADABLE: 1},
    )
    assert formats_of(tmp_path / "message_1.json") == ["messenger"]


def test_text_that_is_not_garbled_stays_as_it_is(tmp_path: Path) -> None:
    message = {"sender_name": "Zoé", "timestamp_ms": 1, "content": "café à Łódź, ça va"}
    passages, _ = read({"participants": [{"name": "Zoé"}], "messages": [message]}, tmp_path)
    assert passages == [Passage("café à Łódź, ça va", "Zoé", None, True)]


def test_in_a_group_nobody_is_known_to_be_the_person(tmp_path: Path) -> None:
    value = chat(sent(1, "José", "hi"), sent(2, "Anna", "hey"), people=("José", "Cleo", "Anna"), title="Garden")
    passages, _ = read(value, tmp_path)
    assert [each.own for each in passages] == [None, None]


def test_encrypted_chats_name_the_same_otherwise(tmp_path: Path) -> None:
    def said(moment: int, who: str, text: str, **others: Any) -> dict[str, Any]:
        return {
            "isUnsent": False,
            "media": [],
            "senderName": who,
            "text": text,
            "timestamp": moment,
            "type": "text",
            **others,
        }

    value = {
        "participants": ["José", "Anna"],
        "threadName": "José_1",
        "messages": [said(2, "José", "café?"), said(1, "Anna", "hi"), said(3, "Anna", "", isUnsent=True)],
    }
    passages, left_out = read(value, tmp_path)
    assert [(each.author, each.text) for each in passages] == [("Anna", "hi"), ("José", "café?")]
    assert left_out == {DELETED: 1}
    assert formats_of(tmp_path / "message_1.json") == ["messenger"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('{"messages": []}', "no message of Messenger"),
        ('{"participants": [', "no JSON|not whole"),
        ("{]", "no JSON|not whole"),
        ("[" * 100_000, "nested over 64 deep"),
    ],
)
def test_what_is_damaged_or_hostile_is_refused(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=cause):
        read(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    ['{"participants": [], "messages": []}', '{"participants": ["a"], "messages": [{"content": "x"}]}', "[]", "", "{"],
)
def test_other_json_is_not_messenger(text: str, tmp_path: Path) -> None:
    path = tmp_path / "message_1.json"
    path.write_text(text, encoding="utf-8")
    assert "messenger" not in formats_of(path)
