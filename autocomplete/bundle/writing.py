"""Writes a model folder so that a crash at any moment leaves the previous model whole."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

import numpy as np

from autocomplete.arrays import Float32Array
from autocomplete.bundle.folder import BLOCKED, LOG, MANIFEST, SOURCES, close_folder, content_files
from autocomplete.bundle.manifest import FileEntry, Manifest, read_manifest
from autocomplete.bundle.reading import read_blocked, sha256
from autocomplete.errors import AutocompleteError, system_cause, system_cure
from autocomplete.files import FILE_MODE, make_folder, open_file, open_private, status_of
from autocomplete.text.vocabulary import Vocabulary


def write_vocabulary(folder: Path, vocabulary: Vocabulary) -> FileEntry:
    """Write a vocabulary into the folder; it counts once a manifest names it."""
    make_folder(folder)
    with _flushed_temporary(folder, ".json") as temporary:
        vocabulary.save(temporary)
        return _adopt(folder, temporary, "vocabulary", ".json")


def write_weights(folder: Path, weights: Mapping[str, Float32Array]) -> FileEntry:
    """Write weights into the folder; they count once a manifest names them."""
    from safetensors.numpy import save_file

    make_folder(folder)
    with _flushed_temporary(folder, ".safetensors") as temporary:
        save_file({name: np.ascontiguousarray(tensor) for name, tensor in sorted(weights.items())}, temporary)
        return _adopt(folder, temporary, "weights", ".safetensors")


def write_ngrams(folder: Path, build: Callable[[Path], object]) -> FileEntry:
    """Let `build` write an n-gram database into the folder; it counts once a manifest names it."""
    make_folder(folder)
    with _flushed_temporary(folder, ".sqlite") as temporary:
        build(temporary)
        return _adopt(folder, temporary, "ngrams", ".sqlite")


def _adopt(folder: Path, temporary: Path, stem: str, suffix: str) -> FileEntry:
    """Flush a finished file and give it the name of its content."""
    temporary.chmod(FILE_MODE)  # its maker may have put another file under the name
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
    # Before the manifest, so that a model never has the sources of another that was there.
    for name in (LOG, SOURCES):
        (folder / name).unlink(missing_ok=True)
        if status_of(source / name) is not None:
            _link(source / name, folder / name)
    publish(folder, manifest)


def _link(source: Path, path: Path) -> None:
    """Give a file a second name, so that the first stays whole whatever happens; copy where that is not possible."""
    path.unlink(missing_ok=True)
    with open_file(source) as content:
        try:
            os.link(source, path, follow_symlinks=False)
        except OSError:
            with open(open_private(path, os.O_WRONLY | os.O_EXCL), "wb") as copy:  # noqa: PTH123 - a descriptor
                shutil.copyfileobj(content, copy)


def open_log(folder: Path, *, fresh: bool) -> TextIO:
    """Open the log of a training loop to write on, or anew."""
    path = folder / LOG
    if fresh:
        path.unlink(missing_ok=True)
    flags = os.O_WRONLY | (os.O_EXCL if fresh else os.O_APPEND)
    return open(open_private(path, flags), "w" if fresh else "a", encoding="utf-8")  # noqa: PTH123 - a descriptor


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
            close_folder(folder)
            with _flushed_temporary(folder, ".txt") as temporary:
                temporary.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
                _flush(temporary)
                temporary.replace(path)
            _flush(folder)
    except OSError as error:
        raise AutocompleteError(f"{path}: cannot be written ({system_cause(error)}).", system_cure(error)) from error


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
