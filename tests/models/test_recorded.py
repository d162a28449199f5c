"""Recordings: what a model said, said again without it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mechagents.brief import Brief
from mechagents.errors import ModelError, UsageError
from mechagents.messages import Envelope, Problem
from mechagents.models.base import Chat, ModelRequest
from mechagents.models.recorded import RecordedModel, RecordingModel
from mechagents.models.select import open_model
from mechagents.testing import ScriptedModel

PROBLEM = Problem(statement="What force?")
ASKED = Envelope("a-run", 1, "user", (), None, datetime.now(UTC), PROBLEM)


def _request(text: str, role: str = "planner", want: str = "plan") -> ModelRequest:
    brief = Brief(role=role, want=want, act_on=ASKED, problem=PROBLEM)
    return ModelRequest(role=role, want=want, messages=(Chat("user", text),), brief=brief)


async def _record(path: Path) -> None:
    model = ScriptedModel({"planner": ["first", "second"], "critic": ["fine"]})
    recording = RecordingModel(model, path, note="by a script")
    for text, role in (("one", "planner"), ("two", "planner"), ("three", "critic")):
        await recording.complete(_request(text, role))


async def test_a_recording_answers_as_the_model_did(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    await _record(path)
    model = RecordedModel(path)
    assert model.name == f"recorded:{path}"
    texts = [(await model.complete(_request(text))).text for text in ("one", "two")]
    assert texts == ["first", "second"]
    reply = await model.complete(_request("three", "critic"))
    assert (reply.text, reply.prompt_tokens > 0) == ("fine", True)


async def test_a_reworded_prompt_gets_the_next_reply_in_order(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    await _record(path)
    model = RecordedModel(path)
    assert (await model.complete(_request("reworded"))).text == "first"


async def test_the_same_request_is_found_out_of_order(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    await _record(path)
    model = RecordedModel(path)
    assert (await model.complete(_request("two"))).text == "second"
    assert (await model.complete(_request("one"))).text == "first"


async def test_a_second_model_is_recorded_beside_the_first(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    first = RecordingModel(ScriptedModel({"planner": ["one"]}, name="small"), path)
    second = RecordingModel(ScriptedModel({"planner": ["two"]}, name="large"), path)
    for model in (first, second):
        await model.complete(_request("reworded"))
    replayed = RecordedModel(path)
    said = [await replayed.complete(_request("again")) for _ in range(2)]
    assert [(reply.text, reply.model) for reply in said] == [
        ("one", "recorded:small"),
        ("two", "recorded:large"),
    ]


async def test_a_strict_replay_refuses_another_request(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    await _record(path)
    with pytest.raises(ModelError, match="no further plan of the planner"):
        await RecordedModel(path, strict=True).complete(_request("reworded"))


async def test_a_recording_that_is_used_up_says_so(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    await _record(path)
    model = RecordedModel(path)
    await model.complete(_request("three", "critic"))
    with pytest.raises(ModelError, match="no further plan of the critic"):
        await model.complete(_request("three", "critic"))


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "no recording"), ('{"format": "other"}\n', "no recording"), ("{\n", "JSON object")],
)
def test_a_file_that_is_no_recording_is_told_with_its_line(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=told) as caught:
        RecordedModel(path)
    assert caught.value.where == f"{path}:1"


async def test_a_model_is_found_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    await _record(path)
    assert open_model(f"recorded:{path}").name == f"recorded:{path}"
    assert open_model("ollama/qwen3").name == "ollama/qwen3"
    assert open_model("handbook").name == "handbook"
    with pytest.raises(UsageError, match="provider/name"):
        open_model("gpt")
