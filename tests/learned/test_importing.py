"""What other programs were taught is read whatever they call their files; what is no word of a person's stays out."""

import json
import plistlib
from pathlib import Path

import pytest

from autocomplete.errors import CorpusError
from autocomplete.learned.importing import Abbreviation, Import, keep_import, read_import
from autocomplete.learned.store import LEAST_SIGHTS, Day, PersonalStore
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import END_TOKEN
from tests.learned.stores import opened

KNOWN = {"the", "and", "house"}
# Such as nobody has: joined here, so that no program that looks for secrets takes this file for one that holds them.
SECRET = "ghp_" + "Zq8Kd0Xw3Rv7Lm2Tn9Bp4Hs6Yc1Jf5Ga8Ue0"


def read(folder: Path, content: str | bytes, *, name: str = "file") -> Import:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_import(path, tokenizer=Tokenizer("word", "lines"), known=KNOWN.__contains__)


def test_words_a_line_each_are_a_list(tmp_path: Path) -> None:
    found = read(tmp_path, f"Zanzibolt\nfrobnicator\n\nthe\nNew Zwolle\n# a remark\n{SECRET}\n...\n" + "x" * 300 + "\n")
    assert found.format == "a list of words"
    assert found.words == dict.fromkeys(["Zanzibolt", "frobnicator", "New", "Zwolle"], LEAST_SIGHTS)
    assert found.phrases == {("New", "Zwolle"): LEAST_SIGHTS}
    assert (found.known, found.secrets, found.unread) == (1, 1, 2)


@pytest.mark.parametrize(
    "content",
    [
        "omw\ton my way\nbrb\tbe right back\n",
        "on my way\tomw\nbe right back\tbrb\n",
    ],
    ids=["the short form first", "the short form last"],
)
def test_a_tab_parts_a_word_from_its_short_form(tmp_path: Path, content: str) -> None:
    """Which of two columns is the short form is told by the shorter one."""
    found = read(tmp_path, content)
    assert found.abbreviations == [Abbreviation("omw", "on my way"), Abbreviation("brb", "be right back")]
    assert ("on", "my", "way") in found.phrases
    assert "omw" not in found.words


@pytest.mark.parametrize("short", ["two words", "a=b", "#tag", "Zwolle", " "])
def test_only_one_plain_word_is_a_short_form(tmp_path: Path, short: str) -> None:
    content = plistlib.dumps([{"phrase": "Zwolle", "shortcut": short}])
    found = read(tmp_path, content)
    assert (found.abbreviations, set(found.words)) == ([], {"Zwolle"})


def test_a_dictionary_of_gboard_says_what_its_columns_are(tmp_path: Path) -> None:
    head = "# Gboard Dictionary version:1\n# Gboard Dictionary format:shortcut\tword\tlanguage_tag\n"
    found = read(tmp_path, head + "\tZanzibolt\ten-US\nomw\ton my way\t\nzz\tzz\ten\nbroken line\n")
    assert found.format == "a dictionary of Gboard"
    assert set(found.words) == {"Zanzibolt", "on", "my", "way", "zz"}
    assert found.abbreviations == [Abbreviation("omw", "on my way")]
    assert found.unread == 1
    other = head.replace("shortcut\tword", "word\tshortcut")
    assert read(tmp_path, other + "on my way\tomw\ten\n").abbreviations == [Abbreviation("omw", "on my way")]


def test_a_dictionary_of_hunspell_has_flags_behind_a_slash(tmp_path: Path) -> None:
    content = "5\nZwolle/SM\nfrobnicate/DGS\tpo:verb\nthe\nkm\\/h\n1930\nCaf\u00e9/X\n"
    found = read(tmp_path, content.encode("latin-1"), name="xx.dic")
    assert found.format == "a dictionary of Hunspell"
    assert set(found.words) == {"Zwolle", "frobnicate", "km", "/", "h", "1930", "Caf\u00e9"}
    assert found.known == 1


def test_matches_of_espanso_are_texts_without_variables(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "# mine\nmatches:\n"
        '  - trigger: ":omw"\n    replace: "on my way"\n'
        '  - triggers: [":zw", ":zz"]\n    replace: Zwolle\n'
        '  - trigger: ":now"\n    replace: "{{time}}"\n    vars:\n      - {name: time, type: date}\n'
        '  - trigger: ":sig"\n    replace: |\n      Zarquon\n      Bunyip\n'
        '  - regex: ":a(\\\\d)"\n    replace: 7\n  - just text\n',
        name="base.yml",
    )
    assert found.format == "matches of espanso"
    assert found.abbreviations == [Abbreviation(":omw", "on my way"), Abbreviation(":zw", "Zwolle")]
    assert set(found.words) == {"on", "my", "way", "Zwolle"}
    assert found.unread == 4


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
@pytest.mark.parametrize(("text", "short"), [("phrase", "shortcut"), ("with", "replace")])
def test_text_replacements_are_a_property_list(
    tmp_path: Path, form: plistlib.PlistFormat, text: str, short: str
) -> None:
    items = [{text: "on my way", short: "omw"}, {text: 7, short: "x"}, "odd", {text: "Zwolle", short: "Zwolle"}]
    found = read(tmp_path, plistlib.dumps(items, fmt=form), name="Text Substitutions.plist")
    assert found.format == "text replacements"
    assert found.abbreviations == [Abbreviation("omw", "on my way")]
    assert set(found.words) == {"on", "my", "way", "Zwolle"}
    assert found.unread == 2


