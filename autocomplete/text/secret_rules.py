"""What tells a secret by its name or its beginning: a table of rules, each with the stems that it needs."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from autocomplete.text import secret_names as names
from autocomplete.text.randomness import bare, looks_random

SecretKind = Literal[
    "private-keys", "tokens", "passwords", "hashes", "cards", "accounts", "ids", "codes", "phrases", "answers"
]

# How far a rule looks: characters before and behind a stem, and words where it needs a digit or a sign near it.
_BEFORE, _BEHIND = 60, 300
WORDS_BEHIND = 8


class Place(NamedTuple):
    """Where a stem stands in a line, and what is around it.

    Attributes:
        before: What stands before it, folded.
        stem: Itself.
        behind: What stands behind it, folded.
        shown: All three as they read.
    """

    before: str
    stem: str
    behind: str
    shown: str

    @property
    def shown_behind(self) -> str:
        """What stands behind the stem as it reads."""
        return self.shown[len(self.before) + len(self.stem) :]

    @property
    def folded(self) -> str:
        """All three, folded."""
        return self.before + self.stem + self.behind


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to tell a secret.

    Attributes:
        kind: Of secret.
        stems: Folded, without white space, parted by spaces; `|` is where no letter or digit may stand. A line that
            the rule fits holds one of them.
        fits: Whether what stands around a stem is a secret.
        alone: Whether it may fit where neither a digit nor a sign is in the next words.
        digit: Whether one of the next words must hold a digit.
    """

    kind: SecretKind
    stems: str
    fits: Callable[[Place], bool]
    alone: bool = False
    digit: bool = False


def folded(text: str) -> str:
    """A text in small letters, Latin and Greek ones without accents; as long as it was."""
    return (text if text.isascii() else _foreign().sub(_folded_run, text)).lower()


@cache
def _foreign() -> re.Pattern[str]:
    return re.compile(r"[^\x00-\x7f]+")


def _folded_run(found: re.Match[str]) -> str:
    return found[0].translate(_fold())


# Letters that are no other one with a mark.
_PLAIN_LETTERS = {"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ß": "s", "æ": "a", "ð": "d"}


class _Fold(dict[int, str]):
    """What each character is folded to, found when it is met first."""

    def __missing__(self, code: int) -> str:
        small = chr(code).lower()[0]
        has_accents = code < 0x250 or 0x370 <= code < 0x400 or 0x1E00 <= code < 0x2000
        self[code] = _PLAIN_LETTERS.get(small) or (unicodedata.normalize("NFD", small)[0] if has_accents else small)
        return self[code]


@cache
def _fold() -> _Fold:
    return _Fold()


def _next_words_of(place: Place) -> str:
    """The end of the word that a stem stands in, and some words behind it."""
    behind = _next_words().match(place.behind)
    return place.stem + (behind[0] if behind else "")


@cache
def _next_words() -> re.Pattern[str]:
    return re.compile(rf"\S*(?:\s+\S+){{0,{WORDS_BEHIND}}}")


@cache
def value_sign() -> re.Pattern[str]:
    """What one of the next words holds where a name is given its value: a digit, a sign, an option."""
    return re.compile(r"[0-9:=/|#>→—–]|(?<!\S)-")


# From a name to its value


class Value(NamedTuple):
    """What a name seems to be given.

    Attributes:
        text: As it reads, without quotation marks and stops around it.
        behind: What follows it.
        link: What led there: a sign, a copula, or nothing but a space.
        distance: Words between the name and the sign.
        quoted: Whether it stands in quotation marks.
        first: The first word between them.
    """

    text: str
    behind: str
    link: Literal["sign", "copula", "space"]
    distance: int
    quoted: bool
    first: str = ""


# What may close a name before its sign: a quotation mark, the marks of Markdown, a tag of HTML, a remark.
_CLOSING = r"(?:[\"'”’`»]|\*{1,3}|_{1,3}|</\w{1,16}>|[)\]】]{1,2}|\s*\([^()]{0,40}\))?"
_REMARK = r"(?:\s*\([^()]{0,40}\))?"
_GAP = r"(?P<gap>(?:[^\S\n]+(?:\"[^\"\d]{1,20}\"|\d{1,2}(?=[\s:=])|[^\s\d:=,;.!?\"<>|(){}]{1,20})){0,6}?)"
_SIGN = r"(?:\s*(?::=|=>|->|→|⇒|[:=>])[=>]?(?:\*{1,3}|_{1,3}|`)?\s*|\s+[-|/]\s+|\s*[—–]\s*)"
_OPENING = r"(?![<{(]|\[(?!\"))(?P<open>[bfru]?[\"'“„«`‘]|\\\"|\[(?=\"))?"


_Links = tuple[tuple[Literal["sign", "copula", "space"], re.Pattern[str]], ...]


@cache
def _links() -> _Links:
    tail = rf"[^\W\d_]{{0,5}}{_CLOSING}"
    written_together = r"(?:[^\sa-z\d:=(]{0,6}?)(?:是|为|為|は|が|就是)?\s*"
    return (
        ("sign", re.compile(rf"{tail}{_GAP}{_REMARK}{_SIGN}{_OPENING}")),
        ("copula", re.compile(rf"{tail}{_GAP}{_REMARK}\s+(?:{names.COPULA})(?:\s*:\s*|\s+){_OPENING}")),
        ("space", re.compile(rf"{tail}(?P<gap>)\s+{_OPENING}")),
        ("space", re.compile(rf"(?<![a-z]){written_together}(?P<gap>){_OPENING}(?=[\w!-~])")),
    )


def _values(place: Place, links: _Links | None = None) -> list[Value]:
    """What a name may be given, by some of the ways there are from a name to its value, or by all."""
    found = []
    for link, pattern in links or _links():
        match = pattern.match(place.behind)
        if match:
            shown = place.shown_behind[match.end() :]
            value, behind = _first_value(shown, match["open"])
            gap = match["gap"].split()
            if value:
                found.append(Value(value, behind, link, len(gap), match["open"] is not None, gap[0] if gap else ""))
    return found


_CLOSES = {"“": "”", "„": "“", "«": "»", "‘": "’"}


def _first_value(text: str, opening: str | None) -> tuple[str, str]:
    """The first word of a text, or what stands up to the quotation mark that closes it, and what is behind."""
    if opening:
        mark = opening[-1]
        stop = text.find(_CLOSES.get(mark, mark))
        if 0 <= stop < _BEHIND:
            return text[:stop], text[stop + 1 :]
    word = _word().match(text)
    return (bare(word[0]), text[word.end() :]) if word else ("", "")


@cache
def _word() -> re.Pattern[str]:
    return re.compile(r"[^\s;,、。]+(?:[;,](?=[^\s;,、。])[\x21-\x7e]+)?")


@cache
def _reference() -> re.Pattern[str]:
    """What stands where a value would, and is none: a variable, a call, a type, a placeholder, stars."""
    return re.compile(
        r"""(?ix)
        ^[^\w]*$ | ^[*•.#?_-]+$ | ^x{3,}$ | ^[<{(\[@] | ^\$\w*[({]? | ^%\w*% | ^%[sdr(] | ^\\
        | ^(?:none|null|nil|undefined|true|false|yes|no|ja|nein|oui|non|si|nao|str|string|bytes|bytearray|int|integer
            |float|bool|boolean|any|text|type|optional|union|list|dict|tuple|object|callable|char|const|void|self|await|async
            |not|lambda|new|required|incorrect|wrong|invalid|missing|expired|optional|falsch|leer|enter|ask|prompt|stdin|value|key|name|field|input|changed|reset|example|redacted
            |password|passwd|token|passwort|hidden|masked|empty|forgotten|vergessen)\b(?![@!#$%&*+-]|\.\w*\d)
        | ^[a-z_][\w.]*[(\[{] | ^[a-z_]\w*(?:\.[a-z_]\w*)+(?:\(|$)(?<![0-9]) | ^(?:self|os|args?|opts|cls|this)\.
        | ^[a-z_]*(?:password|passwd|pwd|passphrase|token|api_?key|credentials?)s?$
        | ^/(?:[\w.-]+/)+ | ^~/ | ^https?:// | ^\.\.?/ | ^=
        """
    )


def _is_reference(value: Value) -> bool:
    if value.quoted:
        return re.match(r"^[^\w]*$|^x{3,}$|^<.*>$|^\$[\w{]|^%\(|^\{\w*\}|^%s", value.text, re.IGNORECASE) is not None
    return _reference().match(value.text) is not None or value.behind[:1] == "("


