"""The worker: one thread, the newest question wins, failures are told, what is to be kept is kept before the end."""

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from autocomplete.engine.protocol import Answer, Question
from autocomplete.engine.worker import AskFailed, EngineEvent, Loaded, LoadFailed, NoModelError, Trouble, Warned, Worker
from autocomplete.errors import AutocompleteError, ModelError
from autocomplete.learned.pinned import PinnedFile
from autocomplete.predict.suggestion import Suggestion
from tests.engine.fakes import FakeStore, FakeSuggester


def question(text: str, *lines: str) -> Question:
    return Question(text, lines=lines)


def no_store(_: str) -> FakeStore:
    return FakeSuggester().personal


def loaded(models: Mapping[str, FakeSuggester], name: str) -> FakeSuggester:
    if name not in models:
        raise ModelError("It is damaged.", "Train it again.")
    return models[name]


def worked(*steps: Callable[[Worker], object], **models: FakeSuggester) -> list[EngineEvent]:
    """What a worker delivers while it does some steps with the model `fake`, and may open the others."""
    events: list[EngineEvent] = []
    opened = {"fake": FakeSuggester(), **models}
    worker = Worker(events.append, load=lambda name: loaded(opened, name), find=str, open_store=no_store)
    worker.open("fake")
    for step in steps:
        step(worker)
    worker.do(lambda _: None).result(10)
    worker.close()
    return events


def test_the_newest_question_wins() -> None:
    started, going_on = threading.Event(), threading.Event()

    class Waiting(FakeSuggester):
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

    events = worked(ask_four, fake=model)
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
    model = FakeSuggester()
    worked(lambda worker: worker.ask(question("a")), fake=model)
    assert len(model.threads) == 1
    assert threading.get_ident() not in model.threads


LINES_OF_LAYOUTS = [("lines", "one\ntwo\n"), ("text", "one\n\ntwo\n\n"), ("commands", "one\ntwo\n")]


@pytest.mark.parametrize(("layout", "context"), LINES_OF_LAYOUTS)
def test_committed_lines_come_before_as_the_models_text_has_them(layout: str, context: str) -> None:
    model = FakeSuggester(layout=layout)
    worked(lambda worker: worker.ask(question("x", "one", "two")), fake=model)
    assert model.asked == [("x", context)]


def test_of_a_phrase_the_first_word_decides_whether_it_is_shown() -> None:
    class Phrases(FakeSuggester):
        def suggest(self, text: str, *, words: int = 1, **_: object) -> list[Suggestion]:
            known = {"in": 0.2, "inside": 0.5} if words == 1 else {"inside the house": 0.1, "in a": 0.15}
            return [
                Suggestion.applied(
                    text, text=added, kind="next", replace=0, insert=added, probability=probability, experts={}
                )
                for added, probability in known.items()
            ]

    asked = Question("go ", words=3)
    (answer,) = (
        event for event in worked(lambda worker: worker.ask(asked), fake=Phrases()) if isinstance(event, Answer)
    )
    assert [item.text for item in answer.suggestions] == ["inside the house", "in a"]
    assert answer.confidences == (0.5, 0.2)


def test_a_phrase_stands_where_its_first_word_does() -> None:
    """Else what goes far, and is unlikely as a whole, would hide behind what may not be shown."""

    class Phrases(FakeSuggester):
        def suggest(self, text: str, *, words: int = 1, **_: object) -> list[Suggestion]:
            found = {"how": 0.4, "best": 0.1} if words == 1 else {"best": 0.1, "how to get": 0.02}
            return [
                Suggestion.applied(
                    text, text=word, kind="next", replace=0, insert=word, probability=chance, experts={}
                )
                for word, chance in found.items()
            ]  # fmt: skip

    *_, answer = worked(lambda worker: worker.ask(Question("", words=3)), fake=Phrases())
    assert isinstance(answer, Answer)
    assert [item.text for item in answer.suggestions] == ["how to get", "best"]
    assert answer.confidences == (0.4, 0.1)


def test_what_was_written_before_comes_back_whole_as_sure_as_its_first_word() -> None:
    class Remembering(FakeSuggester):
        def recalled(self, suggestion: Suggestion, text: str, **about: object) -> Suggestion:
            assert about == {"after": " now", "context": "one\n", "blocked": frozenset({"two"})}
            return suggestion.longer(text, " as before", probability=0.01)

    asked = Question("best food in ", after=" now", lines=("one",), k=2, blocked=frozenset({"two"}))
    plain, whole = (
        next(event for event in worked(lambda worker: worker.ask(asked), fake=fake) if isinstance(event, Answer))
        for fake in (FakeSuggester(), Remembering())
    )
    first, *others = plain.suggestions
    assert whole.suggestions == (first.longer(asked.text, " as before", probability=0.01), *others)
    assert whole.confidences == plain.confidences


