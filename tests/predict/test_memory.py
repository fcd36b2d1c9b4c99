"""Laws of what a session remembers: lines come back whole, names are whole, nothing of it stays or reaches others."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.interface.cli.app import run
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.predict.suggester import Suggester
from tests.predict.asking import ANY_TEXT, check, several, words_in

# What the model knows: small talk of a harbour, none of it what is written below.
SUBJECTS = ("the harbour master", "a grey heron", "our neighbour", "the ferry", "my sister", "the old crane", "a gull")
DEEDS = (
    "waits for the tide",
    "looks at the water",
    "comes back at noon",
    "sends a letter to the office",
    "has the key",
)
ENDS = ("today", "again", "on Friday", "before the report", "with a smile", "to the board")
LINES = [f"{subject} {deed} {end}" for subject in SUBJECTS for deed in DEEDS for end in ENDS]

REPORT = "please send the quarterly report to the board by Friday"
SIBLINGS = [
    (REPORT, "please send "),
    (REPORT, "please send the qu"),
    ("could you water the tomatoes while we are away?", "could you wa"),
    ("Kind regards from the whole Zwolle office", "Kind "),
    ("sorry, the meeting moved to half past nine", "sorry, the "),
]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("harbour")
    (folder / "lines.txt").write_text("\n".join(LINES) + "\n", "utf-8")
    assert run(["train", str(folder / "lines.txt"), "--model", str(folder / "model"), "--no-network"]) == 0
    return folder / "model"


@pytest.fixture(scope="module")
def model(harbour: Path) -> Model:
    return Model.open(harbour)


@pytest.fixture
def taught(harbour: Path, tmp_path: Path) -> Path:
    """A folder of one's own, with what is learned in it."""
    return shutil.copytree(harbour, tmp_path / "model")


def first(session: Session | Suggester, text: str, context: str = "", words: int = 10) -> str:
    return session.suggest(text, k=1, words=words, context=context)[0].result


