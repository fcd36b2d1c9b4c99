"""An engine on a real socket, in a thread of the test's own process, and what a client says to it byte by byte."""

import contextlib
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autocomplete.config import EngineSettings
from autocomplete.engine import client
from autocomplete.engine.address import Address, engine_address
from autocomplete.engine.http.face import Face
from autocomplete.engine.listening import Listener
from autocomplete.engine.log import EngineLog
from autocomplete.engine.pause import Pause
from autocomplete.engine.server import serve

# Longer than anything here takes: a test that waits so long has failed.
SECONDS = 20.0

LINES = ["best food in Las Vegas", "how to boil an egg", "flights from New York to Boston", "weather in Paris today"]
OTHER_LINES = ["the harbour master waved", "a lantern swung over the quay", "the harbour was quiet tonight"]


class Talk:
    """One connection, spoken by hand."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(SECONDS)
        try:
            self.socket.connect(str(address.socket))
        except OSError:
            self.socket.close()
            raise
        self._lines = self.socket.makefile("rb")

    def send(self, text: str | bytes) -> None:
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def line(self) -> str:
        """The next line, without its end; empty once the engine has closed."""
        try:
            return self._lines.readline().decode().removesuffix("\n")
        except ConnectionResetError:  # it closed before all that was sent was read
            return ""

    def say(self, text: str) -> str:
        self.send(text + "\n")
        return self.line()

    def ask(self, **message: Any) -> dict[str, Any]:
        self.send(json.dumps(message) + "\n")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        found = json.loads(self.line())
        assert isinstance(found, dict)
        return found

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


class RunningEngine:
    """An engine that answers until it is stopped."""

    def __init__(self, settings: EngineSettings) -> None:
        self.address = engine_address(make=True)
        self._talks: list[Talk] = []
        ready = threading.Event()
        face = Face()
        listener, log = Listener.open(self.address), EngineLog(self.address.log)
        self._thread = threading.Thread(
            target=serve,
            args=(listener, settings),
            kwargs={
                "pause": Pause(self.address.paused),
                "log": log,
                "ready": ready.set,
                "open_http": face.open,
                "begin": face.begin,
            },
        )
        self._thread.start()
        assert ready.wait(SECONDS)

    def talk(self) -> Talk:
        self._talks.append(Talk(self.address))
        return self._talks[-1]

    def log(self) -> str:
        return self.address.log.read_text(encoding="utf-8")

    def wait(self) -> None:
        """Until it has ended."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self.talk().send("q\t\n")
        self.wait()
        for talk in self._talks:
            talk.close()


@pytest.fixture(scope="session")
def plain_model(shared: Path) -> Path:
    """A model of a few lines, counted in a moment."""
    return counted(shared / "plain", LINES)


def counted(folder: Path, lines: list[str], *options: str) -> Path:
    """Train a model without a network, in a folder."""
    from autocomplete.interface.cli.app import run

    corpus = folder.with_suffix(".txt")
    corpus.write_text("\n".join(lines * 30) + "\n", encoding="utf-8")
    assert run(["train", str(corpus), "--model", str(folder), "--no-network", "--force", *options]) == 0
    return folder


@pytest.fixture
def home(plain_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A person's models, `default` among them, and a place for an engine; both short, as a socket's path must be."""
    with tempfile.TemporaryDirectory(prefix="e-", dir="/tmp") as folder:
        models, runtime = Path(folder) / "home", Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        shutil.copytree(plain_model, models / "default")
        monkeypatch.setenv("AUTOCOMPLETE_HOME", str(models))
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
        monkeypatch.setattr(client, "_HELLO_SECONDS", SECONDS)  # however busy the machine is
        yield models


@pytest.fixture
def engine(home: Path) -> Iterator[RunningEngine]:
    running = RunningEngine(EngineSettings())
    yield running
    running.stop()
