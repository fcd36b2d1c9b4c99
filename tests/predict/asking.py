"""What a suggester is asked in tests, and what any answer keeps."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Suggestion

PIECES = [
    "best ", "food ", "in ", "Las", " Vegas", "Veg", "un ", "caf", "crè", " ", "?", "\n", "é", "👩‍👩‍👧", "LA", "vegsa",
]  # fmt: skip
ANY_TEXT = st.text(max_size=25) | st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
MODES = st.sampled_from(["auto", "next", "complete"])
STARTS = ["", "best ", "best food in ", "best food in Las", "how to bo", "un caf", "weather in Paris ", "flights from"]
several = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def with_threshold(suggester: Suggester, threshold: float | None) -> Suggester:
    """The same, sure enough from another probability on."""
    manifest = replace(suggester.manifest, threshold=threshold, thresholds=None)
    return Suggester(replace(suggester.model, manifest=manifest), personal=suggester.personal)


def assert_same(found: Sequence[Suggestion], expected: Sequence[Suggestion]) -> None:
    """The same suggestions; what was read in other pieces is added up, and rounded, in another order."""
    assert [item.result for item in found] == [item.result for item in expected]
    assert [item.probability for item in found] == pytest.approx([item.probability for item in expected], rel=1e-5)


def words_in(text: str) -> list[str]:
    return [word for word in text.replace("?", " ").split() if word]


def check(typed: str, found: list[Suggestion], *, words: int = 1) -> None:
    """The insert contract, and a list in order; phrases go by their first words, and keep no order that shows."""
    for item in found:
        assert 0 <= item.replace <= len(typed)
        assert typed[: len(typed) - item.replace] + item.insert == item.result
        assert item.result != typed
        assert 0.0 <= item.probability <= 1.0
        assert item.text
        assert "<unk>" not in item.text
        assert "<eos>" not in item.text
    if words == 1:
        assert all(one.probability >= other.probability for one, other in pairwise(found))
    assert sum(item.probability for item in found) <= 1.0 + 1e-4
    assert len({item.result for item in found}) == len(found)
