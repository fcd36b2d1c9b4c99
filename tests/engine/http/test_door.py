"""What is refused at the door: each rule alone, in its order, and nothing is read before all of them hold."""

import contextlib
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from autocomplete.engine.http import connections, door
from autocomplete.engine.http.door import MOST_BODY
from tests.engine.conftest import SECONDS, RunningEngine
from tests.engine.http.conftest import AUTHORISED, HOST, TOKEN, Inside, Outside

JSON = {"Content-Type": "application/json"}
GOOD = {"Host": HOST, **AUTHORISED, **JSON}
BODY = b'{"text":"best food in La"}'
PATHS = [
    "/suggest", "/explain", "/accepted", "/learn", "/forget", "/pause", "/close", "/v1/completions", "/infill",
    "/v1/models", "/status", "/openapi.json", "/nothing", "/../suggest", "//", "/page.html",
]  # fmt: skip


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


def test_who_may_ask_is_answered(inside: Inside) -> None:
    assert inside.send("POST", "/suggest", BODY, GOOD).status == 200
    assert inside.send("POST", "/suggest", BODY, {**GOOD, "Host": HOST.upper()}).status == 200
    assert inside.send("POST", "/suggest", BODY, {**GOOD, "Origin": f"http://{HOST}"}).status == 200
    assert inside.send("POST", "/suggest", BODY, {**GOOD, "Authorization": "bearer " + "b" * 40}).status == 200
    assert (
        inside.send("POST", "/suggest", BODY, {**GOOD, "Content-Type": "Application/JSON; charset=utf-8"}).status == 200
    )


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8012", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8012.evil.example", "localhost",
        "127.0.0.1:8012@evil.example", "0.0.0.0:8012", "127.1:8012", "2130706433:8012", "", " ", "127.0.0.1:8012 ",
        "[::1]:8012",
    ],
)  # fmt: skip
def test_a_foreign_host_is_refused_before_all(inside: Inside, host: str) -> None:
    assert inside.send("POST", "/suggest", BODY, {**GOOD, "Host": host}).code == "host"
    # … though nothing else is right either, and of the page too
    assert inside.send("GET", "/", b"", {"Host": host, "Origin": "http://evil.example"}).code == "host"


def test_no_host_is_a_foreign_one(inside: Inside) -> None:
    assert inside.send("POST", "/suggest", BODY, without("Host")).code == "host"


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "null", "", f"https://{HOST}", "http://127.0.0.1", "http://127.0.0.1:8013", "file://",
        f"http://{HOST}.evil.example", f"http://{HOST}/", f"http://evil.example,http://{HOST}",
    ],
)  # fmt: skip
def test_a_foreign_origin_is_refused(inside: Inside, origin: str) -> None:
    assert inside.send("POST", "/suggest", BODY, {**GOOD, "Origin": origin}).code == "origin"
    assert inside.send("OPTIONS", "/suggest", b"", {**GOOD, "Origin": origin}).code == "origin"
    assert inside.send("GET", "/", b"", {"Host": HOST, "Origin": origin}).code == "origin"


@pytest.mark.parametrize(
    "authorisation",
    [
        "", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}a", f"Basic {TOKEN}", TOKEN, "Bearer \xe9\xff",
        f"Bearer {TOKEN} {TOKEN}", f"Token {TOKEN}", "Bearer " + "b" * 39, "Bearer None",
    ],
)  # fmt: skip
def test_whoever_has_no_token_is_told_nothing(inside: Inside, authorisation: str) -> None:
    for path in PATHS:
        for method in ("GET", "POST"):
            reply = inside.send(method, path, BODY, {**GOOD, "Authorization": authorisation})
            assert (reply.status, reply.code) == (401, "token")
            assert reply.headers["www-authenticate"] == "Bearer"


def test_a_token_in_a_url_or_a_cookie_is_none(inside: Inside) -> None:
    headers = {**without("Authorization"), "Cookie": f"token={TOKEN}"}
    assert inside.send("POST", f"/suggest?token={TOKEN}", BODY, headers).code == "token"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "json"]
)
def test_what_a_form_may_send_unasked_is_refused(inside: Inside, kind: str) -> None:
    assert inside.send("POST", "/suggest", BODY, {**GOOD, "Content-Type": kind}).status == 415
    assert inside.send("POST", "/suggest", BODY, without("Content-Type")).code == "type"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW"])
def test_another_method_does_nothing(inside: Inside, method: str) -> None:
    reply = inside.send(method, "/learn", b'{"line":"one two three"}', GOOD)
    assert reply.status == 405
    assert inside.engine.status()["learned"] == 0


@pytest.mark.parametrize("length", [None, str(MOST_BODY + 1), "9" * 5000, "-1", "1e3", "", "0x10"])
def test_a_body_that_nobody_writes_is_not_read(inside: Inside, length: str | None) -> None:
    chunks = [b"x" * 65536] * 20
    headers = GOOD if length is None else {**GOOD, "Content-Length": length}
    assert inside.send("POST", "/suggest", chunks, headers).code == "large"
    assert inside.post("/suggest", {"text": "best food in La"}).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"text"', b"1", b"{}", b"\xff\xfe", b"{'text':1}", b'{"text":"a"}x', b"[" * 200_000,
        b'{"text":' * 50_000, b'{"text":"a","k":' + b"9" * 9000 + b"}", b'{"text":"a","min_probability":NaN}',
        b'{"text":"a","temperature":Infinity}', b'{"text":1}', b'{"text":"a","k":0}', b'{"text":"a","k":true}',
        b'{"text":"a","k":1000,"words":2}', b'{"text":"a","mode":"x"}', b'{"text":"a","unknown":1}',
        b'{"document":"d","edits":[[0,0,"a"]]}', b'{"text":"a","cursor":0}', b'{"text":"a","temperature":-1}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_reason(inside: Inside, body: bytes) -> None:
    reply = inside.send("POST", "/suggest", body, GOOD)
    assert (reply.status, reply.code) == (400, "usage")
    assert inside.post("/suggest", {"text": "best food in La"}).status == 200


