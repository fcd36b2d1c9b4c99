"""Training runs so small that they take a second, and what they say."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from autocomplete import bundle

TINY = ["--size", "tiny", "--embedding-size", "16", "--hidden-size", "16", "--seed", "1", "--precision", "float32"]


def unfolded(told: str) -> str:
    """What was told in lines of 80 columns, in one."""
    return " ".join(told.split())


def begun(folder: Path, *options: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start a training run that saves its state after every step; its first validation has passed."""
    code = (
        "import sys, autocomplete.network.training as training; training.CHECKPOINT_SECONDS = 0.0;"
        "from autocomplete.interface.cli.app import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "train", *options, "--model", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    log = folder / "log.jsonl"
    deadline = time.monotonic() + 60
    while not (log.exists() and '"validation"' in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def weights(folder: Path) -> dict[str, np.ndarray]:
    manifest = bundle.read_manifest(folder)
    return load_file(folder / manifest.files["weights"].name)
