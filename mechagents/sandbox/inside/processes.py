"""A tree of processes: who is in it, and its end."""

from __future__ import annotations

# ruff: noqa: PTH123, PTH208, SIM105
import os
import signal
import sys

from mechagents.sandbox.inside import macos


def descendants(root: int) -> list[int]:
    """Return the ids of all processes below one, itself left out; none on Windows."""
    found: list[int] = []
    todo = [root]
    while todo:
        children = children_of(todo.pop())
        found += children
        todo += children
    return found


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children, those of all its threads."""
    if sys.platform == "darwin":
        return macos.children(pid)
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


def kill_all(root: int, leader: int | None = None) -> int:
    """Kill all descendants of a process, again until a look finds no living one.

    Args:
        root: The keeper, which collects them and is not killed.
        leader: The program; its process group is killed too, which is all that can be done
            where the system does not list a process's children.

    Returns:
        How many were killed [-].
    """
    if leader is not None and sys.platform != "linux":
        _kill(-leader, signal.SIGKILL)
    killed: set[int] = set()
    for _ in range(100):
        living = [pid for pid in descendants(root) if pid not in killed]
        if not living:
            break
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in living:
                _kill(pid, number)
        killed.update(living)
    return len(killed - {leader})


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
