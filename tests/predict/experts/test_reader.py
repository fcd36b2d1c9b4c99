"""Laws of context: text before the input counts as if typed, and is never changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.predict.suggester import Suggester
from tests.predict.asking import ANY_TEXT, check, several

CONTEXTS = ["how to boil an egg\n", "best food in Zwolle please\n", "a\n\nb\n", "\n", "😀 now\n", "un cafe\u0301\n"]


@pytest.mark.parametrize("context", CONTEXTS, ids=ascii)
@pytest.mark.parametrize("typed", ["", "best food in ", "best food in Z", "un caf", "\u0301", " ", "now ?"], ids=ascii)
@pytest.mark.parametrize("words", [1, 3])
def test_text_after_context_is_as_if_typed_at_once(suggester: Suggester, context: str, typed: str, words: int) -> None:
    after = suggester.suggest(typed, k=5, words=words, context=context)
    at_once = suggester.suggest(context + typed, k=5, words=words)
    check(typed, after)
    assert [(item.text, item.kind, item.replace, item.insert, item.probability) for item in after] == [
        (item.text, item.kind, item.replace, item.insert, item.probability) for item in at_once
    ]
    assert [context + item.result for item in after] == [item.result for item in at_once]


@pytest.mark.parametrize("typed", ["Las", "La", "Las ", " Las"])
@pytest.mark.parametrize("words", [1, 3])
def test_a_text_goes_on_where_its_context_ends(suggester: Suggester, typed: str, words: int) -> None:
    """The space between them need not be written, and as without a text no line break is made up."""
    at_once = suggester.suggest("best food in " + typed.lstrip(), k=5, words=words)
    for context in ("best food in", "best food in "):
        after = suggester.suggest(typed, k=5, words=words, context=context)
        assert [(item.insert, item.probability) for item in after] == [
            (item.insert, item.probability) for item in at_once
        ]


@several
@given(typed=st.sampled_from(["", " ", "?", "L", " L"]), context=ANY_TEXT)
def test_context_is_never_changed(suggester: Suggester, typed: str, context: str) -> None:
    for item in suggester.suggest(typed, k=6, context=context, words=2):
        assert item.replace <= len(typed)
        assert typed[: len(typed) - item.replace] + item.insert == item.result


def test_a_half_typed_end_of_context_leaves_room_for_what_follows(suggester: Suggester) -> None:
    """Its completions would change it; the next words still fill the list."""
    found = suggester.suggest("", context="best food in Las", k=3)
    assert found[0].result == " Vegas"
    assert len(found) == 3
    assert len(suggester.suggest("", context="best food in L", k=3)) == 3


def test_context_makes_a_name_known(trained_model: str) -> None:
    suggester = Suggester.open(trained_model)
    context = "best food in Zwolle please\nhow to boil an egg\n"
    assert suggester.suggest("best food in Zw", k=1, context=context)[0].text == "Zwolle"
    assert "Zwolle" not in {item.text for item in suggester.suggest("best food in Zw", k=50)}
