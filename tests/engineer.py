"""A scripted engineer that solves a plate with a plain numpy program, for tests of whole runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from mechagents.messages import Answer, Failure, Problem
from mechagents.models.base import ModelRequest
from mechagents.problems import load_problem
from mechagents.run import solve
from mechagents.team import Team
from mechagents.testing import ScriptedModel

PROGRAM = (Path(__file__).parent / "programs" / "numpy_plate.py").read_text()
_PACKAGED = load_problem("plate-tension")
assert _PACKAGED.formulation is not None
FORMULATION = _PACKAGED.formulation.amended({"pictures": []})
PLATE = _PACKAGED.model_copy(update={"formulation": FORMULATION})
Write = Callable[[ModelRequest], str]


def code(source: str = PROGRAM, size: float = 0.1, **notes: str) -> str:
    told = {"settings": {"mesh_size": size, "element_order": 1}, **notes}
    return f"Here.\n```python\n{source}```\n```json\n{json.dumps(told)}\n```"


def _judge(request: ModelRequest) -> str:
    evidence = request.brief.last.evidence if request.brief.last else None
    if evidence is None or evidence.passed:
        return '{"verdict": "accept"}'
    return json.dumps({"verdict": "revise", "findings": [{"to": "coder", "text": "mend it"}]})


def engineer(**rules: Write) -> ScriptedModel:
    """Return a model that does each job well, but for what ``rules`` say of a kind."""
    usual: dict[str, Write] = {
        "plan": lambda _: '{"steps": ["solve"], "method": "bilinear quads"}',
        "program": lambda _: code(),
        "critique": _judge,
        "speaker": lambda r: json.dumps({"name": r.brief.candidates[0]}),
        "formulation": lambda _: f'{{"formulation": {FORMULATION.model_dump_json()}}}',
    }
    jobs = {**usual, **rules}
    return ScriptedModel(lambda request: jobs[request.want](request))


async def run(team: Team, folder: Path, problem: Problem = PLATE) -> Answer | Failure:
    return await solve(problem, team, folder=folder, sync=False)


def failure(outcome: Answer | Failure, reason: str) -> Failure:
    assert isinstance(outcome, Failure), outcome
    assert outcome.reason == reason
    return outcome
