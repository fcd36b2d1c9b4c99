"""How files were read, as a user is told, and whose words to learn, as a user is asked."""

import io
import json
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from autocomplete import bundle
from autocomplete.corpus.accounts import Account
from autocomplete.errors import UsageError
from autocomplete.interface.cli.app import run
from autocomplete.interface.progress import account_lines
from tests.corpus.formats import file_of, small_formats
from tests.interface.runs import unfolded

__all__ = ["small_formats"]
pytestmark = pytest.mark.usefixtures("small_formats")

Captured = pytest.CaptureFixture[str]
HISTORY = "history\n" + "git status\ngit status\nls -l\n" * 30
CHAT = "chat\n" + "Anna Example: we meet at the market tomorrow\nBen Sample: the weather is good\n" * 40
TWO = "Ben Sample: one more of mine\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(*arguments: str | Path, captured: Captured, status: int = 0) -> str:
    assert run(["train", *map(str, arguments)]) == status
    return captured.readouterr().err


def test_each_format_is_told_in_a_line(tmp_path: Path, capsys: Captured) -> None:
    for name, text in (("a.txt", HISTORY), ("b.txt", HISTORY + "make\n"), ("c.txt", "plain words\n"), ("d.py", "x")):
        file_of(tmp_path / "f" / name, text)
    err = told(tmp_path / "f", "--dry-run", captured=capsys)
    assert "read as small history: 2 files, 121 commands, 60 repeats in a row left out\n" in err
    assert "1 .py left out: --pattern '*.py' --pattern '*.txt'\n" in err
    assert "121 commands were cut as prose is: train commands by themselves\n" in err
    err = told(tmp_path / "f" / "a.txt", "--dry-run", captured=capsys)
    assert "cut as prose" not in err
    assert "read as small history: 60 commands, 30 repeats in a row left out\n" in err


def test_the_account_is_in_the_document_and_what_names_people_is_not_in_the_model(
    tmp_path: Path, capsys: Captured
) -> None:
    chat = file_of(tmp_path / "f" / "chat.txt", CHAT)
    file_of(tmp_path / "f" / "code.py", "x")
    assert run(["train", str(tmp_path / "f"), "--dry-run", "--json", "--sender", "anna"]) == 0
    account = json.loads(capsys.readouterr().out)["corpus"]["account"]
    assert account["words"] == {
        "names": ["Anna Example"],
        "taken": 40,
        "messages": 80,
        "unclear": False,
        "authors": [],
        "everyones": [],
    }
    assert account["left_out"] == {".py": 1}
    told(chat, "--sender", "anna", "--no-network", "--model", tmp_path / "m", captured=capsys)
    manifest = (tmp_path / "m" / bundle.MANIFEST).read_text()
    assert "Anna" not in manifest
    assert bundle.read_manifest(tmp_path / "m").card["corpus"]["account"]["formats"][0]["passages"]["number"] == 80


