"""Which keys do what: a person's key names made prompt_toolkit's, and every action bound to its keys."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from prompt_toolkit.filters import Always, Condition, Filter, emacs_insert_mode, emacs_mode, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import ALL_KEYS, KEY_ALIASES

from autocomplete.errors import UsageError
from autocomplete.interface.repl.line import SWALLOWING
from autocomplete.interface.repl.settings import MOST_CANDIDATES
from autocomplete.interface.repl.settings import Keys as KeyNames

if TYPE_CHECKING:
    from autocomplete.interface.repl.prompt import Prompt

_MODIFIERS = {"ctrl-shift-": "c-s-", "ctrl-": "c-", "shift-": "s-"}
_NAMES = {"esc": "escape", "space": " "}

inserting = emacs_insert_mode | vi_insert_mode


def parse_keys(text: str) -> tuple[str, ...]:
    """Return prompt_toolkit's names of keys pressed one after another, such as `ctrl-x alt-f`."""
    keys: list[str] = []
    for name in text.split():
        plain = name.removeprefix("alt-")
        if plain != name:
            keys.append("escape")
        keys.append(_key(plain, name))
    if not keys or (len(keys) == 1 and len(keys[0]) == 1):
        raise UsageError(f"'{text}' is a key that writes itself.", "Choose one such as 'ctrl-t', 'alt-t' or 'f5'.")
    return tuple(keys)


def _key(plain: str, name: str) -> str:
    key = _NAMES.get(plain, plain)
    for modifier, short in _MODIFIERS.items():
        if key.startswith(modifier):
            key = short + key.removeprefix(modifier)
            break
    key = KEY_ALIASES.get(key, key)
    if key not in ALL_KEYS and len(key) != 1:
        raise UsageError(
            f"There is no key '{name}'.", "Keys are named like 'ctrl-f', 'alt-1', 'ctrl-right', 'tab', 'f2', 'escape'."
        )
    return key


def make_bindings(prompt: "Prompt", names: Mapping[str, KeyNames]) -> KeyBindings:
    """Bind every action to its keys; a UsageError names a key that there is not."""
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
