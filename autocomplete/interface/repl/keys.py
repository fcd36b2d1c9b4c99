"""Which keys do what: every action bound to its keys, whoever does it."""

from collections.abc import Callable, Mapping
from functools import partial

from prompt_toolkit.filters import (
    Always,
    Condition,
    Filter,
    emacs_insert_mode,
    emacs_mode,
    is_searching,
    vi_insert_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from autocomplete.interface.repl.line import SWALLOWING
from autocomplete.interface.repl.settings import DIGITS, MOST_CANDIDATES, Keys, parse_keys

inserting = emacs_insert_mode | vi_insert_mode
_WHERE_TEXT_IS_WRITTEN = (
    *("accept-word", "forward-word", "next", "previous", "ask", "remove", "newline"),
    *(f"take-{number}" for number in range(1, MOST_CANDIDATES + 1)),
)


# What the arrows do where the text goes on to the left.
_ARROWS = {"left": "forward", "right": "backward", "c-left": "forward-word", "c-right": "backward-word"}


def make_bindings(
    names: Mapping[str, Keys],
    actions: Mapping[str, Callable[[], None]],
    *,
    type_mark: Callable[[str], None],
    selected: Callable[[], bool],
    empty: Callable[[], bool],
    virtual_space: Callable[[], bool],
    leftward: Callable[[], bool],
    within_word: Callable[[int], bool],
) -> KeyBindings:
    """Bind every action to its keys.

    Args:
        names: Of each action, its keys.
        actions: Of each action, what does it, and of `suspend`, which has a key of its own.
        type_mark: Types a mark that takes the place of a virtual space.
        selected: Whether what `accept` takes can be seen, or was heard.
        empty: Whether nothing is written.
        virtual_space: Whether a virtual space stands before the cursor.
        leftward: Whether the text goes on to the left, where the arrows change their parts.
        within_word: Whether a digit may take a candidate of its number: a word has been begun.
    """
    bindings = KeyBindings()
    filters: dict[str, Filter] = {
        **dict.fromkeys(_WHERE_TEXT_IS_WRITTEN, inserting),
        "accept": inserting & Condition(selected),
        "end": Condition(empty),
    }
    for action, keys_of_action in names.items():
        for name in keys_of_action:
            if name in DIGITS:
                _bind(bindings, (name,), actions[action], inserting & Condition(partial(within_word, int(name))))
                continue
            keys = parse_keys(name)
            # In vi, Escape leaves the insert mode, and the suggestions with it.
            allowed = emacs_mode if keys == ("escape",) else filters.get(action, Always())
            _bind(bindings, keys, actions[action], allowed)
    for key, action in _ARROWS.items():
        _bind(bindings, (key,), actions[action], inserting & Condition(leftward))
    # The terminal's own signal, where another program sends it.
    _bind(bindings, ("<sigint>",), actions["clear"], Always())
    _bind(bindings, ("c-z",), actions["suspend"], Always())
    for mark in (*SWALLOWING, " "):
        _bind(bindings, (mark,), partial(type_mark, mark), inserting & Condition(virtual_space))
    return bindings


def _bind(bindings: KeyBindings, keys: tuple[str, ...], do: Callable[[], None], allowed: Filter) -> None:
    # What changes the line saves it by itself, so that one undo takes it back.
    # While the history is searched, its own keys count.
    @bindings.add(*keys, filter=allowed & ~is_searching, save_before=lambda _: False)
    def _(_event: KeyPressEvent) -> None:
        do()
