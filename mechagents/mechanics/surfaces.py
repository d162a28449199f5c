"""The surface of a meshed solid, and the lines in which it is creased, to draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray, IntArray

CREASE = 0.82
"""Where the normals of two faces have a smaller product than this (35 degrees) is a crease."""


@dataclass(frozen=True, eq=False)
class Faces:
    """The outer faces of a mesh."""

    faces: IntArray
    """Nodes of each: corners, anticlockwise seen from outside, then middles and centre."""
    region: IntArray
    """The region each belongs to, shape (faces,)."""

    @property
    def corners(self) -> int:
        """How many corners a face has."""
        return 3 if self.faces.shape[1] in (3, 6) else 4


@dataclass(frozen=True, eq=False)
class Creases:
    """Edges at which a surface turns sharply, or one region meets another."""

    edges: IntArray
    """Nodes of each edge from one end to the other, shape (edges, 2 | 3)."""
    sides: IntArray
    """The two faces at each edge, shape (edges, 2)."""


def surface_of(mesh: Mesh) -> Faces:
    """Return the outer faces of a solid's mesh."""
    from mechagents.mechanics._outer_faces import outer_faces_and_elements

    faces, elements = outer_faces_and_elements(mesh.cells, mesh.kind)
    return Faces(faces, mesh.region[elements])


def creases(points: FloatArray, surface: Faces) -> Creases:
    """Return the creases of a surface.

    Args:
        points: Where the nodes are [m], shape (nodes, 3); faces of order 2 may be curved.
        surface: The surface, closed.
    """
    import numpy as np

    faces, n = surface.faces, surface.corners
    curved = faces.shape[1] > n
    ends = np.stack([faces[:, :n], np.roll(faces[:, :n], -1, axis=1)], axis=2)
    normals = _normals_at_edges(points[faces], n)
    if curved:
        ends = np.insert(ends, 1, faces[:, n : 2 * n], axis=2)
    edges = ends.reshape(-1, ends.shape[2])
    owner = np.repeat(np.arange(len(faces)), n)
    low, high = edges[:, [0, -1]].min(axis=1), edges[:, [0, -1]].max(axis=1)
    order = np.lexsort((high, low))
    same = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    one, other = order[:-1][same], order[1:][same]
    turned = (normals[one] * normals[other]).sum(axis=1) < CREASE
    turned |= surface.region[owner[one]] != surface.region[owner[other]]
    pairs = np.stack([owner[one], owner[other]], axis=1)
    return Creases(edges[one[turned]], pairs[turned])


def _normals_at_edges(x: FloatArray, n: int) -> FloatArray:
    """Return the unit normal of each face in the middle of each edge, shape (faces * n, 3).

    Args:
        x: The nodes of each face [m], shape (faces, nodes, 3).
        n: Its number of corners.
    """
    import numpy as np

    corners = x[:, :n]
    along = np.roll(corners, -1, axis=1) - corners
    back = np.roll(corners, 1, axis=1)
    inwards = back - corners
    if x.shape[1] == 6:
        # The slope of the six shape functions square to an edge, in its middle.
        here = x[:, 3:]
        following, before = np.roll(here, -1, axis=1), np.roll(here, 1, axis=1)
        inwards = 2 * (following + before - here) - corners - back
    normals = np.cross(along, inwards).reshape(-1, 3)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit: FloatArray = normals / np.where(length > 0, length, 1.0)
    return unit
