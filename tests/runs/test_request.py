"""What is asked of a training run finds its place by its name, and is refused where it makes no sense."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autocomplete.config import KINDS, CorpusSettings, Meeting, RunSettings, kinds_of
from autocomplete.errors import UsageError
from autocomplete.runs.request import Request

FOLDER = Path("model")
# Of each type, values of others that are easily given in its place.
WRONG: Mapping[type[Any], tuple[object, ...]] = {
    bool: ("no", 0),
    int: ("2", 2.5, True),
    float: ("0.5", True),
    str: (3, ("a",)),
    tuple: ("*.txt", ("", 1.5), 3),
}


def test_settings_find_their_place_by_their_names() -> None:
    request = Request.of(
        ["a.txt", Path("b")], model=FOLDER, valid="c.txt", budget=9, level="char", order=4, cell="gru", bptt=7, seed=3,
        output="exact", shown_right=0.7, force=True,
    )  # fmt: skip
    assert request == Request(
        folder=FOLDER, paths=["a.txt", "b"], valid_paths=["c.txt"], corpus=CorpusSettings(level="char", order=4),
        network={"cell": "gru"}, training={"bptt": 7, "seed": 3, "budget_seconds": 9.0},
        run=RunSettings(output="exact", shown_right=0.7), force=True,
    )  # fmt: skip


def test_none_leaves_a_setting_as_it_is() -> None:
    open_settings = Request.of("a.txt", model=FOLDER, budget=9, epochs=None, layout=None, cell=None, meeting=None)
    assert open_settings == Request.of("a.txt", model=FOLDER, budget=9)


def test_a_name_is_of_the_data_directory_and_a_path_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    assert Request.of("a.txt", model="notes").folder == tmp_path / "notes"
    assert Request.of("a.txt", model="./notes").folder == Path("notes")
    assert Request.of("a.txt", model=Path("notes")).folder == Path("notes")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"learning_rat": 1.0}, "Did you mean 'learning_rate'"),
        ({"learning_rat": None}, "Did you mean 'learning_rate'"),
        ({"budget_seconds": 1.0}, "Did you mean 'budget'"),
        ({"folder": "m"}, "no setting 'folder'"),
        ({"share": 0.5}, "no setting 'share'"),
        ({"budget": "60s"}, "no number of seconds"),
        ({"budget": 0}, "no number of seconds above zero"),
        ({"budget": True}, "no number of seconds above zero"),
        ({"no_network": True}, "Did you mean 'ngrams_only'"),
        ({"meeting": 3}, "meeting 3 does not say where processes meet"),
        ({"ngrams_only": "no"}, "ngrams_only 'no' is neither true nor false"),
        ({"resume": 1}, "resume 1 is neither true nor false"),
        ({"level": "words"}, "level 'words' is none of"),
        ({"layout": "prose"}, "layout 'prose' is none of"),
        ({"size": "huge"}, "size 'huge' is none of"),
        ({"output": "soft"}, "output 'soft' is none of"),
        ({"precision": "float64"}, "precision 'float64' is none of"),
        ({"shown_right": 1.5}, "shown_right 1.5 is not a share"),
        ({"epochs": 2, "budget": 60}, "one of the two"),
        ({"force": True, "resume": True}, "one of the two"),
        ({"cell": "feedforward", "weight_drop": 0.1}, "has none"),
        ({"batch_size": 8, "accumulate": 3}, "equal parts"),
        ({"characters": True, "level": "char"}, "a model of words in running text"),
        ({"characters": True, "pretokenized": True}, "a model of words in running text"),
        ({"characters": True, "layout": "commands"}, "a model of words in running text"),
        ({"layout": "commands", "pretokenized": True}, "as a shell does"),
        ({"characters": True, "valid": "-"}, "standard input comes once"),
        ({"characters": True, "meeting": Meeting(processes=2)}, "one network together"),
        ({"ngrams_only": True, "meeting": Meeting(processes=2)}, "one network together"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Request.of("a.txt", model=FOLDER, **wrong)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (name, wrong)
        for kind in KINDS.values()
        for name, each in kinds_of(kind).items()
        for wrong in WRONG[each.base]
        if name != "budget_seconds" and (name, wrong) != ("sender", "*.txt")  # a name may stand alone
    ],
)
def test_a_value_of_another_type_is_refused_by_the_name_of_its_setting(name: str, wrong: Any) -> None:
    with pytest.raises(UsageError, match=f"^{name} "):
        Request.of("a.txt", model=FOLDER, **{name: wrong})


@pytest.mark.parametrize("kind", [*KINDS.values(), Meeting])
def test_no_settings_are_made_of_values_of_another_type(kind: type[Any]) -> None:
    for name, each in kinds_of(kind).items():
        for wrong in [*WRONG[each.base], *([] if each.optional else [None])]:
            with pytest.raises(UsageError, match=f"^{name} "):
                kind(**{name: wrong})


def test_a_list_will_do_where_several_values_belong_and_a_whole_number_where_any() -> None:
    request = Request.of("a.txt", model=FOLDER, patterns=["*.txt"], learning_rate=1, layout="auto")
    assert (request.corpus.patterns, request.training) == (("*.txt",), {"learning_rate": 1})
    assert request.corpus == CorpusSettings(patterns=("*.txt",))


def test_without_text_there_is_nothing_to_learn() -> None:
    with pytest.raises(UsageError, match="no text"):
        Request.of([], model=FOLDER)


def test_rows_are_read_in_parts_though_their_number_is_not_given() -> None:
    assert Request.of("a.txt", model=FOLDER, accumulate=3).training == {"accumulate": 3}


@pytest.mark.parametrize(
    "other", [{"seed": 0}, {"level": "char"}, {"characters": True}, {"size": "tiny"}, {"budget": 5}, {"valid": "a"}]
)
def test_a_run_that_goes_on_takes_only_what_it_began_with(other: dict[str, Any]) -> None:
    Request.of((), model=FOLDER, resume=True, meeting=Meeting(processes=2))
    for paths, settings in (((), other), ("a.txt", {})):
        with pytest.raises(UsageError, match="text and settings that it started with"):
            Request.of(paths, model=FOLDER, resume=True, **settings)


def test_words_and_characters_share_the_time_and_the_text() -> None:
    whole = Request.of("a.txt", model=FOLDER, budget=80, valid="b.txt", characters=True, vocab_size=99, seed=5, bptt=7)
    words, characters = whole.of_words(), whole.of_characters()
    assert (words.budget_seconds, characters.budget_seconds) == (60.0, 20.0)
    assert words.training_within_share == {"bptt": 7, "seed": 5, "budget_seconds": 60.0}
    assert characters.training_within_share == {"seed": 5, "budget_seconds": 20.0}
    assert (words.folder, characters.folder) == (FOLDER, FOLDER / "characters")
    assert words.corpus == whole.corpus
    assert characters.corpus == CorpusSettings(level="char")
    for part in (words, characters):
        assert (part.paths, part.valid_paths, part.characters) == (["a.txt"], ["b.txt"], False)


def test_a_budget_that_is_not_given_is_shared_too() -> None:
    request = Request.of("a.txt", model=FOLDER, epochs=3, characters=True)
    assert request.of_words().budget_seconds + request.of_characters().budget_seconds == request.budget_seconds == 300.0
    assert request.of_characters().training["epochs"] == 3
