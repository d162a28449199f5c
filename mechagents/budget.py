"""What a run may spend, and what it has spent so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mechagents.errors import BudgetError
from mechagents.log import Conversation
from mechagents.messages import Execution, ModelCall, TotalUsage
from mechagents.role import Role


class Budget(BaseModel):
    """Limits of one run. Whatever was logged counts, so a resumed run goes on counting.

    ``attempts`` and ``messages`` end the run with the best result so far; the others are money,
    and end it as spent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    attempts: Annotated[int, Field(gt=0)] = 8
    messages: Annotated[int, Field(gt=0)] = 400
    model_calls: Annotated[int, Field(gt=0)] = 60
    tokens: Annotated[int, Field(gt=0)] = 1_000_000
    cost: Annotated[float, Field(gt=0)] = 5.0
    """In US dollars, as far as the provider's price is known."""
    executions: Annotated[int, Field(gt=0)] = 60
    seconds: Annotated[float, Field(gt=0)] = 3600.0
    """Wall time of one sitting."""


def spent(conversation: Conversation, role: str | None = None) -> TotalUsage:
    """Return what a conversation took, or what one role of it took."""
    calls = [c for c in conversation.of(ModelCall) if role is None or c.role == role]
    return TotalUsage(
        model_calls=len(calls),
        prompt_tokens=sum(call.prompt_tokens for call in calls),
        completion_tokens=sum(call.completion_tokens for call in calls),
        cost=sum(call.cost for call in calls),
        executions=len(conversation.envelopes_of(str(Execution.model_fields["kind"].default))),
    )


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a model call may take, set aside until it has ended."""

    role: str
    tokens: int
    cost: float


class Ledger:
    """Keeps one sitting of a run within its budget.

    What was begun counts, for the log knows only what has ended: what a call may take is set
    aside before it is made. A reply longer than was set aside may end past the tokens.

    Args:
        budget: The limits.
        conversation: What was logged so far, and will be.
    """

    def __init__(self, budget: Budget, conversation: Conversation) -> None:
        used = spent(conversation)
        self._budget = budget
        self._conversation = conversation
        self._model_calls = used.model_calls
        self._executions = used.executions
        self._open: list[Reservation] = []

    def begin_model_call(self, role: Role, tokens: int = 0, cost: float = 0.0) -> Reservation:
        """Set aside what a role's model call may take, and return it for ``end_model_call``.

        Args:
            role: Who calls.
            tokens: The most that is expected, of the request and the reply.
            cost: Its price [US dollars], 0 where unknown.

        Raises:
            BudgetError: If it does not fit into what is left of the run or of the role.
        """
        wanted = Reservation(role.name, tokens, cost)
        own, run = spent(self._conversation, role.name), spent(self._conversation)
        others = [open_ for open_ in self._open if open_.role == role.name]
        _within(f"{role.name} model_calls", own.model_calls + len(others), role.budget.model_calls)
        set_aside = sum(open_.tokens for open_ in others)
        _within(f"{role.name} tokens", _tokens(own) + set_aside, role.budget.tokens, tokens)
        _within("model_calls", self._model_calls, self._budget.model_calls)
        set_aside = sum(open_.tokens for open_ in self._open)
        _within("tokens", _tokens(run) + set_aside, self._budget.tokens, tokens)
        price = sum(open_.cost for open_ in self._open)
        _within("cost", run.cost + price, self._budget.cost, cost)
        self._model_calls += 1
        self._open.append(wanted)
        return wanted

    def end_model_call(self, reserved: Reservation) -> None:
        """Give back what was set aside; what the call took is in the log by now."""
        self._open.remove(reserved)

    def room(self, role: Role) -> int:
        """Return how many programs a role may still write and have run, a call and a run each."""
        left = [
            self._budget.model_calls - self._model_calls,
            self._budget.executions - self._executions,
        ]
        if role.budget.model_calls is not None:
            own = spent(self._conversation, role.name).model_calls
            left.append(role.budget.model_calls - own)
        return max(0, min(left))

    def begin_execution(self) -> None:
        """Make sure that one more execution is allowed, and count it.

        Raises:
            BudgetError: If the limit is reached.
        """
        _within("executions", self._executions, self._budget.executions)
        self._executions += 1


def _tokens(used: TotalUsage) -> int:
    return used.prompt_tokens + used.completion_tokens


def _within(limit: str, used: float, allowed: float | None, needed: float = 0) -> None:
    if allowed is not None and (used >= allowed or used + needed > allowed):
        raise BudgetError(limit, allowed, allowed - used, needed)
