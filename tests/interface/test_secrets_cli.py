"""Secrets in the training text do not come back."""

import json
import random
import re
from pathlib import Path

import pytest

from autocomplete.bundle import read_manifest
from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester
from tests.interface.runs import unfolded

WORDS = [
    "the", "river", "runs", "past", "old", "stones", "while", "quiet", "birds", "wait", "under", "green", "leaves",
]  # fmt: skip


def planted(draw: random.Random) -> list[tuple[str, str]]:
    """What begins lines that hold a secret, and what of each is secret: thirty, of several kinds."""
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

    def key(length: int) -> str:
        return "".join(draw.choices(letters, k=length - 2)) + "7x"

    found = []
    for number in range(5):
        card = "".join(draw.choices("0123456789", k=14))
        doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed("4" + card))]
        check = -sum(value - 9 * (value > 9) for value in doubled) % 10
        found += [
            (f"export GITHUB{number}_TOKEN=", f"ghp_{key(36)}"),
            ("mysql -u root -p", key(12)),
            (f"password: of site {number} ", key(9)),
            (f"my card number {number} is ", f"4{card}{check}"),
            (f"AWS{number} AKIA key is ", f"AKIA{key(16).upper()}"),
            (f"curl -u bob{number}:", f"{key(10)} https://x.org/"),
        ]
    return found


def test_planted_secrets_are_left_out_told_and_never_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(11)
    secrets = planted(draw)
    lines = [" ".join(draw.choices(WORDS, k=8)) for _ in range(600)]
    for beginning, secret in secrets * 2:
        lines.insert(draw.randrange(len(lines)), beginning + secret)
    corpus, model = tmp_path / "notes.txt", str(tmp_path / "m")
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run(["train", str(corpus), "--no-network", "--model", model]) == 0
    told = unfolded(capsys.readouterr().err)
    assert re.search(r"left out 60 lines that look like secrets \((\d+ [a-z ]+s?(, |(?=\)))){3,6}\); '--keep-", told), (
        told
    )
    assert sum(read_manifest(Path(model)).card["corpus"]["secret_lines"].values()) == 60
    stored = "".join(path.read_bytes().decode("latin-1") for path in Path(model).rglob("*") if path.is_file())
    suggester = Suggester.open(model)
    for beginning, secret in secrets:
        assert secret not in stored
        for typed in (beginning, beginning + secret[:4]):
            assert not any(secret in item.result for item in suggester.suggest(typed, k=20, words=3))


def test_secrets_are_kept_where_that_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, model = tmp_path / "notes.txt", tmp_path / "m"
    corpus.write_text("the password: hunter\nmy own words are here\n" * 60, encoding="utf-8")
    assert run(["train", str(corpus), "--no-network", "--keep-secrets", "--model", str(model)]) == 0
    assert "left out" not in capsys.readouterr().err
    assert Suggester.open(model).suggest("the password: ", k=1)[0].text == "hunter"
    capsys.readouterr()
    assert run(["info", "--json", "--model", str(model)]) == 0
    assert json.loads(capsys.readouterr().out)["card"]["corpus"]["secret_lines"] == {}
    assert run(["train", str(corpus), "--dry-run"]) == 0
    assert "left out 60 lines that look like secrets (60 passwords);" in capsys.readouterr().err
    corpus.write_text("card 4111 1111 1111 1111\n" + "my own words are here\n" * 60, encoding="utf-8")
    assert run(["train", str(corpus), "--dry-run"]) == 0
    assert "left out 1 line that looks like a secret (1 card number); '--keep-secrets' keeps it" in unfolded(
        capsys.readouterr().err
    )
