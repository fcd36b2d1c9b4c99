"""What knowing no context costs."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from autocomplete.corpus import perplexity


def test_tokens_cost_their_frequency_however_long_the_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = cast(Any, SimpleNamespace(counts=(0, 2, 4)))  # one more each: 1, 3 and 5 of 9
    tokens = np.array([2, 2, 1, 0, 2], np.int32)
    expected = -(3 * math.log(5 / 9) + math.log(3 / 9) + math.log(1 / 9)) / 5
    assert perplexity.unigram_nats(vocabulary, tokens) == pytest.approx(expected)
    monkeypatch.setattr(perplexity, "STRETCH", 2)
    assert perplexity.unigram_nats(vocabulary, tokens) == pytest.approx(expected)
