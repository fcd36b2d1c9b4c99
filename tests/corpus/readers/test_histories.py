import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from autocomplete.config import FormatName
from autocomplete.corpus.readers import histories
from autocomplete.corpus.readers.histories import unfolded
from autocomplete.corpus.readers.protocol import Noun
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

NOON = 1_700_000_000


def written(folder: Path, content: str | bytes, name: str = "history.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, key: FormatName) -> tuple[list[str], dict[Noun, int]]:
    passages, tally = passages_of(path, key)
    return [passage.text for passage in passages], dict(tally.left_out)


def metafied(text: str) -> bytes:
    """What zsh writes: its own bytes, and NUL, are marked by 0x83 and changed."""
    return b"".join(
        bytes([0x83, byte ^ 0x20]) if byte == 0 or 0x83 <= byte <= 0xA2 else bytes([byte]) for byte in text.encode()
    )


ZSH = rf"""
: {NOON}:0;git status
: {NOON + 5}:12;git status
: {NOON + 9}:0;echo ': 1:0;'; : nothing
: {NOON + 10}:0;for f in *.txt; do\
    echo "$f"\
done
: {NOON + 11}:0;docker run \\
  --rm -it \\
  debian
plain from before times were kept
\: begins with a colon
: {NOON + 86_400}:3;git status
: {NOON + 86_401}:0;
"""


def test_a_zsh_history_is_its_commands(tmp_path: Path) -> None:
    path = written(tmp_path, ZSH.lstrip())
    assert formats_of(path) == ["zsh"]
    passages, tally = passages_of(path, "zsh")
    assert [(passage.text, passage.begins_document) for passage in passages] == [
        ("git status", True),
        ("echo ': 1:0;'; : nothing", False),
        ('for f in *.txt; do\necho "$f"\ndone', False),
        ("docker run --rm -it debian", False),
        ("plain from before times were kept", False),
        (": begins with a colon", False),
        ("git status", True),
    ]
    assert tally.left_out == {histories.REPEAT: 1}


# One character of each length, and each with bytes that zsh changes: Latin, Cyrillic, Georgian, Japanese, an emoji.
@pytest.mark.parametrize("text", ["größer als à Ã", "привет, Ѓ", "ყოველდღე", "買い物リスト ッ ギ", "😀 🃏 👩‍👧"])
def test_what_zsh_changed_is_changed_back(text: str, tmp_path: Path) -> None:
    content = b"".join(b": %d:0;echo %s\n" % (NOON + n, form) for n, form in enumerate([metafied(text), text.encode()]))
    path = written(tmp_path, content)
    assert formats_of(path) == ["zsh"]
    assert read(path, "zsh") == ([f"echo {text}"], {histories.REPEAT: 1})


def test_every_character_survives_metafication() -> None:
    for first in range(0, 0x11_0000, 7_000):
        text = "".join(map(chr, range(first, min(first + 7_000, 0x11_0000), 7))).encode(errors="ignore").decode()
        assert histories.demetafied(metafied(text)) == text
        assert histories.demetafied(text.encode()) == text


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "koi8-r", "utf-8", None])
def test_a_history_in_a_given_encoding_is_unmarked_and_read(tmp_path: Path, encoding: str | None) -> None:
    text = "cd Привет Ёлки" if encoding == "koi8-r" else "cd Müll Ça £ ÿ"
    marked = b"".join(
        bytes([0x83, byte ^ 0x20]) if 0x83 <= byte <= 0xA2 else bytes([byte])
        for byte in text.encode(encoding or "utf-8")
    )
    path = written(tmp_path, b": 1700000000:0;ls\n: 1700000001:0;" + marked + b"\n: 1700000002:0;ps\n")
    passages, tally = passages_of(path, "zsh", encoding=encoding)
    assert [passage.text for passage in passages] == ["ls", text, "ps"]
    assert not tally.left_out


def test_a_command_that_is_not_utf8_is_left_out_and_placed(tmp_path: Path) -> None:
    path = written(tmp_path, b": 1700000000:0;ls\n: 1700000001:0;cd M\xfcll\n: 1700000002:0;ps\n")
    passages, tally = passages_of(path, "zsh")
    assert [passage.text for passage in passages] == ["ls", "ps"]
    assert tally.left_out == {histories.UNDECODABLE: 1}
    assert list(tally.notes) == ["the first command that is not UTF-8 is at line 2"]


