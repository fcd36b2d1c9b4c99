"""`autocomplete stats`: keystrokes saved over time."""

from autocomplete import bundle
from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import say, say_document


def stats(model: options.Model = DEFAULT_MODEL, as_json: options.Json = False) -> None:
    """Show how many keystrokes suggestions saved, day by day."""
    folder = bundle.existing_model(model)
    from autocomplete.learned.store import Day, PersonalStore

    store = PersonalStore.open(folder)
    days = store.days()
    total = Day("total", sum(day.characters for day in days), sum(day.keys for day in days))
    if as_json:
        rows = [{"day": day.day, "characters": day.characters, "keys": day.keys, "saved": day.saved} for day in days]
        sums = {"characters": total.characters, "keys": total.keys, "saved": total.saved}
        say_document({"path": str(store.path), "days": rows, "total": sums})
        return
    if not days:
        say(
            "Nothing was counted yet: 'autocomplete repl --learn' counts the keys that its suggestions save.",
            on_error=True,
        )
        return
    say(f"{'day':<10}  {'characters':>10}  {'keys':>10}  {'saved':>10}")
    for day in [*days, total]:
        share = "" if day.saved is None else f"{100 * day.saved:.1f} %"
        say(f"{day.day:<10}  {day.characters:>10,}  {day.keys:>10,}  {share:>10}")
