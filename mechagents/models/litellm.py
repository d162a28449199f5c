"""Any provider, through litellm.

litellm takes seconds to import and, unless told otherwise, fetches a price list: it is imported
on the first call, in a thread, and told otherwise. Its own retries are off and its time limit
is explicit, so that what happens is what is written here.
"""

from __future__ import annotations

import importlib
import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import anyio
import anyio.to_thread

from mechagents.errors import ModelError
from mechagents.models.base import ModelReply, ModelRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LARGEST_REPLY = 2_000_000
LONGEST_WAIT = 60.0
RETRYABLE = {
    "RateLimitError", "Timeout", "APIConnectionError", "InternalServerError",
    "ServiceUnavailableError", "APIError", "BadGatewayError",
}  # fmt: skip
REMEDIES = {
    "AuthenticationError": "set the provider's API key in the environment",
    "NotFoundError": "check the model's name and the API base",
    "ContextWindowExceededError": "use a model with a longer context",
    "ContentPolicyViolationError": "the provider refused the content",
    "RateLimitError": "wait, or use another model",
    "APIConnectionError": "check that the endpoint is up, and --api-base",
}


SHORTEST_SECRET = 6
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_SECRET = re.compile(r"(?<=Bearer )\S+|\bsk-[\w-]{6,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")


class _Provider(Protocol):
    """The part of litellm that is used."""

    acompletion: Callable[..., Awaitable[object]]
    completion_cost: Callable[..., float]
    cost_per_token: Callable[..., tuple[float, float]]


@dataclass(frozen=True, slots=True)
class LiteLLMModel:
    """A language model behind any API that litellm reaches.

    Args:
        name: In litellm's form, ``provider/name``.
        api_base: Another endpoint than the provider's, for instance of a local server.
        timeout_seconds: The most that one call may take.
        retries: How often a call is tried again after a fault that may pass.
        wait_seconds: The first wait between tries; it doubles.
    """

    name: str
    api_base: str | None = None
    timeout_seconds: float = 300.0
    retries: int = 3
    wait_seconds: float = 1.0

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return the model's reply.

        Raises:
            ModelError: If the provider refuses, or faults persist through all tries.
        """
        provider = await anyio.to_thread.run_sync(_provider)
        for tried in range(self.retries + 1):
            try:
                return await self._once(provider, request)
            except ModelError as error:
                if not error.retryable or tried == self.retries:
                    raise
                await anyio.sleep(_wait(error, self.wait_seconds * 2**tried))
        raise AssertionError("unreachable")

    async def price(self, asked: int, answered: int) -> float:
        """Return the price of a call by litellm's table [US dollars], 0 where it knows none.

        Args:
            asked: Tokens of the request.
            answered: Tokens of the reply.
        """
        provider = await anyio.to_thread.run_sync(_provider)
        try:
            both = provider.cost_per_token(
                model=self.name, prompt_tokens=asked, completion_tokens=answered
            )
            return float(sum(both))
        except Exception:  # noqa: BLE001 (an unknown price is no fault; the cost then counts as 0)
            return 0.0

    @property
    def _needs_no_key(self) -> bool:
        return self.name.startswith("openai/") and not os.environ.get("OPENAI_API_KEY")

    async def _once(self, provider: _Provider, request: ModelRequest) -> ModelReply:
        start = time.monotonic()
        try:
            with anyio.fail_after(self.timeout_seconds + 5):
                response = await provider.acompletion(**self._arguments(request))
        except TimeoutError as error:
            raise ModelError(
                f"{self.name} did not answer within {self.timeout_seconds:g} s", retryable=True
            ) from error
        except Exception as error:  # foreign: litellm and its providers raise anything
            raise translated(self.name, error) from error
        return _reply(self.name, provider, response, time.monotonic() - start)

    def _arguments(self, request: ModelRequest) -> dict[str, object]:
        arguments: dict[str, object] = {
            "model": self.name,
            "messages": [{"role": c.role, "content": c.content} for c in request.messages],
            "timeout": self.timeout_seconds,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        optional = {
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "api_base": self.api_base,
            # A local server needs no key, and litellm refuses to call without one.
            "api_key": "none" if self.api_base and self._needs_no_key else None,
        }
        return arguments | {key: value for key, value in optional.items() if value is not None}


def translated(name: str, error: Exception) -> ModelError:
    """Return a provider's fault as ours: what happened, what to do, and whether to try again."""
    text = _redacted(" ".join(str(error).split()))[:500]
    kind, status = type(error).__name__, getattr(error, "status_code", None)
    # litellm reports both of these as a fault of the server, with HTTP 500.
    if "api_key" in text.lower() or "api key" in text.lower():
        kind, status = "AuthenticationError", None
    elif "connection error" in text.lower() or "connect" in _causes(error):
        kind, status = "APIConnectionError", None
    remedy = REMEDIES.get(kind, "")
    told = f"{name}: {kind}" + (f" (HTTP {status})" if status else "")
    wrapped = ModelError(
        f"{told}: {text}" + (f"; {remedy}" if remedy else ""), retryable=kind in RETRYABLE
    )
    wrapped.__cause__ = error
    return wrapped


