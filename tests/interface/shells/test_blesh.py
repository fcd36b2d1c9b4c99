"""What ble.sh is told, with its functions as ble.sh 0.4 has them; ble.sh itself was tried by hand."""

import subprocess
from pathlib import Path

import pytest

from autocomplete.interface.shells import Wishes, init_text
from tests.interface.shells.server import Server

BLE = r"""
BLE_VERSION=0.4.0 _ble_complete_auto_source=(history syntax)
blehook/eval-after-load() { "$2"; }
ble/complete/auto-complete/enter() { printf 'enter'; printf ' [%s]' "$@"; echo; }
"""
ASK = r"""
echo "${_ble_complete_auto_source[@]}"
_ble_edit_str='TEXT' _ble_edit_ind=PLACE
ble/complete/auto-complete/source:autocomplete || echo nothing
"""


def told(folder: Path, text: str, place: int) -> list[str]:
    ours = init_text("bash", Wishes(keys=False), folder / "s").replace("[[ $- == *i*", "[[ 1")
    ask = ASK.replace("TEXT", text).replace("PLACE", str(place))
    script = folder / "script"
    script.write_text(BLE + ours + ours + ask, encoding="utf-8")  # twice: as where a file is read again
    done = subprocess.run(["bash", "--norc", str(script)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("best food in la", "enter [r] [13] [ → Las] [Las] [Las]"),
        ("best food in Las", "enter [c] [16] [ Vegas tonight] [ Vegas tonight] [ Vegas tonight]"),
        (" best food in la", "nothing"),
        ("unknown", "nothing"),
    ],
)
def test_ble_shows_what_follows_and_what_mends(folder: Path, server: Server, text: str, expected: str) -> None:
    assert told(folder, text, len(text)) == ["history autocomplete syntax", expected]


def test_nothing_is_shown_within_a_line(folder: Path, server: Server) -> None:
    assert told(folder, "best food in la", 4)[1] == "nothing"
    assert server.heard == []
