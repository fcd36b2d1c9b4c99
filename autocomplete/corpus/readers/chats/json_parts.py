"""JSON of any size, a message at a time."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from autocomplete.corpus.readers.json_events import Event, json_events
from autocomplete.corpus.readers.protocol import Material

# What is nested deeper, or has a message of more parts, no program has exported.
_MOST_LEVELS, _MOST_EVENTS = 64, 200_000
_BEGINS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})
_CURE = "Export it again, or leave the file out."


class Part(NamedTuple):
    """A value of a document, and where it stands.

    Attributes:
        path: The keys and the places in arrays that lead to it.
        value: A message whole, or any other value that holds no others.
    """

    path: tuple[str | int, ...]
    value: Any


def parts(material: Material, messages: str | None, *, begin: int = 0) -> Iterator[Part]:
    """Yield each element of the arrays of messages whole, and every other value by itself, in the file's order.

    Args:
        material: A file of JSON.
        messages: The key whose arrays hold messages; None where the document is one array of them.
        begin: Characters of the file that stand before the JSON.

    Raises:
        CorpusError: The file is not JSON, or is nested so deep or has a part so long that it must be damage.
    """
    walk = _Walk(material, messages)
    for event in json_events(material, begin=begin):
        part = walk.step(event)
        if part is not None:
            yield part


class _Walk:
    """Where in a document its events have led; it puts messages together."""

    def __init__(self, material: Material, messages: str | None) -> None:
        self._material = material
        self._messages = messages
        self._path: list[str | int] = []
        self._opened: list[bool] = []  # of each container that is open, whether it is an array
        self._message: _Builder | None = None

    def step(self, event: Event) -> Part | None:
        if self._message is not None:
            return self._grow(self._message, event)
        if event.kind == "map_key":
            self._path[-1] = event.value
            return None
        if event.kind in _ENDS:
            self._opened.pop()
            self._path.pop()
            return None
        if self._opened and self._opened[-1]:
            self._path[-1] = int(self._path[-1]) + 1
        if self._is_message():
            self._message = _Builder()
            return self._grow(self._message, event)
        if event.kind not in _BEGINS:
            return Part(tuple(self._path), event.value)
        self._opened.append(event.kind == "start_array")
        self._path.append(-1)
        self._check_depth(len(self._opened))
        return None

    def _is_message(self) -> bool:
        if not self._opened or not self._opened[-1]:
            return False
        return len(self._path) == 1 if self._messages is None else self._path[-2:-1] == [self._messages]

    def _grow(self, message: "_Builder", event: Event) -> Part | None:
        message.add(event)
        self._check_depth(len(self._opened) + message.depth)
        if message.events > _MOST_EVENTS:
            self._material.refuse(f"a message of over {_MOST_EVENTS:,} parts", _CURE)
        if message.depth:
            return None
        self._message = None
        return Part(tuple(self._path), message.value)

    def _check_depth(self, levels: int) -> None:
        if levels > _MOST_LEVELS:
            self._material.refuse(f"JSON nested over {_MOST_LEVELS} deep", _CURE)


class _Builder:
    """A value that is put together from its events."""

    def __init__(self) -> None:
        self.value: Any = None
        self.events = 0
        self._open: list[tuple[Any, str]] = []  # what is not yet whole, and the key in it whose value comes next

    @property
    def depth(self) -> int:
        """Containers that are open."""
        return len(self._open)

    def add(self, event: Event) -> None:
        self.events += 1
        if event.kind == "map_key":
            self._open[-1] = self._open[-1][0], event.value
        elif event.kind in _ENDS:
            self._open.pop()
        else:
            empty: dict[str, Any] = {"start_map": {}, "start_array": []}
            value = empty.get(event.kind, event.value)
            self._put(value)
            if event.kind in _BEGINS:
                self._open.append((value, ""))

    def _put(self, value: Any) -> None:
        if not self._open:
            self.value = value
            return
        container, key = self._open[-1]
        if isinstance(container, dict):
            container[key] = value
        else:
            container.append(value)


def text_of(value: Any) -> str:
    """Return a value that should be text, or nothing where it is none."""
    return value if isinstance(value, str) else ""


def mapping_of(value: Any) -> dict[str, Any]:
    """Return a value that should be an object, or an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return a value that should be an array, or an empty one where it is none."""
    return value if isinstance(value, list) else []


def number_of(value: Any) -> float:
    """Return a value that should be a number, or digits that stand for one, or 0 where it is neither."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if abs(number) < 1e15 else 0.0  # neither infinite nor what is no number
