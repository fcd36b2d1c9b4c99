"""The command line as a whole: its commands, and the one place where errors become exit codes."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from autocomplete.errors import AutocompleteError, system_cause, system_cure
from autocomplete.interface.terminal import say

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130

# By name, the module that has the function of the same name, in the order of the help.
_COMMANDS = {
    "train": "train",
    "suggest": "suggest",
    "repl": "repl",
    "forget": "forget",
    "learned": "learned",
    "stats": "stats",
    "eval": "evaluate",
    "compare": "compare",
    "diagnose": "diagnose",
    "info": "info",
}
_GROUPS = ("models",)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # 30 ms that no other command need pay

        say(f"autocomplete {version('autocomplete-lm')}")
        raise typer.Exit


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command; `--debug` is read by `run`."""


def _program(arguments: Sequence[str]) -> typer.Typer:
    """The command that the arguments name, or all of them where none is: Typer takes 15 ms to build all."""
    app = typer.Typer(
        name="autocomplete",
        help="Finish your sentences from your own text. Private: nothing leaves this machine.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    first = "".join(arguments[len(_before_command(arguments)) :][:1])
    known = first in _COMMANDS or first in _GROUPS
    for name in [first] if known else [*_COMMANDS, *_GROUPS]:
        module = import_module(f"autocomplete.interface.cli.{_COMMANDS.get(name, name)}")
        if name in _GROUPS:
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, _COMMANDS[name]))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit status; every error ends here."""
    _speak_any_unicode()
    try:
        status = typer.main.get_command(_program(arguments)).main(
            list(arguments) or ["--help"], prog_name="autocomplete", standalone_mode=False
        )
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # Typer makes the one the other
        # The reader of our output has gone (`| head`): what Python would still flush at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in _before_command(arguments) and not isinstance(error, typer.TyperException):
            raise
        return _failed(error)
    return status if isinstance(status, int) else 0


def _failed(error: BaseException) -> int:
    """Say what went wrong and what to do, one sentence each, and return the exit status."""
    status, cause, cure = EXIT_FAILURE, str(error), ""
    match error:
        case AutocompleteError():
            status, cause, cure = error.exit_code, error.cause, error.cure
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            command = context.command_path if context is not None else "autocomplete"
            status, cause, cure = error.exit_code, error.format_message(), f"See '{command} --help'."
        case typer.Abort() | KeyboardInterrupt():
            status, cause = EXIT_INTERRUPTED, "interrupted"
        case OSError():
            cause = f"{error.filename or 'input or output'}: {system_cause(error)}."
            cure = system_cure(error)
        case _:
            cause = f"{type(error).__name__}: {error}"
            cure = "This is a fault of autocomplete; 'autocomplete --debug …' shows where it lies."
    said = cause if status == EXIT_INTERRUPTED else f"error: {cause}"
    say(*said.splitlines(), *cure.splitlines(), on_error=True)
    return status


def _before_command(arguments: Sequence[str]) -> list[str]:
    leading: list[str] = []
    for argument in arguments:
        if not argument.startswith("-"):
            break
        leading.append(argument)
    return leading


def _speak_any_unicode() -> None:
    """Give back bytes that are no text as they came; never fail for a character that a terminal lacks."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            unicode = (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
            reconfigure(errors="surrogateescape" if unicode else "replace")
