"""What was just typed does not come first again, however small the corpus, unless corpus or text repeat it."""

import pytest

from autocomplete.interface.cli.app import run
from autocomplete.predict.suggester import Suggester

CORPORA = {
    "notes": """\
Buy milk and eggs.
Call the plumber about the sink.
Water the tomatoes on Friday.
Read the report before the meeting.
The meeting is at ten on Monday.
Send the invoice to Anna.
Anna likes green tea.
Pay the rent on the first.
Ask Ben about the garden hose.
The hose is in the shed.
Order seeds for the spring bed.
Write the letter to the council about the lane.
Fix the bike before the weekend.
Read two chapters of the Dutch book.
Bring the ladder back to Joe.
Plan the trip to the lake in June.
Clean the windows and the gutter.
Ring the school about the play on Tuesday.
Pick the plums when they are ripe.
Bake bread on Sunday.
""",
    "code": """\
import os
import sys
from pathlib import Path
def main():
    return run(sys.argv)
import json
path = Path(name)
print(path)
value = json.loads(text)
for item in value:
    print(item)
import re
import csv
def read(path):
    with open(path) as file:
        return file.read()
for line in read(path).splitlines():
    words = line.split()
    counts.update(words)
print(counts.most_common(10))
if not counts:
    raise SystemExit("nothing to count")
for word in counts:
    print(word)
""",
    "chat": """\
bye bye see you
very very good
see you tomorrow
no no no that is wrong
bye bye love
it is very very late
are you coming tonight
yes I will be there
that is very very nice
I am very very tired
where is the red ball
no no no stop it
the ball is under the bed
see you at ten then
what a lovely day it was
we had soup and bread for lunch
bye bye now
the dog ran after the ball
they are at the beach today
it will rain they say
do you want tea or milk with that
the cat is asleep on the bed
it is time to go to bed
bye bye and see you soon
""",
}


@pytest.fixture(scope="module", params=CORPORA)
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Suggester]:
    """A corpus of some twenty lines, and what suggests by it."""
    folder = tmp_path_factory.mktemp("echo")
    (folder / "corpus.txt").write_text(CORPORA[request.param], encoding="utf-8")
    assert run(["train", str(folder / "corpus.txt"), "--model", str(folder / "m"), "--no-network"]) == 0
    return request.param, Suggester.open(folder / "m")


TYPED = {
    "notes": ["Read the ", "Read ", "Water the ", "Call Anna ", "Buy bread and ", "Ask zebras about the ", "Zebra "],
    "code": ["import ", "import numpy as ", "from ", "print(", "x = ", "numpy.zeros("],
    "chat": ["hello ", "see ", "the cat ", "my budgie is ", "the budgie and the "],
}
REPEATED = {"chat": {"bye ": "bye", "no ": "no", "it is very ": "very", "the budgie is very ": "very"}}


def test_what_was_just_typed_does_not_come_first_again(small: tuple[str, Suggester]) -> None:
    name, suggester = small
    for typed in TYPED[name]:
        first = suggester.suggest(typed, k=1)[0].text
        assert first not in typed.replace("(", " ").split(), typed


def test_what_the_corpus_writes_twice_does(small: tuple[str, Suggester]) -> None:
    name, suggester = small
    for typed, again in REPEATED.get(name, {}).items():
        assert suggester.suggest(typed, k=1)[0].text == again


def test_a_line_written_before_goes_on_as_it_did(small: tuple[str, Suggester]) -> None:
    _, suggester = small
    line = "my budgie sings tra la la all day\n"
    assert "sings" in [item.text for item in suggester.suggest(line * 3 + "my budgie ", k=3)]
    assert "la" in [item.text for item in suggester.suggest(line * 3 + "my budgie sings tra la ", k=3)]
