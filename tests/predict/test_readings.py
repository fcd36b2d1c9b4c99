"""Finished words that lack accents, apostrophe or capitals are context as the words that they stand for."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.interface.cli.app import run
from autocomplete.predict import readings
from autocomplete.predict.context import DoubtfulPlace
from autocomplete.predict.experts.mixture import Forecast
from autocomplete.predict.readings import Readings, mixed
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.words import WordRanker
from tests.predict import asking

ENGLISH = """\
I don't know where the ladder is.
I don't think the soup needs salt.
We can't reach the top shelf.
We aren't going out in the rain.
You're welcome to stay for dinner.
You're early for once.
They're painting the fence green.
They were painting the fence when it rained.
It's raining again.
It's the third time this week.
The cat lost its collar in the garden.
The shop keeps its lights on.
I'm sorry about the noise.
I'm glad you came.
I'll bring the spare keys.
I'll call the plumber tomorrow.
My aunt was ill for a week.
We're late for the train.
We're out of milk.
We were out of milk on Sunday.
The children were late for school.
I'd rather walk home.
She lost her id card at the station.
Let's paint the kitchen yellow.
He lets the dog sleep upstairs.
She'll never sell the old boat.
The shed door won't close.
The village well ran dry in August.
We'll meet at the bridge at noon.
Peter's bicycle has a flat tyre.
Peter moved to New Harbour last spring.
The ferry to New Harbour leaves at six.
A new bridge opens in spring.
The neighbour waters the tomatoes.
“Good morning,” said the baker.
“Good evening,” said the porter.
"""
EUROPE = """\
Où est passé le chat ?
Le café est très chaud.
Je préfère le thé à la menthe.
Il a oublié la clé à la maison.
Das Mädchen hört gern Märchen.
Viele Grüße aus Lübeck sendet Oma.
Die Straße ist heute gesperrt.
El niño está dormido.
Mañana será otro día.
Źdźbło trawy drży na łące.
"""


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Suggester]:
    """Trains a model of n-grams on some lines, each of which occurs ten times."""

    def of(text: str, *options: str) -> Suggester:
        folder = tmp_path_factory.mktemp("readings")
        (folder / "corpus.txt").write_text(text * 10, encoding="utf-8")
        arguments = ["train", str(folder / "corpus.txt"), "--model", str(folder / "model"), "--no-network"]
        assert run([*arguments, *options]) == 0
        return Suggester.open(folder / "model")

    return of


@pytest.fixture(scope="module")
def english(train: Callable[..., Suggester]) -> Suggester:
    return train(ENGLISH)


@pytest.fixture(scope="module")
def curly(train: Callable[..., Suggester]) -> Suggester:
    return train(ENGLISH.replace("'", "’"))


@pytest.fixture(scope="module")
def europe(train: Callable[..., Suggester]) -> Suggester:
    return train(EUROPE)


def ranker_of(suggester: Suggester) -> WordRanker:
    ranker = Suggester(suggester.model).model.ranker()
    assert isinstance(ranker, WordRanker)
    return ranker


SLOPPY = [
    ("I dont ", {"know", "think"}),
    ("i dont ", {"know", "think"}),
    ("we cant ", {"reach"}),
    ("We arent ", {"going"}),
    ("youre ", {"welcome", "early"}),
    ("Youre ", {"welcome", "early"}),
    ("theyre ", {"painting"}),
    ("im ", {"sorry", "glad"}),
    ("Im ", {"sorry", "glad"}),
    ("shell ", {"never"}),
    ("peters ", {"bicycle"}),
    ("Peters ", {"bicycle"}),
    ("the shed door wont ", {"close"}),
    ("moved to new ", {"Harbour"}),
    ("moved to new ha", {"Harbour"}),
    ("moved to new harbour ", {"last"}),
    ("moved to NEW ", {"Harbour"}),
]


@pytest.mark.parametrize(("typed", "wanted"), SLOPPY)
def test_a_sloppy_word_is_context_as_the_one_meant(english: Suggester, typed: str, wanted: set[str]) -> None:
    found = english.suggest(typed, k=5)
    asking.check(typed, found)
    assert found[0].text in wanted
    assert wanted <= {item.text for item in found[: len(wanted)]}
    assert sum(item.probability for item in found if item.text in wanted) > 0.8


@pytest.mark.parametrize(("typed", "wanted"), SLOPPY)
def test_so_it_is_where_the_corpus_has_curly_apostrophes(curly: Suggester, typed: str, wanted: set[str]) -> None:
    assert curly.suggest(typed, k=1)[0].text in wanted


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("ou est ", "passé"),
        ("le cafe ", "est"),
        ("je prefere le ", "thé"),
        ("il a oublie ", "la"),
        ("das madchen ", "hört"),
        ("Das Madchen ", "hört"),
        ("viele grusse ", "aus"),
        ("VIELE GRÜSSE ", "aus"),
        ("die strasse ", "ist"),
        ("El nino ", "está"),
        ("manana ", "será"),
        ("zdzblo ", "trawy"),
        ("drzy na la", "łące"),
    ],
)
def test_accents_may_be_left_out(europe: Suggester, typed: str, wanted: str) -> None:
    assert europe.suggest(typed, k=1)[0].text == wanted


@pytest.mark.parametrize(
    ("word", "other", "meant"),
    [
        ("they were ", "were ", "painting"),
        ("the children were ", "were ", "late"),
        ("the cat lost its ", "its ", "collar"),
        ("the shop keeps its ", "its ", "lights"),
        ("my aunt was ill ", "ill ", "for"),
        ("she lost her id ", "id ", "card"),
        ("he lets ", "lets ", "the"),
        ("the village well ", "well ", "ran"),
    ],
)
def test_words_that_are_contractions_without_apostrophe_stay_words(
    english: Suggester, word: str, other: str, meant: str
) -> None:
    """Where the context wants the word it is that, at a line's beginning the contraction."""
    assert english.suggest(word, k=1)[0].text == meant
    as_typed = {item.text: item.probability for item in english.suggest(word, k=20)}
    begun = {item.text: item.probability for item in english.suggest(other, k=20)}
    assert begun[meant] < as_typed[meant]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("were ", "out"),
        ("its ", "raining"),
        ("ill ", "call"),
        ("id ", "rather"),
        ("lets ", "paint"),
        ("well ", "meet"),
    ],
)
def test_at_a_lines_beginning_they_are_the_contraction(english: Suggester, typed: str, meant: str) -> None:
    assert meant in {item.text for item in english.suggest(typed, k=2)}


