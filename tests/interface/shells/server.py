"""A server that says to each text what a test tells it to, over the lines that shells speak.

Run as a program, it stands for `autocomplete serve --background`: it knows `PHRASES`, and its output ends once it can
be asked.
"""

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

# Of a text, what may follow: how many characters are replaced, and by what.
Phrases = Mapping[str, Sequence[tuple[int, str]]]

PHRASES: Phrases = {
    "best food in la": [(2, "Las"), (2, "large")],
    "best food in Las": [(0, " Vegas tonight"), (0, "agne")],
    "best food in Lasa": [(0, "gne")],
    "un café à pa": [(0, "ris"), (2, "Paris")],
    "cat no": [(0, "where/at/all.txt"), (0, "tes.txt")],
    "cat /etc/no-s": [(0, "uch")],
    "git checkout fea": [(0, "ture/ghost")],
    "echo ba": [(0, "d\x1b[31m"), (0, "ck")],
    "echo q": [(0, "uo'te;x")],
    "docker co": [(0, "mpose")],
    "git commit -m 'fi": [(0, "x it'")],
    "echo (da": [(0, "te)")],
    "best": [(0, " food")],
    r"echo \\se": [(0, r"rver\share")],
}


# Of what is typed, the word that its first candidate makes, and that is forgotten.
WORDS = {
    "docker co": "compose",
    "git commit -m 'fi": "fix",
    "git checkout fea": "feature/ghost",
    "echo (da": "date",
    "best": "food",
}


def escaped(text: str) -> str:
    for character, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(character, written)
    return text


def unescaped(field: str) -> str:
    return "\\".join(
        part.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r") for part in field.split("\\\\")
    )


class Server:
    """A server at a path.

    Args:
        place: Of its socket.
        phrases: What it says.
        refusal: What it says to every question in their place: a word, the cause, and the cure.
        says: Bytes that it sends in the place of every answer.
    """

    def __init__(
        self, place: Path, phrases: Phrases = PHRASES, *, refusal: Sequence[str] = (), says: bytes | None = None
    ) -> None:
        self.heard: list[list[str]] = []
        self.phrases, self.refusal, self._says = dict(phrases), refusal, says
        self._connections: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        place.unlink(missing_ok=True)
        self._listening.bind(str(place))
        self._listening.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave everybody, as a server that is killed."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def wait(self) -> None:
        """Serve until the process is ended."""
        self._thread.join()

    def asked(self, letter: str) -> list[list[str]]:
        """The fields behind the letter and the number of what was heard."""
        return [fields[2:] for fields in list(self.heard) if fields[0] == letter]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection.makefile("rb") as lines:
            for line in lines:
                fields = list(map(unescaped, line.decode("utf-8", "surrogateescape").rstrip("\n").split("\t")))
                self.heard.append(fields)
                answer = self._answer(*fields)
                if answer:
                    connection.sendall(answer)

    def _answer(self, letter: str, number: str, *fields: str) -> bytes:
        if self._says is not None:
            return self._says
        said = [number]
        if self.refusal:
            said += ["!", *self.refusal]
        elif letter == "s":
            for replace, insert in self.phrases.get(fields[1], ()):
                said += [str(replace), insert, "0.5"]
        else:
            said += ["ok"]
        return ("\t".join(map(escaped, said)) + "\n").encode() if number else b""


if __name__ == "__main__":
    server = Server(Path(sys.argv[1]))
    os.close(1)
    server.wait()
