"""Prose is completed, code is not, and a person's routes say otherwise."""

from pathlib import Path

import pytest

from autocomplete.config import Route
from autocomplete.engine.lsp.routes import model_at

ROUTES = (
    Route(type=("python", "Rust"), folder="/srv/notes/code", model="code"),
    Route(type=("gitcommit",), model="commits"),
    Route(folder="/srv/notes", model="notes"),
    Route(folder="/srv", model="work"),
)


@pytest.mark.parametrize(
    ("file_type", "uri", "model"),
    [
        ("markdown", "file:///home/x.md", "default"),
        ("Markdown", "file:///home/x.md", "default"),
        ("text-mode", "untitled:Untitled-1", "default"),
        ("python", "file:///home/x.py", None),
        ("", "file:///home/x", None),
        ("markdown", "file:///srv/notes/a%20b/x.md", "notes"),
        ("markdown", "file:///srv/notebook/x.md", "work"),
        ("markdown", "untitled:/srv/notes/x.md", "default"),
        ("gitcommit", "file:///srv/notes/.git/COMMIT_EDITMSG", "commits"),
        ("rust", "file:///srv/notes/code/x.rs", "code"),
        ("rust", "file:///srv/notes/x.rs", None),
        ("markdown", "file:///srv/notes/../x.md", "work"),
        ("markdown", "file://[broken", "default"),
        ("markdown", "file:///srv/notes/%00x.md", "default"),
    ],
)
def test_the_first_route_that_leads_to_a_document_counts(file_type: str, uri: str, model: str | None) -> None:
    assert model_at(ROUTES, file_type=file_type, uri=uri, model="default") == model


def test_a_folder_is_the_same_by_a_link_and_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.setenv("HOME", str(tmp_path))
    uri = (tmp_path / "link" / "x.txt").as_uri()
    assert model_at([Route(folder="~/real", model="m")], file_type="text", uri=uri, model="default") == "m"
