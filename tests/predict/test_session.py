"""Laws of sessions: independent of each other, and aware of what stands behind the cursor."""

import sys
import threading
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.errors import UsageError
from autocomplete.interface.cli.app import run
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.predict.suggestion import Mode, Suggestion
from tests.predict.asking import ANY_TEXT, MODES, check, several

WRITERS = {
    "one": [
        "best food in Zwolle",
        "best food in Zwolle\nbest food in ",
        "best food in Zwolle\nbest food in Zw",
        "un caf",
    ],
    "other": ["how to frobnicate an egg", "how to frobnicate an egg\nhow to fro", "weather in Par", "best food in "],
    "third": ["", "b", "best food in Las", "best food in Las Veg", "best food in "],
}


@pytest.fixture(scope="module", params=["trained_model", "trained_char_model"])
def model(request: pytest.FixtureRequest) -> Model:
    return Model.open(request.getfixturevalue(request.param))


def answers(session: Session, texts: Sequence[str]) -> list[list[Suggestion]]:
    return [session.suggest(text, k=6, words=2) for text in texts]


def test_two_sessions_on_one_model_do_not_influence_each_other(model: Model) -> None:
    alone = {name: answers(Session(model), texts) for name, texts in WRITERS.items()}
    sessions = {name: Session(model) for name in WRITERS}
    together: dict[str, list[list[Suggestion]]] = {name: [] for name in WRITERS}
    for turn in range(max(map(len, WRITERS.values()))):
        for name, texts in WRITERS.items():
            together[name] += answers(sessions[name], texts[turn : turn + 1])
    assert together == alone


def test_sessions_of_several_threads_say_what_each_says_alone(model: Model) -> None:
    alone = {name: answers(Session(model), texts) for name, texts in WRITERS.items()}
    fresh = replace(model)  # whose indexes are made by whoever comes first
    found: dict[str, list[list[Suggestion]]] = {}
    barrier = threading.Barrier(len(WRITERS))

    def write(name: str) -> None:
        barrier.wait()
        found[name] = answers(Session(fresh), WRITERS[name] * 3)

    threads = [threading.Thread(target=write, args=(name,)) for name in WRITERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: 3 * alone[name] for name in WRITERS}


def test_a_word_of_one_writer_is_not_known_to_another(model: Model) -> None:
    one, other = Session(model), Session(model)
    text = "best food in Zwolle\nbest food in Zw"
    one.suggest(text)
    assert "Zwolle" not in {item.text for item in other.suggest("best food in Zw", k=50)}


def test_a_session_copies_nothing_of_the_model(model: Model) -> None:
    Session(model).suggest("best food in Las")  # what is made when first needed is there
    tracemalloc.start()
    sessions = [Session(model) for _ in range(20)]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(sessions) == 20
    assert used < 20 * 20_000


