r"""Whether a line looks as if it held a secret: a password, a key, a token, the number of a card.

What is looked for, any of it being enough:

    headers     what private keys begin with, as in PEM, PuTTY and age files
    names       a secret by its name: `password: …`, `**password**: …`, `pw: …`, `API_KEY=…`, `PGPASS=…`, `--token …`,
                `<password>…</password>`, `the password is` something with a digit, `password` and letters with digits,
                `PIN 1234`; credentials in an address or for `curl -u`; `Authorization` and `Bearer`; what `mysql -p`,
                `sshpass -p` and their like are given
    prefixes    those of AWS, GitHub, GitLab, Slack, Stripe, Google, OpenAI, Hugging Face, npm and SendGrid, and JWT
    cards       13 to 19 digits, possibly in groups, that begin as cards do and whose check digit fits (Luhn 1960)
    passwords   8 to 19 visible characters of three kinds out of small letters, capitals, digits and marks, that
                change their kind at about every other step, as `Tr0ub4dor&3` does and `Report_2021-Final` does not;
                `/ . _ -` between the words of a path or a name are no change, and never a kind
    keys        20 and more letters and digits that change their kind often and hardly repeat themselves

A line is judged as it reads: however its accents are encoded, in whatever width, without characters that nobody sees
and without what sets a terminal's colours.

A password of small letters alone, or of words, looks like any other word: nothing here finds `hunter`, or four words
that make a pass phrase. That is what the leading space is for.
"""

import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Literal, cast

from autocomplete.text.unicode import plain_text

SecretKind = Literal["headers", "names", "prefixes", "cards", "passwords", "keys"]

LEAST_PASSWORD, LEAST_KEY = 8, 20
# Changes of kind a step, capitals before small letters not counted. Of letters and digits by chance it is 0.45, with
# all marks among them 0.6; the shorter a piece, the more often prose comes near, as `COVID-19's` with 0.44 does.
_SHORT_CHANGES, _LONG_CHANGES, _KEY_CHANGES = 0.5, 0.35, 0.3
_LONG_PASSWORD = 12
# Letters that make the marks beside them separators. Of passwords of 12 letters, digits and marks by chance 88 % are
# found so; 87 % with two letters, 90 % where no mark separates anything.
_LEAST_WORD = 3
# Digits or letters that stand out by their number, as in hexadecimal, count with fewer changes.
_KEY_DIGITS, _LEAST_KEY_CHANGES = 3, 5
_KEY_ENTROPY_BITS = 2.8  # a character; 32 hexadecimal digits by chance have 3.6

# What stands alone before a password; `passwd` and `secret` stand before the names of users and of files, too.
_PASSWORD = r"(?:pass(?:word|wort|phrase|code)|pwd|pw|kennwort|wachtwoord|mot de passe|contraseña|senha|пароль|密码)"
_NAME = (
    r"(?:pass(?:word|wort|wd|phrase|code)|pwd|secret|token|api[ _-]?key|credentials?"
    r"|(?:access|account|auth|client|encryption|private|secret|signing|ssh)[ _-]?key"
    r"|kennwort|wachtwoord|mot de passe|contraseña|senha|пароль|密码)s?"
)
# Not behind a letter; the first letters of all names, whatever their case, spare most places the walk through them.
_NAME_BEGINS = r"(?=[pstacekwmп密])(?<![^\W_])"
# What may close a name before its sign: a quotation mark, the marks of Markdown, a tag of HTML.
_CLOSING = r"(?:[\"'”’`]|\*{1,3}|_{1,3}|</\w{1,16}>)"

