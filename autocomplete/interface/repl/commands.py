"""The slash commands: what each takes, does and says.

They come between two lines. What they ask of the model is done later, while the next line may be typed.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from autocomplete.engine.worker import Worker
from autocomplete.errors import AutocompleteError, UsageError, nearest, require_one_of
from autocomplete.interface.repl.settings import MODES, MOST_CANDIDATES, Keys, number_of_words, whole_number
from autocomplete.interface.repl.state import MOST_STEPS, PromptState
from autocomplete.learned.pinned import PinnedFile, pinned_path


class Later(NamedTuple):
    """What a command asked of the model.

    Attributes:
        done: Done, or failed, in the worker's thread.
        said: What to say once it is done.
        failed: What to do where it failed.
        forgets: Whether lines may be gone from those that were kept.
    """

    done: "Future[Any]"
    said: str
    failed: Callable[[], None] = lambda: None
    forgets: bool = False


class Command(NamedTuple):
    """A slash command.

    Attributes:
        takes: Its argument as shown to people; empty where it takes none.
        help: What it does.
        run: Does it with the argument, and returns what to say, at once or later.
    """

    takes: str
    help: str
    run: "Callable[[Commands, str], str | Later]"


class Commands:
    """Does what the slash commands say.

    Args:
        state: What they change.
        worker: What they have done with the model.
        keep: Keeps for later sessions whether lines are kept and learned.
    """

    def __init__(self, state: PromptState, worker: Worker, keep: Callable[[bool], None] = lambda _: None) -> None:
        self._state, self._worker, self._keep_answer = state, worker, keep

    def run(self, line: str) -> str | Later:
        """Do what a line with a slash before it says, and return what to tell; a UsageError where it makes no sense."""
        name, _, argument = line[1:].partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            near = nearest(name, COMMANDS)
            hint = f"Did you mean '/{near}'?" if near else "'/help' names them all."
            raise UsageError(
                f"There is no command '/{name}'.", f"{hint} '//{name}' is a line that begins with a slash."
            )
        argument = argument.strip()
        if bool(argument) != bool(command.takes):
            wanted = f"takes {command.takes}" if command.takes else "takes nothing"
            raise UsageError(f"'/{name}' {wanted}.", f"Write '/{name} {command.takes}'.".replace(" '.", "'."))
        return command.run(self, argument)

    def _k(self, argument: str) -> str:
        self._state.configure(k=whole_number("/k", argument, most=MOST_CANDIDATES))
        return f"up to {argument} candidates"

    def _words(self, argument: str) -> str:
        words = number_of_words("/words", argument)
        self._state.configure(words=words)
        if isinstance(words, str):
            return "as many words at once as the model is sure of"
        return f"up to {argument} words at once" if argument != "1" else "one word at once"

    def _mode(self, argument: str) -> str:
        require_one_of("/mode", argument, MODES)
        self._state.configure(mode=argument)
        return {
            "auto": "next words, and the rest of the last one",
            "next": "next words only",
            "complete": "the rest of the last word only",
        }[argument]

    def _quiet(self, _argument: str) -> str:
        return _loudness(self._state.speak(-1))

    def _chatty(self, _argument: str) -> str:
        return _loudness(self._state.speak(1))

    def _model(self, argument: str) -> str:
        self._worker.open(argument)
        notice = f"reading {argument}"
        self._state.notify(notice)
        return notice

    def _explain(self, _argument: str) -> str:
        self._state.toggle_explaining()
        return (
            "shows what each expert gave" if self._state.frame.explaining else "no longer shows what each expert gave"
        )

    def _forget(self, argument: str) -> Later:
        words = argument.split()
        said = f"never suggested again: {', '.join(words)}; 'autocomplete forget --undo' takes it back"
        return Later(self._worker.forget(words), said, forgets=True)

    def _pin(self, argument: str) -> str:
        file = PinnedFile(pinned_path())
        new = file.add([argument])
        return f"{'pinned' if new else 'pinned before'}: {argument}; edit or delete it in {file.path}"

    def _block(self, argument: str) -> str:
        words = argument.split()
        self._state.block(frozenset(words))
        return f"not suggested in this session: {', '.join(words)}"

    def _learn(self, argument: str) -> str | Later:
        require_one_of("/learn", argument, ("on", "off"))
        # At once, so that lines which end before the model has answered are not lost.
        self._state.configure(learn=argument == "on")
        if argument == "off":
            return "nothing is learned any more"
        said = "what you commit is learned from now on"
        return Later(self._worker.can_learn(), said, failed=partial(self._state.configure, learn=False))

    def _keep(self, argument: str) -> str | Later:
        require_one_of("/keep", argument, ("yes", "session", "never"))
        if argument == "session":
            self._state.configure(history=False)
            return "your lines are forgotten when this session ends"
        self._keep_answer(argument == "yes")
        self._state.configure(history=argument == "yes")
        if argument == "never":
            return "your lines are forgotten when a session ends; you are not asked again"
        for line in self._state.lines:
            self._worker.record(line, keys=0, learn=False, keep=True)
        return self._learn("on")

    def _stats(self, _argument: str) -> str:
        tally = self._state.tally
        lines = [
            f"lines        {self._state.committed:,}",
            f"characters   {tally.characters:,}",
            f"keys         {tally.keys:,}",
            f"saved        {tally.saved:,} ({100 * tally.share:.0f} %)",
        ]
        if self._state.latencies:
            ranked = sorted(self._state.latencies)
            median, p95 = (1000 * ranked[int(share * (len(ranked) - 1))] for share in (0.5, 0.95))
            lines.append(f"answers      {len(ranked):,}, after {median:.1f} ms (median), {p95:.1f} ms (p95)")
        return "\n".join(lines)

    def _save(self, argument: str) -> str:
        path = Path(argument).expanduser()
        lines = self._state.lines
        try:
            # For the person alone, as it is what they wrote.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        except FileExistsError:
            raise UsageError(f"{path}: the file exists.", "Choose another name.") from None
        except OSError as error:
            raise AutocompleteError(f"{path}: {error.strerror}.", "Choose another place.") from error
        return f"{len(lines)} line{'' if len(lines) == 1 else 's'} written to {path}"

    def _help(self, _argument: str) -> str:
        return f"{key_help(self._state.frame.settings.keys)}\n\n{command_help()}"

    def _quit(self, _argument: str) -> str:
        self._state.ended = True
        return ""


def _loudness(steps: int) -> str:
    """How often it suggests unasked, as so many steps away from what the model found."""
    if steps == 0:
        return "suggests unasked as often as the model found right"
    often = "more" if steps > 0 else "less"
    end = ", as far as it goes" if abs(steps) == MOST_STEPS else ""
    return f"suggests unasked {often} often, by {abs(steps)} step{'' if abs(steps) == 1 else 's'}{end}"


def key_help(keys: Mapping[str, Keys]) -> str:
    """What the keys do, one line each or two that belong together."""
    rows = [
        (", ".join(_shown(keys, action) for action in actions if keys[action]), help_text)
        for actions, help_text in _ACTIONS
    ]
    return _columns([row for row in rows if row[0]])


def _shown(keys: Mapping[str, Keys], action: str) -> str:
    if action != "take-1":
        return ", ".join(keys[action])
    numbered = [keys[f"take-{number}"][0] for number in range(1, MOST_CANDIDATES + 1) if keys[f"take-{number}"]]
    return " … ".join(dict.fromkeys([numbered[0], numbered[-1]]))


def help_text(keys: Mapping[str, Keys]) -> str:
    """What the keys do, and the names of all commands."""
    return f"{key_help(keys)}\n\n{command_names()}"


def command_names() -> str:
    """All commands in one line."""
    return f"commands, explained by /help: {' '.join(f'/{name}' for name in COMMANDS)}"


def command_help() -> str:
    """One line a command."""
    return _columns([(f"/{name} {command.takes}".rstrip(), command.help) for name, command in COMMANDS.items()])


def matching(line: str, models: Sequence[str] = ()) -> str:
    """What the commands take that a line may be the beginning of; of `/model`, the names that may be meant."""
    name, space, argument = line[1:].partition(" ")
    if space and COMMANDS.get(name) is COMMANDS["model"]:
        named = [model for model in models if model.startswith(argument.lstrip())]
        if named:
            return "   ".join(named)
    fitting = [
        (known, command) for known, command in COMMANDS.items() if (known == name if space else known.startswith(name))
    ]
    return "   ".join(f"/{known} {command.takes}".rstrip() for known, command in fitting)


def completed(line: str, models: Sequence[str] = ()) -> str:
    """The line with the name of its command, or of its model, written out as far as it can only be that."""
    before, space, argument = line.partition(" ")
    if space and before == "/model":
        fitting = [model for model in models if model.startswith(argument)]
        shared = next(iter(fitting), argument)
        for model in fitting:
            while not model.startswith(shared):
                shared = shared[:-1]
        return f"{before} {shared}"
    names = [name for name in COMMANDS if f"/{name}".startswith(line)]
    if len(names) != 1:
        return line
    return f"/{names[0]} " if COMMANDS[names[0]].takes else f"/{names[0]}"


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"{left:<{width}}  {right}" for left, right in rows)


_ACTIONS = (
    (("accept",), "take the whole suggestion, at the end of the line"),
    (("accept-word",), "take a word of it; show one where there is none"),
    (("forward-word",), "take a word of it; within the line, move by a word"),
    (("take-1",), "take a candidate by its number"),
    (("next", "previous"), "choose the next candidate, the one before"),
    (("ask",), "suggest now, however unsure"),
    (("dismiss",), "no suggestions until the next word"),
    (("remove",), "suggest the word that is shown no more"),
    (("undo",), "undo, also what was taken, or removed"),
    (("history-back", "history-forward"), "your line before, your line after"),
    (("commit", "newline"), "end the line, break it"),
    (("list",), "candidates below each other, or in a row"),
    (("off-the-record",), "forget what you write, or remember it"),
    (("suggestions",), "suggestions on or off"),
    (("clear", "end"), "begin the line anew, end the session"),
    (("search",), "look for a line that you ended before"),
    (("edit",), "write the line in your editor ($EDITOR)"),
    (("help",), "these keys, or away with them"),
)

COMMANDS = {
    "help": Command("", "keys and commands", Commands._help),
    "k": Command("N", "show up to N candidates", Commands._k),
    "words": Command("N|auto", "suggest phrases of up to N words, or as long as it is sure", Commands._words),
    "mode": Command("auto|next|complete", "next words, the rest of the last one, or both", Commands._mode),
    "quiet": Command("", "suggest unasked less often, by one step", Commands._quiet),
    "chatty": Command("", "suggest unasked more often, by one step", Commands._chatty),
    "model": Command("NAME", "use another model", Commands._model),
    "explain": Command("", "show what each expert gave, or stop to", Commands._explain),
    "forget": Command("WORD…", "never suggest a word again, nor learn it", Commands._forget),
    "block": Command("WORD…", "do not suggest a word in this session", Commands._block),
    "pin": Command(
        "PHRASE", "offer a phrase once it is begun, or 'omw = on my way' for an abbreviation", Commands._pin
    ),
    "learn": Command("on|off", "learn from what you commit, on this machine only", Commands._learn),
    "keep": Command("yes|session|never", "keep and learn your lines on this machine, or not", Commands._keep),
    "stats": Command("", "keystrokes saved in this session", Commands._stats),
    "save": Command("FILE", "write the lines of this session to a new file", Commands._save),
    "quit": Command("", "end", Commands._quit),
}
