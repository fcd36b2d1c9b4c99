"""The configuration file: what it sets, what the command line wins over, and what is refused."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from autocomplete.errors import UsageError
from autocomplete.interface.configuration import accessible, config_path, set_values
from autocomplete.interface.repl.commands import COMMANDS
from autocomplete.interface.repl.settings import DEFAULT_KEYS, ReplSettings, bound_keys, parse_keys, read_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    settings = read_settings(tmp_path / "config.toml", k=None, words=3)
    assert (settings.k, settings.words, settings.vi, settings.keys) == (5, 3, False, DEFAULT_KEYS)


def test_a_file_sets_and_the_command_line_wins(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[repl]\nk = 3\nvi = true\nlearn = true\nmode = "next"\n[keys]\naccept = "ctrl-t"\n'
        '[style]\nghost = "#707070"\n',
    )
    settings = read_settings(path, k=7, learn=False)
    assert (settings.k, settings.vi, settings.learn, settings.mode) == (7, True, False, "next")
    assert settings.keys["accept"] == ("ctrl-t",)
    assert settings.style == {"ghost": "#707070"}


def test_the_file_stands_in_the_home_of_autocomplete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    assert config_path() == tmp_path / "config.toml"
    monkeypatch.delenv("AUTOCOMPLETE_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert config_path().name == "config.toml"


def test_a_key_of_ones_own_is_taken_from_the_action_that_had_it() -> None:
    keys = bound_keys({"ask": ["CTRL-I", "ctrl-space"], "dismiss": []})  # another name of Tab
    assert keys["ask"] == ("ctrl-i", "ctrl-space")
    assert keys["accept-word"] == ()
    assert keys["dismiss"] == ()
    assert keys.keys() == DEFAULT_KEYS.keys()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[repl\n", "no TOML"),
        ("[replay]\n", "'repl'"),
        ("repl = 3\n", "no table"),
        ("[repl]\nworsd = 3\n", "'words'"),
        ("[repl]\nk = 10\n", "from 1 to 9"),
        ("[repl]\nk = true\n", "from 1 to 9"),
        ('[repl]\nhistory = "yes"\n', "neither true nor false"),
        ('[repl]\nwords = "many"\n', "from 1 to 10"),
        ('[repl]\nvi = "yes"\n', "neither true nor false"),
        ('[repl]\nmode = "completed"\n', "'complete'"),
        ('[keys]\nacept = "tab"\n', "'accept'"),
        ("[keys]\naccept = 3\n", "no list of keys"),
        ('[keys]\nprofile = "digit"\n', "'digits'"),
        ('[keys]\naccept = "f5"\nask = "f5"\n', "bound to 'accept' and 'ask'"),
        ('[keys]\naccept = "ctrl-i"\nask = "tab"\n', "bound to 'accept' and 'ask'"),
        ('[keys]\naccept = "hyper-x"\n', "no key 'hyper-x'"),
        ('[keys]\naccept = "x"\n', "writes itself"),
        ("[style]\nghost = 3\n", "no text"),
        ('[style]\ngost = "bold"\n', "'ghost'"),
        ('[style]\nghost = "#12"\n', "style: "),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, text: str, part: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)
    assert part in str(caught.value)
    assert caught.value.cure


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError):
        read_settings(path)


def test_the_example_of_the_page_is_read_and_names_all_that_can_be_set_and_done(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "prompt.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    settings = read_settings(written(tmp_path, example))
    assert settings.vi
    for names in settings.keys.values():
        for name in names:
            parse_keys(name)
    for action in DEFAULT_KEYS:
        assert f"`{action}`" in page or re.fullmatch(r"take-[2-8]", action)
    for name in {field.name for field in fields(ReplSettings)} - {"keys", "style"}:
        assert re.search(rf"^{name} = ", example, re.MULTILINE), name
    for command in COMMANDS:
        assert re.search(rf"^\| `/{command}[ `]", page, re.MULTILINE), command


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[repl]\nhistory = true\nlearn = true\n"),
        ("[repl]\n", "[repl]\nhistory = true\nlearn = true\n"),
        ("# mine\n[train]\nsize = 'tiny'", "# mine\n[train]\nsize = 'tiny'\n\n[repl]\nhistory = true\nlearn = true\n"),
        (
            "[repl] # here\nk = 3 # few\nlearn = false\n\n[keys]\nask = 'f5'\n",
            "[repl] # here\nhistory = true\nlearn = true\nk = 3 # few\n\n[keys]\nask = 'f5'\n",
        ),
    ],
)
def test_an_answer_is_kept_in_the_file_and_the_rest_stays_as_it_is(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "new" / "config.toml"
    if before:
        path.parent.mkdir()
        path.write_text(before, encoding="utf-8")
    set_values(path, "repl", {"history": True, "learn": True})
    assert path.read_text(encoding="utf-8") == after
    assert read_settings(path).keeps_lines
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("text", ["repl = {k = 3}\n", "repl.k = 3\n"])
def test_a_file_in_which_a_line_more_would_not_do_is_left_alone(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        set_values(path, "repl", {"history": False})
    assert "history = false" in caught.value.cure
    assert path.read_text(encoding="utf-8") == text


def test_lines_are_kept_where_they_are_learned_unless_told_otherwise() -> None:
    kept = {
        (learn, history): ReplSettings(learn=learn, history=history).keeps_lines
        for learn in (False, True)
        for history in (None, False, True)
    }
    assert [key for key, keeps in kept.items() if keeps] == [(False, True), (True, None), (True, True)]


@pytest.mark.parametrize("text", ["[interface]\naccessible = 1\n", "[interface]\nacessible = true\n"])
def test_whether_somebody_listens_is_true_or_false(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    monkeypatch.delenv("ACCESSIBLE", raising=False)
    assert not accessible()
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        accessible()
    assert str(path) in str(caught.value)