def _is_mixed(text: str) -> bool:
    """Whether there are letters, and digits or marks that no word has."""
    return len(text) >= 4 and _mixed().search(text) is not None


@cache
def _mixed() -> re.Pattern[str]:
    return re.compile(
        r"[^\W\d_][\w.-]*[0-9](?!(?:st|nd|rd|th|s|er|ern|e|te)\b)|[0-9](?!(?:st|nd|rd|th|s|er|mm|cm|km|kg|m|g|h|am|pm|%)\b)[^\W\d]|\w[!$%&*+?@^~#]+\w|^[A-Z0-9!-/]*[a-z]+[!$%&*+@^~#]{1,3}$"
    )


def _is_machine_made(text: str) -> bool:
    """Whether letters and digits stand together as in a token, and not as in a name."""
    if len(text) < 8 or not _token_like().fullmatch(text):
        return False
    if len(text) >= 16 and "_" not in text.strip("_") and "." not in text and "/" not in text:
        return True
    return len(_changes_in_token().findall(text)) >= 4


@cache
def _token_like() -> re.Pattern[str]:
    return re.compile(r"(?=\D*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w+/=.~%:@-]+")


@cache
def _changes_in_token() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])|[a-z](?=[A-Z])")


# Passwords


def _is_password(place: Place) -> bool:
    """Whether the name of a password is given one."""
    values = _values(place)
    if any(_may_be_password(value, place) for value in values) or _is_last_word(place):
        return True
    return any(
        value.link == "sign"
        and not _variable_end().search(place.before)
        and any(map(_is_made_up, value.behind.split()[:5]))
        for value in values
    )


@cache
def _variable_end() -> re.Pattern[str]:
    """What makes a name behind it that of a shell's variable."""
    return re.compile(r"\$\{?\w{0,30}$")


def _is_last_word(place: Place) -> bool:
    """Whether what a password is for follows its name, and then a word that looks like one, and nothing else."""
    found = _last_word().fullmatch(place.behind)
    if found is None or place.stem == "passwd":
        return False
    leads = found["lead"] in _PREPOSITIONS or (place.stem == "salasana" and found["lead"] == "on")
    word = bare(place.shown_behind[found.start("word") :].strip())
    return leads and len(word) >= 6 and _is_mixed(word) and _plain_password().fullmatch(word) is not None


@cache
def _last_word() -> re.Pattern[str]:
    return re.compile(
        r"[^\W\d_]{0,5}\s+(?P<lead>[^\W\d_]{1,5})\s+(?:[^\W\d_][\w'’-]{0,15},?\s+){0,4}(?P<word>\S{6,32})\s*"
    )


@cache
def _plain_password() -> re.Pattern[str]:
    """No path, address, name of a file or number with its unit."""
    return re.compile(r"(?=.*[^\W\d_]{3})(?!.*\.[a-z]{1,4}$)[\w!$%&*+?#@.-]+")


def _is_made_up(word: str) -> bool:
    """Whether letters and digits change so often in a word that hardly anything else is meant."""
    value = bare(word)
    like = len(value) >= 7 and value.isalnum() and _token_like().fullmatch(value) is not None
    return like and len(_changes_in_token().findall(value)) >= 2


def _may_be_password(value: Value, place: Place) -> bool:
    word = folded(value.text)
    if (
        _is_reference(value)
        or (word in names.STATES and (value.distance or value.link != "sign"))
        or _is_prose(word, value)
        or _variable_end().search(place.before)
    ):
        return False
    mixed = _is_mixed(value.text)
    if value.link == "space" and _of_somebody().search(place.before):
        return True
    if value.link == "space":
        return place.stem != "passwd" and mixed and (len(value.text) >= 6 or value.quoted) and not _is_reference(value)
    if value.link == "copula":
        return mixed or (value.text.isdigit() and len(word) >= 4) or _is_told(word, value)
    if value.distance:
        ends = not value.behind.strip(" .!)]}\"'»”")
        return mixed or (ends and value.first in _PREPOSITIONS and value.distance <= 4)
    return True


@cache
def _of_somebody() -> re.Pattern[str]:
    """Who logs in, right before what their password is called."""
    return re.compile(
        r"(?:login|user(?:name)?|benutzer|usuario|usuaria|utente|identifiant|gebruiker|uzytkownik|логин)\s*:?\s+[^\s,;]+[,;]?\s+$"
    )


def _is_prose(word: str, value: Value) -> bool:
    """Whether a frequent word begins what is said, instead of being a value."""
    return word in names.FUNCTION_WORDS and re.match(r"\s+[^\W\d_]{3}", value.behind) is not None


_PREPOSITIONS = frozenset(
    ["a", "al", "da", "de", "del", "der", "di", "do", "du", "for", "fur", "la", "le", "na", "of", "para", "per"]
)
_PREPOSITIONS |= {"von", "vom", "furs", "zum", "zur", "i", "por", "bij", "del", "на", "dla", "к", "у"}
_PREPOSITIONS |= {"pour", "til", "till", "to", "van", "voor", "w", "для", "от"}


def _is_told(word: str, value: Value) -> bool:
    """Whether a word of letters behind `the password is` ends what is said, and tells no state."""
    if not word.isalpha() or len(word) < 3 or re.search(r"(?:ed|ing|ly|able|ible|ful|less|en|t)$", word):
        return False
    return re.match(r"\s*(?:$|[.!,;)]|lol\b|btw\b|pls\b|please\b|bitte\b|ok\b)", value.behind) is not None


def _is_maybe_password(place: Place) -> bool:
    """The same for names such as `pass`, whose value must look like one, or stand right behind a sign."""
    for value in _values(place):
        if _is_reference(value) or folded(value.text) in names.STATES or _is_prose(folded(value.text), value):
            continue
        strong = _is_mixed(value.text) and len(value.text) >= 5
        if value.link == "sign" and not value.distance:
            if strong or (not value.text[:1].isdigit() and not _goes_on(value)):
                return True
        elif strong and (value.link != "space" or value.quoted):
            return True
    return False


def _is_pass_variable(place: Place) -> bool:
    """Whether a variable such as PGPASS is set, or an option among others; no `BYPASS`."""
    if place.before.endswith((",", ";", "&", "?")):
        return re.match(r"[^\s=$\"'<{(,;&]{3}", place.behind) is not None
    capital = place.shown[len(place.before) :].startswith("PASS=") and not place.before.endswith(("by", "com"))
    return capital and re.match(r"[\"']?[^\s=$\"'<{(]", place.behind) is not None


def _goes_on(value: Value) -> bool:
    """Whether prose follows: a secret is one word, and what is said goes on."""
    return re.match(r"\s*(?!and left|and |und )[^\W\d_]{2,}(?:\s|$)", value.behind) is not None and value.text.isalpha()


def _is_passphrase(place: Place) -> bool:
    """Whether several words are called a pass phrase."""
    for value in _values(place):
        rest = (value.text + (value.behind if not value.quoted else "")).strip()
        words = [bare(word) for word in rest.split()[:9]]
        if value.link != "space" and _are_words_of_phrase(place, words):
            return True
        if not words or len(words) > 8 or _is_reference(value) or _is_prose(words[0].casefold(), value):
            continue
        if value.link == "sign" and (not value.distance or value.first in _PREPOSITIONS or value.quoted):
            return True
        plain = sum(folded(word) in names.FUNCTION_WORDS or folded(word) in names.STATES for word in words)
        if value.quoted or (value.link != "sign" and (_is_mixed(value.text) or not plain) and _ends_line(place, words)):
            return True
    return any(_is_password_in_words(word) for word in place.behind.split()[:6])


def _is_phrase_in_words(place: Place) -> bool:
    """Whether what alone is called a phrase in other tongues is told to be some words."""
    return any(
        value.link != "space"
        and _are_words_of_phrase(place, [bare(word) for word in f"{value.text}{value.behind}".split()])
        for value in _values(place)
    )


def _are_words_of_phrase(place: Place, words: list[str]) -> bool:
    """Whether three to eight words, few of them such as prose always has, are all that a phrase is told to be."""
    if (
        not 3 <= len(words) <= 8
        or not all(word.isalpha() for word in words)
        or not _named_phrase().search(place.folded)
    ):
        return False
    low = [folded(word) for word in words]
    plain = sum(word in names.FUNCTION_WORDS for word in low)
    return plain <= 0.4 * len(low) and not names.STATES.intersection(low)


