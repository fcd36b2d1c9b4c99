"""Start of the program: `autocomplete …` and `python -m autocomplete …`."""

import os
import sys


def main() -> None:
    """Run the command line and exit with its status."""
    if sys.argv[1:2] == ["init"]:
        from autocomplete.interface.shells import print_text

        # Each shell that is opened waits for this; the command line alone takes three times as long to load.
        if print_text(sys.argv[2:]):
            return
    # NumPy predicts and measures, in products too small to share among threads, which would mostly wait for each other;
    # starting them takes as long as NumPy itself. What trains has threads of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from autocomplete.interface.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
