"""Nothing that looks like a secret by itself is suggested, whatever the model or the person's lines know."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.text import secret_words, secrets
from autocomplete.text.censoring import Censored
from autocomplete.text.vocabulary import Vocabulary
from tests.text.test_secret_kinds import FOUND

TOKEN = "Sunfl0wer" + "!" + "22"
KNOWN = "hunter" + "22"  # what it consists of tells nothing, and everybody knows it
LINES = (
    f"open the garden gate with {TOKEN} today\nmy own words are here\nthe roses bloom in 20000 gardens\n"
    f"the shed opens with {KNOWN} they say\n"
) * 40
# Of a card, for tests; in groups, each of which is any number.
CARD = "41" + "11 " + "1111 " * 2 + "1111"


def shown(session: Session, text: str, words: int = 1) -> str:
    return " ".join(item.text for item in session.suggest(text, k=10, words=words))


def trained(folder: Path, lines: str, *options: str) -> Path:
    corpus = folder / "a.txt"
    corpus.write_text(lines, encoding="utf-8")
    assert run(["train", str(corpus), "--no-network", "--pretokenized", "--model", str(folder / "m"), *options]) == 0
    return folder / "m"


@pytest.fixture(scope="module")
def unfiltered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of lines of which none was left out; what they hold was judged when its vocabulary was built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "autocomplete.text.censoring.without_secrets", lambda text, content, suspects: Censored(text, Counter(), [])
        )
        return trained(tmp_path_factory.mktemp("unfiltered"), LINES)


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a version that judged no vocabulary."""

    def unjudged(self: Vocabulary, write: Any = Vocabulary.as_dict) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if name != "secrets"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "autocomplete.text.censoring.without_secrets", lambda text, content, suspects: Censored(text, Counter(), [])
        )
        patch.setattr(Vocabulary, "as_dict", unjudged)
        return trained(tmp_path_factory.mktemp("older"), LINES)


@pytest.mark.parametrize("made", ["unfiltered", "older"])
def test_a_row_of_the_vocabulary_that_looks_like_a_secret_is_never_suggested(
    made: str, request: pytest.FixtureRequest
) -> None:
    model = Model.open(str(request.getfixturevalue(made)))
    rows = {model.vocabulary.id(TOKEN), model.vocabulary.id(KNOWN)}
    assert model.vocabulary.secrets == (rows if made == "unfiltered" else None)
    session = Session(model)
    for typed in ("open the garden gate with ", "open the garden gate with Sun", "garden gate with S", "with SUN"):
        assert "sunfl" not in shown(session, typed).lower()
    for typed in ("the shed opens with ", "the shed opens with hunt"):
        assert KNOWN not in shown(session, typed)
    assert TOKEN not in shown(session, "open the garden gate ", words=3)
    assert KNOWN not in shown(session, "the shed opens ", words=3)
    assert "20000" in shown(session, "the roses bloom in ")
    assert "20000 gardens" in shown(session, "the roses bloom in ", words=2)


def test_rare_words_that_look_like_secrets_are_not_kept(tmp_path: Path) -> None:
    lines = f"note {KNOWN}2 x\nthe tulips number777 x\n" + LINES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "autocomplete.text.censoring.without_secrets", lambda text, content, suspects: Censored(text, Counter(), [])
        )
        model = Model.open(str(trained(tmp_path, lines, "--min-count", "2")))
    assert "number777" in model.vocabulary.rare
    assert f"{KNOWN}2" not in model.vocabulary.rare


def test_a_word_that_looks_like_a_secret_by_itself_is_not_learned(unfiltered: Path, tmp_path: Path) -> None:
    """Where a line tells of versions a digest is none, so that the line is learned, without the digest."""
    (tmp_path / "model.json").write_bytes((unfiltered / "model.json").read_bytes())
    personal, digest = PersonalStore.open(tmp_path), "a7" + "c09d14be5f88a21ce0" + "77"
    assert personal.learn(f"git revert {digest} tonight")
    assert list(personal.words()) == ["git", "revert", "tonight"]
    assert not any(digest in phrase.words for phrase in personal.phrases())


def test_what_an_older_store_learned_is_judged_by_what_it_consists_of(
    unfiltered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    personal = PersonalStore.open(unfiltered)
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "looks_secret", lambda line: False)
        for _ in range(3):
            assert personal.learn("the vault opens with Gurk3nS@lat!9")
            assert personal.learn(f"numbers of the shop {CARD}")
    session = Session(Model.open(str(unfiltered)), personal=personal)
    assert "vault" in shown(session, "the va")
    assert "Gurk3nS@lat!9" not in shown(session, "the vault opens with ") + shown(session, "the vault opens with Gur")
    assert CARD not in shown(session, "numbers of the shop ", words=4)
    personal.wipe()


def test_what_was_kept_because_it_was_wanted_is_suggested(tmp_path: Path) -> None:
    session = Session(Model.open(str(trained(tmp_path, LINES, "--keep-secrets"))))
    assert session.model.vocabulary.secrets == frozenset()
    assert TOKEN in shown(session, "open the garden gate with ")
    assert KNOWN in shown(session, "the shed opens with ")


def test_what_was_just_written_is_judged_by_what_it_consists_of(unfiltered: Path) -> None:
    session = Session(Model.open(str(unfiltered)))
    drawn = "xK" + "9#mQ2$vL" + "7p"
    assert drawn not in shown(session, f"we chose {drawn} and {drawn} again xK")
    assert "room-4711" in shown(session, "we met in room-4711 and in room-4711 again roo")


def test_words_without_digits_meet_no_rule(unfiltered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_words, "consists_of_secret", pytest.fail)
    assert "own" in shown(Session(Model.open(str(unfiltered))), "my ")


def test_a_session_never_loads_the_rules(unfiltered: Path) -> None:
    """They take longer to load than most answers need."""
    code = f"""
import sys
from autocomplete import Suggester
suggester = Suggester.open({str(unfiltered)!r})
for typed in ("the roses bloom in ", "open the garden gate with S", "we met in room-4711, in room-4711 and in roo"):
    for words in (1, 3):
        print([item.text for item in suggester.suggest(typed, words=words)])
assert "autocomplete.text.secret_words" in sys.modules  # something was judged by what it consists of
print(sorted(name for name in sys.modules if name.startswith("autocomplete.text.secret")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *answers, loaded = done.stdout.splitlines()
    assert "20000" in answers[0]
    assert loaded == "['autocomplete.text.secret_numbers', 'autocomplete.text.secret_words']"


def test_no_line_with_a_secret_is_learned_however_it_is_said(unfiltered: Path) -> None:
    personal = PersonalStore.open(unfiltered)
    for lines in FOUND.values():
        for line in lines:
            assert not personal.learn(line.strip()), line
    assert personal.learn("roses need water in the evening")
    personal.wipe()
