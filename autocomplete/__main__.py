"""Start of the program: `autocomplete …` and `python -m autocomplete …`."""

import os
import sys


def main() -> None:
    """Run the command line and exit with its status."""
    # NumPy predicts and measures, in products too small to share among threads, which would mostly wait for each other;
    # starting them takes as long as NumPy itself. What trains has threads of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from autocomplete.interface.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