@cache
def _named_phrase() -> re.Pattern[str]:
    """What no other phrase is called."""
    return re.compile(
        r"pass-?phrase|master-?pass|hauptpass|hoofdwachtwoord|wachtzin|wachtwoordzin|passsatz|парольн\S+ фраз"
        r"|phrase (?:secrete|de passe)|frase (?:segreta|secreta|de paso|de contrasena|senha|di accesso)"
    )


def _ends_line(place: Place, words: list[str]) -> bool:
    return len(place.folded) < 120 and all(word.isalnum() for word in words)


def _is_password_in_words(word: str) -> bool:
    return re.fullmatch(r"(?:[a-z]{3,12}[-.]){3,7}[a-z]{3,12}", bare(word)) is not None


def _is_opened_by_words(place: Place) -> bool:
    """Whether words in a row with marks between them open something: `violet.harbor.muffin.quartz`."""
    return any(map(_is_password_in_words, place.behind.split()[:8]))


_FLAG = (
    r"(?<!\S)--?[\w-]*(?:pass(?:word|wd|phrase|code)?|pwd|pw|token|secret|api-?key|psk|auth-key|access-key)(?:\s+|=)"
    r"(?P<value>[^\s<$({\[-]\S*)"
)
# Ways to give a password to commands.
_COMMANDS = (
    r"\b(?:mysql|mariadb)[\w-]*\s(?:[^|;&]{0,200}?\s)?-p[^\s\-$\"'{<]",
    (
        r"\b(?:docker|podman|nerdctl|oras|az|skopeo|buildah|cf|oc)\s(?:registry\s)?login\s"
        r"(?:[^|;&]{0,200}?\s)?-p[ =]?[^\s\-$\"{<]"
    ),
    r"\bssh-keygen\s(?:[^|;&]{0,200}?\s)?-[NP]\s*(?![\"'](?:[\"']|\s))[^\s$-]",
    r"\bldap(?:add|delete|passwd|whoami|compare)\s(?:[^|;&]{0,200}?\s)?-w\s*[^\s\-$\"{<]",
    r"\bnet\s+user\s+[^\s/]+\s+(?![*/])\S+",
    r"\bopenssl\s+passwd\s+(?:-\S+\s+)*[^\s$)\-<]{4}",
    r"\bmosquitto_(?:pub|sub|rr)\s(?:[^|;&]{0,200}?\s)?-P\s+[^\s$-]",
    r"\b(?:input_pw|user_pw|owner_pw)\s+[^\s$-]",
    r"\bqpdf\s(?:[^|;&]{0,80}?\s)?--encrypt\s+[^\s$-]",
    r"\brclone\s+obscure\s+[^\s$-]",
    r"\b(?:rpcclient|winexe|smbmap|net)\s(?:[^|;&]{0,200}?\s)?-U\s*[^\s%]{1,64}%[^\s$]",
    r"\bsecurity\s+(?:unlock-keychain|add-\w+-password)\s(?:[^|;&]{0,200}?\s)?-[pw]\s+[^\s$-]",
    r"\bpsexec\s(?:[^|;&]{0,200}?\s)?-p\s+[^\s$-]",
    (
        r"\b(?:echo|printf)\s+(?:-n\s+)?[\"']?[^\s\"'$<|]{4,64}[\"']?\s*\|\s*(?:sudo\s+)?(?:passwd|kinit|cryptsetup"
        r"|openconnect|su|gpg|smbpasswd|ssh-add)\b"
    ),
    r"\b(?:sudo|kinit|passwd|su|cryptsetup)\b[^|;&]{0,80}<<<\s*[\"']?[^\s$\"'<]",
    r"\biwconfig\s+\S+\s(?:[^|;&]{0,80}?\s)?key\s+s:\S",
    r"\bpassword-command[ =][\"']?(?:echo|printf)\s+[^\s$]",
    r"\bsshpass\s+-p\s*[^\s$<{]",
    r"\bredis-cli\s(?:[^|;&]{0,200}?\s)?-a\s+[^\s$<{]",
    (
        r"\b(?:mongo|mongosh|mongodump|mongorestore|psql|influx|cqlsh|ldapsearch|ldapmodify|clickhouse-client"
        r"|rabbitmqadmin|sqlcmd|bcp|smbclient|xfreerdp|rdesktop|lftp|ncftp|vncviewer|plink|pscp|ipmitool|snmpwalk"
        r"|curlftpfs|evil-winrm|crackmapexec|netexec)\s(?:[^|;&]{0,200}?\s)?-(?:-?password|-?pass|p|P|w|pw)[ =]?"
        r"(?![0-9]+(?:\s|$))[^\s\-$\"{<:]{3}"
    ),
    r"\b(?:7z|7za|7zz|rar|unrar)\s(?:[^|;&]{0,200}?\s)?-h?p[^\s\-$\"{<]{2}",
    r"\b(?:zip|unzip)\s(?:[^|;&]{0,200}?\s)?-P\s*[^\s\-$\"{<]{2}",
    r"\bnet\s+use\s(?:[^|;&]{0,80}?\s)?\\\\\S+\s+[^\s/*]",
    r"(?:^|\s)/(?:p|pass|password|pw|pwd):[^\s$<{%*]",
    (
        r"\b(?:curl|wget|aria2c|http|https|httpie|xh|lftp|smbclient|hydra)\s(?:[^|;&]{0,300}?\s)?(?:-u|-a|-U|--user"
        r"|--auth|--proxy-user)[ =]?[\"']?(?![0-9]+:[0-9]+(?:\s|$))[^\s:,\"'$]{1,64}[:%,](?=[^\s\"'$<{])[^/\s]"
    ),
    r"\b(?:sqlplus|impdp|expdp|rman)\s+(?:-\w+\s+)*[\w.]+/[^\s@/$]+(?:@|\s|$)",
    r"\b(?:userdel|chpasswd|htpasswd)\s+-\w*b\w*\s+\S+\s+\S+\s+\S",
    r"\becho\s+[\"']?[^\s\"'$<]+[\"']?\s*\|\s*sudo\s+-\w*S",
    r"\bwpa_passphrase\s+\S+\s+\S",
    r"(?i:\bconvertto-securestring\s+(?:-string\s+)?[\"']?[^\s$-])",
    r"\becho\s+[\"']?[\w.-]+:[^\s\"'$]+[\"']?\s*\|\s*(?:sudo\s+)?chpasswd",
)


def _is_command(place: Place) -> bool:
    """Whether a command is given a password."""
    if place.stem == "net" and not place.behind.startswith((" us", " -")):
        return False
    return _commands(place.stem).search(place.shown) is not None


@cache
def _commands(stem: str) -> re.Pattern[str]:
    """The ways to give a password to the commands that a stem names; all of them where that does not tell."""
    named = [way for way in _COMMANDS if stem in way]
    return re.compile("|".join(named or _COMMANDS))


def _is_flag(place: Place) -> bool:
    """Whether an option that is called so is given a secret."""
    return any(
        not _reference().match(found["value"]) and not re.match(r"(?:file|stdin|store)\b", found["value"])
        for found in _flags().finditer(place.folded)
    )


@cache
def _flags() -> re.Pattern[str]:
    return re.compile(_FLAG)


@cache
def _in_addresses() -> re.Pattern[str]:
    return re.compile(
        r"://[^\s/@:\"'<>]{0,256}:(?!\$|\{|<|%s|\*|[/?]|pass(?:word)?@|xxx)[^\s/@\"'<>]{1,256}@"
        r"|://[^\s/@:\"'<>]{0,64}:(?=[^\s@]{0,64}@)[^\s/@]{1,32}/[^\s/@]{1,32}@"
        r"|jdbc:oracle:thin:[^\s/]{1,64}/[^\s@]{1,64}@"
    )


def _is_in_address(place: Place) -> bool:
    """Whether an address holds a password: `user:password@`."""
    return _in_addresses().search(place.shown) is not None


def _is_tag(place: Place) -> bool:
    """Whether an element of HTML or XML that is called so has a content."""
    return re.match(r"\w{0,8}>\s*[^\s<][^<]{0,256}</", place.behind) is not None


def _is_wifi(place: Place) -> bool:
    """Whether a network stands beside its password."""
    if re.match(r":(?=[a-z]:)[^\n]*?[:;]p:[^;]", place.behind) or _network_number().search(place.behind):
        return True
    told = re.search(
        r"(?:[:=→>—–|-]|\b(?:is|ist|est|es|to|e)\b|\w*(?:key|code|pass|schlussel|cle|clave|chave|klucz|kod"
        r"|losen|haslo|senha|contrasena|parola|парол|salasana|sifre)\w*)\s",
        place.behind + " ",
    )
    if not told:
        return False
    return any(_is_network_key(bare(word)) for word in re.split(r"[\s=:|]+", place.shown_behind)[:14])


