"""Where a sentence begins: within a line too, what begins lines is likely as far as the line might have ended there."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from autocomplete.arrays import Float32Array, Int64Array
from autocomplete.predict.experts.mixture import Forecast
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.text.syntax import Syntax
from autocomplete.text.vocabulary import END, is_word

# Marks, alone or in a row, that end a sentence, also of scripts that have their own.
SENTENCE_ENDS = frozenset(".?!…。！？｡؟۔।॥")
# Those behind which a sentence rather goes on.
_ELLIPSES = ("..", "…")
# Marks that may close something behind such a mark.
_CLOSING = frozenset("\"'”’»)]」』")
# What ends a command, though the line goes on: `sleep 5 & date`.
_COMMAND_ENDS = frozenset(["&", ";"])
# Tokens by which it is known whether a line ends behind them: `Mr.` ends none.
_CONTEXT = 2
_MOSTLY = 0.5


class SentenceBeginnings:
    """Tells where a sentence, or a command, may begin within a line.

    Args:
        ngrams: What the training text has behind what ends a sentence.
        text_of: The token of an id.
        size: Of the vocabulary: ids from here on are of tokens that the training text lacks.
        syntax: How the text is cut.
    """

    def __init__(self, ngrams: NgramExpert | None, *, text_of: Callable[[int], str], size: int, syntax: Syntax) -> None:
        self._ngrams = ngrams
        self._text_of = text_of
        self._size = size
        self._syntax = syntax

    def may_stand_behind(self, last: Sequence[int]) -> bool:
        """Whether the last tokens before a place, oldest first, end a sentence behind which another may begin.

        A picture does: in messages it stands in the place of a mark.
        """
        if self._syntax == "commands":
            return bool(last) and self._text_of(last[-1]) in _COMMAND_ENDS
        for token in reversed(last):
            text = self._text_of(token)
            if SENTENCE_ENDS.issuperset(text) or unicodedata.category(text[0]) == "So":
                return True
            if not _CLOSING.issuperset(text):
                return False
        return False

    def must_stand_behind(self, last: Sequence[int]) -> bool:
        """Whether it ends in a mark that the training text has nowhere, and that does: in that its lines just end."""
        return (
            last[-1] >= self._size and self.may_stand_behind(last) and not self._text_of(last[-1]).startswith(_ELLIPSES)
        )

    def breaks_line(self, last: Sequence[int], token: int) -> bool:
        """Whether a line of the training text would have ended between the last tokens and a word.

        So it is where lines hold a sentence each: behind `water.` their next word is the first of another line, and
        what follows it there follows it here.
        """
        if token == END or not self.may_stand_behind(last):
            return False
        if not is_word(self._text_of(token), self._syntax):  # which may still close what ends
            return False
        if self._ngrams is None or self.must_stand_behind(last):
            return self.must_stand_behind(last)
        context = self._ngrams.known(last[-_CONTEXT:])
        return self._ngrams.model.probability(context, END) > _MOSTLY


def going_on(forecast: Forecast, anew: Forecast) -> Forecast:
    """What may follow where a line could have ended and goes on.

    Somebody who writes on behind the end of a sentence begins another one, as lines begin: as likely as the line was to
    end there. In a text whose lines have several sentences each, that is seldom; in one of short lines it is nearly
    always, and what little is known of the words behind a full stop within a line says nothing.

    Args:
        forecast: What may follow, the end of the line among it.
        anew: What may follow once it has ended.
    """
    end, blank = float(forecast.probabilities[END]), float(anew.probabilities[END])
    if blank >= 1.0:
        return forecast
    share = np.float32(end / (1.0 - blank))
    further = forecast.further
    if not np.array_equal(further, anew.further):
        further = np.array(list(dict.fromkeys([*further.tolist(), *anew.further.tolist()])), np.int64)
    gifts = _laid_out(forecast, further)
    for name, gift in _laid_out(anew, further).items():
        gifts[name] = gifts.get(name, np.float32(0.0)) + share * gift
    for gift in gifts.values():
        gift[END] = 0.0
    return forecast._replace(probabilities=reduce(np.add, gifts.values()), further=further, gifts=gifts)


def _laid_out(forecast: Forecast, further: Int64Array) -> dict[str, Float32Array]:
    """Copies of what each expert gave, with these further words behind the vocabulary, its own among them."""
    size = len(forecast.probabilities) - len(forecast.further)
    if len(further) == len(forecast.further):
        return {name: gift.copy() for name, gift in forecast.gifts.items()}
    place_of = {token: size + place for place, token in enumerate(further.tolist())}
    places = [place_of[token] for token in forecast.further.tolist()]
    found = {}
    for name, gift in forecast.gifts.items():
        whole = found[name] = np.zeros(size + len(further), np.float32)
        whole[:size], whole[places] = gift[:size], gift[size:]
    return found
