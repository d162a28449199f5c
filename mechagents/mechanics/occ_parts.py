"""What OpenCascade knows of a solid: the parts of its surface that are named, and its pieces."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from netgen.occ import Pnt, Vertex

from mechagents.mechanics.geometry import AtSpacePoint, Geometry, OnCurve, SpaceBoundary
from mechagents.mechanics.occ_marks import imprinted
from mechagents.mechanics.occ_solids import SpaceFrame, glued_solids
from mechagents.mechanics.occ_surfaces import frame_of, lies_on, outer_faces
from mechagents.mechanics.solid_body import distance_from, near

if TYPE_CHECKING:
    from netgen.occ import Edge, Face, TopoDS_Shape

    from mechagents.mechanics.solid_body import FloatArray

SAMPLES = np.linspace(0.0, 1.0, 9)
"""Where an edge is looked at, as a share of its parameter's range."""
POLE = 1e-9
"""An edge shorter than this is the pole of a sphere: OpenCascade crashes where it is asked for."""

TOUCH = 1e-6
"""A vertex closer than this to a face lies on it: OpenCascade knows places to about 1e-7."""


@dataclass(frozen=True, eq=False)
class SurfacePart:
    """A named part of a solid's surface: its faces, and all their edges and vertices."""

    faces: frozenset[Face] = frozenset()
    edges: frozenset[Edge] = frozenset()
    vertices: frozenset[Vertex] = frozenset()


@dataclass(frozen=True, eq=False)
class SolidModel:
    """The solids of a body, whose surface is divided where its named boundaries end."""

    geometry: Geometry
    frame: SpaceFrame
    shape: TopoDS_Shape
    parts: dict[str, SurfacePart] = field(default_factory=dict[str, SurfacePart])
    """The named parts of the surface; empty ones where nothing lies there."""

    def along(self, edge: Edge) -> FloatArray:
        """Return points of an edge [m], shape (samples, 3)."""
        low, high = edge.parameter_interval
        points = [edge.Value(float(low + share * (high - low))) for share in SAMPLES]
        return self.frame.back(np.array([[p.x, p.y, p.z] for p in points]))

    def at(self, vertex: Vertex) -> FloatArray:
        """Return where a vertex is [m], shape (1, 3)."""
        return self.frame.back(np.array([[vertex.p.x, vertex.p.y, vertex.p.z]]))

    def vertex(self, point: FloatArray) -> Vertex:
        """Return a vertex at a point [m], shape (3,)."""
        x, y, z = (float(value) for value in point)
        return Vertex(Pnt(*self.frame.into((x, y, z))))

    def points_of(self, part: SurfacePart) -> FloatArray:
        """Return points of the edges and vertices of a part [m], shape (points, 3)."""
        found = [self.along(edge) for edge in part.edges]
        found += [self.at(vertex) for vertex in part.vertices]
        # Sets have no order, and what is said of the points must not vary.
        points: FloatArray = np.unique(np.concatenate([np.empty((0, 3)), *found]), axis=0)
        return points

    def pieces(self) -> list[list[TopoDS_Shape]]:
        """Return the solids of each separate piece; those that share a face are of one piece."""
        pieces: list[tuple[set[Face], list[TopoDS_Shape]]] = []
        for solid in self.shape.solids:
            faces, solids = set(solid.faces), [solid]
            apart: list[tuple[set[Face], list[TopoDS_Shape]]] = []
            for others, members in pieces:
                if faces & others:
                    faces, solids = faces | others, members + solids
                else:
                    apart.append((others, members))
            pieces = [*apart, (faces, solids)]
        return [solids for _, solids in pieces]


def solid_model(geometry: Geometry) -> SolidModel:
    """Return the model of a solid; the last few are kept."""
    return _model(geometry.model_dump_json())


@lru_cache(maxsize=4)
def _model(written: str) -> SolidModel:
    geometry = Geometry.model_validate_json(written)
    frame, close = frame_of(geometry), near(geometry)
    shape = imprinted(glued_solids(geometry.regions, frame), geometry, frame, close)
    model = SolidModel(geometry, frame, shape)
    outer = outer_faces(shape)
    for name, boundary in geometry.surface_parts.items():
        model.parts[name] = _part(model, boundary, outer, close)
    return model


def _part(
    model: SolidModel, boundary: SpaceBoundary, outer: list[Face], close: float
) -> SurfacePart:
    if isinstance(boundary, AtSpacePoint):
        every = {vertex for face in outer for vertex in face.vertices}
        every |= {v for v in model.shape.vertices if _is_on(boundary, model.at(v), close)}
        away = {v: float(distance_from(boundary, model.at(v))[0]) for v in every}
        on_surface = [v for v in every if away[v] <= close and touches(v, outer)]
        return SurfacePart(vertices=frozenset(sorted(on_surface, key=lambda v: away[v])[:1]))
    if isinstance(boundary, OnCurve):
        faces = [f for s in boundary.of for f in outer if lies_on(f, s, model.frame, close)]
        edges = [e for e in _edges(faces) if _is_on(boundary, model.along(e), close)]
        return SurfacePart(edges=frozenset(edges), vertices=_ends(edges))
    faces = [face for face in outer if lies_on(face, boundary, model.frame, close)]
    inside = [
        face
        for face in faces
        if all(_is_on(boundary, model.along(edge), close) for edge in _edges([face]))
    ]
    return SurfacePart(frozenset(inside), _edges(inside), _ends(inside))


def touches(vertex: Vertex, faces: list[Face]) -> bool:
    """Return whether a vertex lies on one of some faces."""
    return any(face.Distance(vertex) <= TOUCH for face in faces)


def _edges(faces: list[Face]) -> frozenset[Edge]:
    return frozenset(edge for face in faces for edge in face.edges if edge.mass > POLE)


def _ends(shapes: list[Face] | list[Edge]) -> frozenset[Vertex]:
    return frozenset(vertex for shape in shapes for vertex in shape.vertices)


def _is_on(boundary: SpaceBoundary, points: FloatArray, close: float) -> bool:
    return bool(np.all(distance_from(boundary, points) <= close))
