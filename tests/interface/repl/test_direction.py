"""Text from right to left, and letters that are joined: Persian, Arabic, Hebrew and Hindi."""

import pytest

from autocomplete.interface.repl.direction import END, FIRST_STRONG, goes_left, has_right_to_left, isolated
from autocomplete.interface.repl.screen import candidate_row, width_of
from autocomplete.interface.repl.state import Candidate
from autocomplete.predict.suggestion import Suggestion
from tests.engine.fakes import FakeSuggester
from tests.interface.repl.driver import BACKSPACE, CTRL_UNDERSCORE, ENTER, LEFT, RIGHT, TAB, Driver, drive

CTRL_LEFT, CTRL_RIGHT = "\x1b[1;5D", "\x1b[1;5C"
# What is typed, and the word that the model offers for the last one.
PERSIAN, ARABIC, HEBREW, HINDI = (
    ("من می\u200cخ", "می\u200cخواهم"),
    ("أريد أن أق", "أقرأ"),
    ("אני רו", "רוצה"),
    ("यह शक्\u200d", "शक्\u200dति"),
)
LEFTWARD = [PERSIAN, ARABIC, HEBREW]


class Fixed(FakeSuggester):
    """Offers one word for the last one typed, and nothing after a blank."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word

    def suggest(self, text: str, **_: object) -> list[Suggestion]:
        self.asked.append((text, ""))
        half = text.rpartition(" ")[2]
        if not half or half == self.word:
            return []
        return [
            Suggestion.applied(
                text, text=self.word, kind="complete", replace=len(half), insert=self.word, probability=0.9, experts={}
            )
        ]


@pytest.mark.parametrize(
    ("text", "left"),
    [("", False), ("abc", False), ("אבג", True), ("abc אבג", True), ("אבג abc", False), ("אבג 12, ", True),
     ("سلام ", True), ("12 ", False), ("नमस्ते", False), ("a" + " " * 500, False)],
)  # fmt: skip
def test_a_text_goes_on_as_its_last_letter_does(text: str, left: bool) -> None:
    assert goes_left(text) is left


@pytest.mark.parametrize(("typed", "word"), LEFTWARD)
def test_what_is_written_to_the_left_is_isolated_with_its_ghost_on_its_left(typed: str, word: str) -> None:
    """Within one isolate, what follows in the row is drawn further left."""

    async def scenario(at: Driver) -> None:
        await at.press(typed)
        rest = word[len(typed.rpartition(" ")[2]) :]
        assert at.screen()[0] == f"> {FIRST_STRONG}{typed}{rest}{END}"
        assert at.screen()[1] == f"1 {FIRST_STRONG}{word}{END} 90 %"
        assert at.ghost.rstrip(END) == rest

    drive(scenario, completer=Fixed(word))


@pytest.mark.parametrize(("typed", "word"), LEFTWARD)
def test_left_goes_on_and_takes_there_and_right_goes_back(typed: str, word: str) -> None:
    async def scenario(at: Driver) -> None:
        end = len(typed)
        await at.press(typed, RIGHT)
        assert (at.text, at.prompt.buffer.cursor_position) == (typed, end - 1)
        await at.press(LEFT)
        assert (at.text, at.prompt.buffer.cursor_position) == (typed, end)
        await at.press(LEFT)
        assert at.text == f"{typed.rpartition(' ')[0]} {word} "
        await at.press(CTRL_UNDERSCORE, CTRL_LEFT)
        assert at.text == f"{typed.rpartition(' ')[0]} {word} "
        await at.press(CTRL_RIGHT)
        assert at.prompt.buffer.cursor_position == typed.rindex(" ") + 1

    drive(scenario, completer=Fixed(word))


@pytest.mark.parametrize(("typed", "word"), [*LEFTWARD, HINDI])
@pytest.mark.parametrize("bidi", [False, True])
def test_where_text_goes_right_or_the_terminal_does_not_order_it_right_takes(typed: str, word: str, bidi: bool) -> None:
    if bidi and has_right_to_left(typed):
        return

    async def scenario(at: Driver) -> None:
        await at.press(typed)
        assert FIRST_STRONG not in "".join(at.screen()[0])
        await at.press(RIGHT)
        assert at.text.endswith(f"{word} ")

    drive(scenario, completer=Fixed(word), bidi=bidi)


def test_what_changes_to_the_left_has_its_arrow_to_the_left() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("من میخواهم"[:7])
        assert at.ghost.rstrip(END) == " ← می\u200cخواهم"
        await at.press(TAB)
        assert at.text == "من می\u200cخواهم "

    drive(scenario, completer=Fixed("می\u200cخواهم"))


@pytest.mark.parametrize(("typed", "word"), [PERSIAN, HINDI])
def test_joiners_stay_as_typed_as_drawn_and_as_taken(typed: str, word: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(*typed)
        assert at.text == at.completer.asked[-1][0] == typed
        assert word in at.screen()[1]
        await at.press(TAB, BACKSPACE, ENTER)
        assert at.lines == [f"{typed.rpartition(' ')[0]} {word}"]

    drive(scenario, completer=Fixed(word))


def test_an_isolate_is_closed_where_a_name_is_cut_and_takes_no_column() -> None:
    word = HEBREW[1] * 5
    item = Suggestion.applied("", text=word, kind="next", replace=0, insert=word, probability=0.9, experts={})
    ((_, text, *_),) = candidate_row([Candidate(item, word, True, True)], None, 10)
    assert text.startswith(f"1 {FIRST_STRONG}")
    assert text.endswith(END)
    assert width_of(text) == 10
    assert isolated("abc") == "abc"
