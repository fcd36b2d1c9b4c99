"""Laws of the personal expert: silent without text, a distribution with it, and obedient at once."""

import contextlib
import math
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocomplete import bundle
from autocomplete.errors import ModelError, UsageError
from autocomplete.learned.store import (
    LARGEST_WEIGHT,
    PersonalStore,
    Trial,
    kind_of_evidence,
    responsibility,
    weight_after,
)
from autocomplete.predict.experts.mixture import Forecast
from autocomplete.predict.experts.personal import LARGEST_LEARNED_SHARE, PersonalEvidence, PersonalExpert
from autocomplete.predict.model import Model
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Suggestion
from autocomplete.predict.words import WordRanker
from tests.predict.asking import assert_same

PHRASE = "the frobnicator of Zanzibolt"
LINES = [PHRASE, PHRASE, "best food in Las Zanzibolt", "how to frobnicate an egg", "weather in Paris tomorrow", PHRASE]
TYPED = [
    "",
    "the ",
    "the frob",
    "the frobnicator of",
    "the frobnicator of ",
    "best food in Las ",
    "weather in Par",
    "Zan",
]


@pytest.fixture
def folder(trained_model: str, tmp_path: Path) -> Path:
    """A model of one's own, with nothing learned yet."""
    return Path(shutil.copytree(trained_model, tmp_path / "model"))


@pytest.fixture
def taught(folder: Path) -> Suggester:
    suggester = Suggester.open(folder)
    for line in LINES:
        assert suggester.learn(line)
    return suggester


def texts(found: list[Suggestion]) -> set[str]:
    return {item.text for item in found}


def forecasts(folder: Path, typed: str) -> tuple[Forecast, Forecast]:
    """What may follow finished words, without and with what was learned."""
    model = Model.open(folder)
    plain, personal = model.ranker(), model.ranker(PersonalStore(folder, model.tokenizer))
    assert isinstance(plain, WordRanker)
    assert isinstance(personal, WordRanker)
    assert isinstance(personal._personal, PersonalExpert)
    personal._personal.changed()
    words = [token.text for token in model.tokenizer.spans(typed)]
    return plain.forecast(plain.place(words)), personal.forecast(personal.place(words))


def test_without_learned_text_suggestions_are_what_they_were(trained_model: str, folder: Path) -> None:
    for typed in TYPED:
        plain = Suggester(Model.open(trained_model))
        assert Suggester.open(folder).suggest(typed, k=20) == plain.suggest(typed, k=20)


def test_where_nothing_matches_next_words_are_what_they_were(trained_model: str, folder: Path) -> None:
    Suggester.open(folder).learn("xylophone zebra")
    one, other = Suggester(Model.open(trained_model)), Suggester.open(folder)
    for typed in ["best food in Las ", "weather "]:
        assert other.suggest(typed, k=20) == one.suggest(typed, k=20)


def test_a_line_begun_again_goes_on_though_phrases_of_the_model_have_to_be_surer(folder: Path) -> None:
    """What the lines taught needs no more than a next word does; what the model says itself, what phrases need."""
    manifest = bundle.read_manifest(folder)
    bundle.publish(folder, manifest.with_thresholds(bundle.Thresholds(next=0.2, complete=0.2, phrase=0.99)))
    suggester = Suggester.open(folder)
    assert all(" " not in text for text in texts(suggester.suggest("best food in ", k=3, words=4)))
    for _ in range(3):
        suggester.learn(PHRASE)
    assert "frobnicator of Zanzibolt" in texts(suggester.suggest("the ", k=3, words=4))
    assert all(" " not in text for text in texts(suggester.suggest("best food in ", k=3, words=4)))
    asked = suggester.suggest("the ", k=3, words=4, min_probability=bundle.Thresholds(0.99, 0.0, 0.0))
    assert asked == []


def test_a_new_program_offers_what_was_typed_three_times(folder: Path, trained_model: str) -> None:
    suggester = Suggester.open(folder)
    for typed in ("the frobnicator of ", "I see Zanz"):
        assert "Zanzibolt" not in texts(suggester.suggest(typed, k=100))
    for _ in range(3):
        suggester.learn(PHRASE)
    for again in (suggester, Suggester.open(folder)):
        assert again.suggest("the frobnicator of ", k=1)[0].text == "Zanzibolt"
        assert again.suggest("the frobnicator of", k=1)[0].text == "Zanzibolt"
        half = again.suggest("I see Zanz", k=1)[0]  # also where no context matches
        assert (half.text, half.result) == ("Zanzibolt", "I see Zanzibolt")
        assert again.suggest("the zan", k=5)[0].text == "Zanzibolt"  # as it was written
    phrase = Suggester.open(folder).suggest("the ", k=3, words=4)
    assert "frobnicator of Zanzibolt" in texts(phrase)
    assert "Zanzibolt" not in texts(Suggester.open(trained_model).suggest("the frobnicator of ", k=100))


