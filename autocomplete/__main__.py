"""Start of the program: `autocomplete …` and `python -m autocomplete …`."""

import os
import sys


def main() -> None:
    """Run the command line and exit with its status."""
    if sys.argv[1:2] in (["suggest"], ["repl"]):
        # One prediction is too small to share among threads, and starting them takes as long as NumPy itself.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from autocomplete.interface.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
