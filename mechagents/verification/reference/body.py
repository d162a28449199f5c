"""A body of the reference solution: its curved mesh, graded to corners, and its named places."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from netgen.occ import Edge, OCCGeometry, TopoDS_Shape
from ngsolve import VERTEX, Mesh, NodeId, Region
from shapely.geometry.base import BaseGeometry

from mechagents.mechanics.ellipses import distance_to_ellipse
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import AtPoint, OnCircle, OnEllipse, OnLine, PlaneBoundary
from mechagents.mechanics.meshing import marks
from mechagents.mechanics.occ import Frame, glued, place, quiet_and_repeatable, with_vertices
from mechagents.mechanics.occ_solids import SpaceFrame
from mechagents.mechanics.shapes import ON_BOUNDARY, body, outline, size
from mechagents.mechanics.sides import Along, distance_to_sides
from mechagents.mechanics.units import Point

if TYPE_CHECKING:
    from ngsolve import MeshPoint

GRADING = 0.15
"""How much smaller each next layer of elements around a corner is."""
EDGES_ON_A_CIRCLE = 24
"""The fewest edges on a full circle."""
_RIGHT_ANGLE = 91 / 360
_SAMPLES = np.linspace(0.0, 1.0, 9)


@dataclass(frozen=True, slots=True)
class Resolution:
    """How finely a body is solved."""

    order: int
    """Polynomial order of the elements."""
    layers: int
    """Layers of elements around each corner, each smaller than the one outside it."""
    edge: float
    """Longest edge elsewhere, over the size of the body."""


@dataclass(frozen=True, eq=False)
class Body:
    """A meshed body, in coordinates in which it is about as large as 1."""

    mesh: Mesh
    frame: Frame | SpaceFrame
    near: float
    """Points closer than this are the same, in these coordinates."""
    edges: dict[str, str]
    """For each named boundary the pattern of the names of its edges, or in space of its faces;
    nothing for a point."""
    points: dict[str, NodeId]
    """For each named boundary that is a point, its vertex; in space the one nearest to it."""
    axis: str
    """The pattern of the names of the edges on the axis of an axisymmetric body, or nothing."""
    curves: dict[str, str] = field(default_factory=dict[str, str])
    """For each named curve of space the pattern of the names of its edges."""

    def vertex(self, name: str) -> MeshPoint:
        """Return where a named boundary is that is a point."""
        return self.mesh(*self.mesh[self.points[name]].point)

    def boundary(self, name: str) -> Region:
        """Return a named boundary that is no point."""
        if name in self.curves:
            return self.mesh.BBoundaries(self.curves[name])
        return self.mesh.Boundaries(self.edges[name])


def make_body(formulation: Formulation, resolution: Resolution) -> Body:
    """Return the mesh of a formulation's body."""
    geometry = formulation.geometry
    outlines = [outline(shape) for shape in geometry.regions.values()]
    length = size(outlines)
    frame = Frame.about(_origin(formulation, outlines), length)
    near = ON_BOUNDARY * length * frame.scale
    marked = [(frame.into(point), inside) for point, inside in marks(geometry)]
    shape = with_vertices(glued(geometry.regions, frame), marked, near)
    named = _name_edges(shape, formulation, frame, near)
    axis = ""
    if formulation.idealisation == "axisymmetric":
        found = [e.name for e in shape.edges if _on(OnLine(axis="x", at=0.0), e, frame, near)]
        axis = "|".join(found)
    _divide_curves(shape)
    _mark_corners(shape, formulation, frame)
    with quiet_and_repeatable():
        netgen = OCCGeometry(shape, dim=2).GenerateMesh(
            maxh=resolution.edge * length * frame.scale, curvaturesafety=0.5, grading=0.3
        )
        mesh = Mesh(netgen)
        mesh.RefineHP(resolution.layers, factor=GRADING)
        mesh.Curve(resolution.order)
    single = {n: b.at for n, b in geometry.outline_parts.items() if isinstance(b, AtPoint)}
    points = {name: _vertex(mesh, frame.into(at)) for name, at in single.items()}
    return Body(mesh, frame, near, named, points, axis)


def _origin(formulation: Formulation, outlines: list[BaseGeometry]) -> Point:
    low_x, low_y, high_x, high_y = shapely.union_all(outlines).bounds
    x = 0.0 if formulation.idealisation == "axisymmetric" else (low_x + high_x) / 2
    return x, (low_y + high_y) / 2


