"""Benchmarks that run other programs beside ours, with programs that write what those would."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from autocomplete.config import NetworkSettings
from benchmarks import (
    cold_start,
    keystroke_savings,
    ngram_database,
    presage,
    presage_typing,
)

# Programs that write what presage's and KenLM's write, no more of it than the benchmark reads.
FAKE_PEERS = {
    "text2ngram": r"""
        import re, sqlite3, sys
        from collections import Counter
        n, database, text = int(sys.argv[sys.argv.index("-n") + 1]), sys.argv[sys.argv.index("-o") + 1], sys.argv[-1]
        words = re.findall(r"[^\W_]+", open(text, encoding="utf-8").read().lower())
        counts = Counter(zip(*(words[start:] for start in range(n))))
        columns = ", ".join([*(f"word_{place}" for place in range(n - 1, 0, -1)), "word"])
        connection = sqlite3.connect(database)
        connection.execute(f"CREATE TABLE _{n}_gram ({columns}, count INTEGER, UNIQUE({columns}))")
        values = ((*words, count) for words, count in counts.items())
        connection.executemany(f"INSERT INTO _{n}_gram VALUES ({', '.join('?' * (n + 1))})", values)
        connection.commit()
    """,
    # Its list has the first n of five words at every position: it types what none of them is.
    "presage_simulator": r"""
        import re, sys
        from pathlib import Path
        from xml.etree import ElementTree
        config = ElementTree.parse(sys.argv[sys.argv.index("-c") + 1])
        assert Path(config.findtext(".//DBFILENAME")).is_file()
        assert config.findtext(".//REPEAT_SUGGESTIONS") in ("yes", "no")
        shown = ["best", "food", "in", "las", "vegas"][: int(config.findtext(".//SUGGESTIONS"))]
        keys = choices = characters = 0
        for word in re.findall(r"[^\W_]+", Path(sys.argv[-1]).read_text(encoding="utf-8")):
            word = word.lower() if "-i" in sys.argv else word
            characters += len(word) + 1
            for letters in range(1 if word in shown else len(word) + 1):
                print(f"===> {word}", f"   > {word[:letters]}", *shown, sep="\n")
            keys, choices = (keys, choices + 1) if word in shown else (keys + len(word) + 1, choices)
        print("", f"ki : {keys}", f"ks : {choices}", f"kn : {characters}", sep="\n")
    """,
    "lmplz": r"""
        import sys
        order, text, arpa = (sys.argv[sys.argv.index(name) + 1] for name in ("-o", "--text", "--arpa"))
        assert "<unk>" not in open(text, encoding="utf-8").read()
        with open(arpa, "w") as file:
            print("\\data\\", *(f"ngram {n}={n}" for n in range(1, int(order) + 1)), "", sep="\n", file=file)
    """,
    "build_binary": "import shutil, sys; shutil.copy(*sys.argv[1:])",
    "query": r"""
        import sys
        tokens = len(sys.stdin.read().split())
        print(f"Perplexity including OOVs:\t12.5\nTokens:\t{tokens}")
        print(f"Name:query\tuser:0.1\tCPU:{1 + tokens / 1000}\treal:0.1", file=sys.stderr)
    """,
}

FAKE_KENLM_MODULE = """
class State: ...
class Model:
    def __init__(self, path): open(path).close()
    def BeginSentenceWrite(self, state): ...
    def NullContextWrite(self, state): ...
    def BaseScore(self, state, word, after):
        assert state is not after and not word.isspace()
        return -1.0
