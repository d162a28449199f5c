"""What ``bwrap`` is told: the root that ``mounts`` lays out, said in its options.

Nothing is ever created below a folder that a program could have written to: its folders are new
file systems in memory, and all else is read-only. So a link that an earlier run left leads nowhere.
"""

from __future__ import annotations

# ruff: noqa: PTH102, PTH110, PTH112, PTH114, PTH115
import os

from mechagents.sandbox.inside import identity, places
from mechagents.sandbox.inside.kernel import (
    CLONE_NEWNS,
    MS_BIND,
    MS_PRIVATE,
    MS_REC,
    mount,
    unshare,
)
from mechagents.sandbox.inside.mounts import USERS
from mechagents.sandbox.inside.order import Order

MEMORY = ("/tmp", "/dev/shm")
"""File systems in memory, besides the program's folder."""
_NO_MORE_USERS = (0, 8)
"""The version since which it can keep user namespaces from being made inside."""
_FIXED = (
    "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
    "--unshare-cgroup-try", "--uid", str(identity.USER), "--gid", str(identity.USER),
    "--hostname", "sandbox", "--cap-drop", "ALL", "--new-session", "--die-with-parent",
    "--as-pid-1",
)  # fmt: skip


def arguments(order: Order, shown: list[str], sources: dict[str, str]) -> list[str]:
    """Return the options that build a program's root; descriptors are opened for some.

    Args:
        order: The program.
        shown: What is read besides the system, none of it within another.
        sources: Where some of these are found instead of at their own path.

    Raises:
        PermissionError: If a link that a program may have left leads to its folder.
    """
    if _linked(order.workdir, shown):
        raise PermissionError(f"a link leads to {order.workdir}, in a folder that is shown")
    within = [path for path in shown if path.startswith(f"{order.workdir}/")]
    version = tuple(int(number) for number in order.bwrap_version.split("."))
    told = [*_FIXED, *(["--disable-userns"] if version >= _NO_MORE_USERS else [])]
    told += [*_system(), "--proc", "/proc", "--remount-ro", "/proc", *_devices()]
    for path in MEMORY:
        told += ["--size", str(order.folder_bytes), "--tmpfs", path]
    for path in shown:
        if path not in within:
            told += ["--ro-bind", sources.get(path, path), path]
    told += ["--size", str(order.folder_bytes), "--tmpfs", order.workdir]
    for path in within:
        if path != order.script:
            told += ["--ro-bind", sources.get(path, path), path]
    return [*told, "--remount-ro", "/", "--chdir", order.workdir]


def _linked(workdir: str, shown: list[str]) -> bool:
    """Return whether the way to a folder leads through another that is shown, and a link there."""
    through = any(workdir.startswith(f"{path}/") for path in ("/usr", *places.LINKS, *shown))
    return through and os.path.realpath(workdir) != workdir


def _system() -> list[str]:
    told = ["--ro-bind", "/usr", "/usr"]
    for path in (*places.LINKS, *(f"/etc/{name}" for name in places.SETTINGS)):
        if os.path.islink(path):
            told += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            told += ["--ro-bind", path, path]
    for name, text in USERS.items():
        told += ["--perms", "0444", "--file", str(_reader(text)), f"/etc/{name}"]
    return told


def _devices() -> list[str]:
    """Return what makes a ``/dev`` of a few devices; its own has terminals, and half the memory."""
    told: list[str] = []
    for name in places.DEVICES:
        told += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    told += ["--symlink", "/proc/self/fd", "/dev/fd"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        told += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    return told


def _reader(text: str) -> int:
    """Return a descriptor, which is passed on, that a short text can be read from."""
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    os.set_inheritable(reader, True)
    return reader


def open_up(shown: list[str], over: str) -> dict[str, str]:
    """Show what lies in a closed folder of root's to the user that root becomes, somewhere else.

    In a mount namespace of its own, which only root can make without a user namespace.

    Args:
        shown: What has to be seen.
        over: A folder to mount over.

    Returns:
        Where each that could not be seen is found now.
    """
    closed = [path for path in shown if not identity.may_pass(path)]
    if not closed:
        return {}
    unshare(CLONE_NEWNS)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", over, "tmpfs", options="mode=755,size=1m")
    found: dict[str, str] = {}
    for number, path in enumerate(closed):
        found[path] = f"{over}/{number}"
        if os.path.isdir(path):
            os.mkdir(found[path])
        else:
            os.close(os.open(found[path], os.O_CREAT | os.O_WRONLY))
        mount(path, found[path], flags=MS_BIND | MS_REC)
    return found
