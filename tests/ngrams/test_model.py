"""Laws of reading the n-gram database: all ways of asking agree, nothing is written, and a wrong file is named."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autocomplete.errors import ModelError
from autocomplete.ngrams.build import build_ngrams
from autocomplete.ngrams.model import NgramModel, perplexity

SIZE, ORDER, DIGEST = 300, 4, "a" * 64


def text(seed: int, length: int = 6000) -> NDArray[np.int32]:
    """Words by Zipf's law, each leaning on the one before, in sequences of some 20."""
    random = np.random.default_rng(seed)
    tokens = np.minimum(random.zipf(1.5, size=length), SIZE - 3).astype(np.int64)
    tokens[1::2] = (tokens[::2] * 7 + random.integers(0, 3, size=length // 2)) % (SIZE - 3)
    tokens += 2
    tokens[random.random(length) < 0.05] = 1
    return tokens.astype(np.int32)


def build(path: Path, seed: int = 1) -> Path:
    build_ngrams(text(seed), vocabulary_size=SIZE, vocabulary_digest=DIGEST, path=path, order=ORDER)
    return path


def reopen(path: Path) -> NgramModel:
    return NgramModel.open(path, vocabulary_size=SIZE, vocabulary_digest=DIGEST)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model") / "ngrams #1?.sqlite")


@pytest.fixture
def copy(database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(database, tmp_path / "ngrams.sqlite"))


def test_distribution_probability_and_score_agree(database: Path) -> None:
    heldout = text(2, 800)
    with reopen(database) as model:
        scores, matches = model.scores_with_match(heldout)
        for end in range(len(heldout)):
            context = [1, *heldout[:end].tolist()]
            distribution = model.distribution(context)
            token = int(heldout[end])
            assert distribution.dtype == np.float32
            assert abs(float(distribution.sum(dtype=np.float64)) - 1) < 1e-6
            assert model.probability(context, token) == pytest.approx(distribution[token], rel=1e-6)
            assert np.exp(scores[end]) == pytest.approx(distribution[token], rel=1e-6)
            assert matches[end] == model.match_length(context)
        assert set(matches.tolist()) == set(range(ORDER))


def test_scores_do_not_depend_on_where_a_batch_ends(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heldout = text(3, 500)
    with reopen(database) as model:
        whole = model.scores_with_match(heldout)
        monkeypatch.setattr("autocomplete.ngrams.model._BATCH", 7)
        parts = model.scores_with_match(heldout)
        np.testing.assert_allclose(parts[0], whole[0])
        np.testing.assert_array_equal(parts[1], whole[1])
        assert len(model.score(heldout[:0])) == 0


def test_only_the_last_tokens_of_a_context_count(database: Path) -> None:
    with reopen(database) as model:
        context = text(4, 40).tolist()
        np.testing.assert_array_equal(model.distribution(context), model.distribution(context[-ORDER + 1 :]))


def test_asking_changes_no_answer(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.ngrams.model.CACHED_CONTEXTS", 2)
    contexts = [text(seed, 6).tolist() for seed in range(40)]
    with reopen(database) as model:
        first = [model.distribution(context) for context in contexts]
        np.testing.assert_array_equal(first, [model.distribution(context) for context in contexts])


def test_threads_share_a_model(database: Path) -> None:
    contexts = [text(seed, 6).tolist() for seed in range(60)]
    wrong: list[int] = []
    with reopen(database) as model, reopen(database) as other:
        expected = [model.distribution(context) for context in contexts]

        def ask() -> None:
            wrong.extend(
                i for i, context in enumerate(contexts) if not np.array_equal(other.distribution(context), expected[i])
            )

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.parametrize("token", [-1, SIZE])
def test_a_token_outside_the_vocabulary_is_a_mistake(database: Path, token: int) -> None:
    with reopen(database) as model:
        with pytest.raises(ValueError, match="outside the vocabulary"):
            model.distribution([token])
        with pytest.raises(ValueError, match="outside the vocabulary"):
            model.probability([2], token)
        with pytest.raises(ValueError, match="outside the vocabulary"):
            model.score(np.array([2, token], dtype=np.int32))


def test_a_folder_that_cannot_be_written_is_enough(copy: Path) -> None:
    copy.chmod(stat.S_IRUSR)
    copy.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with reopen(copy) as model:
            assert perplexity(model, text(1)) < SIZE
        assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    finally:
        copy.parent.chmod(stat.S_IRWXU)


def test_an_open_model_outlives_its_replacement(copy: Path) -> None:
    with reopen(copy) as old:
        before = perplexity(old, text(2))
        build(copy, seed=9)
        old._context.cache_clear()
        assert perplexity(old, text(2)) == before
        with reopen(copy) as new:
            assert perplexity(new, text(2)) != before


@pytest.mark.parametrize(("size", "digest"), [(SIZE + 1, DIGEST), (SIZE, "b" * 64)], ids=["size", "digest"])
def test_another_vocabulary_is_refused_by_name(database: Path, size: int, digest: str) -> None:
    with pytest.raises(ModelError, match=r"ngrams #1\?\.sqlite.*another vocabulary.*Train"):
        NgramModel.open(database, vocabulary_size=size, vocabulary_digest=digest)


def corrupt(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return change


def overwrite(start: int, content: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with path.open("rb+") as file:
            file.seek(start)
            file.write(content)

    return change


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "cannot be read"),
    "empty": (lambda path: path.write_bytes(b""), "not an n-gram database"),
    "text": (lambda path: path.write_text("once upon a time" * 99), "not an n-gram database"),
    "another database": (corrupt("PRAGMA application_id = 7"), "not an n-gram database"),
    "newer format": (corrupt("PRAGMA user_version = 99"), "has format 99"),
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:-4096]), "damaged"),
    "schema overwritten": (overwrite(100, b"\xff" * 600), "damaged"),
    "pages overwritten": (overwrite(4096, b"\xab" * 60_000), "damaged"),
    "no facts": (corrupt("DELETE FROM meta"), "facts cannot be read"),
    "facts of nothing": (corrupt("UPDATE meta SET value = '[]'"), "facts cannot be read"),
    "no unigrams": (corrupt("DELETE FROM unigrams"), "unigrams"),
    "unigrams of zero": (corrupt("UPDATE unigrams SET counts = zeroblob(length(counts))"), "unigrams"),
    "no contexts": (corrupt("DROP TABLE contexts_1"), "damaged"),
    "words cut": (corrupt("UPDATE contexts_1 SET words = substr(words, 1, 1)"), "contexts_1"),
    "words beyond": (corrupt("UPDATE contexts_1 SET words = x'ffff', counts = x'01'"), "contexts_1"),
    "counts cut": (corrupt("UPDATE contexts_1 SET counts = substr(counts, 2)"), "contexts_1"),
    "counts text": (corrupt("UPDATE contexts_1 SET counts = 'abc'"), "contexts_1"),
    "no total": (corrupt("UPDATE contexts_1 SET total = 0"), "contexts_1"),
    "total too small": (corrupt("UPDATE contexts_1 SET total = 1"), "contexts_1"),
    "text for a node": (corrupt("UPDATE contexts_1 SET node = 'x'"), "contexts_1"),
}


def use(path: Path, ask: str) -> None:
    with reopen(path) as model:
        if ask == "score":
            model.score(text(1))
        for end in range(4, 400):
            model.distribution(text(1)[:end].tolist())


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("ask", ["distribution", "score"])
def test_a_damaged_file_is_named_with_cause_and_cure(copy: Path, damage: str, ask: str) -> None:
    change, cause = DAMAGE[damage]
    change(copy)
    with pytest.raises(ModelError) as raised:
        use(copy, ask)
    assert str(copy) in raised.value.cause
    assert cause in raised.value.cause
    assert raised.value.cure


@pytest.mark.parametrize("level", ["words", "characters"])
def test_longer_contexts_never_hurt_text_that_was_counted(tmp_path: Path, level: str) -> None:
    # Characters: few ids, long contexts. Words: many ids, short contexts.
    tokens = text(6) % 40 if level == "characters" else text(6)
    costs = []
    for order in (1, 2, 4, 10):
        path = tmp_path / f"{order}.sqlite"
        build_ngrams(tokens, vocabulary_size=SIZE, vocabulary_digest=DIGEST, path=path, order=order)
        with reopen(path) as model:
            costs.append(perplexity(model, tokens))
    assert costs == sorted(costs, reverse=True)
