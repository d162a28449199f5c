"""Check 7, convergence: observed order, extrapolated value and error bound from three meshes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Behaviour = Literal["exact", "monotone", "oscillating", "growing", "unsettled"]
"""How a sequence of values behaves under refinement."""
COARSENING = 1.5
"""How much larger each next coarser mesh size is; Celik et al. ask for 1.3 at least."""
LEAST_RATIO = 1.1
"""Meshes whose sizes differ by less tell nothing about the error."""
EXACT = 1e-9
"""Values that differ by less, relative to the scale, are the same."""
SAFETY, SAFETY_UNSURE = 1.25, 3.0
HIGHEST_ORDER = 2.0
"""A higher observed order is not relied on."""
WAVES = 2.0
"""What a bound is multiplied by for motion in time: behind the front of a wave, which has a kink,
errors fall more slowly than observed orders tell."""
LOWEST_ORDER = 0.3
"""Below it nothing shows that the values have a limit."""
_STEEPEST_GROWTH = -1.2
"""A corner's stress grows at most like h^-1/2, that of a point force like h^-1."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What three meshes tell about a value."""

    behaviour: Behaviour
    bound: float
    """Largest expected distance of the finest value from the limit, in the value's unit."""
    extrapolated: float
    """Richardson's extrapolation; the finest value where there is none to be had."""
    order: float | None = None
    """Observed order of convergence, not clamped [-]."""


def estimate(
    sizes: tuple[float, float, float], values: tuple[float, float, float], *, scale: float = 0.0
) -> Estimate:
    """Return order, extrapolated value and error bound by the grid convergence index.

    With f = f0 + C h^p, the order p follows from the ratio of the two differences. The bound
    is 1.25 |f1 - f2| / (r^p - 1) where values fall or rise towards a limit. An order above 2 is
    taken as 2, and then for the coarser difference too, since an order that is too good
    often comes from a small difference by chance. Where values oscillate or do not settle the
    safety factor is 3.

    Args:
        sizes: Mesh sizes, finest first [m].
        values: The values on them, finest first.
        scale: What is large for such a value; differences below 1e-9 of it are rounding.

    Not valid when the meshes are too coarse for the leading error term to dominate; the orders
    are clamped and the safety factors kept for that reason.

    References:
        Roache, Perspective: a method for uniform reporting of grid refinement studies (1994);
        Celik et al., Procedure for estimation and reporting of uncertainty due to
        discretization in CFD applications (2008); ASME V&V 20 (2009), section 2.
    """
    h1, h2, h3 = sizes
    f1, f2, f3 = values
    near, far = f1 - f2, f2 - f3
    larger = max(abs(near), abs(far))
    if larger <= EXACT * max(scale, abs(f1)):
        return Estimate("exact", larger, f1)
    second = (h2 / h1) ** HIGHEST_ORDER - 1
    if near * far <= 0 and near != 0:
        left = abs(far) * h1**HIGHEST_ORDER / (h3**HIGHEST_ORDER - h2**HIGHEST_ORDER)
        bound = max(SAFETY_UNSURE * abs(near) / second, SAFETY * left)
        return Estimate("oscillating", bound, f1)
    p = observed_order(sizes, abs(far) / abs(near)) if near else math.inf
    if p <= LOWEST_ORDER:
        grows = abs(f1) > abs(f2) and p >= _STEEPEST_GROWTH
        bound = SAFETY_UNSURE * larger / (h2 / h1 - 1)
        return Estimate("growing" if grows else "unsettled", bound, f1, p)
    return _monotone(sizes, f1, near, far, p)


def _monotone(
    sizes: tuple[float, float, float], f1: float, near: float, far: float, p: float
) -> Estimate:
    h1, h2, h3 = sizes
    used = min(p, HIGHEST_ORDER)
    step = near / ((h2 / h1) ** used - 1)
    error = abs(step)
    if p > HIGHEST_ORDER:
        # What is left below h1 if the difference between the coarser meshes fell like h^2.
        error = max(error, abs(far) * h1**used / (h3**used - h2**used))
    finite = p if math.isfinite(p) else None
    return Estimate("monotone", SAFETY * error, f1 + step, finite)


def observed_order(sizes: tuple[float, float, float], ratio: float) -> float:
    """Return p with (h3^p - h2^p) / (h2^p - h1^p) = ratio, by bisection between -5 and 12.

    Args:
        sizes: h1 < h2 < h3 [m].
        ratio: |f2 - f3| / |f1 - f2|, not negative.
    """
    low, high = -5.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        if _difference_ratio(sizes, middle) < ratio:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _difference_ratio(sizes: tuple[float, float, float], p: float) -> float:
    h1, h2, h3 = sizes
    a, b = math.log(h3 / h2), math.log(h2 / h1)
    if abs(p) < 1e-9:
        return a / b
    return math.expm1(p * a) / -math.expm1(-p * b)


def meshes_differ(sizes: tuple[float, ...]) -> bool:
    """Return whether each mesh is coarser than the one before, so that they tell something."""
    return all(coarse >= LEAST_RATIO * fine for fine, coarse in pairwise(sizes))


def relative_bound(bound: float, value: float, scale: float) -> tuple[float, str]:
    """Return an error bound relative to the value, and what it was divided by, in words.

    A value that is zero within its bound, by symmetry for instance, has no relative error; its
    bound is divided by the field's scale. Other small values count as 5 % of the scale at least.
    """
    size = abs(value)
    if size <= max(2 * bound, 1e-3 * scale) and scale > size:
        return (
            bound / scale if scale else 0.0
        ), "of the field's scale, 0 is within twice the bound"
    divisor = max(size, 0.05 * scale)
    words = "of the value" if divisor == size else "of 5 % of the field's scale"
    return (bound / divisor if divisor else 0.0), words
