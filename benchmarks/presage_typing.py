"""Types a text against presage 0.9.1 with its own `presage_simulator`, and reads what that prints.

presage predicts with smoothed trigrams of the database that `text2ngram` built, and recency, which offers again what
was written lately. Left out is what its default configuration adds: its own English, learning while it types, and
abbreviations, which on one news text cost it 0.1 to 0.4 points of savings.

Before each letter of a word and after the last, the simulator prints the word, the letters typed and the list, and
moves on to the next word where the word is in the list. At the end it prints three sums. `kn` are the keys without
prediction: a word's letters and one. `ki` + `ks` are the keys with it: a word's letters until it is in the list and
one, and one more for the whole text, which nothing is typed for; we leave it there. (`ks` has the words that are in
the list before their first letter; all other choices and spaces are in `ki`.)

presage counts bytes: the `é` of `café` is two letters, a typographic apostrophe or dash three letters of the word that
it stands in, and a no-break space a word of its own. In ASCII its words differ from those of `evaluation.typing` at
inner marks only (`don't`, `3.5`), where the characters come out the same.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple, Union
from xml.etree import ElementTree

from benchmarks.presage import MOST_CANDIDATES, WEIGHTS

PROGRAM = "presage_simulator"

_SUM = re.compile(r"^(ki|ks|kn) : (\d+)$", re.MULTILINE)
_BLOCK = re.compile(r"^===> ", re.MULTILINE)
_TYPED = "   > "

Tree = Mapping[str, Union[str, "Tree"]]


class Position(NamedTuple):
    """A list that presage showed.

    Attributes:
        word: What was meant.
        typed: Its letters so far.
        shown: The list, best first.
    """

    word: str
    typed: str
    shown: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A text typed.

    Attributes:
        characters: Keys without prediction.
        keys: Keys with the list.
        lists: How many were asked for.
        first_ranks: Place of each word in the list before its first letter, from 1; 0 where it is not there.
        seconds: Of the whole process.
    """

    characters: int
    keys: int
    lists: int
    first_ranks: list[int]
    seconds: float

    @property
    def savings(self) -> float:
        """(1 - keys / characters) x 100."""
        return (1.0 - self.keys / self.characters) * 100.0

    def hits(self, shown: int) -> float:
        """Share of the words that are among the first `shown` before their first letter, 0 to 1."""
        return sum(0 < rank <= shown for rank in self.first_ranks) / len(self.first_ranks)


def simulator_program() -> str | None:
    """Return presage's program on the PATH, None where it is not installed."""
    return shutil.which(PROGRAM)


def simulated(
    program: str, text: Path, *, database: Path, shown: int, repeats: bool, match_case: bool, folder: Path
) -> Simulated:
    """Type a text.

    Args:
        program: `presage_simulator`.
        text: What is typed, in UTF-8.
        database: Of `text2ngram`.
        shown: Candidates in the list.
        repeats: Whether a candidate that was passed over is shown again within the word.
        match_case: Whether a word in the wrong case is wrong.
        folder: For the configuration.

    Raises:
        SystemExit: presage failed, with the end of what it said.
    """
    config = folder / "presage.xml"
    config.write_bytes(configuration(database, shown=shown, repeats=repeats))
    command = [program, "-c", str(config), *([] if match_case else ["-i"]), str(text)]
    began = time.perf_counter()
    process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    seconds = time.perf_counter() - began
    # Letters are bytes to presage: where one is typed in part, what it prints is not UTF-8.
    printed, said = process.stdout.decode(errors="replace"), process.stderr.decode(errors="replace")
    sums = {name: int(value) for name, value in _SUM.findall(printed)}
    if process.returncode != 0 or sums.keys() != {"ki", "ks", "kn"}:
        end = "\n".join(said.splitlines()[-5:])
        raise SystemExit(f"{PROGRAM} failed with exit code {process.returncode}:\n{end}")
    lists = list(positions(printed))
    return Simulated(
        characters=sums["kn"],
        keys=sums["ki"] + sums["ks"],
        lists=len(lists),
        first_ranks=[_rank(place, match_case=match_case) for place in lists if not place.typed],
        seconds=seconds,
    )


def configuration(database: Path, *, shown: int, repeats: bool) -> bytes:
    """Return a configuration as XML; but for the arguments and for what predicts, it is presage's own."""
    quiet = {"LOGGER": "ERROR"}
    tree: Tree = {
        "PredictorRegistry": {**quiet, "PREDICTORS": "Ngrams Recency"},
        "ContextTracker": {**quiet, "SLIDING_WINDOW_SIZE": "80", "LOWERCASE_MODE": "yes", "ONLINE_LEARNING": "yes"},
        "Selector": {
            **quiet,
            "SUGGESTIONS": str(shown),
            "REPEAT_SUGGESTIONS": "yes" if repeats else "no",
            "GREEDY_SUGGESTION_THRESHOLD": "0",
        },
        "PredictorActivator": {
            **quiet,
            "PREDICT_TIME": "1000",
            "MAX_PARTIAL_PREDICTION_SIZE": str(MOST_CANDIDATES),
            "COMBINATION_POLICY": "Meritocracy",
        },
        "ProfileManager": {**quiet, "AUTOPERSIST": "false"},
        "Predictors": {
            "Ngrams": {
                **quiet,
                "PREDICTOR": "SmoothedNgramPredictor",
                "DBFILENAME": str(database.resolve()),
                "DELTAS": " ".join(map(str, WEIGHTS)),
                "LEARN": "false",
                "DatabaseConnector": quiet,
            },
            "Recency": {
                **quiet,
                "PREDICTOR": "RecencyPredictor",
                "LAMBDA": "1",
                "N_0": "1",
                "CUTOFF_THRESHOLD": "20",
            },
        },
    }
    found: bytes = ElementTree.tostring(_element("Presage", tree), encoding="utf-8", xml_declaration=True)
    return found


def _element(name: str, content: str | Tree) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(content, str):
        element.text = content
    else:
        element.extend(_element(inner, value) for inner, value in content.items())
    return element


def positions(printed: str) -> Iterator[Position]:
    """Read the lists that the simulator showed."""
    for block in _BLOCK.split(printed)[1:]:
        word, typed, *rest = block.split("\n")
        yield Position(word, typed.removeprefix(_TYPED), list(takewhile(bool, rest)))


def _rank(place: Position, *, match_case: bool) -> int:
    word, shown = place.word, place.shown
    if not match_case:
        word, shown = word.lower(), [candidate.lower() for candidate in shown]
    return shown.index(word) + 1 if word in shown else 0
