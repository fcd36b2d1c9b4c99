"""Laws of context: text before the input counts as if typed, is never changed, and is forgotten block by block."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.predict.context import ContextReader, remembered
from autocomplete.predict.experts.mixture import Mixture, MixtureState
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from autocomplete.text.tokenizer import Tokenizer
from tests.predict.asking import ANY_TEXT, assert_same, check, several

CONTEXTS = ["how to boil an egg\n", "best food in Zwolle please\n", "a\n\nb\n", "\n", "😀 now\n", "un cafe\u0301\n"]


@pytest.mark.parametrize("context", CONTEXTS, ids=ascii)
@pytest.mark.parametrize("typed", ["", "best food in ", "best food in Z", "un caf", "\u0301", " ", "now ?"], ids=ascii)
@pytest.mark.parametrize("words", [1, 3])
def test_text_after_context_is_as_if_typed_at_once(suggester: Suggester, context: str, typed: str, words: int) -> None:
    after = suggester.suggest(typed, k=5, words=words, context=context)
    at_once = suggester.suggest(context + typed, k=5, words=words)
    check(typed, after)
    assert [(item.text, item.kind, item.replace, item.insert, item.probability) for item in after] == [
        (item.text, item.kind, item.replace, item.insert, item.probability) for item in at_once
    ]
    assert [context + item.result for item in after] == [item.result for item in at_once]


@pytest.mark.parametrize("typed", ["Las", "La", "Las ", " Las"])
@pytest.mark.parametrize("words", [1, 3])
def test_a_text_goes_on_where_its_context_ends(suggester: Suggester, typed: str, words: int) -> None:
    """The space between them need not be written, and as without a text no line break is made up."""
    at_once = suggester.suggest("best food in " + typed.lstrip(), k=5, words=words)
    for context in ("best food in", "best food in "):
        after = suggester.suggest(typed, k=5, words=words, context=context)
        assert [(item.insert, item.probability) for item in after] == [
            (item.insert, item.probability) for item in at_once
        ]


@several
@given(typed=st.sampled_from(["", " ", "?", "L", " L"]), context=ANY_TEXT)
def test_context_is_never_changed(suggester: Suggester, typed: str, context: str) -> None:
    for item in suggester.suggest(typed, k=6, context=context, words=2):
        assert item.replace <= len(typed)
        assert typed[: len(typed) - item.replace] + item.insert == item.result


def test_a_half_typed_end_of_context_leaves_room_for_what_follows(suggester: Suggester) -> None:
    """Its completions would change it; the next words still fill the list."""
    found = suggester.suggest("", context="best food in Las", k=3)
    assert found[0].result == " Vegas"
    assert len(found) == 3
    assert len(suggester.suggest("", context="best food in L", k=3)) == 3


def test_context_makes_a_name_known(trained_model: str) -> None:
    suggester = Suggester.open(trained_model)
    context = "best food in Zwolle please\nhow to boil an egg\n"
    assert suggester.suggest("best food in Zw", k=1, context=context)[0].text == "Zwolle"
    assert "Zwolle" not in {item.text for item in suggester.suggest("best food in Zw", k=50)}


TOKENIZER = Tokenizer("word", "lines")
SENTENCES = (
    "best food in Las Vegas, they say.", "how to boil an egg?", "Zanzibolt writes to john@gmail.com today.",
    'He said "weather in Paris today" and left.', "flights from New York to Boston now",
)  # fmt: skip
KINDS = {
    "prose": (". ".join(SENTENCES), " "),
    "lines": ("\n".join(SENTENCES), "\n"),
    "words a line": ("\n".join(" ".join(SENTENCES).split()), "\n"),
    "code": ("for (i=0; i<n; i++) { a[i] = b(i, 'Las Vegas'); }", "\n"),
    "one word": ("bestfood", ""),
    "ideographs": ("最好的食物在拉斯维加斯。", ""),
}


def long_text(kind: str, length: int) -> str:
    text, end = KINDS[kind]
    return (text + end) * (length // len(text + end)) + text[: length % len(text + end)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_remembered_begins_at_the_same_place_for_as_long_as_a_block_is_written(kind: str) -> None:
    text = long_text(kind, 20_000)
    starts: list[int] = []
    ahead: int | None = None
    for stop in range(0, len(text) + 1, 7):
        before = remembered("", text[:stop], TOKENIZER)
        assert before.text == text[before.start : stop]
        if starts and before.start != starts[-1]:
            assert before.start == ahead  # it was told in time to be read
            assert len(before.text) <= 6200
        ahead = before.start + before.ahead if before.ahead is not None else ahead
        starts.append(before.start)
    assert sorted(starts) == starts
    assert len(set(starts)) <= len(text) // 512
    tokens = len(TOKENIZER.spans(before.text))
    assert tokens < 1500


def test_it_begins_with_a_line_or_a_sentence() -> None:
    for kind in ("prose", "lines"):
        text = long_text(kind, 30_000)
        for stop in range(6_500, len(text), 500):
            before = remembered("", text[:stop], TOKENIZER)
            assert before.text.startswith(tuple(SENTENCES))
            assert 400 < len(before.text.split()) < 1_300


def test_it_does_not_matter_how_much_of_the_text_is_context() -> None:
    text = long_text("prose", 9_000)
    for cut in (0, 100, 3_000, 5_999, 9_000):
        before = remembered(text[:cut], text[cut:], TOKENIZER)
        assert before._replace(fixed=0) == remembered("", text, TOKENIZER)
        assert before.text[: before.fixed] == text[before.start : max(cut, before.start)]


class Watched(str):
    """Knows how many of its characters were copied."""

    copied = 0

    def __getitem__(self, place: Any) -> str:
        part = super().__getitem__(place)
        self.copied += len(part)
        return part

    def __add__(self, other: str) -> str:
        self.copied += len(self)
        return super().__add__(other)


def test_cutting_a_text_takes_no_longer_the_more_of_it_there_is() -> None:
    copied = []
    for length in (40_000, 4_000_000):
        context = Watched(long_text("prose", length))
        remembered(context, "best food", TOKENIZER)
        copied.append(context.copied)
    assert 0 < copied[0] < 20_000
    assert copied[0] == pytest.approx(copied[1], rel=0.5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fixture", ["trained_model", "trained_char_model"])
def test_a_long_text_gives_the_same_typed_or_read_at_once(
    fixture: str, kind: str, request: pytest.FixtureRequest
) -> None:
    """Key by key over the borders of blocks, forth and back, pasted in pieces, and with a cursor that jumps."""
    model = Model.open(request.getfixturevalue(fixture))
    of_words = model.manifest.level == "word"
    typed = Suggester(model)
    border = 2 * (3_072 if of_words and kind not in ("code", "one word", "ideographs") else 512)
    text = long_text(kind, border + 300)
    near = range(border - 20, border + 8) if of_words else range(border - 4, border + 3)
    compared = {border - 1, border, border + 1, 300, len(text)}
    for stop in [*range(0, border - 20, 500), *near, *reversed(near), 300, len(text)]:
        found = typed.suggest(text[:stop], words=1 + of_words)
        if stop in compared:
            assert_same(found, Suggester(model).suggest(text[:stop], words=1 + of_words))


class Counting:
    """Remembers how many tokens it read, and counts its steps."""

    def __init__(self) -> None:
        self.steps = 0

    def initial_state(self) -> tuple[int, ...]:
        return ()

    def step(self, state: tuple[int, ...], tokens: Sequence[int]) -> tuple[int, ...]:
        self.steps += 1
        return (*state, *tokens)

    def read_text(self, state: tuple[int, ...], tokens: Sequence[int]) -> list[tuple[int, ...]]:
        after = []
        for token in tokens:
            state = self.step(state, [token])
            after.append(state)
        return after


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 2), st.lists(st.integers(0, 2), max_size=4)),
        min_size=1,
        max_size=12,
    )
)
def test_a_place_remembers_what_was_read_whatever_was_read_before(texts: list[tuple[int, int, list[int]]]) -> None:
    reader = ContextReader(Counting())
    written = list(islice(cycle([1, 2, 0]), 12))
    for length, start, others in texts:
        tokens = [*written[:length], *others]
        place = reader.at(tokens, start=start)
        assert place.state == tuple(tokens)
        assert place.last == tuple(tokens[-8:])
        assert reader.after(place, 7, 8).state == (*tokens, 7, 8)
        assert reader.at(tokens, start=start) is place
        reader.read_ahead(tokens[1:], start=start + 1, due=3)


def test_no_key_costs_many_steps() -> None:
    """Also where the oldest block of a long text is forgotten: the memory from there on is ready by then."""

    class Counted(Counting):
        def step(self, state: tuple[int, ...], tokens: Sequence[int]) -> tuple[int, ...]:
            return super().step((), tokens)

    counted = Counted()
    reader = ContextReader(counted)
    text = long_text("prose", 10_000)
    starts = [token.start for token in TOKENIZER.spans(text)]
    most, known = 0, 0
    for stop in range(len(text)):
        before = remembered("", text[:stop], TOKENIZER)
        known += known < len(starts) and starts[known] < stop
        tokens = starts[bisect_left(starts, before.start) : known]
        already = counted.steps
        if before.ahead is not None:
            ahead = before.start + before.ahead
            reader.read_ahead(tokens[bisect_left(tokens, ahead) :], start=ahead, due=before.due)
        reader.at(tokens, start=before.start)
        most = max(most, counted.steps - already)
    assert most <= 3


def test_a_key_more_costs_a_step_more(trained_model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    step = Mixture.step

    def counted(self: Mixture, state: MixtureState, tokens: Sequence[int]) -> MixtureState:
        steps[-1] += 1
        return step(self, state, tokens)

    monkeypatch.setattr(Mixture, "step", counted)
    suggester = Suggester.open(trained_model)
    text = long_text("prose", 6_200)
    for stop in range(5_900, 6_200):
        steps.append(0)
        suggester.suggest(text[:stop])
    assert max(steps[1:]) <= 6
