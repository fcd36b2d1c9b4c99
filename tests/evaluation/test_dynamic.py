"""Dynamic evaluation: scored first, learned from afterwards, and the model is left as it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from autocomplete import bundle
from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.evaluation.dynamic import dynamic_figures, score_dynamically
from autocomplete.evaluation.perplexity import TextScore, score_text
from autocomplete.interface.cli.app import run
from autocomplete.network.dynamic import DynamicNetwork, DynamicSettings
from autocomplete.predict.model import Model

# Not as the model has learned it: something to learn.
TEXT = "an egg in Las Boston please\n" * 30
SETTINGS = DynamicSettings(rate=0.5, pull=0.0, span=7)


@pytest.fixture(scope="module")
def model(trained_model: str) -> Model:
    return Model.open(trained_model)


def texts(*documents: str) -> Iterator[TextChunk]:
    return (TextChunk("", text, begins_document=True, ends_document=True) for text in documents)


def dynamic(model: Model, folder: str, settings: DynamicSettings, *documents: str) -> TextScore:
    assert model.manifest.network is not None
    trained = bundle.read_weights(Path(folder), model.manifest, vocabulary_size=model.vocabulary.size)
    network = DynamicNetwork(trained, model.manifest.network, settings, vocabulary_size=model.vocabulary.size)
    *_, score = score_dynamically(model, network, texts(*documents))
    return score


def static(model: Model, *documents: str) -> TextScore:
    chunks = (encode(text, model.tokenizer, model.vocabulary) for text in texts(*documents))
    *_, score = score_text(model.mixture, model.vocabulary, chunks)
    return score


def test_a_network_that_learns_nothing_scores_as_it_always_does(model: Model, trained_model: str) -> None:
    found = dynamic(model, trained_model, DynamicSettings(rate=1e-9, pull=0.0, span=7), TEXT)
    expected = static(model, TEXT)
    assert found.tokens == expected.tokens
    for system in expected.systems:
        assert found.perplexity(system) == pytest.approx(expected.perplexity(system), rel=1e-4)


def test_a_network_that_diverges_says_what_to_lower(model: Model) -> None:
    class Diverging:
        span = 7
        shape = model.manifest.network

        def begin(self) -> None:
            pass

        def learn(self, tokens: npt.NDArray[np.integer]) -> dict[str, npt.NDArray[np.float32]]:
            return {"embedding": np.full((len(tokens), 2), np.nan, np.float32)}

    with pytest.raises(AutocompleteError, match="diverged"):
        list(score_dynamically(model, Diverging(), texts(TEXT)))  # type: ignore[arg-type]


def test_what_is_repeated_is_learned(model: Model, trained_model: str) -> None:
    found, expected = dynamic(model, trained_model, SETTINGS, TEXT), static(model, TEXT)
    assert found.perplexity("network") < 0.7 * expected.perplexity("network")
    assert found.perplexity("ngram") == pytest.approx(expected.perplexity("ngram"))


def test_nothing_is_learned_from_before_it_is_scored(model: Model, trained_model: str) -> None:
    found = dynamic(model, trained_model, SETTINGS, TEXT)
    untouched = dynamic(model, trained_model, DynamicSettings(rate=1e-9, pull=0.0, span=7), TEXT)
    assert found.stretches[0] == untouched.stretches[0]
    assert found.stretches[1].nats["network"] != untouched.stretches[1].nats["network"]


def test_what_was_learned_is_kept_from_one_document_to_the_next(model: Model, trained_model: str) -> None:
    together = dynamic(model, trained_model, SETTINGS, TEXT, TEXT)
    alone = dynamic(model, trained_model, SETTINGS, TEXT)
    half = len(alone.stretches)
    assert together.stretches[half].nats["network"] < alone.stretches[0].nats["network"]


def test_a_pull_draws_the_weights_back(model: Model, trained_model: str) -> None:
    pulled = dynamic(model, trained_model, DynamicSettings(rate=0.5, pull=0.9, span=7), TEXT)
    assert dynamic(model, trained_model, SETTINGS, TEXT).perplexity("network") < pulled.perplexity("network")


def test_the_model_is_left_as_it_was(model: Model, trained_model: str) -> None:
    before = static(model, TEXT).perplexity()
    dynamic(model, trained_model, SETTINGS, TEXT)
    assert static(model, TEXT).perplexity() == before


def test_the_figures_are_of_all_that_learning_changes(model: Model, trained_model: str) -> None:
    score = dynamic(model, trained_model, SETTINGS, TEXT)
    found = dynamic_figures(score)
    assert found["tokens"] == score.tokens
    assert set(found["perplexity"]) == {"network", "static", "mixture"}
    for system, (low, high) in found["perplexity_interval"].items():
        assert low <= found["perplexity"][system] <= high


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": np.nan}, {"pull": 1.5}, {"span": 0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        DynamicSettings(**wrong)  # type: ignore[arg-type]


def test_eval_reports_it_apart_from_static_figures(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    question = ["eval", str(path), "--model", trained_model, "--words", "0"]
    assert run([*question, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert run([*question, "--json", "--dynamic", "--dynamic-rate", "0.5"]) == 0
    card = json.loads(capsys.readouterr().out)
    found = card.pop("dynamic_evaluation")
    assert card == plain
    assert (found["rate"], found["pull"], found["span"]) == (0.5, DynamicSettings().pull, DynamicSettings().span)
    assert found["perplexity"]["network"] < card["systems"]["network"]["perplexity"]
    assert run([*question, "--dynamic"]) == 0
    assert "dynamic evaluation" in capsys.readouterr().out


def test_a_rate_without_learning_is_refused(trained_model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", "x", "--model", trained_model, "--dynamic-rate", "0.5"]) == 2
    assert "--dynamic" in capsys.readouterr().err
    assert run(["eval", "--model", trained_model, "--dynamic"]) == 2


def test_a_model_without_a_network_cannot_learn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, model = tmp_path / "corpus.txt", str(tmp_path / "model")
    corpus.write_text(TEXT + "how to boil an egg\n" * 20, encoding="utf-8")
    assert run(["train", str(corpus), "--model", model, "--no-network"]) == 0
    assert run(["eval", str(corpus), "--model", model, "--allow-train", "--words", "0", "--dynamic"]) == 2
    assert "no network" in capsys.readouterr().err
