"""Run a command where only bwrap gets user namespaces: ``python only_bwrap.py COMMAND...``.

As a security module of the kernel does on some systems, by the path of the program that asks. Here
a filter on system calls has each such call reported, and this process answers by that path.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import socket
import sys
from pathlib import Path

from mechagents.sandbox.inside.kernel import PR_SET_NO_NEW_PRIVS, prctl, system_call
from mechagents.sandbox.inside.syscalls import MACHINES, NUMBERS

CLONE_NEWUSER = 1 << 28
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_NOTIFY, _ALLOW, _ERRNO = 0x7FC00000, 0x7FFF0000, 0x00050000
_RECEIVE, _SEND, _GO_ON = 0xC0502100, 0xC0182101, 1


def _instructions() -> bytes:
    """Return a filter that reports ``clone`` and ``unshare`` with a user namespace."""
    column = MACHINES[platform.machine()][0]
    clone3, clone, unshare = (NUMBERS[n][column] or 0 for n in ("clone3", "clone", "unshare"))
    steps = [
        (0x20, 0, 0, 0),  # the call
        (0x15, 5, 0, clone3),
        (0x15, 1, 0, clone),
        (0x15, 0, 2, unshare),
        (0x20, 0, 0, 16),  # its first argument
        (0x45, 2, 0, CLONE_NEWUSER),
        (0x06, 0, 0, _ALLOW),
        (0x06, 0, 0, _ERRNO | errno.ENOSYS),
        (0x06, 0, 0, _NOTIFY),
    ]
    return b"".join(
        code.to_bytes(2, "little") + bytes((true, false)) + value.to_bytes(4, "little")
        for code, true, false, value in steps
    )


def listen() -> int:
    """Put the filter on this process; return a descriptor that reports come from."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    code = _instructions()
    held = ctypes.create_string_buffer(code, len(code))
    address = ctypes.addressof(held).to_bytes(8, "little")
    program = ctypes.create_string_buffer((len(code) // 8).to_bytes(8, "little") + address, 16)
    return system_call("seccomp", _SECCOMP[platform.machine()], 1, 1 << 3, program)


def answer(reports: int, allowed: Path) -> None:
    """Let a call pass that a program at a path makes, and no other; until nobody is left."""
    while True:
        report = bytearray(80)
        try:
            fcntl.ioctl(reports, _RECEIVE, report)
        except FileNotFoundError:
            continue
        pid = int.from_bytes(report[8:12], "little")
        said = 0, _GO_ON
        try:
            if not Path(f"/proc/{pid}/exe").samefile(allowed):
                said = -errno.EACCES, 0
        except OSError:
            said = -errno.EACCES, 0
        words = (0).to_bytes(8, "little") + said[0].to_bytes(4, "little", signed=True)
        with contextlib.suppress(FileNotFoundError):
            fcntl.ioctl(reports, _SEND, bytes(report[:8]) + words + said[1].to_bytes(4, "little"))


def main() -> None:
    """Run the command, and answer for it meanwhile."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        socket.send_fds(theirs, [b"x"], [listen()])
        os.execv(sys.argv[1], sys.argv[1:])
    _, (reports,), _, _ = socket.recv_fds(ours, 1, 1)
    watcher = os.fork()
    if watcher == 0:
        answer(reports, Path("/usr/bin/bwrap"))
    os.close(reports)
    status = os.waitpid(child, 0)[1]
    os.kill(watcher, 9)
    os.waitpid(watcher, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
