"""Check 6, independent reference: each number against that of another solution."""

from __future__ import annotations

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Check, Evidence, Quantity
from mechagents.verification.convergence import relative_bound
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue
from mechagents.verification.wording import after, measured, spaced

BEYOND = 5.0
"""A reference that is not good enough still refuses what is off by this many of its errors."""
NO_VALUE = "the reference has no value for it"


def compare(
    formulation: Formulation,
    evidence: Evidence,
    reference: ReferenceSolution,
    tolerance: float,
    *,
    check: str = "reference",
) -> Evidence:
    """Return evidence with a check of each quantity against the reference.

    A number agrees when it lies within both error bounds, or at least within the tolerance; then
    its bound is made as large as the reference says. What agrees is ``verified`` if it was
    ``converged`` before. Where the reference is not good enough to tell, nothing changes, unless
    the number is off by several times the error of the reference.

    Args:
        formulation: The problem, which both solved.
        evidence: All checks before, none of which failed.
        reference: The reference for that formulation.
        tolerance: The largest error bound relative to a quantity [-].
        check: What the checks are named after; ``closed_form`` for an exact solution.
    """
    checks: list[Check] = []
    quantities: list[Quantity] = []
    for quantity in evidence.quantities:
        found = reference.quantities.get(quantity.name)
        if found is None:
            why = reference.fault or reference.left_out or NO_VALUE
            told = f"not compared with a reference: {why}" if check == "reference" else ""
            quantities.append(_noted(quantity, told))
            continue
        if _cannot_tell(found, quantity, tolerance):
            quantities.append(_noted(quantity, _unsure(found, quantity, spaced(check))))
            continue
        made, compared = _compared(quantity, found, reference.means, tolerance, check)
        checks.append(made)
        quantities.append(compared)
    complete = {q.name for q in quantities} >= {w.name for w in formulation.wanted}
    verified = complete and all(q.claim_level == "verified" for q in quantities)
    return evidence.model_copy(
        update={
            "checks": (*evidence.checks, *checks),
            "quantities": tuple(quantities),
            "claim_level": "verified" if verified else evidence.claim_level,
        }
    )


def _cannot_tell(found: ReferenceValue, quantity: Quantity, tolerance: float) -> bool:
    """Return whether a reference's own error is too large to judge a number.

    It is measured by the larger of both values, since a wrong number may be small. However large
    it is, a number off by several times as much is refused.
    """
    size = max(abs(quantity.value), *map(abs, found.values))
    if relative_bound(found.error, size, found.scale)[0] <= tolerance:
        return False
    return found.apart(quantity.value) <= (quantity.error_bound or 0.0) + BEYOND * found.error


def _compared(
    quantity: Quantity, found: ReferenceValue, means: str, tolerance: float, name: str
) -> tuple[Check, Quantity]:
    apart, unit = found.apart(quantity.value), after(quantity.unit)
    own = quantity.error_bound or 0.0
    bound = own if apart + found.error <= own else apart + found.error
    share, words = relative_bound(bound, quantity.value, found.scale)
    within = apart <= own + found.error
    listed = " or ".join(f"{value:.6g}" for value in found.values)
    message = (
        f"{quantity.name} is {quantity.value:.6g}{unit}; by the {spaced(name)} ({means}) it is "
        f"{listed}{unit}, give or take {found.error:.2g}: {apart:.3g}{unit} apart"
    )
    if within:
        message += ", within both error bounds"
    elif share <= tolerance:
        message += f", {_past(quantity)}"
    else:
        message += f", {share:.2%} {words}: a right program would not settle there"
    check = measured(f"{name}:{quantity.name}", 0.0 if within else share, tolerance, message)
    if not check.passed:
        return check, quantity.model_copy(
            update={"error_bound": None, "claim_level": "consistent", "note": message}
        )
    converged = quantity.claim_level == "converged"
    note = "; ".join(filter(None, [quantity.note, f"{spaced(name)} {listed}{unit}"]))
    return check, quantity.model_copy(
        update={
            "error_bound": bound if within is False else quantity.error_bound,
            "claim_level": "verified" if converged else quantity.claim_level,
            "note": note,
        }
    )


def _past(quantity: Quantity) -> str:
    """Return what is said of an error bound that the reference makes larger."""
    if quantity.error_bound is None:
        return "within the tolerance; one mesh bounds no error"
    own = f"{quantity.error_bound:.2g}{after(quantity.unit)}"
    return f"past the program's own bound {own}, which is widened"


def _noted(quantity: Quantity, note: str) -> Quantity:
    return quantity.model_copy(update={"note": "; ".join(filter(None, [quantity.note, note]))})


def _unsure(found: ReferenceValue, quantity: Quantity, name: str) -> str:
    error = f"{found.error:.2g}{after(quantity.unit)}"
    return f"not compared with the {name}, whose own error of {error} is too large"
