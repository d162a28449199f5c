"""The runs that go on from the page: each in a process of its own, which ends with the viewer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO

from mechagents.errors import LogError

ENDING_SECONDS = 15.0
"""How long a run may take to stop when the viewer ends [s]."""
LONGEST = 2000
"""Characters of what a process says of its failure that are shown [-]."""
SAID_ITSELF = (0, 3, 5, 130, -15)
"""Exit codes after which the log tells how the run ended, or that it was stopped."""


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    errors: IO[bytes]


@dataclass(slots=True)
class Children:
    """Processes by the folder of the run that they work on."""

    _begun: dict[Path, _Child] = field(default_factory=dict[Path, _Child])
    _turn: Lock = field(default_factory=Lock)

    def start(self, folder: Path, words: Sequence[str]) -> None:
        """Let ``mechagents`` work on a run in a process of its own.

        Args:
            folder: The run's folder.
            words: The command and its arguments. No shell reads them.

        Raises:
            LogError: If a process that was started here still works on the run.
        """
        with self._turn:
            if self._lives(folder):
                raise LogError("this run is at work; wait until it asks or ends")
            before = self._begun.pop(folder, None)
            if before is not None:
                before.errors.close()
            errors = tempfile.TemporaryFile()  # noqa: SIM115  (open while the process lives)
            process = subprocess.Popen(
                [sys.executable, "-m", "mechagents", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,  # Ctrl-C in the terminal is for the viewer, which ends it
            )
            self._begun[folder] = _Child(process, errors)

    def is_alive(self, folder: Path) -> bool:
        """Return whether a process that was started here works on a run."""
        with self._turn:
            return self._lives(folder)

    def _lives(self, folder: Path) -> bool:
        child = self._begun.get(folder)
        return child is not None and child.process.poll() is None

    def at_work(self) -> list[Path]:
        """Return the folders of the runs that processes which were started here work on."""
        with self._turn:
            return [folder for folder in self._begun if self._lives(folder)]

    def trouble(self, folder: Path) -> str:
        """Return why the last process for a run ended without going on, empty where it did."""
        with self._turn:
            child = self._begun.get(folder)
            if child is None or child.process.poll() in (None, *SAID_ITSELF):
                return ""
            child.errors.seek(0)
            said = child.errors.read().decode("utf-8", "replace").strip()
        return said[-LONGEST:].removeprefix("mechagents: ")

    def stop(self, folder: Path) -> None:
        """Ask the process that works on a run to stop; its log stays as it is.

        Raises:
            LogError: If none was started here.
        """
        with self._turn:
            if not self._lives(folder):
                raise LogError("this run was not begun from this page; stop it where it works")
            self._begun[folder].process.terminate()

    def stop_all(self) -> list[Path]:
        """Stop every process, wait until they have ended, and return what they worked on."""
        with self._turn:
            left = {f: child for f, child in self._begun.items() if child.process.poll() is None}
        for child in left.values():
            child.process.terminate()
        for child in left.values():
            try:
                child.process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        with self._turn:
            for child in self._begun.values():
                child.errors.close()
            self._begun.clear()
        return list(left)
