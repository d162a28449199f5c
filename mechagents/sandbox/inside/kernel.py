"""The system calls that Python does not offer, with their errors raised."""

from __future__ import annotations

import ctypes
import os
import sys

MACHINE = os.uname().machine if hasattr(os, "uname") else ""
"""The processor architecture, as the kernel names it."""
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER = 1, 4, 8, 36
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 1 << 17, 1 << 25, 1 << 26, 1 << 27
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 1 << 28, 1 << 29, 1 << 30
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC = 1, 2, 4, 8, 1 << 12, 1 << 14
MS_REMOUNT, MS_PRIVATE = 1 << 5, 1 << 18
MNT_DETACH = 2
AT_RECURSIVE, AT_FDCWD = 0x8000, -100
_ANY_MACHINE = {"mount_setattr": 442}
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SECCOMP, _IOCTL, _OPENAT2 = {"x86_64": 317, "aarch64": 277}, {"x86_64": 16, "aarch64": 29}, 437
_SET_GROUPS = {"x86_64": 116, "aarch64": 159}
_SET_GROUP_IDS = {"x86_64": 119, "aarch64": 149}
_SET_USER_IDS = {"x86_64": 117, "aarch64": 147}
_RESOLVE_STRICTLY = 0b1111

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None


def _checked(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def system_call(
    name: str, number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char]
) -> int:
    """Make a system call by its number.

    Args:
        name: What an error should call it.
        number: Its number on this machine.
        arguments: Integers, byte strings and buffers.

    Raises:
        OSError: If it fails.
    """
    assert _libc is not None
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(name, _libc.syscall(ctypes.c_long(number), *given))


def prctl(option: int, value: int, extra: int = 0) -> int:
    """Change a property of this process."""
    assert _libc is not None
    zero = ctypes.c_ulong(0)
    result = _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(extra), zero, zero)
    return _checked(f"prctl {option}", result)


def set_name(name: str) -> None:
    """Give this process a name of at most 15 characters."""
    assert _libc is not None
    _checked("prctl 15", _libc.prctl(15, name.encode(), 0, 0, 0))


def set_filter(program: ctypes.Array[ctypes.c_char]) -> None:
    """Put a seccomp filter on this process; it cannot be taken off."""
    assert _libc is not None
    _checked("seccomp", _libc.prctl(22, ctypes.c_ulong(2), program, 0, 0))


def set_filter_to_ask(program: ctypes.Array[ctypes.c_char]) -> int:
    """Put a seccomp filter on this process; return a descriptor of the calls that it asks about."""
    set_mode, new_listener = 1, 8
    return system_call("seccomp", _SECCOMP[MACHINE], set_mode, new_listener, program)


def control(descriptor: int, request: int, words: bytearray) -> int:
    """Make an ``ioctl`` that reads and changes some bytes."""
    held = (ctypes.c_char * len(words)).from_buffer(words)
    return system_call("ioctl", _IOCTL[MACHINE], descriptor, request, held)


def open_below(folder: int, path: bytes) -> int:
    """Return a descriptor of what is at a path below a folder, only to speak of it.

    No link is followed, no mount entered, and the folder not left.

    Args:
        folder: A descriptor of the folder.
        path: The path from there.
    """
    flags = os.O_PATH | os.O_CLOEXEC
    how = b"".join(word.to_bytes(8, sys.byteorder) for word in (flags, 0, _RESOLVE_STRICTLY))
    return system_call("openat2", _OPENAT2, folder, path, how, len(how))


def change_user(user: int) -> None:
    """Become a user without groups, in this thread alone."""
    none = b""
    system_call("setgroups", _SET_GROUPS[MACHINE], 0, none)
    system_call("setresgid", _SET_GROUP_IDS[MACHINE], user, user, user)
    system_call("setresuid", _SET_USER_IDS[MACHINE], user, user, user)


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name for new ones."""
    assert _libc is not None
    _checked("unshare", _libc.unshare(flags))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system, bind a folder, or change how mounts spread."""
    assert _libc is not None
    names = [text.encode() if text else None for text in (source, target, kind)]
    result = _libc.mount(*names, ctypes.c_ulong(flags), options.encode() or None)
    _checked(f"mount {target}", result)


def unmount(target: str) -> None:
    """Take a mount away from all that has no file open in it."""
    assert _libc is not None
    _checked(f"umount {target}", _libc.umount2(target.encode(), MNT_DETACH))


def set_mount(target: str, on: int = 0, off: int = 0, recursive: bool = False) -> None:
    """Change the attributes of a mount, or of all below it too.

    Args:
        target: Where it is mounted.
        on: Attributes to set; the values of ``MS_RDONLY``, ``MS_NOSUID``, ``MS_NODEV``.
        off: Attributes to clear.
        recursive: Whether those below are changed too.
    """
    words = b"".join(word.to_bytes(8, sys.byteorder) for word in (on, off, 0, 0))
    flags = AT_RECURSIVE if recursive else 0
    number = _ANY_MACHINE["mount_setattr"]
    system_call("mount_setattr", number, AT_FDCWD, target.encode(), flags, words, len(words))


def pivot_root_here() -> None:
    """Make the current folder the root, and let go of the old one."""
    system_call("pivot_root", _PIVOT_ROOT[MACHINE], b".", b".")
    unmount(".")
    os.chdir("/")
