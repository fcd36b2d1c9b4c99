"""The tables `[[route]]` of the configuration file."""

from pathlib import Path

import pytest

from autocomplete.config import Route
from autocomplete.errors import UsageError
from autocomplete.interface.configuration import config_path, engine_settings, routes, set_values


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    return config_path()


def test_routes_are_read_in_their_order(config: Path) -> None:
    assert routes(config) == ()
    config.write_text(
        '[[route]]\ntype = "markdown"\nfolder = "~/notes"\nmodel = "notes"\n'
        '[engine]\nidle_minutes = 3\n[[route]]\ntype = ["mail", "text"]\nmodel = "./mail"\n'
    )
    assert routes(config) == (
        Route(type=("markdown",), folder="~/notes", model="notes"),
        Route(type=("mail", "text"), model="./mail"),
    )
    assert engine_settings(config).idle_minutes == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[route]\nmodel = "x"\n', r"config.toml: 'route' is no list of tables"),
        ('route = "x"\n', "no list of tables"),
        ("route = [1]\n", "no list of tables"),
        ('[[route]]\ntype = "mail"\n', "config.toml: A route names no model"),
        ('[[route]]\nmodel = "x"\n', "leads from nowhere"),
        ('[[route]]\nmodel = "x"\nfiletype = "mail"\n', "setting 'filetype' is none of"),
        ('[[route]]\nmodel = "x"\ntype = 5\n', "type 5 is no list of values"),
        ('[[route]]\nmodel = "x"\ntype = [5]\n', "no list of values"),
        ('[[route]]\nmodel = 5\ntype = "mail"\n', "model 5 is no text"),
    ],
)
def test_a_route_that_makes_no_sense_is_named(config: Path, text: str, says: str) -> None:
    config.write_text(text)
    with pytest.raises(UsageError, match=says):
        routes(config)


def test_settings_are_written_beside_routes(config: Path) -> None:
    config.write_text('[[route]]\ntype = "mail"\nmodel = "mail"\n')
    set_values(config, "repl", {"vi": True})
    assert routes(config) == (Route(type=("mail",), model="mail"),)