@cache
def _network_number() -> re.Pattern[str]:
    """A key of digits alone, as routers have them from their makers."""
    return re.compile(r"(?:key|code|pass|schlussel|cle|clave|chave|klucz|kod|ключ)\w*\W{1,3}(?:\d[ -]?){12,26}(?!\d)")


def _is_network_key(word: str) -> bool:
    return re.fullmatch(r"(?=.*[^\W\d_]{3})(?=.*[0-9!$&%@#])[^\s/()<>{}\"]{7,63}", word) is not None and not re.search(
        r"(?i)^(?:ieee|802|wpa\d|http|www\.)|\$|\w(?:\.\w+){2}|%\w", word
    )


def _is_login(place: Place) -> bool:
    """Whether the name of somebody who logs in is followed by a password, and by nothing else."""
    if place.stem in ("root", "admin") and _own_password().fullmatch(place.behind):
        return True
    rest = place.behind.strip().lstrip(":=").strip()
    pair = re.fullmatch(
        r"(?:[^\s:,;|]{1,20}:?\s+){0,2}?(?P<user>[\w.+@-]{2,64})(?:\s*[/|,;]\s*|\s+[-–—:]\s+|\s+)(?P<value>[^\s,;|/()\[\]=]{4,64})",
        rest,
    )
    if pair is None or "|" in pair["user"]:
        return False
    value = bare(pair["value"])
    spaced = rest[pair.end("user") : pair.start("value")].strip() == ""
    if (
        value in names.FUNCTION_WORDS
        or value in names.STATES
        or pair["user"] in names.FUNCTION_WORDS
        or _reference().match(value)
    ):
        return False
    if spaced:
        return _is_mixed(value) and len(value) >= 6 and not value.endswith(":") and "." not in value
    return len(value) >= 5


@cache
def _own_password() -> re.Pattern[str]:
    """What `root` or `admin` is followed by where its password is told."""
    return re.compile(r"\s*(?:[/|:]|\s[-–—]\s)\s*(?=\S*[0-9])(?=\S*[a-z])[^\s/=(){}\[\].]{5,32}\s*")


# How the part behind the @ of an address begins.
_ADDRESS_STEMS = " ".join(f"@{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")


def _is_with_address(place: Place) -> bool:
    """Whether a password stands in an address, as in `anna:secret7@host.example`, or behind one and ends the line."""
    before = _login_before().search(place.shown[: len(place.before)])
    host = _host().match(place.stem + place.behind)
    if host is None:
        return False
    if before and before["user"].casefold() not in _NO_USERS and _is_mixed(before["value"]):
        return True
    rest = place.shown[len(place.before) + host.end() :]
    behind = _password_behind().fullmatch(rest)
    return (
        behind is not None
        and _is_mixed(behind["value"])
        and not _reference().match(behind["value"])
        and _sending_commands().search(place.before) is None
    )


_NO_USERS = frozenset("mailto to cc bcc from mail email e-mail sip sips xmpp acct reply-to contact npm".split())  # noqa: SIM905


@cache
def _login_before() -> re.Pattern[str]:
    return re.compile(r"(?:^|(?<=[\s\"'=(<]))(?P<user>[\w.+-]{1,32}):(?P<value>[^\s:@/\"'<>]{4,40})$")


@cache
def _host() -> re.Pattern[str]:
    return re.compile(r"@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,12}(?![\w.-])")


@cache
def _password_behind() -> re.Pattern[str]:
    return re.compile(r"(?:\s+[:/|+;,–—-]\s+|\s*[|;,]\s*|\s+)(?P<value>(?=\S*[^\W\d_]{3})[\w!$%&*+?#-]{6,32})\s*")


@cache
def _sending_commands() -> re.Pattern[str]:
    return re.compile(r"(?:^|\s)(?:ssh|scp|sftp|rsync|git|mail|mutt|curl|finger|mosh|sshfs|gpg|ssh-copy-id)\s")


def _is_default_login(place: Place) -> bool:
    """Whether who administers a device is followed by a password, be it letters alone, and by nothing else."""
    found = _own_words().fullmatch(place.behind)
    if found is None or _devices().search(place.before) is None:
        return False
    value = found["value"]
    return not (value in names.STATES or value in names.FUNCTION_WORDS or _no_password().fullmatch(value))


@cache
def _own_words() -> re.Pattern[str]:
    return re.compile(r"\s*[:/|,\s–—-]\s*(?P<value>[^\s:/|,.()\"'<>={}]{4,32})\s*")


@cache
def _devices() -> re.Pattern[str]:
    return re.compile(
        r"(?:default|login|logins|user|router|modem|drucker|printer|imprimante|impresora|stampante|nas|idrac|ilo|ipmi|camera"
        r"|kamera|cam|switch|firewall|fritz\w*|zugang|benutzer|usuario|utente|web ?if|console)\s*[:=-]?\s+$"
    )


@cache
def _no_password() -> re.Pattern[str]:
    return re.compile(
        r"panels?|pages?|area|users?|rights?|passwor[dt]s?|accounts?|access|console|dashboard|login|interface|mode|only"
        r"|seite|bereich|rechte|menu|shell|group|privileg\w*|permissions?|section|role|via|over"
    )


def _is_password_file(place: Place) -> bool:
    """Whether a line of `.pgpass` stands there: host, port, database, user and password."""
    return _password_lines().search(place.shown) is not None


@cache
def _password_lines() -> re.Pattern[str]:
    return re.compile(r"(?:^|\s)[\w.*-]{1,80}:(?:\d{4,5}|\*):[\w*-]{1,64}:[\w*.@-]{1,64}:[^\s:$<{]{3}")


_WELL_KNOWN_STEMS = (
    "hunter2 |qwerty |qwertz |azerty |letmein |passw0rd |password1 |iloveyou |trustno1 |abc123 |admin123 "
    "|welcome1 |changeme p@ss pa$$ |staple |dragon1 |monkey1 |football1 |sunshine1 |princess1 |123456 :toor |pi: "
    "|pi/ admin: admin/"
)


def _is_well_known(place: Place) -> bool:
    """Whether it is one of the passwords that everybody knows."""
    return (
        re.search(
            r"(?<![\w/.-])(?:hunter2+|(?:qwert[yz]|azerty|letmein|iloveyou|welcome|admin|dragon|monkey|football|sunshine|princess)"
            r"\d{1,4}!?|passw0rd\d*!?|pi[/:]raspberry|root:toor|admin[/:]admin\w*|password1\d*!?|trustno1|abc123\d*"
            r"|p@ss\w+|pa\$\$w\w+)(?![\w(/-])|correct horse battery staple",
            place.folded,
        )
        is not None
    )


_COMMAND_STEMS = (
    "|mysql |mariadb |docker |podman |nerdctl |oras |az| |skopeo |buildah |cf| |oc| sshpass redis-cli |mongo| "
    "|mongosh |mongodump |mongorestore |psql| |influx |cqlsh |ldapsearch |ldapmodify |clickhouse |rabbitmqadmin "
    "|sqlcmd |bcp| smbclient xfreerdp rdesktop |lftp| |ncftp |vncviewer |plink| |pscp| |ipmitool |snmpwalk "
    "|curlftpfs evil-winrm |crackmapexec |netexec |7z |rar| |unrar| |zip| |unzip| \\\\\\\\ /p: /pw: /pwd: /pass: "
    "/password: |curl| |wget| |aria2c| |http| |https| |httpie |xh| |hydra| sqlplus chpasswd htpasswd |impdp "
    "ssh-keygen |ldapadd |ldapdelete |ldappasswd |ldapwhoami |ldapcompare |net| |openssl |mosquitto _pw| |qpdf "
    "|rclone rpcclient winexe smbmap |keychain add-generic add-internet psexec "
    "|kinit |cryptsetup |openconnect |smbpasswd <<< |iwconfig -command "
    "|expdp |rman| |sudo| wpa_passphrase securestring"
)

# Tokens

