"""The exception tree. An error is one sentence of cause and one of cure, and knows its exit code.

AutocompleteError            1   failure while running
├── UsageError               2   a command called the wrong way
├── ModelError               3   a model that is missing, damaged or of a newer format
├── CorpusError              4   a corpus that cannot be used
├── MissingPackageError      4   a package that only some need, and that is not installed
└── TrainingInterrupted    130   stopped by the user; the best model so far is saved
"""

import errno
from collections.abc import Collection
from enum import StrEnum

_CURES = {
    errno.EACCES: "Give yourself the permission, or ask whoever owns it.",
    errno.EPERM: "Give yourself the permission, or ask whoever owns it.",
    errno.EMFILE: "Let the program open more files at once ('ulimit -n'), and try again.",
    errno.ENFILE: "End some programs, and try again.",
    errno.ENOMEM: "End some programs, and try again.",
    errno.ENOSPC: "Make room on the disk, and try again.",
    errno.EDQUOT: "Make room on the disk, and try again.",
    errno.EROFS: "Choose a place that can be written.",
    errno.EIO: "Try again, and check the disk where that does not help.",
}
USUAL_CURE = "Check the path, its permissions and the room on the disk."


class Cure(StrEnum):
    """Cures that each face says in its own way, such as by the options of a command; here in plain words."""

    ANOTHER_FOLDER = "Name another model, or an empty folder."
    ANOTHER_NAME = "Give the model another name."
    ANOTHER_MODEL = "Wait for it, or name another model."
    DYNAMIC_RATE = "Lower the rate of dynamic evaluation."
    ENCODING = "Name the encoding that the whole file has, or leave it out."
    FIELD = "Name the column or key that holds the text."
    FOLDER = "Name a folder."
    FORMAT = "Say which it is."
    LEARN_WORDS = "Train a model of words to learn, or go on without learning."
    LEAVE_OUT = "Leave the file out, or name its encoding, such as utf-16, if it is text."
    LESS_MEMORY = "Lower batch_size, bptt or the size, or read the rows in parts by accumulate."
    MAKE_MODEL = "Train a model."
    MAKE_OR_LIST = "Train one, or look which there are."
    MOVE_AWAY = "Move them away, or name another model."
    OLD_PROGRAM = "Use the version of autocomplete that made it, or train it again in its place."
    OTHER_FORMAT = "Say what the file is, or leave it out."
    PATTERN = "Name other patterns, or the files one by one."
    REPLACE = "Replace it, or name another model."
    RESUME = "Resume it, replace it, or name another model."
    SENDER = "Name the sender whose words to learn, or take everyone's."
    SMALLER_SPAN = "Give more text, or a smaller span."
    START_ALL = "Start all again, and resume the run if training had begun."
    START_NEW = "Start a new run."
    START_OVER = "Start over in its place."
    STOP_ENGINE = "Use that one, or stop it."
    TRAIN_AGAIN = "Train it again in its place, or restore the folder from a copy."
    WIPE = "Restore it from a copy, or wipe what was learned."
    WRITABLE = "Name a folder that you may write."


class AutocompleteError(Exception):
    """Base of every error that a user can meet.

    Attributes:
        cause: What went wrong and where, one sentence.
        cure: What to do about it, one sentence, possibly empty; where a face says it in its own way, a `Cure`.
        exit_code: The process's exit status.
    """

    exit_code = 1

    def __init__(self, cause: str, cure: str = "") -> None:
        super().__init__(f"{cause} {cure}".strip())
        self.cause = cause
        self.cure = cure

    def __reduce__(self) -> tuple[type["AutocompleteError"], tuple[str, str]]:
        """Cross process borders whole: a worker's error reaches the user as it was raised."""
        return type(self), (self.cause, self.cure)


class UsageError(AutocompleteError):
    """A command was called with arguments that make no sense."""

    exit_code = 2


class ModelError(AutocompleteError):
    """A model folder is missing, damaged, foreign or of a newer format."""

    exit_code = 3


class CorpusError(AutocompleteError):
    """A corpus is empty, not text, or too small."""

    exit_code = 4


class MissingPackageError(AutocompleteError):
    """A package that the program needs for this alone is not installed; the cure is the line that installs it."""

    exit_code = 4


class TrainingInterrupted(AutocompleteError):  # noqa: N818 - no error, but an end
    """Training was stopped by the user; the best model so far is saved."""

    exit_code = 130


def nearest(word: str, known: Collection[str], *, least: float = 0.6) -> str:
    """Return the known word that is most like another; empty where none is, of a likeness from 0 to 1."""
    import difflib  # only after a mistake

    return "".join(difflib.get_close_matches(word, known, n=1, cutoff=least))


def require_one_of(name: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a value that is none of the allowed ones with a UsageError that names the nearest."""
    if not isinstance(value, str) or value not in allowed:
        near = nearest(str(value), allowed)
        cure = f"Did you mean '{near}'?" if near else "Choose one of them."
        raise UsageError(f"{name} '{value}' is none of {', '.join(allowed)}.", cure)


def system_cause(error: OSError) -> str:
    """Return what the system says went wrong, in its own words, such as `Permission denied`."""
    return error.strerror or str(error)


def system_cure(error: OSError) -> str:
    """Return one sentence on what to do about what the system says; it never costs anybody a file."""
    return _CURES.get(error.errno or 0, USUAL_CURE)
