"""How long a program takes that only imports: in a new interpreter, and in a warm one.

Both run turn about in the same isolation: ``python benchmarks/sandbox_start.py [TIER] [TURNS]``.
"""

from __future__ import annotations

import platform
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import anyio

from mechagents.sandbox.base import Job, Sandbox, open_sandbox
from mechagents.sandbox.warm import chosen_libraries, shared

SNIPPETS = {
    "numpy, scipy.sparse, scikit-fem": "import numpy, scipy.sparse, scipy.sparse.linalg, skfem",
    "the same and pyplot": "import numpy, scipy.sparse.linalg, skfem, matplotlib.pyplot",
}


async def seconds(sandbox: Sandbox, source: str, cold: bool) -> float:
    """Return how long a run took, from the call to its outcome [s]."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(source=source, workdir=Path(folder) / "run", cold=cold)
        begun = time.perf_counter()
        outcome = await sandbox.run(job)
        taken = time.perf_counter() - begun
    assert outcome.status == "ok", outcome.stderr
    assert ("warm start" in outcome.isolation) != cold, outcome.isolation
    return taken


async def main() -> None:
    """Print medians and their ratio."""
    tier = sys.argv[1] if len(sys.argv) > 1 else None
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    sandbox = open_sandbox(tier)
    assert shared(chosen_libraries()).wait_until_ready(60), "no warm interpreter"
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-fem"))
    print(f"{platform.platform()}, Python {platform.python_version()}, {packages}")
    for name, source in SNIPPETS.items():
        found: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(turns):
            for cold, taken in found.items():
                taken.append(await seconds(sandbox, source, cold))
                # As long as a program takes; meanwhile the next fork gets ready.
                await anyio.sleep(0.1)
        cold_ms, warm_ms = (1000 * statistics.median(found[cold]) for cold in (True, False))
        print(
            f"{sandbox.name}: {name}: cold {cold_ms:.0f} ms, warm {warm_ms:.1f} ms, "
            f"ratio {cold_ms / warm_ms:.1f} (medians of {turns})"
        )


if __name__ == "__main__":
    anyio.run(main)
