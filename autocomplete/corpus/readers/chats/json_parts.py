"""JSON of any size, a message at a time."""

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from autocomplete.corpus.readers.protocol import Material

# What is nested deeper, or has a message of more parts, no program has exported.
_MOST_LEVELS, _MOST_EVENTS = 64, 200_000
# The parser looks at a string anew with every block that is read of it.
_LONGEST_VALUE_BYTES = 1 << 22
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


def parts(material: Material, messages: str | None) -> Iterator[Part]:
    """Yield each element of the arrays of messages whole, and every other value by itself, in the file's order.

    Args:
        material: A file of JSON.
        messages: The key whose arrays hold messages; None where the document is one array of them.

    Raises:
        CorpusError: The file is not JSON, or is nested so deep or has a part so long that it must be damage.
    """
    import ijson  # only where there is something to read

    with material.path.open("rb") as file:
        source = _Bounded(file, material)
        walk = _Walk(material, messages)
        try:
            # Without floats, ijson 3.6 lets the process crash at a number of over 4,300 digits.
            for event, value in ijson.basic_parse(source, buf_size=1 << 16, use_float=True):
                source.unread_bytes = 0
                part = walk.step(event, value)
                if part is not None:
                    yield part
        except (ijson.JSONError, ValueError):
            material.refuse("the JSON is damaged, or breaks off", _CURE)


class _Bounded:
    """A file that is not read on without end while nothing comes of it, as within one endless string."""

    def __init__(self, file: BinaryIO, material: Material) -> None:
        self._file = file
        self._material = material
        self.unread_bytes = 0

    def read(self, size: int) -> bytes:
        self.unread_bytes += size
        if self.unread_bytes > _LONGEST_VALUE_BYTES:
            self._material.refuse(f"a value of over {_LONGEST_VALUE_BYTES >> 20} million bytes", _CURE)
        return self._file.read(size)


class _Walk:
    """Where in a document its events have led; it puts messages together."""

    def __init__(self, material: Material, messages: str | None) -> None:
        self._material = material
        self._messages = messages
        self._path: list[str | int] = []
        self._opened: list[bool] = []  # of each container that is open, whether it is an array
        self._message: _Builder | None = None

    def step(self, event: str, value: Any) -> Part | None:
        if self._message is not None:
            return self._grow(self._message, event, value)
        if event == "map_key":
            self._path[-1] = value
            return None
        if event in _ENDS:
            self._opened.pop()
            self._path.pop()
            return None
        if self._opened and self._opened[-1]:
            self._path[-1] = int(self._path[-1]) + 1
        if self._is_message():
            self._message = _Builder()
            return self._grow(self._message, event, value)
        if event not in _BEGINS:
            return Part(tuple(self._path), value)
        self._opened.append(event == "start_array")
        self._path.append(-1)
        self._check_depth(len(self._opened))
        return None

    def _is_message(self) -> bool:
        if not self._opened or not self._opened[-1]:
            return False
        return len(self._path) == 1 if self._messages is None else self._path[-2:-1] == [self._messages]

    def _grow(self, message: "_Builder", event: str, value: Any) -> Part | None:
        message.add(event, value)
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
        import ijson

        self._builder = ijson.ObjectBuilder()
        self.depth = 0
        self.events = 0

    def add(self, event: str, value: Any) -> None:
        self._builder.event(event, value)
        self.events += 1
        self.depth += (event in _BEGINS) - (event in _ENDS)

    @property
    def value(self) -> Any:
        return self._builder.value


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
