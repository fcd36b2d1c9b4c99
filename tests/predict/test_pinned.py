"""Laws of pinned phrases: an abbreviation is written out first of all, a phrase is offered once it is begun."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.interface.cli.app import run
from autocomplete.learned.pinned import PinnedFile
from autocomplete.learned.store import PersonalStore
from autocomplete.predict.pinned import MEANT, PinnedPhrases
from autocomplete.predict.session import Session
from autocomplete.predict.suggester import Suggester
from autocomplete.predict.suggestion import Mode
from tests.predict.asking import ANY_TEXT, MODES, check, several

SECRET = "DE44 5001" + " 0517 5407 3249 31"  # made up, and with digits that check
LINES = f"""omw = on my way
Bank = my account is {SECRET}
gs = git status --short
Kind regards, Ada Example
Please find the invoice attached.
Please find the minutes attached.
Grüße aus Zwolle
@everyone in the office
"""

Ask = Callable[[str], list[str]]


@pytest.fixture
def pinned(tmp_path: Path) -> PinnedFile:
    path = tmp_path / "phrases.txt"
    path.write_text(LINES, "utf-8")
    return PinnedFile(path)


@pytest.fixture
def ask(pinned: PinnedFile) -> Ask:
    phrases = PinnedPhrases(pinned)
    return lambda text: [item.result for item in phrases.offers(text, mode="auto", forbidden=())]


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("omw", "on my way"),
        ("I am omw", "I am on my way"),
        ("Omw", "On my way"),
        ("(omw", "(on my way"),
        ("well —omw", "well —on my way"),
        ("one\nomw", "one\non my way"),
        ("gs", "git status --short"),
        ("Bank", f"my account is {SECRET}"),
    ],
)
def test_an_abbreviation_is_written_out(ask: Ask, typed: str, result: str) -> None:
    assert ask(typed) == [result]


@pytest.mark.parametrize("typed", ["", " ", "om", "omw ", "omws", "xomw", "co-omw", "omw,", "src/gs", "\n"])
def test_what_is_no_abbreviation_is_none(ask: Ask, typed: str) -> None:
    assert ask(typed) == []


@pytest.mark.parametrize(
    ("typed", "results"),
    [
        ("Kin", ["Kind regards, Ada Example"]),
        ("kin", ["Kind regards, Ada Example"]),
        ("so, thanks. Kind ", ["so, thanks. Kind regards, Ada Example"]),
        ("so, thanks. kind r", ["so, thanks. Kind regards, Ada Example"]),
        ("(kind regards, ada exampl", ["(Kind regards, Ada Example"]),
        ("Pleas", ["Please find the invoice attached.", "Please find the minutes attached."]),
        ("please find the m", ["Please find the minutes attached."]),
        ("GRÜ", ["Grüße aus Zwolle"]),
        ("dear @eve", ["dear @everyone in the office"]),
    ],
)
def test_a_phrase_is_offered_once_it_is_begun(ask: Ask, typed: str, results: list[str]) -> None:
    assert ask(typed) == results


@pytest.mark.parametrize("typed", ["K", "Ki", "mankin", "kind reagrds", "Kind regards, Ada Example", "e"])
def test_what_begins_no_phrase_offers_none(ask: Ask, typed: str) -> None:
    assert ask(typed) == []


def test_the_more_of_it_was_typed_the_surer_it_is(pinned: PinnedFile) -> None:
    phrases = PinnedPhrases(pinned)
    phrase = "Kind regards, Ada Example"
    asked = [phrases.offers(phrase[:length], mode="auto", forbidden=()) for length in range(3, len(phrase))]
    chances = [item.probability for [item] in asked]
    assert chances == sorted(chances)
    assert 0.3 < chances[0] < chances[-1] < 1.0


@pytest.mark.parametrize(
    ("mode", "kinds"), [("next", {"next"}), ("complete", {"complete"}), ("auto", {"next", "complete"})]
)
def test_each_mode_has_its_kind(pinned: PinnedFile, mode: str, kinds: set[str]) -> None:
    phrases = PinnedPhrases(pinned)
    found = {
        item.kind
        for text in ("omw", "Kin", "Kind ", "kind ")
        for item in phrases.offers(text, mode=mode, forbidden=())  # type: ignore[arg-type]
    }
    assert found == kinds


def test_behind_a_space_only_what_is_missing_is_inserted(pinned: PinnedFile) -> None:
    [item] = PinnedPhrases(pinned).offers("Kind ", mode="auto", forbidden=())
    assert (item.replace, item.insert, item.text) == (0, "regards, Ada Example", "regards, Ada Example")


@pytest.fixture
def session(suggester: Suggester, pinned: PinnedFile) -> Session:
    return Session(suggester.model, pinned=pinned)


@pytest.mark.parametrize("words", [1, 4])
@pytest.mark.parametrize("context", ["", "best food in Las Vegas\n"])
def test_what_was_pinned_comes_first_in_every_face(session: Session, words: int, context: str) -> None:
    found = session.suggest("best omw", k=4, words=words, context=context)
    check("best omw", found)
    assert found[0].result == "best on my way"
    assert found[0].experts == {"pinned": 1.0}
    assert found[0].probability == pytest.approx(MEANT)


def test_without_an_end_that_was_pinned_nothing_changes(session: Session, suggester: Suggester) -> None:
    plain = Session(suggester.model)
    for text in ("", "best ", "best food in Las", "weather in Pa"):
        assert session.suggest(text, k=5) == plain.suggest(text, k=5)


def test_a_word_that_was_forgotten_or_blocked_is_in_no_phrase(session: Session, pinned: PinnedFile) -> None:
    assert session.suggest("omw", k=1, blocked=["Way"])[0].text != "on my way"
    assert session.suggest("Kind ", k=3, blocked=["regards"])[0].experts.keys() != {"pinned"}
    assert PinnedPhrases(pinned).offers("Kin", mode="auto", forbidden={"ada"}) == []


def test_a_forgotten_word_is_in_no_phrase(suggester: Suggester, store: PersonalStore, pinned: PinnedFile) -> None:
    session = Session(suggester.model, personal=store, pinned=pinned)
    assert session.suggest("omw", k=1)[0].text == "on my way"
    store.forget(["way"])
    assert all(item.text != "on my way" for item in session.suggest("omw", k=3))


def test_what_looks_like_a_secret_is_offered_where_its_writer_pinned_it(session: Session) -> None:
    assert session.suggest("Bank", k=1)[0].text == f"my account is {SECRET}"


def test_sessions_without_the_file_know_nothing_of_it(suggester: Suggester, session: Session) -> None:
    assert session.suggest("omw", k=1)[0].text == "on my way"
    assert all("way" not in item.text for item in Session(suggester.model).suggest("omw", k=5))


def test_the_command_line_reads_the_file_and_names_a_wrong_line(
    trained_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    (tmp_path / "phrases.txt").write_text(LINES + "two words = wrong\n", "utf-8")
    assert run(["suggest", "see you, omw", "--model", trained_model, "-k", "1", "--format", "tsv"]) == 0
    said = capsys.readouterr()
    assert said.out.split("\t")[0] == "on my way"
    assert "phrases.txt, line 9:" in said.err


ENDS = st.sampled_from(
    ["omw", " Kin", "Kind regards", " please find", "@eve", "gs ", "👩‍👩‍👧", "\u202bomw", "GRÜSSE", "  ", "\n"]
)


@several
@given(typed=ANY_TEXT, end=ENDS, mode=MODES, words=st.integers(1, 3), k=st.integers(1, 6))
def test_whatever_was_typed_what_is_pinned_keeps_the_contract(
    session: Session, typed: str, end: str, mode: Mode, words: int, k: int
) -> None:
    found = session.suggest(typed + end, k=k, mode=mode, words=words)
    check(typed + end, found)
    assert len(found) <= k
    assert mode == "auto" or {item.kind for item in found} <= {mode}
