r"""Shell histories: zsh, bash, fish, PowerShell and atuin, each command once where it stands in a row.

What a shell writes beside the command is dropped: times, places, escapes. A command over several lines comes as one
line where its lines are no commands of their own (a `\` at the end, an open quote, a pipe), and else as its lines: a
loop, a here-document. A day is a document where the times are known; where they are not, the whole history is one.
"""

import contextlib
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from autocomplete.corpus.readers.protocol import (
    LONGEST_LINE,
    Choices,
    Circumstances,
    Format,
    Material,
    Noun,
    Passage,
    Sample,
    Tally,
)

COMMAND = Noun("command", "commands")
REPEAT = Noun("repeat in a row", "repeats in a row")
FAILED = Noun("command that failed", "commands that failed")
DELETED = Noun("deleted command", "deleted commands")
FOREIGN = Noun("command that a program wrote", "commands that programs wrote")
OVERLONG = Noun("command of over 10,000 characters", "commands of over 10,000 characters")
UNDECODABLE = Noun("command in another encoding", "commands in another encoding")
STRAY = Noun("line that belongs to no command", "lines that belong to no command")

# Nobody types that; pasted data is no language.
_LONGEST_COMMAND = 10_000
# What is more than that is never held: no command is so long, and times of bash may have been switched off.
_MOST_LINES, _MOST_CHARACTERS = 1_000, 1 << 20
_SECONDS_A_DAY = 86_400
# Times that a history can hold: from 1990 to 2100.
_EARLIEST, _LATEST = 631_152_000, 4_102_444_800


class _Command(NamedTuple):
    """A command as it was typed, of one line or several, and when that was, in seconds since 1970 where known."""

    text: str
    seconds: int | None = None
    circumstances: Circumstances | None = None


