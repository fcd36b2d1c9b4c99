"""Which encoding a file has, and what becomes of lines that are in another."""

import random
from pathlib import Path

import pytest

from autocomplete.corpus import encodings
from autocomplete.corpus.encodings import decoded, known_encoding
from autocomplete.errors import CorpusError, Cure
from tests.corpus.formats import file_of, gathered, text_of, texts_of

SENTENCES = {
    "cp1252": [
        "Le café était fermé, mais l'élève a mangé une crêpe à l'hôtel.",
        "Die Größe der Straße überrascht mich, schöne Grüße aus München.",
        "She said it’s the best café in town – really: “fine”, for £5.",
        "¿Dónde está el niño? Mañana vendrá también su señora a la reunión.",
        "Það er gott veður í dag, við förum á ströndina með börnunum, þó svo að það rigni.",
        "À bientôt, où êtes-vous allés ? « Déjà vu », dit-il.",
    ],
    "cp1251": ["Привет, как дела? Сегодня мы идём в кино, а потом будем ужинать дома."],
    "koi8-r": ["Привет, как дела? Сегодня мы идём в кино, а потом будем ужинать дома."],
    "cp1250": ["Zażółć gęślą jaźń. Dziękuję bardzo, proszę przyjść później wieczorem do mnie."],
    "shift_jis": ["こんにちは、今日はとても暑いですね。明日は映画を見に行きましょう。"],
    "gb18030": ["你好,今天天气很好,我们一起去公园吧。晚上再吃饭。"],
    "cp1254": ["Günaydın, nasılsın? Bugün hava çok güzel, şehirde yürüyüş yapalım."],
    "cp1253": ["Καλημέρα, τι κάνεις; Σήμερα ο καιρός είναι πολύ ωραίος."],
}


@pytest.mark.parametrize("copies", [5, 40])
@pytest.mark.parametrize(
    ("encoding", "sentence"), [(encoding, each) for encoding, several in SENTENCES.items() for each in several]
)
def test_text_in_one_other_encoding_is_read_in_it(encoding: str, sentence: str, copies: int, tmp_path: Path) -> None:
    text = f"{sentence}\n" * copies
    sources = gathered(file_of(tmp_path / "a.txt", text.encode(encoding)), work=tmp_path)
    assert texts_of(sources) == [text]
    (remark,) = sources.account["remarks"]
    assert remark.startswith(f"{tmp_path / 'a.txt'} was read as ")


ENGLISH = "I don't think we're going to the beach today.\nShe said it's the best café in town.\n"


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        (b"the best caf\xe9 in town", "the best café in town"),
        (b"\x93Fine\x94, he said \x96 it\x92s \xa35", "“Fine”, he said – it’s £5"),
        (b"Stra\xdfen\xfcberf\xfchrung", "Straßenüberführung"),
        (b"\xe9", "é"),
        ("Привет, мир".encode("cp1251"), None),
        ("Zażółć gęślą".encode("cp1250"), None),
        (bytes(range(128, 256)), None),
        (b"half of a cut character \xe4\xbd", None),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_bad_line_among_good_ones_is_mended_or_left_out(
    line: bytes, becomes: str | None, line_end: str, tmp_path: Path
) -> None:
    good = (ENGLISH * 20).replace("\n", line_end)
    content = good.encode() + line + line_end.encode() + good.encode()
    sources = gathered(file_of(tmp_path / "a.txt", content), work=tmp_path)
    written = line_end.replace("\r", "\n") if line_end == "\r" else line_end
    expected = [*(ENGLISH * 20).splitlines(), becomes or "", *(ENGLISH * 20).splitlines()]
    assert texts_of(sources) == [written.join([*expected, ""])]
    became = "left out" if becomes is None else "read as cp1252"
    assert sources.account["remarks"] == [f"line 41 of {tmp_path / 'a.txt'} was not UTF-8: {became}"]


def test_of_many_bad_lines_some_are_told_with_their_places(tmp_path: Path) -> None:
    lines = [("caf\xe9" if number % 30 == 0 else "naïve café").encode("utf-8") for number in range(600)]
    for number in range(0, 600, 30):
        lines[number] = "Привет".encode("cp1251") if number % 60 else "café".encode("cp1252")
    sources = gathered(file_of(tmp_path / "a.txt", b"\n".join(lines)), work=tmp_path)
    remarks = sources.account["remarks"]
    assert [remark.split()[1] for remark in remarks[:5]] == ["1", "31", "61", "91", "121"]
    assert remarks[5:] == [
        f"15 more lines of {tmp_path / 'a.txt'} were not UTF-8; of all 10 were read otherwise, 10 left out"
    ]


def test_nothing_that_would_garble_is_advised(tmp_path: Path) -> None:
    content = (ENGLISH * 5).encode() + bytes(range(128, 255)) + b"\n"
    with pytest.raises(CorpusError) as refused:
        gathered(file_of(tmp_path / "a.txt", content * 10), work=tmp_path)
    assert refused.value.cure == Cure.ENCODING
    assert "cp1252" not in Cure.ENCODING


