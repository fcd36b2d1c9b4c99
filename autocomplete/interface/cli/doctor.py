"""`autocomplete doctor`: whether everything that suggests works, how fast, and what to do where it does not."""

import math
import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

from autocomplete import bundle
from autocomplete.errors import AutocompleteError
from autocomplete.interface.cli import options
from autocomplete.interface.configuration import config_path, engine_settings
from autocomplete.interface.cures import spelled
from autocomplete.interface.shells import MARK_VARIABLE, SHELL_MODEL, SHELLS, ask, mark
from autocomplete.interface.shells.rc import BEGIN, read_rc
from autocomplete.interface.shells.surroundings import FoundShell, find_editors, find_shells
from autocomplete.interface.terminal import COLUMNS, escaped, say, say_document
from autocomplete.version import VERSION

if TYPE_CHECKING:
    from autocomplete.engine.address import Address

_ROUNDS = 15
# A text as somebody types it in a shell; the model's answer does not matter.
_PROBE = "git c"


class Finding(NamedTuple):
    """What was looked at, and how it is.

    Attributes:
        subject: What.
        state: `ok`, `note` (nothing is wrong, and yet somebody may wonder), or `wrong`.
        said: How it is.
        cure: What to do; possibly empty.
    """

    subject: str
    state: Literal["ok", "note", "wrong"]
    said: str
    cure: str = ""


def doctor(as_json: options.Json = False) -> None:
    """Look whether everything that suggests works, how fast it is, and what to do where it does not."""
    findings = []
    for finding in _findings():
        findings.append({**finding._asdict(), "cure": spelled(finding.cure)})
        if not as_json:
            _show(finding)
    if as_json:
        say_document({"version": VERSION, "findings": findings})


def _show(finding: Finding) -> None:
    sign = {"ok": "ok", "note": "--", "wrong": "!!"}[finding.state]
    first = f"{sign}  {finding.subject:<9} "
    for part in filter(None, (finding.said, spelled(finding.cure))):
        for line in textwrap.wrap(escaped(part), COLUMNS - len(first), break_long_words=False, break_on_hyphens=False):
            say(first + line)
            first = " " * len(first)


def _findings() -> Iterator[Finding]:
    address, finding = _address()
    yield finding
    if address is not None:
        yield from _pause(address)
        yield from _versions(address)
    yield from _models()
    if address is not None and finding.state == "ok":
        yield from _latencies(address)
    for shell in find_shells(os.environ, Path.home()):
        yield _shell(shell)
    yield from _loaded_texts()
    editors = find_editors(os.environ)
    if editors:
        cure = "In each, have it start 'autocomplete lsp'; the guide 'In your editor' says how."
        yield Finding("editors", "note", f"{', '.join(editors)}: whether they are set up is not known here", cure)


def _address() -> "tuple[Address | None, Finding]":
    """Where the engine is reached, and whether it answers; it is started where it is not there."""
    from autocomplete.engine.address import engine_address
    from autocomplete.engine.client import find_engine

    try:
        enabled = engine_settings(config_path()).enabled
        address = engine_address(make=True)
        if not enabled:
            return address, Finding(
                "engine", "wrong", f"{config_path()} switches it off.", "Set 'enabled = true' under [engine]."
            )
        client = find_engine()
        ran = client is not None
        began = time.perf_counter()
        client = client or find_engine(start=True)
    except AutocompleteError as error:
        return None, Finding("engine", "wrong", error.cause, error.cure)
    if client is None:
        cure = "'autocomplete serve' shows why; its log lies beside the socket."
        return address, Finding("engine", "wrong", f"does not start, or does not answer at {address.socket}", cure)
    with client:
        how = "runs" if ran else f"was started in {time.perf_counter() - began:.1f} s"
        return address, Finding("engine", "ok", f"version {VERSION} {how}, at {address.socket}")


def _pause(address: "Address") -> Iterator[Finding]:
    from autocomplete.engine.pause import Pause

    left = Pause(address.paused).seconds_left()
    if left is not None:
        minutes = 0 if left == math.inf else math.ceil(left / 60)
        lasts = f"for {minutes} minute{'s' * (minutes != 1)} more" if minutes else "until it is ended"
        yield Finding("pause", "wrong", f"everything is quiet {lasts}", "End it with 'autocomplete pause --off'.")


