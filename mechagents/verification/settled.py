"""The convergence of a wanted quantity over three meshes: its error bound, or why it has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mechagents.mechanics.formulation import Formulation, Wanted
from mechagents.messages import Check, ClaimLevel, Quantity
from mechagents.verification.checked_run import CheckedRun
from mechagents.verification.convergence import WAVES, Estimate, estimate, relative_bound
from mechagents.verification.point_loads import without_limit
from mechagents.verification.singular import near_singular_point
from mechagents.verification.wording import after, measured, place_words

_SINGULAR_ORDER = 0.7
"""Close to a point that may be singular, values that grow with a lower order have no limit."""
_SINGULAR_GROWTH = 0.02
"""Values that grow by less over three meshes say nothing yet: a corner's stress that grows like
h^-0.03 grows by more. The next finer mesh will tell."""


def check_convergence(
    formulation: Formulation, wanted: Wanted, runs: list[CheckedRun], tolerance: float
) -> tuple[Check, Quantity]:
    """Return whether a quantity has settled, and the quantity with its error bound.

    Args:
        formulation: The problem as it is meant.
        wanted: The quantity.
        runs: Three runs that passed their checks, the finest first.
        tolerance: The largest error bound relative to the quantity [-].
    """
    fine = runs[0]
    assert fine.state is not None
    value, unit = fine.values[wanted.name], formulation.unit(wanted)
    scale = fine.scale(wanted)
    result, values = _worst_estimate(runs, wanted, scale)
    bound = result.bound * (1.0 if fine.dynamics is None else WAVES)
    result = replace(result, bound=bound + _own_error(fine, wanted, value))
    share, words = relative_bound(result.bound, value, scale)
    name = f"convergence:{wanted.name}"
    why = without_limit(fine.state, wanted, result, settled=share <= tolerance)
    if why is not None:
        message = (
            f"{wanted.name} has no converged value, {sequence_words(result, values)} {unit}: {why}"
        )
        check = Check(name=name, passed=False, tolerance=tolerance, message=message, mendable=False)
        return check, _quantity(wanted, value, unit, None, "consistent", message)
    point = near_singular_point(fine.state, wanted)
    if point is not None and _grows(values, result):
        message = _refusal(wanted, values, unit, point)
        check = Check(name=name, passed=False, tolerance=tolerance, message=message, mendable=False)
        return check, _quantity(wanted, value, unit, None, "consistent", message)
    told = sequence_words(result, values, settled=share <= tolerance)
    message = f"{wanted.name} is {value:.6g}{after(unit)}, {told}; the error bound "
    message += f"{result.bound:.3g}{after(unit)} is {share:.2%} {words}"
    check = measured(name, share, tolerance, message)
    reached: ClaimLevel = "converged" if check.passed else "consistent"
    if not check.passed:
        # A bound that the check refused is none to rely on; its numbers are in the message.
        return check, _quantity(wanted, value, unit, None, reached, message)
    monotone = result.behaviour == "monotone"
    note = f"extrapolated {result.extrapolated:.6g}{after(unit)}" if monotone else ""
    return check, _quantity(wanted, value, unit, result.bound, reached, note)


def _worst_estimate(
    runs: list[CheckedRun], wanted: Wanted, scale: float
) -> tuple[Estimate, tuple[float, float, float]]:
    """Return the larger of two estimates, with its values: as reported, and by the fields alone.

    A stress may be reported some way off its field. One number reported on every mesh would seem
    to have converged, were the fields not asked too.
    """
    fine, middle, coarse = runs
    sizes = (fine.size, middle.size, coarse.size)
    found: list[tuple[Estimate, tuple[float, float, float]]] = []
    for value_of in (_reported, _in_field):
        f1, f2, f3 = (value_of(run, wanted) for run in runs)
        found.append((estimate(sizes, (f1, f2, f3), scale=scale), (f1, f2, f3)))
    growing = [pair for pair in found if _grows(pair[1], pair[0])]
    return max(growing or found, key=lambda pair: pair[0].bound)


def _reported(run: CheckedRun, wanted: Wanted) -> float:
    return run.values[wanted.name]


def _in_field(run: CheckedRun, wanted: Wanted) -> float:
    """Return what a run's own field says a quantity is: the nearest of what it may say."""
    value = run.values[wanted.name]
    reading = run.read(wanted)
    return value if reading is None else min(reading.best, key=lambda best: abs(best - value))


def _own_error(run: CheckedRun, wanted: Wanted, value: float) -> float:
    """Return how far a number may be from its field's on the same mesh: apart, and by rounding."""
    reading = run.read(wanted)
    return 0.0 if reading is None else reading.apart(value) + reading.noise


def _grows(values: tuple[float, float, float], result: Estimate) -> bool:
    f1, f2, f3 = map(abs, values)
    slowly = result.order is not None and result.order <= _SINGULAR_ORDER
    return slowly and f1 > f2 > f3 and f1 - f3 > _SINGULAR_GROWTH * f1


def _quantity(
    wanted: Wanted, value: float, unit: str, bound: float | None, level: ClaimLevel, note: str
) -> Quantity:
    return Quantity(
        name=wanted.name, value=value, unit=unit, error_bound=bound, claim_level=level, note=note
    )


def _refusal(
    wanted: Wanted,
    values: tuple[float, float, float],
    unit: str,
    point: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> str:
    listed = ", ".join(f"{value:.4g}" for value in reversed(values))
    corner = "corner" if len(point) == 2 else "edge or corner"
    return (
        f"{wanted.name} has no converged value: it grows with every finer mesh ({listed} {unit}), "
        f"as a stress does at a singular point such as that at {place_words(point)}: a re-entrant "
        f"{corner}, or where a support, a load or a material ends. No mesh gives it a value"
    )


def sequence_words(
    result: Estimate, values: tuple[float, float, float], *, settled: bool = False
) -> str:
    """Return how values behave, in words; ``settled`` where the bound is within the tolerance."""
    listed = ", ".join(f"{value:.6g}" for value in reversed(values))
    order = "" if result.order is None else f"order {result.order:.2f}"
    f1, f2, f3 = values
    moved = max(abs(f1 - f2), abs(f2 - f3)) / abs(f1) if f1 else 0.0
    little = f"by {moved:.2%} from mesh to mesh at most, too little to tell a limit by ({order})"
    words = {
        "exact": "the same on every mesh",
        "monotone": f"monotone with convergence{f' of {order}' if order else ''}",
        "oscillating": "oscillating between meshes",
        "growing": f"growing without a limit in sight ({order})",
        "unsettled": f"not settled ({order})",
    }[result.behaviour]
    if settled and result.behaviour in ("growing", "unsettled"):
        way = "growing" if result.behaviour == "growing" else "not settled to an order, but moving"
        words = f"{way} {little}"
    return f"{words} (coarse to fine {listed})"
