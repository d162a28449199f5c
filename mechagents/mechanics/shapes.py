"""Measures of plane geometry, through shapely: areas, outlines and where boundaries lie.

Curves are polygons with 512 sides here, so measures are good to about 1e-5. Meshes are made
by another library, which lets one check the other.
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING

import shapely
from shapely.geometry.base import BaseGeometry

from mechagents.mechanics.ellipses import distance_to_ellipse
from mechagents.mechanics.geometry import (
    AtPoint,
    Boundary,
    Difference,
    Disk,
    Ellipse,
    Geometry,
    Intersection,
    OnCircle,
    OnEllipse,
    OnLine,
    OnSegment,
    PlaneBoundary,
    Polygon,
    Profile,
    Rectangle,
    Shape,
    Union,
)
from mechagents.mechanics.sides import Along, Line, Side, points_along

if TYPE_CHECKING:
    from mechagents.mechanics.units import Point, SpacePoint

QUARTER_SEGMENTS = 128
SAGITTA = 2e-5
"""The middle of a piece of a circle is off it by less than this share of the radius."""
ON_BOUNDARY = 1e-4
"""A point closer than this share of the body's size lies on a curve."""


def outline(shape: Shape) -> BaseGeometry:
    """Return a shape as a shapely polygon [m]."""
    match shape:
        case Rectangle():
            (x, y), (width, height) = shape.origin, shape.size
            return shapely.box(x, y, x + width, y + height)
        case Disk():
            return shapely.Point(shape.center).buffer(shape.radius, quad_segs=QUARTER_SEGMENTS)
        case Ellipse():
            return _ellipse(shape.center, shape.radii)
        case Polygon():
            return shapely.Polygon(shape.points)
        case Profile():
            return shapely.Polygon([p for side in shape.outline for p in points_along(side)[:-1]])
        case Difference():
            return reduce(shapely.difference, map(outline, shape.remove), outline(shape.base))
        case Intersection():
            return reduce(shapely.intersection, map(outline, shape.shapes))
        case Union():
            return shapely.union_all([outline(part) for part in shape.shapes])
        case _:
            raise TypeError(f"a {shape.kind} has no outline in the plane")


def _ellipse(center: Point, radii: Point) -> BaseGeometry:
    unit = shapely.Point(0.0, 0.0).buffer(1.0, quad_segs=QUARTER_SEGMENTS)
    points = shapely.get_coordinates(unit)
    return shapely.Polygon(
        [(center[0] + radii[0] * x, center[1] + radii[1] * y) for x, y in points]
    )


def body(geometry: Geometry) -> BaseGeometry:
    """Return all regions joined [m]."""
    # Two regions that share an arc may leave slivers of rounding between them.
    parts = [outline(shape) for shape in geometry.regions.values()]
    return shapely.union_all(parts, grid_size=1e-9 * size(parts))


def size(parts: list[BaseGeometry]) -> float:
    """Return the diagonal of the box around some shapes [m]."""
    boxes = [part.bounds for part in parts if not part.is_empty]
    if not boxes:
        return 0.0
    low_x, low_y = min(b[0] for b in boxes), min(b[1] for b in boxes)
    high_x, high_y = max(b[2] for b in boxes), max(b[3] for b in boxes)
    return float(((high_x - low_x) ** 2 + (high_y - low_y) ** 2) ** 0.5)


def boundary_part(whole: BaseGeometry, boundary: Boundary | Along) -> BaseGeometry:
    """Return the part of the body's outline that a named boundary means [m].

    Args:
        whole: The body, as ``body`` gives it.
        boundary: Where the boundary lies, as ``Geometry.outline_parts`` gives it.

    Returns:
        Lines, or a point for ``AtPoint``; empty where nothing lies there.
    """
    near = ON_BOUNDARY * size([whole])
    if not isinstance(boundary, PlaneBoundary):
        raise TypeError(f"a {boundary.kind} is no part of an outline in the plane")
    if isinstance(boundary, AtPoint):
        point = shapely.Point(boundary.at)
        return point if whole.distance(point) <= near else shapely.Point()
    if isinstance(boundary, Along):
        return shapely.union_all([_along_side(whole, side, near) for side in boundary.sides])
    if isinstance(boundary, OnCircle | OnEllipse):
        return _without_stubs(_on_curve(whole, boundary, near), near)
    along = locus(whole, boundary)
    found = whole.boundary.intersection(along.buffer(near))
    return _without_stubs(_parallel(found, along), near)


