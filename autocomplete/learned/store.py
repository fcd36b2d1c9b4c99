"""What a person's own lines taught: their consecutive words, kept in a database beside the model and nowhere else.

Nothing is kept of a line that begins with a space or looks as if it held a secret, and no n-gram that holds a blocked
word, or one that looks like a secret by itself: whatever is kept may be shown. Whole lines are kept only where the
person wants them in the history, and none that holds a blocked word. Words are kept as text: a model that is trained
again finds them as they were.
"""

import datetime
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from autocomplete import bundle
from autocomplete.errors import AutocompleteError, Cure, UsageError
from autocomplete.learned.file import LINE_FORM, PersonalFile
from autocomplete.text.syntax import Syntax
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import caseless, holds_control
from autocomplete.text.vocabulary import END_TOKEN, UNKNOWN_TOKEN, is_word

# How much the personal expert counts: fitted to each person's own lines, word by word, before they are learned.
#
# Whose text resembles the training text gains nothing from a second count of the same, and who writes of other things
# gains much. So every line that is learned is predicted first, with the expert and without, and the weight of each kind
# of evidence becomes the share of the words that the expert was responsible for: expectation maximisation, one step a
# word (Neal & Hinton 1998). Before anything is known a guess counts as much as `PRIOR_TOKENS` words would.
#
# With a model of 600,000 words of news, perplexity of the text that followed (known words; all but the last column
# through `Suggester.learn` and the whole mixture, sessions kept):
#
#     learned                                 without    with    with the first guess alone
#     768 lines of the same news                 99.8   100.1    100.6
#     500 lines of mixed American texts (Brown) 166.2   142.6    145.7
#     300 search queries                        270.7   139.8    163.5
#
# Eight kinds of evidence are enough: split by the length of the match too, perplexity changed by less than 1 %.

# Smart Compose gave its personal n-grams so much (Chen et al. 2019).
LARGEST_WEIGHT = 0.4
PRIOR_TOKENS = 10.0

# By how often the words in a context's place were new: it was written once; mostly, about half the time, rarely. First
# where the model's own n-grams have seen as long a context, then where the person's lines know a longer one.
_FIRST_GUESS = (0.025, 0.025, 0.05, 0.15, 0.15, 0.1, 0.2, 0.3)
_MOSTLY_NEW, _RARELY_NEW = 0.7, 0.4


class Trial(NamedTuple):
    """Words that came after one kind of evidence, and for how many of them the expert was responsible."""

    words: float = 0.0
    responsible: float = 0.0

    def plus(self, other: "Trial") -> "Trial":
        """Both together."""
        return Trial(self.words + other.words, self.responsible + other.responsible)


def kind_of_evidence(*, longer: bool, times: int, kinds: int) -> int:
    """Number the kind of evidence.

    Args:
        longer: Whether the person's lines know a longer context than the model's n-grams.
        times: How often the longest known context was written.
        kinds: How many different words followed it.
    """
    new = kinds / times
    novelty = 0 if times == 1 else 1 if new >= _MOSTLY_NEW else 2 if new >= _RARELY_NEW else 3
    return len(_FIRST_GUESS) // 2 * longer + novelty


def weight_after(kind: int, trials: Mapping[int, Trial]) -> float:
    """The expert's weight for a kind of evidence, after the trials of each kind."""
    words, responsible = trials.get(kind, Trial())
    return min(LARGEST_WEIGHT, (responsible + PRIOR_TOKENS * _FIRST_GUESS[kind]) / (words + PRIOR_TOKENS))


def responsibility(weight: float, *, own: float, others: float) -> float:
    """How likely the expert was what a word came from, given what it and the others gave to that word."""
    mixed = weight * own + (1 - weight) * others
    return weight * own / mixed if mixed > 0.0 else 0.0


