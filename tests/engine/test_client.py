"""Clients of the engine: the same answers with it and without, one engine whoever starts it, and never a long wait."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autocomplete.config import EngineSettings
from autocomplete.engine import client as room
from autocomplete.engine import listening
from autocomplete.engine.address import Address, NoPlaceError, engine_address
from autocomplete.engine.client import Client, LostError, RefusedError, connected, find_engine
from autocomplete.engine.listening import BusyError, Listener, stop_older
from autocomplete.engine.protocol import Question
from autocomplete.errors import ModelError, UsageError
from autocomplete.predict.suggester import Suggester
from tests.engine.conftest import SECONDS, RunningEngine


@pytest.fixture
def client(engine: RunningEngine) -> Iterator[Client]:
    found = find_engine()
    assert found is not None
    with found:
        yield found


def test_a_client_loads_no_numpy() -> None:
    code = (
        "import sys; import autocomplete.engine.client, autocomplete.interface.cli.suggest,"
        " autocomplete.interface.cli.forget; print({'numpy', 'asyncio', 'tempfile', 'platformdirs'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    "question",
    [
        Question("best food in La"),
        Question("best food in ", after=" Las", k=3, words=3),
        Question("", lines=("how to boil an egg",), mode="next"),
        Question("x\udcff", blocked=frozenset(["Las"]), context="best food in Las"),
        Question("best food", min_probability=None, temperature=0.7, seed=3),
    ],
)
def test_a_client_gets_what_the_model_says(client: Client, question: Question) -> None:
    from autocomplete.engine.asking import suggested

    suggester = Suggester.open("default")
    found = client.suggest(question, "default").document
    assert list(found.suggestions) == suggested(question, suggester)
    assert (found.input, found.mode, found.threshold) == (question.text, question.mode, suggester.threshold)


def test_a_model_is_found_by_a_path_from_here(client: Client, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    assert client.suggest(Question("best food in La"), "./default").document.suggestions[0].text == "Las"
    with pytest.raises(ModelError, match="no model"):
        client.suggest(Question("best food in La"), "./elsewhere")


def test_what_the_engine_refuses_is_raised(client: Client) -> None:
    with pytest.raises(UsageError, match="no mode"):
        client.request("suggest", text="a", mode="sing")
    with pytest.raises(RefusedError, match="too long"):
        client.suggest(Question("a" * (1 << 20)), "default")
    client.pause(60)
    with pytest.raises(RefusedError, match="paused") as refused:
        client.suggest(Question("best food in La"), "default")
    assert refused.value.code == "paused"
    client.pause(0)
    assert client.learn("how to frobnicate an egg", "default")
    client.forget(["frobnicate"], "default")
    assert client.status()["learned"] == 1


def test_the_client_before_is_not_read(engine: RunningEngine) -> None:
    """What one was asked changes nothing of what another is answered."""
    answers = []
    for text in ("", "flights from New York to Boston. " * 20, ""):
        found = find_engine()
        assert found is not None
        with found:
            answers.append(found.suggest(Question(text + "how to "), "default").document.suggestions)
    assert answers[0] == answers[2]


# Engines that are none


class Impostor:
    """Listens where an engine would, and answers each connection's first lines with some bytes."""

    def __init__(self, address: Address, *answers: bytes) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(address.socket))
        self._listening.listen()
        self._answers = answers
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection, connection.makefile("rb") as lines:
                if lines.readline() == b"end\n":
                    return
                for answer in self._answers:
                    connection.sendall(answer)
                    lines.readline()

    def stop(self) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._listening.getsockname())
            connection.sendall(b"end\n")
        self._thread.join(SECONDS)
        self._listening.close()


HELLO = b'{"schema":2,"id":1,"version":"0"}\n'


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (b"\xff\x00\n",),
        (b"[]\n",),
        (b'{"schema":1,"id":1}\n',),
        (HELLO,),
        (HELLO, b"{}\n"),
        (HELLO, b'{"schema":2,"id":2}\n'),
        (HELLO, b'{"schema":2,"id":2,"suggestions":[{}]}\n'),
        (HELLO, b'{"schema":2,"id":2,"suggestions":[], "ms":'),
    ],
    ids=str,
)
def test_what_answers_otherwise_is_done_without(
    home: Path, answers: tuple[bytes, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from autocomplete.interface.cli.app import run

    monkeypatch.setattr(room, "_ANSWER_SECONDS", 0.2)

    impostor = Impostor(engine_address(make=True), *answers)
    try:
        assert run(["suggest", "best food in La", "-k", "1"]) == 0
    finally:
        impostor.stop()
    assert capsys.readouterr() == ("Las\n", "")


def test_an_engine_that_hangs_is_not_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_HELLO_SECONDS", 0.01)
    address = engine_address(make=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address.socket))
        listening.listen()
        assert connected(address) is None
        assert find_engine() is None


def test_an_engine_that_ends_is_lost(client: Client) -> None:
    client.stop()
    with pytest.raises(LostError):
        client.suggest(Question("best food in La"), "default")


# Which engine


def test_there_is_one_at_an_address(engine: RunningEngine) -> None:
    with pytest.raises(BusyError):
        Listener.open(engine.address)
    assert engine.talk().say("h\t1\t1").startswith("1\tok")


def test_one_that_is_ending_is_waited_for(home: Path) -> None:
    address = engine_address(make=True)
    ending = Listener.open(address)
    ending.leave()
    with pytest.raises(BusyError):
        Listener.open(address, seconds=0.01)
    with ThreadPoolExecutor(1) as waiting:
        following = waiting.submit(Listener.open, address, seconds=SECONDS)
        ending.close()
        following.result(SECONDS).close()


def test_a_socket_that_nobody_serves_is_taken_over(home: Path) -> None:
    address = engine_address(make=True)
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(address.socket))
    engine = RunningEngine(EngineSettings())
    assert engine.talk().say("h\t1\t1").startswith("1\tok")
    assert address.socket.stat().st_mode & 0o777 == 0o600
    engine.stop()


