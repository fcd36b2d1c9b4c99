"""Laws of the prompt's state, without a terminal: virtual spaces, stale answers, what keys cost, what is remembered."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.interface.repl.answers import Answer, Question, Tally
from autocomplete.interface.repl.line import Edit, Line, first_word
from autocomplete.interface.repl.session import CONTEXT_CHARACTERS, KEPT_CHARACTERS, Session, is_command
from autocomplete.predict.suggestion import Suggestion
from tests.interface.repl.driver import THRESHOLD, FakeCompleter


def answer(question: Question, found: Sequence[Suggestion]) -> Answer:
    return Answer(question, tuple(found), tuple(item.probability for item in found), THRESHOLD)


def answered(session: Session) -> None:
    """Let the model answer what is asked."""
    question = session.question()
    assert question is not None
    found = FakeCompleter().suggest(
        question.text, k=question.k, mode=question.mode, words=question.words, context="", blocked=question.blocked
    )
    session.answered(answer(question, found))


def typed(text: str) -> Session:
    session = Session()
    for end in range(1, len(text) + 1):
        session.edited(text[:end], end)
    answered(session)
    return session


def ghost(session: Session) -> str:
    return "" if session.ghost is None else session.ghost.rest(session.line.before)


def test_an_answer_to_an_older_text_is_dropped() -> None:
    session = typed("best food in")
    question = session.question()
    assert question is not None
    session.edited("x", 1)
    session.answered(answer(question, ()))
    assert not session.settled
    assert session.candidates != ()  # still the last answer's, waiting


def test_while_an_answer_is_awaited_only_what_still_fits_can_be_taken() -> None:
    session = typed("best food in Las")
    session.edited("best food in Last", 17)
    assert [item.ready for item in session.candidates] == [False, False]
    assert session.take(1) is None
    session.edited("best food in Las V", 18)
    assert [item.ready for item in session.candidates] == [True, False]
    assert ghost(session) == "egas"


def test_what_changes_letters_already_typed_is_offered_but_not_drawn() -> None:
    session = typed("in lsa")
    assert (ghost(session), [item.suggestion.text for item in session.candidates]) == ("", ["Las"])
    session.choose(1, among=5)
    assert session.selected is not None
    edit = session.accept()
    assert edit is not None
    assert edit.text == "in Las "


def test_a_mark_may_follow_a_word_just_taken() -> None:
    session = typed("best food in Las V")
    session.accept()
    question = session.question()
    assert question is not None
    assert (question.text, question.mode) == ("best food in Las Vegas", "next")
    answered(session)
    assert (ghost(session), session.line.text) == ("tonight", "best food in Las Vegas ")
    comma = [item.suggestion.text for item in session.candidates].index(",") + 1
    edit = session.take(comma)
    assert edit is not None
    assert edit.text == "best food in Las Vegas,"


def test_no_virtual_space_where_text_goes_on() -> None:
    session = Session()
    session.edited("best food in Lasagne", 15)
    answered(session)
    edit = session.take(1)
    assert edit is not None
    assert (edit.text, edit.cursor) == ("best food in Lassagne", 16)


def test_a_space_typed_where_a_virtual_one_was_deleted_stays() -> None:
    session = typed("best food in Las V")
    session.accept()
    for text in ("best food in Las Vegas", "best food in Las Vegas "):
        session.edited(text, len(text))
    assert session.typed("!").text == "best food in Las Vegas !"


@pytest.mark.parametrize(
    ("text", "ends"), [("word", " "), ("日本", ""), ("한국", " "), ("x)", ""), ("é", " "), ("9", " ")]
)
def test_a_space_follows_words_of_scripts_that_have_spaces(text: str, ends: str) -> None:
    assert Line().apply(text).text == text + ends


def test_the_ghost_that_is_typed_along_stays_under_the_threshold_while_it_is_a_candidate() -> None:
    session = typed("best food in")
    assert ghost(session) == " Las"
    session.edited("best food in L", 14)
    question = session.question()
    assert question is not None
    unsure = [
        Suggestion.applied(
            question.text, text=text, kind="complete", replace=1, insert=text, probability=0.1, experts={}
        )
        for text in ("Last", "Las")
    ]
    session.answered(answer(question, unsure))
    assert ghost(session) == "as"
    session.edited("best food in ", 13)
    question = session.question()
    assert question is not None
    session.answered(answer(question, ()))
    assert ghost(session) == ""


def test_keys_are_counted_as_pressed_and_pasted_text_as_typed() -> None:
    session = typed("best food in Las")
    assert session.live_tally == Tally(16, 16)
    session.accept()
    assert session.live_tally == Tally(22, 17)  # the virtual space is no character of the line
    pasted = session.line.text + "p" * 100
    session.edited(pasted, len(pasted))
    assert session.live_tally == Tally(123, 117)
    session.edited(pasted[:-1], len(pasted) - 1)
    session.edited(pasted[:-1], 0)
    assert session.live_tally == Tally(122, 119)
    committed = session.commit()
    assert committed is not None
    assert (len(committed.text), committed.keys) == (122, 119)
    assert session.live_tally == session.tally == Tally(122, 119)
    assert session.tally.saved == 3


def test_commands_and_empty_lines_cost_and_leave_nothing() -> None:
    session = Session()
    for text in ("", "   ", "//"):
        session.edited(text, len(text))
        assert (session.commit() is None) == (text.strip("/ ") == "" and text != "//")
    session.edited("/sta", 4)
    assert session.question() is None
    assert session.live_tally == session.tally


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/k 3", True),
        ("/", True),
        ("/foo", True),
        ("//foo", False),
        ("/etc/hosts", False),
        (" /k", False),
        ("/K", False),
    ],
)
def test_what_looks_like_a_command_is_one(text: str, command: bool) -> None:
    assert is_command(text) is command


def test_two_slashes_begin_a_line_with_one() -> None:
    session = typed("//etc")
    question = session.question()
    assert question is not None
    assert question.text == "/etc"
    edit = session.accept()
    assert edit is not None
    assert edit.text == "//etc/hosts "
    committed = session.commit()
    assert committed is not None
    assert committed.text == "/etc/hosts"


def test_blocked_words_are_asked_for_no_more() -> None:
    session = Session()
    session.blocked = frozenset({"vegas"})
    session.edited("best food in Las V", 18)
    answered(session)
    assert session.candidates == ()


def test_what_the_model_reads_has_bounds_and_changes_seldom() -> None:
    session = Session()
    beginnings = set()
    for number in range(2 * CONTEXT_CHARACTERS // 10):
        text = f"line {number:05}"
        session.edited(text, len(text))
        session.commit()
        question = session.question()
        assert question is not None
        assert sum(map(len, question.lines)) <= CONTEXT_CHARACTERS
        assert question.lines[-1] == text
        beginnings.add(question.lines[0])
    assert len(beginnings) < 5
    long = "x" * (CONTEXT_CHARACTERS + 1)
    session.edited(long, len(long))
    session.commit()
    question = session.question()
    assert question is not None
    assert question.lines == ("x" * KEPT_CHARACTERS,)


def insert(session: Session, added: str) -> None:
    text, cursor = session.line.text, session.line.cursor
    session.edited(text[:cursor] + added + text[cursor:], cursor + 1)


def delete(session: Session) -> None:
    text, cursor = session.line.text, session.line.cursor
    session.edited(text[: max(0, cursor - 1)] + text[cursor:], max(0, cursor - 1))


EVENTS: dict[str, Callable[[Session], Edit | None]] = {
    "key": lambda session: insert(session, "best food in Las Vegas tonight"[session.line.cursor % 30]),
    "space": lambda session: insert(session, " "),
    "back": delete,
    "left": lambda session: session.edited(session.line.text, max(0, session.line.cursor - 1)),
    "accept": Session.accept,
    "word": Session.accept_word,
    "take": lambda session: session.take(1),
    "mark": lambda session: session.typed(","),
    "next": lambda session: session.choose(1, among=5),
    "ask": Session.ask,
    "dismiss": Session.dismiss,
    "answer": lambda session: answered(session) if session.question() is not None else None,
}


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=30))
def test_whatever_happens_the_line_is_what_was_returned_and_drawn_ghosts_go_on_from_it(names: list[str]) -> None:
    session = Session(words=2)
    for name in ["key"] * 16 + names:
        edit = EVENTS[name](session)
        if edit is not None:
            assert edit == (session.line.text, session.line.cursor)
        if session.ghost is not None:
            assert session.ghost.rest(session.line.before)
            assert session.line.at_end


@pytest.mark.parametrize(
    ("text", "word"), [(" Vegas tonight", " Vegas"), ("as", "as"), ("  a b", "  a"), (" ", " "), ("a,b c", "a,b")]
)
def test_a_word_of_a_ghost_has_the_space_before_it(text: str, word: str) -> None:
    assert first_word(text) == word
