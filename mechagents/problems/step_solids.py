"""Regions of space from solids in OpenCascade that are drawn along an axis, in steps.

Such a solid is cut square to the axis between its levels, and each cut is drawn along the axis;
round holes across it are filled before and cut out after. What comes out are shapes whose
surfaces are known exactly, as those that a problem file states: they are checked as any others,
with no regard to the file.
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING

from netgen.occ import Edge, Face, Pnt, Segment, Wire

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    Axis,
    Box,
    Cylinder,
    Difference,
    Disk,
    Extrusion,
    Geometry,
    Polygon,
    Shape,
    Union,
    members,
)
from mechagents.mechanics.shapes import outline
from mechagents.mechanics.solid_body import volume
from mechagents.problems.outlines import exact_area, plain_name, rounded
from mechagents.problems.step_faces import AREA, METRES, NEAR, edges_of, face_region, places
from mechagents.problems.step_holes import along_axis, drawn_cylinder, holes
from mechagents.problems.step_names import named_faces

if TYPE_CHECKING:
    from netgen.occ import TopoDS_Shape

_HEIGHTS = (0.5, 0.1, 0.9)
"""Where a solid is cut between two levels, as a share of the way."""
_SAME = 1e-6
"""The share of a section, or of a volume, that may differ."""


def solid_regions(shape: TopoDS_Shape, size: float) -> Geometry:
    """Return solids as regions [m], each by its name, else by its number; named faces too.

    Args:
        shape: What a STEP file holds [mm].
        size: Of the body [m].

    Raises:
        ProblemError: If a solid is not drawn along x, y or z, in steps.
    """
    solids = list(shape.solids)
    regions: dict[str, Shape] = {}
    for number, solid in enumerate(solids, 1):
        what = f"solid {number}" + (f" ({solid.name})" if solid.name else "")
        name = plain_name(solid.name, "body" if len(solids) == 1 else f"region_{number}")
        if name in regions:
            name = f"{name}_{number}"
        regions[name] = _region(solid, what, size)
    return Geometry(regions=regions, boundaries=named_faces(shape, regions, size))


def _region(solid: TopoDS_Shape, what: str, size: float) -> Shape:
    """Return a solid as a shape drawn along the axis that takes the fewest parts."""
    found: list[Shape] = []
    reasons: list[str] = []
    for axis in AXES:
        try:
            found.append(_drawn_with_holes(solid, what, axis, size))
        except ProblemError as error:
            reasons.append(f"along {axis}: {error.message}")
    if not found:
        raise ProblemError(
            f"{what} is not drawn along x, y or z in steps, and others are not read yet "
            f"({'; '.join(reasons)}); state it by shapes"
        )
    return min(found, key=_parts)


def _parts(shape: Shape) -> int:
    """Return how many plain shapes a shape is made of."""
    return sum(_parts(part) for _, part in members(shape)) or 1


def _drawn_with_holes(solid: TopoDS_Shape, what: str, axis: Axis, size: float) -> Shape:
    """Return a solid as a shape drawn along an axis, if need be less holes across it.

    Raises:
        ProblemError: If its sections vary between two levels, holes apart.
    """
    try:
        return _joined(_drawn(solid, what, axis, size))
    except ProblemError:
        cut = holes(solid, ACROSS[axis], size)
        if not cut:
            raise
    filled = reduce(lambda a, b: a + b, map(drawn_cylinder, cut), solid)
    made = Difference(base=_joined(_drawn(filled, what, axis, size)), remove=tuple(cut))
    given, whole = volume(made), METRES**3 * solid.mass
    if abs(given - whole) > AREA * whole:
        raise ProblemError(f"it would have {given:.6g} m^3 in place of {whole:.6g} m^3")
    return made


def _joined(parts: list[Shape]) -> Shape:
    return parts[0] if len(parts) == 1 else Union(shapes=tuple(parts))


def _drawn(solid: TopoDS_Shape, what: str, axis: Axis, size: float) -> list[Shape]:
    """Return the shapes that a solid is made of between its levels along an axis.

    Raises:
        ProblemError: If its sections vary between two levels.
    """
    along = AXES.index(axis)
    levels = _levels(solid, along, size)
    if len(levels) < 2:
        raise ProblemError("it has no two flat ends")
    parts: list[Shape] = []
    made = 0.0
    for low, high in pairwise(levels):
        sections = [
            _section(solid, what, axis, low + share * (high - low), size) for share in _HEIGHTS
        ]
        if not all(_are_same(sections[0], other) for other in sections[1:]):
            raise ProblemError(f"its section varies from {low:.6g} m to {high:.6g} m")
        made += sum(exact_area(part) for part in sections[0]) * (high - low)
        parts += [_extruded(part, axis, low, high, size) for part in sections[0]]
    whole = METRES**3 * solid.mass
    if abs(made - whole) > AREA * whole:
        raise ProblemError(f"its sections make {made:.6g} m^3 of {whole:.6g} m^3")
    return parts


def _levels(solid: TopoDS_Shape, along: int, size: float) -> list[float]:
    """Return where a solid has faces square to an axis [m], ascending."""
    found: list[float] = []
    for face in solid.faces:
        heights = [place[along] for edge in edges_of(face) for place in places(edge)]
        if heights and max(heights) - min(heights) <= NEAR * size:
            found.append(rounded(sum(heights) / len(heights), size))
    levels: list[float] = []
    for level in sorted(found):
        if not levels or level - levels[-1] > 2 * NEAR * size:
            levels.append(level)
    return levels


def _section(solid: TopoDS_Shape, what: str, axis: Axis, at: float, size: float) -> list[Shape]:
    """Return the regions of a solid's section square to an axis [m]."""
    one, two = (AXES.index(other) for other in ACROSS[axis])
    sides = _around(solid, axis, at, 0.1 * size)
    cut = solid * Face(Wire(sides))
    place_words = f"the section of {what} at {axis} = {at:.6g} m"
    return [face_region(face, place_words, size, (one, two)).shape for face in cut.faces]


