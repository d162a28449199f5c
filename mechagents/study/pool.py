"""Who runs orders: worker processes of this machine, each with one in hand.

An order is plain data. Its ``kind`` says what is run, a ``sample`` or a ``benchmark``, and the
field of that name which one; the result has that field too.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Protocol, Self

from mechagents.errors import RunError
from mechagents.sandbox.base import SECRET_NAME

Data = dict[str, Any]
"""An order or a result, as plain data."""
Found = Data | Exception | None
"""A result, why there are no more, or that one thread has ended."""
Worker = subprocess.Popen[str]
TRIES = 2
"""How many workers an order may lose before it is given up."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Pool(Protocol):
    """Runs orders, several at a time, and gives each result as it comes."""

    @property
    def width(self) -> int:
        """How many run at a time."""
        ...

    def run(self, orders: Iterable[Data]) -> Iterator[Data]:
        """Return the results of orders in the order in which they are done.

        Orders are taken as workers are free. One whose worker died is run once more by another;
        then its result says so.

        Raises:
            RunError: If no worker can be had.
        """
        ...

    def close(self) -> None:
        """Let the workers go; what they have in hand is lost."""
        ...


class LocalPool:
    """Worker processes of this machine.

    Each has an environment without secrets, and one thread for its linear algebra. Leaving
    ``with`` ends them.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._running: set[Worker] = set()
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._folder = TemporaryDirectory(prefix="mechagents-study-", ignore_cleanup_errors=True)

    @property
    def width(self) -> int:
        """How many run at a time."""
        return self._workers

    def run(self, orders: Iterable[Data]) -> Iterator[Data]:
        """Return results as they come; see ``Pool``."""
        waiting = iter(orders)
        found: queue.Queue[Found] = queue.Queue()

        def next_order() -> Data | None:
            with self._lock:
                return None if self._closed else next(waiting, None)

        def serve() -> None:
            try:
                self._serve(next_order, found)
            except Exception as error:  # noqa: BLE001 - raised again where results are read
                found.put(error)
            found.put(None)

        threads = [threading.Thread(target=serve, daemon=True) for _ in range(self._workers)]
        for thread in threads:
            thread.start()
        left = len(threads)
        while left:
            one = found.get()
            if isinstance(one, Exception):
                raise one
            if one is None:
                left -= 1
            else:
                yield one

    def _serve(self, next_order: Callable[[], Data | None], found: queue.Queue[Found]) -> None:
        """Run orders until there are no more."""
        while (order := next_order()) is not None:
            result = self.one(order)
            if self._closed:
                break
            found.put(result)

    def one(self, order: Data) -> Data:
        """Return the result of an order, by a worker that is idle or a new one; see ``Pool``.

        Raises:
            RunError: If no worker can be had.
        """
        for _ in range(TRIES):
            worker = self._take()
            result = ask(worker, order)
            if result is not None:
                self._idle.put(worker)
                return result
            if self._closed:
                break
            self._end(worker)
        return died(order)

    def _take(self) -> Worker:
        """Return a worker that is idle, or a new one."""
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._start()

    def _start(self) -> Worker:
        try:
            worker = subprocess.Popen(
                [sys.executable, "-m", "mechagents.study.worker", self._folder.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=clean_environment(),
                encoding="utf-8",
                start_new_session=True,
            )
        except OSError as error:
            raise RunError(f"no worker can be started: {error}") from error
        with self._lock:
            self._running.add(worker)
        return worker

    def _end(self, worker: Worker) -> None:
        with self._lock:
            self._running.discard(worker)
        worker.kill()
        worker.wait()
        for stream in (worker.stdin, worker.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # an order that it never read
                    stream.close()

    def close(self) -> None:
        """End the workers; what they left of the samples in hand is removed."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for worker in running:
            self._end(worker)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Return the pool itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers."""
        self.close()


def ask(worker: Worker, order: Data) -> Data | None:
    """Return a worker's result, or None where it has ended instead."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(json.dumps(order) + "\n")
        worker.stdin.flush()
        line = worker.stdout.readline()
        return json.loads(line) if line.endswith("\n") else None
    except (OSError, ValueError):
        return None


def died(order: Data, workers: int = TRIES) -> Data:
    """Return the result of an order that cost its workers their lives."""
    kind = order["kind"]
    told = f"{workers} workers died with this {kind} in hand; is memory short?"
    return {kind: order[kind], "status": "error", "reason": told}


def clean_environment() -> dict[str, str]:
    """Return this process's environment without secrets, and with one thread a library."""
    kept = {name: value for name, value in os.environ.items() if not SECRET_NAME.search(name)}
    return {**kept, **dict.fromkeys(_THREADS, "1")}
