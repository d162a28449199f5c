"""Run every check against tiers, several at a time: ``python all_checks.py TIER...``.

Prints a line for a tier that passes all; a tier that does not hold, or fails, ends it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import anyio

from mechagents.sandbox.base import Sandbox, open_sandbox
from mechagents.sandbox.conformance import CHECKS, ConformanceCheck
from mechagents.sandbox.conformance_isolation import ISOLATION_CHECKS


async def passes(sandbox: Sandbox, check: ConformanceCheck, turn: anyio.CapacityLimiter) -> None:
    """Run one check."""
    async with turn:
        with tempfile.TemporaryDirectory() as folder:
            await check(sandbox, Path(folder))


async def main() -> None:
    """Run all checks against the tiers of the command line."""
    assert os.getuid() != 0
    for tier in sys.argv[1:]:
        turn = anyio.CapacityLimiter(4)
        async with open_sandbox(tier) as sandbox, anyio.create_task_group() as group:
            for check in (*CHECKS, *ISOLATION_CHECKS):
                group.start_soon(passes, sandbox, check, turn)
        print(tier, "held")


if __name__ == "__main__":
    anyio.run(main)
