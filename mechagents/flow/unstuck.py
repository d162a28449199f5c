"""What is changed where the same failure came twice: by rule, each way once and in this order.

The coder is told to take another method; a stronger model writes; a coder writes who does not
see what failed. Which of these it is follows from the log alone.
"""

from __future__ import annotations

from typing import Literal

from mechagents.flow.repeats import failed_alike, told_failure
from mechagents.log import Conversation
from mechagents.messages import Setup

Approach = Literal["usual", "another_method", "fallback", "fresh"]
"""How the next program is asked for: the first three show what was tried, the last does not."""
STUCK = 2
"""So many failures alike change the approach."""


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


def exhausted(conversation: Conversation) -> str:
    """Return what failed again and again though every way was tried, empty while one is left."""
    alike = len(failed_alike(conversation))
    if alike < STUCK + len(ways(conversation)):
        return ""
    return f"{alike} attempts failed alike, whatever was changed: {told_failure(conversation)}"


def told_to_change(conversation: Conversation) -> str:
    """Return what a coder is told where the same failure came twice, empty where it did not."""
    alike = failed_alike(conversation)
    if len(alike) < STUCK:
        return ""
    failed = f"{len(alike)} attempts failed alike: {told_failure(conversation)}"
    if approach(conversation) == "fresh":
        return f"{failed} Start anew, by another method."
    return (
        f"{failed} Take another method, not another variant of this one. A program that is the "
        "same as one before will be refused."
    )
