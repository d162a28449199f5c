"""A group chat: a manager chooses who speaks next, wherever there is a choice.

What must follow is not a choice: a program that was not run is run, an execution is verified,
evidence that needs another mesh gets it, a question goes to the human. A choice of somebody who
cannot act falls back on what the dataflow would have done.
"""

from __future__ import annotations

from mechagents.budget import Budget
from mechagents.flow.base import Finish, Roles, senders, subject
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
    Speaker,
)


class GroupChat(Dataflow):
    """The dataflow, with a manager at every fork. The team needs a role that sends ``speaker``."""

    name = "group_chat"
    hears = frozenset({"speaker"})

    def recipients(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return the manager at a fork, the speaker it chose, or who must act."""
        managers = senders(roles, "speaker")
        if isinstance(message, Speaker) and cause is not None:
            return self._chosen(roles, conversation, message, cause)
        planned = self._planned(roles, conversation, message, sender, cause)
        return managers if managers and planned and _is_fork(message) else planned

    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return who may speak after an envelope; first those whom the dataflow would choose."""
        cause = conversation.at(envelope.cause) if envelope.cause else None
        planned = self._planned(roles, conversation, envelope.message, envelope.sender, cause)
        able = [name for name in roles if _able(roles, conversation, name)]
        rest = [name for name in able if name not in (*planned, envelope.sender)]
        return (*planned, *rest)

    def finish(self, roles: Roles, conversation: Conversation, budget: Budget) -> Finish | None:
        """Return why the conversation is over: a manager cannot have more programs than allowed."""
        ended = super().finish(roles, conversation, budget)
        if ended is not None or len(conversation.of(Program)) < budget.attempts:
            return ended
        last = conversation.at(len(conversation))
        if not isinstance(last.message, Speaker) or last.cause is None:
            return None
        chosen = self._chosen(roles, conversation, last.message, conversation.at(last.cause))
        if any("program" in roles[name].sends for name in chosen):
            return Finish("attempts", tried(budget))
        return None

    def _chosen(
        self, roles: Roles, conversation: Conversation, choice: Speaker, asked: Envelope
    ) -> tuple[str, ...]:
        allowed = self.candidates(roles, conversation, asked)
        return (choice.name,) if choice.name in allowed else allowed[:1]

    def _planned(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return whom the dataflow would choose, the manager apart."""
        speaking = {name: role for name, role in roles.items() if "speaker" not in role.sends}
        planned = super().recipients(speaking, conversation, message, sender, cause)
        if planned or not isinstance(message, Critique) or cause is None:
            return planned
        judged = subject(conversation, cause)
        verdicts = {**verdicts_on(conversation, judged), sender: message}
        return missing_reviewers(speaking, judged, verdicts)


def _is_fork(message: Message) -> bool:
    if isinstance(message, Evidence):
        return message.run_next is None
    return isinstance(message, Problem | Plan | Formulated | Critique)


def _able(roles: Roles, conversation: Conversation, name: str) -> bool:
    """Return whether a role has what it needs: a coder a formulation, a critic evidence."""
    role = roles[name]
    if "program" in role.sends:
        return conversation.last_envelope("formulation") is not None
    if role.behaviour == "critic":
        newest = conversation.last_envelope("evidence")
        return newest is not None and isinstance(newest.message, Evidence)
    return role.behaviour == "language"
