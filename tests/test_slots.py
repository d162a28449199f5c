"""Work that computes takes turns, and work that was cancelled while it waited never begins."""

from __future__ import annotations

import os
import threading

import anyio
import pytest

from mechagents.slots import compute

SLOTS = max(1, (os.cpu_count() or 1) // 2)


async def test_no_more_work_runs_than_there_are_slots() -> None:
    running, most, lock = 0, 0, threading.Lock()
    met = threading.Event()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        met.wait(0.02)
        with lock:
            running -= 1

    async with anyio.create_task_group() as group:
        for _ in range(3 * SLOTS):
            group.start_soon(compute, work)

    assert most == SLOTS


async def test_what_is_cancelled_while_it_waits_never_begins() -> None:
    go = threading.Event()
    begun: list[int] = []

    async with anyio.create_task_group() as group:
        for _ in range(SLOTS):
            group.start_soon(compute, go.wait)
        await anyio.wait_all_tasks_blocked()
        async with anyio.create_task_group() as late:
            late.start_soon(compute, begun.append, 1)
            await anyio.wait_all_tasks_blocked()
            late.cancel_scope.cancel()
        go.set()

    assert begun == []


async def test_a_fault_of_the_work_comes_out() -> None:
    def fail() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        await compute(fail)
