import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.errors import ModelError
from autocomplete.text.unicode import holds_control
from autocomplete.text.vocabulary import Joining, Vocabulary, may_be_secret


def build(
    counts: dict[str, int],
    *,
    max_size: int | None = None,
    min_count: int = 1,
    is_secret: Callable[[str], bool] | None = None,
) -> Vocabulary:
    none = np.zeros(len(counts), np.int64)
    return Vocabulary.build(
        list(counts),
        np.array(list(counts.values()), np.int64),
        left=none,
        right=none,
        total=sum(counts.values()),
        max_size=max_size,
        min_count=min_count,
        syntax="pretokenized",
        is_secret=is_secret,
    )


def test_of_commands_no_rare_argument_is_kept() -> None:
    none = np.zeros(3, np.int64)
    counts = np.array([5, 1, 1], np.int64)
    kept = Vocabulary.build(
        ["git", "8f3c2a1", "amber.csv"],
        counts,
        left=none,
        right=none,
        total=7,
        max_size=None,
        min_count=2,
        syntax="commands",
    )
    assert (kept.tokens, kept.rare) == (["<unk>", "<eos>", "git"], [])


TOKENS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: not holds_control(text))
COUNTS = st.dictionaries(TOKENS, st.integers(1, 5))


def test_ids_go_by_falling_count_then_code_point() -> None:
    vocabulary = build({"<eos>": 4, "b": 2, "Z": 2, "a": 9, "ä": 2})
    assert vocabulary.tokens == ["<unk>", "<eos>", "a", "Z", "b", "ä"]
    assert vocabulary.counts == [0, 4, 9, 2, 2, 2]


@given(counts=COUNTS, random=st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order_of_counting(counts: dict[str, int], random: Any) -> None:
    items = list(counts.items())
    random.shuffle(items)
    assert build(dict(items), max_size=5) == build(counts, max_size=5)


@given(counts=COUNTS, max_size=st.integers(3, 9), min_count=st.integers(1, 4))
def test_what_is_cut_counts_as_unknown(counts: dict[str, int], max_size: int, min_count: int) -> None:
    vocabulary = build({**counts, "<eos>": 3}, max_size=max_size, min_count=min_count)
    assert vocabulary.size <= max_size
    assert sum(vocabulary.counts) == sum({**counts, "<eos>": 3}.values())
    assert all(count >= min_count for count in vocabulary.counts[2:])


def test_words_that_are_cut_are_kept_apart_most_frequent_first() -> None:
    counts = {"the": 9, "of": 8, "zebra": 1, "yak": 1, "owl": 2, "!?": 1, "x": 1, "<unk>": 1, "<eos>": 3}
    assert build(counts, min_count=3).rare == ["owl", "yak", "zebra"]
    assert build(counts, max_size=5).rare == ["yak", "zebra"]
    assert build(counts).rare == []


def test_no_more_rare_words_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.text.vocabulary.RARE_WORDS", 2)
    assert build({"a": 9, "dd": 1, "cc": 2, "bb": 1}, min_count=3).rare == ["cc", "bb"]


def test_the_unknown_of_a_pretokenized_corpus_is_the_unknown() -> None:
    vocabulary = build({"<unk>": 7, "<eos>": 1, "a": 2})
    assert (vocabulary.tokens, vocabulary.counts) == (["<unk>", "<eos>", "a"], [7, 1, 2])


def test_encode_then_decode_is_the_identity_on_known_tokens() -> None:
    vocabulary = build({"a": 2, "b": 1})
    assert vocabulary.decode(vocabulary.encode(["b", "a", "zzz", "<eos>"])) == ["b", "a", "<unk>", "<eos>"]
    assert "a" in vocabulary
    assert "zzz" not in vocabulary


def test_rows_that_look_like_secrets_are_marked_and_such_rare_words_are_none() -> None:
    counts = {"gate": 9, "k3y-of-it": 8, "rose": 7, "owl": 1, "k3y-too": 1}
    built = build(counts, min_count=3, is_secret=lambda token: token.startswith("k3y"))
    assert built.tokens == ["<unk>", "<eos>", "gate", "k3y-of-it", "rose"]
    assert built.secrets == frozenset({3})
    assert built.rare == ["owl"]
    assert build(counts, min_count=3).secrets == frozenset()


@pytest.mark.parametrize("text", ["gate", "A380", "12345", "no-digit", "", "Straße", "१२३४५६७"])
def test_short_words_and_those_without_digits_need_no_closer_look(text: str) -> None:
    assert not may_be_secret(text)


@pytest.mark.parametrize("text", ["hunter2", "123456", "the code 4"])
def test_what_has_six_characters_and_a_digit_may_be_secret(text: str) -> None:
    assert may_be_secret(text)


@given(counts=COUNTS)
@pytest.mark.parametrize("secrets", [None, frozenset(), frozenset({2})], ids=["older", "none", "one"])
def test_save_then_load_is_the_identity(
    counts: dict[str, int], secrets: frozenset[int] | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built = build({**counts, "gate": 1})
    joining = Joining(frozenset({1}), frozenset({0, 1}), 1)
    vocabulary = Vocabulary(built.tokens, built.counts, joining, ["rare"], secrets)
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.json"
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary


GOOD: dict[str, Any] = {
    "tokens": ["<unk>", "<eos>", "a"],
    "counts": [0, 1, 2],
    "joins_left": [2],
    "joins_right": [],
    "quote": None,
    "rare": ["b"],
    "secrets": [2],
}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-5],
        lambda text: "[]",
        lambda text: text.replace("counts", "count"),
        lambda text: text.replace("[0, 1, 2]", "[0, 1]"),
        lambda text: text.replace('"a"', "3"),
        lambda text: text.replace('"a"', '"<eos>"'),
        lambda text: text.replace('"<unk>"', '"b"'),
        lambda text: text.replace('"joins_left": [2]', '"joins_left": [3]'),
        lambda text: text.replace("null", "3"),
        lambda text: text.replace('["b"]', "[1]"),
        lambda text: text.replace("rare", "seldom"),
        lambda text: text.replace("secrets", "keys"),
        lambda text: text.replace('"secrets": [2]', '"secrets": [3]'),
        lambda text: text.replace('"secrets": [2]', '"secrets": [0]'),
        lambda text: text.replace('"secrets": [2]', '"secrets": ["a"]'),
        lambda text: text.replace('"secrets": [2]', '"secrets": null'),
    ],
)
def test_a_damaged_file_is_refused_by_name(damage: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps(GOOD))
    assert Vocabulary.load(path).size == 3
    path.write_text(damage(json.dumps(GOOD)))
    with pytest.raises(ModelError, match=r"vocabulary\.json"):
        Vocabulary.load(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        Vocabulary.load(tmp_path / "nowhere.json")
