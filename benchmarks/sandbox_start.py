"""How long a program takes that only imports: in a new interpreter, and in a warm one.

Both run turn about in the same isolation: ``python benchmarks/sandbox_start.py [TIER] [TURNS]``.
Then a hundred programs run, two at a time, and what has grown since is printed.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import anyio

from mechagents.sandbox.base import Job, Sandbox, open_sandbox
from mechagents.sandbox.inside.processes import descendants
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


def held(folder: Path) -> dict[str, int]:
    """Return what this process has, and what is in the places that programs could leave files."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "KiB of memory": pages * os.sysconf("SC_PAGESIZE") // 1024,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "processes below": len(descendants(os.getpid())),
        "files": len(list(Path("/dev/shm").iterdir())) + len(list(folder.iterdir())),
    }


async def run_many(sandbox: Sandbox, cold: bool, count: int) -> None:
    """Run programs that write a file, two at a time."""
    turn = anyio.CapacityLimiter(2)

    async def run() -> None:
        async with turn:
            with tempfile.TemporaryDirectory() as folder:
                source = "open('out.txt', 'w').write('x')"
                job = Job(source=source, workdir=Path(folder) / "run", cold=cold)
                assert (await sandbox.run(job)).artifacts == ("out.txt",)

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(run)


async def print_growth(sandbox: Sandbox, cold: bool) -> None:
    """Print what a hundred programs leave that twenty before them had not."""
    with tempfile.TemporaryDirectory() as folder:
        # Others make files in the system's folder too.
        os.chmod(folder, 0o755)  # noqa: PTH101
        tempfile.tempdir = folder
        await run_many(sandbox, cold, 20)
        before = held(Path(folder))
        begun = time.perf_counter()
        await run_many(sandbox, cold, 100)
        taken = time.perf_counter() - begun
        await anyio.sleep(1)  # the next forks get ready
        grown = {name: value - before[name] for name, value in held(Path(folder)).items()}
        tempfile.tempdir = None
    told = ", ".join(f"{value:+d} {name}" for name, value in grown.items())
    print(f"{sandbox.name}: 100 programs {'cold' if cold else 'warm'}: {taken:.1f} s; {told}")


async def main() -> None:
    """Print medians, their ratio, and what has grown."""
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
    for cold in (True, False):
        await print_growth(sandbox, cold)


if __name__ == "__main__":
    anyio.run(main)