def test_a_socket_that_another_put_there_is_left_to_it(home: Path) -> None:
    address = engine_address(make=True)
    listener = Listener.open(address)
    address.socket.rename(address.socket.with_name("aside"))
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(address.socket))
        listener.close()
        assert address.socket.exists()


@pytest.mark.parametrize(("own", "ends"), [("0.0.10", True), ("0.0.8", False), ("1", True)])
def test_an_older_engine_is_told_to_stop(engine: RunningEngine, own: str, ends: bool) -> None:
    older = Address(engine.address.folder, engine.address.models, "0.0.9")
    engine.address.socket.rename(older.socket)
    stop_older(Address(older.folder, older.models, own))
    if ends:
        engine.wait()
    older.socket.rename(engine.address.socket)
    if not ends:
        assert engine.talk().say("h\t1\t1").startswith("1\tok")


def test_the_socket_of_systemd_is_served(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = engine_address(make=True)
    given = socket.socket(socket.AF_UNIX)
    given.bind(str(address.socket))
    given.listen()
    monkeypatch.setattr(listening, "_FIRST_HANDED", given.fileno())
    assert Listener.handed_over() is None
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + 1))
    assert Listener.handed_over() is None
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    handed = Listener.handed_over()
    assert handed is not None
    given.detach()
    with socket.socket(socket.AF_UNIX) as talking:
        talking.connect(str(address.socket))
    handed.close()
    assert address.socket.exists()  # whose it is


# Starting one


@pytest.fixture
def ended(home: Path) -> Iterator[None]:
    """Whatever engine a test started has ended."""
    yield
    found = find_engine()
    if found is not None:
        with found:
            found.stop()
    with engine_address(make=True).lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def test_a_killed_engine_is_started_by_the_next_question(home: Path, ended: None) -> None:
    first = find_engine(start=True, seconds=SECONDS)
    assert first is not None
    assert first.suggest(Question("best food in La"), "default").document.suggestions[0].text == "Las"
    os.kill(first.hello["pid"], signal.SIGKILL)
    with pytest.raises(LostError):
        first.suggest(Question("best food in La"), "default")
    first.close()
    assert find_engine() is None
    second = find_engine(start=True, seconds=SECONDS)
    assert second is not None
    assert second.suggest(Question("best food in La"), "default").document.suggestions[0].text == "Las"
    assert second.hello["pid"] != first.hello["pid"]
    second.close()


def test_twenty_that_start_at_once_start_one(home: Path, ended: None, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def counting(seconds: float) -> bool:
        started.append(seconds)
        return start_engine(seconds)

    start_engine: Callable[[float], bool] = room.start_engine
    monkeypatch.setattr(room, "start_engine", counting)
    with ThreadPoolExecutor(20) as clients:
        found = list(clients.map(lambda _: find_engine(start=True, seconds=SECONDS), range(20)))
    pids = {each.hello["pid"] for each in found if each is not None}
    for each in found:
        assert each is not None
        each.close()
    assert len(pids) == 1
    assert len(started) == 1


def test_an_engine_outlives_who_starts_it_and_reads_no_file_beside(
    home: Path, ended: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    found = find_engine(start=True, seconds=SECONDS)
    assert found is not None
    assert os.getsid(found.hello["pid"]) == found.hello["pid"] != os.getsid(0)
    if Path("/proc/self/cwd").exists():
        assert Path(f"/proc/{found.hello['pid']}/cwd").readlink() == Path("/")
    found.close()


def test_a_folder_that_cannot_be_written_is_told_of(home: Path) -> None:
    address = engine_address(make=True)
    address.starting.symlink_to(address.folder / "elsewhere")
    with pytest.raises(NoPlaceError, match=r"autocomplete: .*links"):
        find_engine(start=True)
    assert not (address.folder / "elsewhere").exists()


def test_one_that_may_not_run_is_not_waited_for(home: Path) -> None:
    (home / "config.toml").write_text("[engine]\nenabled = false\n")
    assert find_engine(start=True, seconds=SECONDS) is None
