"""What a person sees who types commands into a model of commands: arguments whole, exact, and only habits."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete import Model, PersonalStore, Session, Suggester
from autocomplete.interface.cli.app import run
from autocomplete.predict.context import Before
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.words import Speller, WordRanker
from tests.predict.asking import assert_same, check

ONE_OFF = ["8f3c2a1", "amber_heron.csv", "https://lark.example.org/q", "'zwieback'", "41873"]
HISTORY = [
    *["cd ~/src/garden", "source .venv/bin/activate", "git status", "docker compose up -d", "docker compose down"] * 12,
    *["git commit -m 'größer'", 'git commit -m "fix the parser"', 'git commit -m "fix the typo"', "cd ~/Docs"] * 6,
    *["git add . && git commit --verbose", "find . -name '*.py' | wc -l", "echo $HOME", "apt-get update"] * 6,
    *["make test 2>&1 | tee out.log", "FOO=bar make --jobs=4", "ls -la; pwd", "./scripts/build.sh --fast"] * 6,
    *["grep \"a|b\" src/Main.java", "ls -d *", "ls -D /tmp", "cat a.md >> b.md", "echo $(date +%F)"] * 6,
    *["python3 -m http.server"] * 6,
    *(f"git show {argument}" for argument in ONE_OFF),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the history, in an order in which no habit stands at the end alone."""
    place = tmp_path_factory.mktemp("commands")
    lines = [HISTORY[index * 7 % len(HISTORY)] for index in range(len(HISTORY))]
    assert len(set(lines)) == len(set(HISTORY))
    history, held_out = place / "history.txt", place / "held-out.txt"
    history.write_text("\n".join(lines), encoding="utf-8")
    held_out.write_text("\n".join(lines[:40]) + "\n", encoding="utf-8")
    options = ["--layout", "commands", "--no-network", "--valid", str(held_out)]
    assert run(["train", str(history), "--model", str(place / "model"), *options]) == 0
    return place / "model"


@pytest.fixture(scope="module")
def suggester(folder: Path) -> Suggester:
    return Suggester.open(folder)


def offered(suggester: Suggester, typed: str, *, k: int = 3) -> list[str]:
    return [item.text for item in suggester.suggest(typed, k=k)]


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("docker compose up ", "-d"),
        ("./scripts/build.sh ", "--fast"),
        ("git commit ", "-m"),
        ("git commit -m ", "'größer'"),
        ("git commit -m ", '"fix'),
        ('git commit -m "fix ', "the"),
        ('git commit -m "fix the ', "typo"),
        ("find . -name ", "'*.py'"),
        ("echo ", "$HOME"),
        ("find . -name '*.py' ", "|"),
        ("find . -name '*.py' | ", "wc"),
        ("cd ", "~/src/garden"),
        ("python3 -m ", "http.server"),
        ("grep ", '"a|b"'),
        ("make test ", "2>&1"),
    ],
)
def test_whole_arguments_come_next(suggester: Suggester, typed: str, text: str) -> None:
    assert text in offered(suggester, typed)


def test_an_empty_line_offers_what_begins_commands(suggester: Suggester) -> None:
    assert {*offered(suggester, "", k=5)} <= {line.split()[0] for line in HISTORY}
    assert offered(suggester, "", k=2) == offered(suggester, "git status\n", k=2)
    assert {"git", "docker"} == {*offered(suggester, "", k=2)}


@pytest.mark.parametrize(
    ("typed", "insert"),
    [
        ("source .venv/", "bin/activate"),
        ("source .venv/bin/a", "ctivate"),
        ("./scr", "ipts/build.sh"),
        ("git commit --verb", "ose"),
        ("docker compose up -", "d"),
        ("find . -name '*.p", "y'"),
        ("echo $HO", "ME"),
        ("echo $(da", "te"),
        ("grep \"a|", 'b"'),
        ("make test 2>", "&1"),
        ("cat a.md >", ">"),
        ("git add . &", "&"),
        ("cd ~", "/src/garden"),
        ("FOO=bar make --jo", "bs="),
        ("d", "ocker"),
    ],
)  # fmt: skip
def test_what_is_missing_of_an_argument_is_inserted(suggester: Suggester, typed: str, insert: str) -> None:
    first = suggester.suggest(typed, k=1, mode="complete")[0]
    assert (first.insert, first.replace, first.kind) == (insert, 0, "complete")
    assert first.text.endswith(insert)


def test_accents_that_were_typed_as_marks_are_replaced(suggester: Suggester) -> None:
    first = suggester.suggest("git commit -m 'gro\u0308", k=1)[0]
    assert first.result == "git commit -m 'größer'"


@pytest.mark.parametrize(
    ("typed", "insert"),
    [
        ('git commit -m "fix the typo', '"'),
        ("make --jobs=", "4"),
        ("FOO=", "bar"),
        ("echo $(", "date"),
        ("echo $(date +%F", ")"),
        ("ls -la", ";"),
        ("git add .", " &&"),
        ("git status\ndocker compose up", " -d"),
    ],
)
def test_what_joins_an_argument_comes_without_a_space_and_all_else_with_one(
    suggester: Suggester, typed: str, insert: str
) -> None:
    assert insert in [item.insert for item in suggester.suggest(typed, k=3, mode="next")]


