"""Nothing that a model, a corpus or a file name holds reaches a terminal as more than text."""

import ast
import io
import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete import interface
from autocomplete.bundle import read_manifest, read_vocabulary
from autocomplete.interface.cli.app import run
from autocomplete.interface.progress import make_train_view
from autocomplete.interface.repl.screen import printable
from autocomplete.interface.terminal import COLUMNS, escaped, fitted, folded, json_text
from autocomplete.learned.file import PersonalFile
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.suggester import Suggester
from autocomplete.text.unicode import holds_control

HOSTILE = "\x1b]0;owned\x07 [bold]x[/bold] [link=file:///]y[/link] :smile: \x9b31m\u202e\r"
SHAPING = ["می\u200cخواهم", "क\u094d\u200dष", "👩\u200d👩\u200d👧", "❤\ufe0f", "🏴\U000e0067\U000e007f"]


def assert_calm(*printed: str) -> None:
    """Lines of text, in which nothing acts on a terminal."""
    assert not any(holds_control(line) for text in printed for line in text.split("\n"))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("tea", "tea   "),
        ("teatime", "teati…"),
        ("teapot", "teapot"),
        ("", "      "),
        ("茶の湯", "茶の湯"),
        ("茶の湯会", "茶の… "),
        ("cafe\u0301s", "cafe\u0301s "),
        ("\x1b[1m", "\\x1b[…"),
        ("می\u200cخو", "می\u200cخو  "),
    ],
    ids=ascii,
)
def test_a_cell_has_as_many_columns_as_are_wanted(text: str, cell: str) -> None:
    assert fitted(text, 6) == cell


@given(text=st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=30).map(" ".join))
def test_folded_text_fits_80_columns_and_breaks_no_word(text: str) -> None:
    lines = folded(text)
    assert_calm(*lines)
    assert "".join(lines).replace(" ", "") == escaped(text).replace(" ", "")
    assert all(len(line) <= COLUMNS or " " not in line.strip(" ") for line in lines)
    assert {word for line in lines for word in line.split(" ")} <= {"", *escaped(text).split(" ")}


def test_folded_lines_are_indented_and_what_fits_is_left_alone() -> None:
    assert folded("  a  b  ") == ["  a  b  "]
    assert folded("") == [""]
    assert folded("  " + "word " * 17) == ["  " + "word " * 14 + "word", "    word word"]
    path = "/a-folder/" * 12
    assert folded(f"it is {path} that was read") == ["it is", f"  {path}", "  that was read"]


@given(text=st.text() | st.text(st.characters(categories=["Cc", "Cs"])))
def test_escaped_text_is_one_line_without_control_characters(text: str) -> None:
    shown = escaped(text)
    assert_calm(shown)
    assert "\n" not in shown
    assert shown == text or holds_control(text) or any("\ud800" <= character <= "\udfff" for character in text)
    shown.encode()


@given(text=st.text() | st.text(st.characters(categories=["Cc", "Cs"])), indent=st.sampled_from([None, 1]))
def test_json_is_valid_utf_8_without_control_characters_and_comes_back(text: str, indent: int | None) -> None:
    found = json_text({"text": [text]}, indent=indent)
    found.encode()
    assert_calm(found)
    again = json.loads(found)["text"][0]
    # A pair of half characters, as separate escapes, is one character to any reader of JSON.
    assert again.encode("utf-16-le", "surrogatepass") == text.encode("utf-16-le", "surrogatepass")


@pytest.mark.parametrize("text", SHAPING, ids=ascii)
def test_what_shapes_letters_and_emoji_is_shown_as_it_is(text: str) -> None:
    assert escaped(text) == printable(text) == text
    assert printable(f"{text}\x1b\u202e\n") == f"{text}···"


def test_all_that_is_printed_goes_one_way() -> None:
    """`print` and `json.dumps` stand in one module; what `init` prints comes before any other is loaded."""
    folder = Path(interface.__path__[0])
    ways = ("print", "json.dumps", "typer.echo", "sys.stdout.write")
    direct = [
        f"{path.relative_to(folder)}:{node.lineno}"
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ways
        if path.name not in ("terminal.py", "voice.py") and path.parent.name != "shells"
    ]
    assert direct == []


