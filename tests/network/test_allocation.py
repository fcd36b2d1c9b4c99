"""The host's memory is its own: only what starts JAX tells the C library how to keep it."""

import subprocess
import sys


def test_the_public_face_leaves_the_allocator_alone() -> None:
    code = "import sys, autocomplete; autocomplete.train; assert 'autocomplete.network.allocation' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_trains_tells_it() -> None:
    code = "import sys, autocomplete.network.training; assert 'autocomplete.network.allocation' in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
