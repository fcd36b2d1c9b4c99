"""What is long and was read before counts once; lines and commands count as often as they are there."""

import random
from pathlib import Path

import pytest

from autocomplete.config import Layout
from autocomplete.corpus import repeats
from autocomplete.corpus.passages import TextFile
from autocomplete.corpus.readers.protocol import Passage
from autocomplete.corpus.repeats import Seen, Stretch, copy_without, is_long, likely_repeats, repeats_in
from tests.corpus.formats import file_of, gathered, small_formats, texts_of
from tests.corpus.stores import prose, stored

__all__ = ["small_formats"]


def long_text(seed: int, words: int = 60) -> str:
    draw = random.Random(seed)
    return " ".join(f"word{draw.randint(0, 9_999)}" for _ in range(words))


def once(path: Path, layout: Layout) -> tuple[str, int]:
    text = Stretch(path, 0, path.stat().st_size)
    found = repeats_in(text, layout=layout, seen=Seen())
    (likely,) = likely_repeats([text], layout=layout) or []
    assert repeats_in(text, layout=layout, seen=Seen(), likely=likely) == found
    copy = copy_without(text, found, path.with_suffix(".copy")).path
    return copy.read_bytes().decode(), len(found) // 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (long_text(1, 50), True),
        (long_text(1, 49), False),
        ("字" * 50, True),
        ("字" * 49, False),
        ("สวัสดีชาวโลก " * 5, True),
        ("x" * 500, False),
        ("", False),
    ],
)
def test_long_is_of_fifty_tokens(text: str, expected: bool) -> None:
    assert is_long(text.encode()) == expected


@pytest.mark.parametrize("block_bytes", [64, 700, 1 << 18])
def test_long_lines_count_once_and_short_ones_always(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "_BLOCK_BYTES", block_bytes)
    first, second = long_text(1), long_text(2)
    text = f"{first}\nshort line\n{second}\nshort line\n{first}\nshort line\n  {second}\n{first}"
    left, number = once(file_of(tmp_path / "a", text), "lines")
    assert left == f"{first}\nshort line\n{second}\nshort line\n\nshort line\n  \n"
    assert number == 3


@pytest.mark.parametrize("block_bytes", [64, 700, 1 << 18])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_in_wrapped_prose_paragraphs_count_once_however_they_are_wrapped(
    line_end: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "_BLOCK_BYTES", block_bytes)
    words = long_text(1).split()
    wrapped = [" ".join(words[:30]) + "\n" + " ".join(words[30:]), " ".join(words[:20]) + "\n" + " ".join(words[20:])]
    text = f"{wrapped[0]}\n\nA title\n\n{wrapped[1]}\n\nA title\n\n\n{long_text(3)}\n"
    left, number = once(file_of(tmp_path / "a", text.replace("\n", line_end)), "text")
    expected = f"{wrapped[0]}\n\nA title\n\n\n\nA title\n\n\n{long_text(3)}\n"
    assert left == expected.replace("\n", line_end)
    assert number == 1


