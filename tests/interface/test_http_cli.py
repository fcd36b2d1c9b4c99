"""`serve --http` and `page`: what they print, open and refuse."""

import http.client
import json
import stat
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from autocomplete.engine.client import find_engine
from autocomplete.interface.cli.app import run
from tests.engine.conftest import SECONDS, RunningEngine

Captured = pytest.CaptureFixture[str]
SERVE = [sys.executable, "-m", "autocomplete", "serve", "--http", "--port", "0"]


def asked(address: str, token: str) -> int:
    """The status of a suggestion that is asked for."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=SECONDS)
    body = json.dumps({"text": "best food in La"})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/suggest", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def address_in(text: str) -> str:
    return text.partition("http://")[2].split()[0].partition("/")[0]


def test_an_engine_that_answers_over_http_says_where_and_by_which_token(home: Path) -> None:
    served = subprocess.Popen(SERVE, stderr=subprocess.PIPE, text=True)
    assert served.stderr is not None
    lines = [served.stderr.readline() for _ in range(3)]
    token = (home / "http-token").read_text().strip()
    assert str(home / "http-token") in "".join(lines)
    assert token not in "".join(lines)
    assert asked(address_in("".join(lines)), token) == 200
    assert asked(address_in("".join(lines)), "x" * 40) == 401
    client = find_engine()
    assert client is not None
    with client:
        assert client.status()["idle_minutes"] == 0  # who asks over HTTP cannot start it
        client.stop()
    assert served.wait(SECONDS) == 0
    served.stderr.close()


def test_an_engine_that_runs_is_had_answer_over_http(engine: RunningEngine, home: Path, capsys: Captured) -> None:
    assert run(["serve", "--http", "--port", "0"]) == 0
    said = capsys.readouterr().err
    assert asked(address_in(said), (home / "http-token").read_text().strip()) == 200
    assert engine.talk().ask(id=1, method="status")["idle_minutes"] == 0


def test_a_page_keeps_no_engine_running(engine: RunningEngine, capsys: Captured) -> None:
    assert run(["page", "--print"]) == 0
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")
    assert engine.talk().ask(id=1, method="status")["idle_minutes"] == 30


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "127.0.0.1"],
        ["--port", "1"],
        ["--token-file", "x"],
        ["--http", "--host", "192.0.2.7"],
        ["--http", "--host", "0.0.0.0"],
        ["--http", "--status", "--stop"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_before_anything_starts(home: Path, arguments: list[str], capsys: Captured) -> None:
    assert run(["serve", *arguments]) == 2
    assert "error: " in capsys.readouterr().err
    assert find_engine() is None


def test_a_token_that_others_may_read_starts_nothing(home: Path, capsys: Captured) -> None:
    file = home / "mine"
    file.write_text("x" * 40)
    file.chmod(0o644)
    assert run(["serve", "--http", "--port", "0", "--token-file", str(file)]) == 2
    assert "others may read" in capsys.readouterr().err
    assert find_engine() is None


def test_the_page_is_opened_by_a_file_and_its_token_is_in_no_command(
    engine: RunningEngine, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", browser)
    assert run(["page", "--model", "mail & post"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    file = Path(opened[0].removeprefix("file://"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert run(["page", "--print"]) == 0
    url = capsys.readouterr().out.strip()
    assert f"0;url={url}&amp;model=mail%20%26%20post" in text
    address, token = url.removeprefix("http://").split("/#token=")
    assert asked(address, token) == 200
    assert token not in opened[0] + said.err


def test_without_a_browser_the_page_says_how_to_see_its_address(
    engine: RunningEngine, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    assert run(["page"]) == 0
    assert "page --print" in capsys.readouterr().err


def test_a_page_knows_models_by_name(engine: RunningEngine, capsys: Captured) -> None:
    assert run(["page", "--model", "./default"]) == 2
    assert "by name" in capsys.readouterr().err
