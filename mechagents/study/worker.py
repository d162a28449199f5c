"""A worker process: reads an order a line, runs what it asks for, writes a result a line.

``python -m mechagents.study.worker FOLDER``, where samples run in FOLDER. It ends when its
standard input does: with the study's own process, at the latest when what is in hand is done.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from mechagents.study.pool import Data


def main() -> None:
    """Serve orders until there are no more."""
    # Whatever a library prints must not end up among the results.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        results.write(json.dumps(run_order(json.loads(line), Path(sys.argv[1]))) + "\n")
        results.flush()


def run_order(order: Data, folder: Path) -> Data:
    """Return the result of an order, whichever kind it is of; samples run in a folder there."""
    if order["kind"] == "benchmark":
        from mechagents.benchmarks.suite import run_benchmark

        return run_benchmark(order)
    from mechagents.study.sample import run_sample

    return run_sample(order, folder)


if __name__ == "__main__":
    main()