def test_half_of_a_character_is_answered(inside: Inside) -> None:
    reply = inside.send("POST", "/suggest", b'{"text":"caf\\ud83d best food in La"}', GOOD)
    assert reply.status == 200
    assert reply.json()["suggestions"][0]["insert"] == "Las"


def test_no_answer_may_be_read_kept_or_framed_elsewhere(inside: Inside) -> None:
    replies = [
        inside.send("POST", "/suggest", BODY, GOOD), inside.get("/"), inside.get("/nothing"), inside.get("/v1/models"),
        inside.send("POST", "/suggest", b"", {"Host": "evil.example"}), inside.post("/suggest", {}),
        inside.send("OPTIONS", "/suggest", b"", {**GOOD, "Access-Control-Request-Method": "POST"}),
    ]  # fmt: skip
    for reply in replies:
        assert not [name for name in reply.headers if name.startswith("access-control")]
        assert reply.headers["content-security-policy"].startswith("default-src 'none';")
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"


def test_the_page_may_run_what_stands_in_it_and_ask_its_own_origin(inside: Inside) -> None:
    reply = inside.send("GET", "/", b"", {"Host": HOST})
    assert reply.status == 200
    policy = reply.headers["content-security-policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    assert rules["default-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'"]
    assert all(source.startswith("'sha256-") for kind in ("script-src", "style-src") for source in rules[kind])
    page = reply.body.decode()
    assert not re.findall(r"https?://|\ssrc=|@import|url\(|<link|\son\w+=|\sstyle=", page)
    assert TOKEN not in page


def test_a_fault_is_told_without_its_text(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("secret words")

    monkeypatch.setattr(inside.engine, "model", broken)
    reply = inside.post("/suggest", {"text": "best food in La"})
    assert (reply.status, reply.code) == (500, "failed")
    assert b"secret" not in reply.body


def test_a_body_that_does_not_come_is_not_waited_for(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS", 0.05)
    reply = inside.send("POST", "/suggest", [], GOOD)
    assert (reply.status, reply.code) == (408, "slow")


# On a real socket


def raw(outside: Outside, request: bytes) -> bytes:
    host, _, port = outside.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        connection.sendall(request)
        found = b""
        while len(found) < len("HTTP/1.1 400") and (part := connection.recv(65536)):
            found += part
    return found


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\nHost: HERE\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"s\t7\tdefault\tbest food in La\r\n\r\n",
        b"POST /suggest HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    ],
)
def test_a_real_socket_refuses_the_same(outside: Outside, request_: bytes) -> None:
    assert raw(outside, request_.replace(b"HERE", outside.address.encode()))[9:12] in (b"400", b"401", b"403")


def test_the_token_is_drawn_anew_at_every_start_and_that_of_plugins_is_not(home: Path) -> None:
    from autocomplete.config import EngineSettings

    tokens = []
    for _ in range(2):
        engine = RunningEngine(EngineSettings())
        outside = Outside(engine)
        tokens.append(outside.token)
        kept = (home / "http-token").read_text().strip()
        authorised = {"Authorization": f"Bearer {kept}"}
        assert outside.post("/suggest", {"text": "best food in La"}, **authorised).status == 200
        assert outside.post("/suggest", {"text": "best food in La"}).status == 200
        tokens.append(kept)
        engine.stop()
    assert len(tokens[0]) == len(tokens[2]) == 43
    assert tokens[0] != tokens[2]
    assert tokens[1] == tokens[3] not in (tokens[0], tokens[2])


def test_connections_that_say_nothing_make_room(
    outside: Outside, engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CLIENTS", 4)
    host, _, port = outside.address.rpartition(":")
    silent = [socket.create_connection((host, int(port)), timeout=SECONDS) for _ in range(12)]
    assert outside.post("/suggest", {"text": "best food in La"}).status == 200
    with contextlib.suppress(ConnectionResetError):
        assert silent[0].recv(1) == b""
    for each in silent:
        each.close()
    assert engine.talk().ask(id=1, method="status")["questions"] == 1


def test_no_answer_waits_for_an_acknowledgement(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    original = connections._Connection.connection_made

    def connection_made(self: Any, transport: Any) -> None:
        original(self, transport)
        made.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(connections._Connection, "connection_made", connection_made)
    assert outside.post("/suggest", {"text": "best food in La"}).status == 200
    assert made[0] != 0


def test_an_engine_that_ends_lets_nobody_wait(outside: Outside, engine: RunningEngine) -> None:
    connection = outside.connection()
    connection.request("GET", "/status", headers={"Authorization": f"Bearer {outside.token}"})
    assert connection.getresponse().read()
    engine.stop()
    connection.close()
    with pytest.raises(ConnectionError):
        outside.post("/suggest", {"text": "a"})


def test_nothing_typed_stands_in_the_log(outside: Outside, engine: RunningEngine) -> None:
    outside.post("/suggest", {"text": "unmistakable words"})
    outside.post("/v1/completions", {"prompt": "unmistakable words", "model": "unmistakable"})
    outside.post("/learn", {"line": "unmistakable"}, Host="unmistakable")
    log = engine.log()
    assert "answers over HTTP" in log
    assert "unmistakable" not in log
    assert outside.token not in log