def test_what_is_forgotten_is_never_offered_again(folder: Path) -> None:
    mine, other = Suggester.open(folder), Suggester.open(folder)
    for _ in range(3):
        mine.learn(PHRASE)
    assert "Zanzibolt" in texts(other.suggest("the frobnicator of ", k=5))
    mine.forget(["ZANZIBOLT", "vegas"])
    for _ in range(3):
        mine.learn(PHRASE)
    for suggester in (mine, other, Suggester.open(folder)):
        for typed in [*TYPED, "best food in Las V", "the frobnicator of Z"]:
            for words in (1, 4):
                for item in suggester.suggest(typed, k=30, words=words, context="see Zanzibolt\n"):
                    assert not {"zanzibolt", "vegas"} & set(item.text.casefold().split())
        assert "frobnicator" in texts(suggester.suggest("the ", k=5))


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_possessives_go_with_what_is_forgotten(folder: Path, apostrophe: str) -> None:
    owner = f"Zorble{apostrophe}s"
    suggester = Suggester.open(folder)
    for _ in range(3):
        suggester.learn(f"see the {owner} house")
    assert suggester.suggest("see the ", k=1)[0].text == owner
    assert f"the {owner} house" in texts(suggester.suggest("see ", k=3, words=3))
    blocked = ["ZORBLE"]  # for once, and then for good
    for _ in range(2):
        for typed in ("see the ", "see the Zor", "see the zorble", "see "):
            for words in (1, 3):
                found = texts(suggester.suggest(typed, k=30, words=words, blocked=blocked))
                assert not any("zorble" in text.casefold() for text in found)
        suggester.forget(["zorble"])
        blocked = []


def test_a_word_taken_off_the_list_is_offered_again_by_the_model_alone(folder: Path) -> None:
    suggester = Suggester.open(folder)
    for _ in range(3):
        suggester.learn(PHRASE)
    suggester.forget(["Zanzibolt", "Vegas"])
    assert suggester.personal is not None
    assert suggester.personal.blocked.remove(["zanzibolt", "VEGAS", "other"]) == ["Zanzibolt", "Vegas"]
    assert suggester.suggest("best food in Las ", k=1)[0].text == "Vegas"
    assert "Zanzibolt" not in texts(suggester.suggest("the frobnicator of ", k=100))


def test_forecasts_are_distributions_and_say_who_gave_what(taught: Suggester, folder: Path) -> None:
    heard = 0
    for typed in ["the", "the frobnicator", "best food in Las", "best food in Las Zanzibolt", "in", "egg", "quux"]:
        plain, found = forecasts(folder, typed)
        assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert found.probabilities.min() >= 0.0
        assert len(found.probabilities) == len(plain.probabilities) - len(plain.further) + len(found.further)
        np.testing.assert_allclose(np.sum(list(found.gifts.values()), axis=0), found.probabilities, atol=1e-6)
        assert sum(found.weights.values()) == pytest.approx(1.0)
        weight = found.weights.get("personal", 0.0)
        assert 0.0 <= weight <= LARGEST_WEIGHT
        gift = found.gifts.get("personal", np.zeros_like(found.probabilities))
        assert gift.sum() == pytest.approx(weight, abs=1e-6)
        rest = found.probabilities - gift
        np.testing.assert_allclose(rest[: len(plain.probabilities)], (1 - weight) * plain.probabilities, atol=1e-6)
        heard += weight > 0.0
    assert heard == 6  # all but `quux`


def test_suggestions_name_the_personal_expert(taught: Suggester) -> None:
    item = taught.suggest("the frobnicator of ", k=1)[0]
    assert item.text == "Zanzibolt"
    assert item.experts["personal"] > 0.9
    assert math.isclose(sum(item.experts.values()), 1.0, abs_tol=1e-5)
    unheard = taught.suggest("xylophone quux ", k=1)[0]
    assert "personal" not in unheard.experts


def test_typing_gives_the_same_list_as_reading_all_at_once(taught: Suggester, folder: Path) -> None:
    text = "the frobnicator of Zanzibolt, best food in Las Zan"
    for stop in [*range(len(text)), *reversed(range(0, len(text), 5))]:
        assert_same(taught.suggest(text[:stop], k=4), Suggester.open(folder).suggest(text[:stop], k=4))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(
        st.sampled_from(["best", "food", "in", "Las", "the", "frobnicator", "of", "Zan", "z", ","]), max_size=6
    ),
    k=st.integers(1, 50),
    space=st.booleans(),
)
def test_any_text_gets_an_answer_that_keeps_the_contract(
    taught: Suggester, words: list[str], k: int, space: bool
) -> None:
    typed = " ".join(words) + " " * space
    found = taught.suggest(typed, k=k)
    assert sum(item.probability for item in found) <= 1.0 + 1e-4
    assert len({item.result for item in found}) == len(found) <= k
    for item in found:
        assert typed[: len(typed) - item.replace] + item.insert == item.result != typed
        assert 0.0 <= item.probability <= 1.0


