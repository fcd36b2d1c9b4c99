from pathlib import Path

import pytest

from autocomplete.corpus.readers.chats.message import BOT, CODE, EMPTY, FORWARDED, LINK, QUOTE, SYSTEM
from autocomplete.corpus.readers.protocol import Noun, Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

HEAD = """\
<!DOCTYPE html>
<html lang=en><head><title>Garden - general</title><meta charset=utf-8><style>.chatlog{padding:1rem 0}
.chatlog__message-group{margin-bottom:1rem}</style></head><body>
<div class=preamble><div class=preamble__entry>Garden</div><div class=preamble__entry>general</div></div>
"""
END = "</div><div class=postamble><div class=postamble__entry>Exported 9 message(s)</div></div></body></html>\n"
DAY = 86_400_000 << 22  # of a message's number
EDITED = '<span class=chatlog__edited-timestamp title="2 March">(edited)</span>'


def read(text: str, folder: Path, name: str = "general.html") -> tuple[list[Passage], dict[Noun, int]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    passages, tally = passages_of(path, "discord")
    return passages, {noun: count for noun, count in tally.left_out.items() if count}


def content(text: str) -> str:
    return f'<div class="chatlog__content chatlog__markdown"><span class=chatlog__markdown-preserve>{text}</span></div>'


def message(inner: str, number: int, *, header: str = "", aside: str = "") -> str:
    return (
        f'<div id=chatlog__message-container-{number} class="chatlog__message-container " data-message-id={number}>'
        f"<div class=chatlog__message><div class=chatlog__message-aside>{aside}</div>"
        f"<div class=chatlog__message-primary>{header}{inner}</div></div></div>"
    )


def header(name: str, nick: str, tag: str = "") -> str:
    mark = f"<span class=chatlog__author-tag>{tag}</span>" if tag else ""
    return (
        f'<div class=chatlog__header><span class=chatlog__author style="" title={name} data-user-id=5>{nick}</span>'
        f"{mark}<span class=chatlog__timestamp><a href=#c>01-Mar-24 10:30 AM</a></span></div>"
    )


def group(*messages: str) -> str:
    return f"<div class=chatlog__message-group>{''.join(messages)}</div>"


NOTICE = (
    "<span class=chatlog__system-notification-author title=anna>Anna</span><span> </span>"
    "<span class=chatlog__system-notification-content><span>joined the server.</span></span>"
)
REPLY = (
    "<div class=chatlog__reply><div class=chatlog__reply-author title=anna>Anna</div><div class=chatlog__reply-content>"
    "<span class=chatlog__reply-link>what was asked</span></div></div>"
)
EMBED = "<div class=chatlog__embed><div class=chatlog__embed-description>A page about ponds</div></div>"
MULTILINE = '<div class="chatlog__markdown-pre chatlog__markdown-pre--multiline nohighlight">print(1)</div>'
INLINE = '<code class="chatlog__markdown-pre chatlog__markdown-pre--inline">ls</code>'
QUOTED = (
    "<div class=chatlog__markdown-quote><div class=chatlog__markdown-quote-border></div>"
    "<div class=chatlog__markdown-quote-content>who said</div></div>"
)
PICTURES = (
    '<img class=chatlog__emoji alt=🎂 src=x><img class="chatlog__emoji" alt="frog" title="frog" src=y>'
    '<span class="chatlog__markdown-mention" title="cleo">@Cleo</span> '
    '<span class="chatlog__markdown-mention">#help</span>'
)
GROUPS = [
    group(message(NOTICE, 1)),
    group(
        message(
            content("Hello &lt;you&gt;\nand <strong>all</strong> of <em>you</em>"),
            DAY + 2,
            header=header("anna", "Anna"),
        ),
        message(content(PICTURES) + EMBED, DAY + 3, aside="<div class=chatlog__short-timestamp>10:31</div>"),
        message(content(f"fixed {INLINE}{EDITED}"), DAY + 4),
    ),
    group(message(content("yes, the old one"), DAY + 5, header=REPLY + header("ben#0001", "Benny"))),
    group(
        message(content(f"try{MULTILINE}then{QUOTED}so"), DAY + 6, header=header("anna", "Anna")),
        message(content("<h1>Big</h1>news<br>today"), 2 * DAY + 7),
        message(content('<a href="https://example.org">https://example.org</a>'), 2 * DAY + 8),
        message("<div class=chatlog__attachment><img class=chatlog__attachment-media alt=x></div>", 2 * DAY + 9),
        message("<div class=chatlog__forwarded>" + content("passed on") + "</div>", 2 * DAY + 10),
    ),
    group(message(content("Welcome!"), 2 * DAY + 11, header=header("helper", "Helper", "BOT"))),
    group(message(content("שלום 🌧️"), 2 * DAY + 12, header=header("ben#0001", "Benny"))),
]
PASSAGES = [
    Passage("Hello <you>\nand all of you", "anna", None, True),
    Passage("🎂@Cleo", "anna", None, False),
    Passage("fixed ls", "anna", None, False),
    Passage("yes, the old one", "ben#0001", None, False),
    Passage("try\nthen\nso", "anna", None, False),
    Passage("Big\nnews\ntoday", "anna", None, True),
    Passage("שלום 🌧️", "ben#0001", None, False),
]


@pytest.mark.parametrize("log", ["<div id=chatlog class=chatlog>", '<div class="chatlog">'])
def test_of_a_page_what_people_wrote_is_kept_and_nothing_else(log: str, tmp_path: Path) -> None:
    assert read(HEAD + log + "\n".join(GROUPS) + END, tmp_path) == (
        PASSAGES,
        {SYSTEM: 1, CODE: 1, QUOTE: 1, LINK: 1, EMPTY: 1, FORWARDED: 1, BOT: 1},
    )
    assert formats_of(tmp_path / "general.html") == ["discord"]


def test_a_page_of_an_older_program_is_read_as_well(tmp_path: Path) -> None:
    def older(text: str, number: int) -> str:
        inner = f'<div class="markdown"><span class="preserve-whitespace">{text}</span></div>'
        begin = f'<div class="chatlog__message " data-message-id="{number}" id="message-{number}">'
        return f'{begin}<div class="chatlog__content">{inner}</div></div>'

    groups = (
        '<div class="chatlog__message-group"><div class="chatlog__author-avatar-container"></div>'
        '<div class="chatlog__messages"><span class="chatlog__author-name" title="ben#0001">Benny</span>'
        + older("one\ntwo", DAY)
        + older('<div class="quote">who said</div><div class="pre pre--multiline">x=1</div>three', DAY + 1)
        + '</div></div><div class="chatlog__message-group"><div class="chatlog__messages">'
        '<span class="chatlog__author-name" title="helper">Helper</span><span class="chatlog__bot-tag">BOT</span>'
        + older("Welcome", DAY + 2)
        + "</div></div>"
    )
    assert read(HEAD + '<div class="chatlog">' + groups + END, tmp_path) == (
        [Passage("one\ntwo", "ben#0001", None, True), Passage("three", "ben#0001", None, False)],
        {QUOTE: 1, CODE: 1, BOT: 1},
    )


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_where_a_page_is_cut_to_be_read_makes_no_difference(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autocomplete.corpus.readers.chats.discord_page._BLOCK_CHARACTERS", block)
    assert read(HEAD + "<div class=chatlog>" + "\n".join(GROUPS) + END, tmp_path)[0] == PASSAGES


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("<div>" * 100_000, "HTML nested over 100 deep"),
        ("x" * ((1 << 23) + (1 << 19)), "in a row of over 8 million characters"),
        ("", "no message of Discord"),
    ],
)
def test_a_hostile_page_is_refused(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=cause):
        read(HEAD + "<div class=chatlog><div class=chatlog__message-group>" + text, tmp_path)