@pytest.mark.parametrize("bad", [1, 40])
def test_of_a_named_encoding_few_lines_may_be_wrong(bad: int, tmp_path: Path) -> None:
    content = b"caf\xe9 au lait\n" * 100 + "schon früh\n".encode() * bad
    path = file_of(tmp_path / "a.txt", content)
    if bad > 5:
        with pytest.raises(CorpusError, match=r"not ascii \(at byte 3\)"):
            gathered(path, work=tmp_path, encoding="ascii")
        return
    content = b"plain text\n" * 100 + "schon früh\n".encode() * bad
    sources = gathered(file_of(path, content), work=tmp_path, encoding="ascii")
    assert texts_of(sources) == [content.decode()]
    assert sources.account["remarks"] == [f"line 101 of {path} was not ASCII: read as UTF-8"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text",
    [
        ENGLISH * 3,
        "Привет, мир\nкак дела\n" * 4,
        "a 你好,今天天气很好。\n我们一起去 park\n" * 4,
        "ab",
        "Завтра поедем\nдомой",
        "हम कल आएंगे\n",
    ],
)
def test_a_wide_encoding_needs_no_mark(encoding: str, text: str, tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "a.txt", text.encode(encoding)), work=tmp_path)
    assert texts_of(sources) == [text]
    assert sources.account["remarks"] == [f"{tmp_path / 'a.txt'} was read as {encoding}"]


@pytest.mark.parametrize("seed", range(5))
def test_numbers_and_noise_are_no_text(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    small = b"".join(draw.randint(0, 900).to_bytes(2, "little") for _ in range(3_000))
    for content in (small, draw.randbytes(6_000), b"\0" * 4_000, b"\x01\0\0\0" * 900):
        with pytest.raises(CorpusError, match="not text"):
            gathered(file_of(tmp_path / "a.txt", content), work=tmp_path)


@pytest.mark.parametrize("line_end", ["\r", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("block_bytes", [5, 1 << 20])
def test_rare_line_breaks_break_lines(
    line_end: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "_BLOCK_BYTES", block_bytes)
    path = file_of(tmp_path / "a.txt", line_end.join(["one", "two", "three\r\nfour", "", "five"]))
    assert texts_of(gathered(path, work=tmp_path)) == ["one\ntwo\nthree\r\nfour\n\nfive"]
    # Counts of pre-tokenised corpora know one line break only.
    (source,) = gathered(path, work=tmp_path, pretokenized=True).texts
    assert source.path == path


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 1 << 20])
def test_windows_line_breaks_need_no_copy(block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "_BLOCK_BYTES", block_bytes)
    path = file_of(tmp_path / "a.txt", "one\r\ntwo\r\n\r\nthree\r\n")
    (source,) = gathered(path, work=tmp_path).texts
    assert source.path == path
    copy = decoded(path, "a", encoding=None, breaks="unified", copy=tmp_path / "copy")
    assert copy.path.read_bytes() == b"one\ntwo\n\nthree\n"


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-be", "shift_jis", "gb18030", "cp1252"])
def test_blocks_may_end_anywhere(
    block_bytes: int, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "_BLOCK_BYTES", block_bytes)
    text = "one café\r\ntwo\rthree\n" if encoding == "cp1252" else "こん\r\n今日は\rとても\n暑い"
    path = file_of(tmp_path / "a.txt", text.encode(encoding))
    given = decoded(path, "a", encoding=known_encoding(encoding), breaks="unified", copy=tmp_path / "copy")
    assert given.path.read_bytes()[given.start :].decode() == text.replace("\r\n", "\n").replace("\r", "\n")


def test_one_endless_bad_line_costs_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = file_of(tmp_path / "a.txt", b"caf\xe9 au lait " * 500_000)
    tracemalloc.start()
    (source,) = gathered(path, work=tmp_path).texts
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 << 20
    assert source.size == len("café au lait ".encode()) * 500_000
    assert text_of(source)[:4] == "café"


@pytest.mark.parametrize("text", ["Un peu de thé", "Kaffee für Zoë\nund Tee für André", "perché no, è così"])
def test_a_foreign_letter_at_the_very_end_is_one_of_its_encoding(text: str, tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "a.txt", text.encode("cp1252")), work=tmp_path)
    assert texts_of(sources) == [text]
    assert sources.account["remarks"] == [f"{tmp_path / 'a.txt'} was read as cp1252"]


GERMAN = "Die Größe der Straße überrascht mich, schöne Grüße aus München. "


@pytest.mark.parametrize(
    ("content", "becomes"),
    [
        (GERMAN.encode() * 200 + b"Und f\xfcr dich.", GERMAN * 200 + "Und für dich."),
        ("Привет, как дела? ".encode() + b"caf\xe9.", "Привет, как дела? café."),
        ("今日はとても暑いですね。".encode() + b"\xff\xe4\xbb", "今日はとても暑いですね。ÿ"),
        (b"see you there \xf0\x9f\x98", "see you there "),
        (b"see you \xf0\x9f\x98 there\nand here\n", "see you  there\nand here\n"),
        (("schön " * 9).encode() + b"it\x92s", "schön " * 9 + "it’s"),
    ],
)
def test_one_bad_byte_in_a_line_of_utf8_is_mended_where_it_stands(content: bytes, becomes: str, tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.txt", content)
    sources = gathered(path, work=tmp_path)
    assert texts_of(sources) == [becomes]
    assert sources.account["remarks"] == [f"line 1 of {path} was not UTF-8: read as UTF-8, other bytes in it as cp1252"]


@pytest.mark.parametrize(
    "text",
    ["hello world this is text\0\n", "\0one two\n", "grüße an alle\0", "the end is near\0\0\n", "a b c d e\0f g h"],
)
def test_a_stray_nul_makes_no_wide_encoding(text: str, tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "a.txt", text), work=tmp_path)
    assert texts_of(sources) == [text]
    assert "remarks" not in sources.account or not sources.account["remarks"]
