import gzip
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autocomplete.config import CorpusSettings, Layout, Level
from autocomplete.corpus import ingest as ingest_module
from autocomplete.corpus.chunks import Extent, chunks
from autocomplete.corpus.ingest import IngestProgress, ingest
from autocomplete.corpus.sources import Source
from autocomplete.corpus.store import CorpusStore
from autocomplete.errors import CorpusError
from autocomplete.text.bulk import forget_words
from autocomplete.text.hyphenation import ends_hyphenated
from autocomplete.text.tokenizer import Tokenizer
from tests.corpus.stores import TOKENIZERS, prose, stored, text_file


def tokens_of(store: CorpusStore, part: str = "train") -> list[str]:
    return store.vocabulary.decode(getattr(store, part).tolist())


def test_train_and_valid_together_are_the_text(tmp_path: Path) -> None:
    text = prose(200)
    store = stored(text_file(tmp_path / "a.txt", text), folder=tmp_path / "store")
    expected = [token.text for token in store.tokenizer.spans(text)]
    train = len(tokens_of(store))
    assert tokens_of(store) == expected[:train]
    known = set(store.vocabulary.tokens)
    assert tokens_of(store, "valid") == [token if token in known else "<unk>" for token in expected[train:]]
    assert 0.03 < len(expected[train:]) / len(expected) < 0.07


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(
        st.sampled_from(["ab", "c", ".", "é", " ", "\n", "\n\n", "\r\n", "\u3000", "\u00a0", "ab-\nab "]), min_size=1
    ).map("".join),
    tokenizer=st.sampled_from(TOKENIZERS),
    chunk_bytes=st.integers(8, 40),
)
@example(text="aaaaaa\n\nbbbbbbbb", tokenizer=Tokenizer("word", "text"), chunk_bytes=7)
@example(text="aaaaaa \u3000\nbbbbbbb", tokenizer=Tokenizer("word", "lines"), chunk_bytes=7)
def test_chunks_tokenized_apart_are_the_text_tokenized_whole(
    text: str, tokenizer: Tokenizer, chunk_bytes: int, tmp_path: Path
) -> None:
    path = text_file(tmp_path / "a.txt", "")
    content = text.encode()
    path.write_bytes(content)
    extents = list(chunks(Extent(Source("a", path, 0, len(content), ""), 0, len(content)), tokenizer, chunk_bytes))
    assert b"".join(content[extent.start : extent.stop] for extent in extents) == content
    pieces = [content[extent.start : extent.stop].decode() for extent in extents]
    apart = [token.text for piece in pieces for token in tokenizer.spans(piece)]
    if all(piece[-1].isspace() and not ends_hyphenated(piece.rstrip()) for piece in pieces[:-1]):  # inside no word
        assert apart == [token.text for token in tokenizer.spans(text)]


