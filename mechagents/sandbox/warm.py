"""Warm starts: one interpreter with common libraries imported, which every program forks from.

It is shared by all sandboxes of a process, started in the background, replaced after a number
of runs and after any that ended strangely, and gone with the process.
"""

from __future__ import annotations

import atexit
import functools
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from mechagents.errors import UsageError
from mechagents.sandbox import folder as folders
from mechagents.sandbox import launcher
from mechagents.sandbox.base import Job
from mechagents.sandbox.inside.messages import LONGEST
from mechagents.sandbox.orders import PACKAGE, Start, Tier, environment, throwaway_user, words

LIBRARIES = (
    "numpy", "numpy.random", "scipy.sparse", "scipy.sparse.linalg", "scipy.spatial", "skfem",
    "skfem.helpers", "meshio", "matplotlib", "matplotlib.pyplot", "matplotlib.tri",
)  # fmt: skip
"""What is imported beforehand, unless another list is asked for."""
SETTING = "MECHAGENTS_WARM_LIBRARIES"
"""The environment variable that holds another list: names with commas between; empty: none."""
WARM_TIERS: tuple[Tier, ...] = ("namespaces", "landlock")
"""Tiers in which a program can start as a fork of that interpreter."""
RUNS = 200
"""Programs that fork from one interpreter before it is replaced: they share its addresses."""
LEAST_MIB = 512.0
"""A program that may use less memory starts in a new interpreter: libraries count."""
START_SECONDS = 60.0
"""How long the imports may take."""


def suits(start: Start) -> bool:
    """Return whether a program may fork from the warm interpreter.

    Where nothing isolates it does not: there its environment is what its processes are told by.
    Nor does it in bubblewrap, which starts a new interpreter behind its walls.
    """
    job = start.job
    return (
        not job.cold
        and start.tier in WARM_TIERS
        and job.python is None
        and job.limits.threads == 1
        and job.limits.memory_mib >= LEAST_MIB
        and not job.readable
        and start.script.parent == job.workdir.absolute()
        and not sys.prefix.startswith(str(job.workdir.absolute()))
        and sys.platform == "linux"
    )


def chosen_libraries() -> tuple[str, ...]:
    """Return what is imported beforehand on this machine, as far as the user chose.

    Raises:
        UsageError: If the environment variable holds something else than names of modules.
    """
    said = os.environ.get(SETTING)
    if said is None:
        return LIBRARIES
    names = tuple(name.strip() for name in said.split(",") if name.strip())
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            told = f"{name!r} is no module; give names with commas between: numpy,scipy.sparse"
            raise UsageError(told, where=SETTING)
    return names


def spares() -> int:
    """Return how many forks stand by: one a processor, two at least and eight at most."""
    return min(max(os.cpu_count() or 1, 2), 8)


class Zygote:
    """One warm interpreter.

    Args:
        libraries: What it imports.

    Raises:
        OSError: If it cannot be started.
    """

    def __init__(self, libraries: tuple[str, ...]) -> None:
        self.left = RUNS
        """How many programs may still fork from it."""
        self._temp = tempfile.TemporaryDirectory(prefix="mechagents-warm-")
        settings = Path(self._temp.name) / "matplotlib"
        settings.mkdir()
        folders.seed_font_lists(settings)
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        (Path(self._temp.name) / "root").mkdir()
        job = Job(source="", workdir=Path(self._temp.name))
        told = [f"root={self._temp.name}/root", f"read={PACKAGE}", f"user={throwaway_user()}"]
        told += [f"spares={spares()}", *(f"library={name}" for name in libraries)]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", launcher.__file__, "warm", *told],
                cwd=self._temp.name,
                env=environment(job, Path(self._temp.name)),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def became_ready(self) -> bool:
        """Wait until the libraries are imported; return whether all went well."""
        self._socket.settimeout(START_SECONDS)
        try:
            said, *missing = self._socket.recv(LONGEST).decode().splitlines() or [""]
        except OSError:
            return False
        for name in missing:
            _warn("warm_start_lacks", library=name)
        if said != "ready":
            _warn("no_warm_start", reason=said or "the interpreter ended")
        return said == "ready"

    def fork(self, start: Start, descriptors: list[int]) -> bool:
        """Have a program started; return whether the order could be given.

        Args:
            start: The program, in its place.
            descriptors: Of its keeper's socket, its standard output and its standard error.
        """
        places = [os.open(path, os.O_RDONLY) for path in (start.job.workdir, start.temp)]
        said = [*words(start), *(f"env={n}={v}" for n, v in start.environment.items())]
        order = "\0".join(said).encode()
        try:
            if len(order) > LONGEST:
                return False
            socket.send_fds(self._socket, [order], [*descriptors, *places, *start.doors])
        except OSError:
            return False
        finally:
            for descriptor in places:
                os.close(descriptor)
        return True

    def wait(self) -> None:
        """Wait for its end, and remove its temporary files."""
        self._process.wait()
        self._temp.cleanup()

    def close(self) -> None:
        """End it; programs that run go on."""
        self._socket.close()
        self._process.kill()
        self.wait()


