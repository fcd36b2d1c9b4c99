"""Units by which systemd or launchd start the engine, as text to be copied."""

import shlex
from collections.abc import Sequence

from autocomplete.engine.address import Address

_LABEL = "autocomplete"


def systemd_units(address: Address, command: Sequence[str], environment: Sequence[tuple[str, str]] = ()) -> str:
    """Return a socket and a service: the first client that connects starts the engine, and it may end when idle.

    Args:
        address: Where clients look for it.
        command: The program and its arguments, without `serve`.
        environment: What the engine must know of this process's environment.
    """
    settings = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environment)
    return f"""\
# ~/.config/systemd/user/{_LABEL}.socket
[Unit]
Description=autocomplete: the engine's socket

[Socket]
ListenStream={_specifiers(str(address.socket))}
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target

# ~/.config/systemd/user/{_LABEL}.service
[Unit]
Description=autocomplete: the engine

[Service]
{settings}ExecStart={" ".join(_quoted(word).replace("$", "$$") for word in [*command, "serve"])}
"""


def launchd_agent(command: Sequence[str], environment: Sequence[tuple[str, str]] = ()) -> str:
    """Return an agent that starts the engine at login; it must not end when idle, for nobody would start it again."""
    from html import escape

    words = "".join(
        f"    <string>{escape(word, quote=False)}</string>\n" for word in [*command, "serve", "--idle", "0"]
    )
    values = "".join(
        f"    <key>{escape(name, quote=False)}</key>\n    <string>{escape(value, quote=False)}</string>\n"
        for name, value in environment
    )
    variables = f"  <key>EnvironmentVariables</key>\n  <dict>\n{values}  </dict>\n" if values else ""
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ~/Library/LaunchAgents/{_LABEL}.plist -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
{words}  </array>
{variables}  <key>RunAtLoad</key>
  <true/>
</dict>
</plist>
"""


def _quoted(word: str) -> str:
    """A word as systemd reads one: `%` begins a specifier, and quotes hold blanks (systemd.syntax(7))."""
    word = _specifiers(word)
    if shlex.quote(word) == word:
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")