def _around(solid: TopoDS_Shape, axis: Axis, at: float, margin: float) -> list[Edge]:
    """Return a rectangle around a solid, square to an axis [mm]."""
    low, high = solid.bounding_box
    corners = zip((low.x, low.y, low.z), (high.x, high.y, high.z), strict=True)
    ends = [(METRES * a - margin, METRES * b + margin) for a, b in corners]
    one, two = (ends[AXES.index(other)] for other in ACROSS[axis])
    across = [(one[0], two[0]), (one[1], two[0]), (one[1], two[1]), (one[0], two[1])]
    places = [along_axis(axis, corner, at) for corner in across]
    points = [Pnt(x / METRES, y / METRES, z / METRES) for x, y, z in places]
    return [Segment(a, b) for a, b in zip(points, points[1:] + points[:1], strict=True)]


def _are_same(one: list[Shape], other: list[Shape]) -> bool:
    import shapely

    a, b = (shapely.union_all([outline(part) for part in parts]) for parts in (one, other))
    apart = a.area + b.area - 2 * a.intersection(b).area
    return bool(a.area > 0 and apart <= _SAME * a.area)


def _extruded(profile: Shape, axis: Axis, low: float, high: float, size: float) -> Shape:
    """Return a shape drawn along an axis, a box or a cylinder where it is one."""
    height = rounded(high - low, size)
    if isinstance(profile, Disk):
        base = along_axis(axis, profile.center, low)
        return Cylinder(base=base, axis=axis, radius=profile.radius, height=height)
    if isinstance(profile, Polygon) and len(profile.points) == 4:
        xs, ys = ({point[k] for point in profile.points} for k in (0, 1))
        if len(xs) == len(ys) == 2:
            wide, tall = (rounded(max(values) - min(values), size) for values in (xs, ys))
            corner = along_axis(axis, (min(xs), min(ys)), low)
            return Box(origin=corner, size=along_axis(axis, (wide, tall), height))
    return Extrusion(profile=profile, axis=axis, between=(low, high))
