"""Evidence completed by references: for the formulation itself, and for its other readings."""

from __future__ import annotations

from mechagents.mechanics.formulation import Alternative, Assumption, Formulation
from mechagents.messages import AlternativeReading, AnsweredAssumption, Evidence
from mechagents.slots import compute
from mechagents.verification.closed_form import closed_form
from mechagents.verification.reference.compare import compare
from mechagents.verification.reference.process import find_readings
from mechagents.verification.reference.values import ReferenceSolution


async def refer(formulation: Formulation, evidence: Evidence, tolerance: float) -> Evidence:
    """Return evidence with checks 6 and 8, and what each other reading would give.

    Args:
        formulation: The problem.
        evidence: The checks before, none of which failed.
        tolerance: The largest error bound relative to a quantity [-].
    """
    others = [
        (assumption, alternative, other)
        for assumption in formulation.assumptions
        for alternative in assumption.alternatives
        if (other := _read_as(formulation, assumption, alternative)) is not None
    ]
    asked = [other for _, _, other in others]
    own, solved = await find_readings(formulation, asked, tolerance=tolerance)
    found = {
        (assumption.about, alternative.value): solution
        for (assumption, alternative, _), solution in zip(others, solved, strict=True)
    }
    readings = tuple(_answered(a, own, found) for a in formulation.assumptions)
    compared = compare(formulation, evidence, own, tolerance)
    exact = await compute(closed_form, formulation)
    if exact is not None:
        compared = compare(formulation, compared, exact, tolerance, check="closed_form")
    return compared.model_copy(update={"readings": readings})


def _read_as(
    formulation: Formulation, assumption: Assumption, alternative: Alternative
) -> Formulation | None:
    """Return the formulation in another reading; None where it is not known what that changes."""
    try:
        return formulation.read_as(assumption.about, alternative.value)
    except ValueError:
        return None


def _answered(
    assumption: Assumption,
    own: ReferenceSolution,
    found: dict[tuple[str, str], ReferenceSolution],
) -> AnsweredAssumption:
    told = AnsweredAssumption.of(assumption)
    readings = [_reading(r, own, found.get((told.about, r.value))) for r in told.alternatives]
    return told.model_copy(update={"alternatives": tuple(readings)})


def _reading(
    reading: AlternativeReading, own: ReferenceSolution, other: ReferenceSolution | None
) -> AlternativeReading:
    if other is None:
        return reading
    changes, before = _single(other), _single(own)
    relative = {
        name: value / before[name] - 1
        for name, value in changes.items()
        if name in before and abs(before[name]) > own.quantities[name].error
    }
    return reading.model_copy(update={"changes": changes, "relative": relative})


def _single(solution: ReferenceSolution) -> dict[str, float]:
    """Return the quantities that have one value."""
    found = {name: quantity.values for name, quantity in solution.quantities.items()}
    return {name: values[0] for name, values in found.items() if len(values) == 1}
