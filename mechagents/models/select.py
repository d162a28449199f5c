"""From a model's name to the model."""

from __future__ import annotations

from pathlib import Path

from mechagents.errors import UsageError
from mechagents.models.base import Model

CHOICES = (
    "handbook (no language model), provider/name (any that litellm reaches, such as "
    "openai/gpt-5 or ollama/qwen3), or recorded:FILE"
)


def open_model(name: str, *, api_base: str | None = None) -> Model:
    """Return the model that a name stands for.

    Args:
        name: ``handbook``, ``provider/name`` or ``recorded:FILE``.
        api_base: Another endpoint than the provider's.

    Raises:
        UsageError: If the name is none of these.
    """
    if name == "handbook":
        from mechagents.models.handbook import Handbook

        return Handbook()
    if name.startswith("recorded:"):
        from mechagents.models.recorded import RecordedModel

        return RecordedModel(Path(name.removeprefix("recorded:")))
    if "/" in name.strip("/"):
        from mechagents.models.litellm import LiteLLMModel

        return LiteLLMModel(name, api_base=api_base)
    raise UsageError(f"no model {name!r}; a model is {CHOICES}", where="--model")
