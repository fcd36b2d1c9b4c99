"""A sentence's beginning is known wherever it is: on a line of its own, and behind another sentence on a line."""

import random
from pathlib import Path

import numpy as np
import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.beginnings import going_on
from autocomplete.predict.experts.mixture import Forecast
from autocomplete.predict.suggester import Suggester
from autocomplete.text.vocabulary import END


def lines_of(*lines: str, seed: int = 1, count: int = 120) -> str:
    """Some lines, each many times, in a mixed order."""
    draw = random.Random(seed)
    return "\n".join(draw.choice(lines) for _ in range(count)) + "\n"


NOTES = lines_of(
    "The garden needs water.",
    "We went to the market.",
    "Please bring the hose.",
    "Call me tomorrow.",
    "It was very busy.",
    'Anna said "no."',
)
QUESTIONS = lines_of(
    "is the shop open?", "when do you leave?", "can we go now?", "do they know Dr. Weber?", "so what is it!"
)
BARE = lines_of("best food in Paris", "weather in Rome today", "flights to Boston", "how to boil an egg")
MESSAGES = lines_of("see you soon 😀", "love you 😀", "bring milk 😀", "are you home?", "on my way")
HINDI = lines_of("मैं घर जा रहा हूँ।", "वह काम कर रही है।", "हम कल मिलेंगे।", "तुम कहाँ हो?")
COMMANDS = lines_of("sleep 5 &", "make test &", "git status", "ls -la", "cd src", seed=2)
# Paragraphs of several sentences: what follows a full stop within a line is known by itself.
PARAGRAPHS = lines_of(
    "Rain fell all day. Then the sun came out. Then we went home.",
    "The bus was late. Then it broke down.",
    "Nobody came. Then the phone rang. Then it stopped.",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("beginnings")


def trained(folder: Path, name: str, text: str, *options: str) -> Suggester:
    model = folder / name
    if not model.exists():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        assert run(["train", str(folder / f"{name}.txt"), "--model", str(model), "--no-network", *options]) == 0
    return Suggester.open(model)


def first_words(suggester: Suggester, typed: str, k: int) -> set[str]:
    return {item.text for item in suggester.suggest(typed, k=k)}


BEGINNINGS = [
    ("notes", NOTES, {"The", "We", "Please", "Call", "It", "Anna"}),
    ("questions", QUESTIONS, {"is", "when", "can", "do", "so"}),
    ("bare", BARE, {"best", "weather", "flights", "how"}),
    ("messages", MESSAGES, {"see", "love", "bring", "are", "on"}),
    ("hindi", HINDI, {"मैं", "वह", "हम", "तुम"}),
]
BEHIND = {
    "notes": ["The garden needs water. ", "It was very busy.", 'Anna said "no." ', "Who came? ", "Call me tomorrow! "],
    "questions": ["is the shop open? ", "so what is it! ", "can we go now? when do you leave? "],
    "bare": ["best food in Paris. ", "flights to Boston! ", "how to boil an egg? "],
    "messages": ["see you soon 😀 ", "are you home? ", "love you 😀 on my way. "],
    "hindi": ["मैं घर जा रहा हूँ। ", "तुम कहाँ हो? ", "हम कल मिलेंगे। वह काम कर रही है। "],
}


@pytest.mark.parametrize(("name", "corpus", "beginnings"), BEGINNINGS, ids=[name for name, *_ in BEGINNINGS])
def test_behind_a_sentence_on_a_line_comes_what_begins_lines(
    folder: Path, name: str, corpus: str, beginnings: set[str]
) -> None:
    suggester = trained(folder, name, corpus)
    for typed in BEHIND[name]:
        assert first_words(suggester, typed, len(beginnings) - 1) < beginnings, typed


def test_a_word_half_typed_there_is_completed_as_one_that_begins_a_line(folder: Path) -> None:
    notes, questions = trained(folder, "notes", NOTES), trained(folder, "questions", QUESTIONS)
    assert notes.suggest("The garden needs water. P", k=1)[0].text == "Please"
    assert questions.suggest("is the shop open? d", k=1)[0].text == "do"
    [first] = trained(folder, "notes", NOTES).suggest("Call me tomorrow. W", k=1)
    assert (first.text, first.probability > 0.9) == ("We", True)


def test_the_sentence_goes_on_as_on_a_line_of_its_own(folder: Path) -> None:
    notes, questions = trained(folder, "notes", NOTES), trained(folder, "questions", QUESTIONS)
    for suggester, before, typed in [
        (notes, "The garden needs water. ", "Please "),
        (notes, 'Anna said "no." ', "It "),
        (questions, "is the shop open? ", "can "),
        (questions, "so what is it! ", "do they "),
    ]:
        alone, behind = (suggester.suggest(text, k=1)[0] for text in (typed, before + typed))
        assert behind.text == alone.text
        assert behind.probability == pytest.approx(alone.probability, abs=0.02)


def test_a_full_stop_that_ends_no_line_begins_no_sentence(folder: Path) -> None:
    suggester = trained(folder, "questions", QUESTIONS)
    assert suggester.suggest("do they know Dr. ", k=1)[0].text == "Weber"
    assert suggester.suggest("well, do they know Dr. ", k=1)[0].text == "Weber"


def test_where_the_corpus_has_sentences_behind_each_other_it_tells_what_follows(folder: Path) -> None:
    suggester = trained(folder, "paragraphs", PARAGRAPHS)
    first, *_ = suggester.suggest("The bus was late. ", k=3)
    assert (first.text, first.probability > 0.8) == ("Then", True)
    # And by how often it ends there, what begins another paragraph.
    assert first_words(suggester, "The bus was late. Then it broke down. ", 3) >= {"Rain", "The", "Nobody"} - {"Then"}


def test_behind_what_ends_a_command_comes_what_begins_lines(folder: Path) -> None:
    suggester = trained(folder, "commands", COMMANDS, "--layout", "commands")
    assert first_words(suggester, "sleep 5 & ", 5) == {"sleep", "make", "git", "ls", "cd"}


def test_a_model_of_characters_knows_it_too(folder: Path) -> None:
    suggester = trained(folder, "characters", NOTES, "--level", "char")
    assert first_words(suggester, "The garden needs water. ", 5) < {"The", "We", "Please", "Call", "It", "Anna"}
    assert suggester.suggest("The garden needs water. P", k=1)[0].text == "Please"


def test_typing_on_from_key_to_key_says_what_a_whole_text_does(folder: Path) -> None:
    text = "The garden needs water. Please bring the hose. We went"
    keys = trained(folder, "notes", NOTES)
    for stop in range(len(text)):
        again = trained(folder, "notes", NOTES).suggest(text[:stop], k=3)
        assert [item.result for item in keys.suggest(text[:stop], k=3)] == [item.result for item in again]


def forecast(gifts: dict[str, list[float]], further: list[int]) -> Forecast:
    made = {name: np.array(gift, np.float32) for name, gift in gifts.items()}
    total = np.sum(list(made.values()), axis=0)
    return Forecast(total, np.array(further, np.int64), dict.fromkeys(made, 0.5), made, {})


def test_the_mass_of_the_end_goes_to_what_begins_lines_expert_by_expert() -> None:
    assert END == 1
    now = forecast({"ngram": [0.0, 0.5, 0.2, 0.0], "cache": [0.0, 0.1, 0.0, 0.2]}, further=[9])
    anew = forecast({"ngram": [0.1, 0.2, 0.5, 0.0, 0.0], "personal": [0.0, 0.0, 0.0, 0.1, 0.1]}, further=[7, 9])
    found = going_on(now, anew)
    assert found.further.tolist() == [9, 7]
    np.testing.assert_allclose(found.gifts["ngram"], [0.075, 0.0, 0.575, 0.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(found.gifts["cache"], [0.0, 0.0, 0.0, 0.2, 0.0], atol=1e-6)
    np.testing.assert_allclose(found.gifts["personal"], [0.0, 0.0, 0.0, 0.075, 0.075], atol=1e-6)
    np.testing.assert_allclose(found.probabilities, np.sum(list(found.gifts.values()), axis=0), atol=1e-6)
    assert found.probabilities.sum() == pytest.approx(1.0)
    assert now.gifts["ngram"][END] == np.float32(0.5)  # what was given is left alone
