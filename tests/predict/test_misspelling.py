"""Laws of misspellings: what sounds alike, what that costs, and which words are meant."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.interface.cli.app import run
from autocomplete.predict.lexicon import FINGER_SLIP, Lexicon, slip
from autocomplete.predict.misspelling import price_of, skeleton, spelled_by_ear
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.text.vocabulary import Joining, Vocabulary
from benchmarks.misspellings import HALVES, is_found, misspellings

COMMON = 1_000


def lexicon(*words: str, count: int = COMMON, syntax: str = "prose") -> Lexicon:
    """Knows just these words, each so often."""
    counts = [0, 0, *[count] * len(words)]
    return Lexicon(Vocabulary(["<unk>", "<eos>", *words], counts, Joining(), []), syntax)  # type: ignore[arg-type]


def meant(known: Lexicon, word: str) -> list[str]:
    return [known.vocabulary.tokens[number] for number, _ in known.meant_by(word)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fotograph", "photograph"), ("nife", "knife"), ("rong", "wrong"), ("kwality", "quality"), ("brige", "bridge"),
        ("sykology", "psychology"), ("attension", "attention"), ("wich", "which"), ("whisle", "whistle"),
        ("tommorow", "tomorrow"), ("ЗДЕЛАТЬ", "сделать"), ("παιδή", "παιδί"), ("rytmus", "Rhythmus"),
    ],
)  # fmt: skip
def test_what_sounds_alike_has_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
    assert spelled_by_ear(*(skeleton(word) for word in (one, other))) == 0.0  # the same is no misspelling


@given(words=st.lists(st.text(st.characters(categories=["L", "M", "N", "P"])), min_size=1, max_size=6))
def test_skeletons_of_many_words_are_those_of_each(words: list[str]) -> None:
    assert skeleton("\n".join(words)) == "\n".join(skeleton(word) for word in words)


@given(word=st.text("aeihnkpstw", min_size=3, max_size=9), typed=st.text("aeihnkpstw", min_size=1, max_size=9))
def test_only_a_word_that_begins_as_typed_costs_nothing(word: str, typed: str) -> None:
    price = price_of(typed, word, 5.0)
    assert price >= 0.0
    assert (price == 0.0) == word.startswith(typed)


@pytest.mark.parametrize(
    ("near", "far", "word"),
    [
        ("definately", "dafanataly", "definitely"),
        ("tommorow", "tammerrow", "tomorrow"),
        ("freind", "fraund", "friend"),
        ("imediate", "emedeate", "immediate"),
    ],
)
def test_more_confusions_are_less_likely(near: str, far: str, word: str) -> None:
    assert slip(near, word) > slip(far, word)


@pytest.mark.parametrize(
    "typed", ["definatly", "neccesary", "tommorow", "ocassion", "dissapointed", "fisical", "dosent", "wouldent"]
)
def test_several_confusions_are_likelier_than_chance(typed: str) -> None:
    words = {
        "definatly": "definitely", "neccesary": "necessary", "tommorow": "tomorrow", "ocassion": "occasion",
        "dissapointed": "disappointed", "fisical": "physical", "dosent": "doesn't", "wouldent": "wouldn't",
    }  # fmt: skip
    assert slip(typed, words[typed]) > FINGER_SLIP**2


@pytest.mark.parametrize(
    ("typed", "word"),
    [("2nite", "tonite"), ("b4", "before"), ("gr8ful", "grateful"), ("re-cieve", "receive"), ("x1", "x2")],
)
def test_digits_and_typed_marks_are_no_sounds(typed: str, word: str) -> None:
    assert spelled_by_ear(typed, word) == 0.0


@pytest.mark.parametrize("half", HALVES)
def test_what_is_misspelt_is_found_among_all_words_of_the_table(half: str) -> None:
    """Whatever their context: of four common misspellings three name their word alone or first."""
    table = misspellings(half)
    known = lexicon(*dict.fromkeys(pair.meant for pair in table))
    first = [pair.meant in meant(known, pair.typed)[:1] for pair in table]
    assert sum(first) >= 0.75 * len(table)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """On a model that knows all words of the table, one as well as the other."""
    folder = tmp_path_factory.mktemp("table")
    words = dict.fromkeys(pair.meant for half in HALVES for pair in misspellings(half))
    (folder / "said.txt").write_text("".join(f"say {word} now\n" for word in words) * 4, encoding="utf-8")
    assert run(["train", str(folder / "said.txt"), "--model", str(folder / "model"), "--no-network"]) == 0
    return Session(Model.open(folder / "model"))


@pytest.mark.parametrize("half", HALVES)
def test_what_is_misspelt_is_among_three_once_it_is_typed_and_mostly_after_four_letters(
    session: Session, half: str
) -> None:
    table = misspellings(half)
    whole = [is_found(session, pair, letters=len(pair.typed)) for pair in table]
    four = [is_found(session, pair, letters=4) for pair in table]
    assert sum(whole) > 0.9 * len(table)
    assert sum(four) > 0.8 * len(table)


def test_a_word_that_is_used_often_is_meant_as_it_is() -> None:
    known = lexicon("form", "from", "loosing", "losing")
    assert meant(known, "form") == meant(known, "loosing") == []


def test_a_rare_misspelling_in_the_corpus_is_meant_as_the_word() -> None:
    vocabulary = Vocabulary(["<unk>", "<eos>", "receive", "recieve"], [0, 0, 10**6, 3], Joining(), [])
    assert meant(Lexicon(vocabulary), "recieve") == ["receive"]


@pytest.mark.parametrize("word", ["dont", "CAFE", "cafe", "Dont", "café"])
def test_case_accents_and_apostrophes_are_no_misspellings(word: str) -> None:
    assert meant(lexicon("don't", "café"), word) == []


@pytest.mark.parametrize(
    ("word", "found"),
    [("hte", ["the"]), ("Freind", ["friend"]), ("wold", ["world", "would"]), ("thee", ["the"]), ("xx", []), ("", [])],
)
def test_a_finished_word_is_compared_as_a_whole(word: str, found: list[str]) -> None:
    known = lexicon("the", "friend", "friendship", "world", "would", "theatre")
    assert sorted(meant(known, word)) == found


def test_the_words_of_commands_are_meant_as_they_are() -> None:
    assert meant(lexicon("commit", syntax="commands"), "comit") == []


@pytest.mark.parametrize("letters", ["a" * 20_000, "ab" * 10_000, "hgh" * 5_000, "ß" * 10_000, "\u0301" * 10_000])
def test_a_long_word_is_compared_in_bounded_steps(letters: str) -> None:
    assert meant(lexicon("abandon", letters[:200] + "x"), letters) == []
    assert math.isinf(price_of(letters[::-1], "the" * 1_000, 5.0))