def test_a_word_learned_in_another_case_is_the_models(folder: Path) -> None:
    """Who types small letters means the word that the corpus has with a capital."""
    suggester = Suggester.open(folder)
    for _ in range(3):
        suggester.learn("frobnicate vegas")
    found = suggester.suggest("frobnicate ", k=20)
    assert found[0].text == "Vegas"
    assert "vegas" not in texts(found)


def test_a_damaged_database_silences_the_expert_alone(taught: Suggester, folder: Path, trained_model: str) -> None:
    assert taught.personal is not None
    taught.personal.close()
    content = taught.personal.path.read_bytes()
    plain = Suggester(Model.open(trained_model))
    for damaged in (b"no database" * 999, content[:4096] + b"\xff" * (len(content) - 4096)):
        taught.personal.path.write_bytes(damaged)
        suggester = Suggester.open(folder)
        for typed in TYPED:
            assert suggester.suggest(typed, k=20) == plain.suggest(typed, k=20)
        assert suggester.personal is not None
        assert isinstance(suggester.personal.fault, ModelError)
        with pytest.raises(ModelError, match=r"personal\.sqlite"):
            suggester.learn(PHRASE)


@pytest.mark.parametrize("damage", ["text", "pages", "counts"])
@pytest.mark.parametrize("cure", ["wiped", "wiped and asked", "restored", "learned anew"])
def test_a_fault_is_over_when_its_cause_is(taught: Suggester, folder: Path, damage: str, cure: str) -> None:
    """In a program that goes on, whoever mends the database and whether or not it could once be read."""
    assert taught.personal is not None
    assert taught.suggest("the frobnicator of ", k=1)[0].text == "Zanzibolt"
    path = taught.personal.path
    whole = path.read_bytes()
    if damage == "counts":  # it can be opened, and fails when it is asked
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE continuations")
    else:
        path.write_bytes(b"no database" * 999 if damage == "text" else whole[:4096] + b"\xff" * (len(whole) - 4096))
    running = [Suggester.open(folder)]
    if damage != "pages":  # there the first page is whole, and who has read the others goes on with what it knows
        running.append(taught)
    for suggester in running:
        for _ in range(2):
            assert suggester.suggest("the frobnicator of ", k=1)[0].text != "Zanzibolt"
            assert suggester.personal is not None
            assert isinstance(suggester.personal.fault, ModelError)
    if cure == "restored":
        path.with_name("copy").write_bytes(whole)
        path.with_name("copy").replace(path)
    else:
        PersonalStore.open(folder).wipe()
        if cure == "wiped and asked":
            for suggester in running:
                suggester.suggest("the frobnicator of ", k=1)
                assert suggester.personal is not None
                assert suggester.personal.fault is None
        learner = running[0] if cure == "learned anew" else Suggester.open(folder)
        for _ in range(3):
            learner.learn(PHRASE)
    for suggester in running:
        assert suggester.suggest("the frobnicator of ", k=1)[0].text == "Zanzibolt"
        assert suggester.suggest("I see Zanz", k=1)[0].text == "Zanzibolt"
        assert suggester.personal is not None
        assert suggester.personal.fault is None


def test_a_word_that_was_blocked_elsewhere_is_gone_at_the_next_key(folder: Path) -> None:
    suggester = Suggester.open(folder)
    assert suggester.suggest("best food in Las ", k=1)[0].text == "Vegas"
    PersonalStore.open(folder).forget(["VEGAS"])
    assert "Vegas" not in texts(suggester.suggest("best food in Las ", k=100))


def test_a_model_without_a_folder_learns_nothing(trained_model: str) -> None:
    suggester = Suggester(Model.open(trained_model))
    assert suggester.personal is None
    for action in (lambda: suggester.learn("a"), lambda: suggester.forget(["a"])):
        with pytest.raises(UsageError, match="folder"):
            action()


def test_a_model_of_characters_forgets_but_does_not_learn(trained_char_model: str, tmp_path: Path) -> None:
    folder = shutil.copytree(trained_char_model, tmp_path / "model")
    suggester = Suggester.open(folder)
    with pytest.raises(UsageError, match="predicts characters"):
        suggester.learn(PHRASE)
    suggester.forget(["Vegas"])
    assert "Vegas" not in texts(suggester.suggest("best food in Las ", k=20))


