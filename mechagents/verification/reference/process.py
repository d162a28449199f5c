"""References, solved in a process of their own: a fault of a library there ends nothing here."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import anyio
from pydantic import TypeAdapter

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.reference.values import ReferenceSolution

SECONDS = 120.0
"""How long all that is asked for at once may take, in each way."""
WAYS = ("high_order", "other_elements")
"""The ways in which a reference is solved, the one to prefer first."""


async def find_references(
    formulations: Sequence[Formulation], *, seconds: float = SECONDS
) -> list[ReferenceSolution]:
    """Return the reference for each formulation, in order.

    What the first way cannot solve is solved by the next. Cancelling ends the process.

    Args:
        formulations: What to solve.
        seconds: How long each way may take for all of them.

    Returns:
        Solutions; one with a ``fault`` where no way solved it.
    """
    found: dict[int, ReferenceSolution] = {}
    faults: dict[int, list[str]] = {number: [] for number in range(len(formulations))}
    for way in WAYS:
        asked = [number for number in faults if number not in found]
        if not asked:
            break
        solved = await _solve(way, [formulations[number] for number in asked], seconds)
        for number, solution in zip(asked, solved, strict=True):
            if solution.fault:
                faults[number].append(solution.fault)
            else:
                found[number] = solution
    return [
        found.get(number, ReferenceSolution(means="", fault="; ".join(faults[number])))
        for number in range(len(formulations))
    ]


async def _solve(
    way: str, formulations: list[Formulation], seconds: float
) -> list[ReferenceSolution]:
    asked = TypeAdapter(list[Formulation]).dump_json(formulations)
    why = f"it took more than {seconds:g} s"
    lines: list[bytes] = []
    with anyio.move_on_after(seconds):
        done = await anyio.run_process(
            [sys.executable, "-m", "mechagents.verification.reference", way],
            input=asked,
            check=False,
        )
        lines = done.stdout.splitlines()
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"its process ended with {done.returncode}"
    found = [ReferenceSolution.model_validate_json(line) for line in lines]
    missing = len(formulations) - len(found)
    return found + [ReferenceSolution(means="", fault=f"{way}: {why}")] * missing
