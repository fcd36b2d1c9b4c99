from pathlib import Path

import pytest

from autocomplete.corpus.readers.protocol import Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

IRSSI = """\
--- Log opened Fri Mar 01 10:00:00 2024
10:00 -!- anna [~a@example.org] has joined #garden
10:00 [Users #garden]
10:01 <@anna> good morning
10:02 < ben> \x02anna:\x02 hi, \x0304,01see\x03 10:30
10:03  * anna waves
10:04 -ChanServ(services@example.org)- Welcome to #garden
10:05 -!- mode/#garden [+o ben] by anna
--- Day changed Sat Mar 02 2024
00:10 <+cleo> still up?
00:11 <anna> https://example.org
"""
WEECHAT = """\
2024-03-01 10:00:00\t-->\tanna (~a@example.org) has joined #garden
2024-03-01 10:00:01\t--\tTopic for #garden is "beans"
2024-03-01 10:01:00\t@anna\tgood morning
2024-03-01 10:02:00\tben\tanna: hi, see 10:30
2024-03-01 10:03:00\t *\tanna waves
2024-03-02 00:10:00\t+cleo\tstill up?
2024-03-02 00:11:00\t<--\tanna (~a@example.org) has quit (Quit)
"""
ZNC = """\
[10:00:00] *** Joins: anna (~a@example.org)
[10:01:00] <anna> good morning
[10:02:00] <ben> anna: hi, see 10:30
[10:03:00] * anna waves
[10:04:00] -NickServ- You are now identified
[10:05:00] *** ben sets mode: +o anna
[00:10:00] <cleo> still up?
[00:11:00] *** Quits: anna (~a@example.org) (Quit)
"""
HEXCHAT = """\
**** BEGIN LOGGING AT Fri Mar  1 10:00:00 2024

Mar 01 10:00:00 *\tNow talking on #garden
Mar 01 10:00:01 *\tanna (~a@example.org) has joined
Mar 01 10:01:00 <anna>\tgood morning
Mar 01 10:02:00 <ben>\tanna: hi, see 10:30
Mar 01 10:03:00 *\tanna waves
Mar 02 00:10:00 <cleo>\tstill up?
Mar 02 00:11:00 *\tanna has quit (Quit)
"""
PASSAGES = [
    Passage("good morning", "anna", None, True),
    Passage("anna: hi, see 10:30", "ben", None, False),
    Passage("waves", "anna", None, False),
    Passage("still up?", "cleo", None, True),
]


def written(text: str, folder: Path) -> Path:
    path = folder / "garden.log"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (IRSSI, {"system message": 5, "notice": 1, "link alone": 1}),
        (WEECHAT, {"system message": 3}),
        (ZNC, {"system message": 3, "notice": 1}),
        (HEXCHAT, {"system message": 4}),
    ],
)
def test_what_people_said_is_kept_and_nothing_else(text: str, left_out: dict[str, int], tmp_path: Path) -> None:
    path = written(text, tmp_path)
    passages, tally = passages_of(path, "irc")
    assert passages == PASSAGES
    assert {noun.one: count for noun, count in tally.left_out.items() if count} == left_out
    assert formats_of(path) == ["irc"]


def test_prose_is_refused_when_it_is_called_a_log(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no message of IRC"):
        passages_of(written("It was late.\nNobody came.\n", tmp_path), "irc")


@pytest.mark.parametrize("stamp", ["[2024-03-01T10:00:00.123Z] ", "[10:00pm] ", "10:00:01 PM ", "01/03/2024 10:00:01 "])
def test_a_time_is_known_in_every_form(stamp: str, tmp_path: Path) -> None:
    path = written("".join(f"{stamp}<{who}> hi\n" for who in ("anna", "ben", "anna")), tmp_path)
    assert formats_of(path) == ["irc"]
    assert [each.author for each in passages_of(path, "irc")[0]] == ["anna", "ben", "anna"]


def test_a_log_without_times_is_read_when_it_is_called_one(tmp_path: Path) -> None:
    path = written("<anna> hi\n<ben> <3 you\n* anna waves\n", tmp_path)
    passages, _ = passages_of(path, "irc")
    assert [(each.author, each.text) for each in passages] == [("anna", "hi"), ("ben", "<3 you"), ("anna", "waves")]
    assert formats_of(path) == []


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 10:00:00\tkettle\ton\n2024-03-01 10:01:00\tlamp\toff\n2024-03-01 10:02:00\tlamp\ton\n",
        "10:00 breakfast\n10:30 <see the list>\n12:00 lunch\n",
        "1/31/24, 12:26 PM - Anna: hi\n1/31/24, 12:27 PM - Ben: <Media omitted>\n1/31/24, 12:28 PM - Anna: oh\n",
        "<p> one\n<p> two\n<p> three\n",
        "* one thing\n* another thing\n* and a third\n",
        "prose\n\n10:01 <anna> quoted\n10:02 <anna> quoted\n10:03 <anna> quoted\nmore prose\n",
        "",
    ],
)
def test_a_table_or_a_list_is_no_log(text: str, tmp_path: Path) -> None:
    assert "irc" not in formats_of(written(text, tmp_path))


@pytest.mark.parametrize("line", ["<" * 90_000, "[" * 90_000, "10:00 " * 20_000, "* a" * 30_000, "\x03" * 90_000])
def test_adverse_lines_take_linear_time(line: str, tmp_path: Path) -> None:
    path = written(f"10:00 <anna> {line}\n{line}\n10:01 <ben> end\n", tmp_path)
    passages, _ = passages_of(path, "irc")
    assert passages[-1].text == "end"
