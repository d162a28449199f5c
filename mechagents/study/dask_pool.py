"""Runs orders on the workers of a Dask cluster, on this machine or on many.

A Dask worker only carries: it hands each order to a worker process of its own, as ``LocalPool``
does. So what runs has an environment without secrets and one thread a library however the
cluster was started, and no library has to bear the threads of a Dask worker.
"""

from __future__ import annotations

import atexit
import json
import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from functools import cache
from time import monotonic
from types import TracebackType
from typing import Self

from distributed import Client, Future, KilledWorker

from mechagents.diagnostics import installed_version
from mechagents.errors import RunError
from mechagents.study.pool import Data, LocalPool, died

AHEAD = 2
"""Orders in flight for each that runs: while one result travels, the next order is there."""
LOOK_SECONDS = 2.0
"""How often the cluster is looked at."""


class DaskPool:
    """The workers of a Dask cluster.

    Args:
        client: Is connected to it, and closed by ``closing``.
        workers: How many were asked for; 0 where the cluster is somebody else's.
        look: Is called every few seconds while results are awaited.
        closing: Gives back what the pool uses.
    """

    def __init__(
        self,
        client: Client,
        workers: int,
        look: Callable[[], None] = lambda: None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._workers = workers
        self._look = look
        self._closing = closing
        self._width = workers
        self._looked = 0.0

    @property
    def width(self) -> int:
        """How many run at a time: those asked for, or those that are there now."""
        if self._looked == 0.0:
            self._look_after()
        return max(self._width, 1)

    def run(self, orders: Iterable[Data]) -> Iterator[Data]:
        """Return results as they come; see ``Pool``.

        Raises:
            RunError: If the cluster is lost or cannot run this package.
        """
        waiting = iter(orders)
        held: dict[Future, Data] = {}
        done: queue.SimpleQueue[tuple[Future, str | Exception]] = queue.SimpleQueue()

        def hand_out() -> None:
            while len(held) < AHEAD * self.width:
                order = next(waiting, None)
                if order is None:
                    return
                # Not pure: what ran once is not taken from an earlier result.
                future = self._client.submit(
                    run_apart, json.dumps(order), installed_version(), pure=False
                )
                held[future] = order
                # In a thread of the client's: results are fetched while others are kept.
                future.add_done_callback(lambda future: done.put((future, _outcome(future))))

        try:
            hand_out()
            while held:
                future, outcome = self._next(done)
                order = held.pop(future)
                future.release()
                yield _result(order, outcome)
                hand_out()
        finally:
            if held:
                self._client.cancel(list(held))

    def _next(
        self, done: queue.SimpleQueue[tuple[Future, str | Exception]]
    ) -> tuple[Future, str | Exception]:
        while True:
            if monotonic() - self._looked > LOOK_SECONDS:
                self._look_after()
            try:
                return done.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue

    def _look_after(self) -> None:
        """See whether the cluster is there and how large it is."""
        self._looked = monotonic()
        if self._client.status != "running":
            raise _lost(self._client.status)
        self._look()
        try:
            threads = self._client.nthreads()
        except (OSError, RuntimeError) as error:
            raise _lost(str(error)) from error
        self._width = max(self._workers, sum(threads.values()))

    def close(self) -> None:
        """Let the cluster go."""
        self._closing()

    def __enter__(self) -> Self:
        """Return the pool itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the cluster go."""
        self.close()


def _lost(told: str) -> RunError:
    return RunError(f"the Dask cluster is lost; start it again and go on: {told}")


def _outcome(future: Future) -> str | Exception:
    try:
        result: str = future.result()
        return result
    except Exception as error:  # noqa: BLE001 - judged where results are read
        return error


def _result(order: Data, outcome: str | Exception) -> Data:
    match outcome:
        case str():
            result: Data = json.loads(outcome)
            return result
        case KilledWorker():
            return died(order, outcome.allowed_failures + 1)
        case OSError() | CancelledError():
            raise _lost(str(outcome)) from outcome
        case _:
            told = (
                f"the Dask workers cannot run mechagents: {outcome}; install mechagents "
                f"{installed_version()} where they run"
            )
            raise RunError(told) from outcome


def run_apart(order: str, version: str) -> str:
    """In a Dask worker: have an order run by a process of its own, and return the result.

    Args:
        order: As JSON.
        version: Of the package that asks.

    Raises:
        RuntimeError: If this one is of another version.
    """
    if version != installed_version():
        raise RuntimeError(f"a worker has mechagents {installed_version()}, not {version}")
    return json.dumps(_processes().one(json.loads(order)))


@cache
def _processes() -> LocalPool:
    """Return where a Dask worker keeps its processes, one for each of its threads."""
    pool = LocalPool(1)
    atexit.register(pool.close)
    return pool
