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
from autocomplete.predict.passed_over import NOTHING
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


def keys(state: PromptState, *texts: str) -> None:
    """Type to each text; what is suggested there is drawn before the next key."""
    for text in texts:
        state.edited(text, len(text))
        suggested(state, "Las", "Laos", "Lasagne")
        state.drawn(3)


def test_what_is_drawn_and_typed_past_is_told_with_the_next_question() -> None:
    state = fresh()
    keys(state, "best food in ", "best food in l")
    state.edited("best food in la", 15)
    assert state.frame.question is not None
    assert state.frame.question.passed_over.times() == {"Las": 2, "Laos": 2, "Lasagne": 2}
    keys(state, "best food in la")
    state.edited("best food in l", 14)
    assert state.frame.question.passed_over == NOTHING


def test_what_nobody_saw_is_not_passed_over() -> None:
    state = fresh()
    state.edited("best food in l", 14)
    state.drawn(3)  # while it is awaited
    suggested(state, "Las", "Laos", "Lasagne")
    state.drawn(1)  # there was room for one
    state.edited("best food in la", 15)
    assert state.frame.question is not None
    assert state.frame.question.passed_over.times() == {"Las": 1}
    state.drawn(3)
    state.edited("best food in las", 16)
    assert state.frame.question.passed_over.times() == {"Las": 1}


def test_who_asks_sees_everything_and_so_does_who_wants_stable_rows() -> None:
    state = fresh()
    keys(state, "best food in ", "best food in l")
    state.edited("best food in la", 15)
    state.ask()
    assert state.frame.question is not None
    assert state.frame.question.passed_over == NOTHING
    state = fresh(stable=True)
    keys(state, "best food in ", "best food in l")
    state.edited("best food in la", 15)
    assert state.frame.question is not None
    assert state.frame.question.passed_over == NOTHING


def test_a_word_behind_a_virtual_space_and_one_of_the_next_line() -> None:
    state = typed("best food in Las")
    assert state.accept() is not None
    question = state.frame.question
    assert question is not None
    assert state.frame.virtual_space
    found = [
        Suggestion.applied(question.text, text=text, kind="next", replace=0, insert=insert, probability=0.3, experts={})
        for text, insert in [("Valley", " Valley"), (",", ",")]
    ]
    state.answered(answer(question, found), seconds=0.0)
    state.drawn(2)
    before = state.line.before
    state.edited(before + "V", len(before) + 1)
    assert state.frame.question is not None
    assert state.frame.question.passed_over.times() == {"Valley": 1}
    state.commit()
    state.edited(before + "V", len(before) + 1)
    assert state.frame.question.passed_over == NOTHING


@pytest.mark.parametrize("mode", ["auto", "complete"])
def test_what_is_shown_behind_a_taken_word_stays_the_answer_while_the_line_stays(mode: str) -> None:
    state = fresh(mode=mode)
    keys(state, "best food in L", "best food in La")
    assert state.take(1) is not None
    asked = state.frame.question
    suggested(state, "food", "for")
    state.drawn(2)
    state.choose(1, among=2)
    assert state.frame.question == asked
    assert state.frame.settled


def test_a_candidate_that_stays_keeps_its_place() -> None:
    state = fresh()
    keys(state, "best food in l")
    state.edited("best food in la", 15)
    suggested(state, "Laredo", "Lasagne", "Lagos", "Laos")
    assert [item.suggestion.text for item in state.frame.candidates] == ["Laredo", "Laos", "Lasagne", "Lagos"]


def suggested(state: PromptState, *texts: str, probability: float = 0.9) -> None:
    """Let the model answer with words in the place of the last one, each half as likely as the one before."""
    question = state.frame.question
    assert question is not None
    typed = question.text
    half = 0 if typed[-1:].isspace() else len(typed.rpartition(" ")[2])
    found = [
        Suggestion.applied(
            typed, text=text, kind="complete" if half else "next", replace=half, insert=text,
            probability=probability / 2**place, experts={},
        )
        for place, text in enumerate(texts)
    ]  # fmt: skip
    state.answered(answer(question, found), seconds=0.0)


