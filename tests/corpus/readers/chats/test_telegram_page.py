from pathlib import Path

import pytest

from autocomplete.corpus.readers.chats.message import (
    BOT,
    CODE,
    EMPTY,
    FORM,
    FORWARDED,
    LINK,
    NO_MESSAGES,
    QUOTE,
    SYSTEM,
)
from autocomplete.corpus.readers.protocol import Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

HEAD = """\
<!DOCTYPE html>
<html>
 <head>
  <meta charset="utf-8"/>
<title>Exported Data</title>
  <link href="css/style.css" rel="stylesheet"/>
 </head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header"><div class="content"><div class="text bold">
Ben &amp; Co
   </div></div></div>
   <div class="page_body chat_page">
"""


def message(body: str, *, who: str = "", day: int = 1, kind: str = "default clearfix") -> str:
    name = f'<div class="from_name">\n{who}       \n</div>' if who else ""
    date = f'<div class="pull_right date details" title="0{day}.03.2024 10:00:00 UTC+01:00">\n10:00\n</div>'
    return f'<div class="message {kind}" id="message1">\n<div class="body">\n{date}\n{name}\n{body}\n</div>\n</div>\n'


def text(content: str) -> str:
    return f'<div class="text">\n{content}\n       </div>'


HISTORY = [
    '<div class="message service" id="message-1"><div class="body details">\n1 March 2024\n</div></div>\n',
    message(text("Hello<br>&lt;you&gt; &amp; <strong>all</strong> 🎂"), who="Ben &amp; Co"),
    message(text('see <a href="https://example.org">this page</a>'), kind="default clearfix joined"),
    message('<div class="reply_to details">In reply to <a href="#x">this message</a></div>' + text("yes"), who="Anna"),
    message('<div class="forwarded body"><div class="from_name">Cleo</div>' + text("passed on") + "</div>"),
    message('<div class="media_wrap clearfix"><a class="photo_wrap"></a></div>', kind="default clearfix joined"),
    message('<div class="media_wrap clearfix"></div>' + text("what a view"), kind="default clearfix joined"),
    message('<div class="media_wrap"><div class="media_poll"></div></div>', who="Anna"),
    message(text("rain"), who='Anna <span class="details"> via @weatherbot</span>'),
    message(text('<a href="https://example.org">https://example.org</a>'), who="Anna"),
    message(text("try<pre>print(1)</pre>then<blockquote>who said</blockquote>so"), who="Anna", day=2),
]


def written(content: str, folder: Path) -> Path:
    path = folder / "messages.html"
    path.write_text(content, encoding="utf-8")
    return path


def test_of_a_page_what_people_wrote_is_kept_and_nothing_else(tmp_path: Path) -> None:
    path = written(HEAD + '<div class="history">\n' + "".join(HISTORY) + "</div></div></div></body></html>", tmp_path)
    passages, tally = passages_of(path, "telegram")
    assert passages == [
        Passage("Hello\n<you> & all 🎂", "Ben & Co", False, True),
        Passage("see this page", "Ben & Co", False, False),
        Passage("yes", "Anna", None, False),
        Passage("what a view", "Anna", None, False),
        Passage("try\nthen\nso", "Anna", None, True),
    ]
    left_out = {noun: count for noun, count in tally.left_out.items() if count}
    assert left_out == {SYSTEM: 1, FORWARDED: 1, EMPTY: 1, FORM: 1, BOT: 1, LINK: 1, CODE: 1, QUOTE: 1}
    assert formats_of(path) == ["telegram"]


def test_other_pages_of_an_export_hold_no_messages(tmp_path: Path) -> None:
    path = written(
        HEAD + '<a class="entry" href="chats/chat_01/messages.html">Ben</a></div></div></body></html>', tmp_path
    )
    passages, tally = passages_of(path, "telegram")
    assert (passages, list(tally.notes)) == ([], [NO_MESSAGES])
    assert formats_of(path) == ["telegram"]


@pytest.mark.parametrize(
    "deep", ["<div>" * 200_000, "<div class=text>" * 200_000, "<section><p>" * 100_000, "<ul>" * 99_999]
)
def test_a_page_nested_without_end_is_refused(deep: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="HTML nested over 100 deep"):
        passages_of(written(HEAD + deep, tmp_path), "telegram")


@pytest.mark.parametrize("page", ["<!DOCTYPE html><title>Data</title><div class='history'>", "<html>", "<"])
def test_other_pages_are_not_telegram(page: str, tmp_path: Path) -> None:
    assert "telegram" not in formats_of(written(page, tmp_path))
