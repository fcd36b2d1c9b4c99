"""The messages of a page of HTML as Telegram's desktop program exports a chat: a page a thousand messages."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

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
    from lxml.etree import _Element as Element

# A page has about half a megabyte. The parser holds it whole.
_MOST_BYTES, _MOST_LEVELS = 1 << 25, 100
_PAGE = re.compile(r'\s*<!DOCTYPE html>.{0,4096}?<title>Exported Data</title>.{0,4096}?class="page_wrap', re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_LIVE = "a.media_live_location"
_CURE = "Export it again as JSON, or leave the file out."


def is_page(text: str) -> bool:
    """Whether a file begins as such a page does."""
    return _PAGE.match(text) is not None


def page_messages(material: Material, tally: Tally) -> Iterator[Message]:
    """Yield the messages of a page; pages of an export that hold none are remarked.

    Raises:
        CorpusError: The page is larger, or nested deeper, than such pages are.
    """
    from lxml import etree

    page = etree.fromstring(_checked(material), etree.HTMLParser())
    history = [] if page is None else _those(page, "div.history")
    if not history:
        tally.note(NO_MESSAGES)
        return
    chat = "".join(map(_text, _those(page, "div.page_header")[:1]))
    author = ""
    for node in _those(history[0], "/div.message"):
        # What one person sends in a row has their name once.
        author = _name(node) or author
        noun = _left_out(node)
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        stamps = _those(node, "div.date")
        day = (stamps[0].get("title") or "")[:10] if stamps else ""
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


def _left_out(node: "Element") -> Noun | None:
    """What a message is, where no person has written it."""
    if "service" in (node.get("class") or "").split():
        return SYSTEM
    if _those(node, "div.forwarded"):
        return FORWARDED
    if _those(node, "div.from_name", "span.details") or _those(node, "table.bot_buttons_table"):
        return BOT
    if any(_those(node, form) for form in ("div.media_poll", "a.media_location", "div.media_contact", _LIVE)):
        return FORM
    return None


def _name(node: "Element") -> str:
    """Who wrote a message, where it says so: not who wrote what is forwarded in it."""
    bodies = [body for body in _those(node, "div.body") if "forwarded" not in (body.get("class") or "").split()]
    names = [name for body in bodies for name in _those(body, "/div.from_name")]
    return " ".join((names[0].text or "").split()) if names else ""


def _written(node: "Element", tally: Tally) -> str:
    """What a person wrote in a message, with its lines, without blocks of code and quotations."""
    texts = _those(node, "div.body", "/div.text")
    if not texts:
        return ""
    for kind, noun in (("pre", CODE), ("blockquote", QUOTE)):
        for block in list(texts[0].iter(kind)):
            tally.left_out[noun] += 1
            _break_at(block)
    for line_break in list(texts[0].iter("br")):
        _break_at(line_break)
    return "".join(map(str, texts[0].itertext()))


def _break_at(node: "Element") -> None:
    """Put a line break in the place of an element."""
    tail = node.tail
    node.clear()
    node.text, node.tail = "\n", tail


def _those(node: "Element", *steps: str) -> "list[Element]":
    """The elements below one that a row of selectors such as `div.text` leads to; `/` before one is for children."""
    path = "."
    for step in steps:
        name, _, kind = step.removeprefix("/").partition(".")
        path += f"{'/' if step.startswith('/') else '//'}{name}[contains(concat(' ', @class, ' '), ' {kind} ')]"
    found = node.xpath(path)
    return cast("list[Element]", found)


def _text(node: "Element") -> str:
    return " ".join("".join(map(str, node.itertext())).split())
