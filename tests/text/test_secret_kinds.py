"""Every kind of secret is found, as people write it in many languages, and what only sounds like one is not."""

import random
import string
import sysconfig
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text.check_digits import begins_with_iban, is_brazilian_identity, is_chinese_identity, passes_luhn
from autocomplete.text.secret_rules import RULES, SecretKind, folded, rules_for, stems_in
from autocomplete.text.secrets import looks_secret, secret_kind
from benchmarks.odd_commands import odd_commands
from benchmarks.secrets import DATA
from benchmarks.shell_history import commands

# Joined here, so that nothing that looks for secrets in files takes them for real ones.
_KEY = "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=36))
_HEX = "".join(random.Random(6).choices("0123456789abcdef", k=64))

FOUND: dict[SecretKind, list[str]] = {
    "private-keys": [
        "-----BEGIN " + "EC PRIVATE KEY-----",
        'key: "-----BEGIN ' + 'PRIVATE KEY-----\\n"',
        "age-secret" + "-key-1qqqqqq",
        "MII" + "EpAIBAAKCAQEA" + _KEY,
        "Private-Lines: 8 AAAA",
    ],
    "tokens": [
        f"export GITHUB_TOKEN={'gh' + 'p_'}{_KEY}",
        f"glp{'at-'}{_KEY[:20]} for the runner",
        f"xox{'b-'}1234567890-{_KEY[:20]}",
        f"x-api-key: {_HEX[:32]}",
        f"Cookie: PHPSESSID={_KEY[:26].lower()}",
        f"мой ключ {_KEY}",
        f"密钥：{_KEY}",
        f"Authorization: Bearer {_KEY}",
        f"metamask key 0x{_HEX}",
        "//registry.example.org/:_authToken=0b0e8d4c-1f2a-4b3c-8d7e-9a1b2c3d4e5f",
    ],
    "passwords": [
        "Passwort lautet Herbst2023",
        "mdp : tournesol",
        "Kennwort für den Router: Amsel_77",
        "la contraseña del portátil es girasol8",
        "senha do banco -> feijao21",
        "password di casa = limoncello9",
        "wachtwoord: fietsbel",
        "hasło do poczty to wiewiorka3",
        "пароль от роутера — ёлка2020",
        "şifrem 99karpuz",
        "密码是liulian88",
        "パスワードは himawari7",
        "my netflix password is popcorn",
        "wifi guests: bananabread4",
        "hasło do konta taty jesion42",
        "Passwort vom neuen Rechner Ahorn_19",
        "Salasana on kuusi31",
        "ldapadd -x -D cn=admin -w ch3stnut -f people.ldif",
        "ssh-keygen -t rsa -N walnut5 -f key",
        "net user eva hazel77 /add",
        "echo larch88 | cryptsetup open /dev/sdb1 data",
        "mount -t cifs //nas/a /mnt -o user=eva,pass=alder6",
        "db2:5432:*:eva:aspen44",
        "smtp eva:cedar9@mail.example.org:587",
        "eva@example.org : rowan-12",
        "default login ubnt granit",
        "WIFI:S:Attic;T:WPA;P:beechwood;;",
        "WIFI:T:WPA;S:Home;P:appleworm;;",
        "ftp://ann:apfel9@example.org/",
        "redis://:blaubeere7@cache:6379/0",
        "sqlplus scott/tigerlily@orcl",
        "mongosh -u root -p mango_77 admin",
        "xfreerdp /u:ann /p:Mango_77",
        "mysqladmin -u root password 'Quitte7'",
        "curl --user ann:birne77 https://example.org",
        "machine example.org login ann password birne",
        "Server=db;Uid=sa;Pwd=birne;",
        "login berta apfelmus99",
        "Zugang: berta / apfelmus",
        "try Pfl@ume77x please",
        "hunter2",
    ],
    "hashes": [
        "ann:$6$" + "rounds=5000$abcdefgh$" + _KEY,
        "$2b$" + "12$" + _KEY,
        "{SSHA}" + _KEY,
        "pbkdf2_sha256" + "$600000$salt$" + _KEY,
    ],
    "cards": [
        "4111 1111 1111 1111",
        "3782-822463-10005",
        "charge 5555555555554444 04/28 please",
        "卡号4111111111111111",
    ],
    "accounts": [
        "DE89 3704 0044 0532 0130 00",
        "iban gb82west12345698765432",
        "Kontonummer 12345678",
        "sort code 12-34-56",
        "номер счета 40702810000000000001",
        "口座番号 7654321",
    ],
    "ids": [
        "my ssn is 078-05-1120",
        "Steuer-ID 12 345 678 901",
        "meu CPF 529.982.247-25",
        "身份证 11010519491231002X",
        "passport no. X1234567",
        "numéro de sécurité sociale 2 55 08 14 168 025 38",
        "rijbewijs 5123456789",
        "паспорт 45 08 123456",
    ],
    "codes": [
        "the code is 493021",
        "Ihr Code lautet 430 140",
        "验证码123456，请勿泄露",
        "123456 is your verification code",
        "use 976 106 to sign in",
        "my pin is 4711",
        "暗証番号は4711",
        "PIN de la carte : 2580",
        "PUK 12345678",
        "cvv 123",
        "Haustür 4711#",
        "gate code 0815",
        "código do portão: 3344",
        "recovery code CJH6D-EL824",
    ],
    "phrases": [
        "seed: oven patrol pony noodle mosquito lobster juice inject helmet grape foster expect",
        "recovery words 1. oven 2. patrol 3. pony 4. noodle 5. mosquito 6. lobster 7. juice 8. inject 9. helmet",
        "oven patrol pony noodle mosquito lobster juice inject helmet grape foster expect",
        "passphrase bluecheese",
        'LUKS passphrase "quiet lamp seven boats"',
        "Passphrase for the laptop: quiet lamp seven boats",
    ],
    "answers": [
        "security question: Fluffy",
        "Sicherheitsfrage Mädchenname: Schmitt",
        "mother's maiden name is Smythe",
        "秘密の質問: ポチ",
    ],
}
HARMLESS = [
    "change the password for everybody in 2021",
    "chown root:wheel /etc/hosts",
    "mailto:eva2@example.org",
    "scp report2024 eva@web1.example.org:",
    "write to eva@example.org before 12:30",
    "the user root has access",
    "sort -u IMG_20240512.jpg",
    "the phrase is worth all of it",
    "the passphrase is stored somewhere safe",
    "nubile means of an age to marry",
    "nginx:1.25@sha256:0f3a",
    "router login page",
    "GET /dl/65535/report",
    "change your password every year",
    "I forgot my password again",
    "the password is wrong",
    "wrong password, try again",
    "password = input('Password: ')",
    "password: ${DB_PASSWORD}",
    "password=os.environ['PW']",
    "token = self._next_token()",
    "secret: never tell",
    "the secret of success: work",
    "tokens per second: 41.7",
    "api_key = get_api_key()",
    "token: null",
    "mot de passe oublié ?",
    "Passwort vergessen? Hier klicken",
    "забыл пароль, помогите",
    "mysql -u root -p shop",
    "PGPASSWORD=$PW psql",
    "zip code 90210",
    "error code 1603",
    "country code +351",
    "code review at 15:00",
    "exit code 137",
    "wifi: yes, pool: no",
    "the wifi never works",
    "pin the note to the board",
    "GPIO pin 17 goes high",
    "room 4711",
    "Tür 3 klemmt",
    "gate 12",
    "my passport expires in May 2027",
    "account manager: Julia",
    "bank account since 1999",
    "order 4471-2290 shipped",
    "call 0800 123 45 67",
    "10.0.0.0/24",
    "2026-12-01 11:20:33",
    "commit " + _HEX[:40],
    "git show " + _HEX[:12],
    "sha256:" + _HEX,
    "vm 1f0c7d0e-52aa-4f26-8f07-2b6a4b8f1f5d stopped",
    "login as guest",
    "user ann_92 joined the channel",
    "best food in Las Vegas near the old river bridge tonight maybe",
    "seed potatoes, 5 kg",
    "the seeds of hard, fibrous, stony fruits",
    "answer: 42",
    "https://example.org/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789/edit",
    "iPhone12Pro",
    "C8H10N4O2",
    "de_DE.ISO8859-15",
    "x = f(a)[0]+b*2",
    "def f(password: str) -> Token:",
    "<password></password>",
]


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, lines in FOUND.items() for line in lines])
def test_secrets_are_found_by_their_kind(kind: SecretKind, line: str) -> None:
    assert secret_kind(line) == kind
    assert looks_secret(f"  {line.strip()}  ")


