"""The model folder on disk: what training hands to prediction. Needs NumPy and safetensors only.

    model.json                    the manifest; replacing it is the one commit point
    vocabulary-<hash>.json        tokens in id order, counts, joining behaviour
    weights-<hash>.safetensors    float32 tensors, named as in the network
    ngrams-<hash>.sqlite          the database of consecutive words
    log.jsonl                     one record per report of the training loop
    blocked.txt                   words never suggested, one a line; the user's own, kept when training again
    characters/                   a model of the same text's characters, for words that the vocabulary lacks
    personal.sqlite               what was learned from the user's lines (`predict.personal_file`); kept likewise
    checkpoints/                  the corpus and the state of an unfinished run; may be deleted

New files are written beside the old under names that hold their content's hash, flushed, and the manifest
is replaced atomically; files that no manifest names are removed afterwards. A crash at any moment leaves
the previous model whole.
"""

import contextlib
import dataclasses
import difflib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autocomplete.config import Layout, Level, NetworkSettings
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.errors import AutocompleteError, ModelError, UsageError

FORMAT_VERSION = 2
MANIFEST = "model.json"
DEFAULT_MODEL = "default"
WORK_FOLDER = "checkpoints"
LOG = "log.jsonl"
BLOCKED = "blocked.txt"
CHARACTERS = "characters"
PERSONAL = "personal.sqlite"
LOCK = "lock"
LOCK_TEXT = "autocomplete works here\n"

_RETRAIN = "Train it again with 'autocomplete train … --force', or restore the folder from a copy."

# `.new-` begins the names that tempfile completes.
_CONTENT_NAME = re.compile(
    r"(?:vocabulary-[0-9a-f]{12}\.json|weights-[0-9a-f]{12}\.safetensors|ngrams-[0-9a-f]{12}\.sqlite|\.new-\w{8}\.\w+)"
)

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file that a manifest names: its name in the folder, size in bytes and SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model is, which files it consists of and how it was made.

    Attributes:
        level: `word` or `char`.
        layout: How line breaks were read.
        pretokenized: Whether tokens were split on white space alone.
        network: The network's cell and shape, or None where the folder holds no network.
        files: The folder's files by role: `vocabulary`, `weights`, `ngrams`.
        mixture: The weights of the experts (`predict.mixture`), or None where none were fitted.
        threshold: Suggestions at least so probable are right often enough to be shown unasked; None where unknown.
        card: The training card: corpus, settings, results, for people and for `info`.
        format: Version of the folder's format.
    """

    level: Level
    layout: Layout
    pretokenized: bool
    network: NetworkSettings | None
    files: Mapping[str, FileEntry]
    mixture: Mapping[str, Any] | None = None
    threshold: float | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    format: int = FORMAT_VERSION

    def to_json(self) -> str:
        """Return the text of `model.json`."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, source: Path) -> "Manifest":
        """Read the text of `model.json`; `source` is named in errors."""
        try:
            fields = json.loads(text)
            version = fields["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{source}: not a model manifest ({error}).", _RETRAIN) from error
        if version != FORMAT_VERSION:
            raise ModelError(
                f"{source}: the model has format {version}, and this program reads format {FORMAT_VERSION}.",
                "Use the version of autocomplete that made it, or train it again with '--force'.",
            )
        try:
            return cls(**_checked(fields))
        except (TypeError, KeyError, AttributeError, ValueError, UsageError) as error:
            raise ModelError(f"{source}: the manifest is damaged ({error}).", _RETRAIN) from error


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a manifest as Python values; an exception where one is wrong."""
    fields["files"] = {role: FileEntry(**entry) for role, entry in fields["files"].items()}
    if any(Path(entry.name).name != entry.name for entry in fields["files"].values()):
        raise ValueError("a file outside the folder")
    if fields["level"] not in ("word", "char") or fields["layout"] not in ("lines", "text"):
        raise ValueError("an unknown level or layout")
    if not isinstance(fields["card"], dict):
        raise ValueError("the card is no object")
    if fields["network"] is not None:
        fields["network"] = NetworkSettings(**fields["network"])
    if not isinstance(fields["mixture"], dict | None):
        raise ValueError("the mixture is no object")
    if fields["threshold"] is not None and not 0.0 <= fields["threshold"] <= 1.0:
        raise ValueError("a threshold outside 0 to 1")
    return fields


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
        return any(_content_files(folder))
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


def read_manifest(folder: Path) -> Manifest:
    """Read and check a model folder's manifest."""
    source = folder / MANIFEST
    try:
        return Manifest.from_json(source.read_text(encoding="utf-8"), source=source)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{source}: cannot be read ({error}).", _RETRAIN) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checked_file(folder: Path, manifest: Manifest, role: str, *, content: bool = True) -> Path:
    """Return the path of a file that the manifest names, after comparing its size and, with `content`, its SHA-256.

    A file of which a prediction reads a few pages only checks those itself: hashing all of it would take longer
    than the prediction.
    """
    entry = manifest.files.get(role)
    if entry is None:
        raise ModelError(f"{folder / MANIFEST}: names no {role} file.", _RETRAIN)
    path = folder / entry.name
    if not path.is_file():
        raise ModelError(f"{path}: missing, though the manifest names it.", _RETRAIN)
    size = path.stat().st_size
    if size != entry.bytes:
        raise ModelError(f"{path}: holds {size} bytes where the manifest says {entry.bytes}.", _RETRAIN)
    if content and _sha256(path) != entry.sha256:
        raise ModelError(f"{path}: damaged (its SHA-256 is not the manifest's).", _RETRAIN)
    return path


