"""The contract with editors, told by a client of `pytest-lsp` to the program itself, over standard input and output."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from autocomplete.config import EngineSettings
from autocomplete.engine import pool
from autocomplete.engine.client import find_engine
from autocomplete.learned.store import PersonalStore
from tests.engine.conftest import OTHER_LINES, SECONDS, RunningEngine, counted
from tests.engine.test_server import Gate

# Of all tests, those included that wait for nothing: one loop has the server that most of them share.
pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]
# How an editor says why it asks for a list: a key (or a letter, in some), a character that triggers, a list to go on.
KEY, CHARACTER, LIST = 1, 2, 3
# How it says why it asks for text at the cursor.
ASKED, UNASKED = 1, 2


class Writer:
    """A person who writes in an editor, in one document after another."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self._version = 0
        self.uri = ""

    async def enter(self, *encodings: str) -> types.InitializeResult:
        capabilities = client_capabilities("neovim")
        if encodings:
            capabilities.general = types.GeneralClientCapabilities(
                position_encodings=[types.PositionEncodingKind(name) for name in encodings]
            )
        return await self.client.initialize_session(types.InitializeParams(capabilities=capabilities))

    async def leave(self) -> None:
        await self.client.shutdown_session()
        await self.client.stop()

    def open(self, text: str = "", file_type: str = "text", uri: str = "") -> None:
        self._version += 1
        self.uri = uri or f"untitled:Untitled-{self._version}"
        item = types.TextDocumentItem(self.uri, file_type, self._version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def close(self) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri)))

    def change(self, line: int, first: int, last: int, text: str) -> None:
        where = types.Range(types.Position(line, first), types.Position(line, last))
        self.send(types.TextDocumentContentChangePartial(where, text))

    def send(self, *changes: types.TextDocumentContentChangeEvent) -> None:
        self._version += 1
        document = types.VersionedTextDocumentIdentifier(self._version, self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    def type(self, text: str, line: int = 0, column: int = 0) -> None:
        for place, letter in enumerate(text):
            self.change(line, column + place, column + place, letter)

    async def complete(self, line: int, column: int, kind: int = KEY) -> types.CompletionList | None:
        found = await self.client.text_document_completion_async(
            types.CompletionParams(
                types.TextDocumentIdentifier(self.uri),
                types.Position(line, column),
                context=types.CompletionContext(types.CompletionTriggerKind(kind)),
            )
        )
        assert found is None or isinstance(found, types.CompletionList)
        return found

    async def labels(self, line: int, column: int, kind: int = KEY) -> list[str]:
        found = await self.complete(line, column, kind)
        assert found is not None
        assert found.is_incomplete
        return [item.label for item in found.items]

    async def ghosts(self, line: int, column: int, kind: int = UNASKED) -> list[types.InlineCompletionItem]:
        found = await self.client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind(kind)),
                types.TextDocumentIdentifier(self.uri),
                types.Position(line, column),
            )
        )
        assert isinstance(found, types.InlineCompletionList)
        return list(found.items)

    async def command(self, name: str, *arguments: object) -> object:
        return await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(f"autocomplete.{name}", list(arguments))
        )

    async def told(self) -> str:
        """What the person was shown, once there is something."""
        while not self.client.messages:
            await asyncio.sleep(0.01)
        return self.client.messages.pop().message


COMMAND = [sys.executable, "-P", "-m", "autocomplete", "lsp"]


def environment() -> dict[str, str]:
    """That of this process, in which this very program is found."""
    paths = filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


async def started(*options: str) -> Writer:
    client = await ClientServerConfig(server_command=[*COMMAND, *options], server_env=environment()).start()
    assert isinstance(client, LanguageClient)
    return Writer(client)


@pytest.fixture(scope="module")
def models(plain_model: Path) -> Iterator[Path]:
    """A person's models, `default` among them; the place is short, as a socket's path must be."""
    with tempfile.TemporaryDirectory(prefix="e-", dir="/tmp") as folder, pytest.MonkeyPatch.context() as patch:
        home, runtime = Path(folder) / "home", Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        shutil.copytree(plain_model, home / "default")
        counted(home / "harbour", OTHER_LINES)
        patch.setenv("AUTOCOMPLETE_HOME", str(home))
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        yield home


