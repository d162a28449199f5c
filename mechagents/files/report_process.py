"""Makes the page of a report in a process of its own, which cannot hold anybody up.

What a program left is drawn there by libraries that were not made for hostile input. So the
process has an end to its time, its memory and its output.

``python -m mechagents.files.report_process FOLDER SECONDS`` prints the page, and with a third word
one on which that word stands in place of the fields.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process

from mechagents.errors import RunError

SECONDS = 120.0
"""How long the drawing of the fields may take."""
BARE_SECONDS = 30.0
"""How long a page without them may take."""
PAGE_BYTES = 96 * 2**20
MEMORY_BYTES = 6 * 2**30
"""Of addresses, where the system knows such a limit."""
SAID_BYTES = 4000
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}


async def page_apart(folder: Path, *, seconds: float = SECONDS) -> bytes:
    """Return the report of a run, its fields drawn, as a page of HTML that another process makes.

    Where they cannot be drawn in time, or the process fails at it, the page says so.

    Args:
        folder: The run's folder.
        seconds: How long the drawing may take.

    Raises:
        RunError: If there is no page without them either.
    """
    page, why = await _made(folder, seconds)
    if page:
        return page
    page, again = await _made(folder, BARE_SECONDS, f"drawing them {why}")
    if page:
        return page
    raise RunError(f"the report cannot be made: its process {again}")


async def _made(folder: Path, seconds: float, *instead: str) -> tuple[bytes, str]:
    """Return a page, or nothing and how its process failed."""
    process = await _begun(folder, seconds, *instead)
    page, said = bytearray(), bytearray()
    with anyio.move_on_after(seconds):
        async with process:
            try:
                async with anyio.create_task_group() as group:
                    group.start_soon(_collect, process, process.stdout, page, PAGE_BYTES)
                    group.start_soon(_collect, process, process.stderr, said, 64 * SAID_BYTES)
                await process.wait()
            finally:  # a server that ends cancels once, and would wait for the process then
                if process.returncode is None:
                    process.kill()
        if process.returncode == 0 and len(page) <= PAGE_BYTES:
            return bytes(page), ""
        lines = said[-SAID_BYTES:].decode(errors="replace").strip().splitlines()
        told = f": {lines[-1]:.200}" if lines else ""
        return b"", f"ended with {process.returncode}{told}"
    return b"", f"took more than {seconds:g} s"


async def _begun(folder: Path, seconds: float, *instead: str) -> Process:
    module = "mechagents.files.report_process"
    words = [sys.executable, "-P", "-m", module, str(folder), repr(seconds), *instead]
    env = {**os.environ, **_ONE_THREAD}
    with anyio.CancelScope(shield=True):  # one that is half begun would be left to itself
        return await anyio.open_process(words, stdin=subprocess.DEVNULL, env=env)
    raise AssertionError("a shield lets nothing out early")


async def _collect(
    process: Process, stream: ByteReceiveStream | None, found: bytearray, most: int
) -> None:
    """Take what a process prints; one that prints too much is ended."""
    assert stream is not None
    async for part in stream:
        found += part
        if len(found) > most:
            process.kill()
            return


def main(folder: Path, seconds: float, instead: str | None = None) -> None:
    """Print the page of a run.

    Args:
        folder: The run's folder.
        seconds: How long the process may use a processor: where who asked is gone, nobody else
            ends it.
        instead: Why its fields are not drawn; None draws them.
    """
    # Libraries print what they like; the page has a stream of its own.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit(seconds)
    from mechagents.files.report import figures_of
    from mechagents.log import read_log
    from mechagents.report.html import report_page
    from mechagents.report.sheet import Undrawn

    log = read_log(folder)
    figures = figures_of(folder, log) if instead is None else Undrawn(instead)
    page = report_page(folder, list(log), chain=log.chain, figures=figures)
    answer.write(page.encode("utf-8", "replace"))
    answer.close()


def _limit(seconds: float) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, int(seconds) + 5),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (most, hard))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
