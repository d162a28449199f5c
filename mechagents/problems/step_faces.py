"""Regions of the plane from faces in OpenCascade that are bounded by lines and arcs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import Geometry
from mechagents.mechanics.sides import Arc, Line, Side, arc_through
from mechagents.mechanics.units import Point
from mechagents.problems.chains import NamedSide, chained
from mechagents.problems.outlines import Region, exact_area, geometry_of, plain_name, region_of

if TYPE_CHECKING:
    from netgen.occ import Edge, Face, TopoDS_Shape

METRES = 1e-3
"""OpenCascade reads every file in millimetres, whatever unit of length it states."""
NEAR = 1e-6
"""Of the size of the body: what is closer is the same point, on the same line or circle."""
AREA = 1e-6
"""The share by which the area of a region may be off that of its face."""
_POLE = 1e-9
"""An edge shorter than this is the pole of a sphere: OpenCascade crashes where it is asked for."""
IN_THE_PLANE = (0, 1)
"""The coordinates of space that are those of the plane."""
_SAMPLES = 8

Place = tuple[float, float, float]


def plane_regions(shape: TopoDS_Shape, size: float) -> Geometry:
    """Return plane faces as regions [m].

    Faces have to lie in one plane of constant z, and to be bounded by straight lines and arcs of
    circles. A region has the name of its face, else its number; named edges are boundaries.

    Args:
        shape: What a STEP file holds [mm].
        size: Of the body [m].

    Raises:
        ProblemError: If a face is not so.
    """
    faces = list(shape.faces)
    _check_plane(faces, size)
    regions: dict[str, Region] = {}
    for number, face in enumerate(faces, 1):
        what = f"face {number}" + (f" ({face.name})" if face.name else "")
        name = plain_name(face.name, "body" if len(faces) == 1 else f"region_{number}")
        if name in regions:
            name = f"{name}_{number}"
        regions[name] = face_region(face, what, size)
    return geometry_of(regions)


def _check_plane(faces: list[Face], size: float) -> None:
    heights = [place[2] for face in faces for edge in edges_of(face) for place in places(edge)]
    low, high = min(heights), max(heights)
    if high - low > NEAR * size:
        raise ProblemError(
            f"its faces reach from z = {low:.6g} m to z = {high:.6g} m, and a body of the plane "
            "lies in a plane of constant z; turn it into the x-y plane and export it again"
        )


def edges_of(face: Face) -> list[Edge]:
    """Return the edges of a face that have a length."""
    return [edge for edge in face.edges if edge.mass > _POLE]


def places(edge: Edge) -> list[Place]:
    """Return points along an edge, both ends included [m]."""
    low, high = edge.parameter_interval
    points = [edge.Value(low + (high - low) * k / _SAMPLES) for k in range(_SAMPLES + 1)]
    return [(METRES * p.x, METRES * p.y, METRES * p.z) for p in points]


def face_region(
    face: Face, what: str, size: float, across: tuple[int, int] = IN_THE_PLANE
) -> Region:
    """Return the region that a face is.

    Args:
        face: In a plane square to an axis [mm].
        what: The face in words.
        size: Of the body [m].
        across: The coordinates of space that are those of the region's plane.

    Raises:
        ProblemError: If it is not bounded by straight lines and arcs.
    """
    near = NEAR * size
    sides = list(_sides(face, what, near, across))
    try:
        region = region_of(chained(sides, near), size)
    except ProblemError as error:
        raise ProblemError(f"{what}: {error.message}") from error
    area = exact_area(region.shape)
    if abs(area - METRES**2 * face.mass) > AREA * area:
        raise ProblemError(
            f"{what} has an area of {METRES**2 * face.mass:.6g} m^2, but its outline bounds "
            f"{area:.6g} m^2: it is not flat, or its outline crosses itself"
        )
    return region


def _sides(face: Face, what: str, near: float, across: tuple[int, int]) -> Iterator[NamedSide]:
    for number, edge in enumerate(edges_of(face), 1):
        points = [(place[across[0]], place[across[1]]) for place in places(edge)]
        side = side_through(points, near)
        if side is None:
            (x, y), (to_x, to_y) = points[0], points[-1]
            raise ProblemError(
                f"{what}, edge {number} from ({x:.6g}, {y:.6g}) to ({to_x:.6g}, {to_y:.6g}) m is "
                "neither straight nor an arc of a circle; splines and ellipses are not read, so "
                "draw it by arcs"
            )
        yield side, edge.name or None


def side_through(points: list[Point], near: float) -> Side | None:
    """Return the straight side or the arc on which nine points in a row lie, if there is one."""
    start, end = points[0], points[-1]
    closed = math.dist(start, end) <= near
    if not closed and all(_off_chord(start, end, point) <= near for point in points):
        return Line(start, end)
    try:
        arc = arc_through(start, points[3], points[6] if closed else end)
    except ValueError:
        return None
    if any(abs(math.dist(arc.center, point) - arc.radius) > near for point in points):
        return None
    if not closed:
        return arc
    turn = math.copysign(2 * math.pi, arc.turn)
    return Arc(start, start, arc.center, arc.radius, arc.first, turn)


def _off_chord(start: Point, end: Point, point: Point) -> float:
    along = (end[0] - start[0], end[1] - start[1])
    off = (point[0] - start[0], point[1] - start[1])
    return abs(along[0] * off[1] - along[1] * off[0]) / math.hypot(*along)
