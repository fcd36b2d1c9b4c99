from pathlib import Path

import pytest

from autocomplete.corpus.readers import subtitles
from tests.corpus.readers.reading import formats_of, passages_of


def written(folder: Path, content: str, name: str = "some file") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


def read(path: Path) -> tuple[list[str], dict[str, int]]:
    passages, tally = passages_of(path, "subtitles")
    assert [passage.begins_document for passage in passages] == [n == 0 for n in range(len(passages))]
    return [passage.text for passage in passages], {noun.many: count for noun, count in tally.left_out.items()}


SRT = """1
00:00:01,000 --> 00:00:02,500
<i>I never thought</i>
that this would work.

2
00:00:03,000 --> 00:00:04,000
{\\an8}- Did you <font color="#ff0000">see it</font>?
- No.

3
00:00:05,000 --> 00:00:06,000
[DOOR CLOSES]
ANNA: If you go there,

4
00:00:06,500 --> 00:00:07,000 X1:100 X2:200
take me with you…

5
00:00:08,000 --> 00:00:09,000
(SIGHS)
…or somebody else.

6
00:00:10,000 --> 00:00:11,000
♪ All the world ♪

42 of them (or more)
7
00:00:12,000 --> 00:00:13,000
1984

8
00:00:14,000 --> 00:00:15,000

9
00:00:16,000 --> 00:00:17,000
Note: the end &amp; more
МАРИЯ: Да, это так.
Мария: нет
"""


def test_subtitles_are_what_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, SRT)
    assert formats_of(path) == ["subtitles"]
    assert read(path) == (
        [
            "I never thought that this would work.",
            "Did you see it?",
            "No.",
            "If you go there, take me with you… …or somebody else.",
            "All the world 42 of them (or more)",
            "1984",
            "Note: the end & more",
            "Да, это так. Мария: нет",
        ],
        {"descriptions of sounds": 2},
    )


def test_what_names_a_page_of_the_web_is_no_speech(tmp_path: Path) -> None:
    cues = [
        "Support us and become a member\nto remove all ads from <b>www.subs.example</b>",
        "It was late when",
        "Subtitles by somebody\nhttps://subs.example/42",
        "she came.",
        "More at Subs.Example.ORG!",
        "I work at an org. company and a net.",
    ]
    times = "00:00:0{0},000 --> 00:00:0{0},900"
    text = "".join(f"{number}\n{times.format(number)}\n{cue}\n\n" for number, cue in enumerate(cues, 1))
    assert read(written(tmp_path, text)) == (
        ["It was late when she came.", "I work at an org. company and a net."],
        {"advertisements": 3},
    )


VTT = """WEBVTT - made by hand
Kind: captions

STYLE
::cue { color: red }

NOTE this is
not said

intro
00:01.000 --> 00:02.000 align:start position:0%
<v Anna Lee>Hello, <00:00:01.500><c.loud>all of you</c>!

00:02.000 --> 00:03.000
<v Bob>Shall we &lt;go&gt;
or stay?

NOTE
neither is this

REGION
id:x

2
01:00:04.000 --> 01:00:05.000
>> So be it.
"""


def test_captions_of_the_web_are_what_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, VTT)
    assert formats_of(path) == ["subtitles"]
    assert read(path) == (["Hello, all of you!", "Shall we <go> or stay?", "So be it."], {})


ROLLING = """WEBVTT

00:00:01.000 --> 00:00:02.000

well<00:00:01.200><c> this</c><00:00:01.400><c> is</c>

00:00:02.000 --> 00:00:02.010
well this is


00:00:02.010 --> 00:00:03.000
well this is
how<00:00:02.200><c> it</c><00:00:02.400><c> rolls</c>

00:00:03.000 --> 00:00:03.010
how it rolls

00:00:04.000 --> 00:00:05.000
No.

00:00:05.000 --> 00:00:06.000
No.
"""


def test_lines_that_roll_are_said_once(tmp_path: Path) -> None:
    assert read(written(tmp_path, ROLLING)) == (["well this is how it rolls", "No.", "No."], {"lines shown again": 3})


@pytest.mark.parametrize(
    "text",
    [
        "1\nThe first of them.\n\n2\nThe second.\n",
        "We met at 12:30 --> and went.\n",
        "WEBVTT is a format.\nIt has times.\n",
        "# How to\n\nWrite\n\n00:00:01,000 --> 00:00:02,000\n\nand then the text.\n",
        "00:00:01,000\nHello\n00:00:02,000\nYou\n",
        "",
    ],
)
@pytest.mark.parametrize("name", ["some file", "film.srt", "film.vtt"])
def test_what_is_no_subtitle_is_taken_for_none(text: str, name: str, tmp_path: Path) -> None:
    assert formats_of(written(tmp_path, text, name)) == []


@pytest.mark.parametrize(
    "piece", ["<", "{\\", "[", "(", "- ", "A ", ".", "♪", "&", " --> ", "1\n", "\n", "a\n", "(a)", "…"]
)
def test_adversarial_cues_are_read_in_linear_time(piece: str, tmp_path: Path) -> None:
    passages_of(written(tmp_path, "1\n00:00:01,000 --> 00:00:02,000\n" + piece * 20_000), "subtitles")


def test_a_cue_without_end_is_given_in_parts(tmp_path: Path) -> None:
    lines = "".join(f"and on it goes {n}\n" for n in range(1_000))
    texts, _ = read(written(tmp_path, "00:00:01,000 --> 00:00:02,000\n" + lines))
    assert " ".join(texts) == " ".join(lines.splitlines())
    assert max(map(len, texts)) < 100 * 25


def test_a_file_without_cues_says_nothing(tmp_path: Path) -> None:
    assert read(written(tmp_path, "WEBVTT\n\nNOTE nothing\n")) == ([], {})
    assert subtitles.FORMATS[0].layout == "lines"


def test_a_header_alone_is_subtitles_in_which_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n", encoding="utf-8")
    assert formats_of(path) == ["subtitles"]
    path.write_text("WEBVTT\nis a format of subtitles\n", encoding="utf-8")
    assert formats_of(path) == []
