"""What the processes of a run use at this moment, as Linux tells it, or macOS.

Not valid for memory that no process maps: files on a memory file system, and memory files that
were only written to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mechagents.sandbox.inside import macos
from mechagents.sandbox.inside.processes import descendants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mechagents.sandbox.base import Limits

_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / (1 << 20) if sys.platform == "linux" else 0.0
_TICKS = os.sysconf("SC_CLK_TCK") if sys.platform == "linux" else 1


@dataclass(frozen=True, slots=True)
class Process:
    """One line of ``/proc/<pid>/stat``."""

    pid: int
    cpu_seconds: float
    """Its own processor time."""
    reaped_seconds: float
    """That of its children which have ended and been waited for."""
    threads: int
    memory_mib: float
    """Resident memory; pages shared with another process count for each."""


@dataclass(frozen=True, slots=True)
class Tree:
    """What all processes of a run use together."""

    processes: tuple[Process, ...] = ()
    cpu_seconds: float = 0.0

    @property
    def threads(self) -> int:
        """Threads of all processes [-]."""
        return sum(process.threads for process in self.processes)

    @property
    def memory_mib(self) -> float:
        """Resident memory, shared pages counted for each process that has them."""
        return sum(process.memory_mib for process in self.processes)


def process(pid: int) -> Process | None:
    """Return what a process uses, or None if there is none of that id."""
    if sys.platform == "darwin":
        told = macos.usage(pid)
        return Process(pid, told[0], 0.0, told[1], told[2] / (1 << 20)) if told else None
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name comes in brackets and may itself hold brackets and blanks.
    fields = line[line.rindex(b")") + 2 :].split()
    own, reaped = (sum(map(int, fields[a : a + 2])) / _TICKS for a in (11, 13))
    return Process(pid, own, reaped, int(fields[17]), int(fields[21]) * _PAGE_MIB)


def look(keeper: int) -> Tree:
    """Return what everything below a keeper uses; nothing where the system does not tell."""
    top = process(keeper)
    found = tuple(p for p in map(process, descendants(keeper)) if p is not None)
    cpu = sum(p.cpu_seconds + p.reaped_seconds for p in found)
    return Tree(found, cpu + (top.reaped_seconds if top is not None else 0.0))


def memory_mib(tree: Tree) -> float:
    """Return the resident memory of a tree, shared pages counted once.

    Slower than ``tree.memory_mib``, which is never less.
    """
    if len(tree.processes) == 1 or sys.platform == "darwin":
        return tree.memory_mib
    # Shares grow when another process ends between two readings, so the sum is taken twice.
    return min(sum(_proportional_mib(p) for p in tree.processes) for _ in range(2))


def _proportional_mib(process: Process) -> float:
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except PermissionError:
        return process.memory_mib
    except OSError:  # it has ended since, or is ending
        return 0.0
    line = next((x for x in text.splitlines() if x.startswith("Pss:")), None)
    return int(line.split()[1]) / 1024 if line else 0.0


def tasks_of_user() -> int:
    """Return how many threads the user of this process has, as far as can be seen [-]."""
    user = os.getuid()
    mine = (int(e.name) for e in os.scandir("/proc") if e.name.isdigit() and _owner(e) == user)
    return sum(p.threads for p in map(process, mine) if p is not None)


def _owner(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_uid
    except OSError:
        return -1


def marked(marker: str) -> list[int]:
    """Return the processes that have a marker in the environment they were started with."""
    found: list[int] = []
    for pid in _all_processes():
        try:
            if marker.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


def _all_processes() -> Iterable[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    except OSError:
        return []


def resource_limits(limits: Limits, alone: bool = False) -> dict[str, int]:
    """Return the limits of each process, by the name of ``resource`` without ``RLIMIT_``.

    Address space has 2 GiB to spare, since much is reserved and never used: the tree's resident
    memory is what is watched, and this only refuses what could not be right. The number of
    processes counts all that the user has, those in other containers too, so it only stops an
    avalanche. Neither binds where the system does not enforce it; root has no limit of the
    latter kind.

    Args:
        limits: What the program may use.
        alone: Whether the kernel counts its processes apart from all others; then the limit is
            a little more than what is allowed, so that going past it is seen.
    """
    if sys.platform == "win32" and not alone:
        return {}
    values = {
        "CPU": round(limits.cpu_seconds_allowed + 0.5),
        "AS": int((limits.memory_mib + 2048 + 64 * limits.threads) * (1 << 20)),
        "FSIZE": int(limits.file_mib * (1 << 20)),
        "NOFILE": 256,
        "CORE": 0,
    }
    if alone:
        values["NPROC"] = limits.tasks + 64
    elif sys.platform == "linux" and os.getuid() != 0:
        values["NPROC"] = tasks_of_user() + limits.tasks + 1024
    return values
