"""Shared memory that a program left behind, where it has no ``/dev/shm`` of its own."""

from __future__ import annotations

import stat
from pathlib import Path

from mechagents.sandbox.folder import MIB, Size

PLACE = Path("/dev/shm")
"""Where the system keeps shared memory and semaphores that have names."""


def names() -> frozenset[str]:
    """Return what there is at this moment."""
    try:
        return frozenset(entry.name for entry in PLACE.iterdir())
    except OSError:
        return frozenset()


def size(before: frozenset[str], user: int) -> Size:
    """Return how much a user has put there since.

    Args:
        before: What ``names`` returned before the run.
        user: The user a program runs as.
    """
    total, files = 0, 0
    for name in names() - before:
        try:
            status = (PLACE / name).lstat()
        except OSError:
            continue
        if status.st_uid == user:
            total, files = total + status.st_size, files + 1
    return Size(total / MIB, files)


def remove_left(before: frozenset[str], user: int) -> None:
    """Remove what a user made since, unless a living process holds it.

    Args:
        before: What ``names`` returned before the run.
        user: The user a program ran as.
    """
    made = [PLACE / name for name in names() - before if _owner(PLACE / name) == user]
    held = _held() if made else frozenset[int]()
    for path in made:
        try:
            status = path.lstat()
            if status.st_ino not in held and stat.S_ISREG(status.st_mode):
                path.unlink()
        except OSError:
            continue


def _owner(path: Path) -> int:
    try:
        return path.lstat().st_uid
    except OSError:
        return -1


def _held() -> frozenset[int]:
    """Return the inodes of shared memory that living processes have mapped or open."""
    found: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            maps = (process / "maps").read_text(errors="replace").splitlines()
            found.update(int(x.split()[4]) for x in maps if f" {PLACE}/" in x)
            for entry in (process / "fd").iterdir():
                if str(entry.readlink()).startswith(f"{PLACE}/"):
                    found.add(entry.stat().st_ino)
        except OSError:
            continue
    return frozenset(found)
