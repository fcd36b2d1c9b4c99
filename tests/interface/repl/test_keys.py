"""Every key does what the help says, in the real application."""

from pathlib import Path

import pytest

from autocomplete.errors import UsageError
from autocomplete.interface.repl.settings import bound_keys, parse_keys
from tests.interface.repl.driver import (
    ALT_ENTER,
    ALT_F,
    BACKSPACE,
    CTRL_C,
    CTRL_D,
    CTRL_E,
    CTRL_F,
    CTRL_N,
    CTRL_P,
    CTRL_R,
    CTRL_RIGHT,
    CTRL_SPACE,
    CTRL_UNDERSCORE,
    DOWN,
    END,
    ENTER,
    ESCAPE,
    F1,
    F2,
    F3,
    F4,
    HOME,
    LEFT,
    RIGHT,
    TAB,
    TYPED,
    UP,
    Driver,
    drive,
)


@pytest.mark.parametrize("key", [RIGHT, CTRL_F, END, CTRL_E])
def test_the_whole_ghost_is_taken_at_the_end_of_the_line(key: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert at.ghost == " Vegas tonight"
        await at.press(key)
        assert at.text == "best food in Las Vegas tonight "
        assert at.ghost == ""

    drive(scenario, words=2)


@pytest.mark.parametrize("key", [TAB, ALT_F, CTRL_RIGHT])
def test_one_word_is_taken_and_the_rest_stays(key: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, key)
        assert at.text == "best food in Las Vegas "
        assert at.ghost == "tonight"
        await at.press(key)
        assert at.text == "best food in Las Vegas tonight "

    drive(scenario, words=2)


@pytest.mark.parametrize("key", [RIGHT, CTRL_F, END, CTRL_E, ALT_F, CTRL_RIGHT])
def test_within_the_line_the_keys_move_as_ever(key: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, HOME)
        assert at.ghost == ""
        await at.press(key)
        assert at.text == TYPED
        assert at.prompt.buffer.cursor_position > 0

    drive(scenario)


@pytest.mark.parametrize("key", [ALT_F, CTRL_RIGHT])
def test_a_word_forward_stops_where_the_next_word_ends(key: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press("one two, three", HOME)
        places = []
        for _ in range(4):
            await at.press(key)
            places.append(at.prompt.buffer.cursor_position)
        assert (at.text, places) == ("one two, three", [3, 7, 14, 14])

    drive(scenario)


def test_typing_along_keeps_the_ghost() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        for done, key in enumerate(" Vega", 1):
            await at.press(key, settle=False)
            assert at.ghost == " Vegas"[done:]

    drive(scenario)


@pytest.mark.parametrize("number", range(1, 10))
def test_a_candidate_is_taken_by_its_number(number: int) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, f"{ESCAPE}{number}")
        taken = {1: "best food in Las Vegas ", 2: "best food in Last "}
        assert at.text == taken.get(number, TYPED)

    drive(scenario, k=9)


def test_candidates_are_cycled() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, CTRL_N)
        assert at.ghost == "t"
        await at.press(CTRL_N)
        assert at.ghost == " Vegas"
        await at.press(CTRL_P)
        assert at.ghost == "t"
        await at.press(RIGHT)
        assert at.text == "best food in Last "

    drive(scenario)


def test_nothing_is_drawn_under_the_threshold_until_asked() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("unsure")
        assert at.ghost == ""
        assert [item.suggestion.text for item in at.candidates()] == ["perhaps", "maybe"]
        await at.press(RIGHT)
        assert at.text == "unsure"
        await at.press(CTRL_SPACE)
        assert at.ghost == " perhaps"
        await at.press(" p")
        assert at.ghost == "erhaps"
        await at.press(RIGHT)
        assert at.text == "unsure perhaps "

    drive(scenario)


