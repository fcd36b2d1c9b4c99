"""Which model is asked in a document: by its type, and by where it lies."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from autocomplete.config import Route

# Types of files in which people write, as editors call them; in others, what completes code is left alone.
PROSE = frozenset(
    {
        *("text", "plaintext", "plain", "txt", "fundamental", "normal"),
        *("markdown", "gfm", "pandoc", "quarto", "rmd", "mdx", "vimwiki"),
        *("mail", "message", "email", "mutt", "notmuch-message", "mu4e-compose"),
        *(
            "gitcommit",
            "git-commit",
            "git-commit-elisp-text",
            "jj-commit",
            "jjdescription",
            "hgcommit",
            "svn",
            "scminput",
        ),
        *("rst", "restructuredtext", "asciidoc", "adoc", "asciidoctor", "org", "textile", "mediawiki", "typst"),
        *("tex", "latex", "plaintex", "context"),
        *("fountain", "screenplay"),
    }
)


def model_at(routes: Sequence[Route], *, file_type: str, uri: str, model: str) -> str | None:
    """Return the model for a document: that of the first route that leads there.

    Args:
        routes: In the order in which they count.
        file_type: The document's, as the editor calls it; upper and lower case are the same.
        uri: Where it lies.
        model: For prose to which no route leads.

    Returns:
        Its name or path; None where nothing is to be suggested.
    """
    known = file_type.lower().removesuffix("-mode")
    for route in routes:
        types = {each.lower() for each in route.type} or PROSE
        if known in types and (not route.folder or _lies_in(route.folder, uri)):
            return route.model
    return model if known in PROSE else None


def _lies_in(folder: str, uri: str) -> bool:
    path = file_path(uri)
    if path is None:
        return False
    real = Path(os.path.realpath(Path(folder).expanduser()))
    return Path(os.path.realpath(path)).is_relative_to(real)


def file_path(uri: str) -> str | None:
    """Return the path of a document that lies in a file; None for any other, such as one that was never saved."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = unquote(parts.path)
    return path if parts.scheme == "file" and path and "\0" not in path else None