def _redacted(text: str) -> str:
    """Return a provider's words without keys, which some repeat in what they refuse."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, f"[{name}]")
    return _SECRET.sub("[key]", text)


def _causes(error: BaseException | None) -> str:
    """Return the names of the exceptions that led to one, in lower case."""
    names: list[str] = []
    while error is not None and len(names) < 20:
        names.append(type(error).__name__.lower())
        error = error.__cause__ or error.__context__
    return " ".join(names)


def _provider() -> _Provider:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    module = importlib.import_module("litellm")
    for flag, value in {
        "telemetry": False,
        "suppress_debug_info": True,
        "turn_off_message_logging": True,
    }.items():
        setattr(module, flag, value)
    return cast(_Provider, module)


def _wait(error: ModelError, planned: float) -> float:
    response = getattr(error.__cause__, "response", None)
    headers: Any = getattr(response, "headers", None) or {}
    try:
        asked = float(headers.get("retry-after", planned))
    except (TypeError, ValueError):
        asked = planned
    return min(max(asked, 0.0), LONGEST_WAIT)


def _reply(name: str, provider: _Provider, response: object, seconds: float) -> ModelReply:
    choices: list[Any] = list(getattr(response, "choices", None) or [])
    if not choices:
        raise ModelError(f"{name} answered with no choices", retryable=True)
    message = getattr(choices[0], "message", None)
    text = getattr(message, "content", None)
    finish = str(getattr(choices[0], "finish_reason", None) or "stop")
    refusal = getattr(message, "refusal", None)
    if refusal or finish == "content_filter":
        told = str(refusal or text or "by its filter of content")[:300]
        raise ModelError(f"{name} refused to answer: {told}; reword the question, or another model")
    if getattr(message, "tool_calls", None) and not text:
        raise ModelError(f"{name} called a tool, and was offered none", retryable=True)
    if not isinstance(text, str) or not text.strip():
        raise ModelError(f"{name} answered with no text (finish reason {finish})", retryable=True)
    if len(text) > LARGEST_REPLY:
        raise ModelError(f"{name} answered with {len(text)} characters, more than is read")
    usage = getattr(response, "usage", None)
    return ModelReply(
        text=text,
        model=name,
        finish_reason=finish,
        prompt_tokens=int(getattr(usage, "prompt_tokens", 0) or 0),
        completion_tokens=int(getattr(usage, "completion_tokens", 0) or 0),
        cost=_cost(provider, response),
        seconds=seconds,
    )


def _cost(provider: _Provider, response: object) -> float:
    try:
        return float(provider.completion_cost(completion_response=response))
    except Exception:  # noqa: BLE001 (an unknown price is no fault; the cost then counts as 0)
        return 0.0
