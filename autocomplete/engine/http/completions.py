"""`/v1/completions` as clients of OpenAI know it: a text is gone on with, word by word.

What they may only append, this appends: a suggestion that would mend the last word is left out. Words are what they
call tokens. Without a temperature each is the likeliest.
"""

import json
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple

from autocomplete.engine.http.asking import Alone, Asker, added, only
from autocomplete.engine.http.tokens import new_token
from autocomplete.engine.messages import MOST_WORDS
from autocomplete.engine.protocol import (
    QUESTION_PARTS,
    Question,
    Reader,
    read_flag,
    read_number,
    read_parts,
    read_text,
    read_texts,
    read_whole_number,
)
from autocomplete.errors import UsageError
from autocomplete.places import DEFAULT_MODEL
from autocomplete.predict.suggestion import Suggestion

# As OpenAI's: words of a choice unless a request says how many.
_WORDS = 16
_MOST_CHOICES = 20
_MOST_LOGPROBS = 20
_MOST_STOPS = 16
# Suggestions beside those needed: some would change what stands there, and cannot be appended.
_SPARE = 4
# That a drawn word is drawn from, as `suggest` has it.
_DRAWN_FROM = 200
_LEAST = 1e-300
END_OF_EVENTS = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: the parts of a request that mean something here, by OpenAI's names.

    `min_probability` is ours: words less likely than this are not written, and the text ends before them.
    """

    prompt: tuple[str, ...]
    model: str = ""
    max_tokens: int = _WORDS
    n: int = 1
    logprobs: int | None = None
    echo: bool = False
    stop: tuple[str, ...] = ()
    stream: bool = False
    stream_options: bool = False
    suffix: str = ""
    temperature: float = 0.0
    seed: int = 0
    min_probability: float | None = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.n <= _MOST_CHOICES or self.max_tokens < 0:
            raise UsageError(f"'n' is not from 1 to {_MOST_CHOICES}, or 'max_tokens' less than 0.", "Mend that.")
        if self.n * len(self.prompt) * self.max_tokens > MOST_WORDS:
            raise UsageError(f"More than {MOST_WORDS} words are too many at once.", "Ask for fewer.")
        if self.logprobs is not None and not 0 <= self.logprobs <= _MOST_LOGPROBS:
            raise UsageError(f"'logprobs' is not from 0 to {_MOST_LOGPROBS}.", "Ask for fewer.")
        if self.echo and self.logprobs is not None:
            raise UsageError("'echo' and 'logprobs' do not go together.", "Ask '/explain' what was foreseen.")
        if not 0.0 <= self.temperature <= 100.0:
            raise UsageError("'temperature' is not from 0 to 100.", "Give such a number.")


class Piece(NamedTuple):
    """A word that was added.

    Attributes:
        text: With the blank before it.
        start: Where it begins, counted from the beginning of the prompt.
        log_probability: Natural, of the word.
        others: Those of the likeliest words there.
    """

    text: str
    start: int
    log_probability: float
    others: Mapping[str, float]

    @property
    def stop(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


def read_wish(document: Mapping[str, Any]) -> Wish:
    """Read a request; a UsageError names what makes no sense. What it has beside that is OpenAI's own matter."""
    parts = read_parts("this request", only(document, _PARTS), _PARTS)
    if "prompt" not in parts:
        raise UsageError("A request without 'prompt' asks nothing.", "Give the text to go on with.")
    return Wish(**parts)


