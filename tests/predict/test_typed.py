"""Laws of the end of a text: what is half-typed there, marks inside words, quotes, and misspellings of the corpus."""

from collections.abc import Callable
from itertools import pairwise, product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autocomplete.config import Layout
from autocomplete.interface.cli.app import run
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.typed import TypedText, begins_address, joined_endings
from autocomplete.predict.word_ids import WordIds
from autocomplete.text.tokenizer import Token, Tokenizer
from autocomplete.text.vocabulary import Joining, Vocabulary
from tests.predict.asking import with_threshold

TOKENIZER = Tokenizer("word", "lines")
LINES = [
    "visit www.example.org for more",
    "it cost 3.5 dollars or 3.25 in all",
    "cakes, e.g. scones, are sweet",
    "they came from the U.S. by ship",
    "we have 3 or 4. More will come",
    'she said "yes please" to him',
    'he said "no thanks" to her',
    "(as told) it was so",
]


@pytest.fixture(scope="module")
def suggester(tmp_path_factory: pytest.TempPathFactory) -> Suggester:
    """A model of n-grams that knows addresses, decimals, initialisms, quotes, and one misspelling among many lines."""
    folder = tmp_path_factory.mktemp("tails")
    corpus = folder / "corpus.txt"
    often = ["hoping to receive your letter soon"] * 25_000
    once = [f"q{''.join(letters)}" for letters in product("aeiou", repeat=4)]
    corpus.write_text("\n".join([*LINES * 10, *often, "recieve the bill", *once]) + "\n", encoding="utf-8")
    valid = folder / "valid.txt"
    valid.write_text("\n".join(LINES), encoding="utf-8")
    model = str(folder / "model")
    assert run(["train", str(corpus), "--valid", str(valid), "--no-network", "--budget", "5s", "--model", model]) == 0
    return Suggester.open(model)


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("visit www.", "visit www.example.org"),
        ("visit www.ex", "visit www.example.org"),
        ("it cost 3.", "it cost 3.5"),
        ("it cost $3.2", "it cost $3.25"),
        ("cakes, e.", "cakes, e.g."),
        ("cakes, e.g", "cakes, e.g."),
        ("came from the U.S", "came from the U.S."),
        ("came from the u.s", "came from the U.S."),
    ],
)
def test_a_mark_inside_a_known_word_keeps_it_together(suggester: Suggester, typed: str, result: str) -> None:
    first = suggester.suggest(typed, k=1)[0]
    assert (first.result, first.kind) == (result, "complete")


@pytest.mark.parametrize("typed", ["www.", "see http://", "WWW.", "at https:/"])
@pytest.mark.parametrize("mode", ["auto", "next"])
def test_nothing_stands_apart_in_an_address(suggester: Suggester, typed: str, mode: str) -> None:
    found = suggester.suggest(typed, k=20, mode=mode)  # type: ignore[arg-type]
    assert all(" " not in item.insert for item in found)


@pytest.mark.parametrize("typed", ["cakes, e.g", "U.S", "it cost 3.", "RECEIVE", "q", "qa", "we have 3 or 4"])
def test_a_short_list_begins_the_longer_one(suggester: Suggester, typed: str) -> None:
    every = suggester.suggest(typed, k=100)
    for k in range(1, 9):
        found = suggester.suggest(typed, k=k)
        assert [item.result for item in found] == [item.result for item in every[:k]]
        assert [item.probability for item in found] == pytest.approx([item.probability for item in every[:k]])


def test_a_number_at_the_end_of_a_sentence_is_finished_too(suggester: Suggester) -> None:
    found = {item.result for item in suggester.suggest("we have 3 or 4.", k=3)}
    assert "we have 3 or 4. More" in found
    both = {item.kind for item in suggester.suggest("it cost 3.", k=40)}
    assert both == {"next", "complete"}


@pytest.mark.parametrize("typed", ["it was so.", "cakes,", "soon: ", "we have 3. ", "word.Next", "a/", "...", "("])
def test_other_marks_end_a_word(suggester: Suggester, typed: str) -> None:
    found = suggester.suggest(typed, k=8, mode="next")
    assert found
    assert all(item.kind == "next" for item in found)


@given(st.text("ab3.,:/ -('\n", max_size=12))
def test_a_joined_ending_is_the_end_of_the_text_without_a_space(typed: str) -> None:
    spans = TOKENIZER.spans(typed)
    tails = [(found, found.tail) for found in joined_endings(spans, typed)]
    for found, tail in tails:
        assert tail is not None
        assert typed.endswith(tail.text)
        assert " " not in tail.text
        assert tail.text[0].isalnum()
        assert [*found.finished, *found.pieces] == spans
    assert all(len(one.pieces) > len(other.pieces) for (one, _), (other, _) in pairwise(tails))


