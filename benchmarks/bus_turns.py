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


async def bus_turns(turns: int, *, sync: bool) -> float:
    """Return the mean time of a turn on the bus [s]."""
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

        start = time.perf_counter()
        async with anyio.create_task_group() as group:
            group.start_soon(play, ping, "pong")
            group.start_soon(play, pong, "ping")
            await bus.publish(MESSAGE, sender="user", to=("ping",))
        return (time.perf_counter() - start) / turns


async def stream_turns(turns: int) -> float:
    """Return the mean time of a turn over two bare memory streams [s]."""
    to_ping, ping = anyio.create_memory_object_stream[Reply](64)
    to_pong, pong = anyio.create_memory_object_stream[Reply](64)
    with to_ping, ping, to_pong, pong:

        async def play_ping() -> None:
            for _ in range(turns // 2):
                await to_pong.send(await ping.receive())

        async def play_pong() -> None:
            for _ in range(turns // 2):
                await to_ping.send(await pong.receive())

        start = time.perf_counter()
        async with anyio.create_task_group() as group:
            group.start_soon(play_ping)
            group.start_soon(play_pong)
            await to_ping.send(MESSAGE)
        return (time.perf_counter() - start) / turns


async def main() -> None:
    """Run all variants interleaved and print medians and ratios."""
    print(f"Python {sys.version.split()[0]}, anyio {version('anyio')}, {platform.platform()}")
    cases: dict[str, Callable[[], Awaitable[float]]] = {
        "bare stream, 1000 turns": lambda: stream_turns(1000),
        "bus and log, 100 turns": lambda: bus_turns(100, sync=False),
        "bus and log, 1000 turns": lambda: bus_turns(1000, sync=False),
        "bus and log with fsync, 100 turns": lambda: bus_turns(100, sync=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(REPEATS):
        for name, case in cases.items():
            seconds[name].append(await case())
    medians = {name: statistics.median(values) * 1e6 for name, values in seconds.items()}
    for name, value in medians.items():
        print(f"{name:36s} {value:8.1f} us a turn (median of {REPEATS})")
    hundred, thousand = medians["bus and log, 100 turns"], medians["bus and log, 1000 turns"]
    print(f"1000 turns / 100 turns: {thousand / hundred:.2f}")
    print(f"bus and log / bare stream: {thousand / medians['bare stream, 1000 turns']:.2f}")


if __name__ == "__main__":
    anyio.run(main)
