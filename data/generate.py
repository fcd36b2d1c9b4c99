"""Write the sample corpus `queries.txt` from the tables in `topics/`: the same bytes at every run.

    python data/generate.py            rewrite data/queries.txt and print its figures
    python data/generate.py --check    exit with 1 if data/queries.txt differs from what the tables give

A table is plain text. `# ...` is a comment. `@slot: a*3 | b | c` names alternatives, with spaces on both sides of the
bars; `*3` makes one three times as frequent, and an indented line goes on with the list. `20x best food in {city}` asks
for twenty different fillings; any other line is a single one. `[tonight|this weekend|]`, without spaces around the
bars, chooses on the spot. The slots of `topics/slots.txt` are shared by all tables. Within a line, a slot never gives
the same value twice.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOPICS = HERE / "topics"
QUERIES = HERE / "queries.txt"
SHARED = "slots"
SEED = "queries 1"
TRIES_A_LINE = 40  # a pattern that gives no new line in so many draws a line has been asked for too many

PATTERN = re.compile(r"(?:(\d+)x )?(.+)")
CHOICE = re.compile(r"\{(\w+)\}|\[([^\[\]]*)\]")
WEIGHTED = re.compile(r"(.*?)(?:\*(\d+))?")
WORD = re.compile(r"\w+(?:['-]\w+)*")


class TableError(ValueError):
    """A topic table that cannot be used; says where and why."""


@dataclass
class Deck:
    """Values dealt like cards, so that rare ones come up as often as their weight says and are not left to luck."""

    cards: list[str]
    left: list[str] = field(default_factory=list)

    def deal(self, rng: random.Random, *, but: set[str]) -> str:
        """Give the next value that is not in `but`, shuffling a new round when one is used up."""
        if but.issuperset(self.cards):
            raise TableError(f"no value left beside {sorted(but)}; give the slot more alternatives")
        while True:
            if not self.left:
                self.left = rng.sample(self.cards, len(self.cards))
            card = self.left.pop()
            if card not in but:
                return card


@dataclass(frozen=True)
class Table:
    """One topic: its own slots, and its patterns with the number of different lines wanted of each."""

    slots: dict[str, list[str]]
    patterns: list[tuple[int, str]]


def alternatives(text: str) -> list[str]:
    """Return the values of a slot's list, each as often as its weight."""
    values = []
    for part in re.split(r"\s+\|\s+", text.strip()):
        match = WEIGHTED.fullmatch(part)
        assert match
        values += [match[1]] * int(match[2] or 1)
    return values


def read_table(path: Path) -> Table:
    """Read one topic file."""
    slots: dict[str, str] = {}
    patterns = []
    name = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("@"):
            name, _, values = line[1:].partition(": ")
            if name in slots:
                raise TableError(f"{path}:{number}: slot {name!r} is defined twice")
            slots[name] = values
        elif line.startswith(" "):
            slots[name] += line
        elif line and not line.startswith("#"):
            match = PATTERN.fullmatch(line)
            assert match
            patterns.append((int(match[1] or 1), match[2]))
    return Table(slots={name: alternatives(values) for name, values in slots.items()}, patterns=patterns)


def fill(pattern: str, decks: dict[str, Deck], rng: random.Random) -> str:
    """Replace the slots and choices of a pattern, left to right, by values."""
    text = pattern
    used: dict[str, set[str]] = {}
    while match := CHOICE.search(text):
        slot, options = match.groups()
        if slot is None:
            value = rng.choice(options.split("|"))
        elif slot in decks:
            value = decks[slot].deal(rng, but=used.setdefault(slot, set()))
            used[slot].add(value)
        else:
            raise TableError(f"{pattern!r}: no slot is called {slot!r}")
        text = text[: match.start()] + value + text[match.end() :]
    return re.sub(r"\s+([,.?!])", r"\1", " ".join(text.split()))


def topic_lines(table: Table, shared: dict[str, list[str]], rng: random.Random) -> Iterator[str]:
    """Yield the lines of one topic, pattern by pattern, different within each pattern."""
    if both := shared.keys() & table.slots.keys():
        raise TableError(f"slots {sorted(both)} are shared already; choose other names")
    decks = {name: Deck(values) for name, values in (shared | table.slots).items()}
    for wanted, pattern in table.patterns:
        lines: dict[str, None] = {}
        for _ in range(wanted * TRIES_A_LINE):
            lines[fill(pattern, decks, rng)] = None
            if len(lines) == wanted:
                break
        else:
            raise TableError(f"{pattern!r}: {wanted} lines wanted, {len(lines)} found")
        yield from lines


def corpus(topics: Path = TOPICS) -> str:
    """Return the whole corpus: the different lines of all topics, shuffled, each ended by a newline."""
    shared = read_table(topics / f"{SHARED}.txt").slots
    lines: dict[str, None] = {}
    for path in sorted(topics.glob("*.txt")):
        if path.stem != SHARED:
            rng = random.Random(f"{SEED} {path.stem}")  # one topic's changes leave the others' lines as they were
            lines |= dict.fromkeys(topic_lines(read_table(path), shared, rng))
    shuffled = random.Random(SEED).sample(sorted(lines), len(lines))
    return "".join(f"{line}\n" for line in shuffled)


def figures(text: str) -> str:
    """Return the corpus's size in words for people."""
    counts = Counter(WORD.findall(text))
    frequent = sum(count >= 3 for count in counts.values())
    return (
        f"{len(text.splitlines()):,} lines, {counts.total():,} words, {len(counts):,} distinct, "
        f"{frequent:,} of them at least 3 times; {len(text.encode()):,} bytes"
    )


def main(arguments: list[str] | None = None) -> int:
    """Write or check the corpus; the result is the exit code."""
    parser = argparse.ArgumentParser(description="Write the sample corpus data/queries.txt.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if the file differs")
    parser.add_argument("--output", type=Path, default=QUERIES, help="the file to write or check")
    options = parser.parse_args(arguments)
    output: Path = options.output
    text = corpus()
    if not options.check:
        output.write_bytes(text.encode())
    elif not output.is_file() or output.read_bytes() != text.encode():
        print(f"{output}: not what the tables give. Run 'python data/generate.py' to rewrite it.", file=sys.stderr)
        return 1
    print(figures(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
