"""Laws of the n-gram database: it is interpolated modified Kneser-Ney, whatever the corpus, memory and pruning."""

import errno
import os
from collections import Counter, defaultdict
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from autocomplete.errors import CorpusError, ModelError
from autocomplete.ngrams.build import FALLBACK_DISCOUNTS, Pruning, build_ngrams, discounts_of
from autocomplete.ngrams.model import NgramModel, perplexity

DIGEST = "0" * 64
CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
Ngram = tuple[int, ...]
START = -1


def stream(sequences: list[list[int]]) -> NDArray[np.int32]:
    return np.array([token for sequence in sequences for token in (*sequence, 1)], dtype=np.int32)


def build(
    folder: Path,
    tokens: NDArray[np.int32],
    size: int,
    *,
    order: int,
    memory: int = 1 << 20,
    prune: Pruning | None = None,
) -> NgramModel:
    path = folder / "ngrams.sqlite"
    build_ngrams(
        tokens,
        vocabulary_size=size,
        vocabulary_digest=DIGEST,
        path=path,
        order=order,
        memory_bytes=memory,
        prune=prune,
    )
    return NgramModel.open(path, vocabulary_size=size, vocabulary_digest=DIGEST)


class PlainKneserNey:
    """The textbook, in dictionaries: raw and continuation counts, then one recursion."""

    def __init__(self, sequences: list[list[int]], size: int, order: int, cutoffs: tuple[int, ...] = (0,)) -> None:
        self.size, self.order = size, order
        raw: list[Counter[Ngram]] = [Counter() for _ in range(order + 1)]
        for sequence in sequences:
            padded = (START, *sequence, 1)
            for end in range(2, len(padded) + 1):
                for length in range(1, min(order, end) + 1):
                    raw[length][padded[end - length : end]] += 1
        self.discounts = []
        self.followers: list[dict[Ngram, dict[int, int]]] = [defaultdict(dict) for _ in range(order + 1)]
        self.kept: list[set[Ngram]] = [set() for _ in range(order + 1)]
        for length in range(1, order + 1):
            longer = Counter(ngram[1:] for ngram in raw[min(length + 1, order)])
            adjusted = {
                ngram: count if length == order or ngram[0] == START else longer[ngram]
                for ngram, count in raw[length].items()
            }
            for ngram, count in adjusted.items():
                self.followers[length][ngram[:-1]][ngram[-1]] = count
            cutoff = cutoffs[min(length, len(cutoffs)) - 1]
            self.kept[length] = {ngram for ngram, count in raw[length].items() if count > cutoff}
            n = Counter(adjusted.values())
            self.discounts.append((0.0, *discounts_of(np.array([0, n[1], n[2], n[3], n[4]]))))

    def probability(self, context: Ngram, token: int) -> float:
        if not context:
            return self._interpolated((), token, 1 / self.size)
        return self._interpolated(context, token, self.probability(context[1:], token))

    def _interpolated(self, context: Ngram, token: int, lower: float) -> float:
        length = len(context) + 1
        counts = self.followers[length].get(context, {})
        total = sum(counts.values())
        shares = {
            word: (count - self.discounts[length - 1][min(count, 3)]) / total
            for word, count in counts.items()
            if (*context, word) in self.kept[length]
        }
        return shares.get(token, 0.0) + (1 - sum(shares.values())) * lower

    def distribution(self, context: list[int]) -> list[float]:
        history = [1, *context] if self.order > len(context) else context
        tail = history[max(0, len(history) - self.order + 1) :] if self.order > 1 else []
        while 1 in tail[1:]:
            tail = tail[1:]
        named = tuple(START if token == 1 else token for token in tail)
        return [self.probability(named, token) for token in range(self.size)]


SIZE = 6
SEQUENCES = st.lists(st.lists(st.sampled_from([0, 2, 3, 4, 5]), max_size=8), min_size=1, max_size=30)
CONTEXT = st.lists(st.sampled_from([0, 2, 3, 4, 5]), max_size=6)


