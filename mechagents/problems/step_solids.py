"""Regions of space from solids in OpenCascade that are drawn along an axis, in steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Self

from netgen.occ import Edge, Face, Pnt, Segment, Wire

from mechagents.mechanics.geometry import ACROSS, AXES, Axis, Cylinder, Geometry, Shape
from mechagents.problems.drawn_solids import along_axis, drawn_shape, merged_levels
from mechagents.problems.outlines import plain_name, rounded
from mechagents.problems.step_faces import AREA, METRES, NEAR, edges_of, face_region, places
from mechagents.problems.step_holes import drawn_cylinder, holes
from mechagents.problems.step_names import named_faces

if TYPE_CHECKING:
    from netgen.occ import TopoDS_Shape


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
        regions[name] = drawn_shape(_Solid(solid, what, size), what, size)
    return Geometry(regions=regions, boundaries=named_faces(shape, regions, size))


@dataclass(frozen=True)
class _Solid:
    """A solid in OpenCascade."""

    shape: TopoDS_Shape
    what: str
    size: float

    @property
    def volume(self) -> float:
        return float(METRES**3 * self.shape.mass)

    @property
    def slack(self) -> float:
        return AREA * self.volume

    def levels(self, axis: Axis) -> list[float]:
        along, near = AXES.index(axis), NEAR * self.size
        found: list[float] = []
        for face in self.shape.faces:
            heights = [place[along] for edge in edges_of(face) for place in places(edge)]
            if heights and max(heights) - min(heights) <= near:
                found.append(rounded(sum(heights) / len(heights), self.size))
        return merged_levels(found, near)

    def section(self, axis: Axis, at: float) -> list[Shape]:
        one, two = (AXES.index(other) for other in ACROSS[axis])
        sides = _around(self.shape, axis, at, 0.1 * self.size)
        cut = self.shape * Face(Wire(sides))
        place_words = f"the section of {self.what} at {axis} = {at:.6g} m"
        return [face_region(face, place_words, self.size, (one, two)).shape for face in cut.faces]

    def holes(self, axes: tuple[Axis, ...]) -> list[Cylinder]:
        return holes(self.shape, axes, self.size)

    def filled(self, holes: Sequence[Cylinder]) -> Self:
        return replace(
            self, shape=reduce(lambda a, b: a + b, map(drawn_cylinder, holes), self.shape)
        )


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