_PREFIXES = (
    r"(?:AKIA|ASIA|ABIA|ACCA|AROA)[A-Z0-9]{16}\b|gh[pousr]_[A-Za-z0-9]{20}|github_pat_\w{20}"
    r"|gl(?:pat|dt|rt|ptt|ft|soat|imt|agent|cbt|oas)-[\w-]{16}|GR1348941[\w-]{20}|ATATT3[\w=-]{20}"
    r"|ATCTT3[\w=-]{20}|ATBB[A-Za-z0-9]{20}|bkua_[0-9a-f]{40}|xox[a-eoprs][-.][\w%-]{10}|xapp-[\w-]{10}|xoxe\.\w"
    r"|hooks\.slack\.com/services/T\w{6,}/\w+/\w{16}|[srp]k_(?:live|test|prod)_\w{10}|whsec_[A-Za-z0-9+/]{20}"
    r"|sk-[\w-]{16}|sess-[A-Za-z0-9]{30}|sq0(?:atp|csp|idp)-[\w-]{20}|EAAA[\w-]{50}|EAA[A-Za-z0-9]{60}"
    r"|APP_USR-[\w-]{30}|access_token\$production\$\w+|shp(?:at|ss|pa|ca)_[0-9a-fA-F]{30}|FLWSECK_?\w*-\w{12}"
    r"|EZ[AT]K[A-Za-z0-9]{40}|rzp_(?:live|test)_\w{14}|AIza[\w-]{30}|ya29\.[\w-]{16}|GOCSPX-[\w-]{20}"
    r"|1//0[\w-]{30}|LTAI[A-Za-z0-9]{12,}|AKID[A-Za-z0-9]{28,}"
    r"|(?:sig|sv|AccountKey|SharedAccessKey)=[A-Za-z0-9%+/]{30,}={0,2}|do[opr]_v1_[0-9a-f]{40}|hcp\.\w{10,}"
    r"|scw-[0-9a-f-]{30}|CFPAT-[\w-]{30}|v1\.0-[0-9a-f]{24}-[0-9a-f]{100}|FlyV1\s\w{20}|fo1_[\w-]{30}"
    r"|rnd_[A-Za-z0-9]{20}|tskey-[\w-]{16}|pul-[0-9a-f]{30}|hv[sbr]\.[\w-]{20}|dp\.(?:pt|st|ct|sa)\.[\w.]{30}"
    r"|ops_eyJ\w{20}|SWMTKN-1-[\w-]{20}|hf_[A-Za-z0-9]{20}|gsk_\w{20}|xai-\w{20}|r8_\w{20}|nvapi-[\w-]{20}"
    r"|pplx-\w{20}|tgp_v1_[\w-]{20}|AI21\w{20}|sk_[0-9a-f]{40}|fw_\w{20}|npm_[A-Za-z0-9]{20}|pypi-[\w-]{16}"
    r"|rubygems_[0-9a-f]{30}|oy2[a-z0-9]{40}|dckr_(?:pat|oat)_[\w-]{16}|hex_[a-z0-9]{30}|clh_\w{30}"
    r"|AKCp[A-Za-z0-9]{30}|cmVmdGtu[\w=]{20}|CLOJARS_\w{40}|SG\.[\w-]{16}|xkeysib-\w{16}|xsmtpsib-\w{16}"
    r"|re_[A-Za-z0-9]{6,}_\w{16}|md-[\w-]{20,22}(?![\w-])|key-[0-9a-f]{32}|PMAK-[0-9a-f]{16}|mlsn\.\w{30}"
    r"|glc_\w{30}|glsa_\w{30}|NRAK-\w{20}|NRJS-\w{15}|sntry[su]_\w{20}|dt0c01\.\w+|dapi[0-9a-f]{32}"
    r"|pscale_\w+_\w{20}|sbp_[0-9a-f]{30}|sb_secret_\w{16}|lin_api_\w{30}|figd_[\w-]{30}|ntn_\w{40}"
    r"|secret_[A-Za-z0-9]{40}|phx_\w{30}|CCIPAT_\w{20}|waka_[0-9a-f-]{30}|duffel_\w{20}|\d{8,10}:AA[\w-]{32}"
    r"|/api/webhooks/\d{15,}/[\w-]{30}|oauth:[a-z0-9]{28}|EAAG\w{30}|AAAA[\w-]{7}:[\w-]{60}"
    r"|hooks\.zapier\.com/hooks/catch/\d+/\w{5}|webhook\.office\.com/webhookb2/\w{8}|outlook\.office\.com/webhook/\w{8}"
    r"|hooks\.slack\.com/(?:workflows|triggers)/\w+/[\w/]{16}|[\w.-]{1,80}(?::\d+)?/hooks/\w{17,26}(?![\w-])"
    r"|open-apis/bot/v2/hook/[\w-]{16}|hook\.(?:\w+\.)?make\.com/\w{16}|[\w.-]{1,80}(?::\d+)?/webhook/[0-9a-f-]{32}"
    r"|eyJ[\w-]{8,}\.[\w-]{0,}\.?[\w-]{8}|eyJ[\w-]{60}"
)
_PREFIX_STEMS = (
    "|akia |abia |acca ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ |glpat- |gldt- |glrt- |glptt- |glft- |glsoat- |glimt- "
    "|glagent- |glcbt- |gloas- |gr1348941 |atatt3 |atctt3 |atbb |bkua_ xoxa xoxb xoxc xoxd xoxe xoxo xoxp xoxr "
    "xoxs xapp- hooks.slack |sk_live_ |sk_test_ |sk_prod_ |rk_live_ |rk_test_ |rk_prod_ |pk_live_ |pk_test_ "
    "|pk_prod_ |whsec_ |sk- |sess- |sq0 |eaa |app_usr- access_token$ |shpat_ |shpss_ |shppa_ |shpca_ |flwseck "
    "|ezak |eztk |rzp_ |aiza |ya29. |gocspx- |1//0 |ltai |akid sig= |sv= accountkey= accesskey= |dop_v1_ |doo_v1_ "
    "|dor_v1_ |hcp. |scw- |cfpat- |v1.0- |flyv1 |fo1_ |rnd_ |tskey- |pul- |hvs. |hvb. |hvr. |dp. |ops_ |swmtkn- "
    "|hf_ |gsk_ |xai- |r8_ |nvapi- |pplx- |tgp_v1_ |ai21 |sk_ |fw_ npm_ pypi- rubygems_ |oy2 |dckr_ |hex_ |clh_ "
    "|akcp |cmvmdgtu |clojars_ |sg. |xkeysib- |xsmtpsib- |re_ |md- |key- |pmak- |mlsn. |glc_ |glsa_ |nrak- |nrjs- "
    "|sntrys_ |sntryu_ |dt0c01. |dapi |pscale_ |sbp_ |sb_secret_ |lin_api_ |figd_ |ntn_ |secret_ |phx_ |ccipat_ "
    "|waka_ |duffel_ :aa /webhooks/ oauth: aaaa |eyj hooks.zapier webhookb2 /hooks/ /webhook/ "
    "/hook/ hook.eu hook.us |hook.make"
)


def _has_prefix(place: Place) -> bool:
    """Whether a token begins as those of a service do."""
    if place.stem == "asia" and "ASIA" not in place.shown:  # the continent
        return False
    return _prefixes().search(place.shown) is not None


@cache
def _prefixes() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{_PREFIXES})")


def _is_private_key(place: Place) -> bool:
    """Whether a private key begins, or goes on."""
    return _private_keys().search(place.folded) is not None


@cache
def _private_keys() -> re.Pattern[str]:
    return re.compile(
        r"-----begin [a-z0-9 ]{0,40}private key|putty-user-key-file|private-lines: \d+ \S|age-secret-key-1"
        r"|\bmii(?:[b-j][a-z0-9+/]{2}|ctg|cx)[a-z0-9+/]{40}|b3blbnnzac1rzxkt"
    )


def _is_key(place: Place) -> bool:
    """Whether the name of a token is given one."""
    may_be_made = _letter_and_digit().search(place.behind) is not None
    if not (may_be_made or _sign_near().search(place.behind[:60])):
        return False
    for value in _values(place) if may_be_made else _values(place, _links()[:1]):
        if _is_reference(value):
            continue
        if _is_machine_made(value.text) and (len(value.text) >= 16 or place.stem not in _WIDE_KEYS):
            return True
        if value.link == "sign" and not value.distance and _is_assigned(value, place):
            return True
    near = map(bare, place.shown_behind.split()[:6] if may_be_made else ())
    return any(len(word) >= 16 and _is_machine_made(word) and looks_random(word) for word in near)


@cache
def _sign_near() -> re.Pattern[str]:
    return re.compile(r"[:=>→⇒—–|/-]")


@cache
def _letter_and_digit() -> re.Pattern[str]:
    """What any token has that a machine made."""
    return re.compile(r"[a-z][+/=.~%:@_-]*[0-9]|[0-9][+/=.~%:@_-]*[a-z]")


_WIDE_KEYS = frozenset(["key", "key_", "cle", "clave", "session", "hash", "api"])


