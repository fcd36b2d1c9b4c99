"""Whether words that nobody judged before look like secrets by themselves.

What a vocabulary holds was judged by all the rules (`secrets`) when it was built, and what is learned is when it is
learned. Left are words that a person wrote a moment ago, that are spelled letter by letter, or that are put together
from several: they are judged here by what they consist of alone. Nothing that takes long to load is needed.
"""

from autocomplete.text.randomness import looks_random
from autocomplete.text.secret_numbers import kind_of_number
from autocomplete.text.unicode import plain_text


def consists_of_secret(text: str) -> bool:
    """Whether one of some words looks drawn by chance, or their digits are the number of a card or the like."""
    plain = plain_text(text)
    return any(map(looks_random, plain.split())) or kind_of_number(plain, plain.lower()) is not None
