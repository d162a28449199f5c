"""Pools of processes, started in both ways, with locks, queues and shared memory."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np


def stiffness(size: float) -> float:
    """Return a sum that takes a moment."""
    return float(np.linalg.norm(np.full((50, 50), size)))


def count(lock, counter, done) -> None:
    """Add to a shared counter under a lock."""
    for _ in range(50):
        with lock:
            counter.value += 1
    done.put(True)


def main() -> None:
    """Try both ways of starting processes."""
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            assert np.allclose(pool.map(stiffness, [1.0, 2.0]), [50.0, 100.0])
        lock, counter, done = context.Lock(), context.Value("i", 0), context.Queue()
        workers = [context.Process(target=count, args=(lock, counter, done)) for _ in range(2)]
        for worker in workers:
            worker.start()
        assert [done.get() for _ in workers] == [True, True]
        for worker in workers:
            worker.join()
        assert counter.value == 100
        assert [worker.exitcode for worker in workers] == [0, 0]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        assert sum(pool.map(stiffness, [1.0, 1.0])) == 100.0


if __name__ == "__main__":
    main()
    print("fine")
