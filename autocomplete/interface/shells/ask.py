"""Ask the server once, for shells that cannot open a socket themselves.

Run as `python -I -S ask.py SOCKET LETTER MODEL COMMAND…` with the text on standard input, where no list of processes
shows it. Prints `replace<TAB>insert` for each candidate, or `!<TAB>why` where there is none. Needs little of the
standard library on purpose: a person waits for the key that started it.
"""

import os
import socket
import stat
import sys

# Nobody waits longer for a key: seconds until the server is there, and until it has answered.
_START, _ANSWER = 2.0, 1.0
_LONGEST_TEXT, _LONGEST_ANSWER = 4_000, 1 << 16
# Commands whose arguments look like paths and are none, or are about to be made.
_NO_PATHS = (
    *("git", "gh", "hub", "docker", "podman", "kubectl", "helm", "npm", "npx", "yarn", "pnpm", "go", "cargo", "brew"),
    *("apt", "pip", "mkdir", "touch"),
)
_MAKES_PATHS = ("mkdir", "touch")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def main(arguments: list[str]) -> int:
    """Ask, print the candidates, and return 0, or 1 where there are none."""
    place, letter, model, *command = arguments
    text = sys.stdin.buffer.read(_LONGEST_TEXT + 1).decode("utf-8", "replace").rstrip("\n")
    if len(text) > _LONGEST_TEXT:
        return _said("!\tthe line is too long")
    try:
        with _connected(place, command) as connection:
            more = ["k=5", f"cwd={escaped(_folder())}"] if letter == "s" else []
            message = "\t".join([letter, "1", escaped(model), escaped(text), *more])
            connection.sendall(message.encode("utf-8", "surrogateescape") + b"\n")
            line = _line(connection)
    except OSError:
        return _said("!\tthe server is not there; autocomplete doctor says more")
    fields = line.split("\t")[1:]
    if fields[:1] == ["!"]:
        why = " ".join(fields[2:4]) + (" ('autocomplete pause --off')" if fields[1:2] == ["paused"] else "")
        return _said("!\t" + "".join(c if c.isprintable() else " " for c in why))
    if letter != "s":
        return 0
    return _said(*(candidates(text, fields) or ["!\tthe model is not sure enough"]))


def escaped(text: str) -> str:
    """Return a field as it goes over the line."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def candidates(text: str, fields: list[str]) -> list[str]:
    """Return what may be offered of an answer's fields (replace, insert, probability, again and again)."""
    found = []
    for replace, insert, _ in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        insert = insert.replace("\\\\", "\0")  # noqa: PLW2901
        if not insert or "\\" in insert or not replace.isdecimal() or int(replace) > len(text):
            continue
        insert = insert.replace("\0", "\\")  # noqa: PLW2901
        line = text[: len(text) - int(replace)] + insert
        if insert.isprintable() and line != text and is_there(line):
            found.append(f"{replace}\t{insert}")
    return found


def is_there(line: str) -> bool:
    """Whether the last word of a command is no path, or one that exists; nothing in it is expanded but `~/`."""
    words = line.split()
    word, command = words[-1] if words else "", words[0] if words else ""
    if any(mark in word for mark in "$`*?{}()[]<>;|&\"'\\=") or "://" in word or word.startswith("-"):
        return True
    changes_folder = command in ("cd", "pushd", "rmdir") and len(words) > 1
    begins_as_path = word.startswith(("/", "./", "../", "~/"))
    if not (begins_as_path or changes_folder or "/" in word) or word in ("~", ".", "..") or command in _MAKES_PATHS:
        return True
    if not begins_as_path and (command in _NO_PATHS or (changes_folder and os.environ.get("CDPATH"))):
        return True
    return os.path.lexists(os.path.expanduser(word) if word.startswith("~/") else word)  # noqa: PTH111


def _said(*lines: str) -> int:
    sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
    return int(not lines or lines[0].startswith("!"))


def _connected(place: str, command: list[str]) -> socket.socket:
    """Connect to the server, which is started where it is not there."""
    try:
        return _connection(place)
    except OSError:
        if not command:
            raise
    _start(command)
    return _connection(place)


def _connection(place: str) -> socket.socket:
    _require_private(os.path.dirname(place))  # noqa: PTH120 - pathlib takes longer to load than the answer takes
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(_ANSWER)
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection


def _require_private(folder: str) -> None:
    """Raise an OSError where somebody else may have put the socket there, who would read what is typed."""
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError(folder)


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib takes longer to load than the answer takes
    except OSError:  # removed meanwhile
        return "/"


def _start(command: list[str]) -> None:
    """Start the server; the end of its output says that it can be asked."""
    import contextlib  # all of them only now and then
    import select
    import subprocess

    nowhere = subprocess.DEVNULL
    server = subprocess.Popen(command, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere, start_new_session=True)
    assert server.stdout is not None
    with server.stdout:
        select.select([server.stdout], [], [], _START)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(0.1)  # it ends where it says that, having left the engine behind


def _line(connection: socket.socket) -> str:
    """Return the next line; an OSError where none comes."""
    read = b""
    while b"\n" not in read:
        part = connection.recv(_LONGEST_ANSWER)
        if not part or len(read) > _LONGEST_ANSWER:
            raise OSError
        read += part
    return read.split(b"\n")[0].decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
