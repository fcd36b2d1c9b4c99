"""Where HTTP is answered, and by whose token: files that others read, ports that are taken, hosts elsewhere."""

import builtins
import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from autocomplete.engine.http.face import Face, Listening, MissingPackagesError, Place, require_packages
from autocomplete.engine.http.tokens import is_known, new_token, plugin_token, read_token, token_path
from autocomplete.errors import AutocompleteError, UsageError
from tests.engine.conftest import RunningEngine


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path / "home"))
    return tmp_path


def written(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_token_of_plugins_is_drawn_once_and_only_its_owner_reads_it(own: Path) -> None:
    first = plugin_token()
    assert plugin_token() == first == token_path().read_text().strip()
    assert stat.S_IMODE(token_path().stat().st_mode) == 0o600
    assert [file.name for file in token_path().parent.iterdir()] == ["http-token"]


def test_who_draws_at_the_same_time_gets_the_same(own: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(plugin_token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o620])
def test_a_token_that_others_may_read_is_none(own: Path, mode: int) -> None:
    file = written(own / "token", "x" * 40, mode)
    with pytest.raises(UsageError, match="others may read"):
        read_token(file)


@pytest.mark.parametrize(
    "text", ["", "\n", "x" * 15, "x" * 513, "x" * 5000, "two words of a token", "é" * 20, "a\nb" * 9]
)
def test_what_is_no_token_is_refused_by_the_name_of_its_file(own: Path, text: str) -> None:
    with pytest.raises(UsageError, match="holds no token"):
        read_token(written(own / "token", text))


def test_a_token_is_read_from_a_file_and_nothing_else(own: Path) -> None:
    link, pipe = own / "link", own / "pipe"
    link.symlink_to(written(own / "token", "x" * 40))
    os.mkfifo(pipe, 0o600)
    for other in (link, own / "none", own):
        with pytest.raises(AutocompleteError, match=str(other)):
            read_token(other)
    with pytest.raises(UsageError):  # and nobody waits for it
        read_token(pipe)


def test_tokens_are_never_the_same_and_known_as_a_whole() -> None:
    drawn = {new_token() for _ in range(100)}
    assert len(drawn) == 100
    token = drawn.pop()
    assert is_known(token, ["x" * 43, token])
    for other in (token[:-1], token + "x", token.swapcase(), "", "\udcff", "é" * 43):
        assert not is_known(other, ["x" * 43, token])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1"])
def test_this_machine_needs_no_token_of_ones_own(host: str) -> None:
    assert Place(host).is_local


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::1", "my-machine", "example.org", ""])
def test_beyond_this_machine_needs_a_token_of_ones_own(own: Path, host: str) -> None:
    with pytest.raises(UsageError, match="no token of your own"):
        Place(host)
    assert not Place(host, token_file=own / "token").is_local


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_at_once_is_none(own: Path, host: str) -> None:
    with pytest.raises(UsageError, match="must name one"):
        Place(host, token_file=own / "token")


def test_a_port_that_is_taken_is_told_of_and_where_none_is_named_another_is_found(own: Path) -> None:
    first = Listening(Place(port=0))
    with pytest.raises(AutocompleteError, match=str(first.port)):
        Listening(Place(port=first.port))
    first.socket.close()
    usual = [Listening(Place()), Listening(Place())]
    assert usual[0].port != usual[1].port
    for each in usual:
        each.socket.close()


def test_an_address_that_is_not_of_this_machine_is_told_of(own: Path) -> None:
    file = written(own / "token", "x" * 40)
    with pytest.raises(AutocompleteError, match=r"192\.0\.2\.7"):
        Listening(Place("192.0.2.7", 0, file))


def test_it_is_answered_once_wherever_it_was_wanted_first(engine: RunningEngine) -> None:
    talk = engine.talk()
    first = talk.ask(id=1, method="http")
    assert talk.ask(id=2, method="http")["url"] == first["url"]
    other = talk.ask(id=3, method="http", port=1)
    assert other["error"]["code"] == "failed"
    assert "answered already" in other["error"]["cause"]
    assert talk.ask(id=4, method="http", port=-5)["error"]["code"] in ("usage", "failed")
    assert talk.ask(id=5, method="http", host="192.0.2.7")["error"]["code"] in ("usage", "failed")


def test_a_wish_that_cannot_be_leaves_the_engine_as_it_was(engine: RunningEngine) -> None:
    talk = engine.talk()
    assert talk.ask(id=1, method="http", port=-5)["error"]["code"] == "usage"
    assert talk.ask(id=2, method="http", host="192.0.2.7")["error"]["code"] == "usage"
    assert talk.ask(id=3, method="http", port=0)["url"].startswith("http://127.0.0.1:")
    assert talk.say("s\t7\tdefault\tbest food in la").startswith("7\t2\tLas")


def test_without_its_packages_the_line_that_installs_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "uvicorn":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingPackagesError) as caught:
        require_packages()
    assert caught.value.exit_code == 4
    assert caught.value.cure == 'pip install "autocomplete-lm[serve]"'


def test_a_face_nobody_wants_takes_no_port() -> None:
    assert Face().address == ""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
