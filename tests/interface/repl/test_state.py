"""Laws of the prompt's state, without a terminal: virtual spaces, stale answers, what keys cost, what is remembered."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.bundle import Thresholds
from autocomplete.engine.protocol import Answer, Question
from autocomplete.interface.repl.line import Edit, Line, first_word
from autocomplete.interface.repl.settings import ReplSettings
from autocomplete.interface.repl.state import (
    CONTEXT_CHARACTERS,
    KEPT_CHARACTERS,
    MOST_STEPS,
    PromptState,
    Tally,
    is_command,
)
from autocomplete.predict.suggestion import Suggestion
from tests.engine.fakes import THRESHOLD, FakeSuggester


def answer(question: Question, found: Sequence[Suggestion]) -> Answer:
    return Answer(question, tuple(found), tuple(item.probability for item in found), Thresholds(*[THRESHOLD] * 3))


def fresh(**settings: Any) -> PromptState:
    return PromptState(ReplSettings(**settings))


def answered(state: PromptState) -> None:
    """Let the model answer what is asked."""
    question = state.frame.question
    assert question is not None
    found = FakeSuggester().suggest(
        question.text, k=question.k, mode=question.mode, words=question.words, context="", blocked=question.blocked
    )
    state.answered(answer(question, found), seconds=0.0)


def typed(text: str) -> PromptState:
    state = fresh()
    for end in range(1, len(text) + 1):
        state.edited(text[:end], end)
    answered(state)
    return state


def ghost(state: PromptState) -> str:
    return "" if state.frame.ghost is None else state.frame.rest


def test_an_answer_to_an_older_text_is_dropped() -> None:
    state = typed("best food in")
    question = state.frame.question
    assert question is not None
    state.edited("x", 1)
    state.answered(answer(question, ()), seconds=0.0)
    assert not state.frame.settled
    assert state.frame.candidates != ()  # still the last answer's, waiting


def test_while_an_answer_is_awaited_only_what_still_fits_can_be_taken() -> None:
    state = typed("best food in Las")
    state.edited("best food in Last", 17)
    assert [item.ready for item in state.frame.candidates] == [False, False]
    assert state.take(1) is None
    state.edited("best food in Las V", 18)
    assert [item.ready for item in state.frame.candidates] == [True, False]
    assert ghost(state) == "egas"


def test_what_changes_letters_already_typed_is_offered_but_not_drawn() -> None:
    state = typed("in lsa")
    assert (ghost(state), [item.suggestion.text for item in state.frame.candidates]) == ("", ["Las"])
    state.choose(1, among=5)
    assert state.frame.selected is not None
    edit = state.accept()
    assert edit is not None
    assert edit.text == "in Las "


def test_a_mark_may_follow_a_word_just_taken() -> None:
    state = typed("best food in Las V")
    state.accept()
    question = state.frame.question
    assert question is not None
    assert (question.text, question.mode) == ("best food in Las Vegas", "next")
    answered(state)
    assert (ghost(state), state.line.text) == ("tonight", "best food in Las Vegas ")
    comma = [item.suggestion.text for item in state.frame.candidates].index(",") + 1
    edit = state.take(comma)
    assert edit is not None
    assert edit.text == "best food in Las Vegas,"


def test_no_virtual_space_where_text_goes_on() -> None:
    state = fresh()
    state.edited("best food in Lasagne", 15)
    answered(state)
    edit = state.take(1)
    assert edit is not None
    assert (edit.text, edit.cursor) == ("best food in Lassagne", 16)


def test_a_space_typed_where_a_virtual_one_was_deleted_stays() -> None:
    state = typed("best food in Las V")
    state.accept()
    for text in ("best food in Las Vegas", "best food in Las Vegas "):
        state.edited(text, len(text))
    assert state.typed("!").text == "best food in Las Vegas !"


@pytest.mark.parametrize(
    ("text", "ends"), [("word", " "), ("日本", ""), ("한국", " "), ("x)", ""), ("é", " "), ("9", " ")]
)
def test_a_space_follows_words_of_scripts_that_have_spaces(text: str, ends: str) -> None:
    assert Line().apply(text).text == text + ends


@pytest.mark.parametrize(
    ("text", "ends"),
    [("git", " "), ("ls -d", " "), ("git add .", " "), ("find '*.py'", " "), ("cd ~/src/", ""), ("make --jobs=", "")],
)
def test_a_space_follows_arguments_but_no_folder_and_no_name_of_a_value(text: str, ends: str) -> None:
    assert Line("commands").apply(text).text == text + ends


@pytest.mark.parametrize(("mark", "text"), [(".", "cd ."), ("!", "cd !"), (";", "cd;"), (")", "cd)"), (" ", "cd ")])
def test_a_dot_behind_a_command_begins_an_argument(mark: str, text: str) -> None:
    line = Line("commands")
    line.apply("cd")
    assert line.typed(mark).text == text


def test_the_line_is_written_as_the_model_cuts_it() -> None:
    state = typed("x")
    state.loaded("shell", "commands")
    line = state.line
    state.commit()
    assert line.syntax == state.line.syntax == "commands"


def test_the_ghost_that_is_typed_along_stays_under_the_threshold_while_it_is_a_candidate() -> None:
    state = typed("best food in")
    assert ghost(state) == " Las"
    state.edited("best food in L", 14)
    question = state.frame.question
    assert question is not None
    unsure = [
        Suggestion.applied(
            question.text, text=text, kind="complete", replace=1, insert=text, probability=0.1, experts={}
        )
        for text in ("Last", "Las")
    ]
    state.answered(answer(question, unsure), seconds=0.0)
    assert ghost(state) == "as"
    state.edited("best food in ", 13)
    question = state.frame.question
    assert question is not None
    state.answered(answer(question, ()), seconds=0.0)
    assert ghost(state) == ""


def test_keys_are_counted_as_pressed_and_pasted_text_as_typed() -> None:
    state = typed("best food in Las")
    assert state.frame.tally == Tally(16, 16)
    state.accept()
    assert state.frame.tally == Tally(22, 17)  # the virtual space is no character of the line
    pasted = state.line.text + "p" * 100
    state.edited(pasted, len(pasted))
    assert state.frame.tally == Tally(123, 117)
    state.edited(pasted[:-1], len(pasted) - 1)
    state.edited(pasted[:-1], 0)
    assert state.frame.tally == Tally(122, 119)
    committed = state.commit()
    assert committed is not None
    assert (len(committed.text), committed.keys) == (122, 119)
    assert state.frame.tally == state.tally == Tally(122, 119)
    assert state.tally.saved == 3


def test_commands_and_empty_lines_cost_and_leave_nothing() -> None:
    state = fresh()
    for text in ("", "   ", "//"):
        state.edited(text, len(text))
        assert (state.commit() is None) == (text.strip("/ ") == "" and text != "//")
    state.edited("/sta", 4)
    assert state.frame.question is None
    assert state.frame.tally == state.tally


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
    state = typed("//etc")
    question = state.frame.question
    assert question is not None
    assert question.text == "/etc"
    edit = state.accept()
    assert edit is not None
    assert edit.text == "//etc/hosts "
    committed = state.commit()
    assert committed is not None
    assert committed.text == "/etc/hosts"


def test_blocked_words_are_asked_for_no_more() -> None:
    state = fresh()
    state.block(frozenset({"vegas"}))
    state.edited("best food in Las V", 18)
    answered(state)
    assert state.frame.candidates == ()


def test_what_the_model_reads_has_bounds_and_changes_seldom() -> None:
    state = fresh()
    beginnings = set()
    for number in range(2 * CONTEXT_CHARACTERS // 10):
        text = f"line {number:05}"
        state.edited(text, len(text))
        state.commit()
        question = state.frame.question
        assert question is not None
        assert sum(map(len, question.lines)) <= CONTEXT_CHARACTERS
        assert question.lines[-1] == text
        beginnings.add(question.lines[0])
    assert len(beginnings) < 5
    long = "x" * (CONTEXT_CHARACTERS + 1)
    state.edited(long, len(long))
    state.commit()
    question = state.frame.question
    assert question is not None
    assert question.lines == ("x" * KEPT_CHARACTERS,)


def insert(state: PromptState, added: str) -> None:
    text, cursor = state.line.text, state.line.cursor
    state.edited(text[:cursor] + added + text[cursor:], cursor + 1)


def delete(state: PromptState) -> None:
    text, cursor = state.line.text, state.line.cursor
    state.edited(text[: max(0, cursor - 1)] + text[cursor:], max(0, cursor - 1))


EVENTS: dict[str, Callable[[PromptState], Edit | None]] = {
    "key": lambda state: insert(state, "best food in Las Vegas tonight"[state.line.cursor % 30]),
    "space": lambda state: insert(state, " "),
    "back": delete,
    "left": lambda state: state.edited(state.line.text, max(0, state.line.cursor - 1)),
    "accept": PromptState.accept,
    "word": PromptState.accept_word,
    "take": lambda state: state.take(1),
    "mark": lambda state: state.typed(","),
    "next": lambda state: state.choose(1, among=5),
    "ask": PromptState.ask,
    "dismiss": PromptState.dismiss,
    "answer": lambda state: answered(state) if state.frame.question is not None else None,
}


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=30))
def test_whatever_happens_the_line_is_what_was_returned_and_drawn_ghosts_go_on_from_it(names: list[str]) -> None:
    state = fresh(words=2)
    for name in ["key"] * 16 + names:
        edit = EVENTS[name](state)
        if edit is not None:
            assert edit == (state.line.text, state.line.cursor)
        if state.frame.ghost is not None:
            assert state.frame.ghost.rest(state.line.before)
            assert state.line.at_end


@pytest.mark.parametrize(
    ("text", "word"), [(" Vegas tonight", " Vegas"), ("as", "as"), ("  a b", "  a"), (" ", " "), ("a,b c", "a,b")]
)
def test_a_word_of_a_ghost_has_the_space_before_it(text: str, word: str) -> None:
    assert first_word(text) == word


def test_louder_suggests_what_quieter_keeps_back() -> None:
    """`unsure` is followed by what is likely by 0.2, where 0.3 is asked for."""
    state = typed("unsure")
    assert ghost(state) == ""
    assert state.speak(1) == 1
    assert ghost(state) == " perhaps"
    assert state.speak(-1) == 0
    assert ghost(state) == ""
    state = typed("best f")
    assert ghost(state) == "ood"
    for _ in range(MOST_STEPS):
        state.speak(-1)
    assert ghost(state) == ""
    assert state.speak(-1) == -MOST_STEPS


def test_loudness_lasts_as_long_as_the_prompt() -> None:
    state = typed("unsure")
    state.speak(1)
    state.commit()
    state.edited("unsure", 6)
    answered(state)
    assert ghost(state) == " perhaps"


@pytest.mark.parametrize(
    ("min_prob", "shown"), [(0.0, " perhaps"), (0.2, " perhaps"), (0.21, ""), (1.0, ""), (None, "")]
)
def test_a_probability_of_ones_own_takes_the_place_of_the_models(min_prob: float | None, shown: str) -> None:
    state = fresh(min_prob=min_prob)
    state.edited("unsure", 6)
    answered(state)
    assert ghost(state) == shown


def test_completions_and_next_words_come_unasked_by_thresholds_of_their_own() -> None:
    for thresholds, shown in ((Thresholds(1.0, 0.5, 1.0), "ood"), (Thresholds(0.0, 0.9, 1.0), "")):
        state = fresh()
        state.edited("best f", 6)
        question = state.frame.question
        assert question is not None
        found = tuple(FakeSuggester().suggest(question.text))
        state.answered(Answer(question, found, tuple(item.probability for item in found), thresholds), seconds=0.0)
        assert ghost(state) == shown
