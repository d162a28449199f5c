"""How a run stands: at work, waiting for a person, answered, or left where it was."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from mechagents.log import FILE_NAME

Status = Literal["running", "waiting", "answered", "unaccepted", "failed", "stopped", "unknown"]
"""
- ``running``: a process writes its log now.
- ``waiting``: a person is to approve or to answer something.
- ``answered``: there is an accepted answer; ``unaccepted``: there is one that was not accepted.
- ``failed``: it ended without an answer.
- ``stopped``: it was left before its end; ``resume`` goes on with it.
- ``unknown``: it has no end, and whether a process works on it cannot be told from here.
"""
LOCK = ".writer.lock"
LOCKS = Path("/proc/locks")
"""The locks that this process may know of: not those of other containers or machines."""
MOUNTS = Path("/proc/self/mountinfo")
APART = ("9p", "virtiofs", "cifs", "smb3", "vboxsf", "vmhgfs", "fuse")
"""File systems on which a lock may be seen on its own machine alone."""
RECENT = 600.0
"""How long after its last message a run may still be at work where locks do not tell [s]."""


def status_of(last: dict[str, Any] | None, at_work: bool | None) -> Status:
    """Return how a run stands.

    Args:
        last: The last envelope of its log.
        at_work: Whether a process works on it; None where that cannot be told.
    """
    message: dict[str, Any] = last["message"] if last is not None else {}
    kind = message.get("kind")
    if at_work:
        return "waiting" if kind == "question" else "running"
    if kind == "answer":
        return "answered" if message.get("accepted", True) else "unaccepted"
    if kind == "failure":
        return "waiting" if message.get("reason") == "waiting" else "failed"
    if kind == "question":
        return "waiting"
    return "unknown" if at_work is None else "stopped"


def is_written(folder: Path) -> bool:
    """Return whether a process is known to write a run's log, or a study's journal, now."""
    return writing(folder) is True


def writing(folder: Path, *, locks: Path = LOCKS, mounts: Path = MOUNTS) -> bool | None:
    """Return whether a process writes a run's log, or a study's journal, now.

    Args:
        folder: The run's or the study's.
        locks: The system's list of locks, where it has one.
        mounts: The system's list of mounted file systems, where it has one.

    Returns:
        None where it cannot be told: the lock cannot be tried, or the file system may keep the
        locks of other machines to itself and something was written lately.
    """
    path = folder / LOCK
    try:
        status = path.lstat()
    except OSError:
        return False
    if not stat.S_ISREG(status.st_mode):
        return False
    if _is_listed(status, locks):
        return True
    held = _is_held(path)
    if held is False and _is_apart(folder, mounts) and _is_recent(folder):
        return None
    return held


def _is_listed(status: os.stat_result, locks: Path) -> bool:
    # By its inode alone: some file systems tell of another device here than there.
    name = f":{status.st_ino}"
    try:
        lines = locks.read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    return any(word.endswith(name) for line in lines for word in line.split())


def _is_held(path: Path) -> bool | None:
    """Return whether a lock is held by trying it, None where it cannot be tried.

    It is shared with others who try, and held for microseconds; a process that begins to write
    just then tries again (``PATIENCE`` of the log).
    """
    try:
        import fcntl
    except ImportError:
        return _cannot_be_locked(path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return False if error.errno == errno.ENOENT else None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return True if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    finally:
        os.close(handle)
    return False


def _cannot_be_locked(path: Path) -> bool | None:
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return None


def _is_apart(folder: Path, mounts: Path) -> bool:
    """Return whether a folder is on a file system that may keep locks to each machine."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    here, found = folder.resolve(), (0, "")
    for line in lines:
        mount, _, kind = line.partition(" - ")
        at = mount.split()[4].replace("\\040", " ")
        if here.is_relative_to(at):
            found = max(found, (len(at), kind.split()[0]), key=lambda one: one[0])
    return found[1].split(".")[0] in APART


def _is_recent(folder: Path) -> bool:
    times: list[float] = []
    for name in (FILE_NAME, "journal.jsonl"):
        with suppress(OSError):
            times.append((folder / name).stat().st_mtime)
    return max(times, default=0.0) > time.time() - RECENT
