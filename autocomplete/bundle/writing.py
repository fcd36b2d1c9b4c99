"""Writes a model folder so that a crash at any moment leaves the previous model whole, and removes one."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from autocomplete.arrays import Float32Array
from autocomplete.bundle.folder import (
    BLOCKED,
    CHARACTERS,
    LOG,
    MANIFEST,
    PERSONAL,
    WORK_FOLDER,
    content_files,
    is_ours,
    is_work,
)
from autocomplete.bundle.manifest import FileEntry, Manifest, read_manifest
from autocomplete.bundle.reading import read_blocked, sha256
from autocomplete.errors import AutocompleteError, ModelError
from autocomplete.text.vocabulary import Vocabulary


def write_vocabulary(folder: Path, vocabulary: Vocabulary) -> FileEntry:
    """Write a vocabulary into the folder; it counts once a manifest names it."""
    folder.mkdir(parents=True, exist_ok=True)
    with _flushed_temporary(folder, ".json") as temporary:
        vocabulary.save(temporary)
        return _adopt(folder, temporary, "vocabulary", ".json")


def write_weights(folder: Path, weights: Mapping[str, Float32Array]) -> FileEntry:
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


def _adopt(folder: Path, temporary: Path, stem: str, suffix: str) -> FileEntry:
    """Flush a finished file and give it the name of its content."""
    _flush(temporary)
    digest = sha256(temporary)
    entry = FileEntry(f"{stem}-{digest[:12]}{suffix}", temporary.stat().st_size, digest)
    temporary.replace(folder / entry.name)
    return entry


def publish(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the folder's model, atomically, and remove the files that it does not name."""
    with _flushed_temporary(folder, ".json") as temporary:
        temporary.write_text(manifest.to_json(), encoding="utf-8")
        _flush(temporary)
        temporary.replace(folder / MANIFEST)
    _flush(folder)
    named = {entry.name for entry in manifest.files.values()}
    for path in content_files(folder):
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


def remove_model(folder: Path) -> None:
    """Delete a model's files, and the folder where nothing else lies in it; refuses a folder that is no model."""
    if not is_ours(folder):
        raise ModelError(f"{folder}: not a model folder.", "Nothing was removed.")
    (folder / MANIFEST).unlink(missing_ok=True)  # first: what remains after a crash here is no model
    learned = [folder / f"{PERSONAL}{ending}" for ending in ("", "-journal")]
    for path in [*content_files(folder), folder / LOG, folder / BLOCKED, *learned]:
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


@contextlib.contextmanager
def _flushed_temporary(folder: Path, suffix: str) -> Iterator[Path]:
    """Give a path to write; what was written is flushed to the disk, and removed unless it was renamed."""
    import tempfile  # 2 ms that `suggest` need not pay

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