class _Lines:
    """The lines of a command that is not yet whole."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._characters = 0

    def add(self, line: str) -> None:
        self._lines.append(line)
        self._characters += len(line)

    @property
    def last(self) -> str:
        return self._lines[-1] if self._lines else ""

    @property
    def is_full(self) -> bool:
        return len(self._lines) >= _MOST_LINES or self._characters > _MOST_CHARACTERS

    def take(self) -> str:
        """Give the lines as one text, and begin anew."""
        text = "\n".join(self._lines)
        self._lines, self._characters = [], 0
        return text


def _passages(commands: Iterable[_Command], tally: Tally, *, escape: str = "\\") -> Iterator[Passage]:
    """Yield commands that differ from the one before; a document begins with each day."""
    before, day_before = "", None
    begins = True
    for command in commands:
        if len(command.text) > _LONGEST_COMMAND:
            tally.left_out[OVERLONG] += 1
            continue
        text = unfolded(command.text, escape=escape)
        if not text:
            continue
        day = None if command.seconds is None else command.seconds // _SECONDS_A_DAY
        begins = begins or (day is not None and day != day_before)
        day_before = day_before if day is None else day
        if text == before:
            tally.left_out[REPEAT] += 1
            continue
        yield Passage(text, begins_document=begins, circumstances=command.circumstances)
        before, begins = text, False


# What decides how a line of a command goes on: an escape, a quote, a comment, a here-document, a pipe at the end.
_MARKS = {
    escape: re.compile(rf"{re.escape(escape)}(?:.|$)|[\"']|(?<!\S)\#|(?<!<)<<-?\s*([\"']?)([\w.-]+)\1|(?:\|\|?|&&)\s*$")
    for escape in "\\`"
}


def unfolded(text: str, *, escape: str = "\\") -> str:
    r"""Join the lines of a command that are none of their own; those of loops and here-documents stay.

    Args:
        text: The command as it was typed.
        escape: What takes a line break's meaning at a line's end, `\` or PowerShell's backtick.
    """
    if "\n" not in text:
        return text.strip()
    lines: list[list[str]] = []
    ends: list[str] = []  # of the here-documents that are open
    quote, goes_on = "", False
    for line in text.split("\n"):
        if ends:
            lines.append([line.rstrip()])
            if line.strip() == ends[0]:
                del ends[0]
            continue
        if not line.strip() and not quote:
            continue
        joins = goes_on or bool(quote)
        line, quote, goes_on, begun = _scanned(line, quote, escape)  # noqa: PLW2901 - without its continuation
        if joins:
            lines[-1].append(line.strip())
        else:
            lines.append([line.strip()])
        ends += begun
    if quote:  # that is never closed, and so may be none
        return "\n".join(filter(None, (line.strip().removesuffix(escape).rstrip() for line in text.split("\n"))))
    return "\n".join(filter(None, (" ".join(filter(None, parts)) for parts in lines)))


def _scanned(line: str, quote: str, escape: str) -> tuple[str, str, bool, list[str]]:
    """A line without its continuation mark, the quote that is open behind it, whether it goes on, here-documents."""
    ends: list[str] = []
    goes_on = False
    for match in _MARKS[escape].finditer(line):
        mark = match[0]
        if mark.startswith(escape):
            if quote == "'":  # where nothing is escaped
                quote = "" if mark.endswith("'") else quote
            elif mark == escape:
                return line[: match.start()], quote, True, ends
        elif mark in "\"'":
            quote = mark if not quote else "" if quote == mark else quote
        elif not quote and mark == "#":
            break
        elif not quote and mark.startswith("<<"):
            ends.append(match[2])
        elif not quote:
            goes_on = True
    return line, quote, goes_on, ends


# zsh

_ZSH_MARK = re.compile(r": {0,3}(\d{1,12}):\d{1,9};")


def _read_zsh(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    return _passages(_zsh_commands(material, choices.encoding or "utf-8", tally), tally)


def _zsh_commands(material: Material, encoding: str, tally: Tally) -> Iterator[_Command]:
    for number, entry in _zsh_entries(material):
        text = demetafied(entry, encoding)
        if text is None:
            if not tally.left_out[UNDECODABLE]:
                tally.note(f"the first command that is not {encoding.upper()} is at line {number:,}")
            tally.left_out[UNDECODABLE] += 1
            continue
        mark = _ZSH_MARK.match(text)
        if mark:
            yield _Command(text[mark.end() :], _time(mark[1]))
        else:
            yield _Command(text.removeprefix("\\") if text.startswith("\\:") else text)


def _zsh_entries(material: Material) -> Iterator[tuple[int, bytes]]:
    r"""Each entry and the number of its first line; a `\` at a line's end says that it goes on."""
    lines: list[bytes] = []
    size, first = 0, 1
    with material.path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            if len(line) == LONGEST_LINE:
                material.refuse(f"a line of over {LONGEST_LINE >> 20} million bytes", "Leave the file out.")
            goes_on = line.endswith(b"\\\n")
            size += len(line)
            if size <= _MOST_CHARACTERS or not lines:  # what is longer is no command, and left out
                lines.append(line[:-2] if goes_on else line.rstrip(b"\r\n"))
            if not goes_on:
                yield first, b"\n".join(lines)
                lines, size, first = [], 0, number + 1
    if lines:
        yield first, b"\n".join(lines)


def demetafied(entry: bytes, encoding: str = "utf-8") -> str | None:
    """Decode bytes of a zsh history; None where they are not in the encoding in either form.

    zsh writes NUL and the bytes from 0x83 to 0xa2 as 0x83 and the byte XOR 0x20 (`metafy` in its utils.c). That makes
    a character of UTF-8 one byte longer than its first byte says, so that what decodes as it stands was never metafied.
    Other encodings have no such rule, and are taken to be metafied.
    """
    if encoding == "utf-8":
        with contextlib.suppress(UnicodeDecodeError):
            return entry.decode()
    plain = re.sub(rb"(?s)\x83(.)", lambda match: bytes([match[1][0] ^ 0x20]), entry)
    try:
        return plain.decode(encoding)
    except UnicodeDecodeError:
        return None


def _time(digits: str) -> int | None:
    seconds = int(digits)
    return seconds if _EARLIEST <= seconds < _LATEST else None


def _is_zsh(sample: Sample) -> bool:
    lines = sample.head.split(b"\n")
    texts = [demetafied(line) for line in (lines if sample.is_whole else lines[:-1])]
    entries = [
        text for before, text in pairwise(["", *texts]) if text and text.strip() and not (before or "").endswith("\\")
    ]
    marked = [entry for entry in entries if _ZSH_MARK.match(entry)]
    if 2 * len(marked) >= len(entries) > 0:
        return True
    return _plain_shell(sample.name, [entry for entry in entries if not _ZSH_MARK.match(entry)]) == "zsh"


# bash

_BASH_TIME = re.compile(r"#(\d{9,10})\s*")
# A loop, a function, a here-document: its lines belong together.
_COMPOUND = re.compile(
    r"\s*(?:for|while|until|if|case|select|function)\b|[^\n]*(?<!<)<<-?\s*[\"']?[A-Za-z_]|[^\n]*[({]\s*(?:\n|$)"
)


def _read_bash(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    del choices
    return _passages(_bash_commands(material), tally)


def _bash_commands(material: Material) -> Iterator[_Command]:
    """Commands with the times before them; without times each line is one, unless a backslash at its end says more."""
    seconds: int | None = None
    lines = _Lines()
    for line in material.lines():
        stamp = _BASH_TIME.fullmatch(line)
        if stamp or lines.is_full or (seconds is None and not lines.last.endswith("\\")):
            yield from _bash_entry(lines.take(), seconds)
        if stamp:
            seconds = _time(stamp[1])
        else:
            lines.add(line)
    yield from _bash_entry(lines.take(), seconds)


def _bash_entry(text: str, seconds: int | None) -> Iterator[_Command]:
    """The lines behind a time: one command where they belong together, else several."""
    if "\n" not in text or _COMPOUND.match(text):
        yield _Command(text, seconds)
    else:
        yield from (_Command(line, seconds) for line in unfolded(text).split("\n"))


def _is_bash(sample: Sample) -> bool:
    lines = [line for line in sample.lines() if line.strip()]
    stamps = [match for match in map(_BASH_TIME.fullmatch, lines) if match and _time(match[1])]
    others = [line for line in lines if not _BASH_TIME.fullmatch(line)]
    if 4 * len(stamps) >= len(lines) > 0:
        return bool(others) and sum(map(_is_prose, others)) <= 0.3 * len(others)
    return _plain_shell(sample.name, others) == "bash"


# fish

_FISH_LINE = re.compile(r"- cmd: |  when: \d+$|  paths:$|    - ")


def _read_fish(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    del choices
    return _passages(_fish_commands(material, tally), tally)


def _fish_commands(material: Material, tally: Tally) -> Iterator[_Command]:
    command: _Command | None = None
    for line in material.lines():
        if line.startswith("- cmd: "):
            if command:
                yield command
            command = _Command(_fish_unescaped(line.removeprefix("- cmd: ")))
        elif command and (when := re.fullmatch(r"  when: (\d{1,12})", line)):
            command = command._replace(seconds=_time(when[1]))
        elif line.strip() and not _FISH_LINE.match(line):
            tally.left_out[STRAY] += 1
    if command:
        yield command


def _fish_unescaped(text: str) -> str:
    return re.sub(r"\\([\\n])", lambda match: "\n" if match[1] == "n" else "\\", text)


def _is_fish(sample: Sample) -> bool:
    lines = [line for line in sample.lines() if line.strip()]
    times = sum(line.startswith("  when: ") for line in lines)
    return bool(lines and times) and lines[0].startswith("- cmd: ") and all(map(_FISH_LINE.match, lines))


# PowerShell


def _read_powershell(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    del choices
    return _passages(_powershell_commands(material), tally, escape="`")