BASH = f"""ls before the times
ls before the times
#{NOON}
cd /tmp
#{NOON + 3}
cat <<END > notes
don't go \\
  on
END
#{NOON + 4}
make test
make test
#issue 12 is no time
#{NOON + 86_400}
git commit -m "one

two"
#{NOON + 86_401}
"""


def test_a_bash_history_is_its_commands_without_times(tmp_path: Path) -> None:
    path = written(tmp_path, BASH)
    assert formats_of(path) == ["bash"]
    passages, tally = passages_of(path, "bash")
    assert [(passage.text, passage.begins_document) for passage in passages] == [
        ("ls before the times", True),
        ("cd /tmp", True),
        ("cat <<END > notes\ndon't go \\\n  on\nEND", False),
        ("make test", False),
        ("#issue 12 is no time", False),
        ('git commit -m "one two"', True),
    ]
    assert tally.left_out == {histories.REPEAT: 2}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (".bash_history", "bash"),
        ("bash_history.txt", "bash"),
        ("history", "bash"),
        (".histfile", "zsh"),
        (".zsh_history", "zsh"),
        ("zsh-history.bak", "zsh"),
        ("my list.txt", None),
        ("history.md", None),
    ],
)
def test_a_history_without_marks_is_known_by_name_and_content(
    name: str, key: FormatName | None, tmp_path: Path
) -> None:
    content = "cd src\ngit pull\nls -la\nls -la\ngco main\n./run.sh --fast\nFOO=1 sudo make install\n"
    path = written(tmp_path, content, name)
    assert formats_of(path) == ([key] if key else [])
    if key:
        texts, left_out = read(path, key)
        assert texts == ["cd src", "git pull", "ls -la", "gco main", "./run.sh --fast", "FOO=1 sudo make install"]
        assert left_out == {histories.REPEAT: 1}


NO_HISTORIES = {
    "prose": "The history of the town begins early.\nIt was small.\nMake of it what you will.\nFind out more.\n",
    "lower case": "make bread with rye\nfind a gift for ann\nsew the coat, mend the tools\nsee the film tonight.\n",
    "times of nothing": "#1700000000\nThe days were long that year.\n#1700000060\nNobody came to see us there.\n",
    "hashes": "#123\nfirst\n#124\nsecond\n",
    "colons": ": here a line begins with a colon\n: 12:30;lunch\n: and one more\n",
    "script": "#!/bin/sh\ncd /tmp\nls -la\ngit pull\nmake\n",
    "script without its first line": "set -e\nif test -d x; then\n  cd x\n  ls\nfi\nfor f in *; do\n  echo $f\ndone\n",
    "Markdown": "# Notes\n\n- git pull\n- make test\n\n    cd src\n\nRun it twice.\n",
    "about zsh": f"What is in the file looks so:\n\n: {NOON}:0;ls\n\nThe number is the time.\nNothing else is kept.\n",
    "YAML": "- cmd: make\n  name: build\n- cmd: ls\n  when: always\n",
    "nothing": "",
    "blank": "\n \n\n",
}


@pytest.mark.parametrize("text", NO_HISTORIES.values(), ids=NO_HISTORIES)
@pytest.mark.parametrize(
    "name", ["history", ".bash_history", ".zsh_history", "ConsoleHost_history.txt", "fish_history"]
)
def test_what_is_no_history_is_taken_for_none(text: str, name: str, tmp_path: Path) -> None:
    assert formats_of(written(tmp_path, text, name)) == []


FISH = rf"""- cmd: git status
  when: {NOON}
- cmd: git status
  when: {NOON + 2}
- cmd: printf 'a\\nb\\\\' | wc
  when: {NOON + 3}
  paths:
    - ~/notes: old.txt
- cmd: for i in 1 2\n    echo $i\nend
  when: {NOON + 4}
- cmd: echo one \\\n  two
  when: {NOON + 5}
? what is this
- cmd: ls
  when: {NOON + 86_400}
"""


def test_a_fish_history_is_its_commands_unescaped(tmp_path: Path) -> None:
    path = written(tmp_path, FISH)
    passages, tally = passages_of(path, "fish")
    assert [(passage.text, passage.begins_document) for passage in passages] == [
        ("git status", True),
        (r"printf 'a\nb\\' | wc", False),
        ("for i in 1 2\necho $i\nend", False),
        ("echo one two", False),
        ("ls", True),
    ]
    assert tally.left_out == {histories.REPEAT: 1, histories.STRAY: 1}
    assert formats_of(written(tmp_path, FISH.replace("? what is this\n", ""), "anything")) == ["fish"]


