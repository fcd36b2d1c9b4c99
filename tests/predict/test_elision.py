"""Words behind an elided article are known behind another, and alone, where they stood behind one only."""

from collections.abc import Callable

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.elision import Elisions
from autocomplete.predict.lexicon import Lexicon
from autocomplete.predict.suggester import Suggester
from autocomplete.text.vocabulary import Joining, Vocabulary
from tests.predict.asking import check

FRENCH = """\
L'hiver arrive avec l'averse du matin.
L'oiseau chante dans l'olivier.
J'écoute l'orage depuis l'étable.
Elle n'aime pas l'odeur de l'oignon.
Il n'oublie jamais l'anniversaire d'Élodie.
D'habitude elle achète l'huile au marché.
Nous avons besoin d'une échelle.
L'échelle est contre le mur de l'étable.
Aujourd'hui il fait froid.
Qu'il vienne quand il veut.
"""
ITALIAN = """\
L'acqua del lago è fredda.
Un'amica dell'università abita qui.
Ho visto l'isola dall'aereo.
Nell'armadio c'è un ombrello.
L'inverno è lungo in montagna.
L'ombra arriva presto.
"""
CATALAN = """\
L'hivern és llarg a l'illa.
Vull un got d'aigua freda.
L'oncle arriba demà.
S'ha acabat l'oli.
Parla d'una altra cosa.
"""
ENGLISH = """\
I don't think it's o'clock yet.
O'Hara and O'Brien met O'Neill.
You're right, they've left and we'll go.
She's sure that I'd have called.
Y'all aren't coming, ma'am?
"""


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Suggester]:
    """Trains a model of n-grams on some lines, each of which occurs ten times."""

    def of(text: str) -> Suggester:
        folder = tmp_path_factory.mktemp("elision")
        (folder / "corpus.txt").write_text(text * 10, encoding="utf-8")
        assert run(["train", str(folder / "corpus.txt"), "--model", str(folder / "model"), "--no-network"]) == 0
        return Suggester.open(folder / "model")

    return of


@pytest.fixture(scope="module")
def french(train: Callable[[str], Suggester]) -> Suggester:
    return train(FRENCH)


@pytest.fixture(scope="module")
def romance(train: Callable[[str], Suggester]) -> Suggester:
    return train(ITALIAN + CATALAN)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("d'aver", "d'averse"),
        ("l'anniv", "l'anniversaire"),
        ("d'oig", "d'oignon"),
        ("d’oig", "d’oignon"),
        ("près de l'ech", "l'échelle"),
        ("d'etab", "d'étable"),
        ("qu'ell", "qu'elle"),
        ("pas d'huil", "d'huile"),
        ("l'habi", "l'habitude"),
        ("D'AVER", "D'AVERSE"),
        ("Un ois", "oiseau"),
        ("un ora", "orage"),
        ("une ode", "odeur"),
        ("une etab", "étable"),
    ],
)
def test_a_word_is_found_behind_an_article_that_it_never_followed(french: Suggester, typed: str, word: str) -> None:
    found = french.suggest(typed, k=5)
    check(typed, found)
    assert (found[0].text, found[0].kind) == (word, "complete")


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("l'univ", "l'università"),
        ("dell'acq", "dell'acqua"),
        ("nell'omb", "nell'ombra"),
        ("un'isol", "un'isola"),
        ("una isol", "isola"),
        ("d'oli", "d'oli"),
        ("l'aig", "l'aigua"),
        ("d'hiv", "d'hivern"),
    ],
)
def test_so_it_is_in_italian_and_catalan(romance: Suggester, typed: str, word: str) -> None:
    found = [item.text for item in romance.suggest(typed, k=2)]
    assert word in found or word == typed


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("d'averse ", "l'averse "),
        ("averse ", "l'averse "),
        ("un oiseau ", "L'oiseau "),
        ("d'oiseau ", "L'oiseau "),
        ("d’échelle ", "L'échelle "),
        ("d'echelle ", "L'échelle "),
    ],
)
def test_as_a_finished_word_it_is_context_as_behind_the_other(french: Suggester, typed: str, known: str) -> None:
    assert french.suggest(typed, k=1)[0].text == french.suggest(known, k=1)[0].text


