"""The rigid motion that takes a solid from vertices that were held to the points that are.

A support at a point without a force only stops the body as a whole. So any vertices near such
points may be held while solving; then the body is moved until the points are where they belong.
A body on springs has its vertices at the points, for its springs would tell that it was moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ngsolve import CF, CoefficientFunction, GridFunction, x, y, z

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.geometry import AXES, AtSpacePoint
from mechagents.mechanics.occ_solids import SpaceFrame
from mechagents.verification.reference.solid_probe import at_place, vertices_on

if TYPE_CHECKING:
    from mechagents.verification.reference.probe import FloatArray, IntArray
    from mechagents.verification.reference.solid import SolvedSolid


def moved_to_points(solved: SolvedSolid, displacement: GridFunction) -> GridFunction:
    """Return the displacement with points where supports hold them, scaled.

    Args:
        solved: Whose supports hold faces, and points without a force.
        displacement: One that holds vertices near the points.
    """
    if solved.formulation.springs:
        return displacement
    rows, wanted = _conditions(solved, displacement)
    if not np.any(wanted):
        return displacement
    a, b, c, p, q, r = map(float, np.linalg.lstsq(rows, wanted, rcond=1e-10)[0])
    motion = GridFunction(solved.space)
    motion.Set(CF((a + q * z - r * y, b + r * x - p * z, c + p * y - q * x)))
    displacement.vec.data += motion.vec
    return displacement


def _conditions(solved: SolvedSolid, u: GridFunction) -> tuple[FloatArray, FloatArray]:
    """Return the equations for a motion: those on faces stay there, points go where they belong.

    Returns:
        Coefficients of three translations and three turns, shape (n, 6), and values, (n,).
    """
    body = solved.body
    assert isinstance(body.frame, SpaceFrame)
    places: list[FloatArray] = []
    columns: list[int] = []
    values: list[float] = []
    for support in solved.formulation.supports:
        boundary = solved.formulation.geometry.boundaries[support.boundary]
        for axis, value in support.components.items():
            column = AXES.index(axis)
            if isinstance(boundary, AtSpacePoint):
                (now,), _ = at_place(body, _component(u, column), boundary.at, jumps=False)
                belongs = float(value_at(value, np.array(boundary.at))) * body.frame.scale
                places.append(np.array([body.frame.into(boundary.at)]))
                values.append(belongs - float(now))
                columns.append(column)
            else:
                some = vertices_on(body, support.boundary)
                places.append(some)
                values += [0.0] * len(some)
                columns += [column] * len(some)
    return _rows(np.concatenate(places), np.array(columns, dtype=np.int64)), np.array(values)


def _component(u: GridFunction, column: int) -> CoefficientFunction:
    return u[column]


def _rows(places: FloatArray, columns: IntArray) -> FloatArray:
    """Return what each of six rigid motions does to one component at each place, shape (n, 6)."""
    turns = -np.cross(places[:, None], np.eye(3))
    motions = np.concatenate([np.broadcast_to(np.eye(3), turns.shape), turns], axis=1)
    found: FloatArray = motions[np.arange(len(places)), :, columns]
    return found
