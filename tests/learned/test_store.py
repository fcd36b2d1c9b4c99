"""Laws of the personal database: what is kept, what never is, and what is forgotten."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocomplete.errors import ModelError, UsageError
from autocomplete.learned.store import ORDER, Day, LearnedPhrase, PersonalStore, Trial, most_frequent
from autocomplete.text.vocabulary import END_TOKEN
from tests.learned.stores import opened

WORDS = ["best", "Best", "food", "in", "Zwolle", "ZWOLLE", ",", "frobnicator"]


def after(store: PersonalStore, *words: str) -> list[dict[str, int]]:
    """What was written after ever longer ends of some words."""
    found = [store.continuations(context) for context in store.contexts(words)]
    return [dict(zip(each.words, each.counts, strict=True)) for each in found]


def counted(lines: Sequence[Sequence[str]], blocked: Sequence[str] = ()) -> Counter[tuple[str, ...]]:
    """The n-grams of lines, counted the slow way: words before the last in small letters."""
    found: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        words = [END_TOKEN, *line, END_TOKEN]
        for length in range(2, ORDER + 1):
            for start in range(len(words) - length + 1):
                part = words[start : start + length]
                if not any(word.casefold() in blocked for word in part):
                    found[(*(word.casefold() for word in part[:-1]), part[-1])] += 1
    return found


def kept(store: PersonalStore) -> Counter[tuple[str, ...]]:
    return Counter({(*(word.casefold() for word in words[:-1]), words[-1]): times for words, times in store.phrases()})


@settings(max_examples=20)
@given(lines=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), max_size=6))
def test_every_ngram_is_counted_as_often_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    store = opened(tmp_path_factory.mktemp("store"))
    for line in lines:
        assert store.learn(" ".join(line))
    assert kept(store) == counted(lines)
    assert store.words() == Counter(word for line in lines for word in line)
    for words in [["food", "in"], ["BEST", "food"], [END_TOKEN]]:
        contexts = after(store, *words)
        for length, found in enumerate(contexts, start=1):
            end = tuple(word.casefold() for word in words[-length:])
            assert found == {key[-1]: times for key, times in counted(lines).items() if key[:-1] == end}
    store.close()


@settings(max_examples=20)
@given(
    lines=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), min_size=1, max_size=5),
    gone=st.sampled_from(["zwolle", "BEST", ",", "nowhere"]),
)
def test_forgetting_leaves_what_never_held_the_word(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]], gone: str
) -> None:
    """Learned before or after: no n-gram holds it, and none goes across its place."""
    before, later = (opened(tmp_path_factory.mktemp("store")) for _ in range(2))
    later.blocked.add([gone])
    for line in lines:
        before.learn(" ".join(line))
    before.forget([gone])
    for line in lines:
        later.learn(" ".join(line))
    assert kept(before) == kept(later) == counted(lines, [gone.casefold()])
    assert gone.casefold() not in {word.casefold() for word in before.words() | later.words()}
    before.close()
    later.close()


@pytest.mark.parametrize("owner", ["Zorble's", "ZORBLE’S", "zorble’s"])
def test_possessives_are_forgotten_with_their_word(store: PersonalStore, owner: str) -> None:
    store.learn(f"see {owner} house")
    store.learn("Zorbles house")
    store.forget(["zorble"])
    for _ in range(2):  # nor are they learned again
        assert set(store.words()) <= {"see", "house", "Zorbles"}
        assert not any(owner in phrase.words for phrase in store.phrases())
        store.learn(f"see {owner} house")
    assert store.blocked.remove(["Zorble"]) == ["zorble"]
    store.learn(f"see {owner} house")
    assert store.words()[owner] == 1


def test_a_word_with_an_apostrophe_is_forgotten_with_either_one(store: PersonalStore) -> None:
    store.forget(["O'Neill"])
    store.learn("O’Neill O'Neill o’neill’s house")
    assert store.words() == {"house": 1}
    store.forget(["can’t"])
    store.learn("I can't or can")
    assert set(store.words()) == {"house", "I", "or", "can"}


def test_several_lines_at_once_are_several_lines(store: PersonalStore) -> None:
    store.learn("best food\nbest wine")
    assert kept(store) == counted([["best", "food"], ["best", "wine"]])


def test_bytes_that_are_no_text_are_left_out(store: PersonalStore) -> None:
    assert store.learn("best \ud800 food \udce9 in town")
    assert not store.learn("\udce9")
    assert store.words() == {"best": 1, "food": 1, "in": 1, "town": 1}
    assert kept(store)[("in", "town")] == 1
    assert store.contexts(["best", "\ud800"]) == []
    with pytest.raises(UsageError, match="no single word"):
        store.forget(["\ud800"])


def test_characters_are_not_learned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="predicts characters"):
        opened(tmp_path, "char").learn("best food")


def test_trials_add_up(store: PersonalStore) -> None:
    for _ in range(2):
        store.learn("best food", judge=lambda line: {3: Trial(2.0, 0.5), 7: Trial(1.0, 1.0)})
    assert store.trials() == {3: Trial(4.0, 1.0), 7: Trial(2.0, 2.0)}


def test_a_days_keys_add_up(store: PersonalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.count_line(characters=0, keys=0)
    assert not store.path.exists()
    store.count_line(characters=100, keys=60)
    store.count_line(characters=100, keys=20)
    (today,) = store.days()
    assert today[1:] == (200, 80)
    assert today.saved == pytest.approx(0.6)
    assert Day("2026-11-21", 0, 3).saved is None


def test_phrases_worth_showing_are_whole_and_frequent() -> None:
    lines = (
        [["kind", "regards", ",", "Ada"]] * 3 + [["kind", "of", "blue"]] * 2 + [["kind", "regards"], ["once", "only"]]
    )
    found = most_frequent((LearnedPhrase(words, times) for words, times in counted(lines).items()), count=9)
    assert found == [
        LearnedPhrase(("kind", "regards"), 4),
        LearnedPhrase(("kind", "regards", ",", "Ada"), 3),
        LearnedPhrase(("kind", "of", "blue"), 2),
    ]
    assert most_frequent((LearnedPhrase(words, times) for words, times in counted(lines).items()), count=1) == found[:1]


def test_a_damaged_list_of_blocked_words_stops_learning(store: PersonalStore) -> None:
    """Without the list a forgotten word would be learned again."""
    (store.path.parent / "blocked.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(ModelError, match=r"blocked\.txt"):
        store.learn("best food")


def test_lines_of_the_history_are_kept_once_and_newest_last(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.lines() == []
    for line in ["water the roses", "call\nthe garage", "water the roses"]:
        assert store.keep_line(line)
    assert store.lines() == ["call\nthe garage", "water the roses"]
    assert store.words() == {}
    assert store.path.stat().st_mode & 0o077 == 0


def test_no_line_is_kept_that_is_not_learned_either(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.forget(["Bluebeard"])
    secret = "pass" + "word: " + "Tr0ub4dor" + "&3"
    for line in ["", "  ", " with a space", secret, "of bluebeard's castle", "bytes \udcff"]:
        assert not store.keep_line(line)
    assert store.lines() == []


KEPT = ["Water the roses", "water the mint, please", "water’s cold", "waters rise", "call\nthe garage", "ÉTÉ à Zwolle"]


@pytest.mark.parametrize(
    ("begun", "found"),
    [
        (["water"], ["the", "the"]),
        (["WATER", "the"], ["mint", "roses"]),
        (["water", "the", "mint"], [","]),
        (["Water", "the", "roses"], ["<eos>"]),
        (["water's"], ["cold"]),
        (["call", "<eos>", "the"], []),
        (["wat"], []),
        (["ÉTÉ", "à"], ["Zwolle"]),
        (["100%_"], []),
        (["bytes\udcff"], []),
    ],
)
def test_kept_lines_tell_how_they_go_on(tmp_path: Path, begun: list[str], found: list[str]) -> None:
    store = opened(tmp_path)
    assert store.lines_begun(begun) == []
    for line in KEPT:
        store.keep_line(line)
    assert store.lines_begun(begun) == found


def test_of_lines_that_begin_alike_the_newest_tell(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for number in range(40):
        store.keep_line(f"then number{number} came")
    assert store.lines_begun(["then"]) == [f"number{number}" for number in range(39, 23, -1)]
    (tmp_path / "blocked.txt").write_text("number39\n", "utf-8")
    assert store.lines_begun(["then"])[0] == "number38"


def test_a_forgotten_word_takes_its_lines_along_and_leaves_no_trace_on_the_disk(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for line in ["ask Zwolle first", "ZWOLLE's mill", "nothing of it"]:
        store.keep_line(line)
    store.forget(["zwolle"])
    assert store.lines() == ["nothing of it"]
    assert store.lines_begun(["zwolle's"]) == store.lines_begun(["ask"]) == []
    store.close()
    assert b"mill" not in store.path.read_bytes()


def test_wiping_takes_the_lines_along(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.keep_line("water the roses")
    assert store.wipe()
    assert store.lines() == []


def test_of_many_lines_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.learned.store.MOST_LINES", 3)
    store = opened(tmp_path)
    for number in range(5):
        store.keep_line(f"line {number}")
    assert store.lines() == ["line 2", "line 3", "line 4"]


def test_a_database_of_an_earlier_version_is_read_and_gets_its_lines(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.learn("best food")
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute("DROP TABLE lines")
    connection.close()
    store = opened(tmp_path)
    assert (store.lines(), store.words()) == ([], {"best": 1, "food": 1})
    store.forget(["food"])
    assert store.keep_line("best of all")
    assert store.lines() == ["best of all"]
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute("DROP INDEX line_forms")
    connection.close()
    assert opened(tmp_path).lines_begun(["best"]) == ["of"]


def everything(store: PersonalStore) -> tuple[object, ...]:
    return store.words(), kept(store), store.lines(), store.blocked.words()


@pytest.mark.parametrize("word", ["becuase", "Becuase", "BECUASE"])
def test_what_was_learned_of_a_word_goes_and_comes_back(store: PersonalStore, word: str) -> None:
    for line in ["late becuase of rain", "Becuase it rained", "late because of snow"]:
        store.learn(line)
    before = everything(store)
    removal = store.remove(word, known=False)
    assert not removal.blocked
    assert removal.words == {"becuase": 1, "Becuase": 1}
    assert "becuase" not in {text.casefold() for text in store.words()}
    assert store.blocked.words() == frozenset()
    store.restore(removal)
    assert everything(store) == before


@pytest.mark.parametrize("learned", [False, True])
def test_a_word_of_the_model_is_blocked_until_it_is_restored(store: PersonalStore, learned: bool) -> None:
    if learned:
        store.learn("see Vegas again")
    before = everything(store)
    removal = store.remove("Vegas", known=True)
    assert removal.blocked
    assert "vegas" in store.blocked.words()
    assert "Vegas" not in store.words()
    store.restore(removal)
    assert everything(store) == before


def test_a_word_that_is_only_in_the_text_is_blocked(store: PersonalStore) -> None:
    assert store.remove("zork", known=False).blocked
    assert not store.path.exists()


@settings(max_examples=20)
@given(lines=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), min_size=1, max_size=5))
def test_of_several_words_what_holds_the_first_two_goes_and_comes_back(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    store = opened(tmp_path_factory.mktemp("store"))
    for line in lines:
        store.learn(" ".join(line))
        store.keep_line(" ".join(line))
    words, phrases, history = store.words(), kept(store), store.lines()
    removal = store.remove("best food in", known=False)
    pairs = {phrase for phrase in phrases if ("best", "food") in pairwise(map(str.casefold, phrase))}
    assert kept(store) == Counter({phrase: times for phrase, times in phrases.items() if phrase not in pairs})
    assert store.words() == words
    assert store.lines() == [line for line in history if "best food in" not in line.casefold()]
    assert removal.lasts == (bool(pairs) or store.lines() != history)
    store.restore(removal)
    assert (store.words(), kept(store), sorted(store.lines())) == (words, phrases, sorted(history))
    store.close()


@pytest.mark.parametrize("word", ["", " "])
def test_what_is_no_word_is_not_removed(store: PersonalStore, word: str) -> None:
    with pytest.raises(UsageError, match="no single word"):
        store.remove(word, known=True)


def test_what_was_learned_since_a_removal_stays(store: PersonalStore) -> None:
    store.learn("see zork")
    removal = store.remove("zork", known=False)
    for _ in range(3):
        store.learn("see zork")
    store.restore(removal)
    assert store.words()["zork"] == 3


def test_having_something_twice_is_having_it_once(store: PersonalStore) -> None:
    store.learn("see zork again")
    phrases = [LearnedPhrase(("see", "zork"), 2), LearnedPhrase(("see", "bad"), 9)]
    store.blocked.add(["bad"])
    for _ in range(2):
        store.have({"zork": 3, "see": 1, "Bad": 4}, phrases, ["see zork", "a bad line"])
        assert store.words() == {"see": 1, "zork": 3, "again": 1}
        assert kept(store)["see", "zork"] == 2
        assert store.lines() == ["see zork"]


def test_what_is_written_together_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with store.together():
        store.learn("see zork")
        store.keep_line("see zork")
        store.count_line(characters=8, keys=5)
    before = everything(store)

    def fail_within() -> None:
        with store.together():
            store.learn("best food")
            store.keep_line("best food")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        fail_within()
    assert everything(store) == before == everything(opened(tmp_path))
    assert store.lines() == ["see zork"]


def test_together_costs_one_commit(store: PersonalStore) -> None:
    with store.together():
        store.learn("see zork")
        store.count_line(characters=8, keys=5)
        before = store.version()
    assert store.version() != before
    assert store.version()[2] == 1
