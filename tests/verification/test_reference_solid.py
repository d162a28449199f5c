"""The reference of solids: its stated errors hold where the exact solution is known."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest
from verification import solids_to_solve as known

from mechagents.verification.reference import ReferenceSolution
from mechagents.verification.reference import process as processes

HAS_NGSOLVE = importlib.util.find_spec("ngsolve") is not None
needs_ngsolve = pytest.mark.skipif(not HAS_NGSOLVE, reason="NGSolve has no wheel here")


async def _solve(way: str, formulation: known.Formulation) -> ReferenceSolution:
    (found,) = await processes.solve_by(way, [formulation], 120)
    assert found.fault == ""
    return found


def _is_honest(found: ReferenceSolution, exact: dict[str, float], close: float) -> None:
    for name, value in exact.items():
        quantity = found.quantities[name]
        assert quantity.apart(value) <= quantity.error, name
        assert quantity.error <= close * max(abs(value), quantity.scale), name


@needs_ngsolve
@pytest.mark.parametrize(
    ("body", "close"),
    [
        (known.patch, 1e-7),
        (known.hanging_bar, 1e-7),
        (known.bent_beam, 1e-7),
        (known.hollow_sphere, 1e-2),
        (known.tube, 4e-2),
        (known.twisted_shaft, 5e-3),
    ],
)
async def test_the_exact_solution_lies_within_the_error(
    body: Callable[[], known.Known], close: float
) -> None:
    formulation, exact = body()
    _is_honest(await _solve("high_order", formulation), exact, close)