@pytest.mark.parametrize(("line", "typed"), SIBLINGS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_line_that_was_written_comes_back_whole_when_it_is_begun_again(
    model: Model, line: str, typed: str, times: int
) -> None:
    between = "the ferry comes back at noon today\n"
    assert first(Session(model), typed, (line + "\n" + between) * times) == line


@pytest.mark.parametrize(("line", "typed"), SIBLINGS)
def test_it_ends_where_the_line_did_or_where_no_more_words_are_wanted(model: Model, line: str, typed: str) -> None:
    for words in (1, 2, 3):
        found = first(Session(model), typed, line + "\n", words)
        assert line.startswith(found)
        assert len(found) < len(line)


@pytest.mark.parametrize(
    ("context", "typed", "result"),
    [
        ("I met Maria Gonzalez Ruiz at the station.\n", "Ask Mar", "Ask Maria Gonzalez Ruiz"),
        ("we saw Ulfert Quendel there\n", "and then Ulf", "and then Ulfert Quendel"),
        ("the Havelbrook Allotment Society meets\n", "of the Havel", "of the Havelbrook Allotment Society"),
    ],
)
def test_a_name_is_whole_after_one_sight(model: Model, context: str, typed: str, result: str) -> None:
    assert first(Session(model), typed, context, 10).startswith(result)
    assert first(Session(model), typed, context, 2) in (result, result.rsplit(" ", 1)[0])
    assert first(Session(model), typed, context, 1).count(" ") == typed.count(" ")


def test_a_name_is_never_longer_than_is_wanted_nor_has_a_blocked_word(model: Model) -> None:
    context = "I met Maria Gonzalez Ruiz at the station.\n"
    found = Session(model).suggest("Ask Mar", k=1, words=3, context=context, blocked=["Ruiz"])[0]
    assert found.text == "Maria Gonzalez"
    assert Session(model).suggest("Ask Mar", k=1, words=2, context=context)[0].text == "Maria Gonzalez"


@pytest.mark.parametrize("typed", ["Quen", "the Quen", "and Sand", "call Ulf"])
def test_words_of_the_context_are_in_the_list_after_one_sight(model: Model, typed: str) -> None:
    context = "Ulfert sent Quendel and Sanddorn to the kitchen.\n"
    texts = {item.text for item in Session(model).suggest(typed, k=3, context=context)}
    assert texts & {"Ulfert", "Quendel", "Sanddorn"}


def test_phrases_come_in_the_order_of_their_first_words(model: Model) -> None:
    session, context = Session(model), REPORT + "\n"
    for typed in ("please ", "please send ", "please send the quarterly "):
        single = [item.result for item in session.suggest(typed, k=4, context=context)]
        whole = [item.result for item in session.suggest(typed, k=4, context=context, words=10)]
        assert [long.startswith(short) for long, short in zip(whole, single, strict=True)] == [True] * len(single)


def test_what_one_session_wrote_is_nothing_to_another_and_nothing_of_the_context_is_kept(model: Model) -> None:
    writer, other = Session(model), Session(model)
    assert first(writer, "please send ", REPORT + "\n") == REPORT
    assert REPORT not in {item.result for item in other.suggest("please send ", k=9, words=10)}
    assert REPORT not in {item.result for item in writer.suggest("please send ", k=9, words=10)}


def test_a_key_more_says_what_the_whole_text_says(model: Model) -> None:
    session, text = Session(model), f"{REPORT}\n{REPORT[:25]}"
    for length in range(len(REPORT) + 1, len(text) + 1, 3):
        grown = [item.result for item in session.suggest(text[:length], k=3, words=10)]
        assert grown == [item.result for item in Session(model).suggest(text[:length], k=3, words=10)]


@pytest.mark.parametrize(
    ("line", "typed", "result"),
    [
        (REPORT, "please send ", REPORT),
        (REPORT, "Please send the qu", "P" + REPORT[1:]),
        ("don’t forget the blue folder", "don't f", "don't forget the blue folder"),
        ("Grüße aus dem Garten von Ulfert", "Grüße aus ", "Grüße aus dem Garten von Ulfert"),
    ],
)
def test_a_kept_line_of_an_earlier_day_comes_back_whole(taught: Path, line: str, typed: str, result: str) -> None:
    earlier = Suggester.open(taught)
    assert earlier.personal is not None
    assert earlier.personal.keep_line(line)
    earlier.personal.close()
    assert first(Suggester.open(taught), typed) == result
    assert first(Suggester.open(taught), "the ferry has the key today\n" + typed).endswith(result)


def test_a_kept_line_is_used_as_soon_as_it_is_kept_and_no_longer_than_it_is(taught: Path) -> None:
    suggester = Suggester.open(taught)
    assert suggester.personal is not None
    assert first(suggester, "please send ") != REPORT
    suggester.personal.keep_line(REPORT)
    assert first(suggester, "please send ") == REPORT
    suggester.forget(["quarterly"])
    assert "quarterly" not in " ".join(item.text for item in suggester.suggest("please send the ", k=9, words=10))
    suggester.personal.wipe()
    assert first(suggester, "please send ") != REPORT


def test_a_line_of_this_session_is_newer_than_one_of_an_earlier_day(taught: Path) -> None:
    suggester = Suggester.open(taught)
    assert suggester.personal is not None
    suggester.personal.keep_line(REPORT)
    newer = "please send the blue folder back"
    assert first(suggester, "please send the ", newer + "\n") == newer


def test_a_damaged_store_says_nothing_of_earlier_lines(taught: Path) -> None:
    (taught / "personal.sqlite").write_bytes(b"no database at all" * 100)
    suggester = Suggester.open(taught)
    assert suggester.suggest("please send ", k=3, words=10)
    assert suggester.personal is not None
    assert suggester.personal.fault is not None


def test_a_forgotten_word_is_in_nothing_that_the_session_copies(taught: Path) -> None:
    suggester = Suggester.open(taught)
    assert "Friday" in first(suggester, "please send ", REPORT + "\n")
    suggester.forget(["Friday"])
    assert "Friday" not in first(suggester, "please send ", REPORT + "\n")
    assert PersonalStore.open(taught).lines_begun(["please"]) == []


def recalled(session: Session, typed: str, context: str = "", blocked: Sequence[str] = ()) -> str:
    """The first suggestion of one word, as far as it was written before."""
    found = session.suggest(typed, k=1, context=context, blocked=blocked)[0]
    whole = session.recalled(found, typed, context=context, blocked=blocked)
    assert (whole.kind, whole.replace) == (found.kind, found.replace)
    assert whole.result == typed[: len(typed) - whole.replace] + whole.insert
    assert whole.result.startswith(found.result)
    assert whole.probability <= found.probability
    assert (whole is found) == (whole.result == found.result)
    return whole.result


LONG = "please remember that " + " ".join(f"item{number} and" for number in range(12)) + " that is all"


@pytest.mark.parametrize(
    ("context", "typed", "result"),
    [
        (REPORT + "\n", "please send ", REPORT),
        (REPORT + "\n", "please send the qu", REPORT),
        (REPORT + "\nthe ferry has the key today\n", "please se", REPORT),
        (LONG + "\n", "please rem", LONG),
        ("I met Maria Gonzalez Ruiz at the station.\n", "Ask Mar", "Ask Maria Gonzalez Ruiz"),
        (f"{REPORT}\nplease send the blue folder back\n", "please send ", "please send the"),
        (f"{REPORT}\nplease water the mint\n", "please send the quarterly ", REPORT),
        ("", "the ferry ", None),
    ],
)
def test_a_suggestion_of_one_word_goes_on_as_the_writer_did(
    model: Model, context: str, typed: str, result: str | None
) -> None:
    session = Session(model)
    assert recalled(session, typed, context) == (result or session.suggest(typed, k=1)[0].result)


def test_no_blocked_word_is_recalled(model: Model, taught: Path) -> None:
    assert recalled(Session(model), "please send ", REPORT + "\n", ["board"]).endswith(" to the")
    suggester = Suggester.open(taught)
    suggester.forget(["report"])
    [found] = suggester.suggest("please send the ", k=1, context=REPORT + "\n")
    assert suggester.recalled(found, "please send the ", context=REPORT + "\n").text == "quarterly"


def test_what_looks_like_a_secret_is_not_recalled(model: Model) -> None:
    account = "DE44 5001" + " 0517 5407 3249 31"
    line = f"please pay into {account} today"
    assert account not in recalled(Session(model), "please pay ", line + "\n")


@several
@given(typed=ANY_TEXT, context=ANY_TEXT, again=st.booleans(), blocked=st.sampled_from([(), ("food",), ("Las", "egg")]))
def test_whatever_was_written_what_is_recalled_keeps_the_contract(
    suggester: Suggester, typed: str, context: str, again: bool, blocked: Sequence[str]
) -> None:
    context = f"{context}\n{typed} once more, Las Vegas\n" if again else context
    session = Session(suggester.model)
    for item in session.suggest(typed, k=2, context=context, blocked=blocked):
        whole = session.recalled(item, typed, context=context, blocked=blocked)
        check(typed, [whole])
        assert whole.result.startswith(item.result)
        assert not {word.lower() for word in blocked} & set(words_in(whole.text[len(item.text) :].lower()))