def read_vocabulary(folder: Path, manifest: Manifest) -> Vocabulary:
    """Load a model's vocabulary."""
    return Vocabulary.load(checked_file(folder, manifest, "vocabulary"))


def read_blocked(folder: Path) -> tuple[str, ...]:
    """Read the words that the user never wants suggested by this model; none where there is no such file."""
    path = folder / BLOCKED
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read ({error}).", "Give it one word a line, in UTF-8.") from error
    return tuple(word for line in lines if (word := line.strip()))


@contextlib.contextmanager
def changing_blocked(folder: Path) -> Iterator[list[str]]:
    """Give the blocked words as a list to change; it is written at the end, unless an error ends the block.

    Another program that changes the list at the same time waits, and a reader finds it as it was or as it becomes.

    Raises:
        AutocompleteError: The list cannot be written.
    """
    path = folder / BLOCKED
    try:
        with _folder_lock(folder):
            words = list(read_blocked(folder))
            before = words.copy()
            yield words
            if words == before:
                return
            with _flushed_temporary(folder, ".txt") as temporary:
                temporary.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
                _flush(temporary)
                temporary.replace(path)
            _flush(folder)
    except OSError as error:
        raise AutocompleteError(
            f"{path}: cannot be written ({error.strerror}).", "Check the folder's permissions and the room on the disk."
        ) from error


