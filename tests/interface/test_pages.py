"""Pages load nothing, run nothing, and hold what models and texts hold as text; a parser reads them back."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from autocomplete.interface.pages import STYLE, explanation_page, learning_curve, model_page
from autocomplete.learned.store import Day
from autocomplete.predict.explanation import Explanation, ForeseenWord, SurePhrase
from autocomplete.predict.model import NextWord

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "</style><style>*{display:none}",
    "&lt;b&gt;",
    "\x1b[31m\x00\x07",
    "\u202egnirts\u2066",
    "\udcff",
]
VOID = {"meta", "br", "rect", "circle", "path", "polyline"}
ALLOWED = {*VOID, "html", "head", "title", "style", "body", "main", "h1", "h2", "p", "span", "ul", "li", "div", "table"}
ALLOWED |= {"caption", "thead", "tbody", "tfoot", "tr", "th", "td", "bdi", "svg", "text", "details", "summary"}


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, all closed in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def word(text: str, start: int = 0, **others: Any) -> ForeseenWord:
    fields: dict[str, Any] = {
        "text": text,
        "start": start,
        "stop": start + len(text),
        "probability": 0.25,
        "rank": 7,
        "known": False,
        "experts": {text: 1.0},
        "first": (NextWord(text, 0.5),),
        "gates": ({"forget": 0.5}, {"forget": 0.25}),
    }
    return ForeseenWord(**fields | others)


def card(name: str) -> Mapping[str, Any]:
    figures = {"perplexity": 12.5, "perplexity_interval": [11, 13], "bits_per_character": 1.5, "typed": None}
    return {"tokens": 10, "unknown_share": 0.1, "threshold": 0.5, "systems": {"mixture": figures, name: figures}}


LOG = [
    {"event": "step", "epoch": 0.5, "loss_nats": 6.0},
    {"event": "validation", "epoch": 0.5, "nats": 5.0},
    {"event": "validation", "epoch": 1.0, "nats": 4.0},
]


def pages_of(text: str) -> list[str]:
    """Both pages, with a text wherever a model, a person or a stranger may have put one."""
    found = Explanation(text + " ", "word", (word(text), word("\n", len(text))), 3)
    return [
        explanation_page(found, model=text),
        model_page(
            name=text,
            facts=[(text, text)],
            card=card(text),
            log=LOG,
            sure=[SurePhrase(text, text, 0.9)],
            days=[Day(text, 100, 80), Day("2026-11-22", 100, 130), Day("2026-11-23", 0, 0)],
        ),
    ]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_whatever_a_page_holds_is_text(text: str) -> None:
    for page in pages_of(text):
        read = Reader(page)
        assert {tag for tag, _ in read.elements} <= ALLOWED
        for _, attributes in read.elements:
            assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "href")]
        assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page) is None
        if text.isprintable():
            assert text in read.text
        assert page.encode("utf-8")


def test_a_page_may_load_and_run_nothing() -> None:
    for page in pages_of("tea"):
        [policy] = [
            attributes["content"] or ""
            for tag, attributes in Reader(page).elements
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        assert policy.startswith("default-src 'none'; ")
        assert f"style-src 'sha256-{digest}'" in policy
        assert f"<style>{STYLE}</style>" in page
        assert "http:" not in page.replace("http-equiv", "")
        assert "https:" not in page
        assert "url(" not in page


def test_tables_have_captions_and_heads_and_pictures_have_words() -> None:
    for page in pages_of("tea"):
        read = Reader(page)
        tags = [tag for tag, _ in read.elements]
        assert tags.count("table") == tags.count("caption") > 0
        assert all(attributes.get("scope") in ("col", "row") for tag, attributes in read.elements if tag == "th")
        for tag, attributes in read.elements:
            if tag == "svg":
                assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")


def test_texts_of_other_directions_keep_theirs() -> None:
    page = explanation_page(Explanation("أفضل طعام", "word", (word("أفضل"), word("طعام", 5)), 0), model="m")
    assert '<p class="text" dir="auto">' in page
    assert "<bdi>أفضل</bdi>" in page
    assert re.search(r">أفضل</span> <span [^>]*>طعام</span>", page)


def test_a_shade_is_told_by_more_than_its_colour() -> None:
    chances = [0.9, 0.2, 0.05, 0.005, 0.0]
    words = tuple(
        word(name, 2 * place, probability=chance)
        for place, (name, chance) in enumerate(zip("abcde", chances, strict=True))
    )
    page = explanation_page(Explanation("a b c d e", "word", words, 0), model="m")
    assert re.findall(r'<span class="(s\d)" title="([^"]*)">\w</span>', page) == [
        ("s0", "90.0 %, expected"),
        ("s1", "20.0 %, likely"),
        ("s2", "5.0 %, possible"),
        ("s3", "0.5 %, unlikely"),
        ("s4", "0.0 %, surprising"),
    ]
    for name in ("expected", "likely", "possible", "unlikely", "surprising"):
        assert f"<td>{name}</td>" in page


def test_days_are_summed_and_a_loss_has_no_bar() -> None:
    days = [Day("2026-11-21", 100, 80), Day("2026-11-22", 100, 130)]
    page = model_page(name="m", facts=[], card=None, log=[], sure=[], days=days)
    assert "20.0 %" in page
    assert '-30.0 %<svg aria-hidden="true" width="90" height="6"><rect class="bar" width="0.0"' in page
    assert '<tr><th scope="row">total</th><td class="n">200</td><td class="n">210</td>' in page


def test_a_model_without_anything_has_a_page_that_says_so() -> None:
    page = model_page(name="m", facts=[], card=None, log=[], sure=[], days=[])
    for said in ("No network was trained", "before a report card", "Nothing was counted yet"):
        assert said in page


@pytest.mark.parametrize(
    "log",
    [
        [{"event": "validation", "epoch": 0, "nats": 0}],
        [{"event": "validation", "epoch": 1.0, "nats": 4.0}] * 3,
        [{"event": "validation", "epoch": "<b>", "nats": [1]}, {"event": "validation", "epoch": 1, "nats": 900.0}],
        [{"event": "step"}, {"event": "validation", "epoch": 1, "nats": None}, *LOG],
        json.loads(
            '[{"event": "validation", "epoch": 1, "nats": NaN}, {"event": "validation", "epoch": 2, "nats": 2}]'
        ),
        [{"event": "validation", "epoch": 1e308, "nats": 1e308}],
    ],
    ids=["zero", "one place", "no numbers", "gaps", "nan", "huge"],
)
def test_a_curve_is_drawn_of_what_is_a_number(log: list[dict[str, Any]]) -> None:
    drawn = learning_curve(log)
    assert "nan" not in drawn
    assert "inf" not in drawn
    assert "<b>" not in drawn
    assert ("<polyline" in drawn) == any(
        isinstance(each.get("nats"), int | float) and each["nats"] < 1e6 for each in log
    )


def test_a_long_log_is_thinned_out_and_its_last_point_stays() -> None:
    log = [{"event": "validation", "epoch": step / 100, "nats": 5 - step / 20_000} for step in range(20_001)]
    drawn = learning_curve(log)
    assert drawn.count("<circle") <= 400
    assert "200.00" in drawn


@pytest.mark.parametrize(
    ("passes", "numbers"),
    [(8.99, list("0123456789")[:9]), (0.35, ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.35"]), (40, None)],
    ids=str,
)
def test_passes_are_counted_in_round_numbers(passes: float, numbers: list[str] | None) -> None:
    drawn = learning_curve([{"event": "validation", "epoch": passes, "nats": 4.0}])
    found = re.findall(r'text-anchor="middle">([\d.]+)<', drawn)
    assert found == (numbers or ["0", "5", "10", "15", "20", "25", "30", "35", "40"])


def luminance(colour: str) -> float:
    """As the accessibility guidelines of the Web reckon it."""
    whole = colour if len(colour) == 6 else "".join(2 * each for each in colour)
    parts = [int(whole[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_letters_stand_out_in_light_and_dark(scheme: int) -> None:
    colours = dict(re.findall(r"--(\w+):#([0-9a-f]{3,6})", STYLE.split("@media")[scheme].split("body{")[0]))
    pairs = [("ink", ground) for ground in ("paper", "s0", "s1", "s2", "s3")] + [("faint", "paper"), ("line", "paper")]
    for front, ground in pairs:
        low, high = sorted(luminance(colours[name]) for name in (front, ground))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (front, ground)
