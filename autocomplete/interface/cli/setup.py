"""`autocomplete setup`: from nothing to suggestions in the shell, by one command."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autocomplete import bundle
from autocomplete.errors import AutocompleteError, CorpusError, UsageError, system_cause, system_cure
from autocomplete.interface.cli import options
from autocomplete.interface.cures import spelled
from autocomplete.interface.shells import SHELL_MODEL, Wishes, source_line
from autocomplete.interface.shells.rc import read_rc, with_block, without_block, write_rc
from autocomplete.interface.shells.surroundings import (
    FoundShell,
    find_editors,
    find_histories,
    find_shells,
    known_shells,
)
from autocomplete.interface.terminal import escaped, folded, say

# The n-grams suggest after seconds; the network gets what is left of three minutes.
_BUDGET = "90s"


def setup(
    model: options.Model = SHELL_MODEL,
    learn: Annotated[
        bool, typer.Option("--learn", help="Learn the commands that succeed from now on; else nothing is learned.")
    ] = False,
    no_network: Annotated[
        bool, typer.Option("--no-network", help="Learn the n-grams of the history alone: seconds.")
    ] = False,
    print_: Annotated[
        bool, typer.Option("--print", help="Print the lines for each shell, and change nothing.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the lines out again; models stay.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Set up your shells: learn a model from their histories, and have them suggest while you type.

    Nothing leaves this machine, and nothing that you type is learned unless you give --learn.
    """
    if print_ and undo:
        raise UsageError("'--print' and '--undo' are two things.", "Give one of them.")
    wishes = Wishes(model=model, learn=learn)
    if undo:  # of a shell that was removed since, too
        _undo(known_shells(os.environ, Path.home()))
        return
    shells = find_shells(os.environ, Path.home())
    if print_:
        for shell in shells:
            say(f"# {shell.name}: {shell.rc}", source_line(shell.name, wishes))
        return
    if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise typer.BadParameter("setting up needs a terminal to ask at, or '--yes'.", param_hint="'--yes'")
    if not shells:
        raise UsageError("No shell that could be set up was found: zsh, bash or fish.", "Install one, or see '--help'.")
    _show_found(shells)
    written = [shell for shell in shells if _set_up(shell, wishes, yes=yes)]
    has_model = _make_model(model, no_network=no_network, yes=yes)
    _show_next(written, model, has_model=has_model, learns=learn)


def _show_found(shells: Sequence[FoundShell]) -> None:
    say(f"shells: {', '.join(shell.name for shell in shells)}", on_error=True)
    editors = find_editors(os.environ)
    if editors:
        found = f"editors: {', '.join(editors)}; they stay as they are, and each can start 'autocomplete lsp'"
        say(*folded(found), on_error=True)
    names = bundle.model_names()
    if names:
        say(*folded(f"models: {', '.join(names)}"), on_error=True)


def _set_up(shell: FoundShell, wishes: Wishes, *, yes: bool) -> bool:
    """Write a shell's lines; whether they stand there now."""
    before = read_rc(shell.rc)
    line = source_line(shell.name, wishes)
    after = with_block(before, [line], shell.rc)
    if after == before:
        say(f"{shell.name}: {shell.rc} has the lines already", on_error=True)
        return True
    say(f"{shell.name}: this line goes into {shell.rc}:", f"  {line}", on_error=True)
    if not _agreed("Write it?", yes=yes):
        return False
    _write(shell.rc, after, cure=f"Put this line there yourself: {line}")
    return True


def _undo(shells: Sequence[FoundShell]) -> None:
    """Take the lines out wherever they are; what hinders that in one file is raised once all others are done."""
    changed, hindrance = False, None
    for shell in shells:
        try:
            before = read_rc(shell.rc)
            after = without_block(before, shell.rc)
            if after != before:
                _write(shell.rc, after, cure="Take the lines of autocomplete out by hand.")
                say(f"taken out of {shell.rc}", on_error=True)
                changed = True
        except AutocompleteError as error:
            hindrance = hindrance or error
    if hindrance is not None:
        raise hindrance
    if not changed:
        say("There was nothing to take out.", on_error=True)


def _write(path: Path, text: bytes, *, cure: str) -> None:
    try:
        write_rc(path, text)
    except OSError as error:
        raise AutocompleteError(
            f"{path}: cannot be written ({system_cause(error)}).", f"{system_cure(error)} {cure}"
        ) from error


def _make_model(model: str, *, no_network: bool, yes: bool) -> bool:
    """Learn the model from the histories, where there is none; whether there is one now."""
    if bundle.is_model(bundle.model_path(model)):
        say(f"The model '{model}' is there already, and stays as it is.", on_error=True)
        return True
    histories = find_histories(os.environ, Path.home())
    if not histories:
        say("No history was found to learn from.", on_error=True)
        return False
    say("histories:", *(f"  {path}" for path in histories), on_error=True)
    took = "seconds" if no_network else "about two minutes"
    if not _agreed(f"Learn the model '{model}' from them? It takes {took}.", yes=yes):
        return False
    from autocomplete.interface.cli.train import train

    paths, budget = [str(path) for path in histories], None if no_network else _BUDGET
    try:
        train(paths, model=model, layout="commands", no_network=no_network, budget=budget)
    except CorpusError as error:
        say(*folded(f"Nothing could be learned: {error.cause} {spelled(error.cure)}"), on_error=True)
        return False
    return True


def _show_next(written: Sequence[FoundShell], model: str, *, has_model: bool, learns: bool) -> None:
    if not has_model:
        lacking = f"There is no model '{model}' yet: 'autocomplete train FILE --model {model}' makes one of any text."
        say(*folded(lacking), on_error=True)
    if written:
        lines = [
            f"Open a new terminal, or type 'exec {written[0].name}', and begin to type.",
            "Right takes what zsh shows; in bash and fish, Alt-J puts it in.",
            "'autocomplete doctor' tells how it does, 'autocomplete setup --undo' takes it out again.",
        ]
        if not learns:
            lines.insert(2, "Nothing that you type is learned, unless you give 'setup --learn'.")
        say(*(part for line in lines for part in folded(line)), on_error=True)


def _agreed(question: str, *, yes: bool) -> bool:
    return yes or typer.confirm(escaped(question), default=True, err=True)
