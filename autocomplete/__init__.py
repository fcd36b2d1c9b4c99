"""Private next-word completion: a recurrent language model of your own text.

Example:
    >>> from autocomplete import Suggester
    >>> Suggester.open("default").suggest("best food in Las", k=1)[0].result
    'best food in Las Vegas'

A program that serves many writers, or asks for probabilities alone, opens a model once:

    >>> from autocomplete import Model, Session
    >>> model = Model.open("default")
    >>> model.next_words("best food in Las", k=1)[0].text
    'Vegas'
    >>> Session(model).suggest("best food in Las", k=1)[0].insert
    ' Vegas'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocomplete.errors import AutocompleteError
    from autocomplete.learned.store import PersonalStore
    from autocomplete.predict.experts.protocol import Classing, Expert, Opinion, Sequences
    from autocomplete.predict.model import Model, NextWord, Score, ScoredWord
    from autocomplete.predict.ranking import Sampling
    from autocomplete.predict.session import Session
    from autocomplete.predict.suggester import Suggester
    from autocomplete.predict.suggestion import Suggestion
    from autocomplete.runs.train import train

__all__ = [
    "AutocompleteError",
    "Classing",
    "Expert",
    "Model",
    "NextWord",
    "Opinion",
    "PersonalStore",
    "Sampling",
    "Score",
    "ScoredWord",
    "Sequences",
    "Session",
    "Suggester",
    "Suggestion",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: commands that predict nothing do not pay for it."""
    if name == "AutocompleteError":
        from autocomplete.errors import AutocompleteError

        return AutocompleteError
    if name == "Suggestion":
        from autocomplete.predict.suggestion import Suggestion

        return Suggestion
    if name == "train":
        from autocomplete.runs.train import train

        return train
    if name in __all__:
        from autocomplete.learned import store
        from autocomplete.predict import model, ranking, session, suggester
        from autocomplete.predict.experts import protocol

        homes = {"Sampling": ranking, "Session": session, "Suggester": suggester, "PersonalStore": store}
        homes |= dict.fromkeys(("Classing", "Expert", "Opinion", "Sequences"), protocol)
        return getattr(homes.get(name, model), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
