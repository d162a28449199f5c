"""Threads for work that computes, a few at a time.

Python runs one thread at a time; many that compute together take turns at it so often that all
take twice the processor's time, and hold up the one that serves every team.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")
_slots: RunVar[anyio.CapacityLimiter] = RunVar("mechagents_slots")


async def compute(work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
    """Return what blocking work gives, run in a thread once a slot is free.

    There is a slot for each two processors, shared by all that runs in this event loop. Cancelled
    while it waits, the work does not begin; once begun, it is waited for.

    Args:
        work: Called in the thread.
        arguments: For it.
    """
    return await anyio.to_thread.run_sync(work, *arguments, limiter=_limiter())


def _limiter() -> anyio.CapacityLimiter:
    try:
        return _slots.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(max(1, (os.cpu_count() or 1) // 2))
        _slots.set(limiter)
        return limiter
