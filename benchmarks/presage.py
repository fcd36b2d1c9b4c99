"""What presage 0.9.1 asks the tables that `text2ngram` builds: its smoothed trigram predictor, in SQL.

Recorded by watching the statements that `presage_simulator` sends to SQLite. To predict the word after `u v`, it asks
for the 60 most frequent continuations of `u v`, fills up with those of `v`, then with the most frequent words, and
looks up five counts for each candidate, which it mixes with fixed weights:

    P(w) = 0.89 c(u v w) / c(u v) + 0.1 c(v w) / c(v) + 0.01 c(w) / c()

It has no indices but those of the tables' uniqueness constraints, which begin with the oldest word.
Here the statements are prepared once and given their words as parameters, in one connection;
presage spells out and parses every one of them, so that it takes longer than this.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

MOST_CANDIDATES = 60
WEIGHTS = (0.01, 0.1, 0.89)
"""Of one, two and three words, from its configuration."""

_COUNTS = (
    "SELECT count FROM _1_gram WHERE word = ?",
    "SELECT count FROM _2_gram WHERE word_1 = ? AND word = ?",
    "SELECT count FROM _3_gram WHERE word_2 = ? AND word_1 = ? AND word = ?",
)
_TOTAL = "SELECT SUM(count) FROM _1_gram"
_CONTINUATIONS = (
    "SELECT word, count FROM _1_gram WHERE word LIKE ? ORDER BY count DESC LIMIT ?",
    "SELECT word, count FROM _2_gram WHERE word_1 = ? AND word LIKE ? ORDER BY count DESC LIMIT ?",
    "SELECT word, count FROM _3_gram WHERE word_2 = ? AND word_1 = ? AND word LIKE ? ORDER BY count DESC LIMIT ?",
)
_ANY_WORD = "%"


def opened(database: Path) -> sqlite3.Connection:
    """Open a database for reading."""
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)


def ngrams_by_order(database: Path) -> list[int]:
    """Return how many n-grams of one, two and three words it holds."""
    connection = opened(database)
    try:
        return [connection.execute(f"SELECT COUNT(*) FROM _{n}_gram").fetchone()[0] for n in (1, 2, 3)]
    finally:
        connection.close()


def trigram_count(connection: sqlite3.Connection, words: Sequence[str]) -> int:
    """How often three words stand together: one SELECT."""
    return _count(connection, words)


def continuations(connection: sqlite3.Connection, words: Sequence[str]) -> list[tuple[str, int]]:
    """Return the most frequent words after the first two, the frequent first: one SELECT."""
    return _most_frequent(connection, words[:2], MOST_CANDIDATES)


def probability(connection: sqlite3.Connection, words: Sequence[str], total: int | None = None) -> float:
    """Smoothed probability of the third word after the first two: five SELECTs, without that of the total."""
    *_, before, word = words
    alone = _count(connection, [word]) / (total or 1)
    pair = _share(_count(connection, [before, word]), _count(connection, [before]))
    triple = _share(_count(connection, words), _count(connection, words[:2]))
    return WEIGHTS[0] * alone + WEIGHTS[1] * pair + WEIGHTS[2] * triple


def predicted(connection: sqlite3.Connection, words: Sequence[str]) -> list[tuple[float, str]]:
    """Return what may follow the first two words with probabilities, best first: all SELECTs of a prediction."""
    candidates: dict[str, None] = {}
    for context in (words[:2], words[1:2], words[:0]):
        wanted = MOST_CANDIDATES - len(candidates)
        if wanted > 0:
            candidates |= dict.fromkeys(word for word, _ in _most_frequent(connection, context, wanted))
    (total,) = connection.execute(_TOTAL).fetchone()
    return sorted(((probability(connection, [*words[:2], word], total), word) for word in candidates), reverse=True)


def _most_frequent(connection: sqlite3.Connection, context: Sequence[str], most: int) -> list[tuple[str, int]]:
    return connection.execute(_CONTINUATIONS[len(context)], (*context, _ANY_WORD, most)).fetchall()


def _count(connection: sqlite3.Connection, words: Sequence[str]) -> int:
    row = connection.execute(_COUNTS[len(words) - 1], tuple(words)).fetchone()
    return 0 if row is None else row[0]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
