"""`/v1/completions` as OpenAI's own client reads it, whole and in parts."""

import json
import math
from typing import Any

import pytest

from autocomplete.predict.suggester import Suggester
from tests.engine.conftest import SECONDS
from tests.engine.http.conftest import Inside, Outside

PROMPT = "best food in"


def complete(inside: Inside, **wish: Any) -> Any:
    reply = inside.post("/v1/completions", {"prompt": PROMPT, "model": "default", **wish})
    assert reply.status == 200, reply.body
    return reply.json()


def text(answer: Any) -> str:
    return str(answer["choices"][0]["text"])


def events(body: bytes) -> list[Any]:
    parts = body.decode().split("\n\n")
    assert all(part.startswith("data: ") for part in parts[:-1])
    assert parts[-2:] == ["data: [DONE]", ""]
    return [json.loads(part.removeprefix("data: ")) for part in parts[:-2]]


def test_a_text_is_gone_on_with_by_the_likeliest_words(inside: Inside) -> None:
    answer = complete(inside, max_tokens=2)
    assert text(answer) == " Las Vegas"
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"] == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    suggester = Suggester.open("default")
    assert suggester.suggest(PROMPT, k=1)[0].result == f"{PROMPT} Las"


def test_nothing_that_stands_there_is_ever_changed(inside: Inside) -> None:
    for prompt in ("best food in la", "best food in La", "best food in Las ", "HOW TO BOI", "", "x" * 3000):
        for choice in complete(inside, prompt=prompt, n=3, max_tokens=3)["choices"]:
            if prompt.endswith("La"):
                assert (prompt + choice["text"]).startswith("best food in La")
    assert text(complete(inside, prompt="best food in La", max_tokens=1)) == "s"


def test_probabilities_are_those_of_suggestions(inside: Inside) -> None:
    answer = complete(inside, max_tokens=2, logprobs=3)
    found = answer["choices"][0]["logprobs"]
    assert found["tokens"] == [" Las", " Vegas"]
    assert found["text_offset"] == [len(PROMPT), len(PROMPT) + 4]
    suggester = Suggester.open("default")
    first = suggester.suggest(PROMPT, k=3)
    assert found["token_logprobs"][0] == pytest.approx(math.log(first[0].probability))
    assert list(found["top_logprobs"][0]) == [item.result[len(PROMPT) :] for item in first]


@pytest.mark.parametrize("stop", [" Vegas", ["never", "Vegas"], "as V", "s Vegas"])
def test_a_stop_ends_a_text_before_it_whole_or_in_parts(inside: Inside, stop: Any) -> None:
    first = stop if isinstance(stop, str) else stop[1]
    wanted = " Las Vegas".partition(first)[0]
    answer = complete(inside, max_tokens=5, stop=stop)
    assert (text(answer), answer["choices"][0]["finish_reason"]) == (wanted, "stop")
    parts = events(inside.post("/v1/completions", {"prompt": PROMPT, "stop": stop, "stream": True}).body)
    assert "".join(part["choices"][0]["text"] for part in parts) == wanted


def test_in_parts_comes_the_same_as_whole(inside: Inside) -> None:
    wish = {"prompt": [PROMPT, "how to"], "n": 2, "max_tokens": 3, "logprobs": 1}
    whole = inside.post("/v1/completions", wish).json()
    reply = inside.post("/v1/completions", {**wish, "stream": True, "stream_options": {"include_usage": True}})
    assert reply.headers["content-type"].startswith("text/event-stream")
    *parts, last = events(reply.body)
    assert (last["choices"], last["usage"]) == ([], whole["usage"])
    for choice in whole["choices"]:
        mine = [part["choices"][0] for part in parts if part["choices"][0]["index"] == choice["index"]]
        assert "".join(part["text"] for part in mine) == choice["text"]
        assert [part["finish_reason"] for part in mine] == [None] * (len(mine) - 1) + [choice["finish_reason"]]
        tokens = [token for part in mine if part["logprobs"] for token in part["logprobs"]["tokens"]]
        assert tokens == choice["logprobs"]["tokens"]


def test_choices_begin_with_different_words(inside: Inside) -> None:
    beginnings = [choice["text"].split()[0] for choice in complete(inside, n=4)["choices"]]
    assert len(set(beginnings)) == 4