@pytest.mark.parametrize(
    ("text", "first", "change"),
    [
        ("best food in la", "Las", "Las"),
        ("san fr", "Francisco", "Francisco"),
        ("i'", "I'm", "I'm"),
        ("flihgts", "flights from Las", "flights from Las"),
        ("un cafe", "café", "café"),
        ("hes", "he's", "he's"),
        ("the hall", "half", "half"),
    ],
)
def test_the_ghost_is_the_first_candidate_though_it_changes_what_was_typed(text: str, first: str, change: str) -> None:
    state = fresh()
    state.edited(text, len(text))
    suggested(state, first, text.rpartition(" ")[2] + "er")
    assert (state.frame.ghost, state.frame.change) == (state.frame.candidates[0], change)
    edit = state.accept_word()
    assert edit is not None
    assert edit.text == f"{text[: len(text) - len(text.rpartition(' ')[2])]}{first} "


def test_what_changes_more_than_the_last_word_is_shown_from_where_it_changes() -> None:
    state = fresh()
    state.edited("in new yo", 9)
    question = state.frame.question
    assert question is not None
    found = Suggestion.applied(
        question.text, text="New York", kind="complete", replace=6, insert="New York", probability=0.9, experts={}
    )
    state.answered(answer(question, [found]), seconds=0.0)
    assert state.frame.change == "New York"


def test_a_change_stays_while_it_is_typed_along_in_small_letters() -> None:
    state = fresh()
    state.edited("in l", 4)
    suggested(state, "Los")
    state.edited("in lo", 5)
    assert (state.frame.settled, state.frame.change) == (False, "Los")
    state.edited("in lox", 6)
    assert state.frame.ghost is None


WORDS = st.lists(st.text(alphabet="abAB'é ", min_size=1, max_size=8).filter(str.strip), min_size=1, max_size=4)


@given(
    st.text(alphabet="abAB'é ", max_size=10), WORDS, st.floats(0.05, 1.0), st.sampled_from(["accept", "word", "take"])
)
def test_first_of_the_list_is_the_ghost_and_what_every_key_takes(
    text: str, words: list[str], probability: float, key: str
) -> None:
    """Whatever was typed, and whether the first candidate adds to it or changes it."""
    state = fresh()
    state.edited(text, len(text))
    suggested(state, *words, probability=probability)
    first = state.frame.candidates[0]
    if first.result == text:
        return
    assert state.frame.ghost == (first if probability >= THRESHOLD else None)
    if state.frame.ghost is None:
        state.ask()
    assert (state.frame.ghost, state.frame.selected) == (first, first)
    assert bool(state.frame.rest) != bool(state.frame.change)
    adds_one_word = state.frame.change or first_word(state.frame.rest) == state.frame.rest
    edit = EVENTS[key](state)
    assert edit is not None
    if key != "word" or adds_one_word:
        assert edit.text.removesuffix(" ") == first.result.removesuffix(" ")
    assert first.result.startswith(edit.text.rstrip())


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


@pytest.mark.parametrize(
    ("before", "after", "taken", "text"),
    [
        ("", "flights from Las", "how", "how |flights from Las"),
        ("flights ", "from Las", "out", "flights out |from Las"),
        ("in La", "sagne", "Las", "in Las |"),
        ("in La", "sagne tonight", "Las", "in Las| tonight"),
        ("rec", "ieve it", "receive", "receive| it"),
        ("I don", "'t know", "don't", "I don't| know"),
        ("of a ", "(small) house", "very", "of a very |(small) house"),
        ("what is thi", "?", "this", "what is this|?"),
        ("नम", "स्ते दोस्त", "नमस्कार", "नमस्कार| दोस्त"),
        ("日本", "です", "日本語", "日本語|です"),
        ("one", "\ntwo", "once", "once |\ntwo"),
        ("well-kn", "own as", "well-kept", "well-kept| as"),
    ],
)
def test_what_is_taken_within_a_line_never_runs_into_what_stands_there(
    before: str, after: str, taken: str, text: str
) -> None:
    """A blank parts it from a word behind, and the word in which the cursor stands gives way."""
    state = fresh()
    state.edited(before + after, len(before))
    assert state.frame.question is not None
    half = before.rpartition(" ")[2]
    within = half and after[0].isalnum() and before != "日本"
    assert state.frame.question.mode == ("complete" if within or after[0] in "'्स" else "auto")
    suggested(state, taken)
    edit = state.take(1)
    assert edit is not None
    assert f"{edit.text[: edit.cursor]}|{edit.text[edit.cursor :]}" == text


