"""The prompt's settings, from the tables `[repl]`, `[keys]` and `[style]` of the configuration file."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompt_toolkit.keys import ALL_KEYS, KEY_ALIASES
from prompt_toolkit.styles import Style

from autocomplete.errors import UsageError, require_one_of
from autocomplete.interface.configuration import named, read_tables
from autocomplete.predict.suggestion import Mode

MODES = ("auto", "next", "complete")
MOST_CANDIDATES = 9
DIGITS = "123456789"
MOST_WORDS = 10
AUTO = "auto"

Keys = tuple[str, ...]

# Mid-greys that can be read on dark and on light ground; what is likelier stands out more from the dark one.
COLORS = {
    "prompt": "bold",
    "ghost.sure": "#a8a8a8",
    "ghost.likely": "#8a8a8a",
    "ghost.unsure": "#6c6c6c",
    "row": "#8a8a8a",
    "row.selected": "bold",
    "row.waiting": "#6c6c6c",
    "toolbar": "#8a8a8a",
    "toolbar.off-the-record": "bold",
}
# The same without colours.
SHADES = {
    "prompt": "bold",
    "ghost.sure": "dim",
    "ghost.likely": "dim",
    "ghost.unsure": "dim italic",
    "row": "",
    "row.selected": "bold",
    "row.waiting": "dim",
    "toolbar": "dim",
    "toolbar.off-the-record": "bold",
}

# What can be done, with the keys that do it.
DEFAULT_KEYS: Mapping[str, Keys] = {
    "accept": ("right", "ctrl-f", "end", "ctrl-e"),
    "accept-word": ("tab",),
    "forward-word": ("alt-f", "ctrl-right"),
    **{f"take-{number}": (f"alt-{number}",) for number in range(1, MOST_CANDIDATES + 1)},
    "next": ("ctrl-n",),
    "previous": ("ctrl-p",),
    "ask": ("ctrl-space",),
    "dismiss": ("escape",),
    # Terminals send both; not every keyboard has a key to delete forward.
    "remove": ("shift-delete", "ctrl-x ctrl-d"),
    "undo": ("ctrl-_",),
    "history-back": ("up",),
    "history-forward": ("down",),
    "search": ("ctrl-r",),
    "edit": ("ctrl-x ctrl-e",),
    "commit": ("enter",),
    "newline": ("alt-enter",),
    "help": ("f1",),
    "list": ("f2",),
    "off-the-record": ("f3",),
    "suggestions": ("f4",),
    "clear": ("ctrl-c",),
    "end": ("ctrl-d",),
}
# Alt types a character of its own on many keyboards, and some terminals keep it.
_WITHOUT_ALT: Mapping[str, Keys] = {
    "forward-word": ("ctrl-right",),
    "newline": ("ctrl-o",),
    **{f"take-{number}": (f"f{number + 4}",) for number in range(1, 9)},
    "take-9": (),
}
# Whole sets of keys, by what `[keys] profile` names; what a set leaves out is as by default.
PROFILES: Mapping[str, Mapping[str, Keys]] = {
    "default": {},
    "no-alt": _WITHOUT_ALT,
    # A digit within a word takes the candidate of that number, where one is shown; elsewhere it is a digit.
    "digits": {**_WITHOUT_ALT, **{f"take-{number}": (str(number),) for number in range(1, MOST_CANDIDATES + 1)}},
}
# What people call keys and their modifiers, and what prompt_toolkit does.
_MODIFIERS = {"ctrl-shift-": "c-s-", "ctrl-": "c-", "shift-": "s-"}
_NAMES = {"esc": "escape", "space": " "}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplSettings:
    """How the prompt looks and behaves.

    Attributes:
        k: Most candidates shown.
        words: Most words of each, or `auto` for as many as the model is sure of.
        mode: Which readings are suggested.
        min_prob: From which probability on suggestions come unasked, 0 to 1; None for what the model found.
        vi: Edit as in vi instead of emacs.
        plain: Nothing but the line; candidates are listed on request.
        learn: Learn what is committed.
        history: Keep what is committed for later sessions; None for wherever it is learned.
        list: Candidates one below the other.
        latency: Tell how long each answer took.
        stable: Words that were passed over stay among the candidates.
        bidi: The terminal orders text that is written from right to left, so that Left goes forward in it.
        keys: Of each action, the keys that do it.
        style: Of a part of the screen, how it is drawn.
    """

    k: int = 5
    words: int | str = 1
    mode: Mode = "auto"
    min_prob: float | None = None
    vi: bool = False
    plain: bool = False
    learn: bool = False
    history: bool | None = None
    list: bool = False
    latency: bool = False
    stable: bool = False
    bidi: bool = True
    keys: Mapping[str, Keys] = field(default_factory=lambda: DEFAULT_KEYS)
    style: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("vi", "plain", "learn", "list", "latency", "stable", "bidi", "history"):
            if not isinstance(getattr(self, name), bool) and not (name == "history" and self.history is None):
                raise UsageError(f"'{name} = {getattr(self, name)!r}' is neither true nor false.", "Write one of them.")
        whole_number("k", self.k, most=MOST_CANDIDATES)
        number_of_words("words", self.words)
        require_one_of("mode", self.mode, MODES)
        if self.min_prob is not None and not _is_probability(self.min_prob):
            raise UsageError(f"'min_prob' is a number from 0 to 1, and not {self.min_prob!r}.", "Give such a number.")
        _check_style(self.style)

    @property
    def keeps_lines(self) -> bool:
        """Whether lines are kept for later sessions."""
        return self.learn if self.history is None else self.history

    @property
    def most_words(self) -> int:
        """Most words of a suggestion; each ends where the model is no longer sure."""
        return self.words if isinstance(self.words, int) else MOST_WORDS


def number_of_words(name: str, value: object) -> int | str:
    """Return a number of words, or `auto`; anything else is refused."""
    return AUTO if value == AUTO else whole_number(name, value, most=MOST_WORDS)


def _is_probability(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0


def whole_number(name: str, value: object, *, most: int) -> int:
    """Return a setting's value, a number from 1 to `most` or its digits; anything else is refused."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise UsageError(f"'{name}' is a number from 1 to {most}, and not {value!r}.", "Give such a number.")
    return value


