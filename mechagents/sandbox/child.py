"""A program as a process: its start, its streams, and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol

from mechagents.errors import SandboxError, UsageError
from mechagents.sandbox import launcher
from mechagents.sandbox.inside.processes import kill_all
from mechagents.sandbox.orders import MARKER, Start, words
from mechagents.sandbox.output import Stream
from mechagents.sandbox.warm import shared, suits
from mechagents.sandbox.watchdog import Tree, look, marked, memory_mib

GRACE_SECONDS = 5.0
"""How long the end of a killed program may take."""
_HAS_KEEPER = hasattr(os, "fork")


@dataclass(frozen=True, slots=True)
class Report:
    """What the keeper said of a program's end."""

    wait_status: int | None = None
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    """The largest resident memory that any one process ever had."""
    left_running: int = 0
    """Processes that the program left behind, killed by now [-]."""
    fault: str = ""
    """Why the program was never started, or why nothing is known of its end."""
    refused: bool | None = None
    """Whether it ended because it was refused memory; None where nobody can tell."""
    held: str = ""
    """What isolated it, in the words of the process that put it up."""


class Running(Protocol):
    """A program that was started, whatever holds it."""

    stdout: Stream
    stderr: Stream
    warm: bool
    """Whether it was forked from an interpreter that had libraries imported."""

    def ended_within(self, seconds: float) -> bool:
        """Wait for the end of the program and of all it started."""
        ...

    def kill(self) -> bool:
        """Kill the program and all it started; return whether all are known to be dead."""
        ...

    def tree(self) -> Tree:
        """Return what the program's processes use."""
        ...

    def memory_mib(self, tree: Tree) -> float:
        """Return their resident memory, shared pages counted once."""
        ...

    def close(self) -> Report:
        """Take leave of an ended program."""
        ...


class Child:
    """A running program with its keeper.

    Args:
        start: The program, in its place.
        receive: Takes a descriptor of the program's file system, where it has one of its own.

    Raises:
        UsageError: If the interpreter cannot be started.
        SandboxError: If the system has no process to give.
    """

    def __init__(self, start: Start, receive: Callable[[int], None]) -> None:
        self._walled = start.walled
        self._marker = f"{MARKER}={start.marker}"
        self._receive = receive
        self._libraries = start.libraries
        self._begin(start, suits(start))
        if self.warm and not self._keeper_spoke():
            self._control.close()
            shared(self._libraries).retire()
            self._begin(start, False)

    def _begin(self, start: Start, warm: bool) -> None:
        """Start the program, warm if that is asked for and can be had."""
        self._said = b""
        self._over = False
        self._control, theirs = socket.socketpair()
        try:
            with theirs:
                forked = _fork_warm(start, theirs) if warm else None
                self._process = forked or _start_cold(start, theirs)
        except (UsageError, SandboxError):
            self._control.close()
            raise
        self.warm = self._process.popen is None
        """Whether it was forked from an interpreter that had libraries imported."""
        kept = int(start.job.limits.kept_output_mib * (1 << 20))
        self.stdout, self.stderr = Stream(kept), Stream(kept)
        self._readers = [
            _read(self._process.stdout, self.stdout),
            _read(self._process.stderr, self.stderr),
        ]

    @property
    def pid(self) -> int:
        """The keeper's process id; where there is no keeper, the program's."""
        popen = self._process.popen
        return popen.pid if popen is not None else int(self._told("keeper") or 0)

    def _keeper_spoke(self) -> bool:
        """Wait until the keeper of a warm start says who it is."""
        until = time.monotonic() + GRACE_SECONDS
        while self._told("keeper") is None and not self._over and time.monotonic() < until:
            self._hear(GRACE_SECONDS)
        return self._told("keeper") is not None

    def tree(self) -> Tree:
        """Return what the program's processes use."""
        return look(self.top)

    def memory_mib(self, tree: Tree) -> float:
        """Return their resident memory, shared pages counted once."""
        return memory_mib(tree)

    @property
    def top(self) -> int:
        """The process below which there is the program and all it started, and nothing else."""
        leader = self._told("leader") if self._walled else None
        return int(leader) if leader else self.pid

    def ended_within(self, seconds: float) -> bool:
        """Wait for the end of the program and of all it started.

        Args:
            seconds: How long to wait.
        """
        if not _HAS_KEEPER:
            return self._waited(seconds)
        until = time.monotonic() + seconds
        while not self._over and self._hear(max(seconds, 0.0)):
            seconds = until - time.monotonic()
        return self._over and self._waited(GRACE_SECONDS)

    def _hear(self, seconds: float) -> bool:
        """Take in what the keeper says; return whether it said something, or ended."""
        if not select.select([self._control], [], [], seconds)[0]:
            return False
        flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        heard, given, _, _ = socket.recv_fds(self._control, 4096, 1, flags)
        for descriptor in given:
            self._receive(descriptor)
        self._said += heard
        self._over = not heard
        return True

    def _waited(self, seconds: float) -> bool:
        if self._process.popen is None:
            return True
        try:
            self._process.popen.wait(max(seconds, 0.001))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> bool:
        """Kill the program and all it started; return whether all are known to be dead."""
        if not _HAS_KEEPER:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(self.pid)], check=False)
            return self._waited(GRACE_SECONDS)
        kill_all(self.pid)
        self._control.shutdown(socket.SHUT_WR)
        self._signal(signal.SIGCONT)
        if not self.ended_within(GRACE_SECONDS):
            self._signal(signal.SIGKILL)
            self._waited(GRACE_SECONDS)
            return False
        return True

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.pid and not self._over:
                os.kill(self.pid, number)

    def close(self) -> Report:
        """Take leave of an ended program: collect its last output and how it ended."""
        report = self._report()
        if report.fault:
            _sweep(self._marker)
            if self.warm:
                shared(self._libraries).retire()
        for reader in self._readers:
            reader.join(0.3)
        self._control.close()
        return report

    def _report(self) -> Report:
        if not _HAS_KEEPER:
            return Report(wait_status=((self._returned() or 0) & 0xFF) << 8)
        fault = self._told("setup")
        if fault is not None:
            return Report(fault=fault)
        try:
            status, cpu, peak_kib, left, refused = (self._told("ended") or "").split()
            return Report(
                int(status),
                float(cpu),
                int(peak_kib) / 1024,
                int(left),
                refused=refused == "1" if sys.platform == "linux" else None,
                held=self._told("held") or "",
            )
        except ValueError:
            return Report(fault="the process that keeps the program was killed, or could not start")

    def _returned(self) -> int | None:
        return self._process.popen.returncode if self._process.popen is not None else None

    def _told(self, what: str) -> str | None:
        """Return what the keeper said about something, if it did."""
        lines = self._said.decode(errors="replace").splitlines()
        return next((x.removeprefix(f"{what} ") for x in lines if x.startswith(f"{what} ")), None)