def _is_assigned(value: Value, place: Place) -> bool:
    """Whether a variable with the name of a key is set, as in `.env` files, to whatever word."""
    called = _name_end().search(place.before)
    name = (
        (called[0] if called else "")
        + place.stem
        + place.behind[: len(place.behind) - len(place.behind.lstrip(_NAME_LETTERS))]
    )
    shell = place.shown[len(place.before) :][: len(place.stem)].isupper() and "=" in place.behind[:24].split(" ")[0]
    specific = _specific_names().search(name) is not None
    return (shell or specific) and value.text.isascii() and any(map(str.isalpha, value.text)) and not _goes_on(value)


_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz_-"


@cache
def _name_end() -> re.Pattern[str]:
    return re.compile(r"[\w-]*$")


@cache
def _specific_names() -> re.Pattern[str]:
    return re.compile(
        r"api[_ -]?key|credential"
        r"|(?:secret|access|auth|private|encryption|signing|account|client|ssh)[_ -]?(?:key|token)"
    )


def _is_authorization(place: Place) -> bool:
    """Whether somebody shows who they are to a server."""
    return _authorization().search(place.shown) is not None


@cache
def _authorization() -> re.Pattern[str]:
    return re.compile(
        r"(?i:authorization[\"']?\s*[:=]\s*[\"']?(?!.{0,12}[{$<%(])(?:(?:bearer|basic|token|digest|apikey|key)\s+)?[\w.~+/=-]{8})"
        r"|(?i:\bbearer\s+(?![{$<])(?=[\w.~+/-]{0,40}[0-9])[\w.~+/-]{16})"
    )


def _is_hash(place: Place) -> bool:
    """Whether the digest of a password stands there, as systems keep it."""
    return _hashes().search(place.shown) is not None


@cache
def _hashes() -> re.Pattern[str]:
    return re.compile(
        r"\$(?:1|2[abxy]?|5|6|7|y|gy|P|H|S|sha1|md5|apr1|argon2\w{1,2}|pbkdf2[\w-]*|scrypt|bcrypt[\w-]*|8|9|14)\$[\w./$,=+-]{12}"
        r"|\bpbkdf2_sha\d+\$\d+\$|\b(?:scrypt|pbkdf2):[\w:]+\$\w+\$|\bbcrypt(?:_sha256)?\$\$|\bargon2\$argon2|\bmd5[0-9a-f]{32}\b"
        r"|\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|PBKDF2\S*|ARGON2|BCRYPT|bcrypt|noop)\}\S{8}|\bSCRAM-SHA-\d+\$\d+:"
        r"|:[0-9a-f]{32}:[0-9a-f]{32}:::"
    )


_HASH_STEMS = (
    "$1$ $2a$ $2b$ $2y$ $2x$ $2$ $5$ $6$ $7$ $y$ $gy$ $p$ $h$ $s$ $sha1$ $md5$ $apr1$ $argon2 $pbkdf2 $scrypt "
    "$bcrypt $8$ $9$ $14$ pbkdf2 scrypt: bcrypt$ bcrypt_ argon2$ |md5 {ssha {sha {md5 {smd5 {crypt {pbkdf2 "
    "{argon2 {bcrypt {noop scram-sha :::"
)


def _is_wallet(place: Place) -> bool:
    """Whether the private key of a wallet stands there."""
    return _wallets().search(place.shown) is not None


@cache
def _wallets() -> re.Pattern[str]:
    return re.compile(
        r"\b[xyztuv]prv[1-9A-HJ-NP-Za-km-z]{40}|\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b|\bS[A-Z2-7]{55}\b"
        r"|\bs(?=\S{0,20}[0-9])[1-9A-HJ-NP-Za-km-z]{27,29}\b"
    )


_WALLET_STEMS = "xprv yprv zprv tprv uprv vprv stellar |xrp"


# Numbers


def _is_identity(place: Place) -> bool:
    """Whether the name of a national number is given one."""
    return _is_numbered(place, least=6 if place.stem in _SHORT_NUMBERS else 7, gap=30)


_SHORT_NUMBERS = frozenset(["ni", "nino", "insurance", "tc"])


def _is_document(place: Place) -> bool:
    """Whether the name of a document is given its number."""
    if place.stem == "licen" and not _of_driver().search(place.before[-24:] + place.stem + place.behind[:16]):
        return False
    if place.stem in ("dl", "dl#") and not place.shown[len(place.before) :].startswith("DL"):
        return False
    if place.stem == "green" and not place.behind.startswith(" card"):
        return False
    return _is_numbered(place, least=5, gap=30)


@cache
def _of_driver() -> re.Pattern[str]:
    return re.compile(r"driv|licen[cs]e (?:no|number|#)")


def _is_account(place: Place) -> bool:
    """Whether the name of an account is given its number."""
    if place.stem in ("卡号", "卡號") and _begins_with_card().match(place.behind):
        return False  # the number of a card is one without any name
    if place.stem == "sort" and not re.match(r"[ -]?code|\W{1,2}\d\d\D\d\d\D\d\d\b", place.behind):
        return False
    return _is_numbered(place, least=6, gap=16)


@cache
def _begins_with_card() -> re.Pattern[str]:
    return re.compile(r"\W{0,3}[3-5]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3,4}(?!\d)")


def _is_numbered(place: Place, *, least: int, gap: int) -> bool:
    """Whether the first word with digits behind a name has as many, and is no date, sum or year.

    Args:
        place: Of the name.
        least: Digits.
        gap: Most characters between the name and the number.
    """
    number = _numbers().match(place.behind)
    if number is None or number.start("number") > gap or _date().match(number["number"]):
        return False
    if _of_amount().match(place.behind[number.end() :]) or _clause().search(number["gap"]):
        return False
    return sum(map(str.isdigit, number["number"])) >= least


@cache
def _numbers() -> re.Pattern[str]:
    return re.compile(
        r"(?P<gap>[^0-9]{0,40}?)"
        r"(?P<number>(?<![a-z])(?:[a-z]{1,6}(?:[ -](?=[0-9]))?)?[0-9][0-9a-z]*(?:[ ./-]{1,2}[0-9]+[a-z]?\b)*)"
    )


@cache
def _date() -> re.Pattern[str]:
    """A date, or two years."""
    return re.compile(
        r"(?:[0-3]?\d[./-][01]?\d[./-](?:19|20)?\d\d|(?:19|20)\d\d[./-][01]?\d[./-][0-3]?\d)(?!\d)"
        r"|(?:19|20)\d\d[ /-]+(?:19|20)?\d\d$"
    )


@cache
def _of_amount() -> re.Pattern[str]:
    return re.compile(r"\s*(?:%|,\d{3}\b|\.\d{3},|€|\$|eur\b|usd\b)")


@cache
def _clause() -> re.Pattern[str]:
    """Prose between a name and a number that has nothing to do with it."""
    return re.compile(r"[,;.(]\s*\S+\s+\S+\s")


@cache
def _code_value() -> str:
    return (
        r"(?P<value>#?\d{3}[ -]\d{3}\b(?![.-]?\d)|(?<![\w.,/-])[a-z]?-?\d{4,8}(?![\w/]|[.:-]\d|,\d{3}\b)[#*]?"
        r"|(?<![\w-])(?=[a-z0-9-]*\d)[a-z0-9]{4,6}(?:-[a-z0-9]{4,6}){1,5}\b|[*#]\d{3,8}\b[#*]?)"
    )


def _is_code(place: Place) -> bool:
    """Whether a code of one time is told."""
    if _other_codes().search(place.before):
        return False
    link = _code_links().match(place.behind)
    if link is None:
        return False
    if link["link"].strip() == "=" or _date().match(link["value"]):
        return False
    around = place.before[-40:] + place.stem + place.behind[:40]
    if not place.stem.isascii() or _code_kinds().search(around):
        return True
    return link["link"].strip() != "" and not link["gap"] and _year().fullmatch(link["value"]) is None


@cache
def _other_codes() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{names.OTHER_CODES})[\s_-]*$")


@cache
def _code_kinds() -> re.Pattern[str]:
    return re.compile(names.CODE_KINDS)


@cache
def _year() -> re.Pattern[str]:
    return re.compile(r"(?:19|20)\d\d")


def _is_code_before(place: Place) -> bool:
    """The same where the digits come first."""
    return _told_before().search(place.before) is not None


@cache
def _told_before() -> re.Pattern[str]:
    """`493021 is your verification`, before `code`."""
    return re.compile(
        rf"{_code_value()}\s+(?:is|ist|est|es|e|to)\s+(?:your|ihr|dein|votre|tu|su|o|seu|twoj)\b[^.]{{0,30}}$"
    )


