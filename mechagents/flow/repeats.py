"""When a conversation repeats itself: the same failure, the same program, the same words.

All are pure functions of the log, so a run that was killed finds the same repeats again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mechagents.flow.base import formulated_at
from mechagents.flow.candidates import programs
from mechagents.log import Conversation
from mechagents.messages import (
    Candidates,
    Check,
    Envelope,
    Evidence,
    Execution,
    Formulated,
    Message,
    ModelCall,
    Program,
    Selection,
)

MOST = 3
"""What is said or written so often with nothing new in between ends a run."""
NEAR = 0.05
"""Values of a failed check that differ by no more than this share are the same [-]."""
LIMITS = (
    "wall_timeout",
    "cpu_limit",
    "memory_limit",
    "process_limit",
    "disk_limit",
    "output_flood",
)
"""Ends that depend on how fine the mesh is: with other settings they are no repeat."""
_CHANGING = re.compile(r"0x[0-9a-f]+|\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)
_LISTENING = (
    "setup",
    "forked",
    "model_call",
    "execution",
    "evidence",
    "candidates",
    "selection",
    "reply",
    "answer",
    "failure",
)
"""Kinds that no agent chooses to say."""


def failed_alike(conversation: Conversation) -> list[Envelope]:
    """Return the programs that failed as the newest judged one did, that one last.

    Only those for the present formulation count. None is returned where the newest passed. The
    handbook's programs do not count: it changes its settings by rules, and ends by itself when
    it has no other.
    """
    judged = list(_failures(conversation))
    if not judged:
        return []
    *_, (_, newest, how) = judged
    if newest.passed:
        return []
    return [said for said, found, run in judged if _alike(found, run, newest, how)]


def told_failure(conversation: Conversation) -> str:
    """Return on one line how the newest judged attempt failed, empty where it did not."""
    judged = list(_failures(conversation))
    if not judged:
        return ""
    *_, (_, newest, how) = judged
    if how is not None and how.status != "ok":
        return f"{how.status}: {last_line(how)}"
    return "; ".join(f"{check.name}: {check.message}" for check in newest.failed)


def same_programs(conversation: Conversation) -> bool:
    """Return whether the newest program was written so often for the present formulation.

    Candidates were written at the same time, none after another: together they count once.
    """
    since = formulated_at(conversation)
    written = [
        (e.cause if e.message.lane else -e.seq, e.message)
        for e in programs(conversation)
        if e.seq > since and isinstance(e.message, Program)
    ]
    if not written:
        return False
    *_, (_, newest) = written
    return len({turn for turn, program in written if same_program(newest, program)}) >= MOST


def same_program(one: Program, other: Program) -> bool:
    """Return whether two programs do the same."""
    return one.source == other.source and one.settings == other.settings


def said_again(conversation: Conversation) -> bool:
    """Return whether the newest message was said so often, and nothing new since the last time."""
    if not len(conversation):
        return False
    newest = conversation.at(len(conversation))
    if newest.message.kind in _LISTENING:
        return False
    before = _earlier(conversation, newest, newest.seq)
    if len(before) < MOST - 1:
        return False
    last = before[-1].seq
    between = map(conversation.at, range(last + 1, newest.seq))
    return all(_earlier(conversation, e, last) for e in between if _may_be_new(e.message))


def _may_be_new(message: Message) -> bool:
    return not isinstance(message, ModelCall | Execution | Candidates | Selection)


def _earlier(conversation: Conversation, said: Envelope, until: int) -> list[Envelope]:
    """Return the envelopes before a place in which the same sender said the same."""
    return [
        e
        for e in conversation.envelopes_of(said.message.kind)
        if e.seq < until and e.sender == said.sender and _same(e.message, said.message)
    ]


def _same(one: Message, other: Message) -> bool:
    if isinstance(one, Program) and isinstance(other, Program):
        return same_program(one, other)
    if isinstance(one, Evidence) and isinstance(other, Evidence):
        return one.run_next == other.run_next and _same_checks(one.failed, other.failed)
    if isinstance(one, Formulated) and isinstance(other, Formulated):
        return one.formulation == other.formulation
    return one == other


def _failures(
    conversation: Conversation,
) -> Iterator[tuple[Envelope, Evidence, Execution | None]]:
    """Yield each judged program of a language model for the present formulation, oldest first."""
    since = formulated_at(conversation)
    executions = {e.attempt: e for e in reversed(conversation.of(Execution))}
    evidence = {e.attempt: e for e in conversation.of(Evidence) if e.run_next is None}
    for said in programs(conversation):
        program = said.message
        if said.seq <= since or not isinstance(program, Program):
            continue
        found = evidence.get(program.attempt)
        if found is not None and not _by_rules(conversation, said):
            yield said, found, executions.get(program.attempt)


def _by_rules(conversation: Conversation, said: Envelope) -> bool:
    if said.cause is None or not isinstance(said.message, Program):
        return False
    calls = [e.message for e in conversation.answers_to(said.cause) if e.sender == said.sender]
    lane = said.message.lane
    return any(
        isinstance(call, ModelCall) and (call.lane, call.model) == (lane, "handbook")
        for call in calls
    )


def _alike(one: Evidence, ran: Execution | None, other: Evidence, did: Execution | None) -> bool:
    if ran is None or did is None or (ran.status == "ok" and did.status == "ok"):
        return not one.passed and _same_checks(one.failed, other.failed)
    if ran.status != did.status or (ran.status in LIMITS and ran.settings != did.settings):
        return False
    return _plain(last_line(ran)) == _plain(last_line(did))


def _same_checks(one: tuple[Check, ...], other: tuple[Check, ...]) -> bool:
    mine, theirs = {c.name: c for c in one}, {c.name: c for c in other}
    return set(mine) == set(theirs) and all(_near(mine[n], theirs[n]) for n in mine)


def _near(one: Check, other: Check) -> bool:
    if one.value is None or other.value is None:
        return one.value == other.value and _plain(one.message) == _plain(other.message)
    return abs(one.value - other.value) <= NEAR * max(abs(one.value), abs(other.value))


def last_line(execution: Execution) -> str:
    """Return the last line of a program's errors, or why it ended."""
    lines = execution.stderr.strip().splitlines() or [execution.message]
    return lines[-1].strip()


def _plain(text: str) -> str:
    """Return a text without what changes from run to run: numbers and addresses."""
    return _CHANGING.sub("#", text)
