"""`autocomplete learned`: show, export and wipe what was learned from a person's lines."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocomplete import bundle
from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import escaped, json_text, say, say_document

if TYPE_CHECKING:
    from autocomplete.learned.store import PersonalStore


def learned(
    model: options.Model = DEFAULT_MODEL,
    k: Annotated[int, typer.Option("-k", min=1, help="Most words, and most phrases, shown.")] = 20,
    export: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Write all of it, one JSON object a line; '-' is standard output."),
    ] = None,
    import_: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="Take in what you taught other programs: word lists of keyboards (Gboard, SwiftKey, iOS), dictionaries"
            " of Hunspell, matches of espanso, or what '--export' wrote. '--wipe' and 'forget' take it out again.",
        ),
    ] = None,
    wipe: Annotated[bool, typer.Option("--wipe", help="Delete all of it, the statistics too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before wiping.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what was learned from your lines: words that the model did not know, and your most frequent phrases."""
    if wipe + as_json + (export is not None) + (import_ is not None) > 1:
        raise UsageError("'--export', '--import', '--wipe' and '--json' are four things.", "Give one of them.")
    folder = bundle.existing_model(model)
    from autocomplete.learned.store import PersonalStore

    store = PersonalStore.open(folder)
    if wipe:
        _wipe(store, yes=yes)
    elif export is not None:
        _export(store, export)
    elif import_ is not None:
        _import(store, folder, import_)
    elif as_json:
        say_document(_document(store, folder, k))
    else:
        _show(_document(store, folder, k))


def _document(store: "PersonalStore", folder: Path, count: int) -> dict[str, Any]:
    """What `--json` prints: the most frequent new words and phrases, and how much there is in all."""
    from autocomplete.learned.store import most_frequent
    from autocomplete.text.vocabulary import is_word

    vocabulary = bundle.read_vocabulary(folder, bundle.read_manifest(folder))
    words = store.words()
    unknown = (word for word in words if is_word(word, store.syntax) and word not in vocabulary)
    new = sorted(unknown, key=lambda word: (-words[word], word))
    phrases = most_frequent(store.phrases(), count=count, syntax=store.syntax)
    return {
        "path": str(store.path),
        "lines": len(store.lines()),
        "words": len(words),
        "written": sum(words.values()),
        "new_words": [{"text": word, "times": words[word]} for word in new[:count]],
        "phrases": [{"text": " ".join(phrase.words), "times": phrase.times} for phrase in phrases],
    }


def _show(document: dict[str, Any]) -> None:
    if document["lines"]:
        say(f"{document['lines']:,} lines kept for the history", on_error=True)
    elif not document["words"]:
        say("Nothing was learned yet: 'autocomplete repl --learn' learns from your lines.", on_error=True)
        return
    say(f"{document['written']:,} words, {document['words']:,} different ones, in {document['path']}", on_error=True)
    for name, title in (("new_words", "words new to the model"), ("phrases", "phrases")):
        if document[name]:
            say(f"{title}:")
            for item in document[name]:
                say(f"{item['times']:>6}  {item['text']}")


def _export(store: "PersonalStore", target: str) -> None:
    if target == "-":
        for line in _lines(store):
            say(line, exact=True)
        return
    try:  # private as the database is
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{target}: exists already.", "Name a new file, or '-' for standard output.") from error
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, no path
        file.writelines(f"{line}\n" for line in _lines(store))


def _import(store: "PersonalStore", folder: Path, path: Path) -> None:
    from autocomplete.learned.importing import keep_import, read_import
    from autocomplete.learned.pinned import PinnedFile, abbreviation_line, pinned_path
    from autocomplete.text.tokenizer import Tokenizer
    from autocomplete.text.unicode import caseless

    if not path.is_file():
        raise UsageError(f"{path}: no file.", "Name the file that another program wrote.")
    manifest = bundle.read_manifest(folder)
    store.refuse_characters()
    tokenizer = Tokenizer(manifest.level, manifest.layout, manifest.pretokenized, manifest.segmenter is not None)
    vocabulary = {caseless(token) for token in bundle.read_vocabulary(folder, manifest).tokens}
    found = read_import(path, tokenizer=tokenizer, known=lambda word: caseless(word) in vocabulary)
    keep_import(store, found)
    pinned = PinnedFile(pinned_path())
    short_forms = [line for each in found.abbreviations if (line := abbreviation_line(*each))]
    pinned.add(short_forms)
    counts = {
        "word": len(found.words),
        "phrase": len(found.phrases),
        "line": len(found.lines),
        "day": len(found.days),
        "short form": len(short_forms),
    }
    taken = ", ".join(f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count)
    say(f"{path}: {found.format}; taken in: {taken or 'nothing'}", on_error=True)
    for count, why in (
        (found.known, "known to the model already"),
        (found.secrets, "left out: they look as if they held a secret"),
        (found.unread, "left out: no words, or too long"),
        (len(found.abbreviations) - len(short_forms), "short forms left out: no line of the file of them can say them"),
    ):
        if count:
            say(f"{count:>7,}  {why}", on_error=True)
    if short_forms:
        say(f"short forms stand in {pinned.path}, where they can be changed by hand", on_error=True)


def _lines(store: "PersonalStore") -> Iterator[str]:
    """Everything in the database, one JSON object a line; `<eos>` is where a line begins and ends."""
    for word, times in store.words().items():
        yield json_text({"kind": "word", "text": word, "times": times})
    for phrase in store.phrases():
        yield json_text({"kind": "phrase", "words": phrase.words, "times": phrase.times})
    for line in store.lines():
        yield json_text({"kind": "line", "text": line})
    for day in store.days():
        yield json_text({"kind": "day", **day._asdict()})


def _wipe(store: "PersonalStore", *, yes: bool) -> None:
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("wiping needs a terminal to ask at, or '--yes'.", param_hint="'--yes'")
        if not typer.confirm(escaped(f"Delete all that was learned and counted in {store.path}?"), err=True):
            return
    said = f"removed {store.path}" if store.wipe() else "There was nothing to delete."
    say(said, on_error=True)