def _name_edges(
    shape: TopoDS_Shape, formulation: Formulation, frame: Frame, near: float
) -> dict[str, str]:
    """Give each edge a name of its own; return which outer ones each named boundary has."""
    edges = list(shape.edges)
    for number, edge in enumerate(edges):
        edge.name = f"edge{number}"
    outer = [edge for edge in edges if sum(edge in list(f.edges) for f in shape.faces) == 1]
    named: dict[str, str] = {}
    for name, boundary in formulation.geometry.outline_parts.items():
        if not isinstance(boundary, AtPoint):
            named[name] = "|".join(e.name for e in outer if _on(boundary, e, frame, near))
    return named


def _on(boundary: PlaneBoundary, edge: Edge, frame: Frame, near: float) -> bool:
    """Return whether an edge lies on a boundary."""
    low, high = edge.parameter_interval
    curve = np.array([place(edge, low + share * (high - low)) for share in _SAMPLES])
    points = frame.back(curve)
    return all(_distance(boundary, x, y) <= 2 * near / frame.scale for x, y in points)


def _distance(boundary: PlaneBoundary, x: float, y: float) -> float:
    """Return how far a point [m] is from a boundary [m]."""
    match boundary:
        case OnCircle(center=center, radius=radius):
            return abs(math.dist((x, y), center) - radius)
        case OnEllipse(center=center, radii=radii):
            return float(distance_to_ellipse(np.array([x, y]), center, radii))
        case OnLine(axis=axis, at=at, between=between):
            along, across = (y, x) if axis == "x" else (x, y)
            low, high = between or (-math.inf, math.inf)
            return math.hypot(across - at, max(low - along, along - high, 0.0))
        case AtPoint(at=point):
            return math.dist((x, y), point)
        case Along():
            return float(distance_to_sides(boundary, np.array([x, y])))
        case _:
            line = shapely.LineString([boundary.start, boundary.end])
            return float(line.distance(shapely.Point(x, y)))


def _divide_curves(shape: TopoDS_Shape) -> None:
    """Set how finely circles and ellipses are divided, however large the edges elsewhere."""
    for edge in shape.edges:
        low, high = edge.parameter_interval
        start, middle, end = (np.array(place(edge, low + s * (high - low))) for s in (0, 0.5, 1))
        if np.linalg.norm(middle - (start + end) / 2) > 1e-6 * edge.mass:
            # The parameter of a circle or an ellipse is the angle.
            pieces = max(1, math.ceil(EDGES_ON_A_CIRCLE * (high - low) / (2 * math.pi) - 1e-6))
            edge.partition = np.linspace(0.0, 1.0, pieces + 1)[1:-1]
            edge.maxh = edge.mass / pieces


def _mark_corners(shape: TopoDS_Shape, formulation: Formulation, frame: Frame) -> None:
    """Have the mesh graded to every vertex at which the stress may have no bound.

    That is not so at a corner of 90 degrees or less of one material, both sides of which are free.
    Nor is it where one of them can slide along itself, which mirrored is no corner; but then the
    loads are mirrored too, and what varies across the mirror has a kink in it.
    """
    whole = body(formulation.geometry)
    held_on = [
        formulation.geometry.outline_parts[support.boundary] for support in formulation.supports
    ]
    for vertex in shape.vertices:
        meeting = [edge for edge in shape.edges if vertex in list(edge.vertices)]
        near = 2 * ON_BOUNDARY * size([whole])
        x, y = frame.back(np.array([vertex.p.x, vertex.p.y]))
        held = any(_distance(boundary, x, y) <= near for boundary in held_on)
        seam = len(meeting) == 1
        if len(meeting) > 2 or (not seam and (held or _share_inside(whole, x, y) > _RIGHT_ANGLE)):
            vertex.hpref = 1


def _share_inside(whole: BaseGeometry, x: float, y: float) -> float:
    """Return the share of a small circle about a point [m] that lies in the body."""
    angles = np.linspace(0.0, 2 * np.pi, 360, endpoint=False)
    radius = 1e-3 * size([whole])
    around = zip(x + radius * np.cos(angles), y + radius * np.sin(angles), strict=True)
    return sum(whole.contains(shapely.Point(point)) for point in around) / len(angles)


def _vertex(mesh: Mesh, point: Point) -> NodeId:
    distances = [math.dist(vertex.point, point) for vertex in mesh.vertices]
    return NodeId(VERTEX, int(np.argmin(distances)))