@pytest.fixture(scope="module")
def shared_engine(models: Path) -> Iterator[RunningEngine]:
    running = RunningEngine(EngineSettings())
    yield running
    running.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_writer(shared_engine: RunningEngine) -> AsyncIterator[Writer]:
    found = await started()
    await found.enter("utf-16")
    yield found
    await found.leave()


@pytest.fixture
def writer(shared_writer: Writer) -> Iterator[Writer]:
    """With no document left open."""
    yield shared_writer
    shared_writer.close()


def edit(item: types.CompletionItem) -> types.TextEdit:
    assert isinstance(item.text_edit, types.TextEdit)
    return item.text_edit


def applied(text: str, item: types.CompletionItem) -> str:
    """The first line, in UTF-16, with a completion taken."""
    where, units = edit(item).range, text.encode("utf-16-le")
    before, after = units[: 2 * where.start.character], units[2 * where.end.character :]
    return before.decode("utf-16-le") + edit(item).new_text + after.decode("utf-16-le")


# What a server can


async def test_a_server_says_what_it_can(shared_engine: RunningEngine) -> None:
    writer = await started()
    can = (await writer.enter("utf-32", "utf-8", "utf-16")).capabilities
    assert can.position_encoding == "utf-32"  # what the editor likes best
    assert can.text_document_sync == types.TextDocumentSyncOptions(
        open_close=True, change=types.TextDocumentSyncKind.Incremental, will_save=False, will_save_wait_until=False,
        save=False,
    )  # fmt: skip
    assert can.completion_provider == types.CompletionOptions()
    assert can.inline_completion_provider == types.InlineCompletionOptions()
    assert can.execute_command_provider is not None
    assert sorted(can.execute_command_provider.commands) == [
        "autocomplete.forget", "autocomplete.model", "autocomplete.pause",
    ]  # fmt: skip
    await writer.leave()


# Lists


async def test_a_list_is_three_ways_to_go_on_of_which_none_is_chosen(writer: Writer) -> None:
    writer.open("The end.\n")
    found = await writer.complete(1, 0)
    assert found is not None
    assert found.is_incomplete
    assert len(found.items) == 3
    for rank, item in enumerate(found.items):
        assert item.sort_text == str(rank)
        assert not item.preselect
        assert item.kind == types.CompletionItemKind.Text
        assert re.fullmatch(r"\d+ % ngram", item.detail or "")
        assert edit(item).range == types.Range(types.Position(1, 0), types.Position(1, 0))


async def test_a_list_holds_what_was_typed_and_nothing_that_is_hardly_ever_meant(writer: Writer) -> None:
    writer.open("best food in la")
    found = await writer.complete(0, 15)
    assert found is not None
    assert [(item.label, item.filter_text) for item in found.items] == [("Las", "la")]
    assert applied("best food in la", found.items[0]) == "best food in Las"
    writer.open("xyzzy plugh")
    assert await writer.labels(0, 11, LIST) == []
    assert await writer.labels(0, 11, KEY) != []  # whoever asks gets what there is


async def test_all_have_the_range_of_the_word_before_the_cursor(writer: Writer) -> None:
    """By which some editors choose what they show, words that follow it too."""
    writer.open("best food in Las")
    found = await writer.complete(0, 16)
    assert found is not None
    assert [(item.label, item.filter_text) for item in found.items] == [("Las Vegas", "Las")]
    assert applied("best food in Las", found.items[0]) == "best food in Las Vegas"
    writer.open("how to b")
    found = await writer.complete(0, 8)
    assert found is not None
    assert {(edit(item).range.start.character, item.filter_text) for item in found.items} == {(7, "b")}


