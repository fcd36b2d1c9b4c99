"""The model folder on disk: what training hands to prediction. Needs NumPy and safetensors only.

    model.json                    the manifest; replacing it is the one commit point
    vocabulary-<hash>.json        tokens in id order, counts, joining behaviour
    weights-<hash>.safetensors    float32 tensors, named as in the network
    ngrams-<hash>.sqlite          the database of consecutive words
    sources.json                  which files were read, and how, for the owner alone
    log.jsonl                     one record per report of the training loop
    blocked.txt                   words never suggested, one a line; the user's own, kept when training again
    characters/                   a model of the same text's characters, for words that the vocabulary lacks
    personal.sqlite               what was learned from the user's lines (`learned.file`); kept likewise
    checkpoints/                  the corpus and the state of an unfinished run; may be deleted

New files are written beside the old under names that hold their content's hash, flushed, and the manifest
is replaced atomically; files that no manifest names are removed afterwards. A crash at any moment leaves
the previous model whole. The folder and all in it are their owner's alone, and nothing in it is a link.
"""

from autocomplete.bundle.folder import (
    BLOCKED,
    CHARACTERS,
    LOCK,
    LOCK_TEXT,
    LOG,
    MANIFEST,
    PERSONAL,
    SIDE_FILES,
    SOURCES,
    WORK_FOLDER,
    character_model,
    close_folder,
    existing_model,
    folder_beside,
    is_model,
    is_ours,
    is_work,
    model_names,
    own_tree,
)
from autocomplete.bundle.lock import is_busy, run_lock
from autocomplete.bundle.manifest import FORMAT_VERSION, FileEntry, Manifest, Thresholds, read_manifest
from autocomplete.bundle.reading import checked_file, read_blocked, read_log, read_vocabulary, read_weights
from autocomplete.bundle.removal import finish_removal, finish_removals, remove_characters, remove_model
from autocomplete.bundle.sources import SourceList, read_sources
from autocomplete.bundle.writing import (
    changing_blocked,
    copy_model,
    open_log,
    publish,
    write_ngrams,
    write_vocabulary,
    write_weights,
)
from autocomplete.files import (
    inner_folder,
    make_folder,
    open_file,
    private_files,
    read_file,
    require_inside,
    require_readable,
    status_of,
    unopened,
    unreadable,
    write_file,
)
from autocomplete.places import DEFAULT_MODEL, model_path, models_root, refuse_left_over

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
    "SIDE_FILES",
    "SOURCES",
    "WORK_FOLDER",
    "FileEntry",
    "Manifest",
    "SourceList",
    "Thresholds",
    "changing_blocked",
    "character_model",
    "checked_file",
    "close_folder",
    "copy_model",
    "existing_model",
    "finish_removal",
    "finish_removals",
    "folder_beside",
    "inner_folder",
    "is_busy",
    "is_model",
    "is_ours",
    "is_work",
    "make_folder",
    "model_names",
    "model_path",
    "models_root",
    "open_file",
    "open_log",
    "own_tree",
    "private_files",
    "publish",
    "read_blocked",
    "read_file",
    "read_log",
    "read_manifest",
    "read_sources",
    "read_vocabulary",
    "read_weights",
    "refuse_left_over",
    "remove_characters",
    "remove_model",
    "require_inside",
    "require_readable",
    "run_lock",
    "status_of",
    "unopened",
    "unreadable",
    "write_file",
    "write_ngrams",
    "write_vocabulary",
    "write_weights",
]
