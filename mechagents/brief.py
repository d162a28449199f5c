"""What a role is shown: a typed extract of the conversation, made for one turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import shorten

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    Critique,
    Earlier,
    Envelope,
    Evidence,
    Execution,
    Plan,
    Problem,
    Program,
)

HEADLINE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """One program and what came of it."""

    program: Program
    execution: Execution | None = None
    evidence: Evidence | None = None
    critique: Critique | None = None

    @property
    def headline(self) -> str:
        """Its number and what it changed, on one line of bounded length."""
        changed = shorten(self.program.changed, HEADLINE_CHARACTERS, placeholder=" …")
        return f"attempt {self.program.attempt}: {changed or 'a program'}"


@dataclass(frozen=True, slots=True)
class Brief:
    """The state of the work as one role needs it, never the whole conversation.

    Attempts that answer an earlier formulation are stale and left out; of the newest of them the
    program alone is kept, which may serve again.
    """

    role: str
    want: str
    """The kind of message that is asked for."""
    act_on: Envelope
    """The message that this turn answers."""
    problem: Problem
    formulation: Formulation | None = None
    plan: Plan | None = None
    attempts: tuple[Attempt, ...] = ()
    """For the present formulation, oldest first; of candidates the selected one last."""
    earlier: Program | None = None
    """The newest program for an earlier formulation, while there is none for the present one; at
    first that of the run which the problem follows."""
    follows: Earlier | None = None
    """What the run before said, where the problem follows one."""
    findings: tuple[str, ...] = ()
    """What this role was asked to mend, newest critique only."""
    candidates: tuple[str, ...] = ()
    """Who may speak next, where this role chooses."""
    descriptions: Mapping[str, str] = field(default_factory=dict[str, str])
    """What each role of the team does, in its own words."""
    dialogue: tuple[tuple[str, str], ...] = ()
    """Questions that were asked, each with its reply."""
    advice: tuple[str, ...] = ()
    """Notes, likely causes and lessons that may help."""
    attempts_in_all: int = 0
    """Programs written since the run began, stale ones included."""

    @property
    def amendable(self) -> Formulation | None:
        """The formulation that may be amended: the present one, or that of the run before."""
        return self.formulation or (self.follows.formulation if self.follows else None)

    @property
    def last(self) -> Attempt | None:
        """The newest attempt."""
        return self.attempts[-1] if self.attempts else None