@dataclass(frozen=True, slots=True)
class _Process:
    """A program's keeper, and where its output comes from."""

    popen: subprocess.Popen[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None


def _start_cold(start: Start, control: socket.socket) -> _Process:
    """Start a new interpreter."""
    job = start.job
    command = [str(job.python or sys.executable), "-s", "-P", launcher.__file__, *words(start)]
    try:
        popen = subprocess.Popen(
            command,
            cwd=job.workdir,
            env=start.environment,
            stdin=control.fileno() if _HAS_KEEPER else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=start.doors,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise UsageError(f"the interpreter cannot be run: {error}", where="python") from error
    except OSError as error:
        raise SandboxError(f"no process could be started: {error}") from error
    return _Process(popen, popen.stdout, popen.stderr)


def _fork_warm(start: Start, control: socket.socket) -> _Process | None:
    """Fork the warm interpreter; return None if there is none."""
    (out, to_out), (err, to_err) = os.pipe(), os.pipe()
    try:
        forked = shared(start.libraries).fork(start, [control.fileno(), to_out, to_err])
    finally:
        os.close(to_out)
        os.close(to_err)
    if not forked:
        os.close(out)
        os.close(err)
        return None
    return _Process(None, os.fdopen(out, "rb"), os.fdopen(err, "rb"))


def _read(pipe: IO[bytes] | None, stream: Stream) -> threading.Thread:
    """Start a thread that empties a pipe, so that a program never waits for a reader."""
    assert pipe is not None

    def drain() -> None:
        with pipe:
            while data := os.read(pipe.fileno(), 1 << 16):
                stream.add(data)

    thread = threading.Thread(target=drain, name="sandbox output", daemon=True)
    thread.start()
    return thread


def _sweep(marker: str) -> None:
    """Kill whatever still bears a run's marker, when nobody keeps it any more."""
    for _ in range(100):
        found = marked(marker)
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
