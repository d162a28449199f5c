"""Programs that are tried at the same time: their order, and which one the team goes on from.

All are pure functions of the log. While candidates are open nothing is decided on what they
gave; a selection then stands for the evidence on one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mechagents.log import Conversation
from mechagents.messages import CLAIM_LEVELS, Envelope, Evidence, Program, Selection


def selection(conversation: Conversation, opened: Envelope) -> Envelope | None:
    """Return what was selected of candidates, None while they are open."""
    answers = conversation.answers_to(opened.seq)
    return next((e for e in answers if isinstance(e.message, Selection)), None)


def racing(conversation: Conversation) -> bool:
    """Return whether candidates are open."""
    every = conversation.envelopes_of("candidates")
    return any(selection(conversation, opened) is None for opened in every)


def stands_for(conversation: Conversation, envelope: Envelope) -> Envelope:
    """Return the evidence that a selection stands for; any other envelope stands for itself."""
    if isinstance(envelope.message, Selection):
        return conversation.at(envelope.message.evidence)
    return envelope


def evidence_now(conversation: Conversation) -> Envelope | None:
    """Return the evidence that the team goes on from: the newest, or the one that was selected.

    None is returned where there is none yet, and while candidates are open.
    """
    if racing(conversation):
        return None
    newest = conversation.last_envelope("evidence")
    selected = conversation.last_envelope("selection")
    if newest is None or selected is None or newest.seq > selected.seq:
        return newest
    return stands_for(conversation, selected)


def programs(conversation: Conversation) -> list[Envelope]:
    """Return the programs in their order, of candidates the selected one last."""
    ordered = list(conversation.envelopes_of("program"))
    for envelope in conversation.envelopes_of("selection"):
        lanes = [e for e in ordered if e.cause == envelope.cause and _lane_of(e)]
        at = ordered.index(lanes[0])
        ordered[at : at + len(lanes)] = sorted(lanes, key=partial(_is_chosen, envelope))
    return ordered


def newest_program(conversation: Conversation) -> Program | None:
    """Return the program that the team has come to, None where there is none."""
    for envelope in reversed(programs(conversation)):
        if isinstance(envelope.message, Program):
            return envelope.message
    return None


def best_of(judged: Sequence[Envelope]) -> Envelope:
    """Return the evidence on candidates to go on from: the first that passed, else the best.

    The best has the highest claim level; of these the most checks that passed, for checks stop
    where later ones would mean nothing; of these the fewest that failed; of these it came first.

    Args:
        judged: The evidence on each candidate that came to its end, at least one, in the order of
            the log.
    """

    def worth(envelope: Envelope) -> tuple[bool, int, int, int]:
        found = envelope.message
        assert isinstance(found, Evidence)
        if found.passed:
            return True, 0, 0, 0
        level, failed = CLAIM_LEVELS.index(found.claim_level), len(found.failed)
        return False, level, len(found.checks) - failed, -failed

    return max(judged, key=worth)


def _lane_of(envelope: Envelope) -> int:
    return envelope.message.lane if isinstance(envelope.message, Program) else 0


def _is_chosen(selected: Envelope, written: Envelope) -> bool:
    chosen, program = selected.message, written.message
    if not isinstance(chosen, Selection) or not isinstance(program, Program):
        return False
    return chosen.attempt == program.attempt