def test_a_failure_is_told_and_the_next_question_answered() -> None:
    model = FakeSuggester()

    def fail_once(worker: Worker) -> None:
        model.error = AutocompleteError("The file is gone.", "Bring it back.")
        worker.ask(question("a"))
        worker.do(lambda _: None).result(10)
        model.error = ValueError()
        worker.ask(question("b"))
        worker.do(lambda _: None).result(10)
        model.error = None
        worker.ask(question("un café"))

    loaded, first, second, third = worked(fail_once, fake=model)
    assert loaded == Loaded("fake")
    assert (first, second) == (
        AskFailed(question("a"), Trouble("The file is gone.", "Bring it back.")),
        AskFailed(question("b"), Trouble("ValueError")),
    )
    assert isinstance(third, Answer)


def test_a_model_that_cannot_be_read_leaves_the_one_before() -> None:
    model = FakeSuggester()

    def change(worker: Worker) -> None:
        worker.open("bad")
        worker.ask(question("un café"))

    events = worked(change, fake=model)
    assert events[1] == LoadFailed("bad", Trouble("It is damaged.", "Train it again."))
    assert isinstance(events[2], Answer)


def test_another_model_takes_over_and_the_first_is_closed() -> None:
    first, second = FakeSuggester(), FakeSuggester()

    def change(worker: Worker) -> None:
        worker.open("second")
        worker.ask(question("a"))

    worked(change, fake=first, second=second)
    assert (first.asked, second.asked) == ([], [("a", "")])
    assert first.personal.closed
    assert second.personal.closed


def test_what_was_committed_is_kept_before_the_end() -> None:
    events: list[EngineEvent] = []
    model = FakeSuggester()
    model.seconds = 0.1
    worker = Worker(events.append, load=lambda _: model, find=str, open_store=no_store)
    worker.open("fake")
    worker.ask(question("a"))
    kept = worker.record("one line", keys=5)
    worker.close()
    assert kept.done()
    assert model.learned == ["one line"]
    assert model.personal.counted == [(8, 5)]


def test_a_fault_of_the_personal_database_is_told_once() -> None:
    model = FakeSuggester()
    model.personal.fault = AutocompleteError("personal.sqlite is damaged.", "Remove it.")

    def ask_twice(worker: Worker) -> None:
        for text in ("a", "b"):
            worker.ask(question(text))
            worker.do(lambda _: None).result(10)

    assert [event for event in worked(ask_twice, fake=model) if isinstance(event, Warned)] == [
        Warned("nothing learned is used", Trouble("personal.sqlite is damaged.", "Remove it."))
    ]


def test_a_wrong_line_among_the_pinned_phrases_is_told_once(tmp_path: Path) -> None:
    model = FakeSuggester()
    model.pinned = PinnedFile(tmp_path / "phrases.txt")
    model.pinned.path.write_text("two words = wrong\n", "utf-8")
    model.pinned.read()
    told = [
        event for event in worked(lambda worker: worker.ask(question("a")), fake=model) if isinstance(event, Warned)
    ]
    assert [event.notice for event in told] == ["not all that you pinned is used"]
    assert "line 1" in told[0].trouble.cause


def test_a_name_that_is_no_models_is_refused_at_once_and_the_model_stays() -> None:
    def find(name: str) -> None:
        if name == "missing":
            raise ModelError("There is no model 'missing'.", "Train one.")

    events: list[EngineEvent] = []
    worker = Worker(events.append, load=lambda _: FakeSuggester(), find=find, open_store=no_store)
    worker.open("fake")
    with pytest.raises(ModelError):
        worker.open("missing")
    worker.ask(question("un café"))
    worker.do(lambda _: None).result(10)
    worker.close()
    assert [type(event) for event in events] == [Loaded, Answer]


def test_without_a_model_nothing_can_be_done_with_it() -> None:
    worker = Worker(lambda _: None, load=lambda _: FakeSuggester(), find=str, open_store=no_store)
    with pytest.raises(NoModelError):
        worker.do(lambda _: None).result(10)
    worker.close()


def test_to_ask_loads_neither_numpy_nor_a_terminal_nor_an_event_loop() -> None:
    code = (
        "import sys; import autocomplete.engine.worker; print({'numpy', 'prompt_toolkit', 'asyncio'} & {*sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
