"""The benchmark of ghost text in zsh, in a tiny form."""

from typing import Any

from benchmarks import ghost
from tests.interface.shells.terminal import needs

pytestmark = needs("zsh")


def test_ghost(result: Any) -> None:
    found = result(ghost.main, ["--keys", "4"])
    ways = [row["way"] for row in found["rows"]]
    assert ways[:2] == ["zsh alone", "ours"]
    assert ways[2:] in ([], ["zsh-autosuggestions", "both"])
    for row in found["rows"]:
        assert 0 < row["median"] <= row["p95"] <= row["p99"]
