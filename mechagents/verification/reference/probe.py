"""Fields of a reference solution at points, and their extremes over regions."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from ngsolve import QUAD, TRIG, VOL, CoefficientFunction, ElementId, IntegrationRule
from numpy.typing import NDArray

from mechagents.mechanics.occ import Frame
from mechagents.verification.reference.body import Body

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Extreme = Literal["max", "min", "max_abs"]
NUDGE = 1e-9
"""How far beside a point a field is read, over the size of the body: at the point itself the
elements of several materials may meet, and rounding may put it outside."""
_ANGLES = np.linspace(0.1, 0.1 + 2 * np.pi, 16, endpoint=False)


def at_point(
    body: Body, field: CoefficientFunction, point: tuple[float, ...], *, jumps: bool
) -> FloatArray:
    """Return a field at a point [m], once for each region there; none outside the body.

    Args:
        body: Where the field lives.
        field: A scalar.
        point: Where [m].
        jumps: Whether it may jump from one region to another; else it has one value.

    Returns:
        Values, shape (regions,).
    """
    assert isinstance(body.frame, Frame)
    x, y = body.frame.into((point[0], point[1]))
    places = body.mesh(x + NUDGE * np.cos(_ANGLES), y + NUDGE * np.sin(_ANGLES))
    places = places[places["nr"] >= 0]
    if not len(places):
        return np.zeros(0)
    values = np.asarray(field(places), dtype=np.float64).ravel()
    if not jumps:
        return np.array([values.mean()])
    regions = np.array([body.mesh[ElementId(VOL, int(nr))].mat for nr in places["nr"]])
    return np.array([values[regions == name].mean() for name in np.unique(regions)])


def extreme(
    body: Body, field: CoefficientFunction, which: Extreme, region: str | None, pieces: int
) -> float:
    """Return the extreme of a field over a region, or over the body for None.

    Args:
        body: Where the field lives.
        field: A scalar.
        which: The largest, the smallest, or the largest in size.
        region: Where.
        pieces: Into how many pieces each side of an element is divided.
    """
    where = body.mesh.Materials(region or ".*")
    values = np.asarray(field(body.mesh.MapToAllElements(_lattice(pieces), where)))
    if which == "max_abs":
        return float(np.abs(values).max())
    return float(values.max() if which == "max" else values.min())


@cache
def _lattice(pieces: int) -> dict[object, IntegrationRule]:
    """Return evenly spaced points of each kind of element, its sides and corners included."""
    steps = [i / pieces for i in range(pieces + 1)]
    square = [(a, b) for a in steps for b in steps]
    triangle = [(a, b) for a, b in square if a + b <= 1 + 1e-9]
    kinds = ((TRIG, triangle), (QUAD, square))
    return {kind: IntegrationRule(points, [0.0] * len(points)) for kind, points in kinds}
