"""What every agent is given, and the one method it has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mechagents.agents.view import tokens
from mechagents.brief import Brief
from mechagents.budget import Ledger
from mechagents.errors import ModelError
from mechagents.log import Conversation
from mechagents.messages import (
    Envelope,
    Execution,
    Lane,
    Message,
    ModelCall,
    Program,
    Settings,
)
from mechagents.models.base import Chat, Model, ModelReply, ModelRequest, PricedModel
from mechagents.role import Role
from mechagents.sandbox.base import Limits, Sandbox
from mechagents.sandbox.programs import run_program

USUAL_REPLY = 2000
"""The tokens that are set aside for a reply without a limit: those of a program of 100 lines."""
Record = Callable[[Message], Awaitable[Envelope]]
"""Logs a message of an agent without delivering it."""
KeepPrompt = Callable[[Sequence[Chat]], str]
"""Keeps what a language model was shown, and returns its fingerprint."""
Ask = Callable[[str], Awaitable[str]]
"""Asks the person at hand, who answers in words."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person is asked to approve."""

    kind: str
    """``plan``, ``formulation``, ``program`` or ``answer``."""
    sender: str
    """Who made it."""
    message: Message
    """The message; for an answer, the evidence that it rests on."""
    text: str
    """The same for people to read."""
    question: str
    """What is asked, and which replies do what."""


Approver = Callable[[Approval], Awaitable[str]]
"""Gets what is to be approved and returns the person's reply: empty or ``approve`` to approve,
``exit`` to end the run, other words to send it back with."""


@dataclass(slots=True)
class Context:
    """What an agent may use while it acts on one message.

    Everything costly goes through here: what the log already holds is taken from it, so a
    resumed run never pays twice, and the budget is asked before each step.
    """

    role: Role
    act_on: Envelope
    """What to act on."""
    cause: int
    """The sequence number that answers name as their cause."""
    want: str | None
    """The kind of message that is asked for."""
    brief: Brief
    conversation: Conversation
    folder: Path
    """The run's folder."""
    ledger: Ledger
    model: Model | None
    fallback: Model | None
    """Answers where ``model`` cannot."""
    sandbox: Sandbox
    limits: Limits
    record: Record
    keep_prompt: KeepPrompt
    """Keeps what a language model was shown."""
    ask: Ask | None = None
    approver: Approver | None = None
    second_opinion: bool = False
    """Whether a question in words is read twice."""
    window: int | None = None
    """The tokens that a model takes, its reply included; None for any number."""
    lane: Lane | None = None
    """Which of several programs is written; None where there is one."""
    _calls: int = field(default=0, init=False)

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return a model's reply, from the log where it was logged before.

        Raises:
            BudgetError: If no further call is allowed.
            ModelError: If this role has no model, or the model cannot answer.
        """
        logged = [
            e.message
            for e in self.conversation.answers_to(self.cause)
            if e.sender == self.role.name
            and isinstance(e.message, ModelCall)
            and e.message.lane == self._lane
        ]
        self._calls += 1
        if self._calls <= len(logged):
            return _reply(logged[self._calls - 1])
        if self.model is None:
            raise ModelError(f"the role {self.role.name!r} has no model; give its team one")
        try:
            return await self._call(self.model, request)
        except ModelError as error:
            if self.fallback is None or self.fallback is self.model:
                raise
            # It loads a terminal's library, which a team that only is made does without.
            from mechagents.diagnostics import get_logger

            get_logger().warning("model_failed", model=self.model.name, error=str(error))
            return await self._call(self.fallback, request)

    async def _call(self, model: Model, request: ModelRequest) -> ModelReply:
        """Return a model's reply within the budget, once it is logged."""
        asked = sum(tokens(chat.content) for chat in request.messages)
        answered = request.max_tokens or USUAL_REPLY
        price = 0.0
        if isinstance(model, PricedModel):
            price = await model.price(asked, answered)
        reserved = self.ledger.begin_model_call(self.role, asked + answered, price)
        try:
            reply = await model.complete(request)
            # The handbook reads no prompt, so there is none to keep.
            prompt = "" if model.name == "handbook" else self.keep_prompt(request.messages)
            await self.record(_call(self.role.name, reply, self._lane, prompt))
        finally:
            self.ledger.end_model_call(reserved)
        return reply

    @property
    def _lane(self) -> int:
        return self.lane.number if self.lane is not None else 0

    async def execute(
        self, program: Program, settings: Settings, folder: str, cold: bool = True
    ) -> Execution:
        """Return what happened when a program ran in ``folder`` of the run's folder.

        Args:
            program: What to run.
            settings: What it may be told to do otherwise.
            folder: Where it runs.
            cold: Whether it starts in a new interpreter. A run whose result may be answered has
                to: in a warm one, an import that the program forgot is there all the same.

        Raises:
            BudgetError: If no further execution is allowed.
            SandboxError: If the sandbox itself is at fault.
        """
        self.ledger.begin_execution()
        return await run_program(
            self.sandbox,
            program,
            self.brief.formulation,
            self.folder,
            folder,
            settings=settings,
            limits=self.limits,
            cold=cold,
        )


class Agent(ABC):
    """Acts for a role. A role of your own is a subclass.

    For instance:

        class HandCheck(Agent):
            role = Role(name="hand_check", description="…",
                        receives=("evidence",), sends=("critique",))

            async def handle(self, context: Context) -> Message | None:
                …

    A class of one's own needs a constructor without arguments to take part in resumed runs.
    """

    role: Role

    @abstractmethod
    async def handle(self, context: Context) -> Message | None:
        """Return the answer to ``context.act_on``, or None where there is none to give."""


def _call(role: str, reply: ModelReply, lane: int, prompt: str) -> ModelCall:
    return ModelCall(
        role=role,
        model=reply.model,
        text=reply.text,
        finish_reason=reply.finish_reason,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost=reply.cost,
        seconds=reply.seconds,
        lane=lane,
        prompt=prompt,
    )


def _reply(call: ModelCall) -> ModelReply:
    return ModelReply(
        text=call.text,
        model=call.model,
        finish_reason=call.finish_reason,
        prompt_tokens=call.prompt_tokens,
        completion_tokens=call.completion_tokens,
        cost=call.cost,
        seconds=call.seconds,
    )
