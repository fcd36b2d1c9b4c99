import gzip
import hashlib
import io
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from autocomplete.config import CorpusSettings, Layout, Level
from autocomplete.corpus import ingest as ingest_module
from autocomplete.corpus.encoding import EncodedChunk, TextChunk, encode, read_texts
from autocomplete.corpus.store import CorpusStore
from autocomplete.errors import CorpusError, UsageError
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import UNKNOWN, Vocabulary
from tests.corpus.stores import TOKENIZERS, prose, stored, text_file

# What could differ between a text in pieces, written and read back, and the same text as it was ingested.
WORDS = ["ab", "c", "word1", "new", "U.S.", ".", '"', "\\", "<unk>", "<eos>", "é", "e\u0301", "你", "🇩🇪", "x" * 300]
SPACES = [" ", "\t", "\n", "\n\n", " \n \n", "\r\n", "\r", "\u3000", "\u00a0", "\u2028", "\x85", "\ufeff"]
LONE_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
TEXTS = st.lists(st.sampled_from(WORDS + SPACES)).map("".join)


def encoded(chunks: Iterable[TextChunk], store: CorpusStore) -> list[int]:
    return [id_ for chunk in chunks for id_ in encode(chunk, store.tokenizer, store.vocabulary).ids.tolist()]


