"""A manager of a group chat that goes by rules; no language model takes part."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from mechagents.agents.base import Agent, Context
from mechagents.flow.repeats import failed_alike
from mechagents.messages import Message, Speaker
from mechagents.role import Role

Choice = Callable[[Context], Speaker | None]
"""A rule: who speaks next and why, or None where it has nothing to say."""
TOO_OFTEN = 3
"""So many attempts that failed alike are the plan's fault."""


def replan(context: Context) -> Speaker | None:
    """Return the planner where the same failure came again and again under the same plan."""
    alike = failed_alike(context.conversation)
    plan = context.conversation.last_envelope("plan")
    if len(alike) < TOO_OFTEN or plan is None or "planner" not in context.brief.candidates:
        return None
    if plan.seq > alike[-TOO_OFTEN].seq:
        return None
    return Speaker(name="planner", why=f"{len(alike)} attempts failed alike; plan anew.")


def usual(context: Context) -> Speaker | None:
    """Return whom the kinds of messages and the findings name."""
    if not context.brief.candidates:
        return None
    return Speaker(name=context.brief.candidates[0], why="Next by what was said last.")


class RuleManager(Agent):
    """Chooses who speaks next by the first of its rules that has something to say.

    For rules of your own, derive a class with ``rules``. A rule is a pure function of the
    context, so a resumed run chooses the same again.
    """

    role = Role(
        name="manager",
        description="Chooses who speaks next in a group chat, by rules; no language model.",
        behaviour="manager",
        receives=("problem", "plan", "formulation", "evidence", "critique"),
        sends=("speaker",),
    )
    rules: ClassVar[tuple[Choice, ...]] = (replan, usual)

    async def handle(self, context: Context) -> Message | None:
        """Return who speaks next, None where nobody can."""
        for rule in self.rules:
            choice = rule(context)
            if choice is not None:
                return choice
        return None
