"""Whatever the models do, a run of every flow ends, for a typed reason, within its budget."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import anyio
import pytest
from engineer import PLATE, code, engineer

from mechagents.budget import Budget
from mechagents.flow import Graph
from mechagents.log import read_log
from mechagents.messages import Execution, Failure, ModelCall, Program
from mechagents.models.base import ModelRequest
from mechagents.run import solve
from mechagents.team import (
    FULL_TEAM,
    Team,
    full_team,
    group_chat,
    round_robin,
    rule_chat,
    two_agent,
)
from mechagents.testing import ScriptedModel, ScriptedSandbox

EVERYBODY = ("planner", "formulator", "coder", "critic")
BUDGET = Budget(attempts=6, messages=80, model_calls=40, executions=12, seconds=60)


def graph(**settings: object) -> Team:
    """Return the full team in a graph in which everybody may follow everybody."""
    edges = {name: [other for other in EVERYBODY if other != name] for name in EVERYBODY}
    return Team(FULL_TEAM, flow=Graph(edges), name="graph", **settings)  # type: ignore[arg-type]


def fresh(request: ModelRequest) -> str:
    """Write a program that no earlier one was."""
    return code(f"# {request.brief.attempts_in_all}\n")


def agrees() -> ScriptedModel:
    """Return a model that accepts whatever it is shown, and lets whoever speak."""
    return engineer(program=fresh, critique=lambda _: '{"verdict": "accept"}')


def never_agrees() -> ScriptedModel:
    """Return a model that finds something new each time."""
    numbers = count()

    def refuse(request: ModelRequest) -> str:
        finding = {"to": EVERYBODY[next(numbers) % 3], "text": f"no. {next(numbers)}"}
        return json.dumps({"verdict": "revise", "findings": [finding]})

    return engineer(program=fresh, critique=refuse)


def nonsense() -> ScriptedModel:
    """Return a model whose every reply is noise."""
    return ScriptedModel(lambda request: f"Colourless green ideas sleep, said {request.role}.")


def hands_over() -> ScriptedModel:
    """Return a model that lets somebody else do it: asks where it can, names another else."""

    def reply(request: ModelRequest) -> str:
        if request.want == "program":
            return code("# somebody else should do this\n")
        if request.want == "speaker":
            return json.dumps({"name": request.brief.candidates[-1]})
        return json.dumps({"question": "Should somebody else do this?"})

    return ScriptedModel(reply)


def passes_on() -> ScriptedModel:
    """Return a model whose critic names the planner and the formulator in turn, for ever."""
    numbers = count()

    def refuse(request: ModelRequest) -> str:
        to = ("planner", "formulator")[next(numbers) % 2]
        return json.dumps({"verdict": "revise", "findings": [{"to": to, "text": "not mine"}]})

    def choose(request: ModelRequest) -> str:
        names = request.brief.candidates
        return json.dumps({"name": next((n for n in ("planner", "formulator") if n in names), "")})

    return engineer(critique=refuse, speaker=choose, program=lambda _: code("#\n"))


def asks_anew() -> ScriptedModel:
    """Return a model that asks another question each time."""
    numbers = count()
    return ScriptedModel(
        lambda request: (
            code(f"# {next(numbers)}\n")
            if request.want == "program"
            else json.dumps({"question": f"Question {next(numbers)}?"})
        )
    )


TEAMS: dict[str, Callable[..., Team]] = {
    "two agents": two_agent,
    "full": full_team,
    "group chat": group_chat,
    "rule chat": rule_chat,
    "round robin": round_robin,
    "graph": graph,
}
MODELS: dict[Callable[[], ScriptedModel], set[tuple[str, str]]] = {
    agrees: {("gave_up", "failed alike")},
    never_agrees: {("gave_up", "failed alike"), ("gave_up", "6 programs were tried")},
    nonsense: {("model", "3 replies in a row could not be used")},
    hands_over: {("gave_up", "said the same question 3 times"), ("gave_up", "same program was")},
    passes_on: {
        ("gave_up", "3 times"),
    },
    asks_anew: {("budget", "40 model_calls"), ("gave_up", "80 messages"), ("gave_up", "alike")},
}


@pytest.mark.parametrize("make", TEAMS.values(), ids=TEAMS)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
async def test_a_run_ends_for_a_typed_reason_within_its_budget(
    model: Callable[[], ScriptedModel], make: Callable[..., Team], tmp_path: Path
) -> None:
    async def ask(question: str) -> str:
        return "Whatever you like."

    # Without a formulation of the user's, each has something to say at every turn.
    problem = PLATE.model_copy(update={"level": "computed", "formulation": None})
    if model in (agrees, never_agrees, passes_on):
        problem = PLATE.model_copy(update={"level": "computed"})
    team = make(model=model(), sandbox=ScriptedSandbox(), stop=BUDGET, ask=ask)
    with anyio.fail_after(60):
        outcome = await solve(problem, team, folder=tmp_path / "run", sync=False)
    assert isinstance(outcome, Failure), outcome
    ends = MODELS[model]
    assert any(outcome.reason == r and told in outcome.message for r, told in ends), outcome
    log = read_log(tmp_path / "run")
    assert len(log.of(Program)) <= BUDGET.attempts
    assert len(log.of(ModelCall)) <= BUDGET.model_calls
    assert len(log.of(Execution)) <= BUDGET.executions
    # The answer, and what was under way when the limit was reached.
    assert len(log) <= BUDGET.messages + 2
