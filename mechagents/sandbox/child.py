"""A program as a process: its start, its streams, and its end."""

from __future__ import annotations

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
from typing import IO

from mechagents.errors import SandboxError, UsageError
from mechagents.sandbox import launcher
from mechagents.sandbox.inside.processes import kill_all
from mechagents.sandbox.orders import MARKER, Start, words
from mechagents.sandbox.output import Stream
from mechagents.sandbox.watchdog import marked

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
    held: str = ""
    """What isolated it, in the words of the process that put it up."""


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
        job, variables = start.job, start.environment
        self._walled = start.tier == "namespaces"
        self._marker = f"{MARKER}={variables[MARKER]}"
        self._said = b""
        self._receive = receive
        self._over = False
        mine, theirs = socket.socketpair()
        command = [str(job.python or sys.executable), "-s", "-P", launcher.__file__]
        command += words(start)
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    cwd=job.workdir,
                    env=variables,
                    stdin=theirs.fileno() if _HAS_KEEPER else subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
        except (FileNotFoundError, PermissionError) as error:
            mine.close()
            raise UsageError(f"the interpreter cannot be run: {error}", where="python") from error
        except OSError as error:
            mine.close()
            raise SandboxError(f"no process could be started: {error}") from error
        self._control = mine
        kept = int(job.limits.kept_output_mib * (1 << 20))
        self.stdout, self.stderr = Stream(kept), Stream(kept)
        self._readers = [
            _read(pipe, stream)
            for pipe, stream in (
                (self._process.stdout, self.stdout),
                (self._process.stderr, self.stderr),
            )
        ]

    @property
    def pid(self) -> int:
        """The keeper's process id; where there is no keeper, the program's."""
        return self._process.pid

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
        while not self._over and select.select([self._control], [], [], max(seconds, 0.0))[0]:
            flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
            heard, given, _, _ = socket.recv_fds(self._control, 4096, 1, flags)
            for descriptor in given:
                self._receive(descriptor)
            self._said += heard
            self._over = not heard
            seconds = until - time.monotonic()
        return self._over and self._waited(GRACE_SECONDS)

    def _waited(self, seconds: float) -> bool:
        try:
            self._process.wait(max(seconds, 0.001))
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
        self._process.send_signal(signal.SIGCONT)
        if not self.ended_within(GRACE_SECONDS):
            self._process.kill()
            self._process.wait()
            return False
        return True

    def close(self) -> Report:
        """Take leave of an ended program: collect its last output and how it ended."""
        report = self._report()
        if report.fault:
            _sweep(self._marker)
        for reader in self._readers:
            reader.join(0.3)
        self._control.close()
        return report

    def _report(self) -> Report:
        if not _HAS_KEEPER:
            return Report(wait_status=(self._process.returncode & 0xFF) << 8)
        fault = self._told("setup")
        if fault is not None:
            return Report(fault=fault)
        try:
            status, cpu, peak_kib, left = (self._told("ended") or "").split()
            held = self._told("held") or ""
            return Report(int(status), float(cpu), int(peak_kib) / 1024, int(left), held=held)
        except ValueError:
            return Report(fault="the process that keeps the program was killed, or could not start")

    def _told(self, what: str) -> str | None:
        """Return what the keeper said about something, if it did."""
        lines = self._said.decode(errors="replace").splitlines()
        return next((x.removeprefix(f"{what} ") for x in lines if x.startswith(f"{what} ")), None)


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
