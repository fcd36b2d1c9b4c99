import json
from pathlib import Path
from typing import Any

import pytest

from autocomplete.corpus.readers.chats.message import EMPTY, FORWARDED, LINK, UNREADABLE
from autocomplete.corpus.readers.protocol import Noun, Passage
from autocomplete.errors import CorpusError
from tests.corpus.formats import file_of, gathered, texts_of
from tests.corpus.readers.reading import formats_of, passages_of


def script(kind: str, value: Any, *, part: int = 0, indent: int | None = 2) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=indent)
    return f"window.YTD.{kind}.part{part} = {text}"


def post(text: str, number: int, *, day: int = 10) -> dict[str, Any]:
    stamp = f"Wed Oct {day} 20:19:24 +0000 2018"
    return {"tweet": {"id_str": f"1052500000{number:05}0000", "created_at": stamp, "full_text": text, "lang": "en"}}


def read(text: str, folder: Path, name: str = "tweets.js") -> tuple[list[Passage], dict[Noun, int], list[str]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    passages, tally = passages_of(path, "twitter")
    return passages, {noun: count for noun, count in tally.left_out.items() if count}, list(tally.notes)


POSTS = [
    post("a late thought", 90000, day=11),
    post("Ponds &amp; frogs: 3 &lt; 5 &#127438;\n\nmore tomorrow", 50000),
    post("RT @somebody: what others say", 40000),
    post("@anna @ben_2 yes, and @cleo too https://t.co/AbC123", 30000),
    post("https://t.co/xyz", 20000),
    post("see https://example.org/a and https://t.co/q for it", 15000),
    post("https://example.org/a", 14000),
    {"tweet": {"id_str": "1"}},
    post("שלום 🌧️ to all @ the pond", 10000),
]


def test_of_posts_what_the_person_wrote_is_kept_and_nothing_else(tmp_path: Path) -> None:
    assert read(script("tweets", POSTS), tmp_path) == (
        [
            Passage("a late thought", None, True, True),
            Passage("שלום 🌧️ to all @ the pond", None, True, True),
            Passage("see https://example.org/a and for it", None, True, False),
            Passage("yes, and @cleo too", None, True, False),
            Passage("Ponds & frogs: 3 < 5 \U0001f1ce\nmore tomorrow", None, True, False),
        ],
        {FORWARDED: 1, EMPTY: 1, LINK: 1, UNREADABLE: 1},
        [],
    )
    assert formats_of(tmp_path / "tweets.js") == ["twitter"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("tweets", [{"id_str": "1", "full_text": "words"}]),
        ("tweet", [{"tweet": {"id": "1", "text": "words"}}]),
        ("community_tweet", [post("words", 1)]),
        ("twitter_circle_tweet", [post("words", 1)]),
        ("note_tweet", [{"noteTweet": {"noteTweetId": "1", "core": {"text": "words"}, "createdAt": "2023-03-01T0"}}]),
    ],
)
def test_other_kinds_and_older_archives_are_read_as_well(kind: str, value: Any, tmp_path: Path) -> None:
    assert read(script(kind, value, part=2, indent=None), tmp_path)[0] == [Passage("words", None, True, True)]
    assert formats_of(tmp_path / "tweets.js") == ["twitter"]


def direct(sender: str, text: str, number: int) -> dict[str, Any]:
    return {
        "messageCreate": {"senderId": sender, "recipientId": "9", "text": text, "id": f"{number}0000", "createdAt": "x"}
    }


ACCOUNT = script("account", [{"account": {"email": "a@example.org", "accountId": "7", "username": "anna"}}])
DIRECT = script(
    "direct_messages",
    [
        {
            "dmConversation": {
                "conversationId": "7-8",
                "messages": [direct("8", "later", 3), direct("7", "sooner &amp; mine", 2), {"joinConversation": {}}],
            }
        },
        {"dmConversation": {"conversationId": "7-9", "messages": [direct("7", "to another", 4)]}},
    ],
)


def test_of_direct_messages_the_account_beside_them_tells_which_are_the_persons(tmp_path: Path) -> None:
    expected = [("sooner & mine", "7"), ("later", "8"), ("to another", "7")]
    passages, left_out, _ = read(DIRECT, tmp_path, "direct-messages.js")
    assert [(each.text, each.author) for each in passages] == expected
    assert [each.own for each in passages] == [None, None, None]
    assert left_out == {UNREADABLE: 1}
    (tmp_path / "account.js").write_text(ACCOUNT, encoding="utf-8")
    known = read(DIRECT, tmp_path, "direct-messages.js")[0]
    assert [(each.author, each.own) for each in known] == [("anna", True), ("8", False), ("anna", True)]


@pytest.mark.parametrize(
    "text", [ACCOUNT, script("like", [{"like": {"tweetId": "1", "fullText": "words of another"}}])]
)
def test_what_the_person_did_not_write_is_no_text(text: str, tmp_path: Path) -> None:
    told = [] if text == ACCOUNT else ["files of what the person did not write hold no posts"]
    assert read(text, tmp_path, "account.js") == ([], {}, told)
    assert formats_of(tmp_path / "account.js") == ["twitter"]
    with pytest.raises(CorpusError, match=r"read as archive of X: no post in it\."):
        gathered(tmp_path / "account.js", work=tmp_path)


@pytest.mark.parametrize("account", ["", "window.YTD.account.part0 = [[[", "x" * 100, script("account", [])])
def test_a_damaged_account_tells_nothing(account: str, tmp_path: Path) -> None:
    (tmp_path / "account.js").write_text(account, encoding="utf-8")
    assert [each.own for each in read(DIRECT, tmp_path, "direct-messages.js")[0]] == [None, None, None]


def test_of_an_archive_what_was_written_is_taken_without_a_pattern(tmp_path: Path) -> None:
    data = tmp_path / "archive" / "data"
    for name, text in {
        "tweets.js": script("tweets", POSTS),
        "direct-messages.js": DIRECT,
        "account.js": ACCOUNT,
        "manifest.js": "window.__THAR_CONFIG = {}",
        "like.js": script("like", []),
        "ad-impressions.js": script("ad_impressions", []),
    }.items():
        file_of(data / name, text)
    sources = gathered(tmp_path / "archive", work=tmp_path)
    assert " ".join(" ".join(texts_of(sources)).split()).startswith("sooner & mine to another a late thought")
    assert sources.account["left_out"] == {}
    assert sources.account["words"] is not None
    assert sources.account["words"]["names"] == ["", "anna"]
    (data / "manifest.js").unlink()
    with pytest.raises(CorpusError, match=r"'\*\.js' would take 5"):
        gathered(tmp_path / "archive", work=tmp_path)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("let a = 1", "no post of X in it"),
        (script("tweets", "[]"), "no message of X in it"),
        (script("tweets", '[{"tweet": {"full_text": "cut'), "no JSON|not whole"),
        (script("tweets", "[" * 100_000), "nested over 64 deep"),
    ],
)
def test_what_is_damaged_or_hostile_is_refused(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=cause):
        read(text, tmp_path)


def test_other_scripts_are_none_of_x(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_text("window.YTD = {};\nwindow.YTD.tweets.part0.push(1)\n", encoding="utf-8")
    assert formats_of(path) == []


def test_many_names_before_an_answer_take_no_time(tmp_path: Path) -> None:
    assert read(script("tweets", [post("@a " * 100_000 + "yes", 1)]), tmp_path)[0][0].text.endswith("yes")
