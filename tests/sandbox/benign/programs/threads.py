"""Several threads solve at once."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

results: queue.Queue = queue.Queue()


def work(seed: int) -> float:
    """Solve a small system and put its residual into the queue."""
    random = np.random.default_rng(seed)
    matrix = random.random((150, 150)) + 150 * np.eye(150)
    right = random.random(150)
    residual = float(np.linalg.norm(matrix @ np.linalg.solve(matrix, right) - right))
    results.put(residual)
    return residual


with ThreadPoolExecutor(8) as pool:
    assert max(pool.map(work, range(24))) < 1e-8
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert results.qsize() == 28
timer = threading.Timer(0.05, results.put, (0.0,))
timer.start()
timer.join()
print("fine")