@pytest.mark.parametrize("layout", ["lines", "text"])
@pytest.mark.parametrize("level", ["word", "char"])
def test_the_store_does_not_depend_on_chunks_or_workers(
    level: Level, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = text_file(tmp_path / "a.txt", prose(150) + "\n\n" + prose(150, seed=1))
    whole = stored(path, folder=tmp_path / "whole", level=level, layout=layout)
    small = stored(path, folder=tmp_path / "small", level=level, layout=layout, chunk_bytes=700)
    assert tokens_of(small) == tokens_of(whole)
    assert small.vocabulary == whole.vocabulary
    if level == "word" and layout == "lines":
        monkeypatch.setattr(ingest_module, "_BYTES_WORTH_WORKERS", 0)
        several = stored(path, folder=tmp_path / "several", workers=2, chunk_bytes=3000)
        assert tokens_of(several) == tokens_of(whole)
        assert several.vocabulary == whole.vocabulary


@pytest.mark.parametrize("layout", ["lines", "text"])
def test_words_over_a_lines_end_are_whole_whatever_the_chunks(layout: Layout, tmp_path: Path) -> None:
    text = "The har-\nbour of a well-\nknown town has a light-\nhouse and a light-house, well-known.\n" * 60
    path = text_file(tmp_path / "a.txt", text + "a light-house\n" * 70)
    whole = stored(path, folder=tmp_path / "whole", layout=layout)
    assert {"harbour", "well-known", "light-house"} <= {*whole.vocabulary.tokens}
    assert not {"har", "bour", "wellknown", "lighthouse"} & {*whole.vocabulary.tokens}
    assert not any("\u00ad" in token for token in whole.vocabulary.tokens)
    ids = whole.train.tolist()
    assert [ids.count(number) for number in range(2, whole.vocabulary.size)] == whole.vocabulary.counts[2:]
    for chunk_bytes in (150, 157, 700):
        small = stored(path, folder=tmp_path / str(chunk_bytes), layout=layout, chunk_bytes=chunk_bytes)
        assert tokens_of(small) == tokens_of(whole)
        assert small.vocabulary == whole.vocabulary


def test_a_secret_at_the_border_of_two_chunks_is_left_out(tmp_path: Path) -> None:
    words = prose(90).replace("\n", " ")
    for shift in range(40):
        line = f"{words[:300]}{'y' * shift} the password: hunter {words[300:]}"
        path = text_file(tmp_path / f"{shift}.txt", line)
        store = stored(path, folder=tmp_path / str(shift), chunk_bytes=330)
        assert "hunter" not in store.vocabulary.tokens


@pytest.mark.parametrize(("layout", "blank"), [("lines", "\n"), ("lines", "\n\n"), ("text", "\n\n\n")])
def test_a_secret_below_its_name_is_left_out_wherever_chunks_end(layout: Layout, blank: str, tmp_path: Path) -> None:
    lines = "".join(f"we meet at the pond on day {number}\n\n" for number in range(12))
    for shift in range(0, 60, 4):
        path = text_file(tmp_path / f"{shift}.txt", f"{'y' * shift}\n{lines}The password:{blank}hunter\n\n{lines}")
        store = stored(path, folder=tmp_path / str(shift), layout=layout, chunk_bytes=400, valid_fraction=0.3)
        assert "hunter" not in store.vocabulary.tokens
        assert store.report.secret_lines == {"passwords": 2}


def test_a_text_of_labels_alone_is_cut_all_the_same(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.txt", "".join(f"the day number {number}:\n" for number in range(200)))
    whole = stored(path, folder=tmp_path / "whole")
    assert tokens_of(stored(path, folder=tmp_path / "small", chunk_bytes=300)) == tokens_of(whole)


def test_of_prose_whole_paragraphs_are_held_out(tmp_path: Path) -> None:
    paragraphs = [f"first{number} " + prose(4, seed=number) for number in range(40)]
    path = text_file(tmp_path / "a.txt", "\n".join(paragraphs))
    store = stored(path, folder=tmp_path / "store", layout="text")
    assert tokens_of(store)[-1] == "<eos>"
    assert tokens_of(store).count("<eos>") + tokens_of(store, "valid").count("<eos>") == 40
    tokens = [token.text for token in store.tokenizer.spans(path.read_text(encoding="utf-8"))]
    assert tokens[store.train.size].startswith("first")


def test_one_long_line_is_cut_without_changing_its_tokens(tmp_path: Path) -> None:
    text = " ".join(prose(300).split())
    path = text_file(tmp_path / "a.txt", text)
    valid = text_file(tmp_path / "v.txt", prose(10))
    store = stored(path, valid=(valid,), folder=tmp_path / "store", chunk_bytes=500)
    assert tokens_of(store) == [token.text for token in store.tokenizer.spans(text)] + ["<eos>"]


@pytest.mark.parametrize("letter", ["x", "ж", "𐐨"])  # of one, two and four bytes
def test_words_of_up_to_256_characters_are_counted(letter: str, tmp_path: Path) -> None:
    words = [letter * 255, letter * 256, letter * 257]
    path = text_file(tmp_path / "a.txt", " ".join([*words, prose(1)]) + prose(20))
    store = stored(path, folder=tmp_path / "store")
    assert [word in store.vocabulary for word in words] == [True, True, False]
    assert np.count_nonzero(store.train[:3] == 0) == 1


def test_documents_follow_one_another_and_each_ends_with_eos(tmp_path: Path) -> None:
    texts = [prose(20, seed=number).rstrip("\n") for number in range(3)]
    paths = [text_file(tmp_path / f"{number}.txt", text) for number, text in enumerate(texts)]
    valid = text_file(tmp_path / "v.txt", prose(20, seed=3).rstrip("\n"))
    store = stored(*paths, valid=(valid,), folder=tmp_path / "store", chunk_bytes=300)
    spans = store.tokenizer.spans
    assert tokens_of(store) == [token for text in texts for token in (*(each.text for each in spans(text)), "<eos>")]
    assert tokens_of(store, "valid")[-1] == "<eos>"


def test_of_many_files_whole_ones_are_held_out(tmp_path: Path) -> None:
    for number in range(40):
        text_file(tmp_path / f"{number:02}.txt", f"file{number} " + prose(5, seed=number))
    store = stored(tmp_path, folder=tmp_path / ".store")
    report = store.report
    assert not set(report.train_digests) & set(report.valid_digests)
    assert (len(report.train_digests), len(report.valid_digests)) == (38, 2)
    first, second = (number for number in range(40) if f"file{number}" not in store.vocabulary)
    assert 15 <= second - first <= 25


def test_a_file_given_for_both_is_held_out(tmp_path: Path) -> None:
    train, valid = text_file(tmp_path / "t.txt", prose(30)), text_file(tmp_path / "v.txt", "held out words\n" * 9)
    store = stored(train, valid, valid=(valid,), folder=tmp_path / "store")
    assert "held" not in tokens_of(store)
    with pytest.raises(CorpusError, match="held out"):
        stored(valid, valid=(valid,), folder=tmp_path / "store")


def test_vocabulary_and_joining_come_from_the_training_part_alone(tmp_path: Path) -> None:
    train = text_file(tmp_path / "t.txt", "a: b\n" * 30)
    valid = text_file(tmp_path / "v.txt", "new : words : here\n" * 90)
    store = stored(train, valid=(valid,), folder=tmp_path / "store")
    assert "new" not in store.vocabulary
    assert not store.vocabulary.joining.space_between(store.vocabulary.id("a"), store.vocabulary.id(":"))
    assert store.report.valid_unknown_share == pytest.approx(3 / 6)


def test_the_report_says_what_was_read(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.txt", "one two two three.\n" * 20 + "\n")
    copy = tmp_path / "copy.txt"
    copy.write_bytes(path.read_bytes())
    valid = text_file(tmp_path / "v.txt", "one four\n" * 10)
    report = stored(path, copy, valid=(valid,), folder=tmp_path / "store", min_count=25, layout="lines").report
    assert (report.files, report.duplicate_files, report.bytes) == (2, 1, 381 + 90)
    assert (report.lines, report.duplicate_line_share_estimate) == (20, 19 / 20)
    assert (report.train_tokens, report.train_words, report.train_characters) == (120, 80, 381)
    assert (report.valid_tokens, report.valid_words, report.valid_characters) == (30, 20, 90)
    assert (report.vocabulary_size, report.distinct_types) == (3, 4)
    assert report.train_unknown_share == 60 / 120
    assert report.valid_unknown_share == 20 / 30


def test_a_store_opens_as_it_was_left(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = stored(text_file(tmp_path / "a.txt", prose(100)), folder=folder)
    opened = CorpusStore.open(folder)
    assert (opened.report, opened.vocabulary, opened.tokenizer) == (store.report, store.vocabulary, store.tokenizer)
    assert isinstance(opened.train, np.memmap)
    assert opened.train.dtype == np.int32
    assert sorted(path.name for path in folder.iterdir()) == [
        "files.jsonl",
        "report.json",
        "train.tokens.npy",
        "valid.text.jsonl",
        "valid.tokens.npy",
        "vocabulary.json",
    ]


def test_a_damaged_or_unfinished_store_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    stored(text_file(tmp_path / "a.txt", prose(100)), folder=folder)
    texts = folder / "valid.text.jsonl"
    texts.rename(folder / "elsewhere")
    with pytest.raises(CorpusError, match=r"not a finished corpus store .*valid\.text\.jsonl"):
        CorpusStore.open(folder)
    (folder / "elsewhere").rename(texts)
    np.save(folder / "train.tokens.npy", np.zeros(3, np.int32))
    with pytest.raises(CorpusError, match="disagree"):
        CorpusStore.open(folder)
    (folder / "report.json").write_text(json.dumps({"level": "word"}))
    with pytest.raises(CorpusError, match="not a finished corpus store"):
        CorpusStore.open(folder)
    with pytest.raises(CorpusError, match="not a finished corpus store"):
        CorpusStore.open(tmp_path / "nowhere")


def test_undecodable_text_is_refused_with_the_place_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    content = b"\xef\xbb\xbf" + b"good line\n" * 10
    path.write_bytes(content + b"bad \xe9 line\n")
    with pytest.raises(CorpusError, match=rf"a\.txt: not utf-8 \(at byte {len(content) + 4:,}\)"):
        stored(path, folder=tmp_path / "store", chunk_bytes=200, encoding="utf-8")
    assert not list((tmp_path / "store").iterdir())


def test_a_small_corpus_says_how_much_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="5 tokens to train on, and 50"):
        stored(text_file(tmp_path / "a.txt", "just three words.\n1 2\n"), folder=tmp_path / "store")
    valid = text_file(tmp_path / "v.txt", "two words\n")
    with pytest.raises(CorpusError, match="3 tokens to validate on, and 10"):
        stored(text_file(tmp_path / "b.txt", prose(50)), valid=(valid,), folder=tmp_path / "store")


def test_progress_only_grows_and_ends_with_the_store(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(prose(100).encode()))
    items: list[IngestProgress] = list(
        ingest([path], settings=CorpusSettings(workers=1), folder=tmp_path / "store", chunk_bytes=500)
    )
    assert list(dict.fromkeys(item.stage for item in items)) == ["reading", "tokenizing", "numbering", "done"]
    for stage in ("tokenizing", "numbering"):
        done = [item.done_bytes for item in items if item.stage == stage]
        assert done == sorted(done)
        assert done[-1] == items[-1].total_bytes
    assert [item.store is not None for item in items] == [False] * (len(items) - 1) + [True]


@pytest.mark.parametrize("mostly_held_out", [False, True])
def test_memory_does_not_grow_with_the_corpus(mostly_held_out: bool, tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(300)]
    draw = random.Random(1)
    block = "".join(" ".join(draw.choices(words, k=9)) + "\n" for _ in range(700))  # about 50 kB
    small = text_file(tmp_path / "small.txt", prose(50))
    peaks = []
    forget_words()  # what earlier texts left would spare the first run the memory
    for repeats in (24, 120):  # 1.2 and 6 MB
        path = text_file(tmp_path / f"{repeats}.txt", block * repeats)
        given: dict[str, Any] = {"paths": [small], "valid_paths": [path]} if mostly_held_out else {"paths": [path]}
        tracemalloc.start()
        *_, last = ingest(
            **given, settings=CorpusSettings(workers=1), folder=tmp_path / f"store-{repeats}", chunk_bytes=50_000
        )
        assert last.store is not None
        assert sum(1 for _ in last.store.valid_texts()) > (repeats // 2 if mostly_held_out else 0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_a_compressed_copy_of_the_held_out_text_is_not_trained_on(tmp_path: Path) -> None:
    text = prose(200)
    plain, other = text_file(tmp_path / "a.txt", text), text_file(tmp_path / "b.txt", prose(200, seed=9))
    packed = tmp_path / "a.txt.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    *_, last = ingest([packed, other], valid_paths=[plain], settings=CorpusSettings(), folder=tmp_path / "store")
    assert last.store is not None
    assert last.store.report.files == 2
    assert not set(last.store.report.train_digests) & set(last.store.report.valid_digests)


def test_arguments_of_commands_are_not_cut_in_any_script(tmp_path: Path) -> None:
    path = text_file(tmp_path / "history.txt", "cat 图书馆/目录.txt\nls 图书馆 | wc -l\n" * 40)
    store = stored(path, folder=tmp_path / "store", layout="commands")
    assert (store.report.segmenter, store.report.uncut) == (None, 0)
    assert {"图书馆/目录.txt", "图书馆"} <= set(store.vocabulary.tokens)
