"""The names that people have for keys, such as `alt-f`, made those of prompt_toolkit."""

from prompt_toolkit.keys import ALL_KEYS, KEY_ALIASES

from autocomplete.errors import UsageError

_MODIFIERS = {"ctrl-shift-": "c-s-", "ctrl-": "c-", "shift-": "s-"}
_NAMES = {"esc": "escape", "space": " "}


def parse_keys(text: str) -> tuple[str, ...]:
    """Return prompt_toolkit's names of keys pressed one after another, such as `ctrl-x alt-f`."""
    keys: list[str] = []
    for name in text.split():
        plain = name.replace("alt-", "", 1)
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
