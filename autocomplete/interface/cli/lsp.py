"""`autocomplete lsp`: completions in editors, by the Language Server Protocol."""

from typing import Annotated

import typer

from autocomplete.errors import MissingPackageError
from autocomplete.interface.cli import options
from autocomplete.interface.configuration import config_path, engine_settings, routes
from autocomplete.places import DEFAULT_MODEL


def lsp(
    model: options.Model = DEFAULT_MODEL,
    learn: Annotated[bool, typer.Option("--learn", help="Learn from each line that you finish in an editor.")] = False,
) -> None:
    """Complete what you write in an editor, which starts this and speaks the Language Server Protocol with it."""
    path = config_path()
    given, engine = routes(path), engine_settings(path)
    from autocomplete.engine.lsp.editor import EditorSettings

    try:
        from autocomplete.engine.lsp.server import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise MissingPackageError(
            "Editors are answered by pygls, which is not installed.", 'pip install "autocomplete-lm[lsp]"'
        ) from error
    serve(EditorSettings(model=model, routes=given, learn=learn, engine=engine))
