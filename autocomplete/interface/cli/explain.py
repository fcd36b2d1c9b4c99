"""`autocomplete explain`: how surely a model foresaw each word of a text."""

from typing import Annotated

import typer

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli.suggest import typed_text, warned
from autocomplete.interface.terminal import say, say_document

# Most words that may be asked for: they take 6 s of processor time with a tiny network, and a page of 10 MB.
MOST_WORDS = 10_000


def explain(
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]", help="A finished text; read from standard input where it is a pipe."),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    words: Annotated[int, typer.Option(min=1, max=MOST_WORDS, help="Most words and marks explained.")] = 200,
    html: options.Html = None,
    as_json: options.Json = False,
) -> None:
    """Show how surely each word of a text was foreseen, by which expert, and what stood first instead.

    Of a network with gates, how open they were at each word too.
    """
    from autocomplete.interface.explanation import explanation_lines
    from autocomplete.interface.pages import explanation_page, page_file, write_page
    from autocomplete.predict.explanation import explained
    from autocomplete.predict.suggester import Suggester

    page = None if html is None else page_file(html)
    typed = typed_text(text)
    suggester = Suggester.open(model)
    found = explained(suggester.model, typed, personal=suggester.personal, most=words)
    warned(suggester)
    if not found.words and not as_json:
        raise UsageError(
            "There is no word to explain.", "Give a text: 'autocomplete explain \"best food in Las Vegas\"'."
        )
    if page is not None:
        write_page(page, explanation_page(found, model=model))
        say(f"wrote {page}", on_error=True)
    if as_json:
        say_document({"model": model, **found.as_dict()})
    else:
        say(*explanation_lines(found))
    if found.left_out:
        say(f"{found.left_out:,} more words and marks were left out; '--words' explains more.", on_error=True)
