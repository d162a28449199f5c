"""A worker process: reads an order a line, runs and checks the sample, writes a result a line.

``python -m mechagents.study.worker``. It ends when its standard input does: with the study's
own process, at the latest when the sample in hand is done.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Serve orders until there are no more."""
    # Whatever a library prints must not end up among the results.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from mechagents.study.sample import run_sample

    for line in sys.stdin:
        results.write(json.dumps(run_sample(json.loads(line))) + "\n")
        results.flush()


if __name__ == "__main__":
    main()
