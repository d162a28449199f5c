"""Plane geometry in OpenCascade, through netgen: faces by region, with vertices where asked."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from netgen.meshing import SetMessageImportance
from netgen.occ import (
    ArcOfCircle,
    Edge,
    Face,
    Glue,
    Pnt,
    Segment,
    TopoDS_Shape,
    Vertex,
    Wire,
    WorkPlane,
)
from pyngcore import GetNumThreads, SetNumThreads

from mechagents.mechanics.geometry import (
    Difference,
    Disk,
    Ellipse,
    Intersection,
    Polygon,
    Profile,
    Rectangle,
    Shape,
    Union,
)
from mechagents.mechanics.sides import Arc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mechagents.mechanics.units import Point

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """The coordinates netgen and OpenCascade work in: their tolerances suit bodies of about 1."""

    origin: Point
    """Where their origin lies [m]."""
    scale: float
    """Their units in a metre."""

    @classmethod
    def about(cls, origin: Point, size: float) -> Frame:
        """Return coordinates in which a body of a size [m] is about as large as 1.

        Args:
            origin: A point near the body [m]; far from it rounding is all that is seen.
            size: The diagonal of the box around it [m].
        """
        # A scale that is a power of two rounds nothing.
        return cls(origin, 2.0 ** -round(math.log2(size)))

    def into(self, point: Point) -> Point:
        """Return a point [m] in these coordinates."""
        return (point[0] - self.origin[0]) * self.scale, (point[1] - self.origin[1]) * self.scale

    def back(self, points: FloatArray) -> FloatArray:
        """Return points of these coordinates, shape (..., 2), in metres."""
        moved: FloatArray = points / self.scale + np.array(self.origin)
        return moved


@contextmanager
def quiet_and_repeatable() -> Generator[None]:
    """Keep netgen from printing, and on one thread: with more its meshes vary."""
    threads, importance = GetNumThreads(), SetMessageImportance(0)
    SetNumThreads(1)
    try:
        yield
    finally:
        SetNumThreads(threads)
        SetMessageImportance(importance)


def glued(regions: Mapping[str, Shape], frame: Frame) -> TopoDS_Shape:
    """Return the faces of several regions, named after them, that share their interfaces."""
    faces: list[TopoDS_Shape] = []
    for name, shape in regions.items():
        made = plane_face(shape, frame)
        for face in made.faces:
            face.name = name
        faces.append(made)
    return Glue(faces)


def plane_face(shape: Shape, frame: Frame) -> TopoDS_Shape:
    """Return a shape of the plane as a face, in the frame's coordinates.

    Raises:
        TypeError: If it is a shape of space.
    """
    match shape:
        case Rectangle():
            width, height = shape.size
            plane = WorkPlane().MoveTo(*frame.into(shape.origin))
            return plane.Rectangle(width * frame.scale, height * frame.scale).Face()
        case Disk():
            radius = shape.radius * frame.scale
            return WorkPlane().Circle(*frame.into(shape.center), radius).Face()
        case Ellipse():
            return _ellipse(frame.into(shape.center), shape.radii, frame.scale)
        case Polygon():
            return _polygon([frame.into(point) for point in shape.points])
        case Profile():
            return _profile(shape, frame)
        case Difference():
            cut = [plane_face(part, frame) for part in shape.remove]
            return reduce(lambda a, b: a - b, cut, plane_face(shape.base, frame))
        case Intersection():
            return reduce(lambda a, b: a * b, [plane_face(part, frame) for part in shape.shapes])
        case Union():
            return reduce(lambda a, b: a + b, [plane_face(part, frame) for part in shape.shapes])
        case _:
            raise TypeError(f"a {shape.kind} is no face in the plane")


def _ellipse(center: Point, radii: Point, scale: float) -> TopoDS_Shape:
    # OpenCascade crashes where the first half axis is the shorter one.
    upright = radii[1] > radii[0]
    plane = WorkPlane().MoveTo(*center).Rotate(90.0 if upright else 0.0)
    return plane.Ellipse(max(radii) * scale, min(radii) * scale).Face()


def _polygon(points: list[Point]) -> TopoDS_Shape:
    corners = [p for p, before in zip(points, points[-1:] + points, strict=False) if p != before]
    following = corners[1:] + corners[:1]
    turns = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, following, strict=True))
    first, *rest = corners if turns > 0 else corners[::-1]
    plane = WorkPlane().MoveTo(*first)
    for corner in rest:
        plane = plane.LineTo(*corner)
    return plane.Close().Face()


def _profile(shape: Profile, frame: Frame) -> TopoDS_Shape:
    edges: list[Edge] = []
    for side in shape.outline:
        start, end = (Pnt(*frame.into(point), 0.0) for point in (side.start, side.end))
        if isinstance(side, Arc):
            middle = Pnt(*frame.into(side.at(0.5)), 0.0)
            edges.append(ArcOfCircle(start, middle, end))
        else:
            edges.append(Segment(start, end))
    return Face(Wire(edges))


def with_vertices(
    shape: TopoDS_Shape, marks: list[tuple[Point, bool]], near: float
) -> TopoDS_Shape:
    """Return the shape with a vertex at every mark that has none.

    Args:
        shape: Faces.
        marks: Points in its coordinates, and whether one inside the body needs a vertex too.
        near: Points closer than this are the same.
    """
    added: list[TopoDS_Shape] = []
    taken = [(vertex.p.x, vertex.p.y) for vertex in shape.vertices]
    for point, inside_too in marks:
        mark = point
        if any(math.dist(mark, other) <= near for other in taken):
            continue
        foot = min((_foot(edge, mark) for edge in shape.edges), key=lambda p: math.dist(p, mark))
        if math.dist(foot, mark) <= near:
            mark = foot
        elif not inside_too:
            continue
        taken.append(mark)
        added.append(Vertex(Pnt(*mark, 0)))
    return Glue([shape, *added]) if added else shape


def _foot(edge: Edge, point: Point) -> Point:
    """Return the point of an edge that is nearest to a point."""
    low, high = edge.parameter_interval

    def distance(parameter: float) -> float:
        return math.dist(place(edge, parameter), point)

    for _ in range(8):
        tries = np.linspace(low, high, 33)
        best = min(tries, key=distance)
        step = tries[1] - tries[0]
        low, high = max(low, best - step), min(high, best + step)
    return place(edge, (low + high) / 2)


def place(edge: Edge, parameter: float) -> Point:
    """Return the point of an edge at a parameter."""
    point = edge.Value(float(parameter))
    return point.x, point.y
