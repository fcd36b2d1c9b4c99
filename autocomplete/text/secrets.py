r"""Whether a line looks as if it held a secret: a password, a key, a token, the number of a card.

Most secrets stand beside what they are called, and most rules here are therefore a name in many languages, what leads
from it to its value (`:`, `=`, `is`, `lautet`, `是`, a space), and what the value must be like. A password may be weak
where its name and a sign stand before it, `mdp: soleil2024`; a token must look like one; a code is digits.

    private-keys  what they begin with, as in PEM, PuTTY and age files, and the lines of their bodies
    tokens        those of some ninety services by their prefixes; what stands behind `token`, `api_key`, `Cookie`;
                  letters and digits that a machine drew
    passwords     by their name; in an address, for `curl -u`, `mysql -p` and their like; behind a login; of Wi-Fi; and
                  single words that look like one (see `randomness`)
    hashes        of passwords, as in `/etc/shadow` and in databases
    cards         13 to 19 digits, possibly in groups, that begin as cards do and whose check digit fits (Luhn 1960)
    accounts      IBAN (modulo 97) and the numbers of accounts behind their names
    ids           national numbers and documents by their names, some by their check digits alone
    codes         of one time, PINs, those of doors
    phrases       that restore a wallet, and pass phrases behind their names
    answers       to security questions

A line is judged as it reads: however its accents are encoded, in whatever width, without characters that nobody sees
and without what sets a terminal's colours. A line that holds one is left out whole, never mended: what stands around a
secret tells whose it is, and a line with a hole in it is no longer what somebody wrote. Where a line ends in a name and
a colon, and the next is the secret, both are.

The rules are a table. Each names its stems, of which any line that it fits holds one; `censoring` makes from the same
table what finds the few lines of bulk text worth a closer look, so that a rule is written once.

A password of small letters alone, or of words, looks like any other word where no name stands before it: nothing here
finds a lone `hunter`, or four words that make a pass phrase. That is what the leading space is for.

Rule sets that others maintain were tried as peers (`benchmarks/secrets.py`): they know tokens and assignments in code,
and few of the passwords, codes and numbers that people write to each other.
"""

import re
from collections.abc import Sequence
from functools import cache

from autocomplete.text.randomness import LEAST_KEY, LEAST_PASSWORD, bare, looks_random
from autocomplete.text.secret_names import FUNCTION_WORDS
from autocomplete.text.secret_numbers import kind_of_number
from autocomplete.text.secret_rules import SecretKind, folded, kind_by_words, named_kind, stems_in
from autocomplete.text.unicode import plain_text, reads_as_written
from autocomplete.text.vocabulary import may_be_secret

# Words in a row that may restore a wallet (BIP 39: 12 to 24, of 3 to 8 letters).
LEAST_SEED = 12
SEED_LETTERS = (3, 8)


def looks_secret(line: str) -> bool:
    """Whether a line looks as if it held a secret, by the rules above."""
    return secret_kind(line) is not None


def is_secret_word(word: str) -> bool:
    """Whether a word, or mark, looks like a secret by itself: it is neither shown nor learned."""
    return may_be_secret(word) and looks_secret(word)


def secret_kind(line: str) -> SecretKind | None:
    """The first kind of secret that a line looks as if it held; None where it holds none."""
    plain = plain_text(line)
    low = folded(plain)
    return named_kind(plain, low) or kind_of_number(plain, low) or _random_kind(plain) or _seed_kind(plain)


# A line that calls the next one is no longer than this, nor is the secret.
_LONGEST_LABEL, _LONGEST_LABELLED = 100, 300


def may_be_label(line: str) -> bool:
    """Whether a line may call what the next one holds: it ends in a colon or the like, and is short."""
    return len(line) <= _LONGEST_LABEL and line.rstrip().endswith((":", "=", "："))


def labelled_kind(label: str, line: str) -> SecretKind | None:
    """The kind of secret that a line is told to be by the one above it; None where it is one by itself, or none.

    Args:
        label: What may be a label.
        line: The next one that is not blank.
    """
    if len(line) > _LONGEST_LABELLED or may_be_label(line) or secret_kind(line):
        return None
    low = folded(plain_text(label))
    if not any(map(stems_in, low.split())):
        return None
    plain = plain_text(f"{label.rstrip()} {line.strip()}")
    return named_kind(plain, folded(plain))


def name_kind(line: str, words: Sequence[int]) -> SecretKind | None:
    """What a line is told to hold by a name or a beginning in it.

    Args:
        line: The line.
        words: Numbers of its words, as blanks part them, that hold one which a value may follow, ascending.
    """
    if reads_as_written(line):
        return kind_by_words(line, words)
    plain = plain_text(line)
    return named_kind(plain, folded(plain))


def number_kind(line: str) -> SecretKind | None:
    """What the digits of a line may be that need no name: the number of a card, an account, a person."""
    plain = plain_text(line)
    return kind_of_number(plain, folded(plain))


def _random_kind(plain: str) -> SecretKind | None:
    """What a machine made, or somebody careful; no digest where a line tells of versions."""
    for word in plain.split():
        if (
            len(word) >= LEAST_PASSWORD
            and not word.isalpha()
            and looks_random(word)
            and not (_digest().fullmatch(word) and _version_words().search(plain))
        ):
            return "tokens" if len(bare(word)) >= LEAST_KEY else "passwords"
    return None


@cache
def _digest() -> re.Pattern[str]:
    return re.compile(r"\W*(?:[\w.-]{1,40}[:/@=])?[0-9a-f]{7,128}(?:\W*|[:.].*)")


@cache
def _version_words() -> re.Pattern[str]:
    return re.compile(
        r"(?i)\b(?:git|commit|merged?|revert(?:ed|s)?|cherry|rebase|bisect|blob|tree|parent|sha-?\d*|sha\d*sum|md5(?:sum)?"
        r"|checksum|digest|revision|changeset|rev|hg|svn|index|fixes|docker|podman|image|tag|integrity|etag|fingerprint)\b"
    )


def _seed_kind(plain: str) -> SecretKind | None:
    """Words in a row, as restore a wallet, without any name."""
    if not _rows().search(plain):
        return None
    run: list[str] = []
    for word in plain.split():
        run = [*run[1 - LEAST_SEED :], word] if is_seed_word(word) else []
        if len(run) == LEAST_SEED and len(set(run)) >= LEAST_SEED - 1:
            return "phrases"
    return None


@cache
def _rows() -> re.Pattern[str]:
    """Twelve words of small letters."""
    return re.compile(rf"(?<!\S)(?:{_SEED_WORD}\s+){{{LEAST_SEED - 1}}}{_SEED_WORD}(?!\S)")


_SEED_WORD = f"[a-z]{{{SEED_LETTERS[0]},{SEED_LETTERS[1]}}}"


@cache
def _seed_word() -> re.Pattern[str]:
    return re.compile(_SEED_WORD)


def is_seed_word(word: str) -> bool:
    """Whether a word may stand in such a row: small letters, and none that prose always has."""
    return _seed_word().fullmatch(word) is not None and word not in FUNCTION_WORDS