def test_a_finished_one_is_followed_before_the_space_is_typed(french: Suggester) -> None:
    assert french.suggest("d'averse", k=1)[0].result == "d'averse du"


def test_what_the_corpus_has_comes_first(french: Suggester) -> None:
    assert french.suggest("de l'oi", k=1)[0].text == "l'oignon"
    assert french.suggest("dans l'ol", k=1)[0].text == "l'olivier"


def lexicon_of(counts: dict[str, int]) -> Lexicon:
    return Lexicon(Vocabulary(["<unk>", "<eos>", *counts], [0, 0, *counts.values()], Joining(), []))


ARTICLES = {"l'eau": 9, "l'ami": 8, "l'oncle": 7, "de": 30, "d'or": 3, "aujourd'hui": 3, "L’Europe": 2, "encore": 5}


def test_articles_are_learned_from_the_words() -> None:
    elisions = lexicon_of(ARTICLES).elisions
    assert set(elisions.beginning_with("d'o")) == {"d'oncle"}
    assert set(elisions.beginning_with("d'e")) == {"d'eau", "d'Europe", "d'encore"}
    assert set(elisions.beginning_with("o")) == {"oncle", "or"}
    assert elisions.beginning_with("d'") == {}  # too many to tell
    assert elisions.beginning_with("x'e") == {}
    assert (
        sum(sum(elisions.beginning_with(part + letter).values()) for part in ("", "d'", "l'") for letter in "aeiou") < 1
    )


def test_others_are_the_same_word_behind_other_articles_and_alone() -> None:
    lexicon = lexicon_of(ARTICLES)
    named = [lexicon.vocabulary.tokens[token] for token in lexicon.elisions.others("d'eau")]
    assert named == ["l'eau"]
    assert [lexicon.vocabulary.tokens[token] for token in lexicon.elisions.others("l'encore")] == ["encore"]
    assert lexicon.elisions.others("x'eau") == lexicon.elisions.others("zzz") == []


@pytest.mark.parametrize(
    "counts",
    [
        {"don't": 9, "can't": 9, "I'm": 9, "I'll": 9, "you're": 9, "we've": 9, "o'clock": 3, "ma'am": 2, "y'all": 2},
        {"O'Brien": 9, "O'Neill": 9, "O'Connor": 9, "O'Hara": 9, "O'Higgins": 2, "the": 9},
        {"п'ять": 9, "п'ятниця": 9, "м'яч": 9, "здоров'я": 9, "об'єкт": 9},
        {"d'etat": 2, "d'Arc": 1, "d'Ivoire": 1, "the": 9000},
        {"'": 9, "’": 9, "a'": 9, "'s": 9},
        {},
    ],
)
def test_contractions_names_and_chance_are_no_articles(counts: dict[str, int]) -> None:
    elisions = lexicon_of(counts).elisions
    for begun in ("d'e", "O'C", "I'l", "a", "п'я", "y'a", "'", "''", ""):
        assert elisions.beginning_with(begun) == {}
        assert elisions.others(begun + "xyz") == []


@pytest.mark.parametrize("typed", ["O'Bri", "they'v", "we'l", "hara", "all"])
def test_english_is_as_it_was(train: Callable[[str], Suggester], typed: str) -> None:
    known = {*ENGLISH.replace(".", " ").replace(",", " ").replace("?", " ").split()}
    found = train(ENGLISH).suggest(typed, k=9, mode="complete")
    assert {item.text.casefold() for item in found} <= {word.casefold() for word in known}


def test_a_word_of_apostrophes_takes_no_time() -> None:
    elisions = Lexicon(Vocabulary(["<unk>", "<eos>", *ARTICLES], [0, 0, *ARTICLES.values()], Joining(), [])).elisions
    for odd in ("l'" * 20_000, "'" * 40_000, "l'" + "e" * 40_000):
        assert isinstance(elisions, Elisions)
        assert elisions.beginning_with(odd) == {}
        assert elisions.others(odd) == []
