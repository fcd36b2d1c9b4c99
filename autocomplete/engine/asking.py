"""Asking a model what a question asks: in the same way in every process that may do it."""

from typing import TYPE_CHECKING

from autocomplete.engine.protocol import Question

if TYPE_CHECKING:  # NumPy, which those who ask the engine do not wait for
    from autocomplete.bundle import Manifest
    from autocomplete.predict.session import Session
    from autocomplete.predict.suggester import Suggester
    from autocomplete.predict.suggestion import Suggestion


def suggested(question: Question, writer: "Session | Suggester") -> "list[Suggestion]":
    """Return what a model suggests to a question, most likely first.

    Raises:
        UsageError: The question makes no sense.
    """
    from autocomplete.predict.ranking import Sampling

    least = question.min_probability
    context = context_of(question, writer.model.manifest)
    found = writer.suggest(
        question.text,
        after=question.after,
        k=question.k,
        mode=question.mode,
        min_probability=writer.model.thresholds if least is None else least,
        words=question.words,
        context=context,
        blocked=question.blocked,
        sampling=None if question.temperature is None else Sampling(question.temperature, question.seed),
        passed_over=question.passed_over,
    )
    if found and question.recall and question.words == 1:
        found[0] = writer.recalled(
            found[0], question.text, after=question.after, context=context, blocked=question.blocked
        )
    return found


def context_of(question: Question, manifest: "Manifest") -> str:
    """Return what comes before a question's text, as the model's own text has it.

    Finished lines are lines, or paragraphs with a blank line between. A command before this one is such a line to a
    model of lines or commands, unless it failed: what is typed after that seldom goes on from it.
    """
    lines = question.lines
    if question.previous and manifest.layout != "text" and question.status in (None, 0):
        lines = (*lines, question.previous)
    end = "\n\n" if manifest.layout == "text" else "\n"
    return question.context + "".join(line + end for line in lines)
