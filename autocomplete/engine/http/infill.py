"""`/infill` as llama-server speaks it, of which llama.vim and other editors' plug-ins are clients.

What they show stands there unasked, so that only what the model would show by itself is answered. The pieces of other
files that they send are not read: what stands before the cursor is nearer.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from autocomplete.engine.http.asking import Asker, added, only
from autocomplete.engine.http.completions import event
from autocomplete.engine.messages import Suggested
from autocomplete.engine.protocol import (
    QUESTION_PARTS,
    Question,
    Reader,
    or_none,
    read_flag,
    read_parts,
    read_text,
    read_texts,
    read_whole_number,
)
from autocomplete.errors import UsageError
from autocomplete.places import DEFAULT_MODEL

# Words at most: further no phrase is sure.
_MOST_WORDS = 20
_MOST_CHOICES = 10
_MOST_FIELDS = 100
# Suggestions beside those wanted: some would mend what stands there, and cannot be inserted.
_SPARE = 4


@dataclass(frozen=True, slots=True)
class Gap:
    """What is to be filled: the parts of a request that mean something here, by llama-server's names."""

    input_prefix: str = ""
    input_suffix: str = ""
    prompt: str = ""
    model: str = ""
    n_predict: int = -1
    n_cmpl: int = 1
    stream: bool = False
    response_fields: tuple[str, ...] = ()
    min_probability: float | None = None

    @property
    def words(self) -> int:
        """How many at most."""
        return min(self.n_predict, _MOST_WORDS) if self.n_predict >= 0 else _MOST_WORDS


def read_gap(document: Mapping[str, Any]) -> Gap:
    """Read a request; a UsageError names what makes no sense. What it has beside that is llama-server's own matter."""
    gap = Gap(**read_parts("this request", only(document, _PARTS), _PARTS))
    if not 1 <= gap.n_cmpl <= _MOST_CHOICES or len(gap.response_fields) > _MOST_FIELDS:
        raise UsageError(f"'n_cmpl' is not from 1 to {_MOST_CHOICES}, or the fields too many.", "Ask for fewer.")
    return gap


async def fill(asker: Asker, gap: Gap) -> dict[str, Any] | list[dict[str, Any]]:
    """Return what fills a gap, with all or some of llama-server's fields; a list where several were asked for."""
    text = gap.input_prefix + gap.prompt
    alone = asker.alone(gap.model)
    try:
        read = await alone.words_of(text)
        found = Suggested((), 0.0, 0.0)
        if gap.words:
            least = gap.min_probability
            found = await alone.suggest(
                Question(
                    text, after=gap.input_suffix, k=gap.n_cmpl + _SPARE, words=gap.words, min_probability=least
                )
            )  # fmt: skip
    finally:
        alone.leave()
    contents = [rest for item in found.suggestions if (rest := added(item.result, text)) is not None][: gap.n_cmpl]
    answers = [_answer(gap, index, content, read, found.milliseconds) for index, content in enumerate(contents or [""])]
    return answers if gap.n_cmpl > 1 else answers[0]


async def fill_in_parts(answer: Mapping[str, Any]) -> AsyncIterator[bytes]:
    """Yield an answer as events, of which the last one has all the rest."""
    yield event({"index": 0, "content": answer.get("content", ""), "stop": False})
    yield event({**answer, "content": ""})


def _answer(gap: Gap, index: int, content: str, read: int, milliseconds: float) -> dict[str, Any]:
    words = len(content.split())
    answer: dict[str, Any] = {
        "index": index,
        "content": content,
        "tokens": [],
        "id_slot": 0,
        "stop": True,
        "model": gap.model or DEFAULT_MODEL,
        "tokens_predicted": words,
        "tokens_evaluated": read,
        "has_new_line": "\n" in content,
        "truncated": False,
        "stop_type": "limit" if words >= gap.words else "eos",
        "stopping_word": "",
        "tokens_cached": 0,
        "timings": {**_timings("prompt", read, 0.0), **_timings("predicted", words, milliseconds)},
    }
    if not gap.response_fields:
        return answer
    chosen = {}
    for field in gap.response_fields:
        value: Any = answer
        for name in field.split("/"):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            chosen[field] = value
    return chosen


def _timings(what: str, count: int, milliseconds: float) -> dict[str, float]:
    return {
        f"{what}_n": count,
        f"{what}_ms": round(milliseconds, 3),
        f"{what}_per_token_ms": round(milliseconds / max(count, 1), 3),
        f"{what}_per_second": round(1000 * count / milliseconds, 3) if milliseconds else 0.0,
    }


_PARTS: Mapping[str, Reader] = {
    "input_prefix": read_text,
    "input_suffix": read_text,
    "prompt": read_text,
    "model": read_text,
    "n_predict": read_whole_number,
    "n_cmpl": read_whole_number,
    "stream": read_flag,
    "response_fields": read_texts,
    "min_probability": or_none(QUESTION_PARTS["min_probability"]),
}