def test_unclear_words_are_everyones_and_that_is_told(tmp_path: Path, capsys: Captured) -> None:
    err = told(file_of(tmp_path / "chat", CHAT + TWO), "--dry-run", captured=capsys)
    assert (
        "everyone's words (81 of 81 messages), as it is unclear who you are: '--sender NAME' takes one person's"
        " (Ben Sample 41, Anna Example 40)"
    ) in unfolded(err)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1\n", "the words of Ben Sample (41 of 81 messages)"),
        ("2\n", "the words of Anna Example (40 of 81 messages)"),
        ("0\n", "everyone's words (81 of 81 messages)"),
        ("x\n7\n\n2\n", "the words of Anna Example (40 of 81 messages)"),
    ],
)
def test_at_a_terminal_it_is_asked_once_whose_words_to_learn(
    typed: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", out)
    assert run(["train", str(file_of(tmp_path / "chat", CHAT + TWO)), "--dry-run"]) == 0
    text = out.getvalue()
    assert text.count("Whose words shall be learned?") == 1
    assert "  0  everyone's\n  1  Ben Sample (41 messages)\n  2  Anna Example (40 messages)\n" in text
    assert f"{said}\n" in text


def test_at_a_terminal_each_kind_that_is_unclear_is_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = file_of(tmp_path / "chat", CHAT)
    mails = {
        f"cur/{number}": f"mail\nanna{number % 2}@example.org\nwe meet again on day {number}" for number in range(40)
    }
    for name, text in {**mails, "cur/x": "mail\nben@example.org\nno", "new/y": "mail\nben@example.org\nyes"}.items():
        file_of(tmp_path / "mail" / name, text)
    for typed, said in (
        ("1 2\n2\n", "the words of Ben Sample and anna0@example.org and anna1@example.org (80 of 122 messages)"),
        ("0\n2, 2\n", "the words of Ben Sample, and everyone's in mail (82 of 122 messages)"),
    ):
        out = Terminal()
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        monkeypatch.setattr(sys, "stderr", out)
        assert run(["train", str(tmp_path / "mail"), str(chat), "--dry-run"]) == 0
        text = unfolded(out.getvalue())
        assert text.count("Whose words in the mail shall be learned?") == 1
        assert text.count("Whose words in the small chat shall be learned?") == 1
        assert "1 anna0@example.org (20 messages)" in " ".join(text.split())
        assert said in text


def test_several_names_are_given_by_repeating_the_option(tmp_path: Path, capsys: Captured) -> None:
    chat = file_of(tmp_path / "chat", CHAT + TWO)
    err = told(chat, "--dry-run", "--sender", "anna", "--sender", "ben", captured=capsys)
    assert "the words of Ben Sample and Anna Example (81 of 81 messages)" in unfolded(err)


def test_nobody_is_asked_where_it_is_clear_or_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    monkeypatch.setattr(sys, "stderr", out)
    chat = str(file_of(tmp_path / "chat", CHAT))
    for options in (["--sender", "Ben"], ["--everyone"]):
        assert run(["train", chat, "--dry-run", *options]) == 0
    assert run(["train", str(file_of(tmp_path / "a.txt", "plain words\n" * 200)), "--dry-run"]) == 0
    assert "Whose words" not in out.getvalue()


def test_no_answer_ends_the_command_as_an_interrupt_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = Terminal("")
    monkeypatch.setattr(interrupted, "readline", Mock(side_effect=KeyboardInterrupt))
    model = tmp_path / "m"
    for stdin in (Terminal(""), interrupted):
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", Terminal())
        chat = str(file_of(tmp_path / "chat", CHAT))
        assert run(["train", chat, "--no-network", "--model", str(model)]) == 130
        assert not model.exists()


def test_the_answer_makes_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("2\n"))
    monkeypatch.setattr(sys, "stderr", Terminal())
    model = tmp_path / "m"
    chat = str(file_of(tmp_path / "chat", CHAT + TWO))
    assert run(["train", chat, "--no-network", "--model", str(model)]) == 0
    assert "weather" not in bundle.read_vocabulary(model, bundle.read_manifest(model)).tokens


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--as", "zhs"], "Did you mean 'zsh'?"),
        (["--as", "klingon"], "none of plain, "),
        (["--sender", "Anna", "--everyone"], "Drop one of the two."),
        (["--sender", "Bne Sample"], "Did you mean 'Ben Sample'?"),
        (["--sender", " "], "no name"),
        (["--sender", "Anna", "--sender", ""], "no name"),
        (["--everyone-of", "mial"], "Did you mean 'mail'?"),
        (["--everyone-of", "irc,post"], "'post' is none of mail, whatsapp"),
        (["--set", "standing=sender"], "is no setting"),
    ],
)
def test_bad_values_are_wrong_usage(options: list[str], said: str, tmp_path: Path, capsys: Captured) -> None:
    chat = file_of(tmp_path / "chat", CHAT)
    assert said in told(chat, "--dry-run", *options, captured=capsys, status=2)


