"""The flow of a team without a manager: a message goes to those who receive its kind.

Roles that review a kind see it first, all of them; only what they all accept goes on. A
revision goes to the cheapest place that was named: program, then formulation, then plan.
Evidence that asks for another run goes to the executor, evidence that fails to who reviews it
or, where nobody does, to who writes programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mechagents.budget import Budget
from mechagents.flow.base import Finish, Roles, hearers, reviewers, senders, subject
from mechagents.flow.candidates import evidence_now, newest_program, racing
from mechagents.flow.repeats import MOST, said_again, same_programs
from mechagents.flow.unstuck import exhausted
from mechagents.log import Conversation
from mechagents.messages import (
    Candidates,
    Critique,
    Envelope,
    Evidence,
    Forked,
    Message,
    ModelCall,
    Program,
    Question,
    Reply,
    Setup,
)
from mechagents.role import Role

CHEAPEST_FIRST = ("program", "formulation", "plan")


class Dataflow:
    """Messages follow their kinds; verdicts decide whether they go on."""

    name = "dataflow"
    hears: frozenset[str] = frozenset()

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make this flow again: none."""
        return {}

    def check(self, roles: Roles) -> None:
        """Any team will do."""

    def recipients(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Return who acts on a message that is about to be logged."""
        match message:
            case ModelCall() | Setup() | Forked():
                return ()
            case Candidates():
                return (sender,)
            case Critique() if cause is not None:
                return self._after_review(roles, conversation, message, sender, cause)
            case Reply() if cause is not None:
                return (cause.sender,) if cause.sender in roles else ()
            case Question():
                return hearers(roles, message.kind)
            case Evidence():
                return self._after_evidence(roles, message, sender)
            case _:
                return reviewers(roles, message.kind, sender) or hearers(roles, message.kind)

    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return nobody: kinds decide, and no manager chooses."""
        return ()

    def _after_evidence(self, roles: Roles, evidence: Evidence, sender: str) -> tuple[str, ...]:
        if evidence.run_next is not None:
            return senders(roles, "execution")
        judges = reviewers(roles, evidence.kind, sender)
        if judges or evidence.passed:
            return judges
        return senders(roles, "program")

    def _after_review(
        self,
        roles: Roles,
        conversation: Conversation,
        critique: Critique,
        sender: str,
        cause: Envelope,
    ) -> tuple[str, ...]:
        judged = subject(conversation, cause)
        verdicts = {**verdicts_on(conversation, judged), sender: critique}
        if missing_reviewers(roles, judged, verdicts):
            return ()
        revisions = [v for v in verdicts.values() if v.verdict == "revise"]
        if revisions:
            return _menders(roles, revisions, judged.sender)
        if isinstance(judged.message, Evidence):
            # Who accepts over a failed check changes nothing: the program is mended.
            return () if judged.message.passed else senders(roles, "program")
        return hearers(roles, judged.message.kind)

    def finish(self, roles: Roles, conversation: Conversation, budget: Budget) -> Finish | None:
        """Return why the conversation is over, or None while it goes on."""
        if racing(conversation):
            return None  # what one candidate gave decides nothing while others are open
        newest = evidence_now(conversation)
        evidence = newest.message if newest is not None else None
        if newest is not None and isinstance(evidence, Evidence) and evidence.run_next is None:
            verdicts = verdicts_on(conversation, newest)
            if not missing_reviewers(roles, newest, verdicts):
                if evidence.passed and all(v.verdict == "accept" for v in verdicts.values()):
                    return Finish("accepted", "every check passed")
                ended = self._no_further(conversation, evidence, budget)
                if ended is not None:
                    return ended
        if same_programs(conversation):
            return Finish("repeats", f"the same program was written {MOST} times")
        if said_again(conversation):
            said = conversation.at(len(conversation))
            told = f"{said.sender} said the same {said.message.kind} {MOST} times"
            return Finish("repeats", f"{told}, and nothing new was said in between")
        if len(conversation) >= budget.messages:
            return Finish("messages", f"{budget.messages} messages were exchanged")
        return None

    def _no_further(
        self, conversation: Conversation, evidence: Evidence, budget: Budget
    ) -> Finish | None:
        if evidence.failed and not any(check.mendable for check in evidence.failed):
            left = ", ".join(check.name for check in evidence.failed)
            return Finish("settled", f"no program can mend what is left: {left}")
        newest = newest_program(conversation)
        current = newest is not None and newest.attempt == evidence.attempt
        if current and len(conversation.of(Program)) >= budget.attempts:
            return Finish("attempts", tried(budget))
        stuck = exhausted(conversation)
        return Finish("repeats", stuck) if stuck else None

    def want(self, role: Role, conversation: Conversation, act_on: Envelope) -> str | None:
        """Return the kind of message that a role should answer with."""
        if role.reviews:
            return "critique"
        if "formulation" in role.sends and conversation.last_envelope("formulation") is None:
            return "formulation"
        if "program" in role.sends:
            return "program"
        return role.sends[0] if role.sends else None


def tried(budget: Budget) -> str:
    """Return in words that as many programs were tried as are allowed."""
    if budget.attempts == 1:
        return "1 program was tried, and no more are allowed"
    return f"{budget.attempts} programs were tried, and no more are allowed"


def verdicts_on(conversation: Conversation, judged: Envelope) -> dict[str, Critique]:
    """Return the newest verdict of each reviewer on an envelope."""
    found: dict[str, Critique] = {}
    for envelope in conversation.envelopes_of("critique"):
        if envelope.seq < judged.seq or envelope.cause is None:
            continue
        about = subject(conversation, conversation.at(envelope.cause))
        if about is judged and isinstance(envelope.message, Critique):
            found[envelope.sender] = envelope.message
    return found


def missing_reviewers(
    roles: Roles, judged: Envelope, verdicts: Mapping[str, Critique]
) -> tuple[str, ...]:
    """Return who has still to pass a verdict on an envelope."""
    judges = reviewers(roles, judged.message.kind, judged.sender)
    return tuple(name for name in judges if name not in verdicts)


def _menders(roles: Roles, revisions: list[Critique], sender: str) -> tuple[str, ...]:
    named = {finding.to for revision in revisions for finding in revision.findings}
    for kind in CHEAPEST_FIRST:
        found = tuple(name for name in senders(roles, kind) if name in named)
        if found:
            return found
    if sender in roles and roles[sender].behaviour != "verification":
        return (sender,)
    return senders(roles, "program")
