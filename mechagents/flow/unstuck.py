"""What is changed where the same failure came twice: by rule, each way once and in this order.

The coder is told to take another method; a stronger model writes; a coder writes who does not
see what failed. Which of these it is follows from the log alone. Where several candidates are
asked for, they go these ways at the same time.
"""

from __future__ import annotations

from mechagents.flow.repeats import failed_alike, told_failure
from mechagents.log import Conversation
from mechagents.messages import Approach, Lane, Setup

STUCK = 2
"""So many failures alike change the approach."""
VARIED = 0.7
"""The temperature of a candidate whose way another one goes too, so that it is no copy of it."""


def ways(conversation: Conversation) -> tuple[Approach, ...]:
    """Return the ways to get unstuck that the team of a conversation has, in their order."""
    setup = conversation.last(Setup)
    stronger: tuple[Approach, ...] = ("fallback",) if setup is not None and setup.fallback else ()
    return ("another_method", *stronger, "fresh")


def approach(conversation: Conversation) -> Approach:
    """Return how the next program is asked for."""
    alike = len(failed_alike(conversation))
    if alike < STUCK:
        return "usual"
    possible = ways(conversation)
    return possible[min(alike - STUCK, len(possible) - 1)]


def lanes(conversation: Conversation, most: int) -> tuple[Lane, ...]:
    """Return how so many programs are asked for at the same time: each goes another way."""
    possible = ways(conversation)
    return tuple(
        Lane(
            number=index + 1,
            of=most,
            approach=possible[index % len(possible)],
            temperature=None if index < len(possible) else VARIED,
        )
        for index in range(most)
    )


def raced(conversation: Conversation) -> bool:
    """Return whether candidates were asked for over the present failure, and it came again."""
    alike = failed_alike(conversation)
    return any(
        sum(failed.seq < opened.seq for failed in alike) >= STUCK and alike[-1].seq > opened.seq
        for opened in conversation.envelopes_of("candidates")
    )


def exhausted(conversation: Conversation) -> str:
    """Return what failed again and again though every way was tried, empty while one is left."""
    alike = len(failed_alike(conversation))
    if alike < STUCK + len(ways(conversation)) and not raced(conversation):
        return ""
    return f"{alike} attempts failed alike, whatever was changed: {told_failure(conversation)}"


def told_to_change(conversation: Conversation, lane: Lane | None = None) -> str:
    """Return what a coder is told where the same failure came twice, empty where it did not.

    Args:
        conversation: Up to the coder's turn.
        lane: Which of several programs it writes; None where there is one.
    """
    alike = failed_alike(conversation)
    if len(alike) < STUCK:
        return ""
    failed = f"{len(alike)} attempts failed alike: {told_failure(conversation)}"
    way = lane.approach if lane is not None else approach(conversation)
    if way == "fresh":
        told = "Start anew, by another method."
    else:
        told = (
            "Take another method, not another variant of this one. A program that is the "
            "same as one before will be refused."
        )
    return " ".join(part for part in (failed, told, _beside(lane)) if part)


def _beside(lane: Lane | None) -> str:
    if lane is None:
        return ""
    return (
        f"You write candidate {lane.number} of {lane.of}: they are written at the same time and "
        "apart, each is to go a way of its own, and the first that passes every check is taken."
    )