def _check_style(style: Mapping[str, str]) -> None:
    parts = {*COLORS, *(name.partition(".")[0] for name in COLORS)}
    for name in style:
        require_one_of("style", name, parts)
    try:
        Style.from_dict(dict(style))
    except ValueError as error:
        raise UsageError(f"style: {error}.", 'Write something like "#707070 italic".') from error


def read_settings(path: Path, **given: Any) -> ReplSettings:
    """Read the settings of a configuration file; without the file, the defaults.

    Args:
        path: The file.
        given: Settings of the command line, which win; None is not given.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    tables = read_tables(path)
    with named(path):
        return ReplSettings(**{**_from_tables(tables), **chosen}) if tables else ReplSettings(**chosen)


def _from_tables(tables: Mapping[str, Any]) -> dict[str, Any]:
    known = [setting.name for setting in dataclasses.fields(ReplSettings) if setting.name not in ("keys", "style")]
    values = dict(tables.get("repl", {}))
    for name in values:
        require_one_of("setting", name, known)
    style = dict(tables.get("style", {}))
    for name, value in style.items():
        if not isinstance(value, str):
            raise UsageError(f"style {name}: {value!r} is no text.", 'Write something like "#707070 italic".')
    return {**values, "keys": bound_keys(tables.get("keys", {})), "style": style}


def bound_keys(own: Mapping[str, Any]) -> dict[str, Keys]:
    """Return the keys of every action: a person's own, and the defaults of the others, less what the own ones use.

    Args:
        own: Of an action, a key or a list of keys; an empty list leaves the action without. `profile` names the set of
            keys that the others come from.
    """
    profile = own.get("profile", "default")
    require_one_of("profile", profile, PROFILES)
    usual = {**DEFAULT_KEYS, **PROFILES[profile]}
    chosen: dict[str, Keys] = {}
    for action, keys in own.items():
        if action == "profile":
            continue
        require_one_of("action", action, DEFAULT_KEYS)
        listed = [keys] if isinstance(keys, str) else keys
        if not isinstance(listed, list) or not all(isinstance(key, str) for key in listed):
            raise UsageError(f"keys of '{action}': {keys!r} is no list of keys.", 'Write something like ["ctrl-f"].')
        chosen[action] = tuple(key.strip().lower() for key in listed)
    owners: dict[tuple[str, ...], str] = {}  # a key may have several names
    for action, names in chosen.items():
        for name in names:
            owner = owners.setdefault(parse_keys(name), action)
            if owner != action:
                raise UsageError(f"'{name}' is bound to '{owner}' and '{action}'.", "Leave it to one of them.")
    return {
        action: chosen.get(action, tuple(name for name in names if name in DIGITS or parse_keys(name) not in owners))
        for action, names in usual.items()
    }


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
