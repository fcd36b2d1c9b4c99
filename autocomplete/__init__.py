"""Private next-word completion: a recurrent language model of your own text.

Example:
    >>> from autocomplete import Suggester
    >>> Suggester.open("default").suggest("best food in Las", k=1)[0].result
    'best food in Las Vegas'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocomplete.predict.suggester import Sampling, Suggester
    from autocomplete.predict.suggestion import Suggestion
    from autocomplete.runs.train import train

__all__ = ["Sampling", "Suggester", "Suggestion", "train"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: commands that predict nothing do not pay for it."""
    if name in ("Sampling", "Suggester"):
        from autocomplete.predict import suggester

        return getattr(suggester, name)
    if name == "Suggestion":
        from autocomplete.predict.suggestion import Suggestion

        return Suggestion
    if name == "train":
        from autocomplete.runs.train import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