@cache
def _code_links() -> re.Pattern[str]:
    return re.compile(
        r"(?:s|e|en|eu|ul)?(?P<gap>(?:\s+[^\s\d:=]{1,15}){0,4}?)(?:\s*\([^()]{0,30}\))?"
        rf"(?P<link>\s*(?:[:#]|->|→|—|–)\s*|\s+-\s+|\s+(?:{names.COPULA})\s*:?\s+|\s+|\s*(?:是|为|は|為)?\s*|\s*=\s*)[\"'“*`]?"
        rf"{_code_value()}"
    )


def _is_sign_in(place: Place) -> bool:
    """Whether six digits are to be typed where somebody signs in."""
    around = place.before[-50:] + place.stem + place.behind[:40]
    return _six_digits().search(around) is not None and _signing_in().search(around) is not None


@cache
def _six_digits() -> re.Pattern[str]:
    return re.compile(r"(?<![\w.,-])\d{3}[ -]?\d{3}(?![\w.,-]*\d)")


@cache
def _signing_in() -> re.Pattern[str]:
    return re.compile(
        r"(?<![a-z])(?:sign[ -]?in|log[ -]?in)|texted (?:me|you|us)|verif(?:y|ic)|authenticat"
        r"|anmeld|einlog|войти|iniciar sesion"
    )


def _is_pin(place: Place) -> bool:
    """Whether the digits of a PIN are told."""
    least = 3 if place.stem in ("cvv", "cvc", "cid") else 4
    found = _pins().match(place.behind)
    return found is not None and sum(map(str.isdigit, found["value"])) >= least


@cache
def _pins() -> re.Pattern[str]:
    return re.compile(
        r"[^\W\d_]{0,8}(?:'s)?(?:[\s-]*(?:code|number|nummer|no\.?|nr\.?|kodu|numero))?(?:\s+(?:\d{1,2}(?=\s)|[^\s\d:=,.;]{1,15})){0,4}?"
        r"(?:\s*\([^()]{0,30}\))?"
        rf"\s*(?:[:=#→-]|\s(?:{names.COPULA})\s|は|是|为)?\s*[\"'“*`]?"
        r"(?P<value>\d{3}[ -]\d{3}|\d{3,8})(?![\w]|[.,/:-]\d)"
    )


def _is_door(place: Place) -> bool:
    """Whether what opens a door, a gate or a safe is told."""
    found = _doors().match(place.behind)
    if found is None or _of_amount_or_time().match(found["rest"]):
        return False
    around = place.before[-24:] + place.stem + found["gap"]
    if _keyed().search(around) or _marked().search(found["value"]):
        return True
    ends = not found["rest"].strip(" .!") or found["link"].strip() != ""
    return ends and _year().fullmatch(found["value"]) is None


@cache
def _doors() -> re.Pattern[str]:
    return re.compile(
        r"[^\W\d_]{0,12}(?P<gap>(?:\s+[^\s\d:=,.;]{1,18}){0,4}?)"
        rf"(?P<link>\s*(?:[:=→-]|\s(?:{names.COPULA})\s|は|是|为)?\s*)"
        r"(?P<value>(?=[a-zа-я#*-]{0,4}\d)[#*]?[a-zа-я]?\d{0,3}[a-zа-я]?-?\d{3,6}[#*]?)(?![\w/]|[.,:-]\d)(?P<rest>[^\n]{0,12})"
    )


@cache
def _of_amount_or_time() -> re.Pattern[str]:
    return re.compile(r"\s*(?:%|eur|€|\$|people|m\b|km\b|mm\b|kg\b|uhr|years|seats)")


@cache
def _keyed() -> re.Pattern[str]:
    return re.compile(r"cod|kod|код|pin|keypad|combin|zahlen|schlussel|cle\b|コード|番号|密码|digicode")


@cache
def _marked() -> re.Pattern[str]:
    return re.compile(r"[#*]|[a-zа-я]\d|\d[a-zа-я]")


# Words


def _is_seed(place: Place) -> bool:
    """Whether the words that restore a wallet stand behind their name, all parted alike."""
    text = place.behind
    has_marks = len(_parting_marks().findall(text)) >= _LEAST_NAMED_SEED - 1
    return (has_marks and _is_row(text, _parted_by_marks())) or _is_row(text, _parted_by_spaces())


def _is_row(text: str, parted: re.Pattern[str]) -> bool:
    run = 0
    for word in parted.split(text):
        bare_word = bare(word)
        run = run + 1 if _seed_like().fullmatch(bare_word) and bare_word not in names.FUNCTION_WORDS else 0
        if run == _LEAST_NAMED_SEED:
            return True
    return False


@cache
def _parting_marks() -> re.Pattern[str]:
    return re.compile(r"[,;|>/–—:-]|\d+")


@cache
def _parted_by_marks() -> re.Pattern[str]:
    """By commas and the like, or by numbers."""
    return re.compile(r"\s*[,;|>/–—:]\s*|\s*-\s+|(?:\s|^)*\(?\d{1,2}[.):]?\s*")


@cache
def _parted_by_spaces() -> re.Pattern[str]:
    return re.compile(r"\s+|(?<=\w)[-.](?=\w)")


@cache
def _seed_like() -> re.Pattern[str]:
    """A word of a list: of 3 to 8 Latin letters, of more in other scripts."""
    return re.compile(r"[a-z]{3,8}|[^\W\d_a-z]{2,12}")


_LEAST_NAMED_SEED = 8


def _is_answer(place: Place) -> bool:
    """Whether a security question is answered."""
    # Not all that is shown: elsewhere another name of the rule stands.
    start = len(place.before)
    question = _questions().search(place.folded, max(0, start - _QUESTION), start + _QUESTION)
    if question is None:
        return False
    said = _said().search(place.folded[question.end() - 1 :])
    if said is None:
        words = place.shown[question.end() :].split()
        least = 1 if len(place.shown) < _SHORT_LINE else 2
        return least <= len(words) <= 8 and words[-1][:1].isupper()
    return 1 <= len((said["answer"] or said["told"]).split()) <= 6


# Characters of a line that tells one thing; and those before and behind a name within which it asks.
_SHORT_LINE = 60
_QUESTION = 48


@cache
def _questions() -> re.Pattern[str]:
    return re.compile(
        r"security (?:question|answer)|secret (?:question|answer)|sicherheits(?:frage|antwort)|geheimfrage"
        r"|(?:question|reponse) (?:secrete|de securite)|(?:pregunta|respuesta) (?:secreta|de seguridad)"
        r"|(?:pergunta|resposta) (?:secreta|de seguranca)|(?:domanda|risposta) (?:segreta|di sicurezza)"
        r"|(?:veiligheids|beveiligings|controle)vraag|(?:pytanie|odpowiedz)\w* (?:bezpieczenstwa|pomocnicze)"
        r"|(?:секретн|контрольн)\S+ (?:вопрос|ответ)|guvenlik sorusu|秘密の質問|密保|安全问题"
        r"|maiden name|madchenname"
        r"|(?:first|favou?rite|childhood) (?:pet|school|teacher|car|job|street|friend|book|film|movie)(?:'?s name)?"
        r"\s*(?:[?:=]|(?=-\s)|\))|memorable (?:word|name|place|date)|sicherheitsabfrage|geburtsname (?:d|m)"
        r"|da nubile|panienskie|девичь\S+ фамил|кличк\S* \S+ (?:питом|живот|собак|кош)|de soltera|de solteira"
        r"|meisjesnaam|(?:eerste|mijn) huisdier|de jeune fille|kizlik|旧姓"
        r"|primeir[oa] (?:animal|escola|carro|professor)"
        r"|primo animale|prima (?:scuola|auto|maestra)|premi\S+ (?:voiture|ecole|professeur)"
        r"|(?:erstes )?haustier|primera mascota|premier animal"
    )


@cache
def _said() -> re.Pattern[str]:
    return re.compile(rf"[:?=](?:\s*[:)])?\s*(?P<answer>[^\s:?=].*)$|\s(?:{names.COPULA})\s+(?P<told>\S.*)$")


# The table

_TAGGED = "password passwd secret token passwort |pwd|"
_FLAG_STEMS = f"{names.PASSWORD} |--token -token --secret --api |-pw| --pass -psk -key"