def _powershell_commands(material: Material) -> Iterator[_Command]:
    """Commands; PSReadLine writes a backtick before each line break within one."""
    lines = _Lines()
    for line in material.lines():
        lines.add(line.removesuffix("`"))
        if not line.endswith("`") or lines.is_full:
            yield _Command(lines.take())
    yield _Command(lines.take())


def _is_powershell(sample: Sample) -> bool:
    lines = [line for before, line in pairwise(["", *sample.lines()]) if line.strip() and not before.endswith("`")]
    return _plain_shell(sample.name, lines) == "powershell"


# Histories without any marks: by name and content together

_HISTORY_NAME = re.compile(r"(?:^|.*[._ -])(?:hist(?:ory|file)?|zhistory)(?:[._-](?:txt|bak|old|log|tmp|\d{1,10}))*")
_CMDLET = re.compile(
    r"\s*(?:\$[\w:]{1,40} *= *)?(?:Add|Clear|Compare|Connect|Convert|ConvertFrom|ConvertTo|Copy|Disable|Enable|Enter"
    r"|Exit|Expand|Export|Find|Format|Get|Import|Install|Invoke|Join|Measure|Move|New|Out|Push|Read|Register|Remove"
    r"|Rename|Resolve|Restart|Resume|Save|Search|Select|Send|Set|Show|Sort|Split|Start|Stop|Test|Uninstall|Unregister"
    r"|Update|Wait|Where|Write)-[A-Z]\w+",
    re.IGNORECASE,
)
_COMMANDS = """
adb alias ansible ansible-playbook apk apt apt-get aptitude awk aws az base64 bash bat bc bg bind borg brew btop bun
bundle bzip2 cal cargo cat cd chezmoi chgrp chmod chown clang claude clear cls cmake cmp code column composer conda cp
crontab curl cut dart date dd deno df diff dig dir dirs dmesg dnf docker docker-compose dotnet dpkg dpkg-query du echo
egrep emacs env eslint eval exa exit export eza false fastfetch fd fdisk ffmpeg fg find firebase fish flake8 flatpak
flutter flyctl fold free fzf gcc gcloud gco gdb gem gh git go gpg gradle grep groups gs gst gunzip gzip hatch head
helm help heroku hexdump hg history host hostname htop http hx id ifconfig info ip iptables ipython isort java javac
jest jobs journalctl jq julia jupyter just k k9s kill killall kubectl latexmk lazygit less ll ln locate ls lsblk lsof
lspci lsusb lua make man md5sum minikube mkdir mosh mount mv mvn mypy mysql nano nc neofetch netlify netstat nix nmap
nnn node nohup npm npx nslookup nvim nvm nx oc open openssl pacman pandoc passwd paste patch pdflatex pdm perl php
ping pip pip3 pipx pkill pnpm pod podman poetry popd powershell pre-commit printenv printf ps psql pushd pwd pwsh
pytest python python2 python3 R rake ranger rbenv rclone read readlink realpath reboot redis-cli reset restic rg rm
rmdir robocopy rsync ruby ruff run rustc rustup scp screen sed seq service set sftp sh sha256sum shutdown snap sort
source split sqlite3 ssh ssh-add ssh-copy-id ssh-keygen stat stow strace su sudo svn swift swiftc sysctl systemctl
tail tar tee telnet terraform test tig time tldr tmux top touch tox tr traceroute tree true tsc type ufw umount
unalias uname uniq unset unzip uptime uv vagrant vercel vi vim virtualenv vite wait watch wc wget which who whoami
winget wrangler xargs xcodebuild xdg-open xxd yarn yay yes yum z zip zsh zypper
"""
_COMMAND_NAMES = frozenset(_COMMANDS.split())
_BEFORE_COMMAND = re.compile(r"\s*(?:(?:[A-Za-z_]\w{0,40}=\S{0,200}|sudo|time|nohup|exec) +){0,4}([^\s;|&]{1,100})")
_SCRIPT_LINE = re.compile(r"\s+\S|(?:fi|done|esac|else|then|do|\}|\)|;;|\{)\s*;?$|#(?!\d{9,10}$)|[\w-]{1,40} *\(\) *\{")
_LEAST_KNOWN, _MOST_PROSE, _MOST_SCRIPT, _LEAST_CMDLETS = 0.4, 0.1, 0.15, 0.2