@pytest.mark.parametrize("typed", ["GIT", "cd ~/docs", "cd ~/doc", "grep x src/main", "LS", "source .VENV/"])
def test_no_case_is_mended(suggester: Suggester, typed: str) -> None:
    assert not suggester.suggest(typed, mode="complete")
    assert all(item.result.startswith(typed) for item in suggester.suggest(typed, k=20))


def test_short_options_of_either_case_are_two(suggester: Suggester) -> None:
    assert "-D" not in offered(suggester, "docker compose up -d", k=20)
    assert offered(suggester, "ls -D", k=1) == offered(suggester, "ls -D ", k=1) == ["/tmp"]


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("gti", "git"),
        ("git comimt", "git commit"),
        ("git commit --vrebose", "git commit --verbose"),
        ("atp-get", "apt-get"),
        ("dokcer", "docker"),
    ],
)
def test_a_slip_in_a_name_or_a_long_option_is_mended(suggester: Suggester, typed: str, result: str) -> None:
    first = suggester.suggest(typed, k=1)[0]
    assert first.result == result
    assert typed.endswith(typed[len(typed) - first.replace :])


@pytest.mark.parametrize(
    "typed", ["cd ~/scr/garden", "./srcipts/build.sh", "ls -al", "echo $HMOE", "find . -name '*.yp'"]
)
def test_paths_short_options_and_what_is_quoted_are_never_mended(suggester: Suggester, typed: str) -> None:
    assert not suggester.suggest(typed, mode="complete")


@pytest.mark.parametrize("argument", ONE_OFF)
def test_what_was_typed_once_is_never_shown(suggester: Suggester, argument: str) -> None:
    for length in range(len(argument)):
        assert argument not in offered(suggester, f"git show {argument[:length]}", k=50)


def test_nothing_is_spelled_letter_by_letter(suggester: Suggester) -> None:
    def never() -> Speller:
        raise AssertionError("the speller was asked")

    model = suggester.model
    ranker = WordRanker(model.mixture, Lexicon(model.vocabulary, "commands"), model.tokenizer, speller=never)
    for typed in ("git show amb", "git show zwie", "git commit -m 'fix zwi"):
        ranker.candidates(Before(typed), mode="auto", count=5)


@pytest.mark.parametrize("argument", [*ONE_OFF, "--never-seen", "./new/Path.txt"])
def test_arguments_of_the_session_are_offered_again(suggester: Suggester, argument: str) -> None:
    before = f"git show {argument}\nls -la\n"
    assert suggester.suggest(f"{before}git show ", k=1)[0].text == argument
    found = suggester.suggest(f"{before}git diff {argument[:3]}", k=3)
    assert (argument, argument[3:]) in [(item.text, item.insert) for item in found]


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        ("docker compose u", "docker compose up -d"),
        ("find ", "find . -name '*.py' | wc -l"),
        ("git add", "git add . && git commit"),
        ("echo $", "echo $HOME"),
        ('git commit -m "', 'git commit -m "fix the parser"'),
    ],
)
def test_phrases_pass_the_dots_and_operators(suggester: Suggester, typed: str, phrase: str) -> None:
    assert any(item.result.startswith(phrase) for item in suggester.suggest(typed, k=3, words=8))


PIECES = [
    "git ", "commit ", "-m ", '"fix', "'", '"', " the", "source ", ".venv/", "bin", "$(", "date", ")", " ", "\n", ";",
    "|", "&&", "--jobs=", "4", "gti", "é", "e\u0301", "zwx", "\\", "2>", "&1",
]  # fmt: skip


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=8))
def test_typing_along_and_typing_at_once_are_the_same(folder: Path, pieces: list[str]) -> None:
    model = Model.open(folder)
    along, typed = Session(model), ""
    for piece in pieces:
        for letter in piece:
            typed += letter
            found = along.suggest(typed, k=5)
            check(typed, found)
    assert_same(along.suggest(typed, k=5), Session(model).suggest(typed, k=5))


def test_an_argument_that_was_learned_is_completed(folder: Path, tmp_path: Path) -> None:
    model = Model.open(folder)
    session = Session(model, personal=PersonalStore(tmp_path, model.tokenizer))
    assert session.learn("rsync -av ./Backup/photos nas:/volume1")
    fresh = Session(model, personal=PersonalStore(tmp_path, model.tokenizer))
    assert fresh.suggest("rsync -av ./B", k=1)[0].insert == "ackup/photos"
    assert fresh.suggest("rsync ", k=1)[0].text == "-av"
    assert not fresh.suggest("rsync -av ./b", mode="complete")
    fresh.forget(["./Backup/photos"])
    assert not fresh.suggest("rsync -av ./B", mode="complete")


def test_the_word_behind_the_cursor_is_not_offered(suggester: Suggester) -> None:
    assert "-d" not in [item.text for item in suggester.suggest("docker compose up ", after="-d", k=50)]
