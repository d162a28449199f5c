"""Every wall around one program, put up by the process that becomes it."""

from __future__ import annotations

import os

from mechagents.sandbox.inside import identity, landlock, places, seatbelt, seccomp
from mechagents.sandbox.inside.kernel import MACHINE, PR_SET_NO_NEW_PRIVS, prctl
from mechagents.sandbox.inside.namespaces import HELD
from mechagents.sandbox.inside.order import WALLED, Order
from mechagents.sandbox.inside.syscalls import MACHINES

_OWN = (
    "cmdline", "comm", "exe", "fd", "fdinfo", "io", "limits", "maps", "oom_score", "smaps",
    "smaps_rollup", "stat", "statm", "status", "wchan",
)  # fmt: skip
"""What a program's first process may read of itself; its ``net`` would be the machine's."""
_SYSTEM_FILES = (
    *(f"/proc/self/{name}" for name in _OWN),
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu",
    "/sys/devices/system/node", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
)  # fmt: skip
"""What is read, where no private root leaves out the rest."""


def promise(tier: str, bwrap_version: str = "") -> str:
    """Return what holds in a tier once ``shut_in`` has returned, in words."""
    if tier == "seatbelt":
        return seatbelt.HELD
    held = [f"bwrap {bwrap_version}"] if tier == "bubblewrap" else []
    held += [HELD] if tier in WALLED else []
    abi = landlock.version()
    held += [f"Landlock ABI {abi}"] if abi else []
    return "; ".join([*held, "seccomp", "rlimits"])


def must_search(order: Order) -> bool:
    """Return whether a program that root runs has to pass through folders closed to others."""
    needed = [*places.interpreter(), order.workdir]
    return order.tier != "namespaces" and not all(map(identity.may_pass, needed))


def shut_in(order: Order) -> tuple[str, int]:
    """Give up, for good, all that a program has no need of.

    In a process of one thread that is about to become the program; resource limits are set.

    Returns:
        What holds now, in words; and a descriptor of the calls that a broker has to answer, or -1.

    Raises:
        OSError: If the kernel refuses a wall.
    """
    if order.tier == "container":
        return _shut_in_further(order), -1
    if order.tier == "seatbelt":
        seatbelt.restrict(
            places.readable([*order.readable, order.script]), [order.workdir, order.temp]
        )
        return promise(order.tier), -1
    walled = order.walled
    abi = landlock.version()
    if not walled and not abi:
        raise PermissionError("the kernel has no Landlock")
    devices = [f"/dev/{name}" for name in places.DEVICES]
    if walled:
        readable, writable = ["/"], [order.workdir, "/tmp", "/dev/shm", *devices]
    else:
        etc = [f"/etc/{name}" for name in places.SETTINGS]
        readable = ["/usr", *places.LINKS, *etc, *_SYSTEM_FILES]
        readable += places.readable([*order.readable, order.script])
        writable = [order.workdir, order.temp, *devices]
    user = identity.USER if walled and order.user else order.user
    identity.become(user, must_search(order))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if abi:
        shared = [] if walled else ["/dev/shm"]
        landlock.restrict(readable, writable, shared, abi)
    scoped = abi >= landlock.SCOPED_SIGNALS
    refused = seccomp.rules(walled, scoped, os.getpid())
    return promise(order.tier, order.bwrap_version), _filter(refused, ask=not walled)


def _filter(refused: seccomp.Rules, ask: bool) -> int:
    """Filter system calls; return a descriptor of those for a broker, or -1."""
    if ask:
        try:
            return seccomp.install(seccomp.assemble(refused, ask=True), ask=True)
        except OSError:
            # Somebody else is asked already, as in some containers. Then they are refused.
            pass
    return seccomp.install(seccomp.assemble(refused))


def _shut_in_further(order: Order) -> str:
    """Give up, behind the walls of a container, what its kernel lets a process give up itself.

    The engine has taken away capabilities, network and other files already, so what this kernel
    does not have is gone without.

    Returns:
        What holds now, in words.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    held: list[str] = []
    abi = landlock.version()
    if abi:
        top = [entry.path for entry in os.scandir("/") if entry.name not in ("proc", "sys")]
        devices = [f"/dev/{name}" for name in places.DEVICES]
        readable = [*top, "/proc", *_SYSTEM_FILES]
        landlock.restrict(readable, [*order.folders, *devices], [], abi)
        held.append(f"Landlock ABI {abi}")
    if MACHINE in MACHINES:
        scoped = abi >= landlock.SCOPED_SIGNALS
        seccomp.install(seccomp.assemble(seccomp.rules(True, scoped, os.getpid())))
        held.append("seccomp")
    return "; ".join([*held, "rlimits"])
