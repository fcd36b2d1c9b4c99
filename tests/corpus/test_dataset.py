import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.corpus.store import Windows
from autocomplete.errors import UsageError
from autocomplete.text.vocabulary import END

SHAPES = {"size": st.integers(1, 60), "batch_size": st.integers(1, 7), "length": st.integers(1, 7)}


def rows(size: int, batch_size: int, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    windows = list(Windows(np.arange(100, 100 + size, dtype=np.int32), batch_size=batch_size, length=length))
    inputs, targets, weights = (np.concatenate(part, axis=1) for part in zip(*windows, strict=True))
    return inputs, targets, weights


@given(**SHAPES)
def test_the_target_is_the_next_input(size: int, batch_size: int, length: int) -> None:
    inputs, targets, weights = rows(size, batch_size, length)
    for row in range(batch_size):
        used = int(weights[row].sum())
        assert (targets[row, : max(used - 1, 0)] == inputs[row, 1:used]).all()


@given(**SHAPES)
def test_every_token_is_predicted_exactly_once(size: int, batch_size: int, length: int) -> None:
    _, targets, weights = rows(size, batch_size, length)
    assert targets[weights == 1].tolist() == list(range(100, 100 + size))


@given(**SHAPES)
def test_every_token_is_predicted_from_the_one_before(size: int, batch_size: int, length: int) -> None:
    inputs, targets, weights = rows(size, batch_size, length)
    previous = np.where(targets == 100, END, targets - 1)
    assert (inputs == previous)[weights == 1].all()


@given(**SHAPES)
def test_windows_have_one_shape_and_padding_ends_a_row(size: int, batch_size: int, length: int) -> None:
    windows = Windows(np.arange(size, dtype=np.int32), batch_size=batch_size, length=length)
    for window in windows:
        assert {array.shape for array in window} == {(batch_size, length)}
        assert [array.dtype for array in window] == [np.int32, np.int32, np.float32]
    _, _, weights = rows(size, batch_size, length)
    assert (np.diff(weights, axis=1) <= 0).all()
    assert weights.sum(axis=1).max() - weights.sum(axis=1).min() <= 1
    assert weights.shape[1] - weights.sum(axis=1).max() < length


def test_windows_read_a_memory_map_without_copying_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("tokens") / "tokens.npy"
    np.save(path, np.arange(1000, dtype=np.int32))
    tokens = np.load(path, mmap_mode="r")
    windows = Windows(tokens, batch_size=4, length=10)
    assert len(windows) == 25
    assert np.shares_memory(windows.tokens, tokens)
    assert windows[24].targets[3, 9] == 999


def test_an_index_out_of_range_ends_the_iteration() -> None:
    windows = Windows(np.arange(10, dtype=np.int32), batch_size=2, length=5)
    with pytest.raises(IndexError):
        windows[1]


def test_empty_windows_are_refused() -> None:
    with pytest.raises(UsageError):
        Windows(np.arange(10, dtype=np.int32), batch_size=0, length=5)


@given(**SHAPES, shares=st.integers(1, 3))
def test_windows_of_some_rows_are_those_rows_of_all_windows(
    size: int, batch_size: int, length: int, shares: int
) -> None:
    tokens = np.arange(size, dtype=np.int32)
    whole = Windows(tokens, batch_size=shares * batch_size, length=length)
    for share in range(shares):
        rows = slice(share * batch_size, (share + 1) * batch_size)
        own = list(Windows(tokens, batch_size=shares * batch_size, length=length, rows=rows))
        assert len(own) == len(whole)
        for mine, all_rows in zip(own, whole, strict=True):
            assert all((one == other[rows]).all() for one, other in zip(mine, all_rows, strict=True))