def test_tab_shows_what_it_would_take_before_it_takes_it() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("unsure", TAB)
        assert (at.text, at.ghost) == ("unsure", " perhaps")
        await at.press(TAB)
        assert at.text == "unsure perhaps "

    drive(scenario)


def test_escape_dismisses_at_once_and_until_the_next_word() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("best food in La")
        assert at.ghost == "s Vegas"
        at.pipe.send_text(ESCAPE)
        await at.until(lambda: at.ghost == "", seconds=0.4)
        await at.press("s")
        assert (at.ghost, at.candidates()) == ("", ())
        await at.press(" ")
        assert at.ghost == "Vegas tonight"

    drive(scenario, words=2)


def test_backspace_and_moves_of_the_cursor_suggest_again() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(f"{TYPED}x")
        assert at.ghost == ""
        await at.press(BACKSPACE)
        assert at.ghost == " Vegas"
        await at.press(LEFT)
        assert at.ghost == ""
        await at.press(RIGHT)
        assert at.ghost == " Vegas"

    drive(scenario)


def test_an_accept_is_undone_in_one_step() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, RIGHT, RIGHT)
        assert at.text == "best food in Las Vegas tonight "
        await at.press(CTRL_UNDERSCORE)
        assert at.text == "best food in Las Vegas "
        await at.press(CTRL_UNDERSCORE)
        assert at.text == TYPED
        await at.press(RIGHT, CTRL_UNDERSCORE, RIGHT, ",")
        assert at.text == "best food in Las Vegas,"

    drive(scenario)


@pytest.mark.parametrize("mark", [".", ",", ";", ":", "!", "?", ")"])
def test_a_mark_swallows_the_virtual_space(mark: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, TAB, mark)
        assert at.text == f"best food in Las Vegas{mark}"
        await at.press(CTRL_UNDERSCORE)
        assert at.text == "best food in Las Vegas "

    drive(scenario)


def test_a_typed_space_stays() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, TAB, " ", ",")
        assert at.text == "best food in Las Vegas ,"
        await at.press(CTRL_C, TYPED, TAB, " ", "x")
        assert at.text == "best food in Las Vegas x"

    drive(scenario)


def test_enter_commits_without_the_virtual_space_and_is_context() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, TAB, ENTER)
        assert at.lines == ["best food in Las Vegas"]
        await at.press("un café")
        assert at.completer.asked[-1] == ("un café", "best food in Las Vegas\n")

    drive(scenario)


def test_the_history_is_walked() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("one", ENTER, "two", ENTER)
        await at.press(UP)
        assert at.text == "two"
        await at.press(UP)
        assert at.text == "one"
        await at.press(DOWN)
        assert at.text == "two"
        assert at.prompt.state.line.keys == 3  # as if typed: only suggestions save

    drive(scenario)


def test_alt_enter_breaks_the_line() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("one", ALT_ENTER, "two", ENTER)
        assert at.lines == ["one\ntwo"]
        await at.press(f"{TYPED} V", RIGHT, ALT_ENTER, "two")
        assert at.text == "best food in Las Vegas\ntwo"

    drive(scenario)


def test_candidates_stand_in_a_row_or_below_each_other() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert at.screen()[1] == "1 Vegas 80 %   2 Last 10 %"
        await at.press(F2)
        assert at.screen()[1:3] == ["1 Vegas   80 %", "2 Last    10 %"]
        assert at.screen()[6].startswith("fake")  # room for five, though there are two
        await at.press(F2)
        assert at.screen()[2].startswith("fake")

    drive(scenario)


def test_off_the_record_leaves_no_trace() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(F3)
        assert "off the record" in at.screen()[-1]
        await at.press("a secret", ENTER, F3, "no secret", ENTER, " with a space", ENTER)
        assert at.lines == ["no secret"]
        await at.press(UP, UP, UP)
        assert at.text == "no secret"
        assert all("a secret" not in context for _, context in at.completer.asked)

    driver = drive(scenario, learn=True)
    assert driver.completer.learned == ["no secret"]