@given(SEQUENCES, CONTEXT, st.integers(1, 5), st.sampled_from([(0,), (0, 0, 1), (0, 1)]))
def test_probabilities_are_those_of_the_textbook(
    tmp_path_factory: pytest.TempPathFactory,
    sequences: list[list[int]],
    context: list[int],
    order: int,
    cutoffs: tuple[int, ...],
) -> None:
    folder = tmp_path_factory.mktemp("textbook")
    plain = PlainKneserNey(sequences, SIZE, order, cutoffs)
    with build(folder, stream(sequences), SIZE, order=order, prune=Pruning(cutoffs)) as model:
        for prefix in (context, *(sequence[:3] for sequence in sequences[:3])):
            expected = plain.distribution(prefix)
            np.testing.assert_allclose(model.distribution([1, *prefix]), expected, rtol=1e-5, atol=1e-7)
            assert abs(float(model.distribution([1, *prefix]).sum(dtype=np.float64)) - 1) < 1e-6
            assert [model.probability([1, *prefix], token) for token in range(SIZE)] == pytest.approx(expected)


@given(SEQUENCES, st.integers(1, 5))
def test_memory_never_changes_a_byte(
    tmp_path_factory: pytest.TempPathFactory, sequences: list[list[int]], order: int
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    files = []
    for memory in (1, 160 * 40, 1 << 20):
        build(folder, stream(sequences), SIZE, order=order, memory=memory).close()
        files.append((folder / "ngrams.sqlite").read_bytes())
    assert files[0] == files[1] == files[2]


def test_external_sorting_of_a_longer_stream_equals_sorting_in_memory(tmp_path: Path) -> None:
    # Wide contexts fill several machine words; Zipf's law gives repeats and rarities alike.
    words = np.minimum(np.random.default_rng(5).zipf(1.3, size=30_000), 99_998) + 1
    files = []
    for memory in (1 << 16, 1 << 28):
        build(tmp_path, words.astype(np.int32), 100_000, order=6, memory=memory).close()
        files.append((tmp_path / "ngrams.sqlite").read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize(
    "sequences", [[[2]], [[]], [[2, 2, 2]], [[0, 0], [0]], [[], []], [[2, 3, 4, 5, 2, 3]]], ids=str
)
@pytest.mark.parametrize("order", [1, 2, 5, 10])
def test_tiny_corpora_make_distributions(tmp_path: Path, sequences: list[list[int]], order: int) -> None:
    with build(tmp_path, stream(sequences), SIZE, order=order) as model:
        for context in ([], [1], [2], [5, 5, 5], [1, 2, 2], [0]):
            distribution = model.distribution(context)
            assert float(distribution.min()) > 0
            assert abs(float(distribution.sum(dtype=np.float64)) - 1) < 1e-6


def test_a_stream_that_stops_within_a_sequence_is_counted(tmp_path: Path) -> None:
    with build(tmp_path, np.array([2, 3, 1, 2, 3, 4], dtype=np.int32), SIZE, order=3) as model:
        assert model.probability([2, 3], 4) > model.probability([2, 3], 5)


def test_discounts_leave_their_range_never() -> None:
    assert discounts_of(np.array([0, 0, 3, 1, 1])) == FALLBACK_DISCOUNTS
    assert discounts_of(np.array([0, 5, 50, 1, 900])) == FALLBACK_DISCOUNTS
    one, two, more = discounts_of(np.array([0, 100, 40, 20, 12]))
    assert (one, two, more) == pytest.approx((1 - 2 * 5 / 9 * 0.4, 2 - 3 * 5 / 9 * 0.5, 3 - 4 * 5 / 9 * 0.6))


def test_no_ngram_crosses_the_end_of_a_sequence(tmp_path: Path) -> None:
    with build(tmp_path, stream([[2, 3], [4, 5]] * 9), SIZE, order=4) as model:
        np.testing.assert_array_equal(model.distribution([2, 3, 1]), model.distribution([1]))
        assert model.match_length([2, 3, 1, 4]) == 2
        assert model.match_length([]) == 0


def test_pruning_keeps_to_its_size_and_costs_the_least_valuable_first(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    tokens = np.minimum(random.zipf(1.4, size=20_000), 498).astype(np.int32) + 1
    costs = []
    for most in (None, 150_000, 60_000):
        with build(tmp_path, tokens, 500, order=4, prune=Pruning(max_bytes=most)) as model:
            assert most is None or (tmp_path / "ngrams.sqlite").stat().st_size <= most
            costs.append(perplexity(model, tokens))
            assert all(kept <= counted for kept, counted in zip(model.facts.kept, model.facts.ngrams, strict=True))
            assert abs(float(model.distribution(tokens[:3].tolist()).sum(dtype=np.float64)) - 1) < 1e-6
    assert costs == sorted(costs)


def test_what_is_worth_most_survives_pruning_even_without_its_shorter_contexts(tmp_path: Path) -> None:
    # Whole phrases occur often, but behind a single word each: their shorter contexts are worth half as much.
    frequent = np.arange(2, 2 + 4 * 400).reshape(400, 4)
    rare = np.random.default_rng(3).integers(2000, 4000, size=(3000, 4))
    tokens = stream([*np.repeat(frequent, 30, axis=0).tolist(), *rare.tolist()])
    with build(tmp_path, tokens, 4000, order=4, prune=Pruning(max_bytes=109_000)) as model:
        kept = model.facts.kept
        assert 400 <= kept[2] < kept[3] == 1200, "of trigrams, only starts of sequences are worth as much"
        assert model.match_length(frequent[7, :3].tolist()) == 3
        assert model.match_length(rare[7, :3].tolist()) < 3
        assert model.probability(frequent[7, :3].tolist(), int(frequent[7, 3])) > 0.9
        assert max(model.scores_with_match(tokens)[1]) == 3


@pytest.mark.parametrize("size", [1 << 16, 1 << 17])
@pytest.mark.parametrize("occurrences", [200, 300, 70_000])
def test_wide_ids_and_large_counts_are_exact(tmp_path: Path, size: int, occurrences: int) -> None:
    tokens = np.append(np.full(occurrences + 1, size - 1, dtype=np.int32), np.int32(1))
    with build(tmp_path, tokens, size, order=2) as model:
        left = FALLBACK_DISCOUNTS[2] + FALLBACK_DISCOUNTS[0]
        expected = (occurrences - FALLBACK_DISCOUNTS[2] + left * model.unigrams[size - 1]) / (occurrences + 1)
        assert model.probability([size - 1], size - 1) == pytest.approx(expected)


def test_a_size_that_not_even_the_words_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="single words alone"):
        build(tmp_path, stream([[2, 3, 4]] * 5), 5000, order=3, prune=Pruning(max_bytes=4096))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cutoffs", [(), (1,), (0, 2, 1)], ids=str)
def test_cutoffs_that_would_break_the_model_are_refused(cutoffs: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cutoffs"):
        Pruning(cutoffs)


@pytest.mark.parametrize("tokens", [[], [2, 7], [-1, 1]], ids=str)
def test_streams_that_cannot_be_counted_are_refused(tmp_path: Path, tokens: list[int]) -> None:
    with pytest.raises(CorpusError):
        build(tmp_path, np.array(tokens, dtype=np.int32), SIZE, order=3)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing/ngrams\.sqlite"):
        build(tmp_path / "missing", stream([[2]]), SIZE, order=2)


@pytest.mark.parametrize(("number", "cure"), [(errno.EMFILE, "open more files"), (errno.ENOSPC, "room on the disk")])
def test_what_the_system_refuses_has_its_own_cure(
    number: int, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = Mock(side_effect=OSError(number, os.strerror(number)))
    monkeypatch.setattr("autocomplete.ngrams.build.count_ngrams", refusal)
    with pytest.raises(ModelError, match=rf"cannot be written \({os.strerror(number)}\)\. .*{cure}"):
        build(tmp_path, stream([[2]]), SIZE, order=2)


def encode(name: str) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Training and test streams of a pre-tokenised corpus and the number of its words."""
    words = {"<unk>": 0, "<eos>": 1}
    streams = []
    for part in ("train", "test"):
        with (CORPORA / name / f"{part}.txt").open(encoding="utf-8") as lines:
            encoded = [[words.setdefault(word, len(words)) for word in line.split()] for line in lines]
        streams.append(stream(encoded))
    return streams[0], streams[1], len(words)


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not on this machine")
@pytest.mark.parametrize(
    ("name", "size", "predicted", "published", "tolerance"),
    [("ptb", 10_000, 82_430, 141.19, 0.05), ("wikitext-2", 33_278, 245_569, 220.14, 0.05)],
)
def test_perplexity_is_that_of_kenlm(
    tmp_path: Path, name: str, size: int, predicted: int, published: float, tolerance: float
) -> None:
    train, test, words = encode(name)
    assert (words, len(test)) == (size, predicted)
    with build(tmp_path, train, size, order=5, memory=128 << 20) as model:
        assert perplexity(model, test) == pytest.approx(published, abs=tolerance)
