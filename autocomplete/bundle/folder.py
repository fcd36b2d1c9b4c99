"""Which folders are models: where they lie by name, and what tells ours from others."""

import difflib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from autocomplete.errors import ModelError

MANIFEST = "model.json"
DEFAULT_MODEL = "default"
WORK_FOLDER = "checkpoints"
LOG = "log.jsonl"
BLOCKED = "blocked.txt"
CHARACTERS = "characters"
PERSONAL = "personal.sqlite"
LOCK = "lock"
LOCK_TEXT = "autocomplete works here\n"

# `.new-` begins the names that tempfile completes.
_CONTENT_NAME = re.compile(
    r"(?:vocabulary-[0-9a-f]{12}\.json|weights-[0-9a-f]{12}\.safetensors|ngrams-[0-9a-f]{12}\.sqlite|\.new-\w{8}\.\w+)"
)


def models_root() -> Path:
    """Return the folder that holds models by name: `$AUTOCOMPLETE_HOME`, or the user's data directory."""
    home = os.environ.get("AUTOCOMPLETE_HOME")
    if home:
        return Path(home).expanduser()
    import platformdirs  # 20 ms that `suggest` need not pay where the variable is set

    return platformdirs.user_data_path("autocomplete")


def is_model(folder: Path) -> bool:
    """Tell whether a folder holds a published model."""
    return (folder / MANIFEST).is_file()


def is_ours(folder: Path) -> bool:
    """Tell whether training made a folder: a model, or the work of a run. No other is ever replaced or removed."""
    if is_work(folder / WORK_FOLDER):
        return True
    try:
        fields = json.loads((folder / MANIFEST).read_bytes())
    except OSError:
        return False
    except ValueError:  # damaged: then its files tell
        return any(content_files(folder))
    return isinstance(fields, dict) and {"format", "files", "level"} <= fields.keys()


def is_work(folder: Path) -> bool:
    """Tell whether a folder is the work folder of a run, by the lock that it holds."""
    try:
        return (folder / LOCK).read_text(encoding="utf-8") == LOCK_TEXT
    except (OSError, ValueError):
        return False


def model_names() -> list[str]:
    """Return the names of the models in the user's data directory, sorted."""
    root = models_root()
    return sorted(entry.name for entry in root.iterdir() if is_model(entry)) if root.is_dir() else []


def model_path(name: str) -> Path:
    """Return the folder that `--model NAME` or `--model PATH` means, existing or not."""
    given = Path(name).expanduser()
    separators = {os.sep, os.altsep} - {None}
    if any(separator in name for separator in separators if separator) or name in {".", ".."} or given.is_dir():
        return given
    return models_root() / name


def existing_model(name: str) -> Path:
    """Return the folder of a model that must exist; a ModelError suggests near names."""
    folder = model_path(name)
    if is_model(folder):
        return folder
    if folder.exists():
        raise ModelError(
            f"{folder}: not a model folder (no {MANIFEST}).", "Run 'autocomplete train CORPUS' to make a model."
        )
    near = difflib.get_close_matches(name, model_names(), n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    raise ModelError(
        f"There is no model '{name}' (looked in {folder}).",
        f"{hint}Run 'autocomplete train CORPUS' to make one, 'autocomplete models list' to see yours.",
    )


def content_files(folder: Path) -> Iterator[Path]:
    """Yield the files that only publishing makes: named by their content, or left by a process that was killed."""
    for path in folder.glob("*"):
        if _CONTENT_NAME.fullmatch(path.name):
            yield path
