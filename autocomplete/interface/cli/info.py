"""`autocomplete info`: what a model is and how well it does."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocomplete.bundle import CHARACTERS, DEFAULT_MODEL
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import say, say_document

if TYPE_CHECKING:
    from pathlib import Path

    from autocomplete.bundle import Manifest, Thresholds


def info(
    model: options.Model = DEFAULT_MODEL,
    plot: options.Plot = None,
    html: options.Html = None,
    as_json: options.Json = False,
) -> None:
    """Show what a model is, what it was trained on, how well it does and where its files are.

    With --plot, draw how it learned; with --html, write one page with that, the card, what it is sure of, and the keys
    that it saved.
    """
    from autocomplete import bundle

    folder = bundle.existing_model(model)
    manifest = bundle.read_manifest(folder)
    if plot is not None:
        _draw(folder, manifest, plot)
    if html is not None:
        _write_page(model, folder, manifest, html)
    if as_json:
        say_document({"path": str(folder), **dataclasses.asdict(manifest)}, indent=1)
        return
    rows = _facts(folder, manifest)
    rows.append(("folder", str(folder)))
    rows += [(role, f"{entry.name}, {entry.bytes / 1e6:.2f} MB") for role, entry in sorted(manifest.files.items())]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        say(f"{name:<{width}}  {value}")


def _facts(folder: "Path", manifest: "Manifest") -> list[tuple[str, str]]:
    """What the model is and how well it does, with the character model beside it."""
    from autocomplete import bundle

    rows = _rows(
        dataclasses.asdict(manifest),
        network="" if manifest.network is None else manifest.network.summary,
        shown_from=manifest.shown_from,
    )
    characters = bundle.character_model(folder)
    if characters is not None:
        rows.append(("unseen words", _characters(bundle.read_manifest(characters).card)))
    return rows


def _write_page(model: str, folder: "Path", manifest: "Manifest", html: str) -> None:
    """Write the model's page; it names no place of this machine."""
    from autocomplete import bundle
    from autocomplete.interface.pages import model_page, page_file, write_page
    from autocomplete.predict.explanation import surest
    from autocomplete.predict.suggester import Suggester

    file = page_file(html)
    suggester = Suggester.open(model)
    personal = suggester.personal
    facts: list[tuple[str, str]] = []
    for fact, value in _facts(folder, manifest):
        facts.append((fact or facts[-1][0], value))
    page = model_page(
        name=folder.name,
        facts=facts,
        card=manifest.card.get("report"),
        log=bundle.read_log(folder),
        sure=surest(suggester.model, personal=personal),
        days=[] if personal is None else personal.days(),
    )
    write_page(file, page)
    say(f"wrote {file}", on_error=True)


def _draw(folder: "Path", manifest: "Manifest", plot: str) -> None:
    """Draw the model's learning curve."""
    from autocomplete import bundle
    from autocomplete.interface.plot import draw_learning_curve, require

    picture = require(plot)
    log = bundle.read_log(folder)
    if manifest.network is None or not any(record["event"] == "validation" for record in log):
        raise UsageError(f"{folder}: no network was trained and logged there.", "Leave out '--plot'.")
    network = manifest.network
    draw_learning_curve(log, picture, title=f"{network.title}, {network.layers} x {network.hidden_size} units")
    say(f"wrote {picture}", on_error=True)


def _rows(manifest: dict[str, Any], *, network: str, shown_from: "Thresholds") -> list[tuple[str, str]]:
    """The manifest as lines for a person, with the network's summary; a card without some part shows what it has."""
    from autocomplete.interface.report import WITHHELD, keystroke_savings, perplexity_text, thresholds_text

    corpus = manifest["card"].get("corpus", {})
    plan = manifest["card"].get("plan", {})
    results = manifest["card"].get("results", {})
    rows = [("model", f"{manifest['level']} level, layout '{manifest['layout']}'")]
    if manifest.get("segmenter"):
        rows.append(("words cut by", manifest["segmenter"]))
    if network:
        rows.append(("network", f"{network} ({plan.get('size', 'custom')})"))
    elif results.get("withheld") in WITHHELD:
        rows.append(("network", f"none: {WITHHELD[results['withheld']]}"))
    if corpus:
        unknown = 100 * corpus["valid_unknown_share"]
        size = f"{corpus['files']} file(s), {corpus['train_tokens']:,} tokens, vocabulary {corpus['vocabulary_size']:,}"
        rows.append(("trained on", f"{size}, {unknown:.1f} % of held-out tokens unknown"))
    if results:
        state = "finished" if results.get("finished") else "unfinished"
        created = manifest["card"].get("created", "")
        rows.append(
            (
                "training",
                f"{results.get('epochs', 0):g} epochs in {results.get('seconds', 0):.0f} s ({state}), {created}",
            )
        )
    if network and results:
        alone = perplexity_text(results.get("validation_perplexity"))
        rows.append(("held-out perplexity", f"{alone}, network alone"))
    mixture = manifest["card"].get("mixture", {})
    if mixture:
        mixed = perplexity_text(mixture["perplexity"]["mixture"])
        rows.append(("" if network else "held-out perplexity", f"{mixed}, all experts mixed"))
    report = manifest["card"].get("report", {})
    typed = report.get("systems", {}).get("mixture", {}).get("typed")
    if typed:
        saved = {each["shown"]: each["percent"] for each in keystroke_savings(typed) if each["percent"] is not None}
        shares = ", ".join(f"{percent:.1f} % with {shown}" for shown, percent in saved.items())
        rows.append(("keystrokes saved", f"{shares} suggestions, on {typed['words']:,} held-out words"))
    if manifest["threshold"] is not None:
        rows.append(("shown unasked", thresholds_text(shown_from)))
    return rows


def _characters(card: Mapping[str, Any]) -> str:
    """The character model beside a model of words."""
    bits = card.get("report", {}).get("systems", {}).get("mixture", {}).get("bits_per_character")
    worth = "" if bits is None else f", {bits:.2f} bits a character on held-out text"
    return f"completed by the character model in {CHARACTERS}/{worth}"