def calls_of(action: Callable[[], object]) -> int:
    """How many functions an action calls, those of C too: time that is the same on every machine."""
    count = 0

    def called(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def test_the_cost_of_a_key_does_not_grow_with_the_document(model: Model) -> None:
    """Nor does that of the first reading, or of a cursor that jumps."""
    sentence = 'best food in Zwolle, he said "how to boil an egg" to mary@example.org. '
    unsure = replace(model, manifest=replace(model.manifest, threshold=0.0))
    words = 3 if model.manifest.level == "word" else 1  # of characters, phrases are further words, one by one

    def costs(length: int) -> tuple[int, int]:
        session, text = Session(unsure), sentence * length
        keys = [f"{text}best food in L"[: len(text) + stop] for stop in (1, 5, 10, 14)]
        first = calls_of(lambda: session.suggest(text, words=words))
        return first, calls_of(lambda: [session.suggest(key, words=words) for key in keys])

    costs(200)  # makes what the model is asked for often
    (first, key), (later_first, later_key) = costs(200), costs(5_000)
    assert later_first < 1.3 * first
    assert later_key < 1.3 * key


@several
@given(typed=ANY_TEXT, after=ANY_TEXT, context=ANY_TEXT, mode=MODES, words=st.integers(1, 3))
def test_any_text_behind_the_cursor_gets_an_answer_that_keeps_the_contract(
    model: Model, typed: str, after: str, context: str, mode: Mode, words: int
) -> None:
    session = Session(model)
    found = session.suggest(typed, after=after, context=context, mode=mode, words=words, k=6)
    check(typed, found, words=words)
    for item in found:
        before = typed[: len(typed) - item.replace]
        assert not (before.endswith(" ") and item.insert.startswith(" "))
        assert not item.insert.endswith(" ")


@pytest.mark.parametrize(
    ("typed", "after", "word"),
    [
        ("best food in Las ", "Vegas tonight", "Vegas"),
        ("best food in Las", " Vegas tonight", "Vegas"),
        ("best food in Las ", "VEGAS", "Vegas"),
        ("best food in Las Ve", "gas tonight", "Vegas"),
        ("best food in Las Ve", " Vegas", "Vegas"),
        ("un caf", "é crème", "café"),
    ],
)
def test_the_word_that_stands_behind_the_cursor_is_not_offered(model: Model, typed: str, after: str, word: str) -> None:
    session = Session(model)
    assert word in {item.text for item in session.suggest(typed, k=20)}
    for words in (1, 3):
        for item in session.suggest(typed, k=20, after=after, words=words):
            assert word not in item.text.split()


@pytest.mark.parametrize("after", ["\nVegas", "", " ", "\n", " now and Vegas", "?"])
def test_what_stands_further_on_is_no_hindrance(model: Model, after: str) -> None:
    """Nor does it change anything else: what is certain is that one word."""
    plain = Session(model).suggest("best food in Las ", k=3)
    assert plain[0].text == "Vegas"
    assert Session(model).suggest("best food in Las ", k=3, after=after)[0].text == "Vegas"


def test_on_an_empty_line_the_next_line_is_not_behind_the_cursor(model: Model) -> None:
    first = Session(model).suggest("", k=1)[0].text
    assert Session(model).suggest("", k=1, after=f"\n{first} more")[0].text == first
    assert first not in {item.text for item in Session(model).suggest("", k=20, after=f"{first} more")}


def test_a_mark_that_stands_there_is_not_offered(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("stop, look\n" * 100, "utf-8")
    assert run(["train", str(corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    session = Session(Model.open(tmp_path / "m"))
    assert session.suggest("stop", k=1)[0].text == ","
    assert "," not in {item.text for item in session.suggest("stop", k=9, after=", look")}


def test_a_text_is_no_list_of_blocked_words(model: Model) -> None:
    with pytest.raises(UsageError, match="one text"):
        Session(model).suggest("best food in Las ", blocked="Vegas")


def test_a_session_without_a_store_says_so(model: Model) -> None:
    with pytest.raises(UsageError, match="no store") as refused:
        Session(model).learn("best food in Las Vegas")
    assert "PersonalStore" in refused.value.cure


@pytest.mark.parametrize("brackets", ["[]", "()", "{}"])
def test_a_blank_that_was_typed_within_brackets_stays(model: Model, brackets: str) -> None:
    """The corpus has none, and the writer's lines before say that one closes there."""
    opening, closing = brackets[0], brackets[1]
    lines = f"- {opening} {closing} call\n- {opening} {closing} water\n- {opening} {closing} paint\n"
    found = Session(model).suggest(f"- {opening} ", context=lines, k=50)
    assert all(item.result == f"- {opening} {closing}" for item in found if item.text == closing)
    assert model.manifest.level == "char" or closing in {item.text for item in found}


MARKS = """\
- [ ] buy milk
- [x] call Ben
see the list (short one) here
set { } is empty
the range -5 to -3 is cold
he said "no" and left
say " " to them
price is $5 or $7
see #4 and #5
and/or both
«non» dit-il
well, then
"""


@pytest.fixture(scope="module")
def of_marks(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Of a corpus in which words follow many marks without a blank."""
    folder = tmp_path_factory.mktemp("marks")
    (folder / "marks.txt").write_text(MARKS * 15, encoding="utf-8")
    assert run(["train", str(folder / "marks.txt"), "--model", str(folder / "m"), "--no-network"]) == 0
    return Session(Model.open(folder / "m"))


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("- [ ", "- [ x"), ("see the list ( ", "see the list ( short"), ("the range - ", "the range - 5"),
        ('he said " ', 'he said " no'), ('say " ', 'say " "'), ("price is $ ", "price is $ 5"), ("see # ", "see # 4"),
        ("and / ", "and / or"), ("« ", "« non"), ("set { ", "set { }"),
    ],
)  # fmt: skip
def test_a_blank_that_was_typed_behind_a_mark_stays(of_marks: Session, typed: str, first: str) -> None:
    results = {item.result for item in of_marks.suggest(typed, k=9)}
    assert first in results
    words = [result for result in results if result[-1].isalnum()]
    assert words
    assert all(result.startswith(typed) for result in words)


def test_a_comma_takes_the_place_of_a_blank_and_no_blank_is_put_behind_what_opens(of_marks: Session) -> None:
    assert of_marks.suggest("well", k=1)[0].result == "well,"
    assert of_marks.suggest("the range -", k=1)[0].result == "the range -5"
    assert of_marks.suggest("see #", k=1)[0].result == "see #4"
