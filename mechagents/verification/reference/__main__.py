"""The process that solves references: formulations on standard input, solutions on its output.

``python -m mechagents.verification.reference WAY TOLERANCE SPARE`` reads a JSON list of
formulations and prints a line of JSON for each, as soon as it is solved.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from functools import partial

from pydantic import TypeAdapter

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.reference.values import ReferenceSolution

ROUGHLY = 0.1
"""What other readings of a question give is known to a part of this, relative to a quantity [-]."""
_OUT_OF_TIME = "no time was left for it"


def main(way: str, tolerance: float, spare: float) -> None:
    """Solve what is asked for in one of two ways, ``high_order`` or ``other_elements``.

    Args:
        way: Which.
        tolerance: What numbers will be compared with, relative to a quantity [-].
        spare: Where it is finite, all but the first formulation are other readings of it: they
            are solved roughly, and none is begun so many seconds after the first was solved.
    """
    # Libraries print what they like; the answers have a stream of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = TypeAdapter(list[Formulation]).validate_json(sys.stdin.buffer.read())
    solids, late = _Solids(), math.inf
    for number, formulation in enumerate(asked):
        reading = number > 0 and spare < math.inf
        if reading and time.perf_counter() > late:
            found = ReferenceSolution(means="", fault=_OUT_OF_TIME)
        else:
            closely = max(tolerance, ROUGHLY) if reading else tolerance
            found = _solution(_solver(way, formulation, closely, solids), formulation)
        if number == 0:
            late = time.perf_counter() + spare
        print(found.model_dump_json(), file=answers, flush=True)


class _Solids:
    """The solver of solids, which keeps their meshes, begun when the first is asked for."""

    def __init__(self) -> None:
        self._solve: Callable[[Formulation, float], ReferenceSolution] | None = None

    def solve(self, formulation: Formulation, tolerance: float) -> ReferenceSolution:
        """Return the wanted quantities of a solid in linear statics."""
        if self._solve is None:
            from mechagents.verification.reference.solid import SolidSolver

            self._solve = SolidSolver().solve
        return self._solve(formulation, tolerance)


def _solver(
    way: str, formulation: Formulation, tolerance: float, solids: _Solids
) -> Callable[[Formulation], ReferenceSolution]:
    analysis = formulation.analysis
    if way == "high_order":
        if formulation.dimension == 3:
            return _solver_of_solids(formulation, tolerance, solids)
        if analysis == "static_linear":
            from mechagents.verification.reference.high_order import solve
        elif analysis == "static_finite":
            from mechagents.verification.reference.finite import solve
        elif analysis == "static_plastic":
            from mechagents.verification.reference.flow import solve
        elif analysis == "modal" or analysis == "buckling":
            from mechagents.verification.reference.eigen import solve
        elif analysis == "transient":
            from mechagents.verification.reference.moving import solve
        else:
            return _none
    elif formulation.dimension == 3 and analysis == "static_finite":
        return _none
    elif analysis == "static_linear" or analysis == "static_plastic":
        from mechagents.verification.reference.other_elements import solve
    elif analysis == "transient":
        from mechagents.verification.reference.other_motion import solve
    else:
        return _none
    return solve


def _solver_of_solids(
    formulation: Formulation, tolerance: float, solids: _Solids
) -> Callable[[Formulation], ReferenceSolution]:
    if formulation.analysis == "static_linear":
        return partial(solids.solve, tolerance=tolerance)
    if formulation.analysis == "static_finite":
        from mechagents.verification.reference.solid_finite import solve
    elif formulation.analysis in ("modal", "buckling"):
        from mechagents.verification.reference.solid_eigen import solve
    elif formulation.analysis == "transient":
        from mechagents.verification.reference.solid_moving import solve
    else:
        return _none
    return partial(solve, tolerance=tolerance)


def _none(formulation: Formulation) -> ReferenceSolution:
    """Return that one of the ways does not know an analysis."""
    return ReferenceSolution(means="", fault=f"{formulation.analysis} is not solved in this way")


def _solution(
    solve: Callable[[Formulation], ReferenceSolution], formulation: Formulation
) -> ReferenceSolution:
    begun = time.perf_counter()
    try:
        found = solve(formulation)
    except Exception as error:  # noqa: BLE001  (foreign code, which raises what it likes)
        found = ReferenceSolution(means="", fault=f"{type(error).__name__}: {error}")
    return found.model_copy(update={"seconds": time.perf_counter() - begun})


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
