"""Where models lie, by name or path. Who asks the engine needs no more of a model than that, and no NumPy for it."""

import os
import sys
from pathlib import Path

from autocomplete.errors import Cure, UsageError

DEFAULT_MODEL = "default"
LEFT_OVER = ".removed-"  # begins the name of a model that is being removed


def models_root() -> Path:
    """Return the folder that holds models by name: `$AUTOCOMPLETE_HOME`, or the user's data directory."""
    home = os.environ.get("AUTOCOMPLETE_HOME")
    if home:
        return Path(home).expanduser()
    if sys.platform == "linux" and not os.environ.keys() & {"XDG_DATA_HOME", "ANDROID_DATA"}:
        return Path("~/.local/share/autocomplete").expanduser()  # as platformdirs has it
    import platformdirs  # 20 ms that `suggest` mostly need not pay

    return platformdirs.user_data_path("autocomplete")


def model_path(name: str | os.PathLike[str]) -> Path:
    """Return the folder that a model's name, or the path of one, means, existing or not.

    A path has a separator, or is a `Path`: a name is a model's, whatever lies beside under the same name.

    Raises:
        UsageError: The name is empty, or one of those that are kept for what is being removed.
    """
    if name == "":
        raise UsageError("An empty name names no model.", "Give a model's name or folder.")
    if not isinstance(name, str):
        folder = Path(name)
    else:
        folder = Path(name).expanduser() if is_path(name) else models_root() / name
    refuse_left_over(folder)
    return folder


def is_path(name: str) -> bool:
    """Tell whether a model is named by the path of its folder."""
    separators = {os.sep, os.altsep} - {None}
    return any(separator in name for separator in separators if separator) or name in {".", "..", "~"}


def refuse_left_over(folder: Path) -> None:
    """Refuse a folder whose name is kept for what is being removed: the next command would delete the model.

    Raises:
        UsageError: It has such a name.
    """
    name = folder.name or Path.cwd().name  # '.' has none
    if name.startswith(LEFT_OVER):
        raise UsageError(
            f"{folder}: names that begin with '{LEFT_OVER}' are kept for models that are being removed.",
            Cure.ANOTHER_NAME,
        )
