"""Runs a benchmark and reads its JSON line."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest


@pytest.fixture
def result(capsys: pytest.CaptureFixture[str]) -> Callable[[Callable[[Sequence[str]], int], Sequence[str]], Any]:
    def run(main: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> Any:
        assert main(arguments) == 0
        *printed, last = capsys.readouterr().out.splitlines()
        found = json.loads(last)
        assert found.keys() == {"name", "machine", "date", "packages", "settings", "rows"}
        assert {"cpu", "cores", "python"} <= found["machine"].keys()
        assert {"numpy", "jax"} <= found["packages"].keys()
        assert sum(line.startswith("|") for line in printed) == 2 + len(found["rows"])
        return found

    return run
