"""Which keys do what: every action bound to its keys."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from prompt_toolkit.filters import Always, Condition, Filter, emacs_insert_mode, emacs_mode, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from autocomplete.interface.repl.key_names import parse_keys
from autocomplete.interface.repl.line import SWALLOWING
from autocomplete.interface.repl.settings import MOST_CANDIDATES
from autocomplete.interface.repl.settings import Keys as KeyNames

if TYPE_CHECKING:
    from autocomplete.interface.repl.prompt import Prompt

inserting = emacs_insert_mode | vi_insert_mode


def make_bindings(prompt: "Prompt", names: Mapping[str, KeyNames]) -> KeyBindings:
    """Bind every action to its keys."""
    bindings = KeyBindings()
    selected = Condition(lambda: prompt.view.shows_selection)
    nothing_written = Condition(lambda: not prompt.buffer.text)
    filters = {
        "accept": inserting & selected,
        **dict.fromkeys(("accept-word", "next", "previous", "ask", "newline", *_taking(prompt)), inserting),
        "end": nothing_written,
    }
    actions: dict[str, Callable[[], None]] = {
        "accept": prompt.accept,
        "accept-word": prompt.accept_word,
        **_taking(prompt),
        "next": lambda: prompt.choose(1),
        "previous": lambda: prompt.choose(-1),
        "ask": prompt.ask,
        "dismiss": prompt.dismiss,
        "undo": prompt.undo,
        "history-back": prompt.recall_older,
        "history-forward": prompt.recall_newer,
        "commit": prompt.commit,
        "newline": lambda: prompt.type_mark("\n"),
        "help": prompt.help,
        "list": prompt.toggle_list,
        "off-the-record": prompt.toggle_record,
        "suggestions": prompt.toggle_suggestions,
        "clear": prompt.clear,
        "end": prompt.end,
    }
    for action, do in actions.items():
        for name in names[action]:
            keys = parse_keys(name)
            # In vi, Escape leaves the insert mode, and the suggestions with it.
            allowed = emacs_mode if keys == ("escape",) else filters.get(action, Always())
            _bind(bindings, keys, do, allowed)
    # The terminal's own signal, where another program sends it.
    _bind(bindings, ("<sigint>",), prompt.clear, Always())
    _bind(bindings, ("c-z",), prompt.suspend, Always())
    behind_virtual_space = Condition(lambda: prompt.session.line.virtual_space)
    for mark in (*SWALLOWING, " "):
        _bind(bindings, (mark,), partial(prompt.type_mark, mark), inserting & behind_virtual_space)
    return bindings


def _taking(prompt: "Prompt") -> dict[str, Callable[[], None]]:
    return {f"take-{number}": partial(prompt.take, number) for number in range(1, MOST_CANDIDATES + 1)}


def _bind(bindings: KeyBindings, keys: tuple[str, ...], do: Callable[[], None], allowed: Filter) -> None:
    # What changes the line saves it by itself, so that one undo takes it back.
    @bindings.add(*keys, filter=allowed, save_before=lambda _: False)
    def _(_event: KeyPressEvent) -> None:
        do()