class Completions:
    """Answers a request, whole or in parts.

    Args:
        asker: Asks the engine.
        wish: What is wanted.
    """

    def __init__(self, asker: Asker, wish: Wish) -> None:
        self._asker, self._wish = asker, wish
        self._about = {
            "id": f"cmpl-{new_token()[:24]}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": wish.model or DEFAULT_MODEL,
        }
        self._read = self._written = 0  # words

    async def begin(self) -> None:
        """Read the prompts; what is wrong with the model is raised here, before anything was sent."""
        alone = self._asker.alone(self._wish.model)
        self._read = await alone.words_of(" ".join(self._wish.prompt))

    async def whole(self) -> dict[str, Any]:
        """Return all at once, as one JSON object."""
        choices = []
        for choice in self._choices():
            pieces = [piece async for piece in choice.pieces()]
            self._written += len(pieces)
            text = "".join(piece.text for piece in pieces)
            choices.append(self._shown(choice, choice.prompt + text if self._wish.echo else text, pieces))
        return {**self._about, "choices": choices, "usage": self._usage()}

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield events, a word each, as they are found; `[DONE]` is the last."""
        for choice in self._choices():
            if self._wish.echo:
                yield self._event(self._shown(choice, choice.prompt, [], ended=False))
            async with aclosing(choice.pieces()) as pieces:  # the client may go away meanwhile
                async for piece in pieces:
                    self._written += 1
                    yield self._event(self._shown(choice, piece.text, [piece], ended=False))
            yield self._event(self._shown(choice, "", []))
        if self._wish.stream_options:
            yield event({**self._about, "choices": [], "usage": self._usage()})
        yield END_OF_EVENTS

    def _choices(self) -> Iterator["_Choice"]:
        prompts = [(prompt, place) for prompt in self._wish.prompt for place in range(self._wish.n)]
        for index, (prompt, place) in enumerate(prompts):
            yield _Choice(self._asker, self._wish, index, prompt, place)

    def _shown(self, choice: "_Choice", text: str, pieces: Sequence[Piece], *, ended: bool = True) -> dict[str, Any]:
        logprobs = None if self._wish.logprobs is None or (ended and not pieces) else _logprobs(pieces)
        return {
            "text": text,
            "index": choice.index,
            "logprobs": logprobs,
            "finish_reason": choice.reason if ended else None,
        }

    def _event(self, choice: Mapping[str, Any]) -> bytes:
        return event({**self._about, "choices": [choice]})

    def _usage(self) -> dict[str, int]:
        return {
            "prompt_tokens": self._read,
            "completion_tokens": self._written,
            "total_tokens": self._read + self._written,
        }


class _Choice:
    """One text that grows behind a prompt.

    Attributes:
        index: Of the choice in its answer.
        prompt: What it grows behind.
        reason: Why it ended, as OpenAI says it: after as many words as were wanted (`length`), or before (`stop`).
    """

    def __init__(self, asker: Asker, wish: Wish, index: int, prompt: str, place: int) -> None:
        self.index, self.prompt = index, prompt
        self.reason = "length"
        self._asker, self._wish, self._place = asker, wish, place
        # Characters at the end in which a stop may have begun.
        self._held_back = max(map(len, wish.stop), default=1) - 1

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Yield words, each once it is sure that no stop begins in it."""
        held: list[Piece] = []
        text = self.prompt
        async with aclosing(self._words()) as words:
            async for piece in words:
                held.append(piece)
                text += piece.text
                stop = self._stop_in(text)
                if stop is not None:
                    self.reason = "stop"
                    held = [_cut(each, stop) for each in held if each.start < stop]
                    break
                while held and held[0].stop <= len(text) - self._held_back:
                    yield held.pop(0)
        for each in held:
            yield each

    def _stop_in(self, text: str) -> int | None:
        """Where the first stop begins behind the prompt."""
        found = (text.find(each, len(self.prompt)) for each in self._wish.stop)
        return min((place for place in found if place >= 0), default=None)

    async def _words(self) -> AsyncGenerator[Piece, None]:
        text = self.prompt
        alone = self._asker.alone(self._wish.model)
        try:
            for step in range(self._wish.max_tokens):
                piece = await self._next(alone, text, step)
                if piece is None:
                    self.reason = "stop"
                    return
                yield piece
                text += piece.text
        finally:
            alone.leave()

    async def _next(self, alone: Alone, text: str, step: int) -> Piece | None:
        """The next word; None where nothing is known, or nothing so likely, that could be appended."""
        wish = self._wish
        draws = wish.temperature > 0
        place = self._place if step == 0 and not draws else 0  # each choice begins with another word
        answer = await alone.suggest(
            Question(
                text,
                after=wish.suffix,
                mode="next" if step else "auto",
                k=_DRAWN_FROM if draws else place + (wish.logprobs or 0) + 1 + _SPARE,
                min_probability=wish.min_probability,
            )
        )
        found = [item for item in answer.suggestions if added(item.result, text) is not None]
        if len(found) <= place:
            return None
        chosen = found[place]
        if draws:
            from autocomplete.predict.ranking import Sampling

            seed = (wish.seed + 1_000_003 * self.index + step) % (1 << 63)
            chosen = Sampling(wish.temperature, seed).draw(found, 1)[0]
        others = {item.result[len(text) :]: _log(item) for item in found[: wish.logprobs or 0]}
        return Piece(chosen.result[len(text) :], len(text), _log(chosen), others)


def event(document: Mapping[str, Any]) -> bytes:
    """Write a part of an answer that comes in parts."""
    return b"data: " + json.dumps(document, separators=(",", ":")).encode() + b"\n\n"


def _cut(piece: Piece, stop: int) -> Piece:
    return piece._replace(text=piece.text[: stop - piece.start])


def _log(item: Suggestion) -> float:
    return math.log(max(item.probability, _LEAST))


def _logprobs(pieces: Sequence[Piece]) -> dict[str, Any]:
    return {
        "tokens": [piece.text for piece in pieces],
        "token_logprobs": [piece.log_probability for piece in pieces],
        "top_logprobs": [dict(piece.others) for piece in pieces],
        "text_offset": [piece.start for piece in pieces],
    }


def _prompts(key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list) and value and all(isinstance(item, int | list) for item in value):
        raise UsageError(f"'{key}' holds numbers of tokens, which are other models'.", "Give a text.")
    found = (value,) if isinstance(value, str) else read_texts(key, value)
    if not found:
        raise UsageError(f"'{key}' is empty.", "Give a text.")
    return found


def _stops(key: str, value: object) -> tuple[str, ...]:
    found = (value,) if isinstance(value, str) else read_texts(key, value)
    if len(found) > _MOST_STOPS:
        raise UsageError(f"'{key}' has more than {_MOST_STOPS} texts.", "Give fewer.")
    return tuple(filter(None, found))


def _with_usage(key: str, value: object) -> bool:
    if not isinstance(value, dict):
        raise UsageError(f"'{key}' is no object.", "Give one.")
    return value.get("include_usage") is True


_PARTS: Mapping[str, Reader] = {
    "prompt": _prompts,
    "model": read_text,
    "max_tokens": read_whole_number,
    "n": read_whole_number,
    "logprobs": read_whole_number,
    "echo": read_flag,
    "stop": _stops,
    "stream": read_flag,
    "stream_options": _with_usage,
    "suffix": read_text,
    "temperature": read_number,
    "seed": read_whole_number,
    "min_probability": QUESTION_PARTS["min_probability"],
}
