"""A session: one writer's text on a model, from what stands around the cursor to the suggestions."""

import copy
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import get_args

from autocomplete.bundle import Thresholds
from autocomplete.errors import UsageError
from autocomplete.learned.pinned import PinnedFile
from autocomplete.learned.store import PersonalStore, Removal, forms_of
from autocomplete.predict.context import Before, remembered
from autocomplete.predict.model import Model
from autocomplete.predict.passed_over import NOTHING, PassedOver
from autocomplete.predict.phrases import LEAST_OWN
from autocomplete.predict.pinned import NAME as PINNED
from autocomplete.predict.pinned import PinnedPhrases, with_pinned
from autocomplete.predict.ranking import Sampling, ranked
from autocomplete.predict.small_letters import writes_small, written_small
from autocomplete.predict.suggestion import CASES, Mode, Suggestion
from autocomplete.text.unicode import caseless
from autocomplete.text.vocabulary import END_TOKEN, may_be_secret

# Suggestions that a sample is drawn from.
_SAMPLED_FROM = 200
# What closes a bracket or a quotation, by what opens it.
_CLOSING = {
    "(": ")",
    "[": "]",
    "{": "}",
    "<": ">",
    '"': '"',
    "'": "'",
    "“": "”",
    "„": "“",
    "‘": "’",
    "«": "»",
    "`": "`",
}
# Characters on either side of the cursor that tell which word stands there.
_AROUND = 64


