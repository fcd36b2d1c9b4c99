"""Files become text by what they are."""

from pathlib import Path

import pytest

from autocomplete.corpus.accounts import without_names
from autocomplete.corpus.chunks import detect_layout
from autocomplete.errors import CorpusError, Cure, UsageError
from tests.corpus.formats import file_of, gathered, small_formats, texts_of
from tests.corpus.test_archives import zipped

__all__ = ["small_formats"]
pytestmark = pytest.mark.usefixtures("small_formats")

HISTORY = "history\nls -l\nls -l\nls -l\ngit status\n\nls -l\n"


def test_a_file_is_read_as_what_it_is_whatever_its_name(tmp_path: Path) -> None:
    file_of(tmp_path / "notes.txt", HISTORY)
    sources = gathered(tmp_path / "notes.txt", work=tmp_path)
    assert texts_of(sources) == ["ls -l\n\ngit status\n\nls -l\n\n"]
    (account,) = sources.account["formats"]
    assert account == {
        "format": "zsh",
        "name": "small history",
        "files": 1,
        "passages": {"number": 3, "one": "command", "many": "commands"},
        "left_out": [{"number": 2, "one": "repeat in a row", "many": "repeats in a row"}],
        "notes": [],
    }


def test_what_is_said_of_the_format_counts_more_than_the_content(tmp_path: Path) -> None:
    path = file_of(tmp_path / "notes.txt", HISTORY)
    assert texts_of(gathered(path, work=tmp_path, format="plain")) == [HISTORY]
    other = file_of(tmp_path / "other.txt", "anything\nls\n")
    assert texts_of(gathered(other, work=tmp_path, format="zsh")) == ["ls\n\n"]


def test_a_format_that_does_not_fit_is_refused_by_its_reader(tmp_path: Path) -> None:
    path = file_of(tmp_path / "notes.txt", "some words\n")
    with pytest.raises(CorpusError, match=r"notes\.txt: read as small chat: not a chat\.") as refused:
        gathered(path, work=tmp_path, format="irc")
    assert refused.value.cure == Cure.OTHER_FORMAT


def test_a_format_that_nobody_reads_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pdf"):
        gathered(file_of(tmp_path / "a.txt", "words\n"), work=tmp_path, format="pdf")