_HEADERS = (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|AGE-SECRET-KEY-1",)
_NAMES = (
    rf"(?i:{_NAME_BEGINS}(?!(?<=\$)pwd:)(?:{_NAME}|pw|pass){_CLOSING}?\s*(?:[:=]|=>|：)=?\s*[^\s=])",
    rf"(?i:<(?:[\w.:-]{{0,32}}[.:_-])?{_NAME}>\s*[^\s<][^<]{{0,256}}</)",
    r"(?<!BY)(?<!COM)PASS(?:WORD|WD|PHRASE)?=[^\s=]",  # behind a program's name: PGPASSWORD
    rf"(?i:(?<!\S)--?(?:{_NAME}|pw|pass)\s+[^\s-])",
    # letters with digits, six and more, but no `2nd` and no `1990s-era`
    (
        rf"(?i:{_NAME_BEGINS}{_PASSWORD}\s+(?!\d+(?:st|nd|rd|th|s)?\b)"
        r"(?=\S{6})(?=\S{0,64}\d)\S{0,64}?[^\W\d_])"
    ),
    rf"(?i:{_NAME_BEGINS}{_NAME}\s+(?:is|was|ist|war|est|es|é)\s*:?\s+(?=[^\s\d]{{0,64}}\d))",
    r"(?i:\b(?:pin|otp|cvv|cvc|tan)\b(?:\s*(?:code|number|nummer|is|ist))?\s*[:=#]?\s*\d{3,8}\b)",
    r"://[^\s/:@]{1,256}:[^\s/@]{1,256}@",
    r"\s(?:-u|--user)[ =](?!\d+:\d+(?:\s|$))[^\s:]{1,64}:\S",  # digits are a user and a group
    r"\b(?:mysql|mariadb)[\w-]{0,16}\s(?:[^|;&]{0,200}?\s)?-p[^\s-]",
    r"\bsshpass\s+-p\s*\S|\b(?:docker|podman)\s+login\s(?:[^|;&]{0,200}?\s)?-p\s*\S",
    r"\bredis-cli\s(?:[^|;&]{0,200}?\s)?-a\s+\S",
    r"(?i:authorization\s*:\s*\S)|(?i:\bbearer\s+[\w.~+/-]{16})",
)
_PREFIXES = (
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{20}|\bgithub_pat_\w{20}|\bglpat-[\w-]{16}",
    r"\bxox[abeoprs]-[\w-]{10}|\b[sr]k_(?:live|test)_\w{10}|\bsk-[\w-]{16}",
    r"\bAIza[\w-]{30}|\bya29\.[\w-]{16}|\bhf_[A-Za-z]{20}|\bnpm_[A-Za-z0-9]{20}|\bSG\.[\w-]{16}",
    r"\beyJ[\w-]{8,}\.[\w-]{8}",
)

_CARD = r"(?<![\d.,])[2-6](?:[ -]?\d){12,18}(?![\d]|[.,]\d)"


@cache
def _line_rules() -> re.Pattern[str]:
    rules: dict[SecretKind, tuple[str, ...]] = {"headers": _HEADERS, "names": _NAMES, "prefixes": _PREFIXES}
    return re.compile("|".join(f"(?P<{kind}>{'|'.join(patterns)})" for kind, patterns in rules.items()))


@cache
def _card() -> re.Pattern[str]:
    return re.compile(_CARD, re.ASCII)


def looks_secret(line: str) -> bool:
    """Whether a line looks as if it held a secret, by the rules above."""
    return secret_kind(line) is not None


def secret_kind(line: str) -> SecretKind | None:
    """The first kind of secret that a line looks as if it held, in the order above; None where it holds none."""
    plain = plain_text(line)
    found = _line_rules().search(plain)
    if found:
        return cast(SecretKind, found.lastgroup)
    if _has_card(plain):
        return "cards"
    random = next(filter(looks_random, plain.split()), None)
    if random is None:
        return None
    return "keys" if len(_bare(random)) >= LEAST_KEY else "passwords"


def holds_card(line: str) -> bool:
    """Whether a line holds digits that may be the number of a card."""
    return _has_card(plain_text(line))


def _has_card(plain: str) -> bool:
    return any(_passes_luhn(match[0]) for match in _card().finditer(plain))


def _bare(piece: str) -> str:
    """A piece of text without the quotation marks, brackets and stops around it."""
    return piece.strip("\"'“”‘’`()[]{}<>,.;:!?…")


def looks_random(piece: str) -> bool:
    """Whether a piece of text without spaces looks like a password or a key that a machine made."""
    if not _telling().search(piece):
        return False
    bare = _bare(piece)
    if len(bare) >= LEAST_KEY:
        return any(_is_key(run) for run in _between_marks().split(bare) if len(run) >= LEAST_KEY)
    short = _number().sub("0", _option().sub("", bare))
    parts = [[_kind(character) for character in part] for part in _separator().split(short)]
    kinds = {kind for part in parts for kind in part}
    if len(short) < LEAST_PASSWORD or len(kinds) < 3 or not ("digit" in kinds or _rare_mark().search(bare)):
        return False
    if not any(len(part) >= _LEAST_WORD and _changes(part) == 0 for part in parts):  # no words that they separate
        parts = [[_kind(character) for character in short]]
    least = _SHORT_CHANGES if len(short) < _LONG_PASSWORD else _LONG_CHANGES
    return sum(map(_changes, parts)) > (len(short) - 1) * least


@cache
def _option() -> re.Pattern[str]:
    return re.compile(r"^(?:--?[A-Za-z][\w-]*|[A-Z_]{2,})=")  # `-std=c++17` and `CC=gcc-12`: the value is judged


@cache
def _separator() -> re.Pattern[str]:
    return re.compile(r"[/._-]")  # of paths and names


@cache
def _between_marks() -> re.Pattern[str]:
    return re.compile(r"[^A-Za-z0-9+/_=-]+")  # none of base 64


@cache
def _number() -> re.Pattern[str]:
    return re.compile(r"[0-9]+(?:[.,:/-][0-9]+)*")  # 10,000 and 1-1/2 are no more than one digit


@cache
def _telling() -> re.Pattern[str]:
    return re.compile(rf"[0-9]|{_rare_mark().pattern}")  # words without any of these are no secret


@cache
def _rare_mark() -> re.Pattern[str]:
    return re.compile(r"[!#$%*+<=>?@^_|~\\{}\[\]]")  # where a word has one inside, it is hardly prose


def _is_key(run: str) -> bool:
    """Whether a run of letters, digits and the marks of base 64 is a key, or a path that holds one."""
    parts = [re.sub(r"[+_=-]", "", part) for part in run.split("/")]
    return _is_random("".join(parts), often=True) or any(_is_random(part, often=False) for part in parts)


def _is_random(text: str, *, often: bool) -> bool:
    """Whether letters and digits stand in no order; with `often` few digits will do where kinds change often."""
    digits = sum(character.isdigit() for character in text)
    if len(text) < LEAST_KEY or not 0 < digits < len(text) or _entropy_bits(text) < _KEY_ENTROPY_BITS:
        return False
    changes = _changes([_kind(character) for character in text])
    if often:
        return changes >= _KEY_CHANGES * (len(text) - 1)
    return digits >= _KEY_DIGITS and changes >= _LEAST_KEY_CHANGES


def _kind(character: str) -> str:
    if "0" <= character <= "9":
        return "digit"
    if character.isalpha():
        return "capital" if character.isupper() else "small"
    return "mark"


def _changes(kinds: list[str]) -> int:
    """How often neighbours are of different kinds; not where a capital begins small letters, as in `camelCase`."""
    return sum(one != other and (one, other) != ("capital", "small") for one, other in pairwise(kinds))


def _entropy_bits(text: str) -> float:
    """Entropy of the characters of a text, a character (Shannon 1948)."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def _passes_luhn(number: str) -> bool:
    """Whether the last digit is the one that the others call for (Luhn 1960)."""
    digits = [int(character) for character in reversed(number) if character.isdigit()]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10