@contextlib.contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder; it falls with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # no such locks here: of two changes at the same moment the later counts
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Read the records of a model's training loop, oldest first; none where there is no log.

    Raises:
        ModelError: The log is damaged.
    """
    path = folder / LOG
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if not all(isinstance(record, dict) and "event" in record for record in records):
            raise ValueError("a line is no event")
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: not a log of training ({error}).", "Remove it; the model needs it for nothing."
        ) from error
    return records


def read_weights(folder: Path, manifest: Manifest, *, vocabulary_size: int) -> dict[str, FloatArray]:
    """Map a model's weights into memory, checked against the network's and the vocabulary's shapes; read-only."""
    if manifest.network is None:
        raise ModelError(f"{folder}: the model has no network.", _RETRAIN)
    path = checked_file(folder, manifest, "weights")
    try:
        weights = _mapped_tensors(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: not a safetensors file of float32 ({error}).", _RETRAIN) from error
    found = {name: tensor.shape for name, tensor in weights.items()}
    expected = manifest.network.weight_shapes(vocabulary_size)
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            raise ModelError(
                f"{path}: tensor '{name}' has shape {found.get(name)} where the network needs {expected.get(name)}.",
                _RETRAIN,
            )
    return weights


def _mapped_tensors(path: Path) -> dict[str, FloatArray]:
    """Views into a safetensors file: eight bytes of length, a JSON header of that length, the tensors.

    The library that writes the file copies every tensor when it reads: 19 ms for 25 MB, which a cold `suggest` feels.
    """
    content = np.memmap(path, dtype=np.uint8, mode="r")
    start = 8 + int.from_bytes(content[:8].tobytes(), "little")
    header = json.loads(content[8:start].tobytes())
    tensors: dict[str, FloatArray] = {}
    for name, entry in header.items():
        if name != "__metadata__":
            if entry["dtype"] != "F32":
                raise ValueError(f"tensor '{name}' is {entry['dtype']}")
            begin, end = entry["data_offsets"]
            tensors[name] = content[start + begin : start + end].view(np.float32).reshape(entry["shape"])
    return tensors


@contextlib.contextmanager
def _flushed_temporary(folder: Path, suffix: str) -> Iterator[Path]:
    """Give a path to write; what was written is flushed to the disk, and removed unless it was renamed."""
    handle, name = tempfile.mkstemp(prefix=".new-", suffix=suffix, dir=folder)
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _adopt(folder: Path, temporary: Path, stem: str, suffix: str) -> FileEntry:
    """Flush a finished file and give it the name of its content."""
    _flush(temporary)
    digest = _sha256(temporary)
    entry = FileEntry(f"{stem}-{digest[:12]}{suffix}", temporary.stat().st_size, digest)
    temporary.replace(folder / entry.name)
    return entry


def write_vocabulary(folder: Path, vocabulary: Vocabulary) -> FileEntry:
    """Write a vocabulary into the folder; it counts once a manifest names it."""
    folder.mkdir(parents=True, exist_ok=True)
    with _flushed_temporary(folder, ".json") as temporary:
        vocabulary.save(temporary)
        return _adopt(folder, temporary, "vocabulary", ".json")


def write_weights(folder: Path, weights: Mapping[str, FloatArray]) -> FileEntry:
    """Write weights into the folder; they count once a manifest names them."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    with _flushed_temporary(folder, ".safetensors") as temporary:
        save_file({name: np.ascontiguousarray(tensor) for name, tensor in sorted(weights.items())}, temporary)
        return _adopt(folder, temporary, "weights", ".safetensors")


def write_ngrams(folder: Path, build: Callable[[Path], object]) -> FileEntry:
    """Let `build` write an n-gram database into the folder; it counts once a manifest names it."""
    folder.mkdir(parents=True, exist_ok=True)
    with _flushed_temporary(folder, ".sqlite") as temporary:
        build(temporary)
        return _adopt(folder, temporary, "ngrams", ".sqlite")


def publish(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the folder's model, atomically, and remove the files that it does not name."""
    with _flushed_temporary(folder, ".json") as temporary:
        temporary.write_text(manifest.to_json(), encoding="utf-8")
        _flush(temporary)
        temporary.replace(folder / MANIFEST)
    _flush(folder)
    named = {entry.name for entry in manifest.files.values()}
    for path in _content_files(folder):
        if path.name not in named:
            path.unlink(missing_ok=True)


def copy_model(source: Path, folder: Path) -> None:
    """Make the model in `source` the model of `folder` too; `source` stays as it is."""
    manifest = read_manifest(source)
    for entry in manifest.files.values():
        _link(source / entry.name, folder / entry.name)
    publish(folder, manifest)
    (folder / LOG).unlink(missing_ok=True)
    if (source / LOG).is_file():
        _link(source / LOG, folder / LOG)


def _link(source: Path, path: Path) -> None:
    """Give a file a second name, so that the first stays whole whatever happens; copy where that is not possible."""
    path.unlink(missing_ok=True)
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)


def _content_files(folder: Path) -> Iterator[Path]:
    """Files that only publishing makes: named by their content, or left by a process that was killed."""
    for path in folder.glob("*"):
        if _CONTENT_NAME.fullmatch(path.name):
            yield path


def remove_model(folder: Path) -> None:
    """Delete a model's files, and the folder where nothing else lies in it; refuses a folder that is no model."""
    if not is_ours(folder):
        raise ModelError(f"{folder}: not a model folder.", "Nothing was removed.")
    (folder / MANIFEST).unlink(missing_ok=True)  # first: what remains after a crash here is no model
    learned = [folder / f"{PERSONAL}{ending}" for ending in ("", "-journal")]
    for path in [*_content_files(folder), folder / LOG, folder / BLOCKED, *learned]:
        path.unlink(missing_ok=True)
    if is_work(folder / WORK_FOLDER):
        shutil.rmtree(folder / WORK_FOLDER, ignore_errors=True)
    remove_characters(folder)
    with contextlib.suppress(OSError):  # something of the user's lies there too
        folder.rmdir()


def remove_characters(folder: Path) -> None:
    """Delete the character model beside a model, where there is one."""
    if is_ours(folder / CHARACTERS):
        remove_model(folder / CHARACTERS)
