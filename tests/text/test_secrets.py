"""Lines that hold a secret are told from prose, commands and addresses."""

import base64
import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text.randomness import looks_random
from autocomplete.text.secrets import looks_secret

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"

SECRETS = [
    "-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "PuTTY-User-Key-File-3: ssh-ed25519",
    "password: hunter", "Password = hunter", 'the "password": "hunter"', "export DB_PASSWORD=hunter",
    "my PASSPHRASE: a b c",
    "API_KEY=abc", "api-key: abc", "Passwort: geheim", "mot de passe : secret", "пароль: лето",
    "login --token abcdef", "mysql --password hunter", "the password is hunter2", "PIN: 1234", "my pin is 0815",
    "https://bob:hunter@example.com/", "curl -u bob:hunter example.com", "Authorization: Basic Ym9iOmh1bnRlcg",
    "AKIAIOSFODNN7EXAMPLE", "use ghp_0123456789abcdefABCDEF0123456789abcd", "glpat-abcdefghijklmnopqrst",
    "xoxb-1234567890-abc", "sk_live_abcdefghijkl", "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    "4111 1111 1111 1111", "card 4111-1111-1111-1111.", "378282246310005", "my card: 5555555555554444",
    "Tr0ub4dor&3", "it is xK9#mQ2$vL now", "XQ7PR-2M4KD-9TT1X-BB8WZ-K3M2A", "9fceb02d0ae598e95dc970b74767f19372d61af8",
    "token 550e8400-e29b-41d4-a716-446655440000",
    "password hunter2", "my pw: abc12", "DB_PASS=foo", "PGPASS=abc", "PGPASSWORD=abc psql", "pass: hunter",
    "plink -pw hunter host", "sshpass -p s3cretA ssh host", "sshpass -ps3cretA", "mysql -psecret1",
    "mysqldump -u root -pgeheim shop", "docker login -u ann -p geheim", "redis-cli -h cache -a geheim",
    "curl -u 1000:hunter example.com", "Ab1-9Xz_Q4w", "xK9.mQ2/vL8",
    "**password**: hunter", "*pw*: hunter", "__password__ = hunter", "`token`: hunter22x9y", "**password:** hunter",
    "<password>hunter</password>", "<db:password> hunter </db:password>", "<b>password</b>: hunter",
]  # fmt: skip
WRITTEN_OTHERWISE = [
    "password \t: sesamopen", "contrasen\u0303a: x", "pass\u200bword: x", "ｐａｓｓｗｏｒｄ: x", "парОЛЬ: x",
    "pa\u00adss\ufe0fword: x", "password\x1b[0m: x", "\x1b[1mpass\x1b[0mword: x", "\x1b]0;password: x\x07",
    "password \x1b[0 q: x", "password\x9b0m: x", "４１１１ １１１１ １１１１ １１１１",
    "4111\u00a01111\u00a01111\u00a01111", "p\u0131n: 1234",
]  # fmt: skip
HARMLESS = [
    "", " ", "best food in Las Vegas", "the password is wrong", "a token of love", "The secret of success: work",
    "token bucket", "forgot my password", "pin it on the wall", "call 0800 123 4567 now", "+49 171 1234567890",
    "4111 1111 1111 1112", "3.14159265358979323846", "1,234,567,890,123,456", "COVID-19's spread", "U.S.-led",
    "Report_2021-Final.pdf", "McDonald's-O'Neill", "getHttpResponseCode", "iPhone12Pro", "the 1990s-era B-52s",
    "kubectl get pods -n kube-system", "git commit -m 'fix: token parser'", "v1.2.3-rc4", "10:30-11:45", "1-1/2-story",
    "https://www.abc.net.au/news/2020-11-21/some-story-about-things/12345678", "john.smith99@mail.example.com",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "supercalifragilisticexpialidocious", "Donaudampfschifffahrtsgesellschaft",
    "the passwords 2nd to 5th", "password 1990s-era", "password 12345678 times", "a bypass: north", "compass=north",
    "docker run -u 1000:1000 alpine", "mysql -h db1 -P 3307 -p", "passwd deploy01", "kubectl get secret creds-v2",
    "see foo/bar2/baz", "x86_64-linux-gnu", "arm64-v8a", "s3://bucket/key1", "ann_b2@x.org",
    "ssh <user>:<password>", "<password></password>", "the **password** field", "<th>password</th><th>: </th>",
    "type <token> now", "a \x1b[1mgreen\x1b[0m light", "21½-year-old",
    "/usr/local/lib/python3.11/site-packages/autocomplete", "你好，世界", "👩‍👩‍👧",
]  # fmt: skip


