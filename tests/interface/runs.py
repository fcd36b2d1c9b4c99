"""Training runs so small that they take a second."""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from autocomplete import bundle

TINY = ["--size", "tiny", "--embedding-size", "16", "--hidden-size", "16", "--seed", "1", "--precision", "float32"]


def weights(folder: Path) -> dict[str, np.ndarray]:
    manifest = bundle.read_manifest(folder)
    return load_file(folder / manifest.files["weights"].name)