def test_a_command_gives_way_up_to_the_next_blank() -> None:
    line = Line("commands")
    line.edited("vim src/main.py -R", 7)
    assert line.apply("vim src/model.py").text == "vim src/model.py -R"


def test_next_words_alone_are_none_within_a_word() -> None:
    state = fresh(mode="next")
    state.edited("flights", 3)
    assert state.frame.question is None


def test_a_candidate_for_another_place_is_not_taken_while_the_answer_is_awaited() -> None:
    state = typed("best food in")
    state.edited("best food in", 11)
    assert [item.ready for item in state.frame.candidates] == [False, False]
    assert state.take(1) is None


def test_a_space_typed_where_a_virtual_one_was_deleted_stays() -> None:
    state = typed("best food in Las V")
    state.accept()
    for text in ("best food in Las Vegas", "best food in Las Vegas "):
        state.edited(text, len(text))
    assert state.typed("!").text == "best food in Las Vegas !"


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("word", " "),
        ("日本", ""),
        ("한국", " "),
        ("x)", ""),
        ("é", " "),
        ("9", " "),
        ("दिल्ली", " "),
        ("e\u0301", " "),
        ("שָׁלוֹ", " "),
        ("ที่", ""),
        ("!\u0301", ""),
    ],
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


def test_the_ghost_that_is_typed_along_stays_under_the_threshold_while_it_is_the_first_candidate() -> None:
    state = typed("best food in")
    assert ghost(state) == " Las"
    state.edited("best food in L", 14)
    question = state.frame.question
    assert question is not None
    suggested(state, "Las", "Last", probability=0.1)
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
    assert state.frame.tally == Tally(122, 116)  # what moves the cursor is no key of the text
    committed = state.commit()
    assert committed is not None
    assert (len(committed.text), committed.keys) == (122, 116)
    assert state.frame.tally == state.tally == Tally(122, 116)
    assert state.tally.saved == 6


@pytest.mark.parametrize("left", ["best food in L", "best", ""])
def test_what_was_typed_and_deleted_costs_nothing(left: str) -> None:
    """It would have been deleted without suggestions too."""
    state = typed("best food in Lsa")
    state.edited(left, len(left))
    assert state.frame.tally == Tally(len(left), len(left))


def test_what_was_taken_in_vain_costs_its_keys() -> None:
    state = typed("best food in L")
    state.accept()
    state.edited("best food in Las tomorow", 24)
    state.edited("best food in Las ", 17)
    assert state.frame.tally == Tally(16, 15)
    state.edited("best food in ", 13)
    assert state.frame.tally == Tally(13, 16)
    state.edited("best food in lunch", 18)
    assert state.frame.tally == Tally(18, 21)


def test_who_undoes_has_saved_what_was_saved_before() -> None:
    state = typed("best food in Las V")
    state.accept()
    saved = state.frame.tally.saved
    assert saved == 3
    state.edited("best food in Las Vegas tomorrow", 31)
    state.undone("best food in Las Vegas ", 23)
    assert state.frame.tally.saved == saved
    state.undone("best food in Las V", 18)
    assert state.frame.tally == Tally(18, 18)
    state.undone("", 0)
    assert state.frame.tally == Tally(0, 0)


@given(st.lists(st.sampled_from(["type", "accept", "left", "undo"]), max_size=20))
def test_moves_and_undoing_never_cost_a_key(names: list[str]) -> None:
    state = typed("best food in Las V")
    undo = []
    for name in names:
        text, cursor = state.line.text, state.line.cursor
        if name == "type":
            undo.append((text, cursor))
            state.edited(f"{text[:cursor]}x{text[cursor:]}", cursor + 1)
        elif name == "left":
            state.edited(text, max(0, cursor - 1))
        elif name == "undo" and undo:
            state.undone(*undo.pop())
        elif name == "accept" and state.frame.question is not None:
            answered(state)
            undo.append((text, cursor))
            state.accept()
        assert state.frame.tally.saved >= 0


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
            assert bool(state.frame.rest) != bool(state.frame.change)
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
