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

from autocomplete.bundle.folder import (
    BLOCKED,
    CHARACTERS,
    DEFAULT_MODEL,
    LOCK,
    LOCK_TEXT,
    LOG,
    MANIFEST,
    PERSONAL,
    WORK_FOLDER,
    existing_model,
    is_model,
    is_ours,
    is_work,
    model_names,
    model_path,
    models_root,
)
from autocomplete.bundle.manifest import FORMAT_VERSION, FileEntry, Manifest, read_manifest
from autocomplete.bundle.reading import checked_file, read_blocked, read_log, read_vocabulary, read_weights
from autocomplete.bundle.writing import (
    changing_blocked,
    copy_model,
    publish,
    remove_characters,
    remove_model,
    write_ngrams,
    write_vocabulary,
    write_weights,
)

__all__ = [
    "BLOCKED",
    "CHARACTERS",
    "DEFAULT_MODEL",
    "FORMAT_VERSION",
    "LOCK",
    "LOCK_TEXT",
    "LOG",
    "MANIFEST",
    "PERSONAL",
    "WORK_FOLDER",
    "FileEntry",
    "Manifest",
    "changing_blocked",
    "checked_file",
    "copy_model",
    "existing_model",
    "is_model",
    "is_ours",
    "is_work",
    "model_names",
    "model_path",
    "models_root",
    "publish",
    "read_blocked",
    "read_log",
    "read_manifest",
    "read_vocabulary",
    "read_weights",
    "remove_characters",
    "remove_model",
    "write_ngrams",
    "write_vocabulary",
    "write_weights",
]
