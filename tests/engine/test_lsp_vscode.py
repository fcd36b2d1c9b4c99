"""The extension for VS Code fits the server that it starts."""

import json
import re
from pathlib import Path

from autocomplete.engine.lsp.server import FORGET, PAUSE, SWITCH
from autocomplete.version import VERSION

EXTENSION = Path(__file__).parents[2] / "editors" / "vscode"


def test_the_extension_is_of_the_programs_version() -> None:
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    lock = json.loads((EXTENSION / "package-lock.json").read_text("utf-8"))
    assert package["version"] == lock["version"] == VERSION


def test_the_extension_sends_commands_that_the_server_knows_and_registers_those_that_it_shows() -> None:
    """The client registers the server's by their own names: one of them registered twice would end it."""
    text = (EXTENSION / "src" / "extension.ts").read_text("utf-8")
    assert set(re.findall(r"send\('(.*?)'", text)) == {FORGET, PAUSE, SWITCH}
    registered = set(re.findall(r"registerCommand\('(.*?)'", text))
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    assert registered == {each["command"] for each in package["contributes"]["commands"]}
    assert not registered & {FORGET, PAUSE, SWITCH}


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (EXTENSION / "package-lock.json").read_text("utf-8")
