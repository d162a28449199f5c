"""A root of its own for one program: the system read-only, its folder in memory, and no more."""

from __future__ import annotations

# ruff: noqa: PTH102, PTH103, PTH106, PTH110, PTH112, PTH114, PTH115, PTH116, PTH120, PTH123, PTH211, SIM105
import os
import stat

from mechagents.sandbox.inside.identity import USER
from mechagents.sandbox.inside.kernel import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    mount,
    set_mount,
    unmount,
)
from mechagents.sandbox.inside.order import Order
from mechagents.sandbox.inside.places import DEVICES, LINKS, SETTINGS

SCRATCH_FOLDERS = ("work", "tmp", "shm")
"""What the one memory file system of a program holds."""
_TEMPORARY = {"/tmp": "tmp", "/dev/shm": "shm"}
"""Where a program finds two of them."""
_PLAIN = MS_NOSUID | MS_NODEV
USERS = {
    "passwd": "root:x:0:0::/:/bin/false\nprogram:x:1000:1000::/tmp:/bin/false\n",
    "group": "root:x:0:\nprogram:x:1000:\n",
    "hosts": "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def lay_out(root: str, shown: list[str]) -> int:
    """Build a root over a folder, in a mount namespace of its own, all but the program's folder.

    Args:
        root: The folder.
        shown: What is read besides the system, none of it within another.

    Returns:
        A descriptor of the memory file system for the program's folder, its temporary files and
        shared memory, which are mounted on ``/.scratch`` until the root is furnished.
    """
    os.umask(0o022)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", _PLAIN, "mode=755,size=2m,nr_inodes=2000")
    _lay_out_system(root)
    place = f"{root}/.scratch"
    mount("tmpfs", place, "tmpfs", _PLAIN, "mode=755,size=1m,nr_inodes=200")
    for name in SCRATCH_FOLDERS:
        os.mkdir(f"{place}/{name}")
    for path, name in _TEMPORARY.items():
        _bind(f"{place}/{name}", root + path)
    for path in shown:
        _bind(path, root + path)
    set_mount(root, on=MS_RDONLY | _PLAIN, recursive=True)
    for path in ("", "/.scratch", *_TEMPORARY):
        set_mount(root + path, off=MS_RDONLY)
    for name in DEVICES:
        mount(f"/dev/{name}", f"{root}/dev/{name}", flags=MS_BIND)
    return os.open(place, os.O_RDONLY | os.O_DIRECTORY)


def furnish(root: str, order: Order, folders: list[int], within: list[str]) -> None:
    """Give a root that was laid out to one program: its folder, and what it holds already.

    Args:
        root: Where the root is.
        order: The program.
        folders: Descriptors of its folder and of its temporary folder, outside.
        within: What else is read, inside its folder.
    """
    place = f"{root}/.scratch"
    options = f"size={order.folder_bytes},nr_inodes={order.folder_files}"
    mount("none", place, "", MS_REMOUNT | _PLAIN, options)
    for source, name in zip(folders, SCRATCH_FOLDERS, strict=False):
        copy(source, f"{place}/{name}", USER)
    for name in SCRATCH_FOLDERS:
        os.chown(f"{place}/{name}", USER, USER)
    _bind(f"{place}/work", root + order.workdir)
    for path in within:
        _bind(path, root + path)
        set_mount(root + path, on=MS_RDONLY | _PLAIN, recursive=True)
    unmount(place)
    os.rmdir(place)
    set_mount(root or "/", on=MS_RDONLY)


def _lay_out_system(root: str) -> None:
    for name in ("usr", "etc", "dev", "dev/shm", "proc", "tmp", ".scratch"):
        os.mkdir(f"{root}/{name}")
    _bind("/usr", f"{root}/usr")
    for path in LINKS:
        _show(path, root + path)
    for name in SETTINGS:
        _show(f"/etc/{name}", f"{root}/etc/{name}")
    for name, text in USERS.items():
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


def copy(source: int, target: str, owner: int) -> None:
    """Copy the regular files and folders of a folder, with the times of their contents.

    Args:
        source: A descriptor of the folder.
        target: Where to; what is a mount already is left out.
        owner: The user who gets the copies; -1 for who we are.
    """
    for name in os.listdir(source):
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        place = f"{target}/{name}"
        if _is_mount(place, target):
            continue
        if stat.S_ISDIR(status.st_mode):
            os.makedirs(place, exist_ok=True)
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=source)
            copy(below, place, owner)
            os.close(below)
        elif stat.S_ISREG(status.st_mode):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            found = os.open(name, flags, dir_fd=source)
            with open(found, "rb") as given, open(place, "wb") as file:
                while part := given.read(1 << 20):
                    file.write(part)
        else:
            continue
        os.utime(place, ns=(status.st_mtime_ns, status.st_mtime_ns))
        os.chown(place, owner, owner)


def _is_mount(place: str, folder: str) -> bool:
    """Return whether something else is mounted at a place in a folder."""
    try:
        return os.lstat(place).st_dev != os.stat(folder).st_dev
    except FileNotFoundError:
        return False


def mount_processes(root: str) -> None:
    """Show a new tree of processes, of which we are the first, in its root.

    Where the system hides parts of ``/proc`` from us it lets nobody mount another; then the
    program has none.
    """
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY
    try:
        mount("proc", f"{root}/proc", "proc", flags)
    except PermissionError:
        pass