@pytest.mark.parametrize(
    ("text", "kind", "listed"),
    [
        ("best food in La", LIST, False),
        ("best food in Las", LIST, True),
        ("best food in Las ", LIST, False),
        ("bes", CHARACTER, True),
        ("be", CHARACTER, False),
        ("be", KEY, True),
        ("", KEY, True),
    ],
)
async def test_a_list_is_shown_from_three_letters_or_on_request(
    writer: Writer, text: str, kind: int, listed: bool
) -> None:
    writer.open(text)
    assert bool(await writer.labels(0, len(text), kind)) is listed


async def test_a_list_follows_what_is_typed_and_not_what_is_deleted(writer: Writer) -> None:
    writer.open()
    writer.type("best foo")
    assert "food" in await writer.labels(0, 8, LIST)
    writer.change(0, 7, 8, "")
    assert await writer.labels(0, 7, LIST) == []
    assert await writer.ghosts(0, 7) == []
    assert "food" in await writer.labels(0, 7, KEY)
    writer.change(0, 7, 7, "o")  # an undo
    assert await writer.labels(0, 8, LIST) == []
    writer.change(0, 8, 8, "d")
    writer.change(0, 9, 9, " ")
    assert [item.insert_text for item in await writer.ghosts(0, 10)][:1] == ["in Las Vegas"]


async def test_behind_a_finished_word_a_list_comes_unasked_only_where_the_model_is_sure(writer: Writer) -> None:
    writer.open("best New")
    assert await writer.labels(0, 8, LIST) == ["New York"]
    assert len(await writer.labels(0, 8, KEY)) == 3


async def test_an_editor_that_asks_for_every_letter_is_no_person(shared_engine: RunningEngine) -> None:
    writer = await started()
    await writer.enter()
    writer.open()
    listed = []
    for place, letter in enumerate("best food"):
        writer.type(letter, column=place)
        listed.append(bool(await writer.labels(0, place + 1, KEY)))
    assert listed[4:] == [False, False, False, True, True]
    writer.open("be")
    writer.type("s", column=2)
    writer.change(0, 2, 3, "")
    assert await writer.labels(0, 2, KEY) == []
    assert await writer.labels(0, 2, KEY) != []  # again, and nothing was typed: a key
    await writer.leave()


@pytest.mark.parametrize("file_type", ["markdown", "gitcommit", "mail", "plaintext"])
async def test_prose_is_completed(writer: Writer, file_type: str) -> None:
    writer.open("best food in Las ", file_type)
    assert await writer.labels(0, 17)


@pytest.mark.parametrize("file_type", ["python", "c", ""])
async def test_code_is_left_alone(writer: Writer, file_type: str) -> None:
    writer.open("best food in Las ", file_type)
    assert await writer.complete(0, 17) is None
    with pytest.raises(AssertionError):
        await writer.ghosts(0, 17)


async def test_what_is_not_open_is_left_alone(writer: Writer) -> None:
    writer.open("best food in Las ")
    writer.close()
    assert await writer.complete(0, 17) is None


# Text at the cursor


async def test_text_at_the_cursor_is_shown_where_the_model_is_sure(writer: Writer) -> None:
    writer.open("best food in La")
    (item, *_) = await writer.ghosts(0, 15)
    assert (item.insert_text, item.filter_text) == ("Las Vegas", None)
    assert item.range == types.Range(types.Position(0, 13), types.Position(0, 15))
    writer.open("best food in la")
    (item, *_) = await writer.ghosts(0, 15)
    assert (item.insert_text, item.filter_text) == ("Las Vegas", "las Vegas")
    writer.open("xyzzy plugh ")
    assert await writer.ghosts(0, 12) == []
    assert await writer.ghosts(0, 12, ASKED) != []


@pytest.mark.parametrize(
    ("behind", "shown", "listed"),
    [
        ("", "Las Vegas", "Las"),
        (")", "Las Vegas", "Las"),
        (". \nNext", "Las Vegas", "Las"),
        (" tonight", None, "Las"),
        ("Paris", None, "Las "),
        (" Las Vegas", None, None),
    ],
)
async def test_what_stands_behind_the_cursor_counts(
    writer: Writer, behind: str, shown: str | None, listed: str | None
) -> None:
    writer.open("best food in " + behind)
    assert next((item.insert_text for item in await writer.ghosts(0, 13)), None) == shown
    found = await writer.complete(0, 13)
    assert found is not None
    texts = [edit(item).new_text for item in found.items]
    assert texts[:1] == [listed] if listed else "Las" not in texts