def _warn(event: str, **told: str) -> None:
    from mechagents.diagnostics import get_logger

    get_logger().warning(event, **told)


class WarmStarts:
    """Keeps a warm interpreter at hand.

    Args:
        libraries: What it imports.
    """

    def __init__(self, libraries: tuple[str, ...]) -> None:
        self._libraries = libraries
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._closed = threading.Event()
        self._starting = False
        self._zygote: Zygote | None = None

    def warm_up(self, delay: float = 0.0) -> None:
        """Start an interpreter in the background, unless there is one.

        Args:
            delay: How long to wait before [s].
        """
        with self._lock:
            if self._starting or self._zygote is not None or self._closed.is_set():
                return
            self._starting = True
            self._ready.clear()
        # The thread lives as long as the interpreter, which the kernel ends with it.
        work = threading.Thread(
            target=self._hold, args=(delay,), name="sandbox warm start", daemon=True
        )
        work.start()

    def wait_until_ready(self, seconds: float) -> bool:
        """Wait until a program can start warm; return whether it can."""
        self.warm_up()
        return self._ready.wait(seconds) and self._zygote is not None

    def fork(self, start: Start, descriptors: list[int]) -> bool:
        """Have a program started; return whether that could be done.

        Args:
            start: The program, in its place.
            descriptors: Of its keeper's socket, its standard output and its standard error.
        """
        with self._lock:
            zygote = self._zygote
            good = zygote is not None and zygote.fork(start, descriptors)
            if zygote is not None:
                zygote.left -= 1
        if zygote is None:
            self.warm_up()
        elif not good or zygote.left <= 0:
            self.retire()
        return good

    def retire(self) -> None:
        """Replace the interpreter: it has been used enough, or something strange happened."""
        self._drop()
        self.warm_up()

    def close(self) -> None:
        """End it for good."""
        self._closed.set()
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            zygote, self._zygote = self._zygote, None
        if zygote is not None:
            zygote.close()

    def _hold(self, delay: float) -> None:
        """Start an interpreter and stay while it lives."""
        zygote = None
        try:
            if not self._closed.wait(delay):
                zygote = self._start()
        finally:
            with self._lock:
                self._zygote, self._starting = zygote, False
            self._ready.set()
        if zygote is not None:
            zygote.wait()

    def _start(self) -> Zygote | None:
        """Return an interpreter that is ready. Where that fails once it is not tried again."""
        try:
            zygote = Zygote(self._libraries)
        except OSError:
            self._closed.set()
            return None
        if zygote.became_ready() and not self._closed.is_set():
            return zygote
        zygote.close()
        self._closed.set()
        return None


@functools.cache
def shared(libraries: tuple[str, ...]) -> WarmStarts:
    """Return the warm starts of this process with some libraries imported."""
    starts = WarmStarts(libraries)
    atexit.register(starts.close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=shared.cache_clear)
    return starts
