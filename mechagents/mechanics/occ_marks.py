"""Edges and vertices on a solid's surface where its named boundaries end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from netgen import occ
from netgen.occ import Glue, Pnt, TopoDS_Shape, Vec, Vertex

from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    AtSpacePoint,
    Ellipse,
    Extrusion,
    Geometry,
    OnCurve,
    OnCylinder,
    OnEllipticCylinder,
    OnPlane,
    OnSphere,
    PlainSurface,
)
from mechagents.mechanics.occ_solids import solid
from mechagents.mechanics.occ_surfaces import outer_faces, parts_on
from mechagents.mechanics.solid_body import box

if TYPE_CHECKING:
    from netgen.occ import Face

    from mechagents.mechanics.occ_solids import SpaceFrame
    from mechagents.mechanics.units import SpacePoint

_WHOLE = 1e-9
"""What is cut off a face and has less than this share of its area is rounding."""


def imprinted(
    shape: TopoDS_Shape, geometry: Geometry, frame: SpaceFrame, near: float
) -> TopoDS_Shape:
    """Return a body whose surface is divided where named boundaries end.

    Args:
        shape: The solids of a body, in the frame's coordinates.
        geometry: The body, whose boundaries are told apart.
        frame: The coordinates.
        near: Points closer than this are the same [m].
    """
    outer = outer_faces(shape)
    parts = [
        part
        for boundary in geometry.surface_parts.values()
        for part in _parts(boundary, outer, geometry, frame)
    ]
    if parts:
        shape = Glue([shape, *parts])
    points = [
        frame.into(boundary.at)
        for boundary in geometry.surface_parts.values()
        if isinstance(boundary, AtSpacePoint)
    ]
    return with_points(shape, points, near * frame.scale)


def with_points(shape: TopoDS_Shape, points: list[SpacePoint], near: float) -> TopoDS_Shape:
    """Return a body with a vertex at every point that has none.

    Args:
        shape: Its solids.
        points: On its surface, in its coordinates.
        near: Points closer than this are the same.
    """
    taken = [(vertex.p.x, vertex.p.y, vertex.p.z) for vertex in shape.vertices]
    added: list[TopoDS_Shape] = []
    for point in points:
        if min(math.dist(point, other) for other in taken) > near:
            taken.append(point)
            added.append(Vertex(Pnt(*point)))
    return Glue([shape, *added]) if added else shape


def _parts(
    boundary: PlainSurface | OnCurve | AtSpacePoint,
    outer: list[Face],
    geometry: Geometry,
    frame: SpaceFrame,
) -> Iterator[Face]:
    """Yield parts of faces whose edges are where a boundary ends."""
    if isinstance(boundary, AtSpacePoint):
        return
    if not isinstance(boundary, OnCurve):
        if isinstance(boundary, OnPlane) and boundary.within:
            yield from parts_on(outer, boundary, geometry, frame)
        return
    for surface, other in (boundary.of, boundary.of[::-1]):
        yield from _parts(surface, outer, geometry, frame)
        for face in parts_on(outer, surface, geometry, frame):
            cut = (face * _side(other, geometry, frame)).faces
            left = sum(part.mass for part in cut)
            if _WHOLE * face.mass < left < (1 - _WHOLE) * face.mass:
                yield from cut


def _side(surface: PlainSurface, geometry: Geometry, frame: SpaceFrame) -> TopoDS_Shape:
    """Return the space around a body on one side of a surface."""
    low, high = box(geometry)
    reach = float((high - low).max())
    low, high = low - reach, high + reach
    match surface:
        case OnPlane():
            high[AXES.index(surface.axis)] = surface.at
            low[AXES.index(surface.axis)] = min(low[AXES.index(surface.axis)], surface.at - reach)
            for axis, (start, end) in surface.within.items():
                low[AXES.index(axis)], high[AXES.index(axis)] = start, end
            (a, b, c), (d, e, f) = low, high
            return occ.Box(Pnt(*frame.into((a, b, c))), Pnt(*frame.into((d, e, f))))
        case OnCylinder():
            along = AXES.index(surface.axis)
            base = np.empty(3)
            base[along] = low[along]
            base[[AXES.index(axis) for axis in ACROSS[surface.axis]]] = surface.center
            direction = Vec(*(float(axis == surface.axis) for axis in AXES))
            height = float(high[along] - low[along]) * frame.scale
            foot = Pnt(*frame.into((base[0], base[1], base[2])))
            return occ.Cylinder(foot, direction, surface.radius * frame.scale, height)
        case OnEllipticCylinder():
            along = AXES.index(surface.axis)
            ends = (float(low[along]), float(high[along]))
            profile = Ellipse(center=surface.center, radii=surface.radii)
            return solid(Extrusion(profile=profile, axis=surface.axis, between=ends), frame)
        case OnSphere():
            return occ.Sphere(Pnt(*frame.into(surface.center)), surface.radius * frame.scale)
        case _:
            return occ.HalfSpace(Pnt(*frame.into(surface.point)), Vec(*surface.normal))
