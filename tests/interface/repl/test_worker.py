"""The worker: one thread, the newest question wins, failures are told, what is to be kept is kept before the end."""

import threading
from collections.abc import Callable

import pytest

from autocomplete.errors import AutocompleteError, ModelError
from autocomplete.interface.repl.answers import Answer, Committed, Question
from autocomplete.interface.repl.worker import AskFailed, Event, Loaded, LoadFailed, Trouble, Warned, Worker
from autocomplete.predict.suggestion import Suggestion
from tests.interface.repl.driver import FakeCompleter, stored


def question(text: str, *lines: str) -> Question:
    return Question(text, lines, "auto", 5, 1, frozenset())


def worked(*steps: Callable[[Worker], object], completer: FakeCompleter | None = None) -> list[Event]:
    """What a worker delivers while it does some steps with a model."""
    events: list[Event] = []
    model = completer or FakeCompleter()
    worker = Worker(events.append, lambda _: stored(model))
    worker.open("fake", lambda: model)
    for step in steps:
        step(worker)
    worker.do(lambda _: None).result(10)
    worker.close()
    return events


def test_the_newest_question_wins() -> None:
    started, going_on = threading.Event(), threading.Event()

    class Waiting(FakeCompleter):
        def suggest(self, text: str, **about: object) -> list[object]:  # type: ignore[override]
            self.asked.append((text, ""))
            started.set()
            going_on.wait(10)
            return []

    model = Waiting()

    def ask_four(worker: Worker) -> None:
        worker.ask(question("a"))
        started.wait(10)
        for text in ("ab", "abc", "abcd"):
            worker.ask(question(text))
        going_on.set()

    events = worked(ask_four, completer=model)
    assert [text for text, _ in model.asked] == ["a", "abcd"]
    assert [event.question.text for event in events if isinstance(event, Answer)] == ["abcd"]


def test_a_question_taken_back_is_not_answered() -> None:
    def take_back(worker: Worker) -> None:
        gate = threading.Event()
        worker.do(lambda _: gate.wait(10))
        worker.ask(question("un café"))
        worker.ask(None)
        gate.set()

    assert not [event for event in worked(take_back) if isinstance(event, Answer)]


def test_only_one_thread_uses_the_model() -> None:
    model = FakeCompleter()
    worked(lambda worker: worker.ask(question("a")), completer=model)
    assert len(model.threads) == 1
    assert threading.get_ident() not in model.threads


@pytest.mark.parametrize(("layout", "context"), [("lines", "one\ntwo\n"), ("text", "one\n\ntwo\n\n")])
def test_committed_lines_come_before_as_the_models_text_has_them(layout: str, context: str) -> None:
    import dataclasses

    model = FakeCompleter()
    model.manifest = dataclasses.replace(model.manifest, layout=layout)  # type: ignore[arg-type]
    worked(lambda worker: worker.ask(question("x", "one", "two")), completer=model)
    assert model.asked == [("x", context)]


def test_of_a_phrase_the_first_word_decides_whether_it_is_shown() -> None:
    class Phrases(FakeCompleter):
        def suggest(self, text: str, *, words: int, **_: object) -> list[Suggestion]:
            known = {"in": 0.2, "inside": 0.5} if words == 1 else {"inside the house": 0.1, "in a": 0.15}
            return [
                Suggestion.applied(
                    text, text=added, kind="next", replace=0, insert=added, probability=probability, experts={}
                )
                for added, probability in known.items()
            ]

    asked = Question("go ", (), "auto", 5, 3, frozenset())
    (answer,) = (
        event for event in worked(lambda worker: worker.ask(asked), completer=Phrases()) if isinstance(event, Answer)
    )
    assert [item.text for item in answer.suggestions] == ["inside the house", "in a"]
    assert answer.confidences == (0.5, 0.2)


def test_a_failure_is_told_and_the_next_question_answered() -> None:
    model = FakeCompleter()

    def fail_once(worker: Worker) -> None:
        model.error = AutocompleteError("The file is gone.", "Bring it back.")
        worker.ask(question("a"))
        worker.do(lambda _: None).result(10)
        model.error = ValueError()
        worker.ask(question("b"))
        worker.do(lambda _: None).result(10)
        model.error = None
        worker.ask(question("un café"))

    loaded, first, second, third = worked(fail_once, completer=model)
    assert loaded == Loaded("fake", True)
    assert (first, second) == (
        AskFailed(question("a"), Trouble("The file is gone.", "Bring it back.")),
        AskFailed(question("b"), Trouble("ValueError")),
    )
    assert isinstance(third, Answer)


def test_a_model_that_cannot_be_read_leaves_the_one_before() -> None:
    model = FakeCompleter()

    def broken() -> FakeCompleter:
        raise ModelError("It is damaged.", "Train it again.")

    def change(worker: Worker) -> None:
        worker.open("bad", broken)
        worker.ask(question("un café"))

    events = worked(change, completer=model)
    assert events[1] == LoadFailed("bad", Trouble("It is damaged.", "Train it again."))
    assert isinstance(events[2], Answer)


def test_another_model_takes_over_and_the_first_is_closed() -> None:
    first, second = FakeCompleter(), FakeCompleter()

    def change(worker: Worker) -> None:
        worker.open("second", lambda: second)
        worker.ask(question("a"))

    worked(change, completer=first)
    assert (first.asked, second.asked) == ([], [("a", "")])
    assert first.personal is not None
    assert first.personal.closed
    assert second.personal is not None
    assert second.personal.closed


def test_what_was_committed_is_kept_before_the_end() -> None:
    events: list[Event] = []
    model = FakeCompleter()
    worker = Worker(events.append, lambda _: stored(model))
    model.seconds = 0.1
    worker.open("fake", lambda: model)
    worker.ask(question("a"))
    kept = worker.record(Committed("one line", 5, recorded=True, secret=False))
    worker.close()
    assert kept.done()
    assert model.learned == ["one line"]
    assert model.personal is not None
    assert model.personal.counted == [(8, 5)]


def test_a_fault_of_the_personal_database_is_told_once() -> None:
    model = FakeCompleter()
    assert model.personal is not None
    model.personal.fault = AutocompleteError("personal.sqlite is damaged.", "Remove it.")

    def ask_twice(worker: Worker) -> None:
        for text in ("a", "b"):
            worker.ask(question(text))
            worker.do(lambda _: None).result(10)

    assert [event for event in worked(ask_twice, completer=model) if isinstance(event, Warned)] == [
        Warned("nothing learned is used", Trouble("personal.sqlite is damaged.", "Remove it."))
    ]


def test_without_a_model_nothing_can_be_done_with_it() -> None:
    worker = Worker(lambda _: None, lambda _: stored(FakeCompleter()))
    with pytest.raises(AutocompleteError):
        worker.do(lambda _: None).result(10)
    worker.close()