POWERSHELL = """Get-ChildItem -Recurse
Get-ChildItem -Recurse
cd C:\\src
foreach ($f in Get-ChildItem) {`
  Write-Output "it's $f"`
}
docker run ``
  --rm debian
$x = Get-Content 'a`b.txt'
Get-Process |`
  Sort-Object CPU
"""


@pytest.mark.parametrize("name", ["ConsoleHost_history.txt", "history.txt"])
def test_a_powershell_history_is_its_commands(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, POWERSHELL, name)
    assert formats_of(path) == ["powershell"]
    assert read(path, "powershell") == (
        [
            "Get-ChildItem -Recurse",
            "cd C:\\src",
            'foreach ($f in Get-ChildItem) {\nWrite-Output "it\'s $f"\n}',
            "docker run --rm debian",
            "$x = Get-Content 'a`b.txt'",
            "Get-Process | Sort-Object CPU",
        ],
        {histories.REPEAT: 1},
    )


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("ls  -la ", "ls  -la"),
        ("a \\\n  b \\\n\\\n c", "a b c"),
        ("a '\\\nb' \\\nc", "a '\\ b' c"),
        ("ls |\n\n  wc", "ls | wc"),
        ("make &&\nmake install", "make && make install"),
        ("echo a # don't\necho b", "echo a # don't\necho b"),
        ("echo a#'b\nc'", "echo a#'b c'"),
        ('echo \\"\necho b', 'echo \\"\necho b'),
        ("cat <<< 'x'\nls", "cat <<< 'x'\nls"),
        ("cat <<-'EOF' <<B\n it's\nEOF\nx\nB\nls |\nwc", "cat <<-'EOF' <<B\n it's\nEOF\nx\nB\nls | wc"),
        ("echo 'never closed\nls \\\nwc", "echo 'never closed\nls\nwc"),
        ("\n\n", ""),
    ],
)
def test_lines_are_joined_where_they_are_no_commands(typed: str, text: str) -> None:
    assert unfolded(typed) == text


@pytest.mark.parametrize("piece", ["\\", "'", '"', "|", "&&", "<<A ", "# ", "<<", "\\\n", "'\n", "{ ", " "])
def test_adversarial_commands_are_read_in_linear_time(piece: str, tmp_path: Path) -> None:
    unfolded("\n" + piece * 20_000)
    passages_of(written(tmp_path, "ls\n#1700000000\n" + piece * 20_000), "bash")


def test_a_pasted_command_is_left_out(tmp_path: Path) -> None:
    lines = [f": {NOON}:0;echo {'x' * 20_000}", f": {NOON}:0;" + "\\\n".join(["y" * 99] * 20_000), f": {NOON}:0;ls", ""]
    assert read(written(tmp_path, "\n".join(lines)), "zsh") == (["ls"], {histories.OVERLONG: 2})


@pytest.mark.parametrize("key", ["zsh", "bash", "fish", "powershell"])
def test_a_line_without_end_is_refused(key: FormatName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.corpus.readers.protocol.LONGEST_LINE", 1 << 10)
    monkeypatch.setattr(histories, "LONGEST_LINE", 1 << 10)
    with pytest.raises(CorpusError, match=r"history\.txt: a line of over .*\. Leave the file out\."):
        passages_of(written(tmp_path, "ls\n" + "x" * 5_000), key)


@pytest.mark.parametrize("key", ["zsh", "bash", "fish", "powershell"])
def test_a_history_with_nothing_in_it_gives_nothing(key: FormatName, tmp_path: Path) -> None:
    assert read(written(tmp_path, "\n\n"), key) == ([], {})


# What atuin had at first, and what it added since.
COLUMNS = (
    "id text primary key, timestamp integer, duration integer, exit integer, command text, cwd text, session text,"
)
COLUMNS += " hostname text, deleted_at integer"
ROWS = [
    (NOON + 2, 0, "git push", "/src", "host:ann", None),
    (NOON, 0, "git status", "/src", "host:ann", None),
    (NOON + 1, 0, "git status", "/src", "host:ann", None),
    (NOON + 3, 1, "gti push", "/src", "host:ann", None),
    (NOON + 4, 0, "echo gone", "/src", "host:ann", NOON),
    (NOON + 5, -1, "came from zsh", "unknown", "host:ann", None),
    (NOON + 6, -1, "never ended", "/src", "host:ann", None),
    (NOON + 86_400, 0, "cat <<A\nit's\nA", "/src", "other:ann", None),
]


@pytest.fixture
def atuin(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "history.db")) as database:
        database.execute(f"CREATE TABLE history ({COLUMNS})")
        rows = [(str(n), time * 10**9, *row) for n, (time, *row) in enumerate(ROWS)]
        database.executemany(
            "INSERT INTO history (id, timestamp, exit, command, cwd, hostname, deleted_at) VALUES (?,?,?,?,?,?,?)", rows
        )
        database.commit()
        yield database


