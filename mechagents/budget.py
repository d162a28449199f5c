"""What a run may spend, and what it has spent so far."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mechagents.errors import BudgetError
from mechagents.log import Conversation
from mechagents.messages import Execution, ModelCall, TotalUsage


class Budget(BaseModel):
    """Limits of one run. Whatever was logged counts, so a resumed run goes on counting.

    ``attempts`` and ``messages`` end the run with the best result so far; the others are money,
    and end it as spent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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


def reserve_model_call(budget: Budget, conversation: Conversation) -> None:
    """Make sure that one more model call is allowed, before it is made.

    Raises:
        BudgetError: If a limit is reached.
    """
    used = spent(conversation)
    _within("model_calls", used.model_calls, budget.model_calls)
    _within("tokens", used.prompt_tokens + used.completion_tokens, budget.tokens)
    _within("cost", used.cost, budget.cost)


def reserve_execution(budget: Budget, conversation: Conversation) -> None:
    """Make sure that one more execution is allowed, before it is made.

    Raises:
        BudgetError: If the limit is reached.
    """
    _within("executions", spent(conversation).executions, budget.executions)


def _within(limit: str, used: float, allowed: float) -> None:
    if used >= allowed:
        raise BudgetError(limit, allowed)
