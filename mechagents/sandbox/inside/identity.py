"""Who a program is: a user that owns nothing, without any capability."""

from __future__ import annotations

# ruff: noqa: PTH116, PTH120, PTH123, SIM105
import os
import stat
import sys

from mechagents.sandbox.inside.kernel import (
    MACHINE,
    PR_SET_DUMPABLE,
    PR_SET_KEEPCAPS,
    change_user,
    prctl,
    system_call,
)

USER = 1000
"""What a program's user is called inside its own user namespace."""
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION = 0x20080522
_DAC_READ_SEARCH = 1 << 2
_CAPBSET_DROP, _CAP_AMBIENT, _SECUREBITS = 24, 47, 28
_AMBIENT_RAISE, _AMBIENT_CLEAR = 2, 4
_NO_ROOT_LOCKED = 0b11 | 0b1100


def map_two_users(pid: int, user: int) -> None:
    """Say who another process's new user namespace has: root, and a throw-away user.

    Args:
        pid: The process.
        user: The throw-away user outside.
    """
    both = f"0 0 1\n{USER} {user} 1\n"
    _write(pid, {"uid_map": both, "gid_map": both})


def map_self(user: int, group: int) -> None:
    """Say that this process's new user namespace has the one user and group that we were."""
    _write(
        "self", {"setgroups": "deny", "uid_map": f"{USER} {user} 1", "gid_map": f"{USER} {group} 1"}
    )


def _write(process: int | str, lines: dict[str, str]) -> None:
    for name, text in lines.items():
        with open(f"/proc/{process}/{name}", "w") as file:
            file.write(text)


def become(user: int, search: bool = False) -> None:
    """Become a user without groups, and without capabilities.

    Args:
        user: Which; 0 stays who it is.
        search: Whether to keep the right to pass through closed folders and read closed files.
            Only for use with Landlock, which then is what says which.
    """
    become_in_thread(user, search)
    prctl(PR_SET_DUMPABLE, 1)


def become_in_thread(user: int, search: bool) -> None:
    """Do what ``become`` does to this thread alone, in a process that nobody may look into."""
    keep = _DAC_READ_SEARCH if search and user else 0
    if user:
        prctl(PR_SET_KEEPCAPS, 1 if search else 0)
    _empty_bounding_set(keep)
    if user:
        change_user(user)
    _set_capabilities(keep)
    prctl(_CAP_AMBIENT, _AMBIENT_CLEAR)
    if keep:
        prctl(_CAP_AMBIENT, _AMBIENT_RAISE, keep.bit_length() - 1)


def _empty_bounding_set(kept: int) -> None:
    """Give up for good what a program could gain; without capabilities there is nothing."""
    for number in range(64):
        if kept >> number & 1:
            continue
        try:
            prctl(_CAPBSET_DROP, number)
        except OSError:
            break
    try:
        prctl(_SECUREBITS, _NO_ROOT_LOCKED)
    except OSError:
        pass


def _set_capabilities(kept: int) -> None:
    header = b"".join(n.to_bytes(4, sys.byteorder) for n in (_CAPABILITY_VERSION, 0))
    words = (kept, kept, kept, 0, 0, 0)
    data = b"".join(n.to_bytes(4, sys.byteorder) for n in words)
    system_call("capset", _CAPSET[MACHINE], header, data)


def may_pass(path: str) -> bool:
    """Return whether anybody at all can reach and read what is at a path."""
    place = os.path.realpath(path)
    while True:
        try:
            mode = os.stat(place).st_mode
        except OSError:
            return False
        needed = 0o005 if place == os.path.realpath(path) and stat.S_ISDIR(mode) else 0o001
        if stat.S_ISDIR(mode) and mode & needed != needed:
            return False
        if place == "/":
            return True
        place = os.path.dirname(place)
