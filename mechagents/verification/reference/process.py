"""References, solved in a process of their own: a fault of a library there ends nothing here."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Sequence

import anyio
from anyio.abc import ByteReceiveStream, Process
from pydantic import TypeAdapter

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.reference.values import ReferenceSolution

SECONDS = 120.0
"""How long all that is asked for at once may take, in each way."""
SPARE = 30.0
"""How long after the reference of a formulation its other readings may still be begun [s]."""
TOLERANCE = 0.02
"""What numbers are compared with, relative to a quantity, unless it is said [-]."""
WAYS = ("high_order", "other_elements")
"""The ways in which a reference is solved, the one to prefer first."""


async def find_references(
    formulations: Sequence[Formulation], *, seconds: float = SECONDS, tolerance: float = TOLERANCE
) -> list[ReferenceSolution]:
    """Return the reference for each formulation, in order.

    What the first way cannot solve is solved by the next. Cancelling ends the process.

    Args:
        formulations: What to solve.
        seconds: How long each way may take for all of them.
        tolerance: What numbers will be compared with, relative to a quantity [-].

    Returns:
        Solutions; one with a ``fault`` where no way solved it.
    """
    found: dict[int, ReferenceSolution] = {}
    faults: dict[int, list[str]] = {number: [] for number in range(len(formulations))}
    for way in WAYS:
        asked = [number for number in faults if number not in found]
        if not asked:
            break
        these = [formulations[number] for number in asked]
        solved = await solve_by(way, these, seconds, tolerance)
        for number, solution in zip(asked, solved, strict=True):
            if solution.fault:
                faults[number].append(solution.fault)
            else:
                found[number] = solution
    return [
        found.get(number, ReferenceSolution(means="", fault="; ".join(faults[number])))
        for number in range(len(formulations))
    ]


async def find_readings(
    formulation: Formulation, others: Sequence[Formulation], *, tolerance: float = TOLERANCE
) -> tuple[ReferenceSolution, list[ReferenceSolution]]:
    """Return the reference for a formulation, and for other readings of it, all in one way.

    The readings are solved roughly, and while there is time: what they change is seldom small.

    Args:
        formulation: What to solve.
        others: Its other readings.
        tolerance: What numbers will be compared with, relative to a quantity [-].

    Returns:
        Solutions; one with a ``fault`` where there was no time, or no way solved it.
    """
    faults: list[str] = []
    for way in WAYS:
        asked = [formulation, *others]
        own, *readings = await solve_by(way, asked, SECONDS, tolerance, spare=SPARE)
        if not own.fault:
            return own, readings
        faults.append(own.fault)
    nothing = ReferenceSolution(means="", fault="; ".join(faults))
    return nothing, [nothing] * len(others)


async def solve_by(
    way: str,
    formulations: list[Formulation],
    seconds: float,
    tolerance: float = TOLERANCE,
    *,
    spare: float = math.inf,
) -> list[ReferenceSolution]:
    """Return the reference for each formulation in one way, with a ``fault`` where it failed.

    Args:
        way: One of ``WAYS``.
        formulations: What to solve.
        seconds: How long all of it may take.
        tolerance: What numbers will be compared with, relative to a quantity [-].
        spare: How long after the first one, of which they are readings, others may be begun [s].
    """
    said = [b"", b""]
    why = f"it took more than {seconds:g} s"
    process = await _begin(way, tolerance, spare)
    with anyio.move_on_after(seconds):
        async with process, anyio.create_task_group() as group:
            group.start_soon(_collect, process.stdout, said, 0)
            group.start_soon(_collect, process.stderr, said, 1)
            await _tell(process, TypeAdapter(list[Formulation]).dump_json(formulations))
            await process.wait()
        lines = said[1].decode(errors="replace").strip().splitlines()
        why = lines[-1] if lines else f"its process ended with {process.returncode}"
    whole = said[0].splitlines() if said[0].endswith(b"\n") else said[0].splitlines()[:-1]
    found = [ReferenceSolution.model_validate_json(line) for line in whole]
    missing = len(formulations) - len(found)
    return found + [ReferenceSolution(means="", fault=f"{way}: {why}")] * missing


async def _begin(way: str, tolerance: float, spare: float) -> Process:
    module = "mechagents.verification.reference"
    words = [sys.executable, "-m", module, way, repr(tolerance), repr(spare)]
    with anyio.CancelScope(shield=True):  # one that is half begun would be left to itself
        return await anyio.open_process(words)
    raise AssertionError("a shield lets nothing out early")


async def _tell(process: Process, asked: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(anyio.BrokenResourceError):  # it ended early; its output says why
        await process.stdin.send(asked)
    await process.stdin.aclose()


async def _collect(stream: ByteReceiveStream | None, said: list[bytes], which: int) -> None:
    assert stream is not None
    async for part in stream:
        said[which] += part