@pytest.mark.parametrize("name", ["secrets-dev.tsv", "secrets-fresh.tsv", "secrets-later.tsv"])
def test_nearly_all_made_up_secrets_are_found(name: str) -> None:
    rows = [row.split("\t") for row in (DATA / name).read_text(encoding="utf-8").replace("¦", "").splitlines()]
    assert sum(looks_secret(line) for *_, line in rows) >= 0.95 * len(rows)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_sounds_like_a_secret_is_none(line: str) -> None:
    assert secret_kind(line) is None


NAMES = ["password", "Passwort", "mot de passe", "contraseña", "senha", "wachtwoord", "hasło", "пароль", "şifre",
         "密码", "パスワード", "lösenord", "비밀번호", "jelszó", "heslo"]  # fmt: skip


@given(
    name=st.sampled_from(NAMES),
    sign=st.sampled_from([": ", ":", " = ", " : ", "：", " -> ", " – "]),
    value=st.text(string.ascii_lowercase, min_size=6, max_size=9).map(lambda text: text + "77"),
)
def test_a_weak_password_is_one_behind_its_name_and_a_sign_in_every_language(name: str, sign: str, value: str) -> None:
    assert looks_secret(f"{name}{sign}{value}")


@given(letters=st.text(string.ascii_letters + "äöüßçéñłıİøŁŞşй한語", max_size=30))
def test_folding_keeps_every_place(letters: str) -> None:
    assert len(folded(letters)) == len(letters)
    assert folded(letters) == folded(folded(letters))