LINE = "=" * 62
TEXT = f"""\
{LINE}
Guild: Garden
Channel: Text / general
Topic: [1/2/24 10:00] what grows
{LINE}

[01-Mar-24 10:30 AM] anna
**Hello** there

[sic] and a second paragraph


[01-Mar-24 10:31 AM] ben#0001 (pinned)

{{Attachments}}
https://example.org/a.png


[01-Mar-24 10:32 AM] ben#0001
Pinned a message.


[2/3/2024 22:40] Cleo of the Pond
> who said
it rains

{{Embed}}
Weather
A page about rain

{{Reactions}}
👍 (2)


{LINE}
Exported 4 message(s)
{LINE}
"""


def test_of_a_plain_text_what_people_wrote_is_kept_and_nothing_else(tmp_path: Path) -> None:
    assert read(TEXT, tmp_path, "general.txt") == (
        [
            Passage("Hello there\n[sic] and a second paragraph", "anna", None, True),
            Passage("it rains", "Cleo of the Pond", None, True),
        ],
        {EMPTY: 1, SYSTEM: 1, QUOTE: 1},
    )
    assert formats_of(tmp_path / "general.txt") == ["discord"]


def test_a_message_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.corpus.readers.chats.discord_page.LONGEST_LINE", 1 << 12)
    with pytest.raises(CorpusError, match=r"a message of over .* million characters\. Leave the file out"):
        read(TEXT.replace("Pinned a message.", "words\n" * 2_000), tmp_path, "general.txt")


def test_a_text_with_rules_is_none_of_discord(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{LINE}\nGuild news\n{LINE}\n\n[1] words\n", encoding="utf-8")
    assert formats_of(path) == []
