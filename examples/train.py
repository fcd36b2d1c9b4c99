"""Train a model on the sample corpus for a minute, say how it goes, and complete a line with it."""

from autocomplete import Suggester, train
from autocomplete.network.events import Validation
from autocomplete.runs.events import Counted, Planned, RunEvent


def show(event: RunEvent) -> None:
    """Print the events that tell most."""
    match event:
        case Counted():
            print(f"{sum(event.report.facts.kept):,} n-grams: the model can be used")
        case Planned():
            print(f"training: {event.plan.network.summary}, {event.plan.epochs:.1f} epochs")
        case Validation():
            print(f"epoch {event.epoch:.1f}: held-out perplexity {event.perplexity:.1f}")


if __name__ == "__main__":  # long texts are read by several processes, which import this file
    folder = train("data/queries.txt", model="build/example", budget=60, force=True, on_event=show)
    print(Suggester.open(folder).suggest("best food in Las ", k=1)[0].text)
