"""Checks every execution. No language model takes part, and none can overrule it."""

from __future__ import annotations

from pathlib import Path

from mechagents.agents.base import Agent, Context
from mechagents.log import Conversation
from mechagents.messages import Evidence, Execution, Formulated, Message, Problem
from mechagents.role import Role
from mechagents.slots import compute
from mechagents.verification import RunChecks, judge, refer

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

    def __init__(self) -> None:
        """Begin with nothing checked."""
        self._checks = RunChecks()

    async def handle(self, context: Context) -> Message | None:
        """Return the evidence on an execution and the coarser ones of the same program."""
        execution = context.act_on.message
        if not isinstance(execution, Execution) or context.brief.formulation is None:
            return None
        evidence = await compute(
            evidence_on,
            context.conversation,
            context.folder,
            execution.attempt,
            self._checks,
        )
        problem = context.conversation.last(Problem)
        if problem is None or problem.level != "verified":
            return evidence
        return await referred(context.conversation, evidence)


async def referred(conversation: Conversation, evidence: Evidence) -> Evidence:
    """Return evidence compared with an independent reference, once it is converged.

    Args:
        conversation: Holds the problem and its formulation.
        evidence: All checks before.
    """
    problem, formulated = conversation.last(Problem), conversation.last(Formulated)
    if problem is None or formulated is None or evidence.claim_level != "converged":
        return evidence
    return await refer(formulated.formulation, evidence, problem.tolerance)


def evidence_on(
    conversation: Conversation, folder: Path, attempt: int, checks: RunChecks | None = None
) -> Evidence:
    """Return the evidence on an attempt, checked from the files of all its executions.

    Args:
        conversation: Holds the problem, its formulation and the executions.
        folder: The run's folder.
        attempt: Which program.
        checks: Has made the checks of earlier executions of the program, where they were judged.

    Raises:
        ValueError: If the attempt was never executed, or the problem never formulated.
    """
    problem, formulated = conversation.last(Problem), conversation.last(Formulated)
    if problem is None or formulated is None:
        raise ValueError("there is no formulation yet")
    executions = [e for e in conversation.of(Execution) if e.attempt == attempt]
    runs = [(execution, folder / execution.folder) for execution in executions]
    level, tolerance = problem.level, problem.tolerance
    made = checks or RunChecks()
    evidence = judge(formulated.formulation, runs, level=level, tolerance=tolerance, checks=made)
    if evidence.run_next is None:
        made.forget(where for _, where in runs)
    return evidence