class Session:
    """One writer's text: what was read of it, and the words that the model lacks.

    Sessions on one model do not influence each other. They are made without copying anything of the model, keep what
    they read of their text, so that a key more costs little, and may be used by one thread at a time each.

    Args:
        model: What suggests.
        personal: What the person who writes taught, and the words of the model's block list.
        pinned: Their abbreviations and phrases.
    """

    def __init__(
        self, model: Model, *, personal: PersonalStore | None = None, pinned: PinnedFile | None = None
    ) -> None:
        self.model = model
        self.personal = personal
        self._pinned = None if pinned is None else PinnedPhrases(pinned)
        self._ranker = model.ranker(personal)
        self._blocked = forms_of(model.blocked) if personal is None else frozenset()  # the store has the list as it is

    def hearing(self, model: Model) -> "Session":
        """Return a session on the same text with a model that differs in its threshold and in the experts it hears.

        Those are some of this one's, or others that remember alike. What both read is read once; both belong to one
        thread, and to a writer who taught nothing.
        """
        other = copy.copy(self)
        other.model, other._ranker = model, self._ranker.hearing(model.mixture)
        return other

    def suggest(
        self,
        text: str,
        *,
        after: str = "",
        k: int = 5,
        mode: Mode = "auto",
        min_probability: float | Thresholds = 0.0,
        words: int = 1,
        context: str = "",
        blocked: Collection[str] = (),
        sampling: Sampling | None = None,
        passed_over: PassedOver = NOTHING,
    ) -> list[Suggestion]:
        """Return up to `k` suggestions, most likely first; phrases in the order of their first words.

        What this takes does not grow with the text: some 500 to 1,000 words before the cursor are read.

        Args:
            text: What was typed before the cursor; the last word may be half-typed.
            after: What stands behind the cursor: the word there is not suggested, as a whole or for its beginning.
            k: Most suggestions returned.
            mode: `next` words only, `complete` the last word only, or `auto` for both in one list.
            min_probability: Suggestions less likely than this are left out; of phrases, the first word counts. Where
                next words and completions shall be judged apart, a threshold for each.
            words: Most words of each suggestion but those that were pinned; marks do not count. A phrase ends where the
                sentence does, and before its confidence, the probability a word, falls under the model's threshold of
                phrases. What the person has written before, in this text or in lines that were kept or learned, goes on
                as it did, and a name is whole.
            context: Text that the input goes on from: read, never changed. A word at its end is finished, and a space
                between the two need not be written; a line break at its end begins a new line.
            blocked: Words that are never suggested, whatever their case, nor their possessives, beside those that the
                model blocks.
            sampling: Draw the suggestions instead of taking the most likely.
            passed_over: What was shown while the last word was typed, where somebody types: it is less likely now.

        Raises:
            UsageError: An argument makes no sense.
        """
        least = min_probability if isinstance(min_probability, Thresholds) else Thresholds(*[min_probability] * 3)
        _refuse_nonsense(k=k, mode=mode, least=least, words=words, blocked=blocked)
        before = self._before(text, context)
        forbidden = self._forbidden(before, after, blocked)
        refused = passed_over.at(text)
        count = (k if sampling is None else max(k, _SAMPLED_FROM)) + CASES * len(forbidden) + len(refused.times())
        offered = refused.weighed(self._found(before, mode=mode, count=count, forbidden=forbidden), text)
        if self._pinned is not None:  # whatever it is that looks secret there, its writer wants it offered
            pinned = self._pinned.offers(text, mode=mode, forbidden=forbidden)
            offered = with_pinned(pinned, offered) if pinned else offered
        needed = least._asdict()  # by the kinds of suggestions
        listed = [item for item in ranked(offered) if item.probability >= needed[item.kind]]
        chosen = listed[:k] if sampling is None else sampling.draw(listed, k)
        if words > 1:  # in the order of their first words: one that goes far stands before a word that is less sure
            chosen = [self._extended(before, item, words=words, least=least, forbidden=forbidden) for item in chosen]
        return [_applied(item, text) for item in chosen]

    def extended(self, suggestion: Suggestion, text: str, *, words: int, above: float = 0.0) -> Suggestion:
        """Go on after a suggestion of one word as `suggest` does where several are wanted.

        Args:
            suggestion: One of those for the text.
            text: What was typed.
            words: Most words.
            above: Who wants a phrase of all the words only where it is at least so probable may get a shorter one else,
                which takes less time.
        """
        before = self._before(text, "")
        least, forbidden = Thresholds(0.0, 0.0, 0.0), self._forbidden(before, "", ())
        first = _behind(before, suggestion)
        longer = self._extended(before, first, words=words, least=least, forbidden=forbidden, above=above)
        return suggestion if longer is first else _applied(longer, text)

    def _extended(
        self,
        before: Before,
        first: Suggestion,
        *,
        words: int,
        least: Thresholds,
        forbidden: frozenset[str],
        above: float = 0.0,
    ) -> Suggestion:
        """Go on after a suggestion as far as is confident and may be shown."""
        if PINNED in first.experts:
            return first
        surest = Thresholds(max(LEAST_OWN, least.next), least.complete, max(self.model.thresholds.phrase, least.phrase))
        never = forbidden | self.model.secret_words
        longer = self._ranker.extended(before, first, words=words, least=surest, blocked=never, above=above)
        return longer if longer is first or self._may_show(longer.text) else first

    def recalled(
        self, suggestion: Suggestion, text: str, *, after: str = "", context: str = "", blocked: Collection[str] = ()
    ) -> Suggestion:
        """Go on after a suggestion of one word as the person did before: a line to its end, a name to its last word.

        Args:
            suggestion: One of those for the text.
            text: What was typed, and what else the suggestion was asked with.
            after: The same.
            context: The same.
            blocked: The same.

        Returns:
            The longer suggestion; the same where nothing was written so before, or not always alike.
        """
        if PINNED in suggestion.experts:
            return suggestion
        before = self._before(text, context)
        whole = _behind(before, suggestion)
        longer = self._ranker.recalled(before, whole, blocked=self._forbidden(before, after, blocked))
        return _applied(longer, text) if longer is not whole and self._may_show(longer.text) else suggestion

    def _before(self, text: str, context: str) -> Before:
        """What is remembered of a text and what comes before it."""
        apart = context[-1:].isspace() or text[:1].isspace()
        return remembered(context + " " if context and text and not apart else context, text, self.model.tokenizer)

    def _forbidden(self, before: Before, after: str, blocked: Collection[str]) -> frozenset[str]:
        """The words that are not suggested, `caseless`."""
        forbidden = self._blocked | self._standing(before.text, after)
        if blocked:
            forbidden |= forms_of(blocked)
        return forbidden if self.personal is None else forbidden | self.personal.blocked.words()

    def _found(self, before: Before, *, mode: Mode, count: int, forbidden: Collection[str]) -> list[Suggestion]:
        """What may follow and may be shown, in the case in which its writer writes; each result once."""
        capitals = self.model.capitals if writes_small(before.text) else None
        candidates = self._ranker.candidates(before, mode=mode, count=count if capitals is None else 2 * count)
        if capitals is not None:  # of two that differ in their case, one is left
            small_form = capitals.small_form
            candidates = [written_small(candidate, before.text, small_form=small_form) for candidate in candidates]
        found: dict[str, Suggestion] = {}
        for candidate in candidates:
            if not (forbidden and caseless(candidate.text) in forbidden) and self._may_show(candidate.text):
                known = found.get(candidate.result)
                found[candidate.result] = candidate if known is None else known.joined(candidate)
        return list(found.values())

    def learn(self, line: str) -> bool:
        """Keep the words of a committed line, on the disk when this returns; suggestions use them from then on.

        Returns:
            Whether the line was kept (`PersonalStore.learn` says when not).

        Raises:
            UsageError: The model predicts characters, or the session was given nothing to learn into.
            AutocompleteError: The database is damaged or cannot be written.
        """
        return self._taught().learn(line, judge=self._ranker.trials)

    def forget(self, words: Iterable[str]) -> None:
        """Block words for good, here and in the model's folder, and delete what was learned of them."""
        self._taught().forget(words)

    def remove(self, text: str) -> Removal:
        """Suggest a word no more: what was learned of it goes; where that is all that is known of it, that is all.

        Else it is blocked for good. Of several words the lines of the history go that hold them, and what was learned
        of the second behind the first. `restore` takes it back.

        Raises:
            UsageError: It is no word, or the session was given nothing to learn into.
            AutocompleteError: The block list or the database cannot be written.
        """
        return self._taught().remove(text, known=self.model.knows(text))

    def restore(self, removal: Removal) -> None:
        """Take a removal back: the word is suggested again, and known as it was."""
        self._taught().restore(removal)

    def _taught(self) -> PersonalStore:
        if self.personal is None:
            raise UsageError(
                "This session has no store of what was learned.",
                "Give it one: 'Session(model, personal=PersonalStore.open(folder))', or use 'Suggester.open'.",
            )
        return self.personal

    def _may_show(self, text: str) -> bool:
        """Whether a word, or several, may be suggested: not what looks like a secret by itself.

        Words of the vocabulary were judged when it was built; others are by what they consist of.
        """
        if text.isalpha() or not may_be_secret(text) or self.model.keeps_secrets:
            return True
        if caseless(text) in self.model.secret_words:
            return False
        return text in self.model.vocabulary or not _consists_of_secret(text)

    def _standing(self, before: str, after: str) -> frozenset[str]:
        """The word at the cursor or right behind it, `caseless`, where one stands there before the line ends."""
        if not after:
            return frozenset()
        tokenizer = self.model.tokenizer.of_words()
        # A mark stands for an empty text: before the first word, line breaks end nothing.
        shown = before[-_AROUND:] if before[-_AROUND:].strip() else "." + before[-_AROUND:]
        behind = (token for token in tokenizer.spans(shown + after[:_AROUND]) if token.stop > len(shown))
        word = next(behind, None)
        return frozenset() if word is None or word.text == END_TOKEN else frozenset([caseless(word.text)])


