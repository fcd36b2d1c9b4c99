"""Laws of a model: immutable, shared, and honest about probabilities."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autocomplete.errors import UsageError
from autocomplete.interface.cli.app import run
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.text.vocabulary import UNKNOWN

TEXTS = ["best food in Las Vegas?", "how to boil an egg\nweather in Zwolle today", "Zwolle Zwolle", "\n", ""]


@pytest.fixture(scope="module", params=["trained_model", "trained_char_model"])
def model(request: pytest.FixtureRequest) -> Model:
    return Model.open(request.getfixturevalue(request.param))


def test_a_model_cannot_be_changed(model: Model) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.vocabulary = None  # type: ignore[misc,assignment]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_score_is_what_asking_before_each_word_gives(model: Model, text: str) -> None:
    score = model.score(text)
    tokens = model.tokenizer.spans(text)
    assert [word.text for word in score.words] == [token.text.replace("<eos>", "\n") for token in tokens]
    state, further = model.mixture.initial_state(), dict[str, int]()
    for token, word in zip(tokens, score.words, strict=True):
        number = model.vocabulary.id(token.text)
        chances = model.mixture.forecast(state).probabilities[0]
        chance = float(chances[number]) + (float(chances[model.vocabulary.size :].sum()) if number == UNKNOWN else 0.0)
        assert word.log_probability == pytest.approx(math.log(chance), abs=1e-4)
        if number == UNKNOWN:
            number = further.setdefault(token.text, model.vocabulary.size + len(further))
        state = model.mixture.step(state, [number])
    assert score.log_probability == pytest.approx(sum(word.log_probability for word in score.words))


def test_a_long_text_is_scored_as_a_whole(trained_model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model.open(trained_model)
    whole = model.score("best food in Las Vegas\n" * 8)
    monkeypatch.setattr("autocomplete.predict.model._STRIDE", 7)
    pieces = model.score("best food in Las Vegas\n" * 8)
    np.testing.assert_allclose(
        [word.log_probability for word in pieces.words], [word.log_probability for word in whole.words], atol=1e-5
    )


def test_what_is_likely_scores_high(model: Model) -> None:
    assert model.score("best food in Las Vegas").log_probability > model.score("Vegas Las in").log_probability


def test_next_words_are_the_likeliest_with_their_probabilities(model: Model) -> None:
    found = model.next_words("best food in Las", k=4)
    assert found[0].text == "Vegas"
    assert found[0].probability > 0.5
    assert [word.probability for word in found] == sorted((word.probability for word in found), reverse=True)
    assert len({word.text for word in found}) == len(found) <= 4
    assert sum(word.probability for word in model.next_words("best food in ", k=1000)) <= 1.0 + 1e-4
    assert model.next_words("best food in Las", k=2) == found[:2]
    with pytest.raises(UsageError):
        model.next_words("best", k=0)


def test_next_words_of_a_model_of_words_are_its_forecast(trained_model: str) -> None:
    model = Model.open(trained_model)
    state = model.mixture.initial_state()
    for token in model.vocabulary.encode(["best", "food", "in"]):
        state = model.mixture.step(state, [token])
    chances = model.mixture.forecast(state).probabilities[0]
    for word in model.next_words("best food in", k=5):
        assert word.probability == pytest.approx(float(chances[model.vocabulary.id(word.text)]), rel=1e-5)


def test_a_program_that_predicts_loads_no_face(trained_model: str) -> None:
    code = (
        "import sys; from autocomplete import Model, Session;"
        "model = Model.open(sys.argv[1]); print(model.next_words('best food in Las', k=1)[0].text);"
        "print(round(model.score('best food').log_probability) < 0, Session(model).suggest('best fo', k=1)[0].text);"
        "print([name for name in ('typer', 'rich', 'prompt_toolkit', 'jax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, trained_model], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["Vegas", "True food", "[]"]


def test_the_character_model_beside_is_opened_once_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("best food in Las Vegas\nhow to boil an egg\n" * 30, "utf-8")
    command = ["train", str(corpus), "--model", str(tmp_path / "m"), "--no-network", "--characters", "--budget", "1s"]
    assert run(command) == 0
    model = Model.open(tmp_path / "m")
    opened: list[object] = []
    really = Model.open

    def counted(folder: str | Path = "default") -> Model:
        opened.append(folder)
        return really(folder)

    monkeypatch.setattr(Model, "open", counted)
    for _ in range(3):
        Session(model).suggest("best food in zzz")
    assert len(opened) == 1
