"""Processes share an array by name; semaphores, events and a manager."""

import multiprocessing
from multiprocessing import shared_memory

import numpy as np


def fill(name: str, ready) -> None:
    """Fill a shared array and say so."""
    block = shared_memory.SharedMemory(name=name)
    np.ndarray((1000,), buffer=block.buf)[:] = 7.0
    block.close()
    ready.set()


def main() -> None:
    """Share an array with a child."""
    context = multiprocessing.get_context("fork")
    block = shared_memory.SharedMemory(create=True, size=8000)
    ready, gate = context.Event(), context.BoundedSemaphore(2)
    with gate:
        child = context.Process(target=fill, args=(block.name, ready))
        child.start()
        assert ready.wait(10)
        child.join()
    assert np.ndarray((1000,), buffer=block.buf).sum() == 7000.0
    block.close()
    block.unlink()
    with context.Manager() as manager:
        shared = manager.dict(a=1)
        assert shared["a"] == 1


if __name__ == "__main__":
    main()
    print("fine")
