"""How often a model speaks unasked, and how often it is right then, on text that its thresholds were not fitted on.

    python -m benchmarks.thresholds                    made-up text: commands, German, French, Spanish, Italian
    python -m benchmarks.thresholds --texts FILE --kilobytes 10 100 1000 4000   the beginnings of a file of yours
    python -m benchmarks.thresholds --texts FILE --kilobytes 1000 --network     a network beside the n-grams
    python -m benchmarks.thresholds --texts FILE --kilobytes 100 --level char --words 60

The first eight tenths of each text train a model, once. On the next tenth its thresholds are fitted as training would
under each budget, by a clock that tells the time of a machine half as fast as the one that this was written on. Words
from everywhere in the last tenth are typed, against all of those thresholds. No row may be mute: a threshold that
nothing reaches helps nobody.

fitted   words that the thresholds rest on.
shown    share of the places where the first suggestion reaches the threshold: before a word, and behind its letters.
right    share of those that are right; a half is what was asked for.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from autocomplete.config import Layout, Level
from autocomplete.corpus.encoding import TextChunk
from autocomplete.evaluation.calibration import Calibration, typed_within
from autocomplete.evaluation.spread import typed_pieces
from autocomplete.evaluation.statistics import finite
from autocomplete.evaluation.typing import TopSuggestions
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from autocomplete.runs.closing import CALIBRATION_SHARE, calibrated
from autocomplete.runs.train import train
from benchmarks.report import Column, Row, number, show
from benchmarks.shell_history import commands

_Result = TypeVar("_Result")

COLUMNS = (
    Column("text", "text"),
    Column("level", "level"),
    Column("kilobytes", "kB", ",.0f"),
    Column("words", "words typed", ","),
    Column("budget", "budget, s", ",.0f"),
    Column("fitted", "fitted", ","),
    Column("next_from", "next from", ".2f"),
    Column("next_shown", "shown", ".1%"),
    Column("next_right", "right", ".0%"),
    Column("complete_from", "completed from", ".2f"),
    Column("complete_shown", "shown", ".1%"),
    Column("complete_right", "right", ".0%"),
    Column("phrase_from", "phrases from", ".2f"),
)

# Budgets of a training, in seconds, and what typing a word takes of them.
BUDGETS = (60.0, 300.0, 3_600.0)
SECONDS_A_WORD: Mapping[Level, float] = {"word": 0.015, "char": 0.2}

# Frames of sentences, with the slots that are filled at random: enough to be learned, and no sentence is anybody's.
_FRAMES: Mapping[str, tuple[Sequence[str], Mapping[str, Sequence[str]]]] = {
    "German": (
        (
            "Am {day} fahre ich mit {who} nach {where}.",
            "Kannst du bitte {thing} mitbringen, wenn du aus {where} kommst?",
            "Das Wetter in {where} soll am {day} schöner werden.",
            "Ich habe {thing} leider bei {who} vergessen.",
            "Wir treffen uns am {day} um {hour} Uhr vor {place}.",
            "{who} hat gesagt, dass {place} am {day} geschlossen ist.",
        ),
        {
            "day": ("Montag", "Dienstag", "Mittwoch", "Freitag", "Wochenende"),
            "who": ("Jürgen", "Käthe", "meiner Schwester", "den Nachbarn", "unserem Chef"),
            "where": ("Köln", "Zürich", "Graz", "Lübeck", "Osnabrück"),
            "thing": ("die Schlüssel", "das Ladegerät", "den Regenschirm", "die grüne Mappe", "etwas Brot"),
            "place": ("dem Rathaus", "der Bäckerei", "dem Bahnhof", "der Bücherei", "dem Schwimmbad"),
            "hour": ("acht", "neun", "zwölf", "halb vier", "fünf"),
        },
    ),
    "French": (
        (
            "On se retrouve {day} à {hour} heures devant {place}.",
            "J'ai oublié {thing} chez {who}, tu peux l'apporter ?",
            "Le train pour {where} part {day} à {hour} heures.",
            "{who} m'a dit que {place} était fermé {day}.",
            "Est-ce qu'il fait beau à {where} en ce moment ?",
            "Il faut que j'achète {thing} avant {day}.",
        ),
        {
            "day": ("lundi", "mardi", "mercredi prochain", "samedi soir", "dimanche"),
            "who": ("Hélène", "François", "ma sœur", "le voisin", "tante Agnès"),
            "where": ("Besançon", "Orléans", "Nîmes", "Saint-Étienne", "Liège"),
            "thing": ("les clés", "du pain", "le parapluie", "l'ordinateur", "une boîte d'œufs"),
            "place": ("la mairie", "le marché", "l'école", "la bibliothèque", "le cinéma"),
            "hour": ("huit", "neuf", "onze", "quatorze", "seize"),
        },
    ),
    "Spanish": (
        (
            "Nos vemos el {day} a las {hour} delante de {place}.",
            "¿Puedes traer {thing} cuando vengas de {where}?",
            "{who} dice que {place} está cerrada el {day}.",
            "Mañana salgo para {where} con {who}.",
            "Se me olvidó {thing} en casa de {who}.",
            "¿Qué tiempo hace en {where} el {day}?",
        ),
        {
            "day": ("lunes", "martes", "miércoles", "sábado", "domingo"),
            "who": ("Íñigo", "Begoña", "mi hermana", "el señor Núñez", "mi jefa"),
            "where": ("Cádiz", "Logroño", "Córdoba", "Málaga", "A Coruña"),
            "thing": ("las llaves", "el paraguas", "un poco de pan", "la mochila", "el cargador"),
            "place": ("la estación", "la panadería", "la biblioteca", "la piscina", "la plaza"),
            "hour": ("ocho", "nueve", "doce", "cuatro", "cinco"),
        },
    ),
    "Italian": (
        (
            "Ci vediamo {day} alle {hour} davanti {place}.",
            "Ho dimenticato {thing} a casa di {who}.",
            "{who} ha detto che {day} non c'è nessuno.",
            "L'ultimo treno per {where} parte alle {hour}.",
            "Che tempo fa a {where} {day}?",
            "Potresti portare {thing} quando torni da {where}?",
        ),
        {
            "day": ("lunedì", "martedì", "giovedì sera", "sabato", "domenica"),
            "who": ("Niccolò", "mia sorella", "il vicino", "l'amica di Sara", "zia Letizia"),
            "where": ("Forlì", "Trento", "L'Aquila", "Cefalù", "Mondovì"),
            "thing": ("le chiavi", "l'ombrello", "un po' di pane", "lo zaino", "il caricatore"),
            "place": ("al municipio", "alla biblioteca", "all'edicola", "alla piscina", "al teatro"),
            "hour": ("otto", "nove e mezza", "dodici", "quattro", "cinque"),
        },
    ),
}


class Text(NamedTuple):
    """What a model learns from and is judged by.

    Attributes:
        name: For the table.
        content: All of it.
        layout: How it is read; None where that is to be found out.
    """

    name: str
    content: str
    layout: Layout | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, nargs="+", metavar="FILE", help="your files, in place of made-up text")
    parser.add_argument("--kilobytes", type=number(1), nargs="+", help="of their beginnings; else the whole files")
    parser.add_argument("--lines", type=number(100), default=3_000, help="of each made-up text")
    parser.add_argument("--level", choices=get_args(Level), default="word", help="words or characters")
    parser.add_argument("--words", type=number(1), default=400, help="words typed of each text")
    parser.add_argument("--network", action="store_true", help="train the smallest network for one pass, too")
    options = parser.parse_args(arguments)
    texts = made_up(int(options.lines))
    if options.texts:
        texts = (each for path in options.texts for each in beginnings(path, options.kilobytes))
    rows = [
        row
        for text in texts
        for row in measured(text, level=options.level, words=int(options.words), network=options.network)
    ]
    show("thresholds", rows, COLUMNS, settings={**vars(options), "texts": None})
    return 0


def made_up(lines: int) -> Iterator[Text]:
    """Texts of so many lines: a shell's history, and sentences in four languages."""
    yield Text("commands", "".join(f"{line}\n" for line in islice(commands(1), lines)), "commands")
    for language, (frames, slots) in _FRAMES.items():
        draw = random.Random(language)
        sentences = (
            draw.choice(frames).format_map({slot: draw.choice(words) for slot, words in slots.items()})
            for _ in range(lines)
        )
        yield Text(language, "".join(f"{sentence[0].upper()}{sentence[1:]}\n" for sentence in sentences))


