"""The files of a folder: which are taken, and what is left out."""

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Literal, NamedTuple, NoReturn

from autocomplete.errors import CorpusError, Cure, system_cause, system_cure

# An export of Slack has a folder a channel, and in it a file a day; beside the folders stand lists of what is what.
_SLACK_LISTS = ("users.json", "channels.json")
_SLACK_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
# An archive of X has a folder `data` with these among many others; what is in it tells whose it is.
_X_LISTS = ("account.js", "manifest.js")
_X_POSTS = re.compile(
    r"(?:account|(?:(?:community-|note-|twitter-circle-)?tweets?|direct-messages?(?:-group)?)(?:-part\d+)?)\.js"
)
# Of the endings of files that are left out, so many are named.
_ENDINGS_NAMED = 4


class FolderFiles(NamedTuple):
    """What is in a folder.

    Attributes:
        taken: The files to read, sorted.
        left_out: How many others there are, by the ending of their names, such as `.py`; the empty one is of none.
        links: Those to folders elsewhere, sorted. They are not followed: one may lead anywhere, and round in circles.
    """

    taken: list[Path]
    left_out: Counter[str]
    links: list[Path]


def files_of(folder: Path, patterns: Sequence[str]) -> FolderFiles:
    """Find the files of a folder whose names fit, and those of Maildirs and exports; hidden ones do not count.

    Raises:
        CorpusError: A folder cannot be read, or no file fits.
    """
    taken: list[Path] = []
    left_out: Counter[str] = Counter()
    links: list[Path] = []
    found = [(parent / name, is_mail) for parent, names, is_mail in _walked(folder, links) for name in names]
    exports = Exports.among([path for path, _ in found])
    for path, is_mail in found:
        if path.name.startswith(".") or not path.is_file():
            continue
        if is_mail or exports.hold(path) or matches(path.name, patterns):
            taken.append(path)
        elif not exports.hold_beside(path):
            left_out[ending(path.name)] += 1
    links = sorted(link for link in links if not leads_into(link, folder))
    if links and not taken and not left_out:
        raise CorpusError(
            f"{folder}: holds links to other folders alone, which are not followed, such as {links[0]}.",
            "Name the folders that they lead to.",
        )
    require_some(str(folder), taken, left_out, patterns)
    return FolderFiles(sorted(taken), left_out, links)


def leads_into(link: Path, folder: Path) -> bool:
    """Whether a path leads to a folder or into it, whatever links are on the way."""
    return Path(os.path.realpath(link)).is_relative_to(os.path.realpath(folder))


def findable(path: Path) -> Path:
    """Return the path of a file as it can be found from any folder.

    Links in it stay, as one called `current` shall lead elsewhere tomorrow; but where `..` follows, it means the folder
    above what a link leads to, as it does for the system.
    """
    path = path.absolute()
    if ".." not in path.parts:
        return path
    behind = path.parts[::-1].index("..")
    above = path.parts[: len(path.parts) - behind]
    return Path(os.path.realpath(Path(*above)), *path.parts[len(above) :])


def require_some(
    name: str,
    taken: Sequence[object],
    left_out: Counter[str],
    patterns: Sequence[str],
    *,
    kind: Literal["folder", "archive"] = "folder",
) -> None:
    """Refuse a folder or an archive in which nothing fits, and name what would.

    Raises:
        CorpusError: Nothing is taken.
    """
    if taken:
        return
    others = ", ".join(
        f"'{pattern_of(each)}' would take {number:,}" for each, number in left_out.most_common(_ENDINGS_NAMED) if each
    )
    raise CorpusError(
        f"{name}: no file in this {kind} is named {' or '.join(patterns)}{'; ' if others else ''}{others}.",
        Cure.PATTERN if others else f"Name another {kind}.",
    )


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file's name fits one of the patterns, in capitals or not."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def patterns_that_fit(names: Collection[str], patterns: Sequence[str]) -> list[str]:
    """The patterns by which at least one of these names is taken."""
    return [pattern for pattern in patterns if any(matches(name, (pattern,)) for name in names)]


class Exports(NamedTuple):
    """The folders in which a program exported what people wrote, by the files in them and in their folders.

    Attributes:
        slack: Exports of Slack.
        x: Folders `data` of archives of X.
    """

    slack: frozenset[PurePath]
    x: frozenset[PurePath]

    @classmethod
    def among(cls, paths: Collection[PurePath]) -> "Exports":
        """Find the exports that hold some of these files."""
        with_days = {path.parent.parent for path in paths if _SLACK_DAY.fullmatch(path.name)}
        with_posts = {path.parent for path in paths if _X_POSTS.fullmatch(path.name)}
        known = set(paths) if with_days or with_posts else set()

        def holding(folders: Collection[PurePath], names: Sequence[str]) -> frozenset[PurePath]:
            return frozenset(folder for folder in folders if all(folder / name in known for name in names))

        return cls(holding(with_days, _SLACK_LISTS), holding(with_posts, _X_LISTS))

    def hold(self, path: PurePath) -> bool:
        """Whether a file of one of them is to be read."""
        if path.suffix == ".json":
            return path.parent in self.slack or path.parent.parent in self.slack
        return path.parent in self.x and _X_POSTS.fullmatch(path.name) is not None

    def hold_beside(self, path: PurePath) -> bool:
        """Whether a file is one of the many in which X keeps what the person did not write, such as what they like."""
        return path.parent in self.x and path.suffix == ".js"


def ending(name: str) -> str:
    """The ending of a file's name in small letters, such as `.py`; empty where it has none."""
    return PurePath(name).suffix.lower()


def pattern_of(suffix: str) -> str:
    """The pattern that takes files of an ending."""
    return f"*{suffix}"


def refuse_unreadable(name: object, error: OSError) -> NoReturn:
    """Tell that the system does not let us read a file or a folder.

    Raises:
        CorpusError: Always.
    """
    raise CorpusError(f"{name}: cannot be read ({system_cause(error)}).", system_cure(error)) from error


def _walked(folder: Path, links: list[Path]) -> Iterator[tuple[Path, list[str], bool]]:
    """Each folder with the names of its files, and whether these are mails of a Maildir; notes links to folders."""

    def refuse(error: OSError) -> NoReturn:
        refuse_unreadable(error.filename, error)

    for parent, folders, names in os.walk(folder, onerror=refuse):
        place = Path(parent)
        if _is_maildir(place):
            # Its other folders hold no messages that are there already; what is beside them is its own bookkeeping.
            folders[:] = [name for name in folders if name in ("cur", "new") or _is_maildir(place / name)]
            names.clear()
        else:
            folders[:] = [name for name in folders if not name.startswith(".")]
        links += [place / name for name in folders if (place / name).is_symlink()]
        yield place, names, place.name in ("cur", "new") and _is_maildir(place.parent)


def _is_maildir(folder: Path) -> bool:
    return (folder / "cur").is_dir() and (folder / "new").is_dir()