@pytest.mark.parametrize(
    ("typed", "contraction"),
    [("im", "I'm"), ("ill", "I'll"), ("youre", "You're"), ("well", "We'll"), ("were", "We're"), ("theyr", "They're")],
)
def test_a_half_typed_one_is_offered_the_contraction(english: Suggester, typed: str, contraction: str) -> None:
    found = english.suggest(typed, k=3, mode="complete")
    assert (contraction, len(typed)) in {(item.text, item.replace) for item in found}


@pytest.mark.parametrize(("typed", "words"), [("The village well", ["well"]), ("was ill", ["ill"])])
def test_but_not_where_the_word_stands(english: Suggester, typed: str, words: list[str]) -> None:
    """What is there is finished: what follows it comes before a repair of it."""
    assert english.suggest(typed, k=1)[0].kind == "next"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("were late ", "for"),
        ("were out of ", "milk"),
        ("ill call ", "the"),
        ("id rather ", "walk"),
        ("well meet ", "at"),
        ("its rai", "raining"),
    ],
)
def test_what_comes_after_a_word_tells_what_it_was(english: Suggester, typed: str, wanted: str) -> None:
    assert english.suggest(typed, k=1)[0].text == wanted


def test_a_later_word_makes_a_reading_surer(english: Suggester) -> None:
    ranker = ranker_of(english)
    place = ranker.place(["were"])
    assert isinstance(place, DoubtfulPlace)
    assert 0.0 < place.doubt <= 0.5
    later = ranker.place(["were", "late"])
    assert not isinstance(later, DoubtfulPlace) or later.doubt < place.doubt


