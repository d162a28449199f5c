"""Public fakes: a language model that says what it was told to.

model = ScriptedModel({"planner": ['{"steps": ["…"], "method": "…"}'], "coder": [...]})
team = full_team(model=model)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import anyio

from mechagents.errors import ModelError
from mechagents.models.base import ModelReply, ModelRequest

Script = Callable[[ModelRequest], str] | Mapping[str, Sequence[str] | Callable[[ModelRequest], str]]
"""A function of the request, or for each role its replies in order or a function."""


class ScriptedModel:
    """Answers from a script and keeps what it was asked. For tests.

    Args:
        script: What to say.
        name: The name that logs give this model.
        seconds: How long each answer takes.

    Attributes:
        requests: Every request so far, oldest first.
    """

    def __init__(self, script: Script, *, name: str = "scripted", seconds: float = 0.0) -> None:
        self._script = script
        self._name = name
        self._seconds = seconds
        self._used: dict[str, int] = {}
        self.requests: list[ModelRequest] = []

    @property
    def name(self) -> str:
        """The name that logs give this model."""
        return self._name

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return the scripted reply.

        Raises:
            ModelError: If the script has nothing more for this role.
        """
        self.requests.append(request)
        await anyio.sleep(self._seconds)
        text = self._text(request)
        shown = sum(len(chat.content) for chat in request.messages)
        return ModelReply(
            text=text,
            model=self._name,
            prompt_tokens=shown // 4,
            completion_tokens=len(text) // 4,
        )

    def _text(self, request: ModelRequest) -> str:
        if callable(self._script):
            return self._script(request)
        lines = self._script.get(request.role, ())
        if callable(lines):
            return lines(request)
        used = self._used.get(request.role, 0)
        if used >= len(lines):
            raise ModelError(f"the script has no reply {used + 1} for {request.role!r}")
        self._used[request.role] = used + 1
        return lines[used]