def documents(chunks: Iterable[TextChunk | EncodedChunk]) -> list[str]:
    """Text by document, put together again from its chunks."""
    found: list[str] = []
    for chunk in chunks:
        found += [""] * chunk.begins_document
        found[-1] += chunk.text
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=TEXTS,
    second=TEXTS,
    tokenizer=st.sampled_from(TOKENIZERS),
    chunk_bytes=st.integers(12, 400),
    given_by_path=st.booleans(),
)
@example(text="\r\n\r\n new\r\n", second="", tokenizer=TOKENIZERS[1], chunk_bytes=20, given_by_path=True)
@example(text="", second="e\u0301", tokenizer=TOKENIZERS[4], chunk_bytes=20, given_by_path=False)
def test_the_text_held_out_encodes_to_the_ids_held_out(
    text: str, second: str, tokenizer: Tokenizer, chunk_bytes: int, given_by_path: bool
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        # Drawn text at both ends of what is held out, and prose enough to train on.
        texts = [f"{text}\n{prose(4, seed=1)}{text}", prose(3, seed=2) + second]
        if given_by_path:
            texts[0] = texts[0].lstrip("\ufeff")  # would be the mark of a file
        else:
            texts = [prose(20, seed=3) + texts[0], prose(20, seed=4) + texts[1]]
        files = [text_file(work / f"{number}.txt", each) for number, each in enumerate(texts)]
        try:
            store = stored(
                *([text_file(work / "t.txt", prose(20))] if given_by_path else files),
                valid=tuple(files) if given_by_path else (),
                folder=work / "store",
                chunk_bytes=chunk_bytes,
                level=tokenizer.level,
                layout=tokenizer.layout,
                pretokenized=tokenizer.pretokenized,
                valid_fraction=0.2,
                keep_secrets=True,  # a cut in the middle of a word may look like one
            )
        except CorpusError as error:  # one long word may be all that is held out
            assume("to validate on" not in error.cause)
            raise
        if not tokenizer.pretokenized:
            texts = [LONE_BREAK.sub("\n", each) for each in texts]
        kept = list(store.valid_texts())
        assert encoded(kept, store) == store.valid.tolist()
        if given_by_path:
            assert documents(kept) == texts
        assert all(whole.endswith(part) for whole, part in zip(texts, documents(kept), strict=True))
        digests = [hashlib.sha256(each.encode()).hexdigest() for each in texts]
        assert list(dict.fromkeys(chunk.digest for chunk in kept)) == digests
        assert [chunk.ends_document for chunk in kept] == [*(chunk.begins_document for chunk in kept[1:]), True]


@pytest.mark.parametrize("kind", ["compressed", "utf-16", "standard input", "whole files", "several processes"])
@pytest.mark.parametrize(("level", "layout"), [("word", "lines"), ("word", "text"), ("char", "text")])
def test_the_text_held_out_is_kept_wherever_it_comes_from(
    kind: str, level: Level, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = prose(40) + "\n\n" + prose(40, seed=1)
    paths, workers = [tmp_path / "a.txt"], 1
    match kind:
        case "compressed":
            paths = [tmp_path / "a.txt.gz"]
            paths[0].write_bytes(gzip.compress(text.encode()))
        case "utf-16":
            paths[0].write_bytes(text.encode("utf-16"))
        case "standard input":
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
            paths = [Path("-")]
        case "whole files":
            paths = [text_file(tmp_path / f"{n:02}.txt", f"file{n} " + prose(5, seed=n)) for n in range(40)]
        case _:
            monkeypatch.setattr(ingest_module, "_BYTES_WORTH_WORKERS", 0)
            text_file(paths[0], text)
            workers = 2
    store = stored(
        *paths,
        folder=tmp_path / "store",
        chunk_bytes=200,
        level=level,
        layout=layout,
        workers=workers,
        valid_fraction=0.2 if kind != "whole files" else 0.05,
    )
    kept = list(CorpusStore.open(tmp_path / "store").valid_texts())
    assert encoded(kept, store) == store.valid.tolist()
    if kind == "whole files":
        files = [path.read_text(encoding="utf-8") for path in paths]
        trained_on = store.vocabulary.detokenize(store.train.tolist())
        assert documents(kept) == [each for each in files if each.split()[0] not in trained_on.split()]
        assert len(documents(kept)) == 2
    else:
        (held_out,) = documents(kept)
        assert text.endswith(held_out)
        assert 0.15 < len(held_out) / len(text) < 0.6
        assert len(kept) > 2


@given(chunk=st.builds(TextChunk, st.text(), st.text(st.characters()), st.booleans(), st.booleans()))
@example(chunk=TextChunk("", "\ud83d\ude00 \udcff \n\r\u2028\x00", begins_document=True))
def test_a_chunk_of_text_is_one_line_of_json_and_reads_back(chunk: TextChunk) -> None:
    line = chunk.to_json()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert TextChunk.from_json(line) == chunk


def test_a_damaged_text_is_refused(tmp_path: Path) -> None:
    store = stored(text_file(tmp_path / "a.txt", prose(200)), folder=tmp_path / "store", chunk_bytes=300)
    path = tmp_path / "store" / "valid.text.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for damaged in ([*lines[:-1], lines[-1][:-9]], [b"\xff\n", *lines], [b"{}\n", *lines], [b"1\n"]):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(CorpusError, match=r"valid\.text\.jsonl: not the text held out"):
            list(store.valid_texts())
    path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(CorpusError, match=r"valid\.text\.jsonl: its text and the report disagree"):
        list(store.valid_texts())
    path.unlink()
    with pytest.raises(CorpusError, match=r"valid\.text\.jsonl: not the text held out"):
        list(store.valid_texts())


def known(words: Sequence[str]) -> Vocabulary:
    """A vocabulary of these words in this order."""
    counts = np.arange(len(words), 0, -1)
    none = np.zeros(len(words), np.int64)
    total = int(counts.sum())
    return Vocabulary.build(words, counts, left=none, right=none, total=total, max_size=None, min_count=1)


@given(text=TEXTS, tokenizer=st.sampled_from(TOKENIZERS), ends=st.booleans())
@example(text="e\u0301\r\n new\n", tokenizer=TOKENIZERS[0], ends=True)
@example(text="c", tokenizer=TOKENIZERS[0], ends=False)
def test_an_encoded_chunk_spells_every_token_of_its_text(text: str, tokenizer: Tokenizer, ends: bool) -> None:
    vocabulary = known(["ab", "c", "é", " ", "a", "."])
    chunk = encode(TextChunk("digest", text, begins_document=True, ends_document=ends), tokenizer, vocabulary)
    expected = [token.text for token in tokenizer.spans(text)]
    if ends and expected and expected[-1] != "<eos>":
        expected.append("<eos>")
    assert [chunk.types[index] for index in chunk.type_ids] == expected
    assert chunk.ids.tolist() == vocabulary.encode(expected)
    assert chunk.types[0] == "<eos>"
    assert len(set(chunk.types)) == len(chunk.types)
    assert (chunk.digest, chunk.text, chunk.begins_document) == ("digest", text, True)
    assert chunk.characters == len(tokenizer.normal(text))
    if "\ufeff" not in text:  # invisible: by itself no word at the word level
        assert chunk.words == len(text.split())


def test_an_unknown_word_keeps_its_spelling(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.txt", "ab Cafe\u0301 ab\n")
    tokenizer = Tokenizer("word", "lines")
    (text,) = read_texts([path], tokenizer=tokenizer, settings=CorpusSettings())
    chunk = encode(text, tokenizer, known(["ab"]))
    (place,) = np.flatnonzero(chunk.ids == UNKNOWN)
    assert chunk.types[chunk.type_ids[place]] == "Caf\u00e9"
    assert chunk.text == "ab Cafe\u0301 ab\n"


@pytest.mark.parametrize("chunk_bytes", [200, 1 << 20])
@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=str)
def test_texts_are_read_whole_and_in_bounded_chunks(tokenizer: Tokenizer, chunk_bytes: int, tmp_path: Path) -> None:
    texts = [prose(30).rstrip("\n"), "\ufeff" + prose(20, seed=1).replace("\n", "\r\n\r\n"), prose(10, seed=2)]
    paths = [text_file(tmp_path / f"{number}.txt", text) for number, text in enumerate(texts)]
    packed = tmp_path / "3.txt.gz"
    packed.write_bytes(gzip.compress(paths.pop().read_bytes()))
    paths.append(packed)
    read = list(read_texts(paths, tokenizer=tokenizer, settings=CorpusSettings(), chunk_bytes=chunk_bytes))
    assert documents(read) == [text.removeprefix("\ufeff") for text in texts]
    assert all(len(chunk.text.encode()) <= chunk_bytes for chunk in read)
    assert len(read) == 3 if chunk_bytes > 200 else len(read) > 10

    vocabulary = known(["ab", "c", "word1", "w"])
    chunks = [encode(chunk, tokenizer, vocabulary) for chunk in read]
    whole = [encode(TextChunk("", text, begins_document=True), tokenizer, vocabulary) for text in documents(read)]
    assert [id_ for chunk in chunks for id_ in chunk.ids] == [id_ for chunk in whole for id_ in chunk.ids]


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    def read(path: Path, encoding: str = "utf-8") -> list[TextChunk]:
        given = CorpusSettings(encoding=encoding)
        return list(read_texts([path], tokenizer=TOKENIZERS[0], settings=given, chunk_bytes=50))

    path = tmp_path / "a.txt"
    with pytest.raises(UsageError, match="no such file"):
        read(path)
    content = b"good line\n" * 10
    path.write_bytes(content + b"bad \xe9 line\n")
    with pytest.raises(CorpusError, match=rf"a\.txt: not utf-8 \(at byte {len(content) + 4:,}\)"):
        read(path)
    assert read(path, "cp1252")[-1].text.endswith("bad é line\n")
    with pytest.raises(UsageError, match="klingon"):
        read(path, "klingon")
    path.write_bytes(b"")
    with pytest.raises(CorpusError, match="empty"):
        read(path)
