"""The human in the team, who answers questions."""

from __future__ import annotations

from mechagents.agents.base import Agent, Context
from mechagents.messages import Message, Question, Reply
from mechagents.role import Role


class HumanAgent(Agent):
    """Acts for the person who asked. Where nobody is at hand, the question stays open."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def handle(self, context: Context) -> Message | None:
        """Return the person's reply to a question."""
        message = context.act_on.message
        if not isinstance(message, Question) or context.ask is None:
            return None
        return Reply(text=await context.ask(message.text))
