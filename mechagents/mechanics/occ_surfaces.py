"""Faces of a solid's surface in OpenCascade: which lie where, and how large they are."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from netgen import occ
from netgen.occ import Pnt, TopoDS_Shape

from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    AtSpacePoint,
    Geometry,
    OnCurve,
    OnEllipticCylinder,
    OnPlane,
    PlainSurface,
    Shape,
    SpaceBoundary,
)
from mechagents.mechanics.occ_solids import SpaceFrame, glued_solids, solid
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.mechanics.solid_body import box, distance_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netgen.occ import Face

    from mechagents.mechanics.solid_body import FloatArray

_PARAMETERS = ((0.0, 0.0), (0.9, 0.1), (0.2, 0.8), (1.7, -0.3), (-1.1, 0.5), (2.9, -0.7))
"""Where the surface under a face is looked at: enough points that no two surfaces share all."""
_PIECES = 8
"""Into how many pieces each half of an ellipse is cut: exact to 1e-9, or 1e-6 of a flat one."""


def frame_of(geometry: Geometry) -> SpaceFrame:
    """Return the coordinates in which OpenCascade works on a solid."""
    low, high = box(geometry)
    middle = (low + high) / 2
    return SpaceFrame.about((middle[0], middle[1], middle[2]), float(np.linalg.norm(high - low)))


def outer_faces(body: TopoDS_Shape) -> list[Face]:
    """Return the faces that only one solid of a glued body has."""
    owners: dict[Face, int] = {}
    for part in body.solids:
        for face in part.faces:
            owners[face] = owners.get(face, 0) + 1
    return [face for face, count in owners.items() if count == 1]


def lies_on(face: Face, surface: PlainSurface, frame: SpaceFrame, near: float) -> bool:
    """Return whether a face is part of a named surface, its ends not counted.

    Args:
        face: A face, in the frame's coordinates.
        surface: The surface.
        frame: The coordinates.
        near: How far off it may be [m].
    """
    if isinstance(surface, OnPlane):
        surface = surface.model_copy(update={"within": {}})
    under = face.surf
    points = [under.Value(u, v) for u, v in _PARAMETERS]
    places = frame.back(np.array([[p.x, p.y, p.z] for p in points]))
    return bool(np.all(distance_from(surface, places) <= near))


def slab(plane: OnPlane, low: FloatArray, high: FloatArray, frame: SpaceFrame) -> TopoDS_Shape:
    """Return the box that a plane's ``within`` leaves of the space around a body."""
    ends = np.array([low, high]) + np.array([[-1.0], [1.0]]) * (high - low).max()
    for axis, between in plane.within.items():
        ends[:, AXES.index(axis)] = between
    (a, b, c), (d, e, f) = ends
    return occ.Box(Pnt(*frame.into((a, b, c))), Pnt(*frame.into((d, e, f))))


def parts_on(
    faces: list[Face], surface: PlainSurface, geometry: Geometry, frame: SpaceFrame
) -> list[Face]:
    """Return the faces that lie on a surface, cut to what its ``within`` leaves of them."""
    low, high = box(geometry)
    near = ON_BOUNDARY * float(np.linalg.norm(high - low))
    found = [face for face in faces if lies_on(face, surface, frame, near)]
    if not isinstance(surface, OnPlane) or not surface.within:
        return found
    cutter = slab(surface, low, high, frame)
    return [part for face in found for part in (face * cutter).faces]


def area_of(geometry: Geometry, boundary: SpaceBoundary) -> float:
    """Return the area of a named surface [m^2]; 0 for a curve, a point or nothing."""
    if isinstance(boundary, OnCurve | AtSpacePoint):
        return 0.0
    frame = frame_of(geometry)
    faces = outer_faces(glued_solids(geometry.regions, frame))
    return _area(parts_on(faces, boundary, geometry, frame), boundary, frame)


def _area(faces: list[Face], surface: PlainSurface, frame: SpaceFrame) -> float:
    """Return the area of faces on a surface [m^2]."""
    parts = faces
    if isinstance(surface, OnEllipticCylinder):
        # OpenCascade integrates over an ellipse with too few points: 1 % too much, if it is whole.
        pieces = list(_pieces(surface, frame))
        parts = [part for face in faces for piece in pieces for part in (face * piece).faces]
    return sum(part.mass for part in parts) / frame.scale**2


def _pieces(surface: OnEllipticCylinder, frame: SpaceFrame) -> Iterator[TopoDS_Shape]:
    """Yield boxes along an elliptic cylinder, each around a small part of its outline."""
    one, two = (AXES.index(axis) for axis in ACROSS[surface.axis])
    far = 8 / frame.scale  # a body is about 1 large in the frame
    turns = np.linspace(np.pi, 0.0, _PIECES + 1)
    at = surface.center[0] + surface.radii[0] * np.cos(turns)
    at[0], at[-1] = at[0] - far, at[-1] + far
    for start, end in pairwise(at):
        for side in (-1.0, 1.0):
            ends = np.array([frame.origin, frame.origin]) + np.array([[-far], [far]])
            ends[:, one] = start, end
            ends[:, two] = sorted((surface.center[1], surface.center[1] + side * far))
            (a, b, c), (d, e, f) = ends
            yield occ.Box(Pnt(*frame.into((a, b, c))), Pnt(*frame.into((d, e, f))))


def volume_of(shape: Shape) -> float:
    """Return the volume of a shape of space [m^3]."""
    alone = Geometry(regions={"only": shape})
    low, high = box(alone)
    if not np.all(low < high):
        return 0.0
    frame = frame_of(alone)
    return solid(shape, frame).mass / frame.scale**3


def areas_of(geometry: Geometry, surfaces: Sequence[PlainSurface]) -> list[float]:
    """Return the area of a body's surface on each of several surfaces and on the rest [m^2]."""
    frame = frame_of(geometry)
    faces = outer_faces(glued_solids(geometry.regions, frame))
    low, high = box(geometry)
    near = ON_BOUNDARY * float(np.linalg.norm(high - low))
    rest = [f for f in faces if not any(lies_on(f, one, frame, near) for one in surfaces)]
    found = [_area(parts_on(faces, one, geometry, frame), one, frame) for one in surfaces]
    return [*found, sum(face.mass for face in rest) / frame.scale**2]
