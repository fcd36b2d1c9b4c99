"""What a person's own lines taught: their consecutive words, kept in a database beside the model and nowhere else.

Nothing is kept of a line that begins with a space or looks as if it held a secret, and no n-gram that holds a blocked
word. Words are kept as text: a model that is trained again finds them as they were.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from autocomplete import bundle
from autocomplete.corpus.controls import holds_control
from autocomplete.corpus.secrets import looks_secret
from autocomplete.corpus.specials import END_TOKEN
from autocomplete.corpus.tokenizer import Tokenizer
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.predict.blocked import BlockList
from autocomplete.predict.personal_file import PersonalFile
from autocomplete.predict.personal_ngrams import ORDER, ROOT, NgramWriter, delete_word, is_text, sequences_of
from autocomplete.predict.personal_weight import Trial
from autocomplete.predict.suggestion import caseless, forms_of


class Continuations(NamedTuple):
    """What was written after a context: different words, and how often each."""

    words: tuple[str, ...]
    counts: tuple[int, ...]


class LearnedPhrase(NamedTuple):
    """Consecutive words and how many times they were written so."""

    words: tuple[str, ...]
    times: int


class Day(NamedTuple):
    """What was written in one day.

    Attributes:
        day: Its date, `2026-11-21`.
        characters: Of the lines committed: keys that they take without suggestions.
        keys: Pressed for them.
    """

    day: str
    characters: int
    keys: int

    @property
    def saved(self) -> float | None:
        """Share of the keys that suggestions saved, below 0 where corrections cost more; None where none was needed."""
        return 1 - self.keys / self.characters if self.characters else None


class PersonalStore:
    """The personal database of a model folder; it may be used from several threads, by several programs.

    Attributes:
        blocked: The words that the folder says are never suggested, nor learned.
        fault: Why predictions do without the database, once that was found; None where nothing is wrong.

    Args:
        folder: The model folder.
        tokenizer: How a line becomes words.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer) -> None:
        self.blocked = BlockList(folder)
        self.fault: AutocompleteError | None = None
        self._file = PersonalFile(folder / bundle.PERSONAL)
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, folder: Path) -> "PersonalStore":
        """Open the database of a model; it is made at the first write."""
        manifest = bundle.read_manifest(folder)
        return cls(folder, Tokenizer(manifest.level, manifest.layout, manifest.pretokenized))

    @property
    def path(self) -> Path:
        """The database, existing or not."""
        return self._file.path

    def version(self) -> tuple[object, ...]:
        """A value that changes whenever what was learned may have, by this program or another."""
        return self._file.version()

    def learn(self, line: str, *, judge: Callable[[str], Mapping[int, Trial]] | None = None) -> bool:
        """Keep the words of a line that was committed; on the disk when this returns.

        Args:
            line: As it was typed.
            judge: Tells what the personal expert is worth for a line that is about to be learned.

        Returns:
            Whether it was kept; not where the line begins with a space, looks as if it held a secret, or is empty.

        Raises:
            UsageError: The model predicts characters, not words.
            AutocompleteError: The database is damaged or cannot be written.
        """
        if self._tokenizer.level == "char":
            raise UsageError(
                "This model predicts characters, and only models of words learn from your lines.",
                "Train one with '--level word' to learn, or go on without learning.",
            )
        if line[:1].isspace() or looks_secret(line):
            return False
        sequences = list(sequences_of((token.text for token in self._tokenizer.spans(line)), self.blocked.words()))
        if not any(word != END_TOKEN for sequence in sequences for word in sequence):
            return False
        trials = {} if judge is None else judge(line)
        with self._file.writing() as connection:
            writer = NgramWriter(connection)
            for sequence in sequences:
                writer.add(sequence)
            for kind, trial in trials.items():
                writer.add_trial(kind, trial)
        return True

    def forget(self, words: Iterable[str]) -> None:
        """Block words for good, then delete them, their possessives and all that holds them.

        Raises:
            UsageError: One of them is no single word, so that blocking it would do nothing.
            AutocompleteError: The block list cannot be written, or the database: then the words are blocked already.
        """
        unwanted = list(words)
        for word in unwanted:
            self._check_single(word)
        self.blocked.add(unwanted)
        if not self.path.exists():
            return
        with self._file.writing() as connection:
            for word in forms_of(unwanted):
                delete_word(connection, word)

    def _check_single(self, word: str) -> None:
        pieces = Tokenizer("word", self._tokenizer.layout, self._tokenizer.pretokenized).spans(word)
        if len(pieces) != 1 or not is_text(word):
            several = f"It is read as {', '.join(repr(piece.text) for piece in pieces)}. " if len(pieces) > 1 else ""
            raise UsageError(f"'{word}' is no single word.", f"{several}Name one word, or several apart.")

    def count_line(self, *, characters: int, keys: int) -> None:
        """Add a committed line to the day's statistics.

        Args:
            characters: Of the line: keys that it takes without suggestions.
            keys: Pressed for it.
        """
        if characters == keys == 0:
            return
        with self._file.writing() as connection:
            connection.execute(
                "INSERT INTO days VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE"
                " SET characters = characters + excluded.characters, keys = keys + excluded.keys",
                (datetime.date.today().isoformat(), characters, keys),
            )

    def one_moment(self) -> AbstractContextManager[object]:
        """Within this, all that is read is of one moment, whatever others write."""
        return self._file.reading()

    def contexts(self, words: Sequence[str]) -> list[int]:
        """Find the contexts of the last word, the last two words, and so on, as far as they were written.

        Args:
            words: In the order written, in any case; `<eos>` stands for the start of a line.

        Returns:
            A number for each, to ask `continuations` for; it holds for this moment, or until the `version` changes.
        """
        found: list[int] = []
        with self._file.reading() as connection:
            if connection is None:
                return found
            parent = ROOT
            for word in takewhile(is_text, reversed(words[-(ORDER - 1) :])):
                row = connection.execute(
                    "SELECT contexts.id FROM contexts JOIN forms ON forms.id = form WHERE parent = ? AND caseless = ?",
                    (parent, caseless(word)),
                ).fetchone()
                if row is None:
                    break
                parent = row[0]
                found.append(parent)
        return found

    def continuations(self, context: int) -> Continuations:
        """What was written after a context, in the order of first writing."""
        with self._file.reading() as connection:
            rows = (
                []
                if connection is None
                else connection.execute(
                    "SELECT text, continuations.count FROM continuations JOIN words ON words.id = word"
                    " WHERE context = ? ORDER BY word",
                    (context,),
                ).fetchall()
            )
        rows = [row for row in rows if not holds_control(row[0])]  # the file may be another's
        return Continuations(*zip(*rows, strict=True)) if rows else Continuations((), ())

    def trials(self) -> dict[int, Trial]:
        """What the personal expert was worth so far, by the kind of evidence."""
        with self._file.reading() as connection:
            if connection is None:
                return {}
            return {kind: Trial(*rest) for kind, *rest in connection.execute("SELECT * FROM trials")}

    def words(self) -> dict[str, int]:
        """Every word learned and how often it was written, in the order of first writing."""
        with self._file.reading() as connection:
            if connection is None:
                return {}
            rows = connection.execute("SELECT text, count FROM words WHERE text != ? ORDER BY id", (END_TOKEN,))
            return {word: count for word, count in rows if not holds_control(word)}

    def phrases(self) -> Iterator[LearnedPhrase]:
        """Every n-gram of two and more words that was learned; words before the last in the case most often written."""
        with self._file.reading() as connection:
            if connection is None:
                return
            written: dict[int, str] = dict(
                connection.execute("SELECT form, text FROM words ORDER BY count, id DESC")  # the last one stays
            )
            contexts: dict[int, tuple[str, ...]] = {ROOT: ()}
            for node, parent, form in connection.execute("SELECT id, parent, form FROM contexts ORDER BY id"):
                contexts[node] = (written[form], *contexts[parent])
            rows = connection.execute(
                "SELECT context, text, continuations.count FROM continuations JOIN words ON words.id = word"
            ).fetchall()
        for context, text, count in rows:
            yield LearnedPhrase((*contexts[context], text), count)

    def days(self) -> list[Day]:
        """The statistics, oldest day first."""
        with self._file.reading() as connection:
            if connection is None:
                return []
            return [Day(*row) for row in connection.execute("SELECT day, characters, keys FROM days ORDER BY day")]

    def wipe(self) -> bool:
        """Delete all that was learned and counted, and the database; whether there was one."""
        return self._file.remove()

    def close(self) -> None:
        """Close the database."""
        self._file.close()