def _behind(before: Before, suggestion: Suggestion) -> Suggestion:
    """A suggestion with the text that it makes of what is remembered."""
    return replace(suggestion, result=before.text[: len(before.text) - suggestion.replace] + suggestion.insert)


def _applied(item: Suggestion, text: str) -> Suggestion:
    """A suggestion with the text that it makes of what was typed.

    A blank that was typed goes where a comma takes its place. It stays between what opens and what closes, as in `[ ]`,
    and behind a mark that words follow without one, as in `5 - 3` where the training text has `-3`.
    """
    kept = text[: len(text) - item.replace]
    stays = item.insert[:1].isalnum() or (item.insert != "" and item.insert == _CLOSING.get(kept[-1:]))
    if stays and item.kind == "next" and text[len(kept) :].isspace():
        item, kept = replace(item, replace=0), text
    result = kept + item.insert
    return item if item.result == result else replace(item, result=result)


def _refuse_nonsense(*, k: int, mode: str, least: Thresholds, words: int, blocked: Collection[str]) -> None:
    if k < 1:
        raise UsageError(f"{k} suggestions are none.", "Ask for 1 or more.")
    if mode not in get_args(Mode):
        raise UsageError(f"'{mode}' is no mode.", f"Choose one of {', '.join(get_args(Mode))}.")
    for probability in least:
        if not 0.0 <= probability <= 1.0:
            raise UsageError(f"{probability} is no probability.", "Give a number from 0 to 1.")
    if words < 1:
        raise UsageError(f"Suggestions of {words} words are none.", "Ask for 1 or more.")
    if isinstance(blocked, str):
        raise UsageError(f"'{blocked}' is one text, and several words may be blocked.", "Give a list of words.")
    if phrases := [word for word in blocked if len(word.split()) != 1]:
        raise UsageError(f"'{phrases[0]}' is not one word, and words are blocked.", "Block its words one by one.")


@lru_cache(maxsize=4096)
def _consists_of_secret(text: str) -> bool:
    """Found once for each text, when it is met first."""
    from autocomplete.text.secret_words import consists_of_secret  # few texts need it

    return consists_of_secret(text)
