import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autocomplete.corpus.pieces import numbered_pieces

# Lengths in bytes on either side of every border between ways to compare, equal beginnings, and what UTF-8 lacks.
ALIKE = [f"abcdefghijklmnopqrstuvwxyz{tail}"[-length:] for length in (1, 2, 7, 8, 9) for tail in ("", "é")]
BEGUN_ALIKE = ["abcdefghijklmnopqrstuvwxyz"[:length] for length in (4, 8, 9, 11, 12, 13, 15, 16, 17, 26)]
ODD = ["\0", "\0\0", "a\0", "\0a", "ÿ", "\udcff", "\t", "\r", "\u3000", "你好", "🇩🇪🇩🇪🇩🇪"]
TEXTS = st.lists(st.sampled_from([*ALIKE, *BEGUN_ALIKE, *ODD, " ", "\n"])).map("".join) | st.text()


@pytest.mark.parametrize("slot_bits", [1, 18])
@given(text=TEXTS)
@example(text="a \n\nb a\n b \u00e4")
@example(text=" ".join(f"word{number % 97} {number % 89}" for number in range(300)))
def test_numbers_and_distinct_pieces_are_the_text(text: str, slot_bits: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autocomplete.corpus.pieces._SLOT_BITS", slot_bits)  # few slots: many keys in each
        lines, numbers = numbered_pieces(text)
    distinct = lines.split("\n") if lines else []
    assert ["\n" if number == 0 else distinct[number - 1] for number in numbers] == re.findall(r"\n|[^ \n]+", text)
    assert len(set(distinct)) == len(distinct)
