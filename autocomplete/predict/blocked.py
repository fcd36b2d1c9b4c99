"""The words that a model's folder says are never suggested, as that stands now: another program may add some."""

from collections.abc import Iterable
from pathlib import Path

from autocomplete import bundle
from autocomplete.predict.suggestion import caseless, forms_of


class BlockList:
    """The block list of a model folder, read again where it changed.

    Args:
        folder: The model folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: tuple[int, ...] | None = None
        self._words: frozenset[str] = frozenset()

    def words(self) -> frozenset[str]:
        """All that they block, `caseless`: possessives too (`forms_of`)."""
        stamp = self._file_stamp()
        if stamp != self._stamp:
            self._words = forms_of(bundle.read_blocked(self._folder))
            self._stamp = stamp
        return self._words

    def add(self, words: Iterable[str]) -> None:
        """Block words for good; each stands in the list once, whatever its case."""
        with bundle.changing_blocked(self._folder) as listed:
            known = {caseless(word) for word in listed}
            for word in words:
                if caseless(word) not in known:
                    known.add(caseless(word))
                    listed.append(word)

    def remove(self, words: Iterable[str]) -> list[str]:
        """Take words off the list; returns those that stood there, as they did."""
        unwanted = {caseless(word) for word in words}
        with bundle.changing_blocked(self._folder) as listed:
            found = [word for word in listed if caseless(word) in unwanted]
            listed[:] = [word for word in listed if caseless(word) not in unwanted]
        return found

    def _file_stamp(self) -> tuple[int, ...]:
        """What changes whenever the file does: it is replaced, never written over."""
        try:
            status = (self._folder / bundle.BLOCKED).lstat()
        except OSError:
            return ()
        return status.st_ino, status.st_size, status.st_mtime_ns
