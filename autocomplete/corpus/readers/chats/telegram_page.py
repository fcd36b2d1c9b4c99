"""The messages of a page of HTML as Telegram's desktop program exports a chat: a page a thousand messages."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autocomplete.corpus.readers.chats.message import (
    BOT,
    CODE,
    FORM,
    FORWARDED,
    NO_MESSAGES,
    QUOTE,
    SYSTEM,
    Message,
)
from autocomplete.corpus.readers.protocol import Material, Noun, Tally

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# A page has about half a megabyte. The parser holds it whole, and takes time with the square of its depth.
_MOST_BYTES, _MOST_LEVELS = 1 << 25, 100
_PAGE = re.compile(r'\s*<!DOCTYPE html>.{0,4096}?<title>Exported Data</title>.{0,4096}?class="page_wrap', re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_CURE = "Export it again as JSON, or leave the file out."


def is_page(text: str) -> bool:
    """Whether a file begins as such a page does."""
    return _PAGE.match(text) is not None


def page_messages(material: Material, tally: Tally) -> Iterator[Message]:
    """Yield the messages of a page; pages of an export that hold none are remarked.

    Raises:
        CorpusError: The page is larger, or nested deeper, than such pages are.
    """
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(_checked(material))
    if page.css_first("div.history") is None:
        tally.note(NO_MESSAGES)
        return
    chat = _text(page.css_first("div.page_header"))
    author = ""
    for node in page.css("div.history > div.message"):
        # What one person sends in a row has their name once.
        author = _own_text(node.css_first("div.body:not(.forwarded) > div.from_name")) or author
        noun = _left_out(node)
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        stamp = node.css_first("div.date")
        day = (stamp.attributes.get("title") or "" if stamp else "")[:10]
        yield Message(_written(node, tally), day, author or None, False if author == chat else None)


def _checked(material: Material) -> str:
    if material.path.stat().st_size > _MOST_BYTES:
        material.refuse(f"a page of over {_MOST_BYTES >> 20} million bytes", _CURE)
    text = material.path.read_text(encoding="utf-8")
    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() not in _VOID:
            depth += -1 if tag[1] else 1
        if depth > _MOST_LEVELS:
            material.refuse(f"HTML nested over {_MOST_LEVELS} deep", _CURE)
    return text


def _left_out(node: "LexborNode") -> Noun | None:
    """What a message is, where no person has written it."""
    if "service" in (node.attributes.get("class") or "").split():
        return SYSTEM
    if node.css_first("div.forwarded") is not None:
        return FORWARDED
    if (
        node.css_first("div.from_name span.details") is not None
        or node.css_first("table.bot_buttons_table") is not None
    ):
        return BOT
    if node.css_first("div.media_poll, a.media_location, div.media_contact, a.media_live_location") is not None:
        return FORM
    return None


def _written(node: "LexborNode", tally: Tally) -> str:
    """What a person wrote in a message, with its lines, without blocks of code and quotations."""
    text = node.css_first("div.body > div.text")
    if text is None:
        return ""
    for kind, noun in (("pre", CODE), ("blockquote", QUOTE)):
        for block in text.css(kind):
            tally.left_out[noun] += 1
            block.replace_with("\n")
    for line_break in text.css("br"):
        line_break.replace_with("\n")
    return text.text()


def _text(node: "LexborNode | None") -> str:
    return " ".join(node.text().split()) if node is not None else ""


def _own_text(node: "LexborNode | None") -> str:
    return " ".join(node.text(deep=False).split()) if node is not None else ""
