"""Several programs at the same time: the first that passes every check is taken.

Each is written, run and checked as one alone would be, by the same agents, and every step is
logged before the next. The others are then cancelled: their model calls, their programs and their
checks end. Where none passes, the team goes on from the best.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio

from mechagents.agents.base import Agent, Context
from mechagents.answer import AgentCrashError
from mechagents.diagnostics import get_logger
from mechagents.errors import BudgetError, LogError, MechagentsError, ModelError
from mechagents.flow.candidates import best_of
from mechagents.log import Conversation
from mechagents.messages import (
    Candidate,
    CandidateEnd,
    Candidates,
    Envelope,
    Evidence,
    Execution,
    Lane,
    Message,
    Program,
    Selection,
)

Kind = TypeVar("Kind", bound=Message)
MakeContext = Callable[[Agent, Envelope, Lane], Context]
"""Makes what an agent may use while it acts on a message for one of the programs."""
Record = Callable[[str, int, Message], Awaitable[Envelope]]
"""Logs a message without delivering it: of whom, on which it answers, and what."""
logger = get_logger()


@dataclass(slots=True)
class Race:
    """Several programs on their way to their evidence.

    What the log holds of them is not done again, so a run that was killed goes on in the midst.
    """

    conversation: Conversation
    opened: Envelope
    """The message that asks for the candidates."""
    writer: Agent
    runner: Agent
    checker: Agent
    context: MakeContext
    record: Record
    _turn: anyio.Lock = field(init=False, default_factory=anyio.Lock)
    """Held while a message is logged: attempts are numbered in the order of the log."""
    _left: dict[int, ModelError | BudgetError] = field(
        init=False, default_factory=dict[int, ModelError | BudgetError]
    )
    """Why lanes ended without evidence."""
    _fault: MechagentsError | None = field(init=False, default=None)

    async def run(self) -> Selection:
        """Return which candidate the team goes on from.

        Raises:
            ModelError: If no program came to its evidence, for want of a model's reply.
            BudgetError: The same, for want of budget.
            RunError: If anything else failed.
        """
        if not self._has_passed():
            async with anyio.create_task_group() as group:
                for lane in self._lanes():
                    group.start_soon(self._follow, lane, group.cancel_scope)
        if self._fault is not None:
            raise self._fault
        judged = sorted(filter(None, map(self._judged, self._lanes())), key=lambda e: e.seq)
        if not judged:
            raise next(iter(self._left.values()))
        chosen = best_of(judged)
        assert isinstance(chosen.message, Evidence)
        return Selection(
            attempt=chosen.message.attempt,
            evidence=chosen.seq,
            candidates=tuple(map(self._ended, self._lanes())),
        )

    def _lanes(self) -> tuple[Lane, ...]:
        asked = self.opened.message
        return asked.lanes if isinstance(asked, Candidates) else ()

    async def _follow(self, lane: Lane, scope: anyio.CancelScope) -> None:
        """Bring one candidate to its evidence, and end the others where it passed."""
        try:
            evidence = await self._tried(lane)
        except (ModelError, BudgetError) as error:
            logger.warning("candidate_left", lane=lane.number, error=str(error))
            self._left[lane.number] = error
            return
        except MechagentsError as error:  # nothing that another candidate could help
            self._fault = self._fault or error
            scope.cancel()
            return
        if evidence.passed:
            scope.cancel()

    async def _tried(self, lane: Lane) -> Evidence:
        """Return the last evidence on a candidate."""
        program, _ = await self._step(self.writer, self.opened, lane, Program)
        ran, _ = await self._step(self.runner, program, lane, Execution)
        judged, evidence = await self._step(self.checker, ran, lane, Evidence)
        while evidence.run_next is not None:
            ran, _ = await self._step(self.runner, judged, lane, Execution)
            judged, evidence = await self._step(self.checker, ran, lane, Evidence)
        return evidence

    async def _step(
        self, agent: Agent, cause: Envelope, lane: Lane, kind: type[Kind]
    ) -> tuple[Envelope, Kind]:
        """Return an agent's answer, from the log where it was logged before."""
        said = self._answer(agent, cause, lane)
        if said is None:
            message = await self._asked(agent, cause, lane, kind)
            async with self._turn:
                numbered = self._numbered(message, lane)
                said = await self.record(agent.role.name, cause.seq, numbered)
        if not isinstance(said.message, kind):
            raise LogError(f"message {said.seq} is no part of candidate {lane.number}")
        return said, said.message

    def _numbered(self, message: Message, lane: Lane) -> Message:
        """Return a program with its place among the attempts; any other message as it is."""
        if not isinstance(message, Program):
            return message
        number = max((p.attempt for p in self.conversation.of(Program)), default=0) + 1
        return message.model_copy(update={"attempt": number, "lane": lane.number})

    async def _asked(
        self, agent: Agent, cause: Envelope, lane: Lane, kind: type[Message]
    ) -> Message:
        try:
            message = await agent.handle(self.context(agent, cause, lane))
            if not isinstance(message, kind):
                said, due = message.kind if message else "nothing", kind.model_fields["kind"]
                told = f"candidate {lane.number}: it answered with {said}, not {due.default}"
                raise TypeError(told)
            return message
        except MechagentsError:
            raise
        except Exception as error:  # an agent's own fault ends the run with its cause
            logger.error("agent_failed", role=agent.role.name, exc_info=True)
            raise AgentCrashError(agent.role.name, error) from error

    def _answer(self, agent: Agent, cause: Envelope, lane: Lane) -> Envelope | None:
        for said in self.conversation.answers_to(cause.seq):
            message = said.message
            if said.sender != agent.role.name or message.kind == "model_call":
                continue
            if not isinstance(message, Program) or message.lane == lane.number:
                return said
        return None

    def _reached(self, lane: Lane) -> list[Envelope]:
        """Return a candidate's messages as far as the log holds them, the program first."""
        found: list[Envelope] = []
        agent, cause = self.writer, self.opened
        while (said := self._answer(agent, cause, lane)) is not None:
            found.append(said)
            if isinstance(said.message, Evidence) and said.message.run_next is None:
                break
            agent, cause = self.checker if agent is self.runner else self.runner, said
        return found

    def _judged(self, lane: Lane) -> Envelope | None:
        """Return the last evidence on a candidate, None where it did not come to it."""
        *_, last = self._reached(lane) or [self.opened]
        over = isinstance(last.message, Evidence) and last.message.run_next is None
        return last if over else None

    def _has_passed(self) -> bool:
        found = [e.message for e in map(self._judged, self._lanes()) if e is not None]
        return any(isinstance(message, Evidence) and message.passed for message in found)

    def _ended(self, lane: Lane) -> Candidate:
        reached = self._reached(lane)
        program = reached[0].message if reached else None
        ended, told = self._how(lane, reached)
        return Candidate(
            lane=lane.number,
            approach=lane.approach,
            attempt=program.attempt if isinstance(program, Program) else None,
            ended=ended,
            message=told,
        )

    def _how(self, lane: Lane, reached: list[Envelope]) -> tuple[CandidateEnd, str]:
        """Return how a candidate ended, and what failed or how far it had come."""
        judged = self._judged(lane)
        if judged is not None and isinstance(judged.message, Evidence):
            failed = ", ".join(check.name for check in judged.message.failed)
            return ("failed", failed) if failed else ("passed", "")
        left = self._left.get(lane.number)
        if left is not None:
            return "budget" if isinstance(left, BudgetError) else "model", str(left)
        last = reached[-1].message if reached else None
        if last is None:
            return "cancelled", "while it was written"
        return "cancelled", f"while it {'was checked' if isinstance(last, Execution) else 'ran'}"
