"""`autocomplete diagnose`: the table says what the document holds, and bad input is refused before any training."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from autocomplete.interface.cli import diagnose
from autocomplete.interface.cli.app import run
from autocomplete.interface.report import diagnosis_lines

SMALL = ["--steps", "6", "--span", "4", "--hidden-size", "8", "--embedding-size", "6", "--batch-size", "4"]


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures") / "diagnosis.png"


@pytest.fixture(scope="module")
def document(small_corpus: Path, picture: Path) -> dict[str, Any]:
    """What `--json` prints for three cells, which also draws a picture."""
    import contextlib
    import io

    out = io.StringIO()
    cells = ["--cells", "lstm, rnn:relu,feedforward:3,feedforward:3"]
    with contextlib.redirect_stdout(out):
        assert run(["diagnose", str(small_corpus), *SMALL, *cells, "--json", "--plot", str(picture)]) == 0
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def rows_of(lines: list[str], head: str) -> dict[str, list[str]]:
    """The rows of the table whose first heading begins so: their cells by their name."""
    start = next(place for place, line in enumerate(lines) if line.startswith(head))
    table = lines[start + 1 : lines.index("", start)]
    cells = [re.split(r" {2,}", line) for line in table]
    return {name: rest for name, *rest in cells}


def test_the_document_holds_every_cell_once(document: dict[str, Any]) -> None:
    assert document["schema"] == 2
    titles = [cell["title"] for cell in document["cells"]]
    assert titles == ["LSTM", "relu RNN", "feed-forward network over 3 tokens"]
    for cell in document["cells"]:
        assert len(cell["gradient_norms"]) == len(cell["clipped_norms"]) == len(cell["loss_nats"]) == 6
        assert (cell["network"]["hidden_size"], cell["network"]["embedding_size"]) == (8, 6)
        assert cell["training"]["clip_norm"] == 1.0
        for before, after in zip(cell["gradient_norms"], cell["clipped_norms"], strict=True):
            assert after == pytest.approx(min(before, 1.0), rel=1e-6)


def test_the_table_is_the_document(document: dict[str, Any]) -> None:
    lines = diagnosis_lines(document)
    for moment, head in (
        ("untrained", "gradient of a token's loss, untrained"),
        ("trained", "gradient of a token's loss, after 6"),
    ):
        rows = rows_of(lines, head)
        for cell in document["cells"]:
            for part, norms in cell[moment]["gradients"].items():
                reach = cell[moment]["reach"][part]
                # 1, 2 and, the last, 4 tokens back have columns.
                assert rows.pop(f"{cell['title']}, {part}") == [*(f"{norms[k - 1]:.1e}" for k in (1, 2, 4)), f"{reach}"]
        assert rows == {}
    training, gates = rows_of(lines, "training"), rows_of(lines, "mean of a gate")
    for cell in document["cells"]:
        perplexities = [f"{cell[moment]['perplexity']:,.1f}" for moment in ("untrained", "trained")]
        norms = [f"{norm:.2g}" for norm in (sorted(cell["gradient_norms"])[3], max(cell["gradient_norms"]))]
        after = [f"{max(cell['clipped_norms']):.2g}", f"{100 * cell['clipped_share']:.1f} %"]
        assert training.pop(cell["title"]) == [*perplexities, *norms, *after]
        for gate, mean in cell["untrained"]["gates"].items():
            assert gates.pop(f"{cell['title']}, {gate}") == [f"{mean:.3f}", f"{cell['trained']['gates'][gate]:.3f}"]
    assert training == gates == {}


def test_curves_stand_below_the_tables(document: dict[str, Any]) -> None:
    lines = diagnosis_lines(document)
    assert sum("│" in line for line in lines) == 3 * 12
    assert sum("● LSTM, cell   ○ LSTM, hidden" in line for line in lines) == 2


def test_a_loss_that_was_no_number_is_said_and_leaves_dashes(document: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(document))
    cell = broken["cells"][0]
    cell["diverged_step"], cell["gradient_norms"], cell["clipped_norms"] = 1, [None] * 6, [None] * 6
    cell["trained"] = {**cell["trained"], "perplexity": None, "reach": dict.fromkeys(cell["trained"]["reach"])}
    lines = diagnosis_lines(broken)
    assert "LSTM: the loss is no number from step 1 on" in lines
    training = next(line for line in lines if line.startswith("LSTM  "))
    assert re.split(r" {2,}", training)[2:6] == ["-"] * 4


def test_many_cells_share_out_over_several_charts(document: dict[str, Any]) -> None:
    many = {**document, "cells": [{**document["cells"][0], "title": f"network {place}"} for place in range(9)]}
    shown = "\n".join(diagnosis_lines(many))
    assert shown.count("norm of the gradient before clipping, by step") == 2
    assert all(f"network {place}" in shown for place in range(9))


def test_the_picture_is_a_png(document: dict[str, Any], picture: Path) -> None:
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_table_comes_without_a_picture(small_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", str(small_corpus), *SMALL, "--cells", "gru"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("gradient of a token's loss, untrained")
    assert "GRU, update" in out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "There is no text"),
        (["missing.txt"], 2, "missing.txt"),
        (["CORPUS", "--cells", "lstn"], 2, "Did you mean 'lstm'?"),
        (["CORPUS", "--cells", "lstm:relu"], 2, "--cells 'lstm:relu'"),
        (["CORPUS", "--cells", ""], 2, "--cells ''"),
        (["CORPUS", "--cells", "feedforward:1"], 2, "less than two tokens"),
        (["CORPUS", "--clip-norm", "0"], 2, "clip_norm 0.0"),
        (["CORPUS", "--span", "100000"], 4, "smaller '--span'"),
        (["CORPUS", "--plot", "a.jpg"], 2, "does not end in '.png'"),
        (["CORPUS", "--steps", "0"], 2, "--steps"),
    ],
)
def test_bad_input_is_refused(
    small_corpus: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    given = [str(small_corpus) if argument == "CORPUS" else argument for argument in arguments]
    assert run(["diagnose", *given]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_without_matplotlib_nothing_is_measured_for_a_picture(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(diagnose, "_ingested", lambda *_: pytest.fail("the corpus was read"))
    assert run(["diagnose", str(small_corpus), *SMALL, "--plot", str(tmp_path / "a.png")]) == 1
    err = capsys.readouterr().err
    assert err.splitlines() == [
        "error: Pictures are drawn by matplotlib, which is not installed.",
        'pip install "autocomplete-lm[plot]"',
    ]