def beginnings(path: Path, kilobytes: Sequence[float] | None) -> Iterator[Text]:
    """The beginnings of a file, to the end of a line; one that is as long as the file, or longer, is the file."""
    content = path.read_text(encoding="utf-8")
    name = f"{path.parent.name}/{path.name}"
    for size in kilobytes or [len(content)]:
        end = content.find("\n", round(1_000 * size))
        yield Text(name, content if end < 0 else content[: end + 1])


def measured(text: Text, *, level: Level, words: int, network: bool) -> Iterator[Row]:
    """Train on the beginning of a text, fit thresholds on what follows, type words of its end; a row a budget."""
    lines = text.content.splitlines(keepends=True)
    first, second = len(lines) * 8 // 10, len(lines) * 9 // 10
    learned, held_out, end = "".join(lines[:first]), "".join(lines[first:second]), "".join(lines[second:])
    with tempfile.TemporaryDirectory(prefix="thresholds-") as folder:
        model = trained(text, learned, held_out, Path(folder), level=level, network=network)
        before, within = typed(model, end, words)
        for budget in BUDGETS:
            found = calibration(model, held_out, budget)
            next_from, complete_from, phrase_from = found.thresholds
            yield {
                "text": text.name,
                "level": level,
                "network": network,
                "kilobytes": len(learned.encode()) / 1_000,
                "words": before.positions,
                "budget": budget,
                "fitted": found.words,
                "next_from": next_from,
                "next_shown": before.coverage(next_from),
                "next_right": finite(before.precision(next_from)),
                "complete_from": complete_from,
                "complete_shown": within.coverage(complete_from),
                "complete_right": finite(within.precision(complete_from)),
                "phrase_from": phrase_from,
            }