def test_a_file_of_two_formats_leads_to_the_option(tmp_path: Path, capsys: Captured) -> None:
    path = file_of(tmp_path / "chat", "chat\nboth: words\n" * 200)
    err = told(path, "--dry-run", captured=capsys, status=4)
    assert "may be small chat (irc) or other chat (whatsapp).\nSay which it is with '--as'" in err
    assert "read as other chat" in told(path, "--dry-run", "--as", "whatsapp", captured=capsys)
    assert "read as" not in told(path, "--dry-run", "--as", "plain", captured=capsys)


def test_the_configuration_file_says_how_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    config = tmp_path / "config.toml"
    chat = file_of(tmp_path / "chat", CHAT)
    config.write_text('[train]\nsender = "ben"\nformat = "irc"\n')
    assert "the words of Ben Sample (40" in told(chat, "--dry-run", captured=capsys)
    assert "everyone's words (80" in told(chat, "--dry-run", "--everyone", captured=capsys)
    config.write_text('[train]\nsender = ["Anna Example", "Example, Anna", "anna@example.org"]\n')
    assert "the words of Anna Example (40" in (err := told(chat, "--dry-run", captured=capsys))
    assert "wrote nothing" not in err
    plain = file_of(tmp_path / "a.txt", "plain words\n" * 200)
    assert "made no difference" not in told(plain, "--dry-run", captured=capsys)
    assert "made no difference" in unfolded(told(plain, "--dry-run", "--sender", "anna", captured=capsys))
    config.write_text('[train]\nsender = "Example, Anna"\n')
    assert "None of these messages are of 'Example, Anna'." in unfolded(
        told(chat, "--dry-run", captured=capsys, status=4)
    )
    config.write_text("[train]\neveryone = true\n")
    assert "the words of Anna Example (40" in told(chat, "--dry-run", "--sender", "anna", captured=capsys)


def test_an_evaluation_reads_as_training_does(tmp_path: Path, capsys: Captured) -> None:
    history = file_of(tmp_path / "h.txt", HISTORY + "docker compose up\n" * 2)
    model = ["--model", str(tmp_path / "m")]
    assert run(["train", str(history), "--as", "plain", "--no-network", *model]) == 0
    capsys.readouterr()
    few = ["--json", "--words", "0", *model]
    other = str(file_of(tmp_path / "other.txt", "history\nls -l\nls -l\n\ngit status\n"))
    tokens = {}
    for options in ([], ["--as", "plain"]):
        assert run(["eval", other, *few, *options]) == 0
        out, err = capsys.readouterr()
        tokens[len(options)] = json.loads(out)["tokens"]
        assert ("read as small history: 2 commands, 1 repeat in a row left out\n" in err) == (not options)
    assert tokens[2] > tokens[0]
    assert run(["eval", "--as", "plain", *model]) == 2


def test_the_help_lists_the_formats(capsys: Captured) -> None:
    assert run(["train", "--help"]) == 0
    assert "plain" in capsys.readouterr().out
    assert run(["train", "--help-all"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name}  (" in shown for name in ("format", "field", "sender", "everyone", "unclear_sender"))


def test_an_account_without_anything_to_tell_is_silent() -> None:
    silent: Account = {
        "formats": [],
        "left_out": {},
        "refused": 0,
        "unread": {"files": 0, "refusals": []},
        "words": None,
        "repeats": {"documents": 0, "paragraphs": 0},
        "remarks": [],
    }
    assert account_lines(silent) == []
    told = account_lines({**silent, "repeats": {"documents": 1, "paragraphs": 12}})
    assert told == ["1 document and 12 paragraphs seen before left out"]


def test_training_from_python_takes_the_same_by_name(tmp_path: Path) -> None:
    from autocomplete import train

    chat = file_of(tmp_path / "chat", CHAT)
    folder = train(chat, model=tmp_path / "m", ngrams_only=True, sender="Anna", format="irc")
    assert "weather" not in bundle.read_vocabulary(folder, bundle.read_manifest(folder)).tokens
    with pytest.raises(UsageError, match="Did you mean 'zsh'"):
        train(chat, model=tmp_path / "n", ngrams_only=True, format="zhs")