def test_markup_is_shown_as_it_stands() -> None:
    stream = io.StringIO()
    with make_train_view(stream) as view:
        view.line(HOSTILE)
    assert_calm(stream.getvalue())
    assert "[bold]x[/bold] [link=file:///]y[/link] :smile:" in stream.getvalue()


@pytest.fixture(scope="module")
def hostile_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of a corpus with escape sequences and markup, under a name with some, that has learned such lines."""
    folder = tmp_path_factory.mktemp("hostile")
    corpus = folder / "co\x1b[31mrpus.txt"
    corpus.write_text(f"visit www.x.com/{HOSTILE} now\nbest food [bold] here\n" * 60, encoding="utf-8")
    model = folder / "mo\x1b]0;x\x07del"
    assert run(["train", str(corpus), "--no-network", "--model", str(model)]) == 0
    suggester = Suggester.open(model)
    for _ in range(3):
        suggester.learn(f"my zanzibolt{HOSTILE} word")
    return str(model)


@pytest.mark.parametrize(
    "arguments",
    [
        ["info"], ["info", "--json"], ["learned"], ["learned", "--json"], ["learned", "--export", "-"], ["eval"],
        ["suggest", "-k", "20", "visit "], ["suggest", "--json", "visit \x1b[0m"], ["suggest", "--explain", "bes"],
        ["suggest", "--format", "jsonl", "x\x9by \udcff"], ["forget", "\x1b[31m"], ["forget", "a\x1bb"], ["stats"],
        ["compare"], ["suggest", "--context", "miss\x1b[31ming", "x"],
        ["explain", f"visit www.x.com/{HOSTILE}"], ["explain", "--json", f"visit {HOSTILE} \udcff"],
    ],
    ids=ascii,
)  # fmt: skip
def test_no_command_prints_what_would_act_on_a_terminal(
    hostile_model: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    named = [hostile_model] if arguments[0] == "compare" else ["--model", hostile_model]
    run([arguments[0], *named, *arguments[1:]])
    assert_calm(*capsys.readouterr())


def test_training_prints_names_and_samples_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "co\x1b[31mrpus.txt"
    for text in (f"visit{HOSTILE}now\n" * 40, "a\0" * 500, ""):
        corpus.write_text(text, encoding="utf-8")
        run(["train", str(corpus), "--no-network", "--model", str(tmp_path / "m\x1b")])
        assert_calm(*capsys.readouterr())
    assert run(["train", "miss\x1bing", "--model", "m"]) == 2
    assert "miss\\x1bing" in capsys.readouterr().err


def test_no_token_of_such_a_corpus_nor_any_suggestion_holds_a_control_character(hostile_model: str) -> None:
    folder = Path(hostile_model)
    vocabulary = read_vocabulary(folder, read_manifest(folder))
    assert not any(map(holds_control, [*vocabulary.tokens, *vocabulary.rare]))
    suggester = Suggester.open(hostile_model)
    assert suggester.personal is not None
    assert not any(map(holds_control, suggester.personal.words()))
    for typed in ("visit ", "my ", "my zan", "www", "best food "):
        assert not any(holds_control(item.insert) for item in suggester.suggest(typed, k=20))


def test_words_of_a_foreign_personal_database_that_hold_one_are_left_out(hostile_model: str, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    shutil.copytree(hostile_model, folder)
    store = PersonalStore.open(folder)
    store.close()
    with PersonalFile(store.path).writing() as connection:
        connection.execute("UPDATE words SET text = 'zanzi' || char(27) || 'bolt' WHERE text = 'zanzibolt'")
    assert any("zanzi" in phrase.words[-1] for phrase in store.phrases())
    assert not any("zanzi" in word for word in store.words())
    assert not any(holds_control(item.text) for item in Suggester.open(folder).suggest("my ", k=20))


def test_a_path_is_exact_where_a_program_reads_it(hostile_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "path", hostile_model]) == 0
    printed = capsys.readouterr().out.removesuffix("\n")
    assert os.path.samefile(printed, hostile_model)  # noqa: PTH121 - the text as it was printed
