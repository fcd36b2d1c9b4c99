"""Start of the program: `autocomplete …` and `python -m autocomplete …`."""

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    from autocomplete.interface.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