def trained(text: Text, learned: str, held_out: str, folder: Path, *, level: Level, network: bool) -> Model:
    """Train a model once on a part of a text, with another held out."""
    paths = folder / "text.txt", folder / "valid.txt"
    for path, part in zip(paths, (learned, held_out), strict=True):
        path.write_text(part, encoding="utf-8")
    how: dict[str, Any] = {"size": "tiny", "epochs": 1} if network else {"ngrams_only": True}
    return Model.open(
        train(paths[0], valid=paths[1], model=folder / "m", layout=text.layout, level=level, force=True, **how)
    )


def calibration(model: Model, text: str, budget: float) -> Calibration:
    """What training would fit under a budget, by a clock on which every word typed takes the same time."""
    passed = count(step=SECONDS_A_WORD[model.manifest.level])
    steps = calibrated(
        model,
        lambda: iter([TextChunk("", text, begins_document=True)]),
        precision=0.5,
        seconds=CALIBRATION_SHARE * budget,
        clock=lambda: next(passed),
    )
    return result_of(steps)


def typed(model: Model, text: str, words: int) -> tuple[TopSuggestions, TopSuggestions]:
    """Type words from everywhere in a text; what came first before their first letters, and behind those."""
    pieces = typed_pieces(model.manifest.level, lambda: iter([TextChunk("", text, begins_document=True)]), words)
    steps = typed_within(Session(model), pieces, most_words=words, syntax=model.tokenizer.syntax)
    before, within = TopSuggestions(), TopSuggestions()
    for word in result_of(steps):
        before.add(replace(word, offers=word.offers[:1]))
        within.add(replace(word, offers=word.offers[1:]))
    return before, within


def result_of(steps: Generator[int, None, _Result]) -> _Result:
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            result: _Result = finished.value
            return result


if __name__ == "__main__":
    sys.exit(main())
