"""Laws of the model folder: what is saved is loaded, what is damaged is refused by name."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import platformdirs
import pytest

from autocomplete import bundle
from autocomplete.bundle import Manifest, Thresholds, model_path
from autocomplete.bundle.manifest import UNFITTED
from autocomplete.config import Layout, NetworkSettings
from autocomplete.errors import ModelError, UsageError
from autocomplete.text.vocabulary import Joining, Vocabulary

NETWORK = NetworkSettings(layers=1, embedding_size=4, hidden_size=6)
VOCABULARY = Vocabulary(["<unk>", "<eos>", "egg", "an", ","], [1, 5, 3, 2, 1], Joining(frozenset({4}), frozenset()))


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    shapes = NETWORK.weight_shapes(VOCABULARY.size)
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def publish(folder: Path, seed: int = 0) -> Manifest:
    files = {
        "vocabulary": bundle.write_vocabulary(folder, VOCABULARY),
        "weights": bundle.write_weights(folder, weights(seed)),
    }
    manifest = Manifest(
        level="word", layout="lines", pretokenized=False, network=NETWORK, files=files, card={"note": "é"}
    )
    bundle.publish(folder, manifest)
    return manifest


def test_save_then_load_is_the_identity(tmp_path: Path) -> None:
    manifest = publish(tmp_path / "m")
    assert bundle.read_manifest(tmp_path / "m") == manifest
    assert bundle.read_vocabulary(tmp_path / "m", manifest) == VOCABULARY
    loaded = bundle.read_weights(tmp_path / "m", manifest, vocabulary_size=VOCABULARY.size)
    assert loaded.keys() == weights().keys()
    assert all(np.array_equal(loaded[name], tensor) for name, tensor in weights().items())


@pytest.mark.parametrize("layout", get_args(Layout))
def test_every_layout_is_read_again(tmp_path: Path, layout: Layout) -> None:
    manifest = dataclasses.replace(publish(tmp_path), layout=layout)
    bundle.publish(tmp_path, manifest)
    assert bundle.read_manifest(tmp_path) == manifest


def test_a_layout_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    manifest = tmp_path / "model.json"
    manifest.write_text(manifest.read_text().replace('"lines"', '"verses"'))
    with pytest.raises(ModelError, match="layout"):
        bundle.read_manifest(tmp_path)


def test_publishing_anew_removes_what_is_no_longer_named(tmp_path: Path) -> None:
    publish(tmp_path, seed=0)
    (tmp_path / "notes.txt").write_text("mine")
    newer = publish(tmp_path, seed=1)
    names = {entry.name for entry in newer.files.values()} | {"model.json", "notes.txt"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_a_crash_before_the_manifest_leaves_the_old_model_whole(tmp_path: Path) -> None:
    before = publish(tmp_path, seed=0)
    bundle.write_weights(tmp_path, weights(1))  # … and the machine dies here
    assert bundle.read_manifest(tmp_path) == before
    loaded = bundle.read_weights(tmp_path, before, vocabulary_size=VOCABULARY.size)
    assert np.array_equal(loaded["output/embedding"], weights(0)["output/embedding"])


@pytest.mark.parametrize("role", ["vocabulary", "weights"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, role: str, damage: str) -> None:
    manifest = publish(tmp_path)
    path = tmp_path / manifest.files[role].name
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[:-1])
    else:
        path.unlink()

    def load() -> None:
        bundle.read_vocabulary(tmp_path, manifest)
        bundle.read_weights(tmp_path, manifest, vocabulary_size=VOCABULARY.size)

    with pytest.raises(ModelError, match=path.name):
        load()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "[" * 100_000, '{"format": 1}', '{"format": 1, "files": {"weights": 3}, "network": null}'],
)
def test_a_foreign_manifest_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ModelError, match=r"model\.json"):
        bundle.read_manifest(tmp_path)


def changed(folder: Path, **fields: object) -> None:
    """Publish a model whose manifest has other fields."""
    publish(folder)
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_newer_format_is_refused_with_its_number(tmp_path: Path) -> None:
    changed(tmp_path, format=99)
    with pytest.raises(ModelError, match=r"newer format: it has format 99") as refused:
        bundle.read_manifest(tmp_path)
    assert refused.value.cure == "Update autocomplete."


@pytest.mark.parametrize("version", [1, 0, -3])
def test_a_format_before_the_oldest_is_refused_with_its_number(tmp_path: Path, version: int) -> None:
    changed(tmp_path, format=version)
    with pytest.raises(ModelError, match=f"format {version}, and this program reads format 2 and later"):
        bundle.read_manifest(tmp_path)


@pytest.mark.parametrize(("network", "what"), [({"cell": "mamba"}, "the cell 'mamba'"), ({"heads": 4}, "its 'heads'")])
def test_a_network_of_a_later_version_is_of_a_newer_format(
    tmp_path: Path, network: dict[str, object], what: str
) -> None:
    changed(tmp_path, network={**dataclasses.asdict(NETWORK), **network})
    with pytest.raises(ModelError, match=f"newer format.*{what}"):
        bundle.read_manifest(tmp_path)


def test_what_a_later_version_may_add_is_left_out(tmp_path: Path) -> None:
    manifest = publish(tmp_path)
    files = {role: {**dataclasses.asdict(entry), "compressed": False} for role, entry in manifest.files.items()}
    changed(tmp_path, files=files, language="nds", base={"name": "general"})
    assert bundle.read_manifest(tmp_path) == manifest


def test_a_manifest_that_names_no_cell_is_of_an_lstm(tmp_path: Path) -> None:
    manifest = publish(tmp_path)
    path = tmp_path / "model.json"
    fields = json.loads(path.read_text())
    fields["network"] = {name: fields["network"][name] for name in ("layers", "embedding_size", "hidden_size")}
    path.write_text(json.dumps(fields))
    assert bundle.read_manifest(tmp_path) == manifest
    assert manifest.network == NETWORK
    assert NETWORK.cell == "lstm"


@pytest.mark.parametrize(
    "network", [{"cell": "gru", "window": 3}, {"cell": ["lstm"]}, {"window": "3"}, {"cell": "lstm", "layers": 0}]
)
def test_a_manifest_of_an_impossible_network_is_refused_by_name(tmp_path: Path, network: dict[str, object]) -> None:
    publish(tmp_path)
    path = tmp_path / "model.json"
    fields = json.loads(path.read_text())
    fields["network"] |= network
    path.write_text(json.dumps(fields))
    with pytest.raises(ModelError, match=r"model\.json: the manifest is damaged"):
        bundle.read_manifest(tmp_path)


def test_weights_of_another_cell_are_refused(tmp_path: Path) -> None:
    manifest = publish(tmp_path)
    gru = dataclasses.replace(manifest, network=dataclasses.replace(NETWORK, cell="gru"))
    with pytest.raises(ModelError, match=r"layers/0/bias.*\(24,\).*needs \(18,\)"):
        bundle.read_weights(tmp_path, gru, vocabulary_size=VOCABULARY.size)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    manifest = publish(tmp_path)
    with pytest.raises(ModelError, match="output/bias"):
        bundle.read_weights(tmp_path, manifest, vocabulary_size=VOCABULARY.size + 1)


def test_a_near_name_is_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path))
    publish(tmp_path / "recipes")
    assert bundle.model_names() == ["recipes"]
    assert bundle.existing_model("recipes") == tmp_path / "recipes"
    with pytest.raises(ModelError, match="Did you mean 'recipes'"):
        bundle.existing_model("recipe")


@pytest.mark.parametrize("beside", ["nothing", "folder", "model", "unreadable"])
def test_a_name_means_the_data_directory_whatever_lies_beside(
    beside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "recipes"
    if beside == "model":
        publish(folder)
    elif beside != "nothing":
        folder.mkdir()
        (folder / "soup.txt").write_text("water")
    if beside == "unreadable":
        monkeypatch.setattr("autocomplete.bundle.folder.is_ours", denied)
    assert bundle.model_path("recipes") == tmp_path / "home" / "recipes"
    with pytest.raises(ModelError, match="There is no model 'recipes'") as caught:
        bundle.existing_model("recipes")
    assert ("Did you mean './recipes'?" in str(caught.value)) == (beside == "model")


def denied(_: Path) -> bool:
    raise PermissionError(13, "Permission denied")


def test_a_path_has_a_separator_or_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOCOMPLETE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for path in ("./recipes", "recipes/", str(tmp_path / "recipes"), Path("recipes")):
        assert bundle.model_path(path).absolute() == tmp_path / "recipes"
    assert bundle.model_path(".").absolute() == tmp_path
    publish(tmp_path / "recipes")
    assert bundle.existing_model(Path("recipes")) == Path("recipes")
    publish(tmp_path / "home" / "recipes")
    assert bundle.existing_model("recipes") == tmp_path / "home" / "recipes"


def test_removing_a_model_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    publish(folder)
    (folder / "notes.txt").write_text("mine")
    bundle.remove_model(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    publish(tmp_path / "n")
    bundle.remove_model(tmp_path / "n")
    assert not (tmp_path / "n").exists()
    with pytest.raises(ModelError, match="not a model folder"):
        bundle.remove_model(folder)


def test_a_manifest_that_is_a_list_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="it holds no object"):
        Manifest.from_json("[]", source=tmp_path / "model.json")


def test_an_empty_name_names_no_model() -> None:
    with pytest.raises(UsageError, match="An empty name"):
        model_path("")


def test_what_cut_words_is_kept_and_an_older_model_names_nothing(tmp_path: Path) -> None:
    cut = dataclasses.replace(publish(tmp_path), segmenter="ICU 78.3 (icu4py)")
    bundle.publish(tmp_path, cut)
    assert bundle.read_manifest(tmp_path) == cut
    fields = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    for value, message in (({}, "damaged"), (3, "damaged"), ("ICU \x1b[31m", "damaged")):
        (tmp_path / "model.json").write_text(json.dumps({**fields, "segmenter": value}), encoding="utf-8")
        with pytest.raises(ModelError, match=message):
            bundle.read_manifest(tmp_path)
    del fields["segmenter"]
    (tmp_path / "model.json").write_text(json.dumps(fields), encoding="utf-8")
    assert bundle.read_manifest(tmp_path).segmenter is None


def test_thresholds_are_kept_apart_and_old_manifests_fall_back(tmp_path: Path) -> None:
    made = Manifest(level="word", layout="lines", pretokenized=False, network=None, files={})
    assert made.shown_from == UNFITTED
    found = Thresholds(next=0.3, complete=0.2, phrase=0.6)
    assert Manifest.from_json(made.with_thresholds(found).to_json(), source=tmp_path).shown_from == found
    assert made.with_thresholds(found).with_thresholds(None) == made
    old = json.loads(made.with_thresholds(found).to_json())
    del old["thresholds"]
    assert Manifest.from_json(json.dumps(old), source=tmp_path).shown_from == Thresholds(0.3, UNFITTED.complete, 0.3)


@pytest.mark.parametrize(
    "thresholds", [3, [], {"complete": 0.5}, {"complete": "x", "phrase": 0.5}, {"complete": 2.0, "phrase": 0.5}]
)
def test_thresholds_that_are_none_are_refused(thresholds: object, tmp_path: Path) -> None:
    made = Manifest(level="word", layout="lines", pretokenized=False, network=None, files={})
    with pytest.raises(ModelError, match="damaged"):
        Manifest.from_json(json.dumps({**json.loads(made.to_json()), "thresholds": thresholds}), source=tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is asked")
@pytest.mark.parametrize("data", [None, "/srv/data", "relative", " "])
def test_models_lie_where_platformdirs_has_the_data_of_a_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AUTOCOMPLETE_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if data is not None:
        monkeypatch.setenv("XDG_DATA_HOME", data)
    assert bundle.models_root() == platformdirs.user_data_path("autocomplete")
