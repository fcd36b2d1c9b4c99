"""`autocomplete serve`: the resident engine, which answers shells, editors and programs on this machine."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocomplete.config import EngineSettings
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.configuration import config_path, engine_settings
from autocomplete.interface.terminal import say, say_document
from autocomplete.places import models_root

if TYPE_CHECKING:
    from autocomplete.engine.http.face import Face, Place
    from autocomplete.engine.listening import Listener

# How long a model's thread may work on while the one that reads and writes has something to do. With Python's own 5 ms,
# eight clients that type at once wait twice as long (benchmarks/engine.py).
_SWITCH_SECONDS = 0.0005
# That another engine may take to end once it answers no more.
_ENDING_SECONDS = 5.0
_ABOUT_MODELS = "AUTOCOMPLETE_HOME"


def serve(
    background: Annotated[
        bool, typer.Option("--background", help="Return once it answers, and leave it running.")
    ] = False,
    idle: Annotated[
        float | None, typer.Option(metavar="MINUTES", min=0, help="End after so long without a question; 0 for never.")
    ] = None,
    memory: Annotated[
        float | None, typer.Option(metavar="MB", min=0, help="Keep models open that take no more together.")
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Answer over HTTP as well, for programs and plug-ins.")] = False,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where, with '--http'; this machine only unless given.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="At which port, with '--http'; 0 for any, 8012 unless given.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A token of your own, with '--http', in a file only you can read."),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Show what the engine that runs does.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the engine that runs.")] = False,
    units: Annotated[
        bool, typer.Option("--units", help="Print units by which systemd, or launchd, starts it.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Answer shells, editors and programs on this machine, over a socket that only you can reach."""
    if background + status + stop + units > 1:
        raise UsageError("'--background', '--status', '--stop' and '--units' are four things.", "Give one of them.")
    if as_json and not status:
        raise UsageError("'--json' is of '--status'.", "Give both.")
    if not http and (host, port, token_file) != (None, None, None):
        raise UsageError("'--host', '--port' and '--token-file' are of '--http'.", "Give that, too.")
    if status:
        _show_status(as_json=as_json)
    elif stop:
        _stop()
    elif units:
        _print_units()
    else:
        found = engine_settings(config_path())
        # Whoever asks over HTTP cannot start it.
        minutes = (0.0 if http else found.idle_minutes) if idle is None else idle
        megabytes = found.memory_megabytes if memory is None else memory
        place = _place(host, port, token_file) if http else None
        _serve(replace(found, idle_minutes=minutes, memory_megabytes=megabytes), background, place)


def _place(host: str | None, port: int | None, token_file: Path | None) -> "Place":
    """Where HTTP is to be answered."""
    from autocomplete.engine.http.face import USUAL_PORT, Place, require_packages

    require_packages()
    given = {} if host is None else {"host": host}
    return Place(**given, port=USUAL_PORT if port is None else port, token_file=token_file)


def _serve(settings: EngineSettings, background: bool, place: "Place | None" = None) -> None:
    if not settings.enabled:
        raise UsageError("The engine is switched off by your configuration.", "Set 'enabled = true' under [engine].")
    from autocomplete.engine.address import engine_address
    from autocomplete.engine.background import close_inherited, detach

    if background:
        close_inherited()
    if os.environ.get(_ABOUT_MODELS):  # the engine works in another folder
        os.environ[_ABOUT_MODELS] = _models()
    address = engine_address(make=True)
    from autocomplete.engine.listening import BusyError, Listener, stop_older

    try:
        listener = Listener.handed_over() or Listener.open(address, seconds=_ENDING_SECONDS)
    except BusyError:
        if place is not None:
            _have_answered(place)
        elif not background:
            raise
        return
    try:
        face = _face(place)
    except Exception:
        listener.close()
        raise
    from autocomplete.engine.log import EngineLog
    from autocomplete.engine.pause import Pause

    os.umask(0o077)
    sys.setswitchinterval(_SWITCH_SECONDS)
    stop_older(address)
    ready = detach() if background else _told(str(address.socket))
    log = EngineLog(address.log)
    try:
        _answer(listener, settings, Pause(address.paused), log, ready, face)
    except Exception as error:
        log.fault(error)
        raise
    if background:  # this process is a copy, and what the command line would still do is the other's
        os._exit(0)


def _face(place: "Place | None") -> "Face":
    """What answers over HTTP: at a place from the start, or where somebody wants it later."""
    from autocomplete.engine.http.face import Face, Listening

    if place is None:
        return Face()
    face = Face(Listening(place))
    say(*_authorisation(face.address, place), on_error=True)
    return face


def _authorisation(address: str, place: "Place") -> list[str]:
    from autocomplete.engine.http.tokens import token_path

    return [
        f"answers over HTTP at http://{address}",
        f"programs authorise by 'Bearer' and the token in {place.token_file or token_path()}",
    ]


def _have_answered(place: "Place") -> None:
    """Have the engine that runs answer over HTTP; it has the plug-ins' token, and no other."""
    from autocomplete.engine.client import find_engine
    from autocomplete.engine.listening import BusyError

    client = find_engine()
    if client is None or place.token_file is not None or not place.is_local:
        raise BusyError
    with client:
        url = str(client.request("http", host=place.host, port=place.port, stay=True)["url"])
    say(*_authorisation(url.removeprefix("http://").partition("/")[0], place), on_error=True)


def _answer(
    listener: "Listener",
    settings: EngineSettings,
    pause: Any,
    log: Any,
    ready: Callable[[], None],
    face: "Face",
) -> None:
    from autocomplete.engine.server import serve as answer

    answer(listener, settings, pause=pause, log=log, ready=ready, open_http=face.open, begin=face.begin)


def _models() -> str:
    """The folder of models, from the root."""
    return os.path.abspath(models_root())  # noqa: PTH100 - links stay


def _told(path: str) -> Callable[[], None]:
    return lambda: say(f"answers at {path}; Ctrl-C ends it", on_error=True)


def _show_status(*, as_json: bool) -> None:
    from autocomplete.engine.client import find_engine

    client = find_engine()
    status: dict[str, Any] = {}
    if client is not None:
        with client:
            status = client.status()
    if as_json:
        say_document({"running": client is not None, **status})
    elif client is None:
        say("no engine runs", on_error=True)
    for name, value in () if as_json else status.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else "-" if value is None else str(value)
        say(f"{name.replace('_', ' '):<20} {shown}")


def _stop() -> None:
    from autocomplete.engine.client import find_engine

    client = find_engine()
    if client is None:
        say("no engine runs", on_error=True)
        return
    with client:
        client.stop()
    say("stopped", on_error=True)


def _print_units() -> None:
    from autocomplete.engine.address import engine_address
    from autocomplete.engine.units import launchd_agent, systemd_units

    environment = [(_ABOUT_MODELS, _models())] if os.environ.get(_ABOUT_MODELS) else []
    command = [sys.executable, "-P", "-m", "autocomplete"]
    if sys.platform == "darwin":
        say(*launchd_agent(command, environment).splitlines(), exact=True)
    else:
        say(*systemd_units(engine_address(make=True), command, environment).splitlines(), exact=True)
