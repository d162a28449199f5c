"""Faults of springs and point forces, and what mirrors a body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechagents.mechanics.geometry import (
    AtPoint,
    AtSpacePoint,
    Axis,
    Boundary,
    OnLine,
    OnPlane,
    OnSegment,
)
from mechagents.mechanics.sides import Along, Line

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation
    from mechagents.mechanics.sides import Side
    from mechagents.mechanics.units import Point

_ROUNDING = 1e-9
"""A side that leaves an axis by less than this share of its length runs along it."""
LINEAR = ("static_linear", "transient")
"""The analyses that know springs, point forces and orthotropic materials."""


def normal_axis(boundary: Boundary | Along) -> Axis | None:
    """Return the axis that a straight boundary is square to; None where it is to none."""
    if isinstance(boundary, OnLine | OnPlane):
        return boundary.axis
    if isinstance(boundary, OnSegment):
        return _square_to(boundary.start, boundary.end)
    if isinstance(boundary, Along):
        axes: set[Axis | None] = {_normal_of(side) for side in boundary.sides}
        return axes.pop() if len(axes) == 1 else None
    return None


def _normal_of(side: Side) -> Axis | None:
    return _square_to(side.start, side.end) if isinstance(side, Line) else None


def _square_to(start: Point, end: Point) -> Axis | None:
    along, up = abs(end[0] - start[0]), abs(end[1] - start[1])
    return "x" if along <= _ROUNDING * up else "y" if up <= _ROUNDING * along else None


def unknown_boundaries(f: Formulation) -> Iterator[tuple[str, str]]:
    """Yield the boundaries that springs and point forces name, each with its field."""
    for index, spring in enumerate(f.springs):
        yield f"springs.{index}.boundary", spring.boundary
    for index, load in enumerate(f.loads):
        if load.kind == "point_force":
            yield f"loads.{index}.boundary", load.boundary


def misplaced(f: Formulation) -> Iterator[str]:
    """Find springs and point forces at places of the wrong kind, or in an analysis without them."""
    edges = f.geometry.boundaries
    wide = "an edge" if f.dimension == 2 else "a surface"
    for index, spring in enumerate(f.springs):
        point = isinstance(edges[spring.boundary], AtPoint | AtSpacePoint)
        if point and spring.kind == "foundation":
            yield f"springs.{index}.boundary: a foundation needs {wide}; take a point_spring"
        if not point and spring.kind == "point_spring":
            yield f"springs.{index}.boundary: a point_spring needs a point; take a foundation"
        if f.dimension == 2 and spring.z:
            yield f"springs.{index}.z: the plane has no z; leave it out"
    for index, load in enumerate(f.loads):
        if load.kind != "point_force":
            continue
        place = edges[load.boundary]
        if not isinstance(place, AtPoint | AtSpacePoint):
            yield f"loads.{index}.boundary: a point_force needs a point; spread it by a traction"
        elif f.idealisation == "axisymmetric" and place.at[0] == 0 and load.x:
            yield f"loads.{index}.x: no force acts across the axis"
    if f.analysis not in LINEAR:
        if f.springs:
            yield f"springs: are solved in {' or '.join(LINEAR)} only, not in {f.analysis}"
        for index, load in enumerate(f.loads):
            if load.kind == "point_force":
                yield (
                    f"loads.{index}.kind: a point force is not solved in {f.analysis} yet; "
                    f"spread it by a traction on {wide}"
                )
        for name, law in f.materials.items():
            if law.kind == "orthotropic":
                yield f"materials.{name}.kind: orthotropic is not solved in {f.analysis} yet"