def test_equally_likely_words_rank_alike_however_the_session_came_here(folder: Path) -> None:
    suggester = Suggester.open(folder)
    for word in ["quux9", "quux1", "quux5", "quux3"]:
        suggester.learn(f"the {word}")
    other = Suggester.open(folder)
    other.suggest("quux3 quux9 quux5 ")
    for k in range(1, 31):
        assert other.suggest("the ", k=k) == Suggester.open(folder).suggest("the ", k=k)


def test_the_weight_goes_from_a_guess_to_what_was_seen_and_never_above_its_bound() -> None:
    for kind in range(8):
        guess = weight_after(kind, {})
        assert 0.0 < guess <= LARGEST_WEIGHT
        assert weight_after(kind, {kind: Trial(1e6, 1e5)}) == pytest.approx(0.1, abs=1e-4)
        assert weight_after(kind, {kind: Trial(1e6, 1e6)}) == LARGEST_WEIGHT
        assert weight_after(kind, {kind: Trial(1e6, 0.0)}) == pytest.approx(0.0, abs=1e-4)
        assert weight_after(kind, {(kind + 1) % 8: Trial(1e6, 0.0)}) == guess


def test_more_evidence_never_has_less_weight_at_first() -> None:
    for longer in (False, True):
        weights = [
            weight_after(kind_of_evidence(longer=longer, times=times, kinds=kinds), {})
            for times, kinds in [(10, 8), (10, 5), (10, 1)]
        ]
        assert weights == sorted(weights)
    assert weight_after(kind_of_evidence(longer=True, times=3, kinds=1), {}) > weight_after(
        kind_of_evidence(longer=False, times=3, kinds=1), {}
    )


@pytest.mark.parametrize(
    ("match", "known", "longer"), [(0, 3, True), (1, 3, True), (2, 3, False), (4, 3, False), (4, 1, True), (4, 0, True)]
)
def test_a_context_of_unknown_words_means_nothing_to_the_model(
    trained_model: str, folder: Path, match: int, known: int, longer: bool
) -> None:
    """The n-grams match `<unk> <unk>` whatever the words are; a person's lines of two words know more."""
    model = Model.open(trained_model)
    ranker = model.ranker(PersonalStore.open(folder))
    assert isinstance(ranker, WordRanker)
    expert = ranker._personal
    assert expert is not None
    evidence = np.array([PersonalEvidence(length=2, times=3, kinds=1, known=known), PersonalEvidence(-math.inf)])
    weights = expert.weight(evidence, {"ngram": np.array([match, match])})
    kind = kind_of_evidence(longer=longer, times=3, kinds=1)
    assert weights.tolist() == [weight_after(kind, {}), 0.0]


def test_responsibility_is_a_share() -> None:
    assert responsibility(0.3, own=0.0, others=0.5) == 0.0
    assert responsibility(0.3, own=0.5, others=0.0) == 1.0
    assert responsibility(0.3, own=0.5, others=0.5) == pytest.approx(0.3)
    assert responsibility(0.3, own=0.0, others=0.0) == 0.0


def test_lines_like_the_training_text_lower_the_weight_and_others_raise_it(folder: Path) -> None:
    """Where the model knows as much, a second count of the same is worth nothing."""
    same, own = Suggester.open(folder), Suggester.open(shutil.copytree(folder, folder.with_name("own")))
    for place in range(60):
        same.learn(["best food in Las Vegas", "how to boil an egg", "weather in Paris today"][place % 3])
        own.learn(["Paris boil Vegas egg", "in to today please", "egg egg food weather"][place % 3])
    assert same.personal is not None
    assert own.personal is not None
    trials = [store.trials() for store in (same.personal, own.personal)]
    shares = [sum(each.responsible for each in t.values()) / sum(each.words for each in t.values()) for t in trials]
    assert shares[0] < 0.5 * shares[1]


def test_of_the_unknown_words_learned_ones_get_a_share(taught: Suggester, folder: Path) -> None:
    ranker = Model.open(folder).ranker(PersonalStore.open(folder))
    assert isinstance(ranker, WordRanker)
    expert = ranker._personal
    assert isinstance(expert, PersonalExpert)
    expert.changed()
    parts = {word: part for letter in "tfozi" for word, part in expert.beginning_with(letter).items()}
    assert set(parts) == {"the", "frobnicator", "of", "Zanzibolt", "frobnicate", "tomorrow"}
    assert sum(parts.values()) == pytest.approx(expert.learned_share())
    assert 0.0 < expert.learned_share() <= LARGEST_LEARNED_SHARE
    assert expert.beginning_with("ZANZ") == {"Zanzibolt": parts["Zanzibolt"]}
    assert parts["Zanzibolt"] / parts["frobnicate"] == 4