ATUIN = ["git status", "git push", "came from zsh", "cat <<A\nit's\nA"]


def test_an_atuin_history_is_what_went_well(atuin: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    assert formats_of(path) == ["atuin"]
    passages, tally = passages_of(path, "atuin")
    assert [passage.text for passage in passages] == ATUIN
    assert [passage.begins_document for passage in passages] == [True, False, False, True]
    assert tally.left_out == {histories.REPEAT: 1, histories.FAILED: 2, histories.DELETED: 1}


def test_an_atuin_command_has_the_place_it_was_given_in_where_that_is_known(
    atuin: sqlite3.Connection, tmp_path: Path
) -> None:
    atuin.execute("UPDATE history SET cwd = ? WHERE command = 'git push'", [b"/not \xff text"])
    atuin.commit()
    passages, _ = passages_of(tmp_path / "history.db", "atuin")
    assert [passage.circumstances for passage in passages] == [("/src", 0), ("", 0), ("", None), ("/src", 0)]


def test_what_programs_wrote_is_left_out(atuin: sqlite3.Connection, tmp_path: Path) -> None:
    atuin.execute("ALTER TABLE history ADD COLUMN author text")
    atuin.execute("UPDATE history SET author = 'ann' WHERE id % 2")
    atuin.execute("UPDATE history SET author = 'robot' WHERE command = 'git push'")
    atuin.commit()
    texts, left_out = read(tmp_path / "history.db", "atuin")
    assert texts == [text for text in ATUIN if text != "git push"]
    assert left_out[histories.FOREIGN] == 1
    atuin.execute("ALTER TABLE history ADD COLUMN author_kind integer")
    atuin.execute("UPDATE history SET author_kind = 1 WHERE command = 'came from zsh'")
    atuin.commit()
    assert read(tmp_path / "history.db", "atuin")[0] == ["git status", "cat <<A\nit's\nA"]


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_database_in_use_is_read_and_not_touched(mode: str, atuin: sqlite3.Connection, tmp_path: Path) -> None:
    atuin.execute(f"PRAGMA journal_mode = {mode}")
    atuin.execute(
        "INSERT INTO history (id, timestamp, exit, command, cwd) VALUES ('x', ?, 0, 'ls', '/')", [2 * NOON * 10**9]
    )
    atuin.commit()
    atuin.execute("BEGIN EXCLUSIVE")
    atuin.execute("DELETE FROM history")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert read(tmp_path / "history.db", "atuin")[0] == [*ATUIN, "ls"]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_damaged_database_is_refused_in_words(atuin: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    atuin.executemany("INSERT INTO history (id, timestamp) VALUES (?, ?)", [(f"n{n}" * 9, n) for n in range(3_000)])
    atuin.commit()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\x5a" * 16_384 + whole[24_576:])
    with pytest.raises(CorpusError, match=r"history\.db: a database that cannot be read \(.*\)\. Give a whole history"):
        passages_of(path, "atuin")
    path.write_bytes(whole[:1_000])
    assert formats_of(path) == []
    with pytest.raises(CorpusError, match="a database that cannot be read"):
        passages_of(path, "atuin")


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE other (a)",
        "CREATE TABLE history (timestamp, command, place)",
        f"CREATE TABLE plain ({COLUMNS}); CREATE VIEW history AS SELECT * FROM plain",
        f"CREATE TABLE history ({COLUMNS}, more AS (hex(zeroblob(500000000))))",
    ],
)
def test_a_database_of_something_else_is_none_of_atuin(made: str, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(made)
    assert formats_of(path) == []
    with pytest.raises(CorpusError, match=r"no table of commands as atuin has it\. Give the history\.db of atuin\."):
        passages_of(path, "atuin")
