"""Landlock: the kernel's own list of what a process may touch, made by the process itself."""

from __future__ import annotations

import errno
import os
import stat
import sys

from mechagents.sandbox.inside.kernel import system_call

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL_DEVICE, _RESOLVE_UNIX = 1 << 13, 1 << 14, 1 << 15, 1 << 16
_REMOVE_FILE, _MAKE_REGULAR = 1 << 5, 1 << 8
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_SIZES = {1: 8, 2: 8, 3: 8, 4: 16, 5: 16}
SCOPED_SIGNALS = 6
"""The version since which signals and abstract sockets end at a domain's border."""


def version() -> int:
    """Return the version of Landlock that the kernel has, or 0."""
    try:
        return system_call("landlock", _CREATE, 0, 0, 1)
    except OSError:
        return 0


def _handled(abi: int) -> int:
    """Return all rights over files that a version knows."""
    newer = ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEVICE), (9, _RESOLVE_UNIX))
    return (1 << 13) - 1 | sum(right for since, right in newer if abi >= since)


def restrict(readable: list[str], writable: list[str], shared: list[str], abi: int) -> None:
    """Keep this process and all it will start from every other file, from TCP, from outsiders.

    No new privileges must be set. A path that does not exist is passed over.

    Args:
        readable: Folders and files to read and execute.
        writable: Folders and files to do anything with, but make no device.
        shared: Folders in which files are made, used and removed by name, and no more.
        abi: What ``version`` returned; less is taken where less should be used.

    Raises:
        OSError: If the kernel refuses.
    """
    ruleset, rights = _ruleset(_handled(abi), abi)
    reading = _EXECUTE | _READ_FILE | _READ_DIR
    for path in readable:
        _allow(ruleset, path, reading & rights)
    for path in writable:
        _allow(ruleset, path, rights & ~(_MAKE_CHAR | _MAKE_BLOCK))
    named = _READ_FILE | _WRITE_FILE | _TRUNCATE | _MAKE_REGULAR | _REMOVE_FILE | _REFER
    for path in shared:
        _allow(ruleset, path, named & rights)
    system_call("landlock_restrict_self", _RESTRICT, ruleset, 0)
    os.close(ruleset)


def _ruleset(rights: int, abi: int) -> tuple[int, int]:
    """Return a set of rules as a descriptor, and the rights over files that it handles."""
    tcp, scopes = 3, 3
    words = b"".join(word.to_bytes(8, sys.byteorder) for word in (rights, tcp, scopes))
    size = _SIZES.get(abi, 24)
    try:
        return system_call("landlock_create_ruleset", _CREATE, words, size, 0), rights
    except OSError as error:
        if error.errno != errno.EINVAL or not rights & _RESOLVE_UNIX:
            raise
        return _ruleset(rights & ~_RESOLVE_UNIX, abi)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FILE_RIGHTS
        rule = rights.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder, signed=True)
        system_call("landlock_add_rule", _ADD, ruleset, 1, rule, 0)
    finally:
        os.close(place)
