"""What is common to flows in which turns are given: what must follow, and who has something to say.

What must follow is no choice of anybody: a program that was not run is run, an execution is
verified, evidence that needs another mesh gets it, a question goes to the human, and what has
reviewers waits for them: a plan that needs approval goes on once it has it.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime

from mechagents.budget import Budget
from mechagents.flow.base import Finish, Roles, last_said, reviewers, senders, subject
from mechagents.flow.candidates import racing
from mechagents.flow.dataflow import Dataflow, missing_reviewers, tried, verdicts_on
from mechagents.log import Conversation
from mechagents.messages import (
    Critique,
    Envelope,
    Evidence,
    Formulated,
    Message,
    Plan,
    Problem,
    Program,
    Reply,
    Speaker,
)
from mechagents.role import Role


class Turns(Dataflow):
    """The dataflow where something must follow, and turns where there is a choice."""

    hears = frozenset({"speaker"})

    def recipients(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return who must act, or the manager where it may choose, or whose turn it is."""
        if isinstance(message, Speaker) and cause is not None:
            return self._chosen(roles, conversation, message, cause)
        must = self._must(roles, conversation, message, sender, cause)
        if must is not None:
            return must
        after, envelope = _said(conversation, message, sender, cause)
        may = self.candidates(roles, after, envelope)
        managers = senders(roles, "speaker")
        return managers if managers and len(may) > 1 else may[:1]

    @abstractmethod
    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return who may speak after an envelope where there is a choice, the first one first."""

    def finish(self, roles: Roles, conversation: Conversation, budget: Budget) -> Finish | None:
        """Return why the conversation is over: no turn is given for more programs than allowed."""
        ended = super().finish(roles, conversation, budget)
        if ended is not None or len(conversation.of(Program)) < budget.attempts:
            return ended
        if racing(conversation):
            return None
        last = last_said(conversation)
        earlier = [envelope for envelope in conversation if envelope.seq < last.seq]
        cause = conversation.at(last.cause) if last.cause else None
        to = self.recipients(roles, Conversation(earlier), last.message, last.sender, cause)
        acts_on = subject(conversation, last)
        if any(self.want(roles[name], conversation, acts_on) == "program" for name in to):
            return Finish("attempts", tried(budget))
        return None

    def _chosen(
        self, roles: Roles, conversation: Conversation, choice: Speaker, asked: Envelope
    ) -> tuple[str, ...]:
        allowed = self.candidates(roles, conversation, asked)
        return (choice.name,) if choice.name in allowed else allowed[:1]

    def _must(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...] | None:
        """Return who has to act whatever anybody chooses, None where there is a choice."""
        match message:
            case Problem() | Plan() | Formulated():
                return reviewers(roles, message.kind, sender) or None
            case Evidence() if message.run_next is None:
                return reviewers(roles, message.kind, sender) or None
            case Critique() if cause is not None:
                return self._must_after_review(roles, conversation, message, sender, cause)
            case Reply():
                return super().recipients(roles, conversation, message, sender, cause)
            case _:
                without = working(roles)
                return super().recipients(without, conversation, message, sender, cause)

    def _must_after_review(
        self,
        roles: Roles,
        conversation: Conversation,
        critique: Critique,
        sender: str,
        cause: Envelope,
    ) -> tuple[str, ...] | None:
        """Return who mends what was sent back, or runs the program that was accepted."""
        judged = subject(conversation, cause)
        verdicts = {**verdicts_on(conversation, judged), sender: critique}
        if missing_reviewers(roles, judged, verdicts):
            return ()
        revised = any(v.verdict == "revise" for v in verdicts.values())
        if isinstance(judged.message, Evidence) and judged.message.passed and not revised:
            return ()
        free = Evidence if revised else Problem | Plan | Formulated | Evidence
        if isinstance(judged.message, free):
            return None
        return super().recipients(working(roles), conversation, critique, sender, cause)


def working(roles: Roles) -> Roles:
    """Return the roles without those that only choose who speaks."""
    return {name: role for name, role in roles.items() if "speaker" not in role.sends}


def speaks(role: Role) -> bool:
    """Return whether a role is one of those that turns are given to."""
    return role.behaviour in ("language", "critic") and bool(role.sends)


def able(roles: Roles, conversation: Conversation, envelope: Envelope, name: str) -> bool:
    """Return whether a role has what it needs to speak after an envelope.

    Who writes programs needs a formulation, who reviews needs evidence that it has not judged.
    A formulation that came with the problem stands, unless a finding asks for another.
    """
    role = roles[name]
    if not speaks(role):
        return False
    if role.reviews:
        judged = subject(conversation, envelope)
        found = isinstance(judged.message, Evidence) and "evidence" in role.receives
        return found and name not in verdicts_on(conversation, judged)
    if "formulation" in role.sends and "program" not in role.sends:
        return _may_formulate(conversation, name)
    if "program" in role.sends and "formulation" not in role.sends:
        return conversation.last_envelope("formulation") is not None
    return True


def _may_formulate(conversation: Conversation, name: str) -> bool:
    problem = conversation.last(Problem)
    if problem is None or problem.formulation is None:
        return True
    stated, asked = (
        conversation.last_envelope("formulation"),
        conversation.last_envelope("critique"),
    )
    if stated is None or asked is None or asked.seq < stated.seq:
        return stated is None
    findings = asked.message.findings if isinstance(asked.message, Critique) else ()
    return any(finding.to == name for finding in findings)


def _said(
    conversation: Conversation, message: Message, sender: str, cause: Envelope | None
) -> tuple[Conversation, Envelope]:
    """Return the conversation as it will be once a message is logged, and its envelope."""
    seq = cause.seq if cause is not None else None
    envelope = Envelope("", len(conversation) + 1, sender, (), seq, datetime.now(UTC), message)
    return Conversation([*conversation, envelope]), envelope
