"""How a typed text ends: in a half-typed word, or within what marks hold together, such as `src/main.p` or `and/o`.

Where a mark joins letters on both sides, they are one longer word. A word of its own is no end of that, unless just
this was written before: in the training text, in the session, or in the person's lines.
"""

from collections.abc import Iterable, Sequence

from autocomplete.corpus.specials import END, UNKNOWN
from autocomplete.corpus.tokenizer import Token
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.lexicon import MARK_SLIP, Lexicon, slip
from autocomplete.predict.ngram import NgramModel
from autocomplete.predict.personal_expert import PersonalExpert
from autocomplete.predict.spacing import Spacing
from autocomplete.predict.tail import JOINERS, Ending, ending, held_together, joined_endings
from autocomplete.predict.word_ids import WordIds

_FULL_STOP = "."
# Marks that end a sentence or a clause as well: what follows apart is then as likely as anywhere.
_ENDING = frozenset(".:")
# A word that may end a sentence; shorter ones before a full stop are mostly parts of an initialism.
_LEAST_WORD = 2
# Tokens of the session that are searched.
_SEARCHED = 4096


class Endings:
    """Tells how a typed text ends, and what is known behind a mark that joins.

    Args:
        vocabulary: The words that the model knows.
        lexicon: Finds them by their beginning.
        words: Ids of words.
        spacing: How tokens join.
        ngrams: What the training text has; without them everything is possible.
        personal: What the person's lines have.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        lexicon: Lexicon,
        words: WordIds,
        spacing: Spacing,
        *,
        ngrams: NgramModel | None,
        personal: PersonalExpert | None,
    ) -> None:
        self._vocabulary = vocabulary
        self._lexicon = lexicon
        self._words = words
        self._spacing = spacing
        self._ngrams = ngrams
        self._personal = personal

    def ending(self, spans: list[Token], typed: str) -> Ending:
        """How the text ends: where known words begin with several last tokens, those are one half-typed word."""
        for joined in joined_endings(spans, typed):
            if joined.tail is not None and self._begins_a_word(joined.tail.text, joined.finished):
                return joined
        found = ending(spans, typed)
        tail = "" if found.tail is None else found.tail.text
        if tail[-1:] in JOINERS and not self._begins_a_word(tail, found.finished):
            return Ending(spans, None)  # the mark closes something
        return found

    def held(self, before: Sequence[Token], tail: Token) -> list[Token]:
        """The tokens that a half-typed word continues; none where it may be a word of its own.

        A capital behind a full stop that ends a word of the vocabulary rather begins a sentence, whose writer forgot
        the space; a small letter there rather goes on an address or the name of a file.
        """
        run = held_together(before, tail.start)
        if self._ngrams is None or not run:
            return []
        first, *marks = (token.text for token in run)
        forgotten = (
            marks == [_FULL_STOP]
            and tail.text[0].isupper()
            and len(first) >= _LEAST_WORD
            and first.isalpha()
            and self._words.id(first) < self._vocabulary.size
        )
        return [] if forgotten else run

    def ends(self, before: Sequence[Token], run: Sequence[Token]) -> set[int]:
        """Ids of the words that stood behind just these tokens, the last of those before, joined to them.

        Of the training text and the person's lines only the words are kept, not the spaces: most often they stood as
        the last of the tokens does. Behind a full stop either may be: the space is often forgotten, or the word not
        the first of a sentence.
        """
        known = self._followers(run)
        last = self._words.id(run[-1].text)
        if run[-1].text != _FULL_STOP:
            typed = "".join(token.text for token in run)
            known = {token for token in known if not self._spacing.space_after([last], token, typed=typed)}
        return known | self._written(before[: len(before) - len(run)], run)

    def next_words(self, spans: Sequence[Token], typed: str) -> set[int] | None:
        """Ids of the words that may follow where a mark ends the text that holds them to it; None where all may."""
        run = held_together(spans, len(typed))
        if self._ngrams is None or not run or run[-1].text[-1] in _ENDING:
            return None
        return self.ends(spans, run)

    def completing(self, tail: str, words: Iterable[str], read: Sequence[int]) -> list[int]:
        """Ids of the marks with which a tail is one of the words: as such it is completed, they never follow it.

        Args:
            tail: What was typed of a word.
            words: What it may become.
            read: Ids of the text where it is finished.
        """
        ends = {word[len(tail) :] for word in words if word.startswith(tail)}
        marks = (self._vocabulary.id(end) for end in ends if end and not end[0].isalnum())
        return [mark for mark in marks if mark != UNKNOWN and not self._spacing.space_after(read, mark)]

    def _begins_a_word(self, tail: str, before: Sequence[Token]) -> bool:
        """Whether a word that is known, or that stands before it, begins so, but for case and accents."""
        if self._lexicon.begins_a_word(tail) or (self._personal is not None and self._personal.beginning_with(tail)):
            return True
        unknown = {token.text for token in before if token.text not in self._vocabulary}
        return any(slip(tail, word) >= MARK_SLIP for word in unknown)

    def _followers(self, run: Sequence[Token]) -> set[int]:
        """Ids of what the training text and the person's lines have behind the tokens."""
        ids = [self._words.id(token.text) for token in run]
        found: set[int] = set()
        if self._ngrams is not None and all(UNKNOWN < token < self._vocabulary.size for token in ids):
            found.update(self._ngrams.followers(ids).tolist())
        if self._personal is not None:
            found.update(self._personal.followers([token.text for token in run]))
        return found - {UNKNOWN, END}

    def _written(self, before: Sequence[Token], run: Sequence[Token]) -> set[int]:
        """Ids of what the session has behind the tokens without a space."""
        before = before[-_SEARCHED:]
        wanted = [token.text for token in run]
        found: set[int] = set()
        for place in range(len(before) - len(run)):
            if before[place].text == wanted[0]:
                *same, word = before[place : place + len(run) + 1]
                joined = not any(token.spaced for token in (*same[1:], word))
                if joined and word.text[0].isalnum() and [token.text for token in same] == wanted:
                    found.add(self._words.id(word.text))
        return found
