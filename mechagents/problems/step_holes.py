"""Round holes of a solid in OpenCascade, told by the circles at their ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from netgen import occ
from netgen.occ import Pnt, Vec

from mechagents.mechanics.geometry import ACROSS, AXES, Axis, Cylinder
from mechagents.mechanics.sides import Arc
from mechagents.mechanics.units import Point
from mechagents.problems.drawn_solids import along_axis
from mechagents.problems.outlines import rounded
from mechagents.problems.step_faces import METRES, NEAR, edges_of, places, side_through

if TYPE_CHECKING:
    from netgen.occ import Edge, TopoDS_Shape

_WIDER = 1.02
"""How much wider than a hole the ring around it is in which its wall is looked for."""
_NOTHING = 1e-6
"""The share of a hole's volume that may not be empty."""
_WALL = 0.5
"""The share of the ring that is filled at least; other holes may cross it."""

Circle = tuple[Axis, Point, float]
"""A circle square to an axis: its centre and radius [m]."""


def holes(solid: TopoDS_Shape, axes: tuple[Axis, ...], size: float) -> list[Cylinder]:
    """Return the round holes along some axes that end in flat faces.

    Args:
        solid: The solid [mm].
        axes: Along which holes are looked for.
        size: Of the body [m].
    """
    turns: dict[Circle, dict[float, float]] = {}
    for edge in dict.fromkeys(edge for face in solid.faces for edge in edges_of(face)):
        for axis in axes:
            found = _arc_across(edge, axis, size)
            if found is not None:
                circle, level, turn = found
                at = turns.setdefault(circle, {})
                at[level] = at.get(level, 0.0) + turn
    return [
        hole
        for (axis, center, radius), levels in turns.items()
        for hole in _between(axis, center, radius, levels, size)
        if _is_hole(solid, hole)
    ]


def _between(
    axis: Axis, center: Point, radius: float, turns: dict[float, float], size: float
) -> Iterator[Cylinder]:
    """Yield the cylinders between full circles, one after the other along an axis."""
    levels = sorted(at for at, turn in turns.items() if math.isclose(turn, 2 * math.pi))
    for low, high in pairwise(levels):
        base = along_axis(axis, center, low)
        yield Cylinder(base=base, axis=axis, radius=radius, height=rounded(high - low, size))


def _arc_across(edge: Edge, axis: Axis, size: float) -> tuple[Circle, float, float] | None:
    """Return the circle, the place along an axis and the turn of an edge square to the axis."""
    along, (one, two) = AXES.index(axis), (AXES.index(other) for other in ACROSS[axis])
    points = places(edge)
    heights = [point[along] for point in points]
    if max(heights) - min(heights) > NEAR * size:
        return None
    side = side_through([(point[one], point[two]) for point in points], NEAR * size)
    if not isinstance(side, Arc):
        return None
    center = (rounded(side.center[0], size), rounded(side.center[1], size))
    circle = (axis, center, rounded(side.radius, size))
    return circle, rounded(sum(heights) / len(heights), size), abs(side.turn)


def _is_hole(solid: TopoDS_Shape, hole: Cylinder) -> bool:
    """Return whether a cylinder is empty and the solid is around it."""
    core, wide = drawn_cylinder(hole), drawn_cylinder(hole, _WIDER)
    if (solid * core).mass > _NOTHING * core.mass:
        return False
    return (solid * wide).mass > _WALL * (wide.mass - core.mass)


def drawn_cylinder(shape: Cylinder, wider: float = 1.0) -> TopoDS_Shape:
    """Return a cylinder in OpenCascade [mm], wider by a factor."""
    base = Pnt(*(value / METRES for value in shape.base))
    direction = Vec(*(float(axis == shape.axis) for axis in AXES))
    return occ.Cylinder(base, direction, wider * shape.radius / METRES, shape.height / METRES)
