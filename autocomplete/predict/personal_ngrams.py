"""Writes the n-grams of a person's lines into the tables of `personal_file`, and deletes those that hold a word."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from autocomplete.corpus.specials import END_TOKEN, UNKNOWN_TOKEN
from autocomplete.predict.personal_weight import Trial
from autocomplete.predict.suggestion import caseless

# Words of the longest n-gram, its last one included.
ORDER = 5

ROOT = 0  # the context of no word


class NgramWriter:
    """Counts the n-grams of lines within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def add(self, sequence: Sequence[str]) -> None:
        """Count every word of a sequence, and every n-gram up to `ORDER` words that ends with it."""
        forms = [self._form(caseless(word)) for word in sequence]
        ids = [self._word(form, word) for form, word in zip(forms, sequence, strict=True)]
        for place in range(1, len(sequence)):
            parent = ROOT
            for form in reversed(forms[max(0, place - ORDER + 1) : place]):
                parent = self._context(parent, form)
                self._execute(
                    "INSERT INTO continuations VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
                    (parent, ids[place]),
                )

    def add_trial(self, kind: int, trial: Trial) -> None:
        """Add to what the expert was worth for a kind of evidence."""
        self._execute(
            "INSERT INTO trials VALUES (?, ?, ?) ON CONFLICT (kind) DO UPDATE"
            " SET words = words + excluded.words, responsible = responsible + excluded.responsible",
            (kind, *trial),
        )

    def _form(self, word: str) -> int:
        row = self._execute("SELECT id FROM forms WHERE caseless = ?", (word,)).fetchone()
        return int(row[0] if row else self._added("INSERT INTO forms (caseless) VALUES (?)", (word,)))

    def _word(self, form: int, text: str) -> int:
        return int(
            self._execute(
                "INSERT INTO words (form, text, count) VALUES (?, ?, 1)"
                " ON CONFLICT DO UPDATE SET count = count + 1 RETURNING id",
                (form, text),
            ).fetchone()[0]
        )

    def _context(self, parent: int, form: int) -> int:
        key = (parent, form)
        row = self._execute("SELECT id FROM contexts WHERE parent = ? AND form = ?", key).fetchone()
        return int(row[0] if row else self._added("INSERT INTO contexts (parent, form) VALUES (?, ?)", key))

    def _added(self, insert: str, values: tuple[object, ...]) -> int:
        found = self._execute(insert, values).lastrowid
        assert found is not None
        return found


def sequences_of(tokens: Iterable[str], blocked: frozenset[str]) -> Iterator[list[str]]:
    """Cut a line's tokens into sequences without blocked words, or bytes; `<eos>` begins and ends each line within."""
    sequence = [END_TOKEN]
    for token in tokens:
        if token == END_TOKEN:
            yield [*sequence, END_TOKEN]
            sequence = [END_TOKEN]
        elif token == UNKNOWN_TOKEN or caseless(token) in blocked or not is_text(token):
            yield sequence
            sequence = []
        else:
            sequence.append(token)
    yield [*sequence, END_TOKEN]


def is_text(word: str) -> bool:
    """Whether a word can be stored as text: bytes that are none come as half characters from a terminal."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


def delete_word(connection: sqlite3.Connection, word: str) -> None:
    """Delete a word, `caseless`, and all n-grams that hold it."""
    row = connection.execute("SELECT id FROM forms WHERE caseless = ?", (word,)).fetchone()
    if row is None:
        return
    # Contexts that hold it: those that begin with it, and longer ones behind them, read from right to left.
    connection.execute(
        "CREATE TEMP TABLE doomed AS WITH RECURSIVE holding (id) AS ("
        " SELECT id FROM contexts WHERE form = ?"
        " UNION SELECT contexts.id FROM contexts JOIN holding ON parent = holding.id) SELECT id FROM holding",
        row,
    )
    connection.execute("DELETE FROM continuations WHERE context IN (SELECT id FROM doomed)")
    connection.execute("DELETE FROM contexts WHERE id IN (SELECT id FROM doomed)")
    connection.execute("DROP TABLE doomed")
    connection.execute("DELETE FROM continuations WHERE word IN (SELECT id FROM words WHERE form = ?)", row)
    connection.execute("DELETE FROM words WHERE form = ?", row)
    connection.execute("DELETE FROM forms WHERE id = ?", row)
