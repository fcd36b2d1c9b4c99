"""Made-up chats, histories, tables and subtitles for the benchmark of readers, endless like their paragraphs."""

import json
from collections.abc import Iterator

_PEOPLE = ("Anna Example", "Ben Sample", "Chris")
_COMMANDS = ("git commit -m", "docker compose run", "cd projects &&", "python -m pytest -q", "ls -l")
# In January 2026.
_FIRST_SECOND = 1_767_225_600


def whatsapp(text: Iterator[str]) -> Iterator[bytes]:
    """Yield messages as a telephone with Android exports them, some of two lines, some of a picture."""
    for number, paragraph in enumerate(text):
        for place, sentence in enumerate(paragraph.split(". ")):
            minute = number * 7 + place
            stamp = f"{1 + minute // 1440 % 28:02}/01/2026, {minute // 60 % 24:02}:{minute % 60:02}"
            message = "<Media omitted>" if minute % 20 == 0 else sentence.replace(", ", "\n")
            yield f"{stamp} - {_PEOPLE[minute % 3]}: {message}\n".encode()


def telegram(text: Iterator[str]) -> Iterator[bytes]:
    """Yield messages as Telegram exports them in JSON, some with links and what they answer."""
    yield b'{"name": "Friends", "type": "private_group", "id": 1, "messages": [\n'
    for number, paragraph in enumerate(text):
        first, *others = paragraph.split(". ")
        parts = [first + " ", {"type": "link", "text": "https://example.org/"}, f" {'. '.join(others)}"]
        message = {
            "id": number,
            "type": "message",
            "date": f"2026-01-{1 + number // 50 % 28:02}T{number % 24:02}:00:00",
            "date_unixtime": str(_FIRST_SECOND + number * 1800),
            "from": _PEOPLE[number % 3],
            "from_id": f"user{number % 3}",
            "reply_to_message_id": number - 1,
            "text": parts if number % 5 == 0 else paragraph,
            "text_entities": [{"type": "plain", "text": paragraph}],
        }
        yield b",\n" * (number > 0) + json.dumps(message, indent=1).encode()


def irc(text: Iterator[str]) -> Iterator[bytes]:
    """Yield lines of a log of IRC, some of people who come."""
    for number, paragraph in enumerate(text):
        clock = f"{number // 60 % 24:02}:{number % 60:02}"
        yield f"[{clock}] *** Joins: guest{number} (guest@192.0.2.1)\n".encode()
        for place, sentence in enumerate(paragraph.split(". ")):
            yield f"[{clock}] <{('anna', 'ben', 'chris')[place % 3]}> {sentence}\n".encode()


def zsh_history(text: Iterator[str]) -> Iterator[bytes]:
    """Yield commands as zsh keeps them, with times and metafied letters, some of several lines."""
    for number, paragraph in enumerate(text):
        words = paragraph.split()
        for place, command in enumerate(_COMMANDS):
            line = f"{command} '{' '.join(words[place * 4 : place * 4 + 4])} à'"
            metafied = line.encode().replace(b"\xa0", b"\x83\x80")
            more = b"\\\n  --verbose" if place == 3 else b""
            yield b": %d:0;%b%b\n" % (_FIRST_SECOND + 60 * (number * 5 + place), metafied, more)


def bash_history(text: Iterator[str]) -> Iterator[bytes]:
    """Yield commands as bash keeps them, with times, some twice in a row."""
    for number, paragraph in enumerate(text):
        words = paragraph.split()
        for place, command in enumerate(_COMMANDS):
            line = (
                f"#{_FIRST_SECOND + 60 * (number * 5 + place)}\n{command} {' '.join(words[place * 4 : place * 4 + 4])}"
            )
            yield f"{line}\n".encode() * (1 + (place == 4))


def table(text: Iterator[str]) -> Iterator[bytes]:
    """Yield rows with numbers, a date, and a text that is quoted and has several lines."""
    yield b"id,date,author,body,score\n"
    for number, paragraph in enumerate(text):
        body = paragraph.replace(". ", ".\n").replace("?", ' ""really""?')
        yield f'{number},2026-01-05,{_PEOPLE[number % 3]},"{body}",{number % 7}\n'.encode()


def json_lines(text: Iterator[str]) -> Iterator[bytes]:
    """Yield records, a line each."""
    for number, paragraph in enumerate(text):
        record = {"id": number, "meta": {"lang": "en", "tags": ["a", "b"]}, "text": paragraph.replace(". ", ".\n")}
        yield json.dumps(record).encode() + b"\n"


def subtitles(text: Iterator[str]) -> Iterator[bytes]:
    """Yield what is spoken, each with its number and times."""
    for number, paragraph in enumerate(text, 1):
        clock = f"{number // 600 % 100:02}:{number // 10 % 60:02}:{number % 10 * 6:02}"
        yield f"{number}\n{clock},000 --> {clock},900\n<i>{paragraph[:80]}</i>\n{paragraph[80:120]}\n\n".encode()