class BlockList:
    """The block list of a model folder, read again where it changed.

    Args:
        folder: The model folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: tuple[int, ...] | None = None
        self._words: frozenset[str] = frozenset()

    def words(self) -> frozenset[str]:
        """All that they block, `caseless`: possessives too (`forms_of`)."""
        stamp = self._file_stamp()
        if stamp != self._stamp:
            self._words = forms_of(bundle.read_blocked(self._folder))
            self._stamp = stamp
        return self._words

    def add(self, words: Iterable[str]) -> None:
        """Block words for good; each stands in the list once, whatever its case."""
        with bundle.changing_blocked(self._folder) as listed:
            known = {caseless(word) for word in listed}
            for word in words:
                if caseless(word) not in known:
                    known.add(caseless(word))
                    listed.append(word)

    def remove(self, words: Iterable[str]) -> list[str]:
        """Take words off the list; returns those that stood there, as they did."""
        unwanted = {caseless(word) for word in words}
        with bundle.changing_blocked(self._folder) as listed:
            found = [word for word in listed if caseless(word) in unwanted]
            listed[:] = [word for word in listed if caseless(word) not in unwanted]
        return found

    def _file_stamp(self) -> tuple[int, ...]:
        """What changes whenever the file does: it is replaced, never written over."""
        try:
            status = (self._folder / bundle.BLOCKED).lstat()
        except OSError:
            return ()
        return status.st_ino, status.st_size, status.st_mtime_ns


# Sights after which a word that may be a misspelling of a known one is a word of its own.
LEAST_SIGHTS = 3
# New words of one place, or of one beginning, that are looked at for being misspelt: each takes a millisecond, once.
# Where there are more, each counts for little.
MOST_DOUBTED = 8

# Words of the longest n-gram, its last one included.
ORDER = 5

# Lines of the history.
MOST_LINES = 5_000
_OLDEST_GO = "DELETE FROM lines WHERE id <= (SELECT id FROM lines ORDER BY id DESC LIMIT 1 OFFSET ?)"
_HAS_LINES = "SELECT 1 FROM sqlite_master WHERE name = 'lines'"
# Lines that begin alike, of which the newest tell how one goes on.
_MOST_BEGUN = 16
_LINES_BEGUN = f"SELECT text FROM lines WHERE {LINE_FORM} >= ?1 AND {LINE_FORM} < ?2 ORDER BY id DESC LIMIT ?3"

ROOT = 0  # the context of no word


class NgramWriter:
    """Counts the n-grams of lines within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def add(self, sequence: Sequence[str]) -> None:
        """Count every word of a sequence, and every n-gram up to `ORDER` words that ends with it."""
        forms = [self._form(caseless(word)) for word in sequence]
        ids = [self._word(word, add=1) for word in sequence]
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

    def have(self, word: str, times: int) -> None:
        """Have a word stand at least so often; more often where it was written more often."""
        self._execute("UPDATE words SET count = max(count, ?) WHERE id = ?", (times, self._word(word, add=0)))

    def have_phrase(self, phrase: "LearnedPhrase") -> None:
        """The same of an n-gram of two words and more."""
        *before, last = phrase.words[-ORDER:]
        self.have(last, phrase.times)
        parent = ROOT
        for word in reversed(before):
            parent = self._context(parent, self._form(caseless(word)))
        self._execute(
            "INSERT INTO continuations VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = max(count, excluded.count)",
            (parent, self._word(last, add=0), phrase.times),
        )

    def _form(self, word: str) -> int:
        row = self._execute("SELECT id FROM forms WHERE caseless = ?", (word,)).fetchone()
        return int(row[0] if row else self._added("INSERT INTO forms (caseless) VALUES (?)", (word,)))

    def _word(self, text: str, *, add: int) -> int:
        return int(
            self._execute(
                "INSERT INTO words (form, text, count) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count RETURNING id",
                (self._form(caseless(text)), text, add),
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


def delete_pair(connection: sqlite3.Connection, first: str, second: str) -> None:
    """Delete all n-grams that hold two words, `caseless`, right behind each other."""
    forms = [
        connection.execute("SELECT id FROM forms WHERE caseless = ?", (word,)).fetchone() for word in (first, second)
    ]
    if None in forms:
        return
    one, other = (form[0] for form in forms)
    connection.execute(
        "CREATE TEMP TABLE doomed AS WITH RECURSIVE holding (id) AS ("
        " SELECT longer.id FROM contexts longer JOIN contexts nearer ON longer.parent = nearer.id"
        " WHERE longer.form = ? AND nearer.form = ?"
        " UNION SELECT contexts.id FROM contexts JOIN holding ON parent = holding.id) SELECT id FROM holding",
        (one, other),
    )
    connection.execute("DELETE FROM continuations WHERE context IN (SELECT id FROM doomed)")
    connection.execute("DELETE FROM contexts WHERE id IN (SELECT id FROM doomed)")
    connection.execute("DROP TABLE doomed")
    connection.execute(
        "WITH RECURSIVE ending (id) AS (SELECT id FROM contexts WHERE parent = ? AND form = ?"
        " UNION SELECT contexts.id FROM contexts JOIN ending ON parent = ending.id)"
        " DELETE FROM continuations WHERE context IN (SELECT id FROM ending)"
        " AND word IN (SELECT id FROM words WHERE form = ?)",
        (ROOT, one, other),
    )


def holds(sequence: Sequence[str], part: Sequence[str]) -> bool:
    """Whether some words stand behind each other in a sequence."""
    return any(sequence[start : start + len(part)] == part for start in range(len(sequence) - len(part) + 1))


class LearnedPhrase(NamedTuple):
    """Consecutive words and how many times they were written so."""

    words: tuple[str, ...]
    times: int


class Removal(NamedTuple):
    """A word that is suggested no more, or several, and what it takes to have them back.

    Attributes:
        text: As it was suggested.
        blocked: Whether it was blocked for good; else it was only learned, and may be again.
        words: How a word was written, and how often each.
        phrases: The n-grams that held it.
        lines: The lines of the history that held several words.
    """

    text: str
    blocked: bool = False
    words: Mapping[str, int] = MappingProxyType({})
    phrases: tuple[LearnedPhrase, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def lasts(self) -> bool:
        """Whether it is more than was known from what stands around the cursor alone."""
        return self.blocked or bool(self.words or self.phrases or self.lines)


class Continuations(NamedTuple):
    """What was written after a context: different words, and how often each."""

    words: tuple[str, ...]
    counts: tuple[int, ...]


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
        segments = manifest.segmenter is not None
        return cls(folder, Tokenizer(manifest.level, manifest.layout, manifest.pretokenized, segments))

    @property
    def path(self) -> Path:
        """The database, existing or not."""
        return self._file.path

    def version(self) -> tuple[object, ...]:
        """A value that changes whenever what was learned may have, by this program or another."""
        return self._file.version()

    @property
    def syntax(self) -> Syntax:
        """How a line is cut into words."""
        return self._tokenizer.syntax

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
        self.refuse_characters()
        from autocomplete.text import secrets  # the rules take longer to load than an answer may

        if line[:1].isspace() or secrets.looks_secret(line):
            return False
        words = [token.text for token in self._tokenizer.spans(line)]
        # A digest is none where its line tells of versions, and by itself nothing tells it from a key.
        secret = {caseless(word) for word in words if secrets.is_secret_word(word)}
        sequences = list(sequences_of(words, self.blocked.words() | secret))
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

    def refuse_characters(self) -> None:
        """Fail with a UsageError where the model predicts characters, not words."""
        if self._tokenizer.level == "char":
            raise UsageError(
                "This model predicts characters, and only models of words learn from your lines.",
                Cure.LEARN_WORDS,
            )

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
            doomed = [(line,) for (line,) in connection.execute("SELECT text FROM lines") if self._holds_blocked(line)]
            connection.executemany("DELETE FROM lines WHERE text = ?", doomed)

    def remove(self, text: str, *, known: bool) -> Removal:
        """Have a word suggested no more, as one does who sees it: what was learned of it goes, else it is blocked.

        Of several words the lines of the history go that hold them, and of what was learned that the second follows the
        first.

        Args:
            text: As it was suggested.
            known: Whether the model knows the word without what was learned: then it is blocked in any case.

        Raises:
            UsageError: It is no word.
            AutocompleteError: The block list cannot be written, or the database.
        """
        pieces = self._caseless_words(text)
        if len(pieces) > 1:
            return self._remove_several(text, pieces)
        self._check_single(text)
        form = caseless(text)
        words = {written: times for written, times in self.words().items() if caseless(written) == form}
        phrases = self._phrases_with([form]) if words else ()
        blocked = known or not words
        if blocked:
            self.blocked.add([text])
        if words:
            with self._file.writing() as connection:
                delete_word(connection, form)
        return Removal(text, blocked, words, phrases)

    def _remove_several(self, text: str, pieces: list[str]) -> Removal:
        phrases = self._phrases_with(pieces[:2])
        lines = tuple(line for line in self.lines() if holds(self._caseless_words(line), pieces))
        if phrases or lines:
            with self._file.writing() as connection:
                delete_pair(connection, *pieces[:2])
                connection.executemany("DELETE FROM lines WHERE text = ?", [(line,) for line in lines])
        return Removal(text, phrases=phrases, lines=lines)

    def _caseless_words(self, text: str) -> list[str]:
        return [caseless(token.text) for token in self._tokenizer.of_words().spans(text)]

    def _phrases_with(self, part: list[str]) -> tuple[LearnedPhrase, ...]:
        """The n-grams that hold some words, `caseless`, behind each other."""
        return tuple(phrase for phrase in self.phrases() if holds([*map(caseless, phrase.words)], part))

    def restore(self, removal: Removal) -> None:
        """Take a removal back: what was removed is suggested again, and known as it was."""
        if removal.blocked:
            self.blocked.remove([removal.text])
        if removal.words or removal.phrases or removal.lines:
            self.have(removal.words, removal.phrases, removal.lines)

    def have(
        self,
        words: Mapping[str, int],
        phrases: Iterable[LearnedPhrase] = (),
        lines: Iterable[str] = (),
        days: Iterable[Day] = (),
    ) -> None:
        """Have words, n-grams, lines and days stand with at least what is said; done twice, it is as done once.

        Blocked words, and what holds them, are left out.
        """
        blocked = self.blocked.words()
        with self._file.writing() as connection:
            writer = NgramWriter(connection)
            for word, times in words.items():
                if is_text(word) and caseless(word) not in blocked:
                    writer.have(word, times)
            for phrase in phrases:
                if all(is_text(word) and caseless(word) not in blocked for word in phrase.words):
                    writer.have_phrase(phrase)
            known = [(line,) for line in lines if not self._holds_blocked(line)]
            connection.executemany("INSERT OR IGNORE INTO lines (text) VALUES (?)", known)
            connection.executemany(
                "INSERT INTO days VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE"
                " SET characters = max(characters, excluded.characters), keys = max(keys, excluded.keys)",
                days,
            )
            connection.execute(_OLDEST_GO, (MOST_LINES,))

    def keep_line(self, line: str) -> bool:
        """Keep a whole line for the history, on the disk when this returns, as the newest; of many, the oldest go.

        Returns:
            Whether it was kept; not where `learn` would not, nor where it holds a blocked word.

        Raises:
            AutocompleteError: The database is damaged or cannot be written.
        """
        from autocomplete.text.secrets import looks_secret

        unwanted = line[:1].isspace() or not line.strip() or looks_secret(line) or not is_text(line)
        if unwanted or self._holds_blocked(line):
            return False
        with self._file.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO lines (text) VALUES (?)", (line,))
            connection.execute(_OLDEST_GO, (MOST_LINES,))
        return True

    def lines(self) -> list[str]:
        """The lines that were kept, oldest first; without those of which a word has been blocked since."""
        with self._file.reading() as connection:
            if connection is None or not connection.execute(_HAS_LINES).fetchone():
                return []
            found = [line for (line,) in connection.execute("SELECT text FROM lines ORDER BY id")]
        return [line for line in found if not self._holds_blocked(line)]

    def lines_begun(self, words: Sequence[str]) -> list[str]:
        """How the lines that were kept go on that begin with some words, whatever their case, newest first.

        Args:
            words: In the order written, one at least.

        Returns:
            The next word of each, or mark; `<eos>` where it ends there.
        """
        begun = "".join("".join(words).split()).replace("’", "'")
        form = "".join(letter.lower() if letter.isascii() else letter for letter in begun)
        with self._file.reading() as connection:
            if connection is None or not is_text(form) or not connection.execute(_HAS_LINES).fetchone():
                return []
            rows = connection.execute(_LINES_BEGUN, (form, f"{form}\U0010ffff", _MOST_BEGUN)).fetchall()
        alike = [caseless(word).replace("’", "'") for word in words]
        found = []
        for (line,) in rows:
            tokens = [token.text for token in self._tokenizer.spans(line)] + [END_TOKEN]
            same = [caseless(token).replace("’", "'") for token in tokens[: len(alike)]] == alike
            if same and len(tokens) > len(alike) and not holds_control(line) and not self._holds_blocked(line):
                found.append(tokens[len(alike)])
        return found

    def _holds_blocked(self, line: str) -> bool:
        blocked = self.blocked.words()
        return bool(blocked) and any(
            caseless(token.text) in blocked for token in self._tokenizer.of_words().spans(line)
        )

    def _check_single(self, word: str) -> None:
        pieces = self._tokenizer.of_words().spans(word)
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

    def together(self) -> AbstractContextManager[object]:
        """Within this, all that is written is one transaction, on the disk as a whole at its end: one wait for it.

        What is read within it is what was written, by this program alone.
        """
        return self._file.writing()

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


# What was written once is no phrase yet.
LEAST_TIMES = 2


def most_frequent(phrases: Iterable[LearnedPhrase], *, count: int, syntax: Syntax = "prose") -> list[LearnedPhrase]:
    """Choose the most frequent phrases, and of those alike the longest.

    A phrase begins and ends with a word. One that was never written without the word before or behind it is left out
    where that longer one is there.
    """
    times: dict[tuple[str, ...], int] = {}
    shown: dict[tuple[str, ...], tuple[str, ...]] = {}
    for words, often in phrases:
        if END_TOKEN not in words:
            key = tuple(caseless(word) for word in words)
            times[key] = times.get(key, 0) + often
            shown.setdefault(key, words)
    whole = {
        key
        for key, often in times.items()
        if often >= LEAST_TIMES and is_word(key[0], syntax) and is_word(key[-1], syntax)
    }
    parts = {part for key in whole for part in (key[:-1], key[1:]) if times.get(part) == times[key]}
    chosen = sorted(whole - parts, key=lambda key: (-times[key], -len(key), key))[:count]
    return [LearnedPhrase(shown[key], times[key]) for key in chosen]


def forms_of(words: Iterable[str]) -> frozenset[str]:
    """All that is blocked with some words, `caseless`: their possessives too, with either apostrophe."""
    stems = {caseless(word) for word in words}
    plain = {stem.replace("’", "'") for stem in stems}
    owning = {f"{stem}'s" for stem in plain}
    return frozenset(stems | plain | owning | {form.replace("'", "’") for form in plain | owning})