async def test_within_a_word_nothing_fits(writer: Writer) -> None:
    writer.open("best food in Vegas")
    assert await writer.labels(0, 15) == []
    assert await writer.ghosts(0, 15, ASKED) == []


# Columns, and the text that is followed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_are_counted_as_was_agreed(shared_engine: RunningEngine, encoding: str) -> None:
    writer = await started()
    agreed = await writer.enter(encoding)
    assert agreed.capabilities.position_encoding == encoding
    text = "été 🙂 best food in La"
    writer.open("x\n" + text + "\n")
    codec, width = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    columns = len(text.encode(codec)) // width
    found = await writer.complete(1, columns)
    assert found is not None
    assert edit(found.items[0]) == types.TextEdit(
        types.Range(types.Position(1, columns - 2), types.Position(1, columns)), "Las"
    )
    writer.change(1, 0, columns - 15, "🙂 ")
    columns = len("🙂 best food in La".encode(codec)) // width
    found = await writer.complete(1, columns)
    assert found is not None
    assert (found.items[0].filter_text, edit(found.items[0]).range.end.character) == ("La", columns)
    writer.send(types.TextDocumentContentChangeWholeDocument("how to bo"))
    assert "boil" in await writer.labels(0, 9)
    await writer.leave()


async def test_other_line_ends_than_the_protocols_end_nothing(writer: Writer) -> None:
    writer.open("\x0c\u2028\x85 and\r\nbest food in La")
    assert (await writer.labels(1, 15))[0] == "Las"
    writer.change(0, 0, 3, "")
    writer.change(1, 15, 15, "s")
    assert (await writer.labels(1, 16))[0].endswith("Vegas")


async def test_a_document_of_any_size_is_followed(writer: Writer) -> None:
    writer.open("a line of no use\n" * 20_000 + "best food in L")
    writer.change(20_000, 14, 14, "a")
    assert (await writer.labels(20_000, 15))[0] == "Las"