def exported(store: PersonalStore) -> tuple[object, ...]:
    phrases = sorted((tuple(map(str.casefold, phrase.words)), phrase.times) for phrase in store.phrases())
    return store.words(), phrases, store.lines(), store.days()


def test_an_export_is_taken_in_as_it_was_and_twice_is_once(tmp_path: Path) -> None:
    first = opened(tmp_path)
    for line in ["see Zwolle again", "See zwolle now", "see Zwolle, again"]:
        first.learn(line)
    first.keep_line("see Zwolle again")
    first.count_line(characters=30, keys=12)
    lines = [{"kind": "word", "text": word, "times": times} for word, times in first.words().items()]
    lines += [{"kind": "phrase", "words": phrase.words, "times": phrase.times} for phrase in first.phrases()]
    lines += [{"kind": "line", "text": line} for line in first.lines()]
    lines += [{"kind": "day", **day._asdict()} for day in first.days()]
    (tmp_path / "other").mkdir()
    second = opened(tmp_path / "other")
    found = read(tmp_path, "".join(f"{json.dumps(line)}\n" for line in lines), name="export.jsonl")
    assert (found.format, found.secrets, found.unread) == ("an export of what was learned", 0, 0)
    for _ in range(2):
        keep_import(second, found)
        assert exported(second) == exported(first)


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "word", "text": 7, "times": 1}',
        '{"kind": "word", "text": "a", "times": -1}',
        '{"kind": "word", "text": "a", "times": true}',
        '{"kind": "word", "text": "a\\u0007b", "times": 1}',
        '{"kind": "word", "text": "\\ud800", "times": 1}',
        '{"kind": "word"}',
        '{"kind": "phrase", "words": ["one"], "times": 1}',
        '{"kind": "phrase", "words": ["a", 7], "times": 1}',
        '{"kind": "phrase", "words": ["a", "b", "c", "d", "e", "f"], "times": 1}',
        '{"kind": "line", "text": "a\\nb"}',
        '{"kind": "day", "day": "yesterday", "characters": 1, "keys": 1}',
        '{"kind": "poem"}',
        "[1, 2]",
        "{",
        "[" * 100_000,
        '{"kind":' * 50_000,
    ],
    ids=range(16),
)
def test_what_is_no_part_of_an_export_is_counted_and_harms_nothing(tmp_path: Path, line: str) -> None:
    found = read(tmp_path, '{"kind": "word", "text": "Zwolle", "times": 2}\n' + line + "\n")
    assert (found.words, found.phrases, found.lines, found.days, found.unread) == ({"Zwolle": 2}, {}, [], [], 1)


def test_secrets_stay_out_wherever_they_are(tmp_path: Path) -> None:
    lines = [
        {"kind": "word", "text": SECRET, "times": 3},
        {"kind": "phrase", "words": [END_TOKEN, "token", SECRET], "times": 1},
        {"kind": "line", "text": f"my token is {SECRET}"},
    ]
    found = read(tmp_path, "\n".join(map(json.dumps, lines)))
    assert (found.secrets, found.words, found.phrases, found.lines) == (3, {}, {}, [])
    assert read(tmp_path, f"tok\t{SECRET}\nzw\tZwolle\n").abbreviations == [Abbreviation("zw", "Zwolle")]


def test_blocked_words_are_not_taken_in(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.blocked.add(["Zwolle"])
    keep_import(store, read(tmp_path, "Zwolle\nNew Zwolle\nGorgles\n"))
    assert set(store.words()) == {"New", "Gorgles"}
    assert not list(store.phrases())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("This is a text of several words.\nIt goes on for more than one line of them.\n", "no list of words"),
        ("matches:\n  - trigger: [\n", "no YAML"),
        ("matches:\n" + "[" * 20_000, "no YAML"),
        ("<?xml version='1.0'?><plist><array>", "damaged property list"),
        (b"bplist00" + b"\xff" * 64, "damaged property list"),
        ('<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "aaaa">]><plist><string>&a;</string></plist>', "damaged"),
    ],
    ids=range(8),
)
def test_what_is_none_of_these_is_refused(tmp_path: Path, content: str | bytes, why: str) -> None:
    with pytest.raises(CorpusError, match=why):
        read(tmp_path, content)


def test_a_bomb_of_aliases_stays_small(tmp_path: Path) -> None:
    levels = [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 40)]
    found = read(tmp_path, "a0: &a0 lol\n" + "\n".join(levels) + "\nmatches:\n  - *a39\n")
    assert found.unread == 1


def test_large_files_are_refused_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.learned.importing.MOST_BYTES", 1 << 10)
    with pytest.raises(CorpusError, match="too large"):
        read(tmp_path, "word\n" * 1_000)


def test_days_are_kept_once(tmp_path: Path) -> None:
    found = read(tmp_path, '{"kind": "day", "day": "2026-01-02", "characters": 9, "keys": 4}\n')
    assert found.days == [Day("2026-01-02", 9, 4)]
