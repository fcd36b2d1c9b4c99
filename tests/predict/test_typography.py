"""Text from a typesetter, trained on and typed: the words of both are the same."""

import unicodedata
from pathlib import Path

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester
from autocomplete.text import bulk, tokenizer
from tests.predict import asking

ENGLISH = """The ﬁsh ﬂoats oﬀ the reef near a well-known har-
bour, where the fisher-
men repair the broken boats of a brother-in-
law in the after-
noon.
A sail\u00ador pa\u00adtient\u00adly paints the whole deck.
The harbour is a well-
known haven.
"""
GERMAN = """Die Versuchs-
anordnung zeigt die Vor-
und Nachteile der Donau\u00addampf\u00adschiﬀe.
Der ﬂinke Kapitän erklärt die Ma-
schine.
"""
FRENCH = """La ﬂeur pousse dans le jar-
din, dit-
elle, et celui-
ci est ma\u00adgni\u00adﬁque.
L’of\u00adﬁce ferme à 17\u202fheures\u00a0!
"""


@pytest.fixture(scope="module", params=["lines", "text"])
def suggester(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Suggester:
    folder = tmp_path_factory.mktemp("typography")
    text = folder / "set.txt"
    text.write_text(f"{ENGLISH}\n{GERMAN}\n{FRENCH}\n" * 30, encoding="utf-8")
    options = ["--no-network", "--layout", request.param]
    assert run(["train", str(text), "--model", str(folder / "model"), *options]) == 0
    return Suggester.open(folder / "model")


@pytest.mark.parametrize(
    ("typed", "word", "replace"),
    [
        ("The fi", "fish", 2),
        ("The ﬁ", "fish", 1),
        ("The ｆｉ", "fish", 2),
        ("The fi\u00ads", "fish", 4),
        ("The fish float", "floats", 5),
        ("near a well-known har", "harbour", 3),
        ("of a brother-in", "brother-in-law", 10),
        ("brother\u2011in\u2011l", "brother-in-law", 12),
        ("in the after", "afternoon", 5),
        ("A sail", "sailor", 4),
        ("A sai\u00adl", "sailor", 5),
        ("Die Vers", "Versuchsanordnung", 4),
        ("der Donau", "Donaudampfschiffe", 5),
        ("der Donau\u00addampf\u00adschiﬀ", "Donaudampfschiffe", 17),
        ("die Ma", "Maschine", 2),
        ("dans le ja", "jardin", 2),
        ("celui", "celui-ci", 5),
        ("est magni", "magnifique", 5),
        ("est ma\u00adgni\u00adﬁ", "magnifique", 8),
    ],
)
def test_a_word_is_found_however_it_is_set(suggester: Suggester, typed: str, word: str, replace: int) -> None:
    found = suggester.suggest(typed, mode="complete")
    asking.check(typed, found)
    assert (found[0].text, found[0].replace) == (word, replace)
    assert found[0].result == typed[: len(typed) - replace] + word


def test_no_word_is_cut_or_set(suggester: Suggester) -> None:
    words = {*suggester.model.vocabulary.tokens, *suggester.model.vocabulary.rare}
    assert not [word for word in words if not {*"ﬁﬂﬀ\u00ad\u202f"}.isdisjoint(word)]
    assert {"well-known", "brother-in-law", "dit-elle", "celui-ci", "Vor", "Nachteile"} <= words
    assert not {"wellknown", "brother-inlaw", "ditelle", "celuici", "har", "bour", "schine"} & words


@pytest.mark.parametrize(
    "before",
    ["The fish floats oﬀ the reef near a well-known har-\nbour, where the ", "a har-\nbour, where the fisher-\nmen "],
)
def test_a_text_that_was_typed_is_read_as_one_that_is_there(suggester: Suggester, before: str) -> None:
    folder = suggester.model
    for stop in range(len(before) + 1):
        typed = suggester.suggest(before[:stop])
        asking.assert_same(typed, Suggester(folder).suggest(before[:stop]))


@pytest.mark.parametrize(
    "typed", ["ﬁ", "\u00ad", "a\u00ad", "har-\n", "har-\nbo", "har-\nbour ", "har\u00ad\nbour ", "ﾞ", "ｶﾞ", "The\u3000"]
)
def test_odd_typography_gets_an_answer_that_keeps_the_contract(suggester: Suggester, typed: str) -> None:
    for mode in ("auto", "next", "complete"):
        asking.check(typed, suggester.suggest(typed, mode=mode, words=3), words=3)


def test_a_model_of_text_that_was_read_as_it_was_set_still_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "set.txt"
    text.write_text("The ﬁrst oﬃce was re\u00adpeat\u00aded.\n" * 40, encoding="utf-8")
    for room in (bulk, tokenizer):
        monkeypatch.setattr(room, "composed", lambda text, **_: unicodedata.normalize("NFC", text))
    monkeypatch.setattr(tokenizer, "unbroken", lambda text, _: text)
    assert run(["train", str(text), "--model", str(tmp_path / "model"), "--no-network"]) == 0
    monkeypatch.undo()
    suggester = Suggester.open(tmp_path / "model")
    assert {"ﬁrst", "oﬃce"} <= {*suggester.model.vocabulary.tokens}
    for typed in ("", "The ", "The ﬁrst ", "The ﬁ", "The fi", "first of", "was re", "was re\u00adp"):
        found = suggester.suggest(typed, words=2)
        asking.check(typed, found)
        assert found
