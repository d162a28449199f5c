"""Faults planted in a first program: found by a check, and mended by what a live model said."""

from __future__ import annotations

from pathlib import Path

import pytest
from conversations import PROBLEM, said
from mending import PlantedFirst, header, judged, planted_reply, record, recordings, replay, table

from mechagents.agents.advice import failure_of
from mechagents.agents.briefing import all_attempts
from mechagents.brief import Brief
from mechagents.knowledge import Shelf
from mechagents.log import read_log
from mechagents.messages import Answer, ClaimLevel, Critique, Formulated, ModelCall, Program
from mechagents.models.base import ModelRequest
from mechagents.testing import ScriptedModel

BY_NAME = {recording.stem: recording for recording in recordings()}
FOUND_BY = {
    "crash": "contract:execution",
    "hole-missing": "geometry:outline",
    "too-coarse": "convergence:tip_deflection",
    "von-mises": "quantities:sigma_xy_at_point",
}


def request(role: str, want: str) -> ModelRequest:
    asked = said(("user", PROBLEM, None)).at(1)
    brief = Brief(role=role, want=want, act_on=asked, problem=PROBLEM)
    return ModelRequest(role=role, want=want, messages=(), brief=brief)


def test_every_recording_says_what_was_planted_and_that_the_rest_was_not() -> None:
    assert set(BY_NAME) == {*FOUND_BY, "force-as-traction"}
    for recording in recordings():
        told = header(recording)
        assert told["planted"]
        assert f"The first {planted_reply(recording)[1]} was planted." in told["note"]
        assert told["made"]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("crash", "converged"),
        ("hole-missing", "verified"),
        ("too-coarse", "converged"),
        ("von-mises", "converged"),
    ],
)
def test_a_planted_fault_is_found_goes_back_and_is_mended(
    name: str, level: ClaimLevel, tmp_path: Path
) -> None:
    recording, shelf = BY_NAME[name], Shelf(tmp_path / "shelf", learns=True)
    outcome = replay(recording, tmp_path / "run", shelf, level)
    row = judged(recording, outcome, tmp_path / "run")
    assert (row.outcome, row.attempts) == (level, 2)
    assert FOUND_BY[name] in row.found_by
    assert f"| {level} |" in table([row])
    log = read_log(tmp_path / "run")
    planted, *live = [call for call in log.of(ModelCall) if "```" in call.text]
    assert (planted.model, planted.text) == ("recorded:planted", planted_reply(recording)[0])
    assert {call.model for call in live} == {"recorded:openai/live"}
    verdicts = [critique.verdict for critique in log.of(Critique)]
    assert verdicts == (["revise", "accept"] if row.team == "full" else [])
    failed, mended = all_attempts(log)
    same = failed.program.source == mended.program.source
    assert same == (name == "too-coarse")
    lesson = shelf.recall(failure_of(failed))
    assert lesson is not None
    assert "0." not in lesson.pattern
    if name == "von-mises":
        assert failed.evidence is not None
        (check,) = failed.evidence.failed
        assert check.message.endswith("in the elements there; that is the von Mises stress there")
    assert lesson.fix == f"{mended.program.changed} {mended.program.why}"


def test_a_load_that_no_check_can_doubt_is_found_by_an_estimate_and_mended(tmp_path: Path) -> None:
    recording = BY_NAME["force-as-traction"]
    row = judged(recording, replay(recording, tmp_path, None, "converged"), tmp_path)
    assert (row.outcome, row.attempts, row.found_by) == ("converged", 2, ("critic",))
    log = read_log(tmp_path)
    wrong, right = log.of(Formulated)
    assert right.formulation == wrong.formulation.amended({"loads.0.y": -0.5e6})
    revised, accepted = log.of(Critique)
    assert ({finding.to for finding in revised.findings}, accepted.verdict) == (
        {"formulator"}, "accept",
    )  # fmt: skip
    first, second = log.of(Program)
    assert second.source == first.source
    answer = log.last(Answer)
    assert answer is not None
    values = {quantity.name: quantity.value for quantity in answer.quantities}
    assert values == pytest.approx({"tip_deflection": -0.958e-3, "reaction_wall": 1000}, rel=5e-3)


def test_a_model_is_recorded_as_it_mends(tmp_path: Path) -> None:
    told = {"problem": "cantilever", "team": "two-agent", "planted": "nothing at all"}
    model = ScriptedModel({"coder": ["I cannot."] * 3}, name="poor")
    kept = tmp_path / "into" / "poor.jsonl"
    planted = ("```python\nprint(1)\n```", "program")
    record(kept, told, planted, model, tmp_path / "run")
    head = header(kept)
    assert (head["model"], head["planted"], head["problem"]) == (
        "poor", "nothing at all", "cantilever",
    )  # fmt: skip
    assert planted_reply(kept) == planted
    row = judged(kept, replay(kept, tmp_path / "again"), tmp_path / "again")
    assert (row.outcome, row.attempts, row.live_calls) == ("model", 1, 3)
    assert row.found_by[0].startswith("contract:")


async def test_a_first_program_is_planted_once_and_the_rest_is_the_models_own() -> None:
    model = PlantedFirst(ScriptedModel({"coder": ["mine"], "planner": ["plan"]}), "planted")
    asked = [("planner", "plan"), ("coder", "program"), ("coder", "program")]
    replies = [await model.complete(request(role, want)) for role, want in asked]
    assert [reply.text for reply in replies] == ["plan", "planted", "mine"]
    assert [reply.model for reply in replies] == ["scripted", "planted", "scripted"]
