"""A folder of format 2 opens, suggests what it did, and names its figures as they are named now.

`format-2.tar.xz` holds one as the last version that wrote the format made it: words and characters, each with a tiny
network, lines that were learned and a word that was blocked; and what that version suggested.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from autocomplete import Suggester, bundle
from autocomplete.errors import ModelError
from autocomplete.interface.cli.app import run
from autocomplete.predict.model import Model

ARCHIVE = Path(__file__).parent / "format-2.tar.xz"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


# Where the old version said again what had just been written, and where letters in another case, or mistyped, are read
# otherwise since.
READ_OTHERWISE = ("our lighthouse closes on ", "Quendel and Quen", "th fery", "tee")


@pytest.mark.parametrize(("kind", "folder"), [("words", "model"), ("characters", "model/characters")])
def test_it_suggests_what_the_old_version_did(old: Path, kind: str, folder: str) -> None:
    expected = json.loads((old / "expected.json").read_text(encoding="utf-8"))
    suggester = Suggester.open(old / folder)
    names: set[str] = set()
    spelled = 0
    for answer in expected[kind]:
        if answer["typed"] in READ_OTHERWISE:
            continue
        found = suggester.suggest(answer["typed"], k=5, words=answer["words"], mode=answer.get("mode", "auto"))
        assert [[item.text, item.result] for item in found] == [each[:2] for each in answer["suggestions"]]
        for item, (_, _, probability, _) in zip(found, answer["suggestions"], strict=True):
            assert item.probability == pytest.approx(probability, rel=1e-4, abs=0.005)
            names |= item.experts.keys()
            spelled += not item.experts
    assert spelled > 3
    if kind == "words":
        assert suggester.threshold == expected["threshold"]
        assert names == {"network", "ngram", "cache", "copy", "personal"}
        assert not any(item.text == "Sunday" for item in suggester.suggest("our lighthouse closes on ", k=100))


def keys_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


def test_its_figures_have_the_names_of_now(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("model", "model/characters"):
        before = json.loads((old / folder / bundle.MANIFEST).read_text(encoding="utf-8"))
        manifest = bundle.read_manifest(old / folder)
        assert (before["format"], manifest.format) == (2, bundle.FORMAT_VERSION)
        assert "lstm" in keys_in(before)
        assert "lstm" not in keys_in(dict(manifest.card))
        figures, then = manifest.card["report"]["systems"], before["card"]["report"]["systems"]
        assert figures == {"network" if name == "lstm" else name: each for name, each in then.items()}
        assert manifest.mixture is not None
        assert manifest.mixture["experts"] == ["network", "ngram", "cache"]
        weights = before["mixture"]["weights"]
        assert manifest.mixture["weights"][3][1][0] == weights[1][3][0]
    assert run(["eval", "--model", str(old / "model")]) == 0
    assert "its network alone" in capsys.readouterr().out
    assert run(["compare", str(old / "model"), "--json"]) == 0
    assert "network" in json.loads(capsys.readouterr().out)["models"][0]["perplexity"]


def test_published_again_it_is_of_this_format(old: Path) -> None:
    folder = old / "model"
    before, answers = bundle.read_manifest(folder), Suggester(Model.open(folder)).suggest("tea and ", k=5)
    bundle.publish(folder, before)
    assert json.loads((folder / bundle.MANIFEST).read_text(encoding="utf-8"))["format"] == 3
    assert bundle.read_manifest(folder) == before
    assert Suggester(Model.open(folder)).suggest("tea and ", k=5) == answers


@pytest.mark.parametrize(
    "damage", [{"mixture": {"weights": 3}}, {"mixture": []}, {"card": 3}, {"files": {}}, {"network": 7}]
)
def test_where_it_is_damaged_it_is_refused_by_name(old: Path, damage: dict[str, Any]) -> None:
    path = old / "model" / bundle.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **damage}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"model\.json"):
        Model.open(old / "model")