def _versions(address: "Address") -> Iterator[Finding]:
    from autocomplete.engine.client import connected

    for other in address.others():
        client = connected(other)
        if client is not None:
            client.close()
            cure = "Shells that were opened before ask it: open them anew."
            yield Finding("engine", "note", f"version {other.version} runs beside this one", cure)


def _models() -> Iterator[Finding]:
    names = bundle.model_names()
    for name in names:
        yield _model(name)
    if SHELL_MODEL not in names:
        said = f"there is no model '{SHELL_MODEL}', which shells ask"
        yield Finding("models", "wrong", said, "'autocomplete setup' learns one from your history.")


def _model(name: str) -> Finding:
    try:
        card = bundle.read_manifest(bundle.models_root() / name).card
    except AutocompleteError as error:
        return Finding("model", "wrong", error.cause, error.cure)
    corpus = card.get("corpus", {})
    if "secret_lines" not in corpus:
        cure = f"Train it again: 'autocomplete train … --model {name} --force'."
        return Finding("model", "wrong", f"'{name}' was trained before lines with secrets were left out", cure)
    if corpus.get("secrets_kept"):
        return Finding("model", "note", f"'{name}' was trained with the lines that hold secrets, as was wished")
    return Finding("model", "ok", f"'{name}', of {corpus.get('train_words', 0):,} words")


def _latencies(address: "Address") -> Iterator[Finding]:
    """How long an answer takes in each way, in milliseconds: the middle one of several."""
    import socket
    import subprocess

    def asked(connection: socket.socket, letter: str = "s") -> bytes:
        fields = [letter, "1", SHELL_MODEL, _PROBE] if letter == "s" else [letter, "1"]
        connection.sendall("\t".join(fields).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            read = connection.recv(1 << 16)
            if not read:
                raise ConnectionResetError("it closed the connection")
            answer += read
        return answer

    def connected() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5)
        connection.connect(str(address.socket))
        return connection

    def anew() -> None:
        with connected() as connection:
            asked(connection)

    def by_program() -> None:
        command = [sys.executable, "-I", "-S", ask.__file__, str(address.socket), "s", SHELL_MODEL]
        subprocess.run(command, input=_PROBE.encode(), capture_output=True, check=False)

    try:
        with connected() as kept:
            refused = asked(kept).startswith(b"1\t!")  # the question opens the model
            ways: dict[str, Callable[[], object]] = {
                "the socket alone": lambda: asked(kept, "t"),
                "an answer over it, as in zsh": lambda: asked(kept),
                "in a new connection": anew,
                "by a key in bash or fish": by_program,
            }
            # How fast a refusal comes says nothing of answers.
            told = [f"{way} {_milliseconds(do):.1f} ms" for way, do in [*ways.items()][: 1 if refused else None]]
    except OSError as error:
        yield Finding(
            "speed", "wrong", f"the engine does not answer ({error})", "Stop it: 'autocomplete serve --stop'."
        )
        return
    yield Finding("speed", "ok", "; ".join(told))


def _milliseconds(do: Callable[[], object]) -> float:
    took = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        do()
        took.append(1000 * (time.perf_counter() - began))
    return median(took)


def _shell(shell: FoundShell) -> Finding:
    """Whether a shell's configuration runs our text, or holds a copy of an old one."""
    text = read_rc(shell.rc).decode("utf-8", "replace")
    copied = f"autocomplete, text for {shell.name}, version "
    if copied in text and mark(shell.name) not in text:
        cure = f"Put 'autocomplete init {shell.name}' there anew, or have 'autocomplete setup' do it."
        return Finding(shell.name, "wrong", f"{shell.rc} holds the text of another version", cure)
    if copied in text or f"init {shell.name}" in text or BEGIN.decode() in text:
        return Finding(shell.name, "ok", f"set up in {shell.rc}")
    return Finding(shell.name, "note", "not set up", "'autocomplete setup' does that.")


def _loaded_texts() -> Iterator[Finding]:
    """Whether the shell that runs this command has another text than this version prints."""
    for shell in SHELLS:
        loaded = os.environ.get(MARK_VARIABLE + shell.upper())
        if loaded is not None and loaded != mark(shell):
            yield Finding(shell, "wrong", "this shell runs the text of another version", "Open it anew.")
    if os.environ.get("AUTOCOMPLETE_PRIVATE"):
        yield Finding("private", "note", "AUTOCOMPLETE_PRIVATE is set: this shell asks and learns nothing")
