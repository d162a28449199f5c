"""Public fakes: a language model that says what it was told to, and a sandbox that runs nothing.

model = ScriptedModel({"planner": ['{"steps": ["…"], "method": "…"}'], "coder": [...]})
team = full_team(model=model, sandbox=ScriptedSandbox())
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import anyio

from mechagents.errors import ModelError
from mechagents.models.base import ModelReply, ModelRequest
from mechagents.sandbox.base import PROGRAM_FILE, Job, Outcome

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


Ran = Callable[[Job], Mapping[str, bytes] | str]
"""What a job leaves: the files by name, or the error output of a program that failed."""


class ScriptedSandbox:
    """Runs no program: leaves the files that it was told to. For tests of teams, not of programs.

    Args:
        ran: What each job leaves; None leaves nothing.
        seconds: How long each job takes.

    Attributes:
        jobs: Every job so far, oldest first.
    """

    name = "scripted"
    isolation = "nothing is run"

    def __init__(self, ran: Ran | None = None, *, seconds: float = 0.0) -> None:
        self._ran = ran
        self._seconds = seconds
        self.jobs: list[Job] = []

    async def run(self, job: Job) -> Outcome:
        """Return how a job ended that was not run."""
        self.jobs.append(job)
        await anyio.sleep(self._seconds)
        left = self._ran(job) if self._ran is not None else dict[str, bytes]()
        if isinstance(left, str):
            failed = "the script says that it fails"
            return self._outcome(status="error", exit_code=1, stderr=left, message=failed)
        for name, data in {PROGRAM_FILE: (job.source or "").encode(), **left}.items():
            (job.workdir / name).write_bytes(data)
        return self._outcome(status="ok", exit_code=0, artifacts=tuple(left))

    def _outcome(self, **fields: object) -> Outcome:
        return Outcome.model_validate({"isolation": self.isolation, **fields})

    async def aclose(self) -> None:
        """Do nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing."""