"""

NGRAM_DATABASE = ["--size", "0.05", "--orders", "2", "3", "--rounds", "2", "--queries", "20"]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder where programs are found, and one where Python looks for modules."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.fixture
def peers(path: Path) -> Path:
    for name, text in FAKE_PEERS.items():
        (path / name).write_text(f"#!{sys.executable}\n{dedent(text)}", encoding="utf-8")
        (path / name).chmod(0o755)
    return path


def test_ngram_database_beside_its_peers(result: Any, peers: Path) -> None:
    (peers / "kenlm.py").write_text(FAKE_KENLM_MODULE, encoding="utf-8")
    rows = {(row["program"], row["order"]): row for row in result(ngram_database.main, NGRAM_DATABASE)["rows"]}
    assert list(rows) == [
        ("autocomplete", 2),
        ("autocomplete", 3),
        ("presage", 3),
        ("presage, one SELECT", 3),
        ("KenLM", 2),
        ("KenLM", 3),
    ]
    for row in rows.values():
        assert row["note"] is None
        assert row["probability_per_second"] > 0 < row["distribution_per_second"]
        assert row["probability_median_us"] <= row["probability_p99_us"]
        assert {column.key for column in ngram_database.COLUMNS} <= row.keys()
    assert rows["KenLM", 3]["ngrams"] == 1 + 2 + 3
    assert (rows["KenLM", 3]["perplexity"], rows["KenLM", 3]["scored_tokens_per_second"]) == (12.5, 1000)
    ours = rows["autocomplete", 3]
    assert 1 < ours["perplexity"] < ours["vocabulary_size"]
    assert ours["ngrams"] == ours["ngrams_1"] + ours["ngrams_2"] + ours["ngrams_3"]
    assert (ours["over_autocomplete"], rows["presage, one SELECT", 3]["over_autocomplete"]) == (1, None)


def test_ngram_database_says_which_peers_are_missing(result: Any, path: Path) -> None:
    rows = result(ngram_database.main, [*NGRAM_DATABASE, "--orders", "2"])["rows"]
    notes = {row["program"]: row["note"] for row in rows if row["build_seconds"] is None}
    assert notes == {
        "presage": "text2ngram not installed",
        "presage, one SELECT": "text2ngram not installed",
        "KenLM": "lmplz, build_binary, query not installed",
    }


def test_without_its_module_kenlm_only_scores(result: Any, peers: Path) -> None:
    (peers / "kenlm.py").write_text("raise ImportError", encoding="utf-8")
    rows = result(ngram_database.main, [*NGRAM_DATABASE, "--orders", "2", "--kenlm", str(peers)])["rows"]
    assert rows[-1]["program"] == "KenLM"
    assert rows[-1]["scored_tokens_per_second"] == 1000
    assert rows[-1]["probability_per_second"] is None
    assert "not installed" in rows[-1]["note"]


def test_the_questions_of_presage(peers: Path, tmp_path: Path) -> None:
    text, database = tmp_path / "text", tmp_path / "database"
    text.write_text("A b c. A b c. A b d. B d.", encoding="utf-8")
    for n in "123":
        subprocess.run([peers / "text2ngram", "-n", n, "-l", "-f", "sqlite", "-o", database, text], check=True)
    assert presage.ngrams_by_order(database) == [4, 5, 6]
    with closing(presage.opened(database)) as connection:
        assert presage.trigram_count(connection, ["a", "b", "c"]) == 2
        assert presage.continuations(connection, ["a", "b"]) == [("c", 2), ("d", 1)]
        found = presage.predicted(connection, ["a", "b"])
    assert [word for _, word in found] == ["c", "d", "b", "a"]
    assert found[0][0] == pytest.approx(0.89 * 2 / 3 + 0.1 * 2 / 4 + 0.01 * 2 / 11)


@pytest.mark.parametrize("text", ["", "one line without an end", "one line\n"])
def test_a_text_with_nothing_to_hold_out_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "text").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match="no line begins in the last 5%"):
        ngram_database.main(["--corpus", str(tmp_path / "text")])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    cold_start.write_random_model(folder, NetworkSettings(embedding_size=8, hidden_size=8), vocabulary_size=150)
    return folder


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "typed.txt"
    path.write_text("best food in Las Vegas\nbest café, don't", encoding="utf-8")
    return path


def test_keystroke_savings_beside_presage(result: Any, peers: Path, model: Path, text: Path) -> None:
    arguments = ["--model", str(model), "--text", str(text), "--train", str(text), "--characters", "31"]
    found = result(keystroke_savings.main, arguments)
    assert found["settings"] == {"characters": 31, "characters_of_text": 31}
    rows = {(row["program"], row["case"], row["repeats"]): row for row in found["rows"]}
    assert list(rows) == [
        (program, case, repeats)
        for program in ("autocomplete", "presage")
        for case in ("ignored", "counted")
        for repeats in ("no", "yes")
    ]
    for row in rows.values():
        assert row["note"] is None
        assert (row["words"], row["characters"]) == (7, 5 + 5 + 3 + 4 + 6 + 5 + 4)
        assert row["ksr_1"] == pytest.approx(100 * (1 - row["keys_1"] / row["characters"]), abs=1e-3)
        assert row["hit_1"] <= row["hit_3"] <= row["hit_5"]
        assert row["ksr_1"] <= row["ksr_3"] <= row["ksr_5"]
    for case in ("ignored", "counted"):
        assert rows["autocomplete", case, "no"]["ksr_5"] >= rows["autocomplete", case, "yes"]["ksr_5"]
    # "best" twice, "food" and "in" are in its list of five; "las" and "vegas" where case does not count.
    presage_rows = rows["presage", "ignored", "no"], rows["presage", "counted", "no"]
    assert [row["hit_5"] for row in presage_rows] == [pytest.approx(hits / 7, abs=1e-4) for hits in (6, 4)]
    assert [row["hit_1"] for row in presage_rows] == [pytest.approx(2 / 7, abs=1e-4)] * 2
    assert [row["keys_5"] for row in presage_rows] == [6 + 4, 4 + 4 + 6 + 4]


def test_keystroke_savings_say_why_presage_is_missing(result: Any, path: Path, model: Path, text: Path) -> None:
    arguments = ["--model", str(model), "--text", str(text)]
    rows = result(keystroke_savings.main, arguments)["rows"]
    assert [row["note"] for row in rows] == 4 * [None] + 4 * ["text2ngram, presage_simulator not installed"]
    assert all(row["ksr_1"] is None and row["characters"] is None for row in rows[4:])
    for name in ("text2ngram", "presage_simulator"):
        (path / name).touch(0o755)
    assert "--train" in result(keystroke_savings.main, arguments)["rows"][-1]["note"]


def test_a_text_without_words_and_one_that_is_missing_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="cannot be read"):
        keystroke_savings.main(["--model", str(model), "--text", str(tmp_path / "none")])
    (tmp_path / "marks").write_text("... !", encoding="utf-8")
    with pytest.raises(SystemExit, match="no word"):
        keystroke_savings.main(["--model", str(model), "--text", str(tmp_path / "marks")])


def test_what_is_typed_ends_with_a_word(text: Path) -> None:
    assert keystroke_savings.beginning(text, characters=15) == "best food in La"
    assert keystroke_savings.beginning(text, characters=13) == "best food in"
    assert keystroke_savings.beginning(text, characters=24) == "best food in Las Vegas b"


def test_the_lists_of_presage_are_read_up_to_the_sums() -> None:
    printed = "===> the\n   > \na\nThe\n===> \xa0\n   > \n===> \xa0\n   > \ufffd\nthe\n\n=====\nki : 1\n"
    assert list(presage_typing.positions(printed)) == [
        ("the", "", ["a", "The"]),
        ("\xa0", "", []),
        ("\xa0", "\ufffd", ["the"]),
    ]
