"""The language server: the Language Server Protocol on standard input and output, for one editor. Needs pygls."""

import logging
import os
import sys
from collections.abc import Awaitable
from typing import Any, get_args

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from autocomplete.engine.lsp.document import Range
from autocomplete.engine.lsp.editor import Completion, Cursor, Editor, EditorSettings
from autocomplete.engine.lsp.lines import Encoding
from autocomplete.errors import AutocompleteError
from autocomplete.version import VERSION

FORGET, PAUSE, SWITCH = "autocomplete.forget", "autocomplete.pause", "autocomplete.model"
# The protocol's code of what was understood, and could not be done.
_REQUEST_FAILED = -32803


class _Protocol(LanguageServerProtocol):
    """The protocol with texts of our own: those of pygls are read whole for each key, and have other line ends."""

    _server: "EditorServer"

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Follow a document from here on."""
        item = params.text_document
        self._server.editor.open(item.uri, item.language_id, item.text, self._server.encoding)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Follow what was changed in it, each change after those before."""
        for change in params.content_changes:
            where = _range(change.range) if isinstance(change, types.TextDocumentContentChangePartial) else None
            self._server.editor.change(params.text_document.uri, where, change.text)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Follow it no more."""
        self._server.editor.close(params.text_document.uri)


class EditorServer(LanguageServer):
    """A server for one editor.

    Args:
        settings: How it is answered.
    """

    def __init__(self, settings: EditorSettings) -> None:
        super().__init__("autocomplete", VERSION, protocol_cls=_Protocol, converter_factory=default_converter)
        self.editor = Editor(settings, self._tell)
        self.encoding: Encoding = "utf-16"

    def _tell(self, text: str) -> None:
        self.window_show_message(types.ShowMessageParams(type=types.MessageType.Warning, message=text))


def serve(settings: EditorSettings) -> None:
    """Answer the editor that started this process, until it says that it leaves or is gone."""
    # What pygls logs quotes what was typed, and editors keep what a server writes to standard error.
    logging.getLogger("pygls").addHandler(logging.NullHandler())
    logging.getLogger("pygls").propagate = False
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        editor_server(settings).start_io(sys.stdin.buffer, out)


def editor_server(settings: EditorSettings) -> EditorServer:
    """Return a server that knows what editors may ask."""
    server = EditorServer(settings)

    @server.feature(types.INITIALIZE)
    def initialize(_: types.InitializeParams) -> None:
        server.encoding = _encoding(server.workspace.position_encoding)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        await server.editor.begin()

    @server.feature(types.SHUTDOWN)
    async def shutdown(*_: Any) -> None:
        await server.editor.leave()

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions())
    async def completion(params: types.CompletionParams) -> types.CompletionList | None:
        kind = None if params.context is None else params.context.trigger_kind
        invoked = kind == types.CompletionTriggerKind.Invoked
        found = await server.editor.completions(_cursor(params), invoked=invoked)
        return (
            None
            if found is None
            else types.CompletionList(
                is_incomplete=True, items=[_item(each, rank, params.position) for rank, each in enumerate(found)]
            )
        )

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        requested = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        found = await server.editor.inline(_cursor(params), requested=requested)
        return (
            None
            if found is None
            else types.InlineCompletionList(items=[_inline_item(each, params.position) for each in found])
        )

    @server.command(FORGET)
    async def forget(*words: Any) -> None:
        await _commanded(server.editor.forget([_text(word) for word in words]))

    @server.command(PAUSE)
    async def pause(*seconds: Any) -> None:
        await _commanded(server.editor.pause(_seconds(seconds[0]) if seconds else None))

    @server.command(SWITCH)
    async def switch(*model: Any) -> None:
        await _commanded(server.editor.switch(_text(model[0]) if model else ""))

    return server


async def _commanded(work: Awaitable[None]) -> None:
    """Do what a command says; an editor is told why it cannot be done."""
    try:
        await work
    except AutocompleteError as error:
        raise JsonRpcException(str(error), _REQUEST_FAILED) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise JsonRpcException(f"{value!r} is no text.", _REQUEST_FAILED)
    return value


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise JsonRpcException(f"{value!r} is no number of seconds.", _REQUEST_FAILED)
    return value


def _encoding(kind: types.PositionEncodingKind | str | None) -> Encoding:
    """The units of columns that were agreed on."""
    name = kind.value if isinstance(kind, types.PositionEncodingKind) else kind
    return next((encoding for encoding in get_args(Encoding) if encoding == name), "utf-16")


def _cursor(params: types.CompletionParams | types.InlineCompletionParams) -> Cursor:
    return Cursor(params.text_document.uri, params.position.line, params.position.character)


def _range(given: types.Range) -> Range:
    return Range(given.start.line, given.start.character, given.end.line, given.end.character)


def _replaced(found: Completion, position: types.Position) -> types.Range:
    return types.Range(start=types.Position(position.line, found.first_units), end=position)


def _item(found: Completion, rank: int, position: types.Position) -> types.CompletionItem:
    """A completion of a list; an editor that narrows it by what was typed, and sorts it, leaves ours as it is."""
    return types.CompletionItem(
        label=found.text.strip() or found.text,
        kind=types.CompletionItemKind.Text,
        detail=_detail(found),
        sort_text=str(rank),
        filter_text=found.typed or None,
        insert_text_format=types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(range=_replaced(found, position), new_text=found.text),
    )


def _inline_item(found: Completion, position: types.Position) -> types.InlineCompletionItem:
    """Text at the cursor. What was typed otherwise, as `la` for `Las`, is no reason for an editor to hide it."""
    as_typed = found.typed + found.text[len(found.typed) :]
    return types.InlineCompletionItem(
        insert_text=found.text,
        filter_text=None if found.text == as_typed else as_typed,
        range=_replaced(found, position),
    )


def _detail(found: Completion) -> str:
    """How likely it is, and which expert says so most."""
    name, _ = max(found.suggestion.experts.items(), key=lambda each: each[1], default=("", 0.0))
    return f"{100 * found.suggestion.probability:.0f} % {name}".rstrip()
