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
from autocomplete.corpus.readers.chats.page_parts import refuse_page, replace, text_in, those, tree_of
from autocomplete.corpus.readers.protocol import Material, Noun, Tally

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# A page has about half a megabyte. The parser holds it whole.
_MOST_BYTES = 1 << 25
_PAGE = re.compile(r'\s*<!DOCTYPE html>.{0,4096}?<title>Exported Data</title>.{0,4096}?class="page_wrap', re.DOTALL)
_LIVE = "a.media_live_location"


def is_page(text: str) -> bool:
    """Whether a file begins as such a page does."""
    return _PAGE.match(text) is not None


def page_messages(material: Material, tally: Tally) -> Iterator[Message]:
    """Yield the messages of a page; pages of an export that hold none are remarked.

    Raises:
        CorpusError: The page is larger, or nested deeper, than such pages are.
    """
    if material.path.stat().st_size > _MOST_BYTES:
        refuse_page(material, f"a page of over {_MOST_BYTES >> 20} million bytes")
    page = tree_of(material.path.read_text(encoding="utf-8"), material)
    history = [] if page is None else those(page, "div.history")
    if page is None or not history:
        tally.note(NO_MESSAGES)
        return
    chat = "".join(map(text_in, those(page, "div.page_header")[:1]))
    author = ""
    for node in those(history[0], "/div.message"):
        # What one person sends in a row has their name once.
        author = _name(node) or author
        noun = _left_out(node)
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        stamps = those(node, "div.date")
        day = (stamps[0].get("title") or "")[:10] if stamps else ""
        yield Message(_written(node, tally), day, author or None, False if author == chat else None)


def _left_out(node: "Element") -> Noun | None:
    """What a message is, where no person has written it."""
    if "service" in (node.get("class") or "").split():
        return SYSTEM
    if those(node, "div.forwarded"):
        return FORWARDED
    if those(node, "div.from_name", "span.details") or those(node, "table.bot_buttons_table"):
        return BOT
    if any(those(node, form) for form in ("div.media_poll", "a.media_location", "div.media_contact", _LIVE)):
        return FORM
    return None


def _name(node: "Element") -> str:
    """Who wrote a message, where it says so: not who wrote what is forwarded in it."""
    bodies = [body for body in those(node, "div.body") if "forwarded" not in (body.get("class") or "").split()]
    names = [name for body in bodies for name in those(body, "/div.from_name")]
    return " ".join((names[0].text or "").split()) if names else ""


def _written(node: "Element", tally: Tally) -> str:
    """What a person wrote in a message, with its lines, without blocks of code and quotations."""
    texts = those(node, "div.body", "/div.text")
    if not texts:
        return ""
    for kind, noun in (("pre", CODE), ("blockquote", QUOTE)):
        for block in list(texts[0].iter(kind)):
            tally.left_out[noun] += 1
            replace(block, "\n")
    for line_break in list(texts[0].iter("br")):
        replace(line_break, "\n")
    return "".join(map(str, texts[0].itertext()))
