"""Makes the brief for a turn from the conversation."""

from __future__ import annotations

from collections.abc import Mapping

from mechagents.brief import Attempt, Brief
from mechagents.errors import LogError
from mechagents.flow.approvals import HOW, read_verdict, sent_back
from mechagents.flow.base import formulated_at, subject
from mechagents.flow.candidates import newest_program, programs
from mechagents.flow.unstuck import approach, told_to_change
from mechagents.log import Conversation
from mechagents.messages import (
    Critique,
    Earlier,
    Envelope,
    Evidence,
    Execution,
    Formulated,
    Lane,
    Plan,
    Problem,
    Program,
    Question,
    Reply,
)


def make_brief(
    conversation: Conversation,
    role: str,
    want: str | None,
    act_on: Envelope,
    candidates: tuple[str, ...] = (),
    descriptions: Mapping[str, str] | None = None,
    lane: Lane | None = None,
) -> Brief:
    """Return what a role needs to know to act on a message.

    Args:
        conversation: What was said; where one of several programs is written, up to the turn in
            which they are.
        role: Whose turn it is.
        want: The kind of message that is asked for; None for none.
        act_on: The message that the turn answers.
        candidates: Who may speak next, where the role chooses.
        descriptions: What each role of the team does.
        lane: Which of several programs is written; None where there is one.

    Raises:
        LogError: If nothing was asked yet.
    """
    problem = conversation.last(Problem)
    if problem is None:
        raise LogError("the conversation holds no problem")
    formulated, present = conversation.last(Formulated), attempts(conversation)
    follows = conversation.last(Earlier) if problem.follows is not None else None
    before = newest_program(conversation) or (follows.program if follows is not None else None)
    findings = (*_sent_back(conversation, act_on), *_findings(conversation, role, act_on))
    earlier = before if not present else None
    if want == "program" and (told := told_to_change(conversation, lane)):
        # A fresh coder is not led astray by what failed: it sees none of it but this line.
        fresh = (lane.approach if lane else approach(conversation)) == "fresh"
        present, findings = ((), (told,)) if fresh else (present, (told, *findings))
    return Brief(
        role=role,
        want=want or "",
        act_on=act_on,
        problem=problem,
        formulation=formulated.formulation if formulated else None,
        plan=conversation.last(Plan),
        attempts=present,
        earlier=earlier,
        follows=follows,
        findings=findings,
        candidates=candidates,
        descriptions=descriptions or {},
        dialogue=_dialogue(conversation),
        attempts_in_all=len(conversation.of(Program)),
    )


def attempts(conversation: Conversation) -> tuple[Attempt, ...]:
    """Return the attempts at the present formulation, oldest first."""
    return _attempts_since(conversation, formulated_at(conversation))


def all_attempts(conversation: Conversation) -> tuple[Attempt, ...]:
    """Return every attempt, those at an earlier formulation included, oldest first."""
    return _attempts_since(conversation, 0)


def _attempts_since(conversation: Conversation, since: int) -> tuple[Attempt, ...]:
    executions = conversation.of(Execution)
    evidence = conversation.of(Evidence)
    critiques = _critiques(conversation)
    found: list[Attempt] = []
    for envelope in programs(conversation):
        program = envelope.message
        if envelope.seq <= since or not isinstance(program, Program):
            continue
        found.append(
            Attempt(
                program=program,
                execution=next((e for e in executions if e.attempt == program.attempt), None),
                evidence=next((e for e in evidence[::-1] if e.attempt == program.attempt), None),
                critique=critiques.get(program.attempt),
            )
        )
    return tuple(found)


def _critiques(conversation: Conversation) -> dict[int, Critique]:
    """Return the newest critique of each attempt's evidence."""
    found: dict[int, Critique] = {}
    for envelope in conversation.envelopes_of("critique"):
        if envelope.cause is None or not isinstance(envelope.message, Critique):
            continue
        judged = subject(conversation, conversation.at(envelope.cause)).message
        if isinstance(judged, Evidence):
            found[judged.attempt] = envelope.message
    return found


def _dialogue(conversation: Conversation) -> tuple[tuple[str, str], ...]:
    return tuple(
        (asked.message.text.removesuffix(HOW).strip(), answer.message.text)
        for asked in conversation.envelopes_of("question")
        for answer in conversation.answers_to(asked.seq)
        if isinstance(asked.message, Question)
        and isinstance(answer.message, Reply)
        and (asked.message.approves is None or read_verdict(answer.message.text).words)
    )


def _sent_back(conversation: Conversation, act_on: Envelope) -> tuple[str, ...]:
    words = sent_back(conversation, act_on)
    return (f"The person who asked sent this back: {words}",) if words else ()


def _findings(conversation: Conversation, role: str, act_on: Envelope) -> tuple[str, ...]:
    message = act_on.message
    if isinstance(message, Critique):
        mine = [finding for finding in message.findings if finding.to == role]
        return tuple(finding.text for finding in mine or message.findings)
    return _still_to_mend(conversation, role)


def _still_to_mend(conversation: Conversation, role: str) -> tuple[str, ...]:
    """Return what the newest critique asks of a role that has not spoken since.

    Where turns are given, others may speak between a critique and whom it names.
    """
    newest = conversation.last_envelope("critique")
    if newest is None or not isinstance(newest.message, Critique):
        return ()
    for seq in range(newest.seq + 1, len(conversation) + 1):
        said = conversation.at(seq)
        if said.sender == role and said.message.kind != "model_call":
            return ()
    return tuple(finding.text for finding in newest.message.findings if finding.to == role)
