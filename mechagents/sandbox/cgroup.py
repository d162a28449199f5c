"""A control group for one run: the kernel's own count and limit of its memory and its tasks.

Made only where the system lets us, and nothing that was there is changed: below or beside our own
group, where the controllers are handed down already. No process is moved but the program's own.
Elsewhere there is none, and the watchdog is what there is.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from mechagents.sandbox.base import Limits

CONTROLLERS = ("memory", "pids")
SPARE_TASKS = 64
"""What is allowed past the limit, so that going past it is seen."""
REMOVAL_SECONDS = 2.0
"""How long the end of killed processes may hold up the removal of their group."""
_NAME = "mechagents-"
_MIB = 1 << 20


class Group:
    """The folders that are one group: one in version 2, one a controller in version 1.

    Args:
        folders: The folders, which are there.
        unified: Whether this is version 2.
    """

    def __init__(self, folders: list[Path], unified: bool) -> None:
        self.folders = folders
        self._unified = unified

    def limit(self, limits: Limits, more_mib: float) -> None:
        """Set the limits.

        Args:
            limits: What the program may use.
            more_mib: Size of what lies in its folder in memory, which counts as memory here.

        Raises:
            OSError: If the kernel refuses.
        """
        memory = str(int((limits.memory_mib + more_mib) * _MIB))
        values = {
            "memory.max" if self._unified else "memory.limit_in_bytes": memory,
            "pids.max": str(limits.tasks + SPARE_TASKS),
        }
        for name, value in values.items():
            self._file(name).write_text(value)
        swap = (
            ("memory.swap.max", "0") if self._unified else ("memory.memsw.limit_in_bytes", memory)
        )
        with contextlib.suppress(OSError, StopIteration):
            self._file(swap[0]).write_text(swap[1])
        if self._unified:
            with contextlib.suppress(OSError, StopIteration):
                self._file("memory.oom.group").write_text("1")

    def doors(self) -> tuple[int, ...]:
        """Return descriptors; a process of one thread that writes ``0`` to each is in the group."""
        # To move a thread alone, itself, takes no lock that all processes wait for (10 ms).
        name = "cgroup.procs" if self._unified else "tasks"
        return tuple(os.open(folder / name, os.O_WRONLY) for folder in self.folders)

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel ended a process in it because memory ran out."""
        name = "memory.events" if self._unified else "memory.oom_control"
        try:
            lines = self._file(name).read_text().splitlines()
        except (OSError, StopIteration):
            return False
        return any(line.startswith("oom_kill ") and line != "oom_kill 0" for line in lines)

    def kill(self) -> None:
        """Kill every process in it, where the kernel can."""
        with contextlib.suppress(OSError, StopIteration):
            self._file("cgroup.kill").write_text("1")

    def remove(self) -> None:
        """Remove it, once the last of its processes is gone."""
        until = time.monotonic() + REMOVAL_SECONDS
        for folder in self.folders:
            while not _removed(folder) and time.monotonic() < until:
                time.sleep(0.005)

    def _file(self, name: str) -> Path:
        return next(f / name for f in self.folders if (f / name).exists())


def make(limits: Limits, more_mib: float = 0.0) -> Group | None:
    """Return a new group with its limits set, or None where there can be none.

    Args:
        limits: What the program may use.
        more_mib: Size of what lies in its folder in memory, which counts as memory here.
    """
    try:
        told = Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text()
    except OSError:
        return None
    found = parents(*told)
    return make_below(*found, limits, more_mib) if found else None


def make_below(
    above: list[Path], unified: bool, limits: Limits, more_mib: float = 0.0
) -> Group | None:
    """Return a new group below others, as ``make`` does; groups of the dead there are removed."""
    name = f"{_NAME}{os.getpid()}-{secrets.token_hex(6)}"
    group = Group([], unified)
    try:
        for folder in dict.fromkeys(above):
            _sweep(folder)
            (folder / name).mkdir()
            group.folders.append(folder / name)
        group.limit(limits, more_mib)
    except (OSError, StopIteration):
        group.remove()
        return None
    return group


def parents(groups: str, mounts: str) -> tuple[list[Path], bool] | None:
    """Return where a group could be made, and whether that is version 2.

    Args:
        groups: ``/proc/self/cgroup``.
        mounts: ``/proc/self/mountinfo``.
    """
    own = {line.split(":", 2)[1]: line.split(":", 2)[2] for line in groups.splitlines()}
    if all(name in own for name in CONTROLLERS):
        found = [_place(mounts, "cgroup", name, own[name]) for name in CONTROLLERS]
        return ([path for path in found if path], False) if all(found) else None
    mine = _place(mounts, "cgroup2", "", own.get("", ""))
    if mine is None:
        return None
    for folder in (mine.parent, mine):
        with contextlib.suppress(OSError):
            handed_down = (folder / "cgroup.subtree_control").read_text().split()
            if all(name in handed_down for name in CONTROLLERS) and os.access(folder, os.W_OK):
                return [folder], True
    return None


def _place(mounts: str, kind: str, controller: str, group: str) -> Path | None:
    """Return the folder of a group, where its hierarchy is mounted."""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        words = after.split()
        if words[0] == kind and (not controller or controller in words[-1].split(",")):
            within = group.removeprefix(root if root != "/" else "").lstrip("/")
            return Path(point) / within if ".." not in within else None
    return None


def _sweep(above: Path) -> None:
    """Remove the empty groups of processes that have ended."""
    for folder in above.glob(f"{_NAME}*-*"):
        owner = folder.name.removeprefix(_NAME).partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            _removed(folder)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
