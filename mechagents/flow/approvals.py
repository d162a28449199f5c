"""What waits until a person has approved it, whatever the flow.

A plan, a formulation or a program that needs approval is logged and delivered to nobody. The run
then asks; the reply goes on to those who would have received it, or back to its writer with the
person's words. Before an answer is final, the evidence it rests on is asked about in the same way.
All is read from the log, so a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mechagents.budget import Budget
from mechagents.flow.base import Finish, Flow, Roles, hearers, senders
from mechagents.flow.candidates import evidence_now, stands_for
from mechagents.flow.dataflow import tried
from mechagents.log import Conversation
from mechagents.messages import (
    Envelope,
    Evidence,
    Message,
    Program,
    Question,
    Reply,
    Selection,
)
from mechagents.role import Role

APPROVABLE = ("plan", "formulation", "program", "answer")
"""What a person may be asked to approve."""
APPROVING = ("", "approve", "approved", "yes", "y", "ok")
"""Replies that approve; an empty one is Enter."""
EXIT = "exit"
"""The reply that ends the run."""
HOW = 'Enter or "approve" approves it, other words send it back, "exit" ends the run.'


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person said of something that needs approval."""

    words: str = ""
    """Why it was sent back; empty where it was not."""
    ends: bool = False
    """Whether the person ended the run instead."""

    @property
    def approved(self) -> bool:
        """Whether it goes on."""
        return not self.words and not self.ends


def read_verdict(text: str) -> Verdict:
    """Return what a person's reply says of what was to be approved."""
    word = text.strip().casefold().rstrip(".!")
    if word in APPROVING:
        return Verdict()
    return Verdict(ends=True) if word == EXIT else Verdict(words=text.strip())


def verdict_on(conversation: Conversation, held: Envelope) -> Verdict | None:
    """Return a person's newest verdict on a message, None where nobody gave one."""
    for asked in reversed(_questions(conversation, held)):
        for reply in conversation.answers_to(asked.seq):
            if isinstance(reply.message, Reply):
                return read_verdict(reply.message.text)
    return None


def sent_back(conversation: Conversation, held: Envelope) -> str:
    """Return the words with which a person sent a message back, empty where none did."""
    verdict = verdict_on(conversation, held)
    return verdict.words if verdict is not None else ""


def approval(held: Envelope) -> Question:
    """Return the question whether a message is approved."""
    if isinstance(held.message, Evidence):
        what = f"the answer of attempt {held.message.attempt} ({held.message.claim_level})"
    else:
        what = f"the {held.message.kind} of {held.sender}"
    return Question(text=f"Approve {what}? {HOW}", approves=held.seq)


