"""Fields of a solid at points, and their extremes over regions, without a search of NGSolve's.

A point on a curved surface may lie a little outside the elements, where a search finds nothing.
Here it is mapped back into each element near it by Newton's method.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from ngsolve import (
    CF,
    TET,
    TRIG,
    VOL,
    CoefficientFunction,
    ElementId,
    IntegrationRule,
    Mesh,
    specialcf,
    x,
    y,
    z,
)

from mechagents.mechanics.occ_solids import SpaceFrame
from mechagents.verification.reference.body import Body
from mechagents.verification.reference.probe import Extreme, FloatArray

if TYPE_CHECKING:
    from ngsolve import Places

OUTSIDE = 0.02
"""How far a point may be outside a curved element that it is read in, over the element's size."""
_NEWTON_STEPS = 30
_SAME = 1e-7
"""Elements that are no farther than this from a point, over their size, all meet there."""
_BEST = 6
"""In how many elements an extreme is searched for closely."""
_SHORTEST_STEP = 1e-4
_WAYS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [0, 1, -1], [1, 0, -1]], dtype=float)
"""Along the edges of a tetrahedron, in its own coordinates."""


def at_place(
    body: Body, field: CoefficientFunction, point: tuple[float, ...], *, jumps: bool
) -> tuple[FloatArray, float]:
    """Return a field at a point [m], once for each region there, and how far elements differ.

    Args:
        body: Where the field lives.
        field: A scalar.
        point: Where [m].
        jumps: Whether it may jump from one region to another; else it has one value.

    Returns:
        Values, shape (regions,), none outside the body; and the largest difference between the
        elements of a region that meet there.
    """
    assert isinstance(body.frame, SpaceFrame)
    here = np.array(body.frame.into((point[0], point[1], point[2])))
    places = places_at(body.mesh, here)
    if not len(places):
        return np.zeros(0), 0.0
    values = _values(field, places)
    names = np.array([body.mesh[ElementId(VOL, int(nr))].mat for nr in places["nr"]])
    if not jumps:
        names[:] = ""
    sets = [values[names == name] for name in np.unique(names)]
    return np.array([some.mean() for some in sets]), max(float(np.ptp(some)) for some in sets)


def places_at(mesh: Mesh, point: FloatArray) -> Places:
    """Return where a point is in each element that it is in or, if in none, that is nearest."""
    lattice = _lattice(2)
    places = mesh.MapToAllElements({TET: lattice}, mesh.Materials(".*"))
    nodes = _values(CF((x, y, z)), places).reshape(-1, len(lattice), 3)
    low, high = nodes.min(axis=1), nodes.max(axis=1)
    sizes: FloatArray = np.linalg.norm(high - low, axis=1)
    room = 0.1 * sizes[:, None]
    near = np.all((point >= low - room) & (point <= high + room), axis=1)
    found = places[:: len(lattice)][near].copy()
    if not len(found):
        return found
    off = _map_back(found, point) / sizes[near]
    least = float(off.min())
    return found[off <= (max(2 * least, _SAME) if least <= OUTSIDE else -1.0)]


def vertices_on(body: Body, name: str) -> FloatArray:
    """Return the corners of the elements on a named surface, shape (n, 3), in the mesh's units."""
    corners = IntegrationRule([(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)], [0.0] * 3)
    places = body.mesh.MapToAllElements({TRIG: corners}, body.boundary(name))
    return _values(CF((x, y, z)), places)


def _map_back(places: Places, point: FloatArray) -> FloatArray:
    """Move places in elements to where a point is or to the nearest; return how far off they are.

    Args:
        places: One in each element, changed.
        point: Where, in the coordinates of the mesh.
    """
    jacobian = specialcf.JacobianMatrix(3)
    inner: FloatArray = np.full((len(places), 3), 0.25)
    for _ in range(_NEWTON_STEPS):
        _move(places, inner)
        off = _values(CF((x, y, z)), places).reshape(-1, 3) - point
        J = _values(jacobian, places).reshape(-1, 3, 3)
        step = np.asarray(np.linalg.solve(J, off[..., None])[..., 0], dtype=np.float64)
        inner = _inside(inner - step, 0.3)
    inner = _inside(inner, 0.0)
    _move(places, inner)
    left = _values(CF((x, y, z)), places).reshape(-1, 3) - point
    found: FloatArray = np.linalg.norm(left, axis=1)
    return found


def _values(field: CoefficientFunction, places: Places) -> FloatArray:
    """Return a field at places, shape (places,) or (places, components)."""
    values = np.asarray(field(places), dtype=np.float64).reshape(len(places), -1)
    return values[:, 0] if values.shape[1] == 1 else values


def _move(places: Places, inner: FloatArray) -> None:
    for column, name in enumerate("xyz"):
        places[name] = inner[:, column]


def _inside(inner: FloatArray, margin: float) -> FloatArray:
    """Return coordinates, shape (n, 3), moved to less than a margin outside a tetrahedron."""
    inside = np.clip(inner, -margin, 1 + margin)
    total: FloatArray = np.maximum(inside.sum(axis=1, keepdims=True) / (1 + margin), 1.0)
    moved: FloatArray = inside / total
    return moved


def extreme_of(
    body: Body, field: CoefficientFunction, which: Extreme, region: str | None, pieces: int
) -> float:
    """Return the extreme of a field over a region, or over the body for None.

    Args:
        body: Where the field lives.
        field: A scalar.
        which: The largest, the smallest, or the largest in size.
        region: Where.
        pieces: Into how many pieces each edge of an element is divided before the search.
    """
    rule = _lattice(pieces)
    places = body.mesh.MapToAllElements({TET: rule}, body.mesh.Materials(region or ".*"))
    values = _measured(field, places, which).reshape(-1, len(rule))
    first = values.argmax(axis=1)
    top = np.argsort(values.max(axis=1))[-_BEST:]
    found = _climbed(field, places[top * len(rule) + first[top]].copy(), which, 1 / pieces)
    return -found if which == "min" else found


def _measured(field: CoefficientFunction, places: Places, which: Extreme) -> FloatArray:
    values = _values(field, places)
    return np.abs(values) if which == "max_abs" else -values if which == "min" else values


def _climbed(field: CoefficientFunction, places: Places, which: Extreme, step: float) -> float:
    """Return the largest measure in some elements, each searched from a place in it."""
    ways = np.vstack([np.zeros((1, 3)), _WAYS, -_WAYS])
    at = np.stack([places[name] for name in "xyz"], axis=1)
    best = _measured(field, places, which)
    rows = np.arange(len(places))
    while step > _SHORTEST_STEP:
        tries = np.clip(at[:, None] + step * ways, 0.0, 1.0)
        tries = _inside(tries.reshape(-1, 3), 0.0).reshape(tries.shape)
        around = np.repeat(places, len(ways))
        _move(around, tries.reshape(-1, 3))
        values = _measured(field, around, which).reshape(len(places), -1)
        top = values.argmax(axis=1)
        better = values[rows, top] > best
        at[better], best[better] = tries[rows, top][better], values[rows, top][better]
        if not better.any():
            step /= 2
    return float(best.max())


@cache
def _lattice(pieces: int) -> IntegrationRule:
    """Return evenly spaced points of a tetrahedron, its sides and corners included."""
    steps = [i / pieces for i in range(pieces + 1)]
    points = [(a, b, c) for a in steps for b in steps for c in steps if a + b + c <= 1 + 1e-9]
    return IntegrationRule(points, [0.0] * len(points))
