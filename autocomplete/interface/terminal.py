"""The terminal that a command was started at, which may close while it works."""

import contextlib
import os
import signal
import stat

# What a terminal that closes tells its processes; there is none on Windows.
HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)


def hears_hangup() -> bool:
    """Whether this process is told of it; not where it was started to outlive its terminal (`nohup`)."""
    return HANGUP is not None and signal.getsignal(HANGUP) is not signal.SIG_IGN


def leave_lost_terminal() -> None:
    """Write nowhere from now on instead of to a terminal that has gone: what is still said must not end the work."""
    for stream in (1, 2):
        with contextlib.suppress(OSError):  # closed before
            if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream)
                os.close(nowhere)