RULES = (
    Rule("private-keys", "-----begin putty- private-lines age-secret |mii b3blbnnz", _is_private_key, alone=True),
    Rule("tokens", _PREFIX_STEMS, _has_prefix, alone=True),
    Rule("tokens", "|asia |aroa", _has_prefix),
    Rule("tokens", "authorization bearer", _is_authorization, alone=True),
    Rule("hashes", _HASH_STEMS, _is_hash, alone=True),
    Rule("passwords", ":// jdbc:", _is_in_address, alone=True),
    Rule("passwords", names.PASSWORD, _is_password, alone=True),
    Rule("passwords", names.MAYBE_PASSWORD, _is_maybe_password),
    Rule("passwords", _TAGGED, _is_tag),
    Rule("passwords", "pass=", _is_pass_variable, alone=True),
    Rule("passwords", _FLAG_STEMS, _is_flag, alone=True),
    Rule("passwords", _COMMAND_STEMS, _is_command),
    Rule("passwords", names.WIFI, _is_wifi),
    Rule("passwords", _WELL_KNOWN_STEMS, _is_well_known, alone=True),
    Rule("phrases", names.PASSPHRASE, _is_passphrase, alone=True),
    Rule("phrases", "|phrase|", _is_phrase_in_words),
    Rule("phrases", "opens| |unlock vault|", _is_opened_by_words, alone=True),
    Rule("phrases", names.SEED, _is_seed, alone=True),
    Rule("tokens", names.KEY, _is_key),
    Rule("tokens", _WALLET_STEMS, _is_wallet),
    Rule("codes", names.PIN, _is_pin, digit=True),
    Rule("codes", names.CODE, _is_code, digit=True),
    Rule(
        "codes", "|sign| sign-in |log| texted verif authenticat |anmeld einlog войти sesion|", _is_sign_in, alone=True
    ),
    Rule("codes", names.CODE_AT_END, _is_code_before, alone=True),
    Rule("codes", names.DOOR, _is_door, digit=True),
    Rule("ids", names.ID, _is_identity, digit=True),
    Rule("ids", names.DOCUMENT, _is_document, digit=True),
    Rule("accounts", names.BANK, _is_account, digit=True),
    Rule("answers", names.ANSWER, _is_answer),
    Rule("answers", names.QUESTION, _is_answer, alone=True),
    Rule("answers", "|animal", _is_answer),
    Rule("passwords", _ADDRESS_STEMS, _is_with_address, alone=True),
    Rule("passwords", "|root |admin| |administrator |ubnt", _is_default_login, alone=True),
    Rule("passwords", ":5432: :3306: :6432: :1433: :1521: :27017: :*:", _is_password_file, alone=True),
    Rule("passwords", names.LOGIN, _is_login),
    Rule("passwords", names.LOGIN_ABROAD, _is_login, alone=True),
)


def stems_in(word: str) -> list[tuple[int, str]]:
    """The letters of the stems that a folded word holds, and where: of those that begin at one place, the longest."""
    found = []
    place, stems = 0, _stems_by_beginning()
    while place < len(word) - 1:
        for letters, before, behind in stems.get(word[place : place + 2], ()):
            stop = place + len(letters)
            if word.startswith(letters, place) and not (
                (before and word[place - 1 : place].isalnum()) or (behind and word[stop : stop + 1].isalnum())
            ):
                found.append((place, letters))
                place = stop - 1
                break
        place += 1
    return found


@cache
def _stems_by_beginning() -> dict[str, list[tuple[str, bool, bool]]]:
    """By their first two letters: stems, and whether a word must begin and end with them; longer ones first."""
    stems: dict[str, list[tuple[str, bool, bool]]] = {}
    for stem in sorted({stem for rule in RULES for stem in rule.stems.split()}, key=len, reverse=True):
        letters = stem.strip("|")
        stems.setdefault(letters[:2], []).append((letters, stem.startswith("|"), stem.endswith("|")))
    for each in stems.values():
        each.sort(key=lambda stem: -len(stem[0]))
    return stems


@cache
def rules_for(letters: str) -> tuple[Rule, ...]:
    """The rules that may fit where the letters of a stem are found, which may hold other stems."""
    numbers: set[int] = set()
    for start in range(len(letters)):
        for stop in range(start + 2, len(letters) + 1):
            for number, before, behind in _rules_by_letters().get(letters[start:stop], ()):
                begins = not (before and letters[start - 1 : start].isalnum())
                if begins and not (behind and letters[stop : stop + 1].isalnum()):
                    numbers.add(number)
    return tuple(RULES[number] for number in sorted(numbers))


@cache
def _rules_by_letters() -> dict[str, list[tuple[int, bool, bool]]]:
    """By the letters of a stem: the rules that it leads to, and whether a word must begin and end with it."""
    rules: dict[str, list[tuple[int, bool, bool]]] = {}
    for number, rule in enumerate(RULES):
        for stem in rule.stems.split():
            rules.setdefault(stem.strip("|"), []).append((number, stem.startswith("|"), stem.endswith("|")))
    return rules


def named_kind(plain: str, low: str) -> SecretKind | None:
    """The kind of secret that a name or a beginning in a line tells.

    Args:
        plain: The line as it reads.
        low: The same, folded.
    """
    return _first_kind(plain, _names_in(low), low)


def kind_by_words(line: str, numbers: Sequence[int]) -> SecretKind | None:
    """The same by some words of a line that reads as it is written; no others hold a name that a value may follow.

    Args:
        line: All of it.
        numbers: Which words these are, ascending; blanks alone part words.
    """
    return _first_kind(line, _words_at(line, numbers), None)


# A word in which names were found: where it begins, and what `stems_in` gives.
_Names = tuple[int, list[tuple[int, str]]]


def _first_kind(plain: str, words: Iterable[_Names], low: str | None) -> SecretKind | None:
    judged = 0
    for start, stems in words:
        for offset, stem in stems:
            place = _place_at(plain, low, start + offset, stem)
            rules = _rules_at(place)
            judged += bool(rules)
            if judged > _MOST_PLACES:
                return None
            kind = next((rule.kind for rule in rules if rule.fits(place)), None)
            if kind:
                return kind
    return None


# Of a line that is nothing but names, so many are judged: what a line may cost has an end.
_MOST_PLACES = 60


def _words_at(line: str, numbers: Sequence[int]) -> Iterator[_Names]:
    """Some of the words that blanks part, by their numbers."""
    text = line.strip(" ")
    lead = len(line) - len(line.lstrip(" "))
    if "  " in text:
        words = text.split(" ")
        numbers = list(map([place for place, word in enumerate(words) if word].__getitem__, numbers))
    else:
        words = text.split(" ", numbers[-1] + 1)
    for place in numbers:
        word = words[place]
        stems = _stems_of(word) if len(word) <= _LONGEST_KNOWN else stems_in(folded(word))
        yield lead + len(" ".join(words[:place])) + (place > 0), stems


@lru_cache(maxsize=1 << 12)
def _stems_of(word: str) -> list[tuple[int, str]]:
    """The same names are found again and again."""
    return stems_in(folded(word))


# Words that hold no stem, as most do that lines have in common.
_innocent: set[str] = set()
_LONGEST_KNOWN, _MOST_KNOWN = 24, 1 << 15


def _names_in(low: str) -> Iterator[_Names]:
    """The words of a folded line in which names are found."""
    place = 0
    for word in [word for word in low.split() if word not in _innocent]:
        stems = stems_in(word)
        if stems:
            place = _place_of(word, low, place)
            yield place, stems
            place += len(word)
        elif len(word) <= _LONGEST_KNOWN and len(_innocent) < _MOST_KNOWN:
            _innocent.add(word)


def _place_of(word: str, text: str, start: int) -> int:
    """Where a word stands next, by itself."""
    place = text.index(word, start)
    while place and not text[place - 1].isspace():  # a part of another word
        place = text.index(word, place + 1)
    return place


def _place_at(plain: str, low: str | None, start: int, stem: str) -> Place:
    stop = start + len(stem)
    first, last = max(0, start - _BEFORE), stop + _BEHIND
    shown = plain[first:last]
    around = folded(shown) if low is None else low[first:last]
    return Place(around[: start - first], stem, around[stop - first :], shown)


def _rules_at(place: Place) -> Sequence[Rule]:
    """The rules that may fit, by what is in the next words."""
    rules = rules_for(place.stem)
    if _all_alone(place.stem):
        return rules
    next_words = _next_words_of(place)
    if not value_sign().search(next_words):
        return [rule for rule in rules if rule.alone]
    if _digit().search(next_words):
        return rules
    return [rule for rule in rules if not rule.digit]


@cache
def _digit() -> re.Pattern[str]:
    return re.compile("[0-9]")


@cache
def _all_alone(stem: str) -> bool:
    return all(rule.alone for rule in rules_for(stem))
