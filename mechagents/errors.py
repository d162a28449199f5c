"""Every error of the package, sorted by who must act.

    MechagentsError
    ├── UsageError            the user mends a file or a call; names where
    │   ├── ProblemError      a problem or its formulation
    │   ├── RoleError         a role's definition
    │   └── TeamError         how roles, flow and models were put together
    └── RunError              this run is over
        ├── BudgetError       a limit was reached
        ├── DeliveryError     a message could not be delivered, or no reply came in time
        ├── LogError          the conversation log is damaged or in use
        ├── ModelError        a language model could not answer
        └── SandboxError      a program could not be run at all

What an agent should read and mend is never an exception: a crashed program is an
``Execution``, a wrong answer is ``Evidence``.
"""

from __future__ import annotations


class MechagentsError(Exception):
    """Anything this package raises on purpose."""


class UsageError(MechagentsError):
    """Something the user supplied is wrong.

    Args:
        message: What is wrong, and what would be right.
        where: The file, field or argument, for instance ``plate.yaml:12: materials.plate``.
    """

    def __init__(self, message: str, *, where: str | None = None) -> None:
        super().__init__(message, where)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class ProblemError(UsageError):
    """A problem, or the formulation it carries, cannot be used."""


class RoleError(UsageError):
    """A role's definition cannot be used."""


class TeamError(UsageError):
    """The roles, flow and models of a team do not fit together."""


class RunError(MechagentsError):
    """A run cannot go on."""


class BudgetError(RunError):
    """A budget is spent, or what is left of it does not suffice for the next step.

    Args:
        limit: Name of the limit, for instance ``model_calls``.
        allowed: What was allowed.
        left: What is left, where it is something.
        needed: What the next step may take.
    """

    def __init__(self, limit: str, allowed: float, left: float = 0, needed: float = 0) -> None:
        super().__init__(limit, allowed, left, needed)
        self.limit = limit
        self.allowed = allowed
        self.left = left
        self.needed = needed

    def __str__(self) -> str:
        if self.left <= 0:
            return f"the budget of {self.allowed:g} {self.limit} is spent"
        return (
            f"of the budget of {self.allowed:g} {self.limit} {self.left:.3g} are left, and the "
            f"next call may take {self.needed:.3g}"
        )


class DeliveryError(RunError):
    """A message could not be delivered, or no reply came before the deadline."""


class LogError(RunError):
    """The conversation log is damaged, or another process is writing it."""


class ModelError(RunError):
    """A language model could not answer.

    Args:
        message: What happened, and the remedy.
        retryable: Whether the same call may succeed later.
    """

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class SandboxError(RunError):
    """A program could not be run at all: the sandbox itself is at fault."""