def test_what_may_be_two_formats_is_refused_with_both(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.txt", "chat\nboth: words\n")
    with pytest.raises(CorpusError) as refused:
        gathered(path, work=tmp_path)
    assert refused.value.cause == f"{path}: may be small chat (irc) or other chat (whatsapp)."
    assert refused.value.cure == Cure.FORMAT
    assert texts_of(gathered(path, work=tmp_path, format="whatsapp")) == ["words\n\n"]


def test_a_format_with_nothing_in_it_is_refused_where_it_was_named_and_counted_in_a_folder(tmp_path: Path) -> None:
    path = file_of(tmp_path / "f" / "a.txt", "history\n\n")
    with pytest.raises(CorpusError, match=r"a\.txt: read as small history: no command in it"):
        gathered(path, work=tmp_path)
    file_of(tmp_path / "f" / "b.txt", "history\nls\n")
    sources = gathered(tmp_path / "f", work=tmp_path)
    assert (texts_of(sources), sources.empty_files) == (["ls\n\n"], 1)
    assert sources.account["formats"][0]["files"] == 1


def test_files_of_a_folder_that_cannot_be_read_are_told_and_the_others_read(tmp_path: Path) -> None:
    bad: dict[str, str | bytes] = {
        "binary.txt": bytes(range(32)) * 99,
        "broken.txt": b"\x1f\x8b broken",
        "two.txt": "chat\nboth: words\n",
        "large.txt": "chat\nAnna: before\n" + "x" * 17_000_000,
        "good.txt": "history\nls\n",
    }
    for name, content in bad.items():
        file_of(tmp_path / "f" / name, content)
    for path in (tmp_path / "f", file_of(tmp_path / "f.zip", zipped(bad))):
        sources = gathered(path, work=tmp_path)
        assert texts_of(sources) == ["ls\n\n", "before\n\n"]
        unread = sources.account["unread"]
        assert unread["files"] == 4
        told = {Path(each["cause"].split(": ")[0]).name: each for each in unread["refusals"]}
        assert told.keys() == bad.keys() - {"good.txt"}
        assert [name for name, each in told.items() if each["is_partly_read"]] == ["large.txt"]
        assert "is_partly_read" not in str(without_names(sources.account))
        assert sources.empty_files == 0
    with pytest.raises(CorpusError, match=r"a\.txt: not text"):
        gathered(file_of(tmp_path / "g" / "a.txt", bad["binary.txt"]).parent, work=tmp_path)


def test_only_so_many_refusals_are_kept(tmp_path: Path) -> None:
    for number in range(25):
        file_of(tmp_path / "f" / f"{number}.txt", "chat\nboth: words\n" + "!" * number)
    file_of(tmp_path / "f" / "z.txt", "history\nls\n")
    unread = gathered(tmp_path / "f", work=tmp_path).account["unread"]
    assert (unread["files"], len(unread["refusals"])) == (25, 20)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_a_reader_of_text_sees_utf8_lines(encoding: str, line_end: str, tmp_path: Path) -> None:
    text = line_end.join(["history", "grep café", "ls"])
    if encoding == "cp1252" and line_end in ("\x85", "\u2028"):
        pytest.skip("not in that encoding")
    path = file_of(tmp_path / "a.txt", text.encode(encoding))
    assert texts_of(gathered(path, work=tmp_path)) == ["grep café\n\nls\n\n"]


def test_a_line_of_a_passage_is_a_sequence_in_every_layout(tmp_path: Path) -> None:
    path = file_of(
        tmp_path / "a.txt", "chat\nA: one | two||three\nA: \nA:    \nA: half \ud83d".encode("utf-8", "replace")
    )
    assert texts_of(gathered(path, work=tmp_path)) == ["one\n\ntwo\n\nthree\n\nhalf ?\n\n"]
    assert texts_of(gathered(path, work=tmp_path, pretokenized=True)) == ["one\ntwo\nthree\nhalf ?\n"]
    assert texts_of(gathered(path, work=tmp_path, pretokenized=True, layout="text"))[0].startswith("one\n\ntwo\n\n")


def test_commands_alone_have_their_layout_and_plain_text_decides_where_there_is_some(tmp_path: Path) -> None:
    history = file_of(tmp_path / "history", HISTORY)
    chat = file_of(tmp_path / "chat", "chat\nA: words\n")
    wrapped = "It was the best of times and the worst of all\ntimes, and nobody knew what would become of them\n" * 9
    plain = file_of(tmp_path / "prose.txt", wrapped)
    for paths, layout in (([history], "commands"), ([history, chat], "lines"), ([chat], "lines"), ([plain], "text")):
        assert detect_layout(gathered(*paths, work=tmp_path).texts)[0] == layout
    assert detect_layout(gathered(history, chat, plain, work=tmp_path).texts)[0] == "text"


def test_the_same_content_is_read_once_whatever_its_format(tmp_path: Path) -> None:
    paths = [file_of(tmp_path / name, HISTORY) for name in ("a", "b")]
    sources = gathered(*paths, work=tmp_path)
    assert (len(sources.texts), sources.duplicate_files) == (1, 1)
    assert sources.account["formats"][0]["passages"]["number"] == 3


def test_what_is_held_out_by_name_is_not_read_for_training(tmp_path: Path) -> None:
    first, second = file_of(tmp_path / "a", HISTORY), file_of(tmp_path / "b", "history\nmake\n")
    sources = gathered(first, second, held_out=(first,), work=tmp_path)
    assert texts_of(sources) == ["make\n\n"]
    assert [source.name for source in sources.held_out] == [str(first)]
    with pytest.raises(CorpusError, match="held out"):
        gathered(first, held_out=(first,), work=tmp_path)


def test_progress_counts_the_bytes_of_the_files(tmp_path: Path) -> None:
    from autocomplete.config import CorpusSettings
    from autocomplete.corpus.sources import gather

    paths = [file_of(tmp_path / "a", HISTORY), file_of(tmp_path / "b", "plain words\n" * 9)]
    steps = list(gather(paths, settings=CorpusSettings(), work=tmp_path))
    total = sum(path.stat().st_size for path in paths)
    assert [(step.done_bytes, step.total_bytes) for step in steps] == [
        (0, total),
        (len(HISTORY), total),
        (total, total),
    ]
    assert [step.sources is None for step in steps] == [True, True, False]