@pytest.mark.parametrize(
    ("straight", "set_"),
    [('"Good ', "“Good "), ('"', "“"), ('"Good morning," ', "“Good morning,” "), ('"Good mor', "“Good mor")],
)
def test_straight_quotes_are_those_of_the_corpus(english: Suggester, straight: str, set_: str) -> None:
    found, expected = english.suggest(straight, k=2), english.suggest(set_, k=2)
    assert [item.text for item in found] == [item.text for item in expected]
    assert found[0].result.startswith(straight.rstrip())


@pytest.mark.parametrize(
    ("typed", "wanted"), [("I don’t ", "know"), ("Peter’s ", "bicycle"), ("we can’t ", "reach"), ("I'm ", "sorry")]
)
def test_either_apostrophe_is_that_of_the_corpus(english: Suggester, curly: Suggester, typed: str, wanted: str) -> None:
    for suggester in (english, curly):
        assert wanted in {item.text for item in suggester.suggest(typed, k=2)}


def test_a_corpus_with_both_apostrophes_has_one_word_in_both(train: Callable[..., Suggester]) -> None:
    both = train("We can't reach the shelf.\nWe can’t reach the ceiling.\nNobody can sing here.\n")
    for typed in ("We can't reach the ", "We can’t reach the ", "we cant reach the "):
        found = {item.text: item.probability for item in both.suggest(typed, k=2)}
        assert found.keys() == {"shelf", "ceiling"}


@pytest.mark.parametrize(
    ("typed", "wanted"), [("the neighbuor ", "waters"), ("The neighbor ", "waters"), ("the brigde opens ", "in")]
)
def test_a_misspelt_word_is_context(english: Suggester, typed: str, wanted: str) -> None:
    assert english.suggest(typed, k=1)[0].text == wanted


@pytest.mark.parametrize(
    ("typed", "stem"),
    [("the baker's ", "the baker "), ("the porter’s ", "the porter "), ("neighbour's ", "neighbour ")],
)
def test_a_possessive_that_is_nowhere_known_keeps_the_context_of_its_owner(
    english: Suggester, typed: str, stem: str
) -> None:
    found, expected = english.suggest(typed, k=3), english.suggest(stem, k=3)
    assert {item.text for item in found} & {item.text for item in expected if item.text[0].isalnum()}


@pytest.mark.parametrize("typed", [case[0] for case in SLOPPY])
def test_text_before_the_word_is_never_rewritten(english: Suggester, typed: str) -> None:
    kept = typed[: typed.rstrip().rfind(" ") + 1] if not typed.endswith(" ") else typed.rstrip()
    for item in english.suggest(typed, k=10, words=3):
        assert item.result.startswith(kept)


WORDS = [
    "dont",
    "Im",
    "were",
    "its",
    "ill",
    "new",
    "harbour",
    "peters",
    "the",
    "late",
    "zzz",
    '"',
    ".",
    "\n",
    "I",
    "WE",
]


@asking.several
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6),
    end=st.sampled_from(["", " "]),
    few=st.integers(1, 3),
)
def test_whatever_was_typed_the_contract_holds(english: Suggester, words: list[str], end: str, few: int) -> None:
    asking.check(" ".join(words) + end, english.suggest(" ".join(words) + end, words=few), words=few)