def _on_curve(whole: BaseGeometry, curve: OnCircle | OnEllipse, near: float) -> BaseGeometry:
    """Return the segments of a body's outline that are chords of a circle or an ellipse.

    A side that only touches the curve is none, however close to it a part of the side runs.
    """
    import numpy as np

    radii = curve.radii if isinstance(curve, OnEllipse) else (curve.radius, curve.radius)
    sagitta = SAGITTA * max(radii)
    kept: list[BaseGeometry] = []
    for ring in shapely.get_parts(whole.boundary):
        points = shapely.get_coordinates(ring)
        on = distance_to_ellipse(points, curve.center, radii) <= near
        middles = distance_to_ellipse((points[1:] + points[:-1]) / 2, curve.center, radii)
        chords = np.flatnonzero(on[1:] & on[:-1] & (middles <= near + sagitta))
        kept += [shapely.LineString(points[index : index + 2]) for index in chords]
    return shapely.union_all(kept)


def _along_side(whole: BaseGeometry, side: Side, near: float) -> BaseGeometry:
    """Return the part of a body's outline along one side of a region."""
    along = shapely.LineString(points_along(side))
    # Sides that go on straight from either end would leave stubs with round ends.
    found = whole.boundary.intersection(along.buffer(near, cap_style="flat"))
    if isinstance(side, Line):
        found = _parallel(found, along)
    return _without_stubs(found, near)


def _without_stubs(lines: BaseGeometry, near: float) -> BaseGeometry:
    """Drop what is left where another edge meets a line: a stub as long as the tolerance."""
    pieces = [piece for piece in shapely.get_parts(_merged(lines)) if piece.length > 8 * near]
    return shapely.union_all(pieces)


def _parallel(lines: BaseGeometry, straight: BaseGeometry) -> BaseGeometry:
    """Return the segments of lines that run along a straight line rather than across it."""
    (x0, y0), *_, (x1, y1) = straight.coords
    kept: list[BaseGeometry] = []
    for part in shapely.get_parts(lines):
        points = part.coords
        for (ax, ay), (bx, by) in pairwise(points):
            forward = (bx - ax) * (x1 - x0) + (by - ay) * (y1 - y0)
            sideways = (bx - ax) * (y1 - y0) - (by - ay) * (x1 - x0)
            if abs(forward) > abs(sideways):
                kept.append(shapely.LineString([(ax, ay), (bx, by)]))
    return shapely.union_all(kept)


def _merged(lines: BaseGeometry) -> BaseGeometry:
    kept = [part for part in shapely.get_parts(lines) if part.length > 0]
    merged: BaseGeometry = shapely.line_merge(shapely.union_all(kept))
    return merged


def locus(whole: BaseGeometry, boundary: OnLine | OnCircle | OnEllipse | OnSegment) -> BaseGeometry:
    """Return the line, circle or ellipse on which a boundary lies, cut to the body's box [m]."""
    if isinstance(boundary, OnCircle):
        disk = shapely.Point(boundary.center).buffer(boundary.radius, quad_segs=QUARTER_SEGMENTS)
        return disk.exterior
    if isinstance(boundary, OnEllipse):
        return _ellipse(boundary.center, boundary.radii).exterior
    if isinstance(boundary, OnSegment):
        return shapely.LineString([boundary.start, boundary.end])
    low_x, low_y, high_x, high_y = whole.bounds
    if boundary.axis == "x":
        low, high = boundary.between or (low_y, high_y)
        return shapely.LineString([(boundary.at, low), (boundary.at, high)])
    low, high = boundary.between or (low_x, high_x)
    return shapely.LineString([(low, boundary.at), (high, boundary.at)])


def contains(whole: BaseGeometry, point: Point | SpacePoint) -> bool:
    """Return whether a point lies in a region or on its outline."""
    return bool(whole.distance(shapely.Point(point[:2])) <= ON_BOUNDARY * size([whole]))
