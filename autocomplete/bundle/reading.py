"""Reads the files that a manifest names, and those beside them, each checked."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from autocomplete.arrays import ByteArray, Float32Array
from autocomplete.bundle.folder import BLOCKED, LOG, MANIFEST
from autocomplete.bundle.manifest import FileEntry, Manifest
from autocomplete.errors import Cure, ModelError
from autocomplete.files import open_file, read_file, unreadable
from autocomplete.text.vocabulary import Vocabulary


def sha256(path: Path) -> str:
    """Return the digest of a file, in hexadecimal."""
    with open_file(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checked_file(folder: Path, manifest: Manifest, role: str) -> Path:
    """Return the path of a file that the manifest names, after comparing its size.

    Of such a file a prediction reads a few pages only, and checks those itself: hashing all of it would take longer
    than the prediction.
    """
    with _opened(folder, manifest, role):
        return folder / manifest.files[role].name


@contextlib.contextmanager
def _opened(folder: Path, manifest: Manifest, role: str) -> Iterator[BufferedReader]:
    """Open a file that the manifest names, and has the size that this says."""
    entry = manifest.files.get(role)
    if entry is None:
        raise ModelError(f"{folder / MANIFEST}: names no {role} file.", Cure.TRAIN_AGAIN)
    path = folder / entry.name
    try:
        file = open_file(path)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: missing, though the manifest names it.", Cure.TRAIN_AGAIN) from error
    with file:
        size = os.fstat(file.fileno()).st_size
        if size != entry.bytes:
            raise ModelError(f"{path}: holds {size} bytes where the manifest says {entry.bytes}.", Cure.TRAIN_AGAIN)
        try:
            yield file
        except OSError as error:
            raise unreadable(path, error) from error


def _check_digest(path: Path, content: bytes | memoryview, entry: FileEntry) -> None:
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ModelError(f"{path}: damaged (its SHA-256 is not the manifest's).", Cure.TRAIN_AGAIN)


def read_vocabulary(folder: Path, manifest: Manifest) -> Vocabulary:
    """Load a model's vocabulary."""
    with _opened(folder, manifest, "vocabulary") as file:
        content = file.read()
    entry = manifest.files["vocabulary"]
    _check_digest(folder / entry.name, content, entry)
    return Vocabulary.from_json(content, source=folder / entry.name)


def read_blocked(folder: Path) -> tuple[str, ...]:
    """Read the words that the user never wants suggested by this model; none where there is no such file."""
    path = folder / BLOCKED
    try:
        lines = read_file(path).decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: cannot be read ({error}).", "Give it one word a line, in UTF-8.") from error
    return tuple(word for line in lines if (word := line.strip()))


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Read the records of a model's training loop, oldest first; none where there is no log.

    Raises:
        ModelError: The log is damaged.
    """
    path = folder / LOG
    try:
        records = [json.loads(line) for line in read_file(path).decode("utf-8").splitlines()]
        if not all(isinstance(record, dict) and "event" in record for record in records):
            raise ValueError("a line is no event")
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise ModelError(
            f"{path}: not a log of training ({error}).", "Remove it; the model needs it for nothing."
        ) from error
    return records


def read_weights(folder: Path, manifest: Manifest, *, vocabulary_size: int) -> dict[str, Float32Array]:
    """Map a model's weights into memory, checked against the network's and the vocabulary's shapes; read-only."""
    if manifest.network is None:
        raise ModelError(f"{folder}: the model has no network.", Cure.TRAIN_AGAIN)
    with _opened(folder, manifest, "weights") as file:
        path = folder / manifest.files["weights"].name
        try:
            content = np.memmap(file, dtype=np.uint8, mode="r")
        except ValueError as error:  # it is empty
            raise ModelError(f"{path}: not a safetensors file of float32 ({error}).", Cure.TRAIN_AGAIN) from error
    _check_digest(path, content.data, manifest.files["weights"])  # of the mapped bytes, which spares reading them twice
    try:
        weights = _tensors(content)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: not a safetensors file of float32 ({error}).", Cure.TRAIN_AGAIN) from error
    weights = {_renamed(name): tensor for name, tensor in weights.items()}
    found = {name: tensor.shape for name, tensor in weights.items()}
    expected = manifest.network.weight_shapes(vocabulary_size)
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            raise ModelError(
                f"{path}: tensor '{name}' has shape {found.get(name)} where the network needs {expected.get(name)}.",
                Cure.TRAIN_AGAIN,
            )
    return weights


def _renamed(name: str) -> str:
    """The name of a tensor, where a model of format 2 gave it another: its output layer was no part of its own."""
    if name == "embedding" or name.startswith("tails/"):
        return f"output/{name.replace('output_bias', 'bias')}"
    return "output/bias" if name == "output_bias" else name


def _tensors(content: ByteArray) -> dict[str, Float32Array]:
    """Views into the content of a safetensors file: eight bytes of length, a JSON header of that length, the tensors.

    The library that writes the file copies every tensor when it reads: 19 ms for 25 MB, which a cold `suggest` feels.
    """
    start = 8 + int.from_bytes(content[:8].tobytes(), "little")
    header = json.loads(content[8:start].tobytes())
    tensors: dict[str, Float32Array] = {}
    for name, entry in header.items():
        if name != "__metadata__":
            if entry["dtype"] != "F32":
                raise ValueError(f"tensor '{name}' is {entry['dtype']}")
            begin, end = entry["data_offsets"]
            tensors[name] = content[start + begin : start + end].view(np.float32).reshape(entry["shape"])
    return tensors
