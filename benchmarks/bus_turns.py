"""Cost of one turn on the bus with its log, beside a bare anyio memory stream in the same run.

A turn is one message from one agent to another: logged, delivered, received. Two agents throw
a message to and fro; the bare stream does the same with the envelope alone.

    python benchmarks/bus_turns.py
"""

from __future__ import annotations

import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path

import anyio

from mechagents.bus import Bus, Subscription
from mechagents.log import ConversationLog
from mechagents.messages import Reply

REPEATS = 15
MESSAGE = Reply(text="x" * 200)


Cost = tuple[float, float]
"""Wall time and processor time of a turn [s]. The second is the steadier on a busy machine."""


def clocks() -> Cost:
    """Return both clocks."""
    return time.perf_counter(), time.process_time()


def since(start: Cost, turns: int) -> Cost:
    """Return what a turn took since a start."""
    wall, processor = clocks()
    return (wall - start[0]) / turns, (processor - start[1]) / turns


async def bus_turns(turns: int, *, sync: bool) -> Cost:
    """Return the mean cost of a turn on the bus."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ConversationLog(Path(folder), "bench", sync=sync) as log,
    ):
        bus = Bus(log)
        ping = bus.subscribe("ping", ())
        pong = bus.subscribe("pong", ())

        async def play(me: Subscription, other: str) -> None:
            for _ in range(turns // 2):
                got = await me.receive()
                await bus.publish(MESSAGE, sender=me.name, cause=got.seq, to=(other,))

        start = clocks()
        async with anyio.create_task_group() as group:
            group.start_soon(play, ping, "pong")
            group.start_soon(play, pong, "ping")
            await bus.publish(MESSAGE, sender="user", to=("ping",))
        return since(start, turns)


async def stream_turns(turns: int) -> Cost:
    """Return the mean cost of a turn over two bare memory streams."""
    to_ping, ping = anyio.create_memory_object_stream[Reply](64)
    to_pong, pong = anyio.create_memory_object_stream[Reply](64)
    with to_ping, ping, to_pong, pong:

        async def play_ping() -> None:
            for _ in range(turns // 2):
                await to_pong.send(await ping.receive())

        async def play_pong() -> None:
            for _ in range(turns // 2):
                await to_ping.send(await pong.receive())

        start = clocks()
        async with anyio.create_task_group() as group:
            group.start_soon(play_ping)
            group.start_soon(play_pong)
            await to_ping.send(MESSAGE)
        return since(start, turns)


async def main() -> None:
    """Run all variants interleaved and print medians and ratios."""
    print(f"Python {sys.version.split()[0]}, anyio {version('anyio')}, {platform.platform()}")
    cases: dict[str, Callable[[], Awaitable[Cost]]] = {
        "bare stream, 1000 turns": lambda: stream_turns(1000),
        "bus and log, 100 turns": lambda: bus_turns(100, sync=False),
        "bus and log, 1000 turns": lambda: bus_turns(1000, sync=False),
        "bus and log with fsync, 100 turns": lambda: bus_turns(100, sync=True),
    }
    taken: dict[str, list[Cost]] = {name: [] for name in cases}
    for _ in range(REPEATS):
        for name, case in cases.items():
            taken[name].append(await case())
    medians = {
        name: tuple(statistics.median(column) * 1e6 for column in zip(*values, strict=True))
        for name, values in taken.items()
    }
    print(f"{f'us a turn, median of {REPEATS}':36s} {'wall':>8s} {'processor':>10s}")
    for name, (wall, processor) in medians.items():
        print(f"{name:36s} {wall:8.1f} {processor:10.1f}")
    print_ratio(
        "1000 turns / 100 turns", medians, "bus and log, 1000 turns", "bus and log, 100 turns"
    )
    print_ratio(
        "bus and log / bare stream", medians, "bus and log, 1000 turns", "bare stream, 1000 turns"
    )


def print_ratio(title: str, medians: dict[str, tuple[float, ...]], above: str, below: str) -> None:
    """Print one case over another, by both clocks."""
    wall, processor = (a / b for a, b in zip(medians[above], medians[below], strict=True))
    print(f"{title:36s} {wall:8.2f} {processor:10.2f}")


if __name__ == "__main__":
    anyio.run(main)