def test_every_stem_of_the_table_is_folded_and_leads_to_its_rule() -> None:
    for rule in RULES:
        for stem in rule.stems.split():
            letters = stem.strip("|")
            assert len(letters) >= 3 or stem != letters or letters[0] == "@" or not letters.isascii()
            assert folded(letters) == letters
            assert rule in rules_for(letters)
            assert any(found in letters for _, found in stems_in(letters))


def test_check_digits_tell_a_slip() -> None:
    assert passes_luhn("4111 1111 1111 1111")
    assert not passes_luhn("4111 1111 1111 1121")
    assert begins_with_iban("de89 3704 0044 0532 0130 00 and more")
    assert not begins_with_iban("de89 3704 0044 0532 0130 01")
    assert not begins_with_iban("zz89 3704 0044 0532 0130 00")
    assert is_chinese_identity("11010519491231002x")
    assert is_brazilian_identity("52998224725")
    assert not is_brazilian_identity("52998224735")


def test_commands_have_hardly_a_false_alarm() -> None:
    for lines in (odd_commands(2_500, seed=4), list(islice(commands(seed=4), 1_000))):
        assert sum(map(looks_secret, lines)) <= 0.001 * len(lines)


def test_source_code_has_hardly_a_false_alarm() -> None:
    files = [
        Path(sysconfig.get_paths()["stdlib"]) / name for name in ("argparse.py", "ssl.py", "tokenize.py", "getpass.py")
    ]
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert sum(map(looks_secret, lines)) <= 0.003 * len(lines)


@pytest.mark.parametrize(
    "piece",
    ["password ", "密码", "code 1", "mysql -u a ", "wifi: ", "first pet? ", "user a / ", "4 ", "de12 ", "a://b:"],
)
def test_a_line_of_nothing_but_names_costs_no_more_than_its_length(piece: str) -> None:
    """Of names in a row, only so many are judged."""
    looks_secret(piece * 4_000)
