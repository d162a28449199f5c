"""Regions from the plane faces of a STEP file, through netgen's OpenCascade."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mechagents.errors import ProblemError
from mechagents.mechanics.shapes import outline
from mechagents.mechanics.sides import Arc, Line, Side, arc_through
from mechagents.mechanics.units import Point
from mechagents.problems.chains import NamedSide, chained
from mechagents.problems.outlines import FileRegions, Region, geometry_of, plain_name, region_of

if TYPE_CHECKING:
    from netgen.occ import Edge, Face, TopoDS_Shape

METRES = 1e-3
"""OpenCascade reads every file in millimetres, whatever unit of length it states."""
NEAR = 1e-6
"""Of the size of the body: what is closer is the same point, on the same line or circle."""
AREA = 1e-5
"""How far the area of a region may be off that of its face; polygons stand for arcs."""
_SAMPLES = 8

Place = tuple[float, float, float]


def read_step(content: bytes) -> FileRegions:
    """Return the plane faces of a STEP file as regions [m].

    Faces have to lie in one plane of constant z, and to be bounded by straight lines and arcs of
    circles. A region has the name of its face, else its number; named edges are boundaries.

    Args:
        content: The bytes of the file.

    Raises:
        ProblemError: If it is no STEP file, or holds something else.
    """
    _check_text(content)
    shape = _loaded(content)
    _check_faces(shape)
    faces = list(shape.faces)
    size = _size(shape)
    _check_plane(faces, size)
    regions: dict[str, Region] = {}
    for number, face in enumerate(faces, 1):
        what = f"face {number}" + (f" ({face.name})" if face.name else "")
        name = plain_name(face.name, "body" if len(faces) == 1 else f"region_{number}")
        if name in regions:
            name = f"{name}_{number}"
        regions[name] = _region(face, what, size)
    return FileRegions(geometry_of(regions))


def _check_text(content: bytes) -> None:
    text = content.decode("latin-1")
    if not text.lstrip().startswith("ISO-10303-21"):
        raise ProblemError("is not a STEP file: it does not begin with ISO-10303-21")
    if "END-ISO-10303-21" not in text[-1000:]:
        raise ProblemError("ends too early: END-ISO-10303-21 is missing; export it again")
    if not re.search(r"\bLENGTH_UNIT\b", text):
        raise ProblemError("states no unit of length; export it with its units")


def _loaded(content: bytes) -> TopoDS_Shape:
    from netgen.occ import OCCGeometry

    from mechagents.mechanics.occ import quiet_and_repeatable

    with TemporaryDirectory() as folder, quiet_and_repeatable():
        path = Path(folder) / "shape.step"
        path.write_bytes(content)
        try:
            return OCCGeometry(str(path)).shape
        except Exception as error:  # netgen raises several kinds of its own
            raise ProblemError(f"OpenCascade cannot read it: {error}") from error


def _check_faces(shape: TopoDS_Shape) -> None:
    solids, faces = len(shape.solids), len(shape.faces)
    if solids:
        raise ProblemError(
            f"holds {solids} solid{'s' * (solids > 1)}, and a body of the plane needs plane faces; "
            "export its cross section as a face, or state the solid by shapes"
        )
    if not faces:
        edges = len(shape.edges)
        what = f"{edges} edges" if edges else "no edges either"
        raise ProblemError(
            f"holds no faces, but {what}; make a plane face of its outline and export that"
        )


def _size(shape: TopoDS_Shape) -> float:
    """Return the diagonal of the box around a shape [m]."""
    low, high = shape.bounding_box
    return METRES * math.dist((low.x, low.y, low.z), (high.x, high.y, high.z))


def _check_plane(faces: list[Face], size: float) -> None:
    heights = [place[2] for face in faces for edge in face.edges for place in _places(edge)]
    low, high = min(heights), max(heights)
    if high - low > NEAR * size:
        raise ProblemError(
            f"its faces reach from z = {low:.6g} m to z = {high:.6g} m, and a body of the plane "
            "lies in a plane of constant z; turn it into the x-y plane and export it again"
        )


def _places(edge: Edge) -> list[Place]:
    """Return points along an edge, both ends included [m]."""
    low, high = edge.parameter_interval
    points = [edge.Value(low + (high - low) * k / _SAMPLES) for k in range(_SAMPLES + 1)]
    return [(METRES * p.x, METRES * p.y, METRES * p.z) for p in points]


def _region(face: Face, what: str, size: float) -> Region:
    near = NEAR * size
    sides = list(_sides(face, what, near))
    try:
        region = region_of(chained(sides, near), size)
    except ProblemError as error:
        raise ProblemError(f"{what}: {error.message}") from error
    area = outline(region.shape).area
    if abs(area - METRES**2 * face.mass) > AREA * area:
        raise ProblemError(
            f"{what} has an area of {METRES**2 * face.mass:.6g} m^2, but its outline bounds "
            f"{area:.6g} m^2: it is not flat, or its outline crosses itself"
        )
    return region


def _sides(face: Face, what: str, near: float) -> Iterator[NamedSide]:
    for number, edge in enumerate(face.edges, 1):
        places = [(x, y) for x, y, _ in _places(edge)]
        side = _side(places, near)
        if side is None:
            (x, y), (to_x, to_y) = places[0], places[-1]
            raise ProblemError(
                f"{what}, edge {number} from ({x:.6g}, {y:.6g}) to ({to_x:.6g}, {to_y:.6g}) m is "
                "neither straight nor an arc of a circle; splines and ellipses are not read, so "
                "draw it by arcs"
            )
        yield side, edge.name or None


def _side(points: list[Point], near: float) -> Side | None:
    """Return the straight side or the arc on which points in a row lie, if there is one."""
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
