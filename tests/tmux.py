"""A real terminal: tmux presses the keys and shows the screen."""

import subprocess
import time
from collections.abc import Callable, Mapping


class Tmux:
    """A terminal of 20 rows.

    Args:
        environment: Of what runs in it; `TMUX_TMPDIR` says where tmux has its socket.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {name: value for name, value in environment.items() if name not in ("NO_COLOR", "TMUX")}

    def tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", "test", "-f", "/dev/null", *arguments],
            env=self._environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def open(self, command: str, *, columns: int = 80) -> None:
        """Run a command of the shell."""
        self.tmux("new-session", "-d", "-x", str(columns), "-y", "20", command)
        # Escape and the key after it must not be taken for Alt.
        self.tmux("set-option", "-s", "escape-time", "0")

    def close(self) -> None:
        command = ["tmux", "-L", "test", "kill-server"]
        subprocess.run(command, env=self._environment, capture_output=True, check=False)

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tmux("send-keys", key)
            time.sleep(0.1)

    def screen(self, *, styled: bool = False) -> str:
        return self.tmux("capture-pane", "-p", *(["-e"] if styled else []))

    def until(self, condition: str | Callable[[str], bool], *, styled: bool = False) -> str:
        """Wait until the screen shows a text or fulfils a condition, and return it."""
        deadline = time.monotonic() + 30
        while True:
            shown = self.screen(styled=styled)
            if condition in shown if isinstance(condition, str) else condition(shown):
                return shown
            assert time.monotonic() < deadline, f"{condition!r} in vain:\n{shown.rstrip()}"
            time.sleep(0.05)