@pytest.mark.parametrize("line", SECRETS)
def test_secrets_are_found(line: str) -> None:
    assert looks_secret(line)
    assert looks_secret(f"he said: {line} and left")


@pytest.mark.parametrize("line", WRITTEN_OTHERWISE, ids=ascii)
def test_secrets_are_found_however_they_are_written(line: str) -> None:
    assert looks_secret(line)


@pytest.mark.parametrize("line", HARMLESS)
def test_harmless_lines_are_none(line: str) -> None:
    assert not looks_secret(line)


def card_number(digits: str) -> str:
    """The digits with the check digit that Luhn's formula calls for."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(value - 9 * (value > 9) for value in doubled) % 10)


@given(digits=st.text("0123456789", min_size=12, max_size=15), first=st.sampled_from("3456"))
def test_every_card_number_is_found_and_none_with_a_wrong_check_digit(digits: str, first: str) -> None:
    number = card_number(first + digits[1:])
    assert looks_secret(f"pay with {number} please")
    grouped = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    assert looks_secret(f"pay with {grouped} please")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not looks_secret(f"pay with {wrong} please")


@given(key=st.binary(min_size=32, max_size=64))
def test_keys_in_hexadecimal_are_found_unless_they_are_monotonous(key: bytes) -> None:
    if len(set(key)) > 24:
        assert looks_secret(f"use {key.hex()} here")


@given(
    name=st.sampled_from(["password", "PASSWD", "api_key", "AUTH-KEY", "Kennwort", "senha", "Passphrase"]),
    mark=st.sampled_from([":", "=", " : ", " = ", "=>"]),
    value=st.text("abcdfghjkmpqvwxzABCDFGHJKMPQVWXZ", min_size=4, max_size=16),
    before=st.sampled_from(["", "my ", "export X_", "{'"]),
)
def test_whatever_has_the_name_of_a_password_is_one(name: str, mark: str, value: str, before: str) -> None:
    assert looks_secret(f"{before}{name}{mark}{value}")


@given(words=st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=30), max_size=12))
def test_small_letters_are_never_random(words: list[str]) -> None:
    assert not any(looks_random(word) for word in words)


@given(line=st.text(max_size=200))
def test_any_line_gets_an_answer(line: str) -> None:
    assert looks_secret(line) in (True, False)


@pytest.mark.parametrize(
    "piece",
    [
        "a" * 20_000,
        "a1" * 10_000,
        "4" * 20_000,
        "password " * 2_000,
        "://" * 5_000,
        "-" * 9_999,
        "\x1b[0;" * 9_999,
        "<password> x" * 2_000,
    ],
)
def test_a_long_line_costs_no_more_than_its_length(piece: str) -> None:
    """It would never end where a rule looks at every pair of places."""
    looks_secret(piece)


def test_nearly_all_keys_in_base_64_are_found() -> None:
    draw = random.Random(7)
    keys = [base64.b64encode(draw.randbytes(30)).decode() for _ in range(500)]
    assert sum(map(looks_random, keys)) > 0.95 * len(keys)


def test_shell_commands_are_hardly_ever_taken_for_secrets() -> None:
    lines = Path(__file__).with_name("commands.txt").read_text(encoding="utf-8").splitlines()
    taken = [line for line in lines if looks_secret(line)]
    assert len(lines) > 100
    assert len(taken) <= 0.04 * len(lines), taken


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora of ../shared/corpora are not here")
def test_prose_is_hardly_ever_taken_for_a_secret() -> None:
    for name, most in [("abc/valid.txt", 0.0), ("brown/valid.txt", 0.001), ("ptb/valid.txt", 0.0)]:
        lines = (CORPORA / name).read_text(encoding="utf-8").splitlines()
        assert sum(map(looks_secret, lines)) <= most * len(lines)