def _plain_shell(name: str, lines: list[str]) -> str:
    """The shell whose history the lines of a file of this name are; empty where they are none."""
    name = name.lower()
    if not lines or not _HISTORY_NAME.fullmatch(name) or lines[0].startswith("#!"):
        return ""
    count = len(lines)
    cmdlets = sum(bool(_CMDLET.match(line)) for line in lines)
    known = cmdlets + sum(_begins_with_known(line) for line in lines)
    if known < _LEAST_KNOWN * count or sum(map(_is_prose, lines)) > _MOST_PROSE * count:
        return ""
    if sum(bool(_SCRIPT_LINE.match(line)) for line in lines) > _MOST_SCRIPT * count:
        return ""
    if "consolehost" in name or cmdlets >= _LEAST_CMDLETS * count:
        return "powershell"
    return "zsh" if "zsh" in name or "zhistory" in name or "histfile" in name else "bash"


def _begins_with_known(line: str) -> bool:
    match = _BEFORE_COMMAND.match(line)
    return match is not None and (match[1] in _COMMAND_NAMES or match[1].startswith(("./", "../", "~/", "/")))


def _is_prose(line: str) -> bool:
    """Whether a line reads as a sentence or a heading, and not as a command."""
    words = line[:1000].split()
    if line.startswith(("# ", "## ", "> ", "* ", "- ")):
        return True
    is_sentence = words[-1][-1] in ".!?:,;" and words[-1][0].isalpha() if words else False
    begins_upper = line[:1].isupper() and "=" not in words[0] and not _CMDLET.match(line)
    return len(words) >= 3 and (is_sentence or begins_upper)


# atuin

_SQLITE = b"SQLite format 3\0"
_ATUIN_COLUMNS = {"timestamp", "command", "exit", "cwd", "hostname", "deleted_at"}
# What SQLite keeps beside a database that is in use; without them what was last written is not there.
_IN_USE = ("-wal", "-journal")


