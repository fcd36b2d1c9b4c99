"""The command line as a whole: its commands, and the one place where errors become exit codes."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from autocomplete.errors import AutocompleteError
from autocomplete.interface.cli import evaluate, info, models, suggest, train

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="autocomplete",
    help="Finish your sentences from your own text. Private: nothing leaves this machine.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train.train)
app.command("suggest")(suggest.suggest)
app.command("eval")(evaluate.evaluate)
app.command("info")(info.info)
app.add_typer(models.app, name="models")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"autocomplete {version('autocomplete-lm')}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command; `--debug` is read by `run`."""


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit status; every error ends here."""
    debug = "--debug" in _before_command(arguments)
    _speak_any_unicode()
    try:
        status = typer.main.get_command(app).main(
            list(arguments) or ["--help"], prog_name="autocomplete", standalone_mode=False
        )
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): what Python would still flush at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (typer.TyperException, typer.Abort) as error:
        return _usage_failure(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except AutocompleteError as error:
        if debug:
            raise
        print(f"error: {error.cause}", file=sys.stderr)
        if error.cure:
            print(error.cure, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if debug:
            raise
        print(f"error: {error.filename or 'input or output'}: {error.strerror}.", file=sys.stderr)
        print("Check the path, its permissions and the room on the disk.", file=sys.stderr)
        return EXIT_FAILURE
    except Exception as error:
        if debug:
            raise
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        print("This is a fault of autocomplete; 'autocomplete --debug …' shows where it lies.", file=sys.stderr)
        return EXIT_FAILURE


def _before_command(arguments: Sequence[str]) -> list[str]:
    leading: list[str] = []
    for argument in arguments:
        if not argument.startswith("-"):
            break
        leading.append(argument)
    return leading


def _usage_failure(error: Exception) -> int:
    if not isinstance(error, typer.TyperException):
        return EXIT_INTERRUPTED
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "autocomplete"
    print(f"error: {error.format_message()}", file=sys.stderr)
    print(f"See '{command} --help'.", file=sys.stderr)
    return error.exit_code


def _speak_any_unicode() -> None:
    """Give back bytes that are no text as they came; never fail for a character that a terminal lacks."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            unicode = (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
            reconfigure(errors="surrogateescape" if unicode else "replace")
