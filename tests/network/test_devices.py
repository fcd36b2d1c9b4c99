"""Laws of several devices: they compute what one does, and share its rows equally."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from autocomplete.config import TrainingSettings
from autocomplete.errors import UsageError
from autocomplete.network.devices import ALONE, Devices


@pytest.fixture(scope="module")
def computed() -> list[dict[str, Any]]:
    """By one device and by two, each reading its rows in two parts."""
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
    two = os.environ | {"XLA_FLAGS": flags}
    command = [sys.executable, "-m", "tests.network.sharing"]
    found = subprocess.run(command, env=two, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_two_devices_compute_what_one_does_dropout_and_penalties_included(computed: list[dict[str, Any]]) -> None:
    one, two = computed
    assert (one["devices"], two["devices"]) == (1, 2)
    for name in ("losses", "norms", "held_out"):
        assert two[name] == pytest.approx(one[name], rel=2e-5), name


def test_the_step_of_several_devices_compiles_once(computed: list[dict[str, Any]]) -> None:
    assert [each["compiled"] for each in computed] == [1, 1]


def test_rows_that_devices_cannot_share_equally_are_refused() -> None:
    class Three(Devices):
        @property
        def count(self) -> int:
            return 3

    Three().require_divided(TrainingSettings(batch_size=12, accumulate=2))
    for settings in (TrainingSettings(batch_size=32), TrainingSettings(batch_size=9, accumulate=2)):
        with pytest.raises(UsageError, match="batch_size"):
            Three().require_divided(settings)
    ALONE.require_divided(TrainingSettings(batch_size=31))
