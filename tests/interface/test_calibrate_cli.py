"""`autocomplete calibrate` says when the model will speak."""

import json
import shutil
from pathlib import Path

import pytest

from autocomplete import bundle
from autocomplete.interface.cli.app import run
from tests.corpus.stores import text_file

TEXT = "how to boil an egg please\nweather in Paris now\nbest food in Las Vegas for two\n" * 20


def test_it_tells_how_often_the_model_will_speak(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, text = shutil.copytree(trained_model, tmp_path / "model"), text_file(tmp_path / "text.txt", TEXT)
    assert run(["calibrate", str(folder), str(text)]) == 0
    said = capsys.readouterr().out
    assert "it will suggest unasked before" in said
    found = bundle.read_manifest(Path(folder)).shown_from
    assert f"next words from a confidence of {100 * found.next:.0f} % on" in said
    assert run(["calibrate", str(folder), str(text), "--json", "--shown-right", "0.9"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["thresholds"] == bundle.read_manifest(Path(folder)).shown_from._asdict()
    assert document["next"].keys() == {"places", "shown", "right"}


def test_text_of_its_own_training_is_refused(
    trained_model: str, small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(trained_model, tmp_path / "model")
    assert run(["calibrate", str(folder), str(small_corpus)]) == 2
    assert "flatter" in capsys.readouterr().err
    assert run(["calibrate", str(folder)]) == 2
    assert "Name text that the model has not seen" in capsys.readouterr().err
