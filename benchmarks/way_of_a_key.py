"""How many files and functions one question enters, and how often the way goes from one file to another.

    python -m benchmarks.way_of_a_key                     a model of made-up text, a few seconds
    python -m benchmarks.way_of_a_key --model MODEL       yours

A reader who follows a key with "go to definition" changes the file as often as the way does. `sys.setprofile` follows
the real thing: a text is read once, so that what is kept is there, and then one letter more is asked for, a space more,
and a phrase. `way_of` follows any other call, such as that of a key at the prompt.

changes        calls from a function of one file into a function of another, and files only of the package.
files          in which a function was called, and functions: the different ones.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType

import autocomplete
from autocomplete.network.recipes import RECIPES
from autocomplete.predict.suggester import Suggester
from benchmarks.keystroke import MEGABYTE, write_model, write_texts
from benchmarks.report import Column, Row, show

PACKAGE = str(Path(autocomplete.__file__).parent)
WORDS_BEFORE = 30

COLUMNS = (
    Column("question", "question"),
    Column("files", "files"),
    Column("functions", "functions"),
    Column("changes", "changes of file"),
)


@dataclass
class Way:
    """The functions that a call went through.

    Attributes:
        functions: Different ones.
        changes: Calls from one file into another, by both names, as often as there were some.
    """

    functions: set[CodeType] = field(default_factory=set)
    changes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """Files whose functions were called, in the package, sorted."""
        return sorted({_name(code) for code in self.functions})


def way_of(call: Callable[[], object]) -> Way:
    """Follow a call through the package, in this thread."""
    way = Way()

    def entered(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not _is_ours(code):
            return
        way.functions.add(code)
        caller = frame.f_back
        while caller is not None and not _is_ours(caller.f_code):
            caller = caller.f_back
        if caller is not None and _name(caller.f_code) != _name(code):
            way.changes.append((_name(caller.f_code), _name(code)))

    sys.setprofile(entered)
    try:
        call()
    finally:
        sys.setprofile(None)
    return way


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(PACKAGE)


def _name(code: CodeType) -> str:
    return code.co_filename.removeprefix(PACKAGE).lstrip("/")


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and report; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.way_of_a_key", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="name or folder of a word model; without it one is made up")
    parser.add_argument("--text", type=Path, help="what is typed into it; without it, made-up text")
    parser.add_argument("--list", action="store_true", help="print the files of each way, and between which it changed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="way-") as scratch:
        made_up = Path(scratch) / "typed.txt"
        train = write_texts(Path(scratch), made_up, size_bytes=MEGABYTE // 5, characters=10_000)
        model = options.model
        if model is None:
            model = str(Path(scratch) / "model")
            write_model(Path(model), train, RECIPES["tiny"].network, vocabulary_size=2_000)
        text = (options.text or made_up).read_text(encoding="utf-8")
        ways = ways_of_questions(Suggester.open(model), text)
    if options.list:
        for question, way in ways.items():
            print(f"\n{question}: {', '.join(way.files)}")
            for change in sorted(set(way.changes)):
                print(f"    {way.changes.count(change):3} {change[0]} -> {change[1]}")
    show("way_of_a_key", [_row(question, way) for question, way in ways.items()], COLUMNS, settings=vars(options))
    return 0


def ways_of_questions(suggester: Suggester, text: str) -> dict[str, Way]:
    """The way of one key more, by the kind of key; what stands before it has been asked for."""
    words = text.split(" ")[: WORDS_BEFORE + 1]
    finished, word = " ".join(words[:-1]), words[-1]
    suggester.suggest(finished)

    def asked(typed: str, words: int = 1) -> Way:
        return way_of(lambda: suggester.suggest(typed, words=words))

    return {
        "a space": asked(f"{finished} "),
        "a letter": asked(f"{finished} {word[:1]}"),
        "the next letter": asked(f"{finished} {word[:2]}"),
        "phrases of 3 words": asked(f"{finished} {word[:2]}", words=3),
    }


def _row(question: str, way: Way) -> Row:
    return {
        "question": question, "files": len(way.files), "functions": len(way.functions), "changes": len(way.changes),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
