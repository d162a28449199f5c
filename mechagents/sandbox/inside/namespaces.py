"""Namespaces: a program has users, files, processes and a network of its own, and no others."""

from __future__ import annotations

import os

from mechagents.sandbox.inside import identity, mounts
from mechagents.sandbox.inside.kernel import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    PR_SET_DUMPABLE,
    pivot_root_here,
    prctl,
    unshare,
)

HELD = "user, mount, pid, net, ipc, uts"
"""The namespaces that are made."""
_NEEDED = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS


def leave(user: int) -> None:
    """Leave the namespaces of the machine.

    Children forked from now on are in a new tree of processes; when the first of them ends,
    the kernel kills all others.

    Args:
        user: The throw-away user that the program becomes; 0 stays who we are.
    """
    who = os.getuid(), os.getgid()
    pipes = _mapper(user) if user else None
    try:
        unshare(_NEEDED | CLONE_NEWCGROUP)
    except OSError:
        unshare(_NEEDED)
    # What cannot be looked at belongs to root, the map of users too.
    prctl(PR_SET_DUMPABLE, 1)
    if pipes is None:
        identity.map_self(*who)
    else:
        ready, mapped = pipes
        os.close(ready)
        if os.read(mapped, 1) != b"!":
            raise PermissionError("the users of a namespace could not be set")
        os.close(mapped)


def _mapper(user: int) -> tuple[int, int]:
    """Start a process that stays outside and says who the namespace has.

    Returns:
        A descriptor to close when the namespace is there, and one that then gives ``!``.
    """
    ready, tell_ready = os.pipe()
    mapped, tell_mapped = os.pipe()
    parent = os.getpid()
    if os.fork() == 0:
        try:
            os.close(tell_ready)
            os.read(ready, 1)
            identity.map_two_users(parent, user)
            os.write(tell_mapped, b"!")
        finally:
            os._exit(0)
    os.close(ready)
    os.close(tell_mapped)
    return tell_ready, mapped


def enter(root: str) -> None:
    """Go into a root that was laid out; see nothing else any more.

    For the first process of the new tree. All that were outside and had the old root have the
    new one then.
    """
    mounts.mount_processes(root)
    os.chdir(root)
    pivot_root_here()
