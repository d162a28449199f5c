"""A group chat: a manager chooses who speaks next, wherever there is a choice.

A choice of somebody who cannot act falls back on what the dataflow would have done.
"""

from __future__ import annotations

from mechagents.flow.base import Roles, senders, subject
from mechagents.flow.dataflow import Dataflow, missing_reviewers, verdicts_on
from mechagents.flow.turns import Turns, able, working
from mechagents.log import Conversation
from mechagents.messages import Critique, Envelope, Evidence, Message, Speaker


class GroupChat(Turns):
    """The dataflow, with a manager at every fork. The team needs a role that sends ``speaker``."""

    name = "group_chat"

    def recipients(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return who must act, the manager at a fork, or the speaker it chose."""
        if isinstance(message, Speaker) and cause is not None:
            return self._chosen(roles, conversation, message, cause)
        must = self._must(roles, conversation, message, sender, cause)
        if must is not None:
            return must
        planned = self._planned(roles, conversation, message, sender, cause)
        return (senders(roles, "speaker") if planned else ()) or planned

    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return who may speak after an envelope; first those whom the dataflow would choose."""
        cause = conversation.at(envelope.cause) if envelope.cause else None
        planned = self._planned(roles, conversation, envelope.message, envelope.sender, cause)
        others = (name for name in roles if able(roles, conversation, envelope, name))
        rest = [name for name in others if name not in (*planned, envelope.sender)]
        return (*planned, *rest)

    def _must(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...] | None:
        """Return who has to act; the manager says when evidence is judged, and by whom."""
        if isinstance(message, Evidence) and message.run_next is None:
            return None
        if isinstance(message, Critique) and cause is not None:
            judged = subject(conversation, cause)
            if isinstance(judged.message, Evidence):
                return None
        return super()._must(roles, conversation, message, sender, cause)

    def _planned(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return whom the dataflow would choose, the manager apart."""
        speaking = working(roles)
        planned = Dataflow.recipients(self, speaking, conversation, message, sender, cause)
        if planned or not isinstance(message, Critique) or cause is None:
            return planned
        judged = subject(conversation, cause)
        verdicts = {**verdicts_on(conversation, judged), sender: message}
        return missing_reviewers(speaking, judged, verdicts)
