"""`suggest` for programs: formats, batches, phrases, context, blocked words, draws, and the library beneath."""

import io
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from autocomplete.engine.protocol import Document
from autocomplete.interface.cli.app import run
from autocomplete.predict.ranking import Sampling
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Suggestion

TYPED = "best food in Las"
ODD_LINES = ["best food in Las", "", "👩‍👩‍👧 ", "un caf", "\ttab", "  ", "שלום", "\u2028", "best food in Las"]


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["suggest", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found = json.loads(asked(capsys, "--json", *arguments))
    assert isinstance(found, dict)
    return found


def test_what_programs_get_is_the_engines_document(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "--model", trained_model, TYPED)
    assert Document.from_json(found).to_json() == found


def without_time(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ms"}


@pytest.mark.parametrize("words", ["1", "4"])
@pytest.mark.parametrize("typed", [TYPED, "", "un caf", "weather in Paris today"])
def test_every_format_says_the_same(
    trained_model: str, typed: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ["--model", trained_model, "--words", words, typed]
    items = Suggester.open(trained_model).suggest(typed, words=int(words))
    wanted = [(item.text, item.kind, item.replace, item.insert) for item in items]
    assert asked(capsys, *question).splitlines() == [item.text for item in items]
    for flags in (["--json"], ["--format", "json"]):
        found = json.loads(asked(capsys, *flags, *question))["suggestions"]
        assert [(item["text"], item["kind"], item["replace"], item["insert"]) for item in found] == wanted
        assert [(item["result"], item["probability"]) for item in found] == [
            (item.result, item.probability) for item in items
        ]
    lines = [json.loads(line) for line in asked(capsys, "--format", "jsonl", *question).splitlines()]
    assert lines == found
    rows = [line.split("\t") for line in asked(capsys, "--format", "tsv", *question).splitlines()]
    assert [(text, kind, int(replace), insert) for text, _, kind, replace, insert in rows] == wanted
    for (_, probability, _, replace, insert), item in zip(rows, items, strict=True):
        assert float(probability) == pytest.approx(item.probability, rel=1e-5)
        assert typed[: len(typed) - int(replace)] + insert == item.result


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_batch_answers_each_line_as_a_single_call_does(
    trained_model: str, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--batch", "--model", trained_model, "--words", "3"]
    given = ("\n".join(ODD_LINES) + ending).encode()
    done = subprocess.run(command, input=given, capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.decode().removesuffix("\n").split("\n")]
    assert [answer["input"] for answer in answers] == ODD_LINES
    for line, answer in zip(ODD_LINES, answers, strict=True):
        alone = document(capsys, "--model", trained_model, "--words", "3", line)
        assert without_time(answer) == without_time(alone)
    assert done.stderr == b""


@pytest.mark.parametrize("flags", [["--batch"], ["--json"]], ids=str)
def test_a_line_end_of_windows_is_no_part_of_the_input(
    trained_model: str, flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for end in ("\n", "\r\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(TYPED + end))
        answers.append(without_time(json.loads(asked(capsys, "--model", trained_model, *flags))))
    assert answers[0] == answers[1]
    assert answers[0]["input"] == TYPED


def test_a_batch_answers_before_the_next_line_is_written(trained_model: str) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--batch", "--model", trained_model]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=buffered) as process:
        deadline = threading.Timer(60, process.kill)
        deadline.start()
        assert process.stdin is not None
        assert process.stdout is not None
        for line in ["best food in Las", "", "un caf"]:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["input"] == line
        process.stdin.close()
        assert process.stdout.read() == ""
        deadline.cancel()
    assert process.returncode == 0


def test_a_batch_of_nothing_answers_nothing(trained_model: str) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--batch", "--model", trained_model]
    assert subprocess.run(command, input=b"", capture_output=True, check=True).stdout == b""
    closed = subprocess.run(["bash", "-c", '"$@" <&-', "bash", *command], capture_output=True, check=True)
    assert (closed.stdout, closed.stderr) == (b"", b"")


@pytest.mark.parametrize(
    "line", [b"caf\xe9 in Las", b"\xed\xa0\x80 best", b"\x9b31m\x1b]0;x\x07 best", b"\x00\xc2\x9b\x7f"]
)
def test_whatever_bytes_come_in_a_batch_answers_in_json(trained_model: str, line: bytes) -> None:
    command = [sys.executable, "-m", "autocomplete", "suggest", "--batch", "--model", trained_model]
    done = subprocess.run(command, input=line + b"\nbest food\n", capture_output=True, check=True)
    text = done.stdout.decode()  # UTF-8
    assert all(character == "\n" or character.isprintable() for character in text)
    first, second = map(json.loads, text.splitlines())
    assert first["input"].encode("utf-8", "surrogateescape") == line
    assert second["input"] == "best food"
    for item in first["suggestions"]:
        assert first["input"][: len(first["input"]) - item["replace"]] + item["insert"] == item["result"]


def test_a_line_that_fails_is_answered_by_its_error_and_the_stream_goes_on(
    trained_model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suggest = Suggester.suggest

    def failing(self: Suggester, text: str, **options: Any) -> list[Suggestion]:
        if text == "bad":
            raise IndexError("list index out of range")
        return suggest(self, text, **options)

    monkeypatch.setattr(Suggester, "suggest", failing)
    monkeypatch.setattr(sys, "stdin", io.StringIO("best\nbad\nfood\n"))
    answers = list(map(json.loads, asked(capsys, "--batch", "--model", trained_model).splitlines()))
    assert [answer["input"] for answer in answers] == ["best", "bad", "food"]
    assert ["error" in answer for answer in answers] == [False, True, False]
    assert answers[1]["error"] == "IndexError: list index out of range"
    assert "suggestions" not in answers[1]


def test_context_is_read_from_a_file(trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "before.txt"
    file.write_bytes(b"best food in Zwolle please\nhow to boil an egg \xe9\n")
    answer = document(capsys, "--model", trained_model, "--context", str(file), "best food in Zw")
    assert answer["input"] == "best food in Zw"
    assert answer["suggestions"][0]["text"] == "Zwolle"
    assert answer["suggestions"][0]["result"] == "best food in Zwolle"


@pytest.mark.parametrize("fixture", ["trained_model", "trained_char_model"])
def test_words_are_blocked_one_option_each(
    fixture: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    model = request.getfixturevalue(fixture)
    capsys.readouterr()  # training may just have spoken
    free = asked(capsys, "--model", model, "-k", "20", TYPED).splitlines()
    bound = asked(capsys, "--model", model, "-k", "20", "--block", "vegas", "--block", "NOW", TYPED).splitlines()
    assert {"Vegas", "now"} <= set(free)
    assert not {"vegas", "now"} & {word.casefold() for word in bound}


def test_draws_are_the_librarys(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    suggester = Suggester.open(trained_model)
    options = ["--model", trained_model, "--sample", "--temperature", "2.5", "-k", "2"]
    drawn = set()
    for seed in range(6):
        out = asked(capsys, *options, "--seed", str(seed), "weather ").splitlines()
        sampling = Sampling(temperature=2.5, seed=seed)
        assert out == [item.text for item in suggester.suggest("weather ", k=2, sampling=sampling)]
        drawn.add(tuple(out))
    assert len(drawn) > 1


def test_auto_is_as_many_words_as_are_confident(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    longest = Suggester.open(trained_model).suggest("flights ", k=1, words=10)[0].text
    assert asked(capsys, "--model", trained_model, "-k", "1", "--words", "auto", "flights ") == longest + "\n"
    assert longest.startswith("from New York to Boston")


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--words", "0", "x"], 2, "'--words 0' is no number of words"),
        (["--words", "101", "x"], 2, "from 1 to 100"),
        (["--words", "-1", "x"], 2, "'--words -1'"),
        (["--words", "1.5", "x"], 2, "'--words 1.5'"),
        (["--words", "", "x"], 2, "'--words '"),
        (["--words", "Auto", "x"], 2, "or 'auto'"),
        (["--words", "²", "x"], 2, "'--words ²'"),
        (["--words", "9" * 5000, "x"], 2, "no number of words"),
        (["--context", "missing.txt", "x"], 2, "missing.txt: no such file"),
        (["--context", ".", "x"], 2, ".: a folder."),
        (["--batch", "x"], 2, "completes the lines of standard input"),
        (["--format", "jsno", "x"], 2, "Did you mean 'json"),
        (["--json", "--format", "tsv", "x"], 2, "two formats"),
        (["--block", "Las Vegas", "x"], 2, "is not one word"),
        (["--batch", "--format", "jsonl"], 2, "two formats"),
        (["--temperature", "2", "x"], 2, "Give '--sample' too"),
        (["--seed", "3", "x"], 2, "Give '--sample' too"),
        (["--sample", "--temperature", "0", "x"], 2, "--temperature"),
        (["--sample", "--temperature", "nan", "x"], 2, "temperature"),
        (["--sample", "--seed", "-1", "x"], 2, "--seed"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    trained_model: str,
    options: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["suggest", "--model", trained_model, *options]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_blocked_words_that_cannot_be_read_end_it(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained_model, tmp_path / "m")
    (tmp_path / "m" / "blocked.txt").write_bytes(b"caf\xe9\n")
    assert run(["suggest", "--model", str(tmp_path / "m"), "x"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "blocked.txt: cannot be read" in err


def python(code: str, *arguments: str) -> str:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True).stdout


def test_the_library_is_one_import(trained_model: str) -> None:
    code = (
        "import sys; from autocomplete import Sampling, Suggester, Suggestion;"
        "found = Suggester.open(sys.argv[1]).suggest('best food in Las', k=1, sampling=Sampling(0.01));"
        "assert isinstance(found[0], Suggestion); print(found[0].result)"
    )
    assert python(code, trained_model) == "best food in Las Vegas\n"


def test_the_package_alone_loads_nothing() -> None:
    code = "import sys, autocomplete; {}print('numpy' in sys.modules, hasattr(autocomplete, 'absent'))"
    assert python(code.format("")) == "False False\n"
    assert python(code.format("autocomplete.Suggester; ")) == "True False\n"