def _read_atuin(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    del choices
    return _passages(_atuin_commands(material, tally), tally)


def _atuin_commands(material: Material, tally: Tally) -> Iterator[_Command]:
    """Commands by time, without those that failed, were deleted or come from a program.

    What atuin took over from another history has an exit status of -1 and no place: how it ended is not known.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="atuin-") as work, _database(material.path, Path(work)) as database:
            if not _is_history_table(database):
                material.refuse("no table of commands as atuin has it", "Give the history.db of atuin.")
            for command, nanoseconds, exit_status, cwd, deleted, is_own in database.execute(_atuin_query(database)):
                if deleted is not None:
                    tally.left_out[DELETED] += 1
                elif not is_own:
                    tally.left_out[FOREIGN] += 1
                elif exit_status != 0 and not (exit_status == -1 and cwd == "unknown"):
                    tally.left_out[FAILED] += 1
                elif isinstance(command, str):
                    yield _Command(command, _time_of_nanoseconds(nanoseconds), _circumstances(cwd, exit_status))
                else:
                    tally.left_out[UNDECODABLE] += 1
    except sqlite3.Error as error:
        material.refuse(f"a database that cannot be read ({error})", "Give a whole history.db of atuin.")


@contextlib.contextmanager
def _database(path: Path, work: Path) -> Iterator[sqlite3.Connection]:
    """Open a database to read it, and never touch it: where another program uses it, a copy is opened in its place."""
    beside = [path.with_name(path.name + end) for end in _IN_USE]
    if any(each.exists() for each in beside):
        for each in (path, *filter(Path.exists, beside)):
            shutil.copyfile(each, work / each.name)
        location = (work / path.name).as_uri() + "?mode=rw"
    else:
        location = path.absolute().as_uri() + "?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(location, uri=True)) as database:
        database.execute("PRAGMA trusted_schema = OFF")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_LINE)
        database.text_factory = _decoded
        yield database


def _decoded(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _is_history_table(database: sqlite3.Connection) -> bool:
    """Whether the table is a plain one with the columns of atuin, and computes nothing."""
    row = database.execute("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'history'").fetchone()
    if not row or not re.match(r"CREATE TABLE\b", str(row[0])):
        return False
    columns = database.execute("SELECT name, hidden FROM pragma_table_xinfo('history')").fetchall()
    return {name for name, _ in columns} >= _ATUIN_COLUMNS and not any(hidden for _, hidden in columns)


def _atuin_query(database: sqlite3.Connection) -> str:
    """The query; whether a person wrote a command is told by columns that came later."""
    columns = {name for (name,) in database.execute("SELECT name FROM pragma_table_xinfo('history')")}
    is_own = "1"
    if "author" in columns:
        # The host's name is `host:user`.
        is_own = "coalesce(trim(author), '') IN ('', substr(hostname, instr(hostname, ':') + 1))"
    if "author_kind" in columns:
        is_own += " AND coalesce(author_kind, 0) <> 1"
    return f"SELECT command, timestamp, exit, cwd, deleted_at, {is_own} FROM history ORDER BY timestamp"


def _circumstances(cwd: object, exit_status: object) -> Circumstances:
    """What atuin has beside a command; what was taken over from another history has neither."""
    if exit_status != 0:
        return Circumstances()
    return Circumstances(cwd if isinstance(cwd, str) else "", exit_status=0)


def _time_of_nanoseconds(value: object) -> int | None:
    return _time(str(value // 10**9)) if isinstance(value, int) and value >= 0 else None


def _is_atuin(sample: Sample) -> bool:
    if not sample.head.startswith(_SQLITE):
        return False
    try:
        with tempfile.TemporaryDirectory(prefix="atuin-") as work, _database(sample.path, Path(work)) as database:
            return _is_history_table(database)
    except (sqlite3.Error, OSError):
        return False


FORMATS: tuple[Format, ...] = (
    Format(
        key="zsh",
        name="zsh history",
        passage=COMMAND,
        recognises=_is_zsh,
        read=_read_zsh,
        takes="bytes",
        layout="commands",
    ),
    Format(key="bash", name="bash history", passage=COMMAND, recognises=_is_bash, read=_read_bash, layout="commands"),
    Format(key="fish", name="fish history", passage=COMMAND, recognises=_is_fish, read=_read_fish, layout="commands"),
    Format(
        key="powershell",
        name="PowerShell history",
        passage=COMMAND,
        recognises=_is_powershell,
        read=_read_powershell,
        layout="commands",
    ),
    Format(
        key="atuin",
        name="atuin history",
        passage=COMMAND,
        recognises=_is_atuin,
        read=_read_atuin,
        takes="bytes",
        layout="commands",
    ),
)
