"""Laws of the search for words by their beginning."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text.prefixes import PrefixIndex, without_case, without_marks

TEXT = st.text(st.sampled_from("abßιé\u0301\u0323\u0324\u0344\u0345\u01f1"), max_size=4)


@pytest.mark.parametrize("fold", [without_case, without_marks])
@given(words=st.lists(TEXT, max_size=6), prefix=TEXT)
def test_just_the_words_that_begin_so_are_found(fold: Callable[[str], str], words: list[str], prefix: str) -> None:
    index = PrefixIndex(words, fold)
    found = index.beginning_with(prefix).tolist()
    assert found == [place for place, word in enumerate(words) if fold(word).startswith(fold(prefix))]
    assert index.count(prefix) == len(found)