@pytest.mark.parametrize(("typed", "begun"), [("www.", True), ("a http://", True), ("awww.", False), ("at: ", False)])
def test_the_beginning_of_an_address_is_told(typed: str, begun: bool) -> None:
    assert begins_address(typed) == begun


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ('she said "', 'she said "yes'),
        ('she said "yes please"', 'she said "yes please" to'),
        ('he said "no and went. she said "', 'he said "no and went. she said "yes'),
        ('a 5" pipe she said "', 'a 5" pipe she said "yes'),
        ('he said "no\nshe said "', 'he said "no\nshe said "yes'),
        ('he said "no and went. she said "yes please"', 'he said "no and went. she said "yes please" to'),
    ],
)
def test_the_spaces_around_a_quote_say_whether_it_opens(suggester: Suggester, typed: str, result: str) -> None:
    assert suggester.suggest(typed, k=1, mode="next")[0].result == result


def test_a_phrase_goes_on_within_the_quotation_that_was_opened(suggester: Suggester) -> None:
    sure = with_threshold(suggester, 0.1)
    found = sure.suggest('he said "no and went. she said "', k=1, words=4)[0]
    assert found.text.startswith('yes please" to')


@pytest.mark.parametrize("typed", ["hoping to recie", "hoping to recieve"])
def test_a_misspelling_of_the_corpus_competes_with_what_was_meant(suggester: Suggester, typed: str) -> None:
    found = suggester.suggest(typed, k=3)
    assert found[0].result == "hoping to receive"
    assert sum(item.probability for item in found) <= 1.0


def test_a_misspelling_is_still_offered_where_the_corpus_has_it(suggester: Suggester) -> None:
    assert "recieve" in {item.text for item in suggester.suggest("recie", k=3)}


def test_an_accent_that_was_typed_is_seldom_taken_back(suggester: Suggester) -> None:
    plain, accented = (suggester.suggest(f"hoping to {tail}", k=8, mode="complete") for tail in ("recei", "récei"))
    assert plain[0].probability > 0.9
    assert accented[0].text == "receive"
    assert sum(item.probability for item in accented) <= 0.5


@pytest.mark.parametrize("layout", ["lines", "text", "commands"])
@pytest.mark.parametrize("pretokenized", [False, True])
@given(
    pieces=st.lists(
        st.sampled_from(
            ["a", " ", "  ", "\n", ".", "don't", "e\u0301", "\u0301", "1,5", "\t", "\u200b", "\x00", '"', ' "', '" ']
        ),
        max_size=25,
    )
)
@example(pieces=["a", " ", "\u200b", "\n", "a"])
@example(pieces=["\u200b", "\u0301", " ", "e\u0301"])
@example(pieces=["a", '" ', "\u200b"])
@example(pieces=["a", '"', "\n", "\n", "a"])
def test_a_growing_text_is_read_as_the_whole(layout: Layout, pretokenized: bool, pieces: list[str]) -> None:
    tokenizer = Tokenizer("word", layout, pretokenized)
    vocabulary = Vocabulary(["<unk>", "<eos>", "a", '"'], [1] * 4, Joining(quote=3))
    words = WordIds(Lexicon(vocabulary))
    typed = TypedText(tokenizer, words, vocabulary.joining)

    def check(text: str) -> None:
        written, fresh = typed.read(text), tokenizer.spans(text)
        assert list(written.tokens) == fresh
        assert written.unknown <= {token.text for token in fresh if token.text not in vocabulary}
        spaced = [*(token.spaced for token in fresh), text[-1:].isspace()]
        expected = vocabulary.joining.quoting([words.known_id(token.text) for token in fresh], spaced)
        assert typed.quoting(written) == expected
        assert typed.ids(written, fresh) == [words.id(token.text) for token in fresh]

    for stop in range(len(pieces) + 1):
        check("".join(pieces[:stop]))
    for stop in reversed(range(len(pieces))):  # and what is typed anew after going back
        assert list(typed.glance("".join([*pieces[:stop], "b"])).tokens) == tokenizer.spans(
            "".join([*pieces[:stop], "b"])
        )
        check("".join(pieces[:stop]))
        check("".join([*pieces[:stop], "ca", *pieces[stop + 1 :]]))


def test_what_was_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a key more, nor for what a suggestion would make of the text."""
    vocabulary = Vocabulary(["<unk>", "<eos>", "a"], [1] * 3, Joining())
    typed = TypedText(TOKENIZER, WordIds(Lexicon(vocabulary)), vocabulary.joining)
    text = "best food\nin Las Vegas " * 50
    typed.read(text + "best fo")
    lengths: list[int] = []
    spans = Tokenizer.spans

    def counted(self: Tokenizer, part: str, count: Callable[[str], int] | None) -> list[Token]:
        lengths.append(len(part))
        return spans(self, part, count)

    monkeypatch.setattr(Tokenizer, "spans", counted)
    for end in ("best foo", "best food", "best food ", "best fo"):
        typed.read(text + end)
        typed.glance(text + "best ")
        typed.glance(text + "best food in")
    assert len(lengths) == 12
    assert max(lengths) < 20
