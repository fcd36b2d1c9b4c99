"""`/infill` as llama-server has it: the requests of llama.vim, and the shape that it takes."""

import json
from typing import Any

import pytest

from tests.engine.http.conftest import Inside, Outside

FIELDS = [
    "content", "timings/prompt_n", "timings/prompt_ms", "timings/prompt_per_token_ms", "timings/prompt_per_second",
    "timings/predicted_n", "timings/predicted_ms", "timings/predicted_per_token_ms", "timings/predicted_per_second",
    "truncated", "tokens_cached",
]  # fmt: skip


def asked(text: str, **more: Any) -> dict[str, Any]:
    """A request as llama.vim writes it for a line whose beginning is `text`."""
    request = {
        "input_prefix": "weather in Paris today\n",
        "input_suffix": "\nhow to boil an egg\n",
        "input_extra": [{"text": "other file\n", "time": [1, 2], "filename": "a.txt"}],
        "prompt": text,
        "n_predict": 128,
        "stop": [],
        "n_indent": 0,
        "top_k": 40,
        "top_p": 0.9,
        "stream": False,
        "n_cmpl": 1,
        "samplers": ["top_k", "top_p", "infill"],
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 250,
        "response_fields": FIELDS,
    }
    return request | more


def test_llama_vim_finds_the_content_that_it_looks_for(outside: Outside) -> None:
    reply = outside.post("/infill", asked("best food in"))
    assert reply.status == 200
    assert b'"content":" Las Vegas"' in reply.body
    found = reply.json()
    assert set(found) == set(FIELDS)
    assert found["truncated"] is False


def test_a_curl_of_llama_vim_without_a_token_is_refused(outside: Outside) -> None:
    assert outside.post("/infill", asked("best food in"), Authorization="Bearer ").status == 401


def test_what_the_model_would_not_show_is_not_filled_in(inside: Inside) -> None:
    assert inside.post("/infill", asked("xyzzy plugh")).json()["content"] == ""
    assert inside.post("/infill", asked("xyzzy plugh", min_probability=0)).json()["content"] != ""


def test_what_would_mend_the_line_is_not_filled_in(inside: Inside) -> None:
    assert "Las" not in inside.post("/infill", asked("best food in la")).json()["content"]
    assert inside.post("/infill", asked("best food in La")).json()["content"] == "s Vegas"


def test_what_stands_behind_the_cursor_is_not_filled_in_again(inside: Inside) -> None:
    assert (
        not inside.post("/infill", asked("best food in", input_suffix=" Las Vegas\n"))
        .json()["content"]
        .startswith(" Las")
    )


def test_a_request_that_only_warms_the_cache_is_answered_with_nothing(inside: Inside) -> None:
    warming = asked("", input_prefix="", input_suffix="", n_predict=0, temperature=0.0, response_fields=[""])
    assert inside.post("/infill", warming).json() == {}


def test_several_are_a_list(inside: Inside) -> None:
    found = inside.post("/infill", asked("best food in", n_cmpl=3, min_probability=0)).json()
    assert len({each["content"] for each in found}) == 3
    assert found[0]["content"] == " Las Vegas"


def test_without_fields_all_of_llama_servers_are_there(inside: Inside) -> None:
    found = inside.post("/infill", {"prompt": "best food in", "n_predict": 1}).json()
    assert (found["content"], found["stop"], found["stop_type"]) == (" Las", True, "limit")
    assert found["timings"]["predicted_n"] == found["tokens_predicted"] == 1


def test_in_parts_it_is_the_same(inside: Inside) -> None:
    reply = inside.post("/infill", {"prompt": "best food in", "stream": True})
    parts = [json.loads(part.removeprefix("data: ")) for part in reply.body.decode().split("\n\n")[:-1]]
    assert "".join(part["content"] for part in parts) == " Las Vegas"
    assert [part["stop"] for part in parts] == [False, True]


@pytest.mark.parametrize(
    "wrong",
    [{"n_cmpl": 0}, {"n_cmpl": 11}, {"n_predict": "all"}, {"prompt": 3}, {"response_fields": ["a"] * 101}],
    ids=str,
)
def test_what_makes_no_sense_is_refused(inside: Inside, wrong: dict[str, Any]) -> None:
    assert inside.post("/infill", asked("best food in", **wrong)).code == "usage"
