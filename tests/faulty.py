"""A team whose programs have one slip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mechagents.budget import Budget
from mechagents.log import read_log
from mechagents.messages import Check, Evidence
from mechagents.models.base import Model, ModelReply, ModelRequest
from mechagents.models.handbook.model import Handbook
from mechagents.problems import load_problem
from mechagents.run import solve
from mechagents.team import full_team

PROBLEMS = Path(__file__).parents[1] / "examples" / "problems"


class Faulty:
    """The handbook, with one slip in every program that it writes."""

    name = "faulty"

    def __init__(self, right: str, wrong: str) -> None:
        self._model: Model = Handbook()
        self._slip = right, wrong

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return the handbook's reply, its program changed."""
        reply = await self._model.complete(request)
        if request.want != "program":
            return reply
        right, wrong = self._slip
        assert right in reply.text
        return replace(reply, text=reply.text.replace(right, wrong))


async def faults_of_slip(name: str, right: str, wrong: str, folder: Path) -> list[Check]:
    """Return the checks that fail where the program for an example has a slip."""
    team = full_team(model=Faulty(right, wrong), stop=Budget(attempts=1))
    await solve(load_problem(str(PROBLEMS / f"{name}.yaml")), team, folder=folder)
    evidence = read_log(folder).of(Evidence)
    assert evidence
    return [check for one in evidence for check in one.failed]
