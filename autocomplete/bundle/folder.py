"""Which folders are models: where they lie by name, and what tells ours from others."""

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from autocomplete.errors import Cure, ModelError, nearest
from autocomplete.files import OTHERS, close_to_others, inner_folder, read_file, status_of, walk
from autocomplete.places import LEFT_OVER, is_path, model_path, models_root

MANIFEST = "model.json"
WORK_FOLDER = "checkpoints"
LOG = "log.jsonl"
SOURCES = "sources.json"
BLOCKED = "blocked.txt"
CHARACTERS = "characters"
PERSONAL = "personal.sqlite"
SIDE_FILES = ("-journal", "-wal", "-shm")  # how the names of SQLite's own files beside a database end
PLACE = "removed"  # in the work folder of a model that is being removed: the name that it had
LOCK = "lock"
LOCK_TEXT = "autocomplete works here\n"

# `.new-` begins the names that tempfile completes.
_CONTENT_NAME = re.compile(
    r"(?:vocabulary-[0-9a-f]{12}\.json|weights-[0-9a-f]{12}\.safetensors|ngrams-[0-9a-f]{12}\.sqlite|\.new-\w{8}\.\w+)"
)
_LEFT_OVER_NAME = re.compile(re.escape(LEFT_OVER + CHARACTERS) + r"(?:-\d+)?")
_COUNTING_NAME = re.compile(r"\.ngrams-\w{8}")
_OTHER_NAMES = {
    *(MANIFEST, LOG, SOURCES, BLOCKED, CHARACTERS, WORK_FOLDER),
    *(PERSONAL + ending for ending in ("", *SIDE_FILES)),
}


def is_model(folder: Path) -> bool:
    """Tell whether a folder holds a published model.

    Raises:
        ModelError: Its manifest is a link, or the system does not tell whether it is there.
    """
    status = status_of(folder / MANIFEST)
    return status is not None and stat.S_ISREG(status.st_mode)


def is_ours(folder: Path) -> bool:
    """Tell whether training made a folder: a model, or the work of a run. No other is ever replaced or removed.

    Raises:
        ModelError: What tells it is a link, or cannot be read.
    """
    if is_work(folder / WORK_FOLDER):
        return True
    try:
        fields = json.loads(read_file(folder / MANIFEST))
    except FileNotFoundError:
        return False
    except ValueError:  # damaged: then its files tell
        return any(content_files(folder))
    return isinstance(fields, dict) and {"format", "files", "level"} <= fields.keys()


def is_work(folder: Path) -> bool:
    """Tell whether a folder is the work folder of a run, by the lock that it holds.

    Raises:
        ModelError: It or the lock is a link, or the lock cannot be read.
    """
    status = status_of(folder)
    if status is None or not stat.S_ISDIR(status.st_mode):
        return False
    try:
        return read_file(folder / LOCK) == LOCK_TEXT.encode()
    except FileNotFoundError:
        return False


def model_names() -> list[str]:
    """Return the names of the models in the user's data directory, sorted; of those too that cannot be read."""
    root = models_root()
    entries = root.iterdir() if root.is_dir() else ()
    return sorted(entry.name for entry in entries if not entry.name.startswith(LEFT_OVER) and _may_be_model(entry))


def _may_be_model(folder: Path) -> bool:
    try:
        return is_model(folder)
    except ModelError:
        return True


def folder_beside(name: str) -> str | None:
    """How to write the folder of ours that somebody may have meant by a model's name; None where there is none."""
    with contextlib.suppress(ModelError, OSError):
        if not is_path(name) and is_ours(Path(name)):
            return f"{os.curdir}{os.sep}{name}"
    return None


def existing_model(name: str | os.PathLike[str]) -> Path:
    """Return the folder of a model that must exist; a ModelError suggests near names."""
    folder = model_path(name)
    if is_model(folder):
        return folder
    if folder.exists():
        raise ModelError(f"{folder}: not a model folder (no {MANIFEST}).", Cure.MAKE_MODEL)
    near = folder_beside(os.fspath(name)) or nearest(os.fspath(name), model_names())
    hint = f" Did you mean '{near}'?" if near else ""
    raise ModelError(
        f"There is no model '{name}' (looked in {folder}).{hint}",
        Cure.MAKE_OR_LIST,
    )


def content_files(folder: Path) -> Iterator[Path]:
    """Yield the files that only publishing makes: named by their content, or left by a process that was killed."""
    for path in folder.glob("*"):
        if _CONTENT_NAME.fullmatch(path.name):
            yield path


def character_model(folder: Path) -> Path | None:
    """Return the folder of the character model beside a model of words, None where there is none.

    Raises:
        ModelError: It is a link.
    """
    characters = inner_folder(folder, CHARACTERS)
    return characters if is_model(characters) else None


def own_entries(folder: Path) -> Iterator[Path]:
    """Yield what lies in a model folder under a name of the format, links as such."""
    for path in folder.iterdir():
        patterns = (_CONTENT_NAME, _COUNTING_NAME, _LEFT_OVER_NAME)
        if path.name in _OTHER_NAMES or any(pattern.fullmatch(path.name) for pattern in patterns):
            yield path


def own_tree(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield all that is the format's in a model folder, with its status: the character model's and the run's as well.

    Raises:
        ModelError: The run's folder or its lock is a link.
        OSError: A folder cannot be listed.
    """
    for path in own_entries(folder):
        status = path.lstat()
        inner = path.name in (CHARACTERS, WORK_FOLDER) and stat.S_ISDIR(status.st_mode)
        if path.name == CHARACTERS and inner:
            yield path, status
            yield from own_tree(path)
        elif not inner or is_work(path):
            yield from walk(path)


def close_folder(folder: Path) -> None:
    """Take from everybody but the owner what they may do in a model folder: earlier versions let others read.

    A file that has another name elsewhere, by a hard link, is the same file there, and is treated as the model's own.
    """
    close_to_others(folder, follow=True)
    with contextlib.suppress(ModelError, OSError):  # reading names what is wrong; the folder is closed
        for path, status in own_tree(folder):
            if status.st_mode & OTHERS:
                close_to_others(path)
