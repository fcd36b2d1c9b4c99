"""Elements of the pages of HTML that some programs export chats as, found by their classes."""

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NoReturn, cast

from autocomplete.corpus.readers.protocol import Material

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MOST_LEVELS = 100
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "track", "use", "wbr"})
_CURE = "Export it again as JSON, or leave the file out."


def tree_of(text: str, material: Material) -> "Element | None":
    """Return the root of a page or of a part of one, which the parser holds whole; None where nothing is in it.

    Raises:
        CorpusError: It is nested deeper than such pages are.
    """
    from lxml import etree

    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() not in _VOID:
            depth += -1 if tag[1] else 1
        if depth > _MOST_LEVELS:
            material.refuse(f"HTML nested over {_MOST_LEVELS} deep", _CURE)
    return etree.fromstring(text, etree.HTMLParser()) if text.strip() else None


def refuse_page(material: Material, what: str) -> NoReturn:
    """Tell what is wrong with a page.

    Raises:
        CorpusError: Always.
    """
    material.refuse(what, _CURE)


def those(node: "Element", *steps: str) -> "list[Element]":
    """The elements below one that a row of selectors such as `div.text` leads to; `/` before one is for children."""
    path = "."
    for step in steps:
        name, _, kind = step.removeprefix("/").partition(".")
        path += f"{'/' if step.startswith('/') else '//'}{name}[contains(concat(' ', @class, ' '), ' {kind} ')]"
    return cast("list[Element]", node.xpath(path))


def by_class(node: "Element") -> "defaultdict[str, list[Element]]":
    """The elements of one, and itself, by each of their classes, found in one go."""
    found: defaultdict[str, list[Element]] = defaultdict(list)
    for each in node.iter("*"):
        for kind in (each.get("class") or "").split():
            found[kind].append(each)
    return found


def replace(node: "Element", text: str) -> None:
    """Put a text in the place of an element, which stays, empty of all else."""
    tail = node.tail
    node.clear()
    node.text, node.tail = text, tail


def text_in(node: "Element") -> str:
    """Return what an element shows, in one line."""
    return " ".join("".join(map(str, node.itertext())).split())
