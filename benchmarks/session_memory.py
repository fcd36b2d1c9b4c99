"""What is gained by remembering what the session wrote: dialogues, with a model of other text.

    python -m benchmarks.session_memory --model news                     a minute
    python -m benchmarks.session_memory --model news --texts held-out.txt    a text of yours

The dialogues in `data/` are made up: what two people write in some weeks, chats and mail, with names, places and
closing phrases that come again as they do. The guesses of the copy's weights were found on `dialogues-dev.txt`;
`dialogues-kept.txt` was kept aside. Each file is one session.

The model is asked as it is, without the copy, and without all that remembers. Perplexity and bits a character are of
the whole text; the first words of it are typed as `benchmarks.keystroke_savings` types. Lines of four words and more
that stood in the text before are begun again with two words: "whole" is how many of them come back to their end as the
first suggestion.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from autocomplete.corpus.encoding import TextChunk, encode
from autocomplete.errors import AutocompleteError
from autocomplete.evaluation.perplexity import TextScore, score_text
from autocomplete.evaluation.typing import KeystrokeSavings, Rule, type_text
from autocomplete.predict.experts.copy import Copy
from autocomplete.predict.model import Model
from autocomplete.predict.session import Session
from benchmarks.report import Column, Row, number, show

DATA = Path(__file__).parent / "data"
DIALOGUES = (DATA / "dialogues-dev.txt", DATA / "dialogues-kept.txt")
SHOWN = (1, 3, 5)
ALL, WITHOUT_COPY, WITHOUT_MEMORY = "all", "without copy", "without memory"
# A line that comes back has so many words at least, and is begun with so many; it is asked for as far as it goes.
_LEAST_WORDS, _BEGUN, _MOST_WORDS = 4, 2, 30

COLUMNS = (
    Column("text", "text"),
    Column("experts", "experts"),
    Column("tokens", "tokens", ","),
    Column("perplexity", "perplexity", ".1f"),
    Column("bits_per_character", "bits a character", ".3f"),
    *(Column(f"ksr_{shown}", f"KSR {shown}", ".2f") for shown in SHOWN),
    Column("words", "words typed", ","),
    Column("lines_again", "lines again", ","),
    Column("lines_whole", "whole", ".1%"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        model = Model.open(options.model)
    except AutocompleteError as error:
        raise SystemExit(str(error)) from error
    rows = [
        _row(path.name, name, asked, path.read_text(encoding="utf-8"), limit_words=options.words)
        for path in options.texts
        for name, asked in _systems(model)
    ]
    settings = {"texts": [path.name for path in options.texts], "words": options.words}
    show("session_memory", rows, COLUMNS, settings=settings)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.session_memory", description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="name or folder of a trained model of words")
    parser.add_argument("--texts", type=Path, nargs="+", default=DIALOGUES, help="in UTF-8 (the dialogues)")
    parser.add_argument("--words", type=number(1), default=500, help="typed of each (500)")
    return parser


def _systems(model: Model) -> Iterator[tuple[str, Model]]:
    experts = model.mixture.experts
    kept = {
        ALL: experts,
        WITHOUT_COPY: [expert for expert in experts if expert.name != Copy.name],
        WITHOUT_MEMORY: [expert for expert in experts if not expert.classing.may_be_silent],
    }
    for name, those in kept.items():
        yield name, replace(model, mixture=model.mixture.only(*(expert.name for expert in those)))


def _row(text_name: str, name: str, model: Model, text: str, *, limit_words: int) -> Row:
    score = _scored(model, text)
    savings = KeystrokeSavings()
    for word in type_text(Session(model), text, limit_words=limit_words, timed_every=0):
        savings.add(word)
    whole = list(_lines_again(model, text))
    return {
        "text": text_name,
        "experts": name,
        "tokens": score.tokens,
        "perplexity": round(score.perplexity(), 2),
        "bits_per_character": round(score.bits_per_character(), 4),
        **{f"ksr_{shown}": round(savings.rate(Rule(shown, False, False)), 2) for shown in SHOWN},
        "words": savings.words,
        "lines_again": len(whole),
        "lines_whole": round(sum(whole) / len(whole), 4) if whole else None,
    }


def _scored(model: Model, text: str) -> TextScore:
    chunk = TextChunk("", text, begins_document=True, ends_document=True)
    encoded = encode(chunk, model.tokenizer, model.vocabulary)
    *_, score = score_text(model.mixture, model.vocabulary, [encoded])
    return score


def _lines_again(model: Model, text: str) -> Iterator[bool]:
    """Of each line that stood in the text before, whether it comes back whole."""
    session, before, known = Session(model), "", set[str]()
    for line in text.splitlines(keepends=True):
        words = line.split()
        if len(words) >= _LEAST_WORDS and line in known:
            begun = " ".join(words[:_BEGUN]) + " "
            found = session.suggest(begun, k=1, words=_MOST_WORDS, context=before)
            yield bool(found) and found[0].result.rstrip(".!?") == line.rstrip().rstrip(".!?")
        known.add(line)
        before += line


if __name__ == "__main__":
    sys.exit(main())