def test_suggestions_are_switched_off_and_still_come_when_asked() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(F4, TYPED)
        assert (at.ghost, at.candidates()) == ("", ())
        assert "suggestions off" in at.screen()[-1]
        await at.press(CTRL_SPACE)
        assert at.ghost == " Vegas"
        await at.press(RIGHT)
        assert at.candidates() == ()
        await at.press(F4)
        assert at.ghost == "tonight"

    drive(scenario)


def test_ctrl_c_clears_and_undo_brings_back() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("not so", CTRL_C)
        assert at.text == ""
        await at.press(CTRL_UNDERSCORE)
        assert at.text == "not so"
        await at.press(CTRL_C, CTRL_C)
        assert "ctrl-d ends" in at.screen()[-1]
        await at.press("x", CTRL_C)
        assert "ctrl-d ends" not in at.screen()[-1]

    assert drive(scenario).lines == []


def test_ctrl_d_deletes_in_a_line_and_ends_in_an_empty_one() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("ab", LEFT, CTRL_D)
        assert at.text == "a"
        await at.press(BACKSPACE, CTRL_D, settle=False)
        await at.until(lambda: not at.prompt.app.is_running)

    drive(scenario)


@pytest.mark.parametrize("away", [F1, ESCAPE, ENTER])
def test_f1_shows_the_keys_below_the_line_and_takes_them_away(away: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, F1)
        assert at.screen()[0] == f"> {TYPED} Vegas"
        shown = "\n".join(at.screen()[1:])
        assert "alt-1 … alt-9" in shown
        assert "/forget" in shown
        assert "/quit" in shown
        assert "not learning" not in shown
        await at.press(" ")  # one may go on writing beside it
        assert at.text == f"{TYPED} "
        await at.press(away)
        assert "not learning" in at.screen()[2]
        assert not any(at.screen()[3:])

    drive(scenario)


def test_a_line_is_looked_for_by_what_it_begins_with() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("water the roses", ENTER, "call the garage", ENTER, "water the beans", ENTER, "wat", UP)
        assert at.text == "water the beans"
        await at.press(UP)
        assert at.text == "water the roses"
        await at.press(UP)
        assert at.text == "water the roses"
        await at.press(DOWN, DOWN)
        assert at.text == "wat"

    drive(scenario)


def test_a_line_begun_anew_stands_behind_the_newest_one() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("one", ENTER, "two", ENTER, UP, UP, CTRL_C)
        assert at.text == ""
        await at.press(UP)
        assert at.text == "two"
        await at.press(UP)
        assert at.text == "one"

    drive(scenario)


def test_a_line_is_looked_for_by_what_it_holds() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("water the roses", ENTER, "call the garage", ENTER)
        await at.press(CTRL_R, "ros", settle=False)
        assert "water the roses" in at.screen()[0]
        assert any("ros" in row for row in at.screen()[1:])
        assert not any("not learning" in row for row in at.screen())
        await at.press(ENTER)
        assert (at.text, at.lines) == ("water the roses", ["water the roses", "call the garage"])
        await at.press(ENTER)
        assert at.lines[-1] == "water the roses"
        await at.press(CTRL_R, "gar", "\x07", settle=False)  # Ctrl-G gives up
        assert at.text == ""
        assert at.prompt.state.tally.saved == 0

    drive(scenario)


def test_the_line_is_written_in_an_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nprintf ' and more\\nof it\\n' >> \"$1\"\n")
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))

    async def scenario(at: Driver) -> None:
        await at.press("a line", settle=False)
        at.pipe.send_text("\x18\x05")
        await at.until(lambda: at.text != "a line")
        assert at.text == "a line and more\nof it"
        await at.redrawn()
        await at.press(ENTER)
        assert at.lines == ["a line and more\nof it"]

    drive(scenario)


