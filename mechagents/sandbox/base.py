"""What a sandbox is: it takes a job, runs it under limits, and hands back what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Protocol, Self, runtime_checkable

from pydantic import Field, field_validator, model_validator

from mechagents.errors import UsageError
from mechagents.mechanics.geometry import Part
from mechagents.messages import ExecutionStatus, Usage

Positive = Annotated[float, Field(gt=0, le=1e9)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
PROGRAM_FILE = "program.py"
"""The file that a job's source is written to."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)


class Limits(Part):
    """What one run may use; going past a limit ends it. MiB are 1,048,576 bytes."""

    wall_seconds: Positive = 120.0
    """Time from start to end."""
    cpu_seconds: Positive | None = None
    """Processor time of all its processes; None means twice the wall time per thread."""
    memory_mib: Positive = 3072.0
    """Resident memory of all its processes together."""
    processes: Count = 64
    """Processes at one time; four times as many threads in all."""
    threads: Count = 1
    """Threads a numerical library may start. One makes a run repeatable to the last bit."""
    file_mib: Positive = 512.0
    """Size of any one file."""
    folder_mib: Positive = 1024.0
    """Size of its folder and its temporary files together."""
    folder_files: Count = 20_000
    """Files and folders in these."""
    kept_output_mib: Positive = 4.0
    """What is kept of each output stream: its beginning and its end."""
    flood_mib: Positive = 64.0
    """Output of both streams that ends a run."""
    artifacts: Count = 200
    """Files that are handed back."""

    @property
    def cpu_seconds_allowed(self) -> float:
        """The processor time allowed [s], derived where it is not set."""
        return self.cpu_seconds or 2.0 * self.wall_seconds * self.threads

    def with_those_of(self, other: Limits) -> Limits:
        """Return these limits, with those in their place that were given for another."""
        return self.model_copy(update={n: getattr(other, n) for n in other.model_fields_set})

    @property
    def tasks(self) -> int:
        """Threads of all processes that are allowed at one time [-]."""
        return 4 * self.processes


class Job(Part):
    """A Python program to run once: its text or its file, where, with what, and how far.

    A program may import what is installed, ``mechagents`` itself, and last of all modules in
    its own folder: a file named ``numpy.py`` there hides nothing.
    """

    source: str | None = None
    """Text of the program, written to ``program.py``; or give ``script``."""
    script: Path | None = None
    """A file to run as it stands."""
    workdir: Path
    """Folder the program runs in; made if absent. What is in it already is no artifact."""
    inputs: dict[str, bytes | str] = Field(default_factory=dict)
    """Files put into the folder first, by plain name; text as UTF-8."""
    limits: Limits = Limits()
    python: Path | None = None
    """The interpreter; None takes the one that runs this."""
    environment: tuple[str, ...] = ()
    """Names of further environment variables handed on. Names of secrets are refused."""
    readable: tuple[Path, ...] = ()
    """Further files and folders it may read. Where the kernel isolates, it sees no others but
    the system's, the interpreter's and its own."""
    cold: bool = True
    """Whether it starts in a new interpreter. A warm one has common libraries imported already,
    which is faster and hides an import that a program forgot."""

    @field_validator("inputs")
    @classmethod
    def _names_are_plain(cls, inputs: dict[str, bytes | str]) -> dict[str, bytes | str]:
        for name in inputs:
            if not _PLAIN_NAME.fullmatch(name) or name == PROGRAM_FILE:
                raise ValueError(f"{name!r} is no plain name of an input file")
        return inputs

    @field_validator("environment")
    @classmethod
    def _names_no_secret(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if SECRET_NAME.search(name):
                raise ValueError(f"{name} looks like a secret, and none may reach a program")
        return names

    @model_validator(mode="after")
    def _has_one_program(self) -> Self:
        if (self.source is None) == (self.script is None):
            raise ValueError("source: give either the text of a program or a script")
        return self


class Outcome(Part):
    """What happened to a job. Field by field what an ``Execution`` says of it."""

    status: ExecutionStatus
    exit_code: int | None = None
    """What the program returned, minus the signal that killed it, or None if it was stopped."""
    stdout: str = ""
    stderr: str = ""
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    """Bytes written in all; what is kept above may be less."""
    artifacts: tuple[str, ...] = ()
    """Regular files made or changed by the program, relative to its folder."""
    usage: Usage = Field(default_factory=Usage)
    isolation: str
    """What stood between the program and the machine."""
    message: str = ""
    """Why it ended, in words."""


@runtime_checkable
class Sandbox(Protocol):
    """Runs programs that nobody has read. ``conformance.CHECKS`` says what that asks for.

    It is closed with ``aclose`` or by leaving ``async with``.
    """

    @property
    def name(self) -> str:
        """The name ``open_sandbox`` knows it by."""
        ...

    @property
    def isolation(self) -> str:
        """What really stands between a program and this machine."""
        ...

    async def run(self, job: Job) -> Outcome:
        """Run a job to its end, or until a limit or cancellation ends it.

        When this returns or is cancelled, no process of the job is alive.

        Raises:
            UsageError: If the script, the interpreter or the folder cannot be used.
            SandboxError: If the sandbox itself cannot work.
        """
        ...

    async def aclose(self) -> None:
        """Let go of everything held. Later runs are refused or start anew."""
        ...

    async def __aenter__(self) -> Self:
        """Return the sandbox itself."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        ...


@runtime_checkable
class WarmsUp(Protocol):
    """A sandbox that can get ready for programs that may start warm. No sandbox has to."""

    def warm_up(self) -> None:
        """Get ready in the background, unless that was done."""
        ...


def _by_tier(
    tier: Literal["namespaces", "bubblewrap", "landlock", "seatbelt", "container", "none"],
) -> Callable[[], Sandbox]:
    def make() -> Sandbox:
        from mechagents.sandbox.local import LocalSandbox
        from mechagents.sandbox.selftest import require

        require(tier)
        return LocalSandbox(tier)

    return make


SANDBOXES: dict[str, Callable[[], Sandbox]] = {
    "namespaces": _by_tier("namespaces"),
    "bubblewrap": _by_tier("bubblewrap"),
    "landlock": _by_tier("landlock"),
    "seatbelt": _by_tier("seatbelt"),
    "container": _by_tier("container"),
    "none": _by_tier("none"),
}
"""How each sandbox is made, by name, the strongest first."""


def open_sandbox(name: str | None = None) -> Sandbox:
    """Return a sandbox by its name; None takes the strongest that holds on this machine.

    What isolates is tried first: a small program in it tries to get out.

    Raises:
        UsageError: If there is none of that name.
        SandboxError: If it does not hold here, or with None, if none does. ``none`` is only taken
            when it is asked for.
    """
    if name is None:
        from mechagents.sandbox.selftest import strongest

        name = strongest()
    make = SANDBOXES.get(name)
    if make is None:
        choices = ", ".join(SANDBOXES)
        raise UsageError(f"there is no sandbox {name!r}; choose from: {choices}", where="sandbox")
    return make()
