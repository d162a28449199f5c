"""A root of its own for one program: the system read-only, its folder in memory, and no more."""

from __future__ import annotations

# ruff: noqa: PTH102, PTH103, PTH106, PTH110, PTH112, PTH114, PTH115, PTH120, PTH123, PTH211, SIM105
import os
import stat

from mechagents.sandbox.inside.kernel import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    mount,
    set_mount,
    unmount,
)
from mechagents.sandbox.inside.order import Order
from mechagents.sandbox.inside.places import DEVICES, LINKS, SETTINGS, readable

SCRATCH_FOLDERS = ("work", "tmp", "shm")
"""What the one memory file system of a program holds."""
_PLAIN = MS_NOSUID | MS_NODEV
_USERS = {
    "passwd": "root:x:0:0::/:/bin/false\nprogram:x:1000:1000::/tmp:/bin/false\n",
    "group": "root:x:0:\nprogram:x:1000:\n",
    "hosts": "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def build(order: Order, owner: int) -> int:
    """Build the root of a program over its temporary folder, in a mount namespace of its own.

    Args:
        order: What the program is.
        owner: The user inside that its folder belongs to; it is also its group.

    Returns:
        A descriptor of the file system with its folder, its temporary files and shared memory.
    """
    root = order.temp
    os.umask(0o022)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    copied = (order.workdir, f"{order.temp}/.")
    inputs = [os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in copied]
    mount("tmpfs", root, "tmpfs", _PLAIN, "mode=755,size=2m,nr_inodes=2000")
    _lay_out_system(root)
    scratch = _scratch(order, inputs, owner)
    writable = {"/tmp": "tmp", "/dev/shm": "shm", order.workdir: "work"}
    shown = readable([*order.readable, order.script])
    for path in sorted({*writable, *shown}):
        if path in writable:
            _bind(f"{root}/.scratch/{writable[path]}", root + path)
        elif not path.startswith(f"{order.workdir}/"):
            _bind(path, root + path)
    unmount(f"{root}/.scratch")
    os.rmdir(f"{root}/.scratch")
    set_mount(root, on=MS_RDONLY | _PLAIN, recursive=True)
    for path in writable:
        set_mount(root + path, off=MS_RDONLY)
    for name in DEVICES:
        mount(f"/dev/{name}", f"{root}/dev/{name}", flags=MS_BIND)
    return scratch


def _lay_out_system(root: str) -> None:
    for name in ("usr", "etc", "dev", "dev/shm", "proc", "tmp", ".scratch"):
        os.mkdir(f"{root}/{name}")
    _bind("/usr", f"{root}/usr")
    for path in LINKS:
        _show(path, root + path)
    for name in SETTINGS:
        _show(f"/etc/{name}", f"{root}/etc/{name}")
    for name, text in _USERS.items():
        with open(f"{root}/etc/{name}", "w") as file:
            file.write(text)
    for name in DEVICES:
        os.close(os.open(f"{root}/dev/{name}", os.O_CREAT | os.O_WRONLY))
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{root}/dev/{name}")


def _show(path: str, target: str) -> None:
    """Show a file or folder at a place, or a link as a link."""
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
    elif os.path.exists(path):
        _bind(path, target)


def _bind(path: str, target: str) -> None:
    if not os.path.exists(target):
        if os.path.isdir(path):
            os.makedirs(target)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    mount(path, target, flags=MS_BIND | MS_REC)


def _scratch(order: Order, inputs: list[int], owner: int) -> int:
    """Make the memory file system of a program, with what its folders held before."""
    place = f"{order.temp}/.scratch"
    options = f"mode=755,size={order.folder_bytes},nr_inodes={order.folder_files}"
    mount("tmpfs", place, "tmpfs", _PLAIN, options)
    for name in SCRATCH_FOLDERS:
        os.mkdir(f"{place}/{name}")
        os.chown(f"{place}/{name}", owner, owner)
    for source, name in zip(inputs, SCRATCH_FOLDERS, strict=False):
        _copy(source, f"{place}/{name}", owner)
        os.close(source)
    return os.open(place, os.O_RDONLY | os.O_DIRECTORY)


def _copy(source: int, target: str, owner: int) -> None:
    """Copy the regular files and folders of a folder, with the times of their contents."""
    for name in os.listdir(source):
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        copy = f"{target}/{name}"
        if stat.S_ISDIR(status.st_mode):
            os.mkdir(copy)
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=source)
            _copy(below, copy, owner)
            os.close(below)
        elif stat.S_ISREG(status.st_mode):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            with open(os.open(name, flags, dir_fd=source), "rb") as given, open(copy, "wb") as file:
                while part := given.read(1 << 20):
                    file.write(part)
        else:
            continue
        os.utime(copy, ns=(status.st_mtime_ns, status.st_mtime_ns))
        os.chown(copy, owner, owner)


def enter(root: str) -> None:
    """Make the root that was built the only one. For the first process of a new tree of them.

    Where the system hides parts of ``/proc`` from us it lets nobody mount another; then the
    program has none.
    """
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY
    try:
        mount("proc", f"{root}/proc", "proc", flags)
    except PermissionError:
        pass
    os.chdir(root)