def test_a_text_without_repeats_is_not_copied(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.txt", "".join(f"{long_text(seed)}\n" for seed in range(9)) + "short\n" * 50)
    stored(path, folder=tmp_path / "store")
    assert repeats_in(Stretch(path, 0, path.stat().st_size), layout="lines", seen=Seen()).tolist() == []


@pytest.mark.parametrize("seed", range(4))
def test_a_look_at_a_few_bytes_passes_no_repeat_over(seed: int, tmp_path: Path) -> None:
    """Whatever white space stands around and within what comes again, in this file or in another."""
    draw = random.Random(seed)
    paragraphs = [long_text(draw.randrange(12)) for _ in range(40)]
    blanks = ["", " ", "\t", "  \t", " " * 9, "\r"]
    lines = [f"{draw.choice(blanks)}{each}{draw.choice(blanks)}" for each in paragraphs]
    first = file_of(tmp_path / "a", "\n".join(lines[:20]))
    second = file_of(tmp_path / "b", "\r\n\r\n".join(each.replace(" ", "\r\n", 9) for each in lines[20:]))
    texts = [Stretch(path, 0, path.stat().st_size) for path in (first, second)]
    layouts: tuple[Layout, ...] = ("lines", "text")
    for layout in layouts:
        every, few = Seen(), Seen()
        for text, likely in zip(texts, likely_repeats(texts, layout=layout) or [], strict=True):
            found = repeats_in(text, layout=layout, seen=few, likely=likely)
            assert found == repeats_in(text, layout=layout, seen=every)


def test_text_without_repeats_has_no_likely_one(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a", "\n".join(long_text(seed) for seed in range(300)))
    (likely,) = likely_repeats([Stretch(path, 0, path.stat().st_size)], layout="lines") or []
    assert likely.size == 0


def test_of_more_paragraphs_than_are_held_each_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_MOST_HELD", 3)
    path = file_of(tmp_path / "a.txt", f"{long_text(1)}\n" * 4 + prose(80))
    text = Stretch(path, 0, path.stat().st_size)
    assert likely_repeats([text], layout="lines") is None
    account = stored(path, folder=tmp_path / "store", layout="lines").report.account
    assert account is not None
    assert account["repeats"]["paragraphs"] == 3


def test_a_paragraph_of_another_file_was_seen_too(tmp_path: Path) -> None:
    shared = long_text(1)
    first = file_of(tmp_path / "a.txt", prose(60) + f"{shared}\n")
    second = file_of(tmp_path / "b.txt", f"{shared}\n" + prose(60, seed=1))
    report = stored(first, second, folder=tmp_path / "store").report
    assert report.account is not None
    assert report.account["repeats"] == {"documents": 0, "paragraphs": 1}
    assert report.train_words + report.valid_words == 60 + len((prose(60) + prose(60, seed=1)).split())
    kept = stored(first, second, folder=tmp_path / "kept", pretokenized=True).report
    assert kept.train_words + kept.valid_words == report.train_words + report.valid_words + 60


def test_what_is_held_out_is_not_trained_on_in_another_file(tmp_path: Path) -> None:
    shared = " ".join(f"secretive{number}" for number in range(60))
    train = file_of(tmp_path / "t.txt", prose(60) + f"{shared}\n")
    valid = file_of(tmp_path / "v.txt", f"{shared}\n" + prose(9, seed=1))
    store = stored(train, valid=(valid,), folder=tmp_path / "store")
    assert "secretive7" not in store.vocabulary


def written(passages: list[Passage], path: Path, seen: Seen | None) -> tuple[str, int, int]:
    with TextFile(path, line_end="\n\n", seen=seen) as target:
        for passage in passages:
            target.add(target.content(passage.text), begins_document=passage.begins_document)
    text = target.written()
    content = path.read_text(encoding="utf-8")
    assert len(content.encode()) == text.size
    assert all(content.encode()[place - 2 : place] in (b"", b"\n\n") for place in text.documents)
    return content, text.repeated_documents, text.repeated_paragraphs


def test_documents_and_paragraphs_of_readers_count_once(tmp_path: Path) -> None:
    quoted, page = long_text(1), "\n".join(f"short line {number} of a page" for number in range(12))
    passages = [
        Passage(f"Hello\n{quoted}"),
        Passage("One line"),
        Passage(f"My answer\n{quoted}"),
        Passage("One line"),
        Passage(page),
        Passage("Another", begins_document=False),
        Passage(page),
        Passage("Another", begins_document=False),
        Passage(quoted),
    ]
    first = page.replace("\n", "\n\n") + "\n\nAnother"
    text = "\n\n".join(["Hello", quoted, "One line", "My answer", "One line", first, ""])
    assert written(passages, tmp_path / "a", Seen()) == (text, 1, 2)
    everything, *left = written(passages, tmp_path / "b", None)
    assert (everything.count(quoted), everything.count("Another"), left) == (3, 2, [0, 0])


def test_a_line_that_ends_within_a_word_ends_no_sequence(tmp_path: Path) -> None:
    passages = [
        Passage("an ex-\nperiment\nof mine -\nand yours"), Passage("noon-\nSee you"), Passage("a half-\n\nway house"),
        Passage("the last-"), Passage("one of all"),
    ]  # fmt: skip
    text = "an ex-\nperiment\n\nof mine -\n\nand yours\n\nnoon-\n\nSee you\n\na half-\n\nway house\n\n"
    assert written(passages, tmp_path / "a", None)[0] == text + "the last-\n\none of all\n\n"


def test_a_document_of_one_long_line_is_no_repeat_of_itself(tmp_path: Path) -> None:
    assert written([Passage(long_text(1))], tmp_path / "a", Seen()) == (f"{long_text(1)}\n\n", 0, 0)
    seen = Seen()
    written([Passage(long_text(1))], tmp_path / "b", seen)
    assert written([Passage(long_text(1))], tmp_path / "c", seen) == ("", 1, 0)


@pytest.mark.usefixtures("small_formats")
def test_commands_are_never_left_out(tmp_path: Path) -> None:
    command = "run " + " ".join(f"--option{number}" for number in range(60))
    path = file_of(tmp_path / "a", f"history\n{command}\nls\n{command}\n")
    assert texts_of(gathered(path, work=tmp_path, seen=Seen())) == [f"{command}\n\nls\n\n{command}\n\n"]


def test_a_full_table_knows_what_it_knew_and_takes_no_more() -> None:
    seen = Seen(most_slots=1 << 10)  # seven tenths of them are filled
    assert not any(seen.add(b"%d" % number) for number in range(5_000))
    assert all(seen.add(b"%d" % number) for number in range(700))
    assert not seen.add(b"4999")
    growing = Seen()
    assert not any(growing.add(b"%d" % number) for number in range(20_000))
    assert all(growing.add(b"%d" % number) for number in range(20_000))
