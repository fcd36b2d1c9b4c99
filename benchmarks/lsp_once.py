"""A language server that answers every question with the same list, until its editor leaves.

    python benchmarks/lsp_once.py

Called by `benchmarks.lsp`, for which it is the least that a question and its answer can take by the same library.
"""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "1")
_ITEMS = [types.CompletionItem(label=word, detail="50 % network") for word in ("one", "two", "three")]


@server.feature(types.TEXT_DOCUMENT_COMPLETION)
async def completion(_: types.CompletionParams) -> types.CompletionList:
    """Answer the same to all."""
    return types.CompletionList(is_incomplete=True, items=_ITEMS)


if __name__ == "__main__":
    server.start_io()
