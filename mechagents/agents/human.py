"""The human in the team, who answers questions and approves."""

from __future__ import annotations

from mechagents.agents.base import Agent, Approval, Context
from mechagents.messages import Evidence, Message, Question, Reply
from mechagents.report import readable
from mechagents.role import Role


class HumanAgent(Agent):
    """Acts for the person who asked. Where nobody is at hand, the question stays open."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def handle(self, context: Context) -> Message | None:
        """Return the person's reply to a question."""
        message = context.act_on.message
        if not isinstance(message, Question):
            return None
        if message.approves is not None:
            return await _approve(context, message, message.approves)
        return Reply(text=await context.ask(message.text)) if context.ask is not None else None


async def _approve(context: Context, question: Question, about: int) -> Message | None:
    held = context.conversation.at(about)
    asked = Approval(
        kind="answer" if isinstance(held.message, Evidence) else held.message.kind,
        sender=held.sender,
        message=held.message,
        text=readable(held.message),
        question=question.text,
    )
    if context.approver is not None:
        return Reply(text=await context.approver(asked), approves=about)
    if context.ask is not None:
        words = await context.ask(f"{asked.text}\n\n{asked.question}")
        return Reply(text=words, approves=about)
    return None
