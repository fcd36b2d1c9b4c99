"""Nothing that looks like a secret by itself is suggested, whatever the model or the person's lines know."""

from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.text import secrets
from tests.text.test_secret_kinds import FOUND

TOKEN = "Sunfl0wer" + "!" + "22"
LINES = f"open the garden gate with {TOKEN} today\nmy own words are here\nthe roses bloom in 20000 gardens\n" * 40


def shown(session: Session, text: str, words: int = 1) -> str:
    return " ".join(item.text for item in session.suggest(text, k=10, words=words))


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as it was made before lines with secrets were left out."""
    folder = tmp_path_factory.mktemp("older")
    corpus = folder / "a.txt"
    corpus.write_text(LINES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autocomplete.text.censoring.without_secrets", lambda text, content, suspects: _everything(text))
        assert run(["train", str(corpus), "--no-network", "--pretokenized", "--model", str(folder / "m")]) == 0
    return folder / "m"


def _everything(text: str) -> object:
    from collections import Counter

    from autocomplete.text.censoring import Censored

    return Censored(text, Counter(), [])


def test_a_row_of_the_vocabulary_that_looks_like_a_secret_is_never_suggested(older: Path) -> None:
    model = Model.open(str(older))
    assert TOKEN in model.vocabulary.tokens
    session = Session(model)
    for typed in ("open the garden gate with ", "open the garden gate with Sun", "garden gate with S"):
        assert TOKEN not in shown(session, typed)
    assert TOKEN not in shown(session, "open the garden gate ", words=3)
    assert "20000" in shown(session, "the roses bloom in ")


def test_a_learned_row_that_looks_like_a_secret_is_never_suggested(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    personal = PersonalStore.open(older)
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "looks_secret", lambda line: False)
        for _ in range(3):
            assert personal.learn("the vault opens with Gurk3nS@lat!9")
    session = Session(Model.open(str(older)), personal=personal)
    assert "vault" in shown(session, "the va")
    assert "Gurk3nS@lat!9" not in shown(session, "the vault opens with ") + shown(session, "the vault opens with Gur")


def test_what_was_kept_because_it_was_wanted_is_suggested(tmp_path: Path) -> None:
    corpus = tmp_path / "a.txt"
    corpus.write_text(LINES, encoding="utf-8")
    options = ["--no-network", "--pretokenized", "--keep-secrets", "--model", str(tmp_path / "m")]
    assert run(["train", str(corpus), *options]) == 0
    assert TOKEN in shown(Session(Model.open(str(tmp_path / "m"))), "open the garden gate with ")


def test_words_without_digits_never_meet_the_rules(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules take longer to load than most answers need."""
    monkeypatch.setattr(secrets, "looks_secret", pytest.fail)
    assert "own" in shown(Session(Model.open(str(older))), "my ")


def test_no_line_with_a_secret_is_learned_however_it_is_said(older: Path) -> None:
    personal = PersonalStore.open(older)
    for lines in FOUND.values():
        for line in lines:
            assert not personal.learn(line.strip()), line
    assert personal.learn("roses need water in the evening")
