"""Where a solid and the named parts of its surface lie, in numpy alone, and their exact measures.

Meshes come from OpenCascade, which lets what is here check them; volumes and areas come from it.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.ellipses import distance_to_ellipse, metres, stretched
from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    AtSpacePoint,
    Axis,
    Box,
    Cylinder,
    Difference,
    Disk,
    Ellipse,
    Extrusion,
    Geometry,
    Intersection,
    OnCurve,
    OnCylinder,
    OnEllipticCylinder,
    OnPlane,
    OnSphere,
    OnTiltedPlane,
    PlainSurface,
    Polygon,
    Profile,
    Rectangle,
    Shape,
    SpaceBoundary,
    Sphere,
    Union,
)
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.mechanics.sides import Along, Arc, distance_to_sides, points_along

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


_BESIDE = 1e-3
"""A step inward from a side of a box, over its diagonal."""
_STEPS = 100
"""Places along a side at which a body is looked for."""


def contains(shape: Shape, points: FloatArray, near: float) -> BoolArray:
    """Return which points lie in a shape of space or closer than ``near`` to it, shape (n,).

    Args:
        shape: The shape.
        points: Where [m], shape (n, 3).
        near: How far outside a point may lie [m]; below 0, how far inside it must.
    """
    found: BoolArray = depth(shape, points) >= -near
    return found


def depth(shape: Shape, points: FloatArray) -> FloatArray:
    """Return about how far inside a shape points lie [m], below 0 outside; shape (n,).

    Next to the surface it is exact but at edges, where it is too small by a factor that the angle
    between the faces there sets. The points have as many coordinates as the shape has dimensions.
    """
    match shape:
        case Box() | Rectangle():
            low = np.array(shape.origin)
            inside: FloatArray = np.minimum(points - low, low + np.array(shape.size) - points)
            least: FloatArray = inside.min(axis=-1)
            return least
        case Sphere() | Disk():
            return shape.radius - _length(points - np.array(shape.center))
        case Cylinder():
            from_base = points - np.array(shape.base)
            rise = from_base[:, AXES.index(shape.axis)]
            off = from_base[:, _across(shape.axis)]
            side = shape.radius - _length(off)
            return reduce(np.minimum, [rise, shape.height - rise, side])
        case Extrusion():
            along = points[:, AXES.index(shape.axis)]
            ends = np.minimum(along - shape.between[0], shape.between[1] - along)
            return np.minimum(ends, depth(shape.profile, points[:, _across(shape.axis)]))
        case Ellipse():
            at = stretched(points, shape.center, shape.radii)
            return (1.0 - _length(at)) * metres(at, shape.radii)
        case Difference():
            cut = [-depth(part, points) for part in shape.remove]
            return reduce(np.minimum, cut, depth(shape.base, points))
        case Union():
            return reduce(np.maximum, [depth(part, points) for part in shape.shapes])
        case Intersection():
            return reduce(np.minimum, [depth(part, points) for part in shape.shapes])
        case Polygon():
            return _depth_in_polygon(np.array(shape.points), points)
        case Profile():
            return _depth_in_profile(shape, points)


def _length(vectors: FloatArray) -> FloatArray:
    found: FloatArray = np.linalg.norm(vectors, axis=-1)
    return found


def _across(axis: Axis) -> list[int]:
    return [AXES.index(other) for other in ACROSS[axis]]


def _depth_in_polygon(corners: FloatArray, points: FloatArray) -> FloatArray:
    """Return how far inside a polygon points of its plane lie [m], below 0 outside."""
    away = np.full(len(points), np.inf)
    inside = np.zeros(len(points), dtype=np.bool_)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        side, off = end - start, points - start
        if not side.any():
            continue
        share = np.clip(off @ side / (side @ side), 0.0, 1.0)
        away = np.minimum(away, _length(off - share[:, None] * side))
        # A ray along x crosses the side where it lies on the far side of the point.
        spans = (start[1] > points[:, 1]) != (end[1] > points[:, 1])
        turn = side[0] * off[:, 1] - side[1] * off[:, 0]
        inside ^= spans & ((turn > 0) == (side[1] > 0))
    return np.where(inside, away, -away)


def _depth_in_profile(shape: Profile, points: FloatArray) -> FloatArray:
    """Return how far inside a profile points of its plane lie [m], below 0 outside."""
    sides = shape.outline
    inside = _depth_in_polygon(np.array([side.start for side in sides]), points) > 0
    for side in sides:
        if isinstance(side, Arc):
            # What lies between an arc and its chord is on the other side of the outline.
            chord, arm = np.subtract(side.end, side.start), points - np.array(side.start)
            left = chord[0] * arm[:, 1] - chord[1] * arm[:, 0] > 0
            disk = _length(points - np.array(side.center)) < side.radius
            inside ^= disk & (left == (side.turn < 0))
    away = distance_to_sides(Along(sides), points)
    return np.where(inside, away, -away)


def distance_from(boundary: SpaceBoundary, points: FloatArray) -> FloatArray:
    """Return how far points are off a named surface, curve or point of space [m], shape (...).

    From a curve it is the distance from that one of its two surfaces which is farther.

    Args:
        boundary: Where it lies; a plane's ``within`` ends it.
        points: Where [m], shape (..., 3).
    """
    match boundary:
        case OnPlane():
            off = [points[..., AXES.index(boundary.axis)] - boundary.at]
            for axis, (low, high) in boundary.within.items():
                value = points[..., AXES.index(axis)]
                off.append(value - np.clip(value, low, high))
            return _length(np.stack(off, axis=-1))
        case OnTiltedPlane():
            normal = np.array(boundary.normal)
            normal = normal / np.linalg.norm(normal)
            height: FloatArray = (points - np.array(boundary.point)) @ normal
            return np.abs(height)
        case OnCylinder():
            flat = points[..., _across(boundary.axis)] - np.array(boundary.center)
            return np.abs(_length(flat) - boundary.radius)
        case OnEllipticCylinder():
            flat = points[..., _across(boundary.axis)]
            return distance_to_ellipse(flat, boundary.center, boundary.radii)
        case OnSphere():
            return np.abs(_length(points - np.array(boundary.center)) - boundary.radius)
        case OnCurve(of=(one, two)):
            return np.maximum(distance_from(one, points), distance_from(two, points))
        case AtSpacePoint():
            return _length(points - np.array(boundary.at))


def box(geometry: Geometry) -> FloatArray:
    """Return the corners of a box around a solid [m], shape (2, 3).

    It is as small as can be, unless something is cut off at an end of the body.
    """
    boxes = np.array([_box(shape) for shape in geometry.regions.values()])
    return np.array([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])


def reached(geometry: Geometry) -> BoolArray:
    """Return which sides of the box around a solid the solid reaches, shape (2, 3).

    It falls short of one where what makes that end of the box is cut off. A place that is smaller
    than a hundredth of the side may be missed.
    """
    ends, found = box(geometry), np.zeros((2, 3), dtype=np.bool_)
    beside = _BESIDE * float(np.linalg.norm(ends[1] - ends[0]))
    lattice = (np.arange(_STEPS) + 0.5) / _STEPS
    for number, axis in enumerate(AXES):
        one, two = _across(axis)
        points = np.empty((_STEPS, _STEPS, 3))
        points[..., one] = (ends[0] + lattice[:, None] * (ends[1] - ends[0]))[:, None, one]
        points[..., two] = (ends[0] + lattice[:, None] * (ends[1] - ends[0]))[None, :, two]
        for end, inward in ((0, 1.0), (1, -1.0)):
            points[..., number] = ends[end, number] + inward * beside
            flat = points.reshape(-1, 3)
            found[end, number] = any(
                contains(shape, flat, 0.0).any() for shape in geometry.regions.values()
            )
    return found


def _box(shape: Shape) -> FloatArray:
    """Return the corners of a box around a shape [m], with as many coordinates as it has."""
    match shape:
        case Box() | Rectangle():
            low = np.array(shape.origin)
            return np.array([low, low + np.array(shape.size)])
        case Sphere() | Disk() | Ellipse():
            half = np.array(shape.radii if isinstance(shape, Ellipse) else shape.radius)
            return np.array([np.array(shape.center) - half, np.array(shape.center) + half])
        case Cylinder():
            sideways = [shape.radius * (axis != shape.axis) for axis in AXES]
            upward = [shape.height * (axis == shape.axis) for axis in AXES]
            base = np.array(shape.base)
            return np.array([base - sideways, base + sideways + upward])
        case Extrusion():
            ends = np.empty((2, 3))
            ends[:, AXES.index(shape.axis)] = shape.between
            ends[:, _across(shape.axis)] = _box(shape.profile)
            return ends
        case Difference():
            return _box(shape.base)
        case Union():
            parts = np.array([_box(part) for part in shape.shapes])
            return np.array([parts[:, 0].min(axis=0), parts[:, 1].max(axis=0)])
        case Intersection():
            parts = np.array([_box(part) for part in shape.shapes])
            low, high = parts[:, 0].max(axis=0), parts[:, 1].min(axis=0)
            return np.array([low, np.maximum(low, high)])
        case Profile():
            corners = np.array([p for side in shape.outline for p in points_along(side)])
            return np.array([corners.min(axis=0), corners.max(axis=0)])
        case Polygon():
            corners = np.array(shape.points)
            return np.array([corners.min(axis=0), corners.max(axis=0)])


def size(geometry: Geometry) -> float:
    """Return the diagonal of the box around a solid [m]."""
    low, high = box(geometry)
    return float(np.linalg.norm(high - low))


def near(geometry: Geometry) -> float:
    """Return how far off a surface a point may be to lie on it [m]."""
    return ON_BOUNDARY * size(geometry)


def volume(shape: Shape) -> float:
    """Return the volume of a shape of space, exact to about 1e-9 [m^3]."""
    from mechagents.mechanics.occ_surfaces import volume_of

    return volume_of(shape)


def area(geometry: Geometry, name: str) -> float:
    """Return the area of a named surface, exact to about 1e-9 [m^2]; 0 for a curve or a point."""
    from mechagents.mechanics.occ_surfaces import area_of

    return area_of(geometry, geometry.surface_parts[name])


def areas(geometry: Geometry, surfaces: Sequence[PlainSurface]) -> list[float]:
    """Return how much of a body's surface lies on each of several surfaces, and on none [m^2].

    Args:
        geometry: The body.
        surfaces: Of which no two are the same.
    """
    from mechagents.mechanics.occ_surfaces import areas_of

    return areas_of(geometry, surfaces)
