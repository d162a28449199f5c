"""A program as a process: its environment, its start, its streams, and its end."""

from __future__ import annotations

import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mechagents.errors import SandboxError, UsageError
from mechagents.sandbox import launcher
from mechagents.sandbox.base import Job
from mechagents.sandbox.output import Stream
from mechagents.sandbox.watchdog import marked, resource_limits

MARKER = "MECHAGENTS_RUN"
"""The environment variable that marks every process of one run."""
GRACE_SECONDS = 5.0
"""How long the end of a killed program may take."""
_HAS_KEEPER = hasattr(os, "fork")
_THREAD_VARIABLES = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")


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


def environment(job: Job, temp: Path) -> dict[str, str]:
    """Return all that a program sees of the environment: an allow-list, and nothing of a user.

    Args:
        job: The job; what it names under ``environment`` is handed on.
        temp: A folder for temporary files, caches and settings of libraries.
    """
    interpreter = str(Path(job.python or sys.executable).parent)
    system = [p for p in ("/usr/local/bin", "/usr/bin", "/bin") if _HAS_KEEPER]
    fixed = {
        "PATH": os.pathsep.join([interpreter, *system]),
        "HOME": str(job.workdir.absolute()),
        "LC_ALL": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(temp / "matplotlib"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        MARKER: secrets.token_hex(16),
    }
    folders = ("TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    threads = {f"{name}_NUM_THREADS": str(job.limits.threads) for name in _THREAD_VARIABLES}
    handed_on = {n: os.environ[n] for n in (*job.environment, "SYSTEMROOT") if n in os.environ}
    return {**threads, **handed_on, **dict.fromkeys(folders, str(temp)), **fixed}


def search_path(job: Job) -> list[str]:
    """Return where a program finds modules when they are not installed.

    That is the folder this package was imported from, in case only the present process knows
    of it (not for another interpreter if that folder holds more than this package), and the
    program's own. They come last, so that no file a program writes stands in for a library.
    """
    root = Path(__file__).resolve().parents[2]
    shared = root.name in ("site-packages", "dist-packages") and job.python is not None
    own = [job.workdir.absolute(), *([job.script.absolute().parent] if job.script else [])]
    return [str(folder) for folder in ([] if shared else [root]) + own]


class Child:
    """A running program with its keeper.

    Args:
        job: The job.
        script: The program's file.
        temp: Its folder for temporary files.

    Raises:
        UsageError: If the interpreter cannot be started.
        SandboxError: If the system has no process to give.
    """

    def __init__(self, job: Job, script: Path, temp: Path) -> None:
        variables = environment(job, temp)
        self._marker = f"{MARKER}={variables[MARKER]}"
        self._said = b""
        self._over = False
        mine, theirs = socket.socketpair()
        command = [str(job.python or sys.executable), "-s", "-P", launcher.__file__]
        command += [
            str(script),
            str(temp),
            resource_limits(job.limits),
            *search_path(job),
        ]
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

    def ended_within(self, seconds: float) -> bool:
        """Wait for the end of the program and of all it started.

        Args:
            seconds: How long to wait.
        """
        if not _HAS_KEEPER:
            return self._waited(seconds)
        until = time.monotonic() + seconds
        while not self._over and select.select([self._control], [], [], max(seconds, 0.0))[0]:
            heard = self._control.recv(4096)
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
        launcher.kill_all(self.pid)
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
        said = self._said.decode(errors="replace")
        if said.startswith(launcher.SETUP_FAILED):
            return Report(fault=said.removeprefix(launcher.SETUP_FAILED).split("ended ")[0])
        try:
            _, status, cpu, peak_kib, left = said.split()
            return Report(int(status), float(cpu), int(peak_kib) / 1024, int(left))
        except ValueError:
            return Report(fault="the process that keeps the program was killed, or could not start")


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
