"""What macOS tells of processes, through its ``libproc``. Not run on macOS yet."""

from __future__ import annotations

import ctypes
import struct
import sys

_lib = ctypes.CDLL(None, use_errno=True) if sys.platform == "darwin" else None
_BY_PARENT, _TASK_INFO, _USAGE_V0 = 6, 4, 0
_MOST = 16384
_TASK = struct.Struct("<6Q12i")
"""``proc_taskinfo``: sizes and times, then counts, of which the tenth is that of threads."""
_USAGE = struct.Struct("<16s10Q")
"""``rusage_info_v0``: the ninth of it is the memory that is the process's own."""


def children(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    if _lib is None:
        return []
    found = (ctypes.c_int * _MOST)()
    size = _lib.proc_listpids(_BY_PARENT, pid, found, ctypes.sizeof(found))
    return [child for child in found[: max(size, 0) // 4] if child > 0]


def usage(pid: int) -> tuple[float, int, int] | None:
    """Return processor time [s], threads, and memory [bytes] of a process, or None."""
    if _lib is None:
        return None
    task, used = (ctypes.create_string_buffer(kind.size) for kind in (_TASK, _USAGE))
    zero = ctypes.c_uint64(0)
    if _lib.proc_pidinfo(pid, _TASK_INFO, zero, task, _TASK.size) != _TASK.size:
        return None
    known = _lib.proc_pid_rusage(pid, _USAGE_V0, used) == 0
    return unpacked(task.raw, used.raw if known else None, _tick_seconds())


def unpacked(task: bytes, used: bytes | None, tick: float) -> tuple[float, int, int]:
    """Return processor time [s], threads and memory [bytes] from what the system told.

    Args:
        task: Its ``proc_taskinfo``.
        used: Its ``rusage_info_v0``, if that was told.
        tick: What its times are counted in [s].
    """
    told = _TASK.unpack(task)
    memory = _USAGE.unpack(used)[8] if used is not None else told[1]
    return (told[2] + told[3]) * tick, told[15], memory


def _tick_seconds() -> float:
    assert _lib is not None
    ratio = (ctypes.c_uint32 * 2)()
    _lib.mach_timebase_info(ratio)
    return 1e-9 * ratio[0] / (ratio[1] or 1)
