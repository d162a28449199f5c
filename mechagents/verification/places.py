"""Where named surfaces, curves and points of space lie on the skin of a returned mesh."""

from __future__ import annotations

import numpy as np

from mechagents.mechanics.geometry import (
    AtSpacePoint,
    Geometry,
    OnCurve,
    OnCylinder,
    OnEllipticCylinder,
    OnPlane,
    OnSphere,
    OnTiltedPlane,
    PlainSurface,
)
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.verification.edges import NO_EDGES, NO_FACES, Place
from mechagents.verification.elements import BoolArray, IntArray
from mechagents.verification.facets import Facets
from mechagents.verification.fields import Fields
from mechagents.verification.skin import Skin, face_edges, nodes_of
from mechagents.verification.walls import wall_of, walls, within

_EDGE = (0.15, 1.01)
"""As in the plane: up to the sides of a hexagon, which are as long as the radius."""


def space_places(fields: Fields, skin: Skin, geometry: Geometry) -> dict[str, Place]:
    """Return the outer faces, or edges, and the nodes of a mesh that lie on boundaries of space.

    A face lies on a surface when its corners do, and its middles do too or are as far off as
    chords must be. A curve is the edges of outer faces that lie on both its surfaces; a point is
    the nearest node of the skin.

    Raises:
        TypeError: If a boundary is of the plane.
    """
    near = ON_BOUNDARY * fields.size
    facets = Facets.of(fields, skin.faces)
    flat = [wall for wall in walls(geometry.regions.values(), near) if np.isinf(wall.bend)]
    even = facets.nearest(flat, near) >= 0
    found: dict[str, Place] = {}
    for name, boundary in geometry.boundaries.items():
        match boundary:
            case AtSpacePoint():
                found[name] = _point(fields, skin, boundary, near)
            case OnCurve():
                found[name] = _curve(fields, skin, boundary, near)
            case OnPlane() | OnTiltedPlane() | OnCylinder() | OnEllipticCylinder() | OnSphere():
                on = _faces_on(facets, boundary, near)
                # A flat end whose rim is on a sphere may look like a chord of it.
                if not np.isinf(wall_of(boundary).bend):
                    on &= ~even
                faces = skin.faces[on]
                found[name] = Place(NO_EDGES.nodes, nodes_of(faces), faces)
            case _:
                raise TypeError(f"a {boundary.kind} is no part of a surface in space")
    return found


def _faces_on(facets: Facets, surface: PlainSurface, near: float) -> BoolArray:
    inside = within(surface, facets.fields.points, near)
    return np.asarray(
        facets.on(wall_of(surface), near)
        & np.where(facets.nodes < 0, True, inside[facets.nodes]).all(axis=1)
    )


def _curve(fields: Fields, skin: Skin, curve: OnCurve, near: float) -> Place:
    edges = face_edges(skin.faces)
    on = np.ones(len(edges), dtype=np.bool_)
    for surface in curve.of:
        on &= _edges_on(fields, edges, surface, near)
    return Place(edges[on], nodes_of(edges[on]), NO_FACES)


def _edges_on(fields: Fields, edges: IntArray, surface: PlainSurface, near: float) -> BoolArray:
    """Return which edges (two ends, middle or -1) lie on a surface, shape (edges,)."""
    wall, ends = wall_of(surface), fields.points[edges[:, :2]]
    middle = np.where(edges[:, 2:] < 0, ends.mean(axis=1), fields.points[edges[:, 2]])
    allowed = near + wall.sagitta(ends[:, 1] - ends[:, 0], *_EDGE)
    return np.asarray(
        (np.abs(wall.height(ends)) <= near).all(axis=1)
        & (np.abs(wall.height(middle)) <= allowed)
        & within(surface, ends, near).all(axis=1)
    )


def _point(fields: Fields, skin: Skin, boundary: AtSpacePoint, near: float) -> Place:
    outer = skin.all_nodes
    distance = np.linalg.norm(fields.points[outer] - np.array(boundary.at), axis=1)
    nearest = int(distance.argmin())
    nodes = outer[[nearest]] if distance[nearest] <= 2 * near else outer[:0]
    return Place(NO_EDGES.nodes, nodes, NO_FACES)
