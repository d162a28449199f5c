"""Checks every execution. No language model takes part, and none can overrule it."""

from __future__ import annotations

import anyio.to_thread

from mechagents.agents.base import Agent, Context
from mechagents.messages import Execution, Message
from mechagents.role import Role
from mechagents.verification import judge

VERIFICATION = Role(
    name="verification",
    description="Checks every execution against the formulation; no language model.",
    behaviour="verification",
    receives=("execution",),
    sends=("evidence",),
)
"""The role that every team has."""


class VerificationAgent(Agent):
    """Acts for verification."""

    role = VERIFICATION

    async def handle(self, context: Context) -> Message | None:
        """Return the evidence on an execution and the coarser ones of the same program."""
        execution = context.act_on.message
        formulation = context.brief.formulation
        if not isinstance(execution, Execution) or formulation is None:
            return None
        runs = [
            (run, context.folder / run.folder)
            for run in context.conversation.of(Execution)
            if run.attempt == execution.attempt
        ]
        problem = context.brief.problem
        return await anyio.to_thread.run_sync(
            lambda: judge(formulation, runs, level=problem.level, tolerance=problem.tolerance),
        )
