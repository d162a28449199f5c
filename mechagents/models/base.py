"""The one thing a language model has to do: answer a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from mechagents.brief import Brief


@dataclass(frozen=True, slots=True)
class Chat:
    """One turn of the text that a language model is shown."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a role asks of a model.

    A language model reads ``messages``. The handbook, which is no language model, reads
    ``brief``, the typed state that ``messages`` was written from.
    """

    role: str
    want: str
    """The kind of message that is asked for, such as ``program``."""
    messages: tuple[Chat, ...]
    brief: Brief
    temperature: float | None = None
    max_tokens: int | None = None
    json_schema: dict[str, Any] | None = field(default=None, hash=False)
    """The schema of the reply, where a JSON object is wanted."""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What a model answered, and what that took."""

    text: str
    model: str
    finish_reason: str = "stop"
    """``stop``, or ``length`` where the reply was cut off."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """In US dollars, 0 where unknown."""
    seconds: float = 0.0


@runtime_checkable
class Model(Protocol):
    """Anything that answers a request."""

    @property
    def name(self) -> str:
        """The name that logs and answers give this model."""
        ...

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return the reply to a request.

        Raises:
            ModelError: If no reply could be had.
        """
        ...


@runtime_checkable
class PricedModel(Model, Protocol):
    """A model that may know beforehand what a call costs."""

    async def price(self, asked: int, answered: int) -> float:
        """Return the price of a call [US dollars], 0 where unknown.

        Args:
            asked: Tokens of the request.
            answered: Tokens of the reply.
        """
        ...
