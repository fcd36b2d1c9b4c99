"""What is drawn fits: rows, ghosts and toolbars are cut to the width of the terminal, character by character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.interface.repl import screen
from autocomplete.interface.repl.settings import COLORS, SHADES
from autocomplete.interface.repl.state import Candidate, Tally
from autocomplete.predict.suggestion import Suggestion

WIDE = st.text(st.sampled_from("ab é日本👍🏽👩‍🦰\n\x07\u0301"), max_size=40)


def candidate(text: str, probability: float = 0.5, *, ready: bool = True) -> Candidate:
    suggestion = Suggestion.applied(
        "", text=text, kind="next", replace=0, insert=text, probability=probability, experts={"network": 1.0}
    )
    return Candidate(suggestion, text, confident=True, ready=ready)


def drawn(fragments: screen.Fragments) -> str:
    return "".join(fragment[1] for fragment in fragments)


@given(text=WIDE, width=st.integers(0, 30))
def test_what_is_cut_fits_and_says_so(text: str, width: int) -> None:
    shown = screen.cut(text, width)
    assert screen.width_of(shown) <= width
    if shown != text:
        assert shown == "" or shown.endswith("…")
        assert text.startswith(shown.removesuffix("…"))


@given(line=WIDE, rest=WIDE, width=st.integers(1, 30))
def test_a_ghost_never_makes_the_line_a_row_longer(line: str, rest: str, width: int) -> None:
    line = screen.printable(line)
    shown = screen.visible_ghost(rest, line, width)
    assert screen.column_after(line, width) + screen.width_of(shown) < width or shown == ""


@given(texts=st.lists(WIDE.filter(bool), max_size=9), width=st.integers(1, 80))
def test_rows_lists_and_toolbars_fit(texts: list[str], width: int) -> None:
    items = [candidate(text) for text in texts]
    selected = items[0] if items else None
    row = drawn(screen.candidate_row(items, selected, width))
    assert screen.width_of(row) <= width
    assert "\n" not in row
    listed = drawn(screen.candidate_list(items, selected, width, explaining=True)).splitlines()
    assert len(listed) == len(items)
    assert all(screen.width_of(line) <= width for line in listed)
    assert screen.width_of(drawn(screen.side_by_side([("", text) for text in texts], width))) <= width


@pytest.mark.parametrize(("width", "shown"), [(80, "1 Vegas 50 %   2 Las 50 %"), (20, "1 Vegas 50 %"), (8, "1 Vegas…")])
def test_candidates_that_do_not_fit_are_left_out_whole(width: int, shown: str) -> None:
    assert drawn(screen.candidate_row([candidate("Vegas"), candidate("Las")], None, width)) == shown


def test_a_toolbar_leaves_out_what_matters_least() -> None:
    parts = [("", "trouble"), ("", ""), ("", "model"), ("", "a long help text")]
    assert drawn(screen.side_by_side(parts, 80)) == "trouble · model · a long help text"
    assert drawn(screen.side_by_side(parts, 20)) == "trouble · model"
    assert drawn(screen.side_by_side(parts, 4)) == "tro…"


def test_shades_show_confidence() -> None:
    styles = [screen.ghost_style(probability) for probability in (0.3, 0.5, 0.9)]
    assert styles == ["class:ghost.unsure", "class:ghost.likely", "class:ghost.sure"]
    assert len({COLORS[style.removeprefix("class:")] for style in styles}) == 3
    assert all("dim" in SHADES[style.removeprefix("class:")] for style in styles)


def test_what_is_chosen_stands_out_and_what_waits_stands_back() -> None:
    items = [candidate("a"), candidate("b"), candidate("c", ready=False)]
    styles = [fragment[0] for fragment in screen.candidate_row(items, items[1], 80)]
    assert styles == ["class:row", "class:row.selected", "class:row.waiting"]


def test_probabilities_are_read_at_a_glance() -> None:
    assert [screen.percent(share) for share in (0.0, 0.001, 0.126, 1.0)] == ["0 %", "<1 %", "13 %", "100 %"]


def test_savings_are_told_as_share_and_count() -> None:
    told = [screen.savings(tally) for tally in (Tally(), Tally(10, 9), Tally(10, 4), Tally(10, 11))]
    assert told == ["saved 0 % (0 keys)", "saved 10 % (1 key)", "saved 60 % (6 keys)", "saved -10 % (-1 key)"]


def test_a_spoken_list_says_all() -> None:
    items = [candidate("Vegas", 0.8), candidate("Last", 0.1)]
    assert screen.spoken_list(items, explaining=False) == "1: Vegas 80 %\n2: Last 10 %"
    assert screen.spoken_list(items, explaining=True).splitlines()[1] == "2: Last 10 %, network 100 %"
    assert screen.spoken_list([], explaining=True) == "no suggestion"