# Cancelling


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The engine says nothing until it may."""
    gate = Gate()
    monkeypatch.setattr(pool, "suggested", gate.suggested)
    yield gate
    gate.open()


async def test_a_question_that_is_called_off_is_not_waited_for(writer: Writer, held: Gate) -> None:
    writer.open("best food in La")
    params = types.CompletionParams(
        types.TextDocumentIdentifier(writer.uri),
        types.Position(0, 15),
        types.CompletionContext(types.CompletionTriggerKind.Invoked),
    )
    first = writer.client.protocol.send_request("textDocument/completion", params, msg_id="called-off")
    assert await asyncio.to_thread(held.waits.wait, SECONDS)
    writer.client.cancel_request(types.CancelParams("called-off"))
    with pytest.raises(JsonRpcException, match="cancel"):
        await asyncio.wrap_future(first)
    second = asyncio.ensure_future(writer.labels(0, 15))
    held.open()
    assert (await second)[0] == "Las"


async def test_a_question_of_a_text_that_was_changed_is_not_asked(writer: Writer, held: Gate) -> None:
    writer.open("best food in La")
    first = asyncio.ensure_future(writer.labels(0, 15))
    assert await asyncio.to_thread(held.waits.wait, SECONDS)
    second = asyncio.ensure_future(writer.labels(0, 15))
    await asyncio.sleep(0)
    writer.change(0, 15, 15, "s")
    third = asyncio.ensure_future(writer.labels(0, 16))
    await asyncio.sleep(0)
    with pytest.raises(JsonRpcException):  # answered at once, after all that was sent before was read
        await writer.command("pause", "long")
    held.open()
    assert [await first, await second] == [[], []]
    assert (await third)[0].endswith("Vegas")
    assert held.begun == ["best food in La", "best food in Las"]


# Commands


async def test_a_word_is_forgotten(writer: Writer) -> None:
    writer.open("weather in ")
    assert "Paris" in await writer.labels(0, 11)
    await writer.command("forget", "Paris")
    assert "Paris" not in await writer.labels(0, 11)


async def test_a_pause_is_told_to_who_asks_and_to_nobody_else(writer: Writer) -> None:
    writer.open("best food in La")
    await writer.command("pause", 60)
    assert await writer.ghosts(0, 15) == []
    assert not writer.client.messages
    assert await writer.labels(0, 15) == []
    assert "paused" in await writer.told()
    await writer.command("pause", 0)
    assert await writer.ghosts(0, 15) != []


async def test_another_model_is_asked(writer: Writer) -> None:
    writer.open("the harb")
    assert "harbour" not in await writer.labels(0, 8)
    await writer.command("model", "harbour")
    assert "harbour" in await writer.labels(0, 8)
    with pytest.raises(JsonRpcException, match="no model"):
        await writer.command("model", "habour")
    assert "harbour" in await writer.labels(0, 8)
    await writer.command("model")
    assert "harbour" not in await writer.labels(0, 8)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("forget", []), ("forget", [5]), ("pause", ["long"]), ("pause", [-1]), ("model", [["x"]]), ("model", ["a/b"])],
)
async def test_a_command_that_makes_no_sense_is_refused(writer: Writer, name: str, arguments: Sequence[object]) -> None:
    writer.open("best food in La")
    with pytest.raises(JsonRpcException):
        await writer.command(name, *arguments)
    assert (await writer.labels(0, 15))[0] == "Las"


# Learning


def learned(models: Path) -> set[str]:
    """The words that were learned beside the model, as its file has them."""
    with closing(PersonalStore.open(models / "default")) as store:
        return set(store.words())


@pytest.mark.parametrize("learn", [True, False])
async def test_finished_lines_are_learned_where_that_is_wanted_and_only_there(
    shared_engine: RunningEngine, models: Path, learn: bool
) -> None:
    (models / "default" / "personal.sqlite").unlink(missing_ok=True)
    writer = await started(*["--learn"] * learn)
    await writer.enter()
    writer.open("flabbergasted readers\n")
    writer.type("wobbly tables", line=1)
    writer.type("\n", line=1, column=13)
    writer.type("half a thoug", line=2)
    assert await writer.labels(2, 12) is not None
    token = "-".join(["gh" + "p", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"]).replace("-", "_")
    writer.close()
    writer.open(file_type="python")
    writer.type("unknown_code = 3\n")
    writer.close()
    writer.open()
    writer.type(f"the key is {token}")
    writer.close()
    writer.open()
    writer.type("quibbling until the end")
    await writer.leave()
    found = learned(models)
    if learn:
        assert {"wobbly", "tables", "thoug", "quibbling", "end"} <= found
        assert not found & {"flabbergasted", "unknown_code", "unknown", token, "key"}
    else:
        assert found == set()


def framed(body: str | dict[str, Any]) -> bytes:
    text = body if isinstance(body, str) else json.dumps({"jsonrpc": "2.0", **body})
    return f"Content-Length: {len(text.encode())}\r\n\r\n{text}".encode()


async def test_nothing_typed_stands_in_a_log(shared_engine: RunningEngine) -> None:
    """Whatever an editor sends, wrong messages too, which pygls would log whole."""
    position = {"textDocument": {"uri": "file:///quibbling.txt"}, "position": {"line": 0, "character": 9}}
    document = {"uri": "file:///quibbling.txt", "languageId": "text", "version": 0, "text": "quibbling"}
    messages: list[str | dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": None, "rootUri": None}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        '{"jsonrpc": "2.0", "quibbling',
        "[]",
        {"method": "textDocument/didChange", "params": {"quibbling": "quibbling"}},
        {"method": "$/quibbling", "params": {"quibbling": "quibbling"}},
        {"id": 2, "method": "quibbling", "params": position},
        {"id": 3, "method": "textDocument/completion", "params": {"textDocument": "quibbling"}},
        {"id": 4, "method": "workspace/executeCommand", "params": {"command": "quibbling", "arguments": ["quibbling"]}},
        {"id": 5, "method": "textDocument/completion", "params": position},
        {"method": "$/cancelRequest", "params": {"id": "quibbling"}},
        {"id": 6, "method": "shutdown"},
        {"method": "exit"},
    ]
    done = subprocess.run(
        [*COMMAND, "--model", "missing"],
        env=environment(),
        input=b"".join(map(framed, messages)),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stderr == b""
    assert b'"id": 6' in done.stdout
    assert done.returncode == 0
    assert "quibbling" not in shared_engine.log()


async def test_a_model_that_is_missing_is_told_once(shared_engine: RunningEngine) -> None:
    writer = await started("--model", "missing")
    await writer.enter()
    writer.open("best foo")
    for _ in range(3):
        assert await writer.labels(0, 8, LIST) == []
    assert "no model 'missing'" in await writer.told()
    assert not writer.client.messages
    await writer.leave()


# The engine, and without it


async def test_an_engine_that_was_killed_is_started_anew(home: Path) -> None:
    writer = await started()
    await writer.enter()
    writer.open("best food in La")
    pids = []
    for _ in range(2):
        assert (await writer.labels(0, 15))[0] == "Las"
        found = find_engine()
        assert found is not None
        with found:
            pids.append(found.hello["pid"])
        os.kill(pids[-1], signal.SIGKILL)
    assert (await writer.labels(0, 15))[0] == "Las"
    assert len(set(pids)) == 2
    await writer.leave()
    last = find_engine()
    assert last is not None
    with last:
        last.stop()


@pytest.mark.parametrize("hidden", ["engine", "fcntl", "users", "folder"])
async def test_without_an_engine_the_server_answers_itself(
    hidden: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    hiding = {"fcntl": "sys.modules['fcntl'] = None", "users": "del os.geteuid"}
    (tmp_path / "sitecustomize.py").write_text(f"import os, sys\n{hiding.get(hidden, '')}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    if hidden == "engine":
        (home / "config.toml").write_text("[engine]\nenabled = false\n")
    if hidden == "folder":
        (runtime / "autocomplete").mkdir(mode=0o755)
    writer = await started("--learn")
    await writer.enter()
    writer.open("best food in La")
    assert (await writer.labels(0, 15))[0] == "Las"
    writer.change(0, 15, 15, "s quibbling")
    await writer.leave()
    assert not list(runtime.rglob("*.sock"))
    assert "quibbling" in learned(home)


async def test_without_pygls_the_line_that_installs_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pygls'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = subprocess.run(COMMAND, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        'error: Editors are answered by pygls, which is not installed.\npip install "autocomplete-lm[lsp]"\n'
    )
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extra = [each.partition(">")[0] for each in pyproject["project"]["optional-dependencies"]["lsp"]]
    assert "pygls" in extra
    for package in extra:
        assert f"\n{package}==" in (ROOT / "constraints.txt").read_text("utf-8")


async def test_routes_of_the_configuration_file_are_followed(shared_engine: RunningEngine, models: Path) -> None:
    config = models / "config.toml"
    config.write_text(
        '[[route]]\ntype = "python"\nfolder = "/quay"\nmodel = "harbour"\n'
        '[[route]]\ntype = ["gitcommit"]\nmodel = "harbour"\n'
    )
    try:
        writer = await started()
        await writer.enter()
    finally:
        config.unlink()
    for file_type, uri, expected in [
        ("python", "file:///quay/x.py", "harbour"),
        ("gitcommit", "file:///elsewhere/COMMIT_EDITMSG", "harbour"),
        ("text", "file:///quay/x.txt", None),
    ]:
        writer.open("the harb", file_type, uri)
        labels = await writer.labels(0, 8)
        assert ("harbour" in labels) is bool(expected)
    writer.open("the harb", "python", "file:///elsewhere/x.py")
    assert await writer.complete(0, 8) is None
    await writer.leave()
