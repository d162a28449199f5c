"""Runs programs: first as they were written, then on the meshes that verification asks for."""

from __future__ import annotations

from mechagents.agents.base import Agent, Context
from mechagents.messages import Evidence, Execution, Message, Program
from mechagents.role import Role


class ExecutorAgent(Agent):
    """Acts for the executor."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def handle(self, context: Context) -> Message | None:
        """Return the execution of a program, or of the judged one again on another mesh."""
        message = context.act_on.message
        if isinstance(message, Program):
            folder = f"attempts/{message.attempt}"
            return await context.execute(message, message.settings, folder)
        if isinstance(message, Evidence) and message.run_next is not None:
            written = context.conversation.of(Program)
            program = next(p for p in reversed(written) if p.attempt == message.attempt)
            done = [e for e in context.conversation.of(Execution) if e.attempt == program.attempt]
            folder = f"attempts/{program.attempt}-mesh{len(done) + 1}"
            return await context.execute(program, message.run_next, folder, cold=False)
        return None