def test_words_are_drawn_where_a_temperature_is_given(inside: Inside) -> None:
    drawn = [text(complete(inside, max_tokens=4, temperature=5.0, seed=seed)) for seed in (1, 2, 3, 4, 1)]
    assert drawn[0] == drawn[4]
    assert len(set(drawn)) > 1
    assert text(complete(inside, max_tokens=2, temperature=0)) == " Las Vegas"


def test_a_text_ends_where_the_model_would_show_no_more(inside: Inside) -> None:
    assert text(complete(inside, prompt="xyzzy plugh", min_probability=0.999)) == ""
    assert text(complete(inside, min_probability="auto", max_tokens=2)) == " Las Vegas"


def test_the_prompt_is_echoed_and_what_stands_behind_is_not_said_again(inside: Inside) -> None:
    assert text(complete(inside, echo=True, max_tokens=0)) == PROMPT
    assert text(complete(inside, suffix=" Las Vegas", max_tokens=1)) != " Las"


@pytest.mark.parametrize(
    "wish",
    [
        {"prompt": None}, {"prompt": []}, {"prompt": [1, 2]}, {"prompt": [[1]]}, {"prompt": 7}, {"max_tokens": -1},
        {"max_tokens": 1001}, {"n": 0}, {"n": 21}, {"n": True}, {"logprobs": 21}, {"logprobs": 1, "echo": True},
        {"stop": 3}, {"stop": ["a"] * 17}, {"stream": "yes"}, {"temperature": -0.1}, {"temperature": 1e9},
        {"stream_options": 1}, {"prompt": ["a"] * 100, "max_tokens": 100},
    ],
    ids=str,
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused_before_anything_is_sent(inside: Inside, wish: dict[str, Any]) -> None:
    for stream in (False, True):
        reply = inside.post("/v1/completions", {"prompt": PROMPT, "stream": stream, **wish})
        assert (reply.status, reply.code) == (400, "usage")


@pytest.mark.parametrize(
    "model", ["nobody's", "/etc", "../default", "~", "./default", "a/b", "\0", "\ud800", "x" * 300]
)
def test_a_model_is_known_by_name_or_not_at_all(inside: Inside, model: str) -> None:
    for path, body in (
        ("/suggest", {"text": "a"}),
        ("/v1/completions", {"prompt": "a", "stream": True}),
        ("/infill", {}),
    ):
        reply = inside.post(path, {**body, "model": model})
        assert reply.status in (400, 404)
        assert reply.code in ("model", "usage")


def test_what_is_openais_own_matter_changes_nothing(inside: Inside) -> None:
    own = {"user": "u", "top_p": 0.9, "presence_penalty": 1, "logit_bias": {"50256": -100}, "best_of": 1, "seed": None}
    assert text(complete(inside, max_tokens=2, **own)) == " Las Vegas"


def test_models_are_listed_by_name(inside: Inside) -> None:
    found = inside.get("/v1/models").json()
    assert [(each["id"], each["object"]) for each in found["data"]] == [("default", "model")]


def test_a_completion_in_a_pause_is_refused(inside: Inside) -> None:
    inside.post("/pause", {})
    assert inside.post("/v1/completions", {"prompt": PROMPT, "stream": True}).code == "paused"
    assert inside.post("/infill", {"prompt": PROMPT}).status == 503
    assert inside.post("/pause", {"seconds": 0}).json()["paused"] is False


def test_openais_client_is_answered(outside: Outside) -> None:
    openai = pytest.importorskip("openai", reason="openai's client is not installed")
    with openai.OpenAI(
        base_url=f"http://{outside.address}/v1", api_key=outside.token, timeout=SECONDS, max_retries=0
    ) as client:
        assert [model.id for model in client.models.list()] == ["default"]
        answer = client.completions.create(model="default", prompt=PROMPT, max_tokens=2, logprobs=2)
        assert answer.choices[0].text == " Las Vegas"
        assert answer.choices[0].logprobs.tokens == [" Las", " Vegas"]
        assert answer.usage.completion_tokens == 2
        parts = list(client.completions.create(model="default", prompt=PROMPT, max_tokens=2, stream=True))
        assert [part.choices[0].text for part in parts] == [" Las", " Vegas", ""]
        assert parts[-1].choices[0].finish_reason == "length"
        with pytest.raises(openai.NotFoundError, match="no model 'nobody"):
            client.completions.create(model="nobody", prompt=PROMPT)
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key="x" * 40).models.list()
