"""The command line as a whole: its commands, and the one place where errors become exit codes."""

import re
import shlex
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from autocomplete.errors import AutocompleteError, system_cause, system_cure
from autocomplete.interface.cli.options import examples
from autocomplete.interface.cures import spelled
from autocomplete.interface.terminal import leave_reader, say
from autocomplete.version import VERSION

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130

# What is meant as an option, known or not.
_OPTION = re.compile(r"-[A-Za-z]|--[A-Za-z][\w-]*(?:=.*)?", re.DOTALL)

_EVERY_DAY, _QUALITY, _YOURS, _EVERYWHERE = "Every day", "How good it is", "What is yours", "Wherever you type"


class _Command(NamedTuple):
    """A command of the program.

    Attributes:
        module: Under `interface.cli`; its function, or its group's `app`, is the command.
        function: The function's name; empty for a group of commands.
        panel: Where the help shows it; empty for older spellings and what is seldom wanted.
        examples: What its help ends with.
    """

    module: str
    function: str
    panel: str
    examples: tuple[str, str]


# By name, in the order of the help.
_COMMANDS = {
    "train": _Command(
        "train",
        "train",
        _EVERY_DAY,
        ("autocomplete train notes.txt", "autocomplete train ~/mail --budget 10m"),
    ),
    "suggest": _Command(
        "suggest",
        "suggest",
        _EVERY_DAY,
        ('autocomplete suggest "best food in Las"', 'autocomplete suggest --words 3 "how to "'),
    ),
    "repl": _Command("repl", "repl", _EVERY_DAY, ("autocomplete repl", "autocomplete repl --model mail --learn")),
    "eval": _Command(
        "evaluate", "evaluate", _QUALITY, ("autocomplete eval", "autocomplete eval other.txt --model mail --json")
    ),
    "explain": _Command(
        "explain",
        "explain",
        _QUALITY,
        (
            'autocomplete explain "best food in Las Vegas"',
            'autocomplete explain --html page.html "best food in Las Vegas"',
        ),
    ),
    "diagnose": _Command(
        "diagnose",
        "diagnose",
        _QUALITY,
        ("autocomplete diagnose notes.txt", "autocomplete diagnose notes.txt --cells lstm,rnn"),
    ),
    "models": _Command("models", "", _YOURS, ("autocomplete models list", "autocomplete models info mail")),
    "learn": _Command("learn", "learn", _YOURS, ("autocomplete learn notes.txt", "autocomplete learn --model mail -")),
    "learned": _Command(
        "learned", "learned", _YOURS, ("autocomplete learned", "autocomplete learned --export lines.json")
    ),
    "forget": _Command("forget", "forget", _YOURS, ("autocomplete forget Bluebeard", "autocomplete forget --list")),
    "stats": _Command("stats", "stats", _YOURS, ("autocomplete stats", "autocomplete stats --json")),
    "setup": _Command("setup", "setup", _EVERYWHERE, ("autocomplete setup", "autocomplete setup --print")),
    "doctor": _Command("doctor", "doctor", _EVERYWHERE, ("autocomplete doctor", "autocomplete doctor --json")),
    "pause": _Command("pause", "pause", _EVERYWHERE, ("autocomplete pause 30m", "autocomplete pause --off")),
    "init": _Command("init", "init", "", ('eval "$(autocomplete init zsh)"', "autocomplete init fish | source")),
    "serve": _Command("serve", "serve", "", ("autocomplete serve --background", "autocomplete serve --status")),
    "page": _Command("page", "page", "", ("autocomplete page", "autocomplete page --model mail")),
    "lsp": _Command("lsp", "lsp", "", ("autocomplete lsp", "autocomplete lsp --model mail --learn")),
    "info": _Command("info", "info", "", ("autocomplete info", "autocomplete info --model mail --html page.html")),
    "compare": _Command(
        "compare", "compare", "", ("autocomplete compare mail notes", "autocomplete compare mail notes --text x.txt")
    ),
    "calibrate": _Command(
        "calibrate",
        "calibrate",
        "",
        ("autocomplete calibrate mail sent.txt", "autocomplete calibrate mail sent.txt --shown-right 0.7"),
    ),
}
# These take every setting as an option of its name.
_WITH_SETTINGS = frozenset({"train", "diagnose"})


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"autocomplete {VERSION}")
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
    for name in [first] if first in _COMMANDS else _COMMANDS:
        _add(app, name, _COMMANDS[name])
    return app


def _add(app: typer.Typer, name: str, command: _Command) -> None:
    """Add a command to the program."""
    module = import_module(f"autocomplete.interface.cli.{command.module}")
    shown: dict[str, Any] = {
        "epilog": examples(*command.examples),
        "rich_help_panel": command.panel or None,
        "hidden": not command.panel,
    }
    if not command.function:
        app.add_typer(module.app, name=name, **shown)
    elif name in _WITH_SETTINGS:
        from autocomplete.interface.cli.settings import SettingsCommand

        app.command(name, cls=SettingsCommand, **shown)(getattr(module, command.function))
    else:
        app.command(name, **shown)(getattr(module, command.function))


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit status; every error ends here."""
    _speak_any_unicode()
    try:
        status = typer.main.get_command(_program(arguments)).main(
            list(arguments) or ["--help"], prog_name="autocomplete", standalone_mode=False
        )
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # Typer makes the one the other
        leave_reader(sys.stdout)  # as `| head` does
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in _before_command(arguments) and not isinstance(error, typer.TyperException):
            raise
        return _failed(error, arguments)
    return status if isinstance(status, int) else 0


def _failed(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what went wrong and what to do, one sentence each, and return the exit status."""
    status, cause, cure = EXIT_FAILURE, str(error), ""
    match error:
        case AutocompleteError():
            status, cause, cure = error.exit_code, error.cause, spelled(error.cure)
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            command = context.command_path if context is not None else "autocomplete"
            status, cause, cure = error.exit_code, error.format_message(), f"See '{command} --help'."
            text = _text_taken_for_an_option(getattr(error, "option_name", ""), arguments)
            if text is not None:
                cause = f"{text!r} begins with '-', as options do."
                cure = f"Put '--' before it: {command} -- {shlex.quote(text)}"
            if not cause:  # a group without a command has shown its help
                return status
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


def _text_taken_for_an_option(option: str, arguments: Sequence[str]) -> str | None:
    """The argument that was refused as an option and is none, such as a text that begins with a mark of a list."""
    for argument in arguments if option else ():
        if argument.startswith(option) and not _OPTION.fullmatch(argument):
            return argument
    return None


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