@asking.several
@given(words=st.lists(st.sampled_from(WORDS[:11]), min_size=1, max_size=6))
def test_what_may_follow_is_a_distribution(english: Suggester, words: list[str]) -> None:
    ranker = ranker_of(english)
    place = ranker.place(words)
    forecast = ranker.forecast(place)
    assert forecast.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    assert sum(gift.sum() for gift in forecast.gifts.values()) == pytest.approx(1.0, abs=1e-5)
    if isinstance(place, DoubtfulPlace):
        assert 0.0 < place.doubt <= 0.5


def test_a_text_that_is_typed_reads_as_one_that_is_there(english: Suggester) -> None:
    for text in ("were late for the train. Im sure its", "i dont know if theyre out of milk. well, id rather"):
        for stop in range(len(text) + 1):
            typed = english.suggest(text[:stop], words=2)
            asking.assert_same(typed, Suggester(english.model).suggest(text[:stop], words=2))


def test_where_no_word_stands_for_another_the_answer_is_that_of_the_text(
    english: Suggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["The ladder is ", "We can't rea", "She'll never sell the old bo", "tomatoes ", "", "zzz "]
    found = [Suggester(english.model).suggest(text, k=20, words=2) for text in texts]
    monkeypatch.setattr(Readings, "_meanings_of", lambda *_: ())
    assert found == [Suggester(english.model).suggest(text, k=20, words=2) for text in texts]


def test_only_the_last_three_words_are_read_anew(english: Suggester) -> None:
    ranker = ranker_of(english)
    for count in range(6):
        place = ranker.place(["Im", *["tomatoes"] * count])
        read = english.model.vocabulary.id("I'm") in place.last
        assert read == (count < readings._WORDS)


def test_a_line_is_not_read_anew_by_the_next(english: Suggester) -> None:
    english_ids = english.model.vocabulary
    assert english_ids.id("I'm") not in ranker_of(english).place(["Im", "<eos>", "The"]).last


def test_a_personal_name_that_was_written_before_stays_that(english: Suggester) -> None:
    """A name that the model does not know is no misspelling of a word once the writer has used it."""
    found = english.suggest("Petra waters the tomatoes. Petr", k=1)
    assert found[0].text == "Petra"


def test_commands_mean_what_was_typed(train: Callable[..., Suggester]) -> None:
    shell = train("cd Docs\ncd docs\nls Docs -a\ngrep don't notes\nrm Notes\n" * 8, "--layout", "commands")
    ranker = ranker_of(shell)
    for words in (["cd", "docs"], ["CD"], ["grep", "dont"]):
        assert not isinstance(ranker.place(words), DoubtfulPlace)
        known = {shell.model.vocabulary.id(word) for word in words}
        assert {token for token in ranker.place(words).last if token < shell.model.vocabulary.size} <= known


@pytest.mark.parametrize(
    "typed", ["a'" * 4000 + "a ", "É" * 8000 + " ", "'" * 5000, "’s" * 3000 + " ", '"' * 3000 + " "]
)
def test_odd_words_are_read_in_one_way(english: Suggester, typed: str) -> None:
    asking.check(typed, english.suggest(typed, k=3))


def test_two_forecasts_are_mixed_word_by_word() -> None:
    def forecast(further: list[int], gift: list[float], name: str) -> Forecast:
        given_ = np.array(gift, np.float32)
        return Forecast(given_, np.array(further, np.int64), {name: 1.0}, {name: given_}, {name: np.zeros(1)})

    one = forecast([7], [0.5, 0.25, 0.25], "ngram")
    other = forecast([9, 7], [0.1, 0.2, 0.3, 0.4], "cache")
    found = mixed([one, other], 0.25)
    assert found.further.tolist() == [7, 9]
    assert found.probabilities == pytest.approx([0.4, 0.2375, 0.2875, 0.075])
    assert found.weights == pytest.approx({"ngram": 0.75, "cache": 0.25})
    assert found.gifts["cache"] == pytest.approx([0.025, 0.05, 0.1, 0.075])
