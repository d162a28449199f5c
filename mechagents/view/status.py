"""How a run stands: at work, waiting for a person, answered, or left where it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

Status = Literal["running", "waiting", "answered", "unaccepted", "failed", "stopped"]
"""
- ``running``: a process writes its log now.
- ``waiting``: a person is to approve or to answer something.
- ``answered``: there is an accepted answer; ``unaccepted``: there is one that was not accepted.
- ``failed``: it ended without an answer.
- ``stopped``: it was left before its end; ``resume`` goes on with it.
"""
LOCK = ".writer.lock"
LOCKS = Path("/proc/locks")


def status_of(last: dict[str, Any] | None, at_work: bool) -> Status:
    """Return how a run stands.

    Args:
        last: The last envelope of its log.
        at_work: Whether a process works on it.
    """
    message: dict[str, Any] = last["message"] if last is not None else {}
    kind = message.get("kind")
    if at_work:
        return "waiting" if kind == "question" else "running"
    if kind == "answer":
        return "answered" if message.get("accepted", True) else "unaccepted"
    if kind == "failure":
        return "waiting" if message.get("reason") == "waiting" else "failed"
    return "waiting" if kind == "question" else "stopped"


def is_written(folder: Path) -> bool:
    """Return whether a process writes a run's log, or a study's journal, now."""
    path = folder / LOCK
    try:
        status = path.stat()
    except OSError:
        return False
    # To try the lock would keep a process away that begins to write just now.
    return _is_locked(status) if LOCKS.exists() else _cannot_be_locked(path)


def _is_locked(status: os.stat_result) -> bool:
    # By its inode alone: some file systems tell of another device here than there.
    name = f":{status.st_ino}"
    lines = LOCKS.read_text(encoding="ascii").splitlines()
    return any(word.endswith(name) for line in lines for word in line.split())


def _cannot_be_locked(path: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=0):
            return False
    except (Timeout, OSError):
        return True
