"""The sandbox of this machine, in its tiers: by the kernel, by a container, by neither.

In each tier a program cannot outlive its run, outgrow its limits or see a secret of the
environment. In the tier ``none`` it could still read what the user can read, and use the
network: for programs by a model that is trusted about as far as its user is.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.to_thread

from mechagents.errors import SandboxError, UsageError
from mechagents.sandbox import bwrap, engine
from mechagents.sandbox import folder as folders
from mechagents.sandbox.base import PROGRAM_FILE, Job, Outcome
from mechagents.sandbox.orders import Start, Tier, throwaway_user
from mechagents.sandbox.supervisor import overfull, supervise
from mechagents.sandbox.warm import WARM_TIERS, chosen_libraries, shared

Result = TypeVar("Result")
CLEANUP_SECONDS = 10.0
"""How long a cancelled run may take to clean up; then it is left to itself."""
_HELD = {
    "linux": "own session, every descendant killed, resource limits, tree watched",
    "darwin": "own process group, descendants killed, resource limits, tree watched",
}
"""What holds without the kernel, by platform; elsewhere the limits on time, output and folder."""


class LocalSandbox:
    """Runs programs on this machine.

    Runs side by side do not disturb each other; how many there are at a time is the caller's
    choice. Whether a tier holds on this machine is not looked at here: ``open_sandbox`` does.

    Args:
        tier: How programs are kept from the machine.
        readable: Files and folders that every program may read, besides its job's.
        libraries: What is imported beforehand for programs that start warm; None takes the
            user's setting.
        image: The image of containers; None takes ``MECHAGENTS_CONTAINER_IMAGE``, or
            ``mechagents-sandbox``.

    Raises:
        UsageError: If that setting is no list of modules.
    """

    def __init__(
        self,
        tier: Tier = "none",
        readable: tuple[Path, ...] = (),
        libraries: tuple[str, ...] | None = None,
        image: str | None = None,
    ) -> None:
        self._tier: Tier = tier
        self._readable = readable
        self._libraries = chosen_libraries() if libraries is None else libraries
        self._image = image

    @property
    def name(self) -> str:
        """The tier's name."""
        return self._tier

    @property
    def isolation(self) -> str:
        """What holds."""
        if self._tier == "none":
            held = _HELD.get(sys.platform, "time, output and folder limited only")
            return f"none ({held}; no kernel isolation)"
        if self._tier == "container":
            return f"container ({_engine_promise()})"
        from mechagents.sandbox.inside.isolation import promise

        return f"{self._tier} ({promise(self._tier, bwrap.version(bwrap.find()))})"

    async def run(self, job: Job) -> Outcome:
        """Run a job to its end, or until a limit or cancellation ends it.

        When this returns or is cancelled, no process of the job is alive and its temporary
        files are gone. The end of a cancelled run takes at most a few seconds, whatever the
        program does.

        Raises:
            UsageError: If the script, the interpreter or the folder cannot be used.
            SandboxError: If the system has no process or temporary folder to give.
        """
        started, stop, done = (threading.Event() for _ in range(3))

        def run_unless_stopped() -> Outcome | None:
            started.set()
            try:
                return None if stop.is_set() else self.run_blocking(job, stop)
            finally:
                done.set()

        try:
            # A thread of its own, which lives as long as the program does: the kernel tells a
            # program's keeper when the thread that started it ends, not the process.
            outcome = await _in_thread(run_unless_stopped)
        finally:
            stop.set()
            if started.is_set() and not done.is_set():
                with anyio.CancelScope(shield=True):
                    await _in_thread(lambda: done.wait(CLEANUP_SECONDS))
        assert outcome is not None, "only a cancelled run is stopped"
        return outcome

    def run_blocking(self, job: Job, stop: threading.Event) -> Outcome:
        """Run a job in this thread, which has to live until the end.

        Args:
            job: The job.
            stop: Set by another thread to have the program killed.

        Raises:
            UsageError: If the script, the interpreter or the folder cannot be used.
            SandboxError: If the system has no process or temporary folder to give.
        """
        script = prepare(job)
        try:
            temp = Path(tempfile.mkdtemp(prefix="mechagents-"))
        except OSError as error:
            raise SandboxError(f"no temporary folder: {error}; set TMPDIR to another") from error
        try:
            settings = temp / "matplotlib"
            settings.mkdir()
            folders.seed_font_lists(settings)
            stays = ("none", "seatbelt", "container")
            user = 0 if self._tier in stays else throwaway_user()
            job = job.model_copy(update={"readable": (*job.readable, *self._readable)})
            start = Start(job, script, temp, self._tier, user, self._image, self._libraries)
            return supervise(start, self.isolation, stop)
        finally:
            folders.remove(temp)

    def warm_up(self) -> None:
        """Have libraries imported in the background, for jobs that need no cold start."""
        if self._tier in WARM_TIERS:
            shared(self._libraries).warm_up()

    async def aclose(self) -> None:
        """Do nothing: what is held between runs is shared by all sandboxes of the process."""

    async def __aenter__(self) -> Self:
        """Return the sandbox itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.aclose()


def _engine_promise() -> str:
    try:
        return engine.find().promise
    except SandboxError as error:
        return str(error)


async def _in_thread(work: Callable[[], Result]) -> Result:
    """Run blocking work in a thread that nothing else waits for; leave it when cancelled."""
    return await anyio.to_thread.run_sync(
        work, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1)
    )


def prepare(job: Job) -> Path:
    """Make a job's folder, put its program and inputs there, and return the program's file.

    Raises:
        UsageError: If the folder cannot be written or is past its limits already, or if there
            is no such script.
    """
    try:
        job.workdir.mkdir(parents=True, exist_ok=True)
        for name, content in job.inputs.items():
            folders.put(job.workdir, name, content)
        if job.source is not None:
            folders.put(job.workdir, PROGRAM_FILE, job.source)
    except OSError as error:
        raise UsageError(f"the folder cannot be used: {error}", where="workdir") from error
    most = (job.limits.folder_mib, job.limits.folder_files)
    full = overfull(folders.measure(job.workdir, *most), job.limits)
    if full is not None:
        message = f"give the program a folder of its own: before it began, {full.message}"
        raise UsageError(message, where="workdir")
    script = (job.script or job.workdir / PROGRAM_FILE).absolute()
    if not script.is_file():
        raise UsageError(f"there is no file {script}", where="script")
    return script