class Approvals:
    """A flow in which what needs approval waits for it.

    Args:
        flow: Who acts next on everything else, and on what was approved.
        kinds: What needs approval, of ``APPROVABLE``.
    """

    def __init__(self, flow: Flow, kinds: Collection[str] = ()) -> None:
        self.flow = flow
        self.answers = "answer" in kinds
        self.kinds = tuple(kind for kind in kinds if kind != "answer")

    def recipients(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return who acts on a message that is about to be logged; arguments as for a flow."""
        if isinstance(message, Question) and message.approves is not None:
            return hearers(roles, message.kind)[:1]
        if message.kind in self.kinds:
            return ()
        if isinstance(message, Selection):
            return self._selected(roles, conversation, message)
        held = _asked_about(conversation, cause) if isinstance(message, Reply) else None
        if held is None or not isinstance(message, Reply):
            meant = self.meant(conversation, cause)
            return self.flow.recipients(roles, conversation, message, sender, meant)
        verdict = read_verdict(message.text)
        if not verdict.approved:
            return (addressee(roles, held, verdict.words),) if verdict.words else ()
        if isinstance(held.message, Evidence):
            return ()  # the flow has nothing left to do but to finish
        before = conversation.at(held.cause) if held.cause is not None else None
        before = self.meant(conversation, before)
        return self.flow.recipients(roles, conversation, held.message, held.sender, before)

    def _selected(
        self, roles: Roles, conversation: Conversation, selection: Selection
    ) -> tuple[str, ...]:
        """Return who acts on the evidence that a selection stands for, as if it was just said."""
        found = conversation.at(selection.evidence)
        before = conversation.at(found.cause) if found.cause is not None else None
        return self.flow.recipients(roles, conversation, found.message, found.sender, before)

    def meant(self, conversation: Conversation, envelope: Envelope | None) -> Envelope | None:
        """Return what was approved or selected in place of what says so, else the envelope."""
        if envelope is not None and isinstance(envelope.message, Selection):
            return stands_for(conversation, envelope)
        if envelope is None or not isinstance(envelope.message, Reply) or envelope.cause is None:
            return envelope
        return _asked_about(conversation, conversation.at(envelope.cause)) or envelope

    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return who may speak after an envelope, where a manager chooses."""
        meant = self.meant(conversation, envelope) or envelope
        return self.flow.candidates(roles, conversation, meant)

    def want(self, role: Role, conversation: Conversation, act_on: Envelope) -> str | None:
        """Return the kind of message that a role should answer with: what was sent back, again."""
        own = act_on.sender == role.name and act_on.message.kind in role.sends
        if own and sent_back(conversation, act_on):
            return str(act_on.message.kind)
        return self.flow.want(role, conversation, act_on)

    def finish(self, roles: Roles, conversation: Conversation, budget: Budget) -> Finish | None:
        """Return why the conversation is over, or None while it goes on or a person is asked."""
        left = self._left(conversation)
        if left is not None:
            return left
        spent = len(conversation.of(Program)) >= budget.attempts
        program = conversation.last_envelope("program")
        if spent and program is not None and (words := sent_back(conversation, program)):
            return Finish("attempts", f"the program was sent back ({words}); {tried(budget)}")
        finish = self.flow.finish(roles, conversation, budget)
        evidence = evidence_now(conversation)
        if finish is None or finish.reason != "accepted" or evidence is None:
            return finish
        verdict = verdict_on(conversation, evidence)
        approved = not self.answers if verdict is None else verdict.approved
        if approved:
            return finish
        if spent and verdict is not None and verdict.words:
            told = f"the answer was sent back ({verdict.words})"
            return Finish("attempts", f"{told}; {tried(budget)}")
        return None

    def due(self, roles: Roles, conversation: Conversation, budget: Budget) -> tuple[Envelope, ...]:
        """Return what a person has still to be asked about, oldest first."""
        if self._left(conversation) is not None:
            return ()
        held = [
            envelope
            for kind in self.kinds
            for envelope in conversation.envelopes_of(kind)
            if not envelope.to
        ]
        evidence = evidence_now(conversation)
        if self.answers and evidence is not None:
            finish = self.flow.finish(roles, conversation, budget)
            held += [evidence] if finish is not None and finish.reason == "accepted" else []
        return tuple(e for e in held if _open(conversation, e))

    def _left(self, conversation: Conversation) -> Finish | None:
        """Return that a person ended the run, until that end is in the log."""
        newest = conversation.last_envelope("reply")
        if newest is None or newest.cause is None or not isinstance(newest.message, Reply):
            return None
        held = _asked_about(conversation, conversation.at(newest.cause))
        if held is None or not read_verdict(newest.message.text).ends:
            return None
        if _over_since(conversation, newest.seq):
            return None
        what = "answer" if isinstance(held.message, Evidence) else held.message.kind
        return Finish("stopped", f"the person who was to approve the {what} ended the run")


def addressee(roles: Roles, held: Envelope, words: str) -> str:
    """Return who mends what was sent back: whom the words name first, else who made it.

    Args:
        roles: The team.
        held: What was sent back.
        words: Why; ``formulator: take plane strain`` names a role.
    """
    name = words.partition(":")[0].strip()
    if name in roles and roles[name].sends and roles[name].behaviour == "language":
        return name
    if isinstance(held.message, Evidence):
        return senders(roles, "program")[0]
    return held.sender


def _questions(conversation: Conversation, held: Envelope) -> list[Envelope]:
    """Return the run's questions whether a message is approved, oldest first."""
    return [
        asked
        for asked in conversation.envelopes_of("question")
        if _asked_about(conversation, asked) is held
    ]


def _asked_about(conversation: Conversation, asked: Envelope | None) -> Envelope | None:
    """Return what a question of the run asks approval of."""
    if asked is None or asked.sender != "run" or not isinstance(asked.message, Question):
        return None
    about = asked.message.approves
    return conversation.at(about) if about is not None else None


def _open(conversation: Conversation, held: Envelope) -> bool:
    """Return whether a person has still to be asked: never was, or then ended the sitting."""
    questions = _questions(conversation, held)
    if not questions:
        return True
    answers = conversation.answers_to(questions[-1].seq)
    replies = [e.message for e in answers if isinstance(e.message, Reply)]
    return bool(replies) and read_verdict(replies[-1].text).ends


def _over_since(conversation: Conversation, seq: int) -> bool:
    """Return whether the end of a sitting was logged after a message."""
    ends = (conversation.last_envelope(kind) for kind in ("answer", "failure"))
    return any(end is not None and end.seq > seq for end in ends)
