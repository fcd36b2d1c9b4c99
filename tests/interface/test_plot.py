"""Pictures: PNG files, refused before anything is measured where they could not be drawn."""

import sys
from pathlib import Path
from typing import Any

import pytest

from autocomplete import bundle
from autocomplete.errors import AutocompleteError, ModelError, UsageError
from autocomplete.interface import plot
from autocomplete.interface.cli.app import run

LOG: list[dict[str, Any]] = [
    {"event": "step", "epoch": 0.5, "loss_nats": 5.0},
    {"event": "validation", "epoch": 1.0, "nats": 4.5},
    {"event": "replanned", "total_steps": 30},
    {"event": "step", "epoch": 1.5, "loss_nats": None},
    {"event": "validation", "epoch": 2.0, "nats": 4.0},
    {"event": "finished", "reason": "complete"},
]


def size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG file, from its header."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def test_a_learning_curve_is_a_picture_of_its_own(tmp_path: Path) -> None:
    plot.draw_learning_curve(LOG, tmp_path / "one.png", title="LSTM")
    assert min(size(tmp_path / "one.png")) > 300
    plot.draw_learning_curve([*LOG, {"event": "validation", "epoch": 3.0, "nats": 3.0}], tmp_path / "two.png", title="")
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "two.png").read_bytes()


def test_a_picture_is_a_png_in_a_folder_that_exists(tmp_path: Path) -> None:
    assert plot.require(str(tmp_path / "a.PNG")) == tmp_path / "a.PNG"
    for wrong in ("a.jpg", "a", "missing/a.png"):
        with pytest.raises(UsageError):
            plot.require(str(tmp_path / wrong))
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UsageError, match="cannot be a file"):
        plot.require(str(tmp_path / "folder.png"))


def test_without_matplotlib_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(AutocompleteError, match="not installed") as caught:
        plot.require(str(tmp_path / "a.png"))
    assert caught.value.cure == 'pip install "autocomplete-lm[plot]"'


def test_info_draws_how_the_model_learned(
    trained_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", "--model", trained_model]) == 0
    plain = capsys.readouterr().out
    picture = tmp_path / "curve.png"
    assert run(["info", "--model", trained_model, "--plot", str(picture)]) == 0
    out, err = capsys.readouterr()
    assert out == plain
    assert str(picture) in err
    assert min(size(picture)) > 300


def test_info_has_nothing_to_draw_of_a_model_without_a_network(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(small_corpus), "--model", str(tmp_path / "m"), "--no-network"]) == 0
    assert run(["info", "--model", str(tmp_path / "m"), "--plot", str(tmp_path / "a.png")]) == 2
    assert "no network was trained" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_a_log_holds_what_training_reported(trained_model: str) -> None:
    folder = Path(trained_model)
    assert {record["event"] for record in bundle.read_log(folder)} >= {"validation", "finished"}


@pytest.mark.parametrize("content", [b"{", b"[1]\n", b'{"step": 1}\n', b"\xff\n"])
def test_a_log_that_is_none_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / bundle.LOG).write_bytes(content)
    with pytest.raises(ModelError, match=bundle.LOG):
        bundle.read_log(tmp_path)
    (tmp_path / bundle.LOG).unlink()
    assert bundle.read_log(tmp_path) == []