def test_undoing_costs_no_keys() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, RIGHT, CTRL_UNDERSCORE, LEFT, HOME, END, CTRL_UNDERSCORE)
        assert "saved 0 % (0 keys)" in at.screen()[-1]

    drive(scenario)


def test_vi_tells_its_mode() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("one")
        assert at.screen()[-1].startswith("vi: insert · ")
        await at.press(ESCAPE)
        assert at.screen()[-1].startswith("vi: normal · ")
        await at.press("v")
        assert at.screen()[-1].startswith("vi: visual · ")

    drive(scenario, vi=True)


def test_vi_mode_moves_and_suggests_while_inserting() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert at.ghost == " Vegas"
        await at.press(ESCAPE)
        assert (at.ghost, at.screen()[1]) == ("", "")
        await at.press("x", "A")
        assert (at.text, at.ghost) == ("best food in La", "s")
        await at.press(RIGHT)
        assert at.text == "best food in Las "
        await at.press(ESCAPE, "u")
        assert at.text == "best food in La"
        await at.press("A", f"{ESCAPE}1")
        assert at.text == "best food in Las "
        await at.press(ENTER)
        assert at.lines == ["best food in Las"]

    drive(scenario, vi=True)


def test_keys_are_bound_anew() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, RIGHT)
        assert at.text == TYPED
        await at.press("\x14")  # Ctrl-T
        assert at.text == "best food in Las Vegas "
        await at.press(CTRL_C, "unsure", TAB)
        assert at.ghost == " perhaps"
        await at.press(TAB)
        assert at.text == "unsure"

    drive(scenario, keys=bound_keys({"accept": "ctrl-t", "ask": ["tab"], "dismiss": []}))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("ctrl-f", ("c-f",)),
        ("alt-1", ("escape", "1")),
        ("ctrl-x alt-enter", ("c-x", "escape", "c-m")),
        ("ctrl-space", ("c-@",)),
        ("alt-ctrl-f", ("escape", "c-f")),
        ("ctrl-alt-f", ("escape", "c-f")),
        ("shift-tab", ("s-tab",)),
        ("ctrl-shift-right", ("c-s-right",)),
        ("f12", ("f12",)),
    ],
)
def test_keys_have_names_that_people_use(text: str, keys: tuple[str, ...]) -> None:
    assert parse_keys(text) == keys


@pytest.mark.parametrize("text", ["", "x", "space", "ctrl-nothing", "hyper-x"])
def test_a_key_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_keys(text)


def test_digits_take_a_candidate_within_a_word_and_are_digits_elsewhere() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("best f", "1")
        assert at.text == "best food "
        await at.press("2")
        assert at.text == "best food 2"
        await at.press(CTRL_C, "best f", "9")
        assert at.text == "best f9"
        await at.press("1")
        assert at.text == "best f91"
        await at.press(CTRL_C, *"unsure 1")  # a next word is no word begun
        assert at.text == "unsure 1"
        await at.press(CTRL_C, "one", "\x0f", "two", ENTER)
        assert at.lines == ["one\ntwo"]

    drive(scenario, keys=bound_keys({"profile": "digits"}))


def test_without_alt_function_keys_take_candidates() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED, "\x1b[17~")  # F6
        assert at.text == "best food in Last "
        await at.press(F1)
        assert "f5 … f12" in "\n".join(at.screen())
        assert "alt" not in "\n".join(at.screen())

    keys = bound_keys({"profile": "no-alt"})
    assert not [name for names in keys.values() for name in names if "alt" in name]
    drive(scenario, keys=keys)


def test_keys_of_ones_own_win_over_a_profile() -> None:
    keys = bound_keys({"profile": "no-alt", "ask": "f5", "take-2": "alt-2"})
    assert (keys["ask"], keys["take-1"], keys["take-2"], keys["take-3"]) == (("f5",), (), ("alt-2",), ("f7",))
