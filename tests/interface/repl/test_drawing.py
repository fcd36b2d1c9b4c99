"""What the prompt draws: wide characters, narrow and low terminals, colours, and what is not drawn is not taken."""

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.output import ColorDepth

from autocomplete.errors import UsageError
from tests.interface.repl.driver import (
    ALT_ENTER,
    CTRL_C,
    CTRL_N,
    CTRL_SPACE,
    CTRL_UNDERSCORE,
    ENTER,
    ESCAPE,
    F2,
    LEFT,
    RIGHT,
    TAB,
    TYPED,
    Driver,
    Sized,
    drive,
)


@pytest.mark.parametrize(("typed", "ghost", "row"), [("日本", "語", "1 日本語 90 %"), ("👍", " gut", "1 gut 90 %")])
def test_wide_characters_are_drawn_as_wide_as_they_are(typed: str, ghost: str, row: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press(typed)
        assert at.ghost.replace("\0", "") == ghost
        assert at.screen()[1].replace("\0", "") == row
        await at.press(RIGHT)
        assert at.text.rstrip() == typed + ghost.rstrip()
        await at.press(LEFT, "x")
        assert "x" in at.text

    drive(scenario)


@pytest.mark.parametrize("columns", [4, 8, 18, 19, 20, 21, 22, 40])
def test_narrow_terminals_show_what_fits_on_rows_of_their_own(columns: int) -> None:
    output = Sized()
    output.size = Size(rows=24, columns=columns)

    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        rows = -(-(len(TYPED) + 1) // (columns - 2))  # and room for the cursor
        assert "".join(row[2:] for row in at.screen()[:rows]).replace(" ", "").startswith(TYPED.replace(" ", ""))
        assert at.screen()[rows].startswith("1"[:columns])
        assert len(at.screen()) == rows + 2
        if at.ghost:
            await at.press(RIGHT)
            assert at.text == "best food in Las Vegas "
        else:  # what cannot be seen is not taken
            await at.press(RIGHT)
            assert at.text == TYPED

    drive(scenario, output=output)


def test_a_resize_draws_anew() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert at.screen()[1] == "1 Vegas 80 %   2 Last 10 %"
        at.output.size = Size(rows=24, columns=22)
        await at.redrawn()
        assert at.screen()[:2] == [f"> {TYPED} V…", "1 Vegas 80 %"]
        at.output.size = Size(rows=24, columns=80)
        await at.redrawn()
        assert at.screen()[:2] == [f"> {TYPED} Vegas", "1 Vegas 80 %   2 Last 10 %"]

    drive(scenario)


def test_what_is_below_the_line_never_jumps() -> None:
    async def scenario(at: Driver) -> None:
        for key in [*TYPED, TAB, "x", CTRL_C, *"unsure", CTRL_SPACE, CTRL_N, "/", "k", CTRL_C]:
            await at.press(key, settle=False)
            assert len(at.screen()) == 3
            assert at.screen()[2].count("fake") == 1

    drive(scenario)


def test_colours_are_shades_without_colour() -> None:
    class Colourless(Sized):
        def get_default_color_depth(self) -> ColorDepth:
            return ColorDepth.DEPTH_1_BIT

    for output, shade in ((Sized(), "a8a8a8"), (Colourless(), "")):

        async def scenario(at: Driver, shade: str = shade) -> None:
            await at.press(TYPED)
            attributes = at.prompt.app.renderer._attrs_for_style
            assert attributes is not None
            (style,) = at.styles("ghost.sure")
            assert attributes[style].color == shade
            assert attributes[style].dim is (shade == "")

        drive(scenario, output=output)


def test_a_style_of_ones_own_wins_and_a_wrong_one_is_refused() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        (style,) = at.styles("ghost.sure")
        attributes = at.prompt.app.renderer._attrs_for_style
        assert attributes is not None
        assert attributes[style].color == "123456"

    drive(scenario, style={"ghost": "#123456"})
    for wrong in ({"gost": "bold"}, {"ghost": "#12"}):
        with pytest.raises(UsageError):
            drive(scenario, style=wrong)


def test_the_row_shows_what_a_command_takes() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("/m")
        assert at.screen()[1] == "/mode auto|next|complete   /model NAME"

    drive(scenario)


def test_the_toolbar_counts_what_is_saved() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert "saved 0 % (0 keys)" in at.screen()[-1]
        await at.press(TAB)
        assert "saved 23 % (5 keys)" in at.screen()[-1]
        await at.press(ENTER)
        assert "saved 23 % (5 keys)" in at.screen()[-1]
        assert at.screen()[-1].startswith("fake · not learning · saved")
        at.output.size = Size(rows=24, columns=40)
        await at.redrawn()
        assert "not learning" in at.screen()[-1]

    drive(scenario)


def test_a_ghost_is_drawn_at_the_end_of_its_line_in_a_longer_text() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("x", ALT_ENTER, "y", "\x1b[A")
        assert at.ghost == ""
        await at.press(CTRL_C, "un café", ALT_ENTER, "y", "\x1b[A", "\x05")
        assert at.screen()[0] == "> un café crème"
        await at.press(RIGHT)
        assert at.text == "un café crème \ny"

    drive(scenario)


def test_candidates_that_are_not_drawn_are_neither_taken_nor_chosen() -> None:
    output = Sized()
    output.size = Size(rows=24, columns=20)

    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert len(at.candidates()) == 2
        assert at.screen()[-2] == "1 Vegas 80 %"
        await at.press(f"{ESCAPE}2")
        assert at.text == TYPED
        await at.press(CTRL_N, CTRL_N)
        assert at.prompt.state.frame.selected == at.candidates()[0]
        await at.press(F2, f"{ESCAPE}2")
        assert at.text == "best food in Last "

    drive(scenario, output=output)


@pytest.mark.parametrize(("rows", "below"), [(1, 0), (2, 1), (3, 2), (5, 4), (12, 10)])
def test_low_terminals_keep_the_line(rows: int, below: int) -> None:
    output = Sized()
    output.size = Size(rows=rows, columns=80)

    async def scenario(at: Driver) -> None:
        await at.press(F2, TYPED)
        assert at.screen()[0] == f"> {TYPED} Vegas"
        assert len(at.screen()) == 1 + below
        await at.press(f"{ESCAPE}2")
        assert (at.text == TYPED) == (rows <= 3)

    drive(scenario, output=output, k=9)


@pytest.mark.parametrize("key", [TAB, RIGHT, "\x1b1"])
def test_what_would_change_is_seen_before_it_is_taken_whole_and_undone_in_one_step(key: str) -> None:
    async def scenario(at: Driver) -> None:
        await at.press("in lsa")
        assert at.screen()[:2] == ["> in lsa → Las", "1 Las 70 %"]
        await at.press(key)
        assert at.text == "in Las "
        await at.press(CTRL_UNDERSCORE)
        assert at.text == "in lsa"

    drive(scenario)


@pytest.mark.parametrize(("columns", "drawn"), [(40, " → Las"), (14, " → L…"), (13, ""), (12, "")])
def test_a_change_of_which_nothing_can_be_seen_is_not_taken(columns: int, drawn: str) -> None:
    output = Sized()
    output.size = Size(rows=24, columns=columns)

    async def scenario(at: Driver) -> None:
        await at.press("in lsa")
        assert at.ghost == drawn
        await at.press(RIGHT)
        assert at.text == ("in Las " if drawn else "in lsa")

    drive(scenario, output=output)


def test_how_long_an_answer_took_is_told_to_whoever_asks() -> None:
    async def scenario(at: Driver) -> None:
        await at.press(TYPED)
        assert " ms" not in at.screen()[-1]
        await at.press(CTRL_C, "/explain", ENTER, TYPED)
        assert " ms" in at.screen()[-1]

    drive(scenario)

    async def asked(at: Driver) -> None:
        await at.press(TYPED)
        assert " ms" in at.screen()[-1]

    drive(asked, latency=True)


def test_the_names_of_models_are_shown_and_completed() -> None:
    async def scenario(at: Driver) -> None:
        await at.press("/model m")
        assert at.screen()[1] == "mail   mail-old   minutes"
        await at.press("a", TAB)
        assert at.text == "/model mail"
        await at.press("-", TAB)
        assert at.text == "/model mail-old"

    drive(scenario, models=("mail", "mail-old", "minutes", "notes"))
