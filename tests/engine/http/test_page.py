"""The page in a real browser: what a person who types, listens, or presses large buttons meets."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocomplete.predict import explanation
from tests.engine.conftest import RunningEngine
from tests.engine.http.conftest import Outside

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright, which drives a browser, is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")

pytestmark = pytest.mark.heavy

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Milliseconds after which a test has failed, and those after which a page that does nothing more is at rest.
PATIENCE, REST = 8_000, 900
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, outside: Outside) -> Iterator[Open]:
    """Opens the page as somebody has browsers; nothing may go wrong in it, nor be loaded from elsewhere."""
    contexts: list[Any] = []
    faults: list[str] = []

    def told(message: Any) -> None:
        if "503" not in message.text:  # in a pause
            faults.append(message.text)

    def loaded(request: Any) -> None:
        if not request.url.startswith(f"http://{outside.address}/"):
            faults.append(request.url)

    def made(script: str = "", **tastes: Any) -> Any:
        contexts.append(browser.new_context(**tastes))
        contexts[-1].add_init_script(script)
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", told)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", loaded)
        page.goto(outside.url)
        until(page, "document.querySelector('#model').value")
        return page

    yield made
    for context in contexts:
        context.close()
    assert faults == []


def until(page: Any, true: str) -> None:
    """Wait until something is true in the page, whose policy lets nobody else wait there."""
    for _ in range(PATIENCE // 20):
        if page.evaluate(true):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never true: {true}")


def write(page: Any, text: str) -> None:
    page.focus("#text")
    page.keyboard.type(text)
    until(page, "!state.asking && (state.found.length || state.away)")


def ghost(page: Any) -> str:
    return str(page.evaluate("document.querySelector('.ghost')?.textContent ?? ''"))


def options(page: Any) -> list[str]:
    return list(page.evaluate("state.found.map(item => item.text)"))


def value(page: Any) -> str:
    return str(page.input_value("#text"))


def settled(page: Any, text: str) -> None:
    until(page, f"text.value === {json.dumps(text)} && !state.asking")


def test_a_writer_sees_and_takes_what_is_foreseen(opened: Open) -> None:
    page = opened()
    write(page, "best food in Las")
    assert ghost(page) == " Vegas"
    page.keyboard.press("ArrowRight")
    settled(page, "best food in Las Vegas")
    page.keyboard.press("Control+z")
    settled(page, "best food in Las")
    until(page, "document.querySelector('.ghost')")
    page.keyboard.press("Tab")
    settled(page, "best food in Las Vegas")


def test_a_candidate_that_mends_is_shown_whole_and_taken_whole(opened: Open) -> None:
    page = opened()
    write(page, "best food in la")
    assert ghost(page) == " → Las"
    page.keyboard.press("End")
    settled(page, "best food in Las")


def test_places_are_counted_alike_by_browser_and_engine(opened: Open) -> None:
    page = opened()
    write(page, "👍🏽 café 𝔘 best food in la")
    page.keyboard.press("Alt+1")
    settled(page, "👍🏽 café 𝔘 best food in Las")


def test_each_line_goes_its_own_way_and_the_ghost_with_it(opened: Open) -> None:
    page = opened()
    write(page, "שלום עולם\nbest food in Las")
    ghost_box = page.evaluate("document.querySelector('.ghost').getBoundingClientRect().toJSON()")
    field = page.evaluate("text.getBoundingClientRect().toJSON()")
    assert ghost_box["right"] < field["left"] + field["width"] / 2
    page.keyboard.press("ArrowRight")
    settled(page, "שלום עולם\nbest food in Las Vegas")


def test_the_end_of_a_long_text_is_shaded_and_the_ghost_stays_at_its_place(opened: Open) -> None:
    page = opened()
    page.fill("#text", "weather in Paris today\n" * 60)
    page.evaluate("text.setSelectionRange(text.value.length, text.value.length)")
    write(page, "best food in Las Vegas and best food in Las")
    until(page, "[...document.querySelectorAll('#mirror .s0')].some(word => word.textContent === 'Vegas')")
    assert page.evaluate("text.scrollTop === mirror.scrollTop && text.scrollTop > 0")
    assert ghost(page) == " Vegas"


def test_a_list_is_chosen_from_and_put_away(opened: Open) -> None:
    page = opened()
    write(page, "best food in Las Vegas\nhow to ")
    first = options(page)[0]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.get_attribute("#text", "aria-activedescendant") == "option-0"
    page.keyboard.press("Enter")
    settled(page, f"best food in Las Vegas\nhow to {first}")
    write(page, " ")
    page.keyboard.press("Escape")
    assert options(page) == []
    assert page.get_attribute("#text", "aria-expanded") == "false"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "text"


def test_a_word_is_forgotten_for_good(opened: Open, engine: RunningEngine) -> None:
    page = opened()
    write(page, "best food in Las ")
    assert options(page)[0] == "Vegas"
    page.keyboard.press("Shift+Delete")
    until(page, "!state.asking && !state.found.some(item => item.text === 'Vegas')")
    assert "Vegas" in page.inner_text("#note")
    answer = engine.talk().ask(id=1, method="suggest", text="best food in Las ")
    assert "Vegas" not in [item["text"] for item in answer["suggestions"]]


def test_nothing_is_learned_unless_that_is_wanted(opened: Open, engine: RunningEngine) -> None:
    page = opened()
    write(page, "wombats sleep in burrows by day\n")
    page.wait_for_timeout(REST)
    assert engine.talk().ask(id=1, method="status")["learned"] == 0
    page.click("#learn")
    write(page, "wombats sleep in burrows by day\n")
    until(page, "document.querySelector('#note').textContent === 'Learned.'")
    assert engine.talk().ask(id=1, method="status")["learned"] == 1


def test_a_pause_is_seen_and_ended_in_the_page(opened: Open, engine: RunningEngine) -> None:
    page = opened()
    engine.talk().ask(id=1, method="pause", seconds=None)
    page.focus("#text")
    page.keyboard.type("best food in La")
    until(page, "document.querySelector('#note').textContent.includes('paused')")
    assert options(page) == []
    page.click("#pause")
    until(page, "state.found.length")
    assert engine.talk().ask(id=1, method="status")["paused"] is False


def test_the_first_candidate_is_announced_once_after_a_pause(opened: Open) -> None:
    page = opened()
    page.evaluate(
        "window.heard = []; new MutationObserver(() => heard.push(said.textContent))"
        ".observe(said, {childList: true, characterData: true, subtree: true})"
    )
    write(page, "best food in Las")
    until(page, "heard.length")
    page.wait_for_timeout(REST)
    assert len(page.evaluate("heard")) == 1
    assert page.evaluate("heard[0]").startswith("Vegas, ")
    page.evaluate("document.querySelector('details').open = true")
    page.select_option("#announce", "off")
    write(page, " ")
    page.wait_for_timeout(REST)
    assert [words for words in page.evaluate("heard.slice(1)") if words] == []
    page.select_option("#announce", "list")
    write(page, "V")
    until(page, "heard.at(-1).startsWith('1 Vegas, ')")


def test_words_are_shaded_by_how_surely_they_were_foreseen(opened: Open) -> None:
    page = opened()
    write(page, "best food in Las Vegas, xyzzy ")
    page.wait_for_selector("#mirror .s0")
    shaded = page.evaluate("[...document.querySelectorAll('#mirror .s0')].map(word => word.textContent)")
    assert "Vegas" in shaded
    assert "xyzzy" not in shaded
    assert page.inner_text("#word").startswith("xyzzy")
    page.click("#back")
    page.click("#back")
    assert page.inner_text("#word").startswith("Vegas")


def test_large_buttons_keep_their_place_and_are_scanned(opened: Open) -> None:
    page = opened()
    page.click("#show-board")
    write(page, "best food in ")
    buttons = page.locator("#board button").all()
    assert min(min(box["width"], box["height"]) for box in (button.bounding_box() for button in buttons)) >= 64
    places = page.evaluate("state.slots.map(item => item && item.text)")
    page.keyboard.type("L")
    until(page, "!state.asking && before().endsWith('L')")
    after = page.evaluate("state.slots.map(item => item && item.text)")
    assert [word for word in after if word in places] != []
    assert all(places[number] == word for number, word in enumerate(after) if word in places)
    first = str(page.evaluate("state.base + state.slots.find(Boolean).result"))
    page.select_option("#scanning", "2")
    page.keyboard.press("Enter")  # the row of words …
    page.keyboard.press("Enter")  # … and its first
    settled(page, first)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert value(page).endswith("a")


@pytest.mark.parametrize(
    "tastes",
    [
        {},
        {"color_scheme": "dark"},
        {"viewport": {"width": 320, "height": 640}},
        {"forced_colors": "active", "reduced_motion": "reduce"},
    ],
    ids=["light", "dark", "narrow", "forced colours"],
)
def test_everybody_can_use_it(opened: Open, tastes: dict[str, Any]) -> None:
    page = opened(**tastes)
    page.click("#show-board")
    write(page, "best food in Las Vegas, how to boil a")
    page.wait_for_selector("#mirror .s0")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is read without scrolling sideways"
    assert page.get_attribute("#mirror", "aria-hidden") == "true"
    # A field of several lines that has a list is no role of HTML's; `combobox` is what screen readers make most of.
    options = {"rules": {"aria-allowed-role": {"enabled": False}}}
    found = axe.Axe().run(page, options=options).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    if folder := os.environ.get("SCREENSHOTS"):
        name = "-".join(map(str, tastes.values())) or "light"
        page.screenshot(path=str(Path(folder) / f"{name[:20]}.png"), full_page=True)


def test_without_a_token_the_page_says_how_to_open_it(browser: Any, outside: Outside) -> None:
    page = browser.new_page()
    page.goto(f"http://{outside.address}/")
    assert "autocomplete page" in page.inner_text("#note")
    page.close()


def test_the_token_leaves_the_address_and_stays_for_a_reload(opened: Open, outside: Outside) -> None:
    page = opened()
    assert outside.token not in page.url
    page.reload()
    write(page, "best food in La")
    assert options(page)[0] == "Las"


def test_gates_are_shown_while_a_word_is_read(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = explanation.explained

    def with_gates(*arguments: Any, **options: Any) -> explanation.Explanation:
        found = plain(*arguments, **options)
        layers = ({"input": 0.25, "forget": 1.0}, {"input": 0.0, "forget": 0.5})
        return replace(found, words=tuple(replace(word, gates=layers) for word in found.words))

    monkeypatch.setattr(explanation, "explained", with_gates)
    page = opened()
    write(page, "best food in Las Vegas ")
    page.wait_for_selector("#word table")
    rows = page.evaluate("[...document.querySelectorAll('#word tr')].map(row => row.textContent)")
    assert rows == ["layerinputforget", "1 25 % 100 %", "2 0 % 50 %"]
    lit = page.evaluate("[...document.querySelectorAll('.gate i')].map(light => light.style.inlineSize)")
    assert lit == ["25%", "100%", "0%", "50%"]


def test_only_voices_of_this_machine_speak(opened: Open) -> None:
    page = opened(
        script="""
        window.spoken = [];
        const voices = [{name: "Far", voiceURI: "far", lang: "en", localService: false},
          {name: "Near", voiceURI: "near", lang: "en", localService: true}];
        class Utterance { constructor(text) { this.text = text; } }
        Object.defineProperty(window, "SpeechSynthesisUtterance", {value: Utterance});
        Object.defineProperty(window, "speechSynthesis", {value: {getVoices: () => voices, cancel() {},
          addEventListener() {}, speak: said => spoken.push([said.text, said.voice.name])}});
        """
    )
    assert page.evaluate("[...document.querySelectorAll('#voice option')].map(each => each.textContent)") == ["Near"]
    write(page, "best food")
    page.click("#speak")
    assert page.evaluate("spoken") == [["best food", "Near"]]


def test_the_text_is_copied(opened: Open) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    write(page, "best food in Las")
    page.click("#copy")
    until(page, "document.querySelector('#note').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == "best food in Las"


def test_one_switch_is_enough(opened: Open) -> None:
    page = opened()
    page.click("#show-board")
    page.select_option("#scanning", "1")
    until(page, "document.querySelector('.scanned')?.getAttribute('aria-label') === 'abcdefg'")
    page.keyboard.press("Space")
    until(page, "document.querySelector('.scanned')?.textContent === 'b'")
    page.keyboard.press("Space")
    assert value(page) == "b"
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('.scanned')") is None


def test_a_page_whose_engine_has_ended_says_so_and_keeps_the_text(
    browser: Any, outside: Outside, engine: RunningEngine
) -> None:
    page = browser.new_page()
    page.goto(outside.url)
    until(page, "document.querySelector('#model').value")
    write(page, "best food in Las")
    engine.stop()
    page.keyboard.type(" Vegas")
    until(page, "document.querySelector('#note').textContent.includes('autocomplete page')")
    assert value(page) == "best food in Las Vegas"
    page.close()
