"""What a flow decides, and the look-ups that every flow needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mechagents.budget import Budget
from mechagents.flow.candidates import stands_for
from mechagents.log import Conversation
from mechagents.messages import (
    Candidates,
    Critique,
    Envelope,
    Formulated,
    Message,
    Question,
    Reply,
    Selection,
    Speaker,
)
from mechagents.role import Role

Roles = Mapping[str, Role]
"""The members of a team by name."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Why the conversation is over."""

    reason: Literal["accepted", "attempts", "messages", "repeats", "settled", "waiting", "stuck",
                    "stopped"]  # fmt: skip
    message: str


class Flow(Protocol):
    """Decides who acts next. Both methods are pure: the same conversation, the same step."""

    @property
    def name(self) -> str:
        """The name under which logs keep this flow."""
        ...

    @property
    def hears(self) -> frozenset[str]:
        """The kinds of messages that the flow itself acts on."""
        ...

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make this flow again, as JSON; logs keep them."""
        ...

    def check(self, roles: Roles) -> None:
        """Make sure that the flow fits a team.

        Raises:
            TeamError: If it names a role that the team does not have.
        """
        ...

    def recipients(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return who acts on a message that is about to be logged.

        Args:
            roles: The team.
            conversation: All that was said before.
            message: What is about to be said.
            sender: Who says it.
            cause: The envelope that it answers.
        """
        ...

    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return who may speak after an envelope, where a manager chooses; else nobody."""
        ...

    def finish(self, roles: Roles, conversation: Conversation, budget: Budget) -> Finish | None:
        """Return why the conversation is over, or None while it goes on."""
        ...

    def want(self, role: Role, conversation: Conversation, act_on: Envelope) -> str | None:
        """Return the kind of message that a role should answer with, None if it only listens."""
        ...


def last_said(conversation: Conversation) -> Envelope:
    """Return the newest message, those left out with which a fork begins."""
    newest = len(conversation)
    while newest > 1 and conversation.at(newest).message.kind in ("forked", "setup"):
        newest -= 1
    return conversation.at(newest)


def subject(conversation: Conversation, envelope: Envelope) -> Envelope:
    """Return what an envelope asks its receiver to act on.

    An accepting critique passes on what it judged, a manager's choice what there was to act on,
    a reply what its asker was at work on, candidates what they are written for, a selection the
    evidence that it stands for; everything else speaks for itself.
    """
    message = envelope.message
    if isinstance(message, Selection):
        return stands_for(conversation, envelope)
    if envelope.cause is None:
        return envelope
    cause = conversation.at(envelope.cause)
    accepts = isinstance(message, Critique) and message.verdict == "accept"
    if accepts or isinstance(message, Speaker | Candidates):
        return subject(conversation, cause)
    if isinstance(message, Reply) and isinstance(cause.message, Question) and cause.cause:
        return subject(conversation, conversation.at(cause.cause))
    return envelope


def hearers(roles: Roles, kind: str) -> tuple[str, ...]:
    """Return the roles that receive a kind of message and act on it by other than a verdict."""
    return tuple(r.name for r in roles.values() if kind in r.receives and not r.reviews)


def reviewers(roles: Roles, kind: str, sender: str) -> tuple[str, ...]:
    """Return the roles that pass a verdict on a kind of message, other than its sender."""
    return tuple(
        r.name for r in roles.values() if kind in r.receives and r.reviews and r.name != sender
    )


def senders(roles: Roles, kind: str) -> tuple[str, ...]:
    """Return the roles that send a kind of message."""
    return tuple(r.name for r in roles.values() if kind in r.sends)


def formulated_at(conversation: Conversation) -> int:
    """Return since which message the present formulation holds, 0 where there is none.

    Who states again what stands changes nothing, and makes nothing stale.
    """
    since, present = 0, None
    for envelope in reversed(conversation.envelopes_of("formulation")):
        if not isinstance(envelope.message, Formulated):
            continue
        if present is not None and envelope.message.formulation != present:
            break
        since, present = envelope.seq, envelope.message.formulation
    return since
