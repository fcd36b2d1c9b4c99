"""What stands at the end of a typed text: finished tokens, and the word that may be half-typed.

That word may also be what marks hold together, such as `src/main.p` or `and/o`. Where a mark joins letters on both
sides, they are one longer word, and a word of its own is no end of that, unless just this was written before: in the
training text, by this writer, or in the person's lines.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.experts.personal import PersonalExpert
from autocomplete.predict.lexicon import MARK_SLIP, Lexicon
from autocomplete.predict.word_ids import Spacing, WordIds
from autocomplete.text.hyphenation import ends_hyphenated
from autocomplete.text.scripts import cut, is_spaceless
from autocomplete.text.tokenizer import Token, Tokenizer
from autocomplete.text.unicode import JOINERS
from autocomplete.text.vocabulary import END, END_TOKEN, UNKNOWN, Joining, is_word, opens

# Marks that may stand inside what is several tokens until the next letter: `3.`, `1,`, `e.g`, `www.`.
_INNER_MARKS = frozenset("./\\:@_&=+#~,")
# Marks that hold initialisms, addresses, paths, names and compounds together where no space stands beside them.
_HOLDING = _INNER_MARKS - {","} | frozenset("-‐‑")
# Marks that name a folder: that of the person, this one, and the one above it.
_FOLDERS = frozenset(["~", ".", ".."])
_SEPARATORS = frozenset("/\\")
# What a text that is read once is kept up to.
_WHITE_SPACE = (" ", "\n")
# Tokens that a half-typed one may be read as.
_MOST_PIECES = 8
# Characters of the longest beginning of an address, `www.`, and the one before it.
_LONGEST_BEGUN = 5
# Spelling sees about so many characters before the word.
SPELLING_CONTEXT = 200
_FULL_STOP = "."
# Marks that end a sentence or a clause as well: what follows apart is then as likely as anywhere.
_ENDING = frozenset(".:")
# A word that may end a sentence; shorter ones before a full stop are mostly parts of an initialism.
_LEAST_WORD = 2
# Letters of the longest half-typed word that is looked for where no spaces are, and how many ways to cut are weighed.
_LONGEST_TAIL, _MOST_ENDINGS = 12, 3


class Written(NamedTuple):
    """A typed text as tokens.

    Attributes:
        text: The same as it was typed.
        tokens: All of it.
        ids: Of the first of them, up to the last space.
        unknown: Words among those that the vocabulary lacks.
        quote: How many of those need not be looked at to tell whether a quotation is open at the end.
    """

    text: str = ""
    tokens: tuple[Token, ...] = ()
    ids: tuple[int, ...] = ()
    unknown: frozenset[str] = frozenset()
    quote: int = 0


class TypedText:
    """Reads a text that grows key by key: what stands before the last space but one is not read again.

    Args:
        tokenizer: How text becomes tokens.
        words: Ids of words.
        joining: Tells where quotations are open.
    """

    def __init__(self, tokenizer: Tokenizer, words: WordIds, joining: Joining) -> None:
        self._tokenizer = tokenizer
        self._words = words
        self._joining = joining
        self._kept = Written()

    def read(self, typed: str) -> Written:
        """The text as tokens, as `Tokenizer.spans` finds them."""
        written = self.glance(typed)
        if not written.ids:
            self._kept = Written()
        self._keep(written)
        return self._kept._replace(text=typed, tokens=written.tokens)

    def glance(self, typed: str) -> Written:
        """The same of a text that may not come to be: nothing of it is kept."""
        kept, cut = self._kept, len(self._kept.text)
        if kept.text and typed.startswith(kept.text) and typed[cut : cut + 1] in _WHITE_SPACE:
            # A mark stands for the text before, so that line breaks are read as within a text.
            _, *rest = self._tokenizer.spans("." + typed[cut:], self._words.vocabulary.count)
            if _stands_apart(rest) or typed[cut:].isspace():
                moved = (token._replace(start=token.start + cut - 1, stop=token.stop + cut - 1) for token in rest)
                return kept._replace(text=typed, tokens=(*kept.tokens, *moved))
        return Written(typed, tuple(self._tokenizer.spans(typed, self._words.vocabulary.count)))

    def ids(self, written: Written, tokens: Sequence[Token]) -> list[int]:
        """Ids of finished tokens that a text begins with, lasting ones."""
        known = written.ids[: len(tokens)]
        return [*known, *(self._words.id(token.text) for token in tokens[len(known) :])]

    def quoting(self, written: Written) -> bool:
        """Whether a quotation is open at the end of the text."""
        tokens = written.tokens[written.quote :]
        if self._joining.quote is None:
            return False
        known = written.ids[written.quote :]
        ids = [*known, *(self._words.known_id(token.text) for token in tokens[len(known) :])]
        return self._joining.quoting(ids, [*(token.spaced for token in tokens), written.text[-1:].isspace()])

    def _keep(self, written: Written) -> None:
        """Keep the tokens before the last space, or line break, that tokens follow: none crosses it."""
        typed, before = written.text.rstrip(), self._kept
        text = typed[: max(0, *map(typed.rfind, _WHITE_SPACE))].rstrip()
        if len(text) <= len(before.text) or typed[len(text)] not in _WHITE_SPACE:
            return
        if "\n" in typed and ends_hyphenated(text):  # the word may go on in the next line
            return
        count = len(written.tokens)
        while count and written.tokens[count - 1].stop > len(text):
            count -= 1
        new = written.tokens[len(before.ids) : count]
        if not new or new[-1].stop != len(text) or not _stands_apart(written.tokens[count : count + 1]):
            return
        ids = (*before.ids, *(self._words.id(token.text) for token in new))
        unknown = {token.text for token in new if token.text not in self._words.vocabulary}
        kept = Written(text, written.tokens[:count], ids, before.unknown | unknown, before.quote)
        quote = self._last_quote(ids) if self.quoting(kept._replace(text=text + " ")) else count
        self._kept = kept._replace(quote=quote)

    def _last_quote(self, ids: Sequence[int]) -> int:
        """Where the last quotation was opened."""
        return len(ids) - 1 - ids[::-1].index(self._joining.quote or UNKNOWN)


def _stands_apart(tokens: Sequence[Token]) -> bool:
    """Whether the first of some tokens stands right behind white space: invisible characters may come between."""
    return bool(tokens) and (tokens[0].spaced or tokens[0].text == END_TOKEN)


def _goes_on(token: Token, following: Token) -> bool:
    """Whether two tokens belong to one run of a script without spaces."""
    return token.stop == following.start and is_spaceless(token.text) and is_spaceless(following.text)


def _tokens_of(run: str, start: int, *, spaced: bool) -> list[Token]:
    """The words of a run that starts somewhere in a text."""
    tokens: list[Token] = []
    for word in cut(run):
        tokens.append(Token(word, start, start + len(word), spaced=spaced and not tokens))
        start += len(word)
    return tokens


class Ending(NamedTuple):
    """How a typed text ends.

    Attributes:
        finished: The tokens before the half-typed word.
        tail: The half-typed word, or None.
        pieces: What the tail is where it is finished, if that is several tokens.
    """

    finished: Sequence[Token]
    tail: Token | None
    pieces: tuple[Token, ...] = ()


def ending(spans: Sequence[Token], typed: str) -> Ending:
    """Take the last token for half-typed, if it may be."""
    if not spans or spans[-1].stop != len(typed) or spans[-1].text == END_TOKEN:
        return Ending(spans, None)
    last = spans[-1]
    if last.text in JOINERS and not last.spaced and len(spans) > 1 and spans[-2].text[-1].isalnum():
        word = spans[-2]
        return Ending(spans[:-2], Token(word.text + last.text, word.start, last.stop, word.spaced))
    return Ending(spans[:-1], last) if last.text[0].isalnum() else Ending(spans, None)


def joined_endings(spans: Sequence[Token], typed: str) -> Iterator[Ending]:
    """Take several last tokens for one half-typed word with marks in it, in each way there is, longest first."""
    if not spans or spans[-1].stop != len(typed) or spans[-1].text == END_TOKEN:
        return
    for start in range(_first_without_space(spans), len(spans) - 1):
        pieces = tuple(spans[start:])
        if pieces[0].text[0].isalnum() and not _INNER_MARKS.isdisjoint(piece.text for piece in pieces):
            text = "".join(piece.text for piece in pieces)
            yield Ending(spans[:start], Token(text, pieces[0].start, len(typed), pieces[0].spaced), pieces)


def _first_without_space(spans: Sequence[Token]) -> int:
    """Where the last tokens begin between which no white space stands, or not much before the end."""
    first = len(spans) - 1
    while first > max(0, len(spans) - _MOST_PIECES) and not (spans[first].spaced or spans[first - 1].text == END_TOKEN):
        first -= 1
    return first


def held_together(before: Sequence[Token], start: int) -> list[Token]:
    """The last tokens that marks hold together with what begins at `start`, or none.

    The first is a word, or what begins a path as `~/` and `../` do; the last is a mark.
    """
    first = len(before)
    while first and before[first - 1].stop == start:
        if not (_is_mark(before[first - 1]) or (first < len(before) and _is_mark(before[first]))):
            break
        first -= 1
        start = before[first].start
    while first < len(before) and not (before[first].text[0].isalnum() or _begins_path(before[first : first + 2])):
        first += 1
    return list(before[first:])


def _begins_path(tokens: Sequence[Token]) -> bool:
    """Whether two tokens are a folder that marks name, and what separates folders."""
    return len(tokens) == 2 and tokens[0].text in _FOLDERS and tokens[1].text in _SEPARATORS


def _is_mark(token: Token) -> bool:
    """Whether a token is a mark that holds words together, or a run of one; dots and hyphens in a row do not."""
    return _HOLDING.issuperset(token.text) and not token.text.startswith(("..", "--"))


def begins_address(typed: str) -> bool:
    """Whether a text ends in what is no more than the beginning of an address, which no finished word is."""
    return _address_begun().search(typed[-_LONGEST_BEGUN:]) is not None


@cache
def _address_begun() -> re.Pattern[str]:
    return re.compile(r"(?:(?<!\w)[Ww]{3}\.|[A-Za-z]:/{1,2})\Z")


def is_spelled(typed: str, tail: Token) -> bool:
    """Whether a tail is a word of letters that stands alone, which a number or an address is not."""
    alone = tail.start == 0 or not (typed[tail.start - 1].isalnum() or typed[tail.start - 1] in JOINERS)
    return alone and all(letter.isalpha() or letter in JOINERS for letter in tail.text)


def spelling_start(typed: str, tail: int) -> int:
    """Where the text that spelling sees begins: the same for all letters of a word, and mostly for some words more."""
    earliest = tail - SPELLING_CONTEXT
    if earliest <= 0:
        return 0
    space = typed.find(" ", earliest // SPELLING_CONTEXT * SPELLING_CONTEXT, tail)
    return tail if space < 0 else space + 1


class Endings:
    """Tells how a typed text ends, and what is known behind a mark that joins.

    Args:
        lexicon: Finds the words that the model knows by their beginning.
        words: Ids of words.
        spacing: How tokens join.
        ngrams: What the training text has; without them everything is possible.
        personal: What the person's lines have.
        segments: Whether words of scripts without spaces are cut.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        words: WordIds,
        spacing: Spacing,
        *,
        ngrams: NgramModel | None,
        personal: PersonalExpert | None,
        segments: bool = False,
    ) -> None:
        self._segments = segments
        self._vocabulary = lexicon.vocabulary
        self._lexicon = lexicon
        self._words = words
        self._spacing = spacing
        self.ngrams = ngrams
        self._personal = personal
        self._of_commands = spacing.syntax == "commands"

    def may_end(self, typed: str) -> bool:
        """Whether what a text ends in may be finished words."""
        return self._of_commands or not begins_address(typed)

    def is_spelled(self, typed: str, tail: Token) -> bool:
        """Whether a half-typed word may be spelled letter by letter; of commands none is, lest it be a one-off one."""
        return not self._of_commands and is_spelled(typed, tail)

    def ending(self, written: Written) -> Ending:
        """How the text ends: where known words begin with several last tokens, those are one half-typed word."""
        if self._of_commands:
            return self._command_ending(written)
        for joined in joined_endings(written.tokens, written.text):
            if joined.tail is not None and self._begins_a_word(joined.tail.text, written, len(joined.finished)):
                return joined
        found = ending(written.tokens, written.text)
        tail = "" if found.tail is None else found.tail.text
        if tail[-1:] in JOINERS and not self._begins_a_word(tail, written, len(found.finished)):
            return Ending(written.tokens, None)  # the mark closes something
        return found

    def _command_ending(self, written: Written) -> Ending:
        """How a command ends: in the longest half-typed argument that is known, else in its last token.

        An operator is half-typed where a longer one is known, as `>` is of `>>`; a quote that closes is not.
        """
        tokens, typed = written.tokens, written.text
        if not tokens or tokens[-1].stop != len(typed) or tokens[-1].text == END_TOKEN:
            return Ending(tokens, None)
        first, last = _first_without_space(tokens), tokens[-1]
        for place in range(first, len(tokens) - 1):
            pieces = tokens[place:]
            text = "".join(piece.text for piece in pieces)
            if self._begins_a_word(text, written, place):
                return Ending(tokens[:place], last._replace(text=text, start=pieces[0].start), pieces)
        begun = is_word(last.text, "commands") and not opens(last.text)
        if begun or (first == len(tokens) - 1 and self._lexicon.begins_a_longer_word(last.text)):
            return Ending(tokens[:-1], last)
        return Ending(tokens, None)

    def others(self, written: Written, found: Ending) -> list[Ending]:
        """Other ways in which a run of a script without spaces may end: in beginnings of known words, longest first.

        How the end of a run is cut changes with every letter, for it is cut as if it were whole. Where a word begins is
        therefore open until it is finished: what was cut may be the beginning of one, or the end of one and that.
        """
        if not self._segments or found.tail is None or found.pieces or not is_spaceless(found.tail.text):
            return []
        first = len(written.tokens) - 1
        while first and _goes_on(written.tokens[first - 1], written.tokens[first]):
            first -= 1
        begin = written.tokens[first].start
        run = written.text[begin:]
        if run != "".join(token.text for token in written.tokens[first:]):  # its letters are not as they were typed
            return []
        endings: list[Ending] = []
        for start in range(max(0, len(run) - _LONGEST_TAIL), len(run)):
            tail = Token(run[start:], begin + start, len(written.text), written.tokens[first].spaced and start == 0)
            if not tail.text[0].isalnum() or tail == found.tail:
                continue
            if self._begins_a_word(tail.text, written, first):
                before = _tokens_of(run[:start], begin, spaced=written.tokens[first].spaced) if start else []
                endings.append(Ending((*written.tokens[:first], *before), tail))
            if len(endings) == _MOST_ENDINGS:
                break
        return endings

    def held(self, before: Sequence[Token], tail: Token) -> list[Token]:
        """The tokens that a half-typed word continues; none where it may be a word of its own, as of commands it is.

        A capital behind a full stop that ends a word of the vocabulary rather begins a sentence, whose writer forgot
        the space; a small letter there rather goes on an address or the name of a file.
        """
        run = held_together(before, tail.start)
        if self.ngrams is None or not run or self._of_commands:
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

    def ends(self, before: Sequence[Token], ids: Sequence[int], run: Sequence[Token]) -> set[int]:
        """Ids of the words that stood behind just these tokens, the last of those before, joined to them.

        `ids` are those of the tokens before.

        Of the training text and the person's lines only the words are kept, not the spaces: most often they stood as
        the last of the tokens does. Behind a full stop either may be: the space is often forgotten, or the word not
        the first of a sentence.
        """
        known = self._followers(run)
        last = self._words.id(run[-1].text)
        if run[-1].text != _FULL_STOP:
            typed = "".join(token.text for token in run)
            known = {token for token in known if not self._spacing.space_after([last], token, typed=typed)}
        return known | self._written(before[: len(before) - len(run)], ids, run)

    def next_words(self, tokens: Sequence[Token], ids: Sequence[int], typed: str) -> set[int] | None:
        """Ids of the words that may follow where a mark ends the text that holds them to it; None where all may."""
        run = held_together(tokens, len(typed))
        if self.ngrams is None or not run or run[-1].text[-1] in _ENDING or self._of_commands:
            return None
        return self.ends(tokens, ids, run)

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

    def _begins_a_word(self, tail: str, written: Written, finished: int) -> bool:
        """Whether a word that is known, or among the finished tokens before it, begins so but for case and accents."""
        if self._lexicon.begins_a_word(tail) or (self._personal is not None and self._personal.beginning_with(tail)):
            return True
        new = {token.text for token in written.tokens[len(written.ids) : finished]}
        unknown = written.unknown | {word for word in new if word not in self._vocabulary}
        return max(self._lexicon.matching.slips_of(tail, list(unknown)), default=0.0) >= MARK_SLIP

    def _followers(self, run: Sequence[Token]) -> set[int]:
        """Ids of what the training text and the person's lines have behind the tokens."""
        ids = [self._words.id(token.text) for token in run]
        found: set[int] = set()
        if self.ngrams is not None and all(UNKNOWN < token < self._vocabulary.size for token in ids):
            found.update(self.ngrams.followers(ids).tolist())
        if self._personal is not None:
            found.update(self._personal.followers([token.text for token in run]))
        return found - {UNKNOWN, END}

    def _written(self, before: Sequence[Token], ids: Sequence[int], run: Sequence[Token]) -> set[int]:
        """Ids of what the writer has behind the tokens without a space."""
        wanted, first = [token.text for token in run], self._words.id(run[0].text)
        found: set[int] = set()
        for place in range(len(before) - len(run)):
            if ids[place] == first:
                *same, word = before[place : place + len(run) + 1]
                joined = not any(token.spaced for token in (*same[1:], word))
                if joined and word.text[0].isalnum() and [token.text for token in same] == wanted:
                    found.add(self._words.id(word.text))
        return found
